/* SPDX-License-Identifier: Apache-2.0 */
/* Output files that appear whole or not at all, and standard input as a file. */
#ifndef EL2SIM_BASE_FILE_H
#define EL2SIM_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/err.h"
#include "sim/base/str.h"

/* An output file: written beside its final name, renamed by file_commit, removed by file_abort or an early end (ending.h). */
struct outfile {
	FILE *f;
	char *path; /* final name; NULL for standard output */
	char *tmp;  /* NULL: written directly */
};

/*
 * Open for writing; path NULL or "-" is standard output. A symbolic link is followed, to what is not there yet, too. A file that is
 * there keeps its owner and mode; a new one has the mode that the umask leaves. Devices, FIFOs and open descriptors (/dev/stdout,
 * /dev/fd/N) are written directly. ERR_IO on failure; ERR_USAGE: there is a results file of a sweep, which nothing else replaces.
 */
int file_create(struct outfile *o, const char *path, struct err *e);
/*
 * Flush, check for write errors (full disk), put it on the disk, rename, put the name on the disk. ERR_IO on failure, and the
 * temporary file is gone.
 */
int file_commit(struct outfile *o, struct err *e);
/* Put the names of path's folder on the disk, where its file system can; false with errno. */
bool file_sync_folder(const char *path);
/* Close and remove what was written; harmless after file_commit. */
void file_abort(struct outfile *o);

/*
 * A new, empty file below $TMPDIR (/tmp), for the user alone: path gets its name, and its text must not change until
 * file_temporary_end, which removes it and frees the name; so does an early end (ending.h). ERR_IO, and nothing is there.
 */
int file_temporary(struct str *path, struct err *e);
void file_temporary_end(struct str *path); /* harmless without a file */

/* The name that standard input has where a file is named "-". */
#define FILE_STDIN "/dev/stdin"
/*
 * Make standard input a file that can be opened by that name, more than once, and read anywhere: what comes through a pipe is put
 * into a temporary file, which is removed, in its place. ERR_INPUT.
 */
int file_spool_stdin(struct err *e);

#endif
