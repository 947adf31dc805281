/* SPDX-License-Identifier: Apache-2.0 */
/* Why a mutant that nobody notices makes no difference: worked out from the program and the tables of the oracle. */
#include <stdio.h>
#include <string.h>

#include "models/hyp/kvm/exits.h"
#include "models/hyp/mutate/mutate_impl.h"
#include "models/hyp/kvm/reach.h"

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

static bool is_save(const struct ws_op *op)
{
	return counter_of(op) == CNT_read || op->opcode == OP_GPR_SAVE || op->opcode == OP_FPR_SAVE;
}

/* Of two ops one executes whenever `when` does: alone, or the other where its one condition more does not hold. */
static bool either_with(const struct ws_op *a, const struct ws_op *b, const struct ws_op *when)
{
	uint64_t more = a->guard.on & ~when->guard.on, less = b->guard.off & ~when->guard.off;

	return mutant_always_with(a, when) || (more == less && (more & (more - 1)) == 0 && (a->guard.off & ~when->guard.off) == 0 &&
					(b->guard.on & ~when->guard.on) == 0);
}

static bool writes_as(const struct proofs *t, size_t k, size_t i, enum ws_side side)
{
	return t->o->t.op[k].slot == t->o->t.op[i].slot && t->p->op[k].side == side && is_write(&t->p->op[k]) && !t->gone[k];
}

/* A phase writes the register for a side whenever op i executes. */
static bool in_phase(const struct proofs *t, enum ws_phase phase, size_t i, enum ws_side side)
{
	const struct ws_op *op = t->p->op;

	for (size_t a = 0; a < t->p->n; a++) {
		if (op[a].phase != phase || !writes_as(t, a, i, side))
			continue;
		for (size_t b = 0; b < t->p->n; b++) {
			if (op[b].phase == phase && writes_as(t, b, i, side) && either_with(&op[a], &op[b], &op[i]))
				return true;
		}
	}
	return false;
}

/* The guest's control is written at each entry, too; the host's, where only user space needs it, at vcpu_put. */
static bool in_another_phase(const struct proofs *t, size_t i)
{
	const struct ws_op *op = &t->p->op[i];

	const struct oracle_subject *s = &t->o->t.s[t->o->t.op[i].slot];

	if (op->phase == PHASE_LOAD && (op->side == SIDE_GCFG || (op->side == SIDE_HCFG && !s->host_needs && !s->user_needs)))
		return in_phase(t, PHASE_ENTER, i, SIDE_GCFG);
	return op->phase == PHASE_EXIT && op->side == SIDE_HCFG && !s->host_needs &&
	       in_phase(t, PHASE_PUT, i, SIDE_HCFG);
}

/* A later op of the component writes the register again, and nothing between reads it. */
static bool written_again(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;
	int slot = t->o->t.op[i].slot;

	if (in_another_phase(t, i))
		return true;
	for (size_t k = i + 1; slot >= 0 && k < mutant_end_of(t->p, i); k++) {
		if (t->o->t.op[k].slot != slot)
			continue;
		if (!is_write(&op[k]))
			return false;
		for (size_t b = k; !t->gone[k] && b < mutant_end_of(t->p, i) && (b == k || is_write(&op[b])); b++) {
			if (!t->gone[b] && t->o->t.op[b].slot == slot && (either_with(&op[k], &op[b], &op[i]) || either_with(&op[b], &op[k], &op[i])))
				return true;
		}
	}
	return false;
}

static bool saves_at_exit(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;

	for (size_t k = i + 1; k < mutant_end_of(t->p, i); k++) {
		if (op[k].reg == op[i].reg && is_write(&op[k]))
			return false;
	}
	for (size_t k = 0; k < t->p->n; k++) {
		if (op[k].phase == PHASE_EXIT && op[k].reg == op[i].reg && op[k].side == SIDE_GUEST && op[k].opcode == op[i].opcode &&
		    !t->gone[k] && mutant_always_with(&op[k], &op[i]))
			return true;
	}
	return false;
}

static bool saved_at_entry(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;

	for (size_t k = 0; k < t->p->n; k++) {
		if (op[k].phase == PHASE_ENTER && t->o->t.op[k].slot == t->o->t.op[i].slot && op[k].side == op[i].side && is_save(&op[k]) &&
		    !t->gone[k] && mutant_always_with(&op[k], &op[i]))
			return true;
	}
	return false;
}

/* Saved for a restore that goes, too, before anything else touches the register. */
static bool saved_for_nothing(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;

	for (size_t k = i + 1; k < mutant_end_of(t->p, i); k++) {
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
		for (size_t k = i + (size_t)way; slot >= 0 && k < mutant_end_of(t->p, i) && op[k].comp == op[i].comp; k += (size_t)way) {
			if (t->o->t.op[k].slot != slot)
				continue;
			if (is_write(&op[k]))
				break;
			if (!t->gone[k] && op[k].side == op[i].side && mutant_always_with(&op[k], &op[i]))
				return true;
			if (k == 0)
				break;
		}
	}
	return false;
}

/* A control that ops before in the component have put in force for the same side, whenever op i executes. */
static bool written_before(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;
	size_t first = t->p->comp[op[i].comp].first;

	if (op[i].side != SIDE_GCFG && op[i].side != SIDE_HCFG)
		return false;
	for (size_t a = i; a-- > first;) {
		if (t->o->t.op[a].slot != t->o->t.op[i].slot)
			continue;
		if (!writes_as(t, a, i, (enum ws_side)op[i].side))
			return false; /* read, or another's */
		for (size_t b = a + 1; b-- > first;) {
			if (writes_as(t, b, i, (enum ws_side)op[i].side) && (either_with(&op[a], &op[b], &op[i]) || either_with(&op[b], &op[a], &op[i])))
				return true;
		}
	}
	return false;
}

/* The guest's control, in a component of which nothing before has written the register: entry or load did. */
static bool in_force(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;

	if (written_before(t, i))
		return true;
	if (op[i].side != SIDE_GCFG || (op[i].phase != PHASE_EXIT && op[i].phase != PHASE_LAZY && op[i].phase != PHASE_HANDLE))
		return false;
	for (size_t k = t->p->comp[op[i].comp].first; k < i; k++) {
		if (op[k].reg == op[i].reg && is_write(&op[k]))
			return false;
	}
	for (size_t k = 0; k < t->p->n; k++) {
		if (op[k].reg == op[i].reg && op[k].side == SIDE_GCFG && op[k].phase <= PHASE_ENTER && mutant_always_with(&op[k], &op[i]))
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
	for (size_t k = t->p->comp[op[i].comp].first; k < mutant_end_of(t->p, i); k++) {
		if (op[k].reg != op[i].reg || !is_write(&op[k]))
			continue;
		if (!t->gone[k])
			return false;
		last = op[k].side;
	}
	return last == SIDE_HCFG;
}

/* Nobody but the host writes the register. */
static bool only_host(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;

	for (size_t k = 0; k < t->p->n; k++) {
		if (t->o->t.op[k].slot == t->o->t.op[i].slot && op[k].phase != PHASE_HANDLE && is_write(&op[k]) && op[k].side != SIDE_HOST)
			return false;
	}
	return op[i].side == SIDE_HOST;
}

/* Saved, overwritten (by an AT, by pKVM's own keys) and restored: all of it goes. */
static bool stashed(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;
	size_t first = i, last = i;
	bool destroyed = false;

	while (first > t->p->comp[op[i].comp].first && t->gone[first - 1])
		first--;
	while (last + 1 < mutant_end_of(t->p, i) && t->gone[last + 1])
		last++;
	for (; first <= last && t->o->t.op[first].slot != t->o->t.op[i].slot; first++)
		;
	for (; last > first && t->o->t.op[last].slot != t->o->t.op[i].slot; last--)
		;
	for (size_t k = first; k <= last; k++)
		destroyed |= counter_of(&op[k]) == CNT_at;
	if (op[first].side == SIDE_HOST)
		destroyed = true;
	else if (op[first].side != SIDE_GUEST)
		return false;
	return destroyed && is_save(&op[first]) && is_write(&op[last]) && op[last].side == op[first].side;
}

/* A save of the host's, all restores of which go, and nobody else writes the register. */
static bool kept_for_nothing(const struct proofs *t, size_t i)
{
	bool gone = is_save(&t->p->op[i]) && only_host(t, i);

	for (size_t k = 0; k < t->p->n; k++)
		gone = gone && !writes_as(t, k, i, SIDE_HOST);
	return gone;
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

/* No vCPU changes it, or the host's is in memory since it was set. */
static bool constant(const struct proofs *t, size_t i)
{
	const struct oracle_subject *s = &t->o->t.s[t->o->t.op[i].slot];

	return t->p->op[i].side == SIDE_GUEST ? s->move == MOVE_CONF : s->move == MOVE_CONF && s->saved_before;
}

/* The FP trap put it there, and no exit takes it away. */
static bool since_trap(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;
	bool there = false;

	if (op[i].phase != PHASE_ENTER || op[i].side != SIDE_GUEST || (op[i].guard.on & CND(FP_OWNED)) == 0)
		return false;
	for (size_t k = 0; k < t->p->n; k++) {
		if (t->o->t.op[k].slot != t->o->t.op[i].slot || !is_write(&op[k]))
			continue;
		if (op[k].side != SIDE_GUEST)
			return false;
		there |= op[k].phase == PHASE_LAZY && !t->gone[k];
	}
	return there;
}

/* A phase saves the register of a side whenever op i executes, or would if its run-time condition held. */
static bool saved_in(const struct proofs *t, enum ws_phase phase, size_t i)
{
	const struct ws_op *op = t->p->op;

	for (size_t k = 0; k < t->p->n; k++) {
		if (op[k].phase == phase && !t->gone[k] && is_save(&op[k]) && op[k].side == op[i].side &&
		    t->o->t.op[k].slot == t->o->t.op[i].slot && (op[k].guard.on & ~(op[i].guard.on | CND(HOST_FP) | CND(FP_OWNED))) == 0)
			return true;
	}
	return false;
}

/* The thread's FP state is in its memory since vcpu_load: what pKVM keeps for the host at the trap is nobody's. */
static bool thread_fp(const struct proofs *t, size_t i)
{
	const struct ws_op *op = &t->p->op[i];

	return t->o->t.s[t->o->t.op[i].slot].thread >= 0 && op->side == SIDE_HOST &&
	       (op->phase == PHASE_LAZY || op->phase == PHASE_EXIT) && saved_in(t, PHASE_LOAD, i);
}

static bool back_at_exit(const struct proofs *t, size_t i)
{
	for (size_t k = 0; k < t->p->n; k++) {
		if (t->p->op[k].phase == PHASE_EXIT && writes_as(t, k, i, SIDE_HOST))
			return true;
	}
	return false;
}

/* pKVM: the host's is kept at the trap and comes back at the exit; the guest's is saved by the exit and by vcpu_put. */
static bool fp_saved_too(const struct proofs *t, size_t i)
{
	const struct ws_op *op = &t->p->op[i];

	if (t->o->t.s[t->o->t.op[i].slot].thread < 0 || !is_save(op))
		return false;
	if (op->side == SIDE_HOST)
		return op->phase == PHASE_LOAD && saved_in(t, PHASE_LAZY, i) && back_at_exit(t, i);
	return (op->phase == PHASE_PUT && saved_in(t, PHASE_EXIT, i)) || (op->phase == PHASE_EXIT && saved_in(t, PHASE_PUT, i));
}

/* Restored for a vCPU that is loaded already, when no component between its exit and its entry overwrites the register. */
static bool still_there(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;

	if (since_trap(t, i) || only_host(t, i))
		return true;
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

/* A way in which no exit goes; an entry with the guest's FP state, which pKVM takes away at each exit. */
static bool never(const struct proofs *t, const struct ws_op *op)
{
	if (op->phase == PHASE_ENTER && (op->guard.on & CND(FP_OWNED)) != 0 && (t->p->known & CND(PKVM)) != 0)
		return true;
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
			if (exit_step_comp(t->p->config.model, &row->step[i]) == comp)
				return false;
		}
	}
	return true;
}

/* ---- what is not followed ---- */

/* A save of the host's that nothing restores from, in the whole program. */
static bool unread(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;

	for (size_t k = 0; k < t->p->n; k++) {
		if (t->o->t.op[k].slot == t->o->t.op[i].slot && is_write(&op[k]) && op[k].side == SIDE_HOST)
			return false;
	}
	return is_save(&op[i]) && op[i].side == SIDE_HOST;
}

/* All that writes the register goes, and none of it is the guest's. */
static bool own_value(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;
	bool hyp = false;

	for (size_t k = 0; k < t->p->n; k++) {
		if (t->o->t.op[k].slot != t->o->t.op[i].slot || op[k].phase == PHASE_HANDLE || !is_write(&op[k]))
			continue;
		if (!t->gone[k] || (op[k].side != SIDE_HRUN && op[k].side != SIDE_HOST && op[k].side != SIDE_HCFG))
			return false;
		hyp |= op[k].side == SIDE_HRUN;
	}
	return hyp;
}

/* A control that is read and written back with more bits: each of its writes. */
static bool bits_of_control(const struct proofs *t, size_t i)
{
	const struct ws_op *op = t->p->op;
	unsigned writes = 0;
	bool looked = false;

	for (size_t k = t->p->comp[op[i].comp].first; k < mutant_end_of(t->p, i); k++) {
		if (t->o->t.op[k].slot != t->o->t.op[i].slot)
			continue;
		looked |= writes != 0 && is_save(&op[k]) && op[k].side == SIDE_NONE && k + 1 < mutant_end_of(t->p, i) && op[k + 1].reg == op[k].reg &&
			  is_write(&op[k + 1]) && op[k + 1].side == SIDE_GCFG;
		writes += is_write(&op[k]) && op[k].side == SIDE_GCFG;
	}
	return looked && writes > 1 && is_write(&op[i]) && op[i].side == SIDE_GCFG;
}

/* With CNTPOFF_EL2 the host's view of CNTP_CVAL_EL0 differs from the guest's: both are one value here. */
static bool by_offset(const struct proofs *t, const struct ws_op *op)
{
	return op->reg == SR_CNTP_CVAL_EL0 && op->side == SIDE_GUEST && (t->p->known & CND(CNTPOFF)) != 0 &&
	       (op->phase == PHASE_ENTER || op->phase == PHASE_PUT);
}

static uint32_t proof_of_unfollowed(const struct proofs *t, size_t i)
{
	const struct ws_op *op = &t->p->op[i];

	if (unread(t, i))
		return 1U << PROOF_unread;
	if (own_value(t, i))
		return 1U << PROOF_own_value;
	if (bits_of_control(t, i))
		return 1U << PROOF_bits;
	if (t->o->t.s[t->o->t.op[i].slot].subject == SUBJECT_OF_X && op->step->operand < 31)
		return 1U << PROOF_some_x;
	return by_offset(t, op) ? 1U << PROOF_offset : 0;
}

/* 0: none. */
static uint32_t proof_of(const struct proofs *t, size_t i)
{
	const struct ws_op *op = &t->p->op[i];
	uint8_t counter = counter_of(op);
	bool moves = t->o->t.op[i].slot >= 0 && op->side != SIDE_NONE && op->side != SIDE_HRUN;

	if (only_a_part(t, (enum ws_comp)op->comp))
		return 1U << PROOF_part;
	if (never(t, op))
		return 1U << PROOF_never;
	if (op->step->opcode == OP_ACC_READ || op->step->opcode == OP_ACC_WRITE)
		return 1U << PROOF_access;
	switch (counter) {
	case CNT_isb:
	case CNT_dsb:
		return mutant_barrier_proof(t, i);
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
	if (put_back(t, i) || stashed(t, i) || (is_save(op) && saved_for_nothing(t, i)) || kept_for_nothing(t, i))
		return 1U << PROOF_put_back;
	if (is_write(op) && written_again(t, i))
		return 1U << PROOF_again;
	if (thread_fp(t, i))
		return 1U << PROOF_thread_fp;
	if (is_save(op) && (saved_again(t, i) || fp_saved_too(t, i)))
		return 1U << PROOF_saved_again;
	if (is_write(op) && host_free(t, i))
		return 1U << PROOF_host_free;
	if (is_write(op) && still_there(t, i))
		return 1U << PROOF_still_there;
	if (is_write(op) && in_force(t, i))
		return 1U << PROOF_no_effect;
	if (is_save(op) && constant(t, i))
		return 1U << PROOF_constant;
	return proof_of_unfollowed(t, i);
}

void mutant_prove(struct proofs *t, const struct ws_prog *q, struct mutant *x)
{
	x->proved = x->ops != 0;
	x->proofs = 0;
	if (x->ops == 0) { /* an accessor */
		x->proved = ws_subject_of(SUBJECT_REG, sysreg_by_name(x->what)).reach != 0;
		x->proofs = x->proved ? 1U << PROOF_no_access : 0;
		return;
	}
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
