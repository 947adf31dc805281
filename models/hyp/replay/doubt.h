/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the replay: of which kinds an exit may be, as far as its events tell, and what that leaves open. */
#ifndef EL2SIM_HYP_DOUBT_H
#define EL2SIM_HYP_DOUBT_H

#include "models/hyp/replay/bounds.h"

/* What was seen of the exit that a vCPU handles. */
struct replay_doubt {
	enum exit_kind first;    /* by kvm_exit alone */
	enum exit_kind base;     /* and by the handler's own event */
	uint64_t ec, hsr;
	bool no_class;           /* kvm_exit without its reason */
	bool told;               /* the handler's own event was seen */
	bool apart;              /* what runs belongs to no exit, though one waits */
	bool unfinished;         /* its next entry is not in the trace */
	bool put;                /* a put inside KVM_RUN, by an event or because the CPU changed */
	bool ever;               /* an earlier exit of this vCPU was in doubt */
	uint8_t done[COMP_COUNT]; /* certain runs of components since the exit */
	uint8_t ran[COMP_COUNT];  /* all runs */
	struct ws_totals lo, hi;  /* since the exit */
};

/* What every kind of a set has in common. */
struct doubt_profile {
	struct kind_set kinds;
	uint8_t least[COMP_COUNT], most[COMP_COUNT]; /* how often the kinds' sequences have a component */
	uint64_t all[COMP_COUNT], any[COMP_COUNT];   /* state bits of those steps that all, that any of them sets */
};

struct replay_track;

/* What the kinds depend on; from the sight. */
struct doubt_rules {
	const struct ws_prog *p;
	bool lossy, timer, mmio, user, sched; /* complete, but lossy: kvm_timer_update_irq, ... */
	bool detail[5];                       /* the handler's own event, by exit_tell.detail */
	struct kind_set family[5];            /* kinds that such an event may tell */
	struct kind_set any;                  /* kinds that an exit may have */
	struct doubt_profile *profile;
	size_t n_profile, last;
};

void doubt_rules_init(struct doubt_rules *d, const struct ws_prog *p, const struct sight *s);
void doubt_rules_free(struct doubt_rules *d);
/* Kinds that the exit which a vCPU handles may turn out to be; kind is what the replay takes it for. */
struct kind_set doubt_kinds(const struct doubt_rules *d, const struct replay_track *t, enum exit_kind kind);
/* Valid until the next call. */
const struct doubt_profile *doubt_profile(struct doubt_rules *d, const struct kind_set *kinds);

#endif
