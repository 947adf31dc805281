/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong: tags held against what must be there. Each fault is reported, then put right. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "models/hyp/check/known.h"
#include "models/hyp/check/oracle_impl.h"

static const struct {
	const char *name, *words, *what;
} rules[VIOLATION_COUNT] = {
#define VIOLATION(id, words, what) { #id, words, what },
#include "models/hyp/check/violations.def"
};

const char *oracle_rule_name(enum oracle_rule r)
{
	BUG_ON(r >= VIOLATION_COUNT);
	return rules[r].name;
}

const char *oracle_rule_words(enum oracle_rule r)
{
	BUG_ON(r >= VIOLATION_COUNT);
	return rules[r].words;
}

const char *oracle_rule_what(enum oracle_rule r)
{
	BUG_ON(r >= VIOLATION_COUNT);
	return rules[r].what;
}

/* ---- the list ---- */

static bool same_kind(const struct oracle_violation *a, const struct oracle_violation *b)
{
	return a->rule == b->rule && a->phase == b->phase && a->executing == b->executing && strcmp(a->reg, b->reg) == 0 &&
	       (a->phase != PHASE_COUNT || a->function == b->function);
}

static const char *place_text(const struct oracle_violation *w, char buf[static 96])
{
	if (w->phase == PHASE_COUNT)
		(void)snprintf(buf, 96, "%s", w->function != NULL ? w->function : "access");
	else if (w->op != SIZE_MAX && w->op == w->executing)
		(void)snprintf(buf, 96, "%s, op %zu in %s", phase_name(w->phase), w->nr, w->function);
	else
		(void)snprintf(buf, 96, "%s", phase_name(w->phase));
	return buf;
}

/* A bug that the modelled kernel has itself, unless it is to be blamed; ORACLE_KNOWN: none. */
static size_t known_bug(const struct oracle *o, enum oracle_rule rule, const char *what)
{
	size_t n, i;
	const struct known_bug *k = known_bugs(&n);

	for (i = 0; i < n; i++) {
		if (k[i].rule == rule && strcmp(k[i].what, what) == 0 && known_bug_of(i, o->p) && (o->p->beside.blamed >> i & 1) == 0)
			break;
	}
	return i;
}

void oracle_violate(struct oracle *o, enum oracle_rule rule, int slot, const char *name, size_t op, const char *fmt, ...)
{
	struct oracle_violation w = { .rule = rule, .vcpu = o->v, .cpu = o->c, .phase = o->phase, .op = op,
				      .executing = o->at, .step = o->stats.steps,
				      .count = 1 };
	char place[96], what[160], origin[96] = "";
	va_list ap;
	size_t known;

	w.reg = slot >= 0 ? o->t.s[slot].name : name;
	known = known_bug(o, rule, w.reg);
	if (known != ORACLE_KNOWN) {
		o->n_known[known]++;
		return;
	}
	o->n_violations++;
	w.sysreg = slot >= 0 && o->t.s[slot].subject < SR_COUNT ? (enum sysreg)o->t.s[slot].subject : SR_NONE;
	w.nr = op != SIZE_MAX ? op - o->p->comp[o->p->op[op].comp].first + 1 : 0;
	w.function = op != SIZE_MAX ? o->p->op[op].step->function : o->phase == PHASE_COUNT ? o->function : NULL;
	for (size_t i = 0; i < o->n_found; i++) {
		if (same_kind(&o->found[i], &w)) {
			o->found[i].count++;
			return;
		}
	}
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (op != SIZE_MAX && op != o->at)
		(void)snprintf(origin, sizeof(origin), ", written in %s (%s, op %zu)", w.function, comp_name((enum ws_comp)o->p->op[op].comp), w.nr);
	(void)snprintf(w.text, sizeof(w.text), "%s: %s: vCPU %u on CPU %u, %s: %s%s", oracle_rule_words(rule), w.reg, o->v, o->c,
		       place_text(&w, place), what, origin);
	if (o->n_found == o->room_found) {
		o->room_found = 2 * o->room_found + 16;
		o->found = xrealloc(o->found, o->room_found * sizeof(*o->found));
	}
	o->found[o->n_found++] = w;
}

const struct oracle_violation *oracle_violations(const struct oracle *o, size_t *n)
{
	*n = o->n_found;
	return o->found;
}

uint64_t oracle_violation_count(const struct oracle *o)
{
	return o->n_violations;
}

uint64_t oracle_known(const struct oracle *o, enum oracle_known bug)
{
	return o->n_known[bug];
}

void oracle_forget(struct oracle *o)
{
	memset(o->n_known, 0, sizeof(o->n_known));
	o->n_found = 0;
	o->n_violations = 0;
	memset(&o->stats, 0, sizeof(o->stats));
}

const struct oracle_stats *oracle_stats(const struct oracle *o)
{
	return &o->stats;
}

const char *oracle_owner(const struct oracle *o, uint64_t tag, unsigned v, char buf[static 64])
{
	(void)o;
	switch (tag_kind(tag)) {
	case TAG_POISON:
		(void)snprintf(buf, 64, "what nobody saved");
		break;
	case TAG_HYP:
		(void)snprintf(buf, 64, "a value of the hypervisor itself");
		break;
	case TAG_HOST:
		(void)snprintf(buf, 64, "the host's value");
		break;
	case TAG_HCFG:
		(void)snprintf(buf, 64, "a constant of the host");
		break;
	case TAG_THREAD:
		(void)snprintf(buf, 64, "the value of vCPU thread %u's user space", tag_id(tag));
		break;
	case TAG_GUEST:
		(void)snprintf(buf, 64, tag_id(tag) == v ? "an older value of its own" : "vCPU %u's value", tag_id(tag));
		break;
	case TAG_GCFG:
		(void)snprintf(buf, 64, tag_id(tag) == v ? "an older control of its own" : "the control of vCPU %u", tag_id(tag));
		break;
	}
	return buf;
}

/* Op that wrote what the CPU holds; SIZE_MAX: none did. */
static size_t writer(const struct oracle *o, unsigned s)
{
	return (size_t)WRITER(o, o->c, s) - 1;
}

bool oracle_in_a_cpu(struct oracle *o, unsigned v, unsigned s)
{
	oracle_settle(o);
	for (unsigned c = 0; c < o->n_cpu; c++) {
		if (HW(o, c, s) == TRUTH(o, v, s))
			return true;
	}
	return false;
}

/* ---- the guest ---- */

static bool reaches(const struct oracle *o, const struct oracle_subject *x, uint64_t state)
{
	if (o->t.always_fp)
		state |= CND(FP_OWNED);
	return (x->reach & ~state) == 0 && (x->lr < 0 || (unsigned)x->lr < oracle_vcpu(o, o->v)->lrs);
}

static enum oracle_rule guest_fault(struct oracle *o, unsigned s)
{
	uint64_t tag = HW(o, o->c, s);

	if (tag_kind(tag) != TAG_GUEST || tag_id(tag) != o->v)
		return VIOLATION_leaked_value;
	return MEM(o, o->v, s) == TRUTH(o, o->v, s) || oracle_in_a_cpu(o, o->v, s) ? VIOLATION_stale_read
										       : VIOLATION_lost_write;
}

static void check_controls(struct oracle *o, uint64_t state)
{
	char owner[64];

	if (o->t.always_fp)
		state |= CND(FP_OWNED);
	for (size_t i = 0; i < o->t.n_need; i++) {
		const struct oracle_need *need = &o->t.need[i];
		unsigned s = need->slot;

		if ((need->on & ~state) != 0 || (need->off & state) != 0 || HW(o, o->c, s) == CONTROL(o, o->v, s))
			continue;
		oracle_violate(o, VIOLATION_trap_not_set, (int)s, NULL, writer(o, s), "the guest runs with %s",
			       oracle_owner(o, HW(o, o->c, s), o->v, owner));
		HW(o, o->c, s) = CONTROL(o, o->v, s);
	}
}

void oracle_guest_runs(struct oracle *o, uint64_t state)
{
	char owner[64];

	check_controls(o, state);
	for (unsigned i = 0; i < o->t.n_guest; i++) {
		const unsigned s = o->t.guest[i];
		const struct oracle_subject *x = &o->t.s[s];

		if (!reaches(o, x, state))
			continue;
		if (HW(o, o->c, s) != TRUTH(o, o->v, s)) {
			oracle_violate(o, guest_fault(o, s), (int)s, NULL, writer(o, s), "the guest runs with %s",
				       oracle_owner(o, HW(o, o->c, s), o->v, owner));
			HW(o, o->c, s) = TRUTH(o, o->v, s);
		}
		if (x->move == MOVE_BOTH)
			HW(o, o->c, s) = TRUTH(o, o->v, s) = oracle_new_tag(o, TAG_GUEST, o->v);
	}
}

/* FP state of the vCPU's own thread: it must be in memory, the thread's or the switch's, before the guest's comes. Another's was saved when it left. */
static void overwrite_thread(struct oracle *o, unsigned s, uint64_t tag)
{
	unsigned w = tag_id(tag);
	unsigned k = (unsigned)o->t.s[s].thread;

	if (w != o->v || tag != THREAD(o, w, k) || THREAD_MEM(o, w, k) == tag || HOST_MEM(o, o->c, s) == tag)
		return;
	oracle_violate(o, VIOLATION_host_clobbered, (int)s, NULL, o->at,
		       "the value of vCPU thread %u's user space is overwritten and was not saved", w);
	THREAD_MEM(o, w, k) = tag;
}

void oracle_overwrite(struct oracle *o, unsigned s)
{
	uint64_t tag = HW(o, o->c, s);
	unsigned w = tag_id(tag);

	if (tag_kind(tag) == TAG_THREAD)
		overwrite_thread(o, s, tag);
	if (tag_kind(tag) != TAG_GUEST || !o->t.s[s].required || tag != TRUTH(o, w, s) || MEM(o, w, s) == tag)
		return;
	oracle_violate(o, VIOLATION_lost_write, (int)s, NULL, o->at, "vCPU %u's latest value is overwritten and was not saved", w);
	MEM(o, w, s) = tag;
}

void oracle_all_saved(struct oracle *o)
{
	char owner[64];

	for (unsigned i = 0; i < o->t.n_guest; i++) {
		const unsigned s = o->t.guest[i];

		if (o->t.s[s].move != MOVE_BOTH || MEM(o, o->v, s) == TRUTH(o, o->v, s))
			continue;
		oracle_violate(o, VIOLATION_lost_write, (int)s, NULL, SIZE_MAX,
			       "what the guest wrote is not saved: memory holds %s",
			       oracle_owner(o, MEM(o, o->v, s), o->v, owner));
		MEM(o, o->v, s) = TRUTH(o, o->v, s);
	}
}

/* ---- the host ---- */

static void check_host(struct oracle *o, unsigned s, bool after_put)
{
	const struct oracle_subject *x = &o->t.s[s];
	uint64_t tag = HW(o, o->c, s);
	enum oracle_rule rule = VIOLATION_host_clobbered;
	char owner[64];

	if (tag_kind(tag) == TAG_HCFG && !x->own) {
		oracle_takes(o, tag);
		HOST(o, o->c, s) = tag; /* as good as its own */
	}
	if (tag == HOST(o, o->c, s))
		return;
	oracle_overwrite(o, s);
	if (x->overwritten) {
		HW(o, o->c, s) = HOST(o, o->c, s);
		return;
	}
	if (tag_kind(tag) == TAG_GCFG)
		rule = VIOLATION_trap_kept;
	else if (tag_kind(tag) == TAG_GUEST && after_put && x->user_needs)
		rule = VIOLATION_leaked_value;
	oracle_violate(o, rule, (int)s, NULL, writer(o, s), "the host %s and finds %s", after_put ? "goes on after vcpu_put" : "runs",
		       tag_kind(tag) == TAG_GCFG ? "the guest's control" : oracle_owner(o, tag, ORACLE_NONE, owner));
	HW(o, o->c, s) = HOST(o, o->c, s);
}

void oracle_host_runs(struct oracle *o, bool after_put)
{
	const uint16_t *slot = after_put ? o->t.after_put : o->t.host;
	const unsigned n = after_put ? o->t.n_after_put : o->t.n_host;

	for (unsigned i = 0; i < n; i++) {
		const unsigned s = slot[i];

		check_host(o, s, after_put);
		if (!o->t.s[s].fixed)
			HW(o, o->c, s) = HOST(o, o->c, s) = oracle_new_tag(o, TAG_HOST, o->c);
	}
}

void oracle_thread_fp(struct oracle *o, bool moved)
{
	bool live = (oracle_vcpu(o, o->v)->state & CND(HOST_FP)) != 0 || o->phase == PHASE_HANDLE;
	char owner[64];

	for (unsigned s = 0; live && s < o->t.n; s++) {
		int k = o->t.s[s].thread;

		if (k < 0 || HW(o, o->c, s) == THREAD(o, o->v, k))
			continue;
		if (!moved)
			oracle_violate(o, tag_kind(HW(o, o->c, s)) == TAG_GUEST ? VIOLATION_leaked_value
										: VIOLATION_host_clobbered,
				       (int)s, NULL, writer(o, s), "the thread's own FP state is due in the CPU, which holds %s",
				       oracle_owner(o, HW(o, o->c, s), ORACLE_NONE, owner));
		HW(o, o->c, s) = THREAD(o, o->v, k);
	}
}
