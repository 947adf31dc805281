/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does every row matter, and is its loss noticed? Each STEP row is left out in turn, in every
 * blessed program that has it, and the static checks, the values and the listing are asked.
 */
#include <check.h>
#include <string.h>

#include "models/hyp/mutate/mutate.h"
#include "models/hyp/check/ws_lint.h"
#include "tests/suite.h"
#include "tests/ws_golden.h"
#include "tests/ws_values.h"

#define PROGRAMS 24 /* blessed; a case each */
#ifdef __SANITIZE_ADDRESS__
#define EACH 5 /* fifth: the same lines run in all of them */
#else
#define EACH 1
#endif

static struct golden_set gs;
static struct str blessed[64]; /* listing of each */
static bool *used[64];         /* rows of each */
static size_t n_steps;

static void setup(void)
{
	(void)ws_steps(&n_steps);
	golden_load(&gs);
	for (size_t i = 0; i < gs.n; i++) {
		struct ws_prog *p = golden_compile(&gs.c[i], SIZE_MAX);

		golden_listing(&gs.c[i], p, &blessed[i]);
		used[i] = xcalloc(n_steps, sizeof(bool));
		for (size_t k = 0; k < p->n; k++)
			used[i][p->op[k].step - ws_steps(&n_steps)] = true;
		ws_free(p);
	}
}

static void teardown(void)
{
	for (size_t i = 0; i < gs.n; i++) {
		str_free(&blessed[i]);
		free(used[i]);
	}
	golden_free(&gs);
}

enum killer { SURVIVES, BY_LISTING, BY_VALUES, BY_LINT, KILLERS };

static const char *const killer_names[KILLERS] = { "nobody", "the listing only", "values", "lint" };

/* Can leaving it out change a value or the shape of the way? A barrier, a glance at a register can
 * not. */
static bool moves_state(const struct ws_step *s)
{
	uint8_t counter = ws_opcode_row((enum ws_opcode)s->opcode)->counter;

	return s->opcode == OP_CALL || counter == CNT_hvc || counter == CNT_eret ||
	       counter == CNT_exc || (s->side != SIDE_NONE && s->side != SIDE_HRUN);
}

/* What notices that the row is missing in this program? */
static enum killer notice(size_t i, size_t row)
{
	struct ws_prog *p = golden_compile(&gs.c[i], row);
	struct ws_findings f = WS_FINDINGS_INIT;
	struct str now = STR_INIT;
	enum killer k = SURVIVES;
	char buf[256];

	if (ws_lint(p, &f) != 0) {
		k = BY_LINT;
	} else if (gs.c[i].m == &gs.everything && moves_state(&ws_steps(&n_steps)[row]) &&
		   world_play(p, 300, 271828, buf, sizeof(buf)) != NULL) {
		k = BY_VALUES;
	} else {
		golden_listing(&gs.c[i], p, &now);
		k = strcmp(str_get(&now), str_get(&blessed[i])) != 0 ? BY_LISTING : SURVIVES;
	}
	ws_findings_free(&f);
	str_free(&now);
	ws_free(p);
	return k;
}

/* Rows that insert blocks are in no op: they matter where a row of the block is. */
static bool may_matter(size_t i, size_t row)
{
	const struct ws_step *s = ws_steps(&n_steps);

	if (s[row].opcode != OP_CALL)
		return used[i][row];
	for (size_t k = 0; k < n_steps; k++) {
		if (s[k].comp == s[row].operand && may_matter(i, k))
			return true;
	}
	return false;
}

/* The strongest that notices, in any program; stops at lint, or at values if there is nothing to
 * lint. */
static enum killer strongest(size_t row)
{
	enum killer best = SURVIVES;

	for (size_t i = gs.n; i-- > 0 && best != BY_LINT;) {
		enum killer k;

		if (!may_matter(i, row) ||
		    (best == BY_LISTING && !moves_state(&ws_steps(&n_steps)[row])))
			continue;
		k = notice(i, row);
		best = k > best ? k : best;
	}
	return best;
}

/* An anchor takes no part without a policy. */
START_TEST(no_row_can_be_left_out_unnoticed)
{
	size_t by[KILLERS] = { 0 };
	const struct ws_step *s = ws_steps(&n_steps);

	for (size_t row = 0; row < n_steps; row++) {
		enum killer k;

		if (s[row].opcode == OP_ANCHOR)
			continue;
		k = strongest(row);
		by[k]++;
		if (k == SURVIVES)
			printf("survivor: %s:%u %s in %s\n", s[row].file, s[row].line,
			       ws_opcode_row((enum ws_opcode)s[row].opcode)->name,
			       comp_name((enum ws_comp)s[row].comp));
	}
	printf("rows left out, one at a time: noticed by");
	for (unsigned k = KILLERS; k-- > 0;)
		printf(" %s %zu%s", killer_names[k], by[k], k != 0 ? "," : "\n");
	(void)fflush(stdout);
	ck_assert_uint_eq(by[SURVIVES], 0);
	ck_assert_uint_gt(by[BY_LINT], n_steps / 4);
}
END_TEST

/* Does the op put a value into the CPU that somebody waits for? */
static bool is_restore(const struct ws_op *op)
{
	return op->reg != SR_NONE && op->phase <= PHASE_PUT && op->opcode == OP_MSR &&
	       (op->side == SIDE_GUEST || op->side == SIDE_HOST);
}

/* An access that is made, counted and costed, but moves nothing: only values can tell. */
START_TEST(a_restore_that_moves_nothing_is_noticed)
{
	char buf[256];
	size_t tried = 0, doubles = 0;

	for (size_t i = 0; i < gs.n; i++) {
		struct ws_prog *p = golden_compile(&gs.c[i], SIZE_MAX);

		for (size_t k = 0; k < p->n; k++) {
			struct ws_findings f = WS_FINDINGS_INIT;
			uint8_t side = p->op[k].side;
			bool noticed;

			if (!is_restore(&p->op[k]) ||
			    k % gs.n != i) /* each program a share of its restores */
				continue;
			p->op[k].side = SIDE_NONE;
			noticed = ws_lint(p, &f) != 0 ||
				  world_play(p, 300, 31337, buf, sizeof(buf)) != NULL;
			tried++;
			doubles += !noticed;
			p->op[k].side = side;
			ws_findings_free(&f);
		}
		ws_free(p);
	}
	printf("restores made empty: %zu, of these written again later or not needed by anybody: "
	       "%zu\n",
	       tried, doubles);
	(void)fflush(stdout);
	ck_assert_uint_gt(tried, 100);
	/* The host's own SPE and TRBE add restores that nobody needs where they are off. */
	ck_assert_uint_lt(doubles * 5, tried);
}
END_TEST

/* Row, register, accessor, barrier: each is noticed, or it is said why not; every blessed program. */
START_TEST(what_nobody_notices_is_explained)
{
	const struct golden_case *c = &gs.c[_i * EACH];
	size_t equivalent = 0, unfollowed = 0, nobody = 0;
	struct ws_config wc;
	struct mutation m;

	ck_assert_uint_eq(gs.n, PROGRAMS); /* a program more: a case more */
	ws_config_init(&wc);
	wc.model = c->model;
	wc.machine = c->m;
	wc.vcpu = c->vcpu;
	mutate(&wc, true, NULL, NULL, &m);
	for (size_t i = 0; i < m.n; i++) {
		const struct mutant *x = &m.v[i];

		if (x->killer == KILLER_nobody && !x->proved)
			printf("%s on %s: %s %s: %s\n", c->model->name, c->core, mutant_kind_name((enum mutant_kind)x->kind), x->what,
			       x->found);
		ck_assert(x->killer != KILLER_nobody || !x->proved || x->proofs != 0);
		nobody += x->killer == KILLER_nobody;
	}
	(void)fflush(stdout);
	for (unsigned k = 0; k < MUTANT_COUNT; k++) {
		equivalent += m.equivalent[k];
		unfollowed += m.unfollowed[k];
	}
	ck_assert_uint_eq(m.unexplained, 0);
	ck_assert_uint_eq(equivalent + unfollowed, nobody);
	ck_assert_uint_gt(m.by[MUTANT_row][KILLER_lint], 50);
	ck_assert_uint_ge(m.by[MUTANT_row][KILLER_oracle], 10);
	ck_assert_uint_gt(m.by[MUTANT_register][KILLER_oracle], 20);
	ck_assert_uint_gt(m.by[MUTANT_barrier][KILLER_oracle], 2);
	mutation_free(&m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mutation");
	TCase *t = tcase_create("mutation");

	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, no_row_can_be_left_out_unnoticed);
	tcase_add_test(t, a_restore_that_moves_nothing_is_noticed);
	tcase_add_loop_test(t, what_nobody_notices_is_explained, 0, PROGRAMS / EACH);
	suite_add_tcase(s, t);
	return suite_status(s);
}
