/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the explorer share: programs, sound and broken. */
#ifndef EL2SIM_TESTS_EXPLORE_UTIL_H
#define EL2SIM_TESTS_EXPLORE_UTIL_H

#include <check.h>
#include <string.h>

#include "models/hyp/check/inject.h"
#include "models/hyp/explore/explore.h"
#include "tests/ws_golden.h"

static struct golden_set gs;

static inline void setup(void)
{
	golden_load(&gs);
}

static inline void teardown(void)
{
	golden_free(&gs);
}

static inline struct explore_options bounded(unsigned vcpus, unsigned pcpus, unsigned depth)
{
	struct explore_options o;

	explore_options_init(&o);
	o.vcpus = vcpus;
	o.pcpus = pcpus;
	o.depth = depth;
	return o;
}

/* Faults, and the events of the shortest story under linux-6.12-vhe. */
static const struct {
	const char *inject;
	unsigned length;
	const char *rule, *what;
} faults[] = {
	{ "drop:SCTLR_EL1@load", 2, "leaked_value", "SCTLR_EL1" },
	{ "drop:SCTLR_EL1@put", 4, "lost_write", "SCTLR_EL1" },
	{ "drop:PAR_EL1", 2, "leaked_value", "PAR_EL1" },
	{ "drop:MDCR_EL2@enter", 2, "trap_not_set", "MDCR_EL2" },
	{ "drop:V0-V31@put", 5, "lost_write", "V0-V31" },
	{ "drop:TPIDR_EL0@put/host", 2, "leaked_value", "TPIDR_EL0" },
	{ "bypass-accessor:SCTLR_EL1", 4, "stale_read", "SCTLR_EL1" },
	{ "bypass-accessor:TTBR0_EL1", 4, "lost_write", "TTBR0_EL1" },
	{ "cache-accessor:VMPIDR_EL2", 5, "must_not_cache", "VMPIDR_EL2" },
	{ "skip-put:2", 4, "leaked_value", "TPIDR_EL0" },
	{ "flag:SYSREGS_ON_CPU=not-set", 3, "stale_read", "ELR_EL1" },
	{ "flag:SYSREGS_ON_CPU=not-cleared", 2, "not_consumed", "SYSREGS_ON_CPU" },
	{ "flag:PENDING_EXCEPTION=not-cleared", 3, "not_consumed", "PENDING_EXCEPTION" },
	{ "flag:IN_WFI=not-cleared", 6, "not_consumed", "IN_WFI" },
};

#define N_FAULTS (sizeof(faults) / sizeof(faults[0]))

static inline struct ws_prog *broken(const char *spec, struct ws_inject *inject)
{
	struct err e = { ERR_NONE, "" };
	struct ws_config wc;
	struct ws_prog *p;

	ck_assert_msg(ws_inject_parse(spec, inject, &e) == 0, "%s", e.text);
	ws_config_init(&wc);
	for (size_t i = 0; i < gs.n && wc.model == NULL; i++) {
		if (strcmp(gs.c[i].core, "neoverse-n1") != 0 || strcmp(gs.c[i].model->name, "linux-6.12-vhe") != 0)
			continue;
		wc.model = gs.c[i].model;
		wc.machine = gs.c[i].m;
	}
	p = ws_compile(&wc, &e);
	ck_assert_msg(p != NULL && ws_inject_apply(p, inject, 1, &e) == 0, "%s: %s", spec, e.text);
	return p;
}

#endif
