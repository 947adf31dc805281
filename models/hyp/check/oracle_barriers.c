/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of barriers.def: what must stand between two things that happen on one CPU. */
#include <string.h>

#include "models/hyp/check/oracle_impl.h"
#include "models/hyp/check/ws_life.h"

enum event_kind {
	EV_WRITE, EV_READ, EV_OPCODE, EV_KEYS, EV_NO_KEYS, EV_FP, EV_TLBI, EV_GROUP, EV_READ_GROUP, EV_PSTATE, EV_UNMASK, EV_REGIME,
	EV_FOR_GUEST, EV_CSE, EV_DSB, /* ops */
	EV_BEGIN, EV_END, EV_BEGIN_COMP, EV_END_COMP, EV_GUEST /* of a component */
};

struct event {
	enum event_kind kind;
	uint16_t what; /* register, group, opcode, phase or component */
	uint8_t side;  /* SIDE_COUNT: any */
	uint64_t when; /* run-time conditions of a beginning */
	const char *function;
};

#define W(reg)            { EV_WRITE, SR_##reg, SIDE_COUNT, 0, NULL }
#define WS(reg, side)     { EV_WRITE, SR_##reg, SIDE_##side, 0, NULL }
#define WF(reg, function) { EV_WRITE, SR_##reg, SIDE_COUNT, 0, function }
#define R(reg)            { EV_READ, SR_##reg, SIDE_COUNT, 0, NULL }
#define RS(reg, side)     { EV_READ, SR_##reg, SIDE_##side, 0, NULL }
#define OP(opcode)        { EV_OPCODE, OP_##opcode, SIDE_COUNT, 0, NULL }
#define OPS(opcode, side) { EV_OPCODE, OP_##opcode, SIDE_##side, 0, NULL }
#define OPF(opcode, function) { EV_OPCODE, OP_##opcode, SIDE_COUNT, 0, function }
#define KEYS              { EV_KEYS, 0, SIDE_COUNT, 0, NULL }
#define NOKEYS            { EV_NO_KEYS, 0, SIDE_COUNT, 0, NULL }
#define FPUSE             { EV_FP, 0, SIDE_COUNT, 0, NULL }
#define TLBI              { EV_TLBI, 0, SIDE_COUNT, 0, NULL }
#define WG(group, side)   { EV_GROUP, GRP_##group, SIDE_##side, 0, NULL }
#define RG(group, side)   { EV_READ_GROUP, GRP_##group, SIDE_##side, 0, NULL }
#define PSTATE(function)  { EV_PSTATE, 0, SIDE_COUNT, 0, function }
#define UNMASK(function)  { EV_UNMASK, 0, SIDE_COUNT, 0, function }
#define REGIME            { EV_REGIME, 0, SIDE_COUNT, 0, NULL }
#define FOR_GUEST         { EV_FOR_GUEST, 0, SIDE_COUNT, 0, NULL }
#define CSE               { EV_CSE, 0, SIDE_COUNT, 0, NULL }
#define DSB               { EV_DSB, 0, SIDE_COUNT, 0, NULL }
#define BEGIN(phase)      { EV_BEGIN, PHASE_##phase, SIDE_COUNT, 0, NULL }
#define BEGIN_IF(phase, state) { EV_BEGIN, PHASE_##phase, SIDE_COUNT, CND(state), NULL }
#define END(phase)        { EV_END, PHASE_##phase, SIDE_COUNT, 0, NULL }
#define BEGIN_COMP(comp)  { EV_BEGIN_COMP, COMP_##comp, SIDE_COUNT, 0, NULL }
#define END_COMP(comp)    { EV_END_COMP, COMP_##comp, SIDE_COUNT, 0, NULL }
#define GUEST             { EV_GUEST, 0, SIDE_COUNT, 0, NULL }

static const struct {
	struct event first, clear, then;
	uint64_t on, off;
} barrier_rows[] = {
#define BARRIER(id, first, clear, then, on, off, why) { first, clear, then, on, off },
#define ORDER(id, first, clear, then, on, off, why)   { first, clear, then, on, off },
#include "models/hyp/check/barriers.def"
};

static const struct oracle_barrier barrier_names[] = {
#define BARRIER(id, first, clear, then, on, off, why) { #id, why, VIOLATION_no_barrier },
#define ORDER(id, first, clear, then, on, off, why)   { #id, why, VIOLATION_out_of_order },
#include "models/hyp/check/barriers.def"
};

#define N_BARRIERS (sizeof(barrier_rows) / sizeof(barrier_rows[0]))
_Static_assert(N_BARRIERS <= BARRIERS_MAX && sizeof(barrier_set) * 8 == BARRIERS_MAX, "one bit each");

/* ---- ops ---- */

bool oracle_is_key(const struct ws_op *op)
{
	return op->reg != SR_NONE && sysreg_row((enum sysreg)op->reg)->group == GRP_pauth;
}

/* What decides where the host's buffers are written to: the guest's translations, and who owns the buffer. */
static bool is_regime(const struct ws_op *op)
{
	switch (op->reg) {
	case SR_TTBR0_EL1:
	case SR_TTBR1_EL1:
	case SR_TCR_EL1:
	case SR_MAIR_EL1:
		return op->side == SIDE_GUEST || op->side == SIDE_GCFG;
	case SR_VTTBR_EL2:
	case SR_MDCR_EL2:
		return op->side == SIDE_GCFG;
	default:
		return false;
	}
}

/* Exceptions synchronise unless SCTLR_EL2.EIS or EOS is clear on a core with FEAT_ExS. */
static bool is_cse(const struct ws_prog *p, const struct ws_op *op)
{
	switch (ws_opcode_row((enum ws_opcode)op->opcode)->counter) {
	case CNT_isb:
		return true;
	case CNT_exc:
	case CNT_hvc:
		return !p->beside.entry_no_cse;
	case CNT_svc:
		return true; /* SCTLR_EL1 */
	case CNT_eret:
		return !p->beside.return_no_cse;
	default:
		return false;
	}
}

static bool is_event(const struct ws_prog *p, const struct event *ev, const struct ws_op *op)
{
	uint8_t counter = ws_opcode_row((enum ws_opcode)op->opcode)->counter;
	bool fits = (ev->side == SIDE_COUNT || ev->side == op->side) &&
		    (ev->function == NULL || strcmp(ev->function, op->step->function) == 0);

	switch (ev->kind) {
	case EV_WRITE:
		return counter == CNT_write && op->reg == ev->what && fits;
	case EV_READ:
		return counter == CNT_read && op->reg == ev->what && fits;
	case EV_GROUP:
		return counter == CNT_write && op->group == ev->what && fits;
	case EV_READ_GROUP:
		return counter == CNT_read && op->group == ev->what && op->phase == PHASE_EXIT && fits;
	case EV_PSTATE:
		return op->opcode == OP_PSTATE && fits;
	case EV_UNMASK:
		return op->opcode == OP_PSTATE && op->phase == PHASE_EXIT && fits;
	case EV_OPCODE:
		return op->opcode == ev->what && fits;
	case EV_KEYS: /* the guest's come into force with ERET */
		return op->phase <= PHASE_LAZY && counter == CNT_write && oracle_is_key(op) && op->side != SIDE_GUEST;
	case EV_NO_KEYS:
		return op->phase <= PHASE_LAZY && op->reg != SR_NONE && !oracle_is_key(op);
	case EV_FP:
		return counter == CNT_fpr || op->reg == SR_FPSR || op->reg == SR_FPCR;
	case EV_TLBI:
		return counter == CNT_tlbi;
	case EV_REGIME:
		return counter == CNT_write && op->phase == PHASE_ENTER && is_regime(op);
	case EV_FOR_GUEST:
		return counter == CNT_write && (op->phase == PHASE_ENTER || op->phase == PHASE_LAZY) &&
		       (op->side == SIDE_GUEST || op->side == SIDE_GCFG);
	case EV_CSE:
		return is_cse(p, op);
	case EV_DSB:
		return counter == CNT_dsb;
	case EV_BEGIN:
	case EV_END:
	case EV_BEGIN_COMP:
	case EV_END_COMP:
	case EV_GUEST:
		return false;
	}
	BUG("unknown kind of event");
}

/* ---- beginnings and ends ---- */

static bool is_part(const struct ws_prog *p, const struct event *ev, enum event_kind phase, enum event_kind comp, enum ws_comp c)
{
	if (ev->kind == phase)
		return ws_phase_comp(p, (enum ws_phase)ev->what) == c;
	if (ev->kind == EV_GUEST)
		return phase == EV_END && (ws_phase_comp(p, PHASE_ENTER) == c || ws_phase_comp(p, PHASE_LAZY) == c);
	return ev->kind == comp && ev->what == c;
}

static void comp_bits(struct oracle_tables *t, const struct ws_prog *p, unsigned b)
{
	barrier_set bit = BARRIER_BIT(b);

	for (unsigned c = 0; c < COMP_COUNT; c++) {
		struct oracle_comp *x = &t->comp[c];

		if (is_part(p, &barrier_rows[b].first, EV_BEGIN, EV_BEGIN_COMP, (enum ws_comp)c))
			x->begins |= bit;
		if (is_part(p, &barrier_rows[b].first, EV_END, EV_END_COMP, (enum ws_comp)c))
			x->then_begins |= bit;
		if (is_part(p, &barrier_rows[b].then, EV_END, EV_END_COMP, (enum ws_comp)c))
			x->ends |= bit;
	}
}

/* A policy that traps the register for good, or keeps it in the CPU, has nothing to order at the entry. */
static bool is_given_up(const struct ws_prog *p, const struct event *ev)
{
	enum sysreg reg = (enum sysreg)ev->what;
	uint8_t pol;

	if (ev->kind != EV_WRITE && ev->kind != EV_READ)
		return false;
	pol = p->config.reg_policy[reg];
	if (pol == POL_MODEL)
		pol = p->config.group_policy[sysreg_row(reg)->group];
	return pol == POL_NEVER || (pol == POL_DEFERRED && (ev->side == SIDE_GUEST || ev->side == SIDE_GCFG));
}

void oracle_barriers_make(struct oracle_tables *t, const struct ws_prog *p)
{
	for (unsigned b = 0; b < N_BARRIERS; b++) {
		barrier_set bit = BARRIER_BIT(b);

		if ((barrier_rows[b].on & ~p->known) != 0 || (barrier_rows[b].off & p->known) != 0 ||
		    is_given_up(p, &barrier_rows[b].clear))
			continue;
		for (size_t i = 0; i < p->n; i++) {
			if (is_event(p, &barrier_rows[b].first, &p->op[i]))
				t->op[i].first |= bit;
			if (is_event(p, &barrier_rows[b].clear, &p->op[i]))
				t->op[i].clear |= bit;
			if (is_event(p, &barrier_rows[b].then, &p->op[i]))
				t->op[i].then |= bit;
		}
		comp_bits(t, p, b);
	}
}

/* ---- run ---- */

void oracle_barriers_missing(struct oracle *o, barrier_set bits, size_t op)
{
	for (size_t b = 0; bits != 0 && b < N_BARRIERS; b++) {
		if ((bits >> b & 1) != 0)
			oracle_violate(o, barrier_names[b].rule, -1, barrier_names[b].name, op, "%s", barrier_names[b].why);
	}
}

void oracle_barriers_begin(struct oracle *o, enum ws_comp comp, uint64_t state)
{
	barrier_set bits = o->t.comp[comp].begins;

	for (; bits != 0; bits &= bits - 1) {
		const uint64_t low = (uint64_t)bits;
		const unsigned b = (unsigned)(low != 0 ? __builtin_ctzll(low) : 64 + __builtin_ctzll((uint64_t)(bits >> 64)));

		if ((barrier_rows[b].first.when & ~state) == 0)
			oracle_cpu(o, o->c)->pending |= BARRIER_BIT(b);
	}
}

void oracle_barriers_end(struct oracle *o, enum ws_comp comp)
{
	struct oracle_cpu *cpu = oracle_cpu(o, o->c);
	barrier_set bits = o->t.comp[comp].ends;

	oracle_barriers_missing(o, cpu->pending & bits, SIZE_MAX);
	cpu->pending = (cpu->pending & ~bits) | o->t.comp[comp].then_begins;
}
