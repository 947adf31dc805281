/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel in small whose switch is executed (el2sim kernel import): the names that setup.def and scenes.c look for, a guest entry and
 * exit, one op per condition. Made with -gbtf. -DPATCH: TPIDR_EL0 is saved at every exit, and an ISB stands in every entry. -DALT: what
 * a kernel patches of itself (switch_alt.h). -DBAD=N: a kernel that cannot be executed.
 */
typedef unsigned long u64;
typedef unsigned int u32;

struct task_struct { u64 flags; u64 stack[64]; struct { void *mm; }; };
struct kvm_cpu_context { struct { u64 regs[31], sp, pc, pstate; } regs; u64 sys_regs[16]; };
enum vcpu_sysreg { __INVALID_SYSREG__, TPIDR_EL0, SCTLR_EL1, MDSCR_EL1, VBAR_EL1 };
struct kvm_s2_mmu { int *last_vcpu_ran; };
struct kvm { struct { struct kvm_s2_mmu mmu; u64 id_regs[32]; } arch; };
struct kvm_vcpu {
	struct kvm *kvm;
	struct { struct kvm_cpu_context ctxt; struct kvm_s2_mmu *hw_mmu; u64 hcr_el2, mdcr_el2; u64 fp[64]; } arch;
};

struct kvm_pmu_events { u32 events_host, events_guest; };

struct kvm_pmu_events kvm_pmu_events; /* one CPU */
enum vcpu_sysreg keep_the_type = TPIDR_EL0;
struct task_struct *keep_task;
struct kvm_cpu_context kvm_hyp_ctxt;
u64 kvm_hyp_vector;
const char linux_banner[] = "Linux version 6.12.0-small (nobody)";

#define read(reg)     ({ u64 v_; asm volatile("mrs %0, " reg : "=r"(v_)); v_; })
#define write(reg, v) asm volatile("msr " reg ", %0" : : "r"((u64)(v)))
#define isb()         asm volatile("isb")

/* X0: the vCPU. Comes back through __guest_exit with X0 0, 1: interrupt. */
u64 __guest_enter(struct kvm_vcpu *vcpu);
asm(".text\n"
    ".globl __guest_enter\n.type __guest_enter, %function\n"
    "__guest_enter:\n"
    "	adrp x1, kvm_hyp_ctxt\n	add x1, x1, :lo12:kvm_hyp_ctxt\n"
    "	stp x18, x19, [x1]\n	stp x20, x21, [x1, #16]\n	stp x22, x23, [x1, #32]\n	stp x24, x25, [x1, #48]\n"
    "	stp x26, x27, [x1, #64]\n	stp x28, x29, [x1, #80]\n	str x30, [x1, #96]\n"
    "	mrs x2, sp_el0\n	str x2, [x1, #104]\n	str x0, [x1, #112]\n"
    "	eret\n"
    ".size __guest_enter, . - __guest_enter\n"
    ".globl __guest_exit\n.type __guest_exit, %function\n"
    "__guest_exit:\n"
    "	adrp x1, kvm_hyp_ctxt\n	add x1, x1, :lo12:kvm_hyp_ctxt\n"
    "	ldp x18, x19, [x1]\n	ldp x20, x21, [x1, #16]\n	ldp x22, x23, [x1, #32]\n	ldp x24, x25, [x1, #48]\n"
    "	ldp x26, x27, [x1, #64]\n	ldp x28, x29, [x1, #80]\n	ldr x30, [x1, #96]\n"
    "	ldr x2, [x1, #104]\n	msr sp_el0, x2\n"
    "	ret\n"
    ".size __guest_exit, . - __guest_exit\n"
    ".balign 2048\n.globl __kvm_hyp_vector\n.type __kvm_hyp_vector, %function\n"
    "__kvm_hyp_vector:\n"
    "	.rept 8\n	brk #1\n	.balign 128\n	.endr\n"
    "	mrs x0, esr_el2\n	mov x0, #0\n	b __guest_exit\n	.balign 128\n"
    "	mov x0, #1\n	b __guest_exit\n	.balign 128\n"
    "	.rept 6\n	mov x0, #2\n	b __guest_exit\n	.balign 128\n	.endr\n"
    ".size __kvm_hyp_vector, . - __kvm_hyp_vector\n");

#ifdef ALT
#include "tests/kernels/switch_alt.h"
#else
#define BEFORE_ENTRY(vcpu) ((void)0)
#endif

/* What ends the import with a sentence. */
static inline void fail(void)
{
#if BAD == 1
	*(volatile u64 *)0x123450 = 1;
#elif BAD == 2
	((void (*)(void))0x123450)();
#elif BAD == 3
	asm volatile("brk #7");
#elif BAD == 4
	asm volatile("svc #0");
#elif BAD == 5
	asm volatile("hvc #0");
#elif BAD == 6
	asm volatile("1: b 1b");
#elif BAD == 7
	asm volatile(".inst 0x04000000"); /* SVE */
#elif BAD == 8
	asm volatile("udf #0");
#endif
}

__attribute__((noipa)) void kvm_arch_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	if (*vcpu->arch.hw_mmu->last_vcpu_ran != 0) {
		asm volatile("tlbi vmalle1\n	dsb nsh");
		*vcpu->arch.hw_mmu->last_vcpu_ran = 0;
	}
	write("sctlr_el12", vcpu->arch.ctxt.sys_regs[SCTLR_EL1]);
	write("tpidr_el0", vcpu->arch.ctxt.sys_regs[TPIDR_EL0]);
	(void)cpu;
}

__attribute__((noipa)) void kvm_arch_vcpu_put(struct kvm_vcpu *vcpu)
{
	vcpu->arch.ctxt.sys_regs[SCTLR_EL1] = read("sctlr_el12");
#ifndef PATCH
	vcpu->arch.ctxt.sys_regs[TPIDR_EL0] = read("tpidr_el0");
#endif
}

/* Another thread runs here: never executed. */
__attribute__((noipa)) void kvm_vcpu_halt(struct kvm_vcpu *vcpu)
{
	vcpu->arch.ctxt.sys_regs[VBAR_EL1] = read("vbar_el12");
}

__attribute__((noipa)) void kvm_vcpu_wfi(struct kvm_vcpu *vcpu)
{
	vcpu->arch.ctxt.sys_regs[8] = read("ich_vmcr_el2");
	isb();
	kvm_vcpu_halt(vcpu);
	write("ich_vmcr_el2", vcpu->arch.ctxt.sys_regs[8]);
}

__attribute__((noipa)) void fpsimd_restore_current_state(void)
{
	const struct task_struct *current = (const struct task_struct *)read("sp_el0");
	u64 fpcr = current->stack[1];

	write("fpsr", current->stack[0]);
	if (read("fpcr") != fpcr)
		write("fpcr", fpcr);
}

/* WFI waits; a write of OSLAR_EL1 puts and loads the vCPU. */
__attribute__((noipa)) int handle_exit(struct kvm_vcpu *vcpu, int code)
{
	u64 esr = vcpu->arch.fp[0];

	if (code == 0 && esr >> 26 == 1)
		kvm_vcpu_wfi(vcpu);
	if (code == 0 && (esr & ~0x3e0ul) == 0x62280400) {
		kvm_arch_vcpu_put(vcpu);
		kvm_arch_vcpu_load(vcpu, 0);
	}
	return code < 3;
}

int kvm_arch_vcpu_ioctl_run(struct kvm_vcpu *vcpu)
{
	int ret = 1;

	kvm_arch_vcpu_load(vcpu, 0);
#if BAD == 9
	ret = -22; /* no guest */
#endif
	while (ret > 0) {
		asm volatile("msr daifset, #3");
		write("vbar_el1", kvm_hyp_vector);
		write("hcr_el2", vcpu->arch.hcr_el2);
		write("mdscr_el1", vcpu->arch.ctxt.sys_regs[MDSCR_EL1]);
		if (vcpu->arch.ctxt.sys_regs[MDSCR_EL1] & 1 << 15)
			write("dbgbcr0_el1", vcpu->arch.fp[1]);
		if (kvm_pmu_events.events_guest != 0)
			write("pmcntenset_el0", kvm_pmu_events.events_guest);
		write("elr_el1", vcpu->arch.ctxt.regs.pc);
		write("spsr_el1", vcpu->arch.ctxt.regs.pstate);
#ifdef PATCH
		isb();
#endif
		BEFORE_ENTRY(vcpu);
		fail();
		ret = (int)__guest_enter(vcpu);
		vcpu->arch.ctxt.sys_regs[MDSCR_EL1] = read("mdscr_el1");
#ifdef PATCH
		vcpu->arch.ctxt.sys_regs[TPIDR_EL0] = read("tpidr_el0");
#endif
		if (ret != 1)
			vcpu->arch.fp[0] = read("esr_el1");
		asm volatile("mov x9, #1024\n	msr hcr_el2, x9" : : : "x9");
		isb();
		asm volatile("msr daifclr, #3");
		ret = handle_exit(vcpu, ret);
	}
	kvm_arch_vcpu_put(vcpu);
	return ret;
}
