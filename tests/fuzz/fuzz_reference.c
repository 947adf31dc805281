/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a recorded reference, plain or zstd: refused with a sentence, or rows within their limits. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "models/hyp/measured/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const struct ref_row *row)
{
	BUG_ON(row->el > 3 || row->op >= REF_OP_COUNT || row->region >= REF_REGION_COUNT);
	BUG_ON(row->count > REF_COUNT_MAX);
	BUG_ON(strpbrk(row->function, ",\"\n") != NULL || strpbrk(row->reg, ",\"\n") != NULL);
}

static void read_all(const char *path)
{
	struct err e = { ERR_NONE, "" };
	struct ref *r = ref_open(path, &e);
	struct ref_row row;
	int got = -1;

	while (r != NULL && (got = ref_next(r, &row, &e)) == 1)
		check_row(&row);
	BUG_ON(got < 0 && (e.code != ERR_INPUT || e.text[0] == '\0'));
	ref_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char path[64];

	BUG_ON(fd < 0 || write(fd, data, size) != (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_all(path);
	BUG_ON(close(fd) != 0);
	return 0;
}
