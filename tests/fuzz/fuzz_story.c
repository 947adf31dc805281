/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a story: refused with a sentence, or events that are tried in a world, and the same story when written. */
/* mutations in ./check: 5000: a world each */
#include <string.h>

#include "models/hyp/explore/story.h"
#include "sim/app/config.h"
#include "tests/fuzz/bytes.h"

static const struct ws_prog *program(void)
{
	static const struct arg_list none = { NULL, 0 };
	static struct ws_prog *p;
	static struct config c; /* the program points into it */
	struct err e = { ERR_NONE, "" };

	if (p == NULL) {
		BUG_ON(config_load(&c, "configs/experiment/linux-6.12-vhe-n1.ini", &none, &e) != 0);
		p = config_compile(&c, true, &e);
	}
	BUG_ON(p == NULL);
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[BYTES_PATH];
	int fd = bytes_file(path, data, size);
	struct err e = { ERR_NONE, "" };
	struct story s;
	struct xevent *ev;

	if (story_read(path, &s, &e) != 0) {
		BUG_ON(e.code != ERR_INPUT || e.text[0] == '\0');
	} else {
		ev = story_events(&s, program(), &e);
		BUG_ON(ev == NULL && (e.code != ERR_INPUT || e.text[0] == '\0'));
		free(ev);
	}
	story_free(&s);
	BUG_ON(close(fd) != 0);
	return 0;
}
