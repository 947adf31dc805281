/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/oracle_report.h"

#include <stdio.h>

#include "models/hyp/check/known.h"
#include "models/hyp/check/ws_lint.h"
#include "models/hyp/ws/ws_patch.h"

#define ROWS_MAX 60 /* of the table of violations, per configuration */

/* Broken rules of flags: kinds, and how often in all. */
static size_t flag_kinds(const struct oracle_column *x)
{
	return x->flags != NULL ? x->flags->n_found : 0;
}

static uint64_t flag_count(const struct oracle_column *x)
{
	uint64_t n = 0;

	for (size_t i = 0; i < flag_kinds(x); i++)
		n += x->flags->found[i].count;
	return n;
}

static uint64_t all_count(const struct oracle_column *x)
{
	return oracle_violation_count(x->oracle) + flag_count(x);
}

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
		rep_u64(t, kinds + flag_kinds(&x[i]));
		rep_u64(t, all_count(&x[i]));
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

static void flag_row(const char *title, const struct vflag_finding *f, struct rep_table *t)
{
	char text[VFLAG_VIOLATION_TEXT];

	rep_str(t, title);
	rep_str(t, vflag_rule_name((enum vflag_rule)f->x.rule));
	rep_str(t, vflag_row((enum vflag)f->x.flag)->name);
	rep_u64(t, f->x.vcpu);
	rep_none(t);
	rep_str(t, "");
	rep_none(t);
	rep_str(t, f->x.function);
	rep_none(t);
	rep_u64(t, f->count);
	rep_str(t, vflag_violation_text(&f->x, text));
}

static void violations_table(const struct oracle_column *x, size_t n, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "configuration", "", REP_STR, "", 0, false }, { "rule", "", REP_STR, "", 0, false },
		{ "register", "register or flag", REP_STR, "", 0, false }, { "vcpu", "vCPU", REP_U64, "", 0, false },
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
		for (size_t k = 0; k < flag_kinds(&x[i]); k++)
			flag_row(x[i].title, &x[i].flags->found[k], t);
	}
}

/* What the run never did, so that nobody takes it for checked. */
static void untried_note(const struct oracle_column *x, struct rep *r)
{
	uint64_t bits = oracle_untried(x->oracle);
	struct str list = STR_INIT;

	for (unsigned c = CND_FIRST_STATE; c < CND_COUNT; c++) {
		if ((bits >> (c - CND_FIRST_STATE) & 1) == 0)
			continue;
		str_addf(&list, "%s%s", list.len != 0 ? ", " : "", cond_name((enum cond)c));
	}
	if (list.len != 0)
		rep_note(r, "%s: ops that are done only if %s were never done, so not checked: el2sim explore --states each tries more", x->title,
			 str_get(&list));
	str_free(&list);
}

static void verdict(const struct oracle_column *x, struct rep *r)
{
	const struct oracle_stats *s = oracle_stats(x->oracle);
	uint64_t n = all_count(x);
	size_t kinds, n_known;
	const struct known_bug *known = known_bugs(&n_known);

	(void)oracle_violations(x->oracle, &kinds);
	kinds += flag_kinds(x);
	if (n == 0)
		rep_verdict(r, "%s: no violation in %llu entr%s, %llu exit%s, %llu load%s, %llu put%s, %llu access%s of handlers",
			    x->title, (unsigned long long)s->entries, s->entries == 1 ? "y" : "ies", (unsigned long long)s->exits,
			    s->exits == 1 ? "" : "s", (unsigned long long)s->loads, s->loads == 1 ? "" : "s",
			    (unsigned long long)s->puts, s->puts == 1 ? "" : "s", (unsigned long long)s->accesses,
			    s->accesses == 1 ? "" : "es");
	else
		rep_alarm(r, "%s: %llu violation%s of %zu kind%s in %llu entr%s, %llu exit%s", x->title,
			    (unsigned long long)n, n == 1 ? "" : "s", kinds, kinds == 1 ? "" : "s",
			    (unsigned long long)s->entries, s->entries == 1 ? "y" : "ies", (unsigned long long)s->exits,
			    s->exits == 1 ? "" : "s");
	if (n == 0)
		untried_note(x, r);
	if (s->unknown != 0)
		rep_note(r, "%s: %llu steps could not be checked: the trace does not show how their vCPU got there", x->title,
			 (unsigned long long)s->unknown);
	for (size_t i = 0; i < n_known; i++) {
		uint64_t count = oracle_known(x->oracle, (enum oracle_known)i);

		if (count != 0)
			rep_note(r, "%s: a known bug of the modelled kernel, not of the model: %s, %llu times; ended by commit %s (%s)",
				 x->title, known[i].id, (unsigned long long)count, known[i].fix, known[i].title);
	}
}

uint64_t oracle_report(const struct oracle_column *x, size_t n, struct rep *r)
{
	uint64_t found = 0;
	size_t checked = 0;

	for (size_t i = 0; i < n; i++) {
		checked += x[i].oracle != NULL;
		found += x[i].oracle != NULL ? all_count(&x[i]) : 0;
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

/* The edits as facts; keys of several configurations differ by their titles' place. */
static void patch_facts(const struct ws_prog *p, const char *title, struct rep *r)
{
	const struct ws_patch *x = p->config.patch;

	for (size_t i = 0; x != NULL && i < x->n; i++) {
		struct str key = STR_INIT;

		str_addf(&key, "%s%spatch_%zu", title, title[0] != '\0' ? " " : "", i + 1);
		rep_fact(r, str_get(&key), title[0] != '\0' ? title : "patched", "%s (%s:%u)", x->v[i].text, x->v[i].file, x->v[i].line);
		str_free(&key);
	}
}

void unsound_report(const struct ws_prog *p, const char *title, struct rep *r)
{
	const char *sep = title[0] != '\0' ? ": " : "", *mark;
	struct err e;

	patch_facts(p, title, r);
	if (!unsound(p, &mark, &e))
		return;
	/* Whose value a computed write moves is a guess of the import: no alarm, for it is no policy's fault. */
	if (p->fault == NULL && p->config.model->step != NULL)
		rep_note(r, "%s%sthe imported kernel's values do not all add up by the static checks, its counts are those executed: %s", title,
			 sep, e.text);
	else
		rep_alarm(r, "%s: %s%s%s", mark, title, sep, e.text);
}

bool unsound(const struct ws_prog *p, const char **mark, struct err *e)
{
	struct ws_config c = p->config;
	struct ws_prog *q;
	bool refused;

	if (mark != NULL)
		*mark = p->fault != NULL ? "UNSOUND PATCH" : "UNSOUND POLICY, forced";
	if (p->fault != NULL) {
		(void)err_set(e, ERR_MODEL, "%s", p->fault);
		return true;
	}
	if (p->sound)
		return false;
	c.patch = NULL; /* what it breaks would be p's fault */
	q = ws_compile(&c, e); /* without faults */
	BUG_ON(q == NULL);	/* p was compiled from it */
	refused = ws_lint_err(q, e) != 0;
	ws_free(q);
	return refused;
}

void inject_report(const struct ws_inject *x, size_t n, struct rep *r)
{
	for (size_t i = 0; i < n; i++) {
		char key[24];

		(void)snprintf(key, sizeof(key), "injected_%zu", i + 1);
		rep_fact(r, key, "BROKEN ON PURPOSE", "%s", x[i].spec);
	}
	if (n != 0)
		rep_note(r, "The program was broken on purpose (--inject): its numbers are no kernel's.");
}
