/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/hyp/ws/ws_explain.h"
#include "sim/price/price.h"

#define COST_COLS                                                                                   \
	{ "reads", "", REP_U64, "", 0, false },                                                     \
	{ "reads_change", "change", REP_I64, "", 0, false },                                        \
	{ "writes", "", REP_U64, "", 0, false },                                                    \
	{ "writes_change", "change", REP_I64, "", 0, false },                                       \
	{ "barriers", "", REP_U64, "", 0, false },                                                  \
	{ "barriers_change", "change", REP_I64, "", 0, false },                                     \
	{ "exceptions", "", REP_U64, "", 0, false },                                                \
	{ "exceptions_change", "change", REP_I64, "", 0, false },                                   \
	{ "cycles", "", REP_U64, "cycles", 0, false },                                              \
	{ "cycles_change", "change", REP_I64, "cycles", 0, false },                                 \
	{ "ns", "time", REP_FIX, "ns", 1, false },                                                  \
	{ "ns_change", "change", REP_FIX, "ns", 1, false }

#define INSNS_COLS                                                                                  \
	{ "insns", "instructions", REP_U64, "", 0, false }, { "insns_change", "change", REP_I64, "", 0, false }

#define PERCENT_COL { "percent", "change", REP_FIX, "%", 1, false }

static void both(struct rep_table *t, uint64_t a, uint64_t b)
{
	rep_u64(t, a);
	rep_i64(t, (int64_t)(b - a));
}

static void insns(struct rep_table *t, bool known, uint64_t a, uint64_t b)
{
	if (known) {
		both(t, a, b);
	} else {
		rep_none(t);
		rep_none(t);
	}
}

static void in_range(struct rep_table *t, double low, double high)
{
	rep_band(t, (int64_t)floor(low * 1000), (int64_t)ceil(high * 1000));
}

static void costs(struct rep_table *t, const struct pricing *x, const struct price_pair *p)
{
	const struct ws_totals *a = &p->a.totals, *b = &p->b.totals;
	const struct band_form *fa = &p->a.form, *fb = &p->b.form;
	const struct band_range r = band_difference(&x->dev, fa, fb);
	const double by = ws_cycles_exact(b) - ws_cycles_exact(a);

	both(t, a->n[CNT_read], b->n[CNT_read]);
	both(t, a->n[CNT_write], b->n[CNT_write]);
	both(t, price_barriers(a), price_barriers(b));
	both(t, price_exceptions(a), price_exceptions(b));
	rep_u64(t, a->cycles);
	rep_band_factor(t, band_factor(&x->dev, fa));
	rep_i64(t, (int64_t)(b->cycles - a->cycles));
	in_range(t, fmin(r.low, (double)(int64_t)(b->cycles - a->cycles)), fmax(r.high, (double)(int64_t)(b->cycles - a->cycles)));
	rep_fix(t, llround(ws_cycles_exact(a) / x->ghz * 1000));
	rep_band_factor(t, band_factor(&x->dev, fa));
	rep_fix(t, llround(by / x->ghz * 1000));
	in_range(t, fmin(r.low, by) / x->ghz, fmax(r.high, by) / x->ghz);
}

/* Instructions of the plainest execution that was seen of a phase: no condition but that the exit is synchronous. */
static bool plain_insns(const struct kernel_model *k, unsigned phase, uint64_t *n)
{
	bool found = false;

	for (size_t i = 0; k != NULL && i < k->n_run; i++) {
		const struct kernel_run *run = &k->run[i];

		if (run->phase != phase || (run->state.on & ~CND(SYNC)) != 0 || run->state.fixed_on != 0)
			continue;
		if (phase == PHASE_EXIT && (run->state.on & CND(SYNC)) == 0)
			continue;
		*n = found && *n < run->insns ? *n : run->insns;
		found = true;
	}
	return found;
}

static void phases_table(const struct price *p, struct rep *r)
{
	static const struct rep_col cols[] = { { "phase", "", REP_STR, "", 0, false }, COST_COLS, INSNS_COLS };
	struct rep_table *t = rep_table(r, "phases", "Phases of the switch: of BASE, and what PATCHED changes", cols,
					sizeof(cols) / sizeof(cols[0]));

	for (unsigned ph = 0; ph <= PHASE_LAZY; ph++) {
		const struct price_pair x = { .a = { .totals = p->a->phase[ph], .form = p->a->phase_form[ph] },
					      .b = { .totals = p->b->phase[ph], .form = p->b->phase_form[ph] } };
		uint64_t before = 0, after = 0;
		bool known = plain_insns(p->a->data, ph, &before) && plain_insns(p->b->data, ph, &after);

		rep_str(t, phase_name((enum ws_phase)ph));
		costs(t, &p->x, &x);
		insns(t, known, before, after);
	}
}

static void kind_row(struct rep_table *t, const struct price *p, const struct price_pair *x)
{
	rep_str(t, x->name);
	costs(t, &p->x, x);
	rep_fix(t, price_change(x));
	insns(t, x->whole, x->a.insns, x->b.insns);
}

static void kinds_table(const struct price *p, bool all, struct rep *r)
{
	static const struct rep_col cols[] = { { "kind", "exit kind", REP_STR, "", 0, false }, COST_COLS, PERCENT_COL, INSNS_COLS };
	struct rep_table *t = rep_table(r, "kinds", p->recorded ? "Exit kinds: as recorders count, of BASE, and what PATCHED changes"
								: "Exit kinds: modelled ops of BASE, and what PATCHED changes",
					cols, sizeof(cols) / sizeof(cols[0]));

	for (size_t i = 0; i < p->n; i++)
		if (all || price_differs(&p->kind[i]))
			kind_row(t, p, &p->kind[i]);
	if (p->recorded && p->loads.name != NULL && (all || price_differs(&p->loads))) {
		rep_group(t);
		kind_row(t, p, &p->loads);
	}
}

static void run_table(const struct price *p, struct rep *r)
{
	static const struct rep_col cols[] = { { "run", "of", REP_STR, "", 0, false }, { "exits", "", REP_U64, "", 0, false },
					       { "exits_change", "change", REP_I64, "", 0, false }, COST_COLS, PERCENT_COL };
	struct rep_table *t = rep_table(r, "runs", "All of a run: of BASE, and what PATCHED changes", cols, sizeof(cols) / sizeof(cols[0]));

	rep_str(t, p->run.name);
	both(t, p->run_exits[0], p->run_exits[1]);
	costs(t, &p->x, &p->run);
	rep_fix(t, price_change(&p->run));
}

static void ops_table(const struct side *a, const struct side *b, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "change", "", REP_STR, "", 0, false },   { "op", "", REP_STR, "", 0, false },      { "object", "", REP_STR, "", 0, false },
		{ "phase_a", "in BASE", REP_STR, "", 0, false }, { "function_a", "function", REP_STR, "", 0, false },
		{ "phase_b", "in PATCHED", REP_STR, "", 0, false }, { "function_b", "function", REP_STR, "", 0, false },
		{ "when", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "ops", "Ops that did it", cols, 8);
	struct ws_diff *d = ws_diff_new(a->p, b->p);

	for (size_t i = 0; i < d->n; i++) {
		const struct ws_diff_row *row = &d->row[i];
		const struct ws_op *op = row->a != NULL ? row->a : row->b;
		char object[40], guard[200];

		if (row->kind == DIFF_SAME || op->phase > PHASE_LAZY)
			continue;
		rep_str(t, row->kind == DIFF_ONLY_A ? "gone" : row->kind == DIFF_ONLY_B ? "new" : ws_diff_name(row->kind));
		rep_str(t, ws_opcode_row((enum ws_opcode)op->opcode)->name);
		rep_str(t, ws_diff_object(op, object));
		rep_str(t, row->a != NULL ? phase_name((enum ws_phase)row->a->phase) : "");
		rep_str(t, row->a != NULL ? row->a->step->function : "");
		rep_str(t, row->b != NULL ? phase_name((enum ws_phase)row->b->phase) : "");
		rep_str(t, row->b != NULL ? row->b->step->function : "");
		rep_str(t, ws_guard_text(&(row->b != NULL ? row->b : row->a)->guard, guard, sizeof(guard)));
	}
	ws_diff_free(d);
}

/* --- ops of recordings ------------------------------------------------------------------------- */

/* An access whose number changes, in some kinds alike. */
struct change {
	uint8_t op;
	int64_t by;
	const char *name;
	struct str function_a, function_b; /* that only one side has, or another number of times */
	size_t kinds, first; /* how many kinds, and which one is the first */
};

/* Is "f x2" one of "g, f x2, h"? */
static bool is_listed(const char *list, const char *item, size_t n)
{
	for (const char *at = list; at != NULL && *at != '\0';) {
		const char *end = strstr(at, ", ");

		if ((end != NULL ? (size_t)(end - at) : strlen(at)) == n && strncmp(at, item, n) == 0)
			return true;
		at = end != NULL ? end + 2 : NULL;
	}
	return false;
}

/* Functions of a list that are not in another one. */
static struct str only_in(const char *list, const char *other)
{
	struct str only = STR_INIT;

	for (const char *at = list; at != NULL && *at != '\0';) {
		const char *end = strstr(at, ", ");
		size_t n = end != NULL ? (size_t)(end - at) : strlen(at);

		if (!is_listed(other, at, n)) {
			str_add(&only, only.len != 0 ? ", " : "");
			str_addn(&only, at, n);
		}
		at = end != NULL ? end + 2 : NULL;
	}
	return only;
}

static uint64_t times(const struct side *s, const struct verify_item *it)
{
	return it == NULL ? 0 : s->p == NULL ? it->ref : it->sim;
}

static const struct verify_item *same_item(const struct verify_case *c, const struct verify_item *it)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->item[i].op == it->op && strcmp(c->item[i].name, it->name) == 0)
			return &c->item[i];
	return NULL;
}

struct changes {
	struct change *c;
	size_t n;
};

static void add_change(struct changes *x, const struct price *p, size_t kind, const struct verify_item *a, const struct verify_item *b)
{
	const struct verify_item *it = a != NULL ? a : b;
	const char *fa = a != NULL ? str_get(&a->functions) : "", *fb = b != NULL ? str_get(&b->functions) : "";
	struct change c = { .op = it->op, .by = (int64_t)(times(p->b, b) - times(p->a, a)), .name = it->name, .kinds = 1, .first = kind };

	if (c.by == 0)
		return;
	c.function_a = only_in(fa, fb);
	c.function_b = only_in(fb, fa);
	for (size_t i = 0; i < x->n; i++) {
		struct change *o = &x->c[i];

		if (o->op == c.op && o->by == c.by && strcmp(o->name, c.name) == 0 &&
		    strcmp(str_get(&o->function_a), str_get(&c.function_a)) == 0 && strcmp(str_get(&o->function_b), str_get(&c.function_b)) == 0) {
			o->kinds++;
			str_free(&c.function_a);
			str_free(&c.function_b);
			return;
		}
	}
	if ((x->n & (x->n - 1)) == 0)
		x->c = xrealloc(x->c, (x->n != 0 ? 2 * x->n : 1) * sizeof(*x->c));
	x->c[x->n++] = c;
}

/* In most kinds first, then in the order of the kinds. */
static int by_kinds(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	if (x->kinds != y->kinds)
		return x->kinds < y->kinds ? 1 : -1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return x->op != y->op ? (x->op < y->op ? -1 : 1) : strcmp(x->name, y->name);
}

static void recorded_ops_table(const struct price *p, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "kinds", "exit kinds", REP_U64, "", 0, false }, { "kind", "such as", REP_STR, "", 0, false },
		{ "op", "", REP_STR, "", 0, false }, { "object", "", REP_STR, "", 0, false }, { "change", "", REP_I64, "", 0, false },
		{ "function_a", "in BASE", REP_STR, "", 0, false }, { "function_b", "in PATCHED", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "ops", "Ops that did it", cols, 7);
	struct changes x = { 0 };

	for (size_t k = 0; k < p->n; k++) {
		const struct verify_case *a = &p->kind[k].a.items, *b = &p->kind[k].b.items;

		for (size_t i = 0; i < a->n; i++)
			add_change(&x, p, k, &a->item[i], same_item(b, &a->item[i]));
		for (size_t i = 0; i < b->n; i++)
			if (same_item(a, &b->item[i]) == NULL)
				add_change(&x, p, k, NULL, &b->item[i]);
	}
	if (x.n != 0)
		qsort(x.c, x.n, sizeof(*x.c), by_kinds);
	for (size_t i = 0; i < x.n; i++) {
		const struct change *c = &x.c[i];

		rep_u64(t, c->kinds);
		rep_str(t, p->kind[c->first].name);
		rep_str(t, ref_op_name((enum ref_op)c->op));
		rep_str(t, c->name);
		rep_i64(t, c->by);
		rep_str(t, str_get(&c->function_a));
		rep_str(t, str_get(&c->function_b));
		str_free(&x.c[i].function_a);
		str_free(&x.c[i].function_b);
	}
	rep_many(t);
	free(x.c);
}

void price_tables(const struct price *p, bool all, struct rep *r)
{
	if (!p->recorded)
		phases_table(p, r);
	kinds_table(p, all, r);
	if (p->run.name != NULL)
		run_table(p, r);
	if (p->recorded)
		recorded_ops_table(p, r);
	else
		ops_table(p->a, p->b, r);
}
