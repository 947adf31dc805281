/* SPDX-License-Identifier: Apache-2.0 */
#include "models/cpu/machine.h"

#include <stddef.h>

#include "sim/base/err.h"

static const char *const calibration_names[CAL_COUNT + 1] = {
#define X(id, name, help) name,
	CALIBRATIONS(X)
#undef X
	NULL
};

static const char *const calibration_helps[CAL_COUNT] = {
#define X(id, name, help) help,
	CALIBRATIONS(X)
#undef X
};

static const char *const feature_names[FEAT_COUNT + 1] = {
#define FEAT(id, key, help) key,
#include "models/cpu/feats.def"
	NULL
};

static const char *const guest_core_names[] = {
#define X(id, name, help) name,
	GUEST_CORE(X)
#undef X
	NULL
};

const char *guest_core_name(enum guest_core model)
{
	return guest_core_names[model];
}

#define MEMBER(m) offsetof(struct machine, m)
#define CYCLES_MAX 100000

static const struct opt_row rows[] = {
	{ "machine", "name", OPT_STR, MEMBER(name), "unnamed", 0, 0, "", NULL, "name of the core type" },
	{ "machine", "clock", OPT_INT, MEMBER(clock_hz), "2 GHz", 1000000, 10000000000, "Hz", NULL,
	  "core clock, to turn cycles into time" },
	{ "machine", "features", OPT_FLAGS, MEMBER(features), "gicv3", 0, 0, "", feature_names,
	  "architecture features and errata workarounds of the core (el2sim regs --features lists them)" },
	{ "machine", "calibration", OPT_ENUM, MEMBER(calibration), "uncalibrated", 0, 0, "",
	  calibration_names, "how far the cycle numbers can be trusted" },
	{ "machine", "list_registers", OPT_INT, MEMBER(list_registers), "4", 1, 16, "registers", NULL,
	  "ICH_LRn_EL2 implemented" },
	{ "machine", "pri_bits", OPT_INT, MEMBER(pri_bits), "5", 5, 7, "bits", NULL,
	  "GIC preemption bits; 5, 6 or 7 give 1, 2 or 4 active-priority registers of each group" },
	{ "machine", "breakpoints", OPT_INT, MEMBER(breakpoints), "6", 1, 16, "registers", NULL,
	  "DBGBVRn/DBGBCRn pairs implemented" },
	{ "machine", "watchpoints", OPT_INT, MEMBER(watchpoints), "4", 1, 16, "registers", NULL,
	  "DBGWVRn/DBGWCRn pairs implemented" },
	{ "machine", "guest_core", OPT_FLAGS, MEMBER(guest_core), "none", 0, 0, "", guest_core_names,
	  "what is modelled beside the instructions of a guest that executes, and costs [cost] insn_<event>; nothing by default" },
	{ "cost", "cpi", OPT_FIXED, MEMBER(cpi_milli), "1.0", 1, 100000, "cycles", NULL,
	  "cycles per instruction of the measured software path" },
	{ "cost", "scale", OPT_FIXED, MEMBER(scale_milli), "1", 1, 100000, "", NULL,
	  "factor of every cost of a register access and operation, but not of cpi and bhb_loop" },
	{ "cost", "bhb_loop", OPT_FIXED, MEMBER(bhb_milli), "0", 0, CYCLES_MAX * 1000, "cycles", NULL,
	  "branches of the loop that clears the branch history at an exit (feature bhb_loop), beside its barriers" },
#define COST(class, mrs_, msr_, why)                                                                \
	{ "cost", "mrs_" #class, OPT_FIXED, MEMBER(mrs) + COST_##class * sizeof(int64_t), #mrs_, 0,    \
	  CYCLES_MAX * 1000, "cycles", NULL, "read of a register and its store; " why },                   \
	{ "cost", "msr_" #class, OPT_FIXED, MEMBER(msr) + COST_##class * sizeof(int64_t), #msr_, 0,    \
	  CYCLES_MAX * 1000, "cycles", NULL, "load and write of a register; " why },
#define OPCOST(key, cycles, why)                                                                    \
	{ "cost", #key, OPT_FIXED, MEMBER(op) + OPCOST_##key * sizeof(int64_t), #cycles, 0, CYCLES_MAX * 1000, \
	  "cycles", NULL, why },
#define INSNCOST(class, cycles, why)                                                                        \
	{ "cost", "insn_" #class, OPT_INT, MEMBER(insn) + INSNCOST_##class * sizeof(int64_t), #cycles, 0,     \
	  CYCLES_MAX, "cycles", NULL, "of a guest that executes: " why },
#include "models/cpu/costs.def"
};

const struct opt_row *machine_opt_rows(size_t *n)
{
	*n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

const char *calibration_name(enum calibration cal)
{
	BUG_ON(cal >= CAL_COUNT);
	return calibration_names[cal];
}

const char *calibration_help(enum calibration cal)
{
	BUG_ON(cal >= CAL_COUNT);
	return calibration_helps[cal];
}
