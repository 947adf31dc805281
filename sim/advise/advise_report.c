/* SPDX-License-Identifier: Apache-2.0 */
/* Advice as a report: the answer, what a change of one policy makes, when everything moves. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/advise/advise.h"
#include "sim/base/num.h"
#include "sim/report/bands.h"
#include "sim/report/oracle_report.h"
#include "sim/report/run_report.h"

void changes_text(const struct change *x, size_t n, struct str *b)
{
	for (size_t i = 0; i < n; i++)
		str_addf(b, "%s%s=%s", i == 0 ? "" : i + 1 == n ? " and " : ", ", change_key(&x[i]), ws_policy_names[x[i].policy]);
	if (n == 0)
		str_add(b, "as it is");
}

const char *per_exit_text(int64_t thousandths, char buf[static RUN_COUNT_TEXT])
{
	const uint64_t tenths = ((uint64_t)(thousandths < 0 ? -thousandths : thousandths) + 50) / 100;
	char whole[RUN_COUNT_TEXT];

	(void)snprintf(buf, RUN_COUNT_TEXT, "%s%.24s.%u", thousandths < 0 ? "-" : "", run_count(tenths / 10, whole), (unsigned)(tenths % 10));
	return buf;
}

void advice_facts(const struct advisor *a, struct rep *r)
{
	const struct job *j = &a->base;

	rep_fact(r, "config", "configuration", "%s", j->result.config);
	rep_fact(r, "model", "switch model", "%s", j->prog->config.model->name);
	rep_fact(r, "machine", "machine", "%s", j->prog->config.machine->name);
	run_source_facts(&j->result, r);
	inject_report(a->c->inject, a->c->n_inject, r);
	if (a->fault != NULL)
		rep_alarm(r, "%s is unsound as it is: %s", a->base.title, a->fault);
}

/* ---- how far to trust it ---- */

static const struct band_dev *dev_of(const struct advisor *a)
{
	return &a->base.result.band;
}

/* What a variant saves of an exit's cycles: what both sides have in common cancels. */
static struct band_range saved_range(const struct advisor *a, const struct variant *v)
{
	return band_difference(dev_of(a), &v->form, &a->form);
}

/* ", 7.3 to 14.1 by the costs' deviations", of what is said to be saved or, with a minus, lost; "" where there is no band. */
static void range_words(const struct advisor *a, const struct variant *v, struct str *b)
{
	const int64_t saved = toll_cycles(&a->now) - toll_cycles(&v->toll);
	struct band_range r;

	if (!dev_of(a)->known || v->at_least || saved == 0)
		return;
	r = saved_range(a, v);
	if (!r.apart)
		str_add(b, ", inside the band of the costs: not told apart");
	else
		str_addf(b, ", %.1f to %.1f by the costs' deviations", saved > 0 ? r.low : -r.high, saved > 0 ? r.high : -r.low);
}

/* ---- what it costs now ---- */

struct unit {
	struct change x;
	uint64_t accesses, cycles, milli;
};

static void add_ops(const struct outcome *o, struct unit *u)
{
	for (size_t i = 0; i < o->prog->n; i++) {
		const struct ws_op *op = &o->prog->op[i];
		const unsigned counter = ws_opcode_row((enum ws_opcode)op->opcode)->counter;

		if (!change_touches(&u->x, op))
			continue;
		u->accesses += counter == CNT_read || counter == CNT_write ? o->exec[i] : 0;
		ws_cycles_add(&u->cycles, &u->milli, op->cycles, op->milli, o->exec[i]);
	}
}

static int by_cycles(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;
	const bool x_reg = x->x.reg != SR_NONE, y_reg = y->x.reg != SR_NONE;

	if (x_reg != y_reg)
		return x_reg - y_reg;
	if (x->cycles != y->cycles)
		return x->cycles < y->cycles ? 1 : -1;
	if (x->accesses != y->accesses)
		return x->accesses < y->accesses ? 1 : -1;
	return x_reg ? x->x.reg - y->x.reg : x->x.group - y->x.group;
}

/* Groups, then registers, of the variants, each once: the dearest first. */
static struct unit *units_of(const struct advisor *a, const struct variant *v, size_t n, size_t *m)
{
	struct unit *u = xcalloc(n + 1, sizeof(*u));

	*m = 0;
	for (size_t i = 0; i < n; i++) {
		const struct change *x = &v[i].change[0];
		bool there = false;

		for (size_t k = 0; k < *m && !there; k++)
			there = u[k].x.group == x->group && u[k].x.reg == x->reg;
		if (there)
			continue;
		u[*m].x = *x;
		add_ops(a->base.out, &u[(*m)++]);
	}
	qsort(u, *m, sizeof(*u), by_cycles);
	return u;
}

static const char *policy_now(const struct advisor *a, const struct change *x)
{
	return ws_policy_names[x->reg != SR_NONE ? a->c->sw.reg[x->reg] : a->c->sw.group[x->group]];
}

/* The cell that was added last: what the ops of a group or register cost. */
static void in_own_band(const struct advisor *a, const struct change *x, struct rep_table *t)
{
	const struct band_form f = exit_form(a->base.out, x);

	if (dev_of(a)->known && band_cycles(&f) > 0)
		rep_band_factor(t, band_factor(dev_of(a), &f));
}

static void units_table(const struct advisor *a, const struct unit *u, size_t n, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "what", "group or register", REP_STR, "", 0, false },
		{ "policy", "", REP_STR, "", 0, false },
		{ "accesses", "", REP_FIX, "per exit", 1, true },
		{ "cycles", "", REP_FIX, "per exit", 1, true },
		{ "when", "moved so often in this run", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "moves", "When each group, and each register, moves, and what that costs", cols, 5);

	rep_many(t);
	for (size_t i = 0; i < n; i++) {
		const struct toll toll = { a->now.exits, u[i].accesses, u[i].cycles, u[i].milli };
		struct str when = STR_INIT;

		moves_text(a->base.out, &u[i].x, &when);
		rep_str(t, change_key(&u[i].x));
		rep_str(t, policy_now(a, &u[i].x));
		rep_fix(t, toll_accesses(&toll));
		rep_fix(t, toll_cycles(&toll));
		in_own_band(a, &u[i].x, t);
		rep_str(t, when.len != 0 ? str_get(&when) : "never");
		str_free(&when);
	}
}

/* ---- what others would make of it ---- */

/* How the table is ordered; AT_MOST: what it costs is not all counted. */
enum rank { GAINS, UNSOUND_GAINS, GAINS_AT_MOST, UNSOUND_AT_MOST, COSTS, UNCHANGED, NO_MEANING };

static enum rank rank_of(const struct advisor *a, const struct variant *v)
{
	const bool less = toll_compare(&v->toll, &a->now) < 0;

	if (v->prog == NULL)
		return NO_MEANING;
	if (v->same)
		return UNCHANGED;
	if (!less)
		return COSTS;
	if (v->at_least)
		return v->fault != NULL ? UNSOUND_AT_MOST : GAINS_AT_MOST;
	return v->fault != NULL ? UNSOUND_GAINS : GAINS;
}

struct ranked {
	struct variant *v;
	enum rank rank;
};

static int by_rank(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;
	int by;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	by = toll_compare(&a->v->toll, &b->v->toll);
	return by != 0 ? by : a->v < b->v ? -1 : 1;
}

static struct ranked *ranked_of(const struct advisor *a, struct variant *v, size_t n)
{
	struct ranked *x = xcalloc(n + 1, sizeof(*x));

	for (size_t i = 0; i < n; i++)
		x[i] = (struct ranked){ &v[i], rank_of(a, &v[i]) };
	qsort(x, n, sizeof(*x), by_rank);
	return x;
}

static const char *or_never(const char *moves)
{
	return moves != NULL && moves[0] != '\0' ? moves : "no phase";
}

static void why_cell(const struct advisor *a, const struct variant *v, struct rep_table *t)
{
	struct str now = STR_INIT;

	moves_text(a->base.out, &v->change[0], &now);
	if (v->fault != NULL && v->explored.story != NULL)
		rep_strf(t, "%s; story: %s", v->fault, v->explored.story);
	else if (v->fault != NULL)
		rep_str(t, v->fault);
	else
		rep_strf(t, "moves at %s; then at %s%s", or_never(str_get(&now)), or_never(v->moves),
			 v->at_least ? "; the guest's accesses trap instead, which no count of a run has" : "");
	str_free(&now);
}

static void saved_cell(struct rep_table *t, int64_t now, int64_t then, bool at_most)
{
	rep_fix(t, now - then);
	rep_bound(t, at_most ? REP_AT_MOST : REP_EXACT);
}

static void in_saved_band(const struct advisor *a, const struct variant *v, struct rep_table *t)
{
	const struct band_range r = saved_range(a, v);

	if (dev_of(a)->known && !v->at_least)
		rep_in_range(t, &r);
}

static void advice_table(const struct advisor *a, const struct ranked *x, size_t n, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "what", "group or register", REP_STR, "", 0, false },
		{ "policy", "", REP_STR, "", 0, false },
		{ "accesses", "accesses saved", REP_FIX, "per exit", 1, false },
		{ "cycles", "cycles saved", REP_FIX, "per exit", 1, false },
		{ "share", "of an exit's", REP_FIX, "%", 1, false },
		{ "sound", "", REP_STR, "", 0, false },
		{ "why", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "advice", "What another policy of one group or register would save", cols, 7);

	rep_many(t);
	for (size_t i = 0; i < n && x[i].rank < UNCHANGED; i++) {
		const struct variant *v = x[i].v;
		const int64_t now = toll_cycles(&a->now), then = toll_cycles(&v->toll);

		rep_str(t, change_key(&v->change[0]));
		rep_str(t, ws_policy_names[v->change[0].policy]);
		saved_cell(t, toll_accesses(&a->now), toll_accesses(&v->toll), v->at_least);
		saved_cell(t, now, then, v->at_least);
		in_saved_band(a, v, t);
		saved_cell(t, num_signed_ratio((i128)now - then, 100000, now), 0, v->at_least);
		rep_str(t, v->fault == NULL ? "yes" : "no");
		why_cell(a, v, t);
	}
}

enum { DRAWN = 9, DRAWN_AT_MOST = 3 }; /* bars */

/* What saves most, drawn: the colour says whether it is sound. */
static void savings_table(const struct advisor *a, const struct ranked *x, size_t n, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "change", "", REP_STR, "", 0, false },
		{ "sound", "", REP_FIX, "cycles per exit", 1, true },
		{ "unsound", "", REP_FIX, "cycles per exit", 1, true },
		{ "at_most", "at most", REP_FIX, "cycles per exit", 1, true },
	};
	struct rep_table *t = rep_table(r, "savings", "What saves most of an exit's modelled cycles", cols, 4);
	size_t left = DRAWN, left_at_most = DRAWN_AT_MOST;

	rep_detail(t);
	for (size_t i = 0; i < n && x[i].rank < COSTS; i++) {
		const struct variant *v = x[i].v;
		size_t *most = v->at_least ? &left_at_most : &left;
		const int64_t saved = toll_cycles(&a->now) - toll_cycles(&v->toll);
		const unsigned column = v->at_least ? 2 : v->fault != NULL;

		if (*most == 0)
			continue;
		--*most;
		rep_strf(t, "%s=%s", change_key(&v->change[0]), ws_policy_names[v->change[0].policy]);
		for (unsigned c = 0; c < 3; c++)
			saved_cell(t, c == column ? saved : 0, 0, c == column && v->at_least);
	}
	rep_chart(t, &(struct rep_chart){ .kind = REP_STACK, .title = "Cycles saved per exit", .x = "change", .y = "sound unsound at_most",
					  .unit = "cycles per exit", .lead = true });
}

/* Policies that change nothing, or have no meaning. */
static void others_table(const struct ranked *x, size_t n, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "what", "group or register", REP_STR, "", 0, false },
		{ "policy", "", REP_STR, "", 0, false },
		{ "why", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "no_change", "Policies that change nothing here", cols, 3);

	rep_many(t);
	for (size_t i = 0; i < n; i++) {
		if (x[i].rank < UNCHANGED)
			continue;
		rep_str(t, change_key(&x[i].v->change[0]));
		rep_str(t, ws_policy_names[x[i].v->change[0].policy]);
		rep_str(t, x[i].v->no != NULL ? x[i].v->no : "it is the same program: so it moves already");
	}
}

/* ---- the answer ---- */

/* "0.4 accesses more", "10.2 cycles less". */
static void less_words(int64_t now, int64_t then, const char *what, struct str *b)
{
	char text[RUN_COUNT_TEXT];

	str_addf(b, "%s %s %s", per_exit_text(now < then ? then - now : now - then, text), what, now < then ? "more" : "less");
}

static void gain_words(const struct advisor *a, const struct variant *v, struct str *b)
{
	const int64_t now = toll_cycles(&a->now), then = toll_cycles(&v->toll);
	char text[3][RUN_COUNT_TEXT];

	changes_text(v->change, v->n, b);
	str_add(b, ": ");
	less_words(toll_accesses(&a->now), toll_accesses(&v->toll), "accesses", b);
	str_add(b, " and ");
	less_words(now, then, "cycles", b);
	str_addf(b, " per exit (%s to %s modelled cycles, %s %%)", per_exit_text(now, text[0]), per_exit_text(then, text[1]),
		 per_exit_text(num_signed_ratio((i128)now - then, 100000, now), text[2]));
	range_words(a, v, b);
}

static void explored_words(const struct variant *v, struct str *b)
{
	if (v->explored.done && v->explored.story == NULL)
		str_addf(b, "; no violation in %llu states, depth %u", (unsigned long long)v->explored.states, v->explored.depth);
}

/* The best sound one: what the explorer finds in one makes it unsound, and the next is asked. */
static const struct variant *best(struct advisor *a, struct ranked *x, size_t n, enum rank rank)
{
	for (size_t i = 0; i < n; i++) {
		if (x[i].rank != rank)
			continue;
		variant_explore(a, x[i].v);
		if (x[i].v->fault == NULL)
			return x[i].v;
	}
	return NULL;
}

static void best_verdict(struct advisor *a, struct ranked *x, size_t n, struct rep *r)
{
	const struct variant *sound = best(a, x, n, GAINS), *at_most = best(a, x, n, GAINS_AT_MOST);
	struct str b = STR_INIT, now = STR_INIT;
	char text[RUN_COUNT_TEXT];

	if (sound != NULL) {
		str_add(&b, "best sound change: ");
		gain_words(a, sound, &b);
		explored_words(sound, &b);
		rep_verdict(r, "%s", str_get(&b));
		moves_text(a->base.out, &sound->change[0], &now);
		rep_verdict(r, "why: %s moves at %s; then at %s", change_key(&sound->change[0]), or_never(str_get(&now)), or_never(sound->moves));
	} else {
		rep_verdict(r, "no sound policy of a group or register makes an exit cheaper: it costs %s modelled cycles",
			    per_exit_text(toll_cycles(&a->now), text));
	}
	if (at_most != NULL) {
		str_reset(&b);
		gain_words(a, at_most, &b);
		rep_verdict(r, "at most, and if the guest does not use it: %s; its accesses would trap, and no trace shows how many there are",
			    str_get(&b));
	}
	str_free(&b);
	str_free(&now);
}

static void unsound_verdict(const struct advisor *a, const struct ranked *x, size_t n, struct rep *r)
{
	struct str b = STR_INIT;

	for (size_t i = 0; i < n; i++) {
		const struct variant *v = x[i].v;

		if (v->fault == NULL || x[i].rank > UNSOUND_GAINS)
			continue;
		gain_words(a, v, &b);
		rep_verdict(r, "unsound: %s: %s", str_get(&b), v->fault);
		if (v->explored.story != NULL)
			rep_verdict(r, "the shortest story: %s", v->explored.story);
		break;
	}
	str_free(&b);
}

static void dearest_verdict(const struct advisor *a, const struct unit *u, size_t n, struct rep *r)
{
	struct toll toll;
	struct str when = STR_INIT;
	char text[2][RUN_COUNT_TEXT];

	if (n == 0)
		return;
	toll = (struct toll){ a->now.exits, u[0].accesses, u[0].cycles, u[0].milli };
	moves_text(a->base.out, &u[0].x, &when);
	rep_verdict(r, "dearest: %s, %s of %s modelled cycles per exit: moves at %s", change_key(&u[0].x), per_exit_text(toll_cycles(&toll), text[0]),
		    per_exit_text(toll_cycles(&a->now), text[1]), or_never(str_get(&when)));
	str_free(&when);
}

void advice_report(struct advisor *a, struct variant *v, size_t n, unsigned stories, struct rep *r)
{
	struct ranked *x = ranked_of(a, v, n);
	size_t n_units;
	struct unit *u = units_of(a, v, n, &n_units);

	for (size_t i = 0; i < n && stories != 0; i++) {
		if (x[i].rank != UNSOUND_GAINS)
			continue;
		variant_explore(a, x[i].v);
		stories--;
	}
	best_verdict(a, x, n, r);
	unsound_verdict(a, x, n, r);
	dearest_verdict(a, u, n_units, r);
	savings_table(a, x, n, r);
	advice_table(a, x, n, r);
	units_table(a, u, n_units, r);
	others_table(x, n, r);
	band_note(&a->base.result, r);
	free(u);
	free(x);
}

bool budget_report(struct advisor *a, struct variant *v, bool enough, int64_t budget, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "policy", "", REP_STR, "", 0, false },
		{ "value", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "set", "Policies, as [policy] has them", cols, 2);
	struct str names = STR_INIT, explored = STR_INIT;
	char text[3][RUN_COUNT_TEXT];

	changes_text(v->change, v->n, &names);
	explored_words(v, &explored);
	(void)per_exit_text(budget, text[0]);
	(void)per_exit_text(toll_cycles(&v->toll), text[1]);
	(void)per_exit_text(toll_cycles(&a->now), text[2]);
	if (enough && v->n == 0)
		rep_verdict(r, "budget of %s modelled cycles per exit: it costs %s as it is", text[0], text[2]);
	else if (enough)
		rep_verdict(r, "budget of %s modelled cycles per exit: met by %s, which is sound: %s to %s%s", text[0], str_get(&names), text[2],
			    text[1], str_get(&explored));
	else if (v->fault != NULL)
		rep_alarm(r, "budget of %s modelled cycles per exit: cannot: unsound as it is, and no change makes it sound", text[0]);
	else
		rep_alarm(r, "budget of %s modelled cycles per exit: cannot: the best that is sound is %s (%s)", text[0], text[1], str_get(&names));
	for (size_t i = 0; i < v->n; i++) {
		rep_str(t, change_key(&v->change[i]));
		rep_str(t, ws_policy_names[v->change[i].policy]);
	}
	str_free(&names);
	str_free(&explored);
	return enough;
}
