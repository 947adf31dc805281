/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What recorded kernels executed (tests/golden/verify) against the models: counts, order, and
 * whether a missing row of a STEP table is noticed. EL2SIM_REFERENCE names a folder of references:
 * the kept files are then compared with what the references say, and with EL2SIM_BLESS=1 made from
 * them.
 */
#include <stdio.h>
#include <unistd.h>

#include "tests/files.h"
#include "tests/suite.h"
#include "tests/verify_golden.h"
#include "traces/bundle.h"

/* Kinds whose order is kept: between them LOAD, ENTER, EXIT and PUT. */
static const char *const ordered[] = { "hvc_unknown", "sgi_self", "vtimer_irq",
				       "run_immediate_exit" };

/* --- counts and order
 * ------------------------------------------------------------------------------- */

START_TEST(every_recorded_kind_is_register_exact)
{
	char name[64];
	size_t kinds = 0;
	glob_t list;

	vg_list(&list, false);
	ck_assert_uint_ge(list.gl_pathc, 12);
	for (size_t f = 0; f < list.gl_pathc; f++) {
		struct vg g;

		vg_read(&g, vg_name(list.gl_pathv[f], name));
		ck_assert_uint_ne(g.v.n, 0);
		for (size_t i = 0; i < g.v.n; i++) {
			struct verify_case *c = &g.v.c[i];
			struct ws_prog *p = vg_compile(&g, c->cfg, SIZE_MAX);

			ck_assert_msg(c->modelled, "%s: no exit kind %s", name, c->exit);
			verify_simulate(c, p);
			for (size_t k = 0; k < c->n; k++)
				ck_assert_msg(c->item[k].ref == c->item[k].sim,
					      "%s, %s, cfg %u: %s %s %llu, simulated %llu", name,
					      c->exit, c->cfg,
					      ref_op_name((enum ref_op)c->item[k].op),
					      c->item[k].name, (unsigned long long)c->item[k].ref,
					      (unsigned long long)c->item[k].sim);
			ws_free(p);
			kinds++;
		}
		vg_free(&g);
	}
	ck_assert_uint_ge(kinds, 600);
	globfree(&list);
}
END_TEST

static void check_order(const struct vg *g, const struct recpath *o)
{
	struct ws_prog *p = vg_compile(g, o->cfg, SIZE_MAX);
	struct recpath_diff d;
	struct verify_seq s;
	enum exit_kind k;

	ck_assert(exit_by_name(o->exit, &k));
	verify_sequence(&s, p, k, o->lrs);
	recpath_compare(&d, o, &s);
	ck_assert_uint_ne(d.n_switch, 0);
	ck_assert_msg(d.switch_exact && d.exact, "%s, %s, cfg %u: op %zu is %s %s, simulated %s",
		      g->name, o->exit, o->cfg, d.ref,
		      d.ref < o->n ? ref_op_name((enum ref_op)o->op[d.ref].op) : "-",
		      d.ref < o->n ? o->op[d.ref].name : "-", d.sim < s.n ? s.op[d.sim].name : "-");
	recpath_diff_free(&d);
	verify_seq_free(&s);
	ws_free(p);
}

static void add_op(struct recpath *o, const char *op, const char *name)
{
	struct recpath_op *x;

	o->op = xrealloc(o->op, (o->n + 1) * sizeof(*o->op));
	x = &o->op[o->n++];
	memset(x, 0, sizeof(*x));
	x->op = (uint8_t)vg_op(op);
	(void)snprintf(x->name, sizeof(x->name), "%s", name);
	if (verify_lr_of((enum ref_op)x->op, name) > o->lrs)
		o->lrs = verify_lr_of((enum ref_op)x->op, name);
}

/* Calls check for each path of the file; returns how many. */
static size_t each_order(const char *path, const struct vg *g)
{
	static const char *const columns[] = { "cfg", "exit", "op", "register" };
	struct err e = { ERR_NONE, "" };
	struct csv *csv = csv_open(path, columns, 4, &e);
	struct recpath o = { .functions = xcalloc(1, 1) };
	const char *const *f;
	size_t paths = 0;
	uint64_t cfg;
	int rc;

	ck_assert_msg(csv != NULL, "%s", e.text);
	while ((rc = csv_next(csv, &f, &e)) == 1) {
		if (f[0][0] != '\0') {
			if (paths++ != 0)
				check_order(g, &o);
			ck_assert(str_u64(f[0], &cfg));
			o.n = 0;
			o.lrs = 0;
			o.cfg = (unsigned)cfg;
			(void)snprintf(o.exit, sizeof(o.exit), "%s", f[1]);
		}
		add_op(&o, f[2], f[3]);
	}
	ck_assert_msg(rc == 0 && paths != 0, "%s", e.text);
	check_order(g, &o);
	csv_close(csv);
	recpath_free(&o);
	return paths;
}

START_TEST(every_kept_path_is_in_recorded_order)
{
	char name[64];
	size_t paths = 0;
	glob_t list;

	vg_list(&list, true);
	for (size_t f = 0; f < list.gl_pathc; f++) {
		struct vg g;

		vg_open(&g, vg_name(list.gl_pathv[f], name));
		paths += each_order(list.gl_pathv[f], &g);
		vg_free(&g);
	}
	ck_assert_uint_ge(paths, 8 * 2 * 4);
	globfree(&list);
}
END_TEST

/* --- is a missing row noticed?
 * ---------------------------------------------------------------------- */

struct all {
	struct vg g[16];
	struct ws_prog *p[16][3]; /* by configuration */
	struct verify_seq *seq[16];
	size_t n;
};

static void load_all(struct all *a)
{
	char name[64];
	glob_t list;
	enum exit_kind k;

	memset(a, 0, sizeof(*a));
	vg_list(&list, false);
	for (size_t f = 0; f < list.gl_pathc; f++) {
		struct vg *g = &a->g[a->n];

		vg_read(g, vg_name(list.gl_pathv[f], name));
		a->seq[a->n] = xcalloc(g->v.n, sizeof(struct verify_seq));
		for (size_t i = 0; i < g->v.n; i++) {
			struct verify_case *c = &g->v.c[i];

			if (a->p[a->n][c->cfg] == NULL)
				a->p[a->n][c->cfg] = vg_compile(g, c->cfg, SIZE_MAX);
			ck_assert(exit_by_name(c->exit, &k));
			verify_sequence(&a->seq[a->n][i], a->p[a->n][c->cfg], k, c->lrs);
		}
		a->n++;
	}
	globfree(&list);
}

static void free_all(struct all *a)
{
	for (size_t f = 0; f < a->n; f++) {
		for (size_t i = 0; i < a->g[f].v.n; i++)
			verify_seq_free(&a->seq[f][i]);
		for (size_t cfg = 0; cfg < 3; cfg++)
			ws_free(a->p[f][cfg]);
		free(a->seq[f]);
		vg_free(&a->g[f]);
	}
}

/* Do the counts of the case differ in the program? */
static bool breaks(const struct verify_case *kept, const struct ws_prog *p)
{
	struct verify_case c = *kept;
	bool exact;

	c.item = xcalloc(kept->n, sizeof(*c.item));
	c.n = 0;
	for (size_t i = 0; i < kept->n; i++)
		vg_item(&c, (enum ref_op)kept->item[i].op, kept->item[i].name, kept->item[i].ref);
	verify_simulate(&c, p);
	exact = verify_exact(&c);
	for (size_t i = 0; i < c.n; i++)
		str_free(&c.item[i].functions);
	free(c.item);
	return !exact;
}

static bool stands_in(const struct verify_seq *s, const struct ws_step *step)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->op[i].step == step)
			return true;
	}
	return false;
}

/* A row that some recorded kind executes: its loss must break that kind. */
static bool executed(const struct all *a, const struct ws_step *step, size_t row)
{
	for (size_t f = 0; f < a->n; f++) {
		for (size_t i = 0; i < a->g[f].v.n; i++) {
			const struct verify_case *c = &a->g[f].v.c[i];
			struct ws_prog *p;

			if (!stands_in(&a->seq[f][i], step))
				continue;
			p = vg_compile(&a->g[f], c->cfg, row);
			ck_assert_msg(breaks(c, p), "%s:%u %s: nobody misses it in %s, %s, cfg %u",
				      step->file, step->line, step->function, a->g[f].name, c->exit,
				      c->cfg);
			ws_free(p);
			return true;
		}
	}
	return false;
}

/* A row that inserts a block. */
static bool call_is_missed(const struct all *a, size_t row)
{
	for (size_t f = 0; f < a->n; f++) {
		for (unsigned cfg = 0; cfg < 3; cfg++) {
			struct ws_prog *p;
			bool missed = false;

			if (a->p[f][cfg] == NULL)
				continue;
			p = vg_compile(&a->g[f], cfg, row);
			for (size_t i = 0; p->n != a->p[f][cfg]->n && i < a->g[f].v.n && !missed;
			     i++)
				missed = a->g[f].v.c[i].cfg == cfg && breaks(&a->g[f].v.c[i], p);
			ws_free(p);
			if (missed)
				return true;
		}
	}
	return false;
}

/* Recorders see registers and the instructions that ops.def gives a name. */
static bool is_recorded(const struct ws_step *s)
{
	const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)s->opcode);

	return row->counter == CNT_read || row->counter == CNT_write || s->opcode == OP_CALL ||
	       (row->ref[0] != '\0' && row->counter != CNT_ic && row->counter != CNT_svc);
}

/* Conditions of the row in words; "" = it always runs where its block runs. */
static const char *guard_text(const struct ws_guard *g, char *buf, size_t n)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned c = 0; c < CND_COUNT && len < n; c++) {
		uint64_t bit = UINT64_C(1) << (c < CND_FIRST_STATE ? c : c - CND_FIRST_STATE);
		uint64_t on = c < CND_FIRST_STATE ? g->fixed_on : g->on,
			 off = c < CND_FIRST_STATE ? g->fixed_off : g->off;

		if (((on | off) & bit) != 0) {
			int r = snprintf(buf + len, n - len, " %s%s", (on & bit) != 0 ? "" : "!",
					 cond_name((enum cond)c));

			len += r > 0 ? (size_t)r : 0;
		}
	}
	return buf;
}

/*
 * Rows that nobody misses are printed: they wait for a feature or a state that no recorded machine
 * or kind has, so each has a condition, or its whole block is reached by no recorded kind.
 */
START_TEST(a_missing_row_breaks_a_recorded_kind)
{
	size_t n, noticed = 0, unseen = 0, waiting = 0;
	const struct ws_step *steps = ws_steps(&n);
	bool reached[COMP_COUNT] = { false };
	bool *missed = xcalloc(n, sizeof(*missed));
	static struct all a;
	char buf[200];

	load_all(&a);
	for (size_t i = 0; i < n; i++) {
		if (strstr(steps[i].file, "4_15") != NULL || !is_recorded(&steps[i]))
			continue;
		missed[i] = steps[i].opcode == OP_CALL ? call_is_missed(&a, i)
						       : executed(&a, &steps[i], i);
		reached[steps[i].comp] |= missed[i];
		noticed += missed[i];
	}
	for (size_t i = 0; i < n; i++) {
		const char *guard = guard_text(&steps[i].guard, buf, sizeof(buf));

		if (strstr(steps[i].file, "4_15") != NULL || missed[i])
			continue;
		unseen += !is_recorded(&steps[i]);
		if (!is_recorded(&steps[i]))
			continue;
		waiting++;
		printf("%s:%u %s %s: not reached, if%s\n", steps[i].file, steps[i].line,
		       comp_name((enum ws_comp)steps[i].comp), steps[i].function,
		       guard[0] != '\0' ? guard : " its block is");
		ck_assert_msg(guard[0] != '\0' || !reached[steps[i].comp],
			      "%s:%u %s has no condition and nobody misses it", steps[i].file,
			      steps[i].line, steps[i].function);
	}
	printf("rows of 6.1 and 6.12: %zu missed when left out, %zu not reached, %zu that "
	       "recorders do not see\n",
	       noticed, waiting, unseen);
	ck_assert_uint_ge(noticed, 500);
	free(missed);
	free_all(&a);
}
END_TEST

/* --- from the references
 * ------------------------------------------------------------------------------ */

static void check_file(const char *path, const struct str *text)
{
	same_as_blessed(path, text, "the reference");
}

struct order_sink {
	const struct vg *g;
	struct str text[sizeof(ordered) / sizeof(ordered[0])][3];
};

static int take_path(void *arg, const char *name, const char *text, size_t n, struct err *e)
{
	struct order_sink *s = arg;
	struct recpath o;
	char tag[64];

	(void)snprintf(tag, sizeof(tag), "%s-%s-%s", s->g->v.kernel, s->g->v.cpu, s->g->v.mode);
	if (recpath_name(&o, name, tag, e) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(ordered) / sizeof(ordered[0]); i++) {
		if (strcmp(ordered[i], o.exit) != 0 || o.cfg > 2)
			continue;
		ck_assert_msg(recpath_parse(&o, text, n, s->g->model->mode, e) == 0, "%s", e->text);
		vg_order_text(&o, &s->text[i][o.cfg]);
	}
	recpath_free(&o);
	return 0;
}

static void check_orders(const struct vg *g, const char *dir)
{
	struct order_sink s = { .g = g };
	struct err e = { ERR_NONE, "" };
	struct str all = STR_INIT;
	char path[600];

	(void)snprintf(path, sizeof(path), "%s/%s-order.tar.xz", dir, g->name);
	ck_assert_msg(bundle_each(path, ".order.txt", take_path, &s, &e) == 0, "%s", e.text);
	for (size_t i = 0; i < sizeof(ordered) / sizeof(ordered[0]); i++) {
		for (size_t cfg = 0; cfg < 3; cfg++) {
			str_add(&all, str_get(&s.text[i][cfg]));
			str_free(&s.text[i][cfg]);
		}
	}
	if (all.len != 0) {
		struct str text = STR_INIT;

		str_add(&text, "cfg,exit,op,register\n");
		str_add(&text, str_get(&all));
		(void)snprintf(path, sizeof(path), VG_DIR "/%s-order.csv", g->name);
		check_file(path, &text);
		str_free(&text);
	}
	str_free(&all);
}

static void check_counts(struct vg *g, const char *dir)
{
	struct err e = { ERR_NONE, "" };
	struct str text = STR_INIT;
	struct verify v;
	char path[600], totals[600];

	(void)snprintf(path, sizeof(path), "%s/%s.csv.zst", dir, g->name);
	(void)snprintf(totals, sizeof(totals), "%s/%s-totals.csv", dir, g->name);
	ck_assert_msg(verify_load(&v, path, NULL, 0, 0, &e) == 0 &&
			      verify_totals(&v, totals, 500, &e) == 0,
		      "%s", e.text);
	vg_text(&v, &text);
	(void)snprintf(path, sizeof(path), VG_DIR "/%s.csv", g->name);
	check_file(path, &text);
	str_free(&text);
	verify_free(&v);
}

START_TEST(the_kept_files_are_what_the_references_say)
{
	const char *dir = getenv("EL2SIM_REFERENCE");
	char pattern[500], name[64];
	glob_t list;

	if (dir == NULL || dir[0] == '\0') {
		puts("skipped: EL2SIM_REFERENCE does not name a folder of references");
		return;
	}
	(void)snprintf(pattern, sizeof(pattern), "%s/*[!s].csv.zst",
		       dir); /* not *-functions.csv.zst */
	ck_assert_msg(glob(pattern, 0, NULL, &list) == 0, "%s: no references", dir);
	for (size_t f = 0; f < list.gl_pathc; f++) {
		struct vg g;

		vg_name(list.gl_pathv[f], name);
		name[strlen(name) - 4] = '\0'; /* .csv of .csv.zst */
		vg_open(&g, name);
		check_counts(&g, dir);
		check_orders(&g, dir);
		vg_free(&g);
	}
	globfree(&list);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify_golden");
	TCase *c = tcase_create("recorded");

	/* First, so that a blessed file is read by the others. */
	tcase_add_test(c, the_kept_files_are_what_the_references_say);
	tcase_add_test(c, every_recorded_kind_is_register_exact);
	tcase_add_test(c, every_kept_path_is_in_recorded_order);
	tcase_add_test(c, a_missing_row_breaks_a_recorded_kind);
	suite_add_tcase(s, c);
	return suite_status(s);
}
