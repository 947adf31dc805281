/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an imported kernel: refused with a sentence, or steps whose operands their opcodes take. */
#include <string.h>

#include "models/hyp/kvm/kernel_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { ERR_NONE, "" };
	struct kernel_model *m = kernel_model_parse("fuzz", (const char *)data, size, &e);

	if (m == NULL) {
		BUG_ON(e.code != ERR_INPUT || strncmp(e.text, "fuzz:", 5) != 0);
		return 0;
	}
	for (size_t i = 0; i < m->n; i++) {
		const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)m->step[i].opcode);

		BUG_ON(row->operand == OPND_REG && (m->step[i].operand == SR_NONE || m->step[i].operand >= SR_COUNT));
		BUG_ON(row->operand == OPND_GRP && m->step[i].operand >= GRP_COUNT);
		BUG_ON(row->operand == OPND_COMP && m->step[i].operand >= COMP_COUNT);
	}
	kernel_model_free(m);
	return 0;
}
