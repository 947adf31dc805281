// SPDX-License-Identifier: Apache-2.0
/* A guest that debugs itself: breakpoints and watchpoints of EL1 and EL0, software step of EL0, what the controls forbid. */
#include "tests/guests/guest.h"

#define KDE    ((u64)1 << 13)
#define MDE    ((u64)1 << 15)
#define SS     ((u64)1 << 0)
#define SPSR_SS ((u64)1 << 21)
#define BAS_BP ((u64)0xf << 5)
#define EL1    ((u64)1 << 1)
#define EL0    ((u64)1 << 2)
#define ON     ((u64)1)

static void breakpoint(const char *what, u64 mdscr, u64 control)
{
	u64 here;

	WRITE(dbgbcr1_el1, control);
	WRITE(mdscr_el1, mdscr);
	__asm__ volatile("adr %0, 1f\n\tmsr dbgbvr1_el1, %0\n\tisb\n\tmsr daifclr, #8\n\tnop\n1:\tnop\n\tmsr daifset, #8"
			 : "=&r"(here)::"memory", "x16", "x17");
	told(what, here);
	WRITE(dbgbcr1_el1, 0);
}

static void watchpoint(const char *what, u64 control, u64 address, u64 at)
{
	WRITE(dbgwvr2_el1, address);
	WRITE(dbgwcr2_el1, control);
	WRITE(mdscr_el1, KDE | MDE);
	SYS("msr daifclr, #8");
	touch(what, at);
	SYS("msr daifset, #8");
	WRITE(dbgwcr2_el1, 0);
}

/* EL0 from `entry` with SS as said: where the step's exception comes. */
static void step(const char *what, u64 mdscr, u64 ss, void *entry)
{
	WRITE(mdscr_el1, mdscr);
	el0_spsr = 0x3c0 | ss;
	run_el0(entry, 0, 0);
	told(what, (u64)entry);
	el0_spsr = 0x3c0;
}

void guest_main(void)
{
	static u64 data[8];
	u64 at = (u64)data;

	last_taken.vector = ~(u64)0;
	WRITE(oslar_el1, 0);
	breakpoint("breakpoint", KDE | MDE, BAS_BP | EL1 | ON);
	breakpoint("breakpoint off", KDE | MDE, BAS_BP | EL1);
	breakpoint("breakpoint of EL0 at EL1", KDE | MDE, BAS_BP | EL0 | ON);
	breakpoint("breakpoint without KDE", MDE, BAS_BP | EL1 | ON);
	breakpoint("breakpoint without MDE", KDE, BAS_BP | EL1 | ON);

	watchpoint("watched both", (u64)0xff << 5 | 3 << 3 | EL1 | ON, at, at);
	watchpoint("watched reads", (u64)0xff << 5 | 1 << 3 | EL1 | ON, at, at);
	watchpoint("watched writes", (u64)0xff << 5 | 2 << 3 | EL1 | ON, at, at);
	watchpoint("watched beside", (u64)0xff << 5 | 3 << 3 | EL1 | ON, at, at + 8);
	watchpoint("watched bytes", (u64)0x0c << 5 | 3 << 3 | EL1 | ON, at, at);
	watchpoint("watched EL0", (u64)0xff << 5 | 3 << 3 | EL0 | ON, at, at);

	WRITE(dbgbcr1_el1, BAS_BP | EL0 | ON);
	WRITE(dbgbvr1_el1, (u64)el0_svc + 4);
	WRITE(mdscr_el1, MDE);
	run_el0(el0_svc, 0, 0);
	told("breakpoint of EL0", (u64)el0_svc);
	WRITE(dbgbcr1_el1, 0);

	step("step pending at once", SS, 0, el0_svc);
	step("step of one", SS, SPSR_SS, el0_svc);
	step("step of a system call", SS, SPSR_SS, (char *)el0_svc + 4);
	step("step of a fault", SS, SPSR_SS, (char *)el0_udf);
	step("no step", 0, SPSR_SS, el0_svc);
}
