/* SPDX-License-Identifier: Apache-2.0 */
/* The child's end of the pipe, whatever library reads the file; see dat.h. */
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "traces/import/dat.h"

void dat_send(struct dat_pipe *p, enum dat_tag tag, uint64_t n, const void *data, size_t size)
{
	struct dat_head h = { (uint32_t)tag, n < UINT32_MAX ? (uint32_t)n : UINT32_MAX };

	(void)fwrite(&h, sizeof(h), 1, p->to);
	if (size != 0)
		(void)fwrite(data, size, 1, p->to);
}

void dat_send_event(struct dat_pipe *p, const struct dat_event *m)
{
	const size_t n = offsetof(struct dat_event, ev.arg) + tr_field_count((enum tr_type)m->ev.type) * sizeof(m->ev.arg[0]);

	(void)fwrite_unlocked(m, n, 1, p->to);
}

void dat_send_text(struct dat_pipe *p, enum dat_tag tag, const char *s, size_t n)
{
	if (n > DAT_TEXT_MAX)
		n = DAT_TEXT_MAX;
	dat_send(p, tag, n, s, n);
}

void dat_fail(struct dat_pipe *p, const char *sentence)
{
	dat_send_text(p, DAT_ERROR, sentence, strlen(sentence));
}

uint32_t dat_text(struct dat_pipe *p, const char *s, size_t n)
{
	uint32_t before = p->strings.count, id;

	id = strtab_add(&p->strings, s, n < DAT_TEXT_MAX ? n : DAT_TEXT_MAX);
	if (p->strings.count != before && id != 0)
		dat_send_text(p, DAT_STRING, s, n);
	return id;
}

void dat_lock_up(int to)
{
#ifndef __SANITIZE_ADDRESS__ /* which needs terabytes of address space */
	const struct rlimit memory = { DAT_MEMORY_MAX, DAT_MEMORY_MAX };
#endif
	const struct rlimit none = { 0, 0 };
	static const int signals[] = { SIGPIPE, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGPROF };
	int null;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)signal(signals[i], SIG_DFL);
#ifndef __SANITIZE_ADDRESS__
	(void)setrlimit(RLIMIT_AS, &memory);
#endif
	(void)setrlimit(RLIMIT_CORE, &none);
	if (to > STDERR_FILENO + 1)
		(void)close_range(STDERR_FILENO + 1, (unsigned)to - 1, 0);
	(void)close_range((unsigned)to + 1, ~0u, 0);
	null = open("/dev/null", O_WRONLY);
	if (null >= 0) {
		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
	}
}

void dat_wind_up(uint64_t idle_s)
{
	const struct itimerval t = { .it_value = { .tv_sec = (time_t)idle_s } };

	(void)setitimer(ITIMER_PROF, &t, NULL);
}
