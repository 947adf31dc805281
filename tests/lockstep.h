/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qemu-system-aarch64 as the other side of test_lockstep: started with a translation block per instruction and a log of all registers
 * before each of them, which is read through a pipe; its memory is a file that is mapped here, too.
 */
#ifndef EL2SIM_TESTS_LOCKSTEP_H
#define EL2SIM_TESTS_LOCKSTEP_H

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/err.h"
#include "sim/base/str.h"

/* An exception that QEMU takes: its number (EXCP_* of target/arm/cpu.h), and the class of its syndrome. */
struct qemu_taken {
	unsigned cpu, number, ec;
};
enum { QEMU_PREFETCH_ABORT = 3, QEMU_IRQ = 5, QEMU_FIQ = 6, QEMU_TAKEN_MAX = 8 };

/* Registers of a vCPU before an instruction, and what happened before the next entry. */
struct qemu_entry {
	unsigned cpu;
	uint64_t pc, x[31], sp, pstate;
	bool fpu; /* v, fpcr, fpsr are told */
	uint64_t v[32][2], fpcr, fpsr;
	bool stopped; /* it was not executed: the same entry comes again */
	struct qemu_taken taken[QEMU_TAKEN_MAX];
	unsigned n_taken;
	bool endless; /* exceptions without an instruction between them */
};

struct qemu {
	pid_t pid;
	int log, monitor; /* its log; into its monitor */
	uint8_t *ram;
	uint64_t memory;
	char *line, *buffer; /* line: of the next entry, or NULL at the end */
	size_t at, n, size;
};

/* The next line of the log without its end, NULL: there is none. Valid until the next call. */
static inline char *qemu_line(struct qemu *q)
{
	for (;;) {
		char *from = q->buffer + q->at, *end = memchr(from, '\n', q->n - q->at);
		ssize_t got;

		if (end != NULL) {
			*end = '\0';
			q->at = (size_t)(end - q->buffer) + 1;
			return from;
		}
		memmove(q->buffer, from, q->n - q->at);
		q->n -= q->at;
		q->at = 0;
		if (q->n == q->size)
			return NULL; /* no line is that long */
		got = read(q->log, q->buffer + q->n, q->size - q->n);
		if (got <= 0)
			return NULL;
		q->n += (size_t)got;
	}
}

static inline const char *qemu_after(const char *line, const char *word)
{
	const char *s = strstr(line, word);

	return s != NULL ? s + strlen(word) : NULL;
}

/* "X00=... X01=...", "Q00=high:low": all that a line has. */
static inline void qemu_registers(const char *line, struct qemu_entry *e)
{
	for (const char *s = line; (s = strchr(s, '=')) != NULL; s++) {
		const char *name = s;
		char *end;
		const uint64_t value = strtoull(s + 1, &end, 16);
		unsigned n;

		while (name > line && name[-1] != ' ')
			name--;
		n = (unsigned)strtoul(name + 1, NULL, 10);
		if (strncmp(name, "PC=", 3) == 0)
			e->pc = value;
		else if (strncmp(name, "SP=", 3) == 0)
			e->sp = value;
		else if (strncmp(name, "PSTATE=", 7) == 0)
			e->pstate = value;
		else if (strncmp(name, "FPCR=", 5) == 0)
			e->fpcr = value;
		else if (strncmp(name, "FPSR=", 5) == 0)
			e->fpsr = value;
		else if (name[0] == 'X' && n < 31)
			e->x[n] = value;
		else if (name[0] == 'Q' && n < 32 && *end == ':') {
			e->v[n][1] = value;
			e->v[n][0] = strtoull(end + 1, NULL, 16);
			e->fpu = true;
		}
	}
}

/* The next entry; false: QEMU ended. */
static inline bool qemu_next(struct qemu *q, struct qemu_entry *e)
{
	const char *s, *on;

	memset(e, 0, sizeof(*e));
	while (q->line != NULL && strncmp(q->line, "Trace ", 6) != 0)
		q->line = qemu_line(q);
	if (q->line == NULL)
		return false;
	e->cpu = (unsigned)strtoul(q->line + 6, NULL, 10);
	while ((q->line = qemu_line(q)) != NULL && strncmp(q->line, "Trace ", 6) != 0) {
		if (strncmp(q->line, "Stopped execution", 17) == 0) {
			e->stopped = true;
		} else if ((s = qemu_after(q->line, "Taking exception ")) != NULL) {
			if (e->n_taken == QEMU_TAKEN_MAX) {
				e->endless = true;
				return true;
			}
			on = qemu_after(s, "on CPU ");
			e->taken[e->n_taken++] = (struct qemu_taken){.number = (unsigned)strtoul(s, NULL, 10),
						 .cpu = on != NULL ? (unsigned)strtoul(on, NULL, 10) : e->cpu};
		} else if ((s = qemu_after(q->line, "...with ESR ")) != NULL && e->n_taken > 0) {
			e->taken[e->n_taken - 1].ec = (unsigned)strtoul(s, NULL, 16);
		} else if (q->line[0] != '.') {
			qemu_registers(q->line, e);
		}
	}
	return true;
}

/* Whether there is a qemu-system-aarch64, and how it is told to translate single instructions (-singlestep until 8.2). */
static inline const char *qemu_single(void)
{
	static const char *const ways[] = {"-singlestep", "-accel tcg,one-insn-per-tb=on"};

	for (unsigned i = 0; i < 2; i++) {
		char command[200];

		(void)snprintf(command, sizeof(command), "echo quit | qemu-system-aarch64 %s -M none -display none -S -monitor stdio >/dev/null 2>&1",
			       ways[i]);
		if (system(command) == 0)
			return ways[i];
	}
	return NULL;
}

/*
 * Starts QEMU with a command line (words separated by blanks; none may have one inside but the last, which is -append's), stopped
 * before its first instruction, with so many bytes of memory in a file of this name.
 */
static inline bool qemu_start(struct qemu *q, const char *words, const char *append, const char *memory_file, uint64_t memory)
{
	int log[2], in[2], out[2], null = open("/dev/null", O_RDWR);
	char *copy = xstrdup(words), *argv[64], *rest = copy, reply[4096], d[] = "-D", fd3[] = "/dev/fd/3", with[] = "-append";
	size_t argc = 0, n = 0;
	void *ram;
	int fd;

	memset(q, 0, sizeof(*q));
	if (pipe2(log, O_CLOEXEC) != 0 || pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		return false;
	while (argc < 59 && (argv[argc] = strsep(&rest, " ")) != NULL)
		argc += argv[argc][0] != '\0';
	argv[argc++] = d;
	argv[argc++] = fd3;
	if (append[0] != '\0') {
		argv[argc++] = with;
		argv[argc++] = (char *)(uintptr_t)append;
	}
	argv[argc] = NULL;
	q->memory = memory;
	q->pid = fork();
	if (q->pid == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		(void)dup2(null, 2);
		(void)dup2(log[1], 3);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* it does not outlive the test */
		execvp(argv[0], argv);
		_exit(127);
	}
	(void)close(log[1]);
	(void)close(in[0]);
	(void)close(out[1]);
	(void)close(null);
	free(copy);
	q->log = log[0];
	q->monitor = in[1];
	q->size = 1 << 16;
	q->buffer = xmalloc(q->size);
	/* The monitor answers when everything is loaded. */
	(void)!write(q->monitor, "info status\n", 12);
	for (reply[0] = '\0'; strstr(reply, "paused") == NULL;) {
		ssize_t got = n < sizeof(reply) - 1 ? read(out[0], reply + n, sizeof(reply) - 1 - n) : 0;

		if (got <= 0)
			break;
		n += (size_t)got;
		reply[n] = '\0';
	}
	fd = open(memory_file, O_RDWR);
	ram = fd >= 0 ? mmap(NULL, memory, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (fd >= 0)
		(void)close(fd);
	(void)unlink(memory_file); /* it is mapped on both sides */
	q->ram = ram != MAP_FAILED ? ram : NULL;
	return strstr(reply, "paused") != NULL && q->ram != NULL;
}

static inline void qemu_go(struct qemu *q)
{
	(void)!write(q->monitor, "cont\n", 5);
	q->line = qemu_line(q);
}

static inline void qemu_end(struct qemu *q)
{
	if (q->pid > 0) {
		(void)kill(q->pid, SIGKILL);
		(void)waitpid(q->pid, NULL, 0);
	}
	(void)close(q->log);
	(void)close(q->monitor);
	if (q->ram != NULL)
		(void)munmap(q->ram, q->memory);
	free(q->buffer);
}

#endif
