/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/verify_seq.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "models/hyp/runner.h"

/* The others (DMB, PSTATE, DC, ...) depend on data and belong to the measured path. */
bool verify_compared(enum ref_op op)
{
	switch (op) {
	case REF_OP_read:
	case REF_OP_write:
	case REF_OP_isb:
	case REF_OP_dsb:
	case REF_OP_sb:
	case REF_OP_eret:
	case REF_OP_hvc:
	case REF_OP_tlbi:
	case REF_OP_at:
		return true;
	default:
		return false;
	}
}

/* "dsb nsh" is a dsb. False if no reference has such an op. */
static bool op_of_instruction(const char *text, enum ref_op *op)
{
	for (unsigned k = 0; k < REF_OP_COUNT; k++) {
		size_t n = strlen(ref_op_name((enum ref_op)k));

		if (strncmp(text, ref_op_name((enum ref_op)k), n) == 0 && (text[n] == '\0' || text[n] == ' ')) {
			*op = (enum ref_op)k;
			return true;
		}
	}
	return false;
}

bool verify_key(const struct ws_op *op, enum ref_op *kind, char name[static VERIFY_NAME_MAX])
{
	const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)op->opcode);

	if (row->counter == CNT_read || row->counter == CNT_write) {
		*kind = row->counter == CNT_read ? REF_OP_read : REF_OP_write;
		(void)snprintf(name, VERIFY_NAME_MAX, "%s", sysreg_name((enum sysreg)op->reg));
		for (char *c = name; *c != '\0'; c++)
			*c = (char)tolower((unsigned char)*c);
		return true;
	}
	(void)snprintf(name, VERIFY_NAME_MAX, "%s", row->ref);
	return op_of_instruction(row->ref, kind) && verify_compared(*kind);
}

/* Add the accesses of an op; one per list register goes to the next register each time. */
static void take_op(struct verify_seq *s, const struct ws_op *op, uint64_t times)
{
	struct ws_op one = *op;
	enum ref_op kind;

	for (uint64_t k = 0; k < times; k++, one.reg = (uint16_t)(one.reg + op->per_lr)) {
		struct verify_op v = { .phase = op->phase, .step = op->step };

		if (!verify_key(&one, &kind, v.name))
			return;
		v.op = (uint8_t)kind;
		if (s->n == s->cap) {
			s->cap = s->cap * 2 + 256;
			s->op = xrealloc(s->op, s->cap * sizeof(*s->op));
		}
		s->op[s->n++] = v;
	}
}

struct iteration {
	struct runner *r;
	struct runner_vcpu *v;
	const struct ws_prog *p;
	uint64_t *before, *after; /* executions per op */
};

static void run_step(struct iteration *it, const struct exit_row *row, unsigned i, struct verify_seq *s)
{
	const struct ws_prog *p = it->p;
	enum ws_comp comp = exit_step_comp(p, &row->step[i]);
	uint64_t state = exit_step_state(row, i);

	memset(it->before, 0, p->n * sizeof(*it->before));
	memset(it->after, 0, p->n * sizeof(*it->after));
	runner_exec(it->r, it->before);
	/* The sequences of exits.def use one list register. */
	(void)runner_run(it->r, it->v, comp, state, (state & CND(LRS)) != 0);
	runner_exec(it->r, it->after);
	for (size_t k = p->comp[comp].first; k < p->comp[comp].first + p->comp[comp].n; k++)
		take_op(s, &p->op[k], it->after[k] - it->before[k]);
}

/* The ops of one occurrence replace what is in s. */
static void iterate(struct iteration *it, enum exit_kind k, struct verify_seq *s)
{
	const struct exit_row *row = exit_row(k);

	s->n = 0;
	for (unsigned i = 0; i < row->n; i++) {
		if (row->step[i].is_phase && row->step[i].id == PHASE_LAZY && !runner_needs_fp(it->r, it->v))
			continue;
		run_step(it, row, i, s);
	}
}

void verify_sequence(struct verify_seq *s, const struct ws_prog *p, enum exit_kind k)
{
	struct iteration it = { .r = runner_new(p, false), .p = p };

	it.v = runner_vcpu(it.r, "vm");
	it.before = xcalloc(p->n, sizeof(*it.before));
	it.after = xcalloc(p->n, sizeof(*it.after));
	*s = (struct verify_seq){ 0 };
	if (exit_row(k)->step[0].is_phase)
		iterate(&it, EXIT_run_first, s);
	iterate(&it, k, s);
	iterate(&it, k, s);
	runner_free(it.r);
	free(it.before);
	free(it.after);
}

void verify_seq_free(struct verify_seq *s)
{
	free(s->op);
	*s = (struct verify_seq){ 0 };
}
