// SPDX-License-Identifier: Apache-2.0
#include "models/switchcode/scene_cut.h"

#include <stdlib.h>
#include <string.h>

#include "models/switchcode/exec_impl.h"

enum { GPRS_OF_A_CONTEXT = 12, VECTOR_MASK = 127, EC_PAUTH = 0x09 /* ESR_EL2.EC */ };

/* Is it an op of the switch: not what any code does? Moves of registers only when they are those of a context. */
static bool wanted(const struct swc *w, const struct swc_record *r)
{
	switch (r->event) {
	case SWC_OP: /* what is soft elsewhere is not where a context is switched */
		return !vml_what_soft(r->what) || r->place == SWC_CONTEXT || (r->el == 2 && r->what.enc == swc_tpidr_el1()) ||
		       (r->what.enc == swc_sp_el0() && swc_is_asm(w, r));
	case SWC_TAKEN:
	case SWC_OUTSIDE: return true;
	case SWC_GPRS: return r->regs >= GPRS_OF_A_CONTEXT;
	case SWC_FPRS: return r->regs >= 8;
	default: return false;
	}
}

/* The same place in the code; entries of a vector table are one place. */
static bool same(const struct swc *w, const struct swc_record *a, const struct swc_record *b)
{
	bool vectors = a->func != UINT32_MAX && w->k->img->funcs[a->func].vectors != 0;

	return a->event == b->event && a->what.kind == b->what.kind && a->what.enc == b->what.enc && a->func == b->func &&
	       (vectors || a->event == SWC_TAKEN ? (a->addr & VECTOR_MASK) == (b->addr & VECTOR_MASK) : a->addr == b->addr);
}

/* Puts an execution of a phase (records at index[0..n)) into the model: as many ops as can be are those that are there. */
static void merge(struct swc_model *m, enum swc_phase phase, const struct swc *w, const size_t *index, size_t n, uint64_t from, uint32_t state)
{
	struct swc_op *old = m->ops[phase], *out;
	size_t n_old = m->n[phase], run = m->n_runs[phase], *lcs, i = 0, j = 0, k = 0;
	uint64_t before = from;

	if (run == SWC_RUNS_MAX)
		return;
	m->run[phase][run].state = state;
	m->n_runs[phase]++;
	lcs = xcalloc((n_old + 1) * (n + 1), sizeof(*lcs));
#define AT(i, j) lcs[(i) * (n + 1) + (j)]
	for (i = n_old; i-- > 0;)
		for (j = n; j-- > 0;)
			AT(i, j) = same(w, &old[i].r, &w->records[index[j]]) ? AT(i + 1, j + 1) + 1
									    : AT(i + 1, j) > AT(i, j + 1) ? AT(i + 1, j) : AT(i, j + 1);
	out = xcalloc(n_old + n + 1, sizeof(*out));
	for (i = j = 0; i < n_old || j < n;) {
		const struct swc_record *r = j < n ? &w->records[index[j]] : NULL;

		if (i < n_old && r != NULL && same(w, &old[i].r, r)) {
			out[k] = old[i++];
			if (out[k].r.place == SWC_NOWHERE)
				out[k].r.place = r->place;
			out[k++].seen |= UINT64_C(1) << run;
			before = r->insns;
			j++;
		} else if (i < n_old && (r == NULL || AT(i + 1, j) >= AT(i, j + 1))) {
			out[k++] = old[i++];
		} else {
			out[k++] = (struct swc_op){ .r = *r, .insns = (uint32_t)(r->insns - before), .seen = UINT64_C(1) << run };
			before = r->insns;
			j++;
		}
	}
#undef AT
	free(lcs);
	free(old);
	m->ops[phase] = out;
	m->n[phase] = k;
}

static void begin(struct scene_cutter *c, enum swc_phase phase, uint32_t state, const struct swc_record *r)
{
	c->open = true;
	c->phase = phase;
	c->state = state;
	c->n = 0;
	c->from = r->insns;
}

static void end(struct scene_cutter *c, const struct swc_record *r)
{
	size_t run;

	if (!c->open)
		return;
	c->open = false;
	run = c->m->n_runs[c->phase];
	merge(c->m, c->phase, c->w, c->index, c->n, c->from, c->state | c->always);
	if (run < SWC_RUNS_MAX)
		c->m->run[c->phase][run].insns = r->insns - c->from;
}

static uint32_t enter_state(const struct scene_cutter *c)
{
	return c->turn < c->s->n ? c->s->turns[c->turn].enter : 0;
}

/* MSR DAIFClr of I: behind the switch, interrupts that waited are taken; what follows is the host's. */
static bool unmasks(const struct swc_record *r)
{
	return r->event == SWC_OP && r->what.kind == VML_PSTATE && (r->what.enc & SWC_PSTATE_FIELD) == SWC_PSTATE_DAIFCLR && (r->what.enc >> 3 & 2) != 0;
}

static void called(struct scene_cutter *c, const struct swc_record *r)
{
	bool waits = c->open && c->phase == SWC_WFI_PUT;

	c->handling |= r->mark == MARK_HANDLE && c->turn < c->s->n; /* at the last one the script is over */
	if (c->handling && (r->mark == MARK_PUT || r->mark == MARK_LOAD)) { /* the phases as they are, at another place */
		if (r->mark == MARK_PUT)
			begin(c, SWC_OS_LOCK, 0, r);
		if (c->open)
			c->index[c->n++] = (size_t)(r - c->w->records);
		return;
	}
	switch ((enum scene_mark)r->mark) {
	case MARK_LOAD: begin(c, SWC_LOAD, c->s->loads, r); return;
	case MARK_PUT: begin(c, SWC_PUT, c->s->puts, r); return;
	case MARK_WFI: begin(c, SWC_WFI_PUT, 0, r); return;
	case MARK_SWITCH: return; /* by itself: scene_host */
	case MARK_HALT:
	case MARK_HANDLE:
		end(c, r);
		if (waits)
			begin(c, SWC_WFI_LOAD, 0, r);
		return;
	}
}

static void back(struct scene_cutter *c, const struct swc_record *r)
{
	bool phase = r->mark == MARK_PUT || r->mark == MARK_LOAD;

	if (c->handling && phase) {
		if (r->mark == MARK_LOAD)
			end(c, r);
		return;
	}
	c->handling &= r->mark != MARK_HANDLE;
	if (phase || r->mark == MARK_WFI)
		end(c, r);
	if ((r->mark == MARK_LOAD || r->mark == MARK_HANDLE) && c->turn < c->s->n)
		begin(c, SWC_ENTER, enter_state(c), r);
}

static void cut_record(struct scene_cutter *c, size_t i)
{
	const struct swc_record *r = &c->w->records[i];

	if (c->open && c->phase == SWC_EXIT && unmasks(r))
		end(c, r);
	if (c->open && c->phase != SWC_OS_LOCK && wanted(c->w, r) && r->event != SWC_TAKEN)
		c->index[c->n++] = i;
	switch (r->event) {
	case SWC_CALLED:
		called(c, r);
		return;
	case SWC_BACK:
		back(c, r);
		return;
	case SWC_GUEST:
		if (c->open && c->phase == SWC_EXIT)
			c->phase = c->pauth ? SWC_PTRAUTH_TRAP : SWC_LAZY;
		if (c->turn < c->s->n)
			end(c, r);
		c->open = false;
		return;
	case SWC_TAKEN:
		begin(c, SWC_EXIT, c->turn < c->s->n ? c->s->turns[c->turn].exit : 0, r);
		c->pauth = r->value >> 26 == EC_PAUTH;
		c->index[c->n++] = i;
		c->turn++;
		return;
	default: return;
	}
}

void scene_cut(struct swc *w, struct swc_model *m, const struct scene *s, uint32_t always)
{
	struct scene_cutter c = { .w = w, .m = m, .s = s, .always = always };

	c.index = xcalloc(w->n_records + 1, sizeof(*c.index));
	for (size_t i = 0; i < w->n_records; i++)
		cut_record(&c, i);
	free(c.index);
}

void scene_part(struct swc *w, struct swc_model *m, enum swc_phase part, uint32_t state)
{
	struct scene_cutter c = { .w = w, .m = m };

	if (w->n_records == 0)
		return;
	c.index = xcalloc(w->n_records, sizeof(*c.index));
	begin(&c, part, state, &w->records[0]);
	for (size_t k = 0; k < w->n_records; k++)
		if (wanted(w, &w->records[k]))
			c.index[c.n++] = k;
	end(&c, &w->records[w->n_records - 1]);
	free(c.index);
}
