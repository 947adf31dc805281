/* SPDX-License-Identifier: Apache-2.0 */
/* What the guests that exit share (exits_start.S): the machine's addresses, the UART, the GIC, calls. One C file each. */
#ifndef TESTS_GUESTS_EXITS_H
#define TESTS_GUESTS_EXITS_H

#include <stdint.h>

typedef uint64_t u64;
typedef uint32_t u32;

#define UART  ((volatile u32 *)0x09000000)
#define RTC   ((volatile u32 *)0x09010000)
#define GICD  ((volatile u32 *)0x08000000)
#define GICR(n) ((volatile u32 *)(0x080a0000 + (u64)(n) * 0x20000))
#define READ(r) ({ u64 v_; __asm__ volatile("mrs %0, " #r : "=r"(v_)::"memory"); v_; })
#define WRITE(r, v) __asm__ volatile("msr " #r ", %0\n\tisb" ::"r"((u64)(v)) : "memory")

enum { SGI = 1, TIMER = 27, RTC_SPI = 34 };

void second_start(void);

static inline void put(const char *s)
{
	while (*s)
		*UART = (u32)*s++;
}

static inline void put_number(u64 v)
{
	char text[24], *p = text + sizeof(text) - 1;

	*p = '\0';
	do
		*--p = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	put(p);
}

/* Of exits_start.S: an exception that is neither an interrupt nor UNDEFINED; the guest ends. */
void told(u64 esr, u64 elr)
{
	put("unexpected exception: ESR_EL1 ");
	put_number(esr);
	put(" at ");
	put_number(elr);
	put("\n");
}

static inline void gic_on(unsigned cpu)
{
	if (cpu == 0)
		GICD[0] = 0x12; /* ARE_NS, EnableGrp1A */
	GICR(cpu)[0x10080 / 4] = 0xffffffff;              /* GICR_IGROUPR0 */
	GICR(cpu)[0x10100 / 4] = 1u << SGI | 1u << TIMER; /* GICR_ISENABLER0 */
	WRITE(S3_0_C4_C6_0, 0xff);  /* ICC_PMR_EL1 */
	WRITE(S3_0_C12_C12_7, 1);   /* ICC_IGRPEN1_EL1 */
	__asm__ volatile("msr daifclr, #2" ::: "memory");
}

static inline u64 call(u64 f, u64 a, u64 b, u64 c)
{
	register u64 x0 __asm__("x0") = f, x1 __asm__("x1") = a, x2 __asm__("x2") = b, x3 __asm__("x3") = c;

	__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
	return x0;
}

/* What is counted by its function: it is not inlined, and has the name of the exit kind. */
#define KIND static __attribute__((noinline)) void

#endif
