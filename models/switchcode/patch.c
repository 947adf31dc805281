// SPDX-License-Identifier: Apache-2.0
/* The image as the kernel has patched itself: alternatives in their order, then static keys. */
#include <inttypes.h>
#include <string.h>

#include "models/switchcode/exec_impl.h"

#define NOP    0xd503201fu
#define BRANCH 0x14000000u
enum { CALLBACK_BUDGET = 100000 };

static bool put_word(struct swc *w, uint64_t at, uint32_t word)
{
	return swc_poke(w, at, 4, word);
}

static int64_t sext(uint64_t v, unsigned bits)
{
	return (int64_t)(v << (64 - bits)) >> (64 - bits);
}

/* An immediate of `bits` bits at `shift`, in units of 4 bytes, that says how far it is to somewhere. */
static uint32_t moved(uint32_t word, unsigned shift, unsigned bits, uint64_t from, uint64_t to)
{
	uint32_t mask = (UINT32_MAX >> (32 - bits)) << shift;
	int64_t far = sext(word >> shift & (mask >> shift), bits) + ((int64_t)(from - to) >> 2);

	return (word & ~mask) | ((uint32_t)far << shift & mask);
}

/* A word of a replacement at `from`, as it is at `to`: what it says relative to its place keeps its target, if that is outside. */
static uint32_t relocate(uint32_t word, uint64_t from, uint64_t to, uint64_t start, uint64_t end)
{
	static const struct {
		uint32_t mask, value;
		uint8_t shift, bits;
	} branches[] = {
		{ 0x7c000000, 0x14000000, 0, 26 }, /* B, BL */
		{ 0xff000000, 0x54000000, 5, 19 }, /* B.cond */
		{ 0x7e000000, 0x34000000, 5, 19 }, /* CBZ, CBNZ */
		{ 0x7e000000, 0x36000000, 5, 14 }, /* TBZ, TBNZ */
	};

	for (size_t i = 0; i < sizeof(branches) / sizeof(branches[0]); i++) {
		uint32_t mask = (UINT32_MAX >> (32 - branches[i].bits)) << branches[i].shift;
		uint64_t target;

		if ((word & branches[i].mask) != branches[i].value)
			continue;
		target = from + (uint64_t)(sext((word & mask) >> branches[i].shift, branches[i].bits) * 4);
		return target >= start && target <= end ? word : moved(word, branches[i].shift, branches[i].bits, from, to);
	}
	if ((word & 0x9f000000) == 0x90000000) { /* ADRP: pages, 21 bits in two pieces */
		uint64_t far = (uint64_t)sext((uint64_t)(word >> 5 & 0x7ffff) << 2 | (word >> 29 & 3), 21);

		far += (from >> 12) - (to >> 12);
		return (word & 0x9f00001f) | (uint32_t)(far & 3) << 29 | (uint32_t)(far >> 2 & 0x7ffff) << 5;
	}
	return word;
}

static void replace(struct swc *w, const struct vml_alt *a)
{
	uint64_t end = a->with + 4 * (uint64_t)a->with_words, word;

	for (unsigned i = 0; i < a->with_words; i++)
		if (swc_peek(w, a->with + 4 * (uint64_t)i, 4, &word))
			(void)put_word(w, a->at + 4 * (uint64_t)i,
				       relocate((uint32_t)word, a->with + 4 * (uint64_t)i, a->at + 4 * (uint64_t)i, a->with, end));
}

/* cb(alt, origptr, updptr, nr_inst): the kernel's own function writes the words. */
static void run_callback(struct swc *w, const struct vml_alt *a, uint64_t entry)
{
	uint64_t args[4] = { entry, a->at, a->at, a->words };
	struct err e = { 0 };

	if (swc_call(w, a->with, args, 4, CALLBACK_BUDGET, NULL, NULL, &e) != 0)
		swc_note(w, "callback %s at 0x%" PRIx64 ", which stays as linked: %s", a->callback, a->at, e.text);
}

static void patch_alternatives(struct swc *w)
{
	const struct vml_patches *p = &w->k->patches;
	uint64_t entry = swc_alloc(w, 64);

	/* Callbacks last: they may be patched themselves. */
	for (unsigned callbacks = 0; callbacks < 2; callbacks++) {
		for (size_t i = 0; i < p->n_alts; i++) {
			const struct vml_alt *a = &p->alts[i];

			if (w->state[a->cond] != VML_ON || (a->callback != NULL) != callbacks)
				continue;
			if (a->callback == NULL) {
				replace(w, a);
				continue;
			}
			(void)swc_poke(w, entry + 8, 2, p->conds[a->cond].cap | 0x8000u);
			(void)swc_poke(w, entry + 10, 1, a->words * 4u);
			run_callback(w, a, entry);
		}
	}
}

static bool on_with_a_vm(const char *key)
{
	static const char *const names[] = {
#define SETUP_KEY(symbol) symbol,
#include "models/switchcode/setup.def"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(key, names[i]) == 0)
			return true;
	return false;
}

static void patch_keys(struct swc *w)
{
	const struct vml_patches *p = &w->k->patches;

	for (size_t i = 0; i < p->n_jumps; i++) {
		const struct vml_jump *j = &p->jumps[i];
		const struct vml_cond *c = &p->conds[j->cond];
		bool on = on_with_a_vm(c->name) || (w->state[j->cond] == VML_UNKNOWN ? c->initial : w->state[j->cond] == VML_ON);
		uint32_t word = NOP;

		if (on != j->inverted)
			word = BRANCH | ((uint32_t)((int64_t)(j->target - j->at) >> 2) & 0x3ffffff);
		(void)put_word(w, j->at, word);
		(void)swc_poke(w, c->addr, 4, on);
	}
}

/* Bitmap of capabilities for code that asks at run time, and the flag that says alternatives are in place. */
static void set_bitmap(struct swc *w)
{
	static const char *const names[] = { "system_cpucaps", "cpu_hwcaps", "boot_cpucaps" };
	const struct vml_patches *p = &w->k->patches;

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		const struct vml_symbol *s = vml_symbol(w->k->img, names[n]);

		for (size_t i = 0; s != NULL && i < p->n_caps && i / 8 < s->size; i++) {
			uint64_t byte;

			if (w->state[i] == VML_ON && swc_peek(w, s->addr + i / 8, 1, &byte))
				(void)swc_poke(w, s->addr + i / 8, 1, byte | UINT64_C(1) << i % 8);
		}
	}
}

/* bool matches(entry, scope); SCOPE_LOCAL_CPU is bit 0 (asm/cpufeature.h). The pointer stands behind desc and two numbers. */
void swc_detect(struct swc *w)
{
	const struct vml_patches *p = &w->k->patches;

	for (size_t i = 0; i < p->n_caps; i++) {
		uint64_t args[2] = { p->conds[i].addr, 1 }, matches, ret = 0;
		struct err e = { 0 };

		/* Those that are on, too: what they find out about the CPU is what alternatives are made of (loops of a mitigation). */
		if (w->state[i] == VML_OFF || args[0] == 0 || !swc_peek(w, args[0] + 16, 8, &matches))
			continue;
		if (swc_call(w, matches, args, 2, CALLBACK_BUDGET, &ret, NULL, &e) == 0 && w->state[i] == VML_UNKNOWN)
			w->state[i] = (ret & 0xff) != 0 ? VML_ON : VML_OFF;
	}
}

int swc_patch(struct swc *w, struct err *e)
{
	(void)e;
	set_bitmap(w);
	patch_keys(w);
	patch_alternatives(w);
	a64_flush_code(w->core);
	a64_flush_tlb(w->core);
	return 0;
}
