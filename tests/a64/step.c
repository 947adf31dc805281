// SPDX-License-Identifier: Apache-2.0
/*
 * For AArch64 Linux, run under qemu-aarch64: executes the instructions that test_a64_insns sends on stdin (struct step)
 * and answers with the state after each on stdout.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/a64/step.h"

_Static_assert(offsetof(struct step, sp) == 248 && offsetof(struct step, nzcv) == 256 && offsetof(struct step, v) == 400 &&
		       offsetof(struct step, fpcr) == 912 && offsetof(struct step, end) == 932,
	       "step_enter.S has these offsets");

void step_enter(struct step *s);
extern const char step_out_0[], step_out_1[];

static sigjmp_buf back;

/* A faulting instruction changes nothing but what it says: undefined or an abort. */
static void fault(int sig)
{
	siglongjmp(back, sig == SIGILL ? STEP_UNDEFINED : STEP_ABORT);
}

static uint32_t branch(uint64_t from, const char *to)
{
	return 0x14000000 | ((uint32_t)(((uint64_t)(uintptr_t)to - from) / 4) & 0x03ffffff);
}

static uint8_t *map(uint64_t at, size_t size, int prot)
{
	return mmap((void *)(uintptr_t)at, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void execute(struct step *s, uint32_t *slot, uint8_t *data)
{
	uint8_t *window = data + (s->window - STEP_DATA);
	int end;

	memcpy(window, s->mem, STEP_WINDOW);
	slot[0] = s->insn;
	__builtin___clear_cache((char *)slot, (char *)(slot + 3));
	end = sigsetjmp(back, 0);
	if (end == 0)
		step_enter(s);
	else
		s->end = (uint32_t)end;
	memcpy(s->mem, window, STEP_WINDOW);
	for (unsigned i = 0; i < STEP_WINDOW; i++)
		window[i] = step_data((unsigned)(s->window - STEP_DATA) + i);
}

int main(void)
{
	uint8_t *data = map(STEP_DATA, STEP_DATA_SIZE, PROT_READ | PROT_WRITE);
	uint32_t *code = (uint32_t *)map(STEP_CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC), *slot = code + 0x800 / 4;
	static uint8_t alternate[65536];
	static char in[1 << 20], out[1 << 20];
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
	struct sigaction act = {.sa_handler = fault, .sa_flags = SA_ONSTACK | SA_NODEFER};
	struct step s;

	if (data == MAP_FAILED || code == MAP_FAILED || sigaltstack(&stack, NULL) != 0)
		return 1;
	sigaction(SIGILL, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGTRAP, &act, NULL);
	for (unsigned i = 0; i < STEP_DATA_SIZE; i++)
		data[i] = step_data(i);
	for (unsigned i = 0; i < 1024; i++)
		code[i] = step_code(i);
	slot[1] = branch(STEP_SLOT + 4, step_out_0);
	slot[2] = branch(STEP_SLOT + 8, step_out_1);
	setvbuf(stdin, in, _IOFBF, sizeof(in));
	setvbuf(stdout, out, _IOFBF, sizeof(out));
	while (fread(&s, sizeof(s), 1, stdin) == 1) {
		execute(&s, slot, data);
		if (fwrite(&s, sizeof(s), 1, stdout) != 1)
			return 1;
	}
	return fflush(stdout) != 0;
}
