/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what trace-cmd records: refused with a sentence and without a file, or a native trace. libtracecmd reads it in a
 * process of its own, which may die.
 */
/* mutations in ./check: 300: a process each; seeds: tests/data/traces. */
#include <string.h>

#include "traces/import/import.h"
#include "traces/trace.h"
#include "tests/fuzz/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char in[BYTES_PATH], out[] = "/tmp/el2sim-fuzz-XXXXXX";
	const struct import_opts opts = { .in = in, .out = out, .from = "trace.dat" };
	int fd = bytes_file(in, data, size), made = mkstemp(out);
	struct import_result res;
	struct err e = { ERR_NONE, "" };

	BUG_ON(made < 0 || close(made) != 0 || unlink(out) != 0);
	if (import_run(&opts, NULL, &res, &e) != 0) {
		BUG_ON(e.code != ERR_INPUT || e.text[0] == '\0' || access(out, F_OK) == 0);
	} else {
		struct tr_reader *r = tr_open(out, &e);

		BUG_ON(r == NULL || unlink(out) != 0);
		tr_close(r);
	}
	import_free(&res);
	BUG_ON(close(fd) != 0);
	return 0;
}
