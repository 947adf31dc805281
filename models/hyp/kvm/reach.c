/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/kvm/reach.h"

#include <string.h>

/* ---- reach.def ---- */

/* In a row, state NONE: always. */
#define CND_NONE CND_COUNT
#define STATE_BIT(id)                                                                              \
	(CND_##id == CND_COUNT ? 0 : UINT64_C(1) << ((CND_##id - CND_FIRST_STATE) & 63))

static const struct ws_trap trap_rows[] = {
#define TRAP(control, state, enough, why) { control, STATE_BIT(state), enough, why },
#include "models/hyp/kvm/reach.def"
};

static const struct {
	enum sysreg first, last;
	uint64_t state;
} reach_rows[] = {
#define REACH(first, last, state, why) { SR_##first, SR_##last, CND(state) },
#include "models/hyp/kvm/reach.def"
};

enum sysreg ws_same(enum sysreg reg)
{
	switch (reg) {
#define SAME(view, reg, why)                                                                       \
	case SR_##view:                                                                            \
		return SR_##reg;
#include "models/hyp/kvm/reach.def"
	default:
		return reg;
	}
}

bool ws_group_fixed(enum sr_group group)
{
	switch (group) {
#define FIXED(group_, why) case GRP_##group_:
#include "models/hyp/kvm/reach.def"
		return true;
	default:
		return false;
	}
}

const struct ws_trap *ws_trap_of(enum sysreg reg)
{
	for (size_t i = 0; i < sizeof(trap_rows) / sizeof(trap_rows[0]); i++) {
		if (strcmp(trap_rows[i].control, sysreg_row(reg)->trap) == 0)
			return &trap_rows[i];
	}
	return NULL;
}

const char *ws_effect_of(enum sysreg reg)
{
	const struct ws_trap *t = ws_trap_of(reg);

	switch (reg) {
#define EFFECT(reg_, why)                                                                          \
	case SR_##reg_:                                                                            \
		return why;
#include "models/hyp/kvm/reach.def"
	default:
		return t != NULL && !t->enough ? t->why : NULL;
	}
}

static uint64_t reach_of(enum sysreg reg)
{
	const struct ws_trap *t = ws_trap_of(reg);

	for (size_t i = 0; i < sizeof(reach_rows) / sizeof(reach_rows[0]); i++) {
		if (reg >= reach_rows[i].first && reg <= reach_rows[i].last)
			return reach_rows[i].state;
	}
	return t != NULL ? t->state : 0;
}

struct ws_subject ws_subject_of(enum ws_subject_kind kind, enum sysreg reg)
{
	const struct sysreg_row *row;

	if (kind == SUBJECT_X)
		return (struct ws_subject){ kind,        SR_NONE,   "X0-X30", GRP_gp,
					    HOST_ALWAYS, MOVE_BOTH, 0 };
	if (kind == SUBJECT_V)
		return (struct ws_subject){ kind,      SR_NONE,   "V0-V31",     GRP_fpsimd,
					    HOST_USER, MOVE_BOTH, CND(FP_OWNED) };
	row = sysreg_row(reg);
	return (struct ws_subject){ kind,      reg,       row->name,    row->group,
				    row->host, row->move, reach_of(reg) };
}

/* ---- accessors.def ---- */

static const struct {
	enum sysreg reg;
	int since, until;
} accessors[] = {
#define ACCESSOR(reg, since, until) { SR_##reg, since, until },
#include "models/hyp/kvm/accessors.def"
};

bool ws_accessor_listed(enum sysreg reg)
{
	for (size_t i = 0; i < sizeof(accessors) / sizeof(accessors[0]); i++) {
		if (accessors[i].reg == reg)
			return true;
	}
	return false;
}

bool ws_accessor_reaches(const struct ws_model *m, enum sysreg reg)
{
	for (size_t i = 0; i < sizeof(accessors) / sizeof(accessors[0]); i++) {
		if (accessors[i].reg == reg)
			return m->mode == MODE_VHE && ws_model_in(m, accessors[i].since, accessors[i].until);
	}
	return false;
}
