// SPDX-License-Identifier: Apache-2.0
/* What decides each op: the conditions of the executions that had it, and of those that had it not. */
#include "models/switchcode/scene_conds.h"

static bool holds(uint32_t on, uint32_t off, uint32_t state)
{
	return (on & ~state) == 0 && (off & state) == 0;
}

/*
 * The fewest conditions that hold in all executions of `want` and in none of those that are left out. False: no conjunction does.
 */
static bool conjunction(const struct swc_model *m, enum swc_phase phase, uint64_t want, uint64_t avoid, uint32_t *on, uint32_t *off)
{
	uint32_t all = (UINT32_C(1) << SWC_CONDS) - 1;

	*on = *off = all;
	for (size_t r = 0; r < m->n_runs[phase]; r++)
		if (want >> r & 1) {
			*on &= m->run[phase][r].state;
			*off &= ~m->run[phase][r].state;
		}
	for (size_t r = 0; r < m->n_runs[phase]; r++)
		if ((avoid >> r & 1) && holds(*on, *off, m->run[phase][r].state))
			return false;
	/* Leave out what is not needed: conditions that must not hold first. */
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned c = 0; c < SWC_CONDS; c++) {
			uint32_t bit = UINT32_C(1) << c, x = *on & ~(pass == 1 ? bit : 0), y = *off & ~(pass == 0 ? bit : 0);
			bool needed = false;

			for (size_t r = 0; r < m->n_runs[phase]; r++)
				needed |= (avoid >> r & 1) && holds(x, y, m->run[phase][r].state);
			if (!needed) {
				*on = x;
				*off = y;
			}
		}
	return true;
}

/* Gives each op its conditions; one whose conditions are no conjunction becomes several rows that exclude each other. */
void scene_conditions(struct swc_model *m, enum swc_phase phase)
{
	uint64_t every = m->n_runs[phase] == 64 ? UINT64_MAX : (UINT64_C(1) << m->n_runs[phase]) - 1;
	struct swc_op *out = xcalloc(m->n[phase] * SWC_RUNS_MAX + 1, sizeof(*out));
	size_t n = 0;

	for (size_t i = 0; i < m->n[phase]; i++) {
		uint64_t left = m->ops[phase][i].seen, absent = every & ~left;
		bool first = true;

		while (left != 0) {
			uint64_t take = left, now = 0;
			struct swc_op *o = &out[n];

			*o = m->ops[phase][i];
			while (!conjunction(m, phase, take, absent, &o->on, &o->off)) { /* all at once, or what still goes together */
				uint64_t some = 0;

				for (size_t r = 0; r < m->n_runs[phase]; r++)
					if ((take >> r & 1) && conjunction(m, phase, some | UINT64_C(1) << r, absent, &o->on, &o->off))
						some |= UINT64_C(1) << r;
				if (some == 0 || some == take)
					break;
				take = some;
			}
			if (!conjunction(m, phase, take, absent, &o->on, &o->off)) { /* of two executions alike, one has it */
				o->hidden = true;
				m->hidden++;
			}
			for (size_t r = 0; r < m->n_runs[phase]; r++)
				if (holds(o->on, o->off, m->run[phase][r].state))
					now |= UINT64_C(1) << r;
			absent |= now; /* another row does not repeat it */
			left &= ~now;
			n++;
			m->split += !first;
			first = false;
			if (now == 0)
				break;
		}
	}
	free(m->ops[phase]);
	m->ops[phase] = out;
	m->n[phase] = n;
}
