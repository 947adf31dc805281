/* SPDX-License-Identifier: Apache-2.0 */
/* The run is over: lengths, order, what was left out, the file. */
#include <inttypes.h>
#include <string.h>

#include "sim/base/file.h"
#include "sim/base/filter.h"
#include "sim/timeline/timeline_impl.h"

/* ---- order and lengths ---- */

static bool is_slice(const struct tl_event *e)
{
	return e->what == TL_THREAD || e->what == TL_RAN || e->what == TL_STATE || e->what == TL_EXIT;
}

static void find_end(struct timeline *t)
{
	t->end_ns = t->m != NULL ? t->out->clock->end_ns : t->out->trace.last_ns;
	if (t->end_ns > t->to_ns)
		t->end_ns = t->to_ns;
	if (t->full && t->end_ns > t->cut_ns)
		t->end_ns = t->cut_ns;
	if (t->end_ns < t->from_ns)
		t->end_ns = t->from_ns;
}

/* What was kept of the moments after the end. */
static void drop_after_end(struct timeline *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->ev[i].ns < t->end_ns || (t->ev[i].ns == t->end_ns && !t->full))
			t->ev[n++] = t->ev[i];
		else
			*(t->full ? &t->over : t->end_ns == t->to_ns ? &t->outside : &t->after) += 1;
	}
	t->n = n;
}

static void add_before(struct timeline *t, const struct tl_entity *x, struct tl_event *out, size_t *n)
{
	for (unsigned w = 0; w < TL_WHAT_COUNT; w++) {
		if (x->before[w].known)
			out[(*n)++] = (struct tl_event){ .ns = t->from_ns, .cpu = x->before[w].cpu,
							 .vcpu = x->before[w].vcpu, .value = x->before[w].value,
							 .what = (uint8_t)w };
	}
}

/* The window begins with how things stood, and ends with the exits that are not over. */
static void add_edges(struct timeline *t)
{
	size_t most = t->n + (t->n_cpu + t->n_vcpu) * (size_t)TL_WHAT_COUNT + t->n_vcpu, n = 0;
	struct tl_event *ev = xcalloc(most + 1, sizeof(*ev));

	for (unsigned c = 0; c < t->n_cpu; c++)
		add_before(t, &t->cpu[c], ev, &n);
	for (unsigned v = 0; v < t->n_vcpu; v++)
		add_before(t, &t->vcpu[v], ev, &n);
	if (t->n != 0)
		memcpy(ev + n, t->ev, t->n * sizeof(*ev));
	n += t->n;
	for (unsigned v = 0; v < t->n_vcpu; v++) {
		const struct tl_entity *x = &t->vcpu[v];
		uint64_t since = x->exit_ns > t->from_ns ? x->exit_ns : t->from_ns;

		if (x->in_exit && since < t->end_ns)
			ev[n++] = (struct tl_event){ .ns = since, .dur = t->end_ns - since, .vcpu = v,
						     .what = TL_EXIT, .value = EXIT_COUNT, .flow = x->exit_flow };
	}
	free(t->ev);
	t->ev = ev;
	t->n = t->cap = n;
}

/*
 * States of one vCPU are told in the order in which they hold, but by several pCPUs, of which one may be ahead: none
 * begins after the next.
 */
static void straighten(struct timeline *t)
{
	uint64_t *next = xcalloc(t->n_vcpu + 1, sizeof(*next));

	for (unsigned v = 0; v < t->n_vcpu; v++)
		next[v] = UINT64_MAX;
	for (size_t i = t->n; i-- > 0;) {
		struct tl_event *e = &t->ev[i];

		if (e->what != TL_STATE)
			continue;
		if (e->ns > next[e->vcpu])
			e->ns = next[e->vcpu];
		next[e->vcpu] = e->ns;
	}
	free(next);
}

/* Threads and states last until the next; the same one again is no new one. */
static void measure(struct timeline *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct tl_event *e = &t->ev[i], *last;
		struct tl_entity *x;

		if (e->what != TL_THREAD && e->what != TL_STATE)
			continue;
		x = e->what == TL_THREAD ? &t->cpu[e->cpu] : &t->vcpu[e->vcpu];
		last = x->last != 0 ? &t->ev[x->last - 1] : NULL;
		e->dur = t->end_ns - e->ns;
		if (last != NULL && last->vcpu == e->vcpu && last->value == e->value) {
			e->what = TL_DEAD;
			continue;
		}
		if (last != NULL)
			last->dur = e->ns - last->ns;
		x->last = i + 1;
	}
	for (size_t i = 0; i < t->n; i++) {
		struct tl_event *e = &t->ev[i];

		if (is_slice(e) && e->ns + e->dur > t->end_ns)
			e->dur = t->end_ns - e->ns;
		if (e->what == TL_STATE && e->dur == 0 && e->flow_end == 0)
			e->what = TL_DEAD;
		if (tl_of_cpu(e))
			t->cpu[e->cpu].used = true;
		else
			t->vcpu[e->vcpu].used = true;
	}
}

static int by_time(const void *a, const void *b)
{
	const struct tl_point *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	if (x->end != y->end)
		return x->end ? -1 : 1;
	return x->event < y->event ? -1 : 1;
}

static void sort_points(struct timeline *t)
{
	t->point = xcalloc(2 * t->n + 1, sizeof(*t->point));
	for (size_t i = 0; i < t->n; i++) {
		const struct tl_event *e = &t->ev[i];

		if (e->what == TL_DEAD)
			continue;
		t->point[t->n_point++] = (struct tl_point){ e->ns, (uint32_t)i, false };
		if (is_slice(e) && e->dur != 0)
			t->point[t->n_point++] = (struct tl_point){ e->ns + e->dur, (uint32_t)i, true };
	}
	qsort(t->point, t->n_point, sizeof(*t->point), by_time);
}

/* ---- what was left out ---- */

void timeline_notes(const struct timeline *t, struct rep *r)
{
	struct str line[TL_LEFT_OUT_MAX];
	unsigned n = tl_left_out(t, line);

	rep_note(r, "timeline: %zu events, from %" PRIu64 " to %" PRIu64 " ns", t->n, t->from_ns - t->base_ns,
		 t->end_ns - t->base_ns);
	for (unsigned i = 0; i < TL_LEFT_OUT_MAX; i++) {
		if (i < n)
			rep_note(r, "timeline: %s", str_get(&line[i]));
		str_free(&line[i]);
	}
}

/* ---- the file ---- */

static tl_writer *const writers[TIMELINE_FORMAT_COUNT] = {
#define X(id, name, endings, help) tl_write_##id,
	TIMELINE_FORMATS(X)
#undef X
};

int timeline_write(struct timeline *t, const struct outcome *o, enum timeline_format format, const char *path,
		   const char *about, struct err *e)
{
	struct outfile out;
	char *text;

	t->out = o;
	find_end(t);
	drop_after_end(t);
	add_edges(t);
	straighten(t);
	measure(t);
	sort_points(t);
	if (file_create(&out, path, e) != 0)
		return -1;
	text = xstrdup(about);
	filter_line(text);
	t->about = text;
	writers[format](t, out.f);
	t->about = NULL;
	free(text);
	return file_commit(&out, e);
}
