/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/ending.h"
#include "sim/base/progress.h"
#include "sim/base/str.h"

#define NAME_TRIES 100
#define LINKS_MAX  40 /* as Linux has it */

/* Every SQLite file begins with these 16 bytes. */
static const char results_magic[] = "SQLite format 3";

static int failed(const struct outfile *o, const char *why, struct err *e)
{
	return err_set(e, ERR_IO, "%s could not be written: %s: nothing is left of it",
		       o->path != NULL ? o->path : "standard output", why);
}

/* A new file beside path, with the permissions a plain creat() would give it, or those of the file that it replaces. */
static int open_beside(struct outfile *o, const struct stat *old)
{
	sigset_t before;
	int fd = -1;

	ending_hold(&before);
	for (unsigned i = 0; fd < 0 && i < NAME_TRIES; i++) {
		struct str name = STR_INIT;

		str_addf(&name, "%s.%ld-%u.tmp", o->path, (long)getpid(), i);
		free(o->tmp);
		o->tmp = name.s;
		fd = open(o->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, old != NULL ? 0600 : 0666);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd >= 0)
		ending_remove(o->tmp);
	ending_release(&before);
	if (fd >= 0 && old != NULL) {
		if (fchown(fd, old->st_uid, old->st_gid) != 0) /* root can; for others it is theirs already, or cannot be */
			(void)!fchown(fd, (uid_t)-1, old->st_gid);
		(void)fchmod(fd, old->st_mode & 0777);
	}
	return fd;
}

/* The open descriptor that a path names, or -1. */
static int descriptor_of(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
	uint64_t fd;

	if (strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0 && str_u64(path + strlen(folders[i]), &fd) && fd <= INT32_MAX)
			return (int)fd;
	return -1;
}

/* What a symbolic link leads to is written, not the link; the name itself if it is none. NULL: too many links. */
static char *final_name(const char *path)
{
	char *name = xstrdup(path);

	for (unsigned i = 0; i < LINKS_MAX; i++) {
		char to[4096];
		ssize_t n = descriptor_of(name) < 0 ? readlink(name, to, sizeof(to) - 1) : -1;
		const char *slash = strrchr(name, '/');
		struct str next = STR_INIT;

		if (n < 0)
			return name;
		to[n] = '\0';
		if (to[0] != '/' && slash != NULL)
			str_addn(&next, name, (size_t)(slash - name) + 1);
		str_add(&next, to);
		free(name);
		name = next.s;
	}
	free(name);
	return NULL;
}

static bool is_results(const char *path)
{
	char head[sizeof(results_magic)];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is = fd >= 0 && read(fd, head, sizeof(head)) == sizeof(head) && memcmp(head, results_magic, sizeof(head)) == 0;

	if (fd >= 0)
		(void)close(fd);
	return is;
}

int file_spool_stdin(struct err *e)
{
	struct stat st;
	char part[65536];
	ssize_t n = 0;
	FILE *copy;

	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode) && lseek(STDIN_FILENO, 0, SEEK_CUR) == 0)
		return 0;
	copy = tmpfile();
	while (copy != NULL && (n = read(STDIN_FILENO, part, sizeof(part))) > 0)
		(void)fwrite(part, 1, (size_t)n, copy);
	if (copy == NULL || n < 0 || fflush(copy) != 0 || ferror(copy) != 0 || fseek(copy, 0, SEEK_SET) != 0 ||
	    dup2(fileno(copy), STDIN_FILENO) < 0)
		return err_set(e, ERR_INPUT, "standard input could not be read: %s", strerror(errno));
	(void)fclose(copy);
	return 0;
}

int file_temporary(struct str *path, struct err *e)
{
	const char *folder = getenv("TMPDIR");
	sigset_t before;
	int fd;

	*path = STR_INIT;
	str_addf(path, "%s/el2sim-XXXXXX", folder != NULL && folder[0] != '\0' ? folder : "/tmp");
	ending_hold(&before);
	fd = mkostemp(path->s, O_CLOEXEC);
	if (fd >= 0)
		ending_remove(str_get(path));
	ending_release(&before);
	if (fd >= 0) {
		(void)close(fd);
		return 0;
	}
	(void)err_set(e, ERR_IO, "%s: no temporary file can be made: %s: set TMPDIR", str_get(path), strerror(errno));
	str_free(path);
	return -1;
}

void file_temporary_end(struct str *path)
{
	if (path->len == 0)
		return;
	(void)unlink(str_get(path));
	ending_keep(str_get(path));
	str_free(path);
}

int file_create(struct outfile *o, const char *path, struct err *e)
{
	struct stat st;
	bool there;
	int fd;

	*o = (struct outfile){ .f = stdout };
	if (path == NULL || strcmp(path, "-") == 0) {
		progress_quiet(); /* both may be the same terminal */
		return 0;
	}
	o->f = NULL;
	o->path = final_name(path);
	if (o->path == NULL)
		return err_set(e, ERR_IO, "%s could not be written: is a symbolic link that leads nowhere: too many symbolic links", path);
	there = stat(o->path, &st) == 0;
	if (there && S_ISREG(st.st_mode) && descriptor_of(o->path) < 0 && is_results(o->path)) {
		(void)err_set(e, ERR_USAGE, "%s could not be written: is a results file, which only sweep and merge write: want another "
			      "name, or remove it first", path);
		file_abort(o);
		return -1;
	}
	if (descriptor_of(o->path) >= 0) {
		(void)fflush(stdout); /* what was printed before stands before */
		fd = fcntl(descriptor_of(o->path), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	} else if (there && !S_ISREG(st.st_mode)) { /* a device or a pipe: never replaced by a file */
		fd = open(o->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	} else {
		fd = open_beside(o, there ? &st : NULL);
	}
	if (fd >= 0)
		o->f = fdopen(fd, "w");
	if (o->f != NULL)
		return 0;
	if (errno == ENOENT && strcmp(o->path, path) != 0)
		(void)err_set(e, ERR_IO, "%s could not be written: is a symbolic link that leads nowhere: there is no folder of %s", path, o->path);
	else
		(void)failed(o, strerror(errno), e);
	if (fd >= 0)
		(void)close(fd);
	else {
		free(o->tmp); /* not ours: it was never made */
		o->tmp = NULL;
	}
	file_abort(o);
	return -1;
}

/* A file system that cannot do it has nothing to lose that way. */
static bool on_disk(int fd)
{
	return fsync(fd) == 0 || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP;
}

bool file_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct str folder = STR_INIT;
	bool good;
	int fd;

	if (slash == NULL)
		str_add(&folder, ".");
	else
		str_addn(&folder, path, slash == path ? 1 : (size_t)(slash - path));
	fd = open(str_get(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	good = fd >= 0 ? on_disk(fd) : errno == EACCES; /* may be written, not listed */
	if (fd >= 0)
		(void)close(fd);
	str_free(&folder);
	return good;
}

/* What went wrong while writing, or NULL. Closes the file unless it is standard output. */
static const char *finish(struct outfile *o)
{
	bool bad = ferror(o->f) != 0;
	FILE *f = o->f;

	errno = 0;
	bad = fflush(f) != 0 || bad;
	bad = (o->tmp != NULL && !on_disk(fileno(f))) || bad; /* before the name is given: after a power cut, all or nothing */
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

	int rc = 0;

	if (why == NULL && o->tmp != NULL && rename(o->tmp, o->path) != 0)
		why = strerror(errno);
	if (why != NULL) {
		failed(o, why, e);
		file_abort(o);
		return -1;
	}
	ending_keep(o->tmp);
	if (o->tmp != NULL && !file_sync_folder(o->path))
		rc = err_set(e, ERR_IO, "%s is written, but its folder could not be put on the disk: %s: a power cut may lose it", o->path,
			     strerror(errno));
	free(o->path);
	free(o->tmp);
	*o = (struct outfile){ NULL, NULL, NULL };
	return rc;
}

void file_abort(struct outfile *o)
{
	if (o->f != NULL && o->path != NULL)
		(void)fclose(o->f);
	if (o->tmp != NULL)
		(void)unlink(o->tmp);
	ending_keep(o->tmp);
	free(o->path);
	free(o->tmp);
	*o = (struct outfile){ NULL, NULL, NULL };
}
