/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/bugs.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "models/hyp/check/walk.h"
#include "models/hyp/explore/story.h"
#include "models/hyp/check/ws_lint.h"
#include "sim/base/share.h"
#include "sim/base/str.h"

#define WALK_STEPS 400
#define WALK_SEED  271828
#define MEMORY	   (UINT64_C(1) << 30) /* of a search; far more than any shipped bug needs */

/* ---- names ---- */

static int is_config(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".ini") == 0;
}

int bug_names(struct bug_names *out, struct err *e)
{
	struct str dir = STR_INIT;
	struct dirent **d = NULL;
	int n;

	memset(out, 0, sizeof(*out));
	if (access("configs/bugs", F_OK) == 0) /* as any shipped configuration: the working directory's first */
		str_add(&dir, "configs/bugs");
	else
		share_dir(&dir, "configs/bugs");
	n = scandir(str_get(&dir), &d, is_config, alphasort);
	if (n < 0) {
		struct str hint = STR_INIT;

		share_hint(&hint);
		(void)err_set(e, ERR_CONFIG, "%s: %s; %s", str_get(&dir), strerror(errno), str_get(&hint));
		str_free(&hint);
		str_free(&dir);
		return -1;
	}
	out->v = xcalloc((size_t)n + 1, sizeof(*out->v));
	for (; out->n < (size_t)n; out->n++) {
		struct dirent *one = d[out->n];

		out->v[out->n] = xstrdup(one->d_name);
		out->v[out->n][strlen(one->d_name) - 4] = '\0';
		free(one);
	}
	free(d);
	str_free(&dir);
	return 0;
}

void bug_names_free(struct bug_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
	memset(names, 0, sizeof(*names));
}

static int check_name(const char *name, struct err *e)
{
	struct bug_names all;
	bool known = false;

	if (bug_names(&all, e) != 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		known |= strcmp(all.v[i], name) == 0;
	if (!known)
		(void)err_unknown(e, ERR_USAGE, name, (const char *const *)all.v, all.n, "see el2sim bugs", "unknown bug \"%s\"", name);
	bug_names_free(&all);
	return known ? 0 : -1;
}

/* ---- one ---- */

/* Words of the rule that a file names; NULL: there is none such. */
static const char *rule_words(const char *rule)
{
	for (unsigned r = 0; r < VIOLATION_COUNT; r++) {
		if (strcmp(oracle_rule_name((enum oracle_rule)r), rule) == 0)
			return oracle_rule_words((enum oracle_rule)r);
	}
	for (unsigned r = 0; r < VFR_COUNT; r++) {
		if (strcmp(vflag_rule_name((enum vflag_rule)r), rule) == 0)
			return vflag_rule_name((enum vflag_rule)r);
	}
	return NULL;
}

int bug_load(struct bug_check *b, const char *name, struct err *e)
{
	struct str path = STR_INIT;
	int rc;

	memset(b, 0, sizeof(*b));
	config_init(&b->config);
	if (check_name(name, e) != 0)
		return -1;
	config_free(&b->config);
	str_addf(&path, "configs/bugs/%s.ini", name);
	rc = config_load(&b->config, str_get(&path), NULL, e);
	str_free(&path);
	b->config.path = name;
	if (rc != 0)
		return -1;
	b->words = rule_words(b->config.bug.found);
	if (b->words == NULL || b->config.bug.reg[0] == '\0')
		return err_set(e, ERR_CONFIG, "%s: [bug] found = %s, register = %s: want a rule of el2sim lint --doc or of el2sim "
			       "flags --rules, and what it finds", name, b->config.bug.found, b->config.bug.reg);
	return 0;
}

void bug_free(struct bug_check *b)
{
	if (b->search != NULL)
		explore_free(b->search);
	ws_free(b->prog);
	config_free(&b->config);
	memset(b, 0, sizeof(*b));
}

static bool is_expected(const struct bug_check *b, const struct xviolation *v)
{
	return strcmp(xviolation_rule(v), b->config.bug.found) == 0 && strcmp(v->what, b->config.bug.reg) == 0;
}

/* Search until the expected violation is there. */
static bool not_yet(void *self, uint64_t states, unsigned depth)
{
	struct bug_check *b = self;
	size_t n;
	const struct xviolation *v = explore_violations(b->search, &n);

	(void)states;
	(void)depth;
	for (size_t i = 0; i < n && b->number == SIZE_MAX; i++) {
		if (is_expected(b, &v[i])) {
			b->number = i;
			b->length = v[i].length;
		}
	}
	return b->number == SIZE_MAX;
}

static struct explore_options options(const struct bug_check *b, unsigned depth)
{
	struct explore_options o;

	explore_options_init(&o);
	o.vcpus = (unsigned)b->config.bug.vcpus;
	o.pcpus = (unsigned)b->config.bug.pcpus;
	o.depth = depth;
	o.states = b->states;
	o.memory = MEMORY;
	return o;
}

/* First with entries in which no condition holds: fewer states, simpler stories. */
static void search(struct bug_check *b)
{
	static const enum explore_states states[] = { XS_NONE, XS_EACH };

	for (size_t i = 0; i < 2; i++) {
		struct explore_options o;

		b->states = states[i];
		b->number = SIZE_MAX;
		o = options(b, BUG_STEPS);
		o.all = true;
		o.go_on = not_yet;
		o.self = b;
		if (b->search != NULL)
			explore_free(b->search);
		b->search = explore_new(b->prog, &o);
		(void)explore_run(b->search);
		if (!not_yet(b, 0, 0))
			return;
	}
}

static bool lint_finds(const struct ws_prog *p)
{
	struct ws_findings f = WS_FINDINGS_INIT;
	bool found = ws_lint(p, &f) != 0;

	ws_findings_free(&f);
	return found;
}

static bool walk_finds(const struct ws_prog *p)
{
	struct oracle *o = oracle_walk(p, WALK_STEPS, WALK_SEED);
	bool found = oracle_violation_count(o) != 0;

	oracle_free(o);
	return found;
}

/* The same without the fault, to the depth at which the fault shows. */
static int check_fixed(struct bug_check *b, struct err *e)
{
	struct explore_options o = options(b, b->length != 0 ? b->length : BUG_STEPS);
	struct explore *x;
	struct ws_prog *p;
	size_t n;

	if (config_inject_only(&b->config, b->config.bug.fixed, e) != 0)
		return opt_blame(b->config.set, "bug", "fixed", e);
	p = config_compile(&b->config, true, e);
	if (p == NULL)
		return -1;
	x = explore_new(p, &o);
	(void)explore_run(x);
	(void)explore_violations(x, &n);
	b->clean = n == 0 && !lint_finds(p) && !walk_finds(p);
	b->fixed_states = explore_stats(x)->states;
	explore_free(x);
	ws_free(p);
	return 0;
}

int bug_run(struct bug_check *b, struct err *e)
{
	int rc;

	b->prog = config_compile(&b->config, true, e);
	if (b->prog == NULL)
		return -1;
	b->lint = lint_finds(b->prog);
	b->oracle = walk_finds(b->prog);
	search(b);
	rc = check_fixed(b, e);
	return rc == 0 ? config_inject_only(&b->config, b->config.broken.spec, e) : rc;
}
