/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a configuration with the real options: refused with a sentence, or a configuration of which each value reads
 * back, and a program or a sentence why there is none.
 */
/* mutations in ./check: 5000: programs that are compiled; seeds: configs/workload configs/bugs. */
#include <string.h>

#include "sim/app/config.h"
#include "tests/fuzz/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct arg_list none = { NULL, 0 };
	char path[BYTES_PATH];
	int fd = bytes_file(path, data, size);
	struct err e = { ERR_NONE, "" };
	struct config c;
	struct ws_prog *p;

	if (config_load(&c, path, &none, &e) != 0) {
		BUG_ON((e.code != ERR_CONFIG && e.code != ERR_USAGE && e.code != ERR_INPUT) || e.text[0] == '\0');
	} else {
		p = config_compile(&c, false, &e);
		BUG_ON(p == NULL && (e.code == ERR_NONE || e.text[0] == '\0' || strchr(e.text, '\n') != NULL));
		ws_free(p);
	}
	config_free(&c);
	BUG_ON(close(fd) != 0);
	return 0;
}
