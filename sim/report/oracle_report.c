/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/oracle_report.h"

#include <stdio.h>

#include "models/hyp/inject.h"

#define ROWS_MAX 60 /* of the table of violations, per configuration */

static void checks_table(const struct oracle_column *x, size_t n, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "configuration", "", REP_STR, "", 0, false }, { "entries", "", REP_U64, "", 0, false },
		{ "exits", "", REP_U64, "", 0, false },		{ "loads", "", REP_U64, "", 0, false },
		{ "puts", "", REP_U64, "", 0, false },		{ "accesses", "handler accesses", REP_U64, "", 0, false },
		{ "unknown", "not checked", REP_U64, "", 0, true }, { "kinds", "kinds of violation", REP_U64, "", 0, false },
		{ "violations", "", REP_U64, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "checks", "Checked by the oracle", cols, sizeof(cols) / sizeof(cols[0]));

	for (size_t i = 0; i < n; i++) {
		const struct oracle_stats *s;
		size_t kinds;

		if (x[i].oracle == NULL)
			continue;
		s = oracle_stats(x[i].oracle);
		(void)oracle_violations(x[i].oracle, &kinds);
		rep_str(t, x[i].title);
		rep_u64(t, s->entries);
		rep_u64(t, s->exits);
		rep_u64(t, s->loads);
		rep_u64(t, s->puts);
		rep_u64(t, s->accesses);
		rep_u64(t, s->unknown);
		rep_u64(t, kinds);
		rep_u64(t, oracle_violation_count(x[i].oracle));
	}
}

static void violation_row(const char *title, const struct oracle_violation *w, struct rep_table *t)
{
	rep_str(t, title);
	rep_str(t, oracle_rule_words(w->rule));
	rep_str(t, w->reg);
	rep_u64(t, w->vcpu);
	rep_u64(t, w->cpu);
	rep_str(t, w->phase < PHASE_COUNT ? phase_name(w->phase) : "");
	if (w->op != SIZE_MAX)
		rep_u64(t, w->nr);
	else
		rep_none(t);
	rep_str(t, w->function != NULL ? w->function : "");
	rep_u64(t, w->step);
	rep_u64(t, w->count);
	rep_str(t, w->text);
}

static void violations_table(const struct oracle_column *x, size_t n, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "configuration", "", REP_STR, "", 0, false }, { "rule", "", REP_STR, "", 0, false },
		{ "register", "", REP_STR, "", 0, false },	{ "vcpu", "vCPU", REP_U64, "", 0, false },
		{ "cpu", "CPU", REP_U64, "", 0, false },	{ "phase", "", REP_STR, "", 0, false },
		{ "op", "", REP_U64, "", 0, false },		{ "function", "kernel function", REP_STR, "", 0, false },
		{ "step", "first at step", REP_U64, "", 0, false }, { "count", "", REP_U64, "", 0, false },
		{ "text", "what", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "violations", "Violations, each kind once", cols, sizeof(cols) / sizeof(cols[0]));

	for (size_t i = 0; i < n; i++) {
		const struct oracle_violation *w;
		size_t kinds = 0;

		if (x[i].oracle == NULL)
			continue;
		w = oracle_violations(x[i].oracle, &kinds);
		for (size_t k = 0; k < kinds && k < ROWS_MAX; k++)
			violation_row(x[i].title, &w[k], t);
		if (kinds > ROWS_MAX)
			rep_note(r, "%s: %zu more kinds of violation are not listed", x[i].title, kinds - ROWS_MAX);
	}
}

static void verdict(const struct oracle_column *x, struct rep *r)
{
	const struct oracle_stats *s = oracle_stats(x->oracle);
	uint64_t n = oracle_violation_count(x->oracle);
	size_t kinds;

	(void)oracle_violations(x->oracle, &kinds);
	if (n == 0)
		rep_verdict(r, "%s: no violation in %llu entries, %llu exits, %llu loads, %llu puts, %llu accesses of handlers",
			    x->title, (unsigned long long)s->entries, (unsigned long long)s->exits,
			    (unsigned long long)s->loads, (unsigned long long)s->puts, (unsigned long long)s->accesses);
	else
		rep_verdict(r, "%s: %llu violations of %zu kinds in %llu entries, %llu exits", x->title,
			    (unsigned long long)n, kinds, (unsigned long long)s->entries, (unsigned long long)s->exits);
	if (s->unknown != 0)
		rep_note(r, "%s: %llu steps could not be checked: the trace does not show how their vCPU got there", x->title,
			 (unsigned long long)s->unknown);
}

uint64_t oracle_report(const struct oracle_column *x, size_t n, struct rep *r)
{
	uint64_t found = 0;
	size_t checked = 0;

	for (size_t i = 0; i < n; i++) {
		checked += x[i].oracle != NULL;
		found += x[i].oracle != NULL ? oracle_violation_count(x[i].oracle) : 0;
	}
	if (checked == 0)
		return 0;
	checks_table(x, n, r);
	if (found != 0)
		violations_table(x, n, r);
	for (size_t i = 0; i < n; i++) {
		if (x[i].oracle != NULL)
			verdict(&x[i], r);
	}
	return found;
}

void inject_report(const struct ws_config *c, struct rep *r)
{
	for (size_t i = 0; i < c->n_inject; i++) {
		char key[24];

		(void)snprintf(key, sizeof(key), "injected_%zu", i + 1);
		rep_fact(r, key, "BROKEN ON PURPOSE", "%s", c->inject[i].spec);
	}
	if (c->n_inject != 0)
		rep_note(r, "The program was broken on purpose (--inject): its numbers are no kernel's.");
}
