/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/str.h"
#include "traces/native.h"

static const struct importer importers[] = {
#define IMPORTER(id, name, help) { name, help, imp_probe_##id, imp_read_##id },
#include "traces/importers.def"
#undef IMPORTER
};

size_t importer_count(void)
{
	return sizeof(importers) / sizeof(importers[0]);
}

const struct importer *importer_at(size_t i)
{
	BUG_ON(i >= importer_count());
	return &importers[i];
}

const struct importer *importer_by_name(const char *name)
{
	for (size_t i = 0; i < importer_count(); i++) {
		if (strcmp(importers[i].name, name) == 0)
			return &importers[i];
	}
	return NULL;
}

/* What is no trace text but looks like something we can name; first bytes and what to do. */
static const struct {
	const char *magic;
	size_t n;
	const char *what;
} others[] = {
	{ NAT_MAGIC, NAT_MAGIC_LEN, "this is a native el2sim trace already" },
	{ "\375"
	  "7zXZ",
	  5,
	  "this is xz-compressed: decompress it first (xz -d, or xz -dc FILE | el2sim trace import "
	  "-)" },
	{ "\037\213", 2, "this is gzip-compressed: decompress it first (gzip -d)" },
	{ "\050\265\057\375", 4, "this is zstd-compressed: decompress it first (zstd -d)" },
	{ "PERFILE2", 8, "this is a perf.data file: convert it with perf script first" },
};

static void add_names(struct str *b)
{
	for (size_t i = 0; i < importer_count(); i++)
		str_addf(b, "%s%s", i != 0 ? ", " : "", importers[i].name);
}

static int unknown_name(const char *name, struct err *e)
{
	struct str b = STR_INIT;

	add_names(&b);
	(void)err_set(e, ERR_USAGE, "--from %s: no such importer: want one of %s", name,
		      str_get(&b));
	str_free(&b);
	return -1;
}

/* The importer to use, by name or by the first bytes. */
static const struct importer *choose(const struct import_opts *opts, const char *head, size_t n,
				     struct err *e)
{
	struct str b = STR_INIT;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (n >= others[i].n && memcmp(head, others[i].magic, others[i].n) == 0) {
			(void)err_set(e, ERR_INPUT, "%s: %s", opts->in, others[i].what);
			return NULL;
		}
	}
	if (opts->from != NULL)
		return importer_by_name(opts->from);
	for (size_t i = 0; i < importer_count(); i++) {
		if (importers[i].probe(head, n))
			return &importers[i];
	}
	add_names(&b);
	(void)err_set(e, ERR_INPUT,
		      "%s: unknown trace format: want one of %s (force one with --from NAME)",
		      opts->in, str_get(&b));
	str_free(&b);
	return NULL;
}

uint32_t imp_string(struct imp *im, const char *s, size_t n)
{
	return tw_string(im->w, s, n);
}

static int write_one(struct imp *im, struct err *e)
{
	struct tr_event ev;

	return order_take(&im->order, &ev) ? tw_add(im->w, &ev, e) : 0;
}

int imp_add(struct imp *im, const struct tr_event *ev, struct err *e)
{
	uint64_t out = im->order.out_ns;

	if (order_full(&im->order) && write_one(im, e) != 0)
		return -1;
	if (order_put(&im->order, ev))
		return 0;
	return err_set(e, ERR_INPUT,
		       "time %llu.%09llu is before %llu.%09llu, more than %d events back: sort the "
		       "trace by time",
		       (unsigned long long)(ev->ts_ns / 1000000000),
		       (unsigned long long)(ev->ts_ns % 1000000000),
		       (unsigned long long)(out / 1000000000),
		       (unsigned long long)(out % 1000000000), ORDER_MAX);
}

void imp_skip(struct imp *im, const char *name, size_t n)
{
	struct import_result *res = im->res;
	uint32_t id;

	res->info.skipped_unknown++;
	if (n > TW_STRING_MAX)
		n = TW_STRING_MAX;
	for (size_t i = 0; i < res->n_unknown; i++) {
		const char *have = strtab_get(&res->names, res->unknown[i].name);

		if (strncmp(have, name, n) == 0 && have[n] == '\0') {
			res->unknown[i].count++;
			return;
		}
	}
	if (res->n_unknown == IMP_NAMES_MAX)
		return;
	id = strtab_add(&res->names, name, n);
	res->unknown[res->n_unknown++] = (struct imp_unknown){ id, 1 };
}

void imp_note(struct imp *im, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	imp_note_text(im, text);
}

void imp_note_text(struct imp *im, const char *text)
{
	struct import_result *res = im->res;

	for (unsigned i = 0; i < res->info.n_notes; i++) {
		if (strcmp(res->notes[i], text) == 0)
			return;
	}
	if (res->info.n_notes < TR_NOTES_MAX)
		res->notes[res->info.n_notes++] = xstrdup(text);
	res->info.notes = (const char *const *)res->notes;
}

void imp_lost(struct imp *im, uint64_t n)
{
	struct tr_info *info = &im->res->info;
	uint64_t count = n != 0 ? n : 1;

	info->lost += count < UINT64_MAX - info->lost ? count : UINT64_MAX - info->lost;
	info->lost_places += n == 0;
}

void imp_enabled(struct imp *im, const char *name, size_t n)
{
	enum tr_type type;
	char word[64];

	if (n >= sizeof(word))
		return;
	memcpy(word, name, n);
	word[n] = '\0';
	if (tr_type_by_name(word, &type))
		im->res->info.enabled[type] = TRE_ON;
}

void imp_enabled_end(struct imp *im)
{
	for (unsigned t = 0; t < TR_TYPE_COUNT; t++) {
		if (im->res->info.enabled[t] == TRE_UNKNOWN)
			im->res->info.enabled[t] = TRE_OFF;
	}
}

int imp_broken(struct imp *im, unsigned long line, struct err *e)
{
	struct import_result *res = im->res;

	if (e->code != ERR_INPUT)
		return -1;
	(void)err_at(e, strcmp(im->opts->in, "-") == 0 ? "standard input" : im->opts->in, line);
	if (!im->opts->lenient)
		return -1;
	if (res->info.skipped_lines++ == 0)
		memcpy(res->warning, e->text, sizeof(res->warning));
	return 0;
}

void imp_progress(struct imp *im)
{
	if (im->progress != NULL)
		progress_at(im->progress, im->lines.bytes);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (strcmp(path, "-") == 0)
		return "standard input";
	return slash != NULL ? slash + 1 : path;
}

static int read_all(struct imp *im, const struct importer *row, struct err *e)
{
	struct import_result *res = im->res;
	struct tr_info done;

	if (row->read(im, e) != 0)
		return -1;
	while (im->order.n != 0) {
		if (write_one(im, e) != 0)
			return -1;
	}
	res->info.importer = res->importer;
	res->info.origin = res->origin;
	if (tw_finish(im->w, &res->info, &done, e) != 0) {
		im->w = NULL;
		return -1;
	}
	im->w = NULL;
	res->info = done;
	return 0;
}

static int run(struct imp *im, FILE *f, struct err *e)
{
	const struct importer *row;
	const char *head;
	size_t n;
	int rc;

	head = lines_head(&im->lines, &n);
	if (ferror(f) != 0)
		return err_set(e, ERR_INPUT, "%s: cannot be read: %s", im->opts->in,
			       strerror(errno));
	row = choose(im->opts, head, n, e);
	if (row == NULL)
		return -1;
	im->res->importer = xstrdup(row->name);
	im->res->origin =
		xstrdup(im->opts->origin != NULL ? im->opts->origin : base_name(im->opts->in));
	im->w = tw_create(im->opts->out, e);
	if (im->w == NULL)
		return -1;
	rc = read_all(im, row, e);
	if (im->w != NULL)
		tw_abort(im->w);
	return rc;
}

static uint64_t size_of(FILE *f)
{
	off_t n = -1;

	if (fseeko(f, 0, SEEK_END) == 0)
		n = ftello(f);
	(void)fseeko(f, 0, SEEK_SET);
	clearerr(f);
	return n > 0 ? (uint64_t)n : 0;
}

int import_run(const struct import_opts *opts, struct progress *progress, struct import_result *res,
	       struct err *e)
{
	struct imp im = { .opts = opts, .res = res, .progress = progress };
	bool std = strcmp(opts->in, "-") == 0;
	FILE *f;
	int rc;

	*res = (struct import_result){ .warning = "" };
	if (opts->from != NULL && importer_by_name(opts->from) == NULL)
		return unknown_name(opts->from, e);
	if (opts->origin != NULL && strlen(opts->origin) > TW_STRING_MAX)
		return err_set(e, ERR_USAGE, "--origin: %zu bytes: want at most %d",
			       strlen(opts->origin), TW_STRING_MAX);
	f = std ? stdin : fopen(opts->in, "rb");
	if (f == NULL)
		return err_set(e, ERR_INPUT, "%s: cannot be opened: %s", opts->in, strerror(errno));
	im.size = std ? 0 : size_of(f);
	if (progress != NULL)
		progress_begin(progress, "import", im.size);
	lines_open(&im.lines, f);
	rc = run(&im, f, e);
	if (progress != NULL)
		progress_end(progress);
	lines_close(&im.lines);
	order_free(&im.order);
	if (!std)
		(void)fclose(f);
	return rc;
}

void import_free(struct import_result *res)
{
	strtab_free(&res->names);
	free(res->importer);
	free(res->origin);
	for (unsigned i = 0; i < res->info.n_notes; i++)
		free(res->notes[i]);
	*res = (struct import_result){ .warning = "" };
}
