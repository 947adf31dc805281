/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/folded.h"

#include <inttypes.h>
#include <string.h>

#include "models/hyp/ws/ws_explain.h"

struct stack {
	char *frames;
	uint64_t cycles;
};

/* Frames are separated by semicolons, and no name has one; a diff of two programs finds the same names (TCR_EL1, not
 * TCR_EL12). */
static void name_stack(const struct ws_prog *p, size_t i, struct str *b)
{
	struct ws_explain_row row;
	char object[40];

	ws_explain_at(p, i, &row);
	(void)ws_diff_object(row.op, object);
	str_reset(b);
	str_addf(b, "%s;%s;%s", row.phase, row.group, row.op->reg == SR_NONE ? row.opcode : object);
	if (row.op->reg == SR_NONE && row.object[0] != '\0' && strcmp(row.object, row.group) != 0)
		str_addf(b, " %s", row.object);
}

void folded_add(const struct ws_prog *p, const uint64_t *exec, struct str *out)
{
	struct stack *s = xcalloc(p->n + 1, sizeof(*s));
	struct str b = STR_INIT;
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		uint64_t cycles = ws_op_cycles(&p->op[i], exec[i]);
		size_t k = 0;

		if (cycles == 0)
			continue;
		name_stack(p, i, &b);
		while (k < n && strcmp(s[k].frames, str_get(&b)) != 0)
			k++;
		if (k == n)
			s[n++].frames = xstrdup(str_get(&b));
		s[k].cycles += cycles;
	}
	for (size_t k = 0; k < n; k++) {
		str_addf(out, "%s %" PRIu64 "\n", s[k].frames, s[k].cycles);
		free(s[k].frames);
	}
	free(s);
	str_free(&b);
}
