/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of timelines, which hold a file against the rules of its format: Perfetto's packets, value change dumps. */
#ifndef EL2SIM_TESTS_TIMELINE_READER_H
#define EL2SIM_TESTS_TIMELINE_READER_H

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfetto.pb-c.h>
#include "sim/base/err.h"
#include "sim/base/str.h"

typedef Perfetto__Protos__Trace trace_t;
typedef Perfetto__Protos__TrackEvent event_t;

#define TYPE(name) PERFETTO__PROTOS__TRACK_EVENT__TYPE__TYPE_##name

static inline trace_t *decoded(const struct str *file)
{
	trace_t *t = perfetto__protos__trace__unpack(NULL, file->len, (const uint8_t *)file->s);

	ck_assert_msg(t != NULL, "%zu bytes are no trace", file->len);
	return t;
}

/* ---- Perfetto ---- */

#define MAX_TRACKS 4096
#define MAX_FLOWS  100000
#define MAX_NAMES  8192

struct track {
	uint64_t uuid, parent, last_ns;
	const char *name;
	bool counter;
	int depth;
	uint64_t begun_ns, slices, ns; /* ns: covered by slices */
	const char *open;
	int64_t value;
};

struct reader {
	const trace_t *t;
	struct track *track;
	size_t n_track;
	const char **name;
	bool *flow;
	uint64_t first_ns, last_ns;
	uint64_t slices[MAX_NAMES], cycles[MAX_NAMES]; /* by name */
	unsigned flow_ends;
};

static inline struct track *track_of(struct reader *r, uint64_t uuid)
{
	for (size_t i = 0; i < r->n_track; i++) {
		if (r->track[i].uuid == uuid)
			return &r->track[i];
	}
	ck_abort_msg("an event or a parent names track %" PRIu64 ", of which there is no descriptor", uuid);
}

static inline void see_track(struct reader *r, const Perfetto__Protos__TrackDescriptor *d)
{
	ck_assert_uint_lt(r->n_track, MAX_TRACKS);
	ck_assert(d->has_uuid && d->uuid != 0 && d->name != NULL);
	for (size_t i = 0; i < r->n_track; i++)
		ck_assert_uint_ne(r->track[i].uuid, d->uuid);
	if (d->has_parent_uuid)
		ck_assert(!track_of(r, d->parent_uuid)->counter);
	r->track[r->n_track++] = (struct track){ .uuid = d->uuid, .parent = d->parent_uuid, .name = d->name,
						 .counter = d->counter != NULL };
}

static inline void see_names(struct reader *r, const Perfetto__Protos__InternedData *d)
{
	for (size_t i = 0; i < d->n_event_names; i++) {
		ck_assert_uint_lt(d->event_names[i]->iid, MAX_NAMES);
		ck_assert_ptr_null(r->name[d->event_names[i]->iid]);
		r->name[d->event_names[i]->iid] = d->event_names[i]->name;
	}
}

/* Slices of a track do not overlap, and none is inside another. */
static inline void see_slice(struct reader *r, struct track *k, const event_t *e, uint64_t ns)
{
	if (e->type == TYPE(SLICE_END)) {
		ck_assert_int_eq(k->depth--, 1);
		k->ns += ns - k->begun_ns;
		return;
	}
	if (e->type == TYPE(SLICE_BEGIN)) {
		ck_assert_msg(k->depth == 0, "%s at %" PRIu64 ": %s is not over", k->name, ns, k->open);
		k->depth = 1;
		k->begun_ns = ns;
		k->open = r->name[e->name_iid];
		k->slices++;
	}
	r->slices[e->name_iid]++;
	for (size_t i = 0; i < e->n_debug_annotations; i++) {
		if (e->debug_annotations[i]->name_iid == 1)
			r->cycles[e->name_iid] += e->debug_annotations[i]->uint_value;
	}
}

static inline void see_flows(struct reader *r, const event_t *e)
{
	for (size_t i = 0; i < e->n_flow_ids; i++) {
		ck_assert_uint_lt(e->flow_ids[i], MAX_FLOWS);
		r->flow[e->flow_ids[i]] = true;
	}
	for (size_t i = 0; i < e->n_terminating_flow_ids; i++) {
		ck_assert_uint_lt(e->terminating_flow_ids[i], MAX_FLOWS);
		r->flow_ends += r->flow[e->terminating_flow_ids[i]];
	}
}

static inline void see_event(struct reader *r, const Perfetto__Protos__TracePacket *p)
{
	const event_t *e = p->track_event;
	struct track *k = track_of(r, e->track_uuid);

	ck_assert_int_eq(p->sequence_flags, 2);
	ck_assert_uint_ge(p->timestamp, r->last_ns); /* in order of time */
	r->last_ns = p->timestamp;
	if (k->counter) {
		ck_assert_int_eq(e->type, TYPE(COUNTER));
		ck_assert(e->has_counter_value && e->counter_value >= 0);
		k->value = e->counter_value;
		return;
	}
	ck_assert(e->type != TYPE(COUNTER));
	if (e->type != TYPE(SLICE_END) && e->name == NULL) {
		ck_assert(e->has_name_iid && e->name_iid < MAX_NAMES && r->name[e->name_iid] != NULL);
		ck_assert_uint_eq(e->n_category_iids, 1);
	}
	if (e->name == NULL)
		see_slice(r, k, e, p->timestamp);
	see_flows(r, e);
}

static inline struct reader *read_trace(const trace_t *t)
{
	struct reader *r = xcalloc(1, sizeof(*r));

	r->t = t;
	r->track = xcalloc(MAX_TRACKS, sizeof(*r->track));
	r->name = xcalloc(MAX_NAMES, sizeof(*r->name));
	r->flow = xcalloc(MAX_FLOWS, sizeof(*r->flow));
	ck_assert_uint_gt(t->n_packet, 1);
	ck_assert_int_eq(t->packet[0]->sequence_flags, 1);
	for (size_t i = 0; i < t->n_packet; i++) {
		const Perfetto__Protos__TracePacket *p = t->packet[i];

		ck_assert_uint_eq(p->trusted_packet_sequence_id, 1);
		if (p->interned_data != NULL)
			see_names(r, p->interned_data);
		if (p->track_descriptor != NULL)
			see_track(r, p->track_descriptor);
		if (p->track_event != NULL) {
			r->first_ns = r->first_ns == 0 ? p->timestamp : r->first_ns;
			see_event(r, p);
		}
	}
	for (size_t i = 0; i < r->n_track; i++)
		ck_assert_msg(r->track[i].depth == 0, "%s: %s does not end", r->track[i].name, r->track[i].open);
	return r;
}

static inline void reader_free(struct reader *r)
{
	free(r->track);
	free(r->name);
	free(r->flow);
	free(r);
}

static inline uint64_t of_name(const struct reader *r, const uint64_t *values, const char *name)
{
	for (size_t i = 0; i < MAX_NAMES; i++) {
		if (r->name[i] != NULL && strcmp(r->name[i], name) == 0)
			return values[i];
	}
	return 0;
}

/* ---- value change dumps ---- */

struct wire {
	char code[8], scope[64], name[32];
	unsigned width;
	uint64_t since, high; /* of one bit */
	int value;	      /* -1: x */
};

struct vcd {
	struct wire wire[512];
	size_t n;
	uint64_t now, first, changes;
};

static inline struct wire *wire_of(struct vcd *v, const char *code)
{
	for (size_t i = 0; i < v->n; i++) {
		if (strcmp(v->wire[i].code, code) == 0)
			return &v->wire[i];
	}
	ck_abort_msg("a change names \"%s\", which is not declared", code);
}

/* One line of IEEE 1364, 18.2.3; strict: time grows, no change to the same value. */
static inline void see_change(struct vcd *v, char *line, bool dumpvars)
{
	struct wire *w;
	int value;

	if (line[0] == '#') {
		uint64_t ns;

		ck_assert(str_u64(line + 1, &ns));
		ck_assert(v->changes == 0 || ns > v->now);
		v->now = ns;
		return;
	}
	if (line[0] == 'b') {
		char *code = strchr(line, ' ') + 1;

		w = wire_of(v, code);
		code[-1] = '\0';
		ck_assert_uint_gt(w->width, 1);
		ck_assert_uint_le(strlen(line + 1), w->width);
		value = strcmp(line + 1, "x") == 0 ? -1 : (int)strtoul(line + 1, NULL, 2);
	} else {
		ck_assert_msg(strchr("01x", line[0]) != NULL, "%s", line);
		w = wire_of(v, line + 1);
		ck_assert_uint_eq(w->width, 1);
		value = line[0] == 'x' ? -1 : line[0] - '0';
		if (!dumpvars && value == 0)
			w->high += v->now - w->since;
		w->since = v->now;
	}
	ck_assert_msg(dumpvars || value != w->value, "%s.%s: %d again at %" PRIu64, w->scope, w->name, value, v->now);
	w->value = value;
	v->changes++;
}

static inline struct vcd *read_vcd(const struct str *file)
{
	struct vcd *v = xcalloc(1, sizeof(*v));
	char *copy = xstrdup(str_get(file)), *rest = copy, *line, scope[2][64] = { "", "" };
	bool header = true, dumpvars = false;
	int depth = 0;

	while ((line = strsep(&rest, "\n")) != NULL && (header || line[0] != '\0')) {
		struct wire *w = &v->wire[v->n];

		if (strncmp(line, "$scope", 6) == 0) {
			ck_assert_int_lt(depth, 2);
			ck_assert_int_eq(sscanf(line, "$scope module %63s $end", scope[depth++]), 1);
		} else if (strncmp(line, "$upscope", 8) == 0) {
			depth--;
		} else if (sscanf(line, "$var %*s %u %7s %31s $end", &w->width, w->code, w->name) == 3) {
			for (size_t i = 0; i < v->n; i++)
				ck_assert_str_ne(v->wire[i].code, w->code);
			(void)snprintf(w->scope, sizeof(w->scope), "%s", scope[depth - 1]);
			ck_assert_uint_lt(++v->n, 512);
		} else if (strncmp(line, "$enddefinitions", 15) == 0) {
			ck_assert_int_eq(depth, 0);
			header = false;
		} else if (strcmp(line, "$dumpvars") == 0) {
			dumpvars = true;
		} else if (strcmp(line, "$end") == 0) {
			dumpvars = false;
		} else if (!header) {
			see_change(v, line, dumpvars);
		}
	}
	ck_assert_uint_gt(v->changes, v->n);
	for (size_t i = 0; i < v->n; i++)
		v->wire[i].high += v->wire[i].value == 1 && v->wire[i].width == 1 ? v->now - v->wire[i].since : 0;
	free(copy);
	return v;
}

#endif
