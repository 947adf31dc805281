/* SPDX-License-Identifier: Apache-2.0 */
/* Inside mutation: proofs that a mutant which nobody notices makes no difference. */
#ifndef EL2SIM_HYP_MUTATE_IMPL_H
#define EL2SIM_HYP_MUTATE_IMPL_H

#include "models/hyp/check/mutate.h"

struct proofs;
struct proofs *mutant_proofs_new(const struct ws_prog *p); /* of the program with nothing left out, which must last */
void mutant_proofs_free(struct proofs *t);
/* Find the ops that q lacks, and a proof for each: fills proofs and proved. */
void mutant_prove(struct proofs *t, const struct ws_prog *q, struct mutant *x);

#endif
