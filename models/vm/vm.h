/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual machine that executes its guest's code: memory with an image and a device tree, a core per vCPU, a GICv3 and
 * the VMM's devices, on the memory map of QEMU's virt machine. It does what KVM and the VMM do for the guest: maps memory
 * at its first touch, emulates trapped registers, calls and devices.
 *
 * It knows neither host nor price of an exit: who runs it says when it runs, for how long, and when an exit is completed.
 * Times are cycles of the pCPU's clock.
 */
#ifndef EL2SIM_VM_VM_H
#define EL2SIM_VM_VM_H

#include "models/cpu/a64/a64.h"
#include "models/cpu/machine.h"
#include "models/dev/gic.h"
#include "models/dev/gtimer.h"
#include "models/dev/pmu.h"
#include "models/dev/smccc.h"
#include "models/dev/vmm.h"
#include "models/image/image.h"
#include "sim/base/str.h"

#define VM_RAM_BASE    UINT64_C(0x40000000)
#define VM_PAGE        UINT64_C(4096)
#define VM_BLOCK       UINT64_C(0x200000)
#define VM_VIRTIO      32 /* virtio-mmio slots */
#define VM_VCPUS_MAX   123 /* redistributors end where the first UART begins */
#define VM_LAST_EXITS  8

enum vm_uart { VM_PL011, VM_8250 };

struct vm_config {
	const char *image, *initrd, *append; /* initrd, append: NULL or "" for none */
	uint64_t memory;                     /* bytes, a multiple of 2 MiB */
	unsigned vcpus;
	const struct machine *machine;       /* features, list registers, clock */
	uint64_t counter_hz;                 /* CNTFRQ_EL0 */
	enum vm_uart uart;
	bool blocks;       /* stage 2 maps 2 MiB where it can (the host's transparent huge pages), else 4 KiB */
	bool dirty_log;    /* KVM_MEM_LOG_DIRTY_PAGES: 4 KiB pages, writable from their first store on */
	bool pmu;          /* the vCPU has one (KVM_ARM_VCPU_PMU_V3) */
	bool pauth;        /* the vCPU has pointer authentication (KVM_ARM_VCPU_PTRAUTH_*) */
	bool pauth_lazy;   /* ... and its first use after vcpu_load traps (before Linux 6.10) */
	bool cache_ids;    /* CTR_EL0, CLIDR_EL1 and their like trap (Linux 6.3 on) */
	bool ptimer_traps; /* the physical timer is emulated (nVHE before CNTPOFF) */
	struct dev_console console; /* where the guest's output goes beside vm->console */
};

/* Why a vCPU came back. */
enum vm_stop {
	VM_BUDGET, /* its time is over, or something about its interrupts changed: run it again */
	VM_EXIT,   /* to the hypervisor: vm_cpu.exit; vm_complete it before it runs again */
	VM_WAIT,   /* WFE that does not trap: nothing to do until an event or a while later */
	VM_DEAD,   /* it cannot go on: vm->dead says why */
};

/* What an exit asks for. */
enum vm_ask {
	VM_HVC,
	VM_SMC,
	VM_SYSREG,
	VM_SGI,    /* ICC_SGI1R_EL1 and its like */
	VM_WFI,
	VM_WFE,
	VM_MMIO,   /* exit.dev, or NULL: nothing is there */
	VM_FAULT,  /* memory that is not mapped yet, or not executable yet */
	VM_FP,     /* FP, SIMD while CPTR_EL2 traps it */
	VM_PAUTH,  /* pointer authentication or its keys while HCR_EL2 traps them */
	VM_DEBUG,
	VM_MAINTENANCE, /* an interrupt: list registers ran low while more interrupts wait */
	VM_PMU,         /* an interrupt: a counter of the guest's went over its end */
	VM_OTHER,
};

struct vm_exit {
	enum vm_ask ask;
	uint64_t esr, far, ipa;
	uint64_t pc;       /* of the instruction */
	uint64_t function; /* HVC, SMC: x0 */
	enum a64_access access; /* MMIO, FAULT */
	uint64_t data;     /* MMIO write, SGI: value */
	unsigned size;
	struct dev *dev;
	bool present;      /* FAULT: the VMM wrote to the page, so the host has it */
	bool permission;   /* FAULT: mapped, but not like that */
	unsigned op[5];    /* SYSREG, SGI: op0, op1, CRn, CRm, op2 */
	enum a64_reg reg;  /* A64_R_NONE: no row has it */
};

/* What its completion did beside the vCPU's registers. */
enum vm_effect {
	VM_NOTHING,
	VM_WAITS,     /* CPU_SUSPEND: as WFI from now on */
	VM_STARTED,   /* vm_cpu.started is on now */
	VM_OFF_CPU,   /* this vCPU is off until another starts it */
	VM_SHUTDOWN,  /* the VMM is told to end the machine */
	VM_RESET,
};

enum vm_power { VM_ON, VM_OFF };

/*
 * From the deactivation of an interrupt whose line is still high until the core is interrupted again: on the way to the
 * redistributor and back. ASSUMED; published: timer_10ms of kvm-unit-tests (it masks its timer behind EOIR) takes 902 ns on an
 * Ampere Altra, less than two exits do (models/cal), so a handler that masks at once is in time.
 */
#define VM_AGAIN_NS 100

struct vm;

struct vm_cpu {
	struct vm *vm;
	unsigned id;
	struct a64 *core;
	struct ich ich;
	struct gtimers timer;
	struct pmu pmu;
	enum vm_power power;
	struct vm_exit exit;
	bool exited;       /* exit is not complete yet */
	unsigned started;  /* VM_STARTED: which vCPU */
	uint64_t cycle;    /* at which a vm_run began, and ... */
	uint64_t before;   /* ... a64_cycles then */
	uint64_t ran;      /* cycles of the last vm_run */
	uint64_t lost;     /* cycles of aborts that executed nothing, in the last vm_run */
	bool trapped;      /* by a callback: exit is set */
	bool timer_active[GTIMERS]; /* the physical interrupt waits for the guest to deactivate it; of a timer that traps: its line is up */
	uint64_t again[GTIMERS]; /* first cycle at which the line that the guest deactivated interrupts again */
	bool debug_dirty;    /* entered with the guest's debug registers (KVM's flag DEBUG_DIRTY) */
	bool debug_written;  /* an access that trapped changed one: they are switched at the next entry (trap_debug_regs) */
	struct vm_exit last[VM_LAST_EXITS];
	uint64_t n_exits;
	uint64_t aborts, aborts_at; /* injected in a row, and instructions executed at the last one */
};

struct vm {
	struct vm_config config;
	struct image image;
	struct image_memory memory;
	uint8_t *ram;
	uint8_t *stage2; /* of each page: VM_S2_* */
	struct vm_cpu *cpu;
	struct gic *gic;
	struct smccc smccc;
	struct dev **dev;
	size_t n_dev;
	struct pl011 pl011;
	struct uart8250 uart8250;
	struct pl031 rtc;
	struct virtio_slot virtio[VM_VIRTIO];
	struct dev_console console_to;
	struct str console; /* all that the guest wrote */
	uint64_t hz;        /* cycles per second */
	uint64_t nowhere, nowhere_at; /* accesses to addresses where nothing is; the first one */
	uint64_t mapped;    /* pages */
	unsigned lines;     /* changes of devices' lines since who runs it set this to 0: calls of KVM_IRQ_LINE */
	uint8_t trapped[A64_REGS]; /* of each register, what KVM does where it traps: vm_sysregs.def */
	struct err dead;    /* VM_DEAD: where and why */
	/* A vCPU has something to see: set by whoever runs the machine. */
	void (*kick)(void *owner, unsigned vcpu);
	void *owner;
};

/* ERR_INPUT: as image_read, no room; ERR_CONFIG: no memory. */
struct vm *vm_new(const struct vm_config *c, struct err *e);
void vm_free(struct vm *m);

/* ---- a vCPU's life; in this order ---- */

/* Before it is entered: list registers are filled. Returns how many are used. */
unsigned vm_enter(struct vm_cpu *c);
/* The cycle at which a vCPU that runs is. */
uint64_t vm_cycle(const struct vm_cpu *c);
/* Executes from this cycle on for at most `budget` cycles (a single instruction may take longer); c->ran says how many. */
enum vm_stop vm_run(struct vm_cpu *c, uint64_t cycle, uint64_t budget);
/* The next use of FP and SIMD traps, or does not. */
void vm_trap_fp(struct vm_cpu *c, bool trap);
/* The same of pointer authentication. */
void vm_trap_pauth(struct vm_cpu *c, bool trap);
/* It left the guest: list registers become state. Pairs with vm_enter. */
void vm_leave(struct vm_cpu *c);
/* The exit is handled, at this cycle, and the guest sees the result when it is entered next. */
enum vm_effect vm_complete(struct vm_cpu *c, uint64_t cycle);

/* Something waits to be taken: WFI does not wait. */
bool vm_pending(const struct vm_cpu *c);
/* The cycle at which a timer's interrupt comes, UINT64_MAX: it does not. */
uint64_t vm_timer_next(const struct vm_cpu *c, enum gtimer_id id, uint64_t cycle);
/* KVM sees the timer's interrupt: pending for the guest from now on. */
void vm_timer_fires(struct vm_cpu *c, enum gtimer_id id);
/* A list register still holds an interrupt. */
bool vm_lr_is_live(const struct vm_cpu *c);

/* The cycle at which the real-time clock's alarm goes off, UINT64_MAX: it does not; and it is that cycle. */
uint64_t vm_alarm_next(const struct vm *m);
void vm_alarm_fires(struct vm *m, uint64_t cycle);

/* KVM_GET_DIRTY_LOG: how many pages were written since the last time; their next store exits. */
uint64_t vm_collect_dirty(struct vm *m);

/* Bits of the vCPUs that an SGI exit goes to. */
bool vm_sgi_target(const struct vm_cpu *c, unsigned vcpu);

/* The guest's function at an address ("name+0x10"), or the address. */
void vm_where(const struct vm *m, uint64_t pc, struct str *text);
/* Registers, place and last exits, for whoever has to find out what went wrong; lines. */
void vm_tell(const struct vm_cpu *c, struct str *text);

/* ---- inside ---- */

enum { VM_S2_MAPPED = 1, VM_S2_EXEC = 2, VM_S2_PRESENT = 4, VM_S2_WRITE = 8 };

/* The guest wrote a physical timer that traps: its interrupt is what the timer's line is (kvm_timer_update_irq). */
void vm_ptimer_written(struct vm_cpu *c);
/* The PMU counts what was executed until now; true: a counter went over its end. */
bool vm_pmu_count(struct vm_cpu *c);
/* KVM tells the GIC when the PMU's line moved. */
void vm_pmu_line(struct vm_cpu *c);
/* An access to it that trapped is done; false: UNDEFINED. */
bool vm_pmu_access(struct vm_cpu *c, uint64_t *value);
/* Fill m->trapped. */
void vm_trapped_init(struct vm *m);
/* Counter at a cycle. */
uint64_t vm_ticks(const struct vm *m, uint64_t cycle);
/* Identification registers, traps and reset state of a vCPU's core. */
void vm_core_init(struct vm_cpu *c);
/* A device tree in *out (free() it). */
int vm_fdt(const struct vm *m, const struct image_layout *l, bool initrd, uint8_t **out, size_t *n, struct err *e);
#define VM_ABORTS_MAX 10000 /* exceptions in a row, none of them executing an instruction */
int vm_abort_loop(struct vm_cpu *c);
/* The callbacks of a core. */
extern const struct a64_bus vm_bus;

#endif
