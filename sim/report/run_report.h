/* SPDX-License-Identifier: Apache-2.0 */
/* Outcomes as reports: one (`run`) or several side by side (`compare`). */
#ifndef EL2SIM_REPORT_RUN_REPORT_H
#define EL2SIM_REPORT_RUN_REPORT_H

#include "sim/report/outcome_report.h"

/* One plain exit handled in the kernel (an HVC that KVM does not know) in the steady state. */
void run_plain_exit(const struct ws_prog *p, struct ws_totals *t);

void run_report(const struct run_result *x, struct rep *r);

/* baseline: index of the result that the others are compared with. All replay a trace. */
void compare_report(const struct run_result *x, size_t n, size_t baseline, struct rep *r);
/*
 * The same of machines. baseline: of those of its size (outcome_clock.setup); those of another size are compared with the
 * first of it. Break-even: exits per load from which on a configuration whose loads cost more and whose exits cost less
 * than the baseline's (or the other way round) is the cheaper one.
 */
void compare_machines_report(const struct run_result *x, size_t n, size_t baseline, struct rep *r);

/* Facts of the trace; those, or those of the machine in simulated time. The same for all reports. */
void run_trace_facts(const struct run_result *x, struct rep *r);
void run_source_facts(const struct run_result *x, struct rep *r);
/* How far the cycles can be trusted. */
void calibration_note(const struct machine *m, struct rep *r);
/* What a reader must know of the bands of figures in cycles: once per machine. */
void band_note(const struct run_result *x, struct rep *r);
/* Each path profile once: what it lacks, and what stands in for what. */
void run_note_paths(const struct run_result *x, size_t n, struct rep *r);
/* What every reader must know beside the numbers of these results. */
void run_notes(const struct run_result *x, size_t n, struct rep *r);

#endif
