/* SPDX-License-Identifier: Apache-2.0 */
/* Execute a program: detailed (values move) and counting (precomputed totals). Same counts, same cycles. */
#include <string.h>

#include "models/hyp/ws/wswitch.h"

static void sum_rest(struct ws_totals *t, const struct ws_totals *more)
{
	t->cycles += more->cycles;
	t->milli += more->milli;
	if (t->milli >= 1000) {
		t->milli -= 1000;
		t->cycles++;
	}
	t->insns += more->insns;
}

void ws_totals_sum(struct ws_totals *restrict t, const struct ws_totals *restrict more)
{
	for (unsigned c = 0; c < CNT_COUNT; c++)
		t->n[c] += more->n[c];
	sum_rest(t, more);
}

void ws_totals_sum4(struct ws_totals *restrict a, struct ws_totals *restrict b, struct ws_totals *restrict c,
		    struct ws_totals *restrict d, const struct ws_totals *restrict more)
{
	for (unsigned i = 0; i < CNT_COUNT; i++) {
		uint64_t n = more->n[i];

		a->n[i] += n;
		b->n[i] += n;
		c->n[i] += n;
		d->n[i] += n;
	}
	sum_rest(a, more);
	sum_rest(b, more);
	sum_rest(c, more);
	sum_rest(d, more);
}

void ws_totals_add(struct ws_totals *t, const struct ws_totals *more, uint64_t times)
{
	for (unsigned c = 0; c < CNT_COUNT; c++)
		t->n[c] += more->n[c] * times;
	ws_cycles_add(&t->cycles, &t->milli, more->cycles, more->milli, times);
	t->insns += more->insns * times;
}

uint64_t ws_op_times(const struct ws_op *op, uint64_t state, unsigned lrs)
{
	if (!ws_op_holds(op, state))
		return 0;
	return op->per_lr ? lrs : 1;
}

/* Thousandths of cycles are not carried: carry() does that once for all ops. */
static void count_op(struct ws_totals *t, const struct ws_op *op, const struct ws_opcode_row *row, uint64_t times)
{
	if (row->counter != CNT_none)
		t->n[row->counter] += times * (row->operand == OPND_NUM ? op->num : 1);
	t->cycles += times * op->cycles;
	t->milli += times * op->milli;
	t->insns += times * op->insns;
}

static void carry(struct ws_totals *t)
{
	ws_cycles_add(&t->cycles, &t->milli, 0, 0, 1);
}

/* Which context a side names; NULL if the op moves nothing. */
static uint64_t *context(const struct ws_values *v, enum ws_side side)
{
	return side == SIDE_HOST ? v->host : side == SIDE_GUEST ? v->guest : NULL;
}

static void move_value(const struct ws_op *op, unsigned counter, enum sysreg reg, const struct ws_values *v)
{
	uint64_t *ctx = context(v, (enum ws_side)op->side);

	switch (counter) {
	case CNT_read:
		if (ctx != NULL && op->opcode != OP_ACC_READ)
			ctx[reg] = v->hw[reg];
		return;
	case CNT_write:
		if (op->opcode == OP_ACC_WRITE)
			return; /* the caller's value; the handler's business */
		if (ctx != NULL)
			v->hw[reg] = ctx[reg];
		else if (op->side == SIDE_GCFG)
			v->hw[reg] = v->gcfg[reg];
		else if (op->side == SIDE_HCFG)
			v->hw[reg] = v->hcfg[reg];
		return;
	default:
		return;
	}
}

void ws_run_detailed(const struct ws_prog *p, enum ws_comp comp, uint64_t state, unsigned lrs,
		     const struct ws_values *v, struct ws_totals *t, uint64_t *exec)
{
	size_t first = p->comp[comp].first;

	for (size_t i = first; i < first + p->comp[comp].n; i++) {
		const struct ws_op *op = &p->op[i];
		const struct ws_opcode_row *row;
		uint64_t times = ws_op_times(op, state, lrs);

		if (times == 0)
			continue;
		row = ws_opcode_row((enum ws_opcode)op->opcode);
		count_op(t, op, row, times);
		if (exec != NULL)
			exec[i] += times;
		if (op->opcode == OP_AT_S1E1R)
			v->hw[SR_PAR_EL1] = ~v->hw[SR_PAR_EL1]; /* the result: some other value */
		for (uint64_t k = 0; op->reg != SR_NONE && k < times; k++)
			move_value(op, row->counter, (enum sysreg)(op->reg + k), v);
	}
	carry(t);
}

/* ---- counting ---- */

struct combo {
	uint64_t state; /* already masked */
	uint64_t count;
	uint16_t comp;
	uint16_t lrs;
	bool used;
	struct ws_totals totals;
};

struct ws_counting {
	const struct ws_prog *p;
	struct combo *slot; /* open addressing; capacity is a power of two */
	size_t cap, used;
};

struct ws_counting *ws_counting_new(const struct ws_prog *p)
{
	struct ws_counting *c = xcalloc(1, sizeof(*c));

	c->p = p;
	c->cap = 256;
	c->slot = xcalloc(c->cap, sizeof(*c->slot));
	return c;
}

void ws_counting_free(struct ws_counting *c)
{
	if (c == NULL)
		return;
	free(c->slot);
	free(c);
}

static size_t hash(enum ws_comp comp, uint64_t state, unsigned lrs)
{
	uint64_t h = state * UINT64_C(0x9e3779b97f4a7c15);

	h ^= ((uint64_t)comp << 8 | lrs) * UINT64_C(0xc2b2ae3d27d4eb4f);
	return (size_t)(h ^ h >> 29);
}

static struct combo *find(struct combo *slot, size_t cap, enum ws_comp comp, uint64_t state, unsigned lrs)
{
	size_t i = hash(comp, state, lrs) & (cap - 1);

	while (slot[i].used &&
	       (slot[i].comp != comp || slot[i].state != state || slot[i].lrs != lrs))
		i = (i + 1) & (cap - 1);
	return &slot[i];
}

static void grow(struct ws_counting *c)
{
	size_t cap = c->cap * 2;
	struct combo *slot = xcalloc(cap, sizeof(*slot));

	for (size_t i = 0; i < c->cap; i++) {
		struct combo *s = &c->slot[i];

		if (s->used)
			*find(slot, cap, (enum ws_comp)s->comp, s->state, s->lrs) = *s;
	}
	free(c->slot);
	c->slot = slot;
	c->cap = cap;
}

static void first_time(struct ws_counting *c, struct combo *s, enum ws_comp comp, uint64_t state,
		       unsigned lrs)
{
	size_t first = c->p->comp[comp].first;

	s->used = true;
	s->comp = (uint16_t)comp;
	s->state = state;
	s->lrs = (uint16_t)lrs;
	for (size_t i = first; i < first + c->p->comp[comp].n; i++) {
		const struct ws_op *op = &c->p->op[i];

		count_op(&s->totals, op, ws_opcode_row((enum ws_opcode)op->opcode), ws_op_times(op, state, lrs));
	}
	carry(&s->totals);
	c->used++;
}

const struct ws_totals *ws_count_times(struct ws_counting *c, enum ws_comp comp, uint64_t state, unsigned lrs, uint64_t times)
{
	struct combo *s;

	state &= c->p->comp[comp].mask;
	if (!c->p->comp[comp].lrs)
		lrs = 0;
	s = find(c->slot, c->cap, comp, state, lrs);
	if (!s->used) {
		if (c->used * 2 >= c->cap) {
			grow(c);
			s = find(c->slot, c->cap, comp, state, lrs);
		}
		first_time(c, s, comp, state, lrs);
	}
	s->count += times;
	return &s->totals;
}

const struct ws_totals *ws_count(struct ws_counting *c, enum ws_comp comp, uint64_t state, unsigned lrs)
{
	return ws_count_times(c, comp, state, lrs, 1);
}

void ws_counting_exec(const struct ws_counting *c, uint64_t *exec)
{
	for (size_t k = 0; k < c->cap; k++) {
		const struct combo *s = &c->slot[k];
		size_t first = c->p->comp[s->comp].first;

		if (!s->used)
			continue;
		for (size_t i = first; i < first + c->p->comp[s->comp].n; i++)
			exec[i] += s->count * ws_op_times(&c->p->op[i], s->state, s->lrs);
	}
}
