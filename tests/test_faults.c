/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every command, with one fault in it: an allocation, a system call (EIO, ENOSPC, EINTR, half of the bytes) or a signal at
 * that moment (tests/inject). What must come of it: the status and the output of a run without a fault, or a documented status, a
 * sentence, and every file as it was before; never anything left behind, never a crash. Up to 40 system calls have one kind of fault
 * each, and 8 allocations. EL2SIM_FAULTS=places: every system call has each kind, and an allocation of every chain of callers fails (an
 * hour); EL2SIM_FAULTS=N: every N-th allocation (1: the whole loop, many hours). EL2SIM_FAULTS_FROM=N, EL2SIM_FAULTS_TO=N: only these of
 * `cases`, from 0.
 */
#include <dirent.h>
#include <errno.h>
#include <sqlite3.h>
#include <sys/mman.h>

#include "sim/base/err.h"
#include "tests/inject/inject.h"
#include "tests/sweep_bench.h"

#ifndef EL2SIM_INJECT_LIB
int main(void)
{
	(void)puts("skipped: a sanitizer has an allocator and handlers of its own, and only glibc on x86-64 and aarch64 is known");
	return 77;
}
#else

#define CALLS_MAX 40 /* of a command, when not all kinds are asked for */
#define OLD "what was there before\n"

/* A command line, files that it writes (results files: they have half of what it makes), how to do it again, if that differs. */
static const struct fault_case {
	const char *words, *files, *again;
} cases[] = {
	{ "help run", "", NULL },
	{ "run a.ini -o o.json --events e.e2t --timeline t.vcd", "o.json e.e2t t.vcd", NULL },
	{ "run a.ini --format md", "", NULL },
	{ "run replay.ini -o o.html", "o.html", NULL },
	{ "compare a.ini --vary policy.el1=eager,deferred -o o.csv", "o.csv", NULL },
	{ "report r.json -o o.html", "o.html", NULL },
	{ "report have.db -o o.md", "o.md", NULL },
	{ "explain a.ini -o o.txt", "o.txt", NULL },
	{ "profile replay.ini -o o.txt", "o.txt", NULL },
	{ "sensitivity replay.ini -o o.txt", "o.txt", NULL },
	{ "advise replay.ini --groups -o o.txt", "o.txt", NULL },
	{ "verify --reference registers.csv.zst --totals totals.csv -o o.txt", "o.txt", NULL },
	{ "calibrate experiment/linux-6.12-vhe-n1.ini --microbench bench.log --probe probe.txt --perf hvc=hvc.perf -o o.txt --write w.ini", "o.txt w.ini", NULL },
	{ "validate --public -o o.txt", "o.txt", NULL },
	{ "validate experiment/linux-6.12-vhe-n1.ini --microbench bench.log -o o.txt", "o.txt", NULL },
	{ "trace import report.txt -o o.e2t", "o.e2t", NULL },
	{ "trace import t.dat -o o.e2t", "o.e2t", NULL },
	{ "trace info s.e2t -o o.txt", "o.txt", NULL },
	{ "trace stat s.e2t -o o.json", "o.json", NULL },
	{ "trace cut s.e2t --events 300 -o o.e2t", "o.e2t", NULL },
	{ "trace fit s.e2t -o o.ini", "o.ini", NULL },
	{ "trace dump cut.e2t", "", NULL },
	{ "kernel info vmlinux -o o.txt", "o.txt", NULL },
	{ "kernel diff vmlinux patched -o o.txt", "o.txt", NULL },
	{ "kernel import switched --machine machine/cortex-a76.ini -o o.kernel", "o.kernel", NULL },
	{ "price linux-4.15-vhe linux-6.12-vhe --machine machine/cortex-a76.ini -o o.txt", "o.txt", NULL },
	{ "record --list", "", NULL },
	{ "doctor report.txt -o o.txt", "o.txt", NULL },
	{ "regs", "", NULL },
	{ "exits -o o.csv", "o.csv", NULL },
	{ "flags --rules -o o.txt", "o.txt", NULL },
	{ "config a.ini -o o.txt", "o.txt", NULL },
	{ "config --list", "", NULL },
	{ "lint a.ini -o o.txt", "o.txt", NULL },
	{ "explore a.ini --depth 2 --inject drop:SCTLR_EL1@put -o o.txt --story s.txt", "o.txt s.txt", NULL },
	{ "bugs --list -o o.txt", "o.txt", NULL },
	{ "import-profile totals.csv registers.csv.zst -o o.ini", "o.ini o.csv", NULL },
	{ "abi --list -o o.txt", "o.txt", NULL },
	{ "sweep a.ini -j1 -o o.db", "o.db", "sweep a.ini -j1 -o o.db --retry" },
	{ "merge 1.db 2.db -o o.db", "o.db", NULL },
	{ "diff r.json a.ini -o o.txt", "o.txt", NULL },
	{ "diff have.db 1.db -o o.txt", "o.txt", NULL },
	{ "query have.db --format json |SELECT * FROM metrics ORDER BY point, name", "", NULL },
	{ "query have.db -o o.csv |SELECT * FROM points", "o.csv", NULL },
};

/* Too long for thousands of runs; its parts are those of lint and explore. */
static const char *const without[] = { "mutate" };

static const struct kind {
	const char *name;
	enum inject_what what;
	int arg;
} kinds[] = {
	{ "EIO", INJECT_ERROR, EIO },	    { "SIGTERM", INJECT_SIGNAL, SIGTERM }, { "ENOSPC", INJECT_ERROR, ENOSPC },
	{ "half", INJECT_SHORT, 0 },	    { "SIGPIPE", INJECT_SIGNAL, SIGPIPE }, { "EINTR", INJECT_ERROR, EINTR },
	{ "SIGHUP", INJECT_SIGNAL, SIGHUP }, { "SIGINT", INJECT_SIGNAL, SIGINT },
};

static struct inject *plan;
static struct str inject_file;
static bool all_kinds;	   /* EL2SIM_FAULTS is given */
static uint64_t stride;	   /* its number; 0: by place */

static void copy(const char *from, const char *to)
{
	struct str text = slurp(from);

	spill(to, str_get(&text), text.len);
	str_free(&text);
}

static void from_source(const char *path, const char *to)
{
	struct str b = STR_INIT;

	str_addf(&b, EL2SIM_SOURCE_DIR "/%s", path);
	copy(str_get(&b), to);
	str_free(&b);
}

static void must(const char *words)
{
	int status = run(words);
	struct str e = slurp("err");

	ck_assert_msg(status == 0 || status == 1, "%s: %d: %s", words, status, str_get(&e));
	str_free(&e);
}

/* Once, in the process that the tests are forked from. */
static void prepare(void)
{
	int fd;

	setup();
	config("a.ini", "policy.el1 = eager, deferred\nmachine.vcpus = 1, 2\n");
	put("replay.ini", "[el2sim]\ninclude = machine/neoverse-n1.ini\n[run]\ntrace = cut.e2t\n");
	from_source("traces/samples/linux-6.12-vhe-mixed-4v2p.e2t", "s.e2t");
	from_source("tests/data/traces/report-6.1.txt", "report.txt");
	from_source("tests/data/traces/mixed-4v2p.dat", "t.dat");
	from_source("tests/data/registers-nvhe.csv.zst", "registers.csv.zst");
	from_source("tests/data/totals-nvhe.csv", "totals.csv");
	from_source("tests/data/microbench-altra.log", "bench.log");
	from_source("tests/data/el0-probe.txt", "probe.txt");
	from_source("tests/data/microbench-hvc.perf", "hvc.perf");
	if (access(EL2SIM_KERNELS "/base", R_OK) == 0) {
		copy(EL2SIM_KERNELS "/base", "vmlinux");
		copy(EL2SIM_KERNELS "/PATCH", "patched");
		copy(EL2SIM_KERNELS "/switch.BASE", "switched");
	}
	must("trace cut s.e2t --events 400 -o cut.e2t");
	must("run a.ini -o r.json");
	must("sweep a.ini -j2 -o have.db");
	must("sweep a.ini -j2 --shard 1/2 -o 1.db");
	must("sweep a.ini -j2 --shard 2/2 -o 2.db");
	str_addf(&inject_file, "%s/inject", dir);
	fd = open(str_get(&inject_file), O_RDWR | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, sizeof(*plan)), 0);
	plan = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert(plan != MAP_FAILED);
	(void)close(fd);
}

static bool is_results(const char *file)
{
	return strstr(file, ".db") != NULL;
}

/* The files of a case one by one: *list moves on. */
static bool next_file(const char **list, char file[32])
{
	size_t n = strcspn(*list, " ");

	(void)snprintf(file, 32, "%.*s", (int)n, *list);
	*list += n + strspn(*list + n, " ");
	return n != 0;
}

/* Which results are there, and what they are. */
static void contents(const char *file, struct str *b)
{
	static const char sql[] = "SELECT hash, status, hex(report), (SELECT count(*) FROM metric_value v WHERE v.result = r.result) "
				  "FROM result r WHERE status IN ('ok', 'no') ORDER BY hash";
	sqlite3_stmt *st = NULL;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK, "%s: %s", file, sqlite3_errmsg(db));
	while (sqlite3_step(st) == SQLITE_ROW)
		str_addf(b, "%s %s %s %s\n", sqlite3_column_text(st, 0), sqlite3_column_text(st, 1), sqlite3_column_text(st, 2),
			 sqlite3_column_text(st, 3));
	ck_assert_int_eq(sqlite3_finalize(st), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

static struct str read_back(const char *file)
{
	struct str b = STR_INIT;

	if (!is_results(file))
		return slurp(file);
	contents(file, &b);
	return b;
}

static void set_files(const struct fault_case *c)
{
	const char *list = c->files;
	char file[32];

	while (next_file(&list, file)) {
		if (is_results(file))
			copy("1.db", file);
		else
			put(file, OLD);
	}
}

static int with_fault(const struct fault_case *c, enum inject_what what, int arg, uint64_t n)
{
	int status;

	memset(plan, 0, what == INJECT_COUNT ? sizeof(*plan) : offsetof(struct inject, places));
	plan->what = what;
	plan->arg = arg;
	plan->n = n;
	(void)setenv("LD_PRELOAD", EL2SIM_INJECT_LIB, 1);
	(void)setenv(INJECT_ENV, str_get(&inject_file), 1);
	(void)setenv("TMPDIR", ".", 1); /* what is left there is seen, too */
	status = run(c->words);
	(void)unsetenv("LD_PRELOAD");
	return status;
}

/* What a run without a fault does, in a folder of which all names are known. */
struct without_fault {
	const struct fault_case *c;
	int status;
	struct str out, file[4], names;
};

static void names_of(struct str *b)
{
	DIR *d = opendir(".");
	struct dirent *f;

	ck_assert_ptr_nonnull(d);
	str_addc(b, ' ');
	while ((f = readdir(d)) != NULL)
		str_addf(b, "%s ", f->d_name);
	(void)closedir(d);
}

/* A name that was not there. */
static bool left_behind(const struct without_fault *w, struct str *name)
{
	DIR *d = opendir(".");
	struct dirent *f;

	str_reset(name);
	while (name->len == 0 && (f = readdir(d)) != NULL) {
		struct str word = STR_INIT;

		str_addf(&word, " %s ", f->d_name);
		if (strstr(str_get(&w->names), str_get(&word)) == NULL)
			str_add(name, f->d_name);
		str_free(&word);
	}
	(void)closedir(d);
	return name->len != 0;
}

static bool same_text(const struct str *a, const struct str *b)
{
	return a->len == b->len && memcmp(str_get(a), str_get(b), a->len) == 0;
}

/* All lines of a are in b. */
static bool holds_lines(const struct str *b, const struct str *a)
{
	for (const char *line = str_get(a), *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		struct str one = STR_INIT;
		bool is;

		str_addn(&one, line, (size_t)(end - line) + 1);
		is = strstr(str_get(b), str_get(&one)) != NULL;
		str_free(&one);
		if (!is)
			return false;
	}
	return true;
}

#define HOW "el2sim %s: %s at %s %llu: status %d: "

/* A file is what it was before, or (a signal may come when it is done) as it is to be. Results are only added. */
static void check_file(const struct without_fault *w, const char *file, const struct str *whole, bool done, const char *how)
{
	struct str got = read_back(file), old = STR_INIT;
	bool good;

	if (is_results(file))
		contents("1.db", &old);
	else
		str_add(&old, OLD);
	good = same_text(&got, whole) || (!done && (is_results(file) ? holds_lines(&got, &old) : same_text(&got, &old)));
	ck_assert_msg(good, "%s%s is neither as before nor as it is to be: %.200s", how, file, str_get(&got));
	str_free(&got);
	str_free(&old);
	(void)w;
}

static void check_run(const struct without_fault *w, int status, const char *kind, const char *of, uint64_t n)
{
	struct str out = slurp("out"), e = slurp("err"), how = STR_INIT, name = STR_INIT;
	const char *list = w->c->files;
	/* while a whole answer is being written, the output itself may fail, and a signal may come */
	bool done = status == w->status, cut = status == err_exit_status(ERR_INTERRUPTED) ||
					       strstr(str_get(&e), "standard output could not be written") != NULL ||
					       strstr(str_get(&e), "the output was closed by what reads it") != NULL;
	char file[32];

	str_addf(&how, HOW, w->c->words, kind, of, (unsigned long long)n, status);
	ck_assert_msg((status >= 0 && status <= 7) || status == 130, "%snot a documented one: %s", str_get(&how), str_get(&e));
	ck_assert_msg(!done || same_text(&out, &w->out), "%swrong output: %.300s", str_get(&how), str_get(&out));
	ck_assert_msg(done || status == 1 || strstr(str_get(&e), "el2sim: ") != NULL, "%snot a word", str_get(&how));
	ck_assert_msg(strncmp(w->c->words, "query", 5) != 0 || done || cut || out.len == 0, "%shalf an answer: %s", str_get(&how), str_get(&e));
	ck_assert_msg(out.len <= w->out.len || !done, "%smore output", str_get(&how));
	for (size_t i = 0; next_file(&list, file); i++)
		check_file(w, file, &w->file[i], done, str_get(&how));
	if (!done && strstr(w->c->files, ".db") != NULL) { /* the same command makes it whole, and there is nothing else */
		const char *again = w->c->again != NULL ? w->c->again : w->c->words;

		ck_assert_msg(run(again) == w->status, "%snot again", str_get(&how));
		list = w->c->files;
		for (size_t i = 0; next_file(&list, file); i++)
			check_file(w, file, &w->file[i], true, str_get(&how));
	}
	ck_assert_msg(!left_behind(w, &name), "%sleaves %s", str_get(&how), str_get(&name));
	str_free(&out);
	str_free(&e);
	str_free(&how);
	str_free(&name);
}

/* Outputs must be the same each time; what no fault was in tells how many there can be. */
static void begin(struct without_fault *w, const struct fault_case *c)
{
	const char *list = c->files;
	struct str e;
	char file[32];

	*w = (struct without_fault){ .c = c };
	set_files(c);
	w->status = with_fault(c, INJECT_COUNT, 0, 0);
	e = slurp("err");
	ck_assert_msg(w->status == 0 || w->status == 1, "%s: %d: %s", c->words, w->status, str_get(&e));
	str_free(&e);
	w->out = slurp("out");
	for (size_t i = 0; next_file(&list, file); i++)
		w->file[i] = read_back(file);
	names_of(&w->names);
}

START_TEST(a_fault_is_told_and_nothing_is_left)
{
	const struct fault_case *c = &cases[_i];
	struct without_fault w;
	uint64_t allocs, calls, places, step, each, ran = 0, told = 0;

	if (strncmp(c->words, "kernel", 6) == 0 && access("vmlinux", R_OK) != 0) {
		(void)puts("skipped: no cross compiler: kernel info, diff, import");
		return;
	}
	begin(&w, c);
	allocs = plan->allocs;
	calls = plan->calls;
	places = plan->places;
	ck_assert_uint_gt(allocs, 10);
	ck_assert_uint_gt(calls, 0);
	ck_assert_uint_gt(places, 5);
	ck_assert_uint_le(places, allocs);
	each = all_kinds ? 1 : calls / CALLS_MAX + 1;
	for (uint64_t n = 1; n <= calls + 2; n += each) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			if (!all_kinds && k != (n / each + (uint64_t)_i) % (sizeof(kinds) / sizeof(kinds[0])))
				continue;
			set_files(c);
			check_run(&w, with_fault(c, kinds[k].what, kinds[k].arg, n), kinds[k].name, "call", n);
			told += plan->fired;
			ran++;
		}
	}
	step = stride != 0 ? stride : all_kinds ? 1 : places / 8 + 1;
	for (uint64_t i = (uint64_t)_i % step; i < (stride != 0 ? allocs : places); i += step) {
		uint64_t n = stride != 0 ? i + 1 : plan->place[i];

		set_files(c);
		check_run(&w, with_fault(c, INJECT_ALLOC, 0, n), "no memory", "allocation", n);
		told += plan->fired;
		ran++;
	}
	(void)printf("%s: %llu runs, %llu with a fault; %llu allocations, %llu places, %llu calls\n", c->words, (unsigned long long)ran,
		     (unsigned long long)told, (unsigned long long)allocs, (unsigned long long)places, (unsigned long long)calls);
}
END_TEST

/* SIGXFSZ: a limit on the size of files, which is what a full disk is like. Standard error is a pipe: it has no limit. */
START_TEST(a_limit_on_files_is_told_and_nothing_is_left)
{
	const struct fault_case *c = &cases[_i];
	struct without_fault w = { .c = c };
	struct str said = STR_INIT, name = STR_INIT;
	const char *list = c->files;
	char file[32], part[256];
	ssize_t got;
	int ends[2], status;
	pid_t pid;

	if (c->files[0] == '\0' || (strncmp(c->words, "kernel", 6) == 0 && access("vmlinux", R_OK) != 0))
		return;
	set_files(c);
	names_of(&w.names);
	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		const struct rlimit limit = { 0, 0 };
		char *copy = xstrdup(c->words), *last = strchr(copy, '|'), *argv[32] = { (char[]){ "el2sim" } };
		int argc = 1;

		if (last != NULL)
			*last++ = '\0';
		for (char *word = strtok(copy, " "); word != NULL && argc < 30; word = strtok(NULL, " "))
			argv[argc++] = word;
		if (last != NULL)
			argv[argc++] = last;
		(void)dup2(open("/dev/null", O_WRONLY), 1);
		(void)dup2(ends[1], 2);
		(void)close(ends[0]);
		(void)close(ends[1]);
		(void)setrlimit(RLIMIT_FSIZE, &limit);
		(void)execv(EL2SIM, argv);
		_exit(127);
	}
	(void)close(ends[1]);
	while ((got = read(ends[0], part, sizeof(part))) > 0)
		str_addn(&said, part, (size_t)got);
	(void)close(ends[0]);
	status = finish(pid);
	ck_assert_msg(status == 6 && strncmp(str_get(&said), "el2sim: ", 8) == 0, "%s: %d: %s", c->words, status, str_get(&said));
	while (next_file(&list, file)) {
		struct str now = read_back(file), old = STR_INIT;

		if (is_results(file))
			contents("1.db", &old);
		else
			str_add(&old, OLD);
		ck_assert_msg(same_text(&now, &old), "%s: %s is not as before", c->words, file);
		str_free(&now);
		str_free(&old);
	}
	ck_assert_msg(!left_behind(&w, &name), "%s leaves %s", c->words, str_get(&name));
	str_free(&said);
	str_free(&name);
}
END_TEST

static const char *const commands[] = {
#define CMD(name, args, help)	     #name,
#define CMD_AS(id, name, args, help) name,
#include "sim/app/cmd.def"
#define TRACE_CMD(name, args, help) "trace " #name,
#include "sim/app/cmd_trace.def"
#define KERNEL_CMD(name, args, help) "kernel " #name,
#include "sim/app/cmd_kernel.def"
};

START_TEST(every_command_is_tried)
{
	bool tried = false;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		tried = tried || strncmp(cases[i].words, commands[_i], strlen(commands[_i])) == 0;
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		tried = tried || strcmp(without[i], commands[_i]) == 0;
	ck_assert_msg(tried, "%s is not tried with faults: want a row in `cases`", commands[_i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("faults");
	TCase *c = tcase_create("faults");
	const char *given = getenv("EL2SIM_FAULTS"), *from = getenv("EL2SIM_FAULTS_FROM"), *to = getenv("EL2SIM_FAULTS_TO");
	int n_cases = (int)(sizeof(cases) / sizeof(cases[0])), first = from != NULL ? atoi(from) : 0, last = to != NULL ? atoi(to) : n_cases - 1;

	all_kinds = given != NULL;
	if (all_kinds && strcmp(given, "places") != 0 && (!str_u64(given, &stride) || stride == 0)) {
		(void)fprintf(stderr, "EL2SIM_FAULTS is \"%s\": want \"places\" or a number from 1\n", given);
		return 2;
	}
	tcase_add_unchecked_fixture(c, prepare, teardown);
	tcase_add_loop_test(c, every_command_is_tried, 0, (int)(sizeof(commands) / sizeof(commands[0])));
	tcase_add_loop_test(c, a_limit_on_files_is_told_and_nothing_is_left, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_loop_test(c, a_fault_is_told_and_nothing_is_left, first, last < n_cases ? last + 1 : n_cases);
	suite_add_tcase(s, c);
	return suite_status(s);
}
#endif
