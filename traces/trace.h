/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KVM event traces: the record, the native file, and the importers' sink.
 *
 * A record is one tracepoint hit with the fields of the kernel's own TRACE_EVENT, in the kernel's
 * order (events.def). What a trace means (exit kinds, loads, puts) is decided above, in models/hyp.
 */
#ifndef EL2SIM_TRACES_TRACE_H
#define EL2SIM_TRACES_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"

#define TR_ARG_MAX 8
#define TR_CPU_MAX 4096 /* host CPU numbers are below */

enum tr_type {
#define EVENT(name, fields, print) TR_##name,
#include "traces/events.def"
	TR_TYPE_COUNT
};

/* TRA_<event>_<field>: index of a field in tr_event.arg; TRA_<event>_COUNT fields in all. */
#define EVENT(name, fields, print) enum { TRA_##name##_first_ = -1, fields TRA_##name##_COUNT };
#define F(event, field, kind)      TRA_##event##_##field,
#include "traces/events.def"
#undef F

enum tr_field_kind { TRF_DEC, TRF_SDEC, TRF_HEX, TRF_STR };

/* One record. Absent fields (a text format that omits them) are 0 with their bit in absent set. */
struct tr_event {
	uint64_t ts_ns;
	int32_t pid;              /* of the running task: a vCPU is its thread */
	uint16_t cpu;             /* host CPU */
	uint8_t type;             /* enum tr_type */
	uint8_t absent;           /* bit i: arg[i] is not known */
	uint32_t comm;            /* string id of the task's name; 0 = not known */
	uint64_t arg[TR_ARG_MAX]; /* TRF_STR: string id; TRF_SDEC: two's complement */
};

const char *tr_type_name(enum tr_type type);
bool tr_type_by_name(const char *name, enum tr_type *type);
/* The event that another of n bytes of name stands for (vendor kernels' kvm_entry_v2). */
bool tr_alias(const char *name, size_t n, enum tr_type *type);
/* Fields of a type: how many; bit i: field i is TRF_STR. */
struct tr_fields {
	uint8_t n, texts;
};
extern const struct tr_fields tr_fields[TR_TYPE_COUNT];
static inline unsigned tr_field_count(enum tr_type type)
{
	BUG_ON(type >= TR_TYPE_COUNT);
	return tr_fields[type].n;
}
const char *tr_field_name(enum tr_type type, unsigned i);
enum tr_field_kind tr_field_kind(enum tr_type type, unsigned i);
static inline uint8_t tr_text_fields(enum tr_type type)
{
	BUG_ON(type >= TR_TYPE_COUNT);
	return tr_fields[type].texts;
}
/* The kernel's print format and its other forms, one per line (traces/fmt.h). */
const char *tr_print_forms(enum tr_type type);

struct tr_reader;

/*
 * Open a native trace (traces/native.h). ERR_INPUT with the path when it is not one, is truncated
 * or corrupt. Memory: one block (1 MiB) twice, the index (40 bytes per block) and the strings.
 */
struct tr_reader *tr_open(const char *path, struct err *e);
/* 1 = *ev filled, 0 = end, -1 = error. Blocks are checked by checksum before any record of them is
 * given out. */
int tr_next(struct tr_reader *r, struct tr_event *ev, struct err *e);
/* The next ones, as tr_next: *n of them at *ev, until the next call. */
int tr_some(struct tr_reader *r, const struct tr_event **ev, unsigned *n, struct err *e);
/* Text of a string id, "" for 0. Belongs to the reader. */
const char *tr_string(const struct tr_reader *r, uint32_t id);
/* Go on with the first block that can hold a record at or after ts_ns (earlier records may still
 * come). */
void tr_seek(struct tr_reader *r, uint64_t ts_ns);
#define TR_BIT(type) (UINT64_C(1) << (type))
/*
 * What is looked at: events of these types, a bit each, and of each type these fields, a bit each. Others are not given out, are 0:
 * who looks at little reads it faster.
 */
struct tr_look {
	uint64_t types;
	uint8_t fields[TR_TYPE_COUNT];
};
/* From now on only that, from the beginning of the trace; NULL: everything. */
void tr_look(struct tr_reader *r, const struct tr_look *look);
/* Blocks are unpacked once, for who reads a trace twice: at most TR_KEEP_MAX bytes of them are kept. */
#define TR_KEEP_MAX (16u << 20)
void tr_keep(struct tr_reader *r);
void tr_close(struct tr_reader *r);

/* Whether an event was switched on while the trace was recorded. */
enum tr_enabled {
	TRE_UNKNOWN, /* nothing says so, and there is no record of it */
	TRE_OFF,     /* the recording says which events it has, and this is none of them */
	TRE_ON       /* the recording says so, or there are records of it */
};

#define TR_NOTES_MAX 32 /* notes of a trace */

/* What the file says about itself (footer). Belongs to the reader. */
struct tr_info {
	uint64_t events; /* records in the file */
	uint64_t per_type[TR_TYPE_COUNT];
	uint64_t skipped_unknown; /* events of names we do not know, when imported or (newer file)
				     read */
	uint64_t skipped_lines;   /* lines that could not be read (--lenient) */
	uint64_t lost;            /* events the recorder itself reports as lost: at least so many */
	uint64_t
		lost_places; /* places where it lost some without saying how many: 1 each in lost */
	/*
	 * Entries and exits without their other half: a kvm_exit of a task that did not enter since
	 * its last one, a kvm_entry of one that did not exit. 0 when the trace has no record of one
	 * of the two (see enabled).
	 */
	uint64_t gaps;
	/*
	 * Entries before whose exit another task's event came on the same CPU. There is none on one machine: KVM cannot
	 * be preempted in between. Its own events were lost, or the trace is of several machines.
	 */
	uint64_t mixed;
	uint64_t first_ns, last_ns;
	uint32_t cpus;      /* highest CPU number + 1 */
	uint32_t cpus_used; /* CPUs with records; 0 = not known */
	/* enum tr_enabled. TRE_UNKNOWN everywhere but for events with records when nothing is known
	 */
	uint8_t enabled[TR_TYPE_COUNT];
	bool old;         /* of an el2sim that knew no gaps, cpus_used, enabled, notes */
	unsigned n_notes; /* what the importer stripped, skipped or took for granted */
	const char *const *notes;
	const char *importer; /* row name of the importer, "" if written by el2sim */
	const char *origin;   /* file name and kernel, as the importer found them */
};
const struct tr_info *tr_info(const struct tr_reader *r);

/* Records of KVM's and EL2's events: those of the scheduler and markers show nothing without them. */
uint64_t tr_usable_events(const struct tr_info *info);
/* A trace without any shows nothing: ERR_INPUT, without path. */
int tr_check_usable(const struct tr_info *info, struct err *e);

#endif
