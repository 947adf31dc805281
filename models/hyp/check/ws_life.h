/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of one register from vcpu_load to vcpu_put, followed symbolically: who wrote the value
 * that the CPU holds, and is the copy in memory current? Part of ws_lint.
 */
#ifndef EL2SIM_HYP_WS_LIFE_H
#define EL2SIM_HYP_WS_LIFE_H

#include "models/hyp/check/ws_lint.h"
#include "models/hyp/kvm/reach.h"


/* Follow the subject through all its states; append at most one finding, the first cause. */
void ws_life_check(const struct ws_prog *p, const struct ws_subject *s, struct ws_findings *f);

/* Append a finding; fmt and its arguments give the sentence. */
void ws_finding_add(struct ws_findings *f, enum ws_rule rule, enum sr_group group, enum sysreg reg,
		    enum ws_phase phase, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

#endif
