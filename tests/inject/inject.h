/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults inside the program, for tests: a library that is preloaded (LD_PRELOAD) counts allocations and system calls, those of
 * the C library itself and of forked children too, and lets one of them fail. What it is told and what it found are in one
 * file that is mapped by both sides.
 */
#ifndef EL2SIM_TESTS_INJECT_H
#define EL2SIM_TESTS_INJECT_H

#include <stdatomic.h>
#include <stdint.h>

#define INJECT_ENV    "EL2SIM_INJECT" /* the file */
#define INJECT_PLACES 32768	       /* of allocations that are told apart; a power of two */

enum inject_what {
	INJECT_COUNT,  /* nothing fails; of the allocations, the first of each chain of callers is noted */
	INJECT_ALLOC,  /* the n-th allocation gives NULL */
	INJECT_ERROR,  /* the n-th system call fails with `arg`, an errno */
	INJECT_SHORT,  /* if it reads or writes: half of what was asked for */
	INJECT_SIGNAL, /* before it the process gets signal `arg` */
};

struct inject {
	uint32_t what;
	int32_t arg;
	uint64_t n; /* from 1 */
	_Atomic uint64_t allocs, calls;
	_Atomic uint32_t fired; /* the fault came to pass */
	/* INJECT_COUNT: number of the first allocation of each chain of callers, in the order of the run */
	_Atomic uint32_t places;
	uint64_t place[INJECT_PLACES];
	_Atomic uint64_t seen[INJECT_PLACES]; /* the chains, by hash; 0: free */
};

#endif
