/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world as bytes, and back. A tag becomes one byte: kind, owner, is it the latest. That is all that decides what
 * happens next, so decoding gives a world that behaves as the encoded one (oracle.h, oracle_canon).
 */
#include <string.h>

#include "models/hyp/explore/explore_impl.h"

#define OLD    1 /* versions after decoding */
#define LATEST XVERSION

_Static_assert(EXPLORE_MAX <= 16 && TAG_GCFG < 8, "a tag fits a byte");

size_t xstate_vcpu_size(const struct xworld *w)
{
	return VCPU_HEAD + (size_t)w->o->t.n + N_THREAD;
}

size_t xstate_pcpu_size(const struct xworld *w)
{
	return PCPU_HEAD + 3 * (size_t)w->o->t.n;
}

size_t xstate_size(const struct xworld *w)
{
	return w->n_vcpu * xstate_vcpu_size(w) + w->n_pcpu * xstate_pcpu_size(w) + XSTATE_TAIL;
}

/* ---- encode ---- */

static bool of_vcpu(enum tag_kind kind)
{
	return kind == TAG_GUEST || kind == TAG_GCFG || kind == TAG_THREAD;
}

/* Where the latest version of each kind stands, by owner; NULL: the kind has none, or it is a thread's. */
struct latest {
	const uint64_t *of[TAG_GCFG + 1][EXPLORE_MAX];
};

static void latest_make(const struct xworld *w, struct latest *l)
{
	memset(l, 0, sizeof(*l));
	for (unsigned v = 0; v < w->n_vcpu; v++) {
		l->of[TAG_GUEST][v] = &TRUTH(w->o, v, 0);
		l->of[TAG_GCFG][v] = &CONTROL(w->o, v, 0);
	}
	for (unsigned c = 0; c < w->n_pcpu; c++)
		l->of[TAG_HOST][c] = &HOST(w->o, c, 0);
}

static inline uint8_t tag_byte(const struct oracle *o, const struct latest *l, unsigned s, uint64_t tag)
{
	enum tag_kind kind = tag_kind(tag);
	unsigned id = tag_id(tag);
	const uint64_t *at = l->of[kind][id];
	bool latest = at != NULL ? at[s] == tag : kind == TAG_THREAD && tag == THREAD(o, id, o->t.s[s].thread);

	return (uint8_t)((unsigned)kind << 5 | id << 1 | latest);
}

/* n tags of slots 0.., each `step` bytes behind the one before. */
static void put_tags(const struct oracle *o, const struct latest *l, const uint64_t *tag, unsigned n, unsigned step, uint8_t *restrict b)
{
	for (unsigned s = 0; s < n; s++)
		b[(size_t)s * step] = tag_byte(o, l, s, tag[s]);
}

/* What a tag's byte is under other names, by its byte as it is. */
struct renaming {
	const struct xname *name;
	uint8_t tag[256];
};

static void renaming_make(const struct xworld *w, const struct xname *name, struct renaming *r)
{
	unsigned ids = w->n_vcpu > w->n_pcpu ? w->n_vcpu : w->n_pcpu;

	r->name = name;
	for (unsigned kind = 0; kind <= TAG_GCFG; kind++) {
		for (unsigned id = 0; id < ids; id++) {
			unsigned to = of_vcpu((enum tag_kind)kind) ? name->v[id] : name->c[id];

			r->tag[kind << 5 | id << 1] = (uint8_t)(kind << 5 | to << 1);
			r->tag[kind << 5 | id << 1 | 1] = (uint8_t)(kind << 5 | to << 1 | 1);
		}
	}
}

static uint8_t *bytes(uint8_t *b, const void *x, size_t n)
{
	memcpy(b, x, n);
	return b + n;
}

static uint8_t name_v(const struct xname *name, unsigned v)
{
	return v < EXPLORE_MAX ? name->v[v] : XNONE;
}

static uint8_t name_c(const struct xname *name, unsigned c)
{
	return c < EXPLORE_MAX ? name->c[c] : XNONE;
}

/* What comes before the tags. What nobody will ask for is left out, so that equal futures are equal bytes. */
static uint8_t *vcpu_head(const struct xworld *w, const struct xname *name, unsigned v, uint8_t *b)
{
	const struct oracle_vcpu *x = oracle_vcpu(w->o, v);
	uint64_t entry_state = x->in_guest ? x->entry_state : 0;
	bool live = (x->state & CND(HOST_FP)) != 0, away = w->v[v].pcpu == XNONE || w->c[w->v[v].pcpu].thread != v;
	const uint8_t head[] = { w->v[v].where, w->v[v].kind, w->v[v].part, away ? XNONE : name_c(name, w->v[v].pcpu), w->v[v].bits,
				 w->f[v].loaded, name_c(name, x->cpu), live ? name_c(name, x->fp_cpu) : XNONE,
				 (uint8_t)x->lrs, (uint8_t)x->in_guest };

	b = bytes(b, head, sizeof(head));
	b = bytes(b, &w->f[v].w, sizeof(w->f[v].w));
	b = bytes(b, &x->state, sizeof(x->state));
	return bytes(b, &entry_state, sizeof(entry_state));
}

/* Thread that ran last on a pCPU: asked about only while its FP state is live there. */
static unsigned last_thread(const struct xworld *w, unsigned c)
{
	unsigned v = oracle_cpu(w->o, c)->thread;
	const struct oracle_vcpu *x = v != ORACLE_NONE ? oracle_vcpu(w->o, v) : NULL;

	return x != NULL && (x->state & CND(HOST_FP)) != 0 && x->fp_cpu == c ? v : ORACLE_NONE;
}

static uint8_t *pcpu_head(const struct xworld *w, const struct xname *name, unsigned c, uint8_t *b)
{
	const struct oracle_cpu *x = oracle_cpu(w->o, c);

	*b++ = name_v(name, w->c[c].thread);
	for (unsigned m = 0; m < EXPLORE_MAX; m++)
		*b++ = name_v(name, w->c[c].last[m]);
	*b++ = name_v(name, x->loaded);
	*b++ = name_v(name, last_thread(w, c));
	return bytes(b, &x->pending, sizeof(x->pending));
}

static void put_vcpu(const struct xworld *w, const struct xname *name, const struct latest *l, unsigned v, uint8_t *b)
{
	const struct oracle *o = w->o;

	b = vcpu_head(w, name, v, b);
	put_tags(o, l, &MEM(o, v, 0), o->t.n, 1, b);
	b += o->t.n;
	for (unsigned k = 0; k < N_THREAD; k++) {
		unsigned s = w->thread_slot[k];

		*b++ = s != UINT32_MAX ? tag_byte(o, l, s, THREAD_MEM(o, v, k)) : 0;
	}
}

static void put_pcpu(const struct xworld *w, const struct xname *name, const struct latest *l, unsigned c, uint8_t *b)
{
	const struct oracle *o = w->o;

	b = pcpu_head(w, name, c, b);
	put_tags(o, l, &HW(o, c, 0), o->t.n, 3, b);
	put_tags(o, l, &HOST_MEM(o, c, 0), o->t.n, 3, b + 1);
	put_tags(o, l, &HOST(o, c, 0), o->t.n, 3, b + 2);
}

uint8_t xstate_tail(const struct xworld *w)
{
	return (uint8_t)(w->o->n_puts < w->m.puts ? w->o->n_puts : w->m.puts);
}

/* As it is: every name is its own. */
static void put_all(const struct xworld *w, const struct xname *same, uint8_t *b)
{
	size_t vs = xstate_vcpu_size(w), cs = xstate_pcpu_size(w);
	struct latest l;

	latest_make(w, &l);
	for (unsigned v = 0; v < w->n_vcpu; v++, b += vs)
		put_vcpu(w, same, &l, v, b);
	for (unsigned c = 0; c < w->n_pcpu; c++, b += cs)
		put_pcpu(w, same, &l, c, b);
	*b = xstate_tail(w);
}

/* The same under other names; same: from put_all. */
static void put_renamed(const struct xworld *w, const struct renaming *r, const uint8_t *same, uint8_t *b)
{
	size_t vs = xstate_vcpu_size(w), cs = xstate_pcpu_size(w), n_tags = w->o->t.n;

	for (unsigned v = 0; v < w->n_vcpu; v++, same += vs) {
		uint8_t *to = vcpu_head(w, r->name, v, b + r->name->v[v] * vs);
		const uint8_t *tag = same + VCPU_HEAD;

		for (size_t i = 0; i < n_tags; i++)
			to[i] = r->tag[tag[i]];
		for (unsigned k = 0; k < N_THREAD; k++)
			to[n_tags + k] = w->thread_slot[k] != UINT32_MAX ? r->tag[tag[n_tags + k]] : 0;
	}
	b += w->n_vcpu * vs;
	for (unsigned c = 0; c < w->n_pcpu; c++, same += cs) {
		uint8_t *to = pcpu_head(w, r->name, c, b + r->name->c[c] * cs);

		for (size_t i = 0; i < 3 * n_tags; i++)
			to[i] = r->tag[same[PCPU_HEAD + i]];
	}
	memcpy(b + w->n_pcpu * cs, same, XSTATE_TAIL);
}

/* ---- names ---- */

static void identity(struct xname *name)
{
	for (unsigned i = 0; i < EXPLORE_MAX; i++)
		name->v[i] = name->c[i] = (uint8_t)i;
}

static void swap(uint8_t *a, uint8_t *b)
{
	uint8_t t = *a;

	*a = *b;
	*b = t;
}

/* The next permutation of to[0..n), in lexical order; false after the last. */
static bool next_permutation(uint8_t *to, unsigned n)
{
	unsigned i = n, k = n - 1;

	while (i >= 2 && to[i - 2] >= to[i - 1])
		i--;
	if (i < 2)
		return false;
	while (to[k] <= to[i - 2])
		k--;
	swap(&to[i - 2], &to[k]);
	for (unsigned a = i - 1, b = n - 1; a < b; a++, b--)
		swap(&to[a], &to[b]);
	return true;
}

/* vCPUs change names within their VM only, and so that what is known of them without names is in order. */
static bool vcpus_fit(const struct xworld *w, const struct xname *name)
{
	unsigned at[EXPLORE_MAX];

	for (unsigned v = 0; v < w->n_vcpu; v++) {
		if (name->v[v] % w->n_vm != v % w->n_vm)
			return false;
		at[name->v[v]] = v;
	}
	for (unsigned i = w->n_vm; i < w->n_vcpu; i++) {
		const struct xvcpu *a = &w->v[at[i - w->n_vm]], *b = &w->v[at[i]];
		unsigned ka = (unsigned)a->where << 24 | (unsigned)a->kind << 16 | (unsigned)a->part << 8 | a->bits;
		unsigned kb = (unsigned)b->where << 24 | (unsigned)b->kind << 16 | (unsigned)b->part << 8 | b->bits;

		if (ka > kb)
			return false;
	}
	return true;
}

static unsigned pcpu_key(const struct xworld *w, const struct xname *name, unsigned c)
{
	const struct oracle_cpu *x = oracle_cpu(w->o, c);

	return (unsigned)name_v(name, x->loaded) << 16 | (unsigned)name_v(name, last_thread(w, c)) << 8 |
	       name_v(name, w->c[c].thread);
}

static bool pcpus_fit(const struct xworld *w, const struct xname *name)
{
	unsigned at[EXPLORE_MAX];

	for (unsigned c = 0; c < w->n_pcpu; c++)
		at[name->c[c]] = c;
	for (unsigned i = 1; i < w->n_pcpu; i++) {
		if (pcpu_key(w, name, at[i - 1]) > pcpu_key(w, name, at[i]))
			return false;
	}
	return true;
}

void xstate_encode_two(const struct xworld *w, unsigned v, unsigned c, uint8_t *vblock, uint8_t *cblock)
{
	struct latest l;
	struct xname same;

	identity(&same);
	latest_make(w, &l);
	put_vcpu(w, &same, &l, v, vblock);
	put_pcpu(w, &same, &l, c, cblock);
}

void xstate_encode(const struct xworld *w, bool symmetric, uint8_t *out, uint8_t *scratch, struct xname *name)
{
	size_t size = xstate_size(w);
	uint8_t *same = scratch + size;
	struct renaming r;
	struct xname n;
	bool first = true;

	identity(&n);
	if (!symmetric) {
		*name = n;
		put_all(w, &n, out);
		return;
	}
	put_all(w, &n, same);
	do {
		if (!vcpus_fit(w, &n))
			continue;
		for (unsigned i = 0; i < EXPLORE_MAX; i++)
			n.c[i] = (uint8_t)i;
		do {
			if (!pcpus_fit(w, &n))
				continue;
			renaming_make(w, &n, &r);
			put_renamed(w, &r, same, first ? out : scratch);
			if (!first && memcmp(scratch, out, size) >= 0)
				continue;
			if (!first)
				memcpy(out, scratch, size);
			*name = n;
			first = false;
		} while (next_permutation(n.c, w->n_pcpu));
	} while (next_permutation(n.v, w->n_vcpu));
	BUG_ON(first);
}

/* ---- decode ---- */

void xstate_tags_make(uint64_t tag[static 256])
{
	const unsigned versions = 1U << TAG_GUEST | 1U << TAG_GCFG | 1U << TAG_THREAD | 1U << TAG_HOST;

	for (unsigned b = 0; b < 256; b++) {
		unsigned kind = XTAG_KIND(b);

		tag[b] = tag_of((enum tag_kind)kind, XTAG_OWNER(b), (versions >> kind & 1) * (OLD + (b & 1)));
	}
}

_Static_assert(LATEST == OLD + 1, "xstate_tags_make");

static const uint8_t *take(const uint8_t *b, void *x, size_t n)
{
	memcpy(x, b, n);
	return b + n;
}

static uint32_t number(uint8_t x)
{
	return x == XNONE ? ORACLE_NONE : x;
}

static const uint8_t *get_vcpu_head(struct xworld *w, unsigned v, const uint8_t *b)
{
	struct oracle_vcpu *x = oracle_vcpu(w->o, v);
	uint8_t head[10];

	b = take(b, head, sizeof(head));
	w->v[v] = (struct xvcpu){ head[0], head[1], head[2], head[3], head[4] };
	w->f[v].loaded = head[5] != 0;
	x->cpu = number(head[6]);
	x->fp_cpu = number(head[7]);
	x->lrs = head[8];
	x->in_guest = head[9];
	b = take(b, &w->f[v].w, sizeof(w->f[v].w));
	b = take(b, &x->state, sizeof(x->state));
	return take(b, &x->entry_state, sizeof(x->entry_state));
}

static void get_vcpu(struct xworld *w, unsigned v, const uint8_t *b)
{
	struct oracle *o = w->o;
	uint64_t *restrict mem = &MEM(o, v, 0), *restrict truth = &TRUTH(o, v, 0), *restrict control = &CONTROL(o, v, 0);
	const uint64_t guest = tag_of(TAG_GUEST, v, LATEST), gcfg = tag_of(TAG_GCFG, v, LATEST);
	unsigned n = o->t.n;

	b = get_vcpu_head(w, v, b);
	for (unsigned s = 0; s < n; s++) {
		mem[s] = w->tag[b[s]];
		truth[s] = guest;
		control[s] = gcfg;
	}
	b += n;
	for (unsigned k = 0; k < N_THREAD; k++) {
		THREAD(o, v, k) = tag_of(TAG_THREAD, v, LATEST);
		THREAD_MEM(o, v, k) = w->thread_slot[k] != UINT32_MAX ? w->tag[*b] : THREAD(o, v, k);
		b++;
	}
}

static const uint8_t *get_pcpu_head(struct xworld *w, unsigned c, const uint8_t *b)
{
	struct oracle_cpu *x = oracle_cpu(w->o, c);

	w->c[c].thread = *b++;
	for (unsigned m = 0; m < EXPLORE_MAX; m++)
		w->c[c].last[m] = *b++;
	x->loaded = number(*b++);
	x->thread = number(*b++);
	return take(b, &x->pending, sizeof(x->pending));
}

static void get_pcpu(struct xworld *w, unsigned c, const uint8_t *b)
{
	struct oracle *o = w->o;
	uint64_t *restrict hw = &HW(o, c, 0), *restrict mem = &HOST_MEM(o, c, 0), *restrict host = &HOST(o, c, 0);
	unsigned n = o->t.n;

	b = get_pcpu_head(w, c, b);
	memset(&WRITER(o, c, 0), 0, n * sizeof(uint64_t));
	for (unsigned s = 0; s < n; s++, b += 3) {
		hw[s] = w->tag[b[0]];
		mem[s] = w->tag[b[1]];
		host[s] = w->tag[b[2]];
	}
}

void xstate_decode(struct xworld *w, const uint8_t *in)
{
	size_t vs = xstate_vcpu_size(w), cs = xstate_pcpu_size(w);

	for (unsigned v = 0; v < w->n_vcpu; v++)
		get_vcpu(w, v, in + v * vs);
	in += w->n_vcpu * vs;
	for (unsigned c = 0; c < w->n_pcpu; c++)
		get_pcpu(w, c, in + c * cs);
	w->o->n_puts = in[w->n_pcpu * cs];
	w->o->version = LATEST;
}

/*
 * What copies of a vCPU's or a pCPU's values are compared with, if its block is not there: a copy stays what it is. And what a vCPU
 * that is not here left in a CPU is in its memory, too, or vcpu_put was a violation.
 */
static void reset_latest(struct xworld *w, unsigned but_v, unsigned but_c)
{
	struct oracle *o = w->o;

	for (unsigned v = 0; v < w->n_vcpu; v++) {
		uint64_t *restrict truth = &TRUTH(o, v, 0), *restrict control = &CONTROL(o, v, 0), *restrict mem = &MEM(o, v, 0);
		const uint64_t guest = tag_of(TAG_GUEST, v, LATEST), gcfg = tag_of(TAG_GCFG, v, LATEST);

		for (unsigned s = 0, n = v != but_v ? o->t.n : 0; s < n; s++) {
			mem[s] = truth[s] = guest;
			control[s] = gcfg;
		}
		for (unsigned k = 0; v != but_v && k < N_THREAD; k++)
			THREAD(o, v, k) = tag_of(TAG_THREAD, v, LATEST);
	}
	for (unsigned c = 0; c < w->n_pcpu; c++) {
		uint64_t *restrict host = &HOST(o, c, 0);
		const uint64_t tag = tag_of(TAG_HOST, c, LATEST);

		for (unsigned s = 0, n = c != but_c ? o->t.n : 0; s < n; s++)
			host[s] = tag;
	}
}

void xstate_decode_two(struct xworld *w, unsigned v, const uint8_t *vblock, unsigned c, const uint8_t *cblock, uint8_t tail)
{
	reset_latest(w, v, c);
	get_vcpu(w, v, vblock);
	get_pcpu(w, c, cblock);
	w->o->n_puts = tail;
	w->o->version = LATEST;
}

void xstate_decode_heads(struct xworld *w, const uint8_t *const *block, uint8_t tail)
{
	for (unsigned v = 0; v < w->n_vcpu; v++)
		(void)get_vcpu_head(w, v, block[v]);
	for (unsigned c = 0; c < w->n_pcpu; c++)
		(void)get_pcpu_head(w, c, block[w->n_vcpu + c]);
	w->o->n_puts = tail;
}
