/* SPDX-License-Identifier: Apache-2.0 */
/* Comparisons with recordings as reports. */
#ifndef EL2SIM_REPORT_VERIFY_REPORT_H
#define EL2SIM_REPORT_VERIFY_REPORT_H

#include "models/hyp/measured/recpath.h"
#include "models/hyp/measured/verify.h"
#include "sim/document/rep.h"

/* A recorded path and the model's. */
struct verify_path {
	struct recpath o;
	struct recpath_diff d;
	struct verify_seq s;
	bool modelled;
};

/* Has the path an op to compare? A kind that does not exit in the recording's mode has none. */
bool verify_path_recorded(const struct verify_path *p);

/* All that a run of `el2sim verify` found; pointers belong to the caller. */
struct verify_result {
	const struct verify *v;
	const char *config, *model; /* machine profile or configuration, switch model */
	const struct verify_path *path;
	size_t n_paths;
	bool has_totals, has_paths;
};

/* What the answer is. */
struct verify_sums {
	size_t exact, total, left_out; /* kinds */
	size_t paths, switch_exact, whole_exact;
};
void verify_sums_of(const struct verify_result *x, struct verify_sums *s);
/* True if nothing differs that is compared. */
bool verify_all_exact(const struct verify_sums *s);

/* all: the registers that agree, too. */
void verify_report(const struct verify_result *x, bool all, struct rep *r);
/* A case register by register, recorded and simulated side by side; seq is the model's. */
void verify_explain(struct rep_table *t, const struct verify_case *c, const struct verify_seq *seq);
struct rep_table *verify_explain_table(struct rep *r, const char *kind);
/* The answer for programs, as JSON: keys as in docs/verify.md. */
void verify_summary(const struct verify_result *x, struct str *out);

#endif
