/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the report of compare: compare_report.c (tables), compare_verdict.c (sentences). */
#ifndef EL2SIM_REPORT_COMPARE_IMPL_H
#define EL2SIM_REPORT_COMPARE_IMPL_H

#include "sim/report/bands.h"
#include "sim/report/run_report.h"
#include "sim/report/spans.h"

struct sheet {
	const struct run_result *x;
	size_t n, baseline;
	struct run_sums *sums;
	struct ws_totals *plain; /* one HVC handled in the kernel */
	struct bands *bands;     /* of each configuration */
	struct rep *r;
	const struct sheet *most; /* upper bounds, if the trace lacks events; else NULL */
};

/* A figure of configuration i. */
typedef uint64_t number_fn(const struct sheet *s, size_t i, unsigned arg);
number_fn compare_plain;    /* accesses of one HVC handled in the kernel */
number_fn compare_all;      /* accesses of the whole trace */
number_fn compare_modelled; /* cycles of the whole trace, as modelled */
number_fn compare_cycles;   /* and of the host's path; 0 when nothing is known of it */

/* Which costs made a figure in cycles. */
typedef struct band_form form_fn(const struct sheet *s, size_t i, unsigned arg);
form_fn compare_modelled_form;
form_fn compare_cycles_form;

/* The headline of a column that is not the baseline. */
void compare_verdict(const struct sheet *s, size_t i);
/* Whether its cycles are told apart from the baseline's by the costs' deviations. */
void compare_apart(const struct sheet *s, size_t i);
/* Deferral pays per exit and is paid per load: say how many exits this trace has for each. */
void compare_mechanism(const struct sheet *s);

#endif
