/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel in small: the tables and names that el2sim kernel looks for, a switch with alternatives and a static key. Never run.
 * -DPATCH: TPIDR_EL0 is saved at every exit instead of at put, and an ISB stands behind a static key, and
 * make_branch makes an instruction of restore_host. -DNO_KVM: other names.
 * -DFLIP: another order in save_host. -DKEY: an ISB behind a static key that the others have not.
 * -DPART=1, 2: all but load and put, those alone; a kernel in two objects.
 */
#ifdef NO_KVM
#define RUN  other_run
#define LOAD other_load
#define PUT  other_put
#define LOOP other_loop
#define ENTER other_enter
#define EXIT other_exit
#define VECTORS other_vectors
#else
#define RUN  __kvm_vcpu_run
#define LOAD kvm_arch_vcpu_load
#define PUT  kvm_arch_vcpu_put
#define LOOP kvm_arch_vcpu_ioctl_run
#define ENTER __guest_enter
#define EXIT __guest_exit
#define VECTORS __kvm_hyp_vector
#endif

#define CAP_VHE  3
#define CAP_SB   7
#define CAP_BARE 9

	.macro func name
	.globl \name
	.type \name, %function
\name:
	.endm
	.macro end name
	.size \name, . - \name
	.endm
/* struct alt_instr: the code at 661 becomes that at 663 when the capability is there. */
	.macro alt_row cap, old, oldlen, new, newlen
	.pushsection .altinstructions, "a"
	.word \old - .
	.word \new - .
	.hword \cap
	.byte \oldlen
	.byte \newlen
	.popsection
	.endm
/* struct jump_entry */
	.macro jump_row at, to, key, branch
	.pushsection __jump_table, "aw"
	.balign 8
	.word \at - .
	.word \to - .
	.quad \key + \branch - .
	.popsection
	.endm

	.text
#if PART != 2
	.balign 2048
	func VECTORS
	.rept 8
	brk #1
	.balign 128
	.endr
	b hyp_sync
	.balign 128
	.rept 7
	b hyp_sync
	.balign 128
	.endr
	end VECTORS

hyp_sync: /* no size: runs on */
	mrs x0, esr_el2
	cbz x0, hyp_out
hyp_trap:
	mrs x1, far_el2
hyp_out:
	b EXIT

	func ENTER
	mrs x0, isr_el1
	cbnz x0, 1f
	isb
	eret
1:	mov x0, #0
	.globl EXIT
EXIT:
	mrs x1, spsr_el2
	ret
	end ENTER

	.type save_host, %function
save_host:
#ifdef FLIP
	mrs x2, mdscr_el1
	mrs x1, sp_el0
	msr tpidr_el0, x2
#else
	mrs x1, sp_el0
	msr tpidr_el0, x2
	mrs x2, mdscr_el1
#endif
	ret
	end save_host

	.type restore_host, %function
restore_host:
	/* VHE: MSR of its own name, else HVC. */
1:	hvc #0
2:
	.subsection 1
3:	msr vbar_el1, x0
4:
	.previous
	alt_row CAP_VHE, 1b, 4, 3b, 4
	/* A callback that puts NOPs with a capability: a branch to the other side until then. */
5:	b 6f
	alt_row CAP_SB | 0x8000, 5b, 4, alt_cb_patch_nops, 0
	sb_instruction = 0xd50330ff
	.inst sb_instruction
	b 7f
6:	dsb nsh
	isb
7:
#ifdef PATCH
	mrs x3, tpidr_el0
20:	nop
	alt_row CAP_SB | 0x8000, 20b, 4, make_branch, 0
#endif
	ret
	end restore_host

	func RUN
	stp x29, x30, [sp, #-16]!
	bl save_host
	msr mdscr_el1, xzr
1:	bl ENTER
	cbz x0, 2f
	mrs x2, elr_el2 /* behind the guest, in a loop */
	b 1b
2:	bl restore_host
	ldp x29, x30, [sp], #16
	ret
	end RUN

#endif
#if PART != 1
	func LOAD
	msr vttbr_el2, x1
	tlbi vmalls12e1is
	dsb ish
8:	nop /* the key is off */
#ifdef KEY
13:	nop
15:
#endif
11:	nop /* and this is one that KVM switches on when it finds a PMU */
9:	ret
10:	msr pmuserenr_el0, x1
#ifdef PATCH
	isb
#endif
	b 9b
12:	msr pmselr_el0, xzr
	b 9b
#ifdef KEY
14:	isb
	b 15b
	jump_row 13b, 14b, added_key, 0
#endif
	jump_row 8b, 10b, pmu_key, 0
	jump_row 11b, 12b, kvm_arm_pmu_available, 0
	end LOAD

	func PUT
#ifndef PATCH
	mrs x3, tpidr_el0
#endif
	at s1e1r, x0
	dc cvac, x0
	ic iallu
	msr S3_0_C15_C1_2, x0
	ret
	end PUT

#endif
#if PART != 2
	.type handle_one, %function
handle_one:
	smc #0
	ret
	end handle_one
	.type _printk, %function
_printk:
	msr tpidr_el2, x0
	ret
	end _printk

	func LOOP
	stp x29, x30, [sp, #-16]!
	adrp x1, handlers
	add x1, x1, #:lo12:handlers
	ldr x1, [x1, x2, lsl #3]
	bl RUN
	blr x1
	bl _printk
	ldp x29, x30, [sp], #16
	ret
	end LOOP

	.type has_vhe, %function
has_vhe:
	ret
	end has_vhe
	func alt_cb_patch_nops
	ret
	end alt_cb_patch_nops
	func make_branch
	ret
	end make_branch

	.section .rodata
	.balign 8
	.type handlers, %object
handlers:
	.quad 0
	.quad handle_one
	.quad handle_one
	.size handlers, . - handlers
text_vhe: .asciz "Virtualization Host Extensions"
text_sb:  .asciz "Speculation barrier (SB)"
	.globl linux_banner
	.type linux_banner, %object
linux_banner:
#ifdef PATCH
	.asciz "Linux version 9.9.1-mini (x@y) #1"
#else
	.asciz "Linux version 9.9.0-mini (x@y) #1"
#endif
	.size linux_banner, . - linux_banner

	.section .data.rel.ro, "aw"
	.balign 8
	.macro cap desc, number
	.quad \desc
	.hword \number
	.hword 2
	.word 0
	.quad has_vhe
	.quad 0
	.quad 0
	.endm
	.globl arm64_features
	.type arm64_features, %object
arm64_features:
	cap text_vhe, CAP_VHE
	cap text_sb, CAP_SB
	cap 0, CAP_BARE
	.zero 40
	.size arm64_features, . - arm64_features

	.data
	.balign 8
	.globl pmu_key
	.type pmu_key, %object
	.zero 8
pmu_key:
	.word 0
	.word 0
	.quad 1
	.size pmu_key, . - pmu_key
#ifdef KEY
	.globl added_key
	.type added_key, %object
added_key:
	.word 0
	.word 0
	.quad 1
	.size added_key, . - added_key
#endif
	.globl kvm_arm_pmu_available
	.type kvm_arm_pmu_available, %object
kvm_arm_pmu_available:
	.word 0
	.word 0
	.quad 1
	.size kvm_arm_pmu_available, . - kvm_arm_pmu_available
#endif
