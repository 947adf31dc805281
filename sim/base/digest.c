/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/digest.h"

#include <errno.h>
#include <sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

static void finish(SHA2_CTX *c, char out[static DIGEST_TEXT])
{
	uint8_t raw[SHA256_DIGEST_LENGTH];

	SHA256Final(raw, c);
	for (size_t i = 0; i < sizeof(raw); i++)
		(void)snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

void digest_text(const char *text, size_t n, char out[static DIGEST_TEXT])
{
	SHA2_CTX c;

	SHA256Init(&c);
	SHA256Update(&c, (const uint8_t *)text, n);
	finish(&c, out);
}

int digest_file(const char *path, char out[static DIGEST_TEXT])
{
	uint8_t part[65536];
	FILE *f = fopen(path, "rbe");
	struct stat st;
	SHA2_CTX c;
	int rc, code;
	size_t n;

	out[0] = '\0';
	if (f == NULL)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ENXIO ? 0 : -1;
	rc = fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode);
	SHA256Init(&c);
	while (rc == 1 && (n = fread(part, 1, sizeof(part), f)) != 0)
		SHA256Update(&c, part, n);
	code = errno;
	if (ferror(f) != 0)
		rc = -1;
	(void)fclose(f);
	errno = code;
	if (rc == 1)
		finish(&c, out);
	return rc;
}
