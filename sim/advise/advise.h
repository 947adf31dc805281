/* SPDX-License-Identifier: Apache-2.0 */
/* What other policies would make of a configuration: its variants, compiled, judged, run, and set beside it. */
#ifndef EL2SIM_ADVISE_ADVISE_H
#define EL2SIM_ADVISE_ADVISE_H

#include "models/cal/band.h"
#include "models/hyp/check/patch_check.h"
#include "sim/app/job.h"

/* A policy of a group, or of a register alone, in place of the one that the configuration gives it. */
struct change {
	uint8_t group;  /* enum sr_group */
	uint16_t reg;   /* enum sysreg; SR_NONE: of the group */
	uint8_t policy; /* enum ws_policy */
};
/* "debug", "MDSCR_EL1": the key in [policy]. */
const char *change_key(const struct change *x);

/* What a run came to: sums over its exits. */
struct toll {
	uint64_t exits, accesses;
	uint64_t cycles, milli; /* modelled */
};
/* Thousandths per exit. */
int64_t toll_accesses(const struct toll *t);
int64_t toll_cycles(const struct toll *t);
/* Cycles, then accesses: below 0 if a is cheaper, 0 if they are equal. */
int toll_compare(const struct toll *a, const struct toll *b);

/* What the explorer says of a program, up to a depth. */
struct explored {
	bool done;
	unsigned depth;
	uint64_t states;
	char *story; /* the shortest to a violation, with what it violates; NULL: none was found */
};

/* The configuration with some changes. */
struct variant {
	struct change *change;
	size_t n;
	struct ws_prog *prog; /* NULL: a change has no meaning here */
	char *no;             /* why not */
	bool same;            /* it is the program of the configuration as it is */
	bool at_least;        /* it costs more than the run says: accesses trap that no run counts */
	char *fault;          /* what makes it unsound, NULL: nothing was found */
	struct toll toll;
	struct band_form form; /* of the cycles of an exit */
	char *moves;          /* of one change: when the run moved it, in words */
	struct explored explored;
};

/* A violation of the explorer, by what it is called. */
struct known {
	bool flag;
	uint8_t rule;
	char *what;
};

struct advisor {
	const struct config *c;
	const struct arg_list *overrides; /* that it was loaded with */
	const char *trace;                /* NULL: the configuration's */
	struct pool *pool;
	struct job base;                  /* the configuration as it is, run */
	struct toll now;
	struct band_form form; /* of the cycles of an exit, as it is */
	struct ws_base *judge;            /* of the program without policies */
	char *fault;                      /* of the configuration as it is */
	unsigned depth;                   /* of the explorer */
	struct known *known;              /* what the explorer finds without policies, */
	size_t n_known;                   /* once it was asked */
	bool asked;
};

/* Run the configuration as it is. ERR_INPUT: its trace lacks events. c and overrides must last. Free with advisor_free in any case. */
int advisor_begin(struct advisor *a, const struct config *c, const struct arg_list *overrides, const char *trace, unsigned depth,
		  struct pool *pool, struct err *e);
void advisor_free(struct advisor *a);

/* The configuration's program with every policy `model`: what is wrong in that is the kernel's. As config_compile; c must last. */
struct ws_prog *program_without(const struct config *c, struct err *e);
/* A variant with these changes, compiled and judged. Free with variant_free. */
void variant_init(const struct advisor *a, struct variant *v, const struct change *x, size_t n);
void variant_free(struct variant *v);
/* Run those that have a program; equal programs once. */
int variants_run(const struct advisor *a, struct variant *v, size_t n, struct err *e);
/* The form of what ops of a run cost an exit: those that touch x; NULL: all. */
struct band_form exit_form(const struct outcome *o, const struct change *x);
/* Is it sound, is what it costs all that it costs, and is that less? */
bool variant_gains(const struct advisor *a, const struct variant *v);
/* Ask the explorer, once. What it finds in a variant that was sound makes it unsound. */
void variant_explore(struct advisor *a, struct variant *v);

/* One variant per group that the program moves, and policy that it has not; then per register. groups_only: not the registers. */
struct variant *variants_of_all(const struct advisor *a, bool groups_only, size_t *n);
void variants_free(struct variant *v, size_t n);

/* Does an op move something of the group or register? */
bool change_touches(const struct change *x, const struct ws_op *op);
/* When a run moved it: "enter 2499, exit 2499 (if debug-dirty)"; "" if it never does. */
void moves_text(const struct outcome *o, const struct change *x, struct str *b);

/*
 * The sound variants together that get an exit to budget cycles (thousandths), with the least changes: *v, run. enough: false: the
 * cheapest that is sound costs more, and is *v. all, n: variants_of_all, run.
 */
int choose_within(struct advisor *a, const struct variant *all, size_t n, int64_t budget, struct variant *v, bool *enough, struct err *e);

/* ---- as parts of a report ---- */

struct rep;

/* "el1=deferred and timer=eager"; "as it is" for none. */
void changes_text(const struct change *x, size_t n, struct str *b);
/* "1,020.8" of thousandths. */
const char *per_exit_text(int64_t thousandths, char buf[static RUN_COUNT_TEXT]);
/* Facts of the configuration and its run. */
void advice_facts(const struct advisor *a, struct rep *r);
/* The answer, ranked: sorts v. stories: so many of the unsound variants that would save most are explored for a story. */
void advice_report(struct advisor *a, struct variant *v, size_t n, unsigned stories, struct rep *r);
/* What a budget allows; false: it cannot be met. */
bool budget_report(struct advisor *a, struct variant *v, bool enough, int64_t budget, struct rep *r);
/* Which of the policies that another configuration has makes it unsound, or dear. ERR_CONFIG. */
int bisect_report(struct advisor *a, const char *file, struct rep *r, struct err *e);

#endif
