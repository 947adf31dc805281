/* SPDX-License-Identifier: Apache-2.0 */
/* Counts over a trace by one or two keys: exits and their times, interrupt lines, PCs. */
#ifndef EL2SIM_TRACE_TRACE_TALLY_H
#define EL2SIM_TRACE_TRACE_TALLY_H

#include "models/hyp/replay/seen.h"
#include "sim/base/str.h"
#include "traces/trace.h"

enum trace_key {
#define TRACE_KEY(id, name, heading, help) KEY_##id,
#include "sim/trace/trace_keys.def"
	KEY_COUNT
};
const char *trace_key_name(enum trace_key k);
const char *trace_key_heading(enum trace_key k);
/* "vcpu" or "vcpu,reason" into key[]; returns how many, 0 with ERR_USAGE. */
unsigned trace_keys_parse(const char *text, enum trace_key key[static 2], struct err *e);

/* One row. mean and m2 are Welford's, as in perf; raised and lowered are of interrupt lines. */
struct tally_line {
	uint64_t key[2];
	uint64_t n, sum, min, max;
	double mean, m2;
	uint64_t raised, lowered;
	char *name[2]; /* after tally_end */
};

/* Rows by their keys. */
struct tally {
	enum trace_key by[2];
	unsigned n_keys;
	struct tally_line *line; /* in order of arrival; after tally_end the most frequent first */
	size_t n, room;
	uint32_t *slot; /* open addressing: line + 1 */
	size_t slots;
	uint64_t dropped; /* that found no room */
};

/* What is counted of one trace. */
struct tallies {
	struct tr_reader *trace;
	bool handling;    /* measured: exit to entry, not entry to exit */
	struct tally by;  /* what was asked for: exits, or with KEY_IRQ interrupt lines */
	struct tally irq, pc; /* by number; by PC and reason */
	struct tally_vcpu *vcpu; /* hash of threads */
	size_t n_vcpu, vcpu_slots;
	uint64_t unpaired;
	enum tr_type irq_event; /* that counts interrupts */
	bool used[TR_CPU_MAX];
};

void tallies_begin(struct tallies *t, struct tr_reader *trace, const enum trace_key *by, unsigned n_keys, bool handling);
void tallies_event(struct tallies *t, const struct tr_event *ev);
/* The trace is over: names and order. */
void tallies_end(struct tallies *t);
void tallies_free(struct tallies *t);
uint32_t tallies_cpus_used(const struct tallies *t);

#endif
