/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything of a submission is in the folder RESULTS.slurm: the scripts, a results file per task, the logs. A task is a
 * shard; it goes on with its results file, so what failed or ran out of time is what the next submission has left to do.
 */
#include "sim/sweep/sweep_slurm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/sweep/sweep_show.h"
#include "sim/base/file.h"

#define POLL_S	  1
#define OUT_MAX	  (1U << 20) /* bytes of a tool's output */
#define LOST_MAX  30	     /* times that squeue knows nothing before the jobs count as gone */

struct submission {
	const struct sweep_plan *plan;
	const struct sweep_how *how;
	const struct slurm_args *args;
	const char *results;
	const struct arg_list *vary;
	struct str dir, program, cwd;
	char array[64], merge[64]; /* job ids */
	bool *wanted;		   /* tasks that have something to do, from 0 */
	size_t n_wanted;
	uint64_t missing;
};

/* --- tools ------------------------------------------------------------------------------------ */

struct words {
	const char *v[64];
	size_t n;
};

static void word(struct words *w, const char *s)
{
	BUG_ON(w->n + 1 >= sizeof(w->v) / sizeof(w->v[0]));
	w->v[w->n++] = s;
}

/* Run a program; its output, both kinds, is put into out. Returns its exit status, -1 with *e if there is no such program. */
static int tool(const struct words *w, struct str *out, struct err *e)
{
	char part[4096];
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	str_reset(out);
	if (pipe2(fd, O_CLOEXEC) != 0)
		return err_set(e, ERR_IO, "%s could not be run: %s", w->v[0], strerror(errno));
	pid = fork();
	if (pid == 0) {
		(void)dup2(fd[1], 1);
		(void)dup2(fd[1], 2);
		(void)execvp(w->v[0], (char *const *)(uintptr_t)w->v);
		_exit(127);
	}
	(void)close(fd[1]);
	while (pid > 0 && ((n = read(fd[0], part, sizeof(part))) > 0 || (n < 0 && errno == EINTR)))
		if (n > 0 && out->len < OUT_MAX)
			str_addn(out, part, (size_t)n);
	(void)close(fd[0]);
	if (pid < 0)
		return err_set(e, ERR_IO, "%s could not be run: %s", w->v[0], strerror(errno));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(e, ERR_IO, "%s could not be run: want Slurm's commands (Debian: slurm-client) in PATH", w->v[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void first_line(struct str *text)
{
	size_t n = strcspn(str_get(text), "\r\n");

	if (text->s != NULL) {
		text->s[n] = '\0';
		text->len = n;
	}
}

/* Submit a script: the number of its job. */
static int sbatch(const struct submission *s, const char *const *options, size_t n, const char *script, char id[64],
		  struct err *e)
{
	struct str out = STR_INIT, path = STR_INIT, chdir = STR_INIT;
	struct words w = { .n = 0 };
	int rc;

	str_addf(&path, "%s/%s", str_get(&s->dir), script);
	str_addf(&chdir, "--chdir=%s", str_get(&s->cwd));
	word(&w, "sbatch");
	word(&w, "--parsable");
	word(&w, str_get(&chdir));
	for (size_t i = 0; i < n; i++)
		word(&w, options[i]);
	for (size_t i = 0; i < s->args->sbatch.n && i < 32; i++)
		word(&w, s->args->sbatch.v[i]);
	word(&w, str_get(&path));
	rc = tool(&w, &out, e);
	first_line(&out);
	if (rc > 0)
		rc = err_set(e, ERR_IO, "sbatch did not take %s: %.200s", str_get(&path), str_get(&out));
	(void)snprintf(id, 64, "%.*s", (int)strcspn(str_get(&out), ";"), str_get(&out)); /* "12;cluster" */
	if (rc == 0 && (id[0] == '\0' || id[strspn(id, "0123456789")] != '\0'))
		rc = err_set(e, ERR_IO, "sbatch answered \"%.100s\": want the number of a job", str_get(&out));
	str_free(&out);
	str_free(&path);
	str_free(&chdir);
	return rc;
}

/* --- scripts ---------------------------------------------------------------------------------- */

static void quoted(struct str *b, const char *s)
{
	str_addc(b, '\'');
	for (; *s != '\0'; s++)
		str_addf(b, *s == '\'' ? "'\\''" : "%c", *s);
	str_addc(b, '\'');
}

static int write_script(const struct submission *s, const char *name, const struct str *text, struct err *e)
{
	struct str path = STR_INIT;
	struct outfile f;
	int rc;

	str_addf(&path, "%s/%s", str_get(&s->dir), name);
	rc = file_create(&f, str_get(&path), e);
	if (rc == 0) {
		(void)fputs(str_get(text), f.f);
		rc = file_commit(&f, e);
	}
	str_free(&path);
	return rc;
}

/* Exit status 1 of a sweep is failed points, of a merge missing ones: both are in the results file. */
#define STATUS "status=$?\n[ $status -le 1 ] || exit $status\n"

static int write_array(const struct submission *s, struct err *e)
{
	struct str b = STR_INIT;
	int rc;

	str_add(&b, "#!/bin/bash\n# A task of a sweep.\n"); /* names stand nowhere but in quotes: a comment ends with its line */
	str_add(&b, "results=");
	quoted(&b, s->results);
	str_add(&b, "\nshard=");
	quoted(&b, str_get(&s->dir));
	str_addf(&b, "/$SLURM_ARRAY_TASK_ID-of-%" PRIu64 ".db\n", s->args->tasks);
	/* Never cp: a file that is being written is more than one, and changes meanwhile. 1: points are missing; 4: it has no plan yet. */
	str_add(&b, "# begin with what was merged before, whatever the number of tasks was then\n"
		    "if [ ! -e \"$shard\" ] && [ -e \"$results\" ]; then\n\t");
	quoted(&b, str_get(&s->program));
	str_add(&b, " merge \"$results\" -o \"$shard\" >/dev/null\n"
		    "\tstatus=$?\n\t[ $status -le 1 ] || [ $status -eq 4 ] || exit $status\nfi\n");
	quoted(&b, str_get(&s->program));
	str_add(&b, " sweep ");
	quoted(&b, s->plan->config);
	for (size_t i = 0; i < s->plan->overrides->n; i++) {
		str_addc(&b, ' ');
		quoted(&b, s->plan->overrides->v[i]);
	}
	for (size_t i = 0; i < s->vary->n; i++) {
		str_add(&b, " --vary ");
		quoted(&b, s->vary->v[i]);
	}
	str_addf(&b, " --shard \"$SLURM_ARRAY_TASK_ID/%" PRIu64 "\" -o \"$shard\" -j \"${SLURM_CPUS_PER_TASK:-1}\"%s "
		 "--progress plain --every 60\n" STATUS, s->args->tasks, s->how->retry ? " --retry" : "");
	rc = write_script(s, "array.sh", &b, e);
	str_free(&b);
	return rc;
}

static int write_merge(const struct submission *s, struct err *e)
{
	struct str b = STR_INIT;
	int rc;

	str_add(&b, "#!/bin/bash\n# Joins the tasks of a sweep.\n");
	quoted(&b, str_get(&s->program));
	str_add(&b, " merge ");
	quoted(&b, str_get(&s->dir));
	str_add(&b, "/*-of-*.db -o ");
	quoted(&b, s->results);
	str_add(&b, "\n" STATUS);
	rc = write_script(s, "merge.sh", &b, e);
	str_free(&b);
	return rc;
}

/* --- what is to be done ----------------------------------------------------------------------- */

/* Which tasks have points that the results file has not. */
static int find_wanted(struct submission *s, struct err *e)
{
	const struct sweep_plan *p = s->plan;
	struct store *store = NULL;
	int rc = 0;

	if (access(s->results, F_OK) == 0 && (store = store_open(s->results, STORE_SHARD, e)) == NULL)
		return -1;
	if (store != NULL && !store_begun(store)) {
		store_close(store);
		store = NULL;
	}
	s->wanted = xcalloc((size_t)s->args->tasks, sizeof(*s->wanted));
	for (size_t i = 0; rc == 0 && i < p->n_point; i++) {
		enum store_status status = STORE_MISSING;
		bool *task = &s->wanted[i % s->args->tasks];

		if (store != NULL)
			rc = store_status_of(store, p->hash[i], &status, e);
		if (status != STORE_MISSING && !(s->how->retry && store_status_failed(status)))
			continue;
		s->missing++;
		s->n_wanted += !*task;
		*task = true;
	}
	store_close(store);
	return rc;
}

/* "--array=1-3,7" */
static void array_option(const struct submission *s, struct str *b)
{
	size_t n = (size_t)s->args->tasks, first;

	str_add(b, "--array=");
	for (size_t i = 0; i < n; i++) {
		if (!s->wanted[i])
			continue;
		first = i;
		while (i + 1 < n && s->wanted[i + 1])
			i++;
		str_addf(b, "%s%zu", b->s[b->len - 1] == '=' ? "" : ",", first + 1);
		if (i != first)
			str_addf(b, "-%zu", i + 1);
	}
}

static int submit(struct submission *s, struct err *e)
{
	struct str array = STR_INIT, log = STR_INIT, after = STR_INIT, merge_log = STR_INIT;
	const char *options[3];
	int rc;

	array_option(s, &array);
	str_addf(&log, "--output=%s/%%a.log", str_get(&s->dir));
	str_addf(&merge_log, "--output=%s/merge.log", str_get(&s->dir));
	options[0] = "--job-name=el2sim-sweep";
	options[1] = str_get(&array);
	options[2] = str_get(&log);
	rc = sbatch(s, options, 3, "array.sh", s->array, e);
	if (rc == 0) {
		str_addf(&after, "--dependency=afterany:%s", s->array);
		options[0] = "--job-name=el2sim-merge";
		options[1] = str_get(&after);
		options[2] = str_get(&merge_log);
		rc = sbatch(s, options, 3, "merge.sh", s->merge, e);
	}
	str_free(&array);
	str_free(&log);
	str_free(&after);
	str_free(&merge_log);
	return rc;
}

/* --- watching --------------------------------------------------------------------------------- */

/* What the queue says of our jobs. */
struct queue {
	uint64_t ended, bad; /* tasks; bad: of them not COMPLETED */
	bool merged, merge_bad, known;
	struct str tasks;    /* "3 TIMEOUT, 4 FAILED" */
};

static bool has_ended(const char *state)
{
	static const char *const ends[] = { "COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "NODE_FAIL", "OUT_OF_MEMORY",
					    "BOOT_FAIL", "DEADLINE", "PREEMPTED", "REVOKED" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strncmp(state, ends[i], strlen(ends[i])) == 0)
			return true;
	return false;
}

/* "12_3|TIMEOUT" */
static void take_line(const struct submission *s, char *line, struct queue *q)
{
	char *state = strchr(line, '|');
	size_t n = strlen(s->array);
	bool good;

	if (state == NULL)
		return;
	*state++ = '\0';
	good = strcmp(state, "COMPLETED") == 0;
	if (strcmp(line, s->merge) == 0) {
		q->known = true;
		q->merged = has_ended(state);
		q->merge_bad = q->merged && !good;
	} else if (strncmp(line, s->array, n) == 0 && line[n] == '_' && line[n + 1] != '[') {
		q->known = true;
		q->ended += has_ended(state);
		if (has_ended(state) && !good) {
			q->bad++;
			str_addf(&q->tasks, "%stask %s %s", q->tasks.len != 0 ? ", " : "", line + n + 1, state);
		}
	}
}

static void take_lines(const struct submission *s, struct str *out, struct queue *q)
{
	char *rest = out->s, *line;

	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL)
		take_line(s, line, q);
}

/* Ask squeue, which remembers ended jobs for some minutes; else sacct, which needs accounting. */
static int look(const struct submission *s, struct queue *q, struct err *e)
{
	struct str out = STR_INIT, jobs = STR_INIT;
	struct words squeue = { .n = 0 }, sacct = { .n = 0 };
	int rc;

	memset(q, 0, sizeof(*q));
	str_addf(&jobs, "%s,%s", s->array, s->merge);
	for (const char *const *w = (const char *const[]){ "squeue", "-h", "-r", "-t", "all", "-o", "%i|%T", "-j", NULL };
	     *w != NULL; w++)
		word(&squeue, *w);
	word(&squeue, str_get(&jobs));
	rc = tool(&squeue, &out, e);
	if (rc == 0)
		take_lines(s, &out, q);
	if (rc >= 0 && !q->known) {
		struct err none;

		for (const char *const *w = (const char *const[]){ "sacct", "-n", "-X", "-P", "-o", "JobID,State", "-j", NULL };
		     *w != NULL; w++)
			word(&sacct, *w);
		word(&sacct, str_get(&jobs));
		if (tool(&sacct, &out, &none) == 0)
			take_lines(s, &out, q);
	}
	str_free(&out);
	str_free(&jobs);
	return rc < 0 ? -1 : 0;
}

/* Until the merge has ended; what it was told last is in *q. */
static int watch(const struct submission *s, struct queue *q, struct err *e)
{
	struct sweep_counts n = { 0 };
	const struct timespec pause = { POLL_S, 0 };
	sigset_t stop, before;
	struct show show;
	unsigned lost = 0;
	int rc, sig = -1;

	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGINT);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &stop, &before);
	show_begin(&show, s->how);
	while ((rc = look(s, q, e)) == 0 && !q->merged) {
		lost = q->known ? 0 : lost + 1;
		if (lost == LOST_MAX)
			rc = err_set(e, ERR_IO, "jobs %s and %s are gone from squeue and sacct: see the logs in %s", s->array, s->merge,
				     str_get(&s->dir));
		n.done = q->ended;
		n.failed = q->bad;
		show_at(&show, &n, s->n_wanted);
		str_free(&q->tasks);
		sig = rc == 0 ? sigtimedwait(&stop, NULL, &pause) : -1;
		if (sig > 0)
			rc = err_set(e, ERR_INTERRUPTED, "interrupted: jobs %s and %s go on, into %s: scancel %s %s ends them", s->array,
				     s->merge, s->results, s->array, s->merge);
		if (rc != 0)
			break;
	}
	n.done = q->ended;
	n.failed = q->bad;
	show_end(&show, &n, s->n_wanted);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}

/* --- the whole -------------------------------------------------------------------------------- */

static int count(const struct submission *s, uint64_t *missing, uint64_t *failed, struct err *e)
{
	struct store *store = store_open(s->results, STORE_READ, e);
	int rc = store != NULL ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < s->plan->n_point; i++) {
		enum store_status status;

		rc = store_status_of(store, s->plan->hash[i], &status, e);
		*missing += status == STORE_MISSING;
		*failed += store_status_failed(status);
	}
	store_close(store);
	return rc;
}

static int report(const struct submission *s, const struct queue *q, const struct output_args *out, struct err *e)
{
	bool waited = s->array[0] == '\0' || !s->args->no_wait;
	uint64_t missing = 0, failed = 0;
	struct rep *r;
	int rc;

	if (waited && count(s, &missing, &failed, e) != 0)
		return -1;
	r = rep_new("sweep-slurm", "Sweep on Slurm");
	rep_fact(r, "config", "configuration", "%s", s->plan->config);
	rep_fact(r, "results", "", "%s", s->results);
	rep_fact_u64(r, "points", "", s->plan->n_point, "");
	rep_fact_u64(r, "submitted", "points to be done", s->missing, "");
	rep_fact_u64(r, "tasks", "in tasks of the array", s->n_wanted, "");
	if (s->array[0] == '\0')
		rep_fact(r, "jobs", "array and merge", "none: nothing was missing");
	else
		rep_fact(r, "jobs", "array and merge", "%s, %s", s->array, s->merge);
	if (waited)
		rep_fact_u64(r, "missing", "", missing, "");
	if (waited)
		rep_fact_u64(r, "failed", "", failed, "");
	if (q->tasks.len != 0)
		rep_note(r, "%s: their logs are in %s", str_get(&q->tasks), str_get(&s->dir));
	if (!waited)
		rep_verdict(r, "submitted: jobs %s and %s; squeue -j %s,%s", s->array, s->merge, s->array, s->merge);
	else if (missing != 0)
		rep_alarm(r, "%" PRIu64 " points are missing: the same command submits them again", missing);
	else
		(failed != 0 ? rep_alarm : rep_verdict)(r, "all %zu points are in %s%s", s->plan->n_point, s->results, failed != 0 ? ", some of them failed" : "");
	rc = output_write(out, r, e);
	rep_free(r);
	if (rc == 0 && missing + failed != 0)
		return err_set(e, ERR_ANSWER_NO, "%s", "");
	return rc;
}

static int go(struct submission *s, const struct output_args *out, struct err *e)
{
	struct queue q = { 0 };
	int rc = 0;

	if (s->missing != 0) {
		if (mkdir(str_get(&s->dir), 0777) != 0 && errno != EEXIST)
			return err_set(e, ERR_IO, "%s could not be made: %s", str_get(&s->dir), strerror(errno));
		if (write_array(s, e) != 0 || write_merge(s, e) != 0 || submit(s, e) != 0)
			return -1;
		if (!s->args->no_wait)
			rc = watch(s, &q, e);
		if (rc == 0 && q.merge_bad)
			rc = err_set(e, ERR_IO, "job %s, the merge, did not end well: see %s/merge.log", s->merge, str_get(&s->dir));
	}
	if (rc == 0)
		rc = report(s, &q, out, e);
	str_free(&q.tasks);
	return rc;
}

/* A path as it is seen from anywhere. */
static void absolute(struct str *b, const struct str *cwd, const char *path)
{
	if (path[0] != '/')
		str_addf(b, "%s/", str_get(cwd));
	str_add(b, path);
}

int sweep_slurm(const struct sweep_plan *p, const struct sweep_how *how, const struct slurm_args *a, const char *results,
		const struct output_args *out, const struct arg_list *vary, struct err *e)
{
	struct submission s = { .plan = p, .how = how, .args = a, .results = results, .vary = vary };
	struct str dir = STR_INIT;
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	int rc;

	if (n < 0)
		return err_set(e, ERR_IO, "the program's own path is not known: %s", strerror(errno));
	str_addn(&s.program, path, (size_t)n);
	if (getcwd(path, sizeof(path)) == NULL)
		return err_set(e, ERR_IO, "the working directory is not known: %s", strerror(errno));
	str_add(&s.cwd, path);
	str_addf(&dir, "%s.slurm", results);
	absolute(&s.dir, &s.cwd, str_get(&dir));
	rc = find_wanted(&s, e);
	if (rc == 0)
		rc = go(&s, out, e);
	free(s.wanted);
	str_free(&dir);
	str_free(&s.dir);
	str_free(&s.program);
	str_free(&s.cwd);
	return rc;
}
