/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, for tests. */
#ifndef EL2SIM_TESTS_FILES_H
#define EL2SIM_TESTS_FILES_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/str.h"

/* Name of a scratch file; to be freed. */
static inline char *scratch(const char *name)
{
	struct str b = STR_INIT;

	str_addf(&b, EL2SIM_BINARY_DIR "/test-%ld-%s", (long)getpid(), name);
	return b.s;
}

/* All of a file; to be freed. */
static inline struct str slurp(const char *path)
{
	struct str b = STR_INIT;
	FILE *f = fopen(path, "rb");
	char part[65536];
	size_t n;

	ck_assert_msg(f != NULL, "%s cannot be read; if it is one that tests write: EL2SIM_BLESS=1", path);
	while ((n = fread(part, 1, sizeof(part), f)) != 0)
		str_addn(&b, part, n);
	(void)fclose(f);
	return b;
}

/* Make a file of n bytes. */
static inline void spill(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_uint_eq(fwrite(p, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

/*
 * Fail at the first line of got, which is what a command or a call (`of`) makes now, that is not the blessed file's. With
 * EL2SIM_BLESS set in the environment the file is made from got first.
 */
static inline void same_as_blessed(const char *path, const struct str *got, const char *of)
{
	const char *now = str_get(got), *then;
	struct str want;

	if (getenv("EL2SIM_BLESS") != NULL)
		spill(path, now, got->len);
	want = slurp(path);
	then = str_get(&want);
	ck_assert_uint_eq(strlen(now), got->len);
	for (size_t line = 1; *then != '\0' || *now != '\0'; line++) {
		size_t w = strcspn(then, "\n"), g = strcspn(now, "\n");

		ck_assert_msg(w == g && strncmp(then, now, w) == 0 && then[w] == now[g],
			      "%s:%zu: %s\n  blessed: %.*s\n  now:     %.*s\n  if that is meant: EL2SIM_BLESS=1 and this "
			      "test, and review the difference", path, line, of, (int)w, then, (int)g, now);
		then += w + (then[w] == '\n');
		now += g + (now[g] == '\n');
	}
	str_free(&want);
}

#endif
