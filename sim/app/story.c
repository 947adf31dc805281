/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/story.h"

#include <stdlib.h>
#include <string.h>

#include "sim/app/effective.h"
#include "sim/report/explore_report.h"
#include "sim/report/oracle_report.h"

/* The story's words, then the command line's. */
static struct arg_list both(char *const *of_story, size_t n, const struct arg_list *more)
{
	struct arg_list l = { xcalloc(n + more->n + 1, sizeof(*l.v)), n + more->n };

	for (size_t i = 0; i < n; i++)
		l.v[i] = of_story[i];
	for (size_t i = 0; i < more->n; i++)
		l.v[n + i] = more->v[i];
	return l;
}

/* The first violation of the story, wherever it is: *at gets the event. */
static bool find(const struct story *s, const struct ws_prog *p, const struct xevent *ev, size_t *at, struct xviolation *v)
{
	struct xworld *w = xworld_new(p, s->vcpus, s->pcpus, s->vms, XS_ALL);
	const struct xviolation *found = NULL, *said;
	size_t n = 0;

	for (*at = 0; *at < s->n && n == 0; ++*at) {
		xworld_do(w, ev[*at]);
		found = xworld_violations(w, &n);
	}
	if (n != 0) {
		said = story_found(s, found, n);
		*v = said != NULL ? *said : found[0];
		v->length = (unsigned)*at;
	}
	xworld_free(w);
	return n != 0;
}

static void answer(const struct story *s, const struct xviolation *v, bool found, size_t at, struct rep *r)
{
	bool said = found && strcmp(xviolation_rule(v), s->rule) == 0 && strcmp(v->what, s->what) == 0;

	if (found)
		rep_alarm(r, "violation after %zu event%s: %s", at, at == 1 ? "" : "s", v->text);
	else
		rep_verdict(r, "no violation in %zu event%s", s->n, s->n == 1 ? "" : "s");
	if (s->rule[0] != '\0' && !said)
		rep_note(r, "The story says that it finds %s of %s; under this configuration it does not.", s->rule, s->what);
	if (found && at < s->n)
		rep_note(r, "The story goes on after the violation: its last %zu event%s are not told.", s->n - at,
			 s->n - at == 1 ? "" : "s");
}

static int replay(const struct story *s, const struct config *c, const struct ws_prog *p, const struct output_args *out,
		  struct err *e)
{
	struct xevent *ev = story_events(s, p, e);
	struct xviolation v;
	struct rep *r;
	size_t at;
	bool found;
	int rc;

	if (ev == NULL)
		return -1;
	found = find(s, p, ev, &at, &v);
	r = rep_new("story", "A story, event by event");
	rep_fact(r, "config", "configuration", "%s", c->path);
	rep_fact(r, "story", "", "%s", s->path);
	inject_report(c->inject, c->n_inject, r);
	unsound_report(p, "", r);
	if (strcmp(s->config, c->path) != 0)
		rep_note(r, "The story was found under %s.", s->config);
	xworld_free(story_report(s, p, XS_ALL, ev, at, found ? &v : NULL, r));
	answer(s, &v, found, at, r);
	effective_tables(&(struct effective){ c, "" }, 1, r);
	rc = output_write(out, r, e);
	rep_free(r);
	free(ev);
	return rc == 0 && found ? err_set(e, ERR_ANSWER_NO, "%s", "") : rc;
}

int story_run(const char *file, const char *config, const struct arg_list *overrides, const struct arg_list *inject,
	      const struct output_args *out, struct err *e)
{
	struct arg_list set, broken;
	struct ws_prog *p = NULL;
	struct config c;
	struct story s;
	int rc = story_read(file, &s, e);

	if (rc != 0) {
		story_free(&s);
		return rc;
	}
	set = both(s.set, s.n_set, overrides);
	broken = both(s.inject, s.n_inject, inject);
	rc = config_load_one(&c, config, &set, e);
	if (rc == 0)
		rc = config_inject(&c, &broken, e);
	if (rc == 0 && (p = config_compile(&c, true, e)) == NULL)
		rc = -1;
	if (rc == 0)
		rc = replay(&s, &c, p, out, e);
	ws_free(p);
	config_free(&c);
	free(set.v);
	free(broken.v);
	story_free(&s);
	return rc;
}
