/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/pairs.h"

#include <stdlib.h>

#include "sim/base/err.h"

struct pairs_task {
	int32_t pid;
	uint8_t last; /* type + 1 of the last of the two events, 0 = free slot */
};

static struct pairs_task *find(const struct pairs *p, int32_t pid)
{
	size_t i = (uint32_t)pid * 2654435761u & (p->slots - 1);

	while (p->task[i].last != 0 && p->task[i].pid != pid)
		i = (i + 1) & (p->slots - 1);
	return &p->task[i];
}

static void grow(struct pairs *p)
{
	struct pairs old = *p;

	p->slots = old.slots != 0 ? 2 * old.slots : 64;
	p->task = xcalloc(p->slots, sizeof(*p->task));
	for (size_t i = 0; i < old.slots; i++) {
		if (old.task[i].last != 0)
			*find(p, old.task[i].pid) = old.task[i];
	}
	free(old.task);
}

void pairs_see(struct pairs *p, const struct tr_event *ev)
{
	struct pairs_task *task;

	if (ev->type != TR_kvm_entry && ev->type != TR_kvm_exit)
		return;
	if (2 * p->used >= p->slots)
		grow(p);
	task = find(p, ev->pid);
	p->used += task->last == 0;
	p->gaps += task->last == ev->type + 1;
	*task = (struct pairs_task){ ev->pid, (uint8_t)(ev->type + 1) };
}

void pairs_free(struct pairs *p)
{
	free(p->task);
	*p = (struct pairs){ 0 };
}
