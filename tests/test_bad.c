/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every file in tests/bad holds one mistake. Its first two lines (after comment signs), or those of
 * NAME.expect when the file can have none, say what is run and what must come of it:
 *
 *	# expect 3: {file}:4: unknown key "isbb"
 *	# run: el2sim config {file} -o {out}
 *
 * The exit status is 3, standard error is one line that contains the text, standard output is empty (but
 * for status 1: the answer is written), and nothing is left in the folder of {out}. {file} is the path
 * from the root of the tree, where it is run. "run: opt_load {file}" reads it with the option rows of
 * tests/opt_rows.h instead of the program. Folders in tests/bad hold what the files refer to.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/opt.h"
#include "sim/base/str.h"
#include "tests/opt_rows.h"
#include "tests/suite.h"

#define BAD_DIR   "tests/bad"
#define WORDS_MAX 32
#define SUFFIX    ".expect"

static struct dirent **files;
static int n_files;

struct expectation {
	int status;
	struct str text, run;
};

struct outcome {
	int status;
	struct str out, err;
};

/* --- reading what is expected ----------------------------------------------------------------- */

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static int is_bad_file(const struct dirent *d)
{
	return d->d_type != DT_DIR && d->d_name[0] != '.' && !ends_with(d->d_name, SUFFIX) &&
	       strcmp(d->d_name, "README.md") != 0;
}

static void replaced(struct str *b, const char *text, const char *file, const char *out)
{
	while (*text != '\0') {
		if (strncmp(text, "{file}", 6) == 0) {
			str_add(b, file);
			text += 6;
		} else if (strncmp(text, "{out}", 5) == 0) {
			str_add(b, out);
			text += 5;
		} else {
			str_addc(b, *text++);
		}
	}
}

static void take_line(struct expectation *x, char *line, const char *file, const char *out)
{
	int from = 0;

	line[strcspn(line, "\r\n")] = '\0';
	line += strspn(line, "#;/* \t");
	if (sscanf(line, "expect %d: %n", &x->status, &from) == 1 && from > 0)
		replaced(&x->text, line + from, file, out);
	else if (strncmp(line, "run: ", 5) == 0)
		replaced(&x->run, line + 5, file, out);
}

static void read_expectation(struct expectation *x, const char *file, const char *out)
{
	struct str sidecar = STR_INIT;
	char line[1024];
	FILE *f;

	str_addf(&sidecar, "%s" SUFFIX, file);
	f = fopen(str_get(&sidecar), "r");
	if (f == NULL)
		f = fopen(file, "r");
	ck_assert_msg(f != NULL, "%s cannot be read", file);
	for (int i = 0; i < 2 && fgets(line, sizeof(line), f) != NULL; i++)
		take_line(x, line, file, out);
	(void)fclose(f);
	str_free(&sidecar);
	ck_assert_msg(
		x->text.len != 0 && x->run.len != 0,
		"%s: want \"expect STATUS: TEXT\" and \"run: COMMAND\" in its first two lines",
		file);
}

/* --- running ---------------------------------------------------------------------------------- */

static int split(char *text, char **words)
{
	int n = 0;

	for (char *w = strtok(text, " "); w != NULL && n < WORDS_MAX - 1; w = strtok(NULL, " "))
		words[n++] = w;
	words[n] = NULL;
	return n;
}

static void slurp(struct str *b, FILE *f)
{
	char part[4096];
	size_t n;

	rewind(f);
	while ((n = fread(part, 1, sizeof(part), f)) != 0)
		str_addn(b, part, n);
	(void)fclose(f);
}

static void run_program(struct outcome *got, char **words)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int state = 0;
	pid_t pid;

	ck_assert(out != NULL && err != NULL);
	pid = fork();
	if (pid == 0) {
		(void)dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
		(void)dup2(fileno(out), STDOUT_FILENO);
		(void)dup2(fileno(err), STDERR_FILENO);
		(void)execv(EL2SIM_BINARY_DIR "/el2sim", words);
		_exit(127);
	}
	ck_assert(pid > 0 && waitpid(pid, &state, 0) == pid);
	got->status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
	slurp(&got->out, out);
	slurp(&got->err, err);
}

static void run_opt_load(struct outcome *got, const char *path)
{
	struct opt_set *set = opt_new();
	struct err e = { ERR_NONE, "" };
	struct sample s;

	opt_add(set, sample_rows, N_SAMPLE_ROWS, &s);
	if (opt_load(set, path, &e) == 0)
		(void)opt_done(set, &e);
	got->status = err_exit_status(e.code);
	str_addf(&got->err, "%s\n", e.text);
	opt_free(set);
}

static void run(struct outcome *got, struct expectation *x, const char *file)
{
	char *words[WORDS_MAX];
	int n = split(x->run.s, words);

	if (n == 2 && strcmp(words[0], "opt_load") == 0)
		run_opt_load(got, words[1]);
	else if (n > 0 && strcmp(words[0], "el2sim") == 0)
		run_program(got, words);
	else
		ck_abort_msg("%s: cannot run \"%s\": want el2sim or opt_load", file, words[0]);
}

/* --- comparing -------------------------------------------------------------------------------- */

static void compare(const struct outcome *got, const struct expectation *x, const char *file)
{
	const char *err = str_get(&got->err), *end = strchr(err, '\n');

	ck_assert_msg(got->status == x->status, "%s: exit status %d, want %d; it said: %s", file,
		      got->status, x->status, err);
	ck_assert_msg(strstr(err, str_get(&x->text)) != NULL, "%s:\nsaid: %swant: %s", file, err,
		      str_get(&x->text));
	ck_assert_msg(end != NULL && end[1] == '\0', "%s: more or less than one line: %s", file,
		      err);
	ck_assert_msg(x->status == 1 || got->out.len == 0, "%s: wrote to standard output: %s", file,
		      str_get(&got->out));
}

START_TEST(a_bad_file_is_refused_in_one_line_and_leaves_nothing)
{
	char dir[] = "/tmp/el2sim-bad-XXXXXX";
	struct str file = STR_INIT, out = STR_INIT;
	struct expectation x = { 0, STR_INIT, STR_INIT };
	struct outcome got = { 0, STR_INIT, STR_INIT };

	ck_assert_ptr_nonnull(mkdtemp(dir));
	str_addf(&file, BAD_DIR "/%s", files[_i]->d_name);
	str_addf(&out, "%s/out", dir);
	read_expectation(&x, str_get(&file), str_get(&out));
	run(&got, &x, str_get(&file));
	ck_assert_msg(rmdir(dir) == 0, "%s: an output file was left behind in %s", str_get(&file),
		      dir);
	compare(&got, &x, str_get(&file));
	str_free(&file);
	str_free(&out);
	str_free(&x.text);
	str_free(&x.run);
	str_free(&got.out);
	str_free(&got.err);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("bad");
	Suite *s = suite_create("bad");
	int failed;

	if (chdir(EL2SIM_SOURCE_DIR) != 0 ||
	    (n_files = scandir(BAD_DIR, &files, is_bad_file, alphasort)) < 1) {
		printf("no files in " BAD_DIR "\n");
		return 1;
	}
	tcase_add_loop_test(tc, a_bad_file_is_refused_in_one_line_and_leaves_nothing, 0, n_files);
	suite_add_tcase(s, tc);
	failed = suite_status(s);
	for (int i = 0; i < n_files; i++)
		free(files[i]);
	free(files);
	return failed;
}
