/* SPDX-License-Identifier: Apache-2.0 */
/* The replay of a trace file as an engine: time goes from the trace's first event to its last one. */
#ifndef EL2SIM_HYP_REPLAY_ENGINE_H
#define EL2SIM_HYP_REPLAY_ENGINE_H

#include "models/hyp/replay/replay.h"
#include "models/hyp/ws/engine.h"
#include "sim/base/pool.h"

/*
 * Open a trace, to before its first event. opt: as for replay_begin, copied. p and path must last. NULL with ERR_INPUT,
 * naming the file. engine_free.
 */
struct engine *replay_engine(const struct ws_prog *p, const char *path, const struct replay_options *opt, struct err *e);
/*
 * engine_run of n replays that are before their first event: rc[i] and e[i] of each. Those that ask the same of one trace, and
 * may (replay_joins), share one pass over it. pool: for the others, beside each other; NULL: one after the other.
 */
void replay_engines_run(struct engine *const *g, size_t n, struct pool *pool, int *rc, struct err *e);
/* What the file says of itself. */
const struct tr_info *replay_engine_info(const struct engine *g);

#endif
