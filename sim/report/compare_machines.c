/* SPDX-License-Identifier: Apache-2.0 */
/* The report of `el2sim compare` of machines: what scheduling makes of a switch policy, and where two of them meet. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/num.h"
#include "sim/base/str.h"
#include "sim/report/bands.h"
#include "sim/report/columns.h"
#include "sim/report/run_report.h"

/* What one machine comes to; cycles in thousandths. */
struct figures {
	int64_t exits_per_load;
	int64_t per_exit;        /* EXIT and ENTER */
	int64_t per_load;        /* LOAD and PUT */
	int64_t switch_per_exit; /* all of the switch, over all exits */
	int64_t accesses_per_exit;
};

static struct figures figures_of(const struct outcome *o)
{
	const struct ws_totals *p = o->phase;
	struct figures f;

	f.exits_per_load = col_per(o->n.exits, o->n.loads);
	f.per_exit =
		col_per(p[PHASE_EXIT].cycles, o->n.exits) + col_per(p[PHASE_ENTER].cycles, o->n.entries);
	f.per_load = col_per(p[PHASE_LOAD].cycles, o->n.loads) + col_per(p[PHASE_PUT].cycles, o->n.puts);
	f.switch_per_exit = col_per(o->total.cycles - p[PHASE_HANDLE].cycles, o->n.exits);
	f.accesses_per_exit = col_per(outcome_accesses(&o->total), o->n.exits);
	return f;
}

/* Which costs made them, each over as many. */
struct forms {
	struct band_form exit, load, all;
	double clock_ghz;
};

/* Cycles of a phase per something that happened so often. */
static void add_per(struct band_form *f, const struct bands *b, enum ws_phase phase, uint64_t n)
{
	const struct band_form one = bands_phase(b, phase);

	if (n != 0)
		band_add(f, &one, 1 / (double)n);
}

static struct forms forms_of(const struct bands *b)
{
	const struct outcome *o = b->x->out;
	struct forms f = { .clock_ghz = (double)o->prog->config.machine->clock_hz / 1e9 };
	const double exits = o->n.exits != 0 ? (double)o->n.exits : 1;

	add_per(&f.exit, b, PHASE_EXIT, o->n.exits);
	add_per(&f.exit, b, PHASE_ENTER, o->n.entries);
	add_per(&f.load, b, PHASE_LOAD, o->n.loads);
	add_per(&f.load, b, PHASE_PUT, o->n.puts);
	band_add(&f.all, &b->modelled, 1 / exits);
	for (unsigned i = 0; i < BAND_ROWS; i++)
		f.all.v[i] -= bands_phase(b, PHASE_HANDLE).v[i] / exits;
	return f;
}

/* Of the vCPUs' time, in thousandths of a percent. */
static int64_t share(const struct outcome *o, enum outcome_time k)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < o->n_vcpu; i++)
		sum += o->vcpu[i].time[k] / o->n_vcpu;
	return num_ratio(sum, 100000, o->clock->end);
}

/* Exits per load at which both cost the same, in thousandths; 0: both cost more, or both less, and
 * no number of exits per load changes the order. */
static int64_t break_even(const struct figures *f, const struct figures *base)
{
	int64_t load = f->per_load - base->per_load, exit = base->per_exit - f->per_exit;

	return load == 0 || exit == 0 || (load > 0) != (exit > 0) ? 0 : num_signed_ratio(load, 1000, exit);
}

/* Thousandths as text with two decimals, rounded, without its sign. */
static const char *fixed(char text[32], int64_t milli)
{
	uint64_t u = ((uint64_t)(milli < 0 ? -milli : milli) + 5) / 10;

	(void)snprintf(text, 32, "%llu.%02llu", (unsigned long long)(u / 100), (unsigned long long)(u % 100));
	return text;
}

/* The band of a break-even; apart: both what a load and what an exit costs more or less are of a certain sign. */
static struct band_range even_range(const struct bands *x, const struct bands *base, int64_t even)
{
	const struct forms f = forms_of(x), g = forms_of(base);
	const struct band_dev *d = &base->x->band;
	struct band_form load = f.load, exit = g.exit;
	struct band_range r = { 0, 1e9, false };
	double factor;

	if (!bands_common(x->x, base->x) || !band_difference(d, &g.load, &f.load).apart || !band_difference(d, &f.exit, &g.exit).apart)
		return r;
	band_add(&load, &g.load, -1);
	band_add(&exit, &f.exit, -1);
	factor = band_quotient_factor(d, &load, &exit);
	return (struct band_range){ (double)even / 1000 / factor, (double)even / 1000 * factor, true };
}

/* The crossover in words: what a load costs more, what each exit saves. */
static void crossover(struct rep *r, const struct bands *x, const struct figures *f, const struct bands *base_x,
		      const struct figures *base)
{
	int64_t load = f->per_load - base->per_load, exit = f->per_exit - base->per_exit;
	int64_t even = break_even(f, base);
	char a[32], b[32], c[32], d[32], range[80] = "";

	if (even == 0)
		return;
	if (x->x->band.known && base_x->x->band.known) {
		const struct band_range e = even_range(x, base_x, even);
		const double here = (double)f->exits_per_load / 1000;

		if (!e.apart)
			(void)snprintf(range, sizeof(range), "; inside the band: not told apart");
		else
			(void)snprintf(range, sizeof(range), " (%.2f to %.2f by the costs' deviations%s)", e.low, e.high,
				       here > e.low && here < e.high ? ": not told apart here" : "");
	}
	rep_verdict(r,
		    "%s against %s: %s cycles %s per load and put, %s %s per exit and entry: cheaper %s %s exits per "
		    "load, here %s%s",
		    x->x->title, base_x->x->title, fixed(a, load), load > 0 ? "more" : "less", fixed(b, exit),
		    exit > 0 ? "more" : "less", load > 0 ? "above" : "below", fixed(c, even), fixed(d, f->exits_per_load), range);
}

static bool same_machine(const struct outcome *a, const struct outcome *b)
{
	return strcmp(a->clock->setup, b->clock->setup) == 0 && a->clock->hz == b->clock->hz;
}

/* The column that column i is compared with: the baseline, or the first of its own kind if vCPUs,
 * pCPUs, ... are others. */
static size_t base_of(const struct run_result *x, size_t i, size_t baseline)
{
	size_t k = 0;

	if (same_machine(x[i].out, x[baseline].out))
		return baseline;
	while (!same_machine(x[i].out, x[k].out))
		k++;
	return k;
}

/* Is all that is compared the same? */
static bool same_figures(const struct outcome *a, const struct outcome *b)
{
	const struct figures f = figures_of(a), g = figures_of(b);
	bool same = memcmp(&f, &g, sizeof(f)) == 0 && memcmp(&a->n, &b->n, sizeof(a->n)) == 0 &&
		    memcmp(a->phase, b->phase, sizeof(a->phase)) == 0 && memcmp(&a->total, &b->total, sizeof(a->total)) == 0;

	for (unsigned k = 0; k < TIME_COUNT; k++)
		same = same && outcome_vcpu_time(a, (enum outcome_time)k) == outcome_vcpu_time(b, (enum outcome_time)k);
	for (unsigned l = 0; l < LAT_COUNT; l++)
		same = same && hist_quantile(&a->clock->latency[l], 9900) == hist_quantile(&b->clock->latency[l], 9900);
	return same;
}

/* Which costs least, or that none does. */
static void least_verdict(const struct run_result *x, const struct bands *b, size_t n, size_t best, struct rep *r)
{
	const int64_t least = figures_of(x[best].out).switch_per_exit;
	const struct forms f = forms_of(&b[best]);
	struct str also = STR_INIT, near = STR_INIT;
	size_t equal = 0;

	for (size_t i = 0; i < n; i++) {
		if (figures_of(x[i].out).switch_per_exit != least) {
			const struct forms g = forms_of(&b[i]);

			if (least > 0 && x[i].band.known && x[best].band.known && !bands_ratio(&b[best], &f.all, &b[i], &g.all).apart)
				str_addf(&near, "%s%s", near.len != 0 ? ", " : "; inside the band of it, not told apart: ", x[i].title);
			continue;
		}
		equal++;
		if (i != best)
			str_addf(&also, "%s%s", also.len != 0 ? ", " : "", x[i].title);
	}
	if (n > 1 && equal == n)
		rep_verdict(r, "switch cycles per exit: the same in all %zu columns", n);
	else if (equal > 1)
		rep_verdict(r, "least switch cycles per exit: %s, and the same: %s%s", x[best].title, str_get(&also),
			    str_get(&near));
	else
		rep_verdict(r, "least switch cycles per exit: %s%s", x[best].title, str_get(&near));
	str_free(&also);
	str_free(&near);
}

static void machine_row(struct rep_table *t, const struct bands *b, const struct bands *base_bands)
{
	const struct outcome *o = b->x->out;
	const struct figures f = figures_of(o), of_base = figures_of(base_bands->x->out), *base = &of_base;
	const struct forms x = forms_of(b), y = forms_of(base_bands);
	const bool known = b->x->band.known && base_bands->x->band.known;
	struct band_range r;

	rep_str(t, b->x->title);
	rep_u64(t, o->n_vcpu);
	rep_u64(t, o->n.exits);
	rep_u64(t, o->n.loads);
	rep_fix(t, f.exits_per_load);
	rep_fix(t, f.accesses_per_exit);
	rep_fix(t, f.per_exit);
	rep_in_band(t, b, &x.exit);
	rep_fix(t, f.per_load);
	rep_in_band(t, b, &x.load);
	rep_fix(t, f.switch_per_exit);
	rep_in_band(t, b, &x.all);
	rep_fix(t, (int64_t)((double)f.switch_per_exit / x.clock_ghz));
	rep_in_band(t, b, &x.all);
	if (base->switch_per_exit != 0) {
		rep_fix(t, num_signed_ratio(f.switch_per_exit, 1000, base->switch_per_exit));
		r = b == base_bands || f.switch_per_exit == 0 ? (struct band_range){ 1, 1, false } : bands_ratio(base_bands, &y.all, b, &x.all);
		if (known && f.switch_per_exit != 0)
			rep_in_range(t, &r);
	} else {
		rep_none(t);
	}
	if (break_even(&f, base) != 0) {
		rep_fix(t, break_even(&f, base));
		r = even_range(b, base_bands, break_even(&f, base));
		if (known && r.apart)
			rep_in_range(t, &r);
	} else {
		rep_none(t);
	}
	rep_fix(t, share(o, TIME_STEAL));
	rep_u64(t, hist_quantile(&o->clock->latency[LAT_HANDLING], 9900));
	rep_u64(t, hist_quantile(&o->clock->latency[LAT_SGI], 9900));
}

void compare_machines_report(const struct run_result *x, size_t n, size_t baseline, struct rep *r)
{
	const struct rep_col cols[] = {
		col_text("title", "configuration"),
		{ .key = "vcpus", .title = "vCPUs", .type = REP_U64 },
		{ .key = "exits", .type = REP_U64 },
		{ .key = "loads", .type = REP_U64 },
		col_fix("exits_per_load", "exits per load", "", 2),
		col_average("accesses_per_exit", "reads and writes per exit", ""),
		col_average("exit_cycles", "exit and entry", "cycles"),
		col_average("load_cycles", "load and put", "cycles"),
		col_average("switch_per_exit", "switch per exit", "cycles"),
		col_average("switch_ns", "the same as time", "ns"),
		col_fix("ratio", "to baseline", "", 3),
		col_fix("break_even", "break-even exits per load", "", 2),
		col_fix("steal", "", "%", 2),
		col_count("handling_p99", "handling p99", "ns"),
		col_count("ipi_p99", "IPI p99", "ns"),
	};
	struct rep_table *t =
		rep_table(r, "compare", "Side by side", cols, sizeof(cols) / sizeof(cols[0]));
	struct bands *b = xcalloc(n, sizeof(*b));
	size_t best = 0;

	for (size_t i = 0; i < n; i++)
		bands_of(&x[i], x[i].out->clock->path.cycles, &b[i]);
	rep_fact(r, "baseline", "baseline", "%s", x[baseline].title);
	rep_fact(r, "model", "switch model of the baseline", "%s",
		 x[baseline].out->prog->config.model->name);
	for (size_t i = 0; i < n; i++) {
		machine_row(t, &b[i], &b[base_of(x, i, baseline)]);
		if (figures_of(x[i].out).switch_per_exit < figures_of(x[best].out).switch_per_exit)
			best = i;
	}
	rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .title = "Switch cycles per exit", .x = "title",
					  .y = "switch_per_exit", .lead = true });
	rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .title = "Cycles of an exit and entry, and of a load and put",
					  .x = "title", .y = "exit_cycles load_cycles" });
	for (size_t i = 0; i < n; i++) {
		const size_t k = base_of(x, i, baseline);
		const struct figures f = figures_of(x[i].out), base = figures_of(x[k].out);

		if (i != k && same_figures(x[i].out, x[k].out))
			rep_verdict(r, "%s: no difference from %s in anything that is compared", x[i].title, x[k].title);
		else
			crossover(r, &b[i], &f, &b[k], &base);
	}
	least_verdict(x, b, n, best, r);
	rep_note(r, "switch per exit: load, put, exit, entry and first-use traps over all exits; "
		    "break-even: exits per load "
		    "at which a configuration costs what the baseline costs, by the cycles of one "
		    "exit and entry and one load "
		    "and put; what is deferred moves once per load instead of once per exit; none where "
		    "both cost more or both less; a configuration of another size (vCPUs, pCPUs, scheduler, "
		    "...) is compared with the first of that size");
	calibration_note(x[baseline].out->prog->config.machine, r);
	band_note(&x[baseline], r);
	for (size_t i = 0; i < n; i++)
		bands_free(&b[i]);
	free(b);
}
