/* SPDX-License-Identifier: Apache-2.0 */
/* What the reports of `run` and `compare` share: derived numbers, facts, notes. */
#include <stdio.h>
#include <string.h>

#include "models/hyp/ws/runner.h"
#include "sim/base/num.h"
#include "sim/base/str.h"
#include "sim/report/run_report.h"
#include "sim/report/sight_report.h"
#include "sim/report/spans.h"
#include "traces/trace.h"

const char *run_count(uint64_t n, char buf[static RUN_COUNT_TEXT])
{
	char digits[24];
	size_t len, k = 0;

	len = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	for (size_t i = 0; i < len; i++) {
		if (i != 0 && len > 4 && (len - i) % 3 == 0)
			buf[k++] = ',';
		buf[k++] = digits[i];
	}
	buf[k] = '\0';
	return buf;
}

void run_plain_exit(const struct ws_prog *p, struct ws_totals *t)
{
	struct runner *r = runner_new(p, true);
	struct runner_vcpu *v = runner_vcpu(r, "vm");

	memset(t, 0, sizeof(*t));
	runner_kind(r, v, EXIT_FOR_first_run, NULL);
	runner_kind(r, v, EXIT_FOR_plain, NULL);
	runner_kind(r, v, EXIT_FOR_plain, t);
	runner_free(r);
}

/* A simulated exit is charged the path of the kind that it begins as, which may not be what it turns out to be. */
static bool charged(const struct run_result *x, enum exit_kind k)
{
	const struct outcome_kind *kind = &x->out->kind[k];

	return !outcome_simulated(x->out) || kind->path.insns == num_mul(kind->count, x->cost[k].insns);
}

struct run_path run_kind_path(const struct run_result *x, enum exit_kind k)
{
	const struct outcome_kind *kind = &x->out->kind[k];

	if (!path_cost_known(x->cost, x->out, k) || !charged(x, k))
		return (struct run_path){ 0 };
	return (struct run_path){ true, kind->path.insns, kind->path.cycles, num_mul(kind->count, x->cost[k].user) };
}

void run_sums_of(const struct run_result *x, struct run_sums *s)
{
	memset(s, 0, sizeof(*s));
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		const struct outcome_kind *kind = &x->out->kind[k];
		struct run_path p = run_kind_path(x, (enum exit_kind)k);

		if (exit_is_exit((enum exit_kind)k)) {
			bool user = exit_is_user((enum exit_kind)k);

			*(user ? &s->user : &s->kernel) += kind->count;
			ws_totals_sum(user ? &s->user_t : &s->kernel_t, &kind->totals);
		}
		s->path_insns += p.insns;
		s->path_cycles += p.cycles;
		s->user_insns += p.user;
		s->unmeasured += p.known ? 0 : kind->count;
	}
	if (outcome_simulated(x->out)) { /* with those that the end cut off */
		s->path_insns = x->out->clock->path.insns;
		s->path_cycles = x->out->clock->path.cycles;
	}
}

/* Without "folder/../", which a path relative to a file has; for the eye only. */
static void tidy_path(struct str *out, const char *path)
{
	while (*path != '\0') {
		size_t n = strcspn(path, "/");
		bool up = n == 2 && strncmp(path, "..", 2) == 0;
		size_t last = out->len;

		while (last >= 2 && out->s[last - 2] != '/')
			last--;
		last = last >= 2 ? last - 1 : 0; /* where the last folder begins */
		if (up && out->len > last && strcmp(out->s + last, "../") != 0 && strcmp(out->s, "/") != 0) {
			out->len = last;
			out->s[last] = '\0';
		} else {
			str_addn(out, path, n + (path[n] == '/'));
		}
		path += n + (path[n] == '/');
	}
}

/* Events that are not in the trace, and how many were lost. */
static const char *missing_of(const struct bounds *b, char buf[static 2 * SIGHT_TEXT])
{
	char missing[SIGHT_TEXT], losses[SIGHT_TEXT];

	(void)sight_missing(&b->sight, missing);
	(void)sight_losses(&b->sight, losses);
	(void)snprintf(buf, 2 * SIGHT_TEXT, "%s%s%s", losses, losses[0] != '\0' && missing[0] != '\0' ? "; " : "", missing);
	return buf;
}

void run_trace_facts(const struct run_result *x, struct rep *r)
{
	const struct outcome *p = x->out;
	struct str path = STR_INIT;
	char text[2 * SIGHT_TEXT];

	tidy_path(&path, x->trace);
	rep_fact(r, "trace", "trace", "%s", str_get(&path));
	str_free(&path);
	rep_fact(r, "origin", "recorded", "%s", x->info->origin);
	rep_fact_u64(r, "events", "events", x->info->events, "");
	if (x->info->skipped_unknown + x->info->skipped_lines + x->info->lost != 0) {
		rep_fact_u64(r, "skipped_unknown", "of unknown name, skipped", x->info->skipped_unknown, "");
		rep_fact_u64(r, "skipped_lines", "broken lines, skipped", x->info->skipped_lines, "");
		rep_fact_u64(r, "lost", "lost by the recorder", x->info->lost, "");
	}
	if (x->bounds != NULL)
		rep_fact(r, "missing", "lacks", "%s", missing_of(x->bounds, text));
	rep_fact_u64(r, "vcpus", "vCPUs", p->n_vcpu, "");
	if (x->bounds != NULL && sight_lossy(&x->bounds->sight))
		rep_fact_bound(r, REP_AT_LEAST);
	rep_fact_span(r, "exits", "guest exits", span_of(x, &p->n.exits));
	rep_fact_span(r, "user_exits", "of them to the VMM", span_of(x, &p->n.user_exits));
	rep_fact_span(r, "sched_outs", "scheduled out in KVM_RUN", span_of(x, &p->trace.sched_outs));
}

/* Kinds of this trace whose path is not known, for a reason. */
static void note_kinds(const struct run_result *x, enum path_state state, const char *why, struct rep *r)
{
	const struct path_profile *p = x->path;
	struct str b = STR_INIT;

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (x->out->kind[k].count != 0 && x->cost[k].state == state)
			str_addf(&b, "%s%s (%llu)", b.len != 0 ? ", " : "", exit_row((enum exit_kind)k)->name,
				 (unsigned long long)x->out->kind[k].count);
	}
	if (b.len != 0)
		rep_note(r, "path profile Linux %s, %s on %s: %s: %s", p->kernel, p->mode, p->machine, why, str_get(&b));
	str_free(&b);
}

/* Kinds that take the path of another kind, because their own was not recorded. */
static void note_stand_ins(const struct run_result *x, struct rep *r)
{
	struct str b = STR_INIT;

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (x->out->kind[k].count != 0 && x->cost[k].state == PATH_OK && x->cost[k].stand_in)
			str_addf(&b, "%s%s for %s", b.len != 0 ? ", " : "", path_kind_name(x->cost[k].kind),
				 exit_row((enum exit_kind)k)->name);
	}
	if (b.len != 0)
		rep_note(r, "measured path: the nearest recorded kind stands in: %s", str_get(&b));
	str_free(&b);
}

static bool same_path(const struct path_profile *a, const struct path_profile *b)
{
	return path_given(a) == path_given(b) &&
	       (!path_given(a) || (strcmp(a->kernel, b->kernel) == 0 && strcmp(a->mode, b->mode) == 0 &&
				   strcmp(a->machine, b->machine) == 0));
}

static void note_assumed_path(const struct run_result *x, struct rep *r)
{
	const struct path_profile *p = x->path;
	char own[64];

	(void)snprintf(own, sizeof(own), "linux-%s-%s", p->kernel, p->mode);
	if (path_given(p) && strcmp(own, x->out->prog->config.model->name) != 0)
		rep_note(r, "%s: the C code of %s was not recorded; assumed to be that of Linux %s, %s on %s",
			 x->title, x->out->prog->config.model->name, p->kernel, p->mode, p->machine);
	if (path_given(p) && strstr(x->out->prog->config.machine->name, p->machine) == NULL)
		rep_note(r, "%s: the path profile was recorded on %s, and the machine is %s: instructions that depend on the "
			 "core differ", x->title, p->machine, x->out->prog->config.machine->name);
	if (!path_given(p))
		rep_note(r, "%s: no path profile: the C code around the switch has no cycles here; include a file of "
			 "configs/kernel to add what was measured", x->title);
}

static void note_not_charged(const struct run_result *x, struct rep *r)
{
	struct str b = STR_INIT;

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (x->out->kind[k].count != 0 && x->cost[k].state == PATH_OK && !charged(x, (enum exit_kind)k))
			str_addf(&b, "%s%s (%llu)", b.len != 0 ? ", " : "", exit_row((enum exit_kind)k)->name,
				 (unsigned long long)x->out->kind[k].count);
	}
	if (b.len != 0)
		rep_note(r, "%s: the measured path of these exits is not charged, they begin as another kind or as none: %s",
			 x->title, str_get(&b));
	str_free(&b);
}

/* Each path profile once. */
void run_note_paths(const struct run_result *x, size_t n, struct rep *r)
{
	for (size_t i = 0; i < n; i++) {
		bool first = true;

		note_assumed_path(&x[i], r);
		for (size_t k = 0; k < i; k++)
			first = first && !same_path(x[k].path, x[i].path);
		if (!first)
			continue;
		note_kinds(&x[i], PATH_UNMEASURED, "not measured, and so not in the cycles of its path", r);
		note_kinds(&x[i], PATH_TOO_SHORT, "fewer instructions recorded than the model stands for, so nothing "
			   "is left", r);
	}
	note_not_charged(&x[0], r);
	note_stand_ins(&x[0], r);
}

static void note_losses(const struct outcome_trace *p, struct rep *r)
{
	if (p->lost_entries + p->lost_exits != 0)
		rep_note(r, "%llu kvm_exit without a kvm_entry before and %llu kvm_entry without a kvm_exit: the trace "
			 "begins inside a run or has lost events; they are not replayed",
			 (unsigned long long)p->lost_entries, (unsigned long long)p->lost_exits);
	if (p->inferred != 0)
		rep_note(r, "%llu times a vCPU went on on another CPU without a sched_switch event: one put and one "
			 "load each; record sched:sched_switch to see all", (unsigned long long)p->inferred);
	if (p->unfinished != 0)
		rep_note(r, "%llu exits are the last of their vCPU: what followed is not in the trace",
			 (unsigned long long)p->unfinished);
}

void calibration_note(const struct machine *m, struct rep *r)
{
	enum calibration cal = (enum calibration)m->calibration;

	rep_note(r, "counts are exact for the model; cycles of %s are %s: %s", m->name, calibration_name(cal),
		 calibration_help(cal));
}

void band_note(const struct run_result *x, struct rep *r)
{
	const struct band_dev *d = &x->band;
	const char *name = x->out->prog->config.machine->name;
	struct str from = STR_INIT;

	if (!d->known)
		return;
	if (d->fitted[0] && d->fitted[1])
		str_addf(&from, "both told by the fit of %s ([fit])", name);
	else if (!d->fitted[0] && !d->fitted[1])
		str_addf(&from, "%s has no fit: priors of el2sim calibrate, how far cores are apart", name);
	else
		str_addf(&from, "the fit of %s tells cost.%s, the other is the prior of el2sim calibrate", name, d->fitted[0] ? "scale" : "cpi");
	rep_note(r, "uncertainty: cycles \303\227\303\267F are between the figure divided and multiplied by F, " BAND_OF_100 " of 100 "
		    "(_low and _high in CSV, bands in JSON): all costs of %s together may be off by %.1f %% (cost.scale), cycles per "
		    "instruction by %.1f %% (cost.cpi), each by one deviation; %s; and a single cost by %.0f %% of its share ([fit] "
		    "single_deviation); counts have none%s", name, 100 * d->scale, 100 * d->cpi, str_get(&from), 100 * d->single,
		 x->out->clock != NULL && !x->out->clock->as_recorded
			 ? ", and are those of a run with the costs as given, whose times and latencies have no bands"
			 : "");
	str_free(&from);
}

static bool is_first_machine(const struct run_result *x, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(x[k].out->prog->config.machine->name, x[i].out->prog->config.machine->name) == 0)
			return false;
	}
	return true;
}

void run_notes(const struct run_result *x, size_t n, struct rep *r)
{
	const struct outcome *p = x[0].out;

	for (size_t i = 0; i < n; i++) {
		if (!is_first_machine(x, i))
			continue;
		calibration_note(x[i].out->prog->config.machine, r);
		band_note(&x[i], r);
	}
	run_note_paths(x, n, r);
	note_losses(&p->trace, r);
	if (x[0].bounds != NULL)
		sight_notes(&x[0].bounds->sight, r);
	if (p->n.fp_traps == 0)
		rep_note(r, "no event shows when a guest uses FP/SIMD: no FP trap is counted (run.fp_use = each-load "
			 "counts one after each vcpu_load)");
	rep_note(r, "no event shows an entry that is given up because an interrupt is pending: each kvm_entry is one "
		 "guest entry");
}
