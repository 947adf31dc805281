/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/streams.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "sim/base/str.h"

/* Times of a CPU's events: of this section and of those before. */
struct streams_range {
	uint64_t first, last, old_first, old_last;
	bool have, have_old;
};

void streams_init(struct streams *s, const char *want)
{
	*s = (struct streams){ .want = want, .n = 1 };
}

void streams_free(struct streams *s)
{
	strtab_free(&s->names);
	free(s->ranges);
	free(s->runs);
}

uint32_t streams_current(const struct streams *s)
{
	return s->current;
}

/* The name with every cpu<number> made cpu*; returns its length. */
static size_t canonical(char *to, size_t size, const char *name, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n && out + 2 < size; i++) {
		to[out++] = name[i];
		if (i >= 2 && strncmp(name + i - 2, "cpu", 3) == 0 && i + 1 < n &&
		    isdigit((unsigned char)name[i + 1])) {
			to[out++] = '*';
			while (i + 1 < n && isdigit((unsigned char)name[i + 1]))
				i++;
		}
	}
	return out;
}

uint32_t streams_named(struct streams *s, const char *name, size_t n)
{
	char text[256];
	size_t len = canonical(text, sizeof(text), name, n);
	uint32_t id = strtab_add(&s->names, text, len);

	for (uint32_t i = 0; i < s->n; i++) {
		if (s->id[i] == id)
			return i;
	}
	if (s->n == STREAMS_MAX)
		return STREAMS_MAX - 1;
	s->id[s->n] = id;
	return s->n++;
}

void streams_heading(struct streams *s, const char *name, size_t n)
{
	s->current = streams_named(s, name, n);
}

void streams_next(struct streams *s)
{
	char name[24];
	int n = snprintf(name, sizeof(name), "%" PRIu64, ++s->reports + 1);

	s->current = streams_named(s, name, (size_t)n);
}

void streams_section(struct streams *s, unsigned long line)
{
	if (s->ranges == NULL)
		s->ranges = xcalloc(TR_CPU_MAX, sizeof(*s->ranges));
	s->section = line;
	s->sections++;
	for (unsigned i = 0; i < TR_CPU_MAX; i++) {
		struct streams_range *r = &s->ranges[i];

		if (!r->have)
			continue;
		if (!r->have_old || r->first < r->old_first)
			r->old_first = r->first;
		if (!r->have_old || r->last > r->old_last)
			r->old_last = r->last;
		r->have_old = true;
		r->have = false;
	}
}

/* A CPU cannot have two events at once: a section within the times of an older one is of another
 * recording. */
static void check_times(struct streams *s, const struct tr_event *ev)
{
	struct streams_range *r = &s->ranges[ev->cpu];

	if (r->have_old && ev->ts_ns >= r->old_first && ev->ts_ns <= r->old_last && s->clash == 0)
		s->clash = s->section;
	if (!r->have || ev->ts_ns < r->first)
		r->first = ev->ts_ns;
	if (!r->have || ev->ts_ns > r->last)
		r->last = ev->ts_ns;
	r->have = true;
}

/* Records of a CPU in the order of the text: up to a jump back, and behind it. */
struct streams_run {
	uint64_t first, last;          /* times up to the jump */
	uint64_t n;                    /* events up to it */
	uint64_t back, inside;         /* time of the last behind it; how many of these fall between first and last */
	uint64_t prev;
	unsigned long line;            /* of the jump; 0: there was none */
};

#define RUN_SURE 3 /* events in a row that no late record explains */

/*
 * A recorder writes the records of one CPU in order. Where a run of them goes on within the times of the run before, it
 * is another recording, or the same one once more, if that happens once or twice; single late ones, and lines that were
 * shuffled, are sorted.
 */
static void check_run(struct streams *s, const struct tr_event *ev)
{
	struct streams_run *r;

	if (s->runs == NULL)
		s->from_zero = ev->ts_ns == 0;
	if (s->runs == NULL)
		s->runs = xcalloc(TR_CPU_MAX, sizeof(*s->runs));
	r = &s->runs[ev->cpu];
	s->cpus += r->n == 0;
	s->downs += r->n != 0 && ev->ts_ns < r->prev;
	s->ups += r->n != 0 && ev->ts_ns > r->prev;
	r->prev = ev->ts_ns;
	if (r->n == 0 || (r->line != 0 ? ev->ts_ns < r->back : ev->ts_ns < r->last && r->n < RUN_SURE)) {
		*r = (struct streams_run){ .first = ev->ts_ns, .last = ev->ts_ns, .n = 1, .prev = ev->ts_ns };
	} else if (r->line != 0) {
		r->back = ev->ts_ns;
		r->inside += ev->ts_ns >= r->first && ev->ts_ns <= r->last;
		if (r->inside >= RUN_SURE && s->again == 0)
			s->again = r->line;
		if (ev->ts_ns > r->last) {
			r->last = ev->ts_ns;
			r->line = 0;
		}
	} else if (ev->ts_ns < r->last) {
		r->line = s->line;
		r->back = ev->ts_ns;
		r->inside = ev->ts_ns >= r->first;
	} else {
		r->last = ev->ts_ns;
		r->n++;
	}
}

static const char *name_of(const struct streams *s, uint32_t stream)
{
	return s->id[stream] != 0 ? strtab_get(&s->names, s->id[stream]) : STREAMS_MAIN;
}

bool streams_take(struct streams *s, uint32_t stream, const struct tr_event *ev)
{
	s->count[stream]++;
	if (s->want != NULL && strcmp(s->want, STREAMS_ALL) != 0 &&
	    strcmp(s->want, name_of(s, stream)) != 0)
		return false;
	if (s->ranges != NULL && s->want == NULL)
		check_times(s, ev);
	if (s->want == NULL)
		check_run(s, ev);
	return true;
}

static void add_list(const struct streams *s, struct str *b)
{
	const char *comma = "";

	for (uint32_t i = 0; i < s->n; i++) {
		if (s->count[i] == 0)
			continue;
		str_addf(b, "%s%s (%" PRIu64 " event%s)", comma, name_of(s, i), s->count[i],
			 s->count[i] != 1 ? "s" : "");
		comma = ", ";
	}
}

int streams_end(const struct streams *s, struct imp *im, struct err *e)
{
	struct str list = STR_INIT;
	uint32_t used = 0, wanted = 0;
	int rc = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		used += s->count[i] != 0;
		wanted +=
			s->count[i] != 0 && s->want != NULL && strcmp(s->want, name_of(s, i)) == 0;
	}
	add_list(s, &list);
	if (s->want != NULL && strcmp(s->want, STREAMS_ALL) != 0 && wanted == 0) {
		(void)err_set(e, ERR_INPUT, "--buffer %s: no event of it: the text has %.300s",
			      s->want, str_get(&list));
		rc = err_at(e, imp_name(im), 0);
	} else if (s->want == NULL && used > 1) {
		(void)err_set(
			e, ERR_INPUT,
			"recordings of %" PRIu32
			" files, buffers or hosts in one text: %.200s: choose one with --buffer "
			"NAME (or --buffer all, when they are of one machine)",
			used, str_get(&list));
		rc = err_at(e, imp_name(im), 0);
	} else if (s->from_zero && s->downs + s->ups >= 8 && 4 * s->downs > s->ups && 4 * s->ups > s->downs) {
		(void)err_set(e, ERR_INPUT,
			      "the times begin at 0 and go back and forth: they are distances, no times (perf script "
			      "--deltatime?): want them without that option (--buffer all takes them as times)");
		rc = err_at(e, imp_name(im), 0);
	} else if (s->clash != 0 || (s->again != 0 && 4 * s->downs <= s->ups && s->downs <= 2 * s->cpus)) {
		(void)err_set(e, ERR_INPUT,
			      "a second recording starts here: CPUs have events at times that they "
			      "had before: import them one "
			      "by one, or all with --buffer all when they are of one machine");
		rc = err_at(e, imp_name(im), s->clash != 0 ? s->clash : s->again);
	} else if (used > 1 || (used == 1 && s->count[0] == 0)) {
		imp_note(im, "files, buffers or hosts before the lines: %s%s%s", str_get(&list),
			 s->want != NULL ? "; taken: " : "", s->want != NULL ? s->want : "");
	}
	if (rc == 0 && s->sections > 1)
		imp_note(im, "%u headings of tracefs: taken for parts of one recording",
			 s->sections);
	str_free(&list);
	return rc;
}
