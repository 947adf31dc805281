// SPDX-License-Identifier: Apache-2.0
/*
 * A guest that exits in every way that KVM's own micro-benchmarks know, each of them many times, and prints what it measured
 * with the virtual counter. Every kind is a function of its own, so that exits can be told apart by function.
 */
#include "tests/guests/exits.h"

enum { TIMES = 64 };

static volatile u32 taken_sgi[2], taken_timer, ready, finish;
static unsigned char second_stack[16384] __attribute__((aligned(16)));
static volatile u32 touched[16][1024] __attribute__((aligned(4096)));

void interrupt(void)
{
	u64 id = READ(S3_0_C12_C12_0); /* ICC_IAR1_EL1 */

	if (id == TIMER) {
		WRITE(cntv_ctl_el0, 3); /* masked */
		taken_timer++;
	} else if (id == SGI) {
		taken_sgi[READ(mpidr_el1) & 1]++;
	}
	WRITE(S3_0_C12_C12_1, id); /* ICC_EOIR1_EL1 */
}

KIND hvc_unknown(void) { (void)call(0x4b000000, 0, 0, 0); }
KIND hvc_psci_version(void) { (void)call(0x84000000, 0, 0, 0); }
KIND hvc_smccc_version(void) { (void)call(0x80000000, 0, 0, 0); }
KIND sysreg_id(void) { (void)READ(id_aa64isar0_el1); }
KIND sysreg_dbg(void) { (void)READ(oslsr_el1); }
KIND mmio_gicd_read(void) { (void)GICD[2]; }
KIND mmio_gicd_write(void) { GICD[0x800 / 4 + 8] = 0; }
KIND mmio_read_user(void) { (void)RTC[0]; }
KIND mmio_write_user(void) { RTC[1] = 0; }
KIND wfe(void) { __asm__ volatile("sevl\n\twfe" ::: "memory"); }

KIND smc_unknown(void)
{
	register u64 x0 __asm__("x0") = 0x4b000000;

	__asm__ volatile("smc #0" : "+r"(x0)::"x1", "x2", "x3", "memory");
}

KIND sgi_self(void)
{
	u32 before = taken_sgi[0];

	WRITE(S3_0_C12_C11_5, (u64)SGI << 24 | 1); /* ICC_SGI1R_EL1 */
	while (taken_sgi[0] == before)
		__asm__ volatile("yield");
}

static void arm_timer(u64 ticks)
{
	WRITE(cntv_cval_el0, READ(cntvct_el0) + ticks);
	WRITE(cntv_ctl_el0, 1);
}

KIND vtimer_irq(void)
{
	u32 before = taken_timer;

	arm_timer(2000);
	while (taken_timer == before)
		__asm__ volatile("yield");
}

KIND wfi_timer(void)
{
	u32 before = taken_timer;

	__asm__ volatile("msr daifset, #2" ::: "memory");
	arm_timer(2000);
	while (taken_timer == before) {
		__asm__ volatile("wfi" ::: "memory");
		__asm__ volatile("msr daifclr, #2\n\tisb\n\tmsr daifset, #2" ::: "memory");
	}
	__asm__ volatile("msr daifclr, #2" ::: "memory");
}

KIND fp(void)
{
	__asm__ volatile("fmov d0, #1.0\n\tfadd d0, d0, d0" ::: "v0");
	(void)call(0x4b000000, 0, 0, 0);
}

KIND ipi(void)
{
	u32 before = taken_sgi[1];

	WRITE(S3_0_C12_C11_5, (u64)SGI << 24 | 2);
	while (taken_sgi[1] == before)
		__asm__ volatile("yield");
}

KIND touch(void)
{
	static unsigned n;

	if (n < 16)
		touched[n++][0] = 1;
}

void second_main(void)
{
	gic_on(1);
	ready = 1;
	while (!finish)
		__asm__ volatile("yield");
}

static void measure(const char *name, void (*f)(void))
{
	u64 begin, end;

	begin = READ(cntvct_el0);
	for (unsigned i = 0; i < TIMES; i++)
		f();
	end = READ(cntvct_el0);
	put(name);
	put(" ");
	put_number((end - begin) * 1000000000 / READ(cntfrq_el0) / TIMES);
	put(" ns\n");
}

#define MEASURE(kind) measure(#kind, kind)

void guest_main(void)
{
	gic_on(0);
	MEASURE(hvc_unknown);
	MEASURE(hvc_psci_version);
	MEASURE(hvc_smccc_version);
	MEASURE(smc_unknown);
	MEASURE(sysreg_id);
	MEASURE(sysreg_dbg);
	MEASURE(mmio_gicd_read);
	MEASURE(mmio_gicd_write);
	MEASURE(mmio_read_user);
	MEASURE(mmio_write_user);
	MEASURE(wfe);
	MEASURE(sgi_self);
	MEASURE(vtimer_irq);
	MEASURE(wfi_timer);
	MEASURE(fp);
	MEASURE(touch);
	if (call(0xc4000003, 1, (u64)second_start, (u64)(second_stack + sizeof(second_stack))) != 0) {
		put("there is no second vCPU\n");
		return;
	}
	while (!ready)
		__asm__ volatile("yield");
	MEASURE(ipi);
	finish = 1;
	while ((int)call(0xc4000004, 1, 0, 0) != 1) /* PSCI AFFINITY_INFO: until it is off */
		;
	put("done\n");
}
