/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim bugs: known bugs of KVM/arm64 as configurations; each is looked for, and its fixed side checked. */
#include "sim/app/bugs.h"
#include "sim/cmd/cmd.h"
#include "sim/app/output.h"
#include "sim/base/file.h"
#include "sim/base/progress.h"
#include "sim/report/explore_report.h"
#include "sim/report/oracle_report.h"

struct bugs_args {
	struct output_args out;
	bool list;
};

static const struct arg_row arg_rows[] = {
	{ "--list", NULL, ARG_FLAG, offsetof(struct bugs_args, list), .help = "only say what they are: title, commit, kernels" },
	OUTPUT_ARG_ROWS(struct bugs_args, out),
};

static const struct arg_spec spec = {
	.name = "bugs", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 0, .max_pos = 1,
	.text = "Without NAME each is looked for by lint, by the oracle on a short random run, and by the explorer; with NAME\n"
		"the shortest story is told. Exit status 0: each was found and its fixed side is clean; 1: not so.\n",
};

#define HASH 12 /* digits, as the kernel abbreviates */

static void list_row(const struct bug_check *b, struct rep_table *t)
{
	rep_str(t, b->config.path);
	rep_strf(t, "%.*s", HASH, b->config.bug.fix);
	rep_str(t, b->config.bug.title);
	rep_str(t, b->config.bug.versions);
}

static struct rep_table *list_table(struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "bug", "", REP_STR, "", 0, false }, { "fix", "fixed by", REP_STR, "", 0, false },
		{ "title", "title of the fix", REP_STR, "", 0, false }, { "versions", "kernels", REP_STR, "", 0, false },
	};

	return rep_table(r, "bugs", "Known bugs of KVM/arm64", cols, sizeof(cols) / sizeof(cols[0]));
}

/* Bugs that no configuration can have. */
static void beyond_table(struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "fix", "fixed by", REP_STR, "", 0, false }, { "title", "title of the fix", REP_STR, "", 0, false },
		{ "why", "why not", REP_STR, "", 0, false },
	};
	static const struct {
		const char *fix, *title, *why;
	} rows[] = {
#define BEYOND(fix, title, why) { fix, title, why },
#include "models/hyp/check/bugs_beyond.def"
	};
	struct rep_table *t = rep_table(r, "beyond", "Known bugs that cannot be expressed", cols, sizeof(cols) / sizeof(cols[0]));

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rep_str(t, rows[i].fix);
		rep_str(t, rows[i].title);
		rep_str(t, rows[i].why);
	}
}

static struct rep_table *found_table(struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "bug", "", REP_STR, "", 0, false },	{ "fix", "fixed by", REP_STR, "", 0, false },
		{ "violation", "", REP_STR, "", 0, false }, { "register", "register or flag", REP_STR, "", 0, false },
		{ "lint", "", REP_STR, "", 0, false },	{ "oracle", "", REP_STR, "", 0, false },
		{ "events", "explorer", REP_U64, "events", 0, false }, { "fixed", "fixed side", REP_STR, "", 0, false },
		{ "states", "states of it", REP_U64, "", 0, false },
	};

	return rep_table(r, "found", "Known bugs, and what finds them", cols, sizeof(cols) / sizeof(cols[0]));
}

static void found_row(const struct bug_check *b, struct rep_table *t)
{
	rep_str(t, b->config.path);
	rep_strf(t, "%.*s", HASH, b->config.bug.fix);
	rep_str(t, b->words);
	rep_str(t, b->config.bug.reg);
	rep_str(t, b->lint ? "yes" : "no");
	rep_str(t, b->oracle ? "yes" : "no");
	if (b->length != 0)
		rep_u64(t, b->length);
	else
		rep_none(t);
	rep_str(t, b->clean ? "clean" : "NOT CLEAN");
	rep_u64(t, b->fixed_states);
}

static bool is_good(const struct bug_check *b)
{
	return b->length != 0 && b->length <= BUG_STEPS && b->clean;
}

static int all(const struct bugs_args *o, struct rep *r, size_t *bad, struct err *e)
{
	struct rep_table *t = o->list ? list_table(r) : found_table(r);
	struct bug_names names;
	struct progress bar;
	size_t longest = 0; /* of those that were found */
	int rc = bug_names(&names, e);

	progress_begin(&bar, "bugs", names.n);
	for (size_t i = 0; i < names.n && rc == 0; i++) {
		struct bug_check b;

		rc = bug_load(&b, names.v[i], e);
		if (rc == 0 && !o->list)
			rc = bug_run(&b, e);
		if (rc == 0) {
			(o->list ? list_row : found_row)(&b, t);
			*bad += !o->list && !is_good(&b);
			longest = is_good(&b) && b.length > longest ? b.length : longest;
		}
		progress_at(&bar, i + 1);
		bug_free(&b);
	}
	progress_end(&bar);
	if (rc == 0 && o->list)
		beyond_table(r);
	if (rc == 0 && !o->list)
		(*bad != 0 ? rep_alarm : rep_verdict)(r, "%zu of %zu known bugs were found in at most %zu events, and are gone when fixed", names.n - *bad,
			    names.n, longest);
	bug_names_free(&names);
	return rc;
}

static void facts(const struct bug_check *b, struct rep *r)
{
	const struct bug_options *o = &b->config.bug;

	rep_fact(r, "bug", "", "%s", b->config.path);
	rep_fact(r, "title", "title of the fix", "%s", o->title);
	rep_fact(r, "fix", "fixed by", "%s", o->fix);
	if (o->fixes[0] != '\0')
		rep_fact(r, "fixes", "brought by", "%s", o->fixes);
	rep_fact(r, "versions", "kernels", "%s", o->versions);
	rep_fact(r, "what", "what goes wrong", "%s", o->what);
	rep_fact(r, "source", "", "%s", o->source);
	rep_fact(r, "sure", "how sure", "%s", o->sure);
	inject_report(b->config.inject, b->config.n_inject, r);
}

static void story(const struct bug_check *b, struct rep *r)
{
	struct story s = { .vcpus = (unsigned)b->config.bug.vcpus, .pcpus = (unsigned)b->config.bug.pcpus, .vms = 1 };
	struct xviolation v;
	struct xevent *ev;
	size_t n;

	explore_told(b->search, b->number, &v);
	ev = explore_path(b->search, b->number, &n);
	xworld_free(story_report(&s, b->prog, b->states, ev, n, &v, r));
	free(ev);
	rep_verdict(r, "after event %zu: %s", n, v.text);
}

static int one(const struct bugs_args *o, const char *name, struct rep *r, size_t *bad, struct err *e)
{
	struct bug_check b;
	int rc = bug_load(&b, name, e);

	if (rc == 0 && o->list)
		list_row(&b, list_table(r));
	else if (rc == 0)
		rc = bug_run(&b, e);
	if (rc == 0 && !o->list) {
		facts(&b, r);
		found_row(&b, found_table(r));
		if (b.length != 0)
			story(&b, r);
		*bad += !is_good(&b);
		(is_good(&b) ? rep_verdict : rep_alarm)(r, "%s: %s, and %s when fixed", name, b.length != 0 ? "found" : "NOT FOUND", b.clean ? "clean" : "NOT CLEAN");
	}
	bug_free(&b);
	return rc;
}

int cmd_bugs(int argc, char **argv, struct err *e)
{
	struct bugs_args o = { .list = false };
	struct args a;
	struct rep *r;
	size_t bad = 0;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	r = rep_new("bugs", "Known bugs of KVM/arm64");
	rc = a.pos.n != 0 ? one(&o, a.pos.v[0], r, &bad, e) : all(&o, r, &bad, e);
	if (rc == 0)
		rc = output_write(&o.out, r, e);
	if (rc == 0 && bad != 0)
		rc = err_set(e, ERR_ANSWER_NO, "%s", "");
	rep_free(r);
	args_free(&a);
	return rc;
}
