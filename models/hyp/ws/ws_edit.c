/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/ws/ws_edit.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct ws_what ws_anything = { .reg = SR_NONE, .group = GRP_COUNT, .opcode = OP_COUNT };

/* ---- words ---- */

static int unknown(const char *where, const char *kind, const char *word, const char *const *v, size_t n, struct err *e)
{
	return err_unknown(e, ERR_USAGE, word, v, n, "see el2sim lint --doc", "%s: unknown %s \"%s\"", where, kind, word);
}

static int unknown_what(const char *where, const char *word, struct err *e)
{
	size_t n_steps, n = 0;
	const struct ws_step *s = ws_steps(&n_steps);
	const char **v = xcalloc(n_steps + SR_COUNT + GRP_COUNT + OP_COUNT, sizeof(*v));

	for (unsigned r = 1; r < SR_COUNT; r++)
		v[n++] = sysreg_name((enum sysreg)r);
	for (unsigned g = 0; g < GRP_COUNT; g++)
		v[n++] = group_name((enum sr_group)g);
	for (unsigned op = 0; op < OP_COUNT; op++)
		v[n++] = ws_opcode_row((enum ws_opcode)op)->name;
	for (size_t i = 0; i < n_steps; i++)
		v[n++] = s[i].function;
	(void)unknown(where, "register, group, opcode, function or row", word, v, n, e);
	free(v);
	return -1;
}

bool ws_opcode_named(const char *word, uint8_t *opcode)
{
	for (unsigned op = 0; op < OP_COUNT; op++) {
		if (strcasecmp(ws_opcode_row((enum ws_opcode)op)->name, word) == 0) {
			*opcode = (uint8_t)op;
			return true;
		}
	}
	return false;
}

/* A kernel function, or "steps_vhe.def:42". */
static bool find_step(const char *word, struct ws_what *w)
{
	size_t n;
	const struct ws_step *s = ws_steps(&n);
	char row[64];

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(row, sizeof(row), "%s:%u", s[i].file, s[i].line);
		if (strcmp(s[i].function, word) == 0) {
			w->function = s[i].function;
			return true;
		}
		if (strcmp(row, word) == 0) {
			w->file = s[i].file;
			w->line = s[i].line;
			return true;
		}
	}
	return false;
}

int ws_what_parse(const char *where, const char *word, struct ws_what *w, struct err *e)
{
	enum sr_group group;

	*w = ws_anything;
	if (strcasecmp(word, "X0-X30") == 0) {
		w->reg = SR_COUNT;
	} else if (strcasecmp(word, "V0-V31") == 0) {
		w->reg = SR_COUNT + 1;
	} else if (sysreg_by_name(word) != SR_NONE) {
		w->reg = (uint16_t)sysreg_by_name(word);
	} else if (group_by_name(word, &group)) {
		w->group = (uint8_t)group;
	} else if (!ws_opcode_named(word, &w->opcode) && !find_step(word, w)) {
		return unknown_what(where, word, e);
	}
	return 0;
}

bool ws_what_is(const struct ws_what *w, const struct ws_op *op)
{
	uint8_t counter = ws_opcode_row((enum ws_opcode)op->opcode)->counter;

	if (w->opcode != OP_COUNT && op->opcode != w->opcode)
		return false;
	if (w->reg == SR_COUNT)
		return counter == CNT_gpr;
	if (w->reg == SR_COUNT + 1)
		return counter == CNT_fpr;
	if (w->group != GRP_COUNT) /* its values, and its barriers only if they are asked for */
		return op->group == w->group &&
		       (w->opcode != OP_COUNT || op->reg != SR_NONE || counter == CNT_fpr || counter == CNT_gpr);
	return (w->reg == SR_NONE || op->reg == w->reg) && (w->function == NULL || strcmp(op->step->function, w->function) == 0) &&
	       (w->file == NULL || (strcmp(op->step->file, w->file) == 0 && op->step->line == w->line));
}

bool ws_phase_named(const char *word, uint8_t *phase)
{
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++) {
		if (strcasecmp(phase_name((enum ws_phase)ph), word) == 0) {
			*phase = (uint8_t)ph;
			return true;
		}
	}
	return false;
}

int ws_phase_parse(const char *where, const char *word, uint8_t *phase, struct err *e)
{
	const char *v[PHASE_COUNT];

	if (ws_phase_named(word, phase))
		return 0;
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		v[ph] = phase_name((enum ws_phase)ph);
	return unknown(where, "phase", word, v, PHASE_COUNT, e);
}

bool ws_side_named(const char *word, uint8_t *side)
{
	for (unsigned s = SIDE_HOST; s < SIDE_COUNT; s++) {
		if (s != SIDE_CTX && strcasecmp(side_name((enum ws_side)s), word) == 0) {
			*side = (uint8_t)s;
			return true;
		}
	}
	return false;
}

int ws_side_parse(const char *where, const char *word, uint8_t *side, struct err *e)
{
	const char *v[SIDE_COUNT];
	size_t n = 0;

	if (ws_side_named(word, side))
		return 0;
	for (unsigned s = SIDE_HOST; s < SIDE_COUNT; s++) {
		if (s != SIDE_CTX)
			v[n++] = side_name((enum ws_side)s);
	}
	return unknown(where, "side", word, v, n, e);
}

/* ---- ops ---- */

void ws_ops_insert(struct ws_prog *p, size_t at, const struct ws_op *op, size_t n)
{
	if (n == 0)
		return;
	p->op = xrealloc(p->op, (p->n + n) * sizeof(*p->op));
	memmove(&p->op[at + n], &p->op[at], (p->n - at) * sizeof(*p->op));
	memcpy(&p->op[at], op, n * sizeof(*op));
	p->n += n;
}

void ws_ops_remove(struct ws_prog *p, size_t at, size_t n)
{
	memmove(&p->op[at], &p->op[at + n], (p->n - at - n) * sizeof(*p->op));
	p->n -= n;
}

void ws_ops_exchange(struct ws_op *a, struct ws_op *b)
{
	struct ws_op t = *a;

	*a = *b;
	*b = t;
}
