/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/config.h"

#include <errno.h>
#include <string.h>

#include "models/hyp/check/patch_check.h"
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
#define MEMBER(m) offsetof(struct patch_options, m)

static const char *const no_patch[] = { PATCH_NONE, NULL };

static const struct opt_row patch_rows[] = {
	{ "patch", "file", OPT_NAMED, MEMBER(file), PATCH_NONE, 0, 0, "", no_patch,
	  "what-if on the switch: a file with an edit of the program a line; forms: el2sim lint --doc; --patch sets it" },
	{ "patch", "edits", OPT_STR, MEMBER(edits), "", 0, 0, "", NULL,
	  "edits of the program, behind those of the file, separated by semicolons" },
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
	opt_add(c->set, patch_rows, sizeof(patch_rows) / sizeof(patch_rows[0]), &c->patched);
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

/* A profile that says what a cold exit costs says it of machines, too. */
static void cold_exits(struct config *c)
{
	struct opt_view v;

	if (!opt_find(c->set, "cost", "cold", &v) || v.is_default)
		return;
	c->smp.cold_milli = c->cal.cold_milli;
	c->smp.cold_after_ns = c->cal.cold_after_ns;
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

/* Edits of the option itself: their place is its origin, "file:line" or "command line". */
static int read_edits(struct config *c, struct err *e)
{
	char *text = xstrdup(c->patched.edits), *list = text, *edit, *file, *colon;
	struct opt_view v;
	uint64_t line;
	unsigned nr = 0;
	int rc = 0;

	BUG_ON(!opt_find(c->set, "patch", "edits", &v));
	file = xstrdup(v.origin);
	colon = strrchr(file, ':');
	if (colon == NULL || !str_u64(colon + 1, &line))
		line = 0;
	else
		*colon = '\0';
	while (rc == 0 && strcmp(c->patched.edits, PATCH_NONE) != 0 && (edit = str_word(&list, ";\n")) != NULL) {
		nr++;
		if (edit[strspn(edit, " \t\r")] != '\0')
			rc = ws_patch_add(&c->patch, file, line != 0 ? (unsigned)line : nr, edit, e);
	}
	free(text);
	free(file);
	return rc;
}

static int read_patch(struct config *c, struct err *e)
{
	if (strcmp(c->patched.file, PATCH_NONE) != 0 && ws_patch_read(&c->patch, c->patched.file, e) != 0)
		return -1;
	if (read_edits(c, e) != 0)
		return -1;
	c->sw.patch = c->patch.n != 0 ? &c->patch : NULL;
	return 0;
}

static int check_gic(const struct config *c, struct err *e)
{
	if (!machine_has(&c->machine, FEAT_GICV2) || !machine_has(&c->machine, FEAT_GICV3))
		return 0;
	(void)err_set(e, ERR_CONFIG, "[machine] features has gicv2 and gicv3: a host switches one interface, want one of them (a GICv3 that "
		      "gives its guests a GICv2 is a gicv3)");
	return opt_blame(c->set, "machine", "features", e);
}

int config_done(struct config *c, struct err *e)
{
	if (opt_done(c->set, e) != 0 || check_gic(c, e) != 0 || read_kernel(c, e) != 0 || read_patch(c, e) != 0 || path_read(&c->path_profile, e) != 0)
		return -1;
	vmm_time(c);
	cold_exits(c);
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
	ws_patch_free(&c->patch);
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

/*
 * Is it sound? A policy that is not is an error, unless force is set. A kernel's own code is what it is: what lint does not follow
 * in it is no reason not to run it, unless a policy moved ops.
 */
static int judge(const struct config *c, const struct ws_config *wc, const struct ws_prog *base, bool force, bool *sound, struct err *e)
{
	struct err why;

	*sound = !force && ws_lint_err(base, &why) == 0;
	if (*sound || force || (c->kernel != NULL && !moves_anything(wc)))
		return 0;
	*e = why;
	return -1;
}

/* The same of a patched one: the policy is judged without the patch, the patch against that. */
static int judge_patched(const struct config *c, const struct ws_config *wc, struct ws_prog *p, bool force, struct err *e)
{
	struct ws_config plain = *wc;
	struct ws_prog *base;
	bool sound;
	int rc;

	plain.patch = NULL;
	base = ws_compile(&plain, e);
	if (base == NULL)
		return -1;
	rc = judge(c, wc, base, force, &sound, e);
	if (rc == 0)
		p->fault = ws_patch_fault(wc, base);
	p->sound = sound && p->fault == NULL && c->n_inject == 0;
	ws_free(base);
	return rc;
}

struct ws_prog *config_compile(const struct config *c, bool force, struct err *e)
{
	struct ws_config wc;
	struct ws_prog *p;
	int rc = 0;

	config_switch(c, &wc);
	p = ws_compile(&wc, e);
	if (p == NULL)
		return NULL;
	if (c->n_inject != 0)
		rc = ws_inject_apply(p, c->inject, c->n_inject, e);
	if (rc == 0 && wc.patch != NULL)
		rc = judge_patched(c, &wc, p, force || c->n_inject != 0, e);
	else if (rc == 0 && c->n_inject == 0)
		rc = judge(c, &wc, p, force, &p->sound, e);
	if (rc == 0)
		return p;
	ws_free(p);
	return NULL;
}
