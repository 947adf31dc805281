/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An A64 core that executes: instructions of decode.def, exceptions of EL0 to EL2, system registers of
 * a64_regs.def, translation of stage 1 and 2. Everything that is not the core's goes out: memory by struct
 * a64_bus, and an exception to an EL that is not inside ends a64_run with its syndrome. Deterministic: the same
 * state and the same answers give the same run.
 *
 * What the core does not know it never guesses: it stops with A64_STOP_UNKNOWN and the address and word.
 */
#ifndef EL2SIM_CPU_A64_A64_H
#define EL2SIM_CPU_A64_A64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define A64_DECODE_ENUM
#include <a64_decode.inc> /* enum a64_insn, made from decode.def */
#undef A64_DECODE_ENUM

/* Numbers of registers beyond x30 in struct a64.x. */
enum { A64_SP = 31, A64_ZR = 32, A64_TRASH = 33, A64_GPRS = 34 };

/* Features that decide which instructions and registers there are; what a machine profile has, or all. */
enum a64_feat {
	A64_FEAT_NONE,
#define A64_FEAT(id, help) A64_FEAT_##id,
#include "models/cpu/a64/a64_feats.def"
	A64_FEATS
};
#define A64_HAS(feats, feat) ((feats) >> (feat) & 1)
#define A64_FEATS_ALL        (((uint64_t)1 << A64_FEATS) - 1)

/* Its name: "LSE". */
const char *a64_feat_name(enum a64_feat feat);

/* Classes of instructions, and of events beside them, counted and costed by: rows INSNCOST of costs.def. */
enum a64_class {
#define INSNCOST(class, cycles, why) A64_CLASS_##class,
#include "models/cpu/costs.def"
	A64_CLASS_decode, /* not decoded yet: counted in its own class when it is */
	A64_CLASSES
};
const char *a64_class_name(enum a64_class class);

/* System registers: rows of sysregs.def and, beyond what a world switch touches, a64_regs.def. */
enum a64_reg {
	A64_R_NONE,
#define SYSREG(name, ...) A64_R_##name,
#include "models/cpu/sysregs.def"
#undef SYSREG
#define A64_REG(name, ...) A64_R_##name,
#include "models/cpu/a64/a64_regs.def"
	A64_REGS
};

enum a64_nzcv { A64_V = 1, A64_C = 2, A64_Z = 4, A64_N = 8 };

/* PSTATE but for NZCV, which instructions use all the time. */
struct a64_pstate {
	uint8_t el, sp; /* EL0 to EL2; SPSel */
	uint8_t daif;   /* D A I F as bits 3..0 */
	uint8_t btype;
	uint8_t pan, uao, dit, ssbs, tco, il, ss;
};

enum a64_access { A64_READ, A64_WRITE, A64_FETCH };

/* Why a64_run came back. */
enum a64_stop {
	A64_STOP_BUDGET,    /* as many instructions as were asked for */
	A64_STOP_EXCEPTION, /* an exception to an EL that is outside: struct a64_exit */
	A64_STOP_WFI,       /* WFI, WFE, WFET, WFIT with nothing pending: pc is behind it */
	A64_STOP_HALT,      /* HLT: imm in exit.esr; pc is at it */
	A64_STOP_UNKNOWN,   /* no row of decode.def or a64_regs.def: exit.word, pc is at it */
	A64_STOP_ASKED,     /* a callback set c->stop_asked */
};

struct a64_exit {
	uint64_t esr, far, hpfar; /* as ESR_ELx, FAR_ELx, HPFAR_EL2 */
	uint32_t word;            /* the instruction */
	uint8_t target_el;        /* who would have taken the exception */
	const char *what;         /* A64_STOP_UNKNOWN: what is missing, for people */
};

/* Interrupt lines into the core. Physical ones go to EL2 with HCR_EL2.IMO and FMO, virtual ones need those. */
enum a64_line { A64_IRQ = 1, A64_FIQ = 2, A64_VIRQ = 4, A64_VFIQ = 8 };

struct a64;

/* What the core sees of the world. Physical addresses; sizes in bytes, 1, 2, 4, 8 or 16. */
struct a64_bus {
	void *owner;
	/*
	 * The host's memory behind the 4 KiB page at pa, or NULL: a device, or nothing. The pointer stays valid
	 * until a64_flush_tlb.
	 */
	uint8_t *(*ram)(void *owner, uint64_t pa);
	/* A device access. False: synchronous external abort. */
	bool (*device)(void *owner, struct a64 *c, uint64_t pa, unsigned size, bool write, uint64_t *value);
	/*
	 * Stage 2 by the world instead of VTTBR_EL2's tables (NULL: the tables): the physical page behind the guest's page at
	 * ipa for an access, in *pa, and whether writes need no further question. False: fault; *fsc is its status (level).
	 */
	bool (*stage2)(void *owner, struct a64 *c, uint64_t ipa, enum a64_access access, uint64_t *pa, bool *writable,
		       uint8_t *fsc);
	/* A broadcast: other cores forget translations (or decoded code). NULL: there is no other core. */
	void (*broadcast)(void *owner, struct a64 *c, bool code);
	/* SEV: other cores' WFE ends. NULL: there is no other core. */
	void (*event)(void *owner, struct a64 *c);
	/*
	 * Registers whose value is the world's (rows of kind WORLD: timers, GIC, PMU); NULL: storage. False:
	 * UNDEFINED.
	 */
	bool (*read_reg)(void *owner, struct a64 *c, enum a64_reg reg, uint64_t *value);
	bool (*write_reg)(void *owner, struct a64 *c, enum a64_reg reg, uint64_t value);
	/* With translation off all 64 bits of an address are physical: for code that runs where it was linked, without tables. */
	bool flat;
};

struct a64_op;
struct a64_page;
struct a64_uarch;
struct machine;
typedef int a64_exec(struct a64 *c, const struct a64_op *op);

/* A decoded instruction. Register operands index struct a64.x. */
struct a64_op {
	a64_exec *exec; /* 0: go on behind it; 1: pc is set */
	a64_exec *then; /* of a wrapper that checks something first */
	uint64_t imm;
	uint64_t mask; /* of the operation's width: 32 or 64 bits */
	uint8_t d, e, n, m, a, t, u, s;
	uint8_t sf;   /* 1: 64 bits */
	uint8_t size; /* of a memory access, log2 of bytes */
	uint8_t kind; /* shift, extension, condition, key, ...: prep.c */
	uint8_t aux;
	uint16_t insn; /* enum a64_insn */
	uint8_t class; /* enum a64_class */
	uint32_t word;
};

enum { A64_TLB_BITS = 9, A64_TLB_SIZE = 1 << A64_TLB_BITS, A64_PAGE_BITS = 12, A64_PAGE = 1 << A64_PAGE_BITS,
       A64_PAGE_OPS = A64_PAGE / 4, A64_CODE_BITS = 9, A64_CODE_SIZE = 1 << A64_CODE_BITS, A64_TLB_CONTEXTS = 6, A64_FETCHED = 64 };

/* A translation that needs no further question: page of va to host memory. Tags of another kind never match. */
struct a64_tlb_entry {
	uint64_t read, write; /* va of the page if that access is allowed, else 1 */
	uintptr_t host;       /* address of the page's memory, minus va */
	uint64_t pa;
};

/* What was executed. */
struct a64_counts {
	uint64_t insns, branches_taken;
	uint64_t cycles; /* of all that is in by_class; a64_cycles while it runs */
	uint64_t by_class[A64_CLASSES]; /* and events, which are no instructions; not what was taken outside */
	uint64_t el0[A64_CLASSES], entered[A64_CLASSES]; /* of by_class: at EL0 until it was left last; all when it was entered last */
};

struct a64 {
	uint64_t x[A64_GPRS];
	uint64_t pc;
	uint32_t nzcv; /* enum a64_nzcv */
	struct a64_pstate ps;
	uint64_t v[32][2]; /* low, high */
	uint64_t reg[A64_REGS];
	uint64_t feats;   /* bits of enum a64_feat */
	uint8_t inside;   /* highest EL whose exceptions are taken inside: 1 or 2 */
	bool has_el3;     /* SMC goes out, else it is UNDEFINED */
	uint8_t lines;    /* enum a64_line: set by a64_line */
	uint8_t attention; /* there may be something to do before the next instruction */
	bool event;       /* the event register of WFE */
	bool stop_asked;  /* by a callback: a64_run ends behind this instruction */
	bool stopped;     /* stop and exit are set: a64_run ends */
	uint8_t debug;    /* derived: what of self-hosted debug may happen here (debug.c) */
	uint8_t stepped;  /* 1: an instruction was stepped just now, 2: a load exclusive */
	bool ss_set;      /* PSTATE.SS was set by an exception, or a return, of this instruction */
	uint64_t now;     /* CNTPCT_EL0, kept by the outside */
	struct {
		bool valid;
		uint64_t pa;
		unsigned size;
		uint64_t value[2];
	} excl;           /* local monitor; see a64_mem.c for what a global one would add */
	struct a64_bus bus;
	uint32_t cost[A64_CLASSES]; /* cycles of an instruction of the class */
	struct a64_counts counts;
	enum a64_stop stop;
	struct a64_exit exit;
	/* Derived: translations and decoded code, never state. */
	/* EL1&0: EL0, EL1, EL1 with PSTATE.PAN; EL2 or EL2&0: the same. */
	struct a64_tlb_entry tlb[A64_TLB_CONTEXTS][A64_TLB_SIZE];
	struct a64_tlb_entry *tlb_of[2]; /* [privileged]: those of now */
	uint8_t tlb_used;                /* contexts that hold something, as bits */
	struct a64_page *code[A64_CODE_SIZE];
	struct a64_page *page; /* the last page fetched from: for page_va (1: none) at page_el */
	uint64_t page_va;
	uint8_t page_el;
	uint64_t code_flushes; /* how often decoded code became doubtful */
	struct a64_fetched {
		uint64_t va, pa; /* of the page: va with the EL, UINT64_MAX: none */
		struct a64_page *page;
		bool guarded;
	} fetched[A64_FETCHED];
	bool running; /* a64_run is on the stack */
	struct a64_trap {
		uint8_t first, n; /* controls of a64_kinds.def */
		uint16_t fgt;     /* row of a64_fgt.def, counted from 1 */
		bool absent;      /* of a feature that is not there: UNDEFINED */
	} traps[A64_REGS];        /* by register */
	struct a64_uarch *uarch; /* models beside the instructions; NULL: none */
};

/*
 * A core after reset at EL `el`, with SCTLR.M = 0 and DAIF masked, all registers zero and pc 0. `inside` is 1 or 2: the
 * highest EL whose exceptions are taken inside. Never fails; free with a64_free.
 */
struct a64 *a64_new(const struct a64_bus *bus, uint64_t feats, unsigned el, unsigned inside);
void a64_free(struct a64 *c);

/* Raises or lowers a line; a core in WFI is to be run again. */
void a64_line(struct a64 *c, enum a64_line line, bool level);

/*
 * Costs of classes, and what is modelled beside instructions (predictor, TLB, cache), as a machine profile has them: [cost] insn_*,
 * [machine] guest_core. Without it each instruction costs 1 and nothing else is modelled.
 */
void a64_use_machine(struct a64 *c, const struct machine *m);

/* Cycles of what was executed: instructions and events by class times c->cost. */
uint64_t a64_cycles(const struct a64 *c);

/* Of by_class what was at EL0, until now. */
void a64_counts_el0(const struct a64 *c, uint64_t n[A64_CLASSES]);

/* Executes at most `budget` instructions; returns why it stopped (also in c->stop, c->exit). */
enum a64_stop a64_run(struct a64 *c, uint64_t budget);
/* The same for cycles: each instruction begins before `budget` cycles are over. Ends even if instructions cost nothing. */
enum a64_stop a64_run_cycles(struct a64 *c, uint64_t budget);

/*
 * Decodes a word. False: no row, or unallocated (op->insn says which row: A64_UNKNOWN means none). op->exec is set in any
 * case.
 */
bool a64_decode(uint32_t word, uint64_t feats, struct a64_op *op);
/* Name of a row (ADD_i), for A64_UNKNOWN "unknown". */
const char *a64_insn_name(enum a64_insn insn);
/* Mask and value of the fixed bits of a row, and its class. */
void a64_insn_bits(enum a64_insn insn, uint32_t *mask, uint32_t *value);
/* Its bits that the manual has as (0) or (1): here either is taken. */
uint32_t a64_insn_either(enum a64_insn insn);

/* Has the row an operand that is a SIMD and floating-point register? */
bool a64_insn_is_vector(enum a64_insn insn);

/* Forget translations and decoded code: after the world changed memory, or a register that translation depends on. */
void a64_flush_tlb(struct a64 *c);
void a64_flush_code(struct a64 *c);

/* PSTATE as SPSR_ELx has it (with NZCV), and back; changes of EL and SPSel switch the stack pointer. */
uint64_t a64_spsr(const struct a64 *c);
/* False: not a legal state (M[4] set, an EL that is not there): PSTATE.IL is set instead. */
bool a64_set_spsr(struct a64 *c, uint64_t spsr);

/*
 * Takes a synchronous exception (class ec, syndrome iss with IL) from the instruction at c->pc, or an interrupt, to its
 * target: inside by the vector table, outside by stopping. Returns 1 (see a64_exec).
 */
int a64_exception(struct a64 *c, unsigned ec, uint32_t iss, uint64_t far);

/* System registers by their row; E2H and _EL12 redirection are the instruction's, not done here. */
const char *a64_reg_name(enum a64_reg reg);
/*
 * Write v as MSR does, with what hangs on it (lock status, translations, watched pages): for who emulates an access that was
 * trapped. Not the world's registers. True: pc's page is to be looked up anew.
 */
bool a64_reg_store(struct a64 *c, enum a64_reg reg, uint64_t v);
/* op0, op1, CRn, CRm, op2 of a row; and whether its value is the world's (struct a64_bus.read_reg). */
void a64_reg_encoding(enum a64_reg reg, unsigned op[5]);
bool a64_reg_is_world(enum a64_reg reg);
enum a64_reg a64_reg_by_encoding(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2);

#endif
