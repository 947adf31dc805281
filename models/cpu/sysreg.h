/* SPDX-License-Identifier: Apache-2.0 */
/* System registers, register groups, features and cost classes as enums and tables, from the .def files. */
#ifndef EL2SIM_CPU_SYSREG_H
#define EL2SIM_CPU_SYSREG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sysreg {
	SR_NONE,
#define SYSREG(name, ...) SR_##name,
#include "models/cpu/sysregs.def"
	SR_COUNT
};

enum sr_group {
#define GROUP(id, help) GRP_##id,
#include "models/cpu/groups.def"
	GRP_COUNT
};

enum feat {
#define FEAT(id, key, help) FEAT_##id,
#include "models/cpu/feats.def"
	FEAT_COUNT,
	FEAT_NONE = FEAT_COUNT
};

enum cost_class {
#define COST(class, mrs, msr, why) COST_##class,
#include "models/cpu/costs.def"
	COST_COUNT
};

enum op_cost {
#define OPCOST(key, cycles, why) OPCOST_##key,
#include "models/cpu/costs.def"
	OPCOST_COUNT
};

/* Classes of instructions that a guest executes, and of events beside them. */
enum insn_cost {
#define INSNCOST(class, cycles, why) INSNCOST_##class,
#include "models/cpu/costs.def"
	INSNCOST_COUNT
};

/* What a guest's core models beside instructions ([machine] guest_core); each is a row of INSNCOST, too. */
#define GUEST_CORE(X)                                                                                        \
	X(BRANCH, "branch", "a predictor of conditional branches, returns and indirect branches: branch_mispredicted") \
	X(TLB, "tlb", "a TLB of 1024 pages, 4 ways: tlb_miss")                                                   \
	X(L1, "l1", "a data cache of 64 KiB, 4 ways, lines of 64 bytes: l1_miss")

enum guest_core {
#define X(id, name, help) GUEST_CORE_##id,
	GUEST_CORE(X)
#undef X
	GUEST_CORES
};

/* Columns of sysregs.def; see there. */
enum sr_form { FORM_PLAIN, FORM_E12, FORM_E02 };
enum sr_host { HOST_NONE, HOST_EL1, HOST_USER, HOST_ALWAYS };
enum sr_move { MOVE_BOTH, MOVE_CONF, MOVE_INFO, MOVE_HOST };

struct sysreg_row {
	const char *name;
	uint8_t op0, op1, crn, crm, op2;
	uint8_t form;   /* enum sr_form */
	uint16_t twin;  /* enum sysreg; SR_NONE = not redirected by E2H */
	uint8_t group;  /* enum sr_group */
	uint8_t host;   /* enum sr_host */
	uint8_t move;   /* enum sr_move */
	uint8_t cost;   /* enum cost_class */
	uint8_t needs;  /* enum feat; FEAT_NONE = architecture */
	const char *trap;
};

/* Row of a register; reg must be in 1..SR_COUNT-1. */
const struct sysreg_row *sysreg_row(enum sysreg reg);
const char *sysreg_name(enum sysreg reg);
/* By name, case ignored; also the aliases that VHE derives (SCTLR_EL12, CNTV_CTL_EL02). SR_NONE if unknown. */
enum sysreg sysreg_by_name(const char *name);
/* By encoding; SR_NONE if there is no such row. */
enum sysreg sysreg_by_encoding(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2);
/* Name by which VHE code at EL2 reaches the guest's register (SCTLR_EL12); its own name for FORM_PLAIN. */
const char *sysreg_vhe_name(enum sysreg reg, char buf[static 24]);
/* What an access by the register's own name reaches at EL2 with E2H = 1 (CPACR_EL1 gives CPTR_EL2). */
enum sysreg sysreg_e2h(enum sysreg reg);

const char *group_name(enum sr_group group);
const char *group_help(enum sr_group group);
bool group_by_name(const char *name, enum sr_group *group);
const char *feat_key(enum feat feat);
const char *feat_help(enum feat feat);
const char *cost_class_name(enum cost_class class);
const char *op_cost_name(enum op_cost op);

#endif
