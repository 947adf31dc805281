/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel as the command line gives it: the file, and what is known of the machine it runs on. */
#ifndef EL2SIM_PRICE_SUBJECT_H
#define EL2SIM_PRICE_SUBJECT_H

#include "models/vmlinux/paths.h"
#include "sim/app/args.h"
#include "sim/document/rep.h"

struct subject_args {
	const char *machine; /* a configuration with [machine]; NULL: none */
	const char *dmesg;
	struct arg_list assume; /* NAME=on */
	/* Of several kernels: how many have each assumption's condition, and behind them how many were opened; NULL: each must. */
	size_t *found;
	uint64_t depth; /* calls from a root; 0: SUBJECT_DEPTH */
	bool soft;
};

enum { SUBJECT_DEPTH = 6 };

/* Argument rows for a member of type struct subject_args. */
#define SUBJECT_ARG_ROWS(type, member)                                                              \
	{ "--machine", NULL, ARG_STR, offsetof(type, member) + offsetof(struct subject_args, machine), "CONFIG", \
	  .help = "resolve alternatives and static keys for this machine: a configuration with [machine], such as "  \
		  "machine/neoverse-n1.ini" },                                                      \
	{ "--dmesg", NULL, ARG_STR, offsetof(type, member) + offsetof(struct subject_args, dmesg), "FILE", \
	  .help = "resolve them as a kernel's log says (\"CPU features: detected: ...\"); wins over --machine" }, \
	{ "--assume", NULL, ARG_LIST, offsetof(type, member) + offsetof(struct subject_args, assume), "NAME=STATE", \
	  .help = "resolve one: a capability or static key (part of its name will do), on, off or unknown" }, \
	{ "--depth", NULL, ARG_U64, offsetof(type, member) + offsetof(struct subject_args, depth), "N", .min = 1, .max = 1000, \
	  .help = "how many calls from a phase's beginning, instead of 6" },                        \
	{ "--soft", NULL, ARG_FLAG, offsetof(type, member) + offsetof(struct subject_args, soft),   \
	  .help = "also what any kernel code does: reads of current, the per-CPU base, DAIF and CurrentEL, writes of DAIF" }

/* Opens it, resolves, finds the paths. ERR_INPUT, ERR_CONFIG, ERR_USAGE. Free with vml_kernel_close, also after a failure. */
int subject_open(struct vml_kernel *k, const char *path, const struct subject_args *a, size_t *unknown_lines, struct err *e);

/* Before the first of several kernels: an assumption may be of one of them. */
void subject_several(struct subject_args *a);
/* Behind the last: no kernel has an assumption's condition, ERR_USAGE. Frees what subject_several made, also with rc != 0, which it returns. */
int subject_all_assumed(struct subject_args *a, int rc, struct err *e);

/* Is the operation left out (soft, and not asked for)? */
bool subject_hides(const struct subject_args *a, struct vml_what what);
/* "6.12.117+deb12-arm64" of the banner in the image, "unknown" if there is none; adds to text. */
void subject_version(const struct vml_kernel *k, struct str *text);
/* "LOAD RUN" of bits; adds to text. */
void subject_phases(unsigned phases, struct str *text);
/* A function of the kernel that makes code when it starts (alternative callback), and of how many functions on the path. */
struct subject_maker {
	const char *name;
	uint64_t functions;
};
/* All of a kernel, by name; returns how many, *list is to be freed. */
size_t subject_makers(const struct vml_kernel *k, struct subject_maker **list);

/* Provenance of a folder: the hash of the image that its objects make. Of a file the report finds it itself. */
void subject_source(const struct vml_kernel *k, struct rep *r);
/* What was not resolved, as notes. */
void subject_notes(const struct vml_kernel *k, const struct subject_args *a, size_t unknown_lines, struct rep *r);

/* Sums of operations. */
struct subject_sums {
	uint64_t reads, writes, barriers, other;
};
void subject_sum(struct subject_sums *s, struct vml_what what);

#endif
