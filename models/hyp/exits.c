/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/exits.h"

#include <string.h>

#define ST0       0
#define ST(a)     CND(a)
#define ST2(a, b) (CND(a) | CND(b))
#define ST3(a, b, c)       (CND(a) | CND(b) | CND(c))
#define ST4(a, b, c, d)    (CND(a) | CND(b) | CND(c) | CND(d))
#define ST5(a, b, c, d, e) (CND(a) | CND(b) | CND(c) | CND(d) | CND(e))
#define P(phase)           { true, PHASE_##phase, 0, false }
#define C(comp)            { false, COMP_##comp, 0, false }
#define PX(phase, state)   { true, PHASE_##phase, CND(state), false }
#define CX(comp, state)    { false, COMP_##comp, CND(state), false }
#define M(comp)            { false, COMP_##comp, 0, true }
#define MX(comp, state)    { false, COMP_##comp, CND(state), true }

static const struct exit_row rows[EXIT_COUNT] = {
#define EXIT(id, path, state, help, ...)                                                            \
	[EXIT_##id] = { #id, #path, state, help,                                                     \
			sizeof((struct exit_step[]){ __VA_ARGS__ }) / sizeof(struct exit_step),     \
			{ __VA_ARGS__ } },
#include "models/hyp/exits.def"
#undef EXIT
};

const struct exit_row *exit_row(enum exit_kind k)
{
	BUG_ON(k >= EXIT_COUNT);
	return &rows[k];
}

bool exit_by_name(const char *name, enum exit_kind *k)
{
	for (unsigned i = 0; i < EXIT_COUNT; i++) {
		if (strcmp(name, rows[i].name) == 0) {
			*k = (enum exit_kind)i;
			return true;
		}
	}
	return false;
}

uint64_t exit_step_state(const struct exit_row *row, unsigned i)
{
	const struct exit_step *s = &row->step[i];
	uint64_t state = row->state | s->state;

	if (exit_step_is(s, PHASE_LAZY))
		state = (state & ~(CND(ABORT) | CND(S2_PERM) | CND(IRQ) | CND(HVC64))) | CND(SYNC);
	return state;
}

enum ws_comp exit_step_comp(const struct ws_prog *p, const struct exit_step *s)
{
	return s->is_phase ? ws_phase_comp(p, (enum ws_phase)s->id) : (enum ws_comp)s->id;
}

bool exit_is_user(enum exit_kind k)
{
	const struct exit_row *row = exit_row(k);

	for (unsigned i = 0; i < row->n; i++) {
		if (!row->step[i].is_phase && row->step[i].id == COMP_host_ioctl)
			return true;
	}
	return false;
}

bool exit_is_mmio(enum exit_kind k, bool *write)
{
	const struct exit_row *row = exit_row(k);

	for (unsigned i = 0; i < row->n; i++) {
		const struct exit_step *s = &row->step[i];

		*write = !s->is_phase && s->id == COMP_mmio_abort;
		if (*write || (!s->is_phase && s->id == COMP_mmio_return))
			return true;
	}
	return false;
}

bool exit_is_exit(enum exit_kind k)
{
	const struct exit_row *row = exit_row(k);

	return exit_step_is(&row->step[0], PHASE_EXIT);
}

enum exit_kind exit_of_hvc(uint64_t function)
{
	static const struct {
		uint32_t function;
		enum exit_kind kind;
	} table[] = {
#define HVCFN(fn, kind) { fn, EXIT_##kind },
#define SYSREG_EXIT(...)
#define EC_EXIT(ec, kind)
#include "models/hyp/classify.def"
#undef HVCFN
#undef SYSREG_EXIT
#undef EC_EXIT
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if ((uint32_t)function == table[i].function)
			return table[i].kind;
	}
	return EXIT_hvc_unknown;
}

static bool fits(int want, unsigned have)
{
	return want < 0 || (unsigned)want == have;
}

enum exit_kind exit_of_sysreg(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
	static const struct {
		int op0, op1, crn, crm, op2;
		enum exit_kind kind;
	} table[] = {
#define HVCFN(fn, kind)
#define SYSREG_EXIT(o0, o1, cn, cm, o2, kind) { o0, o1, cn, cm, o2, EXIT_##kind },
#define EC_EXIT(ec, kind)
#include "models/hyp/classify.def"
#undef HVCFN
#undef SYSREG_EXIT
#undef EC_EXIT
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (fits(table[i].op0, op0) && fits(table[i].op1, op1) && fits(table[i].crn, crn) &&
		    fits(table[i].crm, crm) && fits(table[i].op2, op2))
			return table[i].kind;
	}
	return EXIT_sysreg_other;
}

enum exit_kind exit_of_class(uint64_t ec)
{
	switch (ec) {
#define HVCFN(fn, kind)
#define SYSREG_EXIT(...)
#define EC_EXIT(class, kind)                                                                        \
	case class:                                                                                 \
		return EXIT_##kind;
#include "models/hyp/classify.def"
#undef HVCFN
#undef SYSREG_EXIT
#undef EC_EXIT
	default:
		return EXIT_other;
	}
}

enum exit_kind exit_of_fault(uint64_t esr)
{
	bool write = (esr >> 6 & 1) != 0;             /* ISS.WnR */
	bool permission = (esr >> 2 & 0xf) == 0xc >> 2; /* ISS.DFSC 0b0011xx */

	if (esr >> 26 == 0x20) /* instruction abort from a lower level */
		return EXIT_s2_exec;
	if (!write)
		return EXIT_s2_fault_read;
	return permission ? EXIT_s2_dirtylog : EXIT_s2_fault_write;
}
