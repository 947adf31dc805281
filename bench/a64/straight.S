// SPDX-License-Identifier: Apache-2.0
// Straight-line integer code: 1,000 instructions in a row, 200,000 times.
	.global	_start
_start:
	mov	x9, #3392
	movk	x9, #3, lsl #16
1:	.rept	125
	add	x0, x1, x2
	sub	x3, x2, x4, lsl #3
	eor	x4, x4, x5
	and	x5, x0, #0xff00
	madd	x6, x7, x3, x0
	ubfx	x7, x6, #5, #20
	csel	x1, x2, x6, lt
	adds	x2, x2, #7
	.endr
	subs	x9, x9, #1
	b.ne	1b
	mov	x0, #0
	mov	x8, #93
	svc	#0
