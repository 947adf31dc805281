// SPDX-License-Identifier: Apache-2.0
#pragma GCC optimize("O3")
/* Floating point and Advanced SIMD: a dot product of doubles, sums of bytes. Ends with 0 if right. */
#include <stdint.h>

enum { N = 2048, ROUNDS = 2000 };

static double a[N], b[N];
static uint8_t bytes[N];

static __attribute__((noinline)) double dot(void)
{
	double sum = 0;

	for (unsigned i = 0; i < N; i++)
		sum += a[i] * b[i];
	return sum;
}

static __attribute__((noinline)) unsigned total(void)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < N; i++)
		sum += bytes[i] & 15;
	return sum;
}

static int work(void)
{
	double sum = 0;
	unsigned all = 0;

	for (unsigned i = 0; i < N; i++) {
		a[i] = i;
		b[i] = 0.5;
		bytes[i] = (uint8_t)i;
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		__asm__ volatile("" : : : "memory"); /* as if it were new data */
		sum += dot();
		all += total();
	}
	return !(sum == 0.25 * N * (N - 1) * ROUNDS && all == 15u * N / 2 * ROUNDS);
}

__attribute__((noreturn, section(".text.unlikely"))) void _start(void)
{
	register long x0 __asm__("x0") = work();
	register long x8 __asm__("x8") = 93;

	__asm__ volatile("svc #0" : : "r"(x0), "r"(x8) : "memory");
	__builtin_unreachable();
}
