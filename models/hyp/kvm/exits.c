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

const struct exit_row exit_rows[EXIT_COUNT] = {
#define EXIT(id, class, access, where, path, state, help, ...)                                      \
	[EXIT_##id] = { #id, XC_##class, XA_##access, XAT_##where, #path, state, help,                \
			sizeof((struct exit_step[]){ __VA_ARGS__ }) / sizeof(struct exit_step),     \
			{ __VA_ARGS__ } },
#include "models/hyp/kvm/exits.def"
};

bool exit_by_name(const char *name, enum exit_kind *k)
{
	for (unsigned i = 0; i < EXIT_COUNT; i++) {
		if (strcmp(name, exit_rows[i].name) == 0) {
			*k = (enum exit_kind)i;
			return true;
		}
	}
	return false;
}

enum ws_comp exit_step_comp(const struct ws_model *m, const struct exit_step *s)
{
	return s->is_phase ? ws_model_comp(m, (enum ws_phase)s->id) : (enum ws_comp)s->id;
}

bool exit_is_user(enum exit_kind k)
{
	return exit_row(k)->where == XAT_USER;
}

bool exit_is_mmio(enum exit_kind k, bool *write)
{
	const struct exit_row *row = exit_row(k);

	*write = row->class == XC_MMIO && row->access == XA_WRITE;
	return row->class == XC_MMIO;
}

bool exit_runs(enum ws_comp comp)
{
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		for (unsigned i = 0; i < exit_rows[k].n; i++) {
			if (!exit_rows[k].step[i].is_phase && exit_rows[k].step[i].id == comp)
				return true;
		}
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

/* ---- classify.def ---- */

#define ANY (-1)

static bool fits(int64_t want, uint64_t have)
{
	return want == ANY || (uint64_t)want == have;
}

static const struct {
	int64_t function;
	enum exit_kind kind;
} hvcs[] = {
#define HVCFN(fn, kind) { fn, EXIT_##kind },
#include "models/hyp/kvm/classify.def"
};

static const struct {
	int op[5];
	enum exit_kind kind;
} sysregs[] = {
#define SYSREG_EXIT(o0, o1, cn, cm, o2, kind) { { o0, o1, cn, cm, o2 }, EXIT_##kind },
#include "models/hyp/kvm/classify.def"
};

static const enum exit_kind faults[XA_COUNT] = {
#define FAULT_EXIT(access, kind) [XA_##access] = EXIT_##kind,
#include "models/hyp/kvm/classify.def"
};

static const struct {
	int64_t ec;
	enum exit_kind kind;
} classes[] = {
#define EC_EXIT(ec, kind) { ec, EXIT_##kind },
#include "models/hyp/kvm/classify.def"
};

#define N(table) (sizeof(table) / sizeof((table)[0]))

enum exit_kind exit_of_hvc(uint64_t function)
{
	size_t i = 0;

	while (!fits(hvcs[i].function, (uint32_t)function))
		BUG_ON(++i == N(hvcs));
	return hvcs[i].kind;
}

static bool all_fit(const int want[5], const unsigned have[5])
{
	unsigned same = 0;

	while (same < 5 && fits(want[same], have[same]))
		same++;
	return same == 5;
}

enum exit_kind exit_of_sysreg(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
	const unsigned op[] = { op0, op1, crn, crm, op2 };
	size_t i = 0;

	while (!all_fit(sysregs[i].op, op))
		BUG_ON(++i == N(sysregs));
	return sysregs[i].kind;
}

enum exit_kind exit_of_class(uint64_t ec)
{
	size_t i = 0;

	while (!fits(classes[i].ec, ec))
		BUG_ON(++i == N(classes));
	return classes[i].kind;
}

/* Syndromes of a stage-2 abort: class, IL and ISV as a word access to a device has them. */
#define ESR_DABT  UINT64_C(0x93800006)
#define ESR_IABT  UINT64_C(0x82000006)
#define ESR_WNR   (UINT64_C(1) << 6)
#define ESR_S1PTW (UINT64_C(1) << 7)
#define ESR_PERM  UINT64_C(0x0e) /* DFSC: permission fault, level 2 */
#define EC_IABT   0x20           /* instruction abort from a lower level */
#define EC_DABT   0x24

enum exit_kind exit_of_fault(uint64_t esr)
{
	bool permission = (esr >> 2 & 0xf) == 0xc >> 2; /* ISS.DFSC 0b0011xx */

	/* A walk of stage 1 reads, unless it was to update a descriptor (kvm_is_write_fault); it never executes. */
	if (esr & ESR_S1PTW)
		return faults[permission ? XA_PERM : XA_READ];
	if (esr >> 26 == EC_IABT)
		return faults[XA_EXEC];
	if ((esr & ESR_WNR) == 0)
		return faults[XA_READ];
	return faults[permission ? XA_PERM : XA_WRITE];
}

enum exit_kind exit_seen_as(enum exit_kind k)
{
	switch (k) {
#define SEEN_AS(kind, as)                                                                           \
	case EXIT_##kind:                                                                           \
		return EXIT_##as;
#include "models/hyp/kvm/classify.def"
	default:
		return k;
	}
}

static bool class_of(enum exit_kind k, uint64_t *ec)
{
	for (size_t i = 0; i < N(classes); i++) {
		if (classes[i].kind == k && classes[i].ec != ANY) {
			*ec = (uint64_t)classes[i].ec;
			return true;
		}
	}
	return false;
}

static bool sysreg_of(enum exit_kind k, struct exit_tell *t)
{
	for (size_t i = 0; i < N(sysregs); i++) {
		if (sysregs[i].kind != k)
			continue;
		for (unsigned j = 0; j < 5; j++)
			t->op[j] = sysregs[i].op[j] == ANY ? 0 : (unsigned)sysregs[i].op[j];
		return true;
	}
	return false;
}

static bool hvc_of(enum exit_kind k, uint64_t *function)
{
	for (size_t i = 0; i < N(hvcs); i++) {
		if (hvcs[i].kind == k && hvcs[i].function != ANY) {
			*function = (uint64_t)hvcs[i].function;
			return true;
		}
	}
	return false;
}

#define EC_WFX   0x01
#define EC_HVC64 0x16
#define EC_SYS64 0x18
#define EC_OTHER 0x3f /* no row has it */

struct exit_tell exit_tell_of(enum exit_kind kind)
{
	const struct exit_row *row = exit_row(exit_seen_as(kind));
	enum exit_kind k = (enum exit_kind)(row - exit_rows);
	struct exit_tell t = { .ret = EXIT_RET_TRAP, .user = exit_is_user(k), .read = false };

	if ((row->state & (CND(IRQ) | CND(SERROR))) != 0) {
		t.ret = (row->state & CND(IRQ)) != 0 ? EXIT_RET_IRQ : EXIT_RET_SERROR;
	} else if ((row->state & CND(ABORT)) != 0) {
		bool exec = row->access == XA_EXEC, perm = row->access == XA_PERM;
		bool write = perm || row->access == XA_WRITE;

		t.detail = TELL_FAULT;
		t.ec = exec ? EC_IABT : EC_DABT;
		t.hsr = (exec ? ESR_IABT : ESR_DABT) | (write ? ESR_WNR : 0) | (perm ? ESR_PERM : 0);
		t.mmio = t.user || row->class == XC_MMIO;
		t.read = !write;
	} else if (hvc_of(k, &t.function)) {
		t.detail = TELL_HVC;
		t.ec = EC_HVC64;
	} else if (sysreg_of(k, &t)) {
		t.detail = TELL_SYSREG;
		t.ec = EC_SYS64;
	} else if (row->class == XC_WFI || row->class == XC_WFE) {
		t.detail = TELL_WFX;
		t.ec = EC_WFX;
		t.wfe = row->class == XC_WFE;
	} else if (!class_of(k, &t.ec)) {
		t.ec = EC_OTHER;
	}
	return t;
}
