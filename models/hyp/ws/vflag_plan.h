/* SPDX-License-Identifier: Apache-2.0 */
/* The places of vflags.def that a program has, run around its components. */
#ifndef EL2SIM_HYP_VFLAG_PLAN_H
#define EL2SIM_HYP_VFLAG_PLAN_H

#include "models/hyp/kvm/vflags.h"
#include "models/hyp/ws/wswitch.h"

/*
 * The sites that a program has. remember: what a component does to the same flags in the same state is worked out
 * once, then added up; the same result as site by site.
 */
struct vflag_plan;
/* sink is copied; NULL: violations are only counted. */
struct vflag_plan *vflag_plan_new(const struct ws_prog *p, bool remember, const struct vflag_sink *sink);
void vflag_plan_free(struct vflag_plan *plan);
/* True if the program's kernel has the site; UNSEEN sites too. */
bool vflag_plan_has(const struct vflag_plan *plan, size_t site);

/* A new vCPU; its first load or entry creates, initializes and finalizes it before. Its thread is its number. */
void vflag_plan_vcpu(struct vflag_plan *plan, struct vflags *v, unsigned vcpu);
/*
 * The sites before and after a component's accesses. Returns `state` with the conditions that flags decide, as they
 * are during the accesses; afterwards v is as the component leaves it.
 */
uint64_t vflag_plan_run(struct vflag_plan *plan, struct vflags *v, enum ws_comp comp, uint64_t state);
/* The same so many times, each from the same flags; v is as one of them leaves it. What breaks a rule is told once. */
uint64_t vflag_plan_times(struct vflag_plan *plan, struct vflags *v, enum ws_comp comp, uint64_t state, uint64_t times);

/*
 * Add how often each site ran so far to runs[], one cell per row of vflag_sites(). exec: executions of each op of the
 * program, for the reads of accessors.
 */
void vflag_plan_runs(const struct vflag_plan *plan, const uint64_t *exec, uint64_t *runs);
/* Violations so far; the first one if there is any. */
uint64_t vflag_plan_violations(const struct vflag_plan *plan, struct vflag_violation *first);

/* Violations of one rule by one flag in one function: the first, and how many. */
struct vflag_finding {
	struct vflag_violation x;
	uint64_t count;
};

/* What a run adds up to; free with vflag_tally_free. */
struct vflag_tally {
	uint64_t *runs; /* per row of vflag_sites() */
	struct vflag_finding *found;
	size_t n_found;
};
/* exec as in vflag_plan_runs. */
void vflag_plan_tally(const struct vflag_plan *plan, const uint64_t *exec, struct vflag_tally *t);
void vflag_tally_free(struct vflag_tally *t);

#endif
