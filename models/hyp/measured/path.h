/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Path profiles: the measured part of the cycle model, per kind of exit. What the switch model does
 * not derive (instructions of the kernel's C code, its own uses of per-CPU base, current and DAIF)
 * comes from the files of configs/kernel, recorded for one kernel, CPU, mode and vCPU configuration.
 */
#ifndef EL2SIM_HYP_PATH_H
#define EL2SIM_HYP_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/opt.h"

enum path_kind {
#define PATH_KIND(name, help) PATH_KIND_##name,
#include "models/hyp/measured/path_kinds.def"
	PATH_KIND_COUNT
};

enum path_item {
#define PATH_ITEM(key, unit, column, help) PATH_##key,
#include "models/hyp/measured/path.def"
	PATH_ITEM_COUNT
};

#define PATH_NOT_MEASURED (-1)
#define PATH_VALUE_MAX    1000000000000 /* of any item */

struct path_profile {
	const char *kernel, *machine, *mode; /* 6.12, n1, vhe; "" = no profile */
	uint64_t vcpu;                       /* features of the vCPU, bit i: the i-th VCOND of conds.def */
	const char *recorded_with, *source;
	const char *table; /* file, "" = none */
	int64_t item[PATH_KIND_COUNT][PATH_ITEM_COUNT]; /* per exit; PATH_NOT_MEASURED */
};

/* Add the options, [profile]. Once they are set, path_read. */
void path_opt_add(struct opt_set *set, struct path_profile *p);

/*
 * Fill p->item from p->table: columns kind, source and each item; a row per kind; a field that is empty is not
 * measured. source says where a row comes from: "recorded: ...", "derived: ...", "assumed: ..." or "left out: ..."
 * (only that has no values). Without a table nothing is measured. ERR_INPUT with file and line: an unknown column or
 * kind with the nearest, a kind twice, no number.
 */
int path_read(struct path_profile *p, struct err *e);
/* Columns of the table, in order: kind, source, and the items. */
#define PATH_COLUMN_COUNT (2 + PATH_ITEM_COUNT)
const char *const *path_columns(void);

/* Is the kind measured (has one of its items a value, 0 included)? */
bool path_has(const struct path_profile *p, enum path_kind kind);
/* The value of an item; 0 when it is not given: a measured kind leaves out what is 0. */
uint64_t path_get(const struct path_profile *p, enum path_kind kind, enum path_item item);

/* Names of the vCPU's features, NULL-terminated; the i-th is bit i of path_profile.vcpu. */
const char *const *path_vcpu_names(void);

const char *path_kind_name(enum path_kind kind);
const char *path_kind_help(enum path_kind kind);
/* Returns false if there is none of that name. */
bool path_kind_by_name(const char *name, enum path_kind *kind);
/* The same; *e says that there is none, with the nearest or the row to add. ERR_INPUT. */
int path_kind_find(const char *name, enum path_kind *kind, struct err *e);
const char *path_item_name(enum path_item item);
const char *path_item_unit(enum path_item item);
const char *path_item_help(enum path_item item);

#endif
