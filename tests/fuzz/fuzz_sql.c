/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a question to a results file: refused with a sentence, or answered in every format; the file stays as it is. */
/* mutations in ./check: 3000: three answers each */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "sim/app/command.h"
#include "sim/base/str.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/results.h"

cmd_fn cmd_query; /* of sim/cmd */

static char path[] = "/tmp/el2sim-fuzz-XXXXXX";
static struct str whole;
static int nowhere, out; /* /dev/null, and stdout as it was */

static struct str bytes_of(void)
{
	struct str b = STR_INIT;
	char part[4096];
	ssize_t n;
	int fd = open(path, O_RDONLY);

	BUG_ON(fd < 0);
	while ((n = read(fd, part, sizeof(part))) > 0)
		str_addn(&b, part, (size_t)n);
	BUG_ON(close(fd) != 0);
	return b;
}

static void drop(void)
{
	(void)unlink(path);
	str_free(&whole);
}

static void start(void)
{
	int fd = mkstemp(path);

	BUG_ON(fd < 0 || unlink(path) != 0 || close(fd) != 0);
	results_make(path);
	whole = bytes_of();
	nowhere = open("/dev/null", O_WRONLY);
	out = dup(STDOUT_FILENO);
	BUG_ON(nowhere < 0 || out < 0 || atexit(drop) != 0);
}

static void ask(char *sql, const char *format)
{
	char name[] = "query", option[] = "--format", how[8];
	char *argv[] = { name, path, sql, option, how, NULL };
	struct err e = { ERR_NONE, "" };

	(void)snprintf(how, sizeof(how), "%s", format);
	(void)fflush(stdout);
	BUG_ON(dup2(nowhere, STDOUT_FILENO) < 0);
	if (cmd_query(5, argv, &e) != 0)
		BUG_ON((e.code != ERR_USAGE && e.code != ERR_INPUT) || e.text[0] == '\0');
	(void)fflush(stdout);
	BUG_ON(dup2(out, STDOUT_FILENO) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const formats[] = { "table", "csv", "json" };
	char *sql = strndup((const char *)data, size);
	struct str after;

	BUG_ON(sql == NULL);
	if (whole.len == 0)
		start();
	if (sql[0] != '-') /* an option, not a question */
		for (size_t i = 0; i < 3; i++)
			ask(sql, formats[i]);
	after = bytes_of();
	BUG_ON(after.len != whole.len || memcmp(str_get(&after), str_get(&whole), whole.len) != 0);
	str_free(&after);
	free(sql);
	return 0;
}
