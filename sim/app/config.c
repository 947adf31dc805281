/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/config.h"

#include <string.h>

#include "models/hyp/ws_lint.h"

#define MEMBER(m) offsetof(struct compare_options, m)

static const struct opt_row compare_rows[] = {
	{ "compare", "configs", OPT_STR, MEMBER(configs), "", 0, 0, "", NULL,
	  "files that `el2sim compare` of this file puts side by side, separated by commas, relative to this file" },
	{ "compare", "vary", OPT_STR, MEMBER(vary), "", 0, 0, "", NULL,
	  "options to vary, section.key=a,b,c, separated by semicolons: one column per combination" },
	{ "compare", "baseline", OPT_INT, MEMBER(baseline), "1", 1, 16, "", NULL,
	  "column that the others are compared with" },
};

int config_load(struct config *c, const char *path, const struct arg_list *overrides, struct err *e)
{
	const struct opt_row *rows;
	size_t n;

	memset(c, 0, sizeof(*c));
	c->path = path != NULL ? path : "";
	c->set = opt_new();
	rows = machine_opt_rows(&n);
	opt_add(c->set, rows, n, &c->machine);
	c->switch_rows = switch_opt_rows(&n);
	opt_add(c->set, c->switch_rows, n, &c->sw);
	rows = path_opt_rows(&n);
	opt_add(c->set, rows, n, &c->path_profile);
	opt_add(c->set, compare_rows, sizeof(compare_rows) / sizeof(compare_rows[0]), &c->compare);
	if (path != NULL && opt_load(c->set, path, e) != 0)
		return -1;
	for (size_t i = 0; overrides != NULL && i < overrides->n; i++) {
		if (opt_override(c->set, overrides->v[i], e) != 0)
			return -1;
	}
	return opt_done(c->set, e);
}

void config_free(struct config *c)
{
	opt_free(c->set);
	free(c->switch_rows);
	memset(c, 0, sizeof(*c));
}

struct ws_prog *config_compile(const struct config *c, bool force, struct err *e)
{
	struct ws_config wc;
	struct ws_prog *p;

	switch_config(&c->sw, &c->machine, &wc);
	p = ws_compile(&wc, e);
	if (p == NULL || force || ws_lint_err(p, e) == 0)
		return p;
	ws_free(p);
	return NULL;
}
