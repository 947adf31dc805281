/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/measured/verify_seq.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "models/hyp/ws/runner.h"

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

		if (strncmp(text, ref_op_name((enum ref_op)k), n) == 0 &&
		    (text[n] == '\0' || text[n] == ' ')) {
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

unsigned verify_lr_of(enum ref_op op, const char *name)
{
	unsigned n;
	int end = 0;

	if (op != REF_OP_write || sscanf(name, "ich_lr%2u_el2%n", &n, &end) != 1 || end == 0 ||
	    name[end] != '\0')
		return 0;
	return n + 1;
}

/* Add the access of an op to the register that is k further. */
static void take_op(struct verify_seq *s, const struct ws_op *op, unsigned k)
{
	struct verify_op v = { .phase = op->phase, .step = op->step };
	struct ws_op one = *op;
	enum ref_op kind;

	one.reg = (uint16_t)(one.reg + k);
	if (!verify_key(&one, &kind, v.name))
		return;
	v.op = (uint8_t)kind;
	if (s->n == s->cap) {
		s->cap = s->cap * 2 + 256;
		s->op = xrealloc(s->op, s->cap * sizeof(*s->op));
	}
	s->op[s->n++] = v;
}

/* Add n ops with how often each was executed. */
static void take_ops(struct verify_seq *s, const struct ws_op *op, const uint64_t *times, size_t n)
{
	for (size_t i = 0, end; i < n; i = end) {
		uint64_t rounds = times[i];

		for (end = i + 1; op[i].per_lr && end < n && op[end].per_lr; end++)
			rounds = times[end] > rounds ? times[end] : rounds;
		for (unsigned k = 0; k < rounds; k++) {
			for (size_t j = i; j < end; j++) {
				if (k < times[j])
					take_op(s, &op[j], op[j].per_lr ? k : 0);
			}
		}
	}
}

struct iteration {
	struct runner *r;
	struct runner_vcpu *v;
	const struct ws_prog *p;
	unsigned lrs;
	uint64_t *before, *times; /* executions per op */
};

static void run_step(struct iteration *it, enum exit_kind k, unsigned step, struct verify_seq *s)
{
	const struct ws_prog *p = it->p;
	enum ws_comp comp = exit_step_comp(p->config.model, &exit_row(k)->step[step]);
	size_t first = p->comp[comp].first;

	memset(it->before, 0, p->n * sizeof(*it->before));
	memset(it->times, 0, p->n * sizeof(*it->times));
	runner_exec(it->r, it->before);
	(void)runner_step(it->r, it->v, k, step, it->lrs);
	runner_exec(it->r, it->times);
	for (size_t i = 0; i < p->n; i++)
		it->times[i] -= it->before[i];
	take_ops(s, p->op + first, it->times + first, p->comp[comp].n);
}

/* The ops of one occurrence replace what is in s. */
static void iterate(struct iteration *it, enum exit_kind k, struct verify_seq *s)
{
	s->n = 0;
	for (unsigned i = 0; i < exit_row(k)->n; i++)
		run_step(it, k, i, s);
}

void verify_sequence(struct verify_seq *s, const struct ws_prog *p, enum exit_kind k, unsigned lrs)
{
	struct iteration it = { .r = runner_new(p, false), .p = p };
	unsigned max = (unsigned)p->config.machine->list_registers;

	it.lrs = lrs < 1 ? 1 : lrs > max ? max : lrs;
	it.v = runner_vcpu(it.r, "vm");
	it.before = xcalloc(p->n, sizeof(*it.before));
	it.times = xcalloc(p->n, sizeof(*it.times));
	*s = (struct verify_seq){ 0 };
	if (exit_row(k)->step[0].is_phase)
		iterate(&it, EXIT_FOR_first_run, s);
	iterate(&it, k, s);
	iterate(&it, k, s);
	runner_free(it.r);
	free(it.before);
	free(it.times);
}

void verify_seq_free(struct verify_seq *s)
{
	free(s->op);
	*s = (struct verify_seq){ 0 };
}
