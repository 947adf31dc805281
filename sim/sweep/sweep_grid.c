/* SPDX-License-Identifier: Apache-2.0 */
/* Axes of a plan by name, and where a point stands on each. */
#include <string.h>

#include "sim/sweep/sweep.h"

const struct sweep_axis *sweep_axis_named(const struct sweep_plan *p, const char *name, struct err *e)
{
	const char *names[SWEEP_AXES_MAX];

	for (size_t i = 0; i < p->n_axis; i++) {
		if (strcmp(p->axis[i].s.name, name) == 0 || strcmp(p->axis[i].key, name) == 0)
			return &p->axis[i];
		names[i] = p->axis[i].s.name;
	}
	(void)err_unknown(e, ERR_CONFIG, name, names, p->n_axis, "want one of the keys of [sweep]", "\"%.60s\" is no axis", name);
	return NULL;
}

void sweep_turn(const struct sweep_plan *p, uint64_t setting, uint32_t *ordinal)
{
	uint32_t wheel[SWEEP_AXES_MAX];

	for (size_t w = p->n_wheel; w-- > 0;) {
		wheel[w] = (uint32_t)(setting % p->wheel_size[w]);
		setting /= p->wheel_size[w];
	}
	for (size_t i = 0; i < p->n_axis; i++)
		ordinal[i] = wheel[p->axis[i].wheel];
}

void sweep_ordinals(const struct sweep_plan *p, size_t i, uint32_t *ordinal)
{
	sweep_turn(p, p->point[i], ordinal);
}
