/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/config.h"

#include <string.h>
#include <unistd.h>

#include "models/hyp/ws_lint.h"
#include "sim/base/share.h"
#include "sim/base/str.h"

#define MEMBER(m) offsetof(struct compare_options, m)

static const struct opt_row compare_rows[] = {
	{ "compare", "configs", OPT_STR, MEMBER(configs), "", 0, 0, "", NULL,
	  "files that `el2sim compare` of this file puts side by side, separated by commas, relative to this file" },
	{ "compare", "vary", OPT_STR, MEMBER(vary), "", 0, 0, "", NULL,
	  "options to vary, section.key=a,b,c, separated by semicolons: one column per combination" },
	{ "compare", "baseline", OPT_INT, MEMBER(baseline), "1", 1, 16, "", NULL,
	  "column that the others are compared with" },
};

/* A file that is not there may be a shipped one, by its name in or below configs. */
static void find_file(struct str *out, const char *path)
{
	const char *below = strncmp(path, "configs/", 8) == 0 ? path + 8 : path;

	if (path[0] != '/' && access(path, F_OK) != 0) {
		share_dir(out, "configs");
		str_addf(out, "/%s", below);
		if (access(str_get(out), F_OK) == 0)
			return;
	}
	str_reset(out);
	str_add(out, path);
}

static int load_file(struct config *c, const char *path, struct err *e)
{
	struct str found = STR_INIT;
	int rc;

	find_file(&found, path);
	rc = opt_load(c->set, str_get(&found), e);
	str_free(&found);
	return rc;
}

void config_init(struct config *c)
{
	const struct opt_row *rows;
	size_t n;

	memset(c, 0, sizeof(*c));
	c->path = "";
	c->set = opt_new();
	rows = machine_opt_rows(&n);
	opt_add(c->set, rows, n, &c->machine);
	c->switch_rows = switch_opt_rows(&n);
	opt_add(c->set, c->switch_rows, n, &c->sw);
	rows = path_opt_rows(&n);
	opt_add(c->set, rows, n, &c->path_profile);
	rows = smp_opt_rows(&n);
	opt_add(c->set, rows, n, &c->smp);
	c->workload_rows = workload_opt_rows(&n);
	opt_add(c->set, c->workload_rows, n, &c->workload);
	workload_opt_classes(c->set, &c->workload);
	rows = abi_opt_rows(&n);
	opt_add(c->set, rows, n, &c->abi);
	rows = timeline_opt_rows(&n);
	opt_add(c->set, rows, n, &c->timeline);
	opt_add(c->set, compare_rows, sizeof(compare_rows) / sizeof(compare_rows[0]), &c->compare);
	rows = sweep_opt_rows(&n);
	opt_add(c->set, rows, n, &c->sweep);
	opt_gather(c->set, "sweep", SWEEP_INCLUDE);
}

int config_file(struct config *c, const char *path, struct err *e)
{
	c->path = path;
	return load_file(c, path, e);
}

int config_set(struct config *c, const char *assignment, struct err *e)
{
	static const char include[] = "el2sim.include=";
	const char *s = strncmp(assignment, "--", 2) == 0 ? assignment + 2 : assignment;

	if (strncmp(s, include, sizeof(include) - 1) == 0)
		return load_file(c, s + sizeof(include) - 1, e);
	return opt_override(c->set, assignment, e);
}

int config_load(struct config *c, const char *path, const struct arg_list *overrides, struct err *e)
{
	config_init(c);
	if (path != NULL && config_file(c, path, e) != 0)
		return -1;
	for (size_t i = 0; overrides != NULL && i < overrides->n; i++) {
		if (config_set(c, overrides->v[i], e) != 0)
			return -1;
	}
	return opt_done(c->set, e);
}

void config_free(struct config *c)
{
	opt_free(c->set);
	free(c->switch_rows);
	free(c->workload_rows);
	workload_free(&c->workload);
	free(c->inject);
	memset(c, 0, sizeof(*c));
}

int config_inject(struct config *c, const struct arg_list *specs, struct err *e)
{
	c->inject = xcalloc(specs->n + 1, sizeof(*c->inject));
	for (; c->n_inject < specs->n; c->n_inject++) {
		if (ws_inject_parse(specs->v[c->n_inject], &c->inject[c->n_inject], e) != 0)
			return -1;
	}
	return 0;
}

void config_switch(const struct config *c, struct ws_config *wc)
{
	switch_config(&c->sw, &c->machine, wc);
	wc->inject = c->inject;
	wc->n_inject = c->n_inject;
}

struct ws_prog *config_compile(const struct config *c, bool force, struct err *e)
{
	struct ws_config wc;
	struct ws_prog *p;

	config_switch(c, &wc);
	p = ws_compile(&wc, e);
	if (p == NULL || force || c->n_inject != 0 || ws_lint_err(p, e) == 0)
		return p;
	ws_free(p);
	return NULL;
}
