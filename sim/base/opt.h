/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The option engine: one row per option gives the struct member, default, range, unit and help;
 * parser, error messages, `el2sim config` and `el2sim config --doc` are expanded from the rows.
 *
 * Life of a set: opt_new, opt_add for each layer's rows, opt_load and opt_override in the order
 * given by the user, opt_done once. Rows may be static tables or built at run time from other
 * tables (one row per register group, per cost class, ...); they must outlive the set.
 */
#ifndef EL2SIM_BASE_OPT_H
#define EL2SIM_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"
#include "sim/base/str.h"

enum opt_type {
	OPT_INT,   /* int64_t: decimal or 0x hexadecimal, with or without the row's unit */
	OPT_FIXED, /* int64_t in thousandths of the unit: 0.5 is stored as 500 */
	OPT_BOOL,  /* bool: yes/no, true/false, on/off, 1/0 */
	OPT_ENUM,  /* int: index into names */
	OPT_FLAGS, /* uint64_t: bit i for names[i]; list separated by commas or spaces; "none" = 0 */
	OPT_STR,   /* const char *, owned by the set */
	OPT_NAMED, /* const char *, owned by the set: one of names, or a file, as OPT_PATH, that is there */
	OPT_PATH   /* const char *, owned by the set; relative to the file that sets it (command line: to the
		      working directory); "" = not set */
};

struct opt_row {
	const char *section;
	const char *key;
	enum opt_type type;
	size_t offset;            /* of the member in the struct given to opt_add */
	const char *def;          /* default, in the words of an INI file; NULL = must be set */
	int64_t min, max;         /* OPT_INT, OPT_FIXED (in thousandths): inclusive */
	const char *unit;         /* "" or cycles, Hz, ns, instructions, ...; kHz/MHz/GHz and us/ms/s are converted */
	const char *const *names; /* OPT_ENUM, OPT_FLAGS, OPT_NAMED: NULL-terminated */
	const char *help;         /* one sentence without a full stop */
};

/* Does a value of that row name a file? OPT_PATH, and OPT_NAMED that is none of the names; not "". */
bool opt_is_file(const struct opt_row *row, const char *value);

struct opt_set;

struct opt_set *opt_new(void);
void opt_free(struct opt_set *set);

/* Add n rows whose members live in base. A row that names a section.key already there is BUG(). */
void opt_add(struct opt_set *set, const struct opt_row *rows, size_t n, void *base);

/*
 * Sections of a kind that a file may have several of, [PREFIX.NAME]: make adds the rows of one
 * (opt_add) when it is first mentioned, in a file or on the command line. Its -1 with ERR_CONFIG
 * refuses the name.
 */
typedef int opt_section_fn(struct opt_set *set, const char *section, void *ctx, struct err *e);
void opt_sections(struct opt_set *set, const char *prefix, opt_section_fn *make, void *ctx);

/*
 * Read an INI file. `[el2sim] include = PATH` (repeatable, relative to the including file, then to the
 * shipped configs) is read in place; a key of the including file wins over an included one whatever the
 * order; of two includes the later wins. `[source] section.key = text` records where a value comes from.
 * Errors (ERR_CONFIG, "file:line: ..."): unknown section or key with the nearest known one, a key twice in
 * one file, value out of range or of the wrong unit, overlong line or name, include loop, unreadable file.
 */
int opt_load(struct opt_set *set, const char *path, struct err *e);
/* The same of a text in memory; path is its place in messages, and what includes are relative to. */
int opt_load_text(struct opt_set *set, const char *path, const char *text, size_t n, struct err *e);

/* "section.key=value" (with or without leading "--"); the place in messages is "command line". */
int opt_override(struct opt_set *set, const char *assignment, struct err *e);

/* Fill what nobody set with its default; call once after the last load. */
int opt_done(struct opt_set *set, struct err *e);

/* The files that were read, includes too, in the order of reading; a file may be there twice. */
size_t opt_files(const struct opt_set *set);
const char *opt_file_at(const struct opt_set *set, size_t i);

/* One effective option as seen by `el2sim config`. Strings belong to the set. */
struct opt_view {
	const struct opt_row *row;
	const char *value;  /* canonical text without unit */
	const char *origin; /* "default", "command line" or "file:line" */
	const char *source; /* from [source], "" if not given */
	bool is_default;    /* nobody set it */
};

/* Number of options, and the i-th in the order of opt_add. */
size_t opt_count(const struct opt_set *set);
struct opt_view opt_at(const struct opt_set *set, size_t i);
/* Look one up; returns false if there is no such option. */
bool opt_find(const struct opt_set *set, const char *section, const char *key, struct opt_view *v);

/*
 * An option's value was found wrong after it was read: "origin: [section] key: " before the sentence in *e, and ERR_CONFIG.
 * Returns -1.
 */
int opt_blame(const struct opt_set *set, const char *section, const char *key, struct err *e);

/*
 * Parse text as a value of option `name` ("section.key") without storing it; dir: what a path is relative to, as
 * in gathered. Its canonical text, without unit, is put into b; *num (may be NULL): value of OPT_INT, thousandths
 * of OPT_FIXED. ERR_CONFIG.
 */
int opt_check(const struct opt_set *set, const char *name, const char *text, const char *dir, struct str *b,
	      int64_t *num, struct err *e);
/* The row of "section.key"; NULL with ERR_CONFIG that names the nearest. */
const struct opt_row *opt_row_named(const struct opt_set *set, const char *name, struct err *e);

/*
 * Keys of one section that are written "section.key" are not options but gathered for who knows what they mean
 * ([sweep] machine.vcpus = 1..8). They must name an option, or start with the prefix and a name (include.machine).
 * Of two files the including one wins. Call before the first load.
 */
void opt_gather(struct opt_set *set, const char *section, const char *prefix);
struct opt_gathered {
	const char *key, *text;
	const char *origin; /* "file:line" */
	const char *dir;    /* folder of that file, "" for the working directory */
};
size_t opt_gathered_count(const struct opt_set *set);
struct opt_gathered opt_gathered_at(const struct opt_set *set, size_t i);

/*
 * A time as every option takes it: a number and ns, us, ms or s; without one of them in unit, which is one of them. *v is in
 * unit. False if it is none, or no whole number of the unit.
 */
bool opt_time(const char *text, const char *unit, uint64_t *v);

#endif
