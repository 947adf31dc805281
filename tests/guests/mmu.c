// SPDX-License-Identifier: Apache-2.0
/*
 * A guest at EL1 without an operating system: exceptions, translation with each granule, EL0, flags of descriptors set by
 * hardware, pointer authentication. It prints what it saw; QEMU's virt machine and the A64 core must print the same.
 */
#include "tests/guests/guest.h"

static void exceptions(void)
{
	CATCH("svc", "svc #0x123");
	last_taken.vector = ~(u64)0;
	CATCH("brk", "brk #0x55");
	CATCH("udf", "udf #7");
	CATCH("smc without EL3", "smc #1");
	CATCH("el2 register", "mrs x0, hcr_el2");
	CATCH("read-only register", ".inst 0xd5180000");
	CATCH("cfinv", ".inst 0xd500401f");
	put_hex("currentel", READ(CurrentEL));
	put_hex("daif", READ(daif));
	SYS("msr daifclr, #0xf");
	put_hex("daif", READ(daif));
	SYS("msr daifset, #0xf");
	put_hex("spsel", READ(spsel));
	put("\n");
}

/* Tables from image_end on; a page each (64 KiB, so that every granule fits). */
static u64 *next_table;
static int table_words;
static u64 *table_new(void)
{
	u64 *t = next_table;

	for (int i = 0; i < table_words; i++)
		t[i] = 0;
	next_table += 8192;
	return t;
}

enum { AF = 1 << 10, AP_RO = 1 << 7, AP_EL0 = 1 << 6, NORMAL = 0 << 2, DEVICE = 1 << 2 };
#define PXN ((u64)1 << 53)
#define UXN ((u64)1 << 54)
#define DBM ((u64)1 << 51)

/* Maps a page of va to pa in tables of a granule; bits is log2 of it. */
static void map(u64 *top, unsigned bits, unsigned va_bits, u64 va, u64 pa, u64 attr)
{
	unsigned stride = bits - 3, level = 4 - (va_bits - bits + stride - 1) / stride;
	u64 *t = top;

	for (; level < 3; level++) {
		unsigned lo = bits + (3 - level) * stride;
		u64 *d = &t[(va & (((u64)1 << va_bits) - 1)) >> lo & (((u64)1 << stride) - 1)];

		if (*d == 0)
			*d = (u64)table_new() | 3;
		t = (u64 *)(*d & 0x0000ffffffff0000);
	}
	t[va >> bits & (((u64)1 << stride) - 1)] = pa | attr | 3;
}

static u64 *last_entry(u64 *top, unsigned bits, unsigned va_bits, u64 va)
{
	unsigned stride = bits - 3, level = 4 - (va_bits - bits + stride - 1) / stride;
	u64 *t = top;

	for (; level < 3; level++)
		t = (u64 *)(t[(va & (((u64)1 << va_bits) - 1)) >> (bits + (3 - level) * stride) & (((u64)1 << stride) - 1)] & 0x0000ffffffff0000);
	return &t[va >> bits & (((u64)1 << stride) - 1)];
}

/* Code of EL0, in a page of its own: start.S. */
static void user(const char *what, void (*code)(void), u64 arg)
{
	u64 r = run_el0((void *)code, 0x40100000 + 0x80000, arg);

	put_hex("x0", r & ((u64)1 << 40) ? 0 : r);
	told(what, (u64)code);
}

enum { SCTLR = 0x30d00800 }; /* RES1 bits and SPAN */

/* One granule: identity for the image and the UART, a few pages with other permissions. */
static void granule(const char *name, unsigned bits, unsigned tg0)
{
	u64 *top, size = (u64)1 << bits, va = 0x60000000, target = ((u64)image_end + 0x200000) & ~(u64)0xffff, tcr, *e;
	unsigned va_bits = 36;

	table_words = (int)(size / 8);
	next_table = (u64 *)(((u64)image_end + 0x10000) & ~(u64)0xffff);
	top = table_new();
	for (u64 a = 0x40100000; a < (u64)image_end + 0x200000; a += size)
		map(top, bits, va_bits, a, a, AF | NORMAL | UXN);
	map(top, bits, va_bits, 0x09000000, 0x09000000, AF | DEVICE | UXN | PXN);
	map(top, bits, va_bits, va, target, AF | NORMAL | AP_RO | UXN | PXN);
	map(top, bits, va_bits, va + size, target, NORMAL | UXN | PXN); /* no access flag */
	map(top, bits, va_bits, va + 2 * size, target, AF | NORMAL | AP_EL0);
	map(top, bits, va_bits, va + 3 * size, target, AF | NORMAL | AP_EL0 | AP_RO | DBM);
	map(top, bits, va_bits, va + 4 * size, ((u64)1 << 45) + target, AF | NORMAL);
	e = last_entry(top, bits, va_bits, 0x40100000 + ((u64)el0_svc - 0x40100000) / size * size);
	*e = (*e & ~UXN) | AP_EL0 | AP_RO;
	WRITE(mair_el1, 0x00ff);
	/* T1SZ as T0SZ; EPD1 clear; TG1 by its own code. */
	tcr = (64 - va_bits) | (u64)tg0 << 14 | (u64)(64 - va_bits) << 16 | (u64)(bits == 12 ? 2 : bits == 14 ? 1 : 3) << 30 |
	      (u64)2 << 32;
	WRITE(tcr_el1, tcr);
	WRITE(ttbr0_el1, (u64)top);
	WRITE(ttbr1_el1, (u64)top);
	SYS("dsb ish\n\ttlbi vmalle1\n\tdsb ish\n\tisb");
	WRITE(sctlr_el1, SCTLR | 1);
	put(name);
	put("\n");
	last_taken.vector = ~(u64)0;
	touch("unmapped", 0x70000000);
	touch("outside", (u64)1 << 40);
	touch("high half", 0xfffffff000000000 + 0x70000000);
	touch("read-only", va + 24);
	touch("no access flag", va + size);
	touch("user page", va + 2 * size);
	SYS(".arch armv8.2-a\n\tmsr pan, #1");
	touch("user page with PAN", va + 2 * size);
	SYS(".arch armv8.2-a\n\tmsr pan, #0");
	touch("address size", va + 4 * size);
	put_hex("high half reads", *(volatile u64 *)(0xfffffff000000000 + va + 2 * size) == *(volatile u64 *)(va + 2 * size));
	WRITE(tcr_el1, tcr | (u64)1 << 39 | (u64)1 << 40); /* HA, HD */
	SYS("tlbi vmalle1\n\tdsb ish\n\tisb");
	touch("access flag by hardware", va + size);
	put_hex("entry", *last_entry(top, bits, va_bits, va + size) >> 10 & 1);
	touch("dirty by hardware", va + 3 * size);
	put_hex("entry", *last_entry(top, bits, va_bits, va + 3 * size) >> 7 & 1);
	put("\n");
	for (unsigned at = 0; at < 4; at++) {
		static const char *const names[] = {"s1e1r", "s1e1w", "s1e0r", "s1e0w"};
		u64 address = at == 0 ? 0x70000000 : at == 1 ? va : at == 2 ? va : va + 2 * size;

		switch (at) {
		case 0: __asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(address)); break;
		case 1: __asm__ volatile("at s1e1w, %0\n\tisb" ::"r"(address)); break;
		case 2: __asm__ volatile("at s1e0r, %0\n\tisb" ::"r"(address)); break;
		default: __asm__ volatile("at s1e0w, %0\n\tisb" ::"r"(address)); break;
		}
		put(names[at]);
		put_hex(" par", READ(par_el1) & ~(u64)0xff00000000000380);
	}
	put("\n");
	user("svc from EL0", el0_svc, 41);
	user("EL0 reads kernel", el0_read, (u64)image_end);
	user("EL0 pair", el0_pair, 0x70000000);
	user("EL0 write-back", el0_write_back, 0x70000000);
	user("EL0 reads its page", el0_read, va + 2 * size);
	user("EL0 CTR", el0_ctr, 0);
	user("EL0 DC ZVA", el0_zva, va + 2 * size);
	user("EL0 counter", el0_cntv, 0);
	user("EL0 executes kernel", el0_jump, 0x40100000);
	user("EL0 executes data", el0_jump, va);
	user("EL0 odd pc", el0_jump, (u64)el0_svc + 2);
	WRITE(sctlr_el1, SCTLR | 1 | 1 << 4 | 1 << 9 | 1 << 14 | 1 << 15 | 1 << 26);
	user("EL0 masks", el0_daif, 0);
	user("EL0 DC ZVA", el0_zva, va + 2 * size);
	WRITE(sctlr_el1, SCTLR | 1 | 1 << 1);
	touch("alignment", va + 2 * size + 1);
	WRITE(sctlr_el1, SCTLR);
	SYS("tlbi vmalle1\n\tdsb ish\n\tisb");
}

static void changes_code(void)
{
	/* MOVZ w0, #1; RET, then MOVZ w0, #2 */
	volatile uint32_t *code = (uint32_t *)(((u64)image_end + 0x300000) & ~(u64)0xfff);
	u64 (*f)(void) = (u64 (*)(void))(u64)code;

	for (uint32_t i = 1; i < 4; i++) {
		code[0] = 0x52800000 | i << 5;
		code[1] = 0xd65f03c0;
		__asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(code) : "memory");
		put_hex("changed code", f());
	}
	put("\n");
}

#pragma GCC push_options
#pragma GCC target("arch=armv8.3-a")
static void authenticates(void)
{
	static const u64 pointers[] = {0x40123456, 0xffffff8000123450, 0x0000007fffffffff, 0x00aa000040123456};
	u64 modifier = 0x477d469dec0b8762;

	WRITE(APIAKeyLo_EL1, 0xec2802d4e0a488e9);
	WRITE(APIAKeyHi_EL1, 0x84be85ce9804e94b);
	WRITE(APDBKeyLo_EL1, 0x0123456789abcdef);
	WRITE(APDBKeyHi_EL1, 0xfedcba9876543210);
	WRITE(APGAKeyLo_EL1, 0x1122334455667788);
	WRITE(APGAKeyHi_EL1, 0x99aabbccddeeff00);
	WRITE(tcr_el1, (64 - 39) | (u64)(64 - 39) << 16 | (u64)1 << 38);
	WRITE(sctlr_el1, SCTLR | (u64)1 << 31 | 1 << 13);
	for (unsigned i = 0; i < 4; i++) {
		u64 p = pointers[i], q = p, r = p, s;

		__asm__ volatile("pacia %0, %1" : "+r"(q) : "r"(modifier));
		put_hex("pacia", q);
		__asm__ volatile("pacdb %0, %1" : "+r"(r) : "r"(modifier));
		put_hex("pacdb", r);
		s = q;
		__asm__ volatile("autia %0, %1" : "+r"(s) : "r"(modifier));
		put_hex("autia", s);
		s = q;
		__asm__ volatile("autia %0, %1" : "+r"(s) : "r"(modifier + 1));
		put_hex("wrong autia", s);
		s = r;
		__asm__ volatile("autdb %0, %1" : "+r"(s) : "r"(modifier + 1));
		put_hex("wrong autdb", s);
		__asm__ volatile("xpaci %0" : "+r"(q));
		put_hex("xpaci", q);
		__asm__ volatile("pacga %0, %1, %2" : "=r"(s) : "r"(p), "r"(modifier));
		put_hex("pacga", s);
		put("\n");
	}
	WRITE(sctlr_el1, SCTLR);
}
#pragma GCC pop_options

void guest_main(void)
{
	last_taken.vector = ~(u64)0;
	exceptions();
	granule("4 KiB", 12, 0);
	if ((READ(id_aa64mmfr0_el1) >> 20 & 15) != 0)
		granule("16 KiB", 14, 2);
	granule("64 KiB", 16, 1);
	changes_code();
	authenticates();
	put("done\n");
}
