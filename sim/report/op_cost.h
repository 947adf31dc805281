/* SPDX-License-Identifier: Apache-2.0 */
/* Column and cells of what ops cost: whole cycles, or with the decimals of a machine whose costs have some. */
#ifndef EL2SIM_REPORT_OP_COST_H
#define EL2SIM_REPORT_OP_COST_H

#include "models/hyp/ws/wswitch.h"
#include "sim/document/rep.h"

/* Type of the column: REP_U64 if every op of p costs whole cycles. */
enum rep_type op_cost_type(const struct ws_prog *p);
/* The cell, in cycles, of one execution of op, which is one of p's. */
void op_cost_cell(struct rep_table *t, const struct ws_prog *p, const struct ws_op *op);

#endif
