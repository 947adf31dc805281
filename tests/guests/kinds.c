// SPDX-License-Identifier: Apache-2.0
/*
 * A guest that does what was done when el2sim's references were recorded: a function for each kind of exit, with nothing in it but the
 * exits of that kind, called a few times. Test_code_counts holds what each of them counts against the references.
 */
#include "tests/guests/exits.h"

enum { TIMES = 8, PAGES = 8, PAGE = 4096, FAR = 1u << 30 };

static volatile u32 taken_sgi[2], taken_timer, taken_line, ready;
static volatile u32 phase; /* what the second vCPU does: 0 ipi_recv, 1 ipi_wfi_recv, 2 end */
static volatile u32 rtc_now;
static unsigned char second_stack[16384] __attribute__((aligned(16)));
/* In the file, so that the VMM wrote them, and not. */
static volatile u32 populated[2][PAGES][PAGE / 4] __attribute__((aligned(PAGE))) = {{{1}}};
static volatile u32 unpopulated[PAGES][PAGE / 4] __attribute__((aligned(PAGE)));

/* A function that has a page for each call. */
__asm__(".section .text.pages, \"ax\"\n\t.balign 4096\n\t.type s2_exec, %function\ns2_exec:\n\t.rept 8\n\tret\n\t.balign 4096\n\t.endr\n\t"
	".size s2_exec, . - s2_exec\n\t.previous");
extern char s2_exec[];

#define EACH(f) do { for (unsigned i_ = 0; i_ < TIMES; i_++) f(); } while (0)
#define FP()    __asm__ volatile("fmov d0, #1.0\n\tfadd d0, d0, d0" ::: "v0")

void interrupt(void)
{
	u64 id = READ(S3_0_C12_C12_0); /* ICC_IAR1_EL1 */

	if (id == TIMER) {
		WRITE(cntv_ctl_el0, 3); /* masked */
		taken_timer++;
	} else if (id == SGI) {
		taken_sgi[READ(mpidr_el1) & 1]++;
	} else if (id == RTC_SPI) {
		RTC[7] = 1; /* the line falls */
		taken_line++;
	}
	WRITE(S3_0_C12_C12_1, id); /* ICC_EOIR1_EL1 */
}

static void wait(u64 ticks)
{
	const u64 until = READ(cntvct_el0) + ticks;

	while (READ(cntvct_el0) < until)
		__asm__ volatile("yield");
}

/* ---- calls and registers ---- */

KIND hvc_unknown(void) { (void)call(0x4b000000, 0, 0, 0); }
KIND hvc_psci_version(void) { (void)call(0x84000000, 0, 0, 0); }
KIND hvc_smccc_version(void) { (void)call(0x80000000, 0, 0, 0); }
KIND hvc_debug(void) { (void)call(0x4b000000, 0, 0, 0); }
KIND hvc_pmu(void) { (void)call(0x4b000000, 0, 0, 0); }
KIND hvc_pauth(void) { (void)call(0x4b000000, 0, 0, 0); }
KIND sysreg_id(void) { (void)READ(id_aa64pfr0_el1); }
KIND sysreg_dbg(void) { WRITE(oslar_el1, 0); }
KIND sysreg_actlr(void) { (void)READ(actlr_el1); }
KIND sysreg_pmcr(void) { (void)READ(pmcr_el0); } /* UNDEFINED without a PMU */
KIND sysreg_vm(void) { WRITE(ttbr0_el1, 0); }
KIND dc_isw(void) { __asm__ volatile("dc isw, %0" ::"r"((u64)0) : "memory"); }

KIND smc_unknown(void)
{
	register u64 x0 __asm__("x0") = 0x4b000000;

	__asm__ volatile("smc #0" : "+r"(x0)::"x1", "x2", "x3", "memory");
}

KIND hvc_fp(void)
{
	(void)call(0x4b000000, 0, 0, 0);
	FP();
}

KIND ptimer_prog(void)
{
	WRITE(cntp_cval_el0, (u64)FAR << 20);
	WRITE(cntp_ctl_el0, 1);
}

/* ---- devices and memory ---- */

KIND mmio_gicd_read(void) { (void)GICD[1]; }
KIND mmio_gicd_write(void) { GICD[0x800 / 4 + 16] = 0; }
KIND mmio_read_user(void) { (void)RTC[1]; }
KIND mmio_write_user(void) { RTC[1] = 0; }

KIND mmio_read_fp(void)
{
	(void)RTC[1];
	FP();
}

/* The alarm is now: the line rises. The handler lets it fall. */
KIND mmio_irqline(void)
{
	u32 before = taken_line;

	RTC[1] = rtc_now;
	while (taken_line == before)
		__asm__ volatile("yield");
}

KIND s2_fault_read(unsigned page) { (void)populated[0][page][1]; }
KIND s2_fault_write(unsigned page) { populated[1][page][1] = 1; }
KIND s2_fault_nopop(unsigned page) { unpopulated[page][1] = 1; }

/* ---- interrupts ---- */

KIND sgi_self(void)
{
	u32 before = taken_sgi[0];

	WRITE(S3_0_C12_C11_5, (u64)SGI << 24 | 1); /* ICC_SGI1R_EL1 */
	while (taken_sgi[0] == before)
		__asm__ volatile("yield");
}

KIND sgi_self_masked(void)
{
	u64 id;

	__asm__ volatile("msr daifset, #2" ::: "memory");
	WRITE(S3_0_C12_C11_5, (u64)SGI << 24 | 1);
	do
		id = READ(S3_0_C12_C12_0);
	while (id != SGI);
	WRITE(S3_0_C12_C12_1, id);
	__asm__ volatile("msr daifclr, #2" ::: "memory");
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
	arm_timer(6000);
	while (taken_timer == before) {
		__asm__ volatile("wfi" ::: "memory");
		__asm__ volatile("msr daifclr, #2\n\tisb\n\tmsr daifset, #2" ::: "memory");
	}
	__asm__ volatile("msr daifclr, #2" ::: "memory");
}

/* ---- two vCPUs ---- */

static inline __attribute__((always_inline)) void to_second(void)
{
	u32 before = taken_sgi[1];

	WRITE(S3_0_C12_C11_5, (u64)SGI << 24 | 2);
	while (taken_sgi[1] == before)
		__asm__ volatile("yield");
}

KIND ipi_send(void) { to_second(); }

KIND ipi_wfi_send(void)
{
	wait(6000); /* it sleeps again */
	to_second();
}

KIND ipi_recv(void)
{
	while (phase == 0)
		__asm__ volatile("yield");
}

KIND ipi_wfi_recv(void)
{
	__asm__ volatile("msr daifset, #2" ::: "memory");
	while (phase == 1) {
		__asm__ volatile("wfi" ::: "memory");
		__asm__ volatile("msr daifclr, #2\n\tisb\n\tmsr daifset, #2" ::: "memory");
	}
}

void second_main(void)
{
	gic_on(1);
	ready = 1;
	ipi_recv();
	ipi_wfi_recv();
}

static void both(void)
{
	while (!ready)
		__asm__ volatile("yield");
	EACH(ipi_send);
	phase = 1;
	EACH(ipi_wfi_send);
	phase = 2;
	WRITE(S3_0_C12_C11_5, (u64)SGI << 24 | 2); /* should it sleep already */
	while ((int)call(0xc4000004, 1, 0, 0) != 1) /* PSCI AFFINITY_INFO: until it is off */
		wait(1000);
}

/* ---- all of them ---- */

/* The VMM is asked something: FP and pointer authentication are not in use any more. */
static __attribute__((noinline)) void reload(void) { (void)RTC[1]; }

static void calls(void)
{
	EACH(hvc_unknown);
	EACH(hvc_psci_version);
	EACH(hvc_smccc_version);
	EACH(smc_unknown);
	EACH(hvc_fp);
	reload();
	EACH(sysreg_id);
	EACH(sysreg_dbg);
	EACH(sysreg_actlr);
	EACH(sysreg_pmcr);
	EACH(sysreg_vm);
	EACH(dc_isw);
	EACH(ptimer_prog);
	WRITE(cntp_ctl_el0, 0);
	WRITE(mdscr_el1, 1 << 15); /* MDE */
	EACH(hvc_debug);
	WRITE(mdscr_el1, 0);
	WRITE(S3_0_C2_C1_0, 1); /* APIAKeyLo_EL1, where it is */
	EACH(hvc_pauth);
	reload();
}

/* Where there is a PMU: while it counts cycles, and, as when it was recorded, an interrupt waits. */
static void counted(void)
{
	if ((READ(id_aa64dfr0_el1) >> 8 & 15) == 0)
		return;
	__asm__ volatile("msr daifset, #2" ::: "memory");
	WRITE(S3_0_C12_C11_5, (u64)SGI << 24 | 1);
	WRITE(pmcntenset_el0, (u64)1 << 31);
	WRITE(pmcr_el0, 1);
	EACH(hvc_pmu);
	WRITE(pmcr_el0, 0);
	__asm__ volatile("msr daifclr, #2" ::: "memory");
}

static void memory(void)
{
	EACH(mmio_gicd_read);
	EACH(mmio_gicd_write);
	EACH(mmio_read_user);
	EACH(mmio_write_user);
	EACH(mmio_read_fp);
	reload();
	for (unsigned i = 0; i < PAGES; i++)
		s2_fault_read(i);
	for (unsigned i = 0; i < PAGES; i++)
		s2_fault_write(i);
	for (unsigned i = 0; i < PAGES; i++)
		s2_fault_nopop(i);
	for (unsigned i = 0; i < PAGES; i++)
		((void (*)(void))(s2_exec + i * PAGE))();
}

static void interrupts(void)
{
	EACH(sgi_self);
	EACH(sgi_self_masked);
	EACH(vtimer_irq);
	/* as when it was recorded: the physical timer is on and far away */
	WRITE(cntp_cval_el0, (u64)FAR << 20);
	WRITE(cntp_ctl_el0, 1);
	EACH(wfi_timer);
	GICD[0x84 / 4] |= 1u << (RTC_SPI - 32);  /* GICD_IGROUPR1 */
	GICD[0xc08 / 4] |= 2u << 2 * (RTC_SPI - 32); /* GICD_ICFGR2: an edge, so that its end is no exit */
	GICD[0x104 / 4] |= 1u << (RTC_SPI - 32); /* GICD_ISENABLER1 */
	rtc_now = RTC[0];
	RTC[4] = 1; /* IMSC */
	EACH(mmio_irqline);
	WRITE(cntp_ctl_el0, 0);
}

void guest_main(void)
{
	gic_on(0);
	calls();
	memory();
	counted();
	interrupts();
	if (call(0xc4000003, 1, (u64)second_start, (u64)(second_stack + sizeof(second_stack))) == 0) /* PSCI CPU_ON */
		both();
	put("done\n");
}
