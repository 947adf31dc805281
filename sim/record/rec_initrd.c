// SPDX-License-Identifier: Apache-2.0
/* The initial file system: the VMM as /init, and a place for devices. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "sim/record/rec.h"

static int add(struct archive *a, const char *name, unsigned type, unsigned mode, const void *bytes, size_t n)
{
	struct archive_entry *entry = archive_entry_new();
	int rc = -1;

	if (entry == NULL)
		return -1;
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, (mode_t)mode);
	archive_entry_set_size(entry, (la_int64_t)n);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_nlink(entry, 1);
	if (type == AE_IFCHR) { /* the console, as it has always been */
		archive_entry_set_rdevmajor(entry, 5);
		archive_entry_set_rdevminor(entry, 1);
	}
	if (archive_write_header(a, entry) == ARCHIVE_OK && (n == 0 || archive_write_data(a, bytes, n) == (la_ssize_t)n))
		rc = 0;
	archive_entry_free(entry);
	return rc;
}

int rec_initrd_write(const char *path, const char *vmm, struct err *e)
{
	uint8_t bytes[1 << 18];
	struct archive *a = archive_write_new();
	FILE *f = fopen(vmm, "re");
	size_t n = f != NULL ? fread(bytes, 1, sizeof(bytes), f) : 0;
	int rc = -1;

	if (f != NULL)
		(void)fclose(f);
	if (n == 0 || n == sizeof(bytes))
		(void)err_set(e, ERR_INPUT, "%s: %s", vmm, f == NULL ? strerror(errno) : "is not our VMM");
	else if (a == NULL || archive_write_set_format_cpio_newc(a) != ARCHIVE_OK || archive_write_open_filename(a, path) != ARCHIVE_OK ||
		 add(a, "dev", AE_IFDIR, 0755, NULL, 0) != 0 || add(a, "dev/console", AE_IFCHR, 0600, NULL, 0) != 0 ||
		 add(a, "init", AE_IFREG, 0755, bytes, n) != 0 || archive_write_close(a) != ARCHIVE_OK)
		(void)err_set(e, ERR_IO, "%s: %s", path, a != NULL ? archive_error_string(a) : "out of memory");
	else
		rc = 0;
	(void)archive_write_free(a);
	return rc;
}
