/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine runs a program of the world switch to an outcome: the replay of a trace (models/hyp/replay), a host in
 * simulated time, a trace that is played in simulated time (models/hyp/host). Who runs one does not ask which.
 *
 * Time is picoseconds from the beginning of the run.
 */
#ifndef EL2SIM_HYP_ENGINE_H
#define EL2SIM_HYP_ENGINE_H

#include "models/hyp/ws/outcome.h"
#include "sim/base/progress.h"

#define ENGINE_NEVER UINT64_MAX

struct engine;

struct engine_ops {
	uint64_t (*now)(const struct engine *g);
	/* When something happens next; ENGINE_NEVER: no more. */
	uint64_t (*next)(const struct engine *g);
	/* The end of the run. */
	uint64_t (*end)(const struct engine *g);
	/* Everything up to and including a time, at most the end. ERR_INPUT, ERR_MODEL. */
	int (*run_until)(struct engine *g, uint64_t ps, struct err *e);
	/* The run is over now: what is under way is cut off, the outcome is whole. good: false after a failure. */
	int (*finish)(struct engine *g, bool good, struct err *e);
	void (*free)(struct engine *g);
};

struct engine {
	const struct engine_ops *ops;
	struct outcome *out; /* filled while it runs */
};

/* To the end. */
static inline int engine_run(struct engine *g, struct err *e)
{
	bool good = g->ops->run_until(g, g->ops->end(g), e) == 0;

	return g->ops->finish(g, good, e) == 0 && good ? 0 : -1;
}

#define ENGINE_STEPS 100

/* The same, step by step: in all ENGINE_STEPS are added to bar (NULL: nobody looks on). */
static inline int engine_run_shown(struct engine *g, struct progress *bar, struct err *e)
{
	const uint64_t from = g->ops->now(g), end = g->ops->end(g), step = end > from ? (end - from) / ENGINE_STEPS : 0;
	bool good = true;

	for (uint64_t i = 1; good && i <= ENGINE_STEPS; i++) {
		good = g->ops->run_until(g, i == ENGINE_STEPS ? end : from + i * step, e) == 0;
		progress_add(bar, 1);
	}
	return g->ops->finish(g, good, e) == 0 && good ? 0 : -1;
}

static inline void engine_free(struct engine *g)
{
	if (g != NULL)
		g->ops->free(g);
}

#endif
