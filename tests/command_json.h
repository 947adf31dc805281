/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of commands, as JSON. */
#ifndef EL2SIM_TESTS_COMMAND_JSON_H
#define EL2SIM_TESTS_COMMAND_JSON_H

#include <jansson.h>

#include "tests/command.h"

/* What a command prints, which ends well. */
static inline struct str output_of(const char *line)
{
	struct str out = STR_INIT;
	struct err e;

	ck_assert_msg(run_command(line, &out, &e) == 0, "%s: %s", line, e.text);
	return out;
}

/* The report of a command, with --format json; to be released. */
static inline json_t *json_of(const char *line)
{
	struct str text = STR_INIT, out;
	json_error_t je;
	json_t *j;

	str_addf(&text, "%s --format json", line);
	out = output_of(str_get(&text));
	j = json_loads(str_get(&out), 0, &je);
	ck_assert_msg(j != NULL, "%s: %s", line, je.text);
	str_free(&text);
	str_free(&out);
	return j;
}

/* Rows of a table, a borrowed array; NULL if the report has no such table. */
static inline json_t *rows_of(json_t *report, const char *table)
{
	return json_object_get(json_object_get(json_object_get(report, "tables"), table), "rows");
}

#endif
