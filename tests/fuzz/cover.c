/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled without sanitizers and without coverage of its own: it runs at every branch of what is tried. */
#include "tests/fuzz/cover.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define EDGES (1u << 16) /* two edges of one number are one: some 10,000 are gone over */

extern const char __executable_start[]; /* the linker's: where a program lies differs from run to run */
void __sanitizer_cov_trace_pc(void);

static uint8_t hits[EDGES], seen[EDGES];
static uintptr_t before;
static bool on;

void __sanitizer_cov_trace_pc(void)
{
	uintptr_t here = (uintptr_t)__builtin_return_address(0) - (uintptr_t)__executable_start;
	uint8_t *h = &hits[(here ^ before) % EDGES];

	if (!on)
		return;
	*h = (uint8_t)(*h + (*h != UINT8_MAX));
	before = here >> 1;
}

void cover_begin(void)
{
	memset(hits, 0, sizeof(hits));
	before = 0;
	on = true;
}

/* 1, 2, 3, 4-7, 8-15, ... times: one bit each. */
static uint8_t class_of(uint8_t n)
{
	return n <= 3 ? (uint8_t)(1u << n >> 1) : (uint8_t)(8u << (n >= 8) << (n >= 16) << (n >= 32) << (n >= 128));
}

size_t cover_end(void)
{
	size_t found = 0;

	on = false;
	for (size_t i = 0; i < EDGES; i++) {
		uint8_t c = hits[i] != 0 ? class_of(hits[i]) : 0;

		found += (c & ~seen[i]) != 0;
		seen[i] = (uint8_t)(seen[i] | c);
	}
	return found;
}
