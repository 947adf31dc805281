/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a report: refused with a sentence, or read and written in every format. */
#include <stdint.h>

#include "sim/document/rep_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { ERR_NONE, "" };
	struct rep *r = rep_read_text((const char *)data, size, "fuzz", &e);
	FILE *f;

	if (r == NULL) {
		BUG_ON(e.code != ERR_INPUT || e.text[0] == '\0');
		return 0;
	}
	f = fopen("/dev/null", "w");
	BUG_ON(f == NULL);
	for (unsigned i = 0; i < REP_FORMAT_COUNT; i++)
		BUG_ON(rep_write(r, (enum rep_format)i, f, &e) != 0);
	BUG_ON(fclose(f) != 0);
	rep_free(r);
	return 0;
}
