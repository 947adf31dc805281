/* SPDX-License-Identifier: Apache-2.0 */
/* What `el2sim compare` answers: a sentence per configuration, against the baseline. */
#include "sim/base/num.h"
#include "sim/report/compare_impl.h"

#include <stdio.h>

#include "sim/report/sight_report.h"

uint64_t compare_plain(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return outcome_accesses(&s->plain[i]);
}

uint64_t compare_all(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return outcome_accesses(&s->x[i].out->total);
}

uint64_t compare_modelled(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return s->x[i].out->total.cycles;
}

uint64_t compare_cycles(const struct sheet *s, size_t i, unsigned arg)
{
	if (!path_given(s->x[i].path))
		return 0;
	return compare_modelled(s, i, arg) + s->sums[i].path_cycles;
}

struct band_form compare_modelled_form(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return s->bands[i].modelled;
}

struct band_form compare_cycles_form(const struct sheet *s, size_t i, unsigned arg)
{
	(void)arg;
	return path_given(s->x[i].path) ? s->bands[i].all : s->bands[i].modelled;
}

/* "4.4x fewer", "1.2x more" or "as many"; values in accesses. */
static const char *factor(uint64_t a, uint64_t base, char buf[static 40])
{
	bool fewer = a < base;
	uint64_t hi = fewer ? base : a, lo = fewer ? a : base, tenths;

	if (a == base || lo == 0)
		return "as many";
	tenths = num_u64(((u128)hi * 20 + lo) / ((u128)lo * 2)); /* rounded to the nearest */
	(void)snprintf(buf, 40, "%llu.%llux %s", (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10),
		       fewer ? "fewer" : "more");
	return buf;
}

/* "at most 4.1x fewer", from bounds of the ratio to the baseline in thousandths; the other side if that says more. */
static const char *factor_bound(uint64_t lo, uint64_t hi, char buf[static 80])
{
	const unsigned long long fewer = lo != 0 ? (10000 + lo - 1) / lo : 0; /* tenths, upwards */
	const unsigned long long more = hi < BOUNDS_NONE ? (hi + 99) / 100 : 0;

	if (lo != 0 && lo < 1000 && more > 10)
		(void)snprintf(buf, 80, "at most %llu.%llux fewer, at most %llu.%llux more", fewer / 10, fewer % 10, more / 10,
			       more % 10);
	else if (lo != 0 && lo < 1000)
		(void)snprintf(buf, 80, "at most %llu.%llux fewer", fewer / 10, fewer % 10);
	else if (hi < BOUNDS_NONE)
		(void)snprintf(buf, 80, "at most %llu.%llux more", more / 10, more % 10);
	else
		(void)snprintf(buf, 80, "how many is not known");
	return buf;
}

/* The headline of a trace that lacks events: what one exit costs is known, of the whole what is certain. */
static void bounded_verdict(const struct sheet *s, size_t i)
{
	const struct run_result *x = &s->x[i], *b = &s->x[s->baseline];
	const struct per_exit each = span_per_exit(x, outcome_accesses), base = span_per_exit(b, outcome_accesses);
	char one_exit[40], all[80], n[2][RUN_COUNT_TEXT];
	uint64_t lo, hi;

	bounds_ratio(x->bounds, b->bounds, &lo, &hi);
	rep_verdict(s->r, "%s: %s accesses per exit handled in the kernel %s %s (%s against %s for an HVC); "
		    "whole trace: %s, per exit at least %lld.%lld against at least %lld.%lld", x->title,
		    factor(compare_plain(s, i, 0), compare_plain(s, s->baseline, 0), one_exit),
		    compare_plain(s, i, 0) == compare_plain(s, s->baseline, 0) ? "as" : "than", b->title,
		    run_count(compare_plain(s, i, 0), n[0]), run_count(compare_plain(s, s->baseline, 0), n[1]),
		    factor_bound(lo, hi, all), (long long)(each.lo / 1000), (long long)(each.lo % 1000 / 100),
		    (long long)(base.lo / 1000), (long long)(base.lo % 1000 / 100));
}

/* "12", "at least 12", "an unknown number". */
static const char *count_text(struct span v, char buf[static 48])
{
	char n[RUN_COUNT_TEXT];

	if (span_exact(v))
		(void)snprintf(buf, 48, "%s", run_count(v.lo, n));
	else if (v.lo != 0)
		(void)snprintf(buf, 48, "at least %s", run_count(v.lo, n));
	else
		(void)snprintf(buf, 48, "an unknown number");
	return buf;
}

static void bounded_mechanism(const struct sheet *s)
{
	const struct run_result *x = &s->x[s->baseline];
	const struct span n = span_of(x, &x->out->n.exits), loads = span_of(x, &x->out->n.loads);
	char text[3][48], per[64] = "how many exits there are per vcpu_load is not known";

	if (span_exact(n) && loads.lo != 0) { /* tenths, upwards */
		uint64_t tenths = (n.hi * 10 + loads.lo - 1) / loads.lo;

		(void)snprintf(per, sizeof(per), "%s%llu.%llu exits per vcpu_load", span_exact(loads) ? "" : "at most ",
			       (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
	}
	rep_verdict(s->r, "this trace: %s exits, %s of them to the VMM, %s times scheduled out: %s, and what is deferred moves "
		    "once per load instead of once per exit", count_text(n, text[0]),
		    count_text(span_of(x, &x->out->n.user_exits), text[1]),
		    count_text(span_of(x, &x->out->trace.sched_outs), text[2]), per);
	sight_verdict(&x->bounds->sight, s->r);
}

/* "4.2 % fewer", "30 more" of what is 0 in the baseline, or "as many"; values in cycles. */
static const char *percent(uint64_t a, uint64_t base, char buf[static 48])
{
	uint64_t by = a < base ? base - a : a - base;
	/* tenths, rounded to the nearest */
	uint64_t tenths = base != 0 ? (uint64_t)((long double)by * 1000 / (long double)base + 0.5L) : 0;

	if (by == 0)
		return "as many";
	if (base == 0)
		(void)snprintf(buf, 48, "%llu more", (unsigned long long)by);
	else if (tenths == 0)
		(void)snprintf(buf, 48, "under 0.1 %% %s", a < base ? "fewer" : "more");
	else
		(void)snprintf(buf, 48, "%llu.%llu %% %s", (unsigned long long)(tenths / 10),
			       (unsigned long long)(tenths % 10), a < base ? "fewer" : "more");
	return buf;
}

/* Is a figure the same as the baseline's, at least and at most? */
static bool same_figure(const struct sheet *s, size_t i, number_fn *f)
{
	return f(s, i, 0) == f(s, s->baseline, 0) &&
	       (s->most == NULL || f(s->most, i, 0) == f(s->most, s->baseline, 0));
}

/* The headline of a column that moves as much as the baseline: what differs is its cycles, or nothing. */
static void cycles_verdict(const struct sheet *s, size_t i)
{
	const char *title = s->x[i].title, *base = s->x[s->baseline].title, *least = s->most != NULL ? "at least " : "";
	const bool path = same_figure(s, i, compare_modelled); /* then it is the host's path that differs, if anything */
	number_fn *all = path ? compare_cycles : compare_modelled;
	const uint64_t each[2] = { s->plain[i].cycles, s->plain[s->baseline].cycles };
	const uint64_t sum[2] = { all(s, i, 0), all(s, s->baseline, 0) };
	char text[2][48], n[4][RUN_COUNT_TEXT];

	if (each[0] == each[1] && path && same_figure(s, i, compare_cycles)) {
		rep_verdict(s->r, "%s: no difference from %s in accesses or cycles", title, base);
		return;
	}
	if (path && (sum[0] == 0 || sum[1] == 0)) { /* one has no path profile */
		rep_verdict(s->r, "%s: as many accesses and modelled cycles as %s; of the host's path only one of them has cycles",
			    title, base);
		return;
	}
	rep_verdict(s->r, "%s: as many accesses as %s, other cycles: per exit handled in the kernel %s (%s against %s modelled "
		    "cycles for an HVC); whole trace: %s (%s%s against %s%s %s cycles)", title, base,
		    percent(each[0], each[1], text[0]), run_count(each[0], n[0]), run_count(each[1], n[1]),
		    percent(sum[0], sum[1], text[1]), least, run_count(sum[0], n[2]), least, run_count(sum[1], n[3]),
		    path ? "modelled and measured" : "modelled");
}

void compare_verdict(const struct sheet *s, size_t i)
{
	const struct run_result *x = &s->x[i], *b = &s->x[s->baseline];
	char each[40], all[40], n[4][RUN_COUNT_TEXT];

	if (same_figure(s, i, compare_plain) && same_figure(s, i, compare_all)) {
		cycles_verdict(s, i);
		return;
	}
	if (s->most != NULL) {
		bounded_verdict(s, i);
		return;
	}
	rep_verdict(s->r, "%s: %s accesses per exit handled in the kernel %s %s (%s against %s for an HVC); "
		    "whole trace: %s (%s against %s)", x->title,
		    factor(compare_plain(s, i, 0), compare_plain(s, s->baseline, 0), each),
		    compare_plain(s, i, 0) == compare_plain(s, s->baseline, 0) ? "as" : "than", b->title,
		    run_count(compare_plain(s, i, 0), n[0]), run_count(compare_plain(s, s->baseline, 0), n[1]),
		    factor(compare_all(s, i, 0), compare_all(s, s->baseline, 0), all),
		    run_count(compare_all(s, i, 0), n[2]), run_count(compare_all(s, s->baseline, 0), n[3]));
}

void compare_mechanism(const struct sheet *s)
{
	const struct outcome *p = s->x[s->baseline].out;
	char n[3][RUN_COUNT_TEXT];
	uint64_t tenths = p->n.loads != 0 ? (p->n.exits * 20 + p->n.loads) / (p->n.loads * 2) : 0;

	if (s->most != NULL) {
		bounded_mechanism(s);
		return;
	}
	rep_verdict(s->r, "this trace: %s exits, %s of them to the VMM, %s times scheduled out: %llu.%llu exits per "
		    "vcpu_load, and what is deferred moves once per load instead of once per exit",
		    run_count(p->n.exits, n[0]), run_count(p->n.user_exits, n[1]), run_count(p->trace.sched_outs, n[2]),
		    (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
}

void compare_apart(const struct sheet *s, size_t i)
{
	const struct run_result *x = &s->x[i], *b = &s->x[s->baseline];
	const bool path = path_given(x->path) && path_given(b->path);
	const uint64_t sum = path ? compare_cycles(s, i, 0) : compare_modelled(s, i, 0);
	const uint64_t base = path ? compare_cycles(s, s->baseline, 0) : compare_modelled(s, s->baseline, 0);
	struct band_form f = (path ? compare_cycles_form : compare_modelled_form)(s, i, 0);
	struct band_form g = (path ? compare_cycles_form : compare_modelled_form)(s, s->baseline, 0);
	struct band_range r;

	if (s->most != NULL || !x->band.known || !b->band.known || sum == 0 || base == 0 || sum == base)
		return;
	r = bands_ratio(&s->bands[s->baseline], &g, &s->bands[i], &f);
	rep_verdict(s->r, "%s: %.2f times the cycles of %s, %s (%.2f to %.2f by the deviations of %s costs): %s", x->title,
		    (double)sum / (double)base, b->title, path ? "modelled and measured" : "modelled", r.low, r.high,
		    bands_common(x, b) ? "common" : "two machines'",
		    !r.apart ? "inside the band: not told apart" : sum < base ? "cheaper, outside the band" : "dearer, outside the band");
}
