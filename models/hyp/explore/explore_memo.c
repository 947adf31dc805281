/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/explore/explore_memo.h"

#define OWNERS_KNOWN 0x100U

enum { EFFECT_UNKNOWN, EFFECT_KNOWN, EFFECT_BREAKS };

/* What an event makes of the blocks of its vCPU and of its pCPU, and what of the others. */
struct xeffect {
	uint32_t v, c, patch;
	uint8_t known, tail;
};

void xmemo_init(struct xmemo *m, struct xworld *w)
{
	*m = (struct xmemo){ .w = w };
	xnames_make(&m->names, w);
	recset_init(&m->block[0], xstate_vcpu_size(w));
	recset_init(&m->block[1], xstate_pcpu_size(w));
	recset_init(&m->lists, 3 * sizeof(uint32_t));
	recset_init(&m->groups, 3 * sizeof(uint32_t));
	recset_init(&m->patches, sizeof(struct xpatch));
	recset_init(&m->patched, 2 * sizeof(uint32_t));
	m->scratch = xmalloc(2 * xstate_size(w));
	m->scratch2 = xmalloc(xstate_size(w));
}

void xmemo_free(struct xmemo *m)
{
	for (unsigned k = 0; k < 2; k++) {
		recset_free(&m->block[k]);
		free(m->row[k]);
		free(m->owners[k]);
	}
	recset_free(&m->lists);
	recset_free(&m->groups);
	recset_free(&m->patches);
	recset_free(&m->patched);
	free(m->list);
	free(m->local);
	free(m->group);
	free(m->effect);
	free(m->to_patched);
	free(m->renamed);
	free(m->scratch);
	free(m->scratch2);
}

static size_t names_of(const struct xmemo *m)
{
	return (size_t)m->names.n_v * m->names.n_c;
}

uint64_t xmemo_bytes(const struct xmemo *m)
{
	const struct recset *const tables[] = { &m->block[0], &m->block[1], &m->lists, &m->groups, &m->patches, &m->patched };
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		sum += recset_bytes(tables[i]);
	return sum + m->lists.n * sizeof(*m->list) + m->n_local * sizeof(*m->local) + m->groups.n * sizeof(*m->group) +
	       m->n_effect * sizeof(*m->effect) + m->patched.n * sizeof(*m->to_patched) +
	       ((size_t)m->block[0].n + m->block[1].n) * (sizeof(**m->row) + sizeof(**m->owners)) + m->n_rows * names_of(m) * sizeof(*m->renamed);
}

/* An array with room for an index; what is new in it is 0. */
static void *room_for(void *p, size_t size, uint32_t i, uint32_t *room)
{
	uint32_t old = *room;

	if (i < old)
		return p;
	BUG_ON(i > UINT32_MAX / 4);
	*room = i < 128 ? 256 : 2 * i;
	p = xrealloc(p, *room * size);
	memset((uint8_t *)p + old * size, 0, (*room - old) * size);
	return p;
}

static const uint8_t *block_at(const struct xmemo *m, bool pcpu, uint32_t i)
{
	return recset_at(&m->block[pcpu], i);
}

void xmemo_world(struct xmemo *m, uint32_t own[static XPARTS], uint8_t *tail)
{
	const uint8_t *b = m->scratch2;
	struct xname same;
	unsigned n = 0;
	bool fresh;

	xstate_encode(m->w, false, m->scratch2, m->scratch, &same);
	for (unsigned v = 0; v < m->w->n_vcpu; v++, b += m->block[0].size)
		own[n++] = recset_add(&m->block[0], b, &fresh);
	for (unsigned c = 0; c < m->w->n_pcpu; c++, b += m->block[1].size)
		own[n++] = recset_add(&m->block[1], b, &fresh);
	*tail = *b;
}

/* ---- which events ---- */

/* Per pCPU, is a vCPU loaded, and whose thread is there; per vCPU, is it off with nobody having asked for its reset. */
uint32_t xmemo_env(const struct xmemo *m, const uint32_t own[static XPARTS])
{
	uint32_t env = 0;

	for (unsigned c = 0; c < m->w->n_pcpu; c++) {
		const uint8_t *b = block_at(m, true, own[m->w->n_vcpu + c]);

		env |= ((b[XC_LOADED] != XNONE ? 8U : 0) | (b[XC_THREAD] & 7U)) << 4 * c;
	}
	for (unsigned v = 0; v < m->w->n_vcpu; v++)
		env |= ((block_at(m, false, own[v])[XV_BITS] & (XB_OFF | XB_RESET)) == XB_OFF ? 1U : 0) << (16 + v);
	return env;
}

#define ENV_PCPUS 0xffffU
#define ENV_OFF   0xf0000U

uint32_t xmemo_rank(struct xevent ev)
{
	bool to = xevent_args((enum xevent_row)ev.row) == XARG_TARGET;

	return (uint32_t)ev.row << 8 | (to ? 0 : ev.arg);
}

/* Blocks of a state; they move as the tables grow. */
static void blocks_at(const struct xmemo *m, const uint32_t own[static XPARTS], const uint8_t *block[static XPARTS])
{
	for (unsigned i = 0; i < m->w->n_vcpu + m->w->n_pcpu; i++)
		block[i] = block_at(m, i >= m->w->n_vcpu, own[i]);
}

static void make_list(struct xmemo *m, uint32_t number, const uint32_t own[static XPARTS], uint8_t tail, unsigned v)
{
	const uint8_t *block[XPARTS];
	struct xevent ev[XEVENTS_MAX];
	struct xlist *l;
	size_t n;

	blocks_at(m, own, block);
	xstate_decode_heads(m->w, block, tail);
	n = xworld_events(m->w, ev);
	m->list = room_for(m->list, sizeof(*m->list), number, &m->room_list);
	l = &m->list[number];
	*l = (struct xlist){ .first = m->n_local };
	for (size_t i = 0; i < n; i++) {
		if (ev[i].vcpu != v)
			continue;
		m->local = room_for(m->local, sizeof(*m->local), m->n_local, &m->room_local);
		m->local[m->n_local++] = (struct xlocal){ ev[i], xmemo_rank(ev[i]), xworld_is_wide(m->w, ev[i]) };
		l->pcpus |= (uint8_t)(1U << ev[i].pcpu);
		l->n++;
	}
}

uint32_t xmemo_list(struct xmemo *m, const uint32_t own[static XPARTS], uint8_t tail, unsigned v, uint32_t env)
{
	enum xwhere where = (enum xwhere)block_at(m, false, own[v])[XV_WHERE];
	uint32_t asks = where == XW_GUEST ? 0 : where == XW_KERNEL ? ENV_OFF : ENV_PCPUS;
	const uint32_t key[3] = { own[v], v, env & asks };
	uint32_t i;
	bool fresh;

	i = recset_add(&m->lists, key, &fresh);
	if (fresh)
		make_list(m, i, own, tail, v);
	return i;
}

/* ---- what they do ---- */

uint32_t xmemo_effects(struct xmemo *m, uint32_t list, const uint32_t own[static XPARTS], uint8_t tail, unsigned c)
{
	const uint32_t key[3] = { list, own[m->w->n_vcpu + c], (uint32_t)tail << 8 | c };
	bool fresh;
	uint32_t i = recset_add(&m->groups, key, &fresh), n = m->list[list].n;

	if (fresh) {
		m->group = room_for(m->group, sizeof(*m->group), i, &m->room_group);
		m->effect = room_for(m->effect, sizeof(*m->effect), m->n_effect + n, &m->room_effect);
		m->group[i] = m->n_effect;
		m->n_effect += n;
	}
	return m->group[i];
}

/* Whose latest values a block has, as bits of xblock_owners. */
static unsigned owners_of(struct xmemo *m, bool pcpu, uint32_t own)
{
	m->owners[pcpu] = room_for(m->owners[pcpu], sizeof(**m->owners), own, &m->room_owners[pcpu]);
	if (m->owners[pcpu][own] == 0)
		m->owners[pcpu][own] = (uint16_t)(OWNERS_KNOWN | xblock_owners(m->w, pcpu, block_at(m, pcpu, own)));
	return m->owners[pcpu][own];
}

static uint32_t patched(struct xmemo *m, bool pcpu, unsigned id, uint32_t own, uint32_t patch)
{
	const struct xpatch *p = (const struct xpatch *)(const void *)recset_at(&m->patches, patch);
	const uint32_t key[2] = { own << 1 | pcpu, patch << 4 | id };
	uint32_t i, to;
	bool fresh;

	if ((owners_of(m, pcpu, own) & p->owners) == 0 && !(pcpu && xpatch_ends_fp(p, id, block_at(m, true, own))))
		return own;
	i = recset_add(&m->patched, key, &fresh);
	if (!fresh)
		return m->to_patched[i];
	memcpy(m->scratch, block_at(m, pcpu, own), m->block[pcpu].size);
	xblock_patch(m->w, (const struct xpatch *)(const void *)recset_at(&m->patches, patch), pcpu, id, m->scratch);
	to = recset_add(&m->block[pcpu], m->scratch, &fresh);
	m->to_patched = room_for(m->to_patched, sizeof(*m->to_patched), i, &m->room_patched);
	m->to_patched[i] = to;
	return to;
}

/* Run an event in a world of which only its own vCPU and pCPU have their values. */
static void find_effect(struct xmemo *m, struct xevent ev, const uint32_t own[static XPARTS], uint8_t tail, struct xeffect *f)
{
	uint8_t *vblock = m->scratch, *cblock = m->scratch + m->block[0].size;
	const uint8_t *block[XPARTS];
	struct xpatch patch;
	bool fresh;

	blocks_at(m, own, block);
	xstate_decode_heads(m->w, block, tail);
	xstate_decode_two(m->w, ev.vcpu, block[ev.vcpu], ev.pcpu, block[m->w->n_vcpu + ev.pcpu], tail);
	xworld_do(m->w, ev);
	f->known = m->w->n_found != 0 ? EFFECT_BREAKS : EFFECT_KNOWN;
	if (f->known == EFFECT_BREAKS)
		return;
	xstate_encode_two(m->w, ev.vcpu, ev.pcpu, vblock, cblock);
	xpatch_make(m->w, ev.vcpu, ev.pcpu, vblock, &patch);
	f->v = recset_add(&m->block[0], vblock, &fresh);
	f->c = recset_add(&m->block[1], cblock, &fresh);
	f->tail = xstate_tail(m->w);
	f->patch = recset_add(&m->patches, &patch, &fresh);
}

bool xmemo_after(struct xmemo *m, uint32_t list, uint32_t i, uint32_t effects, const uint32_t own[static XPARTS], uint8_t tail,
		 uint32_t to[static XPARTS], uint8_t *to_tail)
{
	const struct xevent ev = m->local[m->list[list].first + i].ev;
	struct xeffect f = m->effect[effects + i];
	unsigned n = m->w->n_vcpu;

	if (f.known == EFFECT_UNKNOWN) {
		find_effect(m, ev, own, tail, &f);
		m->effect[effects + i] = f;
	}
	if (f.known == EFFECT_BREAKS)
		return false;
	for (unsigned v = 0; v < n; v++)
		to[v] = v == ev.vcpu ? f.v : patched(m, false, v, own[v], f.patch);
	for (unsigned c = 0; c < m->w->n_pcpu; c++)
		to[n + c] = c == ev.pcpu ? f.c : patched(m, true, c, own[n + c], f.patch);
	*to_tail = f.tail;
	return true;
}

/* ---- names ---- */

static void name_of(const struct xmemo *m, unsigned i, unsigned k, struct xname *name)
{
	memcpy(name->v, m->names.v[i], sizeof(name->v));
	memcpy(name->c, m->names.c[k], sizeof(name->c));
}

static uint32_t renamed(struct xmemo *m, bool pcpu, uint32_t own, unsigned i, unsigned k)
{
	size_t n = names_of(m), at = (size_t)i * m->names.n_c + k;
	struct xname name;
	bool fresh;
	uint32_t to;

	if (at == 0) /* as it is */
		return own;
	m->row[pcpu] = room_for(m->row[pcpu], sizeof(**m->row), own, &m->room_row[pcpu]);
	if (m->row[pcpu][own] == 0) {
		m->renamed = room_for(m->renamed, n * sizeof(*m->renamed), m->n_rows, &m->room_rows);
		m->row[pcpu][own] = ++m->n_rows;
	}
	at += (m->row[pcpu][own] - 1) * n;
	if (m->renamed[at] != 0)
		return m->renamed[at] - 1;
	name_of(m, i, k, &name);
	memcpy(m->scratch, block_at(m, pcpu, own), m->block[pcpu].size);
	xblock_rename(m->w, &name, pcpu, m->scratch);
	to = recset_add(&m->block[pcpu], m->scratch, &fresh);
	m->renamed[at] = to + 1;
	return to;
}

/* Blocks a before blocks b, by their bytes. */
static bool smaller(const struct xmemo *m, const uint32_t *a, const uint32_t *b)
{
	unsigned n = m->w->n_vcpu;

	for (unsigned i = 0; i < n + m->w->n_pcpu; i++) {
		if (a[i] != b[i])
			return memcmp(block_at(m, i >= n, a[i]), block_at(m, i >= n, b[i]), m->block[i >= n].size) < 0;
	}
	return false;
}

static void under_names(struct xmemo *m, const uint32_t *own, unsigned i, unsigned k, uint32_t *to)
{
	unsigned n = m->w->n_vcpu;

	for (unsigned v = 0; v < n; v++)
		to[m->names.v[i][v]] = renamed(m, false, own[v], i, k);
	for (unsigned c = 0; c < m->w->n_pcpu; c++)
		to[n + m->names.c[k][c]] = renamed(m, true, own[n + c], i, k);
}

void xmemo_smallest(struct xmemo *m, uint32_t own[static XPARTS], struct xname *name)
{
	unsigned parts = m->w->n_vcpu + m->w->n_pcpu;
	uint32_t best[XPARTS], try[XPARTS];
	const uint8_t *block[XPARTS];
	bool have = false;

	for (unsigned i = 0; i < m->names.n_v; i++) {
		for (unsigned p = 0; p < parts; p++) /* they move as the table grows */
			block[p] = block_at(m, p >= m->w->n_vcpu, own[p]);
		if (!xnames_v_fit(&m->names, i, block))
			continue;
		for (unsigned k = 0; k < m->names.n_c; k++) {
			for (unsigned p = m->w->n_vcpu; p < parts; p++)
				block[p] = block_at(m, true, own[p]);
			if (!xnames_c_fit(&m->names, i, k, block))
				continue;
			under_names(m, own, i, k, have ? try : best);
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
