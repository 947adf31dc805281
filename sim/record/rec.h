/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recording of a user's kernel: what the plugin wrote, folded into the ways that the turns of each kind went, and what is made of
 * it. Order of use: rec_image_open, rec_symbols_open, rec_machine_run (which feeds a rec_take), rec_count, rec_files_make.
 */
#ifndef EL2SIM_RECORD_REC_H
#define EL2SIM_RECORD_REC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/hyp/measured/reference.h"
#include "models/hyp/measured/totals.h"
#include "models/vmlinux/ops.h"
#include "sim/base/err.h"
#include "sim/base/str.h"
#include "sim/record/target/record.h"

/* --- tables (rec_kinds.c) --------------------------------------------------------------------- */

enum rec_class { REC_GUEST, REC_CALL, REC_PICK };
enum rec_needs { REC_ANY, REC_PMU, REC_PTRAUTH, REC_SVE };
enum { REC_CFGS = 3 };

struct rec_kind {
	const char *name;
	uint8_t help;         /* rec_kind_help */
	uint8_t class, needs; /* enum rec_class, enum rec_needs */
	uint8_t of;           /* REC_PICK: enum record_kind */
	uint16_t times;       /* 0: as many as there are registers */
};

enum rec_mode {
#define RECORD_MODE(id, ...) REC_MODE_##id,
#include "sim/record/modes.def"
	REC_MODES
};

struct rec_mode_row {
	const char *name, *append, *log, *log_old, *help;
};

extern const struct rec_kind rec_kinds[RECORD_KINDS];
extern const struct rec_mode_row rec_modes[REC_MODES];
extern const char *const rec_mode_names[REC_MODES + 1]; /* NULL-terminated */
const char *rec_kind_help(unsigned kind);
const char *rec_kind_help(unsigned kind);
extern const char *const rec_cfg_names[REC_CFGS];       /* plain, pmu, full */

/* "hvc_unknown,mmio_*": bits of kinds, with those that they are picked of. ERR_USAGE with the nearest name. */
int rec_parse_kinds(const char *list, uint64_t *kinds, struct err *e);
/* "plain,full": bits of configurations. ERR_USAGE. */
int rec_parse_cfgs(const char *list, unsigned *cfgs, struct err *e);
/* The CPU as references name it (n1) and as QEMU does (neoverse-n1, with properties), of either. */
void rec_cpu_names(const char *cpu, struct str *name, struct str *model);

/* --- the kernel (rec_image.c, rec_symbols.c) ---------------------------------------------------- */

struct rec_image {
	const char *path;
	uint8_t *bytes; /* unpacked */
	size_t n;
	char sha256[65]; /* of the file */
	char release[64]; /* 6.12.117+deb12-arm64 */
	char version[24]; /* 6.12 */
};

/* An arm64 Image, plain, compressed, or in an EFI application that unpacks itself. path must last. ERR_INPUT. */
int rec_image_open(struct rec_image *img, const char *path, struct err *e);
void rec_image_close(struct rec_image *img);

struct rec_symbols {
	struct rec_symbol {
		uint64_t addr;
		const char *name;
	} *v; /* by address, one for each */
	size_t n, cap;
	char *text;
	struct vml_image *elf;
	uint64_t base; /* of the image: _text */
};

/* A vmlinux, a System.map or a copy of /proc/kallsyms. ERR_INPUT: none, or of another kernel than the image. */
int rec_symbols_open(struct rec_symbols *s, const char *path, const struct rec_image *img, struct err *e);
void rec_symbols_close(struct rec_symbols *s);
/* The function that an address lies in, NULL: none. */
const char *rec_symbol_at(const struct rec_symbols *s, uint64_t addr);

/* --- what was executed (rec_take.c) ------------------------------------------------------------- */

struct rec_insn {
	uint64_t addr;
	uint32_t word;
	uint8_t region;       /* enum ref_region */
	struct vml_what what; /* kind VML_KINDS: no system instruction */
};

struct rec_run {
	uint32_t first, n, times;
};

/* One way that a turn went, instruction by instruction; what the guest did apart from system instructions is not compared. */
struct rec_way {
	struct rec_run *run;
	size_t n;
	uint64_t system; /* hash of its system instructions, DC ZVA left out */
	uint64_t all;    /* hash of all that is compared */
	uint64_t turns;
	bool user;       /* a thread of the VMM ran in it */
};

/* What was recorded of one kind in one configuration. */
struct rec_case {
	struct rec_way *way;
	size_t n, cap;
	uint64_t turns;
	bool absent, begun;
};

struct rec_take {
	struct rec_insn *insn;
	size_t n_insn, cap_insn;
	struct rec_case of[REC_CFGS][RECORD_KINDS];
	unsigned cfg;
	int kind;          /* that is being recorded, -1: none */
	bool woken, done, ended, lost;
	uint64_t bytes;
	unsigned cpu;
	struct rec_open {  /* the turn that each CPU is in */
		struct rec_run *run;
		size_t n, cap;
		int kind;
	} open[8];
	uint8_t rest[4096 * 4 + 16]; /* bytes of an item that is not whole yet */
	size_t n_rest;
};

void rec_take_begin(struct rec_take *t);
/* More of the plugin's output. ERR_INPUT: it is not of our plugin. */
int rec_take_feed(struct rec_take *t, const uint8_t *bytes, size_t n, struct err *e);
void rec_take_free(struct rec_take *t);
/* At the end, once: the kinds that are picked of others; everything that was asked for is there, every turn of it. ERR_INPUT: what is missing. */
int rec_take_finish(struct rec_take *t, unsigned cfgs, uint64_t kinds, struct err *e);

/* --- the machine (rec_machine.c, rec_initrd.c) --------------------------------------------------- */

struct rec_machine {
	const char *qemu, *model, *append, *console; /* console: a file that keeps it, or NULL */
	enum rec_mode mode;
	unsigned cfgs;
	uint64_t kinds, seconds; /* time limit */
	const struct rec_image *image;
	struct str version, line; /* of QEMU, out: what it says of itself; its command line */
	char plugin_sha256[65], vmm_sha256[65]; /* out */
};

/* The initial file system with the VMM, cpio newc. ERR_INPUT, ERR_IO. */
int rec_initrd_write(const char *path, const char *vmm, struct err *e);
/*
 * Boots the kernel, feeds *t (rec_take_begin was called) until the machine is off. ERR_INPUT: it did not do everything: a panic, no KVM,
 * another mode, the time limit, an error of the VMM, with what was being recorded; ERR_USAGE: no QEMU, or none with that CPU.
 */
int rec_machine_run(struct rec_machine *m, struct rec_take *t, const char *what, struct err *e);
void rec_machine_free(struct rec_machine *m);

/* --- counts (rec_count.c) -------------------------------------------------------------------------- */

/* A register, barrier or other operation of a way, in a function. */
struct rec_op {
	uint8_t op, region; /* enum ref_op, enum ref_region */
	uint32_t function;  /* index of names */
	uint64_t count;
	char reg[VML_WHAT_NAME + 8], effective[VML_WHAT_NAME + 8];
};

struct rec_function {
	uint8_t region;
	uint32_t name;
	uint64_t insns, mem, system;
};

struct rec_counts {
	uint64_t v[TOT_COUNT];
	double mean[4]; /* reads, writes, ISB, instructions of the host and its hypervisor, over all turns */
	const struct rec_way *way; /* the commonest */
	struct rec_op *op;
	size_t n_op;
	struct rec_function *function;
	size_t n_function;
};

struct rec_result {
	const struct rec_take *take;
	const struct rec_symbols *symbols;
	enum rec_mode mode;
	const char **name; /* of functions */
	size_t n_name, cap_name;
	uint32_t *function; /* of each instruction of the take */
	struct rec_counts of[REC_CFGS][RECORD_KINDS];
};

/* All of it; the take, the symbols and the image must last. Free with rec_result_free. */
void rec_count(struct rec_result *r, const struct rec_take *t, const struct rec_symbols *s, const struct rec_image *img, enum rec_mode mode);
/* Of that: name[] and function[] (rec_place.c). "unknown": code that is not of the image. */
void rec_place(struct rec_result *r, const struct rec_image *img);
void rec_result_free(struct rec_result *r);
/* What an instruction is called in references: false, if references do not have it. */
bool rec_op_of(const struct rec_insn *insn, enum rec_mode mode, struct rec_op *op);
unsigned rec_el(uint8_t region, enum rec_mode mode);

/* --- files (rec_files.c) ---------------------------------------------------------------------------- */

/* X(id, suffix): what is written beside each other. */
#define REC_FILES(X)                                                                                                           \
	X(REFERENCE, ".csv")                                                                                                   \
	X(TOTALS, "-totals.csv")                                                                                               \
	X(FUNCTIONS, "-functions.csv")                                                                                         \
	X(ORDER, "-order.tar")                                                                                                 \
	X(PROVENANCE, "-provenance.json")

enum rec_file {
#define X(id, suffix) REC_FILE_##id,
	REC_FILES(X)
#undef X
	REC_FILE_COUNT
};

struct rec_files {
	struct str text[REC_FILE_COUNT];
};

/* The files' contents but the provenance. kernel, cpu: as references name them. ERR_MEMORY: the archive could not be made. */
int rec_files_make(struct rec_files *f, const struct rec_result *r, const char *kernel, const char *cpu, struct err *e);
/* All of them, or none: stem and their suffixes. ERR_IO. */
int rec_files_write(const struct rec_files *f, const char *stem, struct err *e);
void rec_files_free(struct rec_files *f);

#endif
