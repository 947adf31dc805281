/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/ws/vflag_plan.h"

#include <string.h>

/* Sites in a row of one plan: before and after a component. */
struct list {
	uint16_t first, n, n_before;
	uint64_t mask; /* run-time conditions that its guards look at */
	bool idle;     /* neither touches a flag nor depends on one */
	uint8_t phase; /* enum ws_phase; PHASE_COUNT: no phase of the switch */
	struct memo *memo;
	unsigned n_memo;
};

/* What a component does to the flags, for one value of them in one state; without violations. */
struct memo {
	struct vflag_words before, after;
	uint64_t state;  /* under the list's mask */
	uint64_t set;    /* conditions that flags decide, those that hold */
	uint64_t forbid; /* conditions that no flag allows */
	uint64_t ran;    /* bit i: the i-th site of the list */
	uint64_t count;
};
#define MEMOS_MAX 64 /* per component: beyond that, site by site */

struct vflag_plan {
	const struct ws_prog *p;
	bool remember;
	struct vflag_sink user, own;
	uint16_t *site; /* indices into vflag_sites(), by list */
	size_t n_sites;
	uint64_t *runs; /* per row of vflag_sites() */
	bool *has;
	struct list comp[COMP_COUNT], event[VFE_COUNT];
	uint64_t decides, allows; /* conditions, of flags that the kernel has */
	uint64_t violations;
	struct vflag_finding *found;
	size_t n_found;
};

_Static_assert(sizeof(struct vflag_words) == 8, "the words are compared as one value");

/* One kind of fault; functions are strings of the table or of the program. */
static bool same_fault(const struct vflag_violation *a, const struct vflag_violation *b)
{
	return a->rule == b->rule && a->flag == b->flag && a->op == b->op && a->side == b->side &&
	       strcmp(a->function, b->function) == 0;
}

static void note(void *self, const struct vflag_violation *x)
{
	struct vflag_plan *plan = self;

	size_t i = 0;

	plan->violations++;
	while (i < plan->n_found && !same_fault(&plan->found[i].x, x))
		i++;
	if (i == plan->n_found) {
		plan->found = xrealloc(plan->found, (i + 1) * sizeof(*plan->found));
		plan->found[plan->n_found++] = (struct vflag_finding){ *x, 0 };
	}
	plan->found[i].count++;
	if (plan->user.report != NULL)
		plan->user.report(plan->user.self, x);
}

/* ---- make ---- */

/* The component that a site stands before or after; COMP_COUNT: none. */
static unsigned comp_of(const struct vflag_plan *plan, const struct vflag_site *s)
{
	switch ((enum vflag_where)s->where) {
	case VFW_COMP:
		return s->id;
	case VFW_BEFORE:
	case VFW_AFTER:
		return ws_phase_comp(plan->p, (enum ws_phase)s->id);
	default:
		return COMP_COUNT;
	}
}

static void add_site(struct vflag_plan *plan, struct list *l, size_t i)
{
	size_t n;

	plan->site[plan->n_sites++] = (uint16_t)i;
	l->n++;
	l->mask |= vflag_sites(&n)[i].guard.on | vflag_sites(&n)[i].guard.off;
}

/* The lists of all components; a program has few sites, so a component without one costs nothing. */
static void make_sites(struct vflag_plan *plan)
{
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);
	uint16_t *next = xcalloc(2 * (COMP_COUNT + 1), sizeof(*next)); /* place of (component, before or after) */
	uint16_t at = (uint16_t)plan->n_sites;

	for (size_t i = 0; i < n; i++)
		if (plan->has[i])
			next[2 * comp_of(plan, &s[i]) + (s[i].where == VFW_AFTER)]++;
	for (unsigned k = 0; k < 2 * COMP_COUNT; k++) {
		struct list *l = &plan->comp[k / 2];
		uint16_t here = next[k];

		if (k % 2 == 0) {
			l->first = at;
			l->n_before = here;
		}
		l->n = (uint16_t)(l->n + here);
		BUG_ON(l->n > 64);
		next[k] = at;
		at = (uint16_t)(at + here);
	}
	for (size_t i = 0; i < n; i++) {
		unsigned comp = comp_of(plan, &s[i]);

		if (!plan->has[i] || comp == COMP_COUNT)
			continue;
		plan->site[next[2 * comp + (s[i].where == VFW_AFTER)]++] = (uint16_t)i;
		plan->comp[comp].mask |= s[i].guard.on | s[i].guard.off;
	}
	plan->n_sites = at;
	free(next);
}

/* Is a row of vflag_musts() about this component, in this kernel? */
static bool is_must(const struct vflag_plan *plan, const struct vflag_must *m, const struct list *l)
{
	unsigned comp = (unsigned)(l - plan->comp);

	return (m->guard.fixed_on & ~plan->p->known) == 0 && (m->guard.fixed_off & plan->p->known) == 0 &&
	       (m->where == VFW_COMP ? m->id == comp : m->id == l->phase);
}

static void make_comp(struct vflag_plan *plan, unsigned comp)
{
	struct list *l = &plan->comp[comp];
	size_t n;
	const struct vflag_must *m = vflag_musts(&n);

	l->phase = PHASE_COUNT;
	for (unsigned ph = 0; ph <= PHASE_LAZY; ph++) {
		if (ws_phase_comp(plan->p, (enum ws_phase)ph) == (enum ws_comp)comp)
			l->phase = (uint8_t)ph;
	}
	for (size_t i = 0; i < n; i++)
		l->mask |= is_must(plan, &m[i], l) ? m[i].guard.on | m[i].guard.off : 0;
	l->idle = l->n == 0 && l->phase == PHASE_COUNT &&
		  (plan->p->comp[comp].mask & (plan->decides | plan->allows)) == 0;
}

static void make_event(struct vflag_plan *plan, unsigned ev)
{
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);

	plan->event[ev].first = (uint16_t)plan->n_sites;
	for (size_t i = 0; i < n; i++) {
		if (plan->has[i] && s[i].where == VFW_LIFE && s[i].id == ev)
			add_site(plan, &plan->event[ev], i);
	}
	plan->event[ev].n_before = plan->event[ev].n;
}

/* Flags that this kernel has, or a policy brings. */
static bool has_flag(const struct vflag_plan *plan, enum vflag f)
{
	return vflag_row(f)->since <= plan->p->config.model->version ||
	       (f == VF_SYSREGS_ON_CPU && (plan->p->known & CND(DEFERS)) != 0);
}

static void make_conditions(struct vflag_plan *plan)
{
#define VFLAG_DECIDES(flag, cond) plan->decides |= has_flag(plan, VF_##flag) ? CND(cond) : 0;
#define VFLAG_ALLOWS(flag, cond)  plan->allows |= has_flag(plan, VF_##flag) ? CND(cond) : 0;
#include "models/hyp/kvm/vflags.def"
	/* a model without the flag has no state of that name either: nothing but the flag may say so */
	plan->decides |= CND(LOADED);
}

struct vflag_plan *vflag_plan_new(const struct ws_prog *p, bool remember, const struct vflag_sink *sink)
{
	struct vflag_plan *plan = xcalloc(1, sizeof(*plan));
	size_t n;

	(void)vflag_sites(&n);
	plan->p = p;
	plan->remember = remember;
	if (sink != NULL)
		plan->user = *sink;
	plan->own = (struct vflag_sink){ note, plan };
	plan->site = xcalloc(n, sizeof(*plan->site));
	plan->runs = xcalloc(n, sizeof(*plan->runs));
	plan->has = xcalloc(n, sizeof(*plan->has));
	for (size_t i = 0; i < n; i++)
		plan->has[i] = p->beside.site[i] != SITE_NONE;
	make_conditions(plan);
	for (unsigned ev = 0; ev < VFE_COUNT; ev++)
		make_event(plan, ev);
	make_sites(plan);
	for (unsigned c = 0; c < COMP_COUNT; c++)
		make_comp(plan, c);
	return plan;
}

void vflag_plan_free(struct vflag_plan *plan)
{
	if (plan == NULL)
		return;
	for (unsigned c = 0; c < COMP_COUNT; c++)
		free(plan->comp[c].memo);
	free(plan->site);
	free(plan->runs);
	free(plan->has);
	free(plan->found);
	free(plan);
}

bool vflag_plan_has(const struct vflag_plan *plan, size_t site)
{
	return plan->has[site];
}

/* ---- run ---- */

/* The whole set of the flag, to or from pKVM's vCPU. */
static void copy_set(struct vflags *v, const struct vflag_site *s)
{
	unsigned set = vflag_row((enum vflag)s->flag)->set;

	if (s->op == VFOP_FLUSH)
		v->w.hyp[set] = v->w.set[set];
	else
		v->w.set[set] = v->w.hyp[set];
	if (set == VFS_iflags)
		v->w.copy_runs = s->op == VFOP_FLUSH;
}

static void run_site(const struct vflag_plan *plan, struct vflags *v, const struct vflag_site *s)
{
	size_t n;
	bool open = plan->p->beside.site[s - vflag_sites(&n)] == SITE_OPEN;
	struct vflag_who who = { s->side, open ? VFP_OPEN : VFP_ACCESSOR, s->waives, v->owner, s->function };

	switch ((enum vflag_op)s->op) {
	case VFOP_GET:
		(void)vcpu_get_flag(v, (enum vflag)s->flag, &who);
		break;
	case VFOP_SET:
		vcpu_set_flag(v, (enum vflag)s->flag, &who);
		break;
	case VFOP_CLEAR:
		vcpu_clear_flag(v, (enum vflag)s->flag, &who);
		break;
	default:
		copy_set(v, s);
		break;
	}
}

/* In the words that the side of a site works on. */
static bool is_set(const struct vflags *v, const struct vflag_words *w, uint8_t side, unsigned f)
{
	const uint8_t *word = side == VFSIDE_HYP && v->has_copy ? w->hyp : w->set;

	return (word[vflag_row((enum vflag)f)->set] & vflag_row((enum vflag)f)->mask) != 0;
}

/* Sites from..to of a list; returns those that ran, bit i = the i-th. at: flags that iff and unless look at. */
static uint64_t run_sites(struct vflag_plan *plan, struct vflags *v, const struct list *l, unsigned from, unsigned to,
			  uint64_t state, const struct vflag_words *at)
{
	uint64_t ran = 0;
	size_t n;
	const struct vflag_site *sites = vflag_sites(&n);

	for (unsigned i = from; i < to; i++) {
		const struct vflag_site *s = &sites[plan->site[l->first + i]];

		if ((s->guard.on & ~state) != 0 || (s->guard.off & state) != 0 ||
		    (s->iff != VF_NONE && !is_set(v, at, s->side, s->iff)) ||
		    (s->unless != VF_NONE && is_set(v, at, s->side, s->unless)))
			continue;
		run_site(plan, v, s);
		ran |= UINT64_C(1) << i;
	}
	return ran;
}

static void add_runs(struct vflag_plan *plan, uint64_t *runs, const struct list *l, uint64_t ran, uint64_t times)
{
	for (; ran != 0; ran &= ran - 1)
		runs[plan->site[l->first + (unsigned)__builtin_ctzll(ran)]] += times;
}

static void found(const struct vflags *v, enum vflag_rule rule, enum vflag f, enum vflag_side side,
		  const char *function)
{
	struct vflag_violation x = { (uint8_t)rule, (uint8_t)f, VFOP_GET, (uint8_t)side, v->vcpu, function };

	v->sink->report(v->sink->self, &x);
}

/* A flag that shares its bits is looked at under the one name that fits. */
static bool counts_as(const uint8_t *word, unsigned f)
{
	bool pending = (word[VFS_iflags] & vflag_row(VF_PENDING_EXCEPTION)->mask) != 0;

	if (!vflag_row((enum vflag)f)->overlaps)
		return true;
	return f == VF_INCREMENT_PC && !pending;
}

/* Flags that the phase should have ended. */
static void check_gone(const struct vflags *v, enum ws_phase phase)
{
	bool hyp = phase == PHASE_ENTER || phase == PHASE_EXIT;
	const uint8_t *word = v->w.copy_runs ? v->w.hyp : v->w.set;

	for (unsigned f = 0; f < VF_COUNT; f++) {
		const struct vflag_row *row = vflag_row((enum vflag)f);

		if (row->gone == phase && counts_as(word, f) && (word[row->set] & row->mask) != 0)
			found(v, VFR_not_consumed, (enum vflag)f, hyp ? VFSIDE_HYP : VFSIDE_KERNEL,
			      phase_help(phase));
	}
}

/* Flags that must be set by now. */
static void check_must(const struct vflag_plan *plan, const struct vflags *v, const struct list *l, bool after, uint64_t state)
{
	const uint8_t *word = v->w.copy_runs ? v->w.hyp : v->w.set;
	size_t n;
	const struct vflag_must *m = vflag_musts(&n);

	for (size_t i = 0; i < n; i++) {
		const struct vflag_row *row = vflag_row((enum vflag)m[i].flag);

		if (!is_must(plan, &m[i], l) || (m[i].where == VFW_AFTER) != after || (m[i].guard.on & ~state) != 0 ||
		    (m[i].guard.off & state) != 0 || ((row->set == VFS_iflags ? word : v->w.set)[row->set] & row->mask) != 0)
			continue;
		found(v, VFR_not_set, (enum vflag)m[i].flag, VFSIDE_KERNEL,
		      m[i].where == VFW_COMP ? comp_help((enum ws_comp)m[i].id) : phase_help((enum ws_phase)m[i].id));
	}
}

/* Conditions that flags decide, those that hold; *forbid: conditions that none allows. */
static uint64_t conditions(const struct vflag_plan *plan, const struct vflags *v, uint64_t *forbid)
{
	const uint8_t *word = v->w.copy_runs ? v->w.hyp : v->w.set;
	uint64_t set = 0, no = 0;

#define SET(flag) ((word[rows_of(VF_##flag)->set] & rows_of(VF_##flag)->mask) != 0)
#define rows_of   vflag_row
#define VFLAG_DECIDES(flag, cond) set |= SET(flag) ? CND(cond) : 0;
#define VFLAG_ALLOWS(flag, cond)  no |= SET(flag) ? 0 : CND(cond);
#include "models/hyp/kvm/vflags.def"
#undef SET
#undef rows_of
	*forbid = no & plan->allows;
	return set & plan->decides;
}

static uint64_t decide(const struct vflag_plan *plan, uint64_t state, uint64_t set, uint64_t forbid)
{
	return ((state & ~plan->decides) | set) & ~forbid;
}

/* What comes before a component's accesses, checks included. */
static uint64_t run_before(struct vflag_plan *plan, struct vflags *v, const struct list *l, uint64_t state)
{
	uint64_t ran = run_sites(plan, v, l, 0, l->n_before, state, &v->w);

	check_must(plan, v, l, false, state);
	if (l->phase == PHASE_ENTER && vflags_has(v, VF_ON_UNSUPPORTED_CPU))
		found(v, VFR_unsupported_cpu, VF_ON_UNSUPPORTED_CPU, VFSIDE_KERNEL, "kvm_vcpu_exit_request");
	return ran;
}

static uint64_t run_after(struct vflag_plan *plan, struct vflags *v, const struct list *l, uint64_t state)
{
	struct vflag_words at = v->w;
	uint64_t ran = run_sites(plan, v, l, l->n_before, l->n, state, &at);

	check_must(plan, v, l, true, state);
	if (l->phase != PHASE_COUNT)
		check_gone(v, (enum ws_phase)l->phase);
	return ran;
}

static void run_event(struct vflag_plan *plan, struct vflags *v, enum vflag_event ev, uint64_t times)
{
	const struct list *l = &plan->event[ev];

	add_runs(plan, plan->runs, l, run_sites(plan, v, l, 0, l->n, 0, &v->w), times);
}

void vflag_plan_vcpu(struct vflag_plan *plan, struct vflags *v, unsigned vcpu)
{
	vflags_init(v, plan->p->known, plan->p->config.model->version, vcpu, (int32_t)vcpu, &plan->own);
}

static void first_run(struct vflag_plan *plan, struct vflags *v, uint64_t times)
{
	for (unsigned ev = 0; ev < VFE_COUNT; ev++)
		run_event(plan, v, (enum vflag_event)ev, times);
	if (has_flag(plan, VF_VCPU_INITIALIZED) && !vflags_has(v, VF_VCPU_INITIALIZED))
		found(v, VFR_not_initialized, VF_VCPU_INITIALIZED, VFSIDE_KERNEL, "kvm_arch_vcpu_run_pid_change");
	if (vflags_has(v, VF_GUEST_HAS_SVE) && !vflags_has(v, VF_VCPU_SVE_FINALIZED))
		found(v, VFR_not_initialized, VF_VCPU_SVE_FINALIZED, VFSIDE_KERNEL, "kvm_arm_vcpu_is_finalized");
	v->w.ran = true;
}

static bool same(const struct vflag_words *a, const struct vflag_words *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Both sides of the component; remembered if no rule was broken. */
static uint64_t work_out(struct vflag_plan *plan, struct vflags *v, struct list *l, uint64_t state, uint64_t times)
{
	uint64_t violations = plan->violations;
	struct memo m = { .before = v->w, .state = state & l->mask, .count = times };

	m.ran = run_before(plan, v, l, state);
	m.set = conditions(plan, v, &m.forbid);
	state = decide(plan, state, m.set, m.forbid);
	m.ran |= run_after(plan, v, l, state);
	m.after = v->w;
	if (!plan->remember || plan->violations != violations || l->n_memo == MEMOS_MAX) {
		add_runs(plan, plan->runs, l, m.ran, times);
		return state;
	}
	l->memo = xrealloc(l->memo, (l->n_memo + 1) * sizeof(*l->memo));
	l->memo[l->n_memo++] = m;
	return state;
}

uint64_t vflag_plan_times(struct vflag_plan *plan, struct vflags *v, enum ws_comp comp, uint64_t state, uint64_t times)
{
	struct list *l = &plan->comp[comp];

	if (l->idle)
		return state;
	if (!v->w.ran && (l->phase == PHASE_LOAD || l->phase == PHASE_ENTER))
		first_run(plan, v, times);
	v->loaded = l->phase == PHASE_LOAD || (v->loaded && l->phase != PHASE_PUT);
	for (unsigned i = 0; i < l->n_memo; i++) {
		struct memo *m = &l->memo[i];

		if (m->state != (state & l->mask) || !same(&m->before, &v->w))
			continue;
		m->count += times;
		v->w = m->after;
		return decide(plan, state, m->set, m->forbid);
	}
	return work_out(plan, v, l, state, times);
}

uint64_t vflag_plan_run(struct vflag_plan *plan, struct vflags *v, enum ws_comp comp, uint64_t state)
{
	return vflag_plan_times(plan, v, comp, state, 1);
}

/* ---- counts ---- */

static uint64_t accesses(const struct ws_prog *p, const uint64_t *exec)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (p->op[i].opcode == OP_ACC_READ || p->op[i].opcode == OP_ACC_WRITE || p->op[i].opcode == OP_ACC_MEM)
			n += exec[i];
	}
	return n;
}

void vflag_plan_runs(const struct vflag_plan *plan, const uint64_t *exec, uint64_t *runs)
{
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);

	for (size_t i = 0; i < n; i++) {
		runs[i] += plan->runs[i];
		if (plan->has[i] && s[i].where == VFW_ACCESSOR)
			runs[i] += accesses(plan->p, exec);
	}
	for (unsigned c = 0; c < COMP_COUNT; c++) {
		const struct list *l = &plan->comp[c];

		for (unsigned k = 0; k < l->n_memo; k++) {
			for (uint64_t ran = l->memo[k].ran; ran != 0; ran &= ran - 1)
				runs[plan->site[l->first + (unsigned)__builtin_ctzll(ran)]] += l->memo[k].count;
		}
	}
}

uint64_t vflag_plan_violations(const struct vflag_plan *plan, struct vflag_violation *first)
{
	if (plan->violations != 0)
		*first = plan->found[0].x;
	return plan->violations;
}

void vflag_plan_tally(const struct vflag_plan *plan, const uint64_t *exec, struct vflag_tally *t)
{
	size_t n;

	(void)vflag_sites(&n);
	t->runs = xcalloc(n, sizeof(*t->runs));
	vflag_plan_runs(plan, exec, t->runs);
	t->n_found = plan->n_found;
	t->found = xcalloc(plan->n_found + 1, sizeof(*t->found));
	for (size_t i = 0; i < plan->n_found; i++)
		t->found[i] = plan->found[i];
}

void vflag_tally_free(struct vflag_tally *t)
{
	free(t->runs);
	free(t->found);
}
