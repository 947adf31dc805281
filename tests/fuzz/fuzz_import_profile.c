/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a recording of which a profile is made: totals, a line "----", registers. */
#include <string.h>

#include "models/hyp/measured/path_import.h"
#include "tests/fuzz/bytes.h"

static void write_profile(const struct path_import *im)
{
	const struct path_words words = { .recorded_with = "fuzz", .source = "fuzz", .table = "t.csv" };
	struct err e = { ERR_NONE, "" };
	struct str out = STR_INIT;

	path_import_table(im, &out);
	BUG_ON(out.len == 0);
	if (path_import_ini(im, &words, &out, &e) != 0)
		BUG_ON(e.code != ERR_INPUT || e.text[0] == '\0');
	str_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = memmem(data, size, "----\n", 5);
	size_t n = cut != NULL ? (size_t)(cut - data) : size;
	char totals[BYTES_PATH], registers[BYTES_PATH];
	int a = bytes_file(totals, data, n), b = bytes_file(registers, cut != NULL ? cut + 5 : data, cut != NULL ? size - n - 5 : 0);
	struct path_import im = { .cfg = 0 };
	struct err e = { ERR_NONE, "" };

	if (path_import_add(&im, totals, registers, &e) != 0)
		BUG_ON(e.code != ERR_INPUT || e.text[0] == '\0');
	else
		write_profile(&im);
	path_import_free(&im);
	BUG_ON(close(a) != 0 || close(b) != 0);
	return 0;
}
