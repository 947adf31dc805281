/* SPDX-License-Identifier: Apache-2.0 */
/* [policy]: move a group's or a register's ops between phases. Part of ws_compile. */
#ifndef EL2SIM_HYP_WS_POLICY_H
#define EL2SIM_HYP_WS_POLICY_H

#include "models/hyp/ws/wswitch.h"

/*
 * Apply the policies of p->config to p->op and remove the anchors. ERR_MODEL when a policy has no meaning
 * (lazy for a group without a first-use trap, a phase without an anchor). Whether the outcome is sound is
 * ws_lint's question.
 */
int ws_apply_policies(struct ws_prog *p, struct err *e);
/* Can a policy other than `model` be given to this register? Not if it is looked at only, or the host's own. */
bool ws_policy_applies(enum sysreg reg);

/* Does the op move where its group's or register's policy says? */
bool ws_policy_moves(const struct ws_op *op);

#endif
