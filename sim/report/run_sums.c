/* SPDX-License-Identifier: Apache-2.0 */
/* What the reports of `run` and `compare` share: derived numbers, facts, notes. */
#include <stdio.h>
#include <string.h>

#include "models/hyp/ws/runner.h"
#include "sim/base/str.h"
#include "sim/report/run_report.h"

int run_result_derive(struct run_result *x, struct err *e)
{
	account_of(x->prog, x->replay->exec, &x->account);
	return path_cost_fill(x->path, x->prog->config.machine, x->cost, e);
}

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

uint64_t run_accesses(const struct ws_totals *t)
{
	return t->n[CNT_read] + t->n[CNT_write];
}

void run_plain_exit(const struct ws_prog *p, struct ws_totals *t)
{
	struct runner *r = runner_new(p, true);
	struct runner_vcpu *v = runner_vcpu(r, "vm");

	memset(t, 0, sizeof(*t));
	runner_kind(r, v, EXIT_run_first, NULL);
	runner_kind(r, v, EXIT_hvc_unknown, NULL);
	runner_kind(r, v, EXIT_hvc_unknown, t);
	runner_free(r);
}

/* Cycles of measured instructions: CPI is in thousandths. Split so that the product stays in 64 bits. */
static uint64_t path_cycles(uint64_t insns, int64_t cpi_milli)
{
	uint64_t cpi = (uint64_t)cpi_milli;

	return insns / 1000 * cpi + insns % 1000 * cpi / 1000;
}

struct run_path run_kind_path(const struct run_result *x, enum exit_kind k)
{
	const struct replay_kind *kind = &x->replay->kind[k];
	const struct path_cost *c = &x->cost[k], *more = &x->cost[EXIT_preempt];
	struct run_path p = { 0 };

	p.known = c->state == PATH_OK && (kind->more_scheds == 0 || more->state == PATH_OK);
	if (!p.known)
		return p;
	p.insns = kind->count * c->insns + kind->more_scheds * more->insns;
	p.user = kind->count * c->user;
	p.cycles = path_cycles(p.insns, x->prog->config.machine->cpi_milli);
	return p;
}

void run_sums_of(const struct run_result *x, struct run_sums *s)
{
	memset(s, 0, sizeof(*s));
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		const struct replay_kind *kind = &x->replay->kind[k];
		struct run_path p = run_kind_path(x, (enum exit_kind)k);

		if (exit_is_exit((enum exit_kind)k)) {
			bool user = exit_is_user((enum exit_kind)k);

			*(user ? &s->user : &s->kernel) += kind->count;
			ws_totals_add(user ? &s->user_t : &s->kernel_t, &kind->totals, 1);
		}
		s->path_insns += p.insns;
		s->path_cycles += p.cycles;
		s->user_insns += p.user;
		s->unmeasured += p.known ? 0 : kind->count;
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

void trace_facts(const struct run_result *x, struct rep *r)
{
	const struct replay *p = x->replay;
	struct str path = STR_INIT;

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
	rep_fact_u64(r, "vcpus", "vCPUs", p->n_vcpu, "");
	rep_fact_u64(r, "exits", "guest exits", p->exits, "");
	rep_fact_u64(r, "user_exits", "of them to the VMM", p->user_exits, "");
	rep_fact_u64(r, "sched_outs", "scheduled out in KVM_RUN", p->sched_outs, "");
}

/* Kinds of this trace whose path is not known, for a reason. */
static void note_kinds(const struct run_result *x, enum path_state state, const char *why, struct rep *r)
{
	const struct path_profile *p = x->path;
	struct str b = STR_INIT;

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (x->replay->kind[k].count != 0 && x->cost[k].state == state)
			str_addf(&b, "%s%s (%llu)", b.len != 0 ? ", " : "", exit_row((enum exit_kind)k)->name,
				 (unsigned long long)x->replay->kind[k].count);
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
		if (x->replay->kind[k].count != 0 && x->cost[k].state == PATH_OK && x->cost[k].stand_in)
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
	if (path_given(p) && strcmp(own, x->prog->config.model->name) != 0)
		rep_note(r, "%s: the C code of %s was not recorded; assumed to be that of Linux %s, %s on %s",
			 x->title, x->prog->config.model->name, p->kernel, p->mode, p->machine);
	if (path_given(p) && strstr(x->prog->config.machine->name, p->machine) == NULL)
		rep_note(r, "%s: the path profile was recorded on %s, and the machine is %s: instructions that depend on the "
			 "core differ", x->title, p->machine, x->prog->config.machine->name);
	if (!path_given(p))
		rep_note(r, "%s: no path profile: the C code around the switch has no cycles here; include a file of "
			 "configs/kernel to add what was measured", x->title);
}

/* Each path profile once. */
static void note_paths(const struct run_result *x, size_t n, struct rep *r)
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
	note_stand_ins(&x[0], r);
}

static void note_losses(const struct replay *p, struct rep *r)
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

static bool is_first_machine(const struct run_result *x, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(x[k].prog->config.machine->name, x[i].prog->config.machine->name) == 0)
			return false;
	}
	return true;
}

void run_notes(const struct run_result *x, size_t n, struct rep *r)
{
	const struct replay *p = x[0].replay;

	for (size_t i = 0; i < n; i++) {
		if (is_first_machine(x, i))
			calibration_note(x[i].prog->config.machine, r);
	}
	note_paths(x, n, r);
	note_losses(p, r);
	if (p->fp_traps == 0)
		rep_note(r, "no event shows when a guest uses FP/SIMD: no FP trap is counted (run.fp_use = each-load "
			 "counts one after each vcpu_load)");
	rep_note(r, "no event shows an entry that is given up because an interrupt is pending: each kvm_entry is one "
		 "guest entry");
}

static void each_row(struct rep_table *t, const char *what, uint64_t n, uint64_t exits, const char *help)
{
	rep_str(t, what);
	if (exits == 0)
		rep_none(t);
	else
		rep_fix(t, (int64_t)(n / exits * 1000 + n % exits * 1000 / exits));
	rep_str(t, help);
}

void run_per_exit(const struct per_exit *x, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "what", "", REP_STR, "", 0, false },
		{ "each", "per exit", REP_FIX, "", 3, false },
		{ "meaning", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "per_exit", "Per guest exit", cols, 3);

	each_row(t, "reads", x->total->n[CNT_read], x->exits, "of system registers, in all phases");
	each_row(t, "writes", x->total->n[CNT_write], x->exits, "of system registers, in all phases");
	each_row(t, "accesses", run_accesses(x->total), x->exits, "reads and writes");
	each_row(t, "cycles", x->total->cycles, x->exits, "modelled, in all phases");
	each_row(t, "loads", x->loads, x->exits, "vcpu_load: how often what is deferred moves");
	each_row(t, "user_exits", x->user_exits, x->exits, "exits that go to the VMM");
}
