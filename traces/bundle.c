/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/str.h"

#define STEP_BYTES 65536

struct walk {
	const char *path, *suffix;
	bundle_fn *fn;
	void *arg;
	size_t files, total;
	char *text;
};

static bool wanted(const struct walk *w, const char *name)
{
	size_t n = strlen(name), m = strlen(w->suffix);

	return n >= m && strcmp(name + n - m, w->suffix) == 0;
}

static int too_large(const struct walk *w, const char *name, struct err *e)
{
	(void)err_set(e, ERR_INPUT, "%.80s: want at most %d files of %u MiB, %u MiB in all", name,
		      BUNDLE_FILES_MAX, BUNDLE_FILE_MAX >> 20, BUNDLE_TOTAL_MAX >> 20);
	return err_at(e, w->path, 0);
}

/* Room for more bytes of the file being read; false beyond the limits. */
static bool room(struct walk *w, size_t n, size_t more)
{
	if (n + more > BUNDLE_FILE_MAX || w->total + more > BUNDLE_TOTAL_MAX)
		return false;
	w->text = xrealloc(w->text, n + more + 1);
	return true;
}

/* The file that was read into w->text. */
static int give(struct walk *w, const char *name, size_t n, struct err *e)
{
	const char *base = strrchr(name, '/');
	int rc;

	if (++w->files > BUNDLE_FILES_MAX)
		return too_large(w, name, e);
	w->total += n;
	if (!room(w, n, 0))
		return too_large(w, name, e);
	w->text[n] = '\0';
	rc = w->fn(w->arg, base != NULL ? base + 1 : name, w->text, n, e);
	return rc != 0 ? err_at(e, w->path, 0) : 0;
}

/* --- an archive ------------------------------------------------------------------------------- */

static int archive_fault(const struct walk *w, struct archive *a, struct err *e)
{
	const char *why = archive_error_string(a);

	(void)err_set(e, ERR_INPUT, "%.200s: want a folder or an undamaged tar archive",
		      why != NULL ? why : "not an archive");
	return err_at(e, w->path, 0);
}

static int read_entry(struct walk *w, struct archive *a, const char *name, struct err *e)
{
	size_t n = 0;

	for (;;) {
		la_ssize_t got;

		if (!room(w, n, STEP_BYTES))
			return too_large(w, name, e);
		got = archive_read_data(a, w->text + n, STEP_BYTES);
		if (got < 0)
			return archive_fault(w, a, e);
		if (got == 0)
			return give(w, name, n, e);
		n += (size_t)got;
	}
}

static int walk_archive(struct walk *w, struct err *e)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int rc = ARCHIVE_OK;
	int bad = 0;

	/* by name: "all" has filters that run other programs */
	(void)archive_read_support_filter_gzip(a);
	(void)archive_read_support_filter_bzip2(a);
	(void)archive_read_support_filter_xz(a);
	(void)archive_read_support_filter_lzma(a);
	(void)archive_read_support_filter_zstd(a);
	(void)archive_read_support_filter_lz4(a);
	(void)archive_read_support_format_tar(a);
	rc = archive_read_open_filename(a, w->path, STEP_BYTES);
	while (rc == ARCHIVE_OK && bad == 0) {
		const char *name;

		rc = archive_read_next_header(a, &entry);
		name = rc == ARCHIVE_OK ? archive_entry_pathname(entry) : NULL;
		if (name != NULL && archive_entry_filetype(entry) == AE_IFREG && wanted(w, name))
			bad = read_entry(w, a, name, e);
	}
	if (bad == 0 && rc != ARCHIVE_EOF)
		bad = archive_fault(w, a, e);
	(void)archive_read_free(a);
	return bad;
}

/* --- a folder --------------------------------------------------------------------------------- */

static int read_file(struct walk *w, int folder, const char *name, struct err *e)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	size_t n = 0;
	ssize_t got = 0;
	bool fits = true;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		(void)err_set(e, ERR_INPUT, "%.80s: %s: want a file that can be read", name,
			      fd < 0 ? strerror(errno) : "not a regular file");
		if (fd >= 0)
			(void)close(fd);
		return err_at(e, w->path, 0);
	}
	while ((fits = room(w, n, STEP_BYTES)) && (got = read(fd, w->text + n, STEP_BYTES)) > 0)
		n += (size_t)got;
	(void)close(fd);
	if (!fits)
		return too_large(w, name, e);
	if (got < 0) {
		(void)err_set(e, ERR_INPUT, "%.80s: %s", name, strerror(errno));
		return err_at(e, w->path, 0);
	}
	return give(w, name, n, e);
}

static int walk_folder(struct walk *w, struct err *e)
{
	struct dirent **list;
	int n = scandir(w->path, &list, NULL, alphasort);
	int folder = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (n < 0 || folder < 0) {
		(void)err_set(e, ERR_INPUT, "%s: want a folder that can be read", strerror(errno));
		rc = err_at(e, w->path, 0);
	}
	for (int i = 0; i < n; i++) {
		if (rc == 0 && wanted(w, list[i]->d_name))
			rc = read_file(w, folder, list[i]->d_name, e);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	if (folder >= 0)
		(void)close(folder);
	return rc;
}

int bundle_each(const char *path, const char *suffix, bundle_fn *fn, void *arg, struct err *e)
{
	struct walk w = { .path = path, .suffix = suffix, .fn = fn, .arg = arg };
	struct stat st;
	int rc;

	if (stat(path, &st) != 0) {
		(void)err_set(e, ERR_INPUT, "%s: want a folder or a tar archive", strerror(errno));
		return err_at(e, path, 0);
	}
	rc = S_ISDIR(st.st_mode) ? walk_folder(&w, e) : walk_archive(&w, e);
	free(w.text);
	return rc;
}
