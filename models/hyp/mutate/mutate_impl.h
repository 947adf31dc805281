/* SPDX-License-Identifier: Apache-2.0 */
/* Inside mutation: proofs that a mutant which nobody notices makes no difference. */
#ifndef EL2SIM_MUTATE_MUTATE_IMPL_H
#define EL2SIM_MUTATE_MUTATE_IMPL_H

#include "models/hyp/mutate/mutate.h"
#include "models/hyp/check/oracle_impl.h"

struct proofs {
	const struct ws_prog *p;
	struct oracle *o; /* for its tables: slots and barriers of each op */
	bool *gone;       /* ops that the mutant lacks */
};

struct proofs *mutant_proofs_new(const struct ws_prog *p); /* of the program with nothing left out, which must last */
void mutant_proofs_free(struct proofs *t);
/* Find the ops that q lacks, and a proof for each: fills proofs and proved. */
void mutant_prove(struct proofs *t, const struct ws_prog *q, struct mutant *x);

/* Whenever `when` executes, op does, too. */
static inline bool mutant_always_with(const struct ws_op *op, const struct ws_op *when)
{
	return (op->guard.on & ~when->guard.on) == 0 && (op->guard.off & ~when->guard.off) == 0;
}

/* End of op i's component. */
static inline size_t mutant_end_of(const struct ws_prog *p, size_t i)
{
	return p->comp[p->op[i].comp].first + p->comp[p->op[i].comp].n;
}

/* ---- mutate_barrier.c ---- */

/* A bit per enum mutant_proof for a barrier, op i, that is gone; 0: none. */
uint32_t mutant_barrier_proof(const struct proofs *t, size_t i);

#endif
