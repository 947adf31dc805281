/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vCPU flags: the three sets of struct kvm_vcpu_arch, the accessors with the kernel's rules, and the places of the
 * kernel that use them (vflags.def). Those that a program has are run beside it by ws/vflag_plan.
 *
 * The flags of a vCPU are its state: conditions that vflags.def says a flag decides come from there and nowhere else.
 */
#ifndef EL2SIM_HYP_VFLAGS_H
#define EL2SIM_HYP_VFLAGS_H

#include "models/hyp/kvm/step.h"

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

/*
 * Nothing set, not loaded, not run. known: settled conditions, DEFERS included; version: of the kernel, major * 100 + minor;
 * sink must last (NULL: nobody is told).
 */
void vflags_init(struct vflags *v, uint64_t known, int version, unsigned vcpu, int32_t owner, const struct vflag_sink *sink);
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
/* Where a flag must be set, whatever set it. */
struct vflag_must {
	uint8_t flag;  /* enum vflag */
	uint8_t where; /* VFW_BEFORE, VFW_AFTER: behind the sites there; VFW_COMP */
	uint8_t id;    /* enum ws_phase or ws_comp */
	struct ws_guard guard;
	const char *why; /* what goes wrong without */
};
const struct vflag_must *vflag_musts(size_t *n);
/* True if a condition is decided or allowed by the flag. */
bool vflag_decides(enum vflag f);
/* Conditions that flags decide or allow, as bits. */
uint64_t vflag_conditions(void);
/* Rule of the sets that the row alone breaks, whatever it waives; VFR_NONE. */
enum vflag_rule vflag_site_breaks(const struct vflag_site *s);

#endif
