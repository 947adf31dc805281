/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that must end before it is done leaves nothing half-written: what is to be removed, and what is to be done, when a
 * signal or the lack of memory ends it. Only main() calls ending_begin: a library changes no signals of the program that it is
 * part of. What is noted here is the process's and not an object's, since a handler has no argument: the only state of its kind.
 */
#ifndef EL2SIM_BASE_ENDING_H
#define EL2SIM_BASE_ENDING_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * One row per signal that ends the program in good order: name, code of the exit status, sentence. One that is ignored when the
 * program starts (nohup, &) stays ignored. SIGXFSZ does not end it: the write fails (EFBIG), and that is told.
 */
#define ENDING_SIGNALS(X)                                                                           \
	X(SIGHUP, ERR_INTERRUPTED, "stopped by SIGHUP: no file is left half-written")               \
	X(SIGINT, ERR_INTERRUPTED, "stopped by SIGINT: no file is left half-written")               \
	X(SIGQUIT, ERR_INTERRUPTED, "stopped by SIGQUIT: no file is left half-written")             \
	X(SIGTERM, ERR_INTERRUPTED, "stopped by SIGTERM: no file is left half-written")             \
	X(SIGXCPU, ERR_INTERRUPTED, "stopped by SIGXCPU: no file is left half-written")             \
	X(SIGALRM, ERR_INTERRUPTED, "stopped by SIGALRM: no file is left half-written")             \
	X(SIGUSR1, ERR_INTERRUPTED, "stopped by SIGUSR1: no file is left half-written")             \
	X(SIGUSR2, ERR_INTERRUPTED, "stopped by SIGUSR2: no file is left half-written")             \
	X(SIGPIPE, ERR_IO, "the output was closed by what reads it: the rest is not written")

/* First thing in main(): from now on those signals end the program with their sentence and status. */
void ending_begin(void);

/* In a child after fork: signals to the whole group are for the parent to answer, and its files are not ours. */
void ending_child(void);

/* path is removed when the program ends early, until ending_keep; the text stays the caller's and must not change meanwhile. */
void ending_remove(const char *path);
void ending_keep(const char *path);
/* Remove all of them: before an abort. */
void ending_clear(void);

/* Signals of the table wait until ending_release(before), which gives them. SIGPIPE of meanwhile is dropped: the write told. */
void ending_hold(sigset_t *before);
void ending_release(const sigset_t *before);
/* Does one of the table but SIGPIPE wait? Its name, or NULL. */
const char *ending_waits(void);

/*
 * While something must be put away before the program may end: allocations that fail in libraries are told to their callers,
 * which cope, and one that nobody copes with calls last(arg) before the program ends. One at a time; NULL: no more.
 */
void ending_last(void (*last)(void *arg), void *arg);
/* What the program's allocator asks (sim/cmd/memory.c): may a failure be returned? */
bool ending_copes(void);

/* Memory is gone: everything above, one line, exit status of ERR_MEMORY. Allocates nothing. */
_Noreturn void ending_memory(void);

#endif
