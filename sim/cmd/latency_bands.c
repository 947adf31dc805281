/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/cmd/latency_bands.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/bands.h"

#define QUANTILES 2
static const unsigned quantile[QUANTILES] = { 5000, 9900 }; /* of 10,000 */

/* One scale for all costs: by how much all cycles of the run may be off. */
static double costs_factor(const struct job *j)
{
	struct bands b;
	double factor;

	bands_of(&j->result, j->out->clock->path.cycles, &b);
	factor = band_factor(&j->result.band, &b.all);
	bands_free(&b);
	return factor;
}

static int run_at(const struct job *j, const struct job_args *args, const char *file, const struct guest_args *guest,
		  const struct arg_list *overrides, double costs, double kick, struct hist *latency, struct err *e)
{
	char option[3][64];
	const char **v = xcalloc(overrides->n + 3, sizeof(*v));
	struct arg_list more = { .v = v, .n = overrides->n + 3 };
	struct job end = { 0 };
	int rc;

	for (size_t i = 0; i < overrides->n; i++)
		v[i] = overrides->v[i];
	(void)snprintf(option[0], sizeof(option[0]), "--cost.scale=%.3f", fmax(0.001, costs * (double)j->config.machine.scale_milli / 1000.0));
	(void)snprintf(option[1], sizeof(option[1]), "--cost.cpi=%.3f", fmax(0.001, costs * (double)j->config.machine.cpi_milli / 1000.0));
	(void)snprintf(option[2], sizeof(option[2]), "--host.kick_latency=%.0f", fmin(1e9, kick * (double)j->config.smp.kick_ns));
	for (unsigned i = 0; i < 3; i++)
		v[overrides->n + i] = option[i];
	rc = guest_config(&end.config, guest, file, &more, e);
	if (rc == 0)
		rc = job_run(&end, args, e);
	if (rc == 0)
		memcpy(latency, end.out->clock->latency, LAT_COUNT * sizeof(*latency));
	job_free(&end);
	free(v);
	return rc;
}

int latency_bands(const struct job *j, const struct job_args *args, const char *file, const struct guest_args *guest,
		  const struct arg_list *overrides, struct rep *r, struct err *e)
{
	static const struct rep_col cols[] = {
		{ .key = "latency", .type = REP_STR },
		{ .key = "p50_low", .title = "P50, costs low", .type = REP_U64, .unit = "ns" },
		{ .key = "p50", .title = "P50", .type = REP_U64, .unit = "ns" },
		{ .key = "p50_high", .title = "P50, costs high", .type = REP_U64, .unit = "ns" },
		{ .key = "p99_low", .title = "P99, costs low", .type = REP_U64, .unit = "ns" },
		{ .key = "p99", .title = "P99", .type = REP_U64, .unit = "ns" },
		{ .key = "p99_high", .title = "P99, costs high", .type = REP_U64, .unit = "ns" },
	};
	struct hist *low = xcalloc(LAT_COUNT, sizeof(*low)), *high = xcalloc(LAT_COUNT, sizeof(*high));
	struct rep_table *t;
	double costs, kick;
	int rc = -1;

	if (j->out->clock == NULL || j->out->clock->as_recorded) {
		(void)err_set(e, ERR_USAGE, "--latency-bands: want a machine in simulated time (a workload or a guest): %s has no latencies of its own",
			      j->config.path);
	} else {
		costs = costs_factor(j);
		kick = exp(BAND_DEVIATIONS * band_deviation(&j->config.cal, PAR_kick));
		rc = run_at(j, args, file, guest, overrides, 1 / costs, 1 / kick, low, e);
		if (rc == 0)
			rc = run_at(j, args, file, guest, overrides, costs, kick, high, e);
	}
	if (rc == 0) {
		t = rep_table(r, "latency_bands", "Latencies with every cost at an end of its band", cols, 1 + 3 * QUANTILES);
		for (unsigned l = 0; l < LAT_COUNT; l++) {
			if (j->out->clock->latency[l].n == 0)
				continue;
			rep_str(t, outcome_latency_name((enum outcome_latency)l));
			for (unsigned q = 0; q < QUANTILES; q++) {
				rep_u64(t, hist_quantile(&low[l], quantile[q]));
				rep_u64(t, hist_quantile(&j->out->clock->latency[l], quantile[q]));
				rep_u64(t, hist_quantile(&high[l], quantile[q]));
			}
		}
		rep_note(r, "latency bands: two runs more, all costs %.2f times cheaper and dearer, delivery between cores %.2f times: " BAND_OF_100 " of 100, "
			 "correlated; waiting follows by what it does in these runs", costs, kick);
	}
	free(low);
	free(high);
	return rc;
}
