/* SPDX-License-Identifier: Apache-2.0 */
/* Any lines as faults (--inject): refused with a sentence, or built into a program, which may find nothing to change. */
/* mutations in ./check: 5000: a program each */
#include <string.h>

#include "models/hyp/check/inject.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/shipped.h"

#define FAULTS_MAX 8

static void apply(const struct ws_inject *x, size_t n)
{
	struct err e = { ERR_NONE, "" };
	struct ws_prog *p = config_compile(shipped(), true, &e);

	BUG_ON(p == NULL);
	if (ws_inject_apply(p, x, n, &e) != 0)
		BUG_ON(e.code != ERR_USAGE || e.text[0] == '\0');
	ws_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *rest = text, *line;
	struct ws_inject x[FAULTS_MAX];
	size_t n = 0;

	BUG_ON(text == NULL);
	while (n < FAULTS_MAX && (line = strsep(&rest, "\n")) != NULL) {
		struct err e = { ERR_NONE, "" };

		memset(&x[n], 0, sizeof(x[n]));
		if (ws_inject_parse(line, &x[n], &e) == 0)
			n++;
		else
			BUG_ON(e.code != ERR_USAGE || e.text[0] == '\0');
	}
	if (n != 0)
		apply(x, n);
	free(text);
	return 0;
}
