// SPDX-License-Identifier: Apache-2.0
/* The guest at EL1: takes kinds from the VMM's device and does what their rows say. Linked into the VMM, for another address. */
#include <stdint.h>

#include "sim/record/target/record.h"

typedef uint64_t u64;
typedef uint32_t u32;

#define STR_(x) #x
#define STR(x)  STR_(x)

u32 guest_taken; /* interrupts */
static unsigned char guest_stack[16384] __attribute__((aligned(16), used));

/* Entry; vectors: interrupts are handled, what is UNDEFINED is skipped, anything else is told to the VMM. */
__asm__(".text\n\t"
	".global guest_start\n"
	"guest_start:\n\t"
	"adrp x0, guest_stack + 16384\n\tadd x0, x0, :lo12:guest_stack + 16384\n\tmov sp, x0\n\t"
	"adr x1, guest_vectors\n\tmsr vbar_el1, x1\n\t"
	"mov x1, #0x330000\n\tmsr cpacr_el1, x1\n\tisb\n\t" /* FPEN and ZEN */
	"b guest_main\n"
	"guest_irq:\n\t"
	"stp x8, x9, [sp, #-16]!\n\t"
	"mrs x8, s3_0_c12_c12_0\n\t"               /* ICC_IAR1_EL1 */
	"cmp x8, #27\n\tb.ne 1f\n\t"               /* the virtual timer: masked */
	"mov x9, #3\n\tmsr cntv_ctl_el0, x9\n"
	"1:\tcmp x8, #32\n\tb.lo 2f\n\t"           /* the VMM's line: lowered */
	"str wzr, [x19, #" STR(RECORD_DEVICE_LOWER) "]\n"
	"2:\tldr w9, [x22]\n\tadd w9, w9, #1\n\tstr w9, [x22]\n\t"
	"msr s3_0_c12_c12_1, x8\n\t"               /* ICC_EOIR1_EL1 */
	"ldp x8, x9, [sp], #16\n\t"
	"eret\n"
	"guest_sync:\n\t"
	"mrs x16, esr_el1\n\tlsr x17, x16, #26\n\tcbnz x17, guest_fault\n\t"
	"mrs x16, elr_el1\n\tadd x16, x16, #4\n\tmsr elr_el1, x16\n\teret\n"
	"guest_fault:\n\t"
	"mrs x16, esr_el1\n\tmov x17, #" STR(RECORD_DEVICE_AT) "\n\tstr w16, [x17, #" STR(RECORD_DEVICE_FAULT) "]\n1:\tb 1b\n\t"
	".balign 2048\n"
	"guest_vectors:\n\t"
	".irp n, 0,1,2,3\n\t.balign 128\n\tb guest_fault\n\t.endr\n\t"
	".balign 128\n\tb guest_sync\n\t.balign 128\n\tb guest_irq\n\t"
	".irp n, 6,7,8,9,10,11,12,13,14,15\n\t.balign 128\n\tb guest_fault\n\t.endr\n\t"
	".balign 128\n");

/* A function for each row. */
#define RECORD_GUEST(kind, times, needs, hook, once, prep, body, end)                                                         \
	static void run_##kind(void)                                                                                           \
	{                                                                                                                      \
		register u64 device __asm__("x19") = RECORD_DEVICE_AT, gicd __asm__("x20") = RECORD_GICD_AT;                   \
		register u64 page __asm__("x21") = RECORD_PAGES_OF(RECORD_##kind);          \
		register u32 *taken __asm__("x22") = &guest_taken;                                                             \
		register u64 left __asm__("x23") = times;                                                                      \
                                                                                                                               \
		__asm__ volatile(once "\n"                                                                                     \
				 "9:\t" prep "\n\t.inst %c[begin]\n\t" body "\n\t.inst %c[stop]\n\t"                           \
				 "add x21, x21, #4096\n\tsubs x23, x23, #1\n\tb.ne 9b\n\t" end                                 \
				 : "+r"(device), "+r"(gicd), "+r"(page), "+r"(taken), "+r"(left)                               \
				 : [begin] "i"(RECORD_MARK(RECORD_MARK_BEGIN, RECORD_##kind)),                                 \
				   [stop] "i"(RECORD_MARK(RECORD_MARK_END, RECORD_##kind))                                     \
				 : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",     \
				   "x14", "x15", "x16", "x17", "x30", "cc", "memory");                                         \
	}
#include "sim/record/kinds.def"

static void (*const runs[RECORD_KINDS])(void) = {
#define RECORD_GUEST(kind, ...) [RECORD_##kind] = run_##kind,
#include "sim/record/kinds.def"
};

static void gic_on(void)
{
	volatile u32 *d = (volatile u32 *)(u64)RECORD_GICD_AT, *r = (volatile u32 *)(u64)RECORD_GICR_AT;

	d[0] = 0x12;                                       /* GICD_CTLR: ARE_NS, EnableGrp1A */
	r[0x10080 / 4] = 0xffffffff;                       /* GICR_IGROUPR0 */
	r[0x10100 / 4] = 1u << 1 | 1u << 27;               /* GICR_ISENABLER0: SGI 1, virtual timer */
	d[(0x80 + RECORD_SPI / 32 * 4) / 4] |= 1u << RECORD_SPI % 32;  /* GICD_IGROUPR */
	d[(0x100 + RECORD_SPI / 32 * 4) / 4] = 1u << RECORD_SPI % 32;  /* GICD_ISENABLER */
	__asm__ volatile("msr s3_0_c4_c6_0, %0\n\t"        /* ICC_PMR_EL1 */
			 "msr s3_0_c12_c12_7, %1\n\tisb\n\t" /* ICC_IGRPEN1_EL1 */
			 "msr daifclr, #2\n\tisb" ::"r"((u64)0xff), "r"((u64)1) : "memory");
}

/* The pages of a kind are written: they are mapped. */
static void touch(u32 kind)
{
	volatile u32 *page = (volatile u32 *)(u64)RECORD_PAGES_OF(kind);

	for (u32 i = 0; i < RECORD_TURNS; i++)
		page[i * RECORD_PAGE / 4] = 1;
}

void __attribute__((noreturn)) guest_main(void)
{
	gic_on();
	for (;;) {
		u32 kind = *(volatile u32 *)(u64)(RECORD_DEVICE_AT + RECORD_DEVICE_NEXT);

		if (kind < RECORD_KINDS && runs[kind] != 0)
			runs[kind]();
		else if (kind > RECORD_PARKED)
			touch(kind - RECORD_PARKED - 1);
	}
}
