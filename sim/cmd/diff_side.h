/* SPDX-License-Identifier: Apache-2.0 */
/* One side of a comparison: a report (JSON), a results file of a sweep, or a configuration, which is run. */
#ifndef EL2SIM_CMD_DIFF_SIDE_H
#define EL2SIM_CMD_DIFF_SIDE_H

#include "sim/app/args.h"
#include "sim/document/rep.h"
#include "sim/store/store.h"

struct diff_side {
	const char *path;
	struct store *store; /* of a sweep, else NULL */
	struct rep *rep;     /* of a report, or of the run of a configuration */
	size_t n;	     /* points; 1 if it is no sweep */
	char **label;	     /* of each point: "axis=value ...", axes by name; "" if it is no sweep */
	size_t *order;	     /* points by label */
};

/*
 * Open a side; overrides are for a configuration. The file says itself what it is. ERR_INPUT; ERR_CONFIG and others as
 * of el2sim run. Free with diff_side_close, also after a failure.
 */
int diff_side_open(struct diff_side *s, const char *path, const struct arg_list *overrides, struct err *e);
void diff_side_close(struct diff_side *s);

/* The report of a point, NULL in *r with the reason in why if it has none. Given back with diff_side_done. ERR_INPUT. */
int diff_side_report(struct diff_side *s, size_t point, struct rep **r, struct str *why, struct err *e);
void diff_side_done(const struct diff_side *s, struct rep *r);

/*
 * The effective configuration of a point as "section.key=value", without values of a path profile, appended to out;
 * strings are the caller's. ERR_INPUT when the result has none, or has several.
 */
struct setting_list {
	char **v;
	size_t n;
};
int diff_side_settings(struct diff_side *s, size_t point, struct setting_list *out, struct err *e);
void setting_list_free(struct setting_list *l);

/*
 * Both are of the same kind of report, and sweeps have the same axes (one that has a single value and is missing on the other
 * side is left out of the labels). ERR_INPUT.
 */
int diff_sides_match(struct diff_side *a, struct diff_side *b, struct err *e);

#endif
