// SPDX-License-Identifier: Apache-2.0
/* Code as compilers make it: calls, loops, tables, byte and word accesses, branches that depend on data. Ends with 0 if right. */
#include <stdint.h>

enum { N = 4096, ROUNDS = 60 };

static uint32_t table[256], values[N];
static uint8_t text[N];

static uint32_t next(uint32_t *s)
{
	*s = *s * 1664525 + 1013904223;
	return *s >> 8;
}

static __attribute__((noinline)) uint32_t crc(const uint8_t *p, unsigned n)
{
	uint32_t r = ~0u;

	for (unsigned i = 0; i < n; i++)
		r = table[(r ^ p[i]) & 0xff] ^ r >> 8;
	return ~r;
}

static __attribute__((noinline)) void sort(uint32_t *v, int lo, int hi)
{
	while (lo < hi) {
		uint32_t pivot = v[(lo + hi) / 2];
		int i = lo, k = hi;

		while (i <= k) {
			while (v[i] < pivot)
				i++;
			while (v[k] > pivot)
				k--;
			if (i <= k) {
				uint32_t t = v[i];

				v[i++] = v[k];
				v[k--] = t;
			}
		}
		sort(v, lo, k);
		lo = i;
	}
}

static __attribute__((noinline)) unsigned words(const uint8_t *p, unsigned n)
{
	unsigned count = 0;

	for (unsigned i = 0, in = 0; i < n; i++) {
		unsigned letter = p[i] >= 'a' && p[i] <= 'z';

		count += letter && !in;
		in = letter;
	}
	return count;
}

static int work(void)
{
	uint32_t seed = 1, sum = 0;

	for (uint32_t i = 0; i < 256; i++) {
		uint32_t r = i;

		for (int bit = 0; bit < 8; bit++)
			r = r >> 1 ^ (r & 1 ? 0xedb88320 : 0);
		table[i] = r;
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < N; i++) {
			values[i] = next(&seed);
			text[i] = (uint8_t)("etaoin shrdlu  "[values[i] % 15]);
		}
		sort(values, 0, N - 1);
		for (unsigned i = 1; i < N; i++)
			if (values[i - 1] > values[i])
				return 1;
		sum += crc(text, N) + words(text, N);
	}
	return sum == 0;
}

__attribute__((noreturn, section(".text.unlikely"))) void _start(void)
{
	register long x0 __asm__("x0") = work();
	register long x8 __asm__("x8") = 93;

	__asm__ volatile("svc #0" : : "r"(x0), "r"(x8) : "memory");
	__builtin_unreachable();
}
