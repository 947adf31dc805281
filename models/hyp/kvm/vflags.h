/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vCPU flags: the three sets of struct kvm_vcpu_arch, the accessors with the kernel's rules, and the places of the
 * kernel that use them (vflags.def), run beside a program.
 *
 * The flags of a vCPU are its state: conditions that vflags.def says a flag decides come from there and nowhere else.
 */
#ifndef EL2SIM_HYP_VFLAGS_H
#define EL2SIM_HYP_VFLAGS_H

#include "models/hyp/ws/wswitch.h"

enum vflag_set {
#define VFLAG_SET(id, bits, what) VFS_##id,
#include "models/hyp/kvm/vflags.def"
	VFS_COUNT
};

enum vflag {
#define VFLAG(id, ...) VF_##id,
#include "models/hyp/kvm/vflags.def"
	VF_COUNT,
	VF_NONE = VF_COUNT
};

enum vflag_rule {
#define VFLAG_RULE(id, ...) VFR_##id,
#include "models/hyp/kvm/vflags.def"
	VFR_COUNT,
	VFR_NONE = VFR_COUNT
};

enum vflag_op { VFOP_GET, VFOP_SET, VFOP_CLEAR, VFOP_FLUSH, VFOP_SYNC, VFOP_COUNT };
enum vflag_side { VFSIDE_KERNEL, VFSIDE_HYP, VFSIDE_USER, VFSIDE_COUNT };
/* How a set or clear keeps load and put away: by the accessor, since preemption is off anyway, or not at all. */
enum vflag_preempt { VFP_ACCESSOR, VFP_OFF, VFP_OPEN };
enum vflag_event { VFE_CREATE, VFE_INIT, VFE_FINALIZE, VFE_FIRST_RUN, VFE_COUNT };

struct vflag_row {
	const char *name, *what;
	uint8_t set, value, mask;
	uint8_t gone;   /* enum ws_phase at whose end it must be clear; PHASE_COUNT: may stay */
	bool overlaps;  /* shares bits with other rows on purpose */
	uint16_t since; /* kernel, major * 100 + minor */
};
const struct vflag_row *vflag_row(enum vflag f);
bool vflag_by_name(const char *name, enum vflag *f);
const char *vflag_set_name(enum vflag_set s);
const char *vflag_set_what(enum vflag_set s);
unsigned vflag_set_bits(enum vflag_set s);
const char *vflag_rule_name(enum vflag_rule r);
const char *vflag_rule_what(enum vflag_rule r);
const char *vflag_rule_source(enum vflag_rule r);
const char *vflag_op_name(enum vflag_op op);
const char *vflag_side_name(enum vflag_side side);
const char *vflag_event_name(enum vflag_event ev);
/* Sets and clears change a flag. */
bool vflag_op_changes(enum vflag_op op);

/* ---- a vCPU's flags ---- */

/* A violation of a rule: who did what to which flag, where. */
struct vflag_violation {
	uint8_t rule; /* enum vflag_rule */
	uint8_t flag; /* enum vflag */
	uint8_t op, side;
	unsigned vcpu;
	const char *function;
};
#define VFLAG_VIOLATION_TEXT 320
/* As one sentence: rule, flag, side, function. Returns buf. */
const char *vflag_violation_text(const struct vflag_violation *x, char buf[static VFLAG_VIOLATION_TEXT]);

/* Who is told of violations; report may be NULL. */
struct vflag_sink {
	void (*report)(void *self, const struct vflag_violation *x);
	void *self;
};

/* What the accessors work on; a value, compared and copied as a whole. */
struct vflag_words {
	uint8_t set[VFS_COUNT]; /* of the kernel's vCPU */
	uint8_t hyp[VFS_COUNT]; /* of the copy that pKVM runs, if it has one */
	bool copy_runs;         /* between flush_hyp_vcpu and sync_hyp_vcpu */
	bool ran;               /* once, so the configuration is settled */
};

struct vflags {
	struct vflag_words w;
	bool has_copy, loaded;
	bool defers;            /* registers stay in the CPU from load to put: SYSREGS_ON_CPU exists whatever the version */
	uint16_t kernel;        /* version, for flags that it does not have */
	unsigned vcpu;          /* for messages */
	int32_t owner;          /* thread that runs it */
	const struct vflag_sink *sink;
};

/* Who touches a flag. */
struct vflag_who {
	uint8_t side;    /* enum vflag_side */
	uint8_t preempt; /* enum vflag_preempt */
	uint8_t waives;  /* enum vflag_rule that this place breaks deliberately; VFR_NONE */
	int32_t thread;
	const char *function;
};

/* Nothing set, not loaded, not run; sink must last (NULL: nobody is told). */
void vflags_init(struct vflags *v, const struct ws_prog *p, unsigned vcpu, int32_t owner,
		 const struct vflag_sink *sink);
/* What a program knows at compile time, DEFERS included. */
uint64_t vflag_known(const struct ws_prog *p);
/*
 * The kernel's accessors. get: the bits under the mask, so the value of a multi-bit flag. set: a multi-bit flag's
 * mask is cleared first. Whatever rule is broken is reported, then the access is done as asked.
 */
uint8_t vcpu_get_flag(struct vflags *v, enum vflag f, const struct vflag_who *who);
void vcpu_set_flag(struct vflags *v, enum vflag f, const struct vflag_who *who);
void vcpu_clear_flag(struct vflags *v, enum vflag f, const struct vflag_who *who);
/* Is it set, as vcpu_get_flag tests a single-bit flag, in the kernel's vCPU? No access. */
bool vflags_has(const struct vflags *v, enum vflag f);

/* ---- the places that use them ---- */

enum vflag_where { VFW_LIFE, VFW_BEFORE, VFW_AFTER, VFW_COMP, VFW_ACCESSOR, VFW_UNSEEN };

struct vflag_site {
	uint8_t where; /* enum vflag_where */
	uint8_t id;    /* enum vflag_event, ws_phase or ws_comp */
	uint8_t op, flag, side;
	uint8_t iff, unless; /* enum vflag; VF_NONE */
	uint8_t waives;      /* enum vflag_rule */
	uint16_t line;       /* of vflags.def */
	struct ws_guard guard;
	const char *function, *file;
};
/* All rows in table order; *n gets their number. */
const struct vflag_site *vflag_sites(size_t *n);
/* True if a condition is decided or allowed by the flag. */
bool vflag_decides(enum vflag f);
/* Conditions that flags decide or allow, as bits. */
uint64_t vflag_conditions(void);
/* Rule of the sets that the row alone breaks, whatever it waives; VFR_NONE. */
enum vflag_rule vflag_site_breaks(const struct vflag_site *s);

/*
 * The sites that a program has. remember: what a component does to the same flags in the same state is worked out
 * once, then added up; the same result as site by site.
 */
struct vflag_plan;
/* sink is copied; NULL: violations are only counted. */
struct vflag_plan *vflag_plan_new(const struct ws_prog *p, bool remember, const struct vflag_sink *sink);
void vflag_plan_free(struct vflag_plan *plan);
/* Another sink from now on; copied. */
void vflag_plan_sink(struct vflag_plan *plan, const struct vflag_sink *sink);
/* True if the program's kernel has the site; UNSEEN sites too. */
bool vflag_plan_has(const struct vflag_plan *plan, size_t site);

/* A new vCPU; its first load or entry creates, initializes and finalizes it before. Its thread is its number. */
void vflag_plan_vcpu(struct vflag_plan *plan, struct vflags *v, unsigned vcpu);
/*
 * The sites before and after a component's accesses. Returns `state` with the conditions that flags decide, as they
 * are during the accesses; afterwards v is as the component leaves it.
 */
uint64_t vflag_plan_run(struct vflag_plan *plan, struct vflags *v, enum ws_comp comp, uint64_t state);

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
