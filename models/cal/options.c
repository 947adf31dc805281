/* SPDX-License-Identifier: Apache-2.0 */
#include "models/cal/options.h"

static const char *const bench_names[BENCH_COUNT + 1] = {
#define BENCH(id, ...) #id,
#include "models/cal/benches.def"
	NULL
};

#define MEMBER(m) offsetof(struct cal_options, m)

static const struct opt_row rows[] = {
	{ "cost", "cold", OPT_FIXED, MEMBER(cold_milli), "1.9", 1000, 5000, "", NULL,
	  "an exit after a long residency costs so many times what it costs in a loop; calibrate, validate, and machines whose profile says it" },
	{ "cost", "cold_after", OPT_INT, MEMBER(cold_after_ns), "1ms", 0, 1000000000, "ns", NULL,
	  "machines: an exit is cold after this long in the guest, or asleep" },
	{ "cost", "lpi", OPT_FIXED, MEMBER(lpi_milli), "0.6", 0, 10000, "", NULL,
	  "an LPI costs so many exits to the vGIC more than an SGI; for calibrate and validate" },
	{ "vmm", "insns", OPT_INT, MEMBER(vmm_insns), "1400", 0, 100000000, "instructions", NULL,
	  "of the VMM per exit to it, beyond those of the recorded VMM, which does nothing; calibrate, validate, and machines without [workload] user_time" },
	{ "fit", "logs", OPT_STR, MEMBER(logs), "", 0, 0, "", NULL,
	  "SHA-256 of each log that the values were fitted to: its fitted rows are no prediction" },
	{ "fit", "rows", OPT_FLAGS, MEMBER(rows), "none", 0, 0, "", bench_names, "tests whose rows were fitted" },
	{ "fit", "correlation", OPT_FIXED, MEMBER(correlation_milli), "0", -1000, 1000, "", NULL,
	  "of cost.scale and cost.cpi: rows that are a sum of both tell the sum better than either" },
	{ "fit", "single_deviation", OPT_FIXED, MEMBER(single_milli), "50", 0, 1000000, "percent", NULL,
	  "how far the proportion of a single cost may be off, which no fit tells" },
#define CAL_PARAM(id, option, row, median, sd, min, max, unit, help)                                                         \
	{ "fit", #id "_deviation", OPT_FIXED, MEMBER(sd_milli) + PAR_##id * sizeof(int64_t), "0", 0, 1000000, "percent",      \
	  NULL, "posterior deviation of " option "; 0: it was not fitted" },
#include "models/cal/params.def"
};

const struct opt_row *cal_opt_rows(size_t *n)
{
	*n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

void cal_options_par(const struct machine *m, const struct cal_options *o, int64_t kick_ns, double par[PAR_COUNT])
{
	par[PAR_scale] = (double)m->scale_milli / 1000.0;
	par[PAR_cpi] = (double)m->cpi_milli / 1000.0;
	par[PAR_kick] = (double)kick_ns;
	par[PAR_cold] = (double)o->cold_milli / 1000.0;
	par[PAR_lpi] = (double)o->lpi_milli / 1000.0;
	par[PAR_vmm] = (double)o->vmm_insns;
}
