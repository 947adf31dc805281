/* SPDX-License-Identifier: Apache-2.0 */
/* A core with words at 0 and 128 KiB of memory, for tests of models/cpu/a64. */
#ifndef TESTS_A64_BENCH_H
#define TESTS_A64_BENCH_H

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/cpu/a64/a64.h"
#include "sim/base/err.h"

enum { RAM = 0x20000 };

struct bench {
	uint8_t ram[RAM];
	struct a64 *c;
	bool fault_stage2;
	uint64_t moved; /* stage 2 of pages from 0x4000 on */
};

static uint8_t *bench_ram(void *owner, uint64_t pa)
{
	struct bench *b = owner;

	return pa < RAM ? b->ram + pa : NULL;
}

static bool bench_stage2(void *owner, struct a64 *c, uint64_t ipa, enum a64_access access, uint64_t *pa, bool *writable,
			 uint8_t *fsc)
{
	struct bench *b = owner;

	(void)c;
	(void)access;
	*pa = ipa >= 0x4000 ? ipa + b->moved : ipa;
	*writable = true;
	*fsc = 0x07; /* translation, level 3 */
	return !b->fault_stage2 || ipa < 0x1000;
}

/* A core at EL1 with the words at 0. */
static inline struct bench *bench_new(const uint32_t *words, unsigned n, unsigned inside)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	struct a64_bus bus = {.owner = b, .ram = bench_ram, .stage2 = bench_stage2};

	memcpy(b->ram, words, n * 4);
	b->c = a64_new(&bus, A64_FEATS_ALL, 1, inside);
	return b;
}

static inline void bench_free(struct bench *b)
{
	a64_free(b->c);
	free(b);
}

#define WORDS(...) ((const uint32_t[]){__VA_ARGS__}), sizeof((const uint32_t[]){__VA_ARGS__}) / 4
#define NOP_       0xd503201f
#define HLT0       0xd4400000

#endif
