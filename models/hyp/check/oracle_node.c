/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/check/oracle_node.h"

#include <string.h>

enum whose { IS_NONE, IS_OWN, IS_OTHER };

/* A version that none has: of what is not the latest. */
#define SOME_OLD UINT64_C(0xfffffffff)

/* A multiple of 8. */
static size_t node_size(const struct oracle *o)
{
	return (sizeof(struct oracle_head) + 4 * (size_t)o->t.n + N_THREAD + o->t.n * sizeof(uint16_t) + 7) / 8 * 8;
}

/* ---- tags to a node ---- */

/* What tags are held against: by their kind, its row of latest values, and its owner. */
struct own {
	const uint64_t *latest[TAG_GCFG + 1];
	uint64_t id[TAG_GCFG + 1];
	uint64_t old[TAG_GCFG + 1]; /* what is not the latest, or has no versions */
	uint64_t thread[N_SUBJECTS]; /* its own values; no tag where it has none: of kinds without versions, too */
};

static void own_make(const struct oracle *o, unsigned v, unsigned c, struct own *w)
{
	for (unsigned k = 0; k <= TAG_GCFG; k++) {
		w->latest[k] = w->thread;
		w->id[k] = oracle_of_vcpu((enum tag_kind)k) ? v : c;
		w->old[k] = tag_of((enum tag_kind)k, (unsigned)w->id[k], k == TAG_HOST || oracle_of_vcpu((enum tag_kind)k) ? SOME_OLD : 0);
	}
	for (unsigned s = 0; s < o->t.n; s++)
		w->thread[s] = o->t.s[s].thread >= 0 ? THREAD(o, v, o->t.s[s].thread) : UINT64_MAX;
	w->latest[TAG_GUEST] = &TRUTH(o, v, 0);
	w->latest[TAG_GCFG] = &CONTROL(o, v, 0);
	w->latest[TAG_HOST] = &HOST(o, c, 0);
}

static uint8_t *put_tags(const struct own *w, const uint64_t *restrict tag, unsigned n, uint8_t *restrict b)
{
	for (unsigned s = 0; s < n; s++) {
		const enum tag_kind kind = tag_kind(tag[s]);

		b[s] = TAG_BYTE(kind, tag_id(tag[s]) != w->id[kind], w->latest[kind][s] == tag[s]);
	}
	return b + n;
}

static uint8_t whose(uint32_t id, uint32_t own)
{
	return id == ORACLE_NONE ? IS_NONE : id == own ? IS_OWN : IS_OTHER;
}

static bool put_node(const struct oracle *o, unsigned v, unsigned c, uint8_t *b)
{
	const struct oracle_vcpu *vcpu = oracle_vcpu(o, v);
	const struct oracle_cpu *cpu = oracle_cpu(o, c);
	const unsigned n = o->t.n;
	struct oracle_head h = { .state = vcpu->state, .entry_state = vcpu->entry_state, .pending = cpu->pending,
				 .lrs = vcpu->lrs, .in_guest = (uint8_t)vcpu->in_guest, .cpu = whose(vcpu->cpu, c),
				 .fp_cpu = whose(vcpu->fp_cpu, c), .loaded = whose(cpu->loaded, v), .thread = whose(cpu->thread, v) };
	uint8_t *host;
	struct own w;

	if (h.cpu == IS_OTHER || h.loaded == IS_OTHER)
		return false;
	memcpy(b, &h, sizeof(h));
	own_make(o, v, c, &w);
	b = put_tags(&w, &MEM(o, v, 0), n, b + sizeof(h));
	for (unsigned k = 0; k < N_THREAD; k++) {
		const uint64_t tag = THREAD_MEM(o, v, k);
		const enum tag_kind kind = tag_kind(tag);

		*b++ = TAG_BYTE(kind, tag_id(tag) != w.id[kind], tag == THREAD(o, v, k));
	}
	b = put_tags(&w, &HW(o, c, 0), n, b);
	b = put_tags(&w, &HOST_MEM(o, c, 0), n, b);
	host = b;
	b = put_tags(&w, &HOST(o, c, 0), n, b);
	for (unsigned s = 0; s < n; s++) {
		const uint16_t writer = (uint16_t)WRITER(o, c, s);

		if (BYTE_OTHER(host[s]))
			return false;
		memcpy(b + s * sizeof(writer), &writer, sizeof(writer));
	}
	return true;
}

/* ---- a node to tags ---- */

static uint64_t tag_of_byte(uint8_t b, uint64_t now, const struct own *w, unsigned s)
{
	const enum tag_kind kind = BYTE_KIND(b);
	const uint64_t latest = -(uint64_t)BYTE_LATEST(b), other = -(uint64_t)BYTE_OTHER(b); /* masks: no branch foresees them */

	return (((w->latest[kind][s] & latest) | (w->old[kind] & ~latest)) & ~other) | (now & other); /* nothing moved another's */
}

static const uint8_t *get_tags(const struct own *w, const uint8_t *b, unsigned n, uint64_t *tag)
{
	for (unsigned s = 0; s < n; s++)
		tag[s] = tag_of_byte(b[s], tag[s], w, s);
	return b + n;
}

static bool has(const uint64_t *set, unsigned s)
{
	return (set[s / 64] >> s % 64 & 1) != 0;
}

static void new_versions(struct oracle *o, const uint64_t *set, enum tag_kind kind, unsigned id, uint64_t *tag)
{
	for (unsigned s = 0; s < o->t.n; s++) {
		if (has(set, s))
			tag[s] = oracle_new_tag(o, kind, id);
	}
}

static uint32_t id_of(uint8_t whose, uint32_t own, uint32_t now)
{
	return whose == IS_NONE ? ORACLE_NONE : whose == IS_OWN ? own : now;
}

static void get_head(struct oracle *o, unsigned v, unsigned c, const struct oracle_head *h)
{
	struct oracle_vcpu *vcpu = oracle_vcpu(o, v);
	struct oracle_cpu *cpu = oracle_cpu(o, c);

	vcpu->state = h->state;
	vcpu->entry_state = h->entry_state;
	vcpu->lrs = h->lrs;
	vcpu->in_guest = h->in_guest;
	vcpu->cpu = id_of(h->cpu, c, vcpu->cpu);
	vcpu->fp_cpu = id_of(h->fp_cpu, c, vcpu->fp_cpu);
	cpu->loaded = id_of(h->loaded, v, cpu->loaded);
	cpu->thread = id_of(h->thread, v, cpu->thread);
	cpu->pending = h->pending;
}

/* v and c get what a node says; set: what became new since they had it. */
static void get_node(struct oracle *o, unsigned v, unsigned c, const uint8_t *b, uint64_t *set)
{
	const unsigned n = o->t.n;
	const uint8_t *host;
	struct oracle_head h;
	struct own w;

	memcpy(&h, b, sizeof(h));
	get_head(o, v, c, &h);
	b += sizeof(h);
	host = b + 3 * n + N_THREAD;
	new_versions(o, oracle_new_slots(o, set, NEW_GUEST), TAG_GUEST, v, &TRUTH(o, v, 0));
	new_versions(o, oracle_new_slots(o, set, NEW_CONTROL), TAG_GCFG, v, &CONTROL(o, v, 0));
	new_versions(o, oracle_new_slots(o, set, NEW_HOST), TAG_HOST, c, &HOST(o, c, 0));
	for (unsigned s = 0; s < n; s++) {
		if (BYTE_KIND(host[s]) == TAG_HCFG)
			HOST(o, c, s) = tag_of(TAG_HCFG, c, 0);
	}
	for (unsigned k = 0; k < N_THREAD; k++) {
		if (has(oracle_new_slots(o, set, NEW_THREAD), k))
			THREAD(o, v, k) = oracle_new_tag(o, TAG_THREAD, v);
	}
	own_make(o, v, c, &w);
	b = get_tags(&w, b, n, &MEM(o, v, 0));
	for (unsigned k = 0; k < N_THREAD; k++, b++)
		THREAD_MEM(o, v, k) = BYTE_KIND(*b) == TAG_THREAD && BYTE_LATEST(*b) ? THREAD(o, v, k) : tag_of_byte(*b, THREAD_MEM(o, v, k), &w, 0);
	b = get_tags(&w, b, n, &HW(o, c, 0));
	b = get_tags(&w, b, n, &HOST_MEM(o, c, 0)) + n;
	for (unsigned s = 0; s < n; s++) {
		uint16_t writer;

		memcpy(&writer, b + s * sizeof(writer), sizeof(writer));
		WRITER(o, c, s) = writer;
	}
}


/* ---- pairs ---- */

void oracle_pairs_make(struct oracle *o)
{
	_Static_assert(sizeof(struct oracle_head) == 48, "hashed as bytes");
	o->pairs = xcalloc(1, sizeof(*o->pairs));
	o->pairs->buf = xcalloc(1, node_size(o));
	recset_init(&o->pairs->nodes, node_size(o));
}

void oracle_pairs_free(struct oracle *o)
{
	struct oracle_pairs *q = o->pairs;

	recset_free(&q->nodes);
	free(q->pair);
	free(q->at);
	free(q->set);
	free(q->buf);
	free(q);
}

void oracle_pairs_grow(struct oracle *o)
{
	struct oracle_pairs *q = o->pairs;

	if (q->n_pair < o->room_cpu) {
		q->pair = xrealloc(q->pair, o->room_cpu * sizeof(*q->pair));
		q->set = xrealloc(q->set, (o->room_cpu + 1) * oracle_new_words(o) * sizeof(*q->set));
	}
	for (; q->n_pair < o->room_cpu; q->n_pair++)
		q->pair[q->n_pair] = (struct oracle_pair){ ORACLE_NONE, ORACLE_NO_NODE, false };
	if (q->n_at < o->room_vcpu)
		q->at = xrealloc(q->at, o->room_vcpu * sizeof(*q->at));
	for (; q->n_at < o->room_vcpu; q->n_at++)
		q->at[q->n_at] = ORACLE_NONE;
}

uint32_t oracle_look(struct oracle *o, unsigned v, unsigned c)
{
	bool fresh;

	return put_node(o, v, c, o->pairs->buf) ? recset_add(&o->pairs->nodes, o->pairs->buf, &fresh) : ORACLE_NO_NODE;
}

void oracle_pair_up(struct oracle *o, unsigned v, unsigned c, uint32_t node)
{
	o->pairs->pair[c] = (struct oracle_pair){ v, node, false };
	o->pairs->at[v] = c;
	memset(oracle_new_of(o, c), 0, oracle_new_words(o) * sizeof(uint64_t));
}

void oracle_settle_cpu(struct oracle *o, unsigned c)
{
	struct oracle_pair *p = &o->pairs->pair[c];

	if (p->node == ORACLE_NO_NODE)
		return;
	if (p->moved)
		get_node(o, p->v, c, recset_at(&o->pairs->nodes, p->node), oracle_new_of(o, c));
	o->pairs->at[p->v] = ORACLE_NONE;
	*p = (struct oracle_pair){ ORACLE_NONE, ORACLE_NO_NODE, false };
}

void oracle_settle(struct oracle *o)
{
	for (unsigned c = 0; o->pairs != NULL && c < o->pairs->n_pair; c++)
		oracle_settle_cpu(o, c);
}

void oracle_pairs_forget(struct oracle *o)
{
	oracle_settle(o);
	recset_free(&o->pairs->nodes);
	recset_init(&o->pairs->nodes, node_size(o));
}
