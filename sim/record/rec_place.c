// SPDX-License-Identifier: Apache-2.0
/*
 * Which function each recorded instruction is of. Code of the image is where it was linked, but for what is mapped a second time: the
 * nVHE hypervisor (at random), the vectors for Spectre and for KPTI. Such code is found again in the image by its words; those that the
 * kernel patches at start may differ.
 */
#include <string.h>

#include "sim/record/rec.h"

enum { WINDOW = 6, PAGE = 4096, TRIES_MAX = 256, VECTORS = 2048, SLOTS = 4, ONE_VECTOR = 32, MUCH = 256 };

/* An instruction that is not where the image is. */
struct stray {
	uint32_t insn;
	uint64_t addr;
	uint32_t word;
	bool placed, given_up;
};

struct strays {
	struct stray *v;
	size_t n;
	const struct rec_image *img;
	uint64_t base;
};

static bool in_image(uint64_t addr, uint64_t base, const struct rec_image *img)
{
	return addr - base < img->n;
}

static int by_address(const void *a, const void *b)
{
	const struct stray *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

static bool same_word(const struct strays *s, const struct stray *v, uint64_t delta)
{
	uint64_t at = v->addr + delta - s->base;
	uint32_t word;

	if (at > s->img->n - 4)
		return false;
	memcpy(&word, s->img->bytes + at, 4);
	return word == v->word;
}

/* How many instructions that have no place are, by a delta, where the image has the same. */
static size_t score(const struct strays *s, uint64_t delta)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += !s->v[i].placed && same_word(s, &s->v[i], delta);
	return n;
}

/* Places, by a delta, the pages in which most instructions agree. */
static void place_pages(struct strays *s, uint64_t delta, uint64_t *delta_of)
{
	for (size_t i = 0, end; i < s->n; i = end) {
		size_t same = 0, open = 0;

		for (end = i; end < s->n && s->v[end].addr / PAGE == s->v[i].addr / PAGE; end++) {
			open += !s->v[end].placed;
			same += !s->v[end].placed && same_word(s, &s->v[end], delta);
		}
		for (size_t k = i; k < end && same * 2 > open; k++)
			if (!s->v[k].placed) {
				s->v[k].placed = true;
				delta_of[s->v[k].insn] = delta;
			}
	}
}

/*
 * The hypervisor's code is mapped as a whole: a delta that places much of it places all of it, words that the kernel patched, too.
 */
static void place_hypervisor(struct strays *s, const struct rec_symbols *symbols, uint64_t delta, uint64_t *delta_of)
{
	static const char prefix[] = "__kvm_nvhe_";

	for (size_t i = 0; i < s->n; i++) {
		const char *name = in_image(s->v[i].addr + delta, s->base, s->img) ? rec_symbol_at(symbols, s->v[i].addr + delta) : NULL;

		if (s->v[i].placed || name == NULL || strncmp(name, prefix, sizeof(prefix) - 1) != 0)
			continue;
		s->v[i].placed = true;
		delta_of[s->v[i].insn] = delta;
	}
}

/* The delta that the words from i on stand for, 0: none; how many instructions agree. */
static uint64_t find_delta(const struct strays *s, size_t i, size_t *agree)
{
	uint32_t words[WINDOW];
	const uint8_t *p = s->img->bytes, *end = p + s->img->n;
	uint64_t best = 0;
	size_t most = 0;

	for (size_t k = 0; k < WINDOW; k++)
		words[k] = s->v[i + k].word;
	for (; (p = memmem(p, (size_t)(end - p), words, sizeof(words))) != NULL; p += 4) {
		uint64_t delta = s->base + (uint64_t)(p - s->img->bytes) - s->v[i].addr;
		size_t n;

		if (delta % PAGE != 0)
			continue;
		n = score(s, delta);
		if (n > most) {
			most = n;
			best = delta;
		}
	}
	*agree = most;
	return best;
}

/* Six instructions in a row that have no place yet, from i on; the number of strays if there are none. */
static size_t next_window(const struct strays *s, size_t i)
{
	for (; i + WINDOW <= s->n; i++) {
		size_t k = 0;

		while (k < WINDOW && !s->v[i + k].placed && !s->v[i + k].given_up && s->v[i + k].addr == s->v[i].addr + 4 * k)
			k++;
		if (k == WINDOW)
			return i;
	}
	return s->n;
}

/*
 * Vectors for Spectre, whose branches the kernel makes at start: a page with one of them and nothing else that has no place, where at
 * least one word is as in the table that has them for that mode.
 */
static void place_vectors(struct strays *s, const struct rec_symbols *symbols, uint64_t *delta_of)
{
	static const char *const tables[] = { "__kvm_nvhe___bp_harden_hyp_vecs", "__bp_harden_hyp_vecs" };

	for (size_t i = 0, end; i < s->n; i = end) {
		uint64_t best = 0;
		size_t open = 0;

		for (end = i; end < s->n && s->v[end].addr / VECTORS == s->v[i].addr / VECTORS; end++)
			;
		for (size_t v = i; v < end; v++)
			open += !s->v[v].placed;
		for (size_t k = 0; k < symbols->n && best == 0 && open != 0 && open <= ONE_VECTOR; k++)
			for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]) && best == 0; t++)
				for (unsigned slot = 0; slot < SLOTS && best == 0 && strcmp(symbols->v[k].name, tables[t]) == 0; slot++) {
					uint64_t delta = symbols->v[k].addr + slot * VECTORS - s->v[i].addr / VECTORS * VECTORS;

					for (size_t v = i; v < end; v++)
						best = !s->v[v].placed && same_word(s, &s->v[v], delta) ? delta : best;
				}
		for (size_t v = i; v < end && best != 0; v++)
			if (!s->v[v].placed) {
				s->v[v].placed = true;
				delta_of[s->v[v].insn] = best;
			}
	}
}

/* The same address may have been translated several times. */
static void find_strays(struct strays *s, const struct rec_take *t)
{
	size_t n = 0;

	s->v = xcalloc(t->n_insn + 1, sizeof(*s->v));
	for (size_t i = 0; i < t->n_insn; i++)
		if ((t->insn[i].region == REF_REGION_host || t->insn[i].region == REF_REGION_hyp) && !in_image(t->insn[i].addr, s->base, s->img))
			s->v[s->n++] = (struct stray){ .insn = (uint32_t)i, .addr = t->insn[i].addr, .word = t->insn[i].word };
	qsort(s->v, s->n, sizeof(*s->v), by_address);
	for (size_t i = 0; i < s->n; i++)
		if (n == 0 || s->v[n - 1].addr != s->v[i].addr)
			s->v[n++] = s->v[i];
	s->n = n;
}

/* What must be added to the address of each instruction. */
static uint64_t *deltas(const struct rec_take *t, const struct rec_image *img, const struct rec_symbols *symbols)
{
	struct strays s = { .img = img, .base = symbols->base };
	uint64_t *delta_of = xcalloc(t->n_insn + 1, sizeof(*delta_of));
	unsigned tries = 0;

	find_strays(&s, t);
	for (size_t i = 0; (i = next_window(&s, i)) < s.n && tries < TRIES_MAX; tries++) {
		size_t agree;
		uint64_t delta = find_delta(&s, i, &agree);

		if (delta != 0)
			place_pages(&s, delta, delta_of);
		if (agree >= MUCH)
			place_hypervisor(&s, symbols, delta, delta_of);
		if (!s.v[i].placed)
			s.v[i].given_up = true;
	}
	place_vectors(&s, symbols, delta_of);
	/* other translations of the same address */
	for (size_t i = 0; i < t->n_insn; i++) {
		const struct stray key = { .addr = t->insn[i].addr };
		const struct stray *v = s.n != 0 ? bsearch(&key, s.v, s.n, sizeof(*s.v), by_address) : NULL;

		if (v != NULL && v->placed)
			delta_of[i] = delta_of[v->insn];
	}
	free(s.v);
	return delta_of;
}

/* --- names ------------------------------------------------------------------------------------ */

struct names {
	uint32_t *bucket;
	size_t size;
};

static size_t hash(const char *s)
{
	size_t h = 5381;

	for (; *s != '\0'; s++)
		h = h * 33 ^ (unsigned char)*s;
	return h;
}

static uint32_t name_index(struct rec_result *r, struct names *n, const char *name)
{
	size_t at = hash(name) % n->size;

	while (n->bucket[at] != 0) {
		if (strcmp(r->name[n->bucket[at] - 1], name) == 0)
			return n->bucket[at] - 1;
		at = (at + 1) % n->size;
	}
	if (r->n_name == r->cap_name)
		r->name = xrealloc(r->name, (r->cap_name = r->cap_name != 0 ? 2 * r->cap_name : 256) * sizeof(*r->name));
	r->name[r->n_name++] = name;
	n->bucket[at] = (uint32_t)r->n_name;
	return n->bucket[at] - 1;
}

void rec_place(struct rec_result *r, const struct rec_image *img)
{
	const struct rec_take *t = r->take;
	uint64_t *delta_of = deltas(t, img, r->symbols);
	struct names names = { .size = 2 * t->n_insn + 64 };

	names.bucket = xcalloc(names.size, sizeof(*names.bucket));
	r->function = xcalloc(t->n_insn + 1, sizeof(*r->function));
	for (size_t i = 0; i < t->n_insn; i++) {
		uint64_t addr = t->insn[i].addr + delta_of[i];
		const char *name = NULL;

		if (t->insn[i].region == REF_REGION_guest || t->insn[i].region == REF_REGION_user)
			name = ref_region_name((enum ref_region)t->insn[i].region);
		else if (in_image(addr, r->symbols->base, img))
			name = rec_symbol_at(r->symbols, addr);
		r->function[i] = name_index(r, &names, name != NULL ? name : "unknown");
	}
	free(names.bucket);
	free(delta_of);
}
