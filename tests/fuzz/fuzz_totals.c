/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as recorded totals: refused with a sentence, or rows within their limits. */
#include <string.h>

#include "models/hyp/measured/totals.h"
#include "tests/fuzz/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[BYTES_PATH];
	int fd = bytes_file(path, data, size), got = -1;
	struct err e = { ERR_NONE, "" };
	struct totals *t = totals_open(path, &e);
	struct totals_row row;

	while (t != NULL && (got = totals_next(t, &row, &e)) == 1) {
		BUG_ON(row.tag[0] == '\0' || row.kind[0] == '\0');
		for (unsigned i = 0; i < TOT_COUNT; i++)
			BUG_ON(row.v[i] > TOTALS_VALUE_MAX);
	}
	BUG_ON(got < 0 && (e.code != ERR_INPUT || e.text[0] == '\0'));
	totals_close(t);
	BUG_ON(close(fd) != 0);
	return 0;
}
