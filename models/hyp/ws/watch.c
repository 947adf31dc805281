/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/ws/watch.h"

/* A function that gives the names of a list of rows. */
#define NAME_OF(fn, arg, list, count, row)                                                         \
	const char *fn(enum arg i)                                                                 \
	{                                                                                          \
		static const char *const text[count] = {list(row)};                                \
                                                                                                   \
		return text[i];                                                                    \
	}

#define NAME2(id, name)       name,

NAME_OF(smp_mode_name, smp_mode, SMP_MODES, SMP_MODE_COUNT, NAME2)
NAME_OF(smp_state_name, smp_state, SMP_STATES, SMP_STATE_COUNT, NAME2)
NAME_OF(smp_source_name, smp_source, SMP_SOURCES, SRC_COUNT, NAME2)
NAME_OF(smp_irq_step_name, smp_irq_step, SMP_IRQ_STEPS, SMP_IRQ_STEP_COUNT, NAME2)

void watch_add(struct watch_list *l, struct watch *w)
{
	struct watch **end = &l->first;

	for (; *end != NULL; end = &(*end)->next) {
		if (*end == w)
			return;
	}
	w->next = NULL;
	*end = w;
}
