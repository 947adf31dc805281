/* SPDX-License-Identifier: Apache-2.0 */
/*
 * perf.data: only perf itself can read every version of it, so its text is read: the program perf,
 * when it is installed, in a process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traces/import/text.h"

#define NOT_FOUND 127 /* exit status of the child when there is no perf */

struct perf {
	pid_t pid;
	FILE *out;     /* its text */
	FILE *err_out; /* what it says beside */
};

bool imp_probe_perfdata(const char *head, size_t n)
{
	return n >= 8 && (memcmp(head, "PERFILE2", 8) == 0 || memcmp(head, "2ELIFREP", 8) == 0);
}

_Noreturn static void run_perf(const char *path, int out, int err_out)
{
	char *const argv[] = { (char *)"perf",
			       (char *)"script",
			       (char *)"--force",
			       (char *)"--header",
			       (char *)"--ns",
			       (char *)"--show-lost-events",
			       (char *)"-F",
			       (char *)"comm,tid,cpu,time,event,trace",
			       (char *)"-i",
			       (char *)path,
			       NULL };
	int null = open("/dev/null", O_RDONLY);

	(void)dup2(null, STDIN_FILENO);
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(err_out, STDERR_FILENO);
	(void)execvp(argv[0], argv);
	_exit(NOT_FOUND);
}

static int start(struct perf *p, const char *path, struct err *e)
{
	int ends[2];

	p->err_out = tmpfile();
	if (p->err_out == NULL || pipe(ends) != 0)
		return err_set(e, ERR_INPUT, "no pipe for reading perf.data: %s", strerror(errno));
	p->pid = fork();
	if (p->pid == 0) {
		(void)close(ends[0]);
		run_perf(path, ends[1], fileno(p->err_out));
	}
	(void)close(ends[1]);
	if (p->pid < 0) {
		(void)close(ends[0]);
		return err_set(e, ERR_INPUT, "no process for reading perf.data: %s",
			       strerror(errno));
	}
	p->out = fdopen(ends[0], "rb");
	BUG_ON(p->out == NULL);
	return 0;
}

/* How perf ended. */
static int finish(struct perf *p, struct err *e)
{
	char said[200] = "";
	int status = 0;

	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		return err_set(e, ERR_INPUT,
			       "this is a perf.data file, which the program perf must read, and "
			       "perf is not installed: install it "
			       "(Debian: linux-perf), or run perf script -F "
			       "comm,tid,cpu,time,event,trace --ns where it was "
			       "recorded and import the text");
	rewind(p->err_out);
	while (fgets(said, sizeof(said), p->err_out) != NULL && said[strspn(said, " \n")] == '\0')
		;
	said[strcspn(said, "\n")] = '\0';
	if (strstr(said, "CPU attribute") != NULL)
		return err_set(e, ERR_INPUT,
			       "its samples have no CPU: record with -a or --sample-cpu (perf "
			       "script says: %s)",
			       said);
	return err_set(e, ERR_INPUT, "perf script cannot read it: %s",
		       said[0] != '\0' ? said : "it ended without a word: is the file damaged?");
}

int imp_read_perfdata(struct imp *im, struct err *e)
{
	struct perf p = { .pid = -1 };
	struct err read_err = *e;
	int rc = start(&p, im->path, e);

	if (rc == 0) {
		lines_close(&im->lines);
		lines_open(&im->lines, p.out);
		im->size = 0;
		rc = text_read(im, text_perf, &read_err);
		(void)fclose(p.out); /* a perf that still writes gets SIGPIPE */
		im->lines.f = NULL;
		if (rc == 0 || !im->any)
			rc = finish(&p, e) != 0 ? err_at(e, imp_name(im), 0) : rc;
		else
			while (waitpid(p.pid, NULL, 0) < 0 && errno == EINTR)
				;
		if (rc != 0 && e->text[0] == '\0')
			*e = read_err;
	}
	if (p.err_out != NULL)
		(void)fclose(p.err_out);
	return rc;
}
