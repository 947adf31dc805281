/* SPDX-License-Identifier: Apache-2.0 */
/* What can differ in an entry and in an exit, as far as the program, the oracle and the flags can tell. */
#include <string.h>

#include "models/hyp/explore/explore_impl.h"
#include "sim/base/str.h"

/* An exit has them from its entry, from a choice or from flags; or, in the last row, only reads of clocks depend on them. */
#define NOT_OF_KIND                                                                                 \
	(XCHOICES | CND(DEBUG_DIRTY) | CND(LR_LIVE) | CND(FP_OWNED) | CND(LOADED) | CND(EXC_PENDING) | CND(BLOCKING) | \
	 CND(VTIMER_ON) | CND(PTIMER_ON) | CND(VPMU_EVENT) | CND(TO_IDLE))

/*
 * Of each component: does it reach the guest's registers or flags (of the host's path; what else runs there, runs
 * with the part that follows), and by which run-time conditions is it decided?
 */
struct facts {
	const struct ws_prog *p;
	bool matters[COMP_COUNT];
	uint64_t bits[COMP_COUNT];
};

static void look_at(struct facts *f, const struct oracle *o)
{
	for (size_t i = 0; i < o->p->n; i++) {
		const struct ws_op *op = &o->p->op[i];
		const struct oracle_op *x = &o->t.op[i];
		bool guest = op->side == SIDE_GUEST || op->side == SIDE_GCFG;

		f->matters[op->comp] |= (x->slot >= 0 && guest) || (x->first != 0 && op->opcode != OP_GPR_SAVE);
		if ((x->slot >= 0 && op->side != SIDE_NONE && op->side != SIDE_HRUN) || (x->first | x->then | x->clear) != 0)
			f->bits[op->comp] |= op->guard.on | op->guard.off;
	}
}

/* The places that use flags. */
static void look_at_flags(struct facts *f)
{
	uint64_t known = f->p->known;
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);

	for (size_t i = 0; i < n; i++) {
		bool phase = s[i].where == VFW_BEFORE || s[i].where == VFW_AFTER;
		enum ws_comp comp;

		if ((!phase && s[i].where != VFW_COMP) || (s[i].guard.fixed_on & ~known) != 0 ||
		    (s[i].guard.fixed_off & known) != 0 || !vflag_op_changes((enum vflag_op)s[i].op))
			continue;
		comp = phase ? ws_phase_comp(f->p, (enum ws_phase)s[i].id) : (enum ws_comp)s[i].id;
		f->matters[comp] = true;
		f->bits[comp] |= s[i].guard.on | s[i].guard.off;
	}
}

/* What a fault leaves out must not make the conditions go away by which it shows: the sound program counts, too. */
static void facts_of(struct facts *f, const struct ws_config *c)
{
	struct oracle *sound;
	struct err e;
	struct ws_prog *p = ws_compile(c, &e);

	BUG_ON(p == NULL); /* the program was compiled from more than that */
	sound = oracle_new(p, 1, 1);
	look_at(f, sound);
	oracle_free(sound);
	ws_free(p);
}

static void facts_make(struct facts *f, const struct oracle *o)
{
	struct ws_config c = o->p->config;

	memset(f, 0, sizeof(*f));
	f->p = o->p;
	look_at(f, o);
	look_at_flags(f);
	facts_of(f, &c);
	if (c.patch != NULL) { /* nor what a patch leaves out */
		c.patch = NULL;
		facts_of(f, &c);
	}
}

/* ---- kinds ---- */

/* The kind has handlers in the kernel; *other: of another vCPU's registers, too. */
static bool has_handlers(enum exit_kind k, bool *other)
{
	size_t n;
	const struct handler *h = handlers(&n);
	bool any = false;

	*other = false;
	for (size_t i = 0; i < n; i++) {
		if (h[i].kind != k || h[i].moment != MOMENT_KERNEL)
			continue;
		any = true;
		*other = *other || h[i].who == WHO_OTHER;
	}
	return any;
}

static void add_part(struct xkind *x, enum xpart_type type, unsigned first, unsigned end)
{
	BUG_ON(x->n == XPARTS_MAX);
	x->part[x->n++] = (struct xpart){ (uint8_t)type, (uint8_t)first, (uint8_t)(end - first) };
}

/* First step after i that takes the thread to user space; 0: none before the next load. */
static unsigned to_user(const struct exit_row *row, unsigned i)
{
	for (; i < row->n && !exit_step_is(&row->step[i], PHASE_LOAD); i++) {
		if (!row->step[i].is_phase && !row->step[i].meanwhile && row->step[i].id == COMP_host_ret_to_user)
			return i;
	}
	return 0;
}

static bool any_matters(const struct facts *f, const struct exit_row *row, unsigned i, unsigned end)
{
	for (; i < end; i++) {
		if (!row->step[i].meanwhile && f->matters[row->step[i].id])
			return true;
	}
	return false;
}

/* The sequence up to its first entry as parts; false if it is made of others that the explorer has. */
static bool make_parts(const struct facts *f, enum exit_kind k, struct xkind *x)
{
	const struct exit_row *row = exit_row(k);
	unsigned first = 1;
	bool away = false;

	*x = (struct xkind){ .kind = k };
	if (has_handlers(k, &x->other))
		add_part(x, XPART_ACCESS, 1, 1);
	for (unsigned i = 1; i < row->n; i++) {
		const struct exit_step *s = &row->step[i];

		if (exit_step_is(s, PHASE_ENTER)) {
			add_part(x, XPART_ENTER, first, i + 1);
			x->enter_state = exit_step_state(row, i) & f->bits[ws_phase_comp(f->p, PHASE_ENTER)] & ~NOT_OF_KIND;
			return true;
		}
		if (exit_step_is(s, PHASE_PUT)) {
			unsigned user = to_user(row, i);

			if (user == 0 && (s->state & CND(BLOCKING)) == 0)
				return false; /* a preemption */
			add_part(x, user != 0 ? XPART_PUT : XPART_BLOCK, first, user != 0 ? user + 1 : i + 1);
			i = user != 0 ? user : i;
			away = true;
			first = i + 1;
		} else if (exit_step_is(s, PHASE_LOAD)) {
			add_part(x, XPART_LOAD, first, i + 1);
			x->plain_load = (exit_step_state(row, i) & CND(ABORT)) == 0 && !any_matters(f, row, first, i);
			away = false;
			first = i + 1;
		} else if (!s->is_phase && !away && !s->meanwhile && f->matters[s->id]) {
			add_part(x, XPART_COMP, first, i + 1);
			first = i + 1;
		}
	}
	return false;
}

static void handlers_text(enum exit_kind k, struct str *out)
{
	size_t n;
	const struct handler *h = handlers(&n);

	for (size_t i = 0; i < n; i++) {
		if (h[i].kind == k && h[i].moment == MOMENT_KERNEL)
			str_addf(out, "%d %d %d %u,", h[i].who, h[i].via, h[i].write, (unsigned)h[i].reg);
	}
}

/* All that tells one kind from another. */
static void kind_text(const struct facts *f, const struct xkind *x, struct str *out)
{
	const struct exit_row *row = exit_row(x->kind);
	uint64_t mask = f->bits[ws_phase_comp(f->p, PHASE_EXIT)];

	str_reset(out);
	str_addf(out, "%llx;", (unsigned long long)(exit_step_state(row, 0) & mask & ~NOT_OF_KIND));
	for (unsigned i = 0; i < x->n; i++) {
		const struct xpart *part = &x->part[i];

		str_addf(out, "%u:", part->type);
		for (unsigned k = part->first; k < part->first + (unsigned)part->n; k++) {
			const struct exit_step *s = &row->step[k];
			enum ws_comp comp = exit_step_comp(f->p->config.model, s);
			uint64_t bits = exit_step_state(row, k) & f->bits[comp] & ~NOT_OF_KIND;

			if (!s->meanwhile && (s->is_phase || f->matters[comp]))
				str_addf(out, "%d/%llx,", comp, (unsigned long long)bits);
		}
	}
	handlers_text(x->kind, out);
}

static void make_kinds(struct xmodel *m, const struct facts *f)
{
	struct str text[EXIT_COUNT] = { { NULL, 0, 0 } }, one = STR_INIT;
	size_t i;

	m->kind = xcalloc(EXIT_COUNT, sizeof(*m->kind));
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		m->same[k] = UINT8_MAX;
		if (!exit_is_exit((enum exit_kind)k) || !make_parts(f, (enum exit_kind)k, &m->kind[m->n_kind]))
			continue;
		kind_text(f, &m->kind[m->n_kind], &one);
		for (i = 0; i < m->n_kind && strcmp(str_get(&text[i]), str_get(&one)) != 0; i++)
			;
		m->same[k] = (uint8_t)i;
		if (i == m->n_kind)
			str_add(&text[m->n_kind++], str_get(&one));
	}
	BUG_ON(m->n_kind >= XLR_LIVE);
	for (i = 0; i < EXIT_COUNT; i++)
		str_free(&text[i]);
	str_free(&one);
}

/* ---- entries ---- */

static uint64_t entry_choices(const struct facts *f)
{
	uint64_t bits = 0;

	for (unsigned ph = 0; ph <= PHASE_LAZY; ph++)
		bits |= f->bits[ws_phase_comp(f->p, (enum ws_phase)ph)];
	if ((bits & CND(DEBUG_DIRTY)) != 0)
		bits |= CND(GUEST_DEBUG);
	return bits & XCHOICES;
}

static void make_states(struct xmodel *m, uint64_t choices, enum explore_states states)
{
	if (states == XS_ALL) { /* subsets in ascending order */
		uint64_t s = 0;

		do {
			BUG_ON(m->n_state == XSTATES_MAX);
			m->state[m->n_state++] = s;
			s = (s - choices) & choices;
		} while (s != 0);
		return;
	}
	m->state[m->n_state++] = 0;
	if (states == XS_NONE || choices == 0)
		return;
	for (uint64_t rest = choices; rest != 0; rest &= rest - 1)
		m->state[m->n_state++] = rest & -rest;
	if ((choices & (choices - 1)) != 0)
		m->state[m->n_state++] = choices;
}

/* The last vcpu_put that does nothing by its number; more than the bytes of a state hold are not told apart. */
static unsigned skipped_put(const struct ws_prog *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->beside.n_no_put; i++)
		n = p->beside.no_put[i] > n ? p->beside.no_put[i] : n;
	return n < UINT8_MAX ? (unsigned)n : UINT8_MAX;
}

void xmodel_make(struct xmodel *m, const struct oracle *o, enum explore_states states)
{
	struct facts f;

	facts_make(&f, o);
	memset(m, 0, sizeof(*m));
	m->p = o->p;
	m->lazy_fp = ws_fp_is_lazy(o->p);
	m->lr_live = (f.bits[ws_phase_comp(o->p, PHASE_EXIT)] & CND(LR_LIVE)) != 0;
	m->puts = skipped_put(o->p);
	make_kinds(m, &f);
	make_states(m, entry_choices(&f), states);
}

void xmodel_free(struct xmodel *m)
{
	free(m->kind);
}
