/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the option engine; for sim/base/opt*.c and their tests only.
 *
 *	opt.c        the set: rows, lookup, overrides, defaults, views
 *	opt_value.c  the text of one value to a number, a list of flags, ..., and back
 *	opt_load.c   files: lines, sections, includes; gathers all entries, then applies them
 */
#ifndef EL2SIM_BASE_OPT_IMPL_H
#define EL2SIM_BASE_OPT_IMPL_H

#include "sim/base/opt.h"
#include "sim/base/str.h"

/* A value of any type, and its canonical text. */
struct opt_value {
	int64_t num;   /* OPT_INT, OPT_FIXED, OPT_BOOL, OPT_ENUM */
	uint64_t bits; /* OPT_FLAGS */
	struct str text;
};

/* Where a file being read said something: serial number of the reading, line. */
struct opt_mark {
	unsigned long file, line;
};

struct opt_slot {
	const struct opt_row *row;
	void *base;
	char *name; /* "section.key" */
	char *value, *origin, *source;
	bool is_set;
	struct opt_mark value_mark, source_mark; /* to find a key that a file has twice */
};

struct opt_gather {
	char *key, *text, *origin, *dir;
};

struct opt_kind {
	const char *prefix;
	opt_section_fn *make;
	void *ctx;
};

struct opt_set {
	struct opt_slot **slots;  /* in the order of opt_add */
	struct opt_slot **sorted; /* by name */
	size_t n;
	const char *gather_section, *gather_prefix; /* NULL: nothing is gathered */
	struct opt_gather *gathered;
	size_t n_gathered;
	struct opt_kind *kinds;   /* of sections that files may invent */
	size_t n_kinds;
	unsigned long files; /* serial number of the last file read */
	char **file;	     /* their names, files of them */
};

/* --- opt.c --- */
/* NULL when there is none. name is "section.key". */
struct opt_slot *opt_slot_named(const struct opt_set *set, const char *name);
struct opt_slot *opt_slot_in(const struct opt_set *set, const char *section, const char *key);
/* Make the section if it is one that a file may invent and is not there yet. */
int opt_section_make(struct opt_set *set, const char *section, struct err *e);
bool opt_has_section(const struct opt_set *set, const char *section);
/* Nearest known section, key of the section, or section.key; NULL if none is near. */
const char *opt_near_section(const struct opt_set *set, const char *section);
const char *opt_near_key(const struct opt_set *set, const char *section, const char *key);
const char *opt_near_name(const struct opt_set *set, const char *name);
/* Put a value where the row says; takes v's text, forgets the source of the value before. */
void opt_store(struct opt_slot *slot, struct opt_value *v, const char *origin);
/* Gather, or replace what has the same key. */
void opt_gather_put(struct opt_set *set, const char *key, const char *text, const char *origin, const char *dir);
void opt_store_source(struct opt_slot *slot, const char *text);

/* --- opt_value.c --- */
/* Parse text for row. dir is what an OPT_PATH is relative to ("" = working directory). ERR_CONFIG. */
int opt_value_parse(const struct opt_row *row, const char *text, const char *dir, struct opt_value *v,
		    struct err *e);
/* Printable UTF-8 and tabs only, so that every writer of reports can print it. ERR_CONFIG. */
int opt_text_check(const char *s, size_t n, struct err *e);
/* Add path to b, as seen from dir ("" = working directory). */
void opt_path_join(struct str *b, const char *dir, const char *path);

#endif
