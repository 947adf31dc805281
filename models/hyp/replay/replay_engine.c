/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/replay/replay_engine.h"

#include <stdlib.h>
#include <string.h>

#include "models/hyp/replay/sight.h"
#include "sim/kernel/list.h"

struct replay_engine {
	struct engine engine;
	const char *path;
	struct tr_reader *trace;
	struct replay_options opt;
	struct replay_state *state; /* NULL: over */
	struct tr_event next;
	bool have_next;
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
	int rc = tr_next(x->trace, &x->next, e);

	x->have_next = rc == 1;
	return rc < 0 ? -1 : 0;
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
	uint64_t ns = x->next.ts_ns - tr_info(x->trace)->first_ns, last = end(g);

	if (!x->have_next)
		return ENGINE_NEVER;
	return ns < last / 1000 ? ns * 1000 : last;
}

static int run_until(struct engine *g, uint64_t ps, struct err *e)
{
	struct replay_engine *x = self(g);
	/* to the last event, also where the file's own summary is wrong about its time */
	const uint64_t ns = ps == end(g) ? UINT64_MAX : tr_info(x->trace)->first_ns + ps / 1000;
	int rc = 1;

	x->now = ps;
	while (rc == 1 && x->have_next && x->next.ts_ns <= ns) {
		rc = replay_event(x->state, &x->next, e);
		if (rc != 1)
			x->have_next = false; /* the window is over, or an error */
		else if (read_next(x, e) != 0)
			rc = -1;
	}
	return rc < 0 ? at_trace(x, e) : 0;
}

static int finish(struct engine *g, bool good, struct err *e)
{
	struct replay_engine *x = self(g);
	struct replay_state *s = x->state;

	x->state = NULL;
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
	if (x->trace != NULL && sight_check(tr_info(x->trace), e) == 0)
		x->state = replay_begin(p, x->trace, &x->opt, e);
	if (x->state != NULL && read_next(x, e) == 0)
		return &x->engine;
	(void)at_trace(x, e);
	release(&x->engine);
	return NULL;
}

const struct tr_info *replay_engine_info(const struct engine *g)
{
	return tr_info(self(g)->trace);
}
