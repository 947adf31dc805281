/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a text read by threads: each takes whole pieces of what is in memory, in the order of the text. */
#include <string.h>

#include "sim/base/pool.h"
#include "traces/import/text_impl.h"

#define PIECE       65536u /* bytes at a time */
#define PIECES      16u    /* in memory at least */
#define NAMES_MAX   4096u  /* texts that a piece's scanner remembers */

struct piece {
	struct pool_task task;
	struct text_scan scan;
	struct strtab names;
	uint32_t *id; /* of the names: the importer's number */
	uint32_t ids, id_room;
	const char *from, *to, *stop;
	struct text_taken *line;
	size_t n, room, next;
	bool ours; /* its texts have the importer's numbers */
};

struct text_ahead {
	struct imp *im;
	struct piece *piece;
	unsigned room, n, now;
	size_t bytes_each;
	uint64_t bytes; /* read when these pieces were made */
};

static const struct text_taken nothing = { .seen = TEXT_NOTHING };

static uint32_t intern(void *self, const char *s, size_t n)
{
	return strtab_add(self, s, n);
}

struct text_ahead *text_ahead_new(struct imp *im, const struct text_scan *like)
{
	const unsigned threads = pool_threads(im->opts->pool);
	struct text_ahead *a;

	if (threads == 1)
		return NULL;
	a = xcalloc(1, sizeof(*a));
	a->im = im;
	a->bytes_each = im->opts->piece != 0 ? im->opts->piece : PIECE;
	a->room = 4 * threads > PIECES ? 4 * threads : PIECES;
	lines_widen(&im->lines, a->room * a->bytes_each);
	a->piece = xcalloc(a->room, sizeof(*a->piece));
	for (unsigned i = 0; i < a->room; i++) {
		struct piece *p = &a->piece[i];

		p->scan = *like;
		p->scan.column = xcalloc(TEXT_COLUMNS, sizeof(*p->scan.column));
		p->scan.fs.intern = intern;
		p->scan.fs.self = &p->names;
		p->ids = 1;
	}
	return a;
}

/* All its lines. */
static void read_piece(void *ctx)
{
	struct piece *p = ctx;

	if (p->names.count > NAMES_MAX) {
		strtab_free(&p->names);
		memset(p->scan.column, 0, TEXT_COLUMNS * sizeof(*p->scan.column));
		p->ids = 1;
	}
	for (const char *s = p->from; s < p->to;) {
		struct text_taken *k;

		if (p->n == p->room) {
			p->room = 2 * p->room + 1024;
			p->line = xrealloc(p->line, p->room * sizeof(*p->line));
		}
		k = &p->line[p->n++];
		k->at = s;
		text_take(&p->scan, s, p->stop, k);
		if (k->seen == TEXT_WHOLE)
			s = k->next;
		else
			s = (const char *)memchr(s, '\n', (size_t)(p->to - s)) + 1;
	}
}

/* No piece is being read. */
static void settle(struct text_ahead *a)
{
	for (unsigned i = 0; i < a->n; i++)
		pool_finish(a->im->opts->pool, &a->piece[i].task);
}

/* The whole lines from s on, in pieces. */
static void begin(struct text_ahead *a, bool perf, const char *s, const char *stop)
{
	const char *last = memrchr(s, '\n', (size_t)(stop - s));

	a->n = a->now = 0;
	while (last != NULL && s <= last) {
		struct piece *p = &a->piece[a->n++];
		const size_t left = (size_t)(last - s) + 1, least = a->bytes_each - 1;
		const char *to = a->n < a->room && left > least ? memchr(s + least, '\n', left - least) : last;

		p->scan.perf = perf;
		p->from = s;
		p->to = s = to + 1;
		p->stop = stop;
		p->n = p->next = 0;
		p->ours = false;
		pool_begin(a->im->opts->pool, &p->task, read_piece, p);
	}
}

static void number_texts(struct piece *p, struct imp *im)
{
	if (p->id_room < p->names.count) {
		p->id_room = 2 * p->names.count;
		p->id = xrealloc(p->id, p->id_room * sizeof(*p->id));
	}
	if (p->names.count != 0)
		p->id[0] = 0;
	for (; p->ids < p->names.count; p->ids++) {
		const char *s = strtab_get(&p->names, p->ids);

		p->id[p->ids] = imp_string(im, s, strlen(s));
	}
	for (size_t i = 0; i < p->n; i++) {
		struct tr_event *ev = &p->line[i].ev;
		unsigned texts;

		if (p->line[i].seen != TEXT_WHOLE)
			continue;
		ev->comm = ev->comm != 0 ? p->id[ev->comm] : 0;
		texts = tr_text_fields((enum tr_type)ev->type) & ~(unsigned)ev->absent;
		for (unsigned f = 0; texts >> f != 0; f++) {
			if ((texts >> f & 1) != 0 && ev->arg[f] != 0)
				ev->arg[f] = p->id[ev->arg[f]];
		}
	}
}

const struct text_taken *text_ahead_line(struct text_ahead *a, bool perf, const char *s, const char *stop, uint64_t bytes)
{
	struct piece *p;

	if (a->bytes != bytes) {
		settle(a);
		a->bytes = bytes;
		begin(a, perf, s, stop);
	}
	while (a->now < a->n && s >= a->piece[a->now].to)
		pool_finish(a->im->opts->pool, &a->piece[a->now++].task);
	if (a->now == a->n)
		return &nothing;
	p = &a->piece[a->now];
	if (!p->ours) {
		pool_finish(a->im->opts->pool, &p->task);
		number_texts(p, a->im);
		p->ours = true;
	}
	while (p->next < p->n && p->line[p->next].at < s)
		p->next++;
	return p->next < p->n && p->line[p->next].at == s ? &p->line[p->next] : &nothing;
}

void text_ahead_free(struct text_ahead *a)
{
	if (a == NULL)
		return;
	settle(a);
	for (unsigned i = 0; i < a->room; i++) {
		struct piece *p = &a->piece[i];

		strtab_free(&p->names);
		free(p->scan.column);
		free(p->id);
		free(p->line);
	}
	free(a->piece);
	free(a);
}
