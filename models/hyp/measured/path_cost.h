/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The measured part of an exit: instructions of the kernel's C code that a path profile recorded. The
 * recording counted every instruction, those that the switch model stands for too; they are taken off, so
 * that nothing is counted twice.
 */
#ifndef EL2SIM_HYP_PATH_COST_H
#define EL2SIM_HYP_PATH_COST_H

#include "models/hyp/kvm/exits.h"
#include "models/hyp/measured/path.h"
#include "models/hyp/ws/outcome.h"

enum path_state {
	PATH_NONE,        /* no profile */
	PATH_UNMEASURED,  /* the profile does not have the kind */
	PATH_TOO_SHORT,   /* fewer instructions recorded than modelled: nothing is left */
	PATH_OK
};

struct path_cost {
	enum path_state state;
	enum path_kind kind; /* of the profile; another's when the exit kind has none of its own */
	bool stand_in;       /* the profile's kind is not this exit kind */
	uint64_t recorded;   /* instructions of host and hypervisor, per exit */
	uint64_t modelled;   /* of them, what the switch model stands for */
	uint64_t insns;      /* recorded less modelled; 0 unless PATH_OK */
	uint64_t user;       /* instructions of the VMM, not part of the above */
};

/*
 * Fill cost[EXIT_COUNT] from a profile. m: machine for the model of the profile's own kernel and mode, whose
 * instructions are taken off; the one of the profile, or one that is like it. ERR_MODEL when there is no
 * such model or it cannot run on m.
 */
int path_cost_fill(const struct path_profile *p, const struct machine *m, struct path_cost *cost,
		   struct err *e);

/*
 * Charge the measured path of each exit of an outcome to its kind (a kind that was not measured: nothing), for an engine
 * that does not do it while it runs. cpi_milli: cycles per instruction, in thousandths.
 */
void path_cost_charge(const struct path_cost *cost, int64_t cpi_milli, struct outcome *o);
/* True if all of a kind's exits have a measured path. */
bool path_cost_known(const struct path_cost *cost, const struct outcome *o, enum exit_kind k);

/*
 * Program of the kernel, mode and vCPU that were recorded, on m with the GICv3 that was recorded; that machine is put into *like,
 * which must last as long as the program. NULL with ERR_MODEL as path_cost_fill. Free with ws_free.
 */
struct ws_prog *path_compile(const struct path_profile *p, const struct machine *m, struct machine *like, struct err *e);

/* True if a profile was given. */
bool path_given(const struct path_profile *p);

#endif
