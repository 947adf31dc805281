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

/* Which program and files made a report is said in JSON and HTML, and no blessed file: it changes with every edit of them. */
static inline struct str without_provenance(const struct str *got)
{
	static const char *const cuts[][2] = { { "  \"provenance\": {", "\n  },\n" }, { "<details class=\"made\">", "</details>\n" } };
	struct str rest = STR_INIT;
	const char *s = str_get(got);

	while (*s != '\0') {
		const char *from = NULL, *to = NULL;

		for (unsigned i = 0; i < 2; i++) {
			const char *at = strstr(s, cuts[i][0]), *end = at != NULL ? strstr(at, cuts[i][1]) : NULL;

			if (end != NULL && (from == NULL || at < from)) {
				from = at;
				to = end + strlen(cuts[i][1]);
			}
		}
		str_addn(&rest, s, from != NULL ? (size_t)(from - s) : strlen(s));
		s = from != NULL ? to : s + strlen(s);
	}
	return rest;
}

/*
 * Fail at the first line of got, which is what a command or a call (`of`) makes now, that is not the blessed file's. With
 * EL2SIM_BLESS set in the environment the file is made from got first.
 */
static inline void same_as_blessed(const char *path, const struct str *got, const char *of)
{
	struct str rest = without_provenance(got), want;
	const char *now = str_get(&rest), *then;

	if (getenv("EL2SIM_BLESS") != NULL)
		spill(path, now, rest.len);
	want = slurp(path);
	then = str_get(&want);
	ck_assert_uint_eq(strlen(now), rest.len);
	for (size_t line = 1; *then != '\0' || *now != '\0'; line++) {
		size_t w = strcspn(then, "\n"), g = strcspn(now, "\n");

		ck_assert_msg(w == g && strncmp(then, now, w) == 0 && then[w] == now[g],
			      "%s:%zu: %s\n  blessed: %.*s\n  now:     %.*s\n  if that is meant: EL2SIM_BLESS=1 and this "
			      "test, and review the difference", path, line, of, (int)w, then, (int)g, now);
		then += w + (then[w] == '\n');
		now += g + (now[g] == '\n');
	}
	str_free(&want);
	str_free(&rest);
}

#endif
