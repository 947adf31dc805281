/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of texts and files, as 64 hexadecimal digits: what tells two inputs apart. */
#ifndef EL2SIM_BASE_DIGEST_H
#define EL2SIM_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_TEXT 65 /* bytes with the terminator */

void digest_text(const char *text, size_t n, char out[static DIGEST_TEXT]);
/* Of a file's content; false, and out is "", if it cannot be read or is no regular file. */
bool digest_file(const char *path, char out[static DIGEST_TEXT]);

#endif
