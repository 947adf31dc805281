/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of outcomes whose engine has a clock: what happened per second, where time went, latencies. */
#include "sim/report/columns.h"
#include "sim/report/outcome_report.h"

static void count_row(struct rep_table *t, const struct outcome *o, const char *name, const char *help,
		      uint64_t n)
{
	const uint64_t us = o->clock->duration_us;
	/* a time that was asked for is many milliseconds, one that a guest ended may be any */
	const uint64_t unit = us % 1000 == 0 && us != 0 ? 1000 : 1;

	rep_str(t, name);
	rep_u64(t, n);
	rep_fix(t, col_per(n * (1000000 / unit), us >= unit ? us / unit : 1));
	rep_fix(t, col_per(n, o->n.loads));
	rep_str(t, help);
}

static void count_table(const struct outcome *o, struct rep *r)
{
	const struct rep_col cols[] = {col_text("what", ""), col_count("count", "", ""),
				       col_fix("per_s", "per second", "", 1),
				       col_fix("per_load", "per load", "", 3),
				       col_text("meaning", "")};
	struct rep_table *t = rep_table(r, "counts", "What happened", cols, 5);

#define X(id, title, help) count_row(t, o, title, help, o->n.id);
	OUTCOME_COUNTS(X)
#undef X
}

static void time_table(const struct outcome *o, struct rep *r)
{
	const struct rep_col cols[] = {col_text("time", ""), col_fix("pcpu", "pCPUs", "%", 2),
				       col_fix("vcpu", "vCPUs", "%", 2), col_text("meaning", "")};
	struct rep_table *t = rep_table(r, "time", "Where time goes", cols, 4);

	for (unsigned k = 0; k < TIME_COUNT; k++) {
		const enum outcome_time what = (enum outcome_time)k;

		rep_str(t, outcome_time_name(what));
		rep_fix(t, outcome_pcpu_share(o, what));
		rep_fix(t, outcome_vcpu_share(o, what));
		rep_str(t, outcome_time_help(what));
	}
	rep_chart(t, &(struct rep_chart){.kind = REP_STACK,
					 .title = "Where the time of pCPUs and vCPUs goes",
					 .x = "time",
					 .y = "pcpu vcpu",
					 .transposed = true,
					 .lead = true});
}

static void latency_table(const struct outcome *o, struct rep *r)
{
	struct rep_col cols[2 + HIST_QUANTILE_COUNT] = {col_text("latency", ""),
							col_count("count", "", "")};
	static const char *const keys[HIST_QUANTILE_COUNT] = {
#define X(id, share, name) #id,
		HIST_QUANTILES(X)
#undef X
	};
	struct rep_table *t;

	for (unsigned q = 0; q < HIST_QUANTILE_COUNT; q++)
		cols[2 + q] = col_count(keys[q], hist_quantile_name((enum hist_quantile)q), "ns");
	t = rep_table(r, "latencies", "Latencies", cols, 2 + HIST_QUANTILE_COUNT);
	for (unsigned l = 0; l < LAT_COUNT; l++) {
		rep_str(t, outcome_latency_name((enum outcome_latency)l));
		rep_u64(t, o->clock->latency[l].n);
		for (unsigned q = 0; q < HIST_QUANTILE_COUNT; q++)
			rep_u64(t, hist_quantile(&o->clock->latency[l],
						 hist_quantile_share((enum hist_quantile)q)));
	}
}

/* How many of each latency took how long: the points of a curve. */
static void distribution_table(const struct outcome *o, struct rep *r)
{
	const struct rep_col cols[] = {col_text("latency", ""), col_count("ns", "at most", "ns"),
				       col_fix("share", "share of all", "%", 3)};
	struct rep_table *t =
		rep_table(r, "latency_distribution", "Distribution of latencies", cols, 3);

	for (unsigned l = 0; l < LAT_COUNT; l++) {
		const struct hist *h = &o->clock->latency[l];

		/* finer towards the tail: 2.5 %, 0.5 %, 0.05 % */
		for (unsigned share = 0, next; h->n != 0 && share <= 10000; share = next) {
			next = share + (share < 9000 ? 250 : share < 9900 ? 50 : 5);
			if (share < 10000 && hist_quantile(h, next) == hist_quantile(h, share))
				continue;
			rep_str(t, outcome_latency_name((enum outcome_latency)l));
			rep_u64(t, hist_quantile(h, share));
			rep_fix(t, share * 10);
		}
	}
	rep_detail(t);
	rep_chart(t, &(struct rep_chart){.kind = REP_LINES,
					 .title = "Share of latencies at or below a time",
					 .x = "ns",
					 .y = "share",
					 .series = "latency",
					 .log_x = true});
}

static void time_cells(const struct outcome *o, struct rep_table *t, const uint64_t *time, bool vcpu)
{
	for (unsigned k = 0; k < TIME_COUNT; k++) {
		if ((k == TIME_IDLE && vcpu) || ((k == TIME_BLOCKED || k == TIME_STEAL) && !vcpu))
			continue;
		rep_fix(t, col_per(time[k], o->clock->end) * 100);
	}
}

static size_t time_cols(struct rep_col *cols, bool vcpu)
{
	static const char *const keys[TIME_COUNT] = {
#define X(id, name, help) name,
		OUTCOME_TIMES(X)
#undef X
	};
	size_t n = 0;

	for (unsigned k = 0; k < TIME_COUNT; k++) {
		if ((k == TIME_IDLE && vcpu) || ((k == TIME_BLOCKED || k == TIME_STEAL) && !vcpu))
			continue;
		cols[n++] = col_fix(keys[k], "", "%", 1);
	}
	return n;
}

static void pcpu_table(const struct outcome *o, struct rep *r)
{
	struct rep_col cols[1 + TIME_COUNT] = {col_id("pcpu", "pCPU")};
	size_t n = time_cols(cols + 1, false);
	struct rep_table *t = rep_table(r, "pcpus", "By pCPU", cols, 1 + n);

	for (unsigned i = 0; i < o->clock->n_cpu; i++) {
		rep_u64(t, i);
		time_cells(o, t, o->clock->pcpu[i], false);
	}
}

/* What a clock adds to the table vcpus. */
static void vcpu_table(const struct outcome *o, struct rep *r)
{
	struct rep_col cols[4 + TIME_COUNT] = {col_id("vcpu", "vCPU"), col_text("vm", "VM"),
					       col_count("preemptions", "", ""),
					       col_count("blocks", "", "")};
	size_t n = time_cols(cols + 4, true);
	struct rep_table *t = rep_table(r, "vcpu_time", "Where the time of each vCPU goes", cols, 4 + n);

	for (size_t i = 0; i < o->n_vcpu; i++) {
		const struct outcome_vcpu *v = &o->vcpu[i];

		rep_u64(t, i);
		rep_str(t, v->vm_name);
		rep_u64(t, v->n.preemptions);
		rep_u64(t, v->n.blocks);
		time_cells(o, t, v->time, true);
	}
}

/* By class of the workload, when there are several. */
static void class_table(const struct outcome *o, struct rep *r)
{
	struct rep_col cols[6 + TIME_COUNT] = {
		col_text("class", ""),
		{.key = "vcpus", .title = "vCPUs", .type = REP_U64},
		{.key = "weight", .type = REP_U64},
		col_count("exits", "", ""),
		col_count("user_exits", "to the VMM", ""),
		col_count("loads", "", "")};
	size_t n = time_cols(cols + 6, true);
	struct rep_table *t = rep_table(r, "classes", "By class of vCPUs", cols, 6 + n);

	for (unsigned c = 0; c < o->clock->n_cls; c++) {
		struct outcome_counts sum = {0};
		uint64_t time[TIME_COUNT] = {0}, vcpus = 0;

		for (size_t i = 0; i < o->n_vcpu; i++) {
			const struct outcome_vcpu *v = &o->vcpu[i];

			if (v->cls != c)
				continue;
			vcpus++;
			sum.exits += v->n.exits;
			sum.user_exits += v->n.user_exits;
			sum.loads += v->n.loads;
			for (unsigned k = 0; k < TIME_COUNT; k++)
				time[k] += v->time[k];
		}
		rep_str(t, o->clock->cls[c].name);
		rep_u64(t, vcpus);
		rep_u64(t, o->clock->cls[c].weight);
		rep_u64(t, sum.exits);
		rep_u64(t, sum.user_exits);
		rep_u64(t, sum.loads);
		for (unsigned k = 0; k < TIME_COUNT && vcpus != 0; k++)
			time[k] /= vcpus;
		time_cells(o, t, time, true);
	}
}

void clock_tables(const struct outcome *o, struct rep *r)
{
	count_table(o, r);
	time_table(o, r);
	latency_table(o, r);
	distribution_table(o, r);
}

void clock_member_tables(const struct outcome *o, struct rep *r)
{
	if (o->clock->n_cls > 1)
		class_table(o, r);
	pcpu_table(o, r);
	vcpu_table(o, r);
}
