/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a gate's limits: refused with a sentence, or limits that can be looked at. */
#include "sim/cmd/diff_gate.h"
#include "tests/fuzz/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[BYTES_PATH];
	int fd = bytes_file(path, data, size);
	struct diff_options o = { .n_limit = 0 };
	struct err e = { ERR_NONE, "" };

	if (diff_gate_read(&o, path, &e) != 0)
		BUG_ON(e.code != ERR_CONFIG || e.text[0] == '\0');
	else
		BUG_ON(o.n_limit == 0);
	for (size_t i = 0; i < o.n_limit; i++)
		BUG_ON(o.limit[i].pattern[0] == '\0' || o.limit[i].place[0] == '\0' || o.limit[i].milli_percent < -1);
	diff_gate_free(&o);
	BUG_ON(close(fd) != 0);
	return 0;
}
