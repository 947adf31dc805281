/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/host/sched.h"

#include "sim/base/err.h"

const char *const sched_names[SCHED_COUNT + 2] = {
#define SCHED(id, name, help) name,
#include "models/hyp/host/sched.def"
	"recorded", NULL};

static const struct sched_ops *const rows[SCHED_COUNT] = {
#define SCHED(id, name, help) &sched_##id##_ops,
#include "models/hyp/host/sched.def"
};

struct sched *sched_new(enum sched_id id, unsigned cpus, uint64_t slice)
{
	struct sched *s = xcalloc(1, sizeof(*s));

	BUG_ON(id >= SCHED_COUNT || cpus == 0 || slice == 0);
	s->ops = rows[id];
	s->cpus = cpus;
	s->slice = slice;
	s->queue = xcalloc(cpus, sizeof(*s->queue));
	for (unsigned c = 0; c < cpus; c++)
		list_init(&s->queue[c].threads);
	return s;
}

void sched_free(struct sched *s)
{
	if (s == NULL)
		return;
	free(s->queue);
	free(s);
}
