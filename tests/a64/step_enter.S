// SPDX-License-Identifier: Apache-2.0
// step_enter(struct step *): loads all registers, jumps to the slot, and comes back by one of the two branches behind it.
// x28 holds the step throughout. Offsets: struct step (step.h), checked by step.c.
	.text
	.macro	each op, regs:vararg
	.irp	n, \regs
	\op	x\n, [x28, #8 * \n]
	.endr
	.endm
	.macro	each_v op
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\op	q\n, [x9, #16 * \n]
	.endr
	.endm

	.global	step_enter
step_enter:
	stp	x29, x30, [sp, #-160]!
	stp	x27, x28, [sp, #16]
	stp	x25, x26, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x21, x22, [sp, #64]
	stp	x19, x20, [sp, #80]
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mov	x28, x0
	adrp	x1, step_sp
	mov	x2, sp
	str	x2, [x1, :lo12:step_sp]
	add	x9, x28, #400
	each_v	ldr
	ldr	x9, [x28, #912]
	msr	fpcr, x9
	ldr	x9, [x28, #920]
	msr	fpsr, x9
	ldr	x9, [x28, #256]
	msr	nzcv, x9
	ldr	x9, [x28, #248]
	mov	sp, x9
	each	ldr, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,29,30
	b	step_slot

	.global	step_out_0, step_out_1
step_out_1:
	str	x0, [x28]
	mov	w0, #1
	b	1f
step_out_0:
	str	x0, [x28]
	mov	w0, #0
1:	str	w0, [x28, #932]
	each	str, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,29,30
	mov	x9, sp
	str	x9, [x28, #248]
	mrs	x9, nzcv
	str	x9, [x28, #256]
	mrs	x9, fpcr
	str	x9, [x28, #912]
	mrs	x9, fpsr
	str	x9, [x28, #920]
	add	x9, x28, #400
	each_v	str
	adrp	x1, step_sp
	ldr	x2, [x1, :lo12:step_sp]
	mov	sp, x2
	msr	fpcr, xzr
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	ldp	x19, x20, [sp, #80]
	ldp	x21, x22, [sp, #64]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #32]
	ldp	x27, x28, [sp, #16]
	ldp	x29, x30, [sp], #160
	ret

	.global	step_sp
	.bss
	.balign	4096
step_sp:
	.skip	4096
	.section .note.GNU-stack, "", %progbits
