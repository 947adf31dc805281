/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a what-if (--patch FILE): refused with a sentence and its place, or edited into a program, which is judged. */
/* mutations in ./check: 3000: a program each */
#include <stdio.h>
#include <string.h>

#include "models/hyp/ws/ws_patch.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/shipped.h"

#define EDITS 8 /* more of them find nothing more */

/* A refusal says where: the file, and a line behind it unless it is about all of the file. */
static void placed(const struct err *e, const char *path)
{
	BUG_ON(e->code != ERR_CONFIG || strncmp(e->text, path, strlen(path)) != 0 || e->text[strlen(path)] != ':');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[BYTES_PATH];
	int fd = bytes_file(path, data, size);
	struct config c = *shipped();
	struct ws_patch x = { 0 };
	struct err e = { ERR_NONE, "" };
	struct ws_prog *p = NULL;

	if (ws_patch_read(&x, path, &e) != 0) {
		placed(&e, path);
	} else {
		BUG_ON(x.n == 0);
		x.n = x.n < EDITS ? x.n : EDITS;
		c.sw.patch = &x;
		p = config_compile(&c, true, &e);
		if (p == NULL)
			placed(&e, path);
		else
			BUG_ON(p->n == 0 || (p->fault != NULL && p->sound));
	}
	ws_free(p);
	ws_patch_free(&x);
	BUG_ON(close(fd) != 0);
	return 0;
}
