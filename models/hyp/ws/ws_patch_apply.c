/* SPDX-License-Identifier: Apache-2.0 */
/* What each row of patches.def changes of a program. */
#include <stdio.h>
#include <string.h>

#include "models/hyp/ws/ws_patch.h"

static bool is_at(const struct ws_at *at, const struct ws_op *op)
{
	return (at->phase == PHASE_COUNT || op->phase == at->phase) && (at->comp == COMP_COUNT || op->comp == at->comp);
}

static bool matches(const struct ws_patch_edit *x, const struct ws_op *op)
{
	return is_at(&x->at, op) && (x->side == SIDE_COUNT || op->side == x->side) && ws_what_is(&x->what, op);
}

static enum ws_comp comp_of(const struct ws_prog *p, const struct ws_at *at)
{
	return at->comp != COMP_COUNT ? (enum ws_comp)at->comp : ws_model_comp(p->config.model, (enum ws_phase)at->phase);
}

static const char *at_name(const struct ws_at *at)
{
	return at->comp != COMP_COUNT ? comp_name((enum ws_comp)at->comp) : at->phase != PHASE_COUNT ? phase_name((enum ws_phase)at->phase) :
													"any phase";
}

static int nothing(const struct ws_prog *p, const struct ws_patch_edit *x, const char *of, const struct ws_at *at, struct err *e)
{
	(void)err_set(e, ERR_CONFIG, "%s: nothing of %s is in %s in the program of %s on %s: `el2sim explain` lists its ops", x->text, of,
		      at_name(at), p->config.model->name, p->config.machine->name);
	return err_at(e, x->file, x->line);
}

/* ---- places ---- */

/* The component's ops; without any, behind all. */
static void range(const struct ws_prog *p, enum ws_comp comp, size_t *first, size_t *n)
{
	*first = p->n;
	*n = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (p->op[i].comp != comp)
			continue;
		*first = *n == 0 ? i : *first;
		++*n;
	}
}

static bool begins(const struct ws_op *op)
{
	return op->opcode == OP_EXC || op->opcode == OP_HVC || op->opcode == OP_SVC;
}

/* Index before which PLACE is; SIZE_MAX: the op beside it is not there. */
static size_t place_of(const struct ws_prog *p, const struct ws_patch_edit *x, const struct ws_at *at)
{
	size_t first, n, found = SIZE_MAX;

	range(p, comp_of(p, at), &first, &n);
	if (x->place == PLACE_FIRST)
		return n != 0 && begins(&p->op[first]) ? first + 1 : first;
	if (x->place == PLACE_LAST || x->place == PLACE_NONE)
		return n != 0 && p->op[first + n - 1].opcode == OP_ERET ? first + n - 1 : first + n;
	for (size_t i = first; i < first + n; i++) {
		if (!ws_what_is(&x->beside, &p->op[i]))
			continue;
		if (x->place == PLACE_BEFORE)
			return i;
		found = i + 1;
	}
	return found;
}

/* ---- verbs ---- */

/* The op beside which a new one stands; NULL: the component has none. */
static const struct ws_op *neighbour(const struct ws_prog *p, const struct ws_patch_edit *x, enum ws_comp comp, size_t at)
{
	bool next = x->place == PLACE_BEFORE || x->place == PLACE_FIRST;

	if (next && at < p->n && p->op[at].comp == comp)
		return &p->op[at];
	if (at > 0 && p->op[at - 1].comp == comp)
		return &p->op[at - 1];
	return at < p->n && p->op[at].comp == comp ? &p->op[at] : NULL;
}

/* The row that a kernel with this op would have; the program's. */
static const struct ws_step *new_row(struct ws_prog *p, const struct ws_patch_edit *x, enum ws_comp comp, const struct ws_op *beside)
{
	struct ws_step *s = xcalloc(1, sizeof(*s));
	uint16_t operand = x->operand;

	if (ws_opcode_row((enum ws_opcode)x->what.opcode)->operand == OPND_GRP && operand == GRP_COUNT)
		operand = beside != NULL ? beside->group : GRP_exit;
	*s = (struct ws_step){ .comp = beside != NULL ? beside->step->comp : (uint16_t)comp, .opcode = x->what.opcode,
			       .side = x->side == SIDE_COUNT ? SIDE_NONE : x->side, .operand = operand, .line = (uint16_t)x->line,
			       .guard = x->guard, .function = beside != NULL ? beside->step->function : comp_name(comp), .file = x->file };
	p->made = xrealloc(p->made, (p->n_made + 1) * sizeof(*p->made));
	p->made[p->n_made++] = s;
	return s;
}

static int check_register(const struct ws_prog *p, const struct ws_patch_edit *x, struct err *e)
{
	const struct sysreg_row *row;

	if (ws_opcode_row((enum ws_opcode)x->what.opcode)->operand != OPND_REG)
		return 0;
	row = sysreg_row((enum sysreg)x->operand);
	if (machine_has(p->config.machine, (enum feat)row->needs) || (x->guard.fixed_on & UINT64_C(1) << row->needs) != 0)
		return 0;
	(void)err_set(e, ERR_CONFIG, "%s: machine %s has no %s: want it in [machine] features, or \"if %s\" for machines without", x->text,
		      p->config.machine->name, feat_key((enum feat)row->needs), cond_name((enum cond)row->needs));
	return err_at(e, x->file, x->line);
}

static int add(struct ws_prog *p, const struct ws_patch_edit *x, struct err *e)
{
	enum ws_comp comp = comp_of(p, &x->at);
	size_t at = place_of(p, x, &x->at), n = 0;
	struct ws_op *op = NULL;

	if (at == SIZE_MAX)
		return nothing(p, x, "what it stands beside", &x->at, e);
	if (check_register(p, x, e) != 0 ||
	    ws_emit(p, new_row(p, x, comp, neighbour(p, x, comp, at)), (enum ws_phase)x->at.phase, comp, &op, &n, e) != 0)
		return -1;
	for (size_t i = 0; i < n && x->priced; i++)
		ws_op_price(&op[i], x->cost);
	ws_ops_insert(p, at, op, n);
	free(op);
	return 0;
}

static int drop(struct ws_prog *p, const struct ws_patch_edit *x, struct err *e)
{
	size_t n = 0, before = p->n;

	for (size_t i = 0; i < p->n; i++)
		if (!matches(x, &p->op[i]))
			p->op[n++] = p->op[i];
	p->n = n;
	return n != before ? 0 : nothing(p, x, "it", &x->at, e);
}

static int move(struct ws_prog *p, const struct ws_patch_edit *x, struct err *e)
{
	const struct ws_at *to = x->to.phase != PHASE_COUNT ? &x->to : &x->at;
	enum ws_comp comp = comp_of(p, to);
	struct ws_op *moved = xcalloc(p->n, sizeof(*moved));
	size_t n = 0, left = 0, at;
	int rc = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (!matches(x, &p->op[i])) {
			p->op[left++] = p->op[i];
			continue;
		}
		moved[n] = p->op[i];
		moved[n].phase = to->phase;
		moved[n++].comp = (uint16_t)comp;
	}
	p->n = left;
	at = place_of(p, x, to);
	if (n == 0)
		rc = nothing(p, x, "it", &x->at, e);
	else if (at == SIZE_MAX)
		rc = nothing(p, x, "where it goes to", to, e);
	else
		ws_ops_insert(p, at, moved, n);
	free(moved);
	return rc;
}

static struct ws_op *first(struct ws_prog *p, const struct ws_patch_edit *x, const struct ws_what *w)
{
	for (size_t i = 0; i < p->n; i++)
		if (is_at(&x->at, &p->op[i]) && ws_what_is(w, &p->op[i]))
			return &p->op[i];
	return NULL;
}

static int swap(struct ws_prog *p, const struct ws_patch_edit *x, struct err *e)
{
	struct ws_op *a = first(p, x, &x->what), *b = first(p, x, &x->beside);

	if (a == NULL || b == NULL || a == b)
		return nothing(p, x, a == NULL ? "the first" : "the second", &x->at, e);
	ws_ops_exchange(a, b);
	return 0;
}

static int guard(struct ws_prog *p, const struct ws_patch_edit *x, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (!matches(x, &p->op[i]))
			continue;
		p->op[i].guard.on = x->guard.on;
		p->op[i].guard.off = x->guard.off;
		n++;
	}
	return n != 0 ? 0 : nothing(p, x, "it", &x->at, e);
}

static int cost(struct ws_prog *p, const struct ws_patch_edit *x, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (!matches(x, &p->op[i]))
			continue;
		ws_op_price(&p->op[i], x->cost);
		n++;
	}
	return n != 0 ? 0 : nothing(p, x, "it", &x->at, e);
}

/* Done before: ws_patch_policies. */
static int policy(struct ws_prog *p, const struct ws_patch_edit *x, struct err *e)
{
	(void)p;
	(void)x;
	(void)e;
	return 0;
}

static int (*const verbs[PATCH_COUNT])(struct ws_prog *p, const struct ws_patch_edit *x, struct err *e) = {
#define PATCH(id, name, form, help) [PATCH_##id] = id,
#include "models/hyp/ws/patches.def"
};

int ws_patch_apply(const struct ws_patch *x, struct ws_prog *p, struct err *e)
{
	for (size_t i = 0; i < x->n; i++)
		if (verbs[x->v[i].verb](p, &x->v[i], e) != 0)
			return -1;
	return 0;
}
