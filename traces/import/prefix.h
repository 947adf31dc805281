/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before a line that was quoted, searched, numbered or logged (prefix.def). */
#ifndef EL2SIM_IMPORT_PREFIX_H
#define EL2SIM_IMPORT_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"

enum prefix_kind {
#define PREFIX(id, name, help) PREFIX_##id,
#include "traces/import/prefix.def"
	PREFIX_KINDS
};

#define PREFIX_ALL ((1u << PREFIX_KINDS) - 1)

/* A prefix that was found. */
struct prefix {
	size_t len;         /* bytes; 0: none */
	unsigned kinds;     /* bit 1 << enum prefix_kind for each part */
	const char *stream; /* name in it, n_stream bytes; NULL: none */
	size_t n_stream;
	uint64_t number; /* of the line, with PREFIX_number */
};

const char *prefix_name(enum prefix_kind kind);

/* The longest chain of the allowed kinds (bits) at the start of a line. */
struct prefix prefix_of(const char *line, unsigned allowed);

/*
 * What --strip-prefix asks for: "auto" or NULL (*kinds all, *forced false), "none" (*kinds 0),
 * names of prefix.def separated by commas (*forced), or a number of columns (*columns). ERR_USAGE.
 */
int prefix_option(const char *text, unsigned *kinds, bool *forced, size_t *columns, struct err *e);

#endif
