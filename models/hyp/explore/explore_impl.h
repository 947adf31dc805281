/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the explorer: explore_kinds.c (what can differ), explore_next.c (what can happen), explore_world.c (what it does),
 * explore_state.c (a world as bytes), explore.c (the search).
 */
#ifndef EL2SIM_EXPLORE_EXPLORE_IMPL_H
#define EL2SIM_EXPLORE_EXPLORE_IMPL_H

#include "models/hyp/explore/explore.h"
#include "models/hyp/kvm/handlers.h"
#include "models/hyp/check/oracle_impl.h"
#include "models/hyp/ws/vflag_plan.h"

/* ---- what can differ, once per program ---- */

/* A part of an exit's handling. */
enum xpart_type {
	XPART_ACCESS, /* the accesses of handlers.def */
	XPART_COMP,   /* steps of the kind's sequence, the last of which reaches a guest register */
	XPART_PUT,    /* to the VMM */
	XPART_BLOCK,  /* vcpu_put of a vCPU that blocks */
	XPART_LOAD,
	XPART_ENTER   /* always the last */
};
#define XPARTS_MAX (EXIT_STEPS_MAX + 2)

struct xpart {
	uint8_t type;
	uint8_t first, n; /* steps of the exit row: what is between, then the part itself */
};

struct xkind {
	enum exit_kind kind;
	unsigned n;
	struct xpart part[XPARTS_MAX];
	uint64_t enter_state; /* what the entry asks about the exit */
	bool plain_load;      /* from user space: KVM_RUN as any other */
	bool other;           /* XPART_ACCESS reaches registers of another vCPU, if there is one */
};

#define XSTATES_MAX 256 /* every subset of XCHOICES; an index is the argument of an event */
/* Conditions of an entry that are chosen. GUEST_DEBUG is what leads to DEBUG_DIRTY. */
#define XCHOICES (CND(LRS) | CND(GUEST_DEBUG) | CND(PMU_EVENTS) | CND(VSE) | CND(PAUTH_USED) | CND(NEW_MDCR) | \
		  CND(SPE_ON) | CND(TRBE_ON))

struct xmodel {
	const struct ws_prog *p;
	struct xkind *kind;
	size_t n_kind;
	uint8_t same[EXIT_COUNT]; /* index of the kind that is tried for it; UINT8_MAX: none */
	uint64_t state[XSTATES_MAX];
	size_t n_state;
	bool lazy_fp, lr_live;
	unsigned puts; /* vcpu_puts to the last that does nothing */
};
void xmodel_make(struct xmodel *m, const struct oracle *o, enum explore_states states);
void xmodel_free(struct xmodel *m);

/* ---- world ---- */

enum xwhere {
	XW_USER,    /* in the VMM, not in KVM_RUN */
	XW_KERNEL,  /* loaded, the host runs */
	XW_GUEST,
	XW_OUT,     /* preempted in KVM_RUN */
	XW_BLOCKED
};

#define XB_OFF    1U /* PSCI CPU_OFF */
#define XB_RESET  2U /* KVM_REQ_VCPU_RESET */
#define XB_LRS    4U /* entered with list registers in use */
#define XB_DEBUG  8U /* entered with debug registers in use */
#define XB_PAUTH 16U /* used pointer authentication since vcpu_load */

#define XNONE UINT8_MAX

struct xvcpu {
	uint8_t where; /* enum xwhere */
	uint8_t kind;  /* index of xmodel.kind; XNONE: no exit is being handled */
	uint8_t part;  /* next */
	uint8_t pcpu;  /* where its thread ran last; XNONE: nowhere */
	uint8_t bits;
};

struct xpcpu {
	uint8_t thread;            /* vCPU whose thread is there; XNONE */
	uint8_t last[EXPLORE_MAX]; /* by VM: vCPU that was loaded last; XNONE */
};

struct xworld {
	struct xmodel m;
	struct oracle *o;
	struct vflag_plan *plan;
	unsigned n_vcpu, n_pcpu, n_vm;
	struct xvcpu v[EXPLORE_MAX];
	struct xpcpu c[EXPLORE_MAX];
	struct vflags f[EXPLORE_MAX];
	uint8_t in_v, in_c; /* the event under way, for violations of flags */
	struct xviolation *found;
	size_t n_found, room_found;
	unsigned thread_slot[N_THREAD]; /* of the oracle; UINT32_MAX: nobody touches it */
	uint64_t tag[256];              /* of a byte, after decoding */
};

/* The exit that is being handled; NULL: none. */
static inline const struct xkind *xworld_kind_of(const struct xworld *w, unsigned v)
{
	return w->v[v].kind != XNONE ? &w->m.kind[w->v[v].kind] : NULL;
}

/* The next part of the handling; an entry when nothing is left. */
static inline enum xpart_type xworld_next_part(const struct xworld *w, unsigned v)
{
	const struct xkind *k = xworld_kind_of(w, v);

	return k != NULL ? (enum xpart_type)k->part[w->v[v].part].type : XPART_ENTER;
}

/* PSCI calls come as a function that no event names. */
static inline bool xworld_may_be_psci(const struct xworld *w, unsigned v)
{
	const struct xkind *k = xworld_kind_of(w, v);

	return k != NULL && k->kind == EXIT_FOR_plain;
}

/* Does the event touch more than its own vCPU and its own pCPU? */
bool xworld_is_wide(const struct xworld *w, struct xevent ev);

/* ---- a world as bytes ---- */

#define XPARTS (2 * EXPLORE_MAX) /* blocks of a state at most: of vCPUs, then of pCPUs */

/* Renaming: new name of each vCPU and each pCPU. */
struct xname {
	uint8_t v[EXPLORE_MAX], c[EXPLORE_MAX];
};

/* Where things stand before the tags of a block. */
enum { XV_WHERE, XV_KIND, XV_PART, XV_PCPU, XV_BITS, XV_LOADED, XV_CPU, XV_FP_CPU, XV_LRS, XV_IN_GUEST };
enum { XC_THREAD, XC_LAST, XC_LOADED = XC_LAST + EXPLORE_MAX, XC_LAST_THREAD };
#define VCPU_HEAD (5 + sizeof(struct vflag_words) + 1 + 2 * sizeof(uint64_t) + 4)
#define PCPU_HEAD (1 + EXPLORE_MAX + sizeof(barrier_set) + 2)

/* A tag as a byte: its kind, its owner, is it the owner's latest. */
#define XTAG_KIND(b)   ((enum tag_kind)((b) >> 5))
#define XTAG_OWNER(b)  ((unsigned)(b) >> 1 & 15)
#define XTAG_LATEST(b) (((b) & 1) != 0)
#define XVERSION       2 /* of what is the latest, after decoding: newer ones came since */

size_t xstate_vcpu_size(const struct xworld *w);
size_t xstate_pcpu_size(const struct xworld *w);
/* Bytes: the blocks of all vCPUs, then those of all pCPUs, then what belongs to neither. */
size_t xstate_size(const struct xworld *w);
#define XSTATE_TAIL 1 /* vcpu_puts so far, as far as one may do nothing */
/* The world under the names that make its bytes smallest; as it is, if symmetric is false. scratch: twice xstate_size. */
void xstate_encode(const struct xworld *w, bool symmetric, uint8_t *out, uint8_t *scratch, struct xname *name);
void xstate_decode(struct xworld *w, const uint8_t *in);
/* xworld.tag */
void xstate_tags_make(uint64_t tag[static 256]);
/* The same for one vCPU and one pCPU under their names; what the others are is left as it was. */
uint8_t xstate_tail(const struct xworld *w);
void xstate_encode_two(const struct xworld *w, unsigned v, unsigned c, uint8_t *vblock, uint8_t *cblock);
void xstate_decode_two(struct xworld *w, unsigned v, const uint8_t *vblock, unsigned c, const uint8_t *cblock, uint8_t tail);
/* What xworld_events and xworld_is_wide ask about, of all: vCPUs and pCPUs without their tags. */
void xstate_decode_heads(struct xworld *w, const uint8_t *const *block, uint8_t tail);

/* ---- blocks by themselves (explore_block.c) ---- */

/* Renamings in the order in which xstate_encode tries them: those of vCPUs, which stay in their VM, and of pCPUs, and back. */
#define XPERMS_MAX 24
struct xnames {
	unsigned n_v, n_c, n_vcpu, n_pcpu, n_vm;
	uint8_t v[XPERMS_MAX][EXPLORE_MAX], c[XPERMS_MAX][EXPLORE_MAX];
	uint8_t v_at[XPERMS_MAX][EXPLORE_MAX], c_at[XPERMS_MAX][EXPLORE_MAX];
};
void xnames_make(struct xnames *n, const struct xworld *w);
/*
 * Do the blocks keep their order (that of what is known of them without names) under vCPU names i, and pCPU names k then? head: the
 * first 8 bytes of each, the first one on top.
 */
#define XHEAD_BYTE(head, i) ((uint8_t)((head) >> (56 - 8 * (unsigned)(i))))
bool xnames_v_fit(const struct xnames *n, unsigned i, const uint64_t *head);
bool xnames_c_fit(const struct xnames *n, unsigned i, unsigned k, const uint64_t *head);
/* A block under other names. */
void xblock_rename(const struct xworld *w, const struct xname *name, bool pcpu, uint8_t *b);

/* What an event of a vCPU on a pCPU made of copies elsewhere: slots whose latest value is another now. */
#define XSET_WORDS ((N_SUBJECTS + 63) / 64)
struct xpatch {
	uint64_t guest[XSET_WORDS], control[XSET_WORDS], thread[XSET_WORDS], host[XSET_WORDS];
	uint8_t v, c, fp_cpu;
	uint8_t owners; /* whose copies these are, as of xblock_owners */
	uint8_t none[4];
};
/* Whose latest values a block has: a bit per vCPU, then one per pCPU. */
unsigned xblock_owners(const struct xworld *w, bool pcpu, const uint8_t *b);
/* The event ended that its vCPU's FP state is live on pCPU `id`, whose block has the vCPU as the thread that ran last. */
static inline bool xpatch_ends_fp(const struct xpatch *p, unsigned id, uint8_t last_thread)
{
	return last_thread == p->v && p->fp_cpu != id;
}
/* Of the world after the event, from xstate_decode_two on. */
void xpatch_make(const struct xworld *w, unsigned v, unsigned c, const uint8_t *vblock, struct xpatch *p);
/* A block of another vCPU, or of another pCPU `id`, after that event. */
void xblock_patch(const struct xworld *w, const struct xpatch *p, bool pcpu, unsigned id, uint8_t *b);

#endif
