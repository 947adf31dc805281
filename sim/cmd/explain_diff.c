/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/cmd/explain_diff.h"

bool explain_wanted(int phase, const struct ws_op *op)
{
	return phase == PHASE_COUNT ? op->phase <= PHASE_LAZY : op->phase == phase;
}

static const struct ws_op *either(const struct ws_diff_row *row)
{
	return row->a != NULL ? row->a : row->b;
}

static bool wanted_row(const struct explain_diff *o, const struct ws_diff_row *row)
{
	return (row->a != NULL && explain_wanted(o->phase, row->a)) || (row->b != NULL && explain_wanted(o->phase, row->b));
}

static void summary(const struct explain_diff *o, const struct ws_diff *d, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "group", "", REP_STR, "", 0, false },
#define X(id, name, help) { #id, name, REP_U64, "", 0, true },
		WS_DIFF_KINDS(X)
#undef X
	};
	struct rep_table *t = rep_table(r, o->groups, "Ops per group", cols, 1 + DIFF_COUNT);
	size_t count[GRP_COUNT][DIFF_COUNT] = { { 0 } }, any[GRP_COUNT] = { 0 }, sum[DIFF_COUNT] = { 0 };

	for (size_t i = 0; i < d->n; i++) {
		if (!wanted_row(o, &d->row[i]))
			continue;
		count[either(&d->row[i])->group][d->row[i].kind]++;
		any[either(&d->row[i])->group]++;
		sum[d->row[i].kind]++;
	}
	for (unsigned g = 0; g < GRP_COUNT; g++) {
		if (any[g] == 0)
			continue;
		rep_str(t, group_name((enum sr_group)g));
		for (unsigned k = 0; k < DIFF_COUNT; k++)
			rep_u64(t, count[g][k]);
	}
	rep_rule(t);
	rep_str(t, "all");
	for (unsigned k = 0; k < DIFF_COUNT; k++)
		rep_u64(t, sum[k]);
	rep_verdict(r, "%zu ops the same, %zu under another condition, %zu in another phase, %zu in another order, %zu only in the first, "
		    "%zu only in the second", sum[DIFF_SAME], sum[DIFF_GUARD], sum[DIFF_MOVED], sum[DIFF_ORDER], sum[DIFF_ONLY_A],
		    sum[DIFF_ONLY_B]);
}

static void place(struct rep_table *t, const struct ws_op *op)
{
	char guard[128];

	if (op == NULL) {
		rep_none(t);
		rep_none(t);
		rep_none(t);
		return;
	}
	rep_str(t, phase_name((enum ws_phase)op->phase));
	rep_str(t, ws_guard_text(&op->guard, guard, sizeof(guard)));
	rep_str(t, op->step->function);
}

static void differences(const struct explain_diff *o, const struct ws_diff *d, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "group", "", REP_STR, "", 0, false },		{ "kind", "difference", REP_STR, "", 0, false },
		{ "op", "", REP_STR, "", 0, false },		{ "object", "", REP_STR, "", 0, false },
		{ "side", "", REP_STR, "", 0, false },		{ "phase_a", "phase", REP_STR, "", 0, false },
		{ "condition_a", "condition", REP_STR, "", 0, false },
		{ "function_a", "kernel function", REP_STR, "", 0, false },
		{ "phase_b", "phase in second", REP_STR, "", 0, false },
		{ "condition_b", "condition", REP_STR, "", 0, false },
		{ "function_b", "kernel function", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, o->ops, "Differences", cols, sizeof(cols) / sizeof(cols[0]));
	char object[40];

	for (size_t i = 0; i < d->n; i++) {
		const struct ws_diff_row *row = &d->row[i];
		const struct ws_op *op = either(row);

		if ((row->kind == DIFF_SAME && !o->all) || !wanted_row(o, row))
			continue;
		rep_str(t, group_name((enum sr_group)op->group));
		rep_str(t, ws_diff_name(row->kind));
		rep_str(t, ws_opcode_row((enum ws_opcode)op->opcode)->name);
		rep_str(t, ws_diff_object(op, object));
		rep_str(t, side_name((enum ws_side)op->side));
		place(t, row->a);
		place(t, row->b);
	}
}

void explain_diff_report(const struct explain_diff *o, const struct ws_diff *d, struct rep *r)
{
	summary(o, d, r);
	differences(o, d, r);
}
