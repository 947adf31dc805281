/* SPDX-License-Identifier: Apache-2.0 */
/* Why a mutant that nobody notices makes no difference: worked out from the program and the tables of the oracle. */
#include <stdio.h>
#include <string.h>

#include "models/hyp/exits.h"
#include "models/hyp/mutate_impl.h"
#include "models/hyp/oracle_impl.h"

struct proofs {
	const struct ws_prog *p;
	struct oracle *o; /* for its tables: slots and barriers of each op */
	bool *gone;       /* ops that the mutant lacks */
};

struct proofs *mutant_proofs_new(const struct ws_prog *p)
{
	struct proofs *t = xcalloc(1, sizeof(*t));

	t->p = p;
	t->o = oracle_new(p, 1, 1);
	t->gone = xcalloc(p->n, sizeof(*t->gone));
	return t;
}

void mutant_proofs_free(struct proofs *t)
{
	oracle_free(t->o);
	free(t->gone);
	free(t);
}

/* ---- which ops ---- */

static bool same_op(const struct ws_op *a, const struct ws_op *b)
{
	return a->step == b->step && a->side == b->side && a->comp == b->comp && a->reg == b->reg &&
	       a->guard.on == b->guard.on && a->guard.off == b->guard.off;
}

/* q is p with ops left out: what does not come next in q is gone. */
static void find_gone(struct proofs *t, const struct ws_prog *q)
{
	size_t k = 0;

	for (size_t i = 0; i < t->p->n; i++) {
		t->gone[i] = k == q->n || !same_op(&t->p->op[i], &q->op[k]);
		k += !t->gone[i];
	}
	BUG_ON(k != q->n); /* not a subsequence: no mutant of this kind */
}

/* ---- proofs of one op ---- */

static uint8_t counter_of(const struct ws_op *op)
{
	return ws_opcode_row((enum ws_opcode)op->opcode)->counter;
}

static bool is_write(const struct ws_op *op)
{
	return counter_of(op) == CNT_write || op->opcode == OP_GPR_LOAD || op->opcode == OP_FPR_LOAD;
}

/* Whenever `when` executes, op does, too. */
static bool always_with(const struct ws_op *op, const struct ws_op *when)
{
	return (op->guard.on & ~when->guard.on) == 0 && (op->guard.off & ~when->guard.off) == 0;
}

static size_t end_of(const struct ws_prog *p, size_t i)
{
	return p->comp[p->op[i].comp].first + p->comp[p->op[i].comp].n;
}

static bool is_save(const struct ws_op *op)
{
	return counter_of(op) == CNT_read || op->opcode == OP_GPR_SAVE || op->opcode == OP_FPR_SAVE;
}

/* A control of the guest that is written at each entry, too, and that the host does not need. */
static bool at_entry(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;
	const struct oracle_subject *s = &t->o->t.s[t->o->t.op[i].slot];

	if (op[i].phase != PHASE_LOAD || s->host_needs || s->user_needs)
		return false;
	for (size_t k = 0; k < t->p->n; k++) {
		if (op[k].phase == PHASE_ENTER && op[k].reg == op[i].reg && op[k].side == SIDE_GCFG && is_write(&op[k]) &&
		    !t->gone[k] && always_with(&op[k], &op[i]))
			return true;
	}
	return false;
}

/* A later op of the component writes the register again, and nothing between reads it. */
static bool written_again(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;
	int slot = t->o->t.op[i].slot;

	if (at_entry(t, i))
		return true;
	for (size_t k = i + 1; slot >= 0 && k < end_of(t->p, i); k++) {
		if (t->o->t.op[k].slot != slot)
			continue;
		if (!is_write(&op[k]))
			return false;
		if (!t->gone[k] && always_with(&op[k], &op[i]))
			return true;
	}
	return false;
}

static bool saves_at_exit(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;

	for (size_t k = i + 1; k < end_of(t->p, i); k++) {
		if (op[k].reg == op[i].reg && is_write(&op[k]))
			return false;
	}
	for (size_t k = 0; k < t->p->n; k++) {
		if (op[k].phase == PHASE_EXIT && op[k].reg == op[i].reg && op[k].side == SIDE_GUEST && op[k].opcode == op[i].opcode &&
		    !t->gone[k] && always_with(&op[k], &op[i]))
			return true;
	}
	return false;
}

static bool saved_at_entry(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;

	for (size_t k = 0; k < t->p->n; k++) {
		if (op[k].phase == PHASE_ENTER && t->o->t.op[k].slot == t->o->t.op[i].slot && op[k].side == op[i].side && is_save(&op[k]) &&
		    !t->gone[k] && always_with(&op[k], &op[i]))
			return true;
	}
	return false;
}

/* Saved for a restore that goes, too, before anything else touches the register. */
static bool saved_for_nothing(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;

	for (size_t k = i + 1; k < end_of(t->p, i); k++) {
		if (t->o->t.op[k].slot == t->o->t.op[i].slot)
			return t->gone[k] && is_write(&op[k]) && op[k].side == op[i].side;
	}
	return false;
}

/* Another save of the same to the same place, nothing between writes the register. */
static bool saved_again(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;
	int slot = t->o->t.op[i].slot;

	if (op[i].phase == PHASE_LAZY && (op[i].side == SIDE_GUEST ? saves_at_exit(t, i) : saved_at_entry(t, i)))
		return true;
	for (int way = -1; way <= 1; way += 2) {
		for (size_t k = i + (size_t)way; slot >= 0 && k < end_of(t->p, i) && op[k].comp == op[i].comp; k += (size_t)way) {
			if (t->o->t.op[k].slot != slot)
				continue;
			if (is_write(&op[k]))
				break;
			if (!t->gone[k] && op[k].side == op[i].side && always_with(&op[k], &op[i]))
				return true;
			if (k == 0)
				break;
		}
	}
	return false;
}

/* The guest's control, in a component of which nothing before has written the register: entry or load did. */
static bool in_force(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;

	if (op[i].side != SIDE_GCFG || (op[i].phase != PHASE_EXIT && op[i].phase != PHASE_LAZY && op[i].phase != PHASE_HANDLE))
		return false;
	for (size_t k = t->p->comp[op[i].comp].first; k < i; k++) {
		if (op[k].reg == op[i].reg && is_write(&op[k]))
			return false;
	}
	for (size_t k = 0; k < t->p->n; k++) {
		if (op[k].reg == op[i].reg && op[k].side == SIDE_GCFG && op[k].phase <= PHASE_ENTER && always_with(&op[k], &op[i]))
			return true;
	}
	return false;
}

/* The host has no use for the register, and something puts the guest's in force on every way to the guest. */
static bool host_free(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;
	const struct oracle_subject *s = &t->o->t.s[t->o->t.op[i].slot];

	if ((op[i].side != SIDE_HOST && op[i].side != SIDE_HCFG) || (op[i].phase != PHASE_EXIT && op[i].phase != PHASE_PUT) ||
	    s->host_needs || s->user_needs)
		return false;
	for (size_t k = 0; k < t->p->n; k++) {
		if (t->o->t.op[k].slot == t->o->t.op[i].slot && is_write(&op[k]) && op[k].phase <= PHASE_ENTER &&
		    (op[k].side == SIDE_GCFG || op[k].side == SIDE_GUEST) && !t->gone[k])
			return true;
	}
	return false;
}

/* The host's control is in force before the component and, by the last write, after it; all writes go. */
static bool put_back(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;
	uint8_t last = SIDE_NONE;

	if (op[i].phase != PHASE_LOAD && op[i].phase != PHASE_HANDLE)
		return false;
	for (size_t k = t->p->comp[op[i].comp].first; k < end_of(t->p, i); k++) {
		if (op[k].reg != op[i].reg || !is_write(&op[k]))
			continue;
		if (!t->gone[k])
			return false;
		last = op[k].side;
	}
	return last == SIDE_HCFG;
}

/* Saved, overwritten by an AT and restored: all of it goes. */
static bool stashed(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;
	size_t first = i, last = i;
	bool destroyed = false;

	while (first > t->p->comp[op[i].comp].first && t->gone[first - 1])
		first--;
	while (last + 1 < end_of(t->p, i) && t->gone[last + 1])
		last++;
	for (; first <= last && t->o->t.op[first].slot != t->o->t.op[i].slot; first++)
		;
	for (; last > first && t->o->t.op[last].slot != t->o->t.op[i].slot; last--)
		;
	for (size_t k = first; k <= last; k++)
		destroyed |= counter_of(&op[k]) == CNT_at;
	return destroyed && counter_of(&op[first]) == CNT_read && op[first].side == SIDE_GUEST && is_write(&op[last]) &&
	       op[last].side == SIDE_GUEST;
}

/* The host's own, in a component that has not put another's there. */
static bool host_there(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;

	for (size_t k = i; k-- > t->p->comp[op[i].comp].first;) {
		if (t->o->t.op[k].slot == t->o->t.op[i].slot && is_write(&op[k]) && !t->gone[k])
			return op[k].side == SIDE_HOST;
	}
	return op[i].phase == PHASE_LOAD || op[i].phase == PHASE_PUT || op[i].phase == PHASE_HANDLE;
}

/* Restored for a vCPU that is loaded already, when no component between its exit and its entry overwrites the register. */
static bool still_there(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;

	if (op[i].side == SIDE_HOST)
		return host_there(t, i);
	if (op[i].phase != PHASE_HANDLE || op[i].side != SIDE_GUEST)
		return false;
	for (size_t k = 0; k < t->p->n; k++) {
		if (op[k].phase == PHASE_HANDLE && t->o->t.op[k].slot == t->o->t.op[i].slot && is_write(&op[k]) &&
		    op[k].side != SIDE_GUEST)
			return false;
	}
	return true;
}

/* A way in which no exit goes. */
static bool never(const struct ws_op *op)
{
	return op->phase == PHASE_LAZY && (op->guard.on & (CND(ABORT) | CND(S2_PERM) | CND(SERROR) | CND(IRQ))) != 0;
}

static bool only_a_part(const struct proofs *t, enum ws_comp comp)
{
	for (unsigned ph = 0; ph <= PHASE_LAZY; ph++) {
		if (ws_phase_comp(t->p, (enum ws_phase)ph) == comp)
			return false;
	}
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		const struct exit_row *row = exit_row((enum exit_kind)k);

		for (unsigned i = 0; exit_is_exit((enum exit_kind)k) && i < row->n; i++) {
			if (exit_step_comp(t->p, &row->step[i]) == comp)
				return false;
		}
	}
	return true;
}

/* Bits of barriers.def that wait at op i: their first op ran, and nothing has ended the wait for certain. */
static uint64_t waiting(const struct proofs *t, size_t i)
{
	uint64_t bits = 0;

	for (size_t k = t->p->comp[t->p->op[i].comp].first; k < i; k++) {
		if (t->p->op[k].guard.on == 0 && t->p->op[k].guard.off == 0)
			bits &= ~t->o->t.op[k].clear;
		bits |= t->gone[k] ? 0 : t->o->t.op[k].first;
	}
	return bits & t->o->t.op[i].clear;
}

/* Of these, what still waits when the next op that depends on it comes; 0: something else ends them all before. */
static uint64_t missed(const struct proofs *t, size_t i, uint64_t bits)
{
	uint64_t hit = 0;

	for (size_t k = i + 1; k < end_of(t->p, i); k++) {
		hit |= t->gone[k] ? 0 : bits & t->o->t.op[k].then;
		if (!t->gone[k] && always_with(&t->p->op[k], &t->p->op[i]))
			bits &= ~t->o->t.op[k].clear;
	}
	return hit | (t->p->op[i].phase == PHASE_EXIT ? bits & t->o->t.end[PHASE_EXIT] : 0);
}

static uint32_t proof_of_barrier(const struct proofs *t, size_t i)
{
	uint64_t bits = waiting(t, i);

	if (bits == 0)
		return 1U << PROOF_barrier_idle;
	return missed(t, i, bits) == 0 ? 1U << PROOF_barrier_next : 0;
}

/* 0: none. */
static uint32_t proof_of(const struct proofs *t, size_t i)
{
	const struct ws_op *op = &t->p->op[i];
	uint8_t counter = counter_of(op);
	bool moves = t->o->t.op[i].slot >= 0 && op->side != SIDE_NONE && op->side != SIDE_HRUN;

	if (only_a_part(t, (enum ws_comp)op->comp))
		return 1U << PROOF_part;
	if (never(op))
		return 1U << PROOF_never;
	if (op->step->opcode == OP_ACC_READ || op->step->opcode == OP_ACC_WRITE)
		return 1U << PROOF_access;
	switch (counter) {
	case CNT_isb:
	case CNT_dsb:
		return proof_of_barrier(t, i);
	case CNT_pstate:
	case CNT_tlbi:
	case CNT_ic:
	case CNT_mmio:
	case CNT_sb:
	case CNT_esb:
	case CNT_at:
		return 1U << PROOF_no_value;
	default:
		break;
	}
	if (counter == CNT_read && !moves)
		return 1U << PROOF_looks;
	if (!moves || (op->phase == PHASE_HANDLE && (op->side == SIDE_HOST || op->side == SIDE_HCFG) && !put_back(t, i)))
		return 1U << PROOF_own;
	if (put_back(t, i) || stashed(t, i) || (is_save(op) && saved_for_nothing(t, i)))
		return 1U << PROOF_put_back;
	if (is_write(op) && written_again(t, i))
		return 1U << PROOF_again;
	if (is_save(op) && saved_again(t, i))
		return 1U << PROOF_saved_again;
	if (is_write(op) && host_free(t, i))
		return 1U << PROOF_host_free;
	if (is_write(op) && still_there(t, i))
		return 1U << PROOF_still_there;
	return is_write(op) && in_force(t, i) ? 1U << PROOF_no_effect : 0;
}

void mutant_prove(struct proofs *t, const struct ws_prog *q, struct mutant *x)
{
	x->proved = x->ops != 0;
	x->proofs = 0;
	if (x->ops == 0)
		return;
	find_gone(t, q);
	for (size_t i = 0; i < t->p->n; i++) {
		uint32_t proof = t->gone[i] ? proof_of(t, i) : 0;

		if (t->gone[i] && proof == 0 && x->proved) {
			(void)snprintf(x->found, sizeof(x->found), "no proof for op %zu of %s (%s)", i - t->p->comp[t->p->op[i].comp].first + 1,
				       comp_name((enum ws_comp)t->p->op[i].comp), phase_name((enum ws_phase)t->p->op[i].phase));
			x->proved = false;
		}
		x->proofs |= proof;
	}
}
