/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim verify --explain: a kind register by register; --summary: the answer for programs. */
#include <jansson.h>
#include <string.h>

#include "sim/report/verify_report.h"

struct rep_table *verify_explain_table(struct rep *r, const char *kind)
{
	static const struct rep_col cols[] = {
		{ "cfg", "", REP_U64, "", 0, false },
		{ "op", "", REP_STR, "", 0, false },
		{ "register", "", REP_STR, "", 0, false },
		{ "ref", "", REP_U64, "", 0, false },
		{ "ref_functions", "recorded in", REP_STR, "", 0, false },
		{ "sim", "", REP_U64, "", 0, false },
		{ "phase", "", REP_STR, "", 0, false },
		{ "sim_function", "simulated for", REP_STR, "", 0, false },
		{ "row", "", REP_STR, "", 0, false },
	};
	struct str title = STR_INIT;
	struct rep_table *t;

	str_addf(&title, "%s, reference and simulation side by side", kind);
	t = rep_table(r, "explain", str_get(&title), cols, sizeof(cols) / sizeof(cols[0]));
	str_free(&title);
	return t;
}

static bool is_of(const struct verify_op *op, const struct verify_item *it)
{
	return op->op == it->op && strcmp(op->name, it->name) == 0;
}

static bool alike(const struct verify_op *a, const struct verify_op *b)
{
	return a->step == b->step && a->phase == b->phase && a->op == b->op &&
	       strcmp(a->name, b->name) == 0;
}

/* How often the op at i stands in the sequence; 0 when it stood there before. */
static uint64_t times(const struct verify_seq *s, size_t i)
{
	uint64_t n = 0;

	for (size_t k = 0; k < s->n; k++) {
		if (!alike(&s->op[k], &s->op[i]))
			continue;
		if (k < i)
			return 0;
		n++;
	}
	return n;
}

static void ref_cells(struct rep_table *t, const struct verify_case *c,
		      const struct verify_item *it, bool first)
{
	rep_u64(t, c->cfg);
	rep_str(t, ref_op_name((enum ref_op)it->op));
	rep_str(t, it->name);
	if (first) {
		rep_u64(t, it->ref);
		rep_str(t, it->ref != 0 ? str_get(&it->functions) : "");
	} else {
		rep_none(t);
		rep_none(t);
	}
}

void verify_explain(struct rep_table *t, const struct verify_case *c, const struct verify_seq *seq)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct verify_item *it = &c->item[i];
		bool first = true;

		for (size_t k = 0; k < seq->n; k++) {
			const struct verify_op *op = &seq->op[k];
			uint64_t n = is_of(op, it) ? times(seq, k) : 0;

			if (n == 0)
				continue;
			ref_cells(t, c, it, first);
			first = false;
			rep_u64(t, n);
			rep_str(t, phase_name((enum ws_phase)op->phase));
			rep_str(t, op->step->function);
			rep_strf(t, "%s:%u", op->step->file, op->step->line);
		}
		if (!first)
			continue;
		ref_cells(t, c, it, true);
		rep_u64(t, 0);
		for (unsigned k = 0; k < 3; k++)
			rep_none(t);
	}
}

static json_t *kind_object(const struct verify_case *c)
{
	return json_pack("{s:s, s:I, s:b, s:I, s:b}", "exit", c->exit, "cfg", (json_int_t)c->cfg,
			 "exact", (int)verify_exact(c), "differing",
			 (json_int_t)verify_differing(c), "left_out", (int)c->left_out);
}

static json_t *path_object(const struct verify_path *p)
{
	return json_pack("{s:s, s:I, s:b, s:b}", "exit", p->o.exit, "cfg", (json_int_t)p->o.cfg,
			 "switch_exact", (int)(p->modelled && p->d.switch_exact), "exact",
			 (int)(p->modelled && p->d.exact));
}

void verify_summary(const struct verify_result *x, struct str *out)
{
	struct verify_sums s;
	json_t *kinds = json_array(), *paths = json_array(), *all;
	char *text;

	verify_sums_of(x, &s);
	for (size_t i = 0; i < x->v->n; i++)
		(void)json_array_append_new(kinds, kind_object(&x->v->c[i]));
	for (size_t i = 0; i < x->n_paths; i++)
		if (verify_path_recorded(&x->path[i]))
			(void)json_array_append_new(paths, path_object(&x->path[i]));
	all = json_pack("{s:s, s:{s:s, s:s, s:s}, s:s, s:I, s:I, s:I, s:o}", "schema",
			"el2sim.verify-summary/1", "reference", "kernel", x->v->kernel, "cpu",
			x->v->cpu, "mode", x->v->mode, "model", x->model, "exact",
			(json_int_t)s.exact, "total", (json_int_t)s.total, "left_out",
			(json_int_t)s.left_out, "kinds", kinds);
	BUG_ON(all == NULL); /* names of a reference are printable ASCII */
	if (x->has_paths)
		(void)json_object_set(all, "order", paths);
	json_decref(paths);
	text = json_dumps(all, JSON_INDENT(1));
	BUG_ON(text == NULL);
	str_add(out, text);
	str_addc(out, '\n');
	free(text);
	json_decref(all);
}
