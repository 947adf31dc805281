/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Part of switch.c: capabilities that are found by the kernel's own functions, alternatives with every kind of branch and callbacks, static
 * keys. Each place leaves a barrier of its own option when it was patched right, and a DSB NSH when it was not.
 */
#define FOUND	  3 /* a capability that its function finds */
#define NOT_FOUND 4

struct arm64_cpu_capabilities {
	const char *desc;
	unsigned short capability, type;
	_Bool (*matches)(const struct arm64_cpu_capabilities *c, int scope);
};
struct static_key {
	int enabled;
};

__attribute__((noipa)) static _Bool found(const struct arm64_cpu_capabilities *c, int scope)
{
	return c->capability == FOUND && scope == 1;
}

const struct arm64_cpu_capabilities arm64_features[] = {
	{ "Found by its function", FOUND, 0, found },
	{ "Not found by its function", NOT_FOUND, 0, found },
	{ 0, 0, 0, 0 },
};
u64 system_cpucaps;
u64 alt_value = 1;
struct static_key key_on = { 1 }, key_off = { 0 }, preempt_notifier_key = { 0 };

/* struct alt_instr's third argument: where the words go. */
__attribute__((noipa)) void alt_cb_isb(void *alt, u32 *at, u32 *to, int n)
{
	for (int i = 0; i < n; i++)
		to[i] = 0xd5033fdf; /* ISB */
	(void)alt;
	(void)at;
}

__attribute__((noipa)) void alt_cb_bad(void *alt, u32 *at, u32 *to, int n)
{
	asm volatile("brk #1");
	(void)alt;
	(void)at;
	(void)to;
	(void)n;
}

asm(".macro alt_row cap, old, oldlen, new, newlen\n"
    "	.pushsection .altinstructions, \"a\"\n"
    "	.word \\old - .\n	.word \\new - .\n	.hword \\cap\n	.byte \\oldlen, \\newlen\n"
    "	.popsection\n"
    ".endm\n"
    ".macro jump_row at, to, key, branch\n"
    "	.pushsection __jump_table, \"aw\"\n	.balign 8\n"
    "	.word \\at - .\n	.word \\to - .\n	.quad \\key + \\branch - .\n"
    "	.popsection\n"
    ".endm\n"
    ".text\n"
    ".globl patched\n.type patched, %function\n"
    "patched:\n"
    /* a branch of the replacement to a place outside of it: B, B.cond, CBZ, TBZ; and one inside, and an address */
    "1:	dsb nsh\n2:	alt_row 3, 1b, 4, 11f, 4\n"
    "1:	dsb nsh\n	alt_row 3, 1b, 4, 12f, 4\n"
    "1:	dsb nsh\n	alt_row 3, 1b, 4, 13f, 4\n"
    "1:	dsb nsh\n	alt_row 3, 1b, 4, 14f, 4\n"
    "	dsb ishst\n"
    "1:	dsb nsh\n	nop\n	nop\n	nop\n	alt_row 3, 1b, 16, 15f, 16\n"
    "	cbnz x9, 3f\n	dsb nsh\n"
    "3:	dsb ishst\n"
    /* not found: as linked; by callbacks: an ISB, and what the second leaves */
    "1:	dsb nshst\n	alt_row 4, 1b, 4, 16f, 4\n"
    "1:	dsb nsh\n	alt_row 0x8003, 1b, 4, alt_cb_isb, 0\n"
    "1:	dsb nshst\n	alt_row 0x8003, 1b, 4, alt_cb_bad, 0\n"
    /* keys: on and likely not, off and likely, on with a VM */
    "1:	nop\n	dsb nsh\n4:	jump_row 1b, 4b, key_on, 0\n"
    "1:	b 5f\n	dsb ish\n5:	jump_row 1b, 5b, key_on, 1\n"
    "1:	b 6f\n	dsb ishst\n6:	jump_row 1b, 6b, key_off, 0\n"
    "1:	nop\n	dsb nsh\n7:	jump_row 1b, 7b, preempt_notifier_key, 0\n"
    "	ret\n"
    ".size patched, . - patched\n"
    ".subsection 1\n"
    "	.skip 8192\n"
    "11:	b 2b\n"
    "12:	b.al 2b + 4\n"
    "13:	cbz xzr, 2b + 8\n"
    "14:	tbz xzr, #0, 2b + 12\n"
    "15:	adrp x9, alt_value\n	ldr x9, [x9, :lo12:alt_value]\n	b 1f\n	dsb nsh\n1:\n"
    "16:	dsb nsh\n"
    ".previous\n");
void patched(void);

/* Outside of the switch: answered, not executed. */
__attribute__((noipa)) void *kmalloc_small(u64 size)
{
	asm volatile("brk #2");
	return (void *)size;
}

__attribute__((noipa)) int mutex_trylock(void *lock)
{
	asm volatile("brk #2");
	return lock == 0;
}

static inline void before_entry(struct kvm_vcpu *vcpu)
{
	u64 *memory;

	asm volatile("bl patched" : : : "x9", "x30", "memory");
	memory = kmalloc_small(8);
	if (system_cpucaps == 1 << FOUND && vcpu->kvm->arch.id_regs[24] == 0x1000011 && mutex_trylock(memory) == 1 && memory[1] == 0)
		asm volatile("dsb ish");
	asm volatile("smc #0" : : : "x0", "x1", "x2", "x3"); /* answered by no firmware */
}
#define BEFORE_ENTRY(vcpu) before_entry(vcpu)
