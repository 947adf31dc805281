/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/op_cost.h"

enum rep_type op_cost_type(const struct ws_prog *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->op[i].milli != 0)
			return REP_FIX;
	}
	return REP_U64;
}

void op_cost_cell(struct rep_table *t, const struct ws_prog *p, const struct ws_op *op)
{
	if (op_cost_type(p) == REP_U64)
		rep_u64(t, op->cycles);
	else
		rep_fix(t, (int64_t)op->cycles * 1000 + op->milli);
}
