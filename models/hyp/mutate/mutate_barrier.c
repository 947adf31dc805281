/* SPDX-License-Identifier: Apache-2.0 */
/* Why a barrier that nobody misses makes no difference: no rule of barriers.def waits for it, or another ends the wait. */
#include "models/hyp/mutate/mutate_impl.h"

/* An op between two of a component that ends the waits in `clear` whenever one of them executes. */
static barrier_set cleared(const struct proofs *t, size_t first, size_t end, const struct ws_op *a, const struct ws_op *b)
{
	const struct ws_op *op = t->p->op;
	barrier_set bits = 0;

	for (size_t k = first; k < end; k++)
		bits |= !t->gone[k] && (mutant_always_with(&op[k], a) || mutant_always_with(&op[k], b)) ? t->o->t.op[k].clear : 0;
	return bits;
}

/* Does an op after i depend on what op f began, before something else ends the wait? bits: rules of barriers.def. */
static bool missed(const struct proofs *t, size_t f, size_t i, barrier_set bits)
{
	const struct ws_op *op = t->p->op;

	for (size_t k = i + 1; k < mutant_end_of(t->p, i); k++) {
		if (!t->gone[k] && (bits & t->o->t.op[k].then) != 0)
			return true;
		if (!t->gone[k] && (mutant_always_with(&op[k], &op[i]) || mutant_always_with(&op[k], &op[f])))
			bits &= ~t->o->t.op[k].clear;
	}
	return (bits & t->o->t.comp[op[i].comp].ends) != 0;
}

/* Rules that may wait when a component begins: another began the wait and did not end it. */
static barrier_set left_by_others(const struct proofs *t, enum ws_comp comp)
{
	const struct ws_op *op = t->p->op;
	barrier_set bits = 0;

	for (size_t f = 0; f < t->p->n; f++) {
		barrier_set first = op[f].comp != comp && !t->gone[f] ? t->o->t.op[f].first & ~bits : 0;

		if (first != 0)
			bits |= first & ~cleared(t, f + 1, mutant_end_of(t->p, f), &op[f], &op[f]);
	}
	return bits;
}

uint32_t mutant_barrier_proof(const struct proofs *t, size_t i)
{
	uint32_t proof = 1U << PROOF_barrier_idle;
	const struct ws_op *op = t->p->op;
	size_t begin = t->p->comp[op[i].comp].first;
	barrier_set before = left_by_others(t, (enum ws_comp)op[i].comp) & t->o->t.op[i].clear & ~cleared(t, begin, i, &op[i], &op[i]);

	if (before != 0 && missed(t, i, i, before))
		return 0;
	if (before != 0)
		proof = 1U << PROOF_barrier_next;

	for (size_t f = begin; f < i; f++) {
		barrier_set bits = t->gone[f] ? 0 : t->o->t.op[f].first & t->o->t.op[i].clear;

		bits &= ~cleared(t, f + 1, i, &op[f], &op[i]);
		if (bits != 0 && missed(t, f, i, bits))
			return 0;
		if (bits != 0)
			proof = 1U << PROOF_barrier_next;
	}
	return proof;
}
