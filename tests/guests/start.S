// SPDX-License-Identifier: Apache-2.0
// Entry at EL1, vectors that keep ESR, FAR, ELR and SPSR and go on where struct taken of guest.h says, and the way to EL0 and back.
	.section .text.start, "ax"
	.global	_start
_start:
	adr	x0, stack_top
	mov	sp, x0
	adr	x0, vectors
	msr	vbar_el1, x0
	msr	nzcv, xzr
	mov	x0, #3 << 20
	msr	cpacr_el1, x0
	isb
	bl	guest_main
	ldr	w0, =0x84000008		// PSCI SYSTEM_OFF
	hvc	#0
1:	b	1b

	// All registers of the interrupted code survive but x16 and x17.
	.macro	vector number
	.balign	128
	mov	x16, #\number
	b	taken
	.endm
	.balign	2048
vectors:
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	vector	\n
	.endr

taken:	// struct taken of guest.h
	adrp	x17, last_taken
	add	x17, x17, :lo12:last_taken
	str	x16, [x17]
	mrs	x16, esr_el1
	str	x16, [x17, #8]
	mrs	x16, far_el1
	str	x16, [x17, #16]
	mrs	x16, elr_el1
	str	x16, [x17, #24]
	mrs	x16, spsr_el1
	str	x16, [x17, #32]
	ldr	x16, [x17, #40]		// go on here at EL1, or behind the instruction
	cbnz	x16, 1f
	mrs	x16, esr_el1
	lsr	x16, x16, #26
	cmp	x16, #0x15		// an SVC returns behind itself
	b.eq	2f
	mrs	x16, elr_el1
	add	x16, x16, #4
	msr	elr_el1, x16
2:	eret
1:	msr	elr_el1, x16
	mov	x16, #0x3c5
	msr	spsr_el1, x16
	eret

	// uint64_t run_el0(entry, sp, arg): until the first exception of EL0; returns x0 of EL0.
	.global	run_el0
run_el0:
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	adrp	x17, last_taken
	add	x17, x17, :lo12:last_taken
	adr	x16, 2f
	str	x16, [x17, #40]
	msr	elr_el1, x0
	msr	sp_el0, x1
	adrp	x0, el0_spsr
	ldr	x0, [x0, :lo12:el0_spsr]
	msr	spsr_el1, x0
	mov	x0, x2
	eret
2:	adrp	x17, last_taken
	add	x17, x17, :lo12:last_taken
	str	xzr, [x17, #40]
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret

	.data
	.balign	8
	.global	el0_spsr
el0_spsr:
	.quad	0x3c0
	.bss
	.balign	16
	.global	last_taken
last_taken:
	.skip	48
	.balign	16
	.skip	65536
stack_top:

	// Code of EL0: each ends with an exception.
	.section .el0, "ax"
	.balign	4096
	.global	el0_svc
el0_svc:
	add x0, x0, #1
	svc #0x42
	.global	el0_read
el0_read:
	ldr x0, [x0]
	svc #0x43
	.global	el0_pair
el0_pair:
	ldp x1, x2, [x0]
	svc #0x43
	.global	el0_write_back
el0_write_back:
	str x1, [x0, #8]!
	svc #0x43
	.global	el0_daif
el0_daif:
	msr daifset, #2
	svc #0x44
	.global	el0_ctr
el0_ctr:
	mrs x0, ctr_el0
	svc #0x45
	.global	el0_zva
el0_zva:
	dc zva, x0
	svc #0x46
	.global	el0_cntv
el0_cntv:
	mrs x0, cntvct_el0
	svc #0x47
	.global	el0_jump
el0_jump:
	br x0
	.global	el0_udf
el0_udf:
	udf #9
	.section .note.GNU-stack, "", %progbits
