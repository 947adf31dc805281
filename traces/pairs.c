/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/pairs.h"

#include <stdlib.h>

#include "sim/base/err.h"

struct pairs_task {
	int32_t pid;
	uint8_t last; /* type + 1 of the last of the two events, 0 = free slot */
	uint16_t cpu; /* of that */
	uint64_t changes; /* of that CPU then */
};

/* The task on a CPU, by the last record of it, and how often it was another than before. */
struct pairs_cpu {
	int32_t pid;
	uint64_t changes;
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
	struct pairs_cpu *cpu;

	if (ev->type == TR_hyp_enter || ev->type == TR_hyp_exit) /* EL2 knows no task */
		return;
	if (p->cpu == NULL)
		p->cpu = xcalloc(TR_CPU_MAX, sizeof(*p->cpu));
	cpu = &p->cpu[ev->cpu];
	cpu->changes += cpu->pid != ev->pid;
	cpu->pid = ev->pid;
	if (ev->type != TR_kvm_entry && ev->type != TR_kvm_exit)
		return;
	if (2 * p->used >= p->slots)
		grow(p);
	task = find(p, ev->pid);
	p->used += task->last == 0;
	p->gaps += task->last == ev->type + 1;
	p->mixed += ev->type == TR_kvm_exit && task->last == TR_kvm_entry + 1 && task->cpu == ev->cpu &&
		    task->changes != cpu->changes;
	*task = (struct pairs_task){ ev->pid, (uint8_t)(ev->type + 1), ev->cpu, cpu->changes };
}

void pairs_free(struct pairs *p)
{
	free(p->task);
	free(p->cpu);
	*p = (struct pairs){ 0 };
}
