/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/ws/ws_explain.h"

#include <stdio.h>
#include <string.h>

void ws_explain_at(const struct ws_prog *p, size_t i, struct ws_explain_row *row)
{
	const struct ws_op *op = &p->op[i];

	BUG_ON(i >= p->n);
	row->op = op;
	row->nr = i - p->comp[op->comp].first + 1;
	row->phase = phase_name((enum ws_phase)op->phase);
	row->comp = comp_name((enum ws_comp)op->comp);
	row->opcode = ws_opcode_row((enum ws_opcode)op->opcode)->name;
	(void)ws_op_text(p, op, row->object);
	row->side = side_name((enum ws_side)op->side);
	row->group = group_name((enum sr_group)op->group);
	row->cycles = op->cycles;
	row->milli = op->milli;
	(void)ws_guard_text(&op->guard, row->guard, sizeof(row->guard));
	row->function = op->step->function;
	row->file = op->step->file;
	row->line = op->step->line;
}

void ws_explain_line(const struct ws_explain_row *row, struct str *out)
{
	/* place and table line change with every row above: not part of the listing */
	str_addf(out, "%-6s %-14s %-28s %-9s %-10s %4u", row->phase, row->opcode, row->object, row->side, row->group,
		 row->cycles);
	if (row->milli != 0)
		str_addf(out, ".%03u", row->milli);
	str_addf(out, "  %-22s %s\n", row->guard, row->function);
}

/* ---- difference ---- */

static const struct {
	const char *name, *help;
} kinds[DIFF_COUNT] = {
#define X(id, name, help) { name, help },
	WS_DIFF_KINDS(X)
#undef X
};

const char *ws_diff_name(enum ws_diff_kind k)
{
	BUG_ON(k >= DIFF_COUNT);
	return kinds[k].name;
}

const char *ws_diff_object(const struct ws_op *op, char buf[static 40])
{
	const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)op->opcode);

	if (op->reg != SR_NONE)
		(void)snprintf(buf, 40, "%s", sysreg_name((enum sysreg)op->reg));
	else if (row->operand == OPND_NUM)
		(void)snprintf(buf, 40, "%u x %s", op->num, row->counter == CNT_fpr ? "V" : "X");
	else
		(void)snprintf(buf, 40, "%s", group_name((enum sr_group)op->group));
	return buf;
}

static bool same_op(const struct ws_op *a, const struct ws_op *b)
{
	return a->opcode == b->opcode && a->reg == b->reg && a->side == b->side &&
	       a->group == b->group && a->num == b->num && a->per_lr == b->per_lr;
}

/* May the two be one op that moved? Those of the host's path do not move. */
static bool may_match(const struct ws_op *a, const struct ws_op *b, bool across)
{
	if (!same_op(a, b))
		return false;
	if (a->phase == PHASE_HANDLE || b->phase == PHASE_HANDLE)
		return !across && a->comp == b->comp;
	return across || a->phase == b->phase;
}

/* First op of b that matches and is not taken yet; SIZE_MAX if there is none. */
static size_t find(const struct ws_op *a, const struct ws_prog *b, const bool *taken, bool across)
{
	for (size_t i = 0; i < b->n; i++) {
		if (!taken[i] && may_match(a, &b->op[i], across))
			return i;
	}
	return SIZE_MAX;
}

static enum ws_diff_kind kind_of(const struct ws_op *a, const struct ws_op *b)
{
	if (a == NULL)
		return DIFF_ONLY_B;
	if (b == NULL)
		return DIFF_ONLY_A;
	if (a->phase != b->phase)
		return DIFF_MOVED;
	return a->guard.on == b->guard.on && a->guard.off == b->guard.off ? DIFF_SAME : DIFF_GUARD;
}

static void add(struct ws_diff *d, const struct ws_op *a, const struct ws_op *b)
{
	struct ws_diff_row *row = &d->row[d->n++];

	row->kind = kind_of(a, b);
	row->a = a;
	row->b = b;
}

/* Partner in b of each op of a: within a phase first, so that what stayed is not taken for what
 * moved. */
static void match(const struct ws_prog *a, const struct ws_prog *b, size_t *partner, bool *taken)
{
	for (size_t i = 0; i < a->n; i++) {
		partner[i] = find(&a->op[i], b, taken, false);
		if (partner[i] != SIZE_MAX)
			taken[partner[i]] = true;
	}
	for (size_t i = 0; i < a->n; i++) {
		if (partner[i] != SIZE_MAX)
			continue;
		partner[i] = find(&a->op[i], b, taken, true);
		if (partner[i] != SIZE_MAX)
			taken[partner[i]] = true;
	}
}

/* The longest run of ops of one phase whose partners are in the same order; the others of it are out of order. */
static void phase_order(const struct ws_prog *a, const struct ws_prog *b, const size_t *partner, unsigned phase, bool *moved)
{
	size_t *at = xcalloc(a->n + 1, sizeof(*at)), *len = xcalloc(a->n + 1, sizeof(*len)), *before = xcalloc(a->n + 1, sizeof(*before));
	size_t n = 0, last = SIZE_MAX;

	for (size_t i = 0; i < a->n; i++)
		if (a->op[i].phase == phase && partner[i] != SIZE_MAX && b->op[partner[i]].phase == phase)
			at[n++] = i;
	for (size_t i = 0; i < n; i++) {
		len[i] = 1;
		before[i] = SIZE_MAX;
		for (size_t k = 0; k < i; k++) {
			if (partner[at[k]] < partner[at[i]] && len[k] + 1 > len[i]) {
				len[i] = len[k] + 1;
				before[i] = k;
			}
		}
		moved[at[i]] = true;
		last = last == SIZE_MAX || len[i] > len[last] ? i : last;
	}
	for (; last != SIZE_MAX; last = before[last])
		moved[at[last]] = false;
	free(at);
	free(len);
	free(before);
}

struct ws_diff *ws_diff_new(const struct ws_prog *a, const struct ws_prog *b)
{
	struct ws_diff *d = xcalloc(1, sizeof(*d));
	size_t *partner = xcalloc(a->n + 1, sizeof(*partner));
	bool *taken = xcalloc(b->n + 1, sizeof(*taken)), *moved = xcalloc(a->n + 1, sizeof(*moved));

	d->row = xcalloc(a->n + b->n + 1, sizeof(*d->row));
	match(a, b, partner, taken);
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		phase_order(a, b, partner, ph, moved);
	for (unsigned g = 0; g < GRP_COUNT; g++) {
		for (size_t i = 0; i < a->n; i++) {
			if (a->op[i].group != g)
				continue;
			add(d, &a->op[i], partner[i] != SIZE_MAX ? &b->op[partner[i]] : NULL);
			if (moved[i] && d->row[d->n - 1].kind == DIFF_SAME)
				d->row[d->n - 1].kind = DIFF_ORDER;
		}
		for (size_t i = 0; i < b->n; i++) {
			if (b->op[i].group == g && !taken[i])
				add(d, NULL, &b->op[i]);
		}
	}
	free(partner);
	free(taken);
	free(moved);
	return d;
}

void ws_diff_free(struct ws_diff *d)
{
	if (d == NULL)
		return;
	free(d->row);
	free(d);
}
