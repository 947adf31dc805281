/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/sort.h"

#include <string.h>

struct sort_late {
	struct tr_event ev;
	uint32_t seq;
};

/* The next record of a run. */
struct head {
	struct tr_reader *r;
	struct tr_event ev;
	bool have;
};

static int by_time(const void *a, const void *b)
{
	const struct sort_late *x = a, *y = b;

	if (x->ev.ts_ns != y->ev.ts_ns)
		return x->ev.ts_ns < y->ev.ts_ns ? -1 : 1;
	return x->seq < y->seq ? -1 : 1;
}

static uint32_t copy_text(struct tw *to, const struct tw *from, uint32_t id)
{
	const char *s = tw_text(from, id);

	return tw_string(to, s, strlen(s));
}

static int advance(struct head *h, struct err *e)
{
	int got = tr_next(h->r, &h->ev, e);

	h->have = got == 1;
	return got < 0 ? -1 : 0;
}

/* Merge the n runs of h, of which the earlier goes first at equal times, into w. */
static int merge(struct head *h, size_t n, struct tw *w, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (advance(&h[i], e) != 0)
			return -1;
	}
	for (;;) {
		struct head *first = NULL;

		for (size_t i = 0; i < n; i++) {
			if (h[i].have && (first == NULL || h[i].ev.ts_ns < first->ev.ts_ns))
				first = &h[i];
		}
		if (first == NULL)
			return 0;
		if (tw_copy(w, first->r, &first->ev, e) != 0 || advance(first, e) != 0)
			return -1;
	}
}

static int add_run(struct sort *s, struct tr_reader *r, unsigned level, struct err *e);

/* The last SORT_FAN runs have one level: make one of them. */
static int compact(struct sort *s, struct err *e)
{
	size_t first = s->runs - SORT_FAN;
	unsigned level = s->run[first].level;
	struct head h[SORT_FAN] = { 0 };
	struct tr_info info = { 0 };
	struct tr_reader *r = NULL;
	struct tw *w = tw_create(s->out, e);

	if (w == NULL)
		return -1;
	for (size_t i = 0; i < SORT_FAN; i++)
		h[i].r = s->run[first + i].r;
	if (merge(h, SORT_FAN, w, e) == 0)
		r = tw_read_back(w, &info, e);
	else
		tw_abort(w);
	for (size_t i = 0; i < SORT_FAN; i++)
		tr_close(s->run[first + i].r);
	s->runs = first;
	return r != NULL ? add_run(s, r, level + 1, e) : -1;
}

static int add_run(struct sort *s, struct tr_reader *r, unsigned level, struct err *e)
{
	BUG_ON(s->runs == SORT_RUNS);
	s->run[s->runs++] = (struct sort_run){ r, level };
	if (s->runs < SORT_FAN || s->run[s->runs - SORT_FAN].level != level)
		return 0;
	return compact(s, e);
}

/* Write what waits as a run. */
static int end_run(struct sort *s, const struct tw *from, struct err *e)
{
	struct tr_info info = { 0 };
	struct tr_reader *r;
	struct tw *w;

	if (s->n == 0)
		return 0;
	w = tw_create(s->out, e);
	if (w == NULL)
		return -1;
	qsort(s->late, s->n, sizeof(*s->late), by_time);
	for (size_t i = 0; i < s->n; i++) {
		struct tr_event *ev = &s->late[i].ev;
		enum tr_type type = (enum tr_type)ev->type;

		ev->comm = copy_text(w, from, ev->comm);
		for (unsigned f = 0; f < tr_field_count(type); f++) {
			if (tr_field_kind(type, f) == TRF_STR && (ev->absent >> f & 1) == 0)
				ev->arg[f] = copy_text(w, from, (uint32_t)ev->arg[f]);
		}
		if (tw_add(w, ev, e) != 0) {
			tw_abort(w);
			return -1;
		}
	}
	s->n = 0;
	r = tw_read_back(w, &info, e);
	return r != NULL ? add_run(s, r, 0, e) : -1;
}

int sort_add(struct sort *s, const struct tw *w, const struct tr_event *ev, struct err *e)
{
	if (s->late == NULL)
		s->late = xmalloc(SORT_RUN * sizeof(*s->late));
	if (s->n == SORT_RUN && end_run(s, w, e) != 0)
		return -1;
	s->late[s->n] = (struct sort_late){ *ev, (uint32_t)s->n };
	s->n++;
	s->total++;
	return 0;
}

int sort_merge(struct sort *s, struct tw **w, struct err *e)
{
	struct head h[SORT_RUNS + 1] = { 0 };
	struct tr_info info = { 0 };
	int rc;

	rc = end_run(s, *w, e);
	h[0].r = tw_read_back(*w, &info, e);
	*w = NULL;
	if (rc == 0 && h[0].r != NULL)
		*w = tw_create(s->out, e);
	for (size_t i = 0; i < s->runs; i++)
		h[i + 1].r = s->run[i].r;
	rc = *w != NULL ? merge(h, s->runs + 1, *w, e) : -1;
	if (rc != 0 && *w != NULL) {
		tw_abort(*w);
		*w = NULL;
	}
	tr_close(h[0].r);
	return rc;
}

void sort_free(struct sort *s)
{
	for (size_t i = 0; i < s->runs; i++)
		tr_close(s->run[i].r);
	free(s->late);
}
