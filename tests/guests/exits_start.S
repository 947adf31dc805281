// SPDX-License-Identifier: Apache-2.0
// Entry of the first vCPU and of those that PSCI starts (x0: their stack), and vectors: interrupts are handled, what is
// UNDEFINED is skipped, anything else ends the guest.
	.section .text.start, "ax"
	.global	_start
_start:
	adrp	x1, stack_top
	add	x1, x1, :lo12:stack_top
	mov	sp, x1
	bl	set_up
	bl	guest_main
off:	ldr	w0, =0x84000008		// PSCI SYSTEM_OFF
	hvc	#0
1:	b	1b

	.global	second_start
second_start:
	mov	sp, x0
	bl	set_up
	bl	second_main
	ldr	w0, =0x84000002		// PSCI CPU_OFF
	hvc	#0
1:	b	1b

set_up:
	adr	x1, vectors
	msr	vbar_el1, x1
	mov	x1, #3 << 20
	msr	cpacr_el1, x1
	isb
	ret

	.macro	keep a, b
	stp	\a, \b, [sp, #-16]!
	.endm
	.macro	back a, b
	ldp	\a, \b, [sp], #16
	.endm

irq:	keep	x0, x1
	keep	x2, x3
	keep	x4, x5
	keep	x6, x7
	keep	x8, x9
	keep	x10, x11
	keep	x12, x13
	keep	x14, x15
	keep	x16, x17
	keep	x18, x30
	bl	interrupt
	back	x18, x30
	back	x16, x17
	back	x14, x15
	back	x12, x13
	back	x10, x11
	back	x8, x9
	back	x6, x7
	back	x4, x5
	back	x2, x3
	back	x0, x1
	eret

	// An instruction that is UNDEFINED is skipped; x16 and x17 are not kept.
sync:	mrs	x16, esr_el1
	lsr	x16, x16, #26
	cbnz	x16, unexpected
	mrs	x16, elr_el1
	add	x16, x16, #4
	msr	elr_el1, x16
	eret

	.balign	2048
vectors:
	.irp	n, 0,1,2,3
	.balign	128
	b	unexpected
	.endr
	.balign	128
	b	sync
	.balign	128
	b	irq			// current EL, SP_ELx
	.irp	n, 6,7,8,9,10,11,12,13,14,15
	.balign	128
	b	unexpected
	.endr
	.balign	128
unexpected:
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	bl	told
	b	off

	.bss
	.balign	16
	.skip	16384
stack_top:
	.section .note.GNU-stack, "", %progbits
