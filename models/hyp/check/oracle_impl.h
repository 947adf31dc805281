/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the oracle: oracle_rules.c (what a program must do), oracle.c (tags move), oracle_check.c (what is wrong). */
#ifndef EL2SIM_HYP_ORACLE_IMPL_H
#define EL2SIM_HYP_ORACLE_IMPL_H

#include "models/hyp/check/oracle.h"
#include "models/hyp/ws/runner.h"

/* ---- tags: owner and version ---- */

enum tag_kind { TAG_POISON, TAG_HYP, TAG_HOST, TAG_HCFG, TAG_THREAD, TAG_GUEST, TAG_GCFG };

static inline uint64_t tag_of(enum tag_kind kind, unsigned id, uint64_t version)
{
	return (uint64_t)kind << 60 | (uint64_t)id << 36 | version;
}

static inline enum tag_kind tag_kind(uint64_t tag)
{
	return (enum tag_kind)(tag >> 60);
}

static inline unsigned tag_id(uint64_t tag)
{
	return (unsigned)(tag >> 36) & 0xffffff;
}

/* Whose a tag is: a vCPU's, or a pCPU's. */
static inline bool oracle_of_vcpu(enum tag_kind kind)
{
	return kind >= TAG_THREAD;
}

static inline uint64_t tag_version(uint64_t tag)
{
	return tag & 0xfffffffff;
}

/* ---- what is followed ---- */

#define SUBJECT_OF_X SR_COUNT       /* X0-X30 */
#define SUBJECT_OF_V (SR_COUNT + 1) /* V0-V31 */
#define N_SUBJECTS   (SR_COUNT + 2)
#define N_THREAD     3              /* V0-V31, FPSR, FPCR: the thread's own */

struct oracle_subject {
	const char *name;
	uint16_t subject;  /* enum sysreg or SUBJECT_OF_* */
	uint8_t group, host, move;
	uint64_t reach;    /* run-time bits without which the guest cannot change it */
	bool required;     /* KVM switches it for the guest, and the policy does not trap it instead */
	bool host_needs, user_needs; /* whenever the host runs; after vcpu_put */
	bool fixed, overwritten;     /* the host's value stays; a host at EL2 writes it at each exception */
	bool own;                    /* the host gets back what it had: a constant would not do */
	bool saved_before;           /* the host's value is in memory before any vCPU is loaded */
	int thread;        /* of N_THREAD; -1 none */
	int lr;            /* list register; -1 none */
};

/* A control value that must be in force while the guest runs in states with these bits. */
struct oracle_need {
	uint16_t slot;
	uint64_t on, off;
};

struct oracle_barrier {
	const char *name, *why;
	enum oracle_rule rule;
};
/* Rows of barriers.def, one bit each. */
__extension__ typedef unsigned __int128 barrier_set __attribute__((aligned(8)));
#define BARRIERS_MAX   128
#define BARRIER_BIT(b) ((barrier_set)1 << (b))

/* What an op does with the tag of its slot. */
enum oracle_act { ACT_NONE, ACT_LOOK_UP /* AT */, ACT_READ_COPY, ACT_WRITE_COPY, ACT_FORCE, ACT_SAVE_HOST, ACT_SAVE_GUEST };

struct oracle_op {
	int slot; /* -1: moves nothing that is followed */
	int use;  /* slot whose copy in memory is read after this op; -1 none */
	uint8_t act;    /* enum oracle_act; ACT_NONE without a slot */
	bool path;      /* of the host's path, where only what belongs to a loaded vCPU moves */
	bool exception; /* one that oracle_fault_op is to see */
	barrier_set first, clear, then;
	uint32_t fault; /* FAULT rows that it reads for, one bit each */
};

/* BARRIER rows that wait from the begin or the end of a component on, and those that must not wait any more at its end. */
struct oracle_comp {
	barrier_set begins, then_begins, ends;
};

struct oracle_tables {
	struct oracle_subject s[N_SUBJECTS];
	int slot[N_SUBJECTS]; /* by subject; -1 = not followed */
	unsigned n;
	struct oracle_need *need;
	size_t n_need;
	struct oracle_op *op; /* one per op of the program */
	struct oracle_comp comp[COMP_COUNT];
	uint8_t phase[COMP_COUNT]; /* enum ws_phase of the switch that it is; PHASE_HANDLE: of the host's path */
	/* slots in their order: what a guest must find, what the host needs whenever it runs, and after vcpu_put */
	uint16_t guest[N_SUBJECTS], host[N_SUBJECTS], after_put[N_SUBJECTS];
	unsigned n_guest, n_host, n_after_put;
	uint32_t faults; /* FAULT rows of this kernel */
	bool lazy_fp, always_fp, keys_on_use;
};

void oracle_tables_make(struct oracle_tables *t, const struct ws_prog *p);
void oracle_tables_free(struct oracle_tables *t);

/* ---- oracle_lists.c ---- */

/* An op that does something to what is followed, in the component and state that the list is of. */
struct oracle_todo {
	uint32_t op;
	uint8_t times;  /* list registers: consecutive slots */
	bool executes;  /* and something looks at that: barriers, exceptions */
	bool barriers;
	bool moves;     /* executes, or need not because the value is there */
};

struct oracle_list {
	uint64_t state; /* under the component's mask */
	unsigned lrs;
	struct oracle_todo *todo;
	unsigned n;
};

/* Lists of a component that were asked for. */
struct oracle_lists {
	struct oracle_list *list;
	unsigned n, latest;
};

/* Writes that are left out because they would change nothing: the value is there, so the tag moves. */
#define ORACLE_EQUAL (CND(NEW_CNTHCTL) | CND(NEW_FPCR) | CND(NEW_ZCR))

/* What a component has to do in a state; belongs to the oracle, until the next call. */
const struct oracle_list *oracle_list_of(struct oracle *o, enum ws_comp comp, uint64_t state, unsigned lrs);
void oracle_lists_free(struct oracle *o);

/* ---- oracle_barriers.c ---- */

/* The bits of each op and component. */
void oracle_barriers_make(struct oracle_tables *t, const struct ws_prog *p);
/* A component begins, an op executes (oracle_barriers_op), the component ends: what should have come before is reported. */
void oracle_barriers_begin(struct oracle *o, enum ws_comp comp, uint64_t state);
void oracle_barriers_missing(struct oracle *o, barrier_set bits, size_t op);
void oracle_barriers_end(struct oracle *o, enum ws_comp comp);
bool oracle_is_key(const struct ws_op *op);

/* ---- oracle_fault.c ---- */

/* Of the component under way: whose the values are that exceptions wrote, and rows of faults.def that were read for. */
struct oracle_fault {
	uint8_t esr, far, hpfar, par;
	bool in_exit, in_hvc;
	uint32_t done;
};

void oracle_faults_make(struct oracle_tables *t, const struct ws_prog *p);
void oracle_fault_begin(struct oracle *o);
/* Op i, one of those with .exception, executes. */
void oracle_fault_op(struct oracle *o, size_t i, uint64_t state);
void oracle_fault_end(struct oracle *o, uint64_t state);

/* ---- state ---- */

struct oracle_cpu {
	barrier_set pending; /* BARRIER rows whose first op ran */
	uint32_t loaded;  /* vCPU, ORACLE_NONE */
	uint32_t thread;  /* vCPU whose thread ran last */
	uint64_t tag[];   /* n each: the CPU, host memory, what the host expects, op that wrote it + 1 */
};

struct oracle_vcpu {
	uint64_t state, entry_state;
	uint32_t cpu;    /* loaded there, ORACLE_NONE */
	uint32_t fp_cpu; /* where its thread's FP state became live */
	uint32_t lrs;
	uint32_t in_guest;
	uint64_t tag[];  /* n each: memory, what the guest expects, its controls; N_THREAD each: expected, memory */
};

struct oracle {
	const struct ws_prog *p;
	struct watch watch;
	struct runner_rules rules;
	struct oracle_tables t;
	struct oracle_lists lists[COMP_COUNT];
	unsigned n_vcpu, n_cpu;
	unsigned room_vcpu, room_cpu;
	size_t vcpu_size, cpu_size; /* bytes of one */
	uint8_t *vcpus, *cpus;
	uint64_t version;
	struct oracle_violation *found;
	size_t n_found, room_found;
	uint64_t n_violations, n_known[ORACLE_KNOWN];
	uint64_t n_puts; /* steps that are vcpu_put; some may do nothing */
	struct oracle_stats stats;
	uint64_t tried; /* run-time conditions that some step had */
	/* the step under way */
	enum ws_phase phase;
	unsigned v, c;
	size_t at;            /* op; SIZE_MAX between ops */
	const char *function; /* of an access */
	struct oracle_fault fault;
	bool beyond; /* it asked for more than kinds, whether they are the latest, and what is the vCPU's or the pCPU's own */
	struct oracle_memo *memo;   /* of a watcher; NULL: tags move each time */
	struct oracle_pairs *pairs; /* the same */
};

static inline struct oracle_cpu *oracle_cpu(const struct oracle *o, unsigned c)
{
	return (struct oracle_cpu *)(void *)(o->cpus + c * o->cpu_size);
}

static inline struct oracle_vcpu *oracle_vcpu(const struct oracle *o, unsigned v)
{
	return (struct oracle_vcpu *)(void *)(o->vcpus + v * o->vcpu_size);
}

#define HW(o, c, s)       (oracle_cpu(o, c)->tag[s])
#define HOST_MEM(o, c, s) (oracle_cpu(o, c)->tag[(o)->t.n + (s)])
#define HOST(o, c, s)     (oracle_cpu(o, c)->tag[2 * (o)->t.n + (s)])
#define WRITER(o, c, s)   (oracle_cpu(o, c)->tag[3 * (o)->t.n + (s)])
#define MEM(o, v, s)      (oracle_vcpu(o, v)->tag[s])
#define TRUTH(o, v, s)    (oracle_vcpu(o, v)->tag[(o)->t.n + (s)])
#define CONTROL(o, v, s)  (oracle_vcpu(o, v)->tag[2 * (o)->t.n + (unsigned)(s)])
#define THREAD(o, v, k)   (oracle_vcpu(o, v)->tag[3 * (o)->t.n + (unsigned)(k)])
#define THREAD_MEM(o, v, k) (oracle_vcpu(o, v)->tag[3 * (o)->t.n + N_THREAD + (unsigned)(k)])

/* A value goes elsewhere. */
static inline void oracle_takes(struct oracle *o, uint64_t tag)
{
	o->beyond |= tag_id(tag) != (oracle_of_vcpu(tag_kind(tag)) ? o->v : o->c);
}

static inline void oracle_barriers_op(struct oracle *o, struct oracle_cpu *cpu, const struct oracle_op *x, size_t i)
{
	if ((cpu->pending & x->then) != 0) {
		oracle_barriers_missing(o, cpu->pending & x->then, i);
		cpu->pending &= ~x->then;
	}
	cpu->pending = (cpu->pending & ~x->clear) | x->first;
}

/* A new version of its owner. */
static inline uint64_t oracle_new_tag(struct oracle *o, enum tag_kind kind, unsigned id)
{
	return tag_of(kind, id, ++o->version);
}

/* ---- oracle_memo.c ---- */

/* What a watcher sees: run once, then remembered. */
void oracle_memo_make(struct oracle *o);
void oracle_memo_free(struct oracle *o);
void oracle_memo_step(struct oracle *o, const struct watch_step *s);
void oracle_memo_access(struct oracle *o, const struct handler_access *a);
/* Does an accessor reach the CPU's copy of a register of a vCPU with these run-time bits? */
bool oracle_on_cpu(const struct oracle *o, uint64_t state, enum sysreg reg);

/* ---- oracle_check.c ---- */

/* Something is wrong with a slot (-1: the BARRIER row `name`); the sentence follows the place. */
void oracle_violate(struct oracle *o, enum oracle_rule rule, int slot, const char *name, size_t op, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* "vCPU 1's latest value", "the host's value", for sentences. */
const char *oracle_owner(const struct oracle *o, uint64_t tag, unsigned v, char buf[static 64]);
/* The guest goes on on o->c: what it reaches must be its own; then it writes. */
void oracle_guest_runs(struct oracle *o, uint64_t state);
/* The host goes on: what it needs must be its own; then it writes. */
void oracle_host_runs(struct oracle *o, bool after_put);
/* The vCPU's memory holds all that it wrote (after vcpu_put). */
void oracle_all_saved(struct oracle *o);
/* The CPU's register is about to be overwritten. */
void oracle_overwrite(struct oracle *o, unsigned slot);
/* The thread's FP state is live on this CPU, unless it came from another. */
void oracle_thread_fp(struct oracle *o, bool moved);
/* Is the latest value of a vCPU's register in some CPU? */
bool oracle_in_a_cpu(struct oracle *o, unsigned v, unsigned slot);

#endif
