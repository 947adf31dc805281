/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/smp_report.h"

#include <stdio.h>

#include "sim/base/str.h"
#include "sim/report/run_report.h"

static struct rep_col text_col(const char *key, const char *title)
{
	return (struct rep_col){.key = key, .title = title, .type = REP_STR};
}

static struct rep_col count_col(const char *key, const char *title, const char *unit)
{
	return (struct rep_col){
		.key = key, .title = title, .type = REP_U64, .unit = unit, .sparse = true};
}

static struct rep_col fix_col(const char *key, const char *title, const char *unit, int decimals)
{
	return (struct rep_col){
		.key = key, .title = title, .type = REP_FIX, .unit = unit, .decimals = decimals};
}

/* a * 1000 / b without overflow; 0 for b = 0. */
static int64_t milli(uint64_t a, uint64_t b)
{
	return b != 0 ? (int64_t)((long double)a * 1000 / (long double)b) : 0;
}

static void facts(const struct smp *m, const char *config, const char *path, struct rep *r)
{
	const struct workload *w = m->workload;
	struct str names = STR_INIT;
	const struct machine *profile = m->prog->config.machine;

	rep_fact(r, "config", "configuration", "%s", config);
	for (const struct workload *c = w != NULL ? workload_next(w, NULL) : NULL; c != NULL;
	     c = workload_next(w, c))
		str_addf(&names, "%s%s", names.len != 0 ? ", " : "", workload_name(w, c));
	rep_fact(r, "workload", "workload", "%s", w != NULL ? str_get(&names) : "a recorded trace");
	str_free(&names);
	rep_fact_u64(r, "vcpus", "vCPUs", m->n_vcpu, "");
	rep_fact_u64(r, "vcpu_bytes", "memory per vCPU", smp_vcpu_bytes(), "bytes");
	rep_fact_u64(r, "vms", "VMs", (uint64_t)m->o.vms, "");
	rep_fact_u64(r, "pcpus", "pCPUs", m->n_cpu, "");
	rep_fact(r, "sched", "scheduler", "%s", sched_names[m->o.sched]);
	rep_fact_u64(r, "duration_us", "simulated time", (uint64_t)m->o.duration_us, "us");
	rep_fact_u64(r, "seed", "seed", (uint64_t)m->o.seed, "");
	rep_fact(r, "machine", "machine", "%s", profile->name);
	rep_fact_u64(r, "clock_hz", "clock", m->clk.hz, "Hz");
	rep_fact(r, "calibration", "cycles are", "%s",
		 calibration_name((enum calibration)profile->calibration));
	rep_fact(r, "model", "switch model", "%s", m->prog->config.model->name);
	rep_fact(r, "path_profile", "path profile", "%s", path[0] != '\0' ? path : "none");
}

static void count_row(struct rep_table *t, const struct smp *m, const char *name, const char *help,
		      uint64_t n)
{
	rep_str(t, name);
	rep_u64(t, n);
	rep_fix(t, milli(n * 1000, (uint64_t)m->o.duration_us / 1000 != 0
					   ? (uint64_t)m->o.duration_us / 1000
					   : 1));
	rep_fix(t, milli(n, m->n.loads));
	rep_str(t, help);
}

static void count_table(const struct smp *m, struct rep *r)
{
	const struct rep_col cols[] = {text_col("what", ""), count_col("count", "", ""),
				       fix_col("per_s", "per second", "", 1),
				       fix_col("per_load", "per load", "", 3),
				       text_col("meaning", "")};
	struct rep_table *t = rep_table(r, "counts", "What happened", cols, 5);

#define X(id, title, help) count_row(t, m, title, help, m->n.id);
	SMP_COUNTS(X)
#undef X
}

static void time_table(const struct smp *m, struct rep *r)
{
	const struct rep_col cols[] = {text_col("time", ""), fix_col("pcpu", "pCPUs", "%", 2),
				       fix_col("vcpu", "vCPUs", "%", 2), text_col("meaning", "")};
	struct rep_table *t = rep_table(r, "time", "Where time goes", cols, 4);

	for (unsigned k = 0; k < SMP_TIME_COUNT; k++) {
		uint64_t p = 0, v = 0;

		for (unsigned i = 0; i < m->n_cpu; i++)
			p += m->cpu[i].time[k];
		for (unsigned i = 0; i < m->n_vcpu; i++)
			v += m->vcpu[i].time[k];
		rep_str(t, smp_time_name((enum smp_time)k));
		rep_fix(t, milli(p, m->end) * 100 / m->n_cpu);
		rep_fix(t, milli(v, m->end) * 100 / m->n_vcpu);
		rep_str(t, smp_time_help((enum smp_time)k));
	}
	rep_chart(t, &(struct rep_chart){.kind = REP_STACK,
					 .title = "Where the time of pCPUs and vCPUs goes",
					 .x = "time",
					 .y = "pcpu vcpu",
					 .transposed = true,
					 .lead = true});
}

static void totals_cells(struct rep_table *t, const char *name, uint64_t runs,
			 const struct ws_totals *n)
{
	rep_str(t, name);
	rep_u64(t, runs);
	rep_u64(t, n->n[CNT_read]);
	rep_u64(t, n->n[CNT_write]);
	rep_u64(t, n->n[CNT_tlbi]);
	rep_u64(t, n->cycles);
}

static void phase_table(const struct smp *m, struct rep *r)
{
	const struct rep_col cols[] = {text_col("phase", ""),         count_col("runs", "", ""),
				       count_col("reads", "", ""),    count_col("writes", "", ""),
				       count_col("tlbi", "TLBI", ""), count_col("cycles", "", "")};
	const uint64_t runs[PHASE_COUNT] = {[PHASE_LOAD] = m->n.loads,
					    [PHASE_ENTER] = m->n.entries,
					    [PHASE_EXIT] = m->n.exits,
					    [PHASE_PUT] = m->n.puts,
					    [PHASE_LAZY] = m->n.fp_traps};
	struct rep_table *t = rep_table(r, "phases", "By phase", cols, 6);

	for (unsigned p = 0; p < PHASE_COUNT; p++)
		totals_cells(t, phase_name((enum ws_phase)p), runs[p], &m->phase[p]);
	rep_rule(t);
	totals_cells(t, "total", 0, &m->total);
	rep_chart(t, &(struct rep_chart){.kind = REP_BARS,
					 .title = "Modelled cycles by phase",
					 .x = "phase",
					 .y = "cycles"});
}

/* Cycles of the executed ops, by register group and phase: as the same table of a replay. */
static void group_table(const struct smp *m, struct rep *r)
{
	static const char keys[] =
#define X(id, name, help) name " "
		WS_PHASES(X)
#undef X
		;
	uint64_t *exec = xcalloc(m->prog->n + 1, sizeof(*exec)), sum[GRP_COUNT][PHASE_COUNT] = {{0}};
	struct rep_col cols[PHASE_COUNT + 1] = {text_col("group", "")};
	struct rep_table *t;

	runner_exec(m->runner, exec);
	for (size_t i = 0; i < m->prog->n; i++)
		sum[m->prog->op[i].group][m->prog->op[i].phase] += exec[i] * m->prog->op[i].cycles;
	for (unsigned p = 0; p < PHASE_COUNT; p++)
		cols[1 + p] = count_col(phase_name((enum ws_phase)p), "", "");
	t = rep_table(r, "group_cycles", "Modelled cycles by group and phase", cols, 1 + PHASE_COUNT);
	rep_detail(t);
	for (unsigned g = 0; g < GRP_COUNT; g++) {
		uint64_t any = 0;

		for (unsigned p = 0; p < PHASE_COUNT; p++)
			any += sum[g][p];
		if (any == 0)
			continue;
		rep_str(t, group_name((enum sr_group)g));
		for (unsigned p = 0; p < PHASE_COUNT; p++)
			rep_u64(t, sum[g][p]);
	}
	rep_chart(t, &(struct rep_chart){.kind = REP_STACK, .title = "Where the modelled cycles go: register group and phase",
					 .x = "group", .y = keys});
	free(exec);
}

static void kind_table(const struct smp *m, struct rep *r)
{
	const struct rep_col cols[] = {text_col("kind", "exit kind"),
				       count_col("count", "", ""),
				       count_col("reads", "", ""),
				       count_col("writes", "", ""),
				       count_col("tlbi", "TLBI", ""),
				       count_col("cycles", "", ""),
				       fix_col("cycles_each", "cycles", "each", 1)};
	struct rep_table *t =
		rep_table(r, "kinds", "By exit kind, from the exit to the next entry", cols, 7);

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (m->kind[k].count == 0)
			continue;
		totals_cells(t, exit_row((enum exit_kind)k)->name, m->kind[k].count,
			     &m->kind[k].totals);
		rep_fix(t, milli(m->kind[k].totals.cycles, m->kind[k].count));
	}
	rep_rule(t);
	totals_cells(t, "idle pCPUs", 0, &m->host);
	rep_none(t);
	totals_cells(t, "unfinished", 0, &m->unfinished);
	rep_none(t);
	rep_chart(t, &(struct rep_chart){.kind = REP_BARS,
					 .title = "Modelled cycles by exit kind",
					 .x = "kind",
					 .y = "cycles"});
}

static void latency_table(const struct smp *m, struct rep *r)
{
	struct rep_col cols[2 + HIST_QUANTILE_COUNT] = {text_col("latency", ""),
							count_col("count", "", "")};
	static const char *const keys[HIST_QUANTILE_COUNT] = {
#define X(id, share, name) #id,
		HIST_QUANTILES(X)
#undef X
	};
	struct rep_table *t;

	for (unsigned q = 0; q < HIST_QUANTILE_COUNT; q++)
		cols[2 + q] = count_col(keys[q], hist_quantile_name((enum hist_quantile)q), "ns");
	t = rep_table(r, "latencies", "Latencies", cols, 2 + HIST_QUANTILE_COUNT);
	for (unsigned l = 0; l < LAT_COUNT; l++) {
		rep_str(t, smp_latency_name((enum smp_latency)l));
		rep_u64(t, m->latency[l].n);
		for (unsigned q = 0; q < HIST_QUANTILE_COUNT; q++)
			rep_u64(t, hist_quantile(&m->latency[l],
						 hist_quantile_share((enum hist_quantile)q)));
	}
}

/* How many of each latency took how long: the points of a curve. */
static void distribution_table(const struct smp *m, struct rep *r)
{
	const struct rep_col cols[] = {text_col("latency", ""), count_col("ns", "at most", "ns"),
				       fix_col("share", "share of all", "%", 3)};
	struct rep_table *t =
		rep_table(r, "latency_distribution", "Distribution of latencies", cols, 3);

	for (unsigned l = 0; l < LAT_COUNT; l++) {
		const struct hist *h = &m->latency[l];

		/* finer towards the tail: 2.5 %, 0.5 %, 0.05 % */
		for (unsigned share = 0, next; h->n != 0 && share <= 10000; share = next) {
			next = share + (share < 9000 ? 250 : share < 9900 ? 50 : 5);
			if (share < 10000 && hist_quantile(h, next) == hist_quantile(h, share))
				continue;
			rep_str(t, smp_latency_name((enum smp_latency)l));
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

static void time_cells(const struct smp *m, struct rep_table *t, const uint64_t *time, bool vcpu)
{
	for (unsigned k = 0; k < SMP_TIME_COUNT; k++) {
		if ((k == SMP_IDLE && vcpu) || ((k == SMP_BLOCKED || k == SMP_STEAL) && !vcpu))
			continue;
		rep_fix(t, milli(time[k], m->end) * 100);
	}
}

static size_t time_cols(struct rep_col *cols, bool vcpu)
{
	static const char *const keys[SMP_TIME_COUNT] = {
#define X(id, name, help) name,
		SMP_TIMES(X)
#undef X
	};
	size_t n = 0;

	for (unsigned k = 0; k < SMP_TIME_COUNT; k++) {
		if ((k == SMP_IDLE && vcpu) || ((k == SMP_BLOCKED || k == SMP_STEAL) && !vcpu))
			continue;
		cols[n++] = fix_col(keys[k], "", "%", 1);
	}
	return n;
}

static void pcpu_table(const struct smp *m, struct rep *r)
{
	struct rep_col cols[1 + SMP_TIME_COUNT] = {
		{.key = "pcpu", .title = "pCPU", .type = REP_ID}};
	size_t n = time_cols(cols + 1, false);
	struct rep_table *t = rep_table(r, "pcpus", "By pCPU", cols, 1 + n);

	for (unsigned i = 0; i < m->n_cpu; i++) {
		rep_u64(t, i);
		time_cells(m, t, m->cpu[i].time, false);
	}
}

static void vcpu_table(const struct smp *m, struct rep *r)
{
	struct rep_col cols[7 + SMP_TIME_COUNT] = {{.key = "vcpu", .title = "vCPU", .type = REP_ID},
						   {.key = "vm", .title = "VM", .type = REP_ID},
						   count_col("exits", "", ""),
						   count_col("user_exits", "to the VMM", ""),
						   count_col("loads", "", ""),
						   count_col("preemptions", "", ""),
						   count_col("blocks", "", "")};
	size_t n = time_cols(cols + 7, true);
	struct rep_table *t = rep_table(r, "vcpus", "By vCPU", cols, 7 + n);

	for (unsigned i = 0; i < m->n_vcpu; i++) {
		const struct smp_vcpu *v = &m->vcpu[i];

		rep_u64(t, i);
		rep_u64(t, v->vm);
		rep_u64(t, v->n.exits);
		rep_u64(t, v->n.user_exits);
		rep_u64(t, v->n.loads);
		rep_u64(t, v->n.preemptions);
		rep_u64(t, v->n.blocks);
		time_cells(m, t, v->time, true);
	}
}

/* Thousandths with one decimal. */
static const char *one_decimal(int64_t v, char buf[static RUN_COUNT_TEXT])
{
	(void)snprintf(buf, RUN_COUNT_TEXT, "%lld.%lld", (long long)((v + 50) / 1000),
		       (long long)((v + 50) % 1000 / 100));
	return buf;
}

/* Share of all pCPUs' or vCPUs' time, in thousandths of a percent. */
static int64_t time_share(const struct smp *m, enum smp_time k, bool vcpu)
{
	uint64_t sum = 0, n = vcpu ? m->n_vcpu : m->n_cpu;

	for (unsigned i = 0; i < n; i++)
		sum += vcpu ? m->vcpu[i].time[k] : m->cpu[i].time[k];
	return milli(sum, m->end) * 100 / (int64_t)n;
}

/* The answer: what is left for guests, and what the switch takes. */
static void answer(const struct smp *m, struct rep *r)
{
	char n[5][RUN_COUNT_TEXT];

	rep_verdict(r,
		    "%u vCPUs on %u pCPUs: guests run %s %% of the pCPUs' time, switch and "
		    "handling take %s %%; vCPUs wait "
		    "%s %% of their time for a pCPU; %s exits per vcpu_load, %s modelled cycles of "
		    "switch per exit",
		    m->n_vcpu, m->n_cpu, one_decimal(time_share(m, SMP_GUEST, false), n[0]),
		    one_decimal(time_share(m, SMP_SWITCH, false) + time_share(m, SMP_HANDLE, false),
				n[1]),
		    one_decimal(time_share(m, SMP_STEAL, true), n[2]),
		    one_decimal(milli(m->n.exits, m->n.loads), n[3]),
		    one_decimal(milli(m->total.cycles - m->phase[PHASE_HANDLE].cycles, m->n.exits),
				n[4]));
}

/* By class of the workload, when there are several. */
static void class_table(const struct smp *m, struct rep *r)
{
	struct rep_col cols[6 + SMP_TIME_COUNT] = {
		text_col("class", ""),
		{.key = "vcpus", .title = "vCPUs", .type = REP_U64},
		{.key = "weight", .title = "weight", .type = REP_U64},
		count_col("exits", "", ""),
		count_col("user_exits", "to the VMM", ""),
		count_col("loads", "", "")};
	size_t n = time_cols(cols + 6, true);
	struct rep_table *t = rep_table(r, "classes", "By class of vCPUs", cols, 6 + n);

	for (unsigned c = 0; c < m->n_cls; c++) {
		struct smp_counts sum = {0};
		uint64_t time[SMP_TIME_COUNT] = {0}, vcpus = 0;

		for (unsigned i = 0; i < m->n_vcpu; i++) {
			const struct smp_vcpu *v = &m->vcpu[i];

			if (v->cls != c)
				continue;
			vcpus++;
			sum.exits += v->n.exits;
			sum.user_exits += v->n.user_exits;
			sum.loads += v->n.loads;
			for (unsigned k = 0; k < SMP_TIME_COUNT; k++)
				time[k] += v->time[k];
		}
		rep_str(t, workload_name(m->workload, m->cls[c]->w));
		rep_u64(t, vcpus);
		rep_u64(t, (uint64_t)m->cls[c]->w->weight);
		rep_u64(t, sum.exits);
		rep_u64(t, sum.user_exits);
		rep_u64(t, sum.loads);
		for (unsigned k = 0; k < SMP_TIME_COUNT && vcpus != 0; k++)
			time[k] /= vcpus;
		time_cells(m, t, time, true);
	}
}

void smp_report(const struct smp *m, const char *config, const char *path, struct rep *r)
{
	char n[3][RUN_COUNT_TEXT];

	facts(m, config, path, r);
	count_table(m, r);
	run_per_exit(&(struct per_exit){m->n.exits, m->n.user_exits, m->n.loads, &m->total}, r);
	time_table(m, r);
	phase_table(m, r);
	group_table(m, r);
	kind_table(m, r);
	latency_table(m, r);
	distribution_table(m, r);
	if (m->n_cls > 1)
		class_table(m, r);
	pcpu_table(m, r);
	vcpu_table(m, r);
	answer(m, r);
	rep_verdict(
		r,
		"conservation: the times of every pCPU and vCPU add up to the simulated time, "
		"sums by phase, exit kind and vCPU agree: %s reads, %s writes, %s modelled cycles",
		run_count(m->total.n[CNT_read], n[0]), run_count(m->total.n[CNT_write], n[1]),
		run_count(m->total.cycles, n[2]));
	calibration_note(m->prog->config.machine, r);
	if (m->play != NULL)
		rep_note(r, "a recorded trace played in its order: counts are those of its replay, "
			    "times and "
			    "latencies as recorded; modelled cycles are part of no time");
	else if (path[0] == '\0')
		rep_note(r, "no path profile: the kernel's instructions around the switch take no "
			    "time");
	else
		rep_note(r,
			 "%s cycles of handling are measured instructions times cycles per "
			 "instruction",
			 run_count(m->measured_cycles, n[0]));
	rep_note(r, "latencies are at most 1/64 above the simulated ones; what the end of the run "
		    "cut off is "
		    "\"unfinished\"");
}
