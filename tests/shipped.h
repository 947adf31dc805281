/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped configurations that el2sim run takes: workloads, and traces to replay. */
#ifndef EL2SIM_TESTS_SHIPPED_H
#define EL2SIM_TESTS_SHIPPED_H

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "sim/app/job.h"

#define SHIPPED_MAX 64

struct shipped {
	char path[SHIPPED_MAX][300];
	unsigned n;
};

static inline int shipped_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

static inline void shipped_add(struct shipped *s, const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *f;

	ck_assert_ptr_nonnull(d);
	while ((f = readdir(d)) != NULL) {
		struct err e = {ERR_NONE, ""};
		size_t len = strlen(f->d_name);
		char *path = s->path[s->n];
		struct config c;

		if (len < 4 || strcmp(f->d_name + len - 4, ".ini") != 0)
			continue;
		ck_assert_uint_lt(s->n + 1, SHIPPED_MAX);
		(void)snprintf(path, sizeof(s->path[0]), "%s/%s", folder, f->d_name);
		ck_assert_msg(config_load(&c, path, NULL, &e) == 0, "%s", e.text);
		s->n += (job_has_clock(&c) || c.sw.trace[0] != '\0') &&
			c.compare.configs[0] == '\0' && c.compare.vary[0] == '\0';
		config_free(&c);
	}
	(void)closedir(d);
}

/* configs/experiment and configs/workload, in order of their names. */
static inline struct shipped shipped_runs(void)
{
	struct shipped s = {.n = 0};

	shipped_add(&s, "configs/experiment");
	shipped_add(&s, "configs/workload");
	qsort(s.path, s.n, sizeof(s.path[0]), shipped_order);
	ck_assert_uint_gt(s.n, 10);
	return s;
}

#endif
