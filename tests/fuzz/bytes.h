/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as a file, for readers that take a name. */
#ifndef EL2SIM_TESTS_FUZZ_BYTES_H
#define EL2SIM_TESTS_FUZZ_BYTES_H

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/base/err.h"

#define BYTES_PATH 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file in memory, and its name. Close it. */
static inline int bytes_file(char path[static BYTES_PATH], const void *p, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	BUG_ON(fd < 0 || write(fd, p, size) != (ssize_t)size);
	(void)snprintf(path, BYTES_PATH, "/proc/self/fd/%d", fd);
	return fd;
}

#endif
