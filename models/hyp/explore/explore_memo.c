/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/explore/explore_memo.h"

enum { EFFECT_UNKNOWN, EFFECT_KNOWN, EFFECT_BREAKS };

/* What an event makes of the blocks of its vCPU and of its pCPU, and what of the others. */
struct xeffect {
	uint32_t v, c, patch;
	uint8_t tail;
	_Atomic uint8_t known; /* the rest is valid */
};

typedef _Atomic uint32_t xrenamed; /* block + 1; 0: not known yet */

/* ---- life ---- */

#define ROOM 256 /* to begin with */

static void array_init(struct xarray *a, size_t size, uint32_t room)
{
	*a = (struct xarray){ .data = xcalloc(room, size), .size = size, .room = room };
}

static size_t names_of(const struct xmemo *m)
{
	return (size_t)m->names.n_v * m->names.n_c;
}

static void grow_with(void *at, size_t size, const struct xtable *t)
{
	void **data = at;

	*data = xrealloc(*data, t->room * size);
}

void xmemo_init(struct xmemo *m, const struct xworld *w)
{
	*m = (struct xmemo){ .n_vcpu = w->n_vcpu, .n_pcpu = w->n_pcpu };
	BUG_ON(pthread_mutex_init(&m->lock, NULL) != 0);
	xnames_make(&m->names, w);
	xtable_init(&m->block[0], xstate_vcpu_size(w), ROOM);
	xtable_init(&m->block[1], xstate_pcpu_size(w), ROOM);
	xtable_init(&m->lists, 3 * sizeof(uint32_t), ROOM);
	xtable_init(&m->groups, 3 * sizeof(uint32_t), ROOM);
	xtable_init(&m->patches, sizeof(struct xpatch), ROOM);
	xtable_init(&m->patched, 2 * sizeof(uint32_t), ROOM);
	for (unsigned k = 0; k < 2; k++)
		m->about[k] = xmalloc(ROOM * sizeof(*m->about[k]));
	m->list = xcalloc(ROOM, sizeof(*m->list));
	m->group = xcalloc(ROOM, sizeof(*m->group));
	m->to_patched = xcalloc(ROOM, sizeof(*m->to_patched));
	array_init(&m->local, sizeof(struct xlocal), 2 * XEVENTS_MAX);
	array_init(&m->effect, sizeof(struct xeffect), 2 * XEVENTS_MAX);
	array_init(&m->renamed, names_of(m) * sizeof(xrenamed), ROOM);
}

void xmemo_free(struct xmemo *m)
{
	for (unsigned k = 0; k < 2; k++) {
		xtable_free(&m->block[k]);
		free(m->about[k]);
	}
	xtable_free(&m->lists);
	xtable_free(&m->groups);
	xtable_free(&m->patches);
	xtable_free(&m->patched);
	free(m->list);
	free(m->group);
	free(m->to_patched);
	free(m->local.data);
	free(m->effect.data);
	free(m->renamed.data);
	(void)pthread_mutex_destroy(&m->lock);
}

uint64_t xmemo_bytes(const struct xmemo *m)
{
	const struct xtable *const tables[] = { &m->block[0], &m->block[1], &m->lists, &m->groups, &m->patches, &m->patched };
	const struct xarray *const arrays[] = { &m->local, &m->effect, &m->renamed };
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		sum += xtable_bytes(tables[i]);
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		sum += (uint64_t)arrays[i]->n * arrays[i]->size;
	return sum + m->lists.n * sizeof(*m->list) + m->groups.n * sizeof(*m->group) + m->patched.n * sizeof(*m->to_patched) +
	       ((uint64_t)m->block[0].n + m->block[1].n) * sizeof(struct xabout);
}

/* What is new in it is 0. */
static void array_make_room(struct xarray *a, uint32_t most)
{
	uint32_t old = a->room;

	if (a->n + most <= a->room && a->n < a->room / 4 * 3)
		return;
	BUG_ON(old > UINT32_MAX / 4);
	a->room *= 2;
	a->data = xrealloc(a->data, a->room * a->size);
	memset((uint8_t *)a->data + old * a->size, 0, (a->room - old) * a->size);
}

static bool table_make_room(struct xtable *t)
{
	if (!xtable_wants_room(t))
		return false;
	xtable_grow(t);
	return true;
}

void xmemo_make_room(struct xmemo *m)
{
	for (unsigned k = 0; k < 2; k++) {
		if (table_make_room(&m->block[k]))
			grow_with(&m->about[k], sizeof(*m->about[k]), &m->block[k]);
	}
	if (table_make_room(&m->lists))
		grow_with(&m->list, sizeof(*m->list), &m->lists);
	if (table_make_room(&m->groups))
		grow_with(&m->group, sizeof(*m->group), &m->groups);
	(void)table_make_room(&m->patches);
	if (table_make_room(&m->patched))
		grow_with(&m->to_patched, sizeof(*m->to_patched), &m->patched);
	array_make_room(&m->local, XEVENTS_MAX);
	array_make_room(&m->effect, XEVENTS_MAX);
	array_make_room(&m->renamed, 1);
}

void xhand_init(struct xhand *h, struct xworld *w)
{
	*h = (struct xhand){ .w = w, .scratch = xmalloc(2 * xstate_size(w)), .scratch2 = xmalloc(xstate_size(w)) };
}

void xhand_free(struct xhand *h)
{
	free(h->scratch);
	free(h->scratch2);
}

static void lock(struct xmemo *m)
{
	BUG_ON(pthread_mutex_lock(&m->lock) != 0);
}

static void unlock(struct xmemo *m)
{
	BUG_ON(pthread_mutex_unlock(&m->lock) != 0);
}

/* ---- blocks ---- */

static const uint8_t *block_at(const struct xmemo *m, bool pcpu, uint32_t i)
{
	return xtable_at(&m->block[pcpu], i);
}

static const struct xabout *about(const struct xmemo *m, bool pcpu, uint32_t i)
{
	return &m->about[pcpu][i];
}

static void learn_block(struct xmemo *m, const struct xworld *w, bool pcpu, uint32_t i, uint32_t hash)
{
	struct xabout *a = &m->about[pcpu][i];
	const uint8_t *b = block_at(m, pcpu, i);

	*a = (struct xabout){ .hash = hash, .owners = xblock_owners(w, pcpu, b) };
	for (unsigned k = 0; k < 8; k++)
		a->head = a->head << 8 | b[k];
}

static uint32_t add_block(struct xmemo *m, struct xhand *h, bool pcpu, const uint8_t *b)
{
	struct xtable *t = &m->block[pcpu];
	uint32_t hash = xtable_hash(t, b), at, i = xtable_look(t, b, hash, &at);

	if (i != XTABLE_NONE)
		return i;
	lock(m);
	i = xtable_look(t, b, hash, &at);
	if (i == XTABLE_NONE && t->n < t->room) {
		i = xtable_put(t, b);
		learn_block(m, h->w, pcpu, i, hash);
		xtable_show(t, at, hash, i);
	}
	unlock(m);
	h->full |= i == XTABLE_NONE;
	return i != XTABLE_NONE ? i : 0;
}

void xmemo_world(struct xmemo *m, struct xhand *h, uint32_t own[static XPARTS], uint8_t *tail)
{
	const uint8_t *b = h->scratch2;
	struct xname same;
	unsigned n = 0;

	xstate_encode(h->w, false, h->scratch2, h->scratch, &same);
	for (unsigned v = 0; v < m->n_vcpu; v++, b += m->block[0].size)
		own[n++] = add_block(m, h, false, b);
	for (unsigned c = 0; c < m->n_pcpu; c++, b += m->block[1].size)
		own[n++] = add_block(m, h, true, b);
	*tail = *b;
}

uint64_t xmemo_hash(const struct xmemo *m, const uint32_t own[static XPARTS], uint8_t tail)
{
	uint64_t h = tail;

	for (unsigned i = 0; i < m->n_vcpu + m->n_pcpu; i++) {
		h = (h ^ about(m, i >= m->n_vcpu, own[i])->hash) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	return h * UINT64_C(0x9e3779b97f4a7c15);
}

/* ---- which events ---- */

/* Per pCPU, is a vCPU loaded, and whose thread is there; per vCPU, is it off with nobody having asked for its reset. */
uint32_t xmemo_env(const struct xmemo *m, const uint32_t own[static XPARTS])
{
	uint32_t env = 0;

	for (unsigned c = 0; c < m->n_pcpu; c++) {
		const struct xabout *b = about(m, true, own[m->n_vcpu + c]);

		env |= ((XHEAD(b, XC_LOADED) != XNONE ? 8U : 0) | (XHEAD(b, XC_THREAD) & 7U)) << 4 * c;
	}
	for (unsigned v = 0; v < m->n_vcpu; v++)
		env |= ((XHEAD(about(m, false, own[v]), XV_BITS) & (XB_OFF | XB_RESET)) == XB_OFF ? 1U : 0) << (16 + v);
	return env;
}

#define ENV_PCPUS 0xffffU
#define ENV_OFF   0xf0000U

uint32_t xmemo_rank(struct xevent ev)
{
	bool to = xevent_args((enum xevent_row)ev.row) == XARG_TARGET;

	return (uint32_t)ev.row << 8 | (to ? 0 : ev.arg);
}

static void blocks_at(const struct xmemo *m, const uint32_t own[static XPARTS], const uint8_t *block[static XPARTS])
{
	for (unsigned i = 0; i < m->n_vcpu + m->n_pcpu; i++)
		block[i] = block_at(m, i >= m->n_vcpu, own[i]);
}

/* Events of vCPU v, of all that can happen; under the lock. False: there is no room. */
static bool make_list(struct xmemo *m, const struct xworld *w, const struct xevent *ev, size_t n, unsigned v, struct xlist *l)
{
	struct xlocal *local = (struct xlocal *)m->local.data + m->local.n;

	*l = (struct xlist){ .first = m->local.n };
	if (m->lists.n == m->lists.room || m->local.n + n > m->local.room)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (ev[i].vcpu != v)
			continue;
		local[l->n++] = (struct xlocal){ ev[i], xmemo_rank(ev[i]), xworld_is_wide(w, ev[i]) };
		l->pcpus |= (uint8_t)(1U << ev[i].pcpu);
	}
	m->local.n += l->n;
	return true;
}

static uint32_t add_list(struct xmemo *m, struct xhand *h, const uint32_t *key, uint32_t hash, const uint32_t own[static XPARTS], uint8_t tail,
			 unsigned v)
{
	const uint8_t *block[XPARTS];
	struct xevent ev[XEVENTS_MAX];
	struct xlist l;
	uint32_t i, at;
	size_t n;

	blocks_at(m, own, block);
	xstate_decode_heads(h->w, block, tail);
	n = xworld_events(h->w, ev);
	lock(m);
	i = xtable_look(&m->lists, key, hash, &at);
	if (i == XTABLE_NONE && make_list(m, h->w, ev, n, v, &l)) {
		i = xtable_put(&m->lists, key);
		m->list[i] = l;
		xtable_show(&m->lists, at, hash, i);
	}
	unlock(m);
	h->full |= i == XTABLE_NONE;
	return i;
}

uint32_t xmemo_list(struct xmemo *m, struct xhand *h, const uint32_t own[static XPARTS], uint8_t tail, unsigned v, uint32_t env)
{
	enum xwhere where = (enum xwhere)XHEAD(about(m, false, own[v]), XV_WHERE);
	uint32_t asks = where == XW_GUEST ? 0 : where == XW_KERNEL ? ENV_OFF : ENV_PCPUS;
	const uint32_t key[3] = { own[v], v, env & asks };
	uint32_t hash = xtable_hash(&m->lists, key), at, i = xtable_look(&m->lists, key, hash, &at);

	return i != XTABLE_NONE ? i : add_list(m, h, key, hash, own, tail, v);
}

/* ---- what they do ---- */

static uint32_t add_effects(struct xmemo *m, struct xhand *h, const uint32_t *key, uint32_t hash, uint32_t n)
{
	uint32_t i, at;

	lock(m);
	i = xtable_look(&m->groups, key, hash, &at);
	if (i == XTABLE_NONE && m->groups.n < m->groups.room && m->effect.n + n <= m->effect.room) {
		i = xtable_put(&m->groups, key);
		m->group[i] = m->effect.n;
		m->effect.n += n;
		xtable_show(&m->groups, at, hash, i);
	}
	unlock(m);
	h->full |= i == XTABLE_NONE;
	return i != XTABLE_NONE ? m->group[i] : 0;
}

uint32_t xmemo_effects(struct xmemo *m, struct xhand *h, uint32_t list, const uint32_t own[static XPARTS], uint8_t tail, unsigned c)
{
	const uint32_t key[3] = { list, own[m->n_vcpu + c], (uint32_t)tail << 8 | c };
	uint32_t hash = xtable_hash(&m->groups, key), at, i = xtable_look(&m->groups, key, hash, &at);

	return i != XTABLE_NONE ? m->group[i] : add_effects(m, h, key, hash, m->list[list].n);
}

static const struct xpatch *patch_at(const struct xmemo *m, uint32_t i)
{
	return (const struct xpatch *)(const void *)xtable_at(&m->patches, i);
}

static uint32_t add_patch(struct xmemo *m, struct xhand *h, const struct xpatch *p)
{
	uint32_t hash = xtable_hash(&m->patches, p), at, i = xtable_look(&m->patches, p, hash, &at);

	if (i != XTABLE_NONE)
		return i;
	lock(m);
	i = xtable_look(&m->patches, p, hash, &at);
	if (i == XTABLE_NONE && m->patches.n < m->patches.room) {
		i = xtable_put(&m->patches, p);
		xtable_show(&m->patches, at, hash, i);
	}
	unlock(m);
	h->full |= i == XTABLE_NONE;
	return i != XTABLE_NONE ? i : 0;
}

static uint32_t add_patched(struct xmemo *m, struct xhand *h, bool pcpu, unsigned id, uint32_t own, uint32_t patch, const uint32_t *key,
			    uint32_t hash)
{
	uint32_t i, at, to;

	memcpy(h->scratch, block_at(m, pcpu, own), m->block[pcpu].size);
	xblock_patch(h->w, patch_at(m, patch), pcpu, id, h->scratch);
	to = add_block(m, h, pcpu, h->scratch);
	if (h->full)
		return 0;
	lock(m);
	i = xtable_look(&m->patched, key, hash, &at);
	if (i == XTABLE_NONE && m->patched.n < m->patched.room) {
		i = xtable_put(&m->patched, key);
		m->to_patched[i] = to;
		xtable_show(&m->patched, at, hash, i);
	}
	unlock(m);
	h->full |= i == XTABLE_NONE;
	return to;
}

/* Another's block after an event. */
static uint32_t patched(struct xmemo *m, struct xhand *h, bool pcpu, unsigned id, uint32_t own, uint32_t patch)
{
	const struct xpatch *p = patch_at(m, patch);
	const struct xabout *b = about(m, pcpu, own);
	const uint32_t key[2] = { own << 1 | pcpu, patch << 4 | id };
	uint32_t hash, at, i;

	if ((b->owners & p->owners) == 0 && !(pcpu && xpatch_ends_fp(p, id, XHEAD(b, XC_LAST_THREAD))))
		return own;
	hash = xtable_hash(&m->patched, key);
	i = xtable_look(&m->patched, key, hash, &at);
	return i != XTABLE_NONE ? m->to_patched[i] : add_patched(m, h, pcpu, id, own, patch, key, hash);
}

/* Run an event in a world of which only its own vCPU and pCPU have their values. */
static uint8_t find_effect(struct xmemo *m, struct xhand *h, struct xevent ev, const uint32_t own[static XPARTS], uint8_t tail,
			   struct xeffect *f)
{
	uint8_t *vblock = h->scratch, *cblock = h->scratch + m->block[0].size;
	const uint8_t *block[XPARTS];
	struct xpatch patch;

	blocks_at(m, own, block);
	xstate_decode_heads(h->w, block, tail);
	xstate_decode_two(h->w, ev.vcpu, block[ev.vcpu], ev.pcpu, block[m->n_vcpu + ev.pcpu], tail);
	xworld_do(h->w, ev);
	if (h->w->n_found != 0)
		return EFFECT_BREAKS;
	xstate_encode_two(h->w, ev.vcpu, ev.pcpu, vblock, cblock);
	xpatch_make(h->w, ev.vcpu, ev.pcpu, vblock, &patch);
	f->v = add_block(m, h, false, vblock);
	f->c = add_block(m, h, true, cblock);
	f->tail = xstate_tail(h->w);
	f->patch = add_patch(m, h, &patch);
	return EFFECT_KNOWN;
}

static uint8_t learn_effect(struct xmemo *m, struct xhand *h, struct xevent ev, const uint32_t own[static XPARTS], uint8_t tail,
			    struct xeffect *f)
{
	struct xeffect found = { .v = 0 };
	uint8_t known = find_effect(m, h, ev, own, tail, &found);

	if (h->full)
		return EFFECT_BREAKS;
	lock(m);
	if (atomic_load_explicit(&f->known, memory_order_relaxed) == EFFECT_UNKNOWN) {
		f->v = found.v;
		f->c = found.c;
		f->patch = found.patch;
		f->tail = found.tail;
		atomic_store_explicit(&f->known, known, memory_order_release);
	}
	unlock(m);
	return known;
}

bool xmemo_after(struct xmemo *m, struct xhand *h, uint32_t list, uint32_t i, uint32_t effects, const uint32_t own[static XPARTS], uint8_t tail,
		 uint32_t to[static XPARTS], uint8_t *to_tail)
{
	const struct xevent ev = xmemo_local(m, list, i)->ev;
	struct xeffect *f = (struct xeffect *)m->effect.data + effects + i;
	uint8_t known = atomic_load_explicit(&f->known, memory_order_acquire);
	unsigned n = m->n_vcpu;

	if (known == EFFECT_UNKNOWN)
		known = learn_effect(m, h, ev, own, tail, f);
	if (known == EFFECT_BREAKS)
		return false;
	for (unsigned v = 0; v < n; v++)
		to[v] = v == ev.vcpu ? f->v : patched(m, h, false, v, own[v], f->patch);
	for (unsigned c = 0; c < m->n_pcpu; c++)
		to[n + c] = c == ev.pcpu ? f->c : patched(m, h, true, c, own[n + c], f->patch);
	*to_tail = f->tail;
	return true;
}

/* ---- names ---- */

static void name_of(const struct xmemo *m, unsigned i, unsigned k, struct xname *name)
{
	memcpy(name->v, m->names.v[i], sizeof(name->v));
	memcpy(name->c, m->names.c[k], sizeof(name->c));
}

/* Number of a block's row + 1; 0: there is no room. */
static uint32_t add_row(struct xmemo *m, struct xhand *h, struct xabout *a)
{
	uint32_t row;

	lock(m);
	row = atomic_load_explicit(&a->row, memory_order_relaxed);
	if (row == 0 && m->renamed.n < m->renamed.room) {
		row = ++m->renamed.n;
		atomic_store_explicit(&a->row, row, memory_order_release);
	}
	unlock(m);
	h->full |= row == 0;
	return row;
}

static uint32_t renamed(struct xmemo *m, struct xhand *h, bool pcpu, uint32_t own, unsigned i, unsigned k)
{
	struct xabout *a = &m->about[pcpu][own];
	size_t at = (size_t)i * m->names.n_c + k;
	uint32_t row, to;
	xrenamed *known;
	struct xname name;

	if (at == 0) /* as it is */
		return own;
	row = atomic_load_explicit(&a->row, memory_order_acquire);
	if (row == 0 && (row = add_row(m, h, a)) == 0)
		return own;
	known = (xrenamed *)m->renamed.data + (row - 1) * names_of(m) + at;
	to = atomic_load_explicit(known, memory_order_acquire);
	if (to != 0)
		return to - 1;
	name_of(m, i, k, &name);
	memcpy(h->scratch, block_at(m, pcpu, own), m->block[pcpu].size);
	xblock_rename(h->w, &name, pcpu, h->scratch);
	to = add_block(m, h, pcpu, h->scratch);
	if (!h->full)
		atomic_store_explicit(known, to + 1, memory_order_release);
	return to;
}

/* Blocks a before blocks b, by their bytes. */
static bool smaller(const struct xmemo *m, const uint32_t *a, const uint32_t *b)
{
	unsigned n = m->n_vcpu;

	for (unsigned i = 0; i < n + m->n_pcpu; i++) {
		const struct xabout *x = about(m, i >= n, a[i]), *y = about(m, i >= n, b[i]);

		if (a[i] == b[i])
			continue;
		if (x->head != y->head)
			return x->head < y->head;
		return memcmp(block_at(m, i >= n, a[i]), block_at(m, i >= n, b[i]), m->block[i >= n].size) < 0;
	}
	return false;
}

static void under_names(struct xmemo *m, struct xhand *h, const uint32_t *own, unsigned i, unsigned k, uint32_t *to)
{
	unsigned n = m->n_vcpu;

	for (unsigned v = 0; v < n; v++)
		to[m->names.v[i][v]] = renamed(m, h, false, own[v], i, k);
	for (unsigned c = 0; c < m->n_pcpu; c++)
		to[n + m->names.c[k][c]] = renamed(m, h, true, own[n + c], i, k);
}

void xmemo_smallest(struct xmemo *m, struct xhand *h, uint32_t own[static XPARTS], struct xname *name)
{
	unsigned parts = m->n_vcpu + m->n_pcpu;
	uint32_t best[XPARTS], try[XPARTS];
	uint64_t head[XPARTS];
	bool have = false;

	for (unsigned p = 0; p < parts; p++)
		head[p] = about(m, p >= m->n_vcpu, own[p])->head;
	for (unsigned i = 0; i < m->names.n_v; i++) {
		if (!xnames_v_fit(&m->names, i, head))
			continue;
		for (unsigned k = 0; k < m->names.n_c; k++) {
			if (!xnames_c_fit(&m->names, i, k, head))
				continue;
			under_names(m, h, own, i, k, have ? try : best);
			if (have && !smaller(m, try, best))
				continue;
			if (have)
				memcpy(best, try, sizeof(best));
			name_of(m, i, k, name);
			have = true;
		}
	}
	BUG_ON(!have);
	memcpy(own, best, parts * sizeof(*own));
}
