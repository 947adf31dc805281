/* SPDX-License-Identifier: Apache-2.0 */
/* Commands, their options and the words of main(). */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/app/args.h"
#include "sim/base/str.h"
#include "tests/suite.h"

struct opts {
	const char *trace, *out, *reference;
	uint64_t vcpus;
	int format;
	bool counting;
	struct arg_list vary;
};

#define M(member) offsetof(struct opts, member)

static const char *const formats[] = { "text", "md", "csv", "json", NULL };

static const struct arg_row rows[] = {
	{ "--trace", NULL, ARG_STR, M(trace), "FILE", .help = "the trace to replay" },
	{ "-o", "--output", ARG_STR, M(out), "FILE", .help = "where the report goes" },
	{ "--format", NULL, ARG_ENUM, M(format), NULL, formats, .help = "of the report" },
	{ "--vcpus", NULL, ARG_U64, M(vcpus), "N", NULL, 1, 512, .help = "how many" },
	{ "--counting", NULL, ARG_FLAG, M(counting), NULL, .help = "count only" },
	{ "--vary", NULL, ARG_LIST, M(vary), "KEY=A,B", .help = "one column for each value" },
};

static const struct arg_row needed[] = {
	{ "--reference", NULL, ARG_STR, M(reference), "FILE", .required = true,
	  .help = "what was measured" },
};

static cmd_fn sub_ok, sub_no;

static int sub_ok(int argc, char **argv, struct err *e)
{
	(void)e;
	return argc == 2 && strcmp(argv[0], "import") == 0 && strcmp(argv[1], "x") == 0 ? 0 : 1;
}

static int sub_no(int argc, char **argv, struct err *e)
{
	(void)argc;
	return err_set(e, ERR_ANSWER_NO, "%s says no", argv[0]);
}

static const struct cmd sub_rows[] = {
	{ "import", "FILE...", "bring a trace in" },
	{ "info", "FILE", "say what it is" },
};
static cmd_fn *const sub_fns[] = { sub_ok, sub_no };
static const struct cmd_set sub = { "el2sim trace", "traces", sub_rows, 2 };

static const struct arg_spec spec = { .streams = true, .set = &sub,
				      .name = "import",
				      .rows = rows,
				      .n_rows = ARG_ROWS(rows),
				      .min_pos = 1,
				      .max_pos = 2,
				      .overrides = true,
				      .text = "More about it.\n" };
static const struct arg_spec strict = {
	.set = &sub, .name = "info", .rows = needed, .n_rows = ARG_ROWS(needed), .max_pos = ARG_ANY
};

#define WORDS_MAX 32

static char line[256];
static char *words[WORDS_MAX];
static struct args a;
static struct opts o;
static struct err e;

/* Parse a command line written with spaces. */
static int parse(const struct arg_spec *s, const char *text)
{
	int n = 0;

	(void)snprintf(line, sizeof(line), "%s", text);
	for (char *w = strtok(line, " "); w != NULL; w = strtok(NULL, " "))
		words[n++] = w;
	words[n] = NULL;
	o = (struct opts){ .trace = "none", .format = 2, .vcpus = 4 };
	e = (struct err){ ERR_NONE, "" };
	return args_parse(&a, s, n, words, &o, &e);
}

START_TEST(what_is_not_given_stays_as_the_caller_put_it)
{
	ck_assert_int_eq(parse(&spec, "import a.ini"), 0);
	ck_assert_uint_eq(a.pos.n, 1);
	ck_assert_str_eq(a.pos.v[0], "a.ini");
	ck_assert_str_eq(o.trace, "none");
	ck_assert_int_eq(o.format, 2);
	ck_assert_uint_eq(o.vcpus, 4);
	ck_assert(!o.counting);
	ck_assert_uint_eq(o.vary.n + a.overrides.n, 0);
	args_free(&a);
}
END_TEST

START_TEST(options_operands_and_overrides_may_be_mixed)
{
	ck_assert_int_eq(parse(&spec,
			       "import --counting a --cost.isb=3 --trace=t=1 b --format json -o - "
			       "--vcpus 0x10 --vary x=1,2 --path.hvc.n=4 --vary=y=3"),
			 0);
	ck_assert_uint_eq(a.pos.n, 2);
	ck_assert_str_eq(a.pos.v[1], "b");
	ck_assert_str_eq(o.trace, "t=1");
	ck_assert_str_eq(o.out, "-");
	ck_assert_int_eq(o.format, 3);
	ck_assert_uint_eq(o.vcpus, 16);
	ck_assert(o.counting);
	ck_assert_uint_eq(o.vary.n, 2);
	ck_assert_str_eq(o.vary.v[0], "x=1,2");
	ck_assert_str_eq(o.vary.v[1], "y=3");
	ck_assert_uint_eq(a.overrides.n, 2);
	ck_assert_str_eq(a.overrides.v[0], "--cost.isb=3");
	ck_assert_str_eq(a.overrides.v[1], "--path.hvc.n=4");
	args_free(&a);
}
END_TEST

START_TEST(a_value_may_stand_right_behind_an_option_of_one_letter)
{
	ck_assert_int_eq(parse(&spec, "import a -ofile"), 0);
	ck_assert_str_eq(o.out, "file");
	args_free(&a);
}
END_TEST

START_TEST(two_dashes_end_the_options_and_one_is_an_operand)
{
	ck_assert_int_eq(parse(&spec, "import - -- --trace"), 0);
	ck_assert_str_eq(a.pos.v[0], "-");
	ck_assert_str_eq(a.pos.v[1], "--trace");
	args_free(&a);
	ck_assert_int_eq(parse(&spec, "import --output=x a"), 0);
	ck_assert_str_eq(o.out, "x");
	args_free(&a);
}
END_TEST

static const struct {
	const struct arg_spec *spec;
	const char *words, *sentence;
} bad[] = {
	{ &spec, "import", "too few operands (0): want el2sim trace import FILE..." },
	{ &spec, "import a b c",
	  "operand \"c\" is one too many: want el2sim trace import FILE..." },
	{ &spec, "import a --tracee x", "unknown option \"--tracee\": did you mean \"--trace\"?" },
	{ &spec, "import a --tarce=x", "unknown option \"--tarce\": did you mean \"--trace\"?" },
	{ &spec, "import a --weather",
	  "unknown option \"--weather\": \"el2sim trace import --help\" lists the options" },
	{ &spec, "import a --hepl", "unknown option \"--hepl\": did you mean \"--help\"?" },
	{ &spec, "import a -xfile",
	  "unknown option \"-xfile\": \"el2sim trace import --help\" lists the "
	  "options" },
	{ &spec, "import a --trace", "--trace needs a value: --trace FILE" },
	{ &spec, "import a --output", "--output needs a value: -o FILE" },
	{ &spec, "import a --format", "--format needs a value: --format NAME" },
	{ &spec, "import a --format jsn",
	  "--format jsn: want one of text, md, csv, json; did you mean \"json\"?" },
	{ &spec, "import a --format pictures",
	  "--format pictures: want one of text, md, csv, json" },
	{ &spec, "import a --counting=yes", "--counting=yes: --counting takes no value" },
	{ &spec, "import a --counting --counting", "--counting is given twice: give it once" },
	{ &spec, "import a -o x --output y", "-o is given twice: give it once" },
	{ &spec, "import a --vcpus 0", "--vcpus 0: want a whole number in 1..512" },
	{ &spec, "import a --vcpus 513", "--vcpus 513: want a whole number in 1..512" },
	{ &spec, "import a --vcpus many", "--vcpus many: want a whole number in 1..512" },
	{ &spec, "import a --cost.isb", "--cost.isb has no value: want --section.key=value" },
	{ &strict, "info a b", "el2sim trace info needs --reference FILE: give it" },
	{ &strict, "info --reference r --cost.isb=3",
	  "unknown option \"--cost.isb\": \"el2sim trace info --help\" lists the options" },
};

START_TEST(a_wrong_command_line_says_what_is_wanted)
{
	ck_assert_int_eq(parse(bad[_i].spec, bad[_i].words), -1);
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_str_eq(e.text, bad[_i].sentence);
}
END_TEST

START_TEST(the_help_shows_every_row)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	args_help(&spec, f);
	(void)fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "el2sim trace import: bring a trace in\n"));
	ck_assert_ptr_nonnull(strstr(text, "Usage: el2sim trace import FILE... [OPTION...]\n"));
	ck_assert_ptr_nonnull(strstr(text, "More about it.\n"));
	for (size_t i = 0; i < ARG_ROWS(rows); i++) {
		ck_assert_ptr_nonnull(strstr(text, rows[i].name));
		ck_assert_ptr_nonnull(strstr(text, rows[i].help));
	}
	ck_assert_ptr_nonnull(strstr(text, "-o, --output FILE"));
	ck_assert_ptr_nonnull(strstr(text, "--format text|md|csv|json"));
	ck_assert_ptr_nonnull(strstr(text, "how many (1..512)\n"));
	ck_assert_ptr_nonnull(strstr(text, "--section.key=value"));
	free(text);
}
END_TEST

/* --- commands --------------------------------------------------------------------------------- */

static int dispatch(const char *text)
{
	int n = 0;

	(void)snprintf(line, sizeof(line), "%s", text);
	for (char *w = strtok(line, " "); w != NULL; w = strtok(NULL, " "))
		words[n++] = w;
	words[n] = NULL;
	e = (struct err){ ERR_NONE, "" };
	return cmd_dispatch(&sub, sub_fns, n, words, &e);
}

START_TEST(a_command_gets_its_own_words)
{
	ck_assert_int_eq(dispatch("trace import x"), 0);
	ck_assert_int_eq(dispatch("trace info y"), -1);
	ck_assert_int_eq(e.code, ERR_ANSWER_NO);
	ck_assert_str_eq(e.text, "info says no");
}
END_TEST

START_TEST(an_unknown_command_names_the_nearest_one)
{
	ck_assert_int_eq(dispatch("trace improt x"), -1);
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_str_eq(e.text, "unknown command \"improt\": did you mean \"import\"?");
	ck_assert_int_eq(dispatch("trace zork"), -1);
	ck_assert_str_eq(e.text,
			 "unknown command \"zork\": \"el2sim trace --help\" lists the commands");
	ck_assert_int_eq(dispatch("trace"), -1);
	ck_assert_str_eq(e.text, "no command: \"el2sim trace --help\" lists the commands");
}
END_TEST

static const char *const top_names[] = {
#define CMD(name, args, help)        #name,
#define CMD_AS(id, name, args, help) name,
#include "sim/app/cmd.def"
};

#define N_TOP (int)(sizeof(top_names) / sizeof(top_names[0]))

/* --- the program ------------------------------------------------------------------------------ */

struct outcome {
	int status;
	char out[16384], err[4096];
};

static void slurp(char *text, size_t size, FILE *f)
{
	rewind(f);
	text[fread(text, 1, size - 1, f)] = '\0';
	(void)fclose(f);
}

/* Run the program; to names the file that standard output goes to, NULL to catch it. */
static void run(struct outcome *got, const char *text, const char *to)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int n = 0, state = 0;
	pid_t pid;

	(void)snprintf(line, sizeof(line), "%s", text);
	for (char *w = strtok(line, " "); w != NULL; w = strtok(NULL, " "))
		words[n++] = w;
	words[n] = NULL;
	pid = fork();
	if (pid == 0) {
		(void)dup2(to != NULL ? open(to, O_WRONLY) : fileno(out), STDOUT_FILENO);
		(void)dup2(fileno(err), STDERR_FILENO);
		(void)execv(EL2SIM_BINARY_DIR "/el2sim", words);
		_exit(127);
	}
	ck_assert(pid > 0 && waitpid(pid, &state, 0) == pid && WIFEXITED(state));
	got->status = WEXITSTATUS(state);
	slurp(got->out, sizeof(got->out), out);
	slurp(got->err, sizeof(got->err), err);
}

START_TEST(the_program_lists_every_command)
{
	struct outcome got;

	run(&got, "el2sim --help", NULL);
	ck_assert_int_eq(got.status, 0);
	ck_assert_str_eq(got.err, "");
	for (int i = 0; i < N_TOP; i++)
		ck_assert_ptr_nonnull(strstr(got.out, cmd_row(&cmd_top_set, top_names[i])->help));
	run(&got, "el2sim --version", NULL);
	ck_assert_int_eq(got.status, 0);
	ck_assert_str_eq(got.out, "el2sim " EL2SIM_VERSION "\n");
}
END_TEST

START_TEST(every_command_has_help_on_both_ways)
{
	struct outcome one, two;
	char text[128];

	(void)snprintf(text, sizeof(text), "el2sim %s --help", top_names[_i]);
	run(&one, text, NULL);
	(void)snprintf(text, sizeof(text), "el2sim help %s", top_names[_i]);
	run(&two, text, NULL);
	ck_assert_msg(one.status == 0 && one.err[0] == '\0', "%s", one.err);
	ck_assert_msg(two.status == 0 && two.err[0] == '\0', "%s", two.err);
	ck_assert_ptr_nonnull(strstr(one.out, "Usage: el2sim"));
	ck_assert_str_eq(one.out, two.out);
}
END_TEST

static const struct {
	const char *words, *err;
} bad_lines[] = {
	{ "el2sim", "el2sim: no command: \"el2sim --help\" lists the commands\n" },
	{ "el2sim hlep", "el2sim: unknown command \"hlep\": did you mean \"help\"?\n" },
	{ "el2sim help zork",
	  "el2sim: unknown command \"zork\": \"el2sim --help\" lists the commands\n" },
	{ "el2sim zo\nrk\033",
	  "el2sim: unknown command \"zo rk?\": \"el2sim --help\" lists the commands\n" },
};

START_TEST(a_wrong_line_is_answered_in_one_line_with_status_2)
{
	struct outcome got;

	run(&got, bad_lines[_i].words, NULL);
	ck_assert_int_eq(got.status, 2);
	ck_assert_str_eq(got.out, "");
	ck_assert_str_eq(got.err, bad_lines[_i].err);
}
END_TEST

START_TEST(help_that_cannot_be_written_is_an_error)
{
	struct outcome got;

	if (access("/dev/full", W_OK) != 0) {
		printf("skipped: there is no /dev/full here\n");
		return;
	}
	run(&got, "el2sim --help", "/dev/full");
	ck_assert_int_eq(got.status, 6);
	ck_assert_str_eq(got.err,
			 "el2sim: standard output could not be written: is the disk full?\n");
}
END_TEST

#define N(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	TCase *tc = tcase_create("args"), *prog = tcase_create("program");
	Suite *s = suite_create("args");

	tcase_add_test(tc, what_is_not_given_stays_as_the_caller_put_it);
	tcase_add_test(tc, options_operands_and_overrides_may_be_mixed);
	tcase_add_test(tc, a_value_may_stand_right_behind_an_option_of_one_letter);
	tcase_add_test(tc, two_dashes_end_the_options_and_one_is_an_operand);
	tcase_add_loop_test(tc, a_wrong_command_line_says_what_is_wanted, 0, N(bad));
	tcase_add_test(tc, the_help_shows_every_row);
	tcase_add_test(tc, a_command_gets_its_own_words);
	tcase_add_test(tc, an_unknown_command_names_the_nearest_one);
	tcase_add_test(prog, the_program_lists_every_command);
	tcase_add_loop_test(prog, every_command_has_help_on_both_ways, 0, N_TOP);
	tcase_add_loop_test(prog, a_wrong_line_is_answered_in_one_line_with_status_2, 0,
			    N(bad_lines));
	tcase_add_test(prog, help_that_cannot_be_written_is_an_error);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, prog);
	return suite_status(s);
}
