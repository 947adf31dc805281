/* SPDX-License-Identifier: Apache-2.0 */
/* Columns that many tables have, and cells that are quotients. */
#ifndef EL2SIM_REPORT_COLUMNS_H
#define EL2SIM_REPORT_COLUMNS_H

#include "models/hyp/kvm/step.h"
#include "sim/document/rep.h"

/* title "" = key. */
struct rep_col col_text(const char *key, const char *title);
struct rep_col col_count(const char *key, const char *title, const char *unit); /* a count; 0 is "." in text */
struct rep_col col_cycles(const char *key, const char *title); /* a count of cycles: each cell has a band */
struct rep_col col_average(const char *key, const char *title, const char *unit); /* one decimal */
struct rep_col col_fix(const char *key, const char *title, const char *unit, int decimals);
struct rep_col col_id(const char *key, const char *title);

/* Column of a counter: its key and title are those of counters.def. */
struct rep_col col_counter(enum ws_counter c);

/* Keys of the columns of a table by phase, separated by blanks, for charts; the columns. Returns their number. */
extern const char col_phase_keys[];
size_t col_phases(struct rep_col *cols, const char *unit);

/* sum / n in thousandths, rounded down; 0 for n = 0. */
int64_t col_per(uint64_t sum, uint64_t n);
/* The same as a cell; none for n = 0. */
void rep_average(struct rep_table *t, uint64_t sum, uint64_t n);

#endif
