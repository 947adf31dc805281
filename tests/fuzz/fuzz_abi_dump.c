/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a dump of registers: refused with a sentence, or compared. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/cmd/cmd_abi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct err e = { ERR_NONE, "" };
	struct config c = { .abi = { .kernel = "6.12", .hide_absent = true } };
	struct rep *r = rep_new("abi", "");
	bool same = false;
	char path[64];

	BUG_ON(fd < 0 || write(fd, data, size) != (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (abi_report_compare(&c, path, r, &same, &e) != 0)
		BUG_ON(e.code != ERR_INPUT || e.text[0] == '\0');
	rep_free(r);
	BUG_ON(close(fd) != 0);
	return 0;
}
