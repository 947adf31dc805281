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

/* Findings that the base has not: the first, and how many. */
static bool lint_fault(const struct ws_prog *p, const struct ws_prog *base, struct str *b)
{
	struct ws_findings of_p = WS_FINDINGS_INIT, of_base = WS_FINDINGS_INIT;
	const struct ws_finding *first = NULL;
	size_t n = 0;

	(void)ws_lint(p, &of_p);
	(void)ws_lint(base, &of_base);
	for (size_t i = 0; i < of_p.n; i++) {
		if (has_finding(&of_base, &of_p.v[i]))
			continue;
		first = n++ == 0 ? &of_p.v[i] : first;
	}
	if (first != NULL)
		str_addf(b, "%s: %s%s", ws_rule_name((enum ws_rule)first->rule), first->text, n > 1 ? " (and more: el2sim lint)" : "");
	ws_findings_free(&of_p);
	ws_findings_free(&of_base);
	return first != NULL;
}

static bool has_violation(const struct oracle_violation *v, size_t n, const struct oracle_violation *w)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].rule == w->rule && strcmp(v[i].reg, w->reg) == 0)
			return true;
	return false;
}

static bool walk_fault(const struct ws_prog *p, const struct ws_prog *base, struct str *b)
{
	struct oracle *of_p = oracle_walk(p, WALK_STEPS, WALK_SEED), *of_base = oracle_walk(base, WALK_STEPS, WALK_SEED);
	const struct oracle_violation *v, *w;
	const struct oracle_violation *first = NULL;
	size_t n, m;

	v = oracle_violations(of_p, &n);
	w = oracle_violations(of_base, &m);
	for (size_t i = 0; i < n && first == NULL; i++)
		first = has_violation(w, m, &v[i]) ? NULL : &v[i];
	if (first != NULL)
		str_addf(b, "%s (el2sim explore tells the shortest story)", first->text);
	oracle_free(of_p);
	oracle_free(of_base);
	return first != NULL;
}

char *ws_patch_fault(const struct ws_config *c, const struct ws_prog *base)
{
	struct str b = STR_INIT;
	struct err e;
	struct ws_prog *p = ws_compile(c, &e);
	char *text = NULL;

	BUG_ON(p == NULL); /* it did before */
	if (lint_fault(p, base, &b) || walk_fault(p, base, &b))
		text = xstrdup(str_get(&b));
	str_free(&b);
	ws_free(p);
	return text;
}
