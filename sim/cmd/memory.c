/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's allocator: that of the C library, but an allocation that fails ends the program with its documented status,
 * whoever asked. The libraries that read and write for us (libtracecmd, jansson, libarchive, ...) go on without the
 * field, the row or the record that they had no memory for, and nobody is told. Where something must be put away first (an open results
 * file) the failure is returned (ending_last). Not in libel2sim.so, and not under a sanitizer, which has its own.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "sim/base/ending.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__GLIBC__) && !defined(SANITIZED) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#define SEEN __attribute__((visibility("default"))) /* by the libraries */

/* The C library's own, under the names that it keeps for programs with an allocator. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

static void *alive(void *p, size_t n)
{
	if (p == NULL && n != 0 && !ending_copes())
		ending_memory();
	return p;
}

SEEN void *malloc(size_t n)
{
	return alive(__libc_malloc(n), n);
}

SEEN void *calloc(size_t n, size_t size)
{
	return alive(__libc_calloc(n, size), n != 0 && size != 0);
}

SEEN void *realloc(void *p, size_t n)
{
	return alive(__libc_realloc(p, n), n);
}

SEEN void *aligned_alloc(size_t align, size_t n)
{
	return alive(__libc_memalign(align, n), n);
}

SEEN int posix_memalign(void **p, size_t align, size_t n)
{
	if (align % sizeof(void *) != 0 || align == 0 || (align & (align - 1)) != 0)
		return EINVAL;
	*p = alive(__libc_memalign(align, n), n);
	return *p != NULL || n == 0 ? 0 : ENOMEM;
}

#else
extern int el2sim_allocator_of_the_sanitizer; /* a file is not empty */
#endif
