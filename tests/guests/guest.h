/* SPDX-License-Identifier: Apache-2.0 */
/* What the guests share: the UART, the last exception in words, entries of EL0 (start.S). */
#ifndef TESTS_GUESTS_GUEST_H
#define TESTS_GUESTS_GUEST_H

#include <stdint.h>

typedef uint64_t u64;

#define UART    ((volatile uint32_t *)0x09000000)
#define SYS(w)  __asm__ volatile(w ::: "memory", "x16", "x17")
#define READ(r) ({ u64 v_; __asm__ volatile("mrs %0, " #r : "=r"(v_)); v_; })
#define WRITE(r, v) __asm__ volatile("msr " #r ", %0\n\tisb" ::"r"((u64)(v)) : "memory")

struct taken {
	u64 vector, esr, far, elr, spsr, go;
};
extern struct taken last_taken; /* start.S fills it */
extern u64 el0_spsr;            /* with what run_el0 goes to EL0 */
u64 run_el0(void *entry, u64 sp, u64 arg);
extern char image_end[];

static inline void put(const char *s)
{
	while (*s)
		*UART = (uint32_t)*s++;
}

static inline void put_hex(const char *name, u64 v)
{
	char text[20];

	put(name);
	put("=");
	for (int i = 0; i < 16; i++)
		text[i] = "0123456789abcdef"[v >> (60 - 4 * i) & 15];
	text[16] = '\0';
	put(text);
	put(" ");
}

/* What the last exception was; ELR is told relative to `at`. */
static inline void told(const char *what, u64 at)
{
	put(what);
	put(": ");
	if (last_taken.vector == ~(u64)0) {
		put("none\n");
		return;
	}
	put_hex("vector", last_taken.vector);
	put_hex("esr", last_taken.esr);
	if (last_taken.esr >> 26 >= 0x20 && last_taken.esr >> 26 < 0x26)
		put_hex("far", last_taken.far);
	put_hex("spsr", last_taken.spsr);
	put_hex("elr-at", last_taken.elr - at);
	put("\n");
	last_taken.vector = ~(u64)0;
}

#define CATCH(what, insn)                                                                                                     \
	do {                                                                                                                       \
		u64 here_;                                                                                                         \
                                                                                                                                   \
		__asm__ volatile("adr %0, 1f\n1:\t" insn : "=&r"(here_)::"memory", "x16", "x17", "x0", "cc");                      \
		told(what, here_);                                                                                                 \
	} while (0)

/* A load and a store that fault. */
static inline void touch(const char *what, u64 va)
{
	u64 here, v = 0;

	__asm__ volatile("adr %0, 1f\n1:\tldr %1, [%2]" : "=&r"(here), "+r"(v) : "r"(va) : "memory", "x16", "x17");
	put(what);
	told(" read", here);
	__asm__ volatile("adr %0, 1f\n1:\tstrh %w1, [%2]" : "=&r"(here) : "r"(v), "r"(va) : "memory", "x16", "x17");
	put(what);
	told(" write", here);
}

void el0_svc(void);
void el0_read(void);
void el0_pair(void);
void el0_write_back(void);
void el0_daif(void);
void el0_ctr(void);
void el0_zva(void);
void el0_cntv(void);
void el0_jump(void);
void el0_udf(void);

#endif
