/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "sim/trace/trace_tally_impl.h"

#define LINES_MAX (1u << 20) /* rows of a table */

/* A vCPU thread, since its last entry or exit. */
struct tally_vcpu {
	int32_t pid;
	bool used;   /* the slot is */
	uint64_t since;
	bool inside, outside; /* since is an entry, an exit */
	bool waits;           /* a residency whose keys are not all known yet */
	uint64_t ns;
	struct seen_exit exit;
	struct tally_at at;
};

/* ---- rows ---- */

static size_t spread(uint64_t a, uint64_t b)
{
	uint64_t h = (a ^ b * UINT64_C(0xc2b2ae3d27d4eb4f)) * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(h ^ h >> 32);
}

static uint32_t *slot_of(const struct tally *t, const uint64_t key[2])
{
	size_t i = spread(key[0], key[1]) & (t->slots - 1);

	while (t->slot[i] != 0 && memcmp(t->line[t->slot[i] - 1].key, key, sizeof(t->line->key)) != 0)
		i = (i + 1) & (t->slots - 1);
	return &t->slot[i];
}

static void rehash(struct tally *t)
{
	t->slots = t->slots != 0 ? 2 * t->slots : 256;
	free(t->slot);
	t->slot = xcalloc(t->slots, sizeof(*t->slot));
	for (size_t i = 0; i < t->n; i++)
		*slot_of(t, t->line[i].key) = (uint32_t)i + 1;
}

/* The row of what happened; NULL: there are too many. */
static struct tally_line *line_of(struct tally *t, const struct tally_at *at)
{
	uint64_t key[2] = { 0 };
	uint32_t *slot;

	for (unsigned i = 0; i < t->n_keys; i++)
		key[i] = trace_key_value(t->by[i], at);
	if (2 * t->n >= t->slots)
		rehash(t);
	slot = slot_of(t, key);
	if (*slot != 0)
		return &t->line[*slot - 1];
	if (t->n == LINES_MAX) {
		t->dropped++;
		return NULL;
	}
	if (t->n == t->room) {
		t->room = t->room != 0 ? 2 * t->room : 64;
		t->line = xrealloc(t->line, t->room * sizeof(*t->line));
	}
	t->line[t->n] = (struct tally_line){ .key = { key[0], key[1] } };
	*slot = (uint32_t)t->n + 1;
	return &t->line[t->n++];
}

static void sample(struct tally *t, const struct tally_at *at, uint64_t ns)
{
	struct tally_line *l = line_of(t, at);
	double delta;

	if (l == NULL)
		return;
	delta = (double)ns - l->mean;
	l->min = l->n == 0 || ns < l->min ? ns : l->min;
	l->max = ns > l->max ? ns : l->max;
	l->sum += ns;
	l->n++;
	l->mean += delta / (double)l->n;
	l->m2 += delta * ((double)ns - l->mean);
}

static void change(struct tally *t, const struct tally_at *at)
{
	struct tally_line *l = line_of(t, at);

	if (l == NULL)
		return;
	l->n++;
	l->raised += at->irq->level;
	l->lowered += !at->irq->level;
}

/* ---- threads ---- */

static struct tally_vcpu *thread_slot(struct tallies *t, int32_t pid)
{
	size_t i = spread((uint32_t)pid, 0) & (t->vcpu_slots - 1);

	while (t->vcpu[i].used && t->vcpu[i].pid != pid)
		i = (i + 1) & (t->vcpu_slots - 1);
	return &t->vcpu[i];
}

/* The thread; one that enters or leaves a guest is made. NULL: none. */
static struct tally_vcpu *thread_of(struct tallies *t, int32_t pid, bool make)
{
	struct tally_vcpu *v;

	if (make && 2 * t->n_vcpu >= t->vcpu_slots) {
		struct tally_vcpu *old = t->vcpu;
		size_t n = t->vcpu_slots;

		t->vcpu_slots = n != 0 ? 2 * n : 64;
		t->vcpu = xcalloc(t->vcpu_slots, sizeof(*t->vcpu));
		for (size_t i = 0; i < n; i++) {
			if (old[i].used)
				*thread_slot(t, old[i].pid) = old[i];
		}
		free(old);
	}
	v = t->vcpu_slots != 0 ? thread_slot(t, pid) : NULL;
	if (v != NULL && !v->used && make) {
		v->pid = pid;
		v->used = true;
		t->n_vcpu++;
	}
	return v != NULL && v->used ? v : NULL;
}

/* A residency whose kind and register are known by now. */
static void flush(struct tallies *t, struct tally_vcpu *v)
{
	if (v->waits) {
		v->at.exit = &v->exit;
		sample(&t->by, &v->at, v->ns);
	}
	v->waits = false;
}

static bool by_irq(const struct tally *t)
{
	return t->by[0] == KEY_IRQ || (t->n_keys == 2 && t->by[1] == KEY_IRQ);
}

static void count_entry(struct tallies *t, const struct tr_event *ev)
{
	struct tally_vcpu *v = thread_of(t, ev->pid, true);

	flush(t, v);
	t->unpaired += v->inside;
	if (t->handling && v->outside && !by_irq(&t->by)) {
		v->at.exit = &v->exit;
		sample(&t->by, &v->at, ev->ts_ns - v->since);
	}
	v->since = ev->ts_ns;
	v->inside = true;
	v->outside = false;
	seen_entry(&v->exit);
}

static bool needs_handler(const struct tally *t)
{
	for (unsigned i = 0; i < t->n_keys; i++) {
		if (t->by[i] == KEY_KIND || t->by[i] == KEY_REGISTER)
			return true;
	}
	return false;
}

static void count_exit(struct tallies *t, const struct tr_event *ev)
{
	struct tally_vcpu *v = thread_of(t, ev->pid, true);
	uint64_t pc = ev->arg[TRA_kvm_exit_vcpu_pc];

	flush(t, v);
	seen_exit(&v->exit, ev);
	v->at = (struct tally_at){ .exit = &v->exit, .pc = pc, .comm = ev->comm, .pid = ev->pid, .cpu = ev->cpu };
	if ((ev->absent >> TRA_kvm_exit_vcpu_pc & 1) == 0)
		sample(&t->pc, &v->at, 0);
	t->unpaired += !v->inside;
	if (!t->handling && v->inside && !by_irq(&t->by)) {
		v->ns = ev->ts_ns - v->since;
		v->waits = true;
		if (!needs_handler(&t->by))
			flush(t, v);
	}
	v->since = ev->ts_ns;
	v->inside = false;
	v->outside = true;
}

static bool irq_of(const struct tr_event *ev, struct tally_irq *irq)
{
	switch ((enum tr_type)ev->type) {
	case TR_vgic_update_irq_pending:
		*irq = (struct tally_irq){ (uint32_t)ev->arg[TRA_vgic_update_irq_pending_irq],
					   (uint32_t)ev->arg[TRA_vgic_update_irq_pending_vcpu_id],
					   ev->arg[TRA_vgic_update_irq_pending_level] != 0 };
		return true;
	case TR_kvm_timer_update_irq:
		*irq = (struct tally_irq){ (uint32_t)ev->arg[TRA_kvm_timer_update_irq_irq],
					   (uint32_t)ev->arg[TRA_kvm_timer_update_irq_vcpu_id],
					   ev->arg[TRA_kvm_timer_update_irq_level] != 0 };
		return true;
	case TR_kvm_irq_line:
		*irq = (struct tally_irq){ (uint32_t)ev->arg[TRA_kvm_irq_line_irq_num],
					   (uint32_t)ev->arg[TRA_kvm_irq_line_vcpu_idx],
					   ev->arg[TRA_kvm_irq_line_level] != 0 };
		return true;
	default:
		return false;
	}
}

static void count_irq(struct tallies *t, const struct tr_event *ev)
{
	const struct tally_vcpu *v = thread_of(t, ev->pid, false);
	struct tally_irq irq;
	struct tally_at at = { .exit = v != NULL && v->outside ? &v->exit : NULL, .irq = &irq,
			       .pc = v != NULL ? v->at.pc : 0, .comm = ev->comm, .pid = ev->pid, .cpu = ev->cpu };

	if (!irq_of(ev, &irq))
		return;
	change(&t->irq, &at);
	if (by_irq(&t->by))
		change(&t->by, &at);
}

/* The event of all that change an interrupt line which tells most. */
static enum tr_type irq_event(const struct tr_info *info)
{
	static const enum tr_type best[] = { TR_vgic_update_irq_pending, TR_kvm_timer_update_irq, TR_kvm_irq_line };

	for (size_t i = 0; i < sizeof(best) / sizeof(best[0]); i++) {
		if (info->per_type[best[i]] != 0)
			return best[i];
	}
	return TR_TYPE_COUNT;
}

void tallies_begin(struct tallies *t, struct tr_reader *trace, const enum trace_key *by, unsigned n_keys, bool handling)
{
	memset(t, 0, sizeof(*t));
	t->trace = trace;
	t->handling = handling;
	t->irq_event = irq_event(tr_info(trace));
	t->by.n_keys = n_keys;
	for (unsigned i = 0; i < n_keys; i++)
		t->by.by[i] = by[i];
	t->irq = (struct tally){ .by = { KEY_IRQ }, .n_keys = 1 };
	t->pc = (struct tally){ .by = { KEY_PC, KEY_REASON }, .n_keys = 2 };
}

void tallies_event(struct tallies *t, const struct tr_event *ev)
{
	struct tally_vcpu *v;
	int32_t pid = ev->pid;

	t->used[ev->cpu] = true;
	if (ev->type == TR_kvm_entry) {
		count_entry(t, ev);
		return;
	}
	if (ev->type == TR_kvm_exit) {
		count_exit(t, ev);
		return;
	}
	if (ev->type == t->irq_event)
		count_irq(t, ev);
	if (ev->type == TR_sched_switch)
		pid = (int32_t)ev->arg[TRA_sched_switch_prev_pid];
	v = thread_of(t, pid, false);
	if (v != NULL)
		seen_event(&v->exit, ev);
}

static int by_count(const void *a, const void *b)
{
	const struct tally_line *x = a, *y = b;
	int c;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	c = strcmp(x->name[0], y->name[0]);
	return c != 0 || x->name[1] == NULL ? c : strcmp(x->name[1], y->name[1]);
}

static void end(struct tally *t, const struct tr_reader *trace)
{
	bool irq = by_irq(t);

	for (size_t i = 0; i < t->n; i++) {
		for (unsigned k = 0; k < t->n_keys; k++)
			t->line[i].name[k] = trace_key_text(t->by[k], t->line[i].key[k], trace, irq);
	}
	if (t->n != 0)
		qsort(t->line, t->n, sizeof(*t->line), by_count);
}

void tallies_end(struct tallies *t)
{
	for (size_t i = 0; i < t->vcpu_slots; i++) {
		if (t->vcpu[i].used)
			flush(t, &t->vcpu[i]);
	}
	end(&t->by, t->trace);
	end(&t->irq, t->trace);
	end(&t->pc, t->trace);
}

static void free_tally(struct tally *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->line[i].name[0]);
		free(t->line[i].name[1]);
	}
	free(t->line);
	free(t->slot);
}

void tallies_free(struct tallies *t)
{
	free_tally(&t->by);
	free_tally(&t->irq);
	free_tally(&t->pc);
	free(t->vcpu);
}

uint32_t tallies_cpus_used(const struct tallies *t)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < TR_CPU_MAX; i++)
		n += t->used[i];
	return n;
}
