/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/str.h"
#include "traces/native.h"
#include "traces/unpack.h"

static const struct importer importers[] = {
#define IMPORTER(id, name, help, kind)                                                             \
	{ name, help, imp_probe_##id, imp_read_##id, kind != IMP_TEXT, kind == IMP_FILE },
#include "traces/import/importers.def"
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

/* What is no trace but looks like something we can name: bytes at a place, and what to do. */
static const struct {
	const char *magic;
	size_t n, at;
	const char *what;
} others[] = {
	{ NAT_MAGIC, NAT_MAGIC_LEN, 0, "this is a native el2sim trace already" },
	{ "ustar", 5, 257, "this is a tar archive: unpack it and import the trace in it" },
	{ "PK\003\004", 4, 0, "this is a zip archive: unpack it and import the trace in it" },
	{ "%PDF-", 5, 0, "this is a PDF: want the text of the trace" },
	{ "{\\rtf", 5, 0, "this is RTF of a word processor: save it as plain text" },
	{ "\211PNG", 4, 0, "this is a picture: want the text of the trace" },
	{ "\377\330\377", 3, 0, "this is a picture: want the text of the trace" },
	{ "7z\274\257", 4, 0, "this is a 7z archive: unpack it and import the trace in it" },
	{ "\177ELF", 4, 0, "this is a program or a core file, no trace" },
	{ "\301\037\374\301", 4, 0, "this is a stream of a CTF trace: import the folder that it is in" },
	{ "\301\374\037\301", 4, 0, "this is a stream of a CTF trace: import the folder that it is in" },
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

const char *imp_name(const struct imp *im)
{
	return strcmp(im->opts->in, "-") == 0 ? "standard input" : im->opts->in;
}

int imp_unknown_format(struct imp *im, struct err *e)
{
	struct str b = STR_INIT;

	add_names(&b);
	(void)err_set(e, ERR_INPUT,
		      "%s: unknown trace format: want one of %s (force one with --from NAME)",
		      imp_name(im), str_get(&b));
	str_free(&b);
	return -1;
}

/* A text whose first line says which importer's it is not; any other is read by the dialect of its
 * first event. */
static const struct importer any_text = { .name = "text", .help = "", .read = imp_read_text };

/* The importer to use, by name or by the first bytes. */
static const struct importer *choose(struct imp *im, const char *head, size_t n, struct err *e)
{
	const char *from = im->opts->from;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (n >= others[i].at + others[i].n &&
		    memcmp(head + others[i].at, others[i].magic, others[i].n) == 0) {
			(void)err_set(e, ERR_INPUT, "%s: %s", imp_name(im), others[i].what);
			return NULL;
		}
	}
	if (from != NULL)
		return importer_by_name(from);
	for (size_t i = 0; i < importer_count(); i++) {
		if (importers[i].binary && importers[i].probe(head, n))
			return &importers[i];
	}
	return &any_text;
}

uint32_t imp_string(struct imp *im, const char *s, size_t n)
{
	return tw_string(im->w, s, n);
}

static int write_one(struct imp *im, struct err *e)
{
	const struct tr_event *ev = order_take(&im->order);

	return ev != NULL ? tw_add(im->w, ev, e) : 0;
}

/* The last entry or exit of a CPU. */
struct imp_last {
	uint64_t arg[3];
	int32_t pid;
	uint8_t type, alias, absent, have;
};

static bool second_of_pair(struct imp *im, const struct tr_event *ev, bool alias)
{
	struct imp_last *last, now = {
		.pid = ev->pid, .type = ev->type, .alias = alias, .absent = ev->absent, .have = 1
	};
	bool second;

	_Static_assert((int)TRA_kvm_exit_COUNT <= 3 && (int)TRA_kvm_entry_COUNT <= 3,
		       "their fields");
	if (im->last == NULL)
		im->last = xcalloc(TR_CPU_MAX, sizeof(*im->last));
	memcpy(now.arg, ev->arg, sizeof(now.arg));
	last = &im->last[ev->cpu];
	second = last->have != 0 && last->alias != now.alias && last->type == now.type &&
		 last->pid == now.pid && last->absent == now.absent &&
		 memcmp(last->arg, now.arg, sizeof(now.arg)) == 0;
	*last = now;
	last->have = !second;
	if (second)
		imp_note(im, "kvm_entry and kvm_exit were recorded by both their names: each pair "
			     "is counted once");
	return second;
}

int imp_add(struct imp *im, const struct tr_event *ev, struct err *e)
{
	return imp_add_as(im, ev, false, e);
}

int imp_add_as(struct imp *im, const struct tr_event *ev, bool alias, struct err *e)
{
	if ((ev->type == TR_kvm_entry || ev->type == TR_kvm_exit) && second_of_pair(im, ev, alias))
		return 0;
	if (order_full(&im->order) && write_one(im, e) != 0)
		return -1;
	im->any = true;
	im->count[ev->type]++;
	return order_put(&im->order, ev) ? 0 : sort_add(&im->sort, im->w, ev, e);
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
	if (tr_type_by_name(word, &type) || tr_alias(name, n, &type))
		im->res->info.enabled[type] = TRE_ON;
}

void imp_enabled_end(struct imp *im)
{
	for (unsigned t = 0; t < TR_TYPE_COUNT; t++) {
		if (im->res->info.enabled[t] == TRE_UNKNOWN)
			im->res->info.enabled[t] = TRE_OFF;
	}
}

int imp_broken_lines(struct imp *im, unsigned long line, uint64_t n, struct err *e)
{
	struct import_result *res = im->res;

	if (e->code != ERR_INPUT)
		return -1;
	(void)err_at(e, imp_name(im), line);
	if (!im->opts->lenient)
		return -1;
	if (res->info.skipped_lines == 0)
		memcpy(res->warning, e->text, sizeof(res->warning));
	res->info.skipped_lines += n;
	return 0;
}

int imp_broken(struct imp *im, unsigned long line, struct err *e)
{
	return imp_broken_lines(im, line, 1, e);
}

void imp_set_importer(struct imp *im, const char *name)
{
	free(im->res->importer);
	im->res->importer = xstrdup(name);
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

/* Nothing came out: there is no such trace. */
static int empty(struct imp *im, struct err *e)
{
	const struct import_result *res = im->res;
	struct str b = STR_INIT;

	for (unsigned t = 0; t < TR_TYPE_COUNT; t++) {
		if (im->count[t] != 0)
			str_addf(&b, ", %" PRIu64 " %s", im->count[t], tr_type_name((enum tr_type)t));
	}
	if (im->any)
		str_add(&b, " and none of KVM");
	if (res->info.skipped_unknown != 0) {
		str_addf(&b, ", %" PRIu64 " of names that el2sim does not know (",
			 res->info.skipped_unknown);
		for (size_t i = 0; i < res->n_unknown && i < 5; i++)
			str_addf(&b, "%s%s", i != 0 ? ", " : "",
				 strtab_get(&res->names, res->unknown[i].name));
		str_add(&b, res->n_unknown > 5 ? ", ...)" : ")");
	}
	if (res->info.skipped_lines != 0)
		str_addf(&b, ", %" PRIu64 " broken lines (%.200s)", res->info.skipped_lines,
			 res->warning);
	(void)err_set(e, ERR_INPUT,
		      "no usable event%s%s: record kvm's events and sched_switch (trace-cmd record "
		      "-e kvm -e sched_switch -e "
		      "sched_waking -e sched_wakeup)",
		      b.len != 0 ? ": " : "", b.len != 0 ? str_get(&b) + 2 : "");
	str_free(&b);
	return err_at(e, imp_name(im), 0);
}

static int read_all(struct imp *im, const struct importer *row, struct err *e)
{
	struct import_result *res = im->res;
	struct tr_info done;

	if (row->read(im, e) != 0)
		return -1;
	memcpy(res->info.per_type, im->count, sizeof(im->count));
	if (tr_usable_events(&res->info) == 0)
		return empty(im, e);
	while (im->order.n != 0) {
		if (write_one(im, e) != 0)
			return -1;
	}
	if (im->sort.total != 0) {
		imp_note(im, "%" PRIu64 " of the events were out of the order of time: sorted",
			 im->sort.total);
		if (sort_merge(&im->sort, &im->w, e) != 0)
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

/* A file that can be read at random: the input itself, or a copy without a name. *fd is to be
 * closed, -1: none. */
static int need_file(struct imp *im, FILE *f, const struct unpack *u, struct str *path, int *fd,
		     struct err *e)
{
	im->path = im->opts->in;
	if (u->filter == NULL && im->size != 0)
		return 0;
	*fd = unpack_spool(f, u, im->lines.buf + im->lines.at, im->lines.len, e);
	if (*fd < 0)
		return err_at(e, imp_name(im), 0);
	str_addf(path, "/proc/self/fd/%d", *fd);
	im->path = str_get(path);
	return 0;
}

/* Reading failed: how. */
static int unreadable(const struct imp *im, const struct unpack *u, struct err *e)
{
	if (u->why != NULL)
		return err_set(e, ERR_INPUT,
			       "%s: the %s stream is damaged (%s): copy the file again",
			       imp_name(im), u->filter, u->why);
	return err_set(e, ERR_INPUT, "%s: cannot be read: %s", imp_name(im), strerror(errno));
}

/* Write what the row's importer reads from im->path, lines or the child's messages. */
static int write_all(struct imp *im, const struct importer *row, struct err *e)
{
	int rc;

	im->w = tw_create(im->opts->out, e);
	if (im->w == NULL)
		return -1;
	tw_use_pool(im->w, im->opts->pool);
	rc = read_all(im, row, e);
	if (im->w != NULL)
		tw_abort(im->w);
	return rc;
}

static void begin_result(struct imp *im, const struct importer *row)
{
	im->res->importer = xstrdup(row->name);
	im->res->origin = xstrdup(im->opts->origin != NULL ? im->opts->origin : base_name(im->opts->in));
}

static int run(struct imp *im, FILE *f, const struct unpack *u, struct err *e)
{
	const struct importer *row;
	struct str path = STR_INIT;
	const char *head;
	int rc = 0, fd = -1;
	size_t n;

	head = lines_head(&im->lines, &n);
	if (ferror(f) != 0)
		return unreadable(im, u, e);
	row = choose(im, head, n, e);
	if (row == NULL)
		return -1;
	begin_result(im, row);
	if (row->file)
		rc = need_file(im, f, u, &path, &fd, e);
	if (rc == 0)
		rc = write_all(im, row, e);
	if (rc != 0 && u->why != NULL)
		rc = unreadable(im, u, e);
	if (fd >= 0)
		(void)close(fd);
	str_free(&path);
	return rc;
}

/* Bytes of an ordinary file, 0 of anything else. */
static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* The folder of a CTF trace: LTTng puts the kernel's into one of its own. */
static int folder(struct imp *im, struct err *e)
{
	static const char *const below[] = { "", "/kernel" };
	const struct importer *row = importer_by_name("ctf");
	struct str path = STR_INIT, meta = STR_INIT;
	bool found = false;
	int rc;

	for (size_t i = 0; !found && i < sizeof(below) / sizeof(below[0]); i++) {
		str_reset(&path);
		str_reset(&meta);
		str_addf(&path, "%s%s", im->opts->in, below[i]);
		str_addf(&meta, "%s/metadata", str_get(&path));
		found = access(str_get(&meta), F_OK) == 0;
	}
	if (found) {
		im->path = str_get(&path);
		begin_result(im, row);
		rc = write_all(im, row, e);
	} else {
		rc = err_set(e, ERR_INPUT, "%s: a folder: want a trace", im->opts->in);
	}
	order_free(&im->order);
	free(im->last);
	sort_free(&im->sort);
	str_free(&path);
	str_free(&meta);
	return rc;
}

int import_run(const struct import_opts *opts, struct progress *progress, struct import_result *res,
	       struct err *e)
{
	struct imp im = {
		.opts = opts, .res = res, .progress = progress, .sort = { .out = opts->out }
	};
	struct unpack u;
	struct stat st;
	FILE *f;
	int rc;

	*res = (struct import_result){ .warning = "" };
	if (opts->from != NULL && importer_by_name(opts->from) == NULL)
		return unknown_name(opts->from, e);
	if (opts->origin != NULL && strlen(opts->origin) > TW_STRING_MAX)
		return err_set(e, ERR_USAGE, "--origin: %zu bytes: want at most %d",
			       strlen(opts->origin), TW_STRING_MAX);
	if (stat(opts->in, &st) == 0 && S_ISDIR(st.st_mode))
		return folder(&im, e);
	f = unpack_open(&u, opts->in, e);
	if (f == NULL)
		return -1;
	im.size = size_of(opts->in);
	if (u.filter != NULL)
		imp_note(&im, "unpacked: %s", u.filter);
	if (u.utf16)
		imp_note(&im, "UTF-16 was made UTF-8");
	if (progress != NULL)
		progress_begin(progress, "import", u.filter == NULL ? im.size : 0);
	lines_open(&im.lines, f);
	rc = run(&im, f, &u, e);
	if (progress != NULL)
		progress_end(progress);
	lines_close(&im.lines);
	order_free(&im.order);
	free(im.last);
	sort_free(&im.sort);
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
