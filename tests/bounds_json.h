/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of a report on a reduced trace against those on the whole one: each is what its mark says. */
#ifndef EL2SIM_TESTS_BOUNDS_JSON_H
#define EL2SIM_TESTS_BOUNDS_JSON_H

#include <string.h>

#include "tests/command_json.h"

/* Text of the leading cells that are text: it names the row. */
static void name_row(struct str *b, json_t *columns, json_t *row)
{
	json_t *col;
	size_t i;

	json_array_foreach(columns, i, col) {
		const char *type = json_string_value(json_object_get(col, "type"));
		json_t *v = json_object_get(row, json_string_value(json_object_get(col, "key")));

		if (strcmp(type, "string") == 0 && json_is_string(v))
			str_addf(b, "%s/", json_string_value(v));
		else if (strcmp(type, "id") == 0 && json_is_integer(v) && i == 0)
			str_addf(b, "%lld/", (long long)json_integer_value(v));
		else
			return;
	}
}

static json_t *row_like(json_t *table, json_t *columns, json_t *row)
{
	struct str want = STR_INIT;
	json_t *other, *found = NULL;
	size_t i;

	name_row(&want, columns, row);
	json_array_foreach(json_object_get(table, "rows"), i, other) {
		struct str have = STR_INIT;

		name_row(&have, columns, other);
		if (strcmp(str_get(&have), str_get(&want)) == 0)
			found = other;
		str_free(&have);
	}
	str_free(&want);
	return found;
}

static const char *bound_of(json_t *table, size_t row, const char *column)
{
	json_t *b;
	size_t i;

	json_array_foreach(json_object_get(table, "bounds"), i, b) {
		if ((size_t)json_integer_value(json_object_get(b, "row")) == row &&
		    strcmp(json_string_value(json_object_get(b, "column")), column) == 0)
			return json_string_value(json_object_get(b, "bound"));
	}
	return "";
}

static bool fits(double printed, const char *bound, double full)
{
	const double small = 0.00051; /* decimals are exact to thousandths */

	if (bound[0] == '>')
		return full >= printed - small;
	if (bound[0] == '<')
		return full <= printed + small;
	return full >= printed - small && full <= printed + small;
}

/* Every number of a table; returns how many there were. */
static size_t table_fits(const char *key, json_t *reduced, json_t *full, const char *of)
{
	json_t *columns = json_object_get(reduced, "columns"), *row, *col;
	size_t i, k, n = 0;

	json_array_foreach(json_object_get(reduced, "rows"), i, row) {
		json_t *whole = full != NULL ? row_like(full, columns, row) : NULL;

		json_array_foreach(columns, k, col) {
			const char *name = json_string_value(json_object_get(col, "key"));
			const char *type = json_string_value(json_object_get(col, "type"));
			json_t *v = json_object_get(row, name), *w = json_object_get(whole, name);
			/* a row that the whole trace has not is one of zeros */
			double want = json_is_number(w) ? json_number_value(w) : 0;

			if (!json_is_number(v) || strcmp(type, "id") == 0 || (whole != NULL && !json_is_number(w)))
				continue;
			ck_assert_msg(fits(json_number_value(v), bound_of(reduced, i, name), want),
				      "%s: %s row %zu %s: %g%s, the whole trace has %g", of, key, i, name, json_number_value(v),
				      bound_of(reduced, i, name), want);
			n++;
		}
	}
	return n;
}

static size_t report_fits(const char *command, const char *reduced, const char *full)
{
	struct str line = STR_INIT, of = STR_INIT;
	json_t *a, *b, *table;
	const char *key;
	size_t n = 0;

	str_addf(&line, "%s --trace %s", command, reduced);
	a = json_of(str_get(&line));
	str_addf(&of, "%s", str_get(&line));
	str_reset(&line);
	str_addf(&line, "%s --trace %s", command, full);
	b = json_of(str_get(&line));
	json_object_foreach(json_object_get(a, "tables"), key, table) {
		bool detail = json_is_true(json_object_get(table, "detail"));

		if (!detail && strcmp(key, "doubt") != 0)
			n += table_fits(key, table, json_object_get(json_object_get(b, "tables"), key), str_get(&of));
	}
	json_object_foreach(json_object_get(a, "facts"), key, table) {
		json_t *bound = json_object_get(json_object_get(a, "fact_bounds"), key), *w = json_object_get(json_object_get(b, "facts"), key);
		static const char *const own[] = { "events", "lost", "skipped_unknown", "skipped_lines" };
		bool of_file = false;

		for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
			of_file |= strcmp(own[i], key) == 0;
		if (!of_file && json_is_integer(table) && json_is_integer(w))
			ck_assert_msg(fits(json_number_value(table), bound != NULL ? json_string_value(bound) : "", json_number_value(w)),
				      "%s: fact %s", str_get(&of), key);
	}
	json_decref(a);
	json_decref(b);
	str_free(&line);
	str_free(&of);
	return n;
}

#endif
