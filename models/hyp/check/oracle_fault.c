/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fault information: which exception wrote ESR_EL2, FAR_EL2 and HPFAR_EL2, and who went by it.
 *
 * Nothing outlives a component: what the kernel remembers is read in the exit itself, so it is checked at its end.
 */
#include <string.h>

#include "models/hyp/check/oracle_impl.h"
#include "models/hyp/check/ws_life.h"

/* Whose the value in a register is. */
enum origin { ORIGIN_OLDER, ORIGIN_GUEST, ORIGIN_HOST, ORIGIN_HYP };

/* No run-time conditions. */
#define HVC     (UINT64_C(1) << 63) /* the host's hypercall */
#define TO_HOST (UINT64_C(1) << 62) /* the exit is not handled at EL2 */
_Static_assert(CND_COUNT - CND_FIRST_STATE < 62, "two bits are left");

static const struct fault_row {
	const char *id;
	enum sysreg reg;
	const char *reader;
	uint64_t on, off, known_on, known_off;
	const char *what;
} rows[] = {
#define FAULT(id, reg, reader, on, off, known_on, known_off, what) { #id, SR_##reg, reader, on, off, known_on, known_off, what },
#include "models/hyp/check/faults.def"
};

#define N_FAULTS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(N_FAULTS <= 32, "one bit each");

size_t oracle_faults(void)
{
	return N_FAULTS;
}

const char *oracle_fault_name(size_t i)
{
	return rows[i].id;
}

bool oracle_fault_of(size_t i, const struct ws_prog *p)
{
	return (rows[i].known_on & ~p->known) == 0 && (rows[i].known_off & p->known) == 0;
}

/* PAR_EL1 is read to be kept, too: only a look is one of what AT found. */
static bool reads_for(size_t r, const struct ws_op *op)
{
	return op->opcode == OP_MRS && op->side == SIDE_NONE && op->reg == rows[r].reg &&
	       (rows[r].reader[0] == '\0' || strcmp(op->step->function, rows[r].reader) == 0);
}

size_t oracle_fault_unask(size_t r, struct ws_prog *p)
{
	size_t changed = (rows[r].on & CND(SYNC)) != 0;

	for (size_t i = 0; i < p->n; i++) {
		struct ws_op *op = &p->op[i];

		if (!reads_for(r, op) || (op->guard.off & rows[r].off) == 0)
			continue;
		op->guard.off &= ~rows[r].off;
		changed++;
	}
	return changed;
}

/* ---- tables ---- */

/* Does an op change what exceptions left, or end a time in which it must be read? */
static bool is_exception(const struct ws_op *op)
{
	switch (op->opcode) {
	case OP_EXC:
	case OP_HVC:
	case OP_ERET:
	case OP_AT_S1E1R:
		return true;
	case OP_MSR:
		return op->reg == SR_ESR_EL2 || op->reg == SR_PAR_EL1;
	default:
		return false;
	}
}

/* Rows that an op reads for. */
void oracle_faults_make(struct oracle_tables *t, const struct ws_prog *p)
{
	for (size_t i = 0; i < p->n; i++)
		t->op[i].exception = is_exception(&p->op[i]);
	for (size_t r = 0; r < N_FAULTS; r++) {
		if (!oracle_fault_of(r, p))
			continue;
		t->faults |= 1U << r;
		for (size_t i = 0; i < p->n; i++) {
			if (reads_for(r, &p->op[i])) {
				t->op[i].fault |= 1U << r;
				t->op[i].exception = true;
			}
		}
	}
}

/* ---- run ---- */

static void took(struct oracle *o, enum origin esr, enum origin far, enum origin hpfar)
{
	o->fault.esr = (uint8_t)esr;
	o->fault.far = (uint8_t)far;
	o->fault.hpfar = (uint8_t)hpfar;
}

static void exception(struct oracle *o, uint64_t state)
{
	bool sync = (state & CND(SYNC)) != 0, abort = (state & CND(ABORT)) != 0;
	bool ipa = abort && (state & CND(S2_PERM)) == 0; /* with erratum 834220 perhaps a wrong one: row ipa_erratum */

	if (o->fault.in_exit) { /* taken from EL2 itself */
		o->fault.esr = ORIGIN_HYP;
		return;
	}
	o->fault.in_exit = true;
	took(o, sync ? ORIGIN_GUEST : ORIGIN_OLDER, abort ? ORIGIN_GUEST : ORIGIN_OLDER, ipa ? ORIGIN_GUEST : ORIGIN_OLDER);
	o->fault.par = ORIGIN_OLDER;
}

static uint8_t origin_of(const struct oracle *o, enum sysreg reg)
{
	switch (reg) {
	case SR_ESR_EL2:
		return o->fault.esr;
	case SR_FAR_EL2:
		return o->fault.far;
	case SR_HPFAR_EL2:
		return o->fault.hpfar;
	default:
		return o->fault.par;
	}
}

static bool is_due(const struct oracle *o, size_t r, uint64_t state)
{
	uint64_t on = rows[r].on, off = rows[r].off;

	if ((on & HVC) != 0)
		return o->fault.in_hvc;
	if ((o->p->beside.unasked >> r & 1) != 0) {
		on &= ~CND(SYNC);
		off = 0;
	}
	if (o->phase == PHASE_EXIT)
		state |= TO_HOST;
	return o->fault.in_exit && (on & ~state) == 0 && (off & state) == 0;
}

static void stale(struct oracle *o, size_t r, size_t op, const char *whose)
{
	oracle_violate(o, VIOLATION_stale_read, -1, sysreg_name(rows[r].reg), op, "%s%s%s; %s", whose,
		       rows[r].reader[0] != '\0' ? " in " : "", rows[r].reader, rows[r].what);
}

static void read_for(struct oracle *o, uint32_t due, size_t i, uint64_t state)
{
	for (size_t r = 0; due != 0 && r < N_FAULTS; r++) {
		uint8_t from = origin_of(o, rows[r].reg);
		uint8_t want = (rows[r].on & HVC) != 0 ? ORIGIN_HOST : ORIGIN_GUEST;

		if ((due >> r & 1) == 0)
			continue;
		if (is_due(o, r, state) && (o->fault.done >> r & 1) == 0 && from != want)
			stale(o, r, i, from == ORIGIN_HYP ? "what an exception at EL2 left is read" : "what an older exception left is read");
		o->fault.done |= 1U << r;
	}
}

/* What must have been read and was not. hvc: of the host's hypercall. */
static void check(struct oracle *o, uint64_t state, bool hvc)
{
	for (size_t r = 0; r < N_FAULTS; r++) {
		if ((o->t.faults & ~o->fault.done & 1U << r) != 0 && ((rows[r].on & HVC) != 0) == hvc && is_due(o, r, state))
			stale(o, r, SIZE_MAX, "it is not read");
	}
}

void oracle_fault_begin(struct oracle *o)
{
	memset(&o->fault, 0, sizeof(o->fault));
}

void oracle_fault_op(struct oracle *o, size_t i, uint64_t state)
{
	const struct ws_op *op = &o->p->op[i];

	switch (op->opcode) {
	case OP_EXC:
		exception(o, state);
		break;
	case OP_HVC:
		o->fault.in_hvc = true;
		o->fault.esr = ORIGIN_HOST;
		break;
	case OP_ERET:
		if (o->fault.in_hvc)
			check(o, state, true);
		o->fault.in_hvc = false;
		break;
	case OP_AT_S1E1R:
		o->fault.par = ORIGIN_GUEST;
		break;
	case OP_MSR: /* kept over an exception at EL2 */
		if (op->reg == SR_ESR_EL2)
			o->fault.esr = ORIGIN_GUEST;
		else if (op->reg == SR_PAR_EL1)
			o->fault.par = ORIGIN_OLDER;
		break;
	default:
		break;
	}
	read_for(o, o->t.op[i].fault, i, state);
}

void oracle_fault_end(struct oracle *o, uint64_t state)
{
	if (o->fault.in_exit)
		check(o, state, false);
}
