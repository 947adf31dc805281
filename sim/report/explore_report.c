/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/explore_report.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/str.h"
#include "sim/report/oracle_report.h"

#define COLS(cols) cols, sizeof(cols) / sizeof((cols)[0])
#define ROWS_MAX 100

static void violation_row(const struct xviolation *v, struct rep_table *t)
{
	rep_u64(t, v->length);
	rep_str(t, v->words);
	rep_str(t, v->what);
	rep_u64(t, v->vcpu);
	rep_u64(t, v->pcpu);
	rep_str(t, v->phase < PHASE_COUNT ? phase_name(v->phase) : "");
	rep_str(t, v->function != NULL ? v->function : "");
	rep_str(t, v->text);
}

static struct rep_table *violations_table(struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "events", "", REP_U64, "", 0, false },	{ "rule", "", REP_STR, "", 0, false },
		{ "what", "register or flag", REP_STR, "", 0, false }, { "vcpu", "vCPU", REP_ID, "", 0, false },
		{ "pcpu", "pCPU", REP_ID, "", 0, false },	{ "phase", "", REP_STR, "", 0, false },
		{ "function", "kernel function", REP_STR, "", 0, false }, { "text", "what is wrong", REP_STR, "", 0, false },
	};

	return rep_table(r, "violations", "Violations, each with the events of its shortest story", COLS(cols));
}

static void violations(const struct explore *x, struct rep *r)
{
	struct rep_table *t;
	size_t n;

	(void)explore_violations(x, &n);
	if (n == 0)
		return;
	t = violations_table(r);
	for (size_t i = 0; i < n && i < ROWS_MAX; i++) {
		struct xviolation v;

		explore_told(x, i, &v);
		violation_row(&v, t);
	}
	if (n > ROWS_MAX)
		rep_note(r, "%zu more violations are not listed", n - ROWS_MAX);
}

static void kinds(const struct xworld *w, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "kind", "exit kind tried", REP_STR, "", 0, false },
		{ "same", "stands for", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "kinds", "Exit kinds that differ in what they do to registers and flags", COLS(cols));
	struct str same = STR_INIT;

	rep_detail(t);
	for (size_t i = 0; i < xworld_kinds(w); i++) {
		enum exit_kind own = xworld_kind(w, i), k = EXIT_COUNT;

		str_reset(&same);
		while ((k = xworld_same_kind(w, i, k)) != EXIT_COUNT) {
			if (k != own)
				str_addf(&same, "%s%s", same.len != 0 ? " " : "", exit_row(k)->name);
		}
		rep_str(t, exit_row(own)->name);
		rep_str(t, str_get(&same));
	}
	str_free(&same);
}

static void machine_facts(const struct explore_options *o, const struct ws_prog *p, struct rep *r)
{
	static const char *const states[] = {
#define X(id, name, help) help,
		EXPLORE_STATES(X)
#undef X
	};

	rep_fact(r, "model", "switch model", "%s", p->config.model->name);
	rep_fact(r, "core", "machine", "%s", p->config.machine->name);
	rep_fact(r, "machine", "searched", "%u vCPU%s of %u VM%s on %u pCPU%s", o->vcpus, o->vcpus == 1 ? "" : "s", o->vms,
		 o->vms == 1 ? "" : "s", o->pcpus, o->pcpus == 1 ? "" : "s");
	rep_fact(r, "states_of_entries", "conditions of an entry", "%s", states[o->states]);
}

static void verdict(const struct explore *x, const struct explore_options *o, enum explore_end end, const char *forced, struct rep *r)
{
	const struct explore_stats *s = explore_stats(x);
	struct xviolation v;
	size_t n;

	(void)explore_violations(x, &n);
	if (n != 0) {
		explore_told(x, 0, &v);
		rep_alarm(r, "violation after %u event%s: %s", v.length, v.length == 1 ? "" : "s", v.text);
		if (o->all)
			rep_verdict(r, "%zu distinct violation%s in %llu states, depth %u%s", n, n == 1 ? "" : "s", (unsigned long long)s->states,
				    s->depth, end == XEND_CLOSED ? ": every reachable state was seen" : "");
		return;
	}
	if (end == XEND_CLOSED)
		rep_verdict(r, "%sno violation in %llu states, depth %u: every reachable state was seen, so no violation at any depth",
			    forced, (unsigned long long)s->states, s->depth);
	else
		rep_verdict(r, "%sno violation in %llu states, depth %u", forced, (unsigned long long)s->states, s->depth);
}

void explore_report(const struct explore *x, const struct explore_options *o, const struct ws_prog *p,
		    enum explore_end end, struct rep *r)
{
	const struct explore_stats *s = explore_stats(x);
	char forced[40] = "";
	const char *mark;
	struct err e;
	struct xworld *w = xworld_new(p, o->vcpus, o->pcpus, o->vms, o->states);

	machine_facts(o, p, r);
	if (o->depth != 0)
		rep_fact_u64(r, "depth_asked", "events asked for", o->depth, "");
	rep_fact_u64(r, "depth", "events, all orders of which were run", s->depth, "");
	rep_fact_u64(r, "states", "different states", s->states, "");
	rep_fact_u64(r, "transitions", "events run", s->transitions, "");
	rep_fact_u64(r, "left_out", "events left out: the other order was run", s->left_out, "");
	rep_fact_u64(r, "bytes", "memory of the states", s->bytes >> 10, "KiB");
	rep_fact(r, "end", "ended by", "%s: %s", explore_end_name(end), explore_end_what(end));
	kinds(w, r);
	violations(x, r);
	if (unsound(p, &mark, &e))
		(void)snprintf(forced, sizeof(forced), "%s: ", mark);
	verdict(x, o, end, forced, r);
	if (end == XEND_MEMORY)
		rep_note(r, "The memory for states (--memory) was used up at depth %u; what lies deeper was not looked at.", s->depth);
	if (end == XEND_STOPPED)
		rep_note(r, "The time (--time-limit) was up after depth %u; how far a search gets in a time depends on the machine "
			 "it runs on.", s->depth);
	xworld_free(w);
}

/* ---- a story ---- */

static void changed(const char *before, const char *after, struct rep_table *t)
{
	if (strcmp(before, after) == 0)
		rep_str(t, before);
	else
		rep_strf(t, "%s -> %s", before[0] != '\0' ? before : "none", after[0] != '\0' ? after : "none");
}

struct shown {
	char cpu[64], memory[64], flags[160];
};

static void look(const struct xworld *w, struct xevent ev, const struct xviolation *v, struct shown *s)
{
	s->cpu[0] = s->memory[0] = '\0';
	if (v != NULL && v->place != SR_NONE) {
		(void)oracle_text(xworld_oracle(w), PLACE_CPU, ev.pcpu, v->place, s->cpu);
		(void)oracle_text(xworld_oracle(w), PLACE_MEMORY, v->vcpu, v->place, s->memory);
	}
	(void)xworld_flags(w, ev.vcpu, s->flags, sizeof(s->flags));
}

static struct rep_table *story_table(const struct xviolation *v, struct rep *r)
{
	char cpu[96], memory[96], title[96];
	const bool reg = v != NULL && v->place != SR_NONE;
	const struct rep_col cols[] = {
		{ "step", "", REP_ID, "", 0, false },	     { "event", "", REP_STR, "", 0, false },
		{ "vcpu", "vCPU", REP_ID, "", 0, false },    { "pcpu", "pCPU", REP_ID, "", 0, false },
		{ "runs", "what runs", REP_STR, "", 0, false }, { "flags", "flags of the vCPU", REP_STR, "", 0, false },
		{ "cpu", cpu, REP_STR, "", 0, false },	     { "memory", memory, REP_STR, "", 0, false },
	};

	(void)snprintf(cpu, sizeof(cpu), "%s in the pCPU", reg ? v->what : "register");
	(void)snprintf(memory, sizeof(memory), "in memory of vCPU %u", reg ? v->vcpu : 0);
	(void)snprintf(title, sizeof(title), "The story%s%s", reg ? ": where is the value of " : "", reg ? v->what : "");
	return rep_table(r, "story", title, cols, reg ? 8 : 6);
}

/* The story as a picture: steps down the page, each on its pCPU, in the colour of its vCPU. */
static void sequence_table(struct xworld *w, const struct xevent *ev, size_t n, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "step", "", REP_STR, "", 0, false },
		{ "who", "vCPU", REP_STR, "", 0, false },
		{ "where", "pCPU", REP_U64, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "sequence", "Who is where", COLS(cols));
	char words[200];

	rep_detail(t);
	for (size_t i = 0; i < n; i++) {
		rep_strf(t, "%zu. vCPU %u: %s", i + 1, (unsigned)ev[i].vcpu, xworld_words(w, ev[i], words, sizeof(words)));
		rep_strf(t, "vCPU %u", (unsigned)ev[i].vcpu);
		rep_u64(t, ev[i].pcpu);
	}
	rep_chart(t, &(struct rep_chart){ .kind = REP_SEQUENCE, .title = "The story: which vCPU does what, and on which pCPU", .x = "step",
					  .y = "where", .series = "who", .lead = true });
}

struct xworld *story_report(const struct story *s, const struct ws_prog *p, enum explore_states states,
			    const struct xevent *ev, size_t n, const struct xviolation *v, struct rep *r)
{
	struct xworld *w = xworld_new(p, s->vcpus, s->pcpus, s->vms, states);
	struct rep_table *t = story_table(v, r);
	bool reg = v != NULL && v->place != SR_NONE;

	sequence_table(w, ev, n, r);
	for (size_t i = 0; i < n; i++) {
		char words[200], runs[300];
		struct shown before, after;

		rep_u64(t, i + 1);
		rep_str(t, xworld_words(w, ev[i], words, sizeof(words)));
		rep_u64(t, ev[i].vcpu);
		rep_u64(t, ev[i].pcpu);
		rep_str(t, xworld_runs(w, ev[i], runs, sizeof(runs)));
		look(w, ev[i], v, &before);
		xworld_do(w, ev[i]);
		look(w, ev[i], v, &after);
		changed(before.flags, after.flags, t);
		if (!reg)
			continue;
		/* after the last event the fault has been put right, to go on; what was wrong is in the violation's text */
		changed(before.cpu, i + 1 < n ? after.cpu : before.cpu, t);
		changed(before.memory, i + 1 < n ? after.memory : before.memory, t);
	}
	return w;
}

void explore_doc(struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "event", "", REP_STR, "", 0, false },
		{ "with", "", REP_STR, "", 0, false },
		{ "function", "kernel function", REP_STR, "", 0, false },
		{ "what", "when it can happen, what it runs", REP_STR, "", 0, false },
	};
	static const char *const with[] = { "", "pCPU", "conditions", "exit kind", "vCPU" };
	struct rep_table *t = rep_table(r, "events", "Events", COLS(cols));

	for (unsigned i = 0; i < XE_COUNT; i++) {
		rep_str(t, xevent_name((enum xevent_row)i));
		rep_str(t, with[xevent_args((enum xevent_row)i)]);
		rep_str(t, xevent_function((enum xevent_row)i));
		rep_str(t, xevent_what((enum xevent_row)i));
	}
}
