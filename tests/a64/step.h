/* SPDX-License-Identifier: Apache-2.0 */
/* What test_a64_insns and its other side, step.c on qemu-aarch64, tell each other: one instruction before and after. */
#ifndef TESTS_A64_STEP_H
#define TESTS_A64_STEP_H

#include <stdint.h>

#define STEP_DATA 0x10000000 /* memory of accesses */
#define STEP_CODE 0x20000000 /* a page; the instruction stands at STEP_SLOT, the rest is step_code() */
#define STEP_SLOT 0x20000800
enum { STEP_DATA_SIZE = 0x40000, STEP_WINDOW = 128, STEP_CONTEXT = 28 /* x28 is not under test */ };

enum { STEP_FALLS_THROUGH, STEP_JUMPS /* to STEP_SLOT + 8 */, STEP_UNDEFINED, STEP_ABORT };

struct step {
	uint64_t x[31], sp, nzcv;
	uint64_t window;                  /* address of the bytes below, in STEP_DATA */
	uint8_t mem[STEP_WINDOW];
	uint64_t v[32][2], fpcr, fpsr;
	uint32_t insn, end;               /* how it ended */
};

static inline uint32_t step_code(unsigned word)
{
	return 0x9e3779b9u * (word + 1);
}

static inline uint8_t step_data(unsigned byte)
{
	return (uint8_t)(byte * 7 + (byte >> 8));
}

#endif
