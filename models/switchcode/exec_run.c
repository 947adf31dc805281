// SPDX-License-Identifier: Apache-2.0
/* The loop: instructions, exceptions, functions that are left out, and where values come from. */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "models/switchcode/exec_impl.h"

#define DAIF_ALL  UINT64_C(0x3c0)
#define RETURN_TO UINT64_C(0xffffd00000000000) /* nothing is there: a call comes back */

/* Actions of outside.def; rows of roots.def return 0. */
enum action { ACT_ZERO, ACT_ONE, ACT_MEMORY, ACT_TIMER };
static const struct {
	const char *pattern;
	enum action action;
	const char *component; /* of comps.def; NULL: none */
	const char *why;
} outside[] = {
#define OUTSIDE(pattern, action, why) { pattern, ACT_##action, NULL, why },
#define OUTSIDE_HOST(function, action, component, why) { function, ACT_##action, component, why },
#include "models/switchcode/outside.def"
#define VML_STOP(pattern, why) { pattern, ACT_ZERO, NULL, why },
#include "models/vmlinux/roots.def"
};
enum { N_OUTSIDE = sizeof(outside) / sizeof(outside[0]) };
_Static_assert(N_OUTSIDE < 255, "a row fits a byte");

static struct swc_record *record(struct swc *w, enum swc_event event)
{
	struct swc_record *r;

	if (!w->recording)
		return NULL;
	if (w->n_records == w->cap_records) {
		w->cap_records = w->cap_records * 2 + 1024;
		w->records = xrealloc(w->records, w->cap_records * sizeof(*w->records));
	}
	r = &w->records[w->n_records++];
	*r = (struct swc_record){ .event = (uint8_t)event, .el = w->el, .func = w->func, .addr = w->core->pc, .insns = w->insns };
	return r;
}

/* --- where values come from -------------------------------------------------------------------- */

enum { FROM_NOTHING, FROM_REG, FROM_MEMORY };

static uint8_t place_of(const struct swc *w, uint64_t addr)
{
	uint64_t at = swc_canonical(w, addr);

	for (size_t i = 0; i < w->n_places; i++)
		if (at >= w->places[i].from && at < w->places[i].to)
			return w->places[i].place;
	return SWC_NOWHERE;
}

/* A value that was read from a system register is stored: where. */
static void stored(struct swc *w, unsigned t, uint64_t addr)
{
	size_t i;

	if (t >= 31 || w->origin[t].kind != FROM_REG || w->origin[t].of >= w->n_records || !w->recording)
		return;
	i = (size_t)w->origin[t].of;
	if (w->records[i].place == SWC_NOWHERE)
		w->records[i].place = place_of(w, addr);
}

/* Data processing, immediate or register: bits 28 to 25 are 100x or x101 (Arm ARM, C4.1); the destination is Rd. */
static bool is_alu(uint32_t word)
{
	unsigned op0 = word >> 25 & 15;

	return op0 >> 1 == 4 || (op0 & 7) == 5;
}

/* Loads, stores and moves of general-purpose registers; *op is about to be executed. */
static void follow(struct swc *w, const struct a64_op *op, const uint64_t before[31], uint64_t addr)
{
	const struct a64 *c = w->core;
	enum { NONE, LOAD, LOAD2, STORE, STORE2, MOVE } what = NONE;
	uint8_t kind = FROM_NOTHING;
	uint64_t of = 0;

	switch (op->insn) {
	case A64_LDR: case A64_LDUR: case A64_LDR_pre: case A64_LDR_post: case A64_LDR_r: case A64_LDAR: what = LOAD; break;
	case A64_LDP: case A64_LDP_pre: case A64_LDP_post: what = LOAD2; break;
	case A64_STR: case A64_STUR: case A64_STR_pre: case A64_STR_post: case A64_STR_r: case A64_STLR: what = STORE; break;
	case A64_STP: case A64_STP_pre: case A64_STP_post: what = STORE2; break;
	case A64_ORR_s: what = op->n == A64_ZR && op->imm == 0 ? MOVE : NONE; break;
	default: break;
	}
	if (what == STORE || what == STORE2) {
		stored(w, op->t, addr);
		if (what == STORE2)
			stored(w, op->u, addr + 8);
	}
	if (what == MOVE && op->m < 31) {
		kind = w->origin[op->m].kind;
		of = w->origin[op->m].of;
	}
	for (unsigned i = 0; i < 31; i++)
		if (c->x[i] != before[i])
			w->origin[i].kind = FROM_NOTHING;
	if (is_alu(op->word) && (op->word & 31) != 31)
		w->origin[op->word & 31].kind = FROM_NOTHING; /* also when the value is the same */
	if (what == LOAD || what == LOAD2) {
		if (op->d < 31) {
			w->origin[op->d].kind = FROM_MEMORY;
			w->origin[op->d].of = addr;
		}
		if (what == LOAD2 && op->e < 31) {
			w->origin[op->e].kind = FROM_MEMORY;
			w->origin[op->e].of = addr + 8;
		}
	} else if (what == MOVE && op->d < 31) {
		w->origin[op->d].kind = kind;
		w->origin[op->d].of = of;
	}
}

static uint64_t access_address(const struct swc *w, const struct a64_op *op)
{
	const struct a64 *c = w->core;
	uint64_t base = op->n < A64_GPRS ? c->x[op->n] : 0;

	switch (op->insn) {
	case A64_LDR_post: case A64_STR_post: case A64_LDP_post: case A64_STP_post: return base;
	case A64_LDR_r: case A64_STR_r: return base + (c->x[op->m] << op->aux);
	default: return base + op->imm;
	}
}

/* --- exceptions -------------------------------------------------------------------------------- */

static void to_el(struct swc *w, unsigned el)
{
	w->sp[w->el] = w->core->x[A64_SP];
	w->el = (uint8_t)el;
	w->core->x[A64_SP] = w->sp[el];
}

/* To EL2 by its vectors; `from` is where it came from, PC where it is to come back. */
static void take(struct swc *w, unsigned offset, uint64_t esr, uint64_t pc)
{
	if (w->el != 2)
		to_el(w, 2);
	swc_set_reg(w, "ESR_EL2", esr);
	swc_set_reg(w, "ELR_EL2", pc);
	swc_set_reg(w, "DAIF", DAIF_ALL);
	w->core->pc = swc_canonical(w, swc_reg(w, "VBAR_EL2") + offset);
}

/* Returns 1: the guest stays where it is. */
static int enter_guest(struct swc *w)
{
	struct swc_exit x = { .vector = 0x400 };
	struct swc_record *r;

	(void)record(w, SWC_GUEST);
	if (w->guest == NULL)
		return 1;
	w->guest(w->owner, w, &x);
	if (x.leave)
		return 1;
	swc_set_reg(w, "FAR_EL2", x.far);
	swc_set_reg(w, "HPFAR_EL2", x.hpfar);
	swc_set_reg(w, "SPSR_EL2", 0x3c5);
	take(w, x.vector, x.esr, SWC_GUEST_PC);
	r = record(w, SWC_TAKEN);
	if (r != NULL)
		r->value = x.esr;
	return 0;
}

static int eret(struct swc *w, struct err *e)
{
	uint64_t to = swc_reg(w, "ELR_EL2");

	if (w->el != 2)
		return err_set(e, ERR_INPUT, "ERET at EL%u in %s: want EL2", w->el, swc_func_name(w));
	if (to >> 28 == SWC_GUEST_PC >> 28)
		return enter_guest(w);
	if (w->host_el == 1)
		to_el(w, 1);
	swc_set_reg(w, "DAIF", swc_reg(w, "SPSR_EL2") & DAIF_ALL);
	w->core->pc = swc_canonical(w, to);
	return 0;
}

/* --- system instructions ----------------------------------------------------------------------- */

static bool of_core(uint16_t enc)
{
	switch (a64_reg_by_encoding(enc >> 14, enc >> 11 & 7, enc >> 7 & 15, enc >> 3 & 15, enc & 7)) {
	case A64_R_NZCV: return true;
	default: return false;
	}
}

static uint64_t read_value(struct swc *w, uint16_t enc)
{
	switch (a64_reg_by_encoding(enc >> 14, enc >> 11 & 7, enc >> 7 & 15, enc >> 3 & 15, enc & 7)) {
	case A64_R_CURRENTEL: return (uint64_t)w->el << 2;
	case A64_R_CNTPCT_EL0:
	case A64_R_CNTVCT_EL0: return SWC_NOW;
	default: return w->reg[enc];
	}
}

static void move_register(struct swc *w, uint32_t word, struct vml_what what, size_t at)
{
	unsigned t = word & 31;
	uint16_t enc = swc_reached(w, what.enc);
	struct swc_record *r = at != SIZE_MAX ? &w->records[at] : NULL;

	if (what.kind == VML_READ) {
		uint64_t v = read_value(w, enc);

		if (t < 31) {
			w->core->x[t] = v;
			w->origin[t].kind = at != SIZE_MAX ? FROM_REG : FROM_NOTHING;
			w->origin[t].of = at;
		}
		if (r != NULL)
			r->value = v;
		return;
	}
	w->reg[enc] = t < 31 ? w->core->x[t] : 0;
	if (r != NULL) {
		r->value = w->reg[enc];
		r->place = t < 31 && w->origin[t].kind == FROM_MEMORY ? place_of(w, w->origin[t].of) : SWC_NOWHERE;
	}
}

/* MSR DAIFSet and DAIFClr, the immediate in CRm: whether interrupts are masked is what the kernel asks itself (irqs_disabled). */
static void mask(struct swc *w, uint16_t enc)
{
	uint64_t daif = swc_reg(w, "DAIF"), bits = (uint64_t)(enc >> 3 & 15) << 6;

	if ((enc & SWC_PSTATE_FIELD) == SWC_PSTATE_DAIFSET)
		swc_set_reg(w, "DAIF", daif | bits);
	else if ((enc & SWC_PSTATE_FIELD) == SWC_PSTATE_DAIFCLR)
		swc_set_reg(w, "DAIF", daif & ~bits);
}

/* Returns 1: the guest stays; -1: an error. */
static int system_insn(struct swc *w, uint32_t word, struct vml_what what, struct err *e)
{
	struct swc_record *r = record(w, SWC_OP);
	size_t at = r != NULL ? w->n_records - 1 : SIZE_MAX;

	if (r != NULL) {
		r->what = what;
		r->reached = what.kind == VML_READ || what.kind == VML_WRITE ? swc_reached(w, what.enc) : what.enc;
	}
	w->core->pc += 4;
	switch (what.kind) {
	case VML_READ:
	case VML_WRITE: move_register(w, word, what, at); return 0;
	case VML_ERET: return eret(w, e);
	case VML_HVC:
		if (w->host_el == 2)
			return err_set(e, ERR_INPUT, "HVC in %s at EL2: nobody is there to take it", swc_func_name(w));
		swc_set_reg(w, "SPSR_EL2", swc_reg(w, "DAIF") | 5);
		take(w, 0x400, UINT64_C(0x5a000000) | what.enc, w->core->pc);
		return 0;
	case VML_SMC:
		w->core->x[0] = UINT64_MAX;
		swc_note(w, "firmware: SMC in %s answers NOT_SUPPORTED", swc_func_name(w));
		return 0;
	case VML_SVC: return err_set(e, ERR_INPUT, "SVC in %s", swc_func_name(w));
	case VML_AT:
		swc_set_reg(w, "PAR_EL1", 0);
		return 0;
	case VML_PSTATE:
		mask(w, what.enc);
		return 0;
	default: return 0;
	}
}

/* --- the loop ---------------------------------------------------------------------------------- */

static const char *core_stopped(struct swc *w, char *buf, size_t n)
{
	const struct a64 *c = w->core;
	unsigned ec = (unsigned)(c->reg[A64_R_ESR_EL1] >> 26);

	if (c->stop == A64_STOP_UNKNOWN)
		(void)snprintf(buf, n, "el2sim does not know the instruction 0x%08" PRIx32 " (%s)", c->exit.word,
			       c->exit.what != NULL ? c->exit.what : "");
	else if (ec == 0x24 || ec == 0x25)
		(void)snprintf(buf, n, "an access to 0x%" PRIx64 ", where nothing was set up", c->reg[A64_R_FAR_EL1]);
	else if (ec == 0x20 || ec == 0x21)
		(void)snprintf(buf, n, "a jump to 0x%" PRIx64 ", where no code is", c->reg[A64_R_FAR_EL1]);
	else
		(void)snprintf(buf, n, "an exception of class 0x%02x", ec);
	return buf;
}

/* The PC is at the first instruction of a function: is it marked, or not to be executed? Returns true if it was answered. */
static bool entered(struct swc *w)
{
	struct a64 *c = w->core;
	uint8_t row = w->outside[w->func], mark = w->mark[w->func];

	if (row != 0) {
		enum action action = outside[row - 1].action;
		bool later = outside[row - 1].action == ACT_TIMER && c->x[1] > SWC_HOST_NEXT;
		struct swc_record *r = outside[row - 1].component != NULL && !later ? record(w, SWC_OUTSIDE) : NULL;

		if (r != NULL)
			r->component = outside[row - 1].component;
		else if (mark != 0 && (r = record(w, SWC_CALLED)) != NULL)
			r->mark = mark;
		else if (w->recording && !later)
			swc_note(w, "%s: %s", swc_func_name(w), outside[row - 1].why);
		c->x[0] = action == ACT_MEMORY ? swc_alloc(w, 0x10000) : action == ACT_ONE;
		w->origin[0].kind = FROM_NOTHING;
		c->pc = swc_canonical(w, c->x[30]);
		return true;
	}
	if (mark != 0 && w->n_marked < sizeof(w->marked) / sizeof(w->marked[0])) {
		struct swc_record *r = record(w, SWC_CALLED);

		if (r != NULL)
			r->mark = mark;
		w->marked[w->n_marked] = swc_canonical(w, c->x[30]);
		w->marked_as[w->n_marked++] = mark;
	}
	return false;
}

static void came_back(struct swc *w)
{
	while (w->n_marked != 0 && w->core->pc == w->marked[w->n_marked - 1]) {
		struct swc_record *r = record(w, SWC_BACK);

		w->n_marked--;
		if (r != NULL)
			r->mark = w->marked_as[w->n_marked];
	}
}

static void find_func(struct swc *w, uint64_t pc)
{
	const struct vml_func *f = w->func != UINT32_MAX ? &w->k->img->funcs[w->func] : NULL;

	if (f == NULL || pc < f->addr || pc >= f->addr + 4 * (uint64_t)f->words) {
		long at = vml_func_at(w->k->img, pc);

		w->func = at >= 0 ? (uint32_t)at : UINT32_MAX;
	}
}

/* BRK of BUG and WARN (asm/brk-imm.h). */
#define BRK_MASK_WORD 0xffe0001fu
#define BRK_WORD      0xd4200000u
#define BRK_BUG       0x800

/* So many more registers were moved in a row. */
static void note_regs(struct swc *w, enum swc_event event, bool load, uint8_t regs, uint8_t place)
{
	struct swc_record *last = w->n_records != 0 ? &w->records[w->n_records - 1] : NULL, *r;

	if (last == NULL || place == SWC_NOWHERE)
		return;
	if (last->event == event && last->load == load && last->place == place && last->func == w->func) {
		last->regs = (uint8_t)(last->regs + regs);
		last->insns = w->insns;
		return;
	}
	r = record(w, event);
	r->load = load;
	r->regs = regs;
	r->place = place;
}

/* Vector registers that are moved, and general-purpose ones that assembly moves between contexts. */
static void note_moves(struct swc *w, const struct a64_op *op, bool vector)
{
	const char *name = a64_insn_name((enum a64_insn)op->insn);
	bool load = strncmp(name, "LD", 2) == 0;

	if (load || strncmp(name, "ST", 2) == 0)
		note_regs(w, vector ? SWC_FPRS : SWC_GPRS, load, name[2] == 'P' ? 2 : 1, place_of(w, access_address(w, op)));
}

static int sve(struct swc *w, uint32_t word, struct err *e)
{
	enum swc_sve what;
	uint64_t base = 0;
	bool load = false;

	what = swc_sve(w, word, &load, &base);
	if (what == SWC_SVE_NONE)
		return err_set(e, ERR_INPUT, "an SVE instruction 0x%08" PRIx32 " that el2sim does not know in %s", word, swc_func_name(w));
	if (what == SWC_SVE_VECTOR && w->recording)
		note_regs(w, SWC_FPRS, load, 1, place_of(w, base));
	w->core->pc += 4;
	return 0;
}

static int general(struct swc *w, uint32_t word, struct err *e)
{
	struct a64 *c = w->core;
	uint64_t before[31], addr, pc = c->pc;
	struct a64_op op;
	char buf[120];

	if ((word & BRK_MASK_WORD) == BRK_WORD) {
		if ((word >> 5 & 0xffff) != BRK_BUG)
			return err_set(e, ERR_INPUT, "BRK #0x%" PRIx32 " in %s", word >> 5 & 0xffff, swc_func_name(w));
		swc_note(w, "%s: a WARN or BUG of the kernel at 0x%" PRIx64, swc_func_name(w), pc);
		c->pc += 4;
		return 0;
	}
	if ((word >> 25 & 15) == 2)
		return sve(w, word, e);
	(void)a64_decode(word, A64_FEATS_ALL, &op);
	memcpy(before, c->x, sizeof(before));
	addr = access_address(w, &op);
	if (w->recording && (word >> 25 & 5) == 4)
		note_moves(w, &op, a64_insn_is_vector((enum a64_insn)op.insn));
	(void)a64_run(c, 1);
	if (c->stop != A64_STOP_BUDGET || c->pc >> 12 == FAULT_TO >> 12)
		return err_set(e, ERR_INPUT, "%s in %s at 0x%" PRIx64, core_stopped(w, buf, sizeof(buf)), swc_func_name(w), pc);
	if (w->recording)
		follow(w, &op, before, addr);
	if ((c->pc >> 48) != (pc >> 48)) /* by an address of the hypervisor part */
		c->pc = swc_canonical(w, c->pc);
	return 0;
}

static uint16_t dc_zva(void)
{
	return swc_encoding((const unsigned[5]){ 1, 3, 7, 4, 1 });
}

static int step(struct swc *w, struct err *e)
{
	struct a64 *c = w->core;
	struct vml_what what;
	uint64_t word;

	came_back(w);
	find_func(w, c->pc);
	if (w->func != UINT32_MAX && c->pc == w->k->img->funcs[w->func].addr && entered(w))
		return 0;
	if (w->over != NULL && w->n_marked != 0 && w->marked_as[w->n_marked - 1] == w->over_mark && w->over(w->owner))
		return 1;
	if ((c->pc & 3) != 0 || !swc_peek(w, c->pc, 4, &word))
		return err_set(e, ERR_INPUT, "a jump to 0x%" PRIx64 ", where no code is", c->pc);
	w->insns++;
	if (vml_what((uint32_t)word, &what) && !((what.kind == VML_READ || what.kind == VML_WRITE) && of_core(what.enc))) {
		if (what.kind == VML_DC && what.enc == dc_zva()) {
			struct swc_record *r = record(w, SWC_OP);

			if (r != NULL) {
				r->what = what;
				r->reached = what.enc;
			}
			return general(w, (uint32_t)word, e);
		}
		return system_insn(w, (uint32_t)word, what, e);
	}
	return general(w, (uint32_t)word, e);
}

uint16_t swc_sp_el0(void)
{
	return swc_encoding((const unsigned[5]){ 3, 0, 4, 1, 0 });
}

uint16_t swc_tpidr_el1(void)
{
	return swc_encoding((const unsigned[5]){ 3, 0, 13, 0, 4 });
}

bool swc_is_asm(const struct swc *w, const struct swc_record *r)
{
	const char *name = r->func != UINT32_MAX ? w->k->img->funcs[r->func].name : "";

	return strstr(name, "__guest_enter") != NULL || strstr(name, "__guest_exit") != NULL;
}

int swc_call(struct swc *w, uint64_t addr, const uint64_t *args, unsigned n, uint64_t budget, uint64_t *ret, enum swc_ended *ended,
	     struct err *e)
{
	struct a64 *c = w->core;
	int rc = 0;

	w->el = w->host_el;
	c->x[A64_SP] = w->sp[w->host_el];
	for (unsigned i = 0; i < n; i++)
		c->x[i] = args[i];
	c->x[30] = RETURN_TO;
	c->x[29] = 0;
	c->pc = addr;
	w->n_marked = 0;
	memset(w->origin, 0, sizeof(w->origin));
	for (uint64_t i = 0; c->pc != RETURN_TO; i++) {
		if (i == budget)
			return err_set(e, ERR_INPUT, "does not end: %" PRIu64 " instructions, now in %s", budget, swc_func_name(w));
		rc = step(w, e);
		if (rc != 0)
			break;
	}
	if (rc < 0)
		return -1;
	came_back(w);
	if (ret != NULL)
		*ret = c->x[0];
	if (ended != NULL)
		*ended = rc == 1 ? SWC_GUEST_STAYED : SWC_RETURNED;
	return 0;
}

/* The first row that a function's name fits; the hypervisor part's prefix is no part of it. */
void swc_find_outside(struct swc *w)
{
	const struct vml_image *img = w->k->img;

	for (size_t f = 0; f < img->n_funcs; f++)
		for (unsigned i = 0; i < N_OUTSIDE && w->outside[f] == 0; i++)
			if (fnmatch(outside[i].pattern, img->funcs[f].name, 0) == 0)
				w->outside[f] = (uint8_t)(i + 1);
}
