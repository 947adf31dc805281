/* SPDX-License-Identifier: Apache-2.0 */
/* What the static checks found: a growing list. */
#include <stdarg.h>
#include <stdio.h>

#include "models/hyp/check/ws_life.h"

static const struct {
	const char *name, *what;
} rules[RULE_COUNT] = {
#define RULE(id, scope, what) { #id, what },
#include "models/hyp/check/lint.def"
};

const char *ws_rule_name(enum ws_rule rule)
{
	BUG_ON(rule >= RULE_COUNT);
	return rules[rule].name;
}

const char *ws_rule_what(enum ws_rule rule)
{
	BUG_ON(rule >= RULE_COUNT);
	return rules[rule].what;
}

void ws_findings_free(struct ws_findings *f)
{
	free(f->v);
	*f = WS_FINDINGS_INIT;
}

void ws_finding_add(struct ws_findings *f, enum ws_rule rule, enum sr_group group, enum sysreg reg,
		    enum ws_phase phase, const char *fmt, ...)
{
	struct ws_finding *w;
	va_list ap;

	if (f->n == f->cap) {
		f->cap = f->cap * 2 + 16;
		f->v = xrealloc(f->v, f->cap * sizeof(*f->v));
	}
	w = &f->v[f->n++];
	w->rule = (uint8_t)rule;
	w->group = (uint8_t)group;
	w->reg = (uint16_t)reg;
	w->phase = (uint8_t)phase;
	va_start(ap, fmt);
	(void)vsnprintf(w->text, sizeof(w->text), fmt, ap);
	va_end(ap);
}
