/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/term.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/err.h"
#include "sim/base/str.h"
#include "sim/base/wrap.h"

#define WIDTH_LEAST 20
#define WIDTH_MOST  10000
#define LINES	    24	/* of a terminal that does not tell */
#define NOT_FOUND   127 /* a shell's status for a command that is not there */

size_t term_width(FILE *f)
{
	const char *columns = getenv("COLUMNS");
	struct winsize w;
	uint64_t n;

	if (isatty(fileno(f)) == 0)
		return 0;
	if (columns != NULL && str_u64(columns, &n) && n >= WIDTH_LEAST && n <= WIDTH_MOST)
		return (size_t)n;
	return ioctl(fileno(f), TIOCGWINSZ, &w) == 0 && w.ws_col >= WIDTH_LEAST ? w.ws_col : TERM_WIDTH;
}

static size_t lines_of(FILE *f)
{
	const char *lines = getenv("LINES");
	struct winsize w;
	uint64_t n;

	if (lines != NULL && str_u64(lines, &n) && n != 0 && n <= WIDTH_MOST)
		return (size_t)n;
	return ioctl(fileno(f), TIOCGWINSZ, &w) == 0 && w.ws_row != 0 ? w.ws_row : LINES;
}

bool term_has_colours(FILE *f)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(f)) != 0 && (none == NULL || none[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

/* Lines on the screen, those counted that the terminal breaks. */
static bool fits(const char *text, size_t n, size_t width, size_t lines)
{
	const char *end = text + n;
	size_t used = 1; /* the prompt */

	while (text < end) {
		size_t len = strcspn(text, "\n"), wide = wrap_width(text, len);

		used += wide > width ? (wide + width - 1) / width : 1;
		if (used > lines)
			return false;
		text += len + (text + len < end ? 1 : 0);
	}
	return true;
}

static bool on_path(const char *program)
{
	const char *path = getenv("PATH");
	char *copy = xstrdup(path != NULL ? path : "/usr/bin:/bin"), *rest = copy, *folder;
	struct str name = STR_INIT;
	bool found = false;

	while (!found && (folder = str_item(&rest, ":")) != NULL) {
		str_reset(&name);
		str_addf(&name, "%s/%s", folder[0] != '\0' ? folder : ".", program);
		found = access(str_get(&name), X_OK) == 0;
	}
	str_free(&name);
	free(copy);
	return found;
}

/* NULL: none. */
static const char *pager_command(void)
{
	const char *p = getenv("EL2SIM_PAGER");

	if (p == NULL)
		p = getenv("PAGER");
	if (p == NULL)
		return on_path("less") ? "less" : NULL;
	return p[0] == '\0' || strcmp(p, "cat") == 0 ? NULL : p;
}

static _Noreturn void become_pager(const char *command, const int fd[2])
{
	(void)dup2(fd[0], STDIN_FILENO);
	(void)close(fd[0]);
	(void)close(fd[1]);
	(void)setenv("LESS", "FRX", 0);
	(void)setenv("LV", "-c", 0);
	(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(NOT_FOUND);
}

/* What the keyboard sends is the pager's, and so is the end of the pipe. */
static const int pagers[] = { SIGINT, SIGQUIT, SIGPIPE };

#define N_PAGERS (sizeof(pagers) / sizeof(pagers[0]))

/* True: somebody has seen it. */
static bool page(const char *command, const char *text, size_t n)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction before[N_PAGERS];
	int fd[2], status = 0;
	pid_t child;

	if (pipe(fd) != 0)
		return false;
	child = fork();
	if (child == 0)
		become_pager(command, fd);
	(void)close(fd[0]);
	for (size_t i = 0; i < N_PAGERS; i++)
		(void)sigaction(pagers[i], &ignore, &before[i]);
	while (child > 0 && n != 0) {
		ssize_t done = write(fd[1], text, n);

		if (done < 0 && errno != EINTR)
			break; /* it was left early */
		text += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	(void)close(fd[1]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	for (size_t i = 0; i < N_PAGERS; i++)
		(void)sigaction(pagers[i], &before[i], NULL);
	return child > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND);
}

bool term_write(FILE *f, const char *text, size_t n, bool pager)
{
	size_t width = term_width(f);
	const char *command = pager && width != 0 ? pager_command() : NULL;

	errno = 0;
	if (command != NULL && !fits(text, n, width, lines_of(f))) {
		if (fflush(f) != 0)
			return false;
		if (page(command, text, n))
			return true;
	}
	return fwrite(text, 1, n, f) == n && fflush(f) == 0 && ferror(f) == 0;
}
