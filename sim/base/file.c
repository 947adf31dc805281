/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/str.h"

#define NAME_TRIES 100

static int failed(const struct outfile *o, const char *why, struct err *e)
{
	return err_set(e, ERR_IO, "%s could not be written: %s: nothing is left of it",
		       o->path != NULL ? o->path : "standard output", why);
}

/* A new file beside path, with the permissions a plain creat() would give it, or those of the file that it replaces. */
static int open_beside(struct outfile *o, const struct stat *old)
{
	int fd = -1;

	for (unsigned i = 0; fd < 0 && i < NAME_TRIES; i++) {
		struct str name = STR_INIT;

		str_addf(&name, "%s.%ld-%u.tmp", o->path, (long)getpid(), i);
		free(o->tmp);
		o->tmp = name.s;
		fd = open(o->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd >= 0 && old != NULL) {
		(void)!fchown(fd, old->st_uid, old->st_gid); /* root can; for others it is theirs already, or cannot be */
		(void)fchmod(fd, old->st_mode & 07777);
	}
	return fd;
}

/* What a symbolic link leads to is written, not the link; the name itself if it is none. NULL with errno: it leads nowhere. */
static char *final_name(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return realpath(path, NULL);
	return xstrdup(path);
}

int file_create(struct outfile *o, const char *path, struct err *e)
{
	struct stat st;
	bool there;
	int fd;

	*o = (struct outfile){ .f = stdout };
	if (path == NULL || strcmp(path, "-") == 0)
		return 0;
	o->f = NULL;
	o->path = final_name(path);
	if (o->path == NULL)
		return err_set(e, ERR_IO, "%s could not be written: is a symbolic link that leads nowhere: %s", path, strerror(errno));
	there = stat(path, &st) == 0;
	if (there && !S_ISREG(st.st_mode)) /* a device or a pipe: never replaced by a file */
		fd = open(path, O_WRONLY | O_CLOEXEC);
	else
		fd = open_beside(o, there ? &st : NULL);
	if (fd >= 0)
		o->f = fdopen(fd, "w");
	if (o->f != NULL)
		return 0;
	failed(o, strerror(errno), e);
	if (fd >= 0)
		(void)close(fd);
	else {
		free(o->tmp); /* not ours: it was never made */
		o->tmp = NULL;
	}
	file_abort(o);
	return -1;
}

/* What went wrong while writing, or NULL. Closes the file unless it is standard output. */
static const char *finish(struct outfile *o)
{
	bool bad = ferror(o->f) != 0;
	FILE *f = o->f;

	errno = 0;
	bad = fflush(f) != 0 || bad;
	bad = (o->tmp != NULL && fsync(fileno(f)) != 0) || bad; /* before the name is given: after a power cut, all or nothing */
	if (o->path != NULL) {
		bad = fclose(f) != 0 || bad;
		o->f = NULL;
	}
	if (!bad)
		return NULL;
	return errno != 0 ? strerror(errno) : "an earlier write failed (is the disk full?)";
}

int file_commit(struct outfile *o, struct err *e)
{
	const char *why = finish(o);

	if (why == NULL && o->tmp != NULL && rename(o->tmp, o->path) != 0)
		why = strerror(errno);
	if (why != NULL) {
		failed(o, why, e);
		file_abort(o);
		return -1;
	}
	free(o->path);
	free(o->tmp);
	*o = (struct outfile){ NULL, NULL, NULL };
	return 0;
}

void file_abort(struct outfile *o)
{
	if (o->f != NULL && o->path != NULL)
		(void)fclose(o->f);
	if (o->tmp != NULL)
		(void)unlink(o->tmp);
	free(o->path);
	free(o->tmp);
	*o = (struct outfile){ NULL, NULL, NULL };
}

/* --- progress --------------------------------------------------------------------------------- */

#define BAR_WIDTH    40
#define COUNTER_STEP 65536 /* redraw of a counter whose total is not known */

static void draw_bar(const struct progress *p, uint64_t done)
{
	double part = done < p->total ? (double)done / (double)p->total : 1.0;
	int full = (int)(part * BAR_WIDTH);

	(void)fprintf(stderr, "\r%s [%.*s%*s] %3d %%", p->what, full,
		      "########################################", BAR_WIDTH - full, "",
		      (int)(part * 100));
}

void progress_begin(struct progress *p, const char *what, uint64_t total)
{
	*p = (struct progress){ .what = what, .total = total, .on = isatty(STDERR_FILENO) };
}

void progress_at(struct progress *p, uint64_t done)
{
	uint64_t step = p->total != 0 ? p->total / 200 : COUNTER_STEP;

	if (!p->on || done - p->shown <= step)
		return;
	p->shown = done;
	if (p->total != 0)
		draw_bar(p, done);
	else
		(void)fprintf(stderr, "\r%s %" PRIu64, p->what, done);
}

void progress_end(struct progress *p)
{
	if (p->on && p->shown != 0)
		(void)fputs("\r\033[K", stderr); /* back to the margin, line erased */
	p->on = 0;
}
