/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/replay/bounds.h"

#include <stdlib.h>
#include <string.h>

#include "models/hyp/kvm/vflags.h"
#include "models/hyp/replay/replay_impl.h"

/* A component in states between must and may, and how often it ran so. */
struct item {
	uint64_t must, may; /* under the component's mask */
	uint64_t certain, possible;
	uint16_t comp, lrs_lo, lrs_hi;
	bool used;
	struct ws_totals lo, hi; /* of one execution */
};

struct bounds_state {
	struct bounds *b;
	const struct ws_prog *p;
	struct doubt_rules rules;
	bool loads_known;  /* every load and put is seen */
	bool lines_known;  /* list registers */
	bool timers_known;
	bool fp_traps;     /* each load is followed by a first FP use */
	uint64_t fp_unknown, flags_unknown; /* conditions in doubt when loads are, when kinds are */
	struct item *slot; /* open addressing; capacity is a power of two */
	size_t cap, used;
};

/* ---- one execution ---- */

/* How often the op runs at least, at most. */
static uint64_t op_least(const struct ws_op *op, const struct item *it)
{
	bool holds = (op->guard.on & ~it->must) == 0 && (op->guard.off & it->may) == 0;

	return !holds ? 0 : op->per_lr ? it->lrs_lo : 1;
}

static uint64_t op_most(const struct ws_op *op, const struct item *it)
{
	bool holds = (op->guard.on & ~it->may) == 0 && (op->guard.off & it->must) == 0;

	return !holds ? 0 : op->per_lr ? it->lrs_hi : 1;
}

static void add_op(struct ws_totals *t, const struct ws_op *op, uint64_t times)
{
	const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)op->opcode);

	if (row->counter != CNT_none)
		t->n[row->counter] += times * (row->operand == OPND_NUM ? op->num : 1);
	ws_cycles_add(&t->cycles, &t->milli, op->cycles, op->milli, times);
	t->insns += times * op->insns;
}

static void work_out(const struct ws_prog *p, struct item *it)
{
	size_t first = p->comp[it->comp].first;

	for (size_t i = first; i < first + p->comp[it->comp].n; i++) {
		add_op(&it->lo, &p->op[i], op_least(&p->op[i], it));
		add_op(&it->hi, &p->op[i], op_most(&p->op[i], it));
	}
}

static struct item *find(struct item *slot, size_t cap, const struct item *key)
{
	uint64_t h = (key->must ^ key->may * 3) * UINT64_C(0x9e3779b97f4a7c15) +
		     ((uint64_t)key->comp << 32 | (uint64_t)key->lrs_lo << 8 | key->lrs_hi) * UINT64_C(0xc2b2ae3d27d4eb4f);
	size_t i = (size_t)(h ^ h >> 29) & (cap - 1);

	while (slot[i].used && (slot[i].comp != key->comp || slot[i].must != key->must || slot[i].may != key->may ||
				slot[i].lrs_lo != key->lrs_lo || slot[i].lrs_hi != key->lrs_hi))
		i = (i + 1) & (cap - 1);
	return &slot[i];
}

static void grow(struct bounds_state *s)
{
	size_t cap = s->cap != 0 ? 2 * s->cap : 256;
	struct item *slot = xcalloc(cap, sizeof(*slot));

	for (size_t i = 0; i < s->cap; i++) {
		if (s->slot[i].used)
			*find(slot, cap, &s->slot[i]) = s->slot[i];
	}
	free(s->slot);
	s->slot = slot;
	s->cap = cap;
}

static struct item *item_of(struct bounds_state *s, enum ws_comp comp, uint64_t must, uint64_t may, unsigned lrs_lo,
			    unsigned lrs_hi)
{
	const uint64_t mask = s->p->comp[comp].mask;
	struct item key = { .comp = (uint16_t)comp, .must = must & mask, .may = may & mask, .used = true }, *it;

	if (s->p->comp[comp].lrs) {
		key.lrs_lo = (uint16_t)lrs_lo;
		key.lrs_hi = (uint16_t)lrs_hi;
	}
	if (2 * s->used >= s->cap)
		grow(s);
	it = find(s->slot, s->cap, &key);
	if (!it->used) {
		work_out(s->p, &key);
		*it = key;
		s->used++;
	}
	return it;
}

/* ---- while the replay runs ---- */

static unsigned max_lrs(const struct ws_prog *p)
{
	return (unsigned)p->config.machine->list_registers;
}

/* Lines of interrupts are exact: all events about them, and those that tell the receivers of SGIs if any is sent. */
static bool lines_known(const struct sight *s, const struct tr_info *info)
{
	bool sgis = sight_complete(s, SIGHT_sched_waking) && sight_complete(s, SIGHT_kvm_vcpu_wakeup) &&
		    sight_complete(s, SIGHT_kvm_timer_update_irq);

	return sight_complete(s, SIGHT_vgic_update_irq_pending) && sight_complete(s, SIGHT_kvm_get_timer_map) &&
	       sight_complete(s, SIGHT_kvm_sys_access) && sight_complete(s, SIGHT_kvm_userspace_exit) &&
	       (sgis || info->per_type[TR_kvm_sys_access] == 0);
}

struct bounds_state *bounds_begin(const struct ws_prog *p, const struct tr_info *info, const struct sight *sight,
				  bool fp_traps)
{
	struct bounds_state *s = xcalloc(1, sizeof(*s));

	s->b = xcalloc(1, sizeof(*s->b));
	s->b->sight = *sight;
	s->p = p;
	outcome_init(&s->b->lo, p);
	outcome_init(&s->b->hi, p);
	doubt_rules_init(&s->rules, p, sight);
	s->fp_traps = fp_traps;
	s->loads_known = s->rules.user && s->rules.sched;
	s->lines_known = lines_known(sight, info);
	s->timers_known = sight_complete(sight, SIGHT_kvm_timer_save_state) &&
			  sight_complete(sight, SIGHT_kvm_timer_restore_state);
	s->fp_unknown = CND(HOST_FP) | CND(FOREIGN_FP) | CND(WAS_LOADED) | (fp_traps ? CND(FP_OWNED) : 0);
	s->flags_unknown = vflag_conditions() & ~CND(LOADED);
	return s;
}

void bounds_vcpu(struct bounds_state *s)
{
	(void)outcome_vcpu(&s->b->lo);
	(void)outcome_vcpu(&s->b->hi);
}

static bool seen_switch(enum ws_comp comp)
{
	return comp == COMP_thread_switch || comp == COMP_idle_enter;
}

/* Does the whole trace run the component here, too? f: what the kinds of the exit have in common; NULL: no exit. */
static bool certain(const struct bounds_state *s, const struct replay_track *t, const struct doubt_profile *f,
		    enum ws_phase phase, enum ws_comp comp)
{
	const struct replay_doubt *x = &t->doubt;

	if (phase == PHASE_ENTER || phase == PHASE_EXIT || seen_switch(comp))
		return true;
	if (f == NULL) /* after a loss, an entry or a return to the VMM may have had an exit before it */
		return !s->rules.lossy || phase == PHASE_PUT;
	if (phase == PHASE_PUT || phase == PHASE_LOAD) /* a thread that is switched may be in user space */
		return s->rules.user || x->done[comp] == 0;
	return f->least[comp] > x->done[comp];
}

/* Conditions that may be other than the replay takes them for. */
static uint64_t unknown(const struct bounds_state *s, const struct replay_track *t, const struct doubt_profile *f,
			enum ws_phase phase, enum ws_comp comp)
{
	const uint64_t by_trace = CND(VTIMER_ON) | CND(PTIMER_ON) | CND(LRS) | CND(LR_LIVE);
	uint64_t u = f != NULL ? (f->all[comp] ^ f->any[comp]) & ~by_trace : 0;

	u |= s->timers_known ? 0 : CND(VTIMER_ON) | CND(PTIMER_ON);
	if (t->doubt.ever || !s->loads_known || (f != NULL && !kind_set_one(&f->kinds)))
		u |= s->flags_unknown;
	if (s->loads_known)
		return u;
	u |= phase == PHASE_EXIT && !s->rules.lossy ? s->fp_unknown & ~CND(FP_OWNED) : s->fp_unknown;
	u |= phase == PHASE_LOAD ? CND(OTHER_VCPU) : 0;
	u |= phase == PHASE_HANDLE ? CND(LOADED) : 0;
	return u;
}

static void add(struct outcome *o, size_t v, enum ws_phase phase, const struct ws_totals *t, struct ws_totals *pending)
{
	ws_totals_sum(&o->total, t);
	ws_totals_sum(&o->phase[phase], t);
	ws_totals_sum(&o->vcpu[v].totals, t);
	ws_totals_sum(pending, t);
	o->phase_runs[phase]++;
	o->vcpu[v].n.loads += phase == PHASE_LOAD;
	o->vcpu[v].n.puts += phase == PHASE_PUT;
}

static const struct doubt_profile *profile_of(struct bounds_state *s, const struct replay_track *t, enum exit_kind kind)
{
	struct kind_set kinds;

	if (!t->have_exit || t->doubt.apart)
		return NULL;
	kinds = doubt_kinds(&s->rules, t, kind);
	return doubt_profile(&s->rules, &kinds);
}

void bounds_ran(struct bounds_state *s, struct replay_track *t, size_t v, const struct exit_step *step, uint64_t state,
		unsigned lrs)
{
	const struct doubt_profile *f = profile_of(s, t, t->kind);
	enum ws_phase phase = exit_step_phase(step);
	enum ws_comp comp = exit_step_comp(s->p->config.model, step);
	bool sure = certain(s, t, f, phase, comp);
	uint64_t u;
	struct item *it;

	if (s->rules.lossy && phase == PHASE_ENTER) /* another exit may have come before it */
		f = doubt_profile(&s->rules, &s->rules.any);
	u = unknown(s, t, f, phase, comp);
	if (!s->lines_known && s->p->comp[comp].lrs)
		u |= CND(LRS) | CND(LR_LIVE);
	it = item_of(s, comp, state & ~u, state | u, s->lines_known ? lrs : 0, s->lines_known ? lrs : max_lrs(s->p));
	it->possible++;
	add(&s->b->hi, v, phase, &it->hi, &t->doubt.hi);
	if (t->doubt.ran[comp] != UINT8_MAX)
		t->doubt.ran[comp]++;
	if (!sure)
		return;
	it->certain++;
	add(&s->b->lo, v, phase, &it->lo, &t->doubt.lo);
	if (t->doubt.done[comp] != UINT8_MAX)
		t->doubt.done[comp]++;
}

/* What kinds that were not run have beyond what was. */
static void add_rest(struct bounds_state *s, struct replay_track *t, size_t v, const struct doubt_profile *f)
{
	for (unsigned c = 0; c < COMP_COUNT; c++) {
		if (c == ws_phase_comp(s->p, PHASE_EXIT) || c == ws_phase_comp(s->p, PHASE_ENTER))
			continue; /* each has an event of its own */
		for (unsigned n = t->doubt.ran[c]; n < f->most[c]; n++) {
			const uint64_t lrs = CND(LRS) | CND(LR_LIVE) | CND(VTIMER_ON) | CND(PTIMER_ON);
			uint64_t u = unknown(s, t, f, PHASE_HANDLE, (enum ws_comp)c) | s->flags_unknown | lrs;
			enum ws_phase phase = PHASE_HANDLE;
			struct item *it;

			for (unsigned ph = 0; ph <= PHASE_PUT; ph++)
				phase = ws_phase_comp(s->p, (enum ws_phase)ph) == c ? (enum ws_phase)ph : phase;
			it = item_of(s, (enum ws_comp)c, f->all[c] & ~u, f->any[c] | u | s->fp_unknown | CND(LOADED), 0,
				     max_lrs(s->p));
			it->possible++;
			add(&s->b->hi, v, phase, &it->hi, &t->doubt.hi);
		}
	}
}

static void count_doubt(struct bounds *b, const struct kind_set *kinds)
{
	size_t i = 0;

	while (i < b->n_doubt && memcmp(&b->doubt[i].kinds, kinds, sizeof(*kinds)) != 0)
		i++;
	if (i == b->n_doubt) {
		b->doubt = xrealloc(b->doubt, (i + 1) * sizeof(*b->doubt));
		b->doubt[b->n_doubt++] = (struct bounds_doubt){ *kinds, 0 };
	}
	b->doubt[i].count++;
}

/* The exit, or what has none, is over; unfinished: its next entry is not in the trace. */
void bounds_settle(struct bounds_state *s, struct replay_track *t, size_t v, enum exit_kind kind, bool unfinished)
{
	struct replay_doubt *x = &t->doubt;
	struct kind_set one = { { 0, 0 } };
	const struct doubt_profile *f = profile_of(s, t, kind);
	const struct kind_set *kinds = f != NULL ? &f->kinds : &one;

	kind_set_add(&one, kind);
	if (f != NULL && (!unfinished || !s->loads_known))
		add_rest(s, t, v, f);
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (kind_set_has(kinds, (enum exit_kind)k)) {
			s->b->hi.kind[k].count++;
			s->b->hi.kind[k].more_scheds += t->more_scheds;
			ws_totals_sum(&s->b->hi.kind[k].totals, &x->hi);
		}
	}
	if (kind_set_one(kinds) && !s->rules.lossy) { /* after a loss, what follows may be another exit's */
		s->b->lo.kind[kind].count++;
		s->b->lo.kind[kind].more_scheds += t->more_scheds;
		ws_totals_sum(&s->b->lo.kind[kind].totals, &x->lo);
	} else if (f != NULL) {
		count_doubt(s->b, kinds);
	}
	x->ever |= !kind_set_one(kinds);
	memset(&x->lo, 0, sizeof(x->lo));
	memset(&x->hi, 0, sizeof(x->hi));
	memset(x->done, 0, sizeof(x->done));
	memset(x->ran, 0, sizeof(x->ran));
	x->put = x->told = false;
}

void bounds_restart(struct bounds_state *s)
{
	outcome_restart(&s->b->lo);
	outcome_restart(&s->b->hi);
	s->b->n_doubt = 0;
	for (size_t i = 0; i < s->cap; i++)
		s->slot[i].certain = s->slot[i].possible = 0;
}

/* ---- the end ---- */

/* Components that may have run any number of times, seen by nothing. */
static void open_comps(const struct bounds_state *s, bool *open)
{
	const struct ws_prog *p = s->p;

	if (s->rules.lossy) {
		for (unsigned c = 0; c < COMP_COUNT; c++)
			open[c] = true;
		return;
	}
	open[COMP_thread_switch] = open[COMP_idle_enter] = !s->loads_known;
	open[ws_phase_comp(p, PHASE_LOAD)] = open[ws_phase_comp(p, PHASE_PUT)] = !s->loads_known;
	open[ws_phase_comp(p, PHASE_LAZY)] |= !s->loads_known && s->fp_traps;
	open[COMP_host_svc_entry] = open[COMP_host_ioctl] = open[COMP_host_ret_to_user] = !s->rules.user;
}

/* a, or no bound where open says so. Both are n words. */
static void close_words(void *a, const void *open, size_t bytes)
{
	uint64_t *x = a;
	const uint64_t *o = open;

	for (size_t i = 0; i < bytes / sizeof(*x); i++)
		x[i] = o[i] != 0 ? BOUNDS_NONE : x[i];
}

_Static_assert(sizeof(struct account) % sizeof(uint64_t) == 0, "an account is counts and nothing else");

static void end_exec(struct bounds_state *s, const bool *open)
{
	const struct ws_prog *p = s->p;
	uint64_t *ones = xcalloc(p->n + 1, sizeof(*ones));
	struct account opened;

	s->b->lo.exec = xcalloc(p->n + 1, sizeof(uint64_t));
	s->b->hi.exec = xcalloc(p->n + 1, sizeof(uint64_t));
	for (size_t k = 0; k < s->cap; k++) {
		const struct item *it = &s->slot[k];
		size_t first = p->comp[it->comp].first;

		for (size_t i = first; it->used && i < first + p->comp[it->comp].n; i++) {
			s->b->lo.exec[i] += it->certain * op_least(&p->op[i], it);
			s->b->hi.exec[i] += it->possible * op_most(&p->op[i], it);
		}
	}
	account_of(p, s->b->lo.exec, &s->b->lo.account);
	account_of(p, s->b->hi.exec, &s->b->hi.account);
	for (size_t i = 0; i < p->n; i++)
		ones[i] = open[p->op[i].comp];
	account_of(p, ones, &opened);
	close_words(&s->b->hi.account, &opened, sizeof(opened));
	for (size_t i = 0; i < p->n; i++)
		s->b->hi.exec[i] = ones[i] != 0 ? BOUNDS_NONE : s->b->hi.exec[i];
	free(ones);
}

/* One execution of each component, whatever the state. */
static void end_comps(struct bounds_state *s)
{
	for (unsigned c = 0; c < COMP_COUNT; c++) {
		struct item it = { .comp = (uint16_t)c, .must = 0, .may = UINT64_MAX, .lrs_hi = (uint16_t)max_lrs(s->p) };

		work_out(s->p, &it);
		s->b->comp[c] = (struct bounds_comp){ it.lo, it.hi };
	}
}

static void end_totals(struct bounds_state *s, const bool *open)
{
	struct ws_totals all = { 0 }, phase[PHASE_COUNT];
	struct outcome *hi = &s->b->hi;
	bool runs[PHASE_COUNT] = { false };

	memset(phase, 0, sizeof(phase));
	for (unsigned c = 0; c < COMP_COUNT; c++) {
		unsigned at = PHASE_HANDLE;

		for (unsigned ph = 0; ph <= PHASE_LAZY; ph++)
			at = ws_phase_comp(s->p, (enum ws_phase)ph) == c ? ph : at;
		if (!open[c])
			continue;
		ws_totals_sum(&all, &s->b->comp[c].hi);
		ws_totals_sum(&phase[at], &s->b->comp[c].hi);
		runs[at] = true;
	}
	s->b->fp_traps = s->fp_traps;
	close_words(&hi->total, &all, sizeof(all));
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++) {
		close_words(&hi->phase[ph], &phase[ph], sizeof(phase[ph]));
		hi->phase_runs[ph] = runs[ph] ? BOUNDS_NONE : hi->phase_runs[ph];
	}
	for (size_t v = 0; v < hi->n_vcpu; v++)
		close_words(&hi->vcpu[v].totals, &all, sizeof(all));
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		close_words(&hi->kind[k].totals, &all, sizeof(all));
}

/* Counts that are the replay's own, by what is complete. */
static void end_counts(struct bounds_state *s, const struct outcome *o)
{
	struct bounds *b = s->b;
	bool loads = s->loads_known, user = s->rules.user, lossy = s->rules.lossy;
	struct outcome *lo = &b->lo, *hi = &b->hi;

	lo->trace = hi->trace = o->trace;
	for (size_t v = 0; v < o->n_vcpu; v++) {
		const struct outcome_vcpu *x = &o->vcpu[v];
		struct outcome_counts *l = &lo->vcpu[v].n, *h = &hi->vcpu[v].n;

		lo->vcpu[v].pid = x->pid;
		lo->vcpu[v].number = x->number;
		memcpy(lo->vcpu[v].vm_name, x->vm_name, sizeof(x->vm_name));
		l->entries = x->n.entries;
		l->exits = x->n.exits;
		l->user_exits = x->n.user_exits;
		h->entries = lossy ? BOUNDS_NONE : x->n.entries;
		h->exits = lossy ? BOUNDS_NONE : x->n.exits;
		h->user_exits = user ? x->n.user_exits : BOUNDS_NONE;
		l->fp_traps = x->n.fp_traps;
		h->fp_traps = loads || !s->fp_traps ? x->n.fp_traps : BOUNDS_NONE;
		h->loads = loads ? h->loads : BOUNDS_NONE;
		h->puts = loads ? h->puts : BOUNDS_NONE;
		lo->vcpu[v].guest_ns = lossy ? 0 : x->guest_ns;
		hi->vcpu[v].guest_ns = lossy ? BOUNDS_NONE : x->guest_ns;
		lo->n.loads += l->loads;
		lo->n.puts += l->puts;
		hi->n.loads += loads ? h->loads : 0;
		hi->n.puts += loads ? h->puts : 0;
	}
	lo->n.entries = o->n.entries;
	lo->n.exits = o->n.exits;
	lo->n.user_exits = o->n.user_exits;
	lo->n.fp_traps = o->n.fp_traps;
	hi->n.entries = lossy ? BOUNDS_NONE : o->n.entries;
	hi->n.exits = lossy ? BOUNDS_NONE : o->n.exits;
	hi->n.user_exits = user ? o->n.user_exits : BOUNDS_NONE;
	hi->n.fp_traps = loads || !s->fp_traps ? o->n.fp_traps : BOUNDS_NONE;
	if (!loads)
		hi->n.loads = hi->n.puts = BOUNDS_NONE;
	lo->trace.sched_outs = user ? o->trace.sched_outs : 0;
	hi->trace.sched_outs = loads ? o->trace.sched_outs : BOUNDS_NONE;
}

/* Kinds that no exit begins, and what a loss does to all of them. */
static void end_kinds(struct bounds_state *s)
{
	struct outcome_kind *hi = s->b->hi.kind;

	if (!s->rules.user)
		hi[EXIT_FOR_run_returns].count = BOUNDS_NONE;
	if (!s->loads_known)
		hi[EXIT_FOR_thread_switch].count = BOUNDS_NONE;
	if (!s->loads_known && s->fp_traps)
		hi[EXIT_FOR_first_fp].count = BOUNDS_NONE;
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		hi[k].count = s->rules.lossy ? BOUNDS_NONE : hi[k].count;
		hi[k].more_scheds = s->loads_known ? hi[k].more_scheds : BOUNDS_NONE;
	}
}

struct bounds *bounds_end(struct bounds_state *s, const struct outcome *o)
{
	bool open[COMP_COUNT] = { false };
	struct bounds *b;

	if (s == NULL)
		return NULL;
	b = s->b;
	open_comps(s, open);
	end_exec(s, open);
	end_comps(s);
	end_totals(s, open);
	end_counts(s, o);
	end_kinds(s);
	doubt_rules_free(&s->rules);
	free(s->slot);
	free(s);
	return b;
}

void bounds_free(struct bounds *b)
{
	if (b == NULL)
		return;
	outcome_free(&b->lo);
	outcome_free(&b->hi);
	free(b->doubt);
	free(b);
}
