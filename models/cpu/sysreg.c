/* SPDX-License-Identifier: Apache-2.0 */
#include "models/cpu/sysreg.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sim/base/err.h"

static const struct sysreg_row rows[SR_COUNT] = {
#define SYSREG(n, o0, o1, cn, cm, o2, form_, twin_, group_, host_, move_, cost_, needs_, trap_)            \
	[SR_##n] = { #n, o0, o1, cn, cm, o2, FORM_##form_, SR_##twin_, GRP_##group_, HOST_##host_,        \
		     MOVE_##move_, COST_##cost_, FEAT_##needs_, trap_ },
#include "models/cpu/sysregs.def"
};

static const char *const group_names[GRP_COUNT] = {
#define GROUP(id, help) [GRP_##id] = #id,
#include "models/cpu/groups.def"
};

static const char *const group_helps[GRP_COUNT] = {
#define GROUP(id, help) [GRP_##id] = help,
#include "models/cpu/groups.def"
};

static const char *const feat_keys[FEAT_COUNT] = {
#define FEAT(id, key, help) [FEAT_##id] = key,
#include "models/cpu/feats.def"
};

static const char *const feat_helps[FEAT_COUNT] = {
#define FEAT(id, key, help) [FEAT_##id] = help,
#include "models/cpu/feats.def"
};

static const char *const cost_names[COST_COUNT] = {
#define COST(class, mrs, msr, why) [COST_##class] = #class,
#include "models/cpu/costs.def"
};

static const char *const op_cost_names[OPCOST_COUNT] = {
#define OPCOST(key, cycles, why) [OPCOST_##key] = #key,
#include "models/cpu/costs.def"
};

/* A duplicate encoding does not compile: the labels of this switch would collide. */
#define ENC(o0, o1, cn, cm, o2) ((o0) << 14 | (o1) << 11 | (cn) << 7 | (cm) << 3 | (o2))

enum sysreg sysreg_by_encoding(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
	if (op0 > 3 || op1 > 7 || crn > 15 || crm > 15 || op2 > 7)
		return SR_NONE;
	switch (ENC(op0, op1, crn, crm, op2)) {
#define SYSREG(n, o0, o1, cn, cm, o2, ...)                                                          \
	case ENC(o0, o1, cn, cm, o2):                                                               \
		return SR_##n;
#include "models/cpu/sysregs.def"
	default:
		return SR_NONE;
	}
}

const struct sysreg_row *sysreg_row(enum sysreg reg)
{
	BUG_ON(reg <= SR_NONE || reg >= SR_COUNT);
	return &rows[reg];
}

const char *sysreg_name(enum sysreg reg)
{
	return sysreg_row(reg)->name;
}

const char *sysreg_vhe_name(enum sysreg reg, char buf[static 24])
{
	const struct sysreg_row *r = sysreg_row(reg);
	size_t stem = strlen(r->name) - 3; /* without EL1 or EL0 */

	if (r->form == FORM_PLAIN)
		return r->name;
	(void)snprintf(buf, 24, "%.*s%s", (int)stem, r->name, r->form == FORM_E12 ? "EL12" : "EL02");
	return buf;
}

/* "S3_3_C4_C2_2": op0, op1, CRn, CRm, op2, by which the Arm ARM names any register. */
static enum sysreg by_generic_name(const char *name)
{
	unsigned op0, op1, crn, crm, op2;
	int end = 0;

	if (sscanf(name, "%*1[Ss]%1u_%1u_%*1[Cc]%2u_%*1[Cc]%2u_%1u%n", &op0, &op1, &crn, &crm, &op2, &end) != 5 || name[end] != '\0')
		return SR_NONE;
	return sysreg_by_encoding(op0, op1, crn, crm, op2);
}

enum sysreg sysreg_by_name(const char *name)
{
	char buf[24];

	for (enum sysreg reg = SR_NONE + 1; reg < SR_COUNT; reg++) {
		if (strcasecmp(name, rows[reg].name) == 0 ||
		    strcasecmp(name, sysreg_vhe_name(reg, buf)) == 0)
			return reg;
	}
	return by_generic_name(name);
}

enum sysreg sysreg_e2h(enum sysreg reg)
{
	enum sysreg twin = (enum sysreg)sysreg_row(reg)->twin;

	return twin != SR_NONE ? twin : reg;
}

const char *group_name(enum sr_group group)
{
	BUG_ON(group >= GRP_COUNT);
	return group_names[group];
}

const char *group_help(enum sr_group group)
{
	BUG_ON(group >= GRP_COUNT);
	return group_helps[group];
}

bool group_by_name(const char *name, enum sr_group *group)
{
	for (unsigned g = 0; g < GRP_COUNT; g++) {
		if (strcmp(name, group_names[g]) == 0) {
			*group = (enum sr_group)g;
			return true;
		}
	}
	return false;
}

const char *feat_key(enum feat feat)
{
	BUG_ON(feat >= FEAT_COUNT);
	return feat_keys[feat];
}

const char *feat_help(enum feat feat)
{
	BUG_ON(feat >= FEAT_COUNT);
	return feat_helps[feat];
}

const char *cost_class_name(enum cost_class class)
{
	BUG_ON(class >= COST_COUNT);
	return cost_names[class];
}

const char *op_cost_name(enum op_cost op)
{
	BUG_ON(op >= OPCOST_COUNT);
	return op_cost_names[op];
}
