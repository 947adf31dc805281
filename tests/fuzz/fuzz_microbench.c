/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a log of kvm-unit-tests' micro-bench: refused with a sentence, or times above 0. */
#include "models/cal/mblog.h"
#include "tests/fuzz/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[BYTES_PATH];
	int fd = bytes_file(path, data, size);
	struct mblog l = { .n = 0 };
	struct err e = { ERR_NONE, "" };

	if (mblog_read(path, &l, &e) != 0)
		BUG_ON(e.code != ERR_INPUT || e.text[0] == '\0');
	for (unsigned b = 0; e.code == ERR_NONE && b < BENCH_COUNT; b++) {
		double noise, mean = mblog_mean(&l, (enum cal_bench)b, &noise);

		BUG_ON(l.row[b].n != 0 && !(mean > 0));
	}
	BUG_ON(close(fd) != 0);
	return 0;
}
