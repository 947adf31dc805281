/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of texts and files, as 64 hexadecimal digits: what tells two inputs apart. */
#ifndef EL2SIM_BASE_DIGEST_H
#define EL2SIM_BASE_DIGEST_H

#include <stddef.h>

#define DIGEST_TEXT 65 /* bytes with the terminator */

void digest_text(const char *text, size_t n, char out[static DIGEST_TEXT]);
/* Of a file's content: 1; else out is "": 0 if there is no such file, or it is no regular one, -1 with errno if it cannot be read. */
int digest_file(const char *path, char out[static DIGEST_TEXT]);

#endif
