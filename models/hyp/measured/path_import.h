/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From recorded totals and registers to a path profile. The two files of a recording must agree: every
 * count that both have is compared, soft accesses too, so that a wrong rule or a mixed-up file is an
 * error.
 */
#ifndef EL2SIM_HYP_PATH_IMPORT_H
#define EL2SIM_HYP_PATH_IMPORT_H

#include "models/hyp/measured/path.h"
#include "models/hyp/measured/reference.h"
#include "models/hyp/measured/totals.h"
#include "sim/base/str.h"

/* What the two files say about a kind. */
struct path_recorded {
	unsigned pair;      /* which pair of files has it, from 1; 0 = none */
	unsigned long line; /* in the totals */
	uint64_t total[TOT_COUNT];
	uint64_t op[REF_OP_COUNT];      /* sums over the registers: host and hyp */
	uint64_t soft_op[REF_OP_COUNT]; /* of them, soft ones */
	uint64_t soft[PATH_ITEM_COUNT]; /* the same by item */
};

struct path_import {
	unsigned cfg;   /* vCPU configuration that is taken: set by the caller, all else 0 */
	unsigned pairs; /* read so far */
	char *kernel, *cpu, *mode;
	char *tag;      /* of the pair being read */
	struct path_recorded kind[PATH_KIND_COUNT];
};

/*
 * Add a recording: both paths, the second may be zstd. ERR_INPUT with file and line: a file that is not
 * what it should be, a kind that is not in path_kinds.def or given twice, recordings of different
 * kernels, files that do not agree.
 */
int path_import_add(struct path_import *im, const char *totals, const char *registers,
		    struct err *e);
void path_import_free(struct path_import *im);

/* An item of a kind as recorded, or derived from recorded kinds; false when there is none. */
bool path_import_item(const struct path_import *im, enum path_kind kind, enum path_item item,
		      uint64_t *v);

/* What a profile says beside the numbers. */
struct path_words {
	uint64_t vcpu; /* features, as path_profile.vcpu */
	const char *recorded_with, *source;
	const char *table; /* file name, relative to that of the INI */
};

/*
 * Add the profile's table (CSV, as path_read wants it) to out, and the INI that names it: same input, same bytes.
 * ERR_USAGE when a text of words, ERR_INPUT when a name of the recording is one that an INI file cannot hold.
 */
void path_import_table(const struct path_import *im, struct str *out);
int path_import_ini(const struct path_import *im, const struct path_words *words, struct str *out,
		    struct err *e);

#endif
