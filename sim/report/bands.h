/* SPDX-License-Identifier: Apache-2.0 */
/* Bands of the figures in cycles of a result: which costs made them, and how far those may be off. */
#ifndef EL2SIM_REPORT_BANDS_H
#define EL2SIM_REPORT_BANDS_H

#include "sim/report/outcome_report.h"

struct bands {
	const struct run_result *x;
	struct band_run *run;
	struct band_form modelled; /* of all phases */
	struct band_form all;      /* and of the measured path */
};
/* path: cycles of the measured path of the whole result. Free with bands_free. */
void bands_of(const struct run_result *x, uint64_t path, struct bands *b);
void bands_free(struct bands *b);

/* Forms of parts. */
struct band_form bands_where(const struct bands *b, struct band_where w);
struct band_form bands_phase(const struct bands *b, enum ws_phase phase);
struct band_form bands_totals(const struct bands *b, const struct ws_totals *t);
struct band_form bands_path(uint64_t cycles);

/* The cell that was added last has that form, or a multiple of it; of a form that is empty its band is that of the whole. */
void rep_in_band(struct rep_table *t, const struct bands *b, const struct band_form *f);

/* Of two results: on machines of one name, whose deviations are common? Then what both have cancels. */
bool bands_common(const struct run_result *a, const struct run_result *b);
/* Of the form of b over that of a; both above 0. */
struct band_range bands_ratio(const struct bands *a, const struct band_form *fa, const struct bands *b, const struct band_form *fb);
/* The cell that was added last, a decimal, lies in that range. */
void rep_in_range(struct rep_table *t, const struct band_range *r);

/* " (551 to 1858)": whole cycles, or "". Returns buf. */
#define BANDS_TEXT 64
const char *bands_text(const struct bands *b, const struct band_form *f, double cycles, char buf[static BANDS_TEXT]);

#endif
