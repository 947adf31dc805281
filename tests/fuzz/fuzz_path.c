/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the table of a path profile: refused with a sentence, or items within their limits. */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "models/hyp/measured/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct err e = { ERR_NONE, "" };
	struct path_profile p;
	char path[64];

	BUG_ON(fd < 0 || write(fd, data, size) != (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	p = (struct path_profile){ .table = path };
	if (path_read(&p, &e) != 0) {
		BUG_ON(e.code != ERR_INPUT || e.text[0] == '\0');
	} else {
		for (int k = 0; k < PATH_KIND_COUNT; k++)
			for (int i = 0; i < PATH_ITEM_COUNT; i++)
				BUG_ON(p.item[k][i] < PATH_NOT_MEASURED || p.item[k][i] > PATH_VALUE_MAX);
	}
	BUG_ON(close(fd) != 0);
	return 0;
}
