/* SPDX-License-Identifier: Apache-2.0 */
/* What each row of injects.def changes of a program. Each returns how much; 0: nothing of it is there. */
#include <string.h>

#include "models/hyp/check/inject.h"
#include "models/hyp/check/known.h"
#include "models/hyp/check/oracle.h"
#include "models/hyp/kvm/handlers.h"

/* ---- ops ---- */

static bool is_here(const struct ws_inject *x, const struct ws_op *op)
{
	return (x->phase == PHASE_COUNT || op->phase == x->phase) && (x->side == SIDE_COUNT || op->side == x->side);
}

static bool is_accessor(const struct ws_op *op, const struct ws_inject *x)
{
	return (op->step->opcode == OP_ACC_READ || op->step->opcode == OP_ACC_WRITE) && op->reg == x->a.reg;
}

/* Does the op go? May change it, and says so. */
typedef bool goes_fn(const struct ws_inject *x, struct ws_op *op, size_t *changed);

static size_t filter(struct ws_prog *p, const struct ws_inject *x, goes_fn *goes)
{
	size_t n = 0, changed = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct ws_op op = p->op[i];

		if (!goes(x, &op, &changed))
			p->op[n++] = op;
	}
	changed += p->n - n;
	p->n = n;
	return changed;
}

static bool dropped(const struct ws_inject *x, struct ws_op *op, size_t *changed)
{
	(void)changed;
	return is_here(x, op) && ws_what_is(&x->a, op);
}

static size_t drop(struct ws_prog *p, const struct ws_inject *x)
{
	return filter(p, x, dropped);
}

static bool dropped_isb(const struct ws_inject *x, struct ws_op *op, size_t *changed)
{
	return op->opcode == OP_ISB && dropped(x, op, changed);
}

static size_t drop_isb(struct ws_prog *p, const struct ws_inject *x)
{
	return filter(p, x, dropped_isb);
}

static bool only_once(const struct ws_inject *x, struct ws_op *op, size_t *changed)
{
	if (is_here(x, op) && ws_what_is(&x->a, op)) {
		*changed += 1;
		op->guard.off |= CND(WAS_LOADED);
	}
	return false;
}

static size_t once(struct ws_prog *p, const struct ws_inject *x)
{
	return filter(p, x, only_once);
}

static bool made_constant(const struct ws_inject *x, struct ws_op *op, size_t *changed)
{
	if (is_here(x, op) && ws_what_is(&x->a, op) && op->side == SIDE_HOST && op->opcode == OP_MSR) {
		*changed += 1;
		op->side = SIDE_HCFG;
	}
	return false;
}

static size_t constant(struct ws_prog *p, const struct ws_inject *x)
{
	return filter(p, x, made_constant);
}

static struct ws_op *first(struct ws_prog *p, const struct ws_inject *x, const struct ws_what *w)
{
	for (size_t i = 0; i < p->n; i++) {
		if (is_here(x, &p->op[i]) && ws_what_is(w, &p->op[i]))
			return &p->op[i];
	}
	return NULL;
}

static size_t swap(struct ws_prog *p, const struct ws_inject *x)
{
	struct ws_op *a = first(p, x, &x->a), *b = first(p, x, &x->b);

	if (a == NULL || b == NULL || a == b || a->comp != b->comp)
		return 0;
	ws_ops_exchange(a, b);
	return 1;
}

/* Each ISB behind the op that follows it in its component. */
static size_t late_isb(struct ws_prog *p, const struct ws_inject *x)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < p->n; i++) {
		if (p->op[i].opcode != OP_ISB || !is_here(x, &p->op[i]) || !ws_what_is(&x->a, &p->op[i]) ||
		    p->op[i + 1].comp != p->op[i].comp)
			continue;
		ws_ops_exchange(&p->op[i], &p->op[i + 1]);
		n++;
		i++;
	}
	return n;
}

/* The first op of A right behind the first op of B, both of one component. */
static size_t move(struct ws_prog *p, const struct ws_inject *x)
{
	struct ws_op *a = first(p, x, &x->a), *b = first(p, x, &x->b), moved;

	if (a == NULL || b == NULL || a >= b || a->comp != b->comp)
		return 0;
	moved = *a;
	memmove(a, a + 1, (size_t)(b - a) * sizeof(*a));
	*b = moved;
	return 1;
}

static const struct ws_op *any_isb(const struct ws_prog *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->op[i].opcode == OP_ISB)
			return &p->op[i];
	}
	return NULL;
}

static size_t add_isb(struct ws_prog *p, const struct ws_inject *x)
{
	const struct ws_op *isb = any_isb(p);
	struct ws_op one;
	size_t last = p->n;

	for (size_t i = 0; i < p->n; i++) {
		if (is_here(x, &p->op[i]) && ws_what_is(&x->a, &p->op[i]))
			last = i;
	}
	if (last == p->n || isb == NULL)
		return 0;
	one = *isb;
	one.comp = p->op[last].comp;
	one.phase = p->op[last].phase;
	one.guard = p->op[last].guard;
	ws_ops_insert(p, last + 1, &one, 1);
	return 1;
}

/* ---- accessors ---- */

static bool in_program(const struct ws_prog *p, uint16_t reg)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->op[i].reg == reg)
			return true;
	}
	return false;
}

/* Does a handler use an accessor of the register? */
static bool has_handler(uint16_t reg)
{
	size_t n;
	const struct handler *h = handlers(&n);

	for (size_t i = 0; i < n; i++) {
		if (h[i].reg == reg && h[i].via == VIA_ACCESSOR)
			return true;
	}
	return false;
}

static bool set_way(struct ws_prog *p, uint16_t reg, enum ws_way way)
{
	bool changes = p->beside.way[reg] != way;

	p->beside.way[reg] = (uint8_t)way;
	return changes;
}

static bool goes_to_memory(const struct ws_inject *x, struct ws_op *op, size_t *changed)
{
	if (!is_accessor(op, x))
		return false;
	*changed += op->opcode == OP_ACC_MEM;
	op->guard.off &= ~CND(LOADED);
	return op->opcode != OP_ACC_MEM;
}

static size_t bypass_accessor(struct ws_prog *p, const struct ws_inject *x)
{
	size_t n = filter(p, x, goes_to_memory);

	return n + set_way(p, x->a.reg, WAY_MEMORY); /* of any handler */
}

static size_t cache_accessor(struct ws_prog *p, const struct ws_inject *x)
{
	return p->config.model->mode == MODE_VHE && has_handler(x->a.reg) && set_way(p, x->a.reg, WAY_LOADED);
}

static bool goes_to_cpu(const struct ws_inject *x, struct ws_op *op, size_t *changed)
{
	if (!is_accessor(op, x))
		return false;
	*changed += op->opcode == OP_ACC_MEM;
	op->guard.on &= ~CND(LOADED);
	return op->opcode == OP_ACC_MEM;
}

static size_t blind_accessor(struct ws_prog *p, const struct ws_inject *x)
{
	size_t n = filter(p, x, goes_to_cpu);
	bool way = set_way(p, x->a.reg, WAY_CPU);

	return n + (way && has_handler(x->a.reg));
}

/* ---- beside the ops ---- */

static bool is_put(const struct ws_inject *x, struct ws_op *op, size_t *changed)
{
	(void)x;
	(void)changed;
	return op->phase == PHASE_PUT;
}

static size_t skip_put(struct ws_prog *p, const struct ws_inject *x)
{
	struct ws_beside *b = &p->beside;

	if (x->reset) {
		b->resets_loaded = true;
		return 1;
	}
	if (x->n == 0)
		(void)filter(p, x, is_put);
	b->no_put = xrealloc(b->no_put, (b->n_no_put + 1) * sizeof(*b->no_put));
	b->no_put[b->n_no_put++] = x->n;
	return 1;
}

static size_t flag(struct ws_prog *p, const struct ws_inject *x)
{
	size_t n, changed = 0;
	const struct vflag_site *s = vflag_sites(&n);

	for (size_t i = 0; i < n; i++) {
		uint8_t *site = &p->beside.site[i];
		bool set = s[i].op == VFOP_SET && x->how != FLAG_NOT_CLEARED;
		bool clear = s[i].op == VFOP_CLEAR && x->how != FLAG_NOT_SET;

		if (s[i].flag != x->flag || (!set && !clear) || *site == SITE_NONE)
			continue;
		*site = x->how == FLAG_PREEMPTIBLE ? SITE_OPEN : SITE_NONE;
		changed++;
	}
	return changed;
}

static size_t host_write(struct ws_prog *p, const struct ws_inject *x)
{
	struct ws_beside *b = &p->beside;

	if (!in_program(p, x->a.reg))
		return 0;
	b->host_write = xrealloc(b->host_write, (b->n_host_write + 1) * sizeof(*b->host_write));
	b->host_write[b->n_host_write++] = x->a.reg;
	return 1;
}

/* PC and events wait for an entry since flags do. */
static size_t keep_pc(struct ws_prog *p, const struct ws_inject *x)
{
	(void)x;
	p->beside.keeps_pc = (p->known & CND(SINCE_6_1)) != 0;
	return p->beside.keeps_pc;
}

static size_t commit_events(struct ws_prog *p, const struct ws_inject *x)
{
	(void)x;
	p->beside.commits_events = (p->known & CND(SINCE_6_1)) != 0;
	return p->beside.commits_events;
}

static size_t unasked(struct ws_prog *p, const struct ws_inject *x)
{
	size_t changed = oracle_fault_of(x->use, p) ? oracle_fault_unask(x->use, p) : 0;

	if (changed != 0)
		p->beside.unasked |= UINT64_C(1) << x->use;
	return changed;
}

static size_t no_cse(struct ws_prog *p, const struct ws_inject *x)
{
	if ((p->known & CND(EXS)) == 0)
		return 0;
	*(x->on_return ? &p->beside.return_no_cse : &p->beside.entry_no_cse) = true;
	return 1;
}

static size_t blame(struct ws_prog *p, const struct ws_inject *x)
{
	if (!known_bug_of(x->bug, p))
		return 0;
	p->beside.blamed |= UINT64_C(1) << x->bug;
	return 1;
}

/* ---- all ---- */

static size_t (*const edits[INJECT_COUNT])(struct ws_prog *p, const struct ws_inject *x) = {
#define INJECT(id, name, form, help) [INJECT_##id] = id,
#include "models/hyp/check/injects.def"
#undef INJECT
};

int ws_inject_apply(struct ws_prog *p, const struct ws_inject *x, size_t n, struct err *e)
{
	for (size_t k = 0; k < n; k++) {
		if (edits[x[k].kind](p, &x[k]) == 0)
			return err_set(e, ERR_USAGE, "--inject %s: nothing of it is in the program of %s on %s: `el2sim explain` "
				       "lists its ops", x[k].spec, p->config.model->name, p->config.machine->name);
	}
	ws_reindex(p);
	return 0;
}

/* ---- for mutation ---- */

/* Is the op a row's, or in a block that the row inserts? */
static bool of_row(const struct ws_prog *p, const struct ws_op *op, const struct ws_step *row)
{
	if (op->step == row)
		return true;
	for (unsigned c = op->call; c != 0; c = p->call[c].outer) {
		if (p->call[c].step == row)
			return true;
	}
	return false;
}

size_t ws_drop_row(struct ws_prog *p, size_t row)
{
	size_t n_rows, n = 0, before = p->n;
	const struct ws_step *s = &ws_steps(&n_rows)[row];

	for (size_t i = 0; i < p->n; i++) {
		if (!of_row(p, &p->op[i], s))
			p->op[n++] = p->op[i];
	}
	p->n = n;
	ws_reindex(p);
	return before - n;
}

void ws_drop_op(struct ws_prog *p, size_t i)
{
	ws_ops_remove(p, i, 1);
	ws_reindex(p);
}
