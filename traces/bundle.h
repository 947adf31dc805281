/* SPDX-License-Identifier: Apache-2.0 */
/* Text files that stand together, in a folder or in a tar archive (plain, gzip, xz, zstd, ...). */
#ifndef EL2SIM_TRACES_BUNDLE_H
#define EL2SIM_TRACES_BUNDLE_H

#include <stddef.h>

#include "sim/base/err.h"

#define BUNDLE_FILES_MAX 4096
#define BUNDLE_FILE_MAX  (16u << 20) /* bytes of a file */
#define BUNDLE_TOTAL_MAX (256u << 20)

/*
 * Called for each file: name without its folder, text of n bytes and a terminating 0 that n does
 * not count; both are gone when it returns. Returns 0, or -1 with *e filled, which ends the walk.
 */
typedef int bundle_fn(void *arg, const char *name, const char *text, size_t n, struct err *e);

/*
 * Each file of path whose name ends in suffix: of a folder in order of names, of an archive as it
 * stands there. Returns 0; -1 with ERR_INPUT when path is neither, damaged or beyond the limits
 * above, or when fn says so.
 */
int bundle_each(const char *path, const char *suffix, bundle_fn *fn, void *arg, struct err *e);

#endif
