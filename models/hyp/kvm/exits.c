/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/kvm/exits.h"

#include <string.h>

#include "sim/base/err.h"

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
#include "models/hyp/kvm/exits.def"
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

enum ws_comp exit_step_comp(const struct ws_model *m, const struct exit_step *s)
{
	return s->is_phase ? ws_model_comp(m, (enum ws_phase)s->id) : (enum ws_comp)s->id;
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

bool exit_is_workload(enum exit_kind k)
{
	const struct exit_row *row = exit_row(k);
	unsigned enters = 0;

	for (unsigned i = 0; i < row->n; i++) {
		if (row->step[i].meanwhile)
			return false;
		enters += exit_step_is(&row->step[i], PHASE_ENTER);
	}
	return exit_is_exit(k) && enters == 1 &&
	       exit_step_is(&row->step[row->n - 1], PHASE_ENTER) &&
	       (row->state & (CND(IRQ) | CND(SERROR) | CND(LR_LIVE))) == 0;
}

static const struct {
	uint32_t function;
	enum exit_kind kind;
} hvcs[] = {
#define HVCFN(fn, kind) { fn, EXIT_##kind },
#define SYSREG_EXIT(...)
#define EC_EXIT(ec, kind)
#define SEEN_AS(kind, as)
#include "models/hyp/kvm/classify.def"
#undef HVCFN
#undef SYSREG_EXIT
#undef EC_EXIT
#undef SEEN_AS
	{ 0x4b000000, EXIT_hvc_unknown }, /* as kvm-unit-tests' micro-bench has it */
};

enum exit_kind exit_of_hvc(uint64_t function)
{
	for (size_t i = 0; i < sizeof(hvcs) / sizeof(hvcs[0]); i++) {
		if ((uint32_t)function == hvcs[i].function)
			return hvcs[i].kind;
	}
	return EXIT_hvc_unknown;
}

static bool fits(int want, unsigned have)
{
	return want < 0 || (unsigned)want == have;
}

static const struct {
	int op[5];
	enum exit_kind kind;
} sysregs[] = {
#define HVCFN(fn, kind)
#define SYSREG_EXIT(o0, o1, cn, cm, o2, kind) { { o0, o1, cn, cm, o2 }, EXIT_##kind },
#define EC_EXIT(ec, kind)
#define SEEN_AS(kind, as)
#include "models/hyp/kvm/classify.def"
#undef HVCFN
#undef SYSREG_EXIT
#undef EC_EXIT
#undef SEEN_AS
	{ { 3, 3, 9, 12, 1 }, EXIT_sysreg_other }, /* PMCNTENSET_EL0: in no row above */
};

enum exit_kind exit_of_sysreg(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
	const unsigned op[] = { op0, op1, crn, crm, op2 };

	for (size_t i = 0; i < sizeof(sysregs) / sizeof(sysregs[0]); i++) {
		unsigned same = 0;

		while (same < 5 && fits(sysregs[i].op[same], op[same]))
			same++;
		if (same == 5)
			return sysregs[i].kind;
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
#define SEEN_AS(kind, as)
#include "models/hyp/kvm/classify.def"
#undef HVCFN
#undef SYSREG_EXIT
#undef EC_EXIT
#undef SEEN_AS
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

enum exit_kind exit_seen_as(enum exit_kind k)
{
	switch (k) {
#define HVCFN(fn, kind)
#define SYSREG_EXIT(...)
#define EC_EXIT(ec, kind)
#define SEEN_AS(kind, as)                                                                           \
	case EXIT_##kind:                                                                           \
		return EXIT_##as;
#include "models/hyp/kvm/classify.def"
#undef HVCFN
#undef SYSREG_EXIT
#undef EC_EXIT
#undef SEEN_AS
	default:
		return k;
	}
}

static bool class_of(enum exit_kind k, uint64_t *ec)
{
	static const struct {
		uint64_t ec;
		enum exit_kind kind;
	} table[] = {
#define HVCFN(fn, kind)
#define SYSREG_EXIT(...)
#define EC_EXIT(ec, kind) { ec, EXIT_##kind },
#define SEEN_AS(kind, as)
#include "models/hyp/kvm/classify.def"
#undef HVCFN
#undef SYSREG_EXIT
#undef EC_EXIT
#undef SEEN_AS
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].kind == k) {
			*ec = table[i].ec;
			return true;
		}
	}
	return false;
}

static bool sysreg_of(enum exit_kind k, struct exit_tell *t)
{
	for (size_t i = 0; i < sizeof(sysregs) / sizeof(sysregs[0]); i++) {
		if (sysregs[i].kind != k)
			continue;
		for (unsigned j = 0; j < 5; j++)
			t->op[j] = sysregs[i].op[j] < 0 ? 0 : (unsigned)sysregs[i].op[j];
		return true;
	}
	return false;
}

static bool hvc_of(enum exit_kind k, uint64_t *function)
{
	for (size_t i = 0; i < sizeof(hvcs) / sizeof(hvcs[0]); i++) {
		if (hvcs[i].kind == k) {
			*function = hvcs[i].function;
			return true;
		}
	}
	return false;
}

/* Syndromes of a stage-2 abort: class, IL and ISV as a word access to a device has them. */
#define ESR_DABT  UINT64_C(0x93800006)
#define ESR_IABT  UINT64_C(0x82000006)
#define ESR_WNR   (UINT64_C(1) << 6)
#define ESR_PERM  UINT64_C(0x0e) /* DFSC: permission fault, level 2 */

struct exit_tell exit_tell_of(enum exit_kind kind)
{
	enum exit_kind k = exit_seen_as(kind);
	uint64_t state = exit_row(k)->state;
	struct exit_tell t = { .ret = EXIT_RET_TRAP, .user = exit_is_user(k), .read = false };

	if ((state & (CND(IRQ) | CND(SERROR))) != 0) {
		t.ret = (state & CND(IRQ)) != 0 ? EXIT_RET_IRQ : EXIT_RET_SERROR;
	} else if ((state & CND(ABORT)) != 0) {
		bool write = k == EXIT_mmio_gicd_write || k == EXIT_mmio_write_user ||
			     k == EXIT_s2_fault_write || k == EXIT_s2_dirtylog;

		t.detail = TELL_FAULT;
		t.ec = k == EXIT_s2_exec ? 0x20 : 0x24;
		t.hsr = (k == EXIT_s2_exec ? ESR_IABT : ESR_DABT) | (write ? ESR_WNR : 0) |
			(k == EXIT_s2_dirtylog ? ESR_PERM : 0);
		t.mmio = t.user || k == EXIT_mmio_gicd_write || k == EXIT_mmio_gicd_read;
		t.read = !write;
	} else if (hvc_of(k, &t.function)) {
		t.detail = TELL_HVC;
		t.ec = 0x16;
	} else if (sysreg_of(k, &t)) {
		t.detail = TELL_SYSREG;
		t.ec = 0x18;
	} else if (!class_of(k, &t.ec)) {
		const struct exit_step *next = &exit_row(k)->step[1];
		bool wfi = !next->is_phase && next->id == COMP_wfi_vgic_put;

		t.ec = wfi || k == EXIT_wfe ? 0x01 : 0x3f;
	}
	if (t.ec == 0x01)
		t.detail = TELL_WFX;
	t.wfe = k == EXIT_wfe;
	return t;
}
