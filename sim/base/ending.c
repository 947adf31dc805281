/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/ending.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/err.h"

#define FILES_MAX 64 /* at a time; a command writes a handful */

static struct {
	pid_t owner; /* the process whose files these are; 0: no handlers */
	_Atomic(const char *) file[FILES_MAX];
	void (*last)(void *arg);
	void *last_arg;
} ending;

/* Exit status of each code. */
enum {
#define X(code, status, text) STATUS_OF_##code = status,
	ERR_CODES(X)
#undef X
};

static const struct {
	int number, status;
	const char *name, *text;
} signals[] = {
#define X(sig, code, text) { sig, STATUS_OF_##code, #sig, text },
	ENDING_SIGNALS(X)
#undef X
};

#define N_SIGNALS (sizeof(signals) / sizeof(signals[0]))

static void say(const char *text)
{
	static const char before[] = "el2sim: ";
	char line[200];
	size_t n = strlen(text);

	memcpy(line, before, sizeof(before) - 1);
	if (n > sizeof(line) - sizeof(before))
		n = sizeof(line) - sizeof(before);
	memcpy(line + sizeof(before) - 1, text, n);
	line[sizeof(before) - 1 + n] = '\n';
	if (write(STDERR_FILENO, line, sizeof(before) + n) < 0)
		return; /* nobody is left to be told */
}

void ending_remove(const char *path)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		const char *none = NULL;

		if (atomic_compare_exchange_strong(&ending.file[i], &none, path))
			return;
	}
}

void ending_keep(const char *path)
{
	for (size_t i = 0; path != NULL && i < FILES_MAX; i++) {
		const char *mine = path;

		if (atomic_compare_exchange_strong(&ending.file[i], &mine, NULL))
			return;
	}
}

void ending_clear(void)
{
	if (ending.owner != 0 && ending.owner != getpid())
		return; /* of the process that forked us */
	for (size_t i = 0; i < FILES_MAX; i++) {
		const char *path = atomic_exchange(&ending.file[i], NULL);

		if (path != NULL)
			(void)unlink(path);
	}
}

/* --- signals ---------------------------------------------------------------------------------- */

static void on_signal(int number)
{
	size_t i = 0;

	while (i + 1 < N_SIGNALS && signals[i].number != number)
		i++;
	if (ending.owner == getpid()) {
		ending_clear();
		say(signals[i].text);
	}
	_exit(signals[i].status);
}

/* A handler, for what is ignored stays so in programs that we run. */
static void on_full(int number)
{
	(void)number;
}

static void fill(sigset_t *set)
{
	(void)sigemptyset(set);
	for (size_t i = 0; i < N_SIGNALS; i++)
		(void)sigaddset(set, signals[i].number);
}

void ending_begin(void)
{
	struct sigaction old, act = { .sa_flags = SA_RESTART };

	ending.owner = getpid();
	fill(&act.sa_mask);
	for (size_t i = 0; i < N_SIGNALS; i++) {
		act.sa_handler = on_signal;
		if (sigaction(signals[i].number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(signals[i].number, &act, NULL);
	}
	act.sa_handler = on_full;
	(void)sigaction(SIGXFSZ, &act, NULL);
}

void ending_child(void)
{
	for (size_t i = 0; i < N_SIGNALS; i++) /* of a process each: a pipe that is closed, time that is over */
		(void)signal(signals[i].number, signals[i].number == SIGPIPE || signals[i].number == SIGXCPU ? SIG_DFL : SIG_IGN);
	for (size_t i = 0; i < FILES_MAX; i++)
		atomic_store(&ending.file[i], NULL);
}

void ending_hold(sigset_t *before)
{
	sigset_t set;

	fill(&set);
	(void)pthread_sigmask(SIG_BLOCK, &set, before);
}

void ending_release(const sigset_t *before)
{
	const struct timespec now = { 0, 0 };
	int code = errno;
	sigset_t pipe;

	(void)sigemptyset(&pipe);
	(void)sigaddset(&pipe, SIGPIPE);
	if (sigismember(before, SIGPIPE) == 0)
		(void)sigtimedwait(&pipe, NULL, &now);
	(void)pthread_sigmask(SIG_SETMASK, before, NULL);
	errno = code;
}

const char *ending_waits(void)
{
	sigset_t pending;

	(void)sigpending(&pending);
	for (size_t i = 0; i < N_SIGNALS; i++)
		if (signals[i].number != SIGPIPE && sigismember(&pending, signals[i].number) == 1)
			return signals[i].name;
	return NULL;
}

/* --- memory ----------------------------------------------------------------------------------- */

void ending_last(void (*last)(void *arg), void *arg)
{
	ending.last = last;
	ending.last_arg = arg;
}

bool ending_copes(void)
{
	return ending.last != NULL;
}

void ending_memory(void)
{
	void (*last)(void *arg) = ending.last;

	if (last != NULL && (ending.owner == 0 || ending.owner == getpid())) {
		ending.last = NULL;
		last(ending.last_arg);
	}
	ending_clear();
	say("out of memory: no file is left half-written; give it more (ulimit -v), or less to do at once");
	_exit(STATUS_OF_ERR_MEMORY);
}
