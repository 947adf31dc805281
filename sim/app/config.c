/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/config.h"

#include <errno.h>
#include <string.h>

#include "models/hyp/check/ws_lint.h"
#include "models/hyp/kvm/kernel_model.h"
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

#undef MEMBER
#define MEMBER(m) offsetof(struct inject_options, m)

static const struct opt_row inject_rows[] = {
	{ "inject", "spec", OPT_STR, MEMBER(spec), "", 0, 0, "", NULL,
	  "faults to build into the program, separated by spaces; forms: el2sim lint --doc; --inject adds to them" },
};

#undef MEMBER
#define MEMBER(m) offsetof(struct bug_options, m)

static const struct opt_row bug_rows[] = {
	{ "bug", "title", OPT_STR, MEMBER(title), "", 0, 0, "", NULL, "title of the commit that fixes it" },
	{ "bug", "fix", OPT_STR, MEMBER(fix), "", 0, 0, "", NULL, "hash of that commit" },
	{ "bug", "fixes", OPT_STR, MEMBER(fixes), "", 0, 0, "", NULL, "commit that brought the bug, where it is known" },
	{ "bug", "versions", OPT_STR, MEMBER(versions), "", 0, 0, "", NULL, "kernels that had it" },
	{ "bug", "sure", OPT_STR, MEMBER(sure), "", 0, 0, "", NULL, "what of this was READ in a source, what RECALLED" },
	{ "bug", "source", OPT_STR, MEMBER(source), "", 0, 0, "", NULL, "Message-Id of the mail, or page" },
	{ "bug", "what", OPT_STR, MEMBER(what), "", 0, 0, "", NULL, "what goes wrong" },
	{ "bug", "found", OPT_STR, MEMBER(found), "", 0, 0, "", NULL,
	  "violation (el2sim lint --doc) or broken rule of flags (el2sim flags --rules) that shows it" },
	{ "bug", "register", OPT_STR, MEMBER(reg), "", 0, 0, "", NULL, "register, barrier or flag of that violation" },
	{ "bug", "fixed", OPT_STR, MEMBER(fixed), "", 0, 0, "", NULL, "faults of [inject] spec that stay when it is fixed" },
	{ "bug", "vcpus", OPT_INT, MEMBER(vcpus), "1", 1, 4, "", NULL, "vCPUs that it takes" },
	{ "bug", "pcpus", OPT_INT, MEMBER(pcpus), "1", 1, 4, "", NULL, "pCPUs that it takes" },
};

/* A file that is not there may be a shipped one, by its name in or below configs. */
static int load_file(struct config *c, const char *path, struct err *e)
{
	struct str found = STR_INIT, hint = STR_INIT;
	int rc;

	if (share_find(&found, path)) {
		rc = opt_load(c->set, str_get(&found), e);
	} else {
		share_hint(&hint);
		(void)err_set(e, ERR_CONFIG, "could not be read: %s: want a file with options; %s", strerror(errno), str_get(&hint));
		rc = err_at(e, path, 0);
	}
	str_free(&found);
	str_free(&hint);
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
	rows = cal_opt_rows(&n);
	opt_add(c->set, rows, n, &c->cal);
	c->switch_rows = switch_opt_rows(&n);
	opt_add(c->set, c->switch_rows, n, &c->sw);
	path_opt_add(c->set, &c->path_profile);
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
	opt_add(c->set, inject_rows, sizeof(inject_rows) / sizeof(inject_rows[0]), &c->broken);
	opt_add(c->set, bug_rows, sizeof(bug_rows) / sizeof(bug_rows[0]), &c->bug);
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
	return config_done(c, e);
}

int config_is_one(const struct config *c, struct err *e)
{
	const char *vary = c->compare.vary, *equals = strchr(vary, '=');

	if (c->compare.configs[0] != '\0')
		return err_set(e, ERR_USAGE, "%s says what to compare: use el2sim compare, or one of the files that it lists: %s",
			       c->path, c->compare.configs);
	if (vary[0] != '\0')
		return err_set(e, ERR_USAGE, "%s varies %s ([compare] vary): use el2sim compare, or choose: --compare.vary= "
			       "--%.*s=VALUE", c->path, vary, equals != NULL ? (int)(equals - vary) : 0, vary);
	return 0;
}

int config_load_one(struct config *c, const char *path, const struct arg_list *overrides, struct err *e)
{
	return config_load(c, path, overrides, e) == 0 ? config_is_one(c, e) : -1;
}

/* A profile that says what its VMM executes says the time of an exit to it, unless the workload does. */
static void vmm_time(struct config *c)
{
	const double cycles = (double)c->cal.vmm_insns * (double)c->machine.cpi_milli / 1000.0;
	struct opt_view insns, time;

	if (opt_find(c->set, "vmm", "insns", &insns) && !insns.is_default && opt_find(c->set, "workload", "user_time", &time) &&
	    time.is_default)
		c->workload.user_ns = (int64_t)(cycles * 1e9 / (double)c->machine.clock_hz + 0.5);
}

/* [switch] model is a file. */
static int read_kernel(struct config *c, struct err *e)
{
	if (ws_model_by_name(c->sw.model) != NULL)
		return 0;
	c->kernel = kernel_model_read(c->sw.model, e);
	if (c->kernel == NULL)
		return -1;
	c->sw.own = &c->kernel->model;
	return 0;
}

int config_done(struct config *c, struct err *e)
{
	if (opt_done(c->set, e) != 0 || read_kernel(c, e) != 0 || path_read(&c->path_profile, e) != 0)
		return -1;
	vmm_time(c);
	return config_inject_only(c, c->broken.spec, e) == 0 ? 0 : opt_blame(c->set, "inject", "spec", e);
}

void config_free(struct config *c)
{
	opt_free(c->set);
	free(c->switch_rows);
	free(c->workload_rows);
	workload_free(&c->workload);
	free(c->inject);
	kernel_model_free(c->kernel);
	memset(c, 0, sizeof(*c));
}

static int add_inject(struct config *c, const char *spec, struct err *e)
{
	c->inject = xrealloc(c->inject, (c->n_inject + 1) * sizeof(*c->inject));
	return ws_inject_parse(spec, &c->inject[c->n_inject++], e);
}

int config_inject(struct config *c, const struct arg_list *specs, struct err *e)
{
	for (size_t i = 0; i < specs->n; i++) {
		if (add_inject(c, specs->v[i], e) != 0)
			return -1;
	}
	return 0;
}

int config_inject_only(struct config *c, const char *specs, struct err *e)
{
	char *text = xstrdup(specs), *list = text, *spec;
	int rc = 0;

	c->n_inject = 0;
	while (rc == 0 && (spec = str_word(&list, " ;\t")) != NULL)
		rc = add_inject(c, spec, e);
	free(text);
	return rc;
}

void config_switch(const struct config *c, struct ws_config *wc)
{
	switch_config(&c->sw, &c->machine, wc);
}

static bool moves_anything(const struct ws_config *wc)
{
	bool moves = false;

	for (unsigned g = 0; g < GRP_COUNT; g++)
		moves |= wc->group_policy[g] != POL_MODEL;
	for (unsigned r = 0; r < SR_COUNT; r++)
		moves |= wc->reg_policy[r] != POL_MODEL;
	return moves;
}

struct ws_prog *config_compile(const struct config *c, bool force, struct err *e)
{
	struct ws_config wc;
	struct ws_prog *p;

	config_switch(c, &wc);
	p = ws_compile(&wc, e);
	if (p == NULL)
		return NULL;
	if (c->n_inject != 0 ? ws_inject_apply(p, c->inject, c->n_inject, e) == 0 : force)
		return p;
	if (c->n_inject == 0 && ws_lint_err(p, e) == 0) {
		p->sound = true;
		return p;
	}
	/* A kernel's own code is what it is; what lint does not follow in it is no reason not to run it, unless a policy moved ops. */
	if (c->n_inject == 0 && c->kernel != NULL && !moves_anything(&wc)) {
		*e = (struct err){ 0 };
		return p;
	}
	ws_free(p);
	return NULL;
}
