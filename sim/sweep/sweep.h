/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sweep: axes, the points they make, and the running of those points.
 *
 * Axes that move together (zip) are one wheel; points are all settings of the wheels, the last wheel fastest,
 * without those that `where` leaves out. A point is a command line: the command, the configuration, the axes'
 * values as overrides. Its hash is that of command, effective configuration, input files and program.
 */
#ifndef EL2SIM_SWEEP_SWEEP_H
#define EL2SIM_SWEEP_SWEEP_H

#include "sim/app/config.h"
#include "sim/base/digest.h"
#include "sim/store/store.h"

#define SWEEP_AXES_MAX   16	      /* two tables of a join each, and SQLite joins 64 */
#define SWEEP_VALUES_MAX 1000000
#define SWEEP_PRODUCT_MAX UINT64_C(100000000) /* combinations, before `where` */
#define SWEEP_POINTS_MAX  1000000 /* that are left to run: each is a row of the results file */

enum sweep_kind { SWEEP_OPTION, SWEEP_FILE, SWEEP_REPEAT };

struct sweep_axis {
	enum sweep_kind kind;
	const char *key;	   /* as written: "policy.el1", "include.machine" */
	const struct opt_row *row; /* NULL: SWEEP_FILE */
	struct store_axis s;
	size_t wheel;
};

struct sweep_where; /* a compiled condition */

/* The options of one combination of included files. */
struct sweep_base {
	struct store_setting *v; /* strings are owned */
	size_t n;
};

struct sweep_plan {
	const char *config;	    /* file */
	const struct arg_list *overrides;
	struct config experiment;
	char **word;		    /* of the command */
	size_t n_word;
	char *words_digest;	    /* of files that the command names */
	struct sweep_axis axis[SWEEP_AXES_MAX];
	size_t n_axis;
	size_t wheel_size[SWEEP_AXES_MAX], n_wheel;
	struct sweep_where *where;
	uint64_t product;	    /* points before `where` */
	uint64_t *point;	    /* setting of the wheels of each point */
	size_t n_point;
	struct sweep_base *base;
	size_t n_base;
	char (*hash)[DIGEST_TEXT];  /* of each point */
	char program[DIGEST_TEXT], plan[DIGEST_TEXT];
	char unread[300]; /* what could not be read for a hash, and why; "": nothing */
	void *files;		    /* digests of input files, by path */
};

/*
 * Make the plan of a configuration: axes are those of its [sweep] and of vary ("section.key=VALUES", instead of
 * or beside those). ERR_CONFIG, ERR_USAGE. Free with sweep_plan_free in any case.
 */
int sweep_plan_make(struct sweep_plan *p, const char *config, const struct arg_list *overrides,
		    const struct arg_list *vary, struct err *e);
void sweep_plan_free(struct sweep_plan *p);

/* Which value of each axis point i has; n_axis numbers. */
void sweep_ordinals(const struct sweep_plan *p, size_t i, uint32_t *ordinal);
/* The same of a setting of the wheels, below the product of their sizes. */
void sweep_turn(const struct sweep_plan *p, uint64_t setting, uint32_t *ordinal);
/* The base of point i (index), and its words: command, configuration, overrides. Free the words and the list. */
size_t sweep_base_of(const struct sweep_plan *p, const uint32_t *ordinal);
struct sweep_words {
	char **v; /* n words, then NULL */
	size_t n;
};
struct sweep_words sweep_words_of(const struct sweep_plan *p, const uint32_t *ordinal);
void sweep_words_free(struct sweep_words *w);
/* The words as a command line for a shell. */
void sweep_words_text(const struct sweep_words *w, struct str *b);

/* Write the plan to a results file, unless it is there. ERR_IO. */
int sweep_plan_store(const struct sweep_plan *p, struct store *s, struct err *e);

/* --- parts of the plan, for its own files ------------------------------------------------------ */

/* Values of an axis from its text. dir: what paths are relative to. ERR_CONFIG. */
int sweep_axis_values(struct sweep_axis *a, const struct opt_set *set, const char *text, const char *dir, struct err *e);
void sweep_axis_free(struct sweep_axis *a);
/* The axis of that name (its own or as written); NULL with ERR_CONFIG that names the nearest. */
const struct sweep_axis *sweep_axis_named(const struct sweep_plan *p, const char *name, struct err *e);

/* Compile a condition on the plan's axes; NULL with ERR_CONFIG. */
struct sweep_where *sweep_where_new(const struct sweep_plan *p, const char *text, struct err *e);
bool sweep_where_keeps(const struct sweep_where *w, const struct sweep_plan *p, const uint32_t *ordinal);
void sweep_where_free(struct sweep_where *w);

/* Base of each combination of included files, hash of each point and of the plan. ERR_CONFIG. */
int sweep_hash(struct sweep_plan *p, struct err *e);

#endif
