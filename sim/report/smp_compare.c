/* SPDX-License-Identifier: Apache-2.0 */
/* The report of `el2sim compare` on workloads: what scheduling makes of a switch policy. */
#include <stdio.h>

#include "sim/report/run_report.h"
#include "sim/report/smp_report.h"

/* What one machine comes to; cycles in thousandths. */
struct figures {
	int64_t exits_per_load;
	int64_t per_exit;        /* EXIT and ENTER */
	int64_t per_load;        /* LOAD and PUT */
	int64_t switch_per_exit; /* all of the switch, over all exits */
	int64_t accesses_per_exit;
};

static int64_t per(uint64_t sum, uint64_t n)
{
	return n != 0 ? (int64_t)(sum / n * 1000 + sum % n * 1000 / n) : 0;
}

static struct figures figures_of(const struct smp *m)
{
	const struct ws_totals *p = m->phase;
	struct figures f;

	f.exits_per_load = per(m->n.exits, m->n.loads);
	f.per_exit =
		per(p[PHASE_EXIT].cycles, m->n.exits) + per(p[PHASE_ENTER].cycles, m->n.entries);
	f.per_load = per(p[PHASE_LOAD].cycles, m->n.loads) + per(p[PHASE_PUT].cycles, m->n.puts);
	f.switch_per_exit = per(m->total.cycles - p[PHASE_HANDLE].cycles, m->n.exits);
	f.accesses_per_exit = per(run_accesses(&m->total), m->n.exits);
	return f;
}

static int64_t share(const struct smp *m, enum smp_time k)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < m->n_vcpu; i++)
		sum += m->vcpu[i].time[k] / m->n_vcpu;
	return per(sum * 100, m->end);
}

/* Exits per load at which both cost the same, in thousandths; 0: both cost more, or both less, and
 * no number of exits per load changes the order. */
static int64_t break_even(const struct figures *f, const struct figures *base)
{
	int64_t load = f->per_load - base->per_load, exit = base->per_exit - f->per_exit;

	return load == 0 || exit == 0 || (load > 0) != (exit > 0) ? 0 : load * 1000 / exit;
}

/* Thousandths as text with two decimals, rounded, without its sign. */
static const char *fixed(char text[32], int64_t milli)
{
	uint64_t u = ((uint64_t)(milli < 0 ? -milli : milli) + 5) / 10;

	(void)snprintf(text, 32, "%llu.%02llu", (unsigned long long)(u / 100), (unsigned long long)(u % 100));
	return text;
}

/* The crossover in words: what a load costs more, what each exit saves. */
static void crossover(struct rep *r, const char *title, const struct figures *f, const char *base_title,
		      const struct figures *base)
{
	int64_t load = f->per_load - base->per_load, exit = f->per_exit - base->per_exit;
	int64_t even = break_even(f, base);
	char a[32], b[32], c[32], d[32];

	if (even == 0)
		return;
	rep_verdict(r,
		    "%s against %s: %s cycles %s per load and put, %s %s per exit and entry: cheaper %s %s exits per "
		    "load, here %s",
		    title, base_title, fixed(a, load), load > 0 ? "more" : "less", fixed(b, exit),
		    exit > 0 ? "more" : "less", load > 0 ? "above" : "below", fixed(c, even), fixed(d, f->exits_per_load));
}

static bool same_machine(const struct smp *a, const struct smp *b)
{
	return smp_same_options(&a->o, &b->o) && a->clk.hz == b->clk.hz;
}

/* The column that column i is compared with: the baseline, or the first of its own kind if vCPUs,
 * pCPUs, ... are others. */
static size_t base_of(const struct smp_column *x, size_t i, size_t baseline)
{
	size_t k = 0;

	if (same_machine(x[i].m, x[baseline].m))
		return baseline;
	while (!same_machine(x[i].m, x[k].m))
		k++;
	return k;
}

static void row(struct rep_table *t, const struct smp_column *x, const struct figures *base)
{
	const struct smp *m = x->m;
	struct figures f = figures_of(m);

	rep_str(t, x->title);
	rep_u64(t, m->n_vcpu);
	rep_u64(t, m->n.exits);
	rep_u64(t, m->n.loads);
	rep_fix(t, f.exits_per_load);
	rep_fix(t, f.accesses_per_exit);
	rep_fix(t, f.per_exit);
	rep_fix(t, f.per_load);
	rep_fix(t, f.switch_per_exit);
	if (base->switch_per_exit != 0)
		rep_fix(t, f.switch_per_exit * 1000 / base->switch_per_exit);
	else
		rep_none(t);
	if (break_even(&f, base) != 0)
		rep_fix(t, break_even(&f, base));
	else
		rep_none(t);
	rep_fix(t, share(m, SMP_STEAL));
	rep_u64(t, hist_quantile(&m->latency[LAT_HANDLING], 9900));
	rep_u64(t, hist_quantile(&m->latency[LAT_SGI], 9900));
}

void smp_compare_report(const struct smp_column *x, size_t n, size_t baseline, struct rep *r)
{
	const struct rep_col cols[] = {
		{.key = "title", .title = "configuration", .type = REP_STR},
		{.key = "vcpus", .title = "vCPUs", .type = REP_U64},
		{.key = "exits", .type = REP_U64},
		{.key = "loads", .type = REP_U64},
		{.key = "exits_per_load",
		 .title = "exits per load",
		 .type = REP_FIX,
		 .decimals = 2},
		{.key = "accesses_per_exit",
		 .title = "reads and writes per exit",
		 .type = REP_FIX,
		 .decimals = 1},
		{.key = "exit_cycles",
		 .title = "exit and entry",
		 .type = REP_FIX,
		 .unit = "cycles",
		 .decimals = 1},
		{.key = "load_cycles",
		 .title = "load and put",
		 .type = REP_FIX,
		 .unit = "cycles",
		 .decimals = 1},
		{.key = "switch_per_exit",
		 .title = "switch per exit",
		 .type = REP_FIX,
		 .unit = "cycles",
		 .decimals = 1},
		{.key = "ratio", .title = "to baseline", .type = REP_FIX, .decimals = 3},
		{.key = "break_even",
		 .title = "break-even exits per load",
		 .type = REP_FIX,
		 .decimals = 2},
		{.key = "steal", .type = REP_FIX, .unit = "%", .decimals = 2},
		{.key = "handling_p99",
		 .title = "handling p99",
		 .type = REP_U64,
		 .unit = "ns",
		 .sparse = true},
		{.key = "ipi_p99",
		 .title = "IPI p99",
		 .type = REP_U64,
		 .unit = "ns",
		 .sparse = true},
	};
	struct rep_table *t =
		rep_table(r, "compare", "Side by side", cols, sizeof(cols) / sizeof(cols[0]));
	size_t best = 0;

	rep_fact(r, "baseline", "baseline", "%s", x[baseline].title);
	rep_fact(r, "model", "switch model of the baseline", "%s",
		 x[baseline].m->prog->config.model->name);
	for (size_t i = 0; i < n; i++) {
		const struct figures base = figures_of(x[base_of(x, i, baseline)].m);

		row(t, &x[i], &base);
		if (figures_of(x[i].m).switch_per_exit < figures_of(x[best].m).switch_per_exit)
			best = i;
	}
	rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .title = "Switch cycles per exit", .x = "title",
					  .y = "switch_per_exit", .lead = true });
	rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .title = "Cycles of an exit and entry, and of a load and put",
					  .x = "title", .y = "exit_cycles load_cycles" });
	for (size_t i = 0; i < n; i++) {
		const size_t k = base_of(x, i, baseline);
		const struct figures f = figures_of(x[i].m), base = figures_of(x[k].m);

		crossover(r, x[i].title, &f, x[k].title, &base);
	}
	rep_verdict(r, "least switch cycles per exit: %s", x[best].title);
	rep_note(r, "switch per exit: load, put, exit, entry and first-use traps over all exits; "
		    "break-even: exits per load "
		    "at which a configuration costs what the baseline costs, by the cycles of one "
		    "exit and entry and one load "
		    "and put; what is deferred moves once per load instead of once per exit; none where "
		    "both cost more or both less; a configuration of another size (vCPUs, pCPUs, scheduler, "
		    "...) is compared with the first of that size");
	calibration_note(x[baseline].m->prog->config.machine, r);
}
