/* SPDX-License-Identifier: Apache-2.0 */
/* Machine profile: one core type as the INI gives it ([machine], [cost]). */
#ifndef EL2SIM_CPU_MACHINE_H
#define EL2SIM_CPU_MACHINE_H

#include <stdint.h>

#include "models/cpu/sysreg.h"
#include "sim/base/opt.h"

/* How far the cycle numbers of a profile can be trusted; printed with every cycle figure. */
#define CALIBRATIONS(X)                                                                             \
	X(UNCALIBRATED, "uncalibrated", "published primitives and assumptions, no measurement of this core") \
	X(FITTED, "fitted", "fitted to measurements of this core; those measurements are no prediction")    \
	X(VALIDATED, "validated", "fitted to one set of measurements and checked on another")

enum calibration {
#define X(id, name, help) CAL_##id,
	CALIBRATIONS(X)
#undef X
	CAL_COUNT
};

struct machine {
	const char *name;
	int64_t clock_hz;
	uint64_t features;      /* bit FEAT_* */
	int calibration;        /* enum calibration */
	int64_t list_registers; /* ICH_LRn implemented */
	int64_t pri_bits;       /* GIC preemption bits: 5, 6 or 7 give 1, 2 or 4 registers of each of AP0R, AP1R */
	int64_t breakpoints, watchpoints;
	int64_t cpi_milli;      /* cycles per instruction of C code outside the modelled ops, thousandths */
	int64_t scale_milli;    /* of every cost below, thousandths: 1000 takes them as they are */
	int64_t bhb_milli;      /* thousandths of a cycle: a branch history loop, beside its barriers */
	int64_t mrs[COST_COUNT], msr[COST_COUNT]; /* thousandths of a cycle, before scale_milli */
	int64_t op[OPCOST_COUNT];                 /* the same */
	int64_t insn[INSNCOST_COUNT];             /* cycles of an instruction that a guest executes */
	uint64_t guest_core;                      /* bits of enum guest_core */
};

/* Option rows of a machine (offsets into struct machine), expanded from the tables; *n gets their number. */
const struct opt_row *machine_opt_rows(size_t *n);

const char *calibration_name(enum calibration cal);
const char *calibration_help(enum calibration cal);

/* Name of a model beside a guest's instructions, as [machine] guest_core has it. */
const char *guest_core_name(enum guest_core model);

/* Cycles of one of the costs above, in thousandths, scaled. */
static inline uint64_t machine_cost(const struct machine *m, int64_t cost)
{
	return (uint64_t)cost * (uint64_t)m->scale_milli / 1000;
}

/* True if the machine has the feature. */
static inline int machine_has(const struct machine *m, enum feat f)
{
	return f == FEAT_NONE || (m->features >> f & 1) != 0;
}

/* A GICv3 where the machine has a GICv2. */
static inline void machine_take_gicv3(struct machine *m)
{
	if (machine_has(m, FEAT_GICV2))
		m->features = (m->features & ~(UINT64_C(1) << FEAT_GICV2)) | UINT64_C(1) << FEAT_GICV3;
}

#endif
