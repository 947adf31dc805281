// SPDX-License-Identifier: Apache-2.0
/*
 * el2sim_bench_a64 DIR: the A64 core on the programs of bench/a64 (DIR/NAME.bin, made by bench/run), against qemu-aarch64 on
 * DIR/NAME.elf of the same source, in processor time. QEMU's includes its start, which is some milliseconds. What disturbs: a busy
 * machine's caches; both sides alike.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "models/cpu/a64/a64.h"
#include "sim/base/err.h"

enum { BASE = 0x400000, SIZE = 16 << 20, EXIT = 93, SVC = 0x15 };

static uint8_t *ram(void *owner, uint64_t pa)
{
	return pa >= BASE && pa < BASE + SIZE ? (uint8_t *)owner + (pa - BASE) : NULL;
}

/* Runs an image from its first byte at EL0 until it exits; instructions, and seconds of the best of some runs. */
static uint64_t execute(const char *path, double *seconds)
{
	uint8_t *memory = xmalloc(SIZE);
	struct a64_bus bus = {.owner = memory, .ram = ram};
	uint64_t insns = 0;

	for (unsigned k = 0; k < BENCH_REPEAT; k++) {
		FILE *f = fopen(path, "rb");
		struct a64 *c = a64_new(&bus, A64_FEATS_ALL, 0, 0);
		double begin;

		memset(memory, 0, SIZE);
		if (f == NULL || fread(memory, 1, SIZE, f) == 0) {
			fprintf(stderr, "%s: cannot be read; bench/run makes it\n", path);
			exit(1);
		}
		fclose(f);
		c->pc = BASE;
		c->x[A64_SP] = BASE + SIZE;
		c->reg[A64_R_CPACR_EL1] = 3 << 20;
		begin = bench_now();
		while (a64_run(c, 1000000) == A64_STOP_BUDGET)
			;
		*seconds = bench_best(k, *seconds, bench_now() - begin);
		if (c->stop != A64_STOP_EXCEPTION || c->exit.esr >> 26 != SVC || c->x[8] != EXIT || c->x[0] != 0) {
			fprintf(stderr, "%s: ended by %d at 0x%" PRIx64 ", result %" PRIu64 "\n", path, (int)c->stop, c->pc, c->x[0]);
			exit(1);
		}
		insns = c->counts.insns;
		a64_free(c);
	}
	free(memory);
	return insns;
}

static double qemu(const char *path)
{
	char command[1100];
	double best = 0;

	snprintf(command, sizeof(command), "qemu-aarch64 %s", path);
	for (unsigned k = 0; k < BENCH_REPEAT; k++) {
		double begin = bench_now();

		if (system(command) != 0)
			return 0;
		best = bench_best(k, best, bench_now() - begin);
	}
	return best;
}

int main(int argc, char **argv)
{
	static const char *const programs[] = {"straight", "mixed", "vector"};

	if (argc != 2) {
		fputs("usage: el2sim_bench_a64 DIR\n", stderr);
		return 2;
	}
	puts("A64 core, programs of bench/a64\n\n  program    instructions     MIPS  qemu-aarch64 MIPS  of its speed (1/1000)");
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		char path[1024];
		double ours = 0, theirs;
		uint64_t insns;

		snprintf(path, sizeof(path), "%s/%s.bin", argv[1], programs[i]);
		insns = execute(path, &ours);
		snprintf(path, sizeof(path), "%s/%s.elf", argv[1], programs[i]);
		theirs = qemu(path);
		printf("  %-9s %13" PRIu64 " %8" PRIu64 " %18" PRIu64 " %22" PRId64 "\n", programs[i], insns,
		       bench_per_second(insns, ours) / 1000000, bench_per_second(insns, theirs) / 1000000, bench_ratio(theirs, ours));
	}
	return 0;
}
