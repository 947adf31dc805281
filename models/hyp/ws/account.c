/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/ws/account.h"

#include <string.h>

static void add_accessor(struct account_accessors *acc, const struct ws_op *op, uint64_t times)
{
	if (op->opcode == OP_ACC_READ)
		acc->cpu_reads += times;
	else if (op->opcode == OP_ACC_WRITE)
		acc->cpu_writes += times;
	else if (op->opcode == OP_ACC_MEM)
		acc->memory += times;
}

static void add_cycles(uint64_t *cycles, uint64_t *milli, const struct ws_op *op, uint64_t times)
{
	ws_cycles_add(cycles, milli, op->cycles, op->milli, times);
}

void account_of(const struct ws_prog *p, const uint64_t *exec, struct account *a)
{
	uint64_t counter[CNT_COUNT + 1] = { 0 }, class[CLASS_COUNT] = { 0 }, reg[SR_COUNT] = { 0 }; /* thousandths */

	memset(a, 0, sizeof(*a));
	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];
		const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)op->opcode);
		enum ws_counter c = (enum ws_counter)row->counter;
		struct ws_totals one = { .cycles = op->cycles, .milli = op->milli, .insns = op->insns };

		if (exec[i] == 0)
			continue;
		if (c != CNT_none)
			one.n[c] = row->operand == OPND_NUM ? op->num : 1;
		ws_totals_add(&a->group[op->phase][op->group], &one, exec[i]);
		add_cycles(&a->counter_cycles[c], &counter[c], op, exec[i]);
		add_cycles(&a->class_cycles[counter_class(c)], &class[counter_class(c)], op, exec[i]);
		add_accessor(&a->acc, op, exec[i]);
		if (c == CNT_read)
			a->reg[op->reg].read[op->phase] += exec[i];
		else if (c == CNT_write)
			a->reg[op->reg].write[op->phase] += exec[i];
		if (c == CNT_read || c == CNT_write)
			add_cycles(&a->reg[op->reg].cycles, &reg[op->reg], op, exec[i]);
	}
}
