/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of sim/lib/machine.h: machines as a program that embeds them makes them. */
#ifndef EL2SIM_TESTS_MACHINE_BENCH_H
#define EL2SIM_TESTS_MACHINE_BENCH_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "sim/lib/machine.h"
#include "sim/base/str.h"

/* 1 GHz: a cycle is 1000 ps. Two VMs of one vCPU each, each on its own pCPU; an exit every 10 us,
 * no interrupts. */
__attribute__((unused)) static const char quiet[] = "[el2sim]\n"
			    "include = configs/machine/neoverse-n1.ini\n"
			    "[machine]\nclock = 1GHz\nvcpus = 2\nvms = 2\npcpus = 2\n"
			    "[switch]\nmodel = linux-6.12-vhe\n"
			    "[host]\nsched = pinned\ntick_hz = 1\n"
			    "[run]\nduration = 10000us\n"
			    "[workload]\nexits_per_s = 100000\nlaw = constant\ntimer_hz = 0\n"
			    "user_time = 5us\n[mix]\n";

static inline void fine(int rc, const struct el2sim_error *e)
{
	ck_assert_msg(rc == 0, "%s", e->text);
}

static inline void refused(int rc, const struct el2sim_error *e, int status, const char *text)
{
	ck_assert_int_eq(rc, -1);
	ck_assert_msg(strstr(e->text, text) != NULL, "%s", e->text);
	ck_assert_int_eq(e->status, status);
	ck_assert_ptr_null(strchr(e->text, '\n'));
}

/* A machine of a file and overrides separated by blanks. */
static inline struct el2sim *machine(const char *file, const char *overrides)
{
	struct el2sim *m = el2sim_new();
	char words[512], *rest = words, *word;
	struct el2sim_error e;

	fine(el2sim_load(m, file, &e), &e);
	(void)snprintf(words, sizeof(words), "%s", overrides);
	while ((word = strsep(&rest, " ")) != NULL)
		fine(el2sim_set(m, word, &e), &e);
	fine(el2sim_elaborate(m, &e), &e);
	return m;
}

static inline struct el2sim *quiet_machine(const char *mix)
{
	struct el2sim *m = el2sim_new();
	struct str text = STR_INIT;
	struct el2sim_error e;

	str_addf(&text, "%s%s", quiet, mix);
	fine(el2sim_load_text(m, "quiet.ini", str_get(&text), text.len, &e), &e);
	fine(el2sim_elaborate(m, &e), &e);
	str_free(&text);
	return m;
}

static inline char *report(struct el2sim *m, const char *format)
{
	struct el2sim_error e;
	char *text = NULL;
	size_t len = 0;

	fine(el2sim_report_text(m, format, &text, &len, &e), &e);
	ck_assert_uint_eq(strlen(text), len);
	return text;
}

static inline void run_out(struct el2sim *m)
{
	struct el2sim_error e;

	fine(el2sim_run_until(m, EL2SIM_NEVER, &e), &e);
	ck_assert_uint_eq(el2sim_now(m), el2sim_end_time(m));
	ck_assert_uint_eq(el2sim_next_time(m), EL2SIM_NEVER);
	fine(el2sim_finish(m, &e), &e);
}

static inline uint64_t count(const struct el2sim *m, enum el2sim_scope scope, unsigned i, const char *name)
{
	struct el2sim_error e;
	uint64_t v = 0;

	fine(el2sim_count(m, scope, i, name, &v, &e), &e);
	return v;
}

#endif
