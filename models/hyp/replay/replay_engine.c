/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/replay/replay_engine.h"

#include <stdlib.h>
#include <string.h>

#include "models/hyp/replay/replay_impl.h"
#include "models/hyp/replay/sight.h"
#include "sim/kernel/list.h"

struct replay_engine {
	struct engine engine;
	const char *path;
	struct tr_reader *trace;
	struct replay_options opt;
	struct replay_state *state; /* NULL: not begun, or over */
	bool begun;
	const struct tr_event *next; /* the next events, so many; 0: there are no more */
	unsigned n_next;
	uint64_t now; /* ps */
	struct outcome out;
};

static struct replay_engine *self(const struct engine *g)
{
	return container_of((struct engine *)(uintptr_t)g, struct replay_engine, engine);
}

/* An error of the replay names the trace. */
static int at_trace(const struct replay_engine *x, struct err *e)
{
	return e->code == ERR_INPUT && strncmp(e->text, x->path, strlen(x->path)) != 0 ? err_at(e, x->path, 0) : -1;
}

static int read_next(struct replay_engine *x, struct err *e)
{
	int rc = tr_some(x->trace, &x->next, &x->n_next, e);

	if (rc != 1)
		x->n_next = 0;
	return rc < 0 ? -1 : 0;
}

/* Begin, and be before the first event again: the replay may have read the trace. */
static int begin(struct replay_engine *x, struct err *e)
{
	if (x->begun)
		return 0;
	x->begun = true;
	tr_seek(x->trace, 0);
	x->state = replay_begin(x->out.prog, x->trace, &x->opt, e);
	if (x->state == NULL)
		return -1;
	replay_look(x->trace, UINT64_MAX);
	return read_next(x, e);
}

static uint64_t now(const struct engine *g)
{
	return self(g)->now;
}

static uint64_t end(const struct engine *g)
{
	const struct tr_info *t = tr_info(self(g)->trace);
	uint64_t ns = t->last_ns - t->first_ns;

	return ns < ENGINE_NEVER / 1000 ? ns * 1000 : ENGINE_NEVER - 1;
}

static uint64_t next(const struct engine *g)
{
	const struct replay_engine *x = self(g);
	uint64_t ns, last = end(g);

	if (!x->begun)
		return 0;
	if (x->n_next == 0)
		return ENGINE_NEVER;
	ns = x->next->ts_ns - tr_info(x->trace)->first_ns;
	return ns < last / 1000 ? ns * 1000 : last;
}

/* How many of the next events come up to a time. */
static unsigned up_to(const struct replay_engine *x, uint64_t ns)
{
	unsigned n = x->n_next;

	while (n != 0 && x->next[n - 1].ts_ns > ns)
		n--;
	return n;
}

static int run_until(struct engine *g, uint64_t ps, struct err *e)
{
	struct replay_engine *x = self(g);
	/* to the last event, also where the file's own summary is wrong about its time */
	const uint64_t ns = ps == end(g) ? UINT64_MAX : tr_info(x->trace)->first_ns + ps / 1000;
	int rc = begin(x, e) == 0 ? 1 : -1;
	unsigned n;

	x->now = ps;
	while (rc == 1 && (n = up_to(x, ns)) != 0) {
		rc = replay_events(x->state, x->next, n, e);
		x->next += n;
		x->n_next -= n;
		if (rc != 1)
			x->n_next = 0; /* the window is over, or an error */
		else if (x->n_next == 0 && read_next(x, e) != 0)
			rc = -1;
	}
	return rc < 0 ? at_trace(x, e) : 0;
}

static int finish(struct engine *g, bool good, struct err *e)
{
	struct replay_engine *x = self(g);
	struct replay_state *s;

	if (good && begin(x, e) != 0)
		return at_trace(x, e);
	s = x->state;
	x->state = NULL;
	if (s == NULL)
		return -1;
	if (replay_end(s, good ? 0 : -1, e) == NULL)
		return at_trace(x, e);
	return outcome_check(&x->out, e);
}

static void release(struct engine *g)
{
	struct replay_engine *x = self(g);
	struct err e;

	if (x->state != NULL)
		(void)replay_end(x->state, -1, &e);
	outcome_free(&x->out);
	if (x->trace != NULL)
		tr_close(x->trace);
	free(x);
}

struct engine *replay_engine(const struct ws_prog *p, const char *path, const struct replay_options *opt, struct err *e)
{
	static const struct engine_ops ops = { now, next, end, run_until, finish, release };
	struct replay_engine *x = xcalloc(1, sizeof(*x));

	outcome_init(&x->out, p);
	x->engine = (struct engine){ &ops, &x->out };
	x->path = path;
	x->opt = *opt;
	x->opt.out = &x->out;
	x->trace = tr_open(path, e);
	if (x->trace != NULL && sight_check(tr_info(x->trace), e) == 0 && (!opt->by_event || begin(x, e) == 0))
		return &x->engine;
	(void)at_trace(x, e);
	release(&x->engine);
	return NULL;
}

/* Do two ask the same of the same trace? */
static bool same_question(const struct replay_engine *a, const struct replay_engine *b)
{
	return strcmp(a->path, b->path) == 0 && a->opt.sgi == b->opt.sgi && strcmp(a->opt.from, b->opt.from) == 0 &&
	       strcmp(a->opt.to, b->opt.to) == 0;
}

static bool joins(const struct replay_engine *x)
{
	return !x->begun && replay_joins(x->out.prog, tr_info(x->trace), &x->opt);
}

/* What the first one's replay counted for the others is whole: the engines are over. */
static int end_group(struct engine *const *g, const size_t *member, size_t n, struct err *e)
{
	for (size_t i = 1; i < n; i++) {
		struct replay_engine *x = self(g[member[i]]);

		x->begun = true;
		x->n_next = 0;
		x->now = end(g[member[i]]);
		if (outcome_check(&x->out, e) != 0)
			return -1;
	}
	return 0;
}

/* Run the engines of a group, places in g; all of them join if there are several. */
static int run_group(struct engine *const *g, const size_t *member, size_t n, struct err *e)
{
	struct replay_engine *first = self(g[member[0]]);
	struct replay_column *more = xcalloc(n, sizeof(*more));
	int rc;

	for (size_t i = 1; i < n; i++) {
		struct replay_engine *x = self(g[member[i]]);

		more[i - 1] = (struct replay_column){ x->out.prog, x->opt.fp, &x->out };
		if (x->opt.bounds != NULL)
			*x->opt.bounds = NULL;
	}
	first->opt.more = more;
	first->opt.n_more = n - 1;
	rc = engine_run(g[member[0]], e);
	first->opt.n_more = 0;
	free(more);
	return rc == 0 ? end_group(g, member, n, e) : -1;
}

/* A group of engines, and how it went. */
struct group {
	size_t *member, n;
	int rc;
	struct err e;
};

struct groups {
	struct engine *const *g;
	struct group *group;
	size_t n;
};

static void find_groups(struct groups *s, size_t n)
{
	s->group = xcalloc(n, sizeof(*s->group));
	for (size_t i = 0; i < n; i++) {
		const struct replay_engine *x = self(s->g[i]);
		size_t k = joins(x) ? 0 : s->n;

		while (k < s->n && (!joins(self(s->g[s->group[k].member[0]])) || !same_question(x, self(s->g[s->group[k].member[0]]))))
			k++;
		if (k == s->n) {
			s->group[k].member = xcalloc(n, sizeof(*s->group[k].member));
			s->n++;
		}
		s->group[k].member[s->group[k].n++] = i;
	}
}

static void run_piece(void *ctx, size_t i, unsigned thread)
{
	struct groups *s = ctx;
	struct group *x = &s->group[i];

	(void)thread;
	x->rc = run_group(s->g, x->member, x->n, &x->e);
}

void replay_engines_run(struct engine *const *g, size_t n, struct pool *pool, int *rc, struct err *e)
{
	struct groups s = { .g = g };

	find_groups(&s, n);
	pool_run(pool, s.n, run_piece, &s);
	for (size_t i = 0; i < s.n; i++) {
		for (size_t k = 0; k < s.group[i].n; k++) {
			rc[s.group[i].member[k]] = s.group[i].rc;
			if (s.group[i].rc != 0)
				e[s.group[i].member[k]] = s.group[i].e;
		}
		free(s.group[i].member);
	}
	free(s.group);
}

const struct tr_info *replay_engine_info(const struct engine *g)
{
	return tr_info(self(g)->trace);
}
