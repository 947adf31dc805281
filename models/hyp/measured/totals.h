/* SPDX-License-Identifier: Apache-2.0 */
/* A recording's totals, read row by row: one row per exit kind and vCPU configuration. Plain CSV or zstd. */
#ifndef EL2SIM_HYP_TOTALS_H
#define EL2SIM_HYP_TOTALS_H

#include <stdint.h>

#include "sim/base/err.h"

/* Columns: X(name, type). COUNT: per exit on the commonest path; mean_*: over all exits. */
#define TOTALS_COLUMNS(X)                                                                           \
	X(tag, TEXT) X(kind, TEXT) X(cfg, COUNT) X(modal, COUNT) X(nseg, COUNT) X(distinct, COUNT)   \
	X(insn_host, COUNT) X(insn_hyp, COUNT) X(insn_user, COUNT) X(insn_guest, COUNT) X(mem, COUNT) \
	X(read, COUNT) X(soft_read, COUNT) X(write, COUNT) X(soft_write, COUNT) X(isb, COUNT)        \
	X(dsb, COUNT) X(dmb, COUNT) X(eret, COUNT) X(hvc, COUNT) X(tlbi, COUNT) X(at, COUNT)         \
	X(dc, COUNT) X(ic, COUNT) X(dczva, COUNT) X(sb, COUNT) X(pstate, COUNT) X(wfx, COUNT)        \
	X(hyp_read, COUNT) X(hyp_write, COUNT) X(hyp_isb, COUNT) X(hyp_eret, COUNT)                  \
	X(gic_read, COUNT) X(gic_write, COUNT) X(timer_read, COUNT) X(timer_write, COUNT)            \
	X(mean_read, FRACTION) X(mean_write, FRACTION) X(mean_isb, FRACTION) X(mean_insn, FRACTION)

enum totals_column {
#define X(name, type) TOT_##name,
	TOTALS_COLUMNS(X)
#undef X
	TOT_COUNT
};

const char *totals_column_name(enum totals_column c);

#define TOTALS_VALUE_MAX 1000000000000 /* per exit */

/* Strings belong to the reader until the next totals_next. */
struct totals_row {
	const char *tag, *kind;  /* 6.12-n1-vhe, hvc_unknown */
	uint64_t v[TOT_COUNT];   /* columns of type COUNT */
	unsigned long line;
};

struct totals;

/* Open path, which must outlive the reader. NULL and ERR_INPUT (wrong header, unreadable) on failure. */
struct totals *totals_open(const char *path, struct err *e);
/* 1 = *row filled, 0 = end, -1 = ERR_INPUT with file and line: a bad number, or a second tag. */
int totals_next(struct totals *t, struct totals_row *row, struct err *e);
/* Put file and line of the last row before the sentence in *e. Returns -1. */
int totals_at(const struct totals *t, struct err *e);
void totals_close(struct totals *t);

#endif
