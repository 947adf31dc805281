/* SPDX-License-Identifier: Apache-2.0 */
/* The report of `el2sim run`. */
#include "sim/report/run_report.h"

#include <stdio.h>

#include "sim/report/bands.h"
#include "sim/report/columns.h"
#include "sim/report/sight_report.h"
#include "sim/report/spans.h"

static void machine_facts(const struct run_result *x, struct rep *r)
{
	const struct outcome_clock *c = x->out->clock;

	rep_fact(r, "workload", "workload", "%s", x->workload != NULL ? x->workload : "a recorded trace");
	rep_fact_u64(r, "vcpus", "vCPUs", x->out->n_vcpu, "");
	rep_fact_u64(r, "vcpu_bytes", "memory per vCPU", c->vcpu_bytes, "bytes");
	rep_fact_u64(r, "vms", "VMs", c->vms, "");
	rep_fact_u64(r, "pcpus", "pCPUs", c->n_cpu, "");
	rep_fact(r, "sched", "scheduler", "%s", c->sched);
	rep_fact_u64(r, "duration_us", "simulated time", c->duration_us, "us");
	if (c->warmup_us != 0)
		rep_fact_u64(r, "warmup_us", "before it, not counted", c->warmup_us, "us");
	if (c->cold.counted) {
		rep_fact_u64(r, "cold_exits", "cold: after a long residency or sleep", c->cold.exits, "");
		rep_fact_u64(r, "cold_cycles", "what that adds", c->cold.cycles, "cycles");
	}
	rep_fact_u64(r, "seed", "seed", c->seed, "");
}

void run_source_facts(const struct run_result *x, struct rep *r)
{
	if (x->out->clock != NULL)
		machine_facts(x, r);
	else
		run_trace_facts(x, r);
}

static void facts(const struct run_result *x, struct rep *r)
{
	const struct machine *m = x->out->prog->config.machine;
	const struct path_profile *p = x->path;

	rep_fact(r, "config", "configuration", "%s", x->config);
	run_source_facts(x, r);
	rep_fact(r, "machine", "machine", "%s", m->name);
	rep_fact_u64(r, "clock_hz", "clock", (uint64_t)m->clock_hz, "Hz");
	rep_fact(r, "calibration", "cycles are", "%s", calibration_name((enum calibration)m->calibration));
	rep_fact(r, "model", "switch model", "%s", x->out->prog->config.model->name);
	if (path_given(p))
		rep_fact(r, "path_profile", "path profile", "Linux %s, %s on %s", p->kernel, p->mode, p->machine);
	else
		rep_fact(r, "path_profile", "path profile", "none");
}

/* "most (58.0 %) in group el1", "the largest part (22.8 %) in group exit": most is above half. */
static const char *part_text(uint64_t part, uint64_t sum, const char *kind, const char *name, char buf[static 96])
{
	uint64_t tenths = (uint64_t)((long double)part * 1000 / (long double)sum);

	(void)snprintf(buf, 96, "%s (%llu.%llu %%) %s %s", part > sum / 2 ? "most" : "the largest part",
		       (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10), kind, name);
	return buf;
}

/* The answer: what an exit costs, and where the largest part of it goes: of accesses and of cycles. */
static void trace_answer(const struct run_result *x, struct rep *r)
{
	const struct outcome *p = x->out;
	uint64_t moved[GRP_COUNT] = { 0 }, group[GRP_COUNT] = { 0 }, cycles = p->total.cycles, accesses = outcome_accesses(&p->total);
	unsigned m = 0, g = 0, k = 0;
	char n[RUN_COUNT_TEXT], part[3][96], range[BANDS_TEXT];
	struct bands b;

	if (p->n.exits == 0 || cycles == 0 || accesses == 0)
		return;
	for (unsigned i = 0; i < GRP_COUNT; i++) {
		for (unsigned ph = 0; ph < PHASE_COUNT; ph++) {
			moved[i] += outcome_accesses(&p->account.group[ph][i]);
			group[i] += p->account.group[ph][i].cycles;
		}
		m = moved[i] > moved[m] ? i : m;
		g = group[i] > group[g] ? i : g;
	}
	for (unsigned i = 0; i < EXIT_COUNT; i++)
		k = p->kind[i].totals.cycles > p->kind[k].totals.cycles ? i : k;
	bands_of(x, 0, &b);
	rep_verdict(r, "%s guest exit%s: %llu.%llu register reads and writes each, %s; %llu modelled cycles each%s, %s and %s",
		    run_count(p->n.exits, n), p->n.exits == 1 ? "" : "s", (unsigned long long)(accesses / p->n.exits),
		    (unsigned long long)(accesses % p->n.exits * 10 / p->n.exits),
		    part_text(moved[m], accesses, "in group", group_name((enum sr_group)m), part[0]),
		    (unsigned long long)(cycles / p->n.exits),
		    bands_text(&b, &b.modelled, (double)cycles / (double)p->n.exits, range),
		    part_text(group[g], cycles, "in group", group_name((enum sr_group)g), part[1]),
		    part_text(p->kind[k].totals.cycles, cycles, "in exits", exit_row((enum exit_kind)k)->name, part[2]));
	bands_free(&b);
}

/* Thousandths with one decimal. */
static const char *one_decimal(int64_t v, char buf[static RUN_COUNT_TEXT])
{
	(void)snprintf(buf, RUN_COUNT_TEXT, "%lld.%lld", (long long)((v + 50) / 1000),
		       (long long)((v + 50) % 1000 / 100));
	return buf;
}

/* Share of all pCPUs' or vCPUs' time, in thousandths of a percent. */
static int64_t time_share(const struct outcome *o, enum outcome_time k, bool vcpu)
{
	return vcpu ? outcome_vcpu_share(o, k) : outcome_pcpu_share(o, k);
}

/* The answer: what is left for guests, and what the switch takes. */
static void machine_answer(const struct run_result *x, struct rep *r)
{
	const struct outcome *o = x->out;
	char n[5][RUN_COUNT_TEXT], range[BANDS_TEXT];
	const uint64_t cycles = o->total.cycles - o->phase[PHASE_HANDLE].cycles;
	struct band_where handling = BAND_ALL;
	struct band_form f, not_of;
	struct bands b;

	handling.phase = PHASE_HANDLE;
	bands_of(x, 0, &b);
	not_of = bands_where(&b, handling);
	f = b.modelled;
	band_add(&f, &not_of, -1);
	rep_verdict(r,
		    "%zu vCPU%s on %u pCPU%s: guests run %s %% of the pCPUs' time, switch and "
		    "handling take %s %%; vCPUs wait "
		    "%s %% of their time for a pCPU; %s exits per vcpu_load, %s modelled cycles%s of "
		    "switch per exit",
		    o->n_vcpu, o->n_vcpu == 1 ? "" : "s", o->clock->n_cpu, o->clock->n_cpu == 1 ? "" : "s", one_decimal(time_share(o, TIME_GUEST, false), n[0]),
		    one_decimal(time_share(o, TIME_SWITCH, false) + time_share(o, TIME_HANDLE, false),
				n[1]),
		    one_decimal(time_share(o, TIME_STEAL, true), n[2]),
		    one_decimal(col_per(o->n.exits, o->n.loads), n[3]),
		    one_decimal(col_per(cycles, o->n.exits), n[4]),
		    bands_text(&b, &f, o->n.exits != 0 ? (double)cycles / (double)o->n.exits : 0, range));
	bands_free(&b);
}

static uint64_t cycles_of(const struct ws_totals *t)
{
	return t->cycles;
}

/* The same when events are missing: what is known, and what is not. */
static void bounded_answer(const struct run_result *x, struct rep *r)
{
	const struct per_exit a = span_per_exit(x, outcome_accesses), c = span_per_exit(x, cycles_of);
	char n[RUN_COUNT_TEXT];

	if (x->out->n.exits != 0)
		rep_verdict(r, "%s%s guest exit%s: %s%lld.%lld register reads and writes and %s%lld modelled cycles each",
			    sight_lossy(&x->bounds->sight) ? "at least " : "", run_count(x->out->n.exits, n),
			    x->out->n.exits == 1 ? "" : "s", a.exact ? "" : "at least ", (long long)(a.lo / 1000), (long long)(a.lo % 1000 / 100),
			    c.exact ? "" : "at least ", (long long)(c.lo / 1000));
	sight_verdict(&x->bounds->sight, r);
}

/* A vCPU's first KVM_RUN happens once: where it is much of a run, rates per load and per exit are those of a beginning. */
static void note_start(const struct outcome *o, struct rep *r)
{
	uint64_t first = o->kind[EXIT_FOR_first_run].count, loads = o->n.loads;
	char n[3][RUN_COUNT_TEXT];

	if (loads == 0 || first > loads || first < loads / 10 || first == 0)
		return;
	rep_note(r, "start-up, not steady state: %s of %s vCPU loads are the first KVM_RUN of a vCPU (run_first)%s%s; a longer run "
		    "has fewer of them%s", run_count(first, n[0]), run_count(loads, n[1]), first != loads ? "; other loads: " : "",
		 first != loads ? run_count(loads - first, n[2]) : "",
		 o->clock != NULL && !o->clock->as_recorded ? ", [run] warmup leaves out the beginning" : "");
}

static void trace_notes(const struct run_result *x, struct rep *r)
{
	char n[3][RUN_COUNT_TEXT];
	const struct ws_totals *t = &x->out->total;

	if (x->bounds != NULL)
		bounded_answer(x, r);
	else
		trace_answer(x, r);
	if (x->bounds == NULL)
		rep_verdict(r, "conservation: sums by phase, exit kind, vCPU and op agree: %s reads, %s writes, %s modelled "
		    "cycles", run_count(t->n[CNT_read], n[0]), run_count(t->n[CNT_write], n[1]), run_count(t->cycles, n[2]));
	note_start(x->out, r);
	run_notes(x, 1, r);
}

static void machine_notes(const struct run_result *x, struct rep *r)
{
	char n[3][RUN_COUNT_TEXT];
	const struct outcome *o = x->out;

	guest_answer(o, r);
	machine_answer(x, r);
	if (x->blind != NULL) {
		rep_verdict(r, o->clock->as_recorded
				       ? "the trace lacks events that figures need: all of them are of what it shows, and no bounds "
					 "of the whole (el2sim run without sched = recorded bounds its counts)"
				       : "the trace that the guests repeat lacks events: they do what it shows, which may be less or "
					 "other than what was recorded, and no figure is a bound (el2sim run --trace bounds its counts)");
		sight_verdict(x->blind, r);
	}
	rep_verdict(r, "conservation: the times of every pCPU and vCPU add up to the simulated time, sums by phase, exit kind and "
		    "vCPU agree: %s reads, %s writes, %s modelled cycles", run_count(o->total.n[CNT_read], n[0]),
		    run_count(o->total.n[CNT_write], n[1]), run_count(o->total.cycles, n[2]));
	note_start(o, r);
	calibration_note(o->prog->config.machine, r);
	band_note(x, r);
	if (o->clock->as_recorded)
		rep_note(r, "a recorded trace played in its order: counts are those of its replay, times and latencies as "
			 "recorded; modelled cycles are part of no time");
	else if (!path_given(x->path))
		rep_note(r, "no path profile: the kernel's instructions around the switch take no time");
	else
		rep_note(r, "%s cycles of handling are measured instructions times cycles per instruction",
			 run_count(o->clock->path.cycles, n[0]));
	if (path_given(x->path))
		run_note_paths(x, 1, r);
	rep_note(r, "latencies are at most 1/64 above the simulated ones; what the end of the run cut off is \"unfinished\"");
}

void run_report(const struct run_result *x, struct rep *r)
{
	const bool clock = x->out->clock != NULL;

	facts(x, r);
	guest_tables(x, r);
	if (clock)
		clock_tables(x->out, r);
	outcome_tables(x, r);
	if (clock)
		clock_member_tables(x->out, r);
	if (clock)
		machine_notes(x, r);
	else
		trace_notes(x, r);
}
