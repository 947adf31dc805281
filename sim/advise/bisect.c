/* SPDX-License-Identifier: Apache-2.0 */
/* Of the policies that another configuration has: which one makes it unsound, or dear, down to the register. */
#include <stdlib.h>
#include <string.h>

#include "models/hyp/ws/ws_policy.h"
#include "sim/advise/advise.h"
#include "sim/base/num.h"

struct changes {
	struct change *v;
	size_t n;
};

static void changes_add(struct changes *c, struct change x)
{
	c->v = xrealloc(c->v, (c->n + 1) * sizeof(*c->v));
	c->v[c->n++] = x;
}

/* Options that say what a file is, or what another command does with it. */
static bool beside(const char *section, const char *key)
{
	return strcmp(section, "compare") == 0 || strcmp(section, "sweep") == 0 ||
	       (strcmp(section, "run") == 0 && (strcmp(key, "title") == 0 || strcmp(key, "trace") == 0));
}

/* Both have the same rows, in the same order, but for sections that only one of them has. */
static int only_policies(const struct config *a, const struct config *b, const char *file, struct err *e)
{
	for (size_t i = 0; i < opt_count(b->set); i++) {
		struct opt_view y = opt_at(b->set, i), x;
		bool there = opt_find(a->set, y.row->section, y.row->key, &x);

		if (strcmp(y.row->section, "policy") == 0 || beside(y.row->section, y.row->key) || (there && strcmp(x.value, y.value) == 0))
			continue;
		return err_set(e, ERR_CONFIG, "%s: sets [%s] %s, which is no policy: want a file whose [policy] differs, and nothing else "
			       "(el2sim diff compares whole configurations)", file, y.row->section, y.row->key);
	}
	return 0;
}

static void differing(const struct config *a, const struct config *b, struct changes *c)
{
	for (unsigned g = 0; g < GRP_COUNT; g++)
		if (a->sw.group[g] != b->sw.group[g])
			changes_add(c, (struct change){ (uint8_t)g, SR_NONE, (uint8_t)b->sw.group[g] });
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++)
		if (a->sw.reg[r] != b->sw.reg[r])
			changes_add(c, (struct change){ sysreg_row((enum sysreg)r)->group, (uint16_t)r, (uint8_t)b->sw.reg[r] });
}

/* Its policies, read over the configuration. */
static int read_policies(const struct advisor *a, const char *file, struct changes *c, struct err *e)
{
	struct arg_list all = { xcalloc(a->overrides->n + 1, sizeof(*all.v)), 0 };
	struct str include = STR_INIT;
	struct config other;
	int rc;

	str_addf(&include, "el2sim.include=%s", file);
	for (size_t i = 0; i < a->overrides->n; i++)
		all.v[all.n++] = a->overrides->v[i];
	all.v[all.n++] = str_get(&include);
	rc = config_load(&other, a->c->path, &all, e);
	if (rc == 0)
		rc = only_policies(a->c, &other, file, e);
	if (rc == 0)
		differing(a->c, &other, c);
	config_free(&other);
	str_free(&include);
	free(all.v);
	return rc;
}

/* Registers that a group's policy is about. */
static void registers_of(const struct advisor *a, const struct change *group, struct changes *c)
{
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++) {
		const struct change x = { group->group, (uint16_t)r, group->policy };
		bool there = false;

		if (sysreg_row((enum sysreg)r)->group != group->group || !ws_policy_applies((enum sysreg)r))
			continue;
		for (size_t i = 0; i < a->base.prog->n && !there; i++)
			there = change_touches(&x, &a->base.prog->op[i]);
		if (there)
			changes_add(c, x);
	}
}

/* Each by itself. */
static struct variant *each_alone(const struct advisor *a, const struct changes *c, struct err *e)
{
	struct variant *v = xcalloc(c->n + 1, sizeof(*v));

	for (size_t i = 0; i < c->n; i++)
		variant_init(a, &v[i], &c->v[i], 1);
	if (variants_run(a, v, c->n, e) == 0)
		return v;
	variants_free(v, c->n);
	return NULL;
}

/* Leave out one after the other what the fault does not need. */
static void least_unsound(const struct advisor *a, struct changes *c)
{
	for (size_t i = 0; i < c->n && c->n > 1;) {
		const struct change out = c->v[i];
		struct variant v;

		memmove(&c->v[i], &c->v[i + 1], (c->n - i - 1) * sizeof(*c->v));
		variant_init(a, &v, c->v, c->n - 1);
		if (v.prog != NULL && v.fault != NULL) {
			c->n--;
		} else {
			memmove(&c->v[i + 1], &c->v[i], (c->n - i - 1) * sizeof(*c->v));
			c->v[i++] = out;
		}
		variant_free(&v);
	}
}

static void rows(const struct advisor *a, const struct variant *v, size_t n, struct rep_table *t)
{
	for (size_t i = 0; i < n; i++) {
		rep_str(t, change_key(&v[i].change[0]));
		rep_str(t, ws_policy_names[v[i].change[0].policy]);
		rep_fix(t, toll_accesses(&v[i].toll) - toll_accesses(&a->now));
		rep_fix(t, toll_cycles(&v[i].toll) - toll_cycles(&a->now));
		rep_str(t, v[i].prog == NULL ? "no meaning" : v[i].fault != NULL ? "no" : "yes");
		rep_str(t, v[i].no != NULL ? v[i].no : v[i].fault != NULL ? v[i].fault : v[i].same ? "the program is the same" : v[i].moves);
	}
}

/* The one that costs most more, SIZE_MAX: none does. */
static size_t dearest(const struct advisor *a, const struct variant *v, size_t n)
{
	size_t most = SIZE_MAX;

	for (size_t i = 0; i < n; i++)
		if (v[i].prog != NULL && toll_compare(&v[i].toll, &a->now) > 0 && (most == SIZE_MAX || toll_compare(&v[i].toll, &v[most].toll) > 0))
			most = i;
	return most;
}

static size_t first_unsound(const struct variant *v, size_t n, size_t *how_many)
{
	size_t first = SIZE_MAX;

	*how_many = 0;
	for (size_t i = 0; i < n; i++) {
		if (v[i].prog == NULL || v[i].fault == NULL)
			continue;
		first = (*how_many)++ == 0 ? i : first;
	}
	return first;
}

struct bisection {
	struct advisor *a;
	struct changes all;      /* that differ */
	struct variant whole;
	struct variant *alone;   /* each of all */
	size_t part;             /* of all: the one to blame; SIZE_MAX: none by itself */
	struct changes regs;     /* its registers, if it is a group */
	struct variant *reg;     /* each of regs */
	bool unsound;
};

static void told(struct advisor *a, struct variant *v, struct rep *r)
{
	variant_explore(a, v);
	if (v->explored.story != NULL)
		rep_verdict(r, "the shortest story: %s", v->explored.story);
	else if (v->explored.done)
		rep_verdict(r, "no story: the explorer finds no violation in %llu states, depth %u (what the static checks find may need "
			    "more events, vCPUs or conditions)", (unsigned long long)v->explored.states, v->explored.depth);
}

static void unsound_verdicts(struct bisection *b, struct rep *r)
{
	struct str names = STR_INIT;
	struct changes least = { xcalloc(b->all.n + 1, sizeof(*least.v)), b->all.n };
	size_t n_parts, n_regs, reg;

	memcpy(least.v, b->all.v, b->all.n * sizeof(*least.v));
	if (b->part == SIZE_MAX) { /* only together */
		least_unsound(b->a, &least);
		changes_text(least.v, least.n, &names);
		rep_verdict(r, "unsound by %s, together: %s", str_get(&names), b->whole.fault);
		told(b->a, &b->whole, r);
	} else {
		(void)first_unsound(b->alone, b->all.n, &n_parts);
		reg = b->reg != NULL ? first_unsound(b->reg, b->regs.n, &n_regs) : SIZE_MAX;
		changes_text(&b->all.v[b->part], 1, &names);
		if (reg != SIZE_MAX && n_regs < b->regs.n)
			rep_verdict(r, "unsound by %s, of it %s%s: %s", str_get(&names), change_key(&b->regs.v[reg]),
				    n_regs > 1 ? " and others (table registers)" : " alone", b->reg[reg].fault);
		else
			rep_verdict(r, "unsound by %s%s: %s", str_get(&names), reg != SIZE_MAX && n_regs > 1 ? ", by each of its registers" : "",
				    b->alone[b->part].fault);
		if (n_parts > 1)
			rep_verdict(r, "%zu of its %zu policies are unsound by themselves (table policies)", n_parts, b->all.n);
		told(b->a, reg != SIZE_MAX ? &b->reg[reg] : &b->alone[b->part], r);
	}
	free(least.v);
	str_free(&names);
}

/* What is left of the policies without the part to blame. */
static int without_verdict(struct bisection *b, struct rep *r, struct err *e)
{
	struct change *x = xcalloc(b->all.n + 1, sizeof(*x));
	char text[RUN_COUNT_TEXT];
	struct variant v;
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < b->all.n; i++)
		if (b->alone[i].fault == NULL)
			x[n++] = b->all.v[i];
	variant_init(b->a, &v, x, n);
	rc = variants_run(b->a, &v, 1, e);
	if (rc == 0 && n != 0 && v.prog != NULL)
		rep_verdict(r, "without what is unsound by itself: %s, %s modelled cycles per exit%s", v.fault == NULL ? "sound" : "unsound, too",
			    per_exit_text(toll_cycles(&v.toll), text), v.fault != NULL ? " (the rest only together)" : "");
	variant_free(&v);
	free(x);
	return rc;
}

/* The share of the whole, in whole percent. */
static long long share_of(const struct bisection *b, const struct variant *v)
{
	int64_t all = toll_cycles(&b->whole.toll) - toll_cycles(&b->a->now), part = toll_cycles(&v->toll) - toll_cycles(&b->a->now);

	return (long long)num_signed_ratio(part, 100, all);
}

static void dear_verdicts(struct bisection *b, struct rep *r)
{
	const struct toll *now = &b->a->now, *all = &b->whole.toll;
	struct str names = STR_INIT;
	char text[3][RUN_COUNT_TEXT];
	size_t reg;

	if (toll_compare(all, now) <= 0) {
		rep_verdict(r, "sound, and no dearer: %s modelled cycles per exit against %s", per_exit_text(toll_cycles(all), text[0]),
			    per_exit_text(toll_cycles(now), text[1]));
		return;
	}
	if (b->part == SIZE_MAX) {
		rep_verdict(r, "sound, dearer only together: %s modelled cycles per exit against %s", per_exit_text(toll_cycles(all), text[0]),
			    per_exit_text(toll_cycles(now), text[1]));
		return;
	}
	changes_text(&b->all.v[b->part], 1, &names);
	rep_verdict(r, "sound, but dear: %s modelled cycles per exit more (%s against %s); %s alone makes %lld %% of that",
		    per_exit_text(toll_cycles(all) - toll_cycles(now), text[0]), per_exit_text(toll_cycles(all), text[1]),
		    per_exit_text(toll_cycles(now), text[2]), str_get(&names), share_of(b, &b->alone[b->part]));
	reg = b->reg != NULL ? dearest(b->a, b->reg, b->regs.n) : SIZE_MAX;
	if (reg != SIZE_MAX)
		rep_verdict(r, "%s: %s alone makes %lld %%: %s%s", share_of(b, &b->reg[reg]) >= 50 ? "most of it is one register" : "its dearest register",
			    change_key(&b->regs.v[reg]), share_of(b, &b->reg[reg]), b->reg[reg].moves != NULL ? b->reg[reg].moves : "",
			    share_of(b, &b->reg[reg]) >= 50 ? "" : "; what is left is of the others, and what moves with the group: barriers, MMIO, calls");
	str_free(&names);
}

static int bisect(struct bisection *b, struct rep *r, struct err *e)
{
	size_t many;

	variant_init(b->a, &b->whole, b->all.v, b->all.n);
	if (b->whole.prog == NULL)
		return err_set(e, ERR_MODEL, "%s", b->whole.no);
	if (variants_run(b->a, &b->whole, 1, e) != 0 || (b->alone = each_alone(b->a, &b->all, e)) == NULL)
		return -1;
	b->unsound = b->whole.fault != NULL;
	b->part = b->unsound ? first_unsound(b->alone, b->all.n, &many) : dearest(b->a, b->alone, b->all.n);
	if (b->part != SIZE_MAX && b->all.v[b->part].reg == SR_NONE) {
		registers_of(b->a, &b->all.v[b->part], &b->regs);
		if ((b->reg = each_alone(b->a, &b->regs, e)) == NULL)
			return -1;
	}
	if (!b->unsound) {
		dear_verdicts(b, r);
		return 0;
	}
	unsound_verdicts(b, r);
	return without_verdict(b, r, e);
}

static void tables(const struct bisection *b, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "policy", "", REP_STR, "", 0, false },
		{ "value", "", REP_STR, "", 0, false },
		{ "accesses", "accesses more", REP_FIX, "per exit", 1, false },
		{ "cycles", "cycles more", REP_FIX, "per exit", 1, false },
		{ "sound", "", REP_STR, "", 0, false },
		{ "why", "", REP_STR, "", 0, false },
	};

	rows(b->a, b->alone, b->all.n, rep_table(r, "policies", "Each policy by itself", cols, 6));
	if (b->reg != NULL && b->regs.n != 0) {
		struct rep_table *t = rep_table(r, "registers", "Each register of the one to blame, by itself", cols, 6);

		rep_many(t);
		rows(b->a, b->reg, b->regs.n, t);
	}
}

int bisect_report(struct advisor *a, const char *file, struct rep *r, struct err *e)
{
	struct bisection b = { .a = a, .part = SIZE_MAX };
	int rc = read_policies(a, file, &b.all, e);

	rep_fact(r, "policies", "policies", "%s", file);
	if (rc == 0 && b.all.n == 0)
		rep_verdict(r, "nothing to bisect: the policies of %s are those of %s", file, a->c->path);
	else if (rc == 0)
		rc = bisect(&b, r, e);
	if (rc == 0 && b.all.n != 0)
		tables(&b, r);
	if (b.alone != NULL)
		variants_free(b.alone, b.all.n);
	if (b.reg != NULL)
		variants_free(b.reg, b.regs.n);
	variant_free(&b.whole);
	free(b.all.v);
	free(b.regs.v);
	return rc;
}
