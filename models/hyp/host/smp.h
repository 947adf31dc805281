/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host in simulated time: VMs with vCPUs on pCPUs. Each vcpu_load, guest entry, guest exit and
 * vcpu_put, and each part of the host's path around them, runs its component of the compiled switch
 * program and takes its cycles.
 *
 * A vCPU thread is what KVM makes of it: it waits for a pCPU, is loaded, enters the guest, leaves
 * it by an exit of its own (models/hyp/host/guest) or by an interrupt, is handled in the kernel or by
 * the VMM, polls and blocks in WFI, wakes, is preempted. Interrupts come from the host's tick,
 * virtual timers, SGIs between vCPUs and devices.
 *
 * All pCPUs have one clock, and everything happens at one of its cycles, so that times add up
 * exactly: guest + switch + handling + user + poll + idle of a pCPU, and with blocked and steal of
 * a vCPU, are the time simulated (smp_check).
 */
#ifndef EL2SIM_HYP_SMP_H
#define EL2SIM_HYP_SMP_H

#include "models/hyp/host/guest.h"
#include "models/hyp/ws/engine.h"
#include "models/hyp/ws/runner.h"
#include "models/hyp/host/sched.h"
#include "models/hyp/ws/watch.h"
#include "models/hyp/host/smp_mmio.h"
#include "sim/kernel/clk.h"
#include "sim/kernel/sk.h"

#define SMP_MAX_VCPUS 65536
#define SMP_MAX_PCPUS 4096

#define SMP_AS_RECORDED SCHED_COUNT /* [host] sched: no scheduler, the order of the trace that is played */

/* Simulated time is picoseconds in 64 bits: half of them, for what is planned may lie behind the end. */
#define SMP_DURATION_MAX_US INT64_C(9000000000000)

/* [machine] vcpus, vms, pcpus; [host]; [run] duration, seed */
struct smp_options {
	int64_t vcpus, vms, pcpus;
	int sched; /* enum sched_id, or SMP_AS_RECORDED */
	const char *pin;  /* pCPUs of sched = pinned; NULL: all */
	int64_t kick_ns;
	int64_t cold_milli, cold_after_ns; /* of the profile: a cold exit costs so many thousandths; 0: as a warm one. From which residency or sleep */
	int64_t slice_us, tick_hz;
	int64_t halt_poll_ns, halt_poll_grow, halt_poll_grow_start, halt_poll_shrink;
	int64_t duration_us, warmup_us, seed;
};

const struct opt_row *smp_opt_rows(size_t *n);
/* Every option as text: simulated machines that say the same are of one size. free() it. */
char *smp_setup(const struct smp_options *o);

/* What a thread does first when it has a pCPU again. */
enum smp_resume { RESUME_FIRST, RESUME_LOOP, RESUME_HALT, RESUME_USER };

struct smp;
struct smp_cpu;

struct smp_vcpu {
	struct guest guest;
	struct runner_vcpu *run;
	/* what its timer needs: right before it, so that many vCPUs take little of the caches (sk_queue.c) */
	unsigned id;
	enum smp_state state;
	struct smp *m;
	struct smp_cpu *cpu; /* that it runs on or ran on last */
	uint64_t timer_at;   /* cycle of the virtual timer's next deadline */
	uint64_t fired_at;   /* ... of the one that is not yet an interrupt of the vCPU */
	struct list bg;      /* in smp_cpu.bg: its host timer expired */
	unsigned irqs;       /* bits 1 << enum smp_source: wait for the next entry */
	unsigned vm, cls;
	struct sk_proc timer, device;
	uint64_t irq_at[SRC_COUNT];
	struct sched_ent ent;
	enum smp_resume resume;
	uint64_t since;      /* cycle at which a sleep or a wait for a pCPU began */
	uint64_t left;       /* guest cycles to its next own exit */
	uint64_t user_left;
	enum exit_kind kind;      /* exit that is being handled */
	const struct guest_act *act; /* that it is; NULL: an interrupt */
	unsigned step;            /* of its sequence, after the VMM */
	struct ws_totals pending; /* since that exit */
	uint64_t exit_at, slept;  /* cycle of the exit; cycles asleep or waiting since */
	bool in_exit;
	bool cold; /* what the host does for it until the next entry is cold */
	bool dev_wanted, dev_wait; /* an access goes to its device; the VMM waits for it */
	uint64_t dev_until;        /* cycle at which it answers, SK_NEVER: not known yet */
	bool woke, woke_remote; /* at the next thread switch */
	uint64_t halt_at, halt_poll_ns, poll_end;
	struct list dev; /* in smp_cpu.dev: device interrupt */
	uint64_t dev_at;
	struct outcome_vcpu *o;       /* of smp.out */
	struct outcome_path measured; /* since that exit */
	uint64_t switched, switched_milli, in_vmm; /* since that exit: cycles of phases, in the VMM */
	uint64_t entered_at, resident; /* cycle of kvm_entry; cycles from there to kvm_exit, as traces have them */
};

/* Physical interrupts. */
enum smp_irq { IRQ_TICK, IRQ_VTIMER, IRQ_KICK, IRQ_BG, IRQ_DEV, IRQ_COUNT };

typedef void smp_next_fn(struct smp *m, struct smp_cpu *c);

struct smp_cpu {
	struct smp *m;
	unsigned id;
	struct sk_proc proc, tick;
	struct sk_event due; /* the end of what the pCPU does, or an interrupt */
	struct sk_wait on_due;
	struct sk_proc kicked; /* a kick that is under way arrives */
	struct sk_event kick;
	struct sk_wait on_kick;
	enum smp_mode mode;
	struct smp_vcpu *curr;
	struct sched_ent *picked; /* thread that comes next while curr is put; NULL: the idle task */
	struct smp_vcpu *last;    /* thread whose state is on the pCPU; NULL: the idle task */
	struct runner_vcpu *host; /* runs the components of the idle task */
	uint64_t since;           /* cycle at which the mode began */
	uint64_t busy, busy_switch; /* cycles that CPU_BUSY takes; of the switch among them */
	uint64_t busy_milli;        /* thousandths of a cycle that the next step takes along */
	uint64_t cold_milli;        /* the same of what cold steps cost more */
	smp_next_fn *next, *after_irq;
	unsigned irqs, cause; /* pending, of enum smp_irq; being handled */
	bool resched, was_idle;
	struct list bg, dev; /* of smp_vcpu */
	uint64_t *time;      /* of smp.out */
};

struct smp {
	struct engine engine; /* it is one */
	struct smp_options o;
	const struct ws_prog *prog;
	const struct outcome_path *path; /* beside the modelled ops, per exit kind; or NULL */
	const struct workload *workload;
	struct guest_class **cls; /* as workload_next has them */
	unsigned n_cls;
	const struct smp_bus *bus; /* may be set before the first event; NULL: no devices */
	struct sk k;
	struct clk clk;
	struct runner *runner;
	struct sched *sched;
	struct smp_cpu *cpu;
	struct smp_vcpu *vcpu;
	unsigned n_cpu, n_vcpu;
	unsigned *pin;
	bool *idle;   /* per pCPU: a woken thread may go there */
	struct watch_list *watchers; /* the runner's */
	struct code_vm *code; /* models/hyp/host/code.h: of each VM, if any executes; else NULL */
	unsigned n_code, n_code_vcpus;
	struct smp_cpu *code_by; /* does something that may make interrupts pending; else NULL */
	enum smp_source code_source;
	struct smp_play *play; /* plays a trace (models/hyp/host/smp_play.h); NULL: simulates a workload */
	struct outcome out;
	bool warm;		    /* the time that is not counted is over */
	uint64_t from;		    /* cycle from which it counts */
	struct outcome_mark before; /* of that moment */
};

/*
 * Build the machine. p, w and path (EXIT_COUNT of what an exit takes beside the modelled ops, or NULL) must last. counting:
 * precomputed totals instead of values; same result. The classes of w get the vCPUs one after the
 * other, neighbours together. NULL with ERR_CONFIG: more VMs than vCPUs, an empty mix, a duration
 * over 64 bits, classes that do not add up; ERR_INPUT: a trace that cannot be replicated. smp_free.
 */
struct smp *smp_new(const struct smp_options *o, const struct workload *w, const struct ws_prog *p,
		    const struct outcome_path *path, bool counting, struct err *e);
void smp_free(struct smp *m);

/* Let somebody look, from before smp_run to the end; w must last. Called in the order of this. */
void smp_watch(struct smp *m, struct watch *w);

/* engine_run: simulate to the end and check. As smp_check; ERR_MODEL also when simulated time ends. */
int smp_run(struct smp *m, struct err *e);

/* A device interrupts a vCPU now, from outside of the simulated machine; one that waits already is the same. */
void smp_device_fires(struct smp_vcpu *v);

/* The last two, at any moment between two delta cycles. */
int smp_check_wakeups(const struct smp *m, struct err *e);

/* Cycles as nanoseconds, rounded down. */
uint64_t smp_ns(const struct smp *m, uint64_t cycles);

/* ---- inside ---- */

/* Give the outcome its clock, and say what the simulated machine is; n_cpu, n_vcpu and o are known. */
void smp_clock(struct smp *m);
/* The engine of a simulated machine, of a workload or of a trace that is played. */
extern const struct engine_ops smp_engine_ops;
/* Cycle that is under way now. */
uint64_t smp_now(const struct smp *m);
/* models/hyp/host/smp_cpu.c: what a pCPU does when its event comes. */
sk_run_fn smp_cpu_run;
/* Memory that one more vCPU takes, in bytes (counting execution: runner_vcpu_bytes). */
size_t smp_vcpu_bytes(void);

/* Another pCPU's kick is on its way to this one. */
void smp_send_kick(struct smp_cpu *c);
/* Physical interrupt of a pCPU. */
void smp_raise(struct smp_cpu *c, enum smp_irq irq);
/* A vCPU's virtual timer reached its deadline (now, a cycle). */
void smp_timer_fires(struct smp_vcpu *v, uint64_t deadline);
/* Account what is under way at the end. */
void smp_cpu_end(struct smp_cpu *c);

#endif
