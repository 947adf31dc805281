/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does everything in a program matter, and is its loss noticed? Each STEP row, register, accessor and barrier is left
 * out in turn, and lint, the oracle and the explorer are asked (mutants.def). What nobody notices is proved equivalent,
 * op by op, from the program itself; what has no proof is a hole of the checks.
 */
#ifndef EL2SIM_MUTATE_MUTATE_H
#define EL2SIM_MUTATE_MUTATE_H

#include "models/hyp/ws/wswitch.h"

enum mutant_kind {
#define MUTANT(id, what) MUTANT_##id,
#include "models/hyp/mutate/mutants.def"
	MUTANT_COUNT
};
enum mutant_killer {
#define KILLER(id, what) KILLER_##id,
#include "models/hyp/mutate/mutants.def"
	KILLER_COUNT
};
enum mutant_proof {
#define EQUIVALENT(id, proof) PROOF_##id,
#define UNFOLLOWED(id, reason) PROOF_##id,
#include "models/hyp/mutate/mutants.def"
	PROOF_COUNT
};
const char *mutant_kind_name(enum mutant_kind k);
const char *mutant_kind_what(enum mutant_kind k);
const char *mutant_killer_name(enum mutant_killer k);
const char *mutant_proof_name(enum mutant_proof p);
const char *mutant_proof_what(enum mutant_proof p);
bool mutant_proof_followed(enum mutant_proof p); /* false: nothing in el2sim reads what the mutant lacks */

struct mutant {
	uint8_t kind, killer;  /* enum mutant_kind, mutant_killer */
	uint32_t proofs;       /* bit per enum mutant_proof, each of which some of its ops needs; killer nobody only */
	bool proved;           /* every op of it has a proof */
	size_t row;            /* of ws_steps(); SIZE_MAX: no row */
	size_t ops;            /* of the program that go */
	char what[80];         /* "steps_vhe.def:42 MSR HCR_EL2", "SCTLR_EL1" */
	const char *function;  /* kernel function; NULL */
	char found[200];       /* what the killer said */
};

struct mutation {
	struct mutant *v;
	size_t n;
	uint64_t by[MUTANT_COUNT][KILLER_COUNT];
	uint64_t equivalent[MUTANT_COUNT], unfollowed[MUTANT_COUNT]; /* of those that nobody notices; some op not followed: unfollowed */
	size_t unexplained;
};

/*
 * All mutants of a kernel on a machine. tell(self, done, total) is called before each, and ends it by returning false;
 * may be NULL. quick: the explorer is asked only where there is no proof, else about all, so that it may contradict a
 * proof. Free with mutation_free.
 */
void mutate(const struct ws_config *c, bool quick, bool (*tell)(void *self, size_t done, size_t total), void *self, struct mutation *m);
void mutation_free(struct mutation *m);

#endif
