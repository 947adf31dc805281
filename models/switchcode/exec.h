/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executes functions of a kernel's image, one instruction after the other. General instructions are the A64 core's; each system
 * instruction is looked at, noted down and answered here: registers are cells, barriers and maintenance do nothing, HVC and ERET
 * go where the vectors and ELR_EL2 say. There is no translation: code runs where it was linked, and hypervisor addresses that
 * differ from that in their upper bits are the same memory.
 *
 * What is not there is not guessed: an access to memory that nobody made, a word without a row, a BUG stop the run with one sentence.
 */
#ifndef EL2SIM_SWITCHCODE_EXEC_H
#define EL2SIM_SWITCHCODE_EXEC_H

#include "models/cpu/machine.h"
#include "models/switchcode/btf.h"
#include "models/vmlinux/paths.h"

/* Where the guest "is": an ERET to there is a guest entry. */
#define SWC_GUEST_PC UINT64_C(0x48000000)

/* The counter, which stands still; a host timer that expires later than this many ns from now is not the host's next. */
#define SWC_NOW       (UINT64_C(1) << 32)
#define SWC_HOST_NEXT (UINT64_C(1) << 36)

/* Where a value came from, or went to. */
enum swc_place { SWC_NOWHERE, SWC_VCPU, SWC_HOST, SWC_CONTEXT /* the vCPU's struct kvm_cpu_context */ };

/* What was executed: a system instruction, or something that is told beside them. */
enum swc_event {
	SWC_OP,      /* a system instruction */
	SWC_CALLED,  /* a marked function begins: mark */
	SWC_BACK,    /* and comes back */
	SWC_GUEST,   /* ERET to the guest */
	SWC_TAKEN,   /* exception from the guest to EL2 */
	SWC_GPRS,    /* general-purpose registers stored or loaded by assembly that changes contexts: regs, load */
	SWC_FPRS,    /* vector registers */
	SWC_OUTSIDE, /* a function of the host that is not executed, and whose ops the tables know: component */
};

struct swc_record {
	uint8_t event; /* enum swc_event */
	uint8_t el;
	uint8_t place; /* enum swc_place: of a read its store, of a write its load */
	uint8_t mark;
	uint8_t regs;
	bool load;
	const char *component;
	struct vml_what what; /* as encoded */
	uint16_t reached;     /* encoding of the register that is reached (E2H); of SYS instructions as encoded */
	uint32_t func;        /* of the image */
	uint64_t addr, value;
	uint64_t insns;       /* executed up to here, this one included */
};

/* Something that was not executed, or not as it would be: once each. */
struct swc_note {
	char *text;
	uint64_t times;
};

struct swc_page;
struct a64;

/* What to do at an ERET to the guest. */
struct swc_exit {
	uint64_t esr, far, hpfar;
	uint16_t vector; /* offset from VBAR_EL2: 0x400 synchronous, 0x480 IRQ, 0x580 SError */
	bool leave;      /* the script is over: the guest leaves no more; ends the run */
};

struct swc {
	const struct vml_kernel *k;
	const struct machine *m;
	struct btf *btf;
	struct a64 *core;
	uint8_t *state;    /* enum vml_state of each condition of k->patches: those it has, and what executing found out */
	bool e2h;          /* EL2 runs with HCR_EL2.E2H = 1 */
	uint8_t el, host_el;
	uint64_t sp[3];
	uint64_t *reg;     /* by encoding: UINT16_MAX + 1 cells */
	struct swc_page **pages;
	struct swc_kept *kept; /* NULL: nothing */
	uint64_t heap;     /* next free address */
	uint64_t current, vcpu, kvm, run;
	struct { uint64_t from, to; uint8_t place; } places[16];
	size_t n_places;
	/* What a general-purpose register holds: the system register it was read from, or the memory it was loaded from. */
	struct { uint8_t kind; uint64_t of; } origin[32];
	uint32_t func;     /* the PC is in; UINT32_MAX: none */
	uint8_t *mark;     /* of each function: 0 none */
	uint8_t *outside;  /* of each function: row of outside.def, counted from 1 */
	uint64_t marked[16]; /* return addresses of marked functions that run, and their marks */
	uint8_t marked_as[16];
	unsigned n_marked;
	bool recording;
	uint64_t insns;
	struct swc_record *records;
	size_t n_records, cap_records;
	struct swc_note *notes;
	size_t n_notes;
	/* At an ERET to the guest. Changes registers as the guest would, says how it leaves. */
	void (*guest)(void *owner, struct swc *w, struct swc_exit *x);
	/* Is it over? Asked when a function with the mark over_mark begins; the call ends there then. NULL: never. */
	bool (*over)(void *owner);
	uint8_t over_mark;
	void *owner;
};

/* A world for a kernel: memory as linked, no core state. The kernel and the machine must last. Free with swc_free. */
struct swc *swc_new(const struct vml_kernel *k, const struct machine *m, struct err *e);
void swc_free(struct swc *w);

/* n zero bytes of new memory, 4 KiB aligned. */
uint64_t swc_alloc(struct swc *w, uint64_t n);
/* Little-endian memory; false: there is none at the address. */
bool swc_peek(struct swc *w, uint64_t addr, unsigned bytes, uint64_t *v);
bool swc_poke(struct swc *w, uint64_t addr, unsigned bytes, uint64_t v);

/* Keeps memory and cells; and puts them back as they were then. */
void swc_keep(struct swc *w);
void swc_restore(struct swc *w);

/* Cells by name ("ESR_EL2"); the name must be of a64_regs.def or sysregs.def. */
uint64_t swc_reg(const struct swc *w, const char *name);
void swc_set_reg(struct swc *w, const char *name, uint64_t v);

void swc_note(struct swc *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

enum swc_ended { SWC_RETURNED, SWC_GUEST_STAYED };
/*
 * Calls the function at addr with n arguments at most 8, at the host's EL; executes at most `budget` instructions. *ret (may be
 * NULL) gets X0. ERR_INPUT: what stopped it, where. *ended (may be NULL) says how it ended.
 */
int swc_call(struct swc *w, uint64_t addr, const uint64_t *args, unsigned n, uint64_t budget, uint64_t *ret, enum swc_ended *ended,
	     struct err *e);

/*
 * Finds out what is not known of capabilities: executes the kernel's own `matches` of each with the machine's ID registers, which
 * must be set. One that stops stays unknown.
 */
void swc_detect(struct swc *w);

/* Applies alternatives (with the kernel's own callbacks, executed) and static keys as w->state has them. Conditions that are not known are off. */
int swc_patch(struct swc *w, struct err *e);

#endif
