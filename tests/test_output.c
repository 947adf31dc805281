/* SPDX-License-Identifier: Apache-2.0 */
/* Where reports go: the ending of -o FILE is the format, in every command, and one that is no format is refused. */
#include "tests/suite.h"
#include "tests/command.h"

#include <sys/stat.h>

#include "sim/app/output.h"
#include "sim/base/share.h"

static char folder[] = "/tmp/el2sim-output.XXXXXX";

/* "<folder>/x.<ending>", of which there is no file. */
static char *named(const char *ending)
{
	struct str b = STR_INIT;

	str_addf(&b, "%s/x.%s", folder, ending);
	(void)remove(str_get(&b));
	return b.s;
}

static int run(const char *line, const char *option, const char *value, struct err *e)
{
	char *copy = xstrdup(line), *argv[COMMAND_WORDS_MAX] = { NULL };
	int argc = 0, rc;

	for (char *w = strtok(copy, " "); w != NULL && argc < COMMAND_WORDS_MAX - 3; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc++] = (char *)(uintptr_t)option;
	argv[argc++] = (char *)(uintptr_t)value;
	*e = (struct err){ ERR_NONE, "" };
	rc = cmd_main(argc, argv, e);
	free(copy);
	return rc;
}

/* What `el2sim COMMAND --help` prints. */
static char *help_of(const char *command)
{
	struct str line = STR_INIT;
	char *text = xcalloc(1, 1 << 16);
	FILE *f;

	str_addf(&line, EL2SIM_BINARY_DIR "/el2sim %s --help", command);
	f = popen(str_get(&line), "r");
	ck_assert_ptr_nonnull(f);
	(void)fread(text, 1, (1 << 16) - 1, f);
	ck_assert_int_eq(pclose(f), 0);
	str_free(&line);
	return text;
}

static const char *const commands[] = {
#define CMD(name, args, help)        #name,
#define CMD_AS(id, name, args, help) name,
#include "sim/app/cmd.def"
#undef CMD
#undef CMD_AS
#define TRACE_CMD(name, args, help) "trace " #name,
#include "sim/app/cmd_trace.def"
#undef TRACE_CMD
};

START_TEST(an_ending_that_is_no_format_is_refused_by_every_command)
{
	const char *command = commands[_i];
	char *help = help_of(command), *path = named("rtf"), text[64];
	bool writes = strstr(help, "-o, --output") != NULL;
	struct err e;

	(void)snprintf(text, sizeof(text), "el2sim %s", command);
	ck_assert_int_eq(run(text, "-o", path, &e), -1);
	if (writes) {
		ck_assert_int_eq(e.code, ERR_USAGE);
		ck_assert_msg(strstr(e.text, ".rtf is ") != NULL && strstr(e.text, "want a name that ends in .") != NULL,
			      "%s: %s", command, e.text);
	}
	ck_assert_int_ne(access(path, F_OK), 0);
	free(path);
	free(help);
}
END_TEST

/* One line of each command that writes a report quickly. */
static const char *const lines[] = {
	"el2sim run configs/experiment/linux-6.12-vhe-n1.ini",
	"el2sim compare configs/experiment/eager-vs-deferred.ini",
	"el2sim explain configs/experiment/linux-6.12-vhe-n1.ini",
	"el2sim profile configs/experiment/linux-6.12-vhe-n1.ini",
	"el2sim verify --reference tests/data/registers-nvhe.csv --totals tests/data/totals-nvhe.csv",
	"el2sim trace info traces/samples/linux-6.12-vhe-mixed-4v2p.e2t",
	"el2sim trace stat traces/samples/linux-6.12-vhe-mixed-4v2p.e2t",
	"el2sim regs",
	"el2sim exits",
	"el2sim flags",
	"el2sim explore --doc",
	"el2sim bugs --list",
	"el2sim config --doc",
	"el2sim lint configs/experiment/linux-6.12-vhe-n1.ini",
	"el2sim abi --list",
	"el2sim diff configs/experiment/linux-6.12-vhe-n1.ini configs/experiment/linux-4.15-vhe-n1.ini",
};

static const char *const first_bytes[REP_FORMAT_COUNT] = {
	[REP_TEXT] = "", [REP_MD] = "## ", [REP_CSV] = "", [REP_JSON] = "{", [REP_HTML] = "<!doctype html>",
};

START_TEST(the_ending_of_the_file_is_the_format)
{
	for (int i = 0; i < REP_FORMAT_COUNT; i++) {
		char *path = named(i == REP_TEXT ? "txt" : output_formats[i]), *plain = named("");
		struct str by_ending, by_option;
		struct err e;

		plain[strlen(plain) - 1] = '\0'; /* a name without an ending */
		ck_assert_msg(run(lines[_i], "-o", path, &e) == 0 || e.code == ERR_ANSWER_NO, "%s: %s", lines[_i], e.text);
		by_ending = slurp(path);
		ck_assert_msg(strncasecmp(str_get(&by_ending), first_bytes[i], strlen(first_bytes[i])) == 0, "%s -o %s: %.40s",
			      lines[_i], path, str_get(&by_ending));
		{
			struct str line = STR_INIT;

			str_addf(&line, "%s --format %s", lines[_i], output_formats[i]);
			ck_assert(run(str_get(&line), "-o", plain, &e) == 0 || e.code == ERR_ANSWER_NO);
			by_option = slurp(plain);
			str_free(&line);
		}
		ck_assert_str_eq(str_get(&by_ending), str_get(&by_option));
		str_free(&by_ending);
		str_free(&by_option);
		(void)remove(path);
		(void)remove(plain);
		free(path);
		free(plain);
	}
}
END_TEST

START_TEST(an_option_wins_over_the_ending)
{
	char *path = named("pdf");
	struct str text;
	struct err e;

	ck_assert_int_eq(run("el2sim regs --groups --format json", "-o", path, &e), 0);
	text = slurp(path);
	ck_assert_int_eq(str_get(&text)[0], '{');
	str_free(&text);
	(void)remove(path);
	free(path);
}
END_TEST

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
	struct str line = STR_INIT;

	str_addf(&line, "rm -r %s", folder);
	ck_assert_int_eq(system(str_get(&line)), 0);
	str_free(&line);
}

int main(void)
{
	Suite *s = suite_create("output");
	TCase *t = tcase_create("output");

	if (chdir(EL2SIM_SOURCE_DIR) != 0)
		return 1;
	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, an_ending_that_is_no_format_is_refused_by_every_command, 0,
			    (int)(sizeof(commands) / sizeof(commands[0])));
	tcase_add_loop_test(t, the_ending_of_the_file_is_the_format, 0, (int)(sizeof(lines) / sizeof(lines[0])));
	tcase_add_test(t, an_option_wins_over_the_ending);
	suite_add_tcase(s, t);
	return suite_status(s);
}
