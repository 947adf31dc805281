/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of a state without a world: under other names, and after an event of others. */
#include <string.h>

#include "models/hyp/explore/explore_impl.h"

/* ---- names ---- */

static bool of_vcpu(enum tag_kind kind)
{
	return kind == TAG_GUEST || kind == TAG_GCFG || kind == TAG_THREAD;
}

static uint8_t name_v(const uint8_t *name, unsigned v)
{
	return v < EXPLORE_MAX ? name[v] : XNONE;
}

static bool in_their_vm(const uint8_t *name, unsigned n, unsigned n_vm)
{
	for (unsigned v = 0; v < n; v++) {
		if (name[v] % n_vm != v % n_vm)
			return false;
	}
	return true;
}

/* Permutations of 0..n-1 in lexical order, those that keep each in its VM. Returns how many. */
static unsigned permutations(unsigned n, unsigned n_vm, uint8_t name[XPERMS_MAX][EXPLORE_MAX], uint8_t at[XPERMS_MAX][EXPLORE_MAX])
{
	unsigned count = 0, all = 1;

	for (unsigned i = 2; i <= n; i++)
		all *= i;
	for (unsigned k = 0; k < all; k++) { /* the digits of k to factorial bases */
		bool used[EXPLORE_MAX] = { false };
		unsigned left = k, base = all;

		for (unsigned i = 0; i < EXPLORE_MAX; i++)
			name[count][i] = at[count][i] = (uint8_t)i;
		for (unsigned i = 0; i < n; i++) {
			unsigned digit, pick = 0;

			base /= n - i;
			digit = left / base;
			left %= base;
			for (;; pick++) {
				if (!used[pick] && digit-- == 0)
					break;
			}
			used[pick] = true;
			name[count][i] = (uint8_t)pick;
			at[count][pick] = (uint8_t)i;
		}
		count += in_their_vm(name[count], n, n_vm);
		if (count == XPERMS_MAX)
			break;
	}
	return count;
}

void xnames_make(struct xnames *n, const struct xworld *w)
{
	n->n_vcpu = w->n_vcpu;
	n->n_pcpu = w->n_pcpu;
	n->n_vm = w->n_vm;
	n->n_v = permutations(w->n_vcpu, w->n_vm, n->v, n->v_at);
	n->n_c = permutations(w->n_pcpu, 1, n->c, n->c_at);
}

static unsigned v_key(uint64_t head)
{
	return (unsigned)(head >> 32 & 0xffffff00) | XHEAD_BYTE(head, XV_BITS);
}

_Static_assert(XV_WHERE == 0 && XV_KIND == 1 && XV_PART == 2, "v_key: the top of the head");

bool xnames_v_fit(const struct xnames *n, unsigned i, const uint64_t *head)
{
	const uint8_t *at = n->v_at[i];

	for (unsigned k = n->n_vm; k < n->n_vcpu; k++) {
		if (v_key(head[at[k - n->n_vm]]) > v_key(head[at[k]]))
			return false;
	}
	return true;
}

static unsigned c_key(const uint8_t *name, uint64_t head)
{
	return (unsigned)name_v(name, XHEAD_BYTE(head, XC_LOADED)) << 16 | (unsigned)name_v(name, XHEAD_BYTE(head, XC_LAST_THREAD)) << 8 |
	       name_v(name, XHEAD_BYTE(head, XC_THREAD));
}

bool xnames_c_fit(const struct xnames *n, unsigned i, unsigned k, const uint64_t *head)
{
	const uint8_t *at = n->c_at[k];

	for (unsigned c = 1; c < n->n_pcpu; c++) {
		if (c_key(n->v[i], head[n->n_vcpu + at[c - 1]]) > c_key(n->v[i], head[n->n_vcpu + at[c]]))
			return false;
	}
	return true;
}

static void rename_tags(const struct xname *name, uint8_t *b, size_t n)
{
	uint8_t to[256];

	for (unsigned x = 0; x < sizeof(to); x++) {
		unsigned id = XTAG_OWNER(x);

		if (id < EXPLORE_MAX)
			id = of_vcpu(XTAG_KIND(x)) ? name->v[id] : name->c[id];
		to[x] = (uint8_t)((x & 0xe1) | id << 1);
	}
	for (size_t i = 0; i < n; i++)
		b[i] = to[b[i]];
}

void xblock_rename(const struct xworld *w, const struct xname *name, bool pcpu, uint8_t *b)
{
	size_t n = w->o->t.n;

	if (pcpu) {
		for (unsigned i = XC_THREAD; i <= XC_LAST_THREAD; i++)
			b[i] = name_v(name->v, b[i]);
		rename_tags(name, b + PCPU_HEAD, 3 * n);
		return;
	}
	b[XV_PCPU] = name_v(name->c, b[XV_PCPU]);
	b[XV_CPU] = name_v(name->c, b[XV_CPU]);
	b[XV_FP_CPU] = name_v(name->c, b[XV_FP_CPU]);
	rename_tags(name, b + VCPU_HEAD, n + N_THREAD);
	for (unsigned k = 0; k < N_THREAD; k++) {
		if (w->thread_slot[k] == UINT32_MAX)
			b[VCPU_HEAD + n + k] = 0;
	}
}

/* ---- what an event leaves behind elsewhere ---- */

_Static_assert(2 * EXPLORE_MAX <= 8, "owners fit a byte");

unsigned xblock_owners(const struct xworld *w, bool pcpu, const uint8_t *b)
{
	size_t n = pcpu ? 3 * (size_t)w->o->t.n : w->o->t.n + N_THREAD;
	unsigned owners = 0;

	b += pcpu ? PCPU_HEAD : VCPU_HEAD;
	for (size_t i = 0; i < n; i++) {
		if (XTAG_LATEST(b[i]))
			owners |= 1U << (XTAG_OWNER(b[i]) + (XTAG_KIND(b[i]) == TAG_HOST ? EXPLORE_MAX : 0));
	}
	return owners;
}

static void set_bit(uint64_t *set, unsigned s)
{
	set[s / 64] |= UINT64_C(1) << s % 64;
}

static bool has_bit(const uint64_t *set, unsigned s)
{
	return (set[s / 64] >> s % 64 & 1) != 0;
}

void xpatch_make(const struct xworld *w, unsigned v, unsigned c, const uint8_t *vblock, struct xpatch *p)
{
	const struct oracle *o = w->o;
	unsigned owners = 0;

	memset(p, 0, sizeof(*p));
	p->v = (uint8_t)v;
	p->c = (uint8_t)c;
	p->fp_cpu = vblock[XV_FP_CPU];
	for (unsigned s = 0; s < o->t.n; s++) {
		if (TRUTH(o, v, s) != tag_of(TAG_GUEST, v, XVERSION))
			set_bit(p->guest, s);
		if (CONTROL(o, v, s) != tag_of(TAG_GCFG, v, XVERSION))
			set_bit(p->control, s);
		if (HOST(o, c, s) != tag_of(TAG_HOST, c, XVERSION))
			set_bit(p->host, s);
	}
	for (unsigned k = 0; k < N_THREAD; k++) {
		if (w->thread_slot[k] != UINT32_MAX && THREAD(o, v, k) != tag_of(TAG_THREAD, v, XVERSION))
			set_bit(p->thread, w->thread_slot[k]);
	}
	for (unsigned i = 0; i < XSET_WORDS; i++) {
		owners |= (p->guest[i] | p->control[i] | p->thread[i]) != 0 ? 1U << v : 0;
		owners |= p->host[i] != 0 ? 1U << (EXPLORE_MAX + c) : 0;
	}
	p->owners = (uint8_t)owners;
}

/* A copy of the latest value, no more if that changed. */
static uint8_t patched(const struct xpatch *p, unsigned s, uint8_t b)
{
	const uint64_t *set = NULL;
	unsigned owner = p->v;

	if (!XTAG_LATEST(b))
		return b;
	switch (XTAG_KIND(b)) {
	case TAG_GUEST:
		set = p->guest;
		break;
	case TAG_GCFG:
		set = p->control;
		break;
	case TAG_THREAD:
		set = p->thread;
		break;
	case TAG_HOST:
		set = p->host;
		owner = p->c;
		break;
	default:
		return b;
	}
	return XTAG_OWNER(b) == owner && has_bit(set, s) ? (uint8_t)(b & ~1U) : b;
}

void xblock_patch(const struct xworld *w, const struct xpatch *p, bool pcpu, unsigned id, uint8_t *b)
{
	unsigned n = w->o->t.n;

	if (pcpu) {
		if (xpatch_ends_fp(p, id, b[XC_LAST_THREAD]))
			b[XC_LAST_THREAD] = XNONE;
		b += PCPU_HEAD;
		for (unsigned i = 0; i < 3 * n; i++)
			b[i] = patched(p, i / 3, b[i]);
		return;
	}
	b += VCPU_HEAD;
	for (unsigned s = 0; s < n; s++)
		b[s] = patched(p, s, b[s]);
	for (unsigned k = 0; k < N_THREAD; k++) {
		if (w->thread_slot[k] != UINT32_MAX)
			b[n + k] = patched(p, w->thread_slot[k], b[n + k]);
	}
}
