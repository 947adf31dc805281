/* SPDX-License-Identifier: Apache-2.0 */
/* What el2sim, the plugin, the VMM and its guest agree on. */
#ifndef EL2SIM_RECORD_TARGET_RECORD_H
#define EL2SIM_RECORD_TARGET_RECORD_H

/*
 * Marks: instructions that do nothing and that no compiler writes, MOVZ XZR, #(type << 12 | value), executed by the VMM or the
 * guest. X(id, type, value, help).
 */
#define RECORD_MARKS(X)                                                                                                        \
	X(WAKE,   1, "none", "recording may begin: from here on each instruction is seen")                                     \
	X(CFG,    2, "configuration", "a VM of that configuration is made")                                                    \
	X(KIND,   3, "kind", "what follows is of that kind")                                                                   \
	X(BEGIN,  4, "kind", "what is executed from here on ...")                                                              \
	X(END,    5, "kind", "... up to here is one turn of the kind")                                                         \
	X(ABSENT, 6, "kind", "the vCPU lacks what the kind needs")                                                             \
	X(DONE,   7, "none", "all of it was done")

enum record_mark {
#define X(id, type, value, help) RECORD_MARK_##id = type,
	RECORD_MARKS(X)
#undef X
};

#define RECORD_MARK_MASK   0xffe0001fu
#define RECORD_MARK_VALUE  0xd280001fu
#define RECORD_MARK(type, value) (RECORD_MARK_VALUE | (unsigned)((type) << 12 | (value)) << 5)

/* Kinds in the order of kinds.def. */
enum record_kind {
#define RECORD_GUEST(kind, ...) RECORD_##kind,
#define RECORD_CALL(kind, ...)  RECORD_##kind,
#define RECORD_PICK(kind, of)   RECORD_##kind,
#include "sim/record/kinds.def"
	RECORD_KINDS
};

/*
 * The plugin's output: words of 32 bits, little-endian; the first of an item says what it is in its highest 4 bits, the rest is
 * its number n. X(id, type, words, help): words that follow.
 */
#define RECORD_ITEMS(X)                                                                                                        \
	X(CODE,  1, "low and high half of the address, then n words",                                                          \
	  "n instructions in a row were translated: they get the next numbers, from 0 on")                                     \
	X(CPU,   2, "none", "what follows is of CPU n")                                                                        \
	X(MARK,  3, "none", "a mark was executed: type and value")                                                             \
	X(RUN,   4, "how many instructions, how often", "instructions n, n + 1, ... were executed, again and again")           \
	X(END,   5, "none", "the machine ended; n: bit 0 set if something was lost")

enum record_item {
#define X(id, type, words, help) RECORD_ITEM_##id = type,
	RECORD_ITEMS(X)
#undef X
};

#define RECORD_ITEM(type, n) ((unsigned)(type) << 28 | (unsigned)(n))
#define RECORD_ITEM_N        0x0fffffffu

/* Where things are: the VMM's code, and the VM as its guest sees it. */
#define RECORD_VMM_AT     0x00400000u /* virtual address */
#define RECORD_VMM_END    0x00800000u
#define RECORD_GUEST_AT   0x80000000u /* physical address of the guest's memory; its MMU is off */
#define RECORD_GUEST_END  0x90000000u
#define RECORD_PAGES_AT   0x84000000u /* RECORD_TURNS pages for each kind */
#define RECORD_LOGGED_AT  0x88000000u /* pages of the kind with a dirty log: a slot of their own */
#define RECORD_GICD_AT    0x08000000u
#define RECORD_GICR_AT    0x080a0000u
#define RECORD_DEVICE_AT  0x0a000000u

#define RECORD_TURNS 64 /* of kinds that have pages */
#define RECORD_PAGE  4096

#define RECORD_PAGES_OF(kind)                                                                                                  \
	((kind) == RECORD_s2_dirtylog ? RECORD_LOGGED_AT : RECORD_PAGES_AT + (unsigned)(kind) * RECORD_TURNS * RECORD_PAGE)

/* The VMM's device, offsets of words. */
#define RECORD_DEVICE_PLAIN 0x00 /* reads as zero */
#define RECORD_DEVICE_NEXT  0x08 /* read: the kind that is to be run now; PARKED: none; PARKED + 1 + kind: its pages are touched */
#define RECORD_DEVICE_RAISE 0x10 /* write: an interrupt's line rises */
#define RECORD_DEVICE_LOWER 0x18 /* write: it falls */
#define RECORD_DEVICE_FAULT 0x20 /* write: ESR_EL1 of an exception that should not be */
#define RECORD_DEVICE_EVENT 0x40 /* write: an ioeventfd */

#define RECORD_PARKED 0xffff

#define RECORD_SPI   40 /* of RAISE */

#endif
