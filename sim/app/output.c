/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/output.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/app/term.h"
#include "sim/base/file.h"
#include "sim/base/share.h"
#include "sim/document/metrics.h"

const char *const output_formats[REP_FORMAT_COUNT + 1] = {
#define X(id, name, help) name,
	REP_FORMATS(X)
#undef X
	NULL
};

const char *const output_or_folded[REP_FORMAT_COUNT + 2] = {
#define X(id, name, help) name,
	REP_FORMATS(X)
#undef X
	"folded", NULL
};

const char *const output_colours[] = { "auto", "always", "never", NULL };

static bool selects(const struct view_args *v)
{
	return v->summary || v->table != NULL || v->columns != NULL;
}

int output_text(const struct output_args *o, const struct str *text, struct err *e)
{
	struct outfile f;

	if (selects(&o->view))
		return err_set(e, ERR_USAGE, "%s: wants a report: want another --format", o->view.summary ? "--summary" : o->view.table != NULL ? "--table" : "--columns");
	if (file_create(&f, o->file, e) != 0)
		return -1;
	(void)fwrite(str_get(text), 1, text->len, f.f);
	return file_commit(&f, e);
}

/* As it was found: a configuration may be a shipped one. */
static void add_input(struct rep *r, const char *name)
{
	struct str path = STR_INIT;

	if (share_find(&path, name))
		rep_source(r, REP_OF_INPUT, str_get(&path), NULL);
	str_free(&path);
}

int output_write(const struct output_args *o, struct rep *r, struct err *e)
{
	const char *input;

	if (!rep_has_command(r))
		rep_command(r, o->words.v, o->words.n);
	for (size_t i = 0; i < o->inputs.n; i++)
		add_input(r, o->inputs.v[i]);
	for (size_t pos = 0; o->file != NULL && (input = rep_next_input(r, &pos)) != NULL;)
		if (access(input, F_OK) == 0 && args_same_file(o->file, input))
			return err_set(e, ERR_USAGE, "-o %s: is %s, which was read: want another file to write", o->file, input);
	if ((o->format == REP_JSON || o->format == REP_HTML) && rep_hash_sources(r, e) != 0)
		return -1;
	return output_write_all(o, &r, 1, e);
}

static void view_of(const struct view_args *v, FILE *f, struct rep_view *view)
{
	*view = (struct rep_view){ .all = v->all, .alone = v->table != NULL };
	view->width = v->width != 0 ? (size_t)v->width : v->wide ? 0 : term_width(f);
	view->colour = v->colour == COLOUR_ALWAYS || (v->colour == COLOUR_AUTO && term_has_colours(f));
}

static int select_parts(const struct view_args *v, struct rep *const *r, size_t n, struct err *e)
{
	if (v->summary && (v->table != NULL || v->columns != NULL))
		return err_set(e, ERR_USAGE, "--summary and %s: want one of them", v->table != NULL ? "--table" : "--columns");
	if (v->width != 0 && v->wide)
		return err_set(e, ERR_USAGE, "--width and --wide: want one of them");
	for (size_t i = 0; v->summary && i < n; i++)
		rep_summary(r[i]);
	return rep_select(r, n, v->table, v->columns, e);
}

/* To a terminal, which has the file f: whole, as the pager wants it. */
static int write_terminal(const struct output_args *o, const struct rep *const *r, size_t n, const struct rep_view *v, FILE *f, struct err *e)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *memory = open_memstream(&text, &bytes);
	int rc;

	BUG_ON(memory == NULL);
	rc = rep_write_view(r, n, (enum rep_format)o->format, v, memory, e);
	(void)fclose(memory);
	if (rc == 0 && !term_write(f, text, bytes, !o->view.no_pager))
		rc = err_set(e, ERR_IO, "the report could not be written: %s", errno != 0 ? strerror(errno) : "an earlier write had failed");
	free(text);
	return rc;
}

/* Is this what OUTPUT_METRICS_ENV is for? The descriptor, or -1. */
static int wants_metrics(const struct output_args *o, const struct outfile *f)
{
	const char *given = o->format == REP_JSON && f->path == NULL && !selects(&o->view) ? getenv(OUTPUT_METRICS_ENV) : NULL;
	uint64_t fd;

	return given != NULL && str_u64(given, &fd) && fd <= INT_MAX ? (int)fd : -1;
}

/* What cannot be written is missed by who reads it, and read from the JSON. */
static void hand_metrics(int fd, const struct rep *r)
{
	struct str b = STR_INIT;
	struct metrics m;

	metrics_of(r, &m);
	metrics_pack(&m, &b);
	if (write(fd, str_get(&b), b.len) != (ssize_t)b.len && ftruncate(fd, 0) != 0)
		(void)close(fd);
	metrics_free(&m);
	str_free(&b);
}

int output_write_all(const struct output_args *o, struct rep *const *r, size_t n, struct err *e)
{
	const struct rep *const *as = (const struct rep *const *)r;
	struct rep_view view;
	struct outfile f;
	int metrics;

	if (select_parts(&o->view, r, n, e) != 0 || file_create(&f, o->file, e) != 0)
		return -1;
	view_of(&o->view, f.f, &view);
	if ((f.path == NULL && isatty(fileno(f.f)) != 0 ? write_terminal(o, as, n, &view, f.f, e) :
							  rep_write_view(as, n, (enum rep_format)o->format, &view, f.f, e)) != 0) {
		file_abort(&f);
		return -1;
	}
	metrics = n == 1 ? wants_metrics(o, &f) : -1;
	if (metrics >= 0)
		hand_metrics(metrics, r[0]);
	return file_commit(&f, e);
}
