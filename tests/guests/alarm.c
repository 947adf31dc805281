// SPDX-License-Identifier: Apache-2.0
/* A guest that sleeps until the VMM's real-time clock rings, and looks at nothing meanwhile. */
#include "tests/guests/exits.h"

static volatile u32 rang;

void interrupt(void)
{
	u64 id = READ(S3_0_C12_C12_0); /* ICC_IAR1_EL1 */

	if (id == RTC_SPI) {
		RTC[7] = 1; /* the line falls */
		rang++;
	}
	WRITE(S3_0_C12_C12_1, id); /* ICC_EOIR1_EL1 */
}

void second_main(void) {}

void guest_main(void)
{
	u32 begin;

	gic_on(0);
	GICD[0x84 / 4] |= 1u << (RTC_SPI - 32);  /* GICD_IGROUPR1 */
	GICD[0x104 / 4] |= 1u << (RTC_SPI - 32); /* GICD_ISENABLER1 */
	__asm__ volatile("msr daifset, #2" ::: "memory");
	begin = RTC[0];
	RTC[4] = 1; /* IMSC */
	RTC[1] = begin + 2;
	while (!rang) {
		__asm__ volatile("wfi" ::: "memory");
		__asm__ volatile("msr daifclr, #2\n\tisb\n\tmsr daifset, #2" ::: "memory");
	}
	put("rang after ");
	put_number(RTC[0] - begin);
	put(" s\n");
}
