/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An oracle that looks on sees the same few steps over and over. What a component or an access makes of a vCPU and its pCPU is
 * decided by what they hold (kind of each value, whose it is, is it the latest), so it is run once, on tags, and then
 * remembered: from one such state, a node, an edge goes to the next. While a pair goes along edges its tags are left as they
 * were; they are put right (settled) when somebody needs them.
 *
 * That holds as long as nothing is wrong, so the first violation ends it, and tags move from then on. Besides, a dead value of a
 * vCPU that ran on the pCPU before may be overwritten without asking, since it is in memory: a vcpu_put that left one
 * unsaved ends it, too.
 */
#include <string.h>

#include "models/hyp/check/oracle_node.h"
#include "models/hyp/kvm/reach.h"
#include "sim/base/recset.h"

#define NONE ORACLE_NO_NODE

/* Bounds, in the order of some megabytes; then all is forgotten. */
#define NODES_MAX 8192
#define EDGES_MAX 65536

/* To look at all tags costs as much as some remembered steps save; where that does not come back, it is given up for a while. */
#define CREDIT_MAX   65536
#define CREDIT_LOOK  16   /* what a look costs; each remembered step brings 1 */
#define CREDIT_TRIAL 512  /* after a rest */
#define REST         8192 /* steps */

/* A step or an access from a node on. */
struct key {
	uint64_t state;
	uint32_t node;
	uint16_t what; /* component, register */
	uint8_t lrs;
	uint8_t how;   /* HOW_* */
};
#define HOW_STEP   0x80U
#define HOW_ON_CPU 0x40U
#define HOW_WRITE  0x20U /* | via */

/* One of a hash table, with its key: a step looks at one line of a cache. */
struct edge {
	struct key key;
	uint32_t to; /* node; NONE: it must be run each time */
	uint32_t fresh, known;
	bool used;
};

struct oracle_memo {
	bool over;
	struct recset fresh; /* sets of slots, a bit each: new values of the guest, its controls, the host; then of the thread */
	struct recset known; /* how often known bugs showed */
	struct edge *edge;
	uint32_t n_edge, n_slot;
	uint32_t *usual; /* of each node: slot of the edge that was taken from it last */
	uint32_t room_usual;
	unsigned credit, rest;
};

/* ---- life ---- */

static void tables_init(const struct oracle *o, struct oracle_memo *m)
{
	const uint64_t no_known[ORACLE_KNOWN] = { 0 };
	bool fresh;

	m->n_edge = 0;
	m->n_slot = 1024;
	m->edge = xcalloc(m->n_slot, sizeof(*m->edge));
	recset_init(&m->fresh, oracle_new_words(o) * sizeof(uint64_t));
	recset_init(&m->known, sizeof(no_known));
	(void)recset_add(&m->known, no_known, &fresh);
}

static void tables_free(struct oracle_memo *m)
{
	free(m->edge);
	recset_free(&m->fresh);
	recset_free(&m->known);
}

void oracle_memo_make(struct oracle *o)
{
	struct oracle_memo *m = xcalloc(1, sizeof(*m));

	_Static_assert(sizeof(struct key) == 16, "hashed as bytes");
	o->memo = m;
	oracle_pairs_make(o);
	m->credit = CREDIT_MAX;
	m->over = o->p->n > UINT16_MAX - 1;
	tables_init(o, m);
}

void oracle_memo_free(struct oracle *o)
{
	struct oracle_memo *m = o->memo;

	if (m == NULL)
		return;
	tables_free(m);
	free(m->usual);
	oracle_pairs_free(o);
	free(m);
}

/* ---- steps ---- */

/* A component or an access. */
struct doing {
	const struct watch_step *step;
	const struct handler_access *access; /* NULL: the step */
	unsigned v, c;
	enum ws_phase phase; /* PHASE_COUNT: an access */
};

static void run(struct oracle *o, const struct doing *d)
{
	if (d->access != NULL) {
		oracle_access(o, d->access);
		return;
	}
	oracle_step(o, d->v, d->c, d->step->comp, d->step->state, d->step->lrs);
	oracle_on_cpu_flag(o, d->v, d->step->on_cpu);
}

static void end(struct oracle *o)
{
	oracle_settle(o);
	o->memo->over = true;
}

/* Is a value of the vCPU left in a CPU and nowhere else, while it is not loaded? */
static bool left_unsaved(const struct oracle *o, const struct doing *d)
{
	if (oracle_vcpu(o, d->v)->cpu == d->c)
		return false;
	if (d->access != NULL)
		return d->access->write && HW(o, d->c, (unsigned)o->t.slot[ws_same(d->access->reg)]) == TRUTH(o, d->v, (unsigned)o->t.slot[ws_same(d->access->reg)]);
	for (unsigned i = 0; d->phase == PHASE_PUT && i < o->t.n_guest; i++) {
		if (MEM(o, d->v, o->t.guest[i]) != TRUTH(o, d->v, o->t.guest[i]))
			return true;
	}
	return false;
}

/* It runs, on tags. False: something is wrong, and it is over. */
static bool run_on_tags(struct oracle *o, const struct doing *d)
{
	const uint64_t violations = o->n_violations;

	o->beyond = false;
	run(o, d);
	if (o->n_violations == violations && !left_unsaved(o, d))
		return true;
	end(o);
	return false;
}

/* What is new since a version, as a record of fresh. */
static uint32_t new_since(struct oracle *o, unsigned v, unsigned c, uint64_t version)
{
	struct oracle_memo *m = o->memo;
	uint64_t *set = oracle_new_of(o, o->pairs->n_pair), *guest = oracle_new_slots(o, set, NEW_GUEST), *control = oracle_new_slots(o, set, NEW_CONTROL),
		 *host = oracle_new_slots(o, set, NEW_HOST);
	bool fresh;

	memset(set, 0, oracle_new_words(o) * sizeof(*set));
	for (unsigned s = 0; s < o->t.n; s++) {
		guest[s / 64] |= (uint64_t)(tag_version(TRUTH(o, v, s)) > version) << s % 64;
		control[s / 64] |= (uint64_t)(tag_version(CONTROL(o, v, s)) > version) << s % 64;
		host[s / 64] |= (uint64_t)(tag_version(HOST(o, c, s)) > version) << s % 64;
	}
	for (unsigned k = 0; k < N_THREAD; k++)
		*oracle_new_slots(o, set, NEW_THREAD) |= (uint64_t)(tag_version(THREAD(o, v, k)) > version) << k;
	return recset_add(&m->fresh, set, &fresh);
}

static uint32_t known_since(struct oracle *o, const uint64_t *before)
{
	uint64_t since[ORACLE_KNOWN];
	bool fresh;

	for (size_t i = 0; i < ORACLE_KNOWN; i++)
		since[i] = o->n_known[i] - before[i];
	return recset_add(&o->memo->known, since, &fresh);
}

static bool can_look(struct oracle_memo *m)
{
	if (m->rest != 0) {
		m->rest--;
		return false;
	}
	if (m->credit < CREDIT_LOOK) {
		m->credit = CREDIT_TRIAL;
		m->rest = REST;
		return false;
	}
	m->credit -= CREDIT_LOOK;
	return true;
}

/* Run it, and remember what it does from the node on. */
static void learn(struct oracle *o, const struct doing *d, uint32_t edge)
{
	struct oracle_memo *m = o->memo;
	struct edge *e = &m->edge[edge];
	const uint64_t version = o->version, unknown = o->stats.unknown;
	uint64_t known[ORACLE_KNOWN];
	uint32_t to;

	oracle_settle_cpu(o, d->c);
	memcpy(known, o->n_known, sizeof(known));
	if (!run_on_tags(o, d) || !can_look(m))
		return;
	to = oracle_look(o, d->v, d->c);
	if (to == NONE)
		return;
	if (!o->beyond && o->stats.unknown == unknown)
		*e = (struct edge){ e->key, to, new_since(o, d->v, d->c, version), known_since(o, known), true };
	oracle_pair_up(o, d->v, d->c, to);
}

static void count(struct oracle *o, const struct doing *d)
{
	struct oracle_stats *s = &o->stats;

	s->steps += d->access == NULL;
	s->accesses += d->access != NULL;
	s->loads += d->phase == PHASE_LOAD;
	s->entries += d->phase == PHASE_ENTER;
	s->exits += d->phase == PHASE_EXIT;
	s->puts += d->phase == PHASE_PUT;
	o->n_puts += d->phase == PHASE_PUT;
}

static void go_along(struct oracle *o, const struct doing *d, struct oracle_pair *p, const struct edge *e)
{
	struct oracle_memo *m = o->memo;
	uint64_t *set = oracle_new_of(o, d->c);
	const uint64_t *more = (const uint64_t *)(const void *)recset_at(&m->fresh, e->fresh);

	count(o, d);
	p->node = e->to;
	p->moved = true;
	m->credit += m->credit < CREDIT_MAX;
	for (size_t i = 0; i < oracle_new_words(o); i++)
		set[i] |= more[i];
	if (e->known != 0) {
		const uint64_t *known = (const uint64_t *)(const void *)recset_at(&m->known, e->known);

		for (size_t i = 0; i < ORACLE_KNOWN; i++)
			o->n_known[i] += known[i];
	}
}

static void forget(struct oracle *o)
{
	struct oracle_memo *m = o->memo;

	oracle_pairs_forget(o);
	tables_free(m);
	tables_init(o, m);
	memset(m->usual, 0, m->room_usual * sizeof(*m->usual));
}

static uint32_t slot_of(const struct oracle_memo *m, const struct key *k)
{
	uint32_t i = (uint32_t)(recset_hash((const uint8_t *)k, sizeof(*k)) >> 32) & (m->n_slot - 1);

	while (m->edge[i].used && memcmp(&m->edge[i].key, k, sizeof(*k)) != 0)
		i = (i + 1) & (m->n_slot - 1);
	return i;
}

static void grow_edges(struct oracle_memo *m)
{
	struct edge *old = m->edge;
	uint32_t n_old = m->n_slot;

	m->n_slot *= 2;
	m->edge = xcalloc(m->n_slot, sizeof(*m->edge));
	for (uint32_t i = 0; i < n_old; i++) {
		if (old[i].used)
			m->edge[slot_of(m, &old[i].key)] = old[i];
	}
	free(old);
}

static void make_room(struct oracle *o)
{
	struct oracle_memo *m = o->memo;

	if (o->pairs->nodes.n >= NODES_MAX || m->n_edge >= EDGES_MAX)
		forget(o);
	if (2 * m->n_edge >= m->n_slot)
		grow_edges(m);
}

/* Slot of the edge from a node. */
static uint32_t edge_of(struct oracle *o, struct key *k, uint32_t node)
{
	struct oracle_memo *m = o->memo;
	struct edge *e;
	uint32_t i;

	k->node = node;
	if (node >= m->room_usual) {
		const uint32_t room = 2 * node + 256;

		m->usual = xrealloc(m->usual, room * sizeof(*m->usual));
		memset(m->usual + m->room_usual, 0, (room - m->room_usual) * sizeof(*m->usual));
		m->room_usual = room;
	}
	i = m->usual[node];
	if (m->edge[i].used && memcmp(&m->edge[i].key, k, sizeof(*k)) == 0)
		return i;
	i = m->usual[node] = slot_of(m, k);
	e = &m->edge[i];
	if (!e->used) {
		*e = (struct edge){ .key = *k, .to = NONE, .used = true };
		m->n_edge++;
	}
	return i;
}

static void remembered(struct oracle *o, const struct doing *d, struct key *k)
{
	struct oracle_memo *m = o->memo;
	struct oracle_pair *p;
	uint32_t i;

	make_room(o);
	p = &o->pairs->pair[d->c];
	if (p->node == NONE || p->v != d->v) {
		uint32_t node;

		oracle_settle_cpu(o, d->c);
		if (o->pairs->at[d->v] != ORACLE_NONE)
			oracle_settle_cpu(o, o->pairs->at[d->v]);
		node = can_look(m) ? oracle_look(o, d->v, d->c) : NONE;
		if (node == NONE) {
			(void)run_on_tags(o, d);
			return;
		}
		oracle_pair_up(o, d->v, d->c, node);
	}
	i = edge_of(o, k, p->node);
	if (m->edge[i].to != NONE)
		go_along(o, d, p, &m->edge[i]);
	else
		learn(o, d, i);
}

void oracle_memo_step(struct oracle *o, const struct watch_step *s)
{
	const struct doing d = { .step = s, .v = s->vcpu, .c = s->cpu, .phase = (enum ws_phase)o->t.phase[s->comp] };
	struct key k = { s->state, NONE, (uint16_t)s->comp, (uint8_t)s->lrs, (uint8_t)(HOW_STEP | (s->on_cpu ? HOW_ON_CPU : 0)) };

	if (o->memo->over) {
		run(o, &d);
		return;
	}
	oracle_pairs_grow(o);
	remembered(o, &d, &k);
}

/* A read changes nothing but what is wrong. False: the copy is not the vCPU's latest value, or the pair must tell. */
static bool reads_the_latest(struct oracle *o, const struct doing *d, unsigned slot)
{
	const struct handler_access *a = d->access;
	const unsigned c = o->pairs->at[a->vcpu];
	const uint8_t *node;
	struct oracle_head h;
	bool memory;
	uint8_t b;

	if (c == ORACLE_NONE) { /* its tags are as they should be */
		if (a->via != VIA_MEMORY && oracle_on_cpu(o, oracle_vcpu(o, a->vcpu)->state, ws_same(a->reg)))
			return false;
		(void)run_on_tags(o, d);
		return true;
	}
	node = recset_at(&o->pairs->nodes, o->pairs->pair[c].node);
	memcpy(&h, node, sizeof(h));
	memory = a->via == VIA_MEMORY || !oracle_on_cpu(o, h.state, ws_same(a->reg));
	if (!memory && (c != a->cpu || o->t.s[slot].move == MOVE_CONF))
		return false;
	b = node[sizeof(h) + (memory ? 0 : o->t.n + N_THREAD) + slot];
	if (o->t.s[slot].required && b != TAG_BYTE(TAG_GUEST, false, true))
		return false;
	o->stats.accesses++;
	return true;
}

void oracle_memo_access(struct oracle *o, const struct handler_access *a)
{
	const struct doing d = { .access = a, .v = a->vcpu, .c = a->cpu, .phase = PHASE_COUNT };
	const int slot = o->t.slot[ws_same(a->reg)];
	struct key k = { 0, NONE, (uint16_t)a->reg, 0, (uint8_t)((a->write ? HOW_WRITE : 0) | (unsigned)a->via) };

	if (o->memo->over || slot < 0) {
		run(o, &d);
		return;
	}
	oracle_pairs_grow(o);
	if (a->write || !reads_the_latest(o, &d, (unsigned)slot))
		remembered(o, &d, &k);
}
