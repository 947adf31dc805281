/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/kvm/step.h"

#include <stdio.h>
#include <string.h>

#include "models/hyp/kvm/guards.h"
#include "sim/base/err.h"

/* Names of the columns as the .def files write them. */
#define OPERAND_REG(x)  SR_##x
#define OPERAND_GRP(x)  GRP_##x
#define OPERAND_NUM(x)  x
#define OPERAND_COMP(x) COMP_##x

/* Operand kind of each opcode, for the expansion of STEP (a test compares it with ops.def). */
#define KIND_MRS(x)          OPERAND_REG(x)
#define KIND_MSR(x)          OPERAND_REG(x)
#define KIND_MRS_LRS(x)      OPERAND_REG(x)
#define KIND_MSR_LRS(x)      OPERAND_REG(x)
#define KIND_MRS_BPS(x)      OPERAND_REG(x)
#define KIND_MSR_BPS(x)      OPERAND_REG(x)
#define KIND_MRS_WPS(x)      OPERAND_REG(x)
#define KIND_MSR_WPS(x)      OPERAND_REG(x)
#define KIND_MRS_APRS(x)     OPERAND_REG(x)
#define KIND_MSR_APRS(x)     OPERAND_REG(x)
#define KIND_ACC_READ(x)     OPERAND_REG(x)
#define KIND_ACC_WRITE(x)    OPERAND_REG(x)
#define KIND_ISB(x)          OPERAND_GRP(x)
#define KIND_DSB_SY(x)       OPERAND_GRP(x)
#define KIND_DSB_NSH(x)      OPERAND_GRP(x)
#define KIND_DSB_NSHST(x)    OPERAND_GRP(x)
#define KIND_DSB_ISH(x)      OPERAND_GRP(x)
#define KIND_DSB_ISHST(x)    OPERAND_GRP(x)
#define KIND_DSB_LD(x)       OPERAND_GRP(x)
#define KIND_SB(x)           OPERAND_GRP(x)
#define KIND_ESB(x)          OPERAND_GRP(x)
#define KIND_PSB_CSYNC(x)    OPERAND_GRP(x)
#define KIND_TSB_CSYNC(x)    OPERAND_GRP(x)
#define KIND_EXC(x)          OPERAND_GRP(x)
#define KIND_SVC(x)          OPERAND_GRP(x)
#define KIND_HVC(x)          OPERAND_GRP(x)
#define KIND_ERET(x)         OPERAND_GRP(x)
#define KIND_PSTATE(x)       OPERAND_GRP(x)
#define KIND_TLBI_VMALLE1(x) OPERAND_GRP(x)
#define KIND_TLBI_VMALLE1IS(x) OPERAND_GRP(x)
#define KIND_TLBI_IPAS2E1(x) OPERAND_GRP(x)
#define KIND_TLBI_IPAS2E1IS(x) OPERAND_GRP(x)
#define KIND_TLBI_VALE2IS(x) OPERAND_GRP(x)
#define KIND_IC_IALLU(x)     OPERAND_GRP(x)
#define KIND_AT_S1E1R(x)     OPERAND_GRP(x)
#define KIND_MMIO_READ(x)    OPERAND_GRP(x)
#define KIND_MMIO_WRITE(x)   OPERAND_GRP(x)
#define KIND_MMIO_READ_LRS(x) OPERAND_GRP(x)
#define KIND_MMIO_WRITE_LRS(x) OPERAND_GRP(x)
#define KIND_GPR_SAVE(x)     OPERAND_NUM(x)
#define KIND_GPR_LOAD(x)     OPERAND_NUM(x)
#define KIND_FPR_SAVE(x)     OPERAND_NUM(x)
#define KIND_FPR_LOAD(x)     OPERAND_NUM(x)
#define KIND_ANCHOR(x)       OPERAND_NUM(x)
#define KIND_CALL(x)         OPERAND_COMP(x)

static const struct ws_step steps[] = {
#define STEP(c, op, operand, s, guard, fn)                                                          \
	{ COMP_##c, OP_##op, SIDE_##s, KIND_##op(operand), __LINE__, guard, fn, STEP_FILE },
#include "models/hyp/kvm/steps.def"
};

static const char *const cond_names[CND_COUNT] = {
#define FEAT(id, key, help) #id,
#include "models/cpu/feats.def"
#define KCOND(id, help)      #id,
#define VCOND(id, key, help) #id,
#define SCOND(id, key, help) key,
#include "models/hyp/kvm/conds.def"
};

static const char *const cond_helps[CND_COUNT] = {
#define FEAT(id, key, help) help,
#include "models/cpu/feats.def"
#define KCOND(id, help)      help,
#define VCOND(id, key, help) help,
#define SCOND(id, key, help) help,
#include "models/hyp/kvm/conds.def"
};

#define OPCOST_none OPCOST_COUNT

static const struct ws_opcode_row opcodes[OP_COUNT] = {
#define OPC(id, opnd, counter, cost, ref, help)                                                     \
	[OP_##id] = { #id, OPND_##opnd, CNT_##counter, OPCOST_##cost, ref, help },
#include "models/hyp/kvm/ops.def"
};

static const struct {
	const char *name, *title, *help;
	enum counter_class class;
} counters[CNT_COUNT] = {
#define COUNTER(id, key, class, title, help) { #key, title, help, CLASS_##class },
#include "models/hyp/kvm/counters.def"
};

static const struct {
	const char *title, *help;
} classes[CLASS_COUNT] = {
#define COUNTER_CLASS(id, title, help) { title, help },
#include "models/hyp/kvm/counters.def"
};

static const struct {
	const char *name, *help;
} comps[COMP_COUNT] = {
#define COMP(id, help) { #id, help },
#include "models/hyp/kvm/comps.def"
}, phases[PHASE_COUNT] = {
#define X(id, name, help) { name, help },
	WS_PHASES(X)
#undef X
};

static const char *const side_names[SIDE_COUNT] = { "", "host", "guest", "ctx", "guest-cfg", "host-cfg", "host-run" };

static const struct ws_model models[] = {
#define MODEL(id, name, version, mode, load, enter, exit, put, fp_trap, help)                       \
	{ name, version, MODE_##mode,                                                               \
	  { COMP_##load, COMP_##enter, COMP_##exit, COMP_##put, COMP_##fp_trap }, help, NULL, 0, 0, { 0 }, 0, NULL },
#include "models/hyp/kvm/models.def"
};

const struct ws_step *ws_steps(size_t *n)
{
	*n = sizeof(steps) / sizeof(steps[0]);
	return steps;
}

const char *cond_name(enum cond c)
{
	BUG_ON(c >= CND_COUNT);
	return cond_names[c];
}

const char *cond_help(enum cond c)
{
	BUG_ON(c >= CND_COUNT);
	return cond_helps[c];
}

const struct ws_opcode_row *ws_opcode_row(enum ws_opcode op)
{
	BUG_ON(op >= OP_COUNT);
	return &opcodes[op];
}

const char *counter_name(enum ws_counter c)
{
	BUG_ON(c >= CNT_COUNT);
	return counters[c].name;
}

const char *counter_title(enum ws_counter c)
{
	BUG_ON(c >= CNT_COUNT);
	return counters[c].title;
}

const char *counter_help(enum ws_counter c)
{
	BUG_ON(c >= CNT_COUNT);
	return counters[c].help;
}

enum counter_class counter_class(enum ws_counter c)
{
	BUG_ON(c > CNT_none);
	return c == CNT_none ? CLASS_other : counters[c].class;
}

const char *class_title(enum counter_class c)
{
	BUG_ON(c >= CLASS_COUNT);
	return classes[c].title;
}

const char *class_help(enum counter_class c)
{
	BUG_ON(c >= CLASS_COUNT);
	return classes[c].help;
}

const char *comp_name(enum ws_comp c)
{
	BUG_ON(c >= COMP_COUNT);
	return comps[c].name;
}

const char *comp_help(enum ws_comp c)
{
	BUG_ON(c >= COMP_COUNT);
	return comps[c].help;
}

const char *side_name(enum ws_side side)
{
	BUG_ON(side >= SIDE_COUNT);
	return side_names[side];
}

const char *phase_name(enum ws_phase p)
{
	BUG_ON(p >= PHASE_COUNT);
	return phases[p].name;
}

const char *phase_help(enum ws_phase p)
{
	BUG_ON(p >= PHASE_COUNT);
	return phases[p].help;
}

static const struct {
	bool e2h;
	uint64_t conditions;
} modes[] = {
#define X(id, e2h, conditions, help) { e2h, conditions },
	WS_MODES(X)
#undef X
};

bool ws_mode_e2h(enum ws_mode mode)
{
	BUG_ON((unsigned)mode >= MODE_COUNT);
	return modes[mode].e2h;
}

/* Conditions that hold in the mode. */
static uint64_t ws_mode_conditions(enum ws_mode mode)
{
	BUG_ON((unsigned)mode >= MODE_COUNT);
	return modes[mode].conditions;
}

static const struct {
	int since, until;
	uint64_t cond;
} versions[] = {
#define VERCOND(id, since, until, help) { since, until, CND(id) },
#include "models/hyp/kvm/conds.def"
};

uint64_t ws_model_known(const struct ws_model *m)
{
	uint64_t known = ws_mode_conditions(m->mode);

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (ws_model_in(m, versions[i].since, versions[i].until))
			known |= versions[i].cond;
	}
	return known;
}

const struct ws_model *ws_models(size_t *n)
{
	*n = sizeof(models) / sizeof(models[0]);
	return models;
}

const struct ws_model *ws_model_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		if (strcmp(name, models[i].name) == 0)
			return &models[i];
	}
	return NULL;
}

enum ws_comp ws_model_comp(const struct ws_model *m, enum ws_phase phase)
{
	BUG_ON(phase > PHASE_LAZY);
	return m->phase[phase];
}

const char *ws_guard_text(const struct ws_guard *g, char *buf, size_t n)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned c = CND_FIRST_STATE; c < CND_COUNT && len < n; c++) {
		bool on = (g->on >> (c - CND_FIRST_STATE) & 1) != 0;

		if (on || (g->off >> (c - CND_FIRST_STATE) & 1) != 0) {
			int r = snprintf(buf + len, n - len, "%s%s%s", len != 0 ? " " : "", on ? "" : "!",
					 cond_name((enum cond)c));

			len += r > 0 ? (size_t)r : 0;
		}
	}
	return buf;
}
