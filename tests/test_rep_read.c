/* SPDX-License-Identifier: Apache-2.0 */
/* Reports read back from JSON: nothing is lost, and what is no report is refused with a reason. */
#include <stdlib.h>

#include "sim/app/output.h"
#include "sim/document/rep_read.h"
#include "tests/command.h"
#include "tests/report_lines.h"
#include "tests/suite.h"

static struct str output_as(const char *line, const char *format)
{
	struct str text = STR_INIT, out = STR_INIT;
	struct err e;

	str_addf(&text, "%s --format %s", line, format);
	if (run_command(str_get(&text), &out, &e) != 0) /* "no" is an answer, too */
		ck_assert_msg(e.code == ERR_ANSWER_NO, "%s: %s", line, e.text);
	ck_assert_uint_gt(out.len, 0);
	str_free(&text);
	return out;
}

static struct str written(const struct rep *r, enum rep_format format)
{
	struct str out = STR_INIT;
	struct err e;
	FILE *f = open_memstream(&out.s, &out.len);

	ck_assert_int_eq(rep_write(r, format, f, &e), 0);
	ck_assert_int_eq(fclose(f), 0);
	return out;
}

static struct rep *read_back(const struct str *json)
{
	struct err e = { ERR_NONE, "" };
	struct rep *r = rep_read_text(str_get(json), json->len, "x.json", &e);

	ck_assert_msg(r != NULL, "%s", e.text);
	return r;
}

START_TEST(every_report_read_back_is_written_with_the_same_bytes)
{
	struct str json = output_as(report_lines[_i], "json");
	struct rep *r = read_back(&json);

	/* The one for people, and the one with everything; the_limits_of_every_type_survive has the others. */
	for (unsigned f = REP_TEXT; f < REP_FORMAT_COUNT; f += REP_HTML - REP_TEXT) {
		struct str want = output_as(report_lines[_i], output_formats[f]), got = written(r, (enum rep_format)f);

		ck_assert_msg(strcmp(str_get(&want), str_get(&got)) == 0, "%s --format %s", report_lines[_i],
			      output_formats[f]);
		str_free(&want);
		str_free(&got);
	}
	rep_free(r);
	str_free(&json);
}
END_TEST

/* Commands that write no report; whose -o is a results file (tests/test_sweep.c) or a reference (tests/test_record.sh); that want a kernel: tests/test_kernel.c. */
static const char *const no_report[] = { "help", "kernel", "record", "import-profile", "sweep", "merge", "query", "report" };

START_TEST(every_command_with_a_report_is_among_the_lines)
{
	for (size_t i = 0; i < cmd_top_set.n; i++) {
		struct str start = STR_INIT;
		bool found = false;

		str_addf(&start, "el2sim %s ", cmd_top_set.rows[i].name);
		for (size_t k = 0; k < sizeof(no_report) / sizeof(no_report[0]); k++)
			found = found || strcmp(cmd_top_set.rows[i].name, no_report[k]) == 0;
		for (size_t k = 0; k < N_REPORT_LINES; k++)
			found = found || strncmp(report_lines[k], str_get(&start), start.len) == 0;
		ck_assert_msg(found, "%s: add a line to tests/report_lines.h", str_get(&start));
		str_free(&start);
	}
}
END_TEST

/* tests/golden/report.json has every type and the limits of each. */
START_TEST(the_limits_of_every_type_survive)
{
	static const char *const ends[REP_FORMAT_COUNT] = {
#define X(id, name, help) [id] = name,
		REP_FORMATS(X)
#undef X
	};
	struct str json = slurp("tests/golden/report.json"), path = STR_INIT, want, got;
	struct rep *r = read_back(&json);

	str_addf(&path, "tests/golden/report.%s", ends[_i]);
	want = slurp(str_get(&path));
	got = written(r, (enum rep_format)_i);
	ck_assert_str_eq(str_get(&got), str_get(&want));
	rep_free(r);
	str_free(&json);
	str_free(&path);
	str_free(&want);
	str_free(&got);
}
END_TEST

/* --- what is refused -------------------------------------------------------------------------- */

#define HEAD(schema) "{\"schema\": \"" schema "\", \"title\": \"\", \"fact_titles\": {}, \"fact_units\": {}, "
#define FACTS(f)     HEAD("el2sim.run/1") "\"facts\": {" f "}, \"tables\": {}, \"verdicts\": [], \"notes\": []}"
#define TABLES(t)    HEAD("el2sim.run/1") "\"facts\": {}, \"verdicts\": [], \"notes\": [], \"tables\": {" t "}}"
#define TABLE(c, r)  TABLES("\"t\": {\"title\": \"\", \"columns\": [" c "], \"rows\": [" r "]}")
#define COL(type)    "{\"key\": \"k\", \"title\": \"\", \"type\": \"" type "\", \"unit\": \"\"}"
#define FIX          "{\"key\": \"k\", \"title\": \"\", \"type\": \"decimal\", \"unit\": \"\", \"decimals\": 1}"

static const struct {
	const char *text, *says;
} refused[] = {
	{ "", "line 1 is no JSON" },
	{ "Replay of a trace\n=====", "line 1 is no JSON" },
	{ "[1, 2]", "no report of el2sim, there is no \"schema\": \"el2sim.COMMAND/1\"" },
	{ "\"text\"", "no report of el2sim" },
	{ "{\"schema\": 5}", "no report of el2sim" },
	{ "{\"schema\": \"gem5.run/1\"}", "no report of el2sim" },
	{ "{\"schema\": \"el2sim.run/x\"}", "no report of el2sim" },
	{ "{\"schema\": \"el2sim.run/3\"}", "\"el2sim.run/3\" is newer than this el2sim reads (version 2)" },
	{ "{\"schema\": \"el2sim.run/1\"}", "\"title\" is missing" },
	{ "{\"schema\": \"el2sim.run/1\", \"title\": \"\"}", "is missing or no object" },
	{ HEAD("el2sim.run/1") "\"facts\": []}", "\"facts\" is missing or no object" },
	{ FACTS("\"a\": -1"), "facts: \"a\" is no string and no whole number" },
	{ FACTS("\"a\": 1.5"), "facts: \"a\"" },
	{ FACTS("\"a\": 18446744073709551616"), "facts: \"a\"" },
	{ FACTS("\"a\": true"), "facts: \"a\"" },
	{ FACTS("\"a\": 1, \"a\": 2"), "line 1 is no JSON" },
	{ TABLES("\"facts\": {\"title\": \"\", \"columns\": [], \"rows\": []}"), "no table of a report" },
	{ TABLE("", ""), "t: no columns" },
	{ TABLE("5", ""), "t: \"type\" is missing" },
	{ TABLE(COL("float"), ""), "column \"k\" is of type \"float\"" },
	{ TABLE(COL("u64") ", " COL("u64"), ""), "two columns have the key \"k\"" },
	{ TABLE(COL("decimal"), ""), "want \"decimals\" 0..3" },
	{ TABLE(COL("u64"), "{}"), "t: row 1 has no \"k\"" },
	{ TABLE(COL("u64"), "{\"k\": 1}, {\"k\": -1}"), "t: row 2: \"k\" is no u64 in range" },
	{ TABLE(COL("u64"), "{\"k\": \"1\"}"), "t: row 1: \"k\" is no u64" },
	{ TABLE(COL("u64"), "{\"k\": 0x1}"), "line 1 is no JSON" },
	{ TABLE(COL("i64"), "{\"k\": 9223372036854775808}"), "no i64 in range" },
	{ TABLE(COL("hex"), "{\"k\": 5}"), "no hex in range" },
	{ TABLE(COL("string"), "{\"k\": 5}"), "no string in range" },
	{ TABLE(COL("string"), "{\"k\": \"\\u0007\"}"), "no string in range" },
	{ TABLE(FIX, "{\"k\": 1}"), "no decimal in range" },
	{ TABLE(FIX, "{\"k\": 1.2345}"), "no decimal in range" },
	{ TABLE(FIX, "{\"k\": -.5}"), "no decimal in range" },
	{ TABLE(FIX, "{\"k\": 9223372036854775.808}"), "no decimal in range" },
	{ TABLES("\"t\": {\"title\": \"\", \"columns\": [" FIX "], \"rows\": [], \"rules\": [1]}"),
	  "t: rule 1: want rows 0..0" },
	{ HEAD("el2sim.run/1") "\"facts\": {}, \"tables\": {}, \"verdicts\": [1], \"notes\": []}",
	  "verdicts: sentence 1" },
};

START_TEST(what_is_no_report_is_refused_with_a_reason)
{
	struct err e = { ERR_NONE, "" };

	ck_assert_ptr_null(rep_read_text(refused[_i].text, strlen(refused[_i].text), "x.json", &e));
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_msg(strstr(e.text, refused[_i].says) != NULL, "%s: %s", refused[_i].text, e.text);
	ck_assert_msg(strncmp(e.text, "x.json: ", 8) == 0 && strchr(e.text, '\n') == NULL, "%s", e.text);
}
END_TEST

START_TEST(every_cut_report_is_refused)
{
	struct str json = slurp("tests/golden/report.json");

	for (size_t n = 0; n + 2 < json.len; n++) {
		struct err e = { ERR_NONE, "" };

		ck_assert_msg(rep_read_text(str_get(&json), n, "x.json", &e) == NULL, "cut after %zu bytes", n);
		ck_assert_int_eq(e.code, ERR_INPUT);
	}
	str_free(&json);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
	struct err e = { ERR_NONE, "" };

	ck_assert_ptr_null(rep_read("nowhere.json", &e));
	ck_assert_str_eq(e.text, "nowhere.json: cannot be read: No such file or directory");
	ck_assert_ptr_null(rep_read("tests", &e));
	ck_assert_ptr_nonnull(strstr(e.text, "tests: cannot be read: "));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rep_read");
	TCase *c = tcase_create("rep_read");

	if (chdir(EL2SIM_SOURCE_DIR) != 0)
		return 1;
	tcase_add_loop_test(c, every_report_read_back_is_written_with_the_same_bytes, 0, (int)N_REPORT_LINES);
	tcase_add_test(c, every_command_with_a_report_is_among_the_lines);
	tcase_add_loop_test(c, the_limits_of_every_type_survive, 0, REP_HTML); /* test_report has its page */
	tcase_add_loop_test(c, what_is_no_report_is_refused_with_a_reason, 0, (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(c, every_cut_report_is_refused);
	tcase_add_test(c, a_file_that_is_not_there_is_named);
	suite_add_tcase(s, c);
	return suite_status(s);
}
