/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/check/patch_check.h"

#include <string.h>

#include "models/hyp/check/walk.h"
#include "models/hyp/check/ws_lint.h"
#include "sim/base/str.h"

/* As long as for known bugs; what it does not find is for the explorer. */
#define WALK_STEPS 400
#define WALK_SEED  1234

static bool has_finding(const struct ws_findings *f, const struct ws_finding *w)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].rule == w->rule && f->v[i].reg == w->reg && f->v[i].group == w->group && f->v[i].phase == w->phase)
			return true;
	return false;
}

static bool has_violation(const struct oracle_violation *v, size_t n, const struct oracle_violation *w)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].rule == w->rule && strcmp(v[i].reg, w->reg) == 0)
			return true;
	return false;
}

struct ws_base {
	struct ws_findings lint;
	struct oracle *walk;
};

struct ws_base *ws_base_new(const struct ws_prog *base)
{
	struct ws_base *b = xcalloc(1, sizeof(*b));

	(void)ws_lint(base, &b->lint);
	b->walk = oracle_walk(base, WALK_STEPS, WALK_SEED);
	return b;
}

void ws_base_free(struct ws_base *b)
{
	if (b == NULL)
		return;
	ws_findings_free(&b->lint);
	oracle_free(b->walk);
	free(b);
}

/* Findings that the base has not: the first, and how many. */
static bool lint_fault(const struct ws_base *base, const struct ws_prog *p, struct str *b)
{
	struct ws_findings f = WS_FINDINGS_INIT;
	const struct ws_finding *first = NULL;
	size_t n = 0;

	(void)ws_lint(p, &f);
	for (size_t i = 0; i < f.n; i++) {
		if (has_finding(&base->lint, &f.v[i]))
			continue;
		first = n++ == 0 ? &f.v[i] : first;
	}
	if (first != NULL)
		str_addf(b, "%s: %s%s", ws_rule_name((enum ws_rule)first->rule), first->text, n > 1 ? " (and more: el2sim lint)" : "");
	ws_findings_free(&f);
	return first != NULL;
}

static bool walk_fault(const struct ws_base *base, const struct ws_prog *p, struct str *b)
{
	struct oracle *walk = oracle_walk(p, WALK_STEPS, WALK_SEED);
	const struct oracle_violation *v, *w, *first = NULL;
	size_t n, m;

	v = oracle_violations(walk, &n);
	w = oracle_violations(base->walk, &m);
	for (size_t i = 0; i < n && first == NULL; i++)
		first = has_violation(w, m, &v[i]) ? NULL : &v[i];
	if (first != NULL)
		str_addf(b, "%s (el2sim explore tells the shortest story)", first->text);
	oracle_free(walk);
	return first != NULL;
}

char *ws_base_fault(const struct ws_base *base, const struct ws_prog *p)
{
	struct str b = STR_INIT;
	char *text = NULL;

	if (lint_fault(base, p, &b) || walk_fault(base, p, &b))
		text = xstrdup(str_get(&b));
	str_free(&b);
	return text;
}

char *ws_patch_fault(const struct ws_config *c, const struct ws_prog *base)
{
	struct ws_base *b = ws_base_new(base);
	struct err e;
	struct ws_prog *p = ws_compile(c, &e);
	char *text;

	BUG_ON(p == NULL); /* it did before */
	text = ws_base_fault(b, p);
	ws_free(p);
	ws_base_free(b);
	return text;
}
