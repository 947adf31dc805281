/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/verify_report.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/num.h"

#define NCOLS(cols) (sizeof(cols) / sizeof((cols)[0]))

bool verify_path_recorded(const struct verify_path *p)
{
	return p->o.n != 0;
}

void verify_sums_of(const struct verify_result *x, struct verify_sums *s)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < x->v->n; i++) {
		const struct verify_case *c = &x->v->c[i];

		s->left_out += c->left_out;
		s->total += !c->left_out;
		s->exact += !c->left_out && verify_exact(c);
	}
	for (size_t i = 0; i < x->n_paths; i++) {
		if (!verify_path_recorded(&x->path[i]))
			continue;
		s->paths++;
		s->switch_exact += x->path[i].modelled && x->path[i].d.switch_exact;
		s->whole_exact += x->path[i].modelled && x->path[i].d.exact;
	}
}

bool verify_all_exact(const struct verify_sums *s)
{
	return s->exact == s->total && s->switch_exact == s->paths;
}

static void modal_cell(struct rep_table *t, const struct verify_case *c)
{
	if (c->counted)
		rep_fix(t, num_ratio(c->modal, 1000, c->nseg));
	else
		rep_none(t);
}

static void case_row(struct rep_table *t, const struct verify_case *c)
{
	uint64_t n[2][2] = { { 0 } }, other[2] = { 0 };

	for (size_t i = 0; i < c->n; i++) {
		const struct verify_item *it = &c->item[i];
		bool reg = it->op == REF_OP_read || it->op == REF_OP_write;
		uint64_t *sum = reg ? n[it->op == REF_OP_write] : other;

		sum[0] += it->ref;
		sum[1] += it->sim;
	}
	rep_str(t, c->exit);
	rep_u64(t, c->cfg);
	modal_cell(t, c);
	for (unsigned w = 0; w < 2; w++) {
		rep_u64(t, n[w][0]);
		rep_u64(t, n[w][1]);
	}
	rep_u64(t, other[0]);
	rep_u64(t, other[1]);
	rep_u64(t, c->soft_reads);
	rep_u64(t, c->soft_writes);
	if (!c->modelled)
		rep_str(t, "no such exit kind in el2sim");
	else if (c->left_out)
		rep_str(t, "not a modal path");
	else if (!verify_exact(c))
		rep_strf(t, "%zu differ", verify_differing(c));
	else
		rep_str(t, "exact");
}

static void item_rows(struct rep_table *t, const struct verify_case *c, bool all)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct verify_item *it = &c->item[i];

		if (it->ref == it->sim && !all)
			continue;
		rep_str(t, c->exit);
		rep_u64(t, c->cfg);
		rep_str(t, ref_op_name((enum ref_op)it->op));
		rep_str(t, it->name);
		rep_u64(t, it->ref);
		rep_u64(t, it->sim);
		rep_i64(t, (int64_t)(it->sim - it->ref));
		rep_str(t, str_get(&it->functions));
	}
}

static void case_tables(const struct verify_result *x, bool all, struct rep *r)
{
	static const struct rep_col cases[] = {
		{ "exit", "exit kind", REP_STR, "", 0, false },
		{ "cfg", "", REP_U64, "", 0, false },
		{ "modal", "modal share", REP_FIX, "", 2, false },
		{ "reads_ref", "reads ref", REP_U64, "", 0, false },
		{ "reads_sim", "sim", REP_U64, "", 0, false },
		{ "writes_ref", "writes ref", REP_U64, "", 0, false },
		{ "writes_sim", "sim", REP_U64, "", 0, false },
		{ "other_ref", "ISB.. ref", REP_U64, "", 0, false },
		{ "other_sim", "sim", REP_U64, "", 0, false },
		{ "soft_reads", "measured: reads", REP_U64, "", 0, false },
		{ "soft_writes", "writes", REP_U64, "", 0, false },
		{ "verdict", "", REP_STR, "", 0, false },
	};
	static const struct rep_col items[] = {
		{ "exit", "exit kind", REP_STR, "", 0, false },
		{ "cfg", "", REP_U64, "", 0, false },
		{ "op", "", REP_STR, "", 0, false },
		{ "register", "", REP_STR, "", 0, false },
		{ "ref", "", REP_U64, "", 0, false },
		{ "sim", "", REP_U64, "", 0, false },
		{ "difference", "", REP_I64, "", 0, false },
		{ "functions", "where", REP_STR, "", 0, false },
	};
	struct rep_table *t =
		rep_table(r, "exits", "Per exit, reference and simulation", cases, NCOLS(cases));

	for (size_t i = 0; i < x->v->n; i++)
		case_row(t, &x->v->c[i]);
	t = rep_table(r, "registers", all ? "Registers" : "Registers that differ", items,
		      NCOLS(items));
	for (size_t i = 0; i < x->v->n; i++) {
		if (!x->v->c[i].left_out)
			item_rows(t, &x->v->c[i], all);
	}
}

/* --- order ------------------------------------------------------------------------------------ */

#define CONTEXT_BEFORE 3
#define CONTEXT_AFTER  6

static void path_row(struct rep_table *t, const struct verify_path *p)
{
	rep_str(t, p->o.exit);
	rep_u64(t, p->o.cfg);
	rep_u64(t, p->o.n);
	rep_u64(t, p->s.n);
	rep_u64(t, p->d.n_switch);
	if (!p->modelled || !verify_path_recorded(p)) {
		rep_str(t, p->modelled ? "nothing recorded" : "no such exit kind in el2sim");
		rep_none(t);
		return;
	}
	rep_str(t, p->d.switch_exact ? "order exact" : "differs");
	rep_str(t, p->d.exact ? "order exact" : "differs");
}

static void ref_cells(struct rep_table *t, const struct verify_path *p, size_t i)
{
	if (i >= p->o.n) {
		rep_none(t);
		rep_none(t);
		rep_none(t);
		return;
	}
	rep_u64(t, p->o.op[i].line);
	rep_strf(t, "%s %s", ref_op_name((enum ref_op)p->o.op[i].op), p->o.op[i].name);
	rep_str(t, ref_plain_function(recpath_function(&p->o, i)));
}

static void sim_cells(struct rep_table *t, const struct verify_path *p, size_t j)
{
	const struct verify_op *op;

	if (j >= p->s.n) {
		rep_none(t);
		rep_none(t);
		rep_none(t);
		rep_none(t);
		return;
	}
	op = &p->s.op[j];
	rep_strf(t, "%s %s", ref_op_name((enum ref_op)op->op), op->name);
	rep_str(t, phase_name((enum ws_phase)op->phase));
	rep_str(t, op->step->function);
	rep_strf(t, "%s:%u", op->step->file, op->step->line);
}

static void difference_rows(struct rep_table *t, const struct verify_path *p)
{
	for (int k = -CONTEXT_BEFORE; k <= CONTEXT_AFTER; k++) {
		/* Indices before the first op and beyond the last are no ops. */
		size_t i = p->d.ref + (size_t)k, j = p->d.sim + (size_t)k;

		if (i >= p->o.n && j >= p->s.n)
			continue;
		rep_str(t, p->o.exit);
		rep_u64(t, p->o.cfg);
		rep_str(t, k == 0 ? ">" : "");
		ref_cells(t, p, i);
		sim_cells(t, p, j);
	}
}

static void order_tables(const struct verify_result *x, struct rep *r)
{
	static const struct rep_col paths[] = {
		{ "exit", "exit kind", REP_STR, "", 0, false },
		{ "cfg", "", REP_U64, "", 0, false },
		{ "ops_ref", "ops ref", REP_U64, "", 0, false },
		{ "ops_sim", "sim", REP_U64, "", 0, false },
		{ "ops_switch", "of the switch", REP_U64, "", 0, false },
		{ "switch", "switch", REP_STR, "", 0, false },
		{ "whole", "with the host's path", REP_STR, "", 0, false },
	};
	static const struct rep_col first[] = {
		{ "exit", "exit kind", REP_STR, "", 0, false },
		{ "cfg", "", REP_U64, "", 0, false },
		{ "at", "", REP_STR, "", 0, false },
		{ "line", "line", REP_U64, "", 0, false },
		{ "ref", "recorded", REP_STR, "", 0, false },
		{ "ref_function", "function", REP_STR, "", 0, false },
		{ "sim", "simulated", REP_STR, "", 0, false },
		{ "phase", "", REP_STR, "", 0, false },
		{ "sim_function", "function", REP_STR, "", 0, false },
		{ "row", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "order", "Order of the recorded path and of the model",
					paths, NCOLS(paths));

	for (size_t i = 0; i < x->n_paths; i++)
		path_row(t, &x->path[i]);
	t = rep_table(r, "order_differences", "First difference in order", first, NCOLS(first));
	for (size_t i = 0; i < x->n_paths; i++) {
		if (x->path[i].modelled && verify_path_recorded(&x->path[i]) && !x->path[i].d.exact)
			difference_rows(t, &x->path[i]);
	}
}

/* --- the whole ------------------------------------------------------------------------------- */

void verify_report(const struct verify_result *x, bool all, struct rep *r)
{
	struct verify_sums s;

	verify_sums_of(x, &s);
	rep_fact(r, "config", "configuration", "%s", x->config);
	rep_fact(r, "model", "switch model", "%s", x->model);
	rep_fact(r, "reference", "reference", "Linux %s, %s, %s", x->v->kernel, x->v->cpu,
		 x->v->mode);
	case_tables(x, all, r);
	if (x->has_paths) {
		order_tables(x, r);
		(s.switch_exact == s.paths && s.whole_exact == s.paths ? rep_verdict : rep_alarm)(
			r,
			"%zu of %zu paths in recorded order in the switch, %zu of %zu as a whole",
			s.switch_exact, s.paths, s.whole_exact, s.paths);
	}
	(s.exact == s.total ? rep_verdict : rep_alarm)(r, "%zu of %zu exit%s register-exact", s.exact, s.total, s.total == 1 ? "" : "s");
	if (!x->has_totals)
		rep_note(r, "all kinds are compared: without --totals it is not known whose "
			    "recorded path is the usual one");
	else if (s.left_out != 0)
		rep_note(r,
			 "%zu exits are left out: too few of their occurrences follow the recorded "
			 "path (--min-modal)",
			 s.left_out);
	rep_note(r, "how many list registers are in use is the guest's affair and taken from the "
		    "recording");
	rep_note(r,
		 "measured: reads of the per-CPU base, of current, DAIF and CurrentEL, and writes "
		 "of DAIF, which "
		 "the C code makes by the way; they come from path profiles and are not modelled");
}
