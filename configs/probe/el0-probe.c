/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a few operations take at EL0, for `el2sim calibrate --probe`: ISB, DSB, a read of the counter, a write of TPIDR_EL0, a system
 * call that does nothing. On the host whose micro-bench log you have:
 *
 *	aarch64-linux-gnu-gcc -O2 -static el0-probe.c -o el0-probe && taskset -c 2 ./el0-probe > probe.txt
 *
 * Each figure is the least of 31 batches of 4096, in ns, an empty loop taken off: an interrupt only adds.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BATCHES 31
#define TIMES	4096

static uint64_t now(void)
{
	uint64_t v;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(v)::"memory");
	return v;
}

static void nothing(void)
{
	__asm__ volatile("" ::: "memory");
}

static void isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

static void dsb(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}

static void cntvct(void)
{
	uint64_t v;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(v)::"memory");
}

static void msr_tpidr(void)
{
	uint64_t v;

	__asm__ volatile("mrs %0, tpidr_el0\n\tmsr tpidr_el0, %0" : "=&r"(v)::"memory"); /* the value that it has */
}

static void null_syscall(void)
{
	(void)syscall(SYS_getppid);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = { { "isb", isb },	      { "dsb", dsb },			    { "cntvct", cntvct },
	      { "msr_tpidr", msr_tpidr }, { "null_syscall", null_syscall } };

static double batch(void (*run)(void), double hz)
{
	double least = 0;

	for (int i = 0; i < BATCHES; i++) {
		const uint64_t from = now();
		double ns;

		for (int k = 0; k < TIMES; k++)
			run();
		ns = (double)(now() - from) * 1e9 / hz / TIMES;
		least = i == 0 || ns < least ? ns : least;
	}
	return least;
}

int main(void)
{
	uint64_t hz;
	double empty;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
	empty = batch(nothing, (double)hz);
	printf("el2sim-probe 1\ncounter %llu Hz\n", (unsigned long long)hz);
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		const double ns = batch(tests[i].run, (double)hz) - empty;

		printf("%s %.3f ns\n", tests[i].name, ns > 0 ? ns : 0);
	}
	return 0;
}
