/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The native file (.e2t), private to reader.c and writer.c. Every number is little-endian; "varint"
 * is LEB128 (7 bits a byte, low first); "zigzag" maps signed to unsigned (0, -1, 1, -2 ...).
 *
 *   header   magic[8]  u16 version  u16 header bytes (16)  u32 CRC of the 12 bytes before
 *   block*   u32 "BLK1"  u32 packed  u32 raw  u32 events  u64 first ts  u32 CRC  zstd frame[packed]
 *   footer   u32 "FTR1"  u32 packed  u32 raw  u32 0       u64 0         u32 CRC  zstd frame[packed]
 *   trailer  u64 footer offset  u64 file bytes  u32 CRC of the 16 bytes before  u32 0  magic[8]
 *
 * CRC is CRC-32C; a chunk's covers its first 24 header bytes and the packed bytes, and is verified
 * before anything is unpacked. A block stands alone (no state from earlier ones), holds at most
 * NAT_BLOCK_EVENTS records in at most NAT_RAW_MAX bytes, and its records are in order of time, as
 * are the blocks.
 *
 * Record: type (1 byte, index in the footer's list), flags (1 byte, NAT_*), varint ts - previous
 * ts, then as flagged: varint cpu, zigzag pid - previous pid, varint comm, absent (1 byte); then
 * one number per field that is not absent: varint string id for TRF_STR, otherwise zigzag (value -
 * previous value of this field of this type in this block).
 *
 * Footer: varint types, then per type: name, varint fields, per field: name, kind (1 byte), then
 * varint count of records; then varints skipped_unknown, skipped_lines, lost, cpus, first ts, last
 * ts, blocks, per block: file bytes, first ts - previous first ts, events; varint strings, then the
 * strings from id 1 on; importer; origin; from version 2 on varint facts, per fact: key, value (two
 * texts; NAT_FACTS; a key that is not known is passed over). A text is varint length and bytes.
 * Names, not numbers, tie the file to events.def.
 */
#ifndef EL2SIM_TRACES_NATIVE_H
#define EL2SIM_TRACES_NATIVE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/str.h"
#include "traces/trace.h"

#define NAT_MAGIC        "\211E2T\r\n\032\n"
#define NAT_MAGIC_LEN    8
#define NAT_VERSION      2
#define NAT_VERSION_OLD  1 /* without facts; still read */
#define NAT_HEADER_LEN   16
#define NAT_CHUNK_LEN    28
#define NAT_TRAILER_LEN  32
#define NAT_BLOCK        0x314b4c42u /* "BLK1" */
#define NAT_FOOTER       0x31525446u /* "FTR1" */
#define NAT_BLOCK_EVENTS 65536u
#define NAT_RAW_MAX      (1u << 20) /* bytes of an unpacked block */
#define NAT_EVENT_MAX    128u /* bytes of the longest record: 2 + 4 * 10 + 1 + 8 * 10, were every varint as long as can be */
#define NAT_FOOTER_MAX   (1u << 26) /* bytes of an unpacked footer: strings and index */
#define NAT_STRINGS_MAX  (1u << 20)
#define NAT_STRING_MAX   4096u /* bytes of one string */
#define NAT_TYPES_MAX    256u
#define NAT_FACTS_MAX    256u
#define NAT_LEVEL        3 /* zstd: level 6 takes a fifth more of an import's time for files 6 % smaller */

/*
 * Facts behind the footer's lists, and the lines `# key: value` of a dump: enumerator, key, and
 * what its value is: a number, names of events with blanks between them, or a text. NAT_NOTE comes
 * once per note; a fact that is 0 or empty is left out.
 */
#define NAT_FACTS(X)                                                                               \
	X(NAT_LOST_PLACES, "lost_places", NAT_NUMBER)                                              \
	X(NAT_GAPS, "gaps", NAT_NUMBER)                                                            \
	X(NAT_MIXED, "mixed", NAT_NUMBER)                                                          \
	X(NAT_CPUS_USED, "cpus_used", NAT_NUMBER)                                                  \
	X(NAT_ENABLED, "enabled", NAT_EVENTS)                                                      \
	X(NAT_NOT_ENABLED, "not_enabled", NAT_EVENTS)                                              \
	X(NAT_NOTE, "note", NAT_TEXT)

enum nat_fact_kind { NAT_NUMBER, NAT_EVENTS, NAT_TEXT };

enum nat_fact {
#define X(id, key, kind) id,
	NAT_FACTS(X)
#undef X
		NAT_FACT_COUNT
};

enum { NAT_CPU = 1, NAT_PID = 2, NAT_COMM = 4, NAT_ABSENT = 8, NAT_FLAGS = 15 };

/* What the difference coding remembers within a block. */
struct nat_state {
	uint64_t ts;
	uint16_t cpu;
	int32_t pid;
	uint32_t comm;
	uint64_t arg[NAT_TYPES_MAX][TR_ARG_MAX];
};

#define NAT_ODD 0x80 /* above all flags */

/* A type of the file: which of our types and fields its records are. */
struct nat_type {
	int type;                 /* enum tr_type, -1: not known here */
	unsigned fields;          /* in the file */
	int8_t to[TR_ARG_MAX];    /* index of our field, -1: not known here */
	uint8_t kind[TR_ARG_MAX]; /* enum tr_field_kind in the file */
	uint64_t count;
	uint8_t odd;              /* NAT_ODD: not ours with our fields in our order; else 0 */
	/* What is read of its records (nat_look). */
	bool wanted;
	uint8_t fields_wanted;    /* a bit each, of ours */
	uint8_t step[TR_ARG_MAX], steps; /* what comes after what (native_read.c) */
};

/* A place in bytes that are being read; every nat_get_ is false at the end and never passes it. */
struct nat_in {
	const unsigned char *p, *end;
};

const char *nat_fact_key(enum nat_fact fact);
enum nat_fact_kind nat_fact_kind(enum nat_fact fact);
/* The fact of the n bytes of a key; false when none has it. */
bool nat_fact_by_key(const char *key, size_t n, enum nat_fact *fact);
/* Append the value of a fact that is no note; nothing when it is 0 or empty. */
void nat_put_fact(struct str *b, enum nat_fact fact, const struct tr_info *info);
/* Take the value of a fact that is no note into info; false when it makes no sense. Names of events
 * that are not known are passed over. */
bool nat_get_fact(enum nat_fact fact, const char *value, struct tr_info *info);

uint32_t nat_crc(uint32_t crc, const void *data, size_t n); /* start with 0 */

void nat_put_u16(unsigned char *p, uint16_t v);
void nat_put_u32(unsigned char *p, uint32_t v);
void nat_put_u64(unsigned char *p, uint64_t v);
static inline uint16_t nat_u16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t nat_u32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t nat_u64(const unsigned char *p)
{
	return nat_u32(p) | (uint64_t)nat_u32(p + 4) << 32;
}

/* Write a varint, at most 10 bytes; returns their number. */
size_t nat_put_varint(unsigned char *p, uint64_t v);
bool nat_get_varint(struct nat_in *in, uint64_t *v);
bool nat_get_byte(struct nat_in *in, unsigned char *v);
static inline uint64_t nat_zigzag(uint64_t v)
{
	return v << 1 ^ (0 - (v >> 63));
}
static inline uint64_t nat_unzigzag(uint64_t v)
{
	return v >> 1 ^ (0 - (v & 1));
}

/*
 * Write a record (type numbers are ours), at most NAT_EVENT_MAX bytes; returns their number. id: of each of its texts, the
 * number in the file.
 */
size_t nat_put_event(unsigned char *p, struct nat_state *st, const struct tr_event *ev, const uint32_t *id);
_Static_assert(TR_TYPE_COUNT <= 64, "a bit per type");
/* Read records of a type, or none of them; of their fields only these, a bit each of ours: the others are 0. */
void nat_look(struct nat_type *t, bool wanted, uint8_t fields);
/*
 * Read a record. 1 = *ev filled, 0 = a record of a type that is not known here or not wanted, -1 = the bytes make no sense.
 * strings: number of string ids, 0 included.
 */
int nat_get_event(struct nat_in *in, struct nat_state *st, const struct nat_type *types, unsigned ntypes, uint64_t strings,
		  struct tr_event *ev);
/*
 * The same for many at once: at most room records of *left, which are counted down. types: NAT_TYPES_MAX of them, odd where the
 * file has none. It stops before a record that is odd or lacks a field, and near the end of the bytes: nat_get_event reads that one.
 * Bytes that make no sense: nothing is left of them, so nat_get_event finds none; fields that are not wanted need not make sense.
 * Returns the number of events.
 */
unsigned nat_get_events(struct nat_in *in, struct nat_state *st, const struct nat_type *types, uint64_t strings, struct tr_event *ev,
			unsigned room, uint32_t *left);

#endif
