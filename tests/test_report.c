/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "sim/document/rep.h"
#include "tests/files.h"
#include "tests/suite.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct rep_col all_types[] = {
	{ "name", "register", REP_STR, "", 0, false },
	{ "count", "", REP_U64, "", 0, true },
	{ "cycles", "cycles", REP_U64, "cycles", 0, false },
	{ "change", "change", REP_I64, "ns", 0, true },
	{ "share", "share", REP_FIX, "%", 1, true },
	{ "ratio", "ratio", REP_FIX, NULL, 3, false },
	{ "addr", NULL, REP_HEX, "", 0, false },
	{ "pid", NULL, REP_ID, "", 0, false },
	{ "why", "why", REP_STR, "", 0, false },
};
static const struct rep_col one_col[] = { { "kind", "exit kind", REP_STR, "", 0, false } };

static const struct rep_col points[] = { { "count", "", REP_U64, "", 0, false }, { "label", "", REP_STR, "", 0, false } };
static const char *const words[] = { "el2sim", "compare", "a file.ini", "--vary", "policy.el1=eager,it's" };

/* Every type, every flag, every value that a writer treats in a way of its own. */
static struct rep *full_document(void)
{
	struct rep *r = rep_new("compare", "eager against deferred");
	struct rep_table *t, *empty;

	rep_fact(r, "trace", "trace", "samples/%s.e2t", "one,two");
	rep_fact_u64(r, "exits", "exits replayed", 12345, "exits");
	rep_fact_u64(r, "vcpus", "", 9999, "");
	t = rep_table(r, "traffic", "Traffic per register", all_types, N(all_types));
	empty = rep_table(r, "none_yet", "", one_col, 1);
	rep_str(t, "TCR_EL1");
	rep_u64(t, 0), rep_u64(t, 9999), rep_i64(t, 0), rep_fix(t, 0), rep_fix(t, -1), rep_u64(t, 0);
	rep_u64(t, 0);
	rep_strf(t, "a|b \"%s\", *c*", "q");
	rep_str(t, "caf\303\251 \\ <x>");
	rep_u64(t, 10000), rep_u64(t, UINT64_MAX), rep_i64(t, -12345), rep_fix(t, 12350);
	rep_fix(t, 1234567891), rep_u64(t, 0xffff800080001234), rep_u64(t, 12345);
	rep_str(t, "");
	rep_rule(t);
	rep_rule(t);
	rep_str(t, "total");
	rep_u64(t, 7), rep_none(t), rep_i64(t, INT64_MIN), rep_fix(t, -12350), rep_fix(t, INT64_MAX);
	rep_none(t);
	rep_none(t);
	rep_none(t);
	ck_assert_uint_eq(rep_rows(t), 3);
	ck_assert_uint_eq(rep_rows(empty), 0);
	rep_chart(t, &(struct rep_chart){ .kind = REP_STACK, .title = "Stack", .x = "name", .y = "count cycles" });
	rep_chart(t, &(struct rep_chart){ .kind = REP_LINES, .title = "Lines", .x = "count", .y = "share",
					  .series = "name", .choose = "why addr", .split = "name", .band = "ratio share", .unit = "pieces <of>", .marks = "points", .log_x = true,
					  .log_y = true });
	rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .x = "name", .y = "ratio", .transposed = true });
	t = rep_table(r, "points", "Points <of> a curve", points, N(points));
	rep_detail(t);
	rep_u64(t, 4), rep_str(t, "here");
	rep_command(r, words, N(words));
	rep_verdict(r, "deferred: %s fewer accesses", "4.4x");
	rep_note(r, "cycles are not calibrated: the numbers of this machine profile are estimates taken from public "
		    "sources, so compare them only with each other");
	rep_note(r, "bad bytes \033[31m\377\300\257 and\nlines are made printable");
	return r;
}

/* Of a page what the report says, without style and scripts. */
static void cut_to_report(char *page)
{
	char *from = strstr(page, "<main"), *to = strstr(page, "</main>");

	ck_assert_ptr_nonnull(from);
	ck_assert_ptr_nonnull(to);
	(void)memmove(page, from, (size_t)(to - from));
	page[to - from] = '\0';
}

/* What rep_write gives; the caller frees it. */
static char *written(const struct rep *r, enum rep_format format)
{
	char *text = NULL;
	size_t len = 0;
	struct err e;
	FILE *f = open_memstream(&text, &len);

	ck_assert_int_eq(rep_write(r, format, f, &e), 0);
	ck_assert_int_eq(fclose(f), 0);
	if (format == REP_HTML)
		cut_to_report(text);
	return text;
}

START_TEST(every_format_writes_the_full_document_as_blessed)
{
	static const char *const names[REP_FORMAT_COUNT] = {
#define X(id, name, help) [id] = name,
		REP_FORMATS(X)
#undef X
	};
	struct rep *r = full_document();
	char *text = written(r, (enum rep_format)_i), path[512];
	const struct str got = { text, strlen(text), 0 };

	(void)snprintf(path, sizeof(path), EL2SIM_SOURCE_DIR "/tests/golden/report.%s", names[_i]);
	same_as_blessed(path, &got, "rep_write");
	free(text);
	rep_free(r);
}
END_TEST

START_TEST(an_empty_document_is_written_in_every_format)
{
	static const char *const empty[REP_FORMAT_COUNT] = {
		[REP_TEXT] = "",
		[REP_MD] = "## run\n",
		[REP_CSV] = "# table: facts\nkey,value,unit\n\n# table: sentences\nkind,text\n",
		[REP_JSON] = ("{\n  \"schema\": \"el2sim.run/1\",\n  \"title\": \"\",\n  \"facts\": {},\n"
			     "  \"fact_titles\": {},\n  \"fact_units\": {},\n  \"tables\": {},\n  \"verdicts\": [],\n"
			     "  \"notes\": []\n}\n"),
		[REP_HTML] = ("<main id=\"el2sim-main\">\n<article aria-labelledby=\"el2sim-title\"><h1 id=\"el2sim-title\">run</h1>\n"
			     "<section class=\"answer\" aria-label=\"Answer\">\n</section>\n</article>\n"),
	};
	struct rep *r = rep_new("run", "");
	char *text = written(r, (enum rep_format)_i);
	struct str rest = without_provenance(&(struct str){ text, strlen(text), 0 });

	ck_assert_str_eq(str_get(&rest), empty[_i]);
	str_free(&rest);
	free(text);
	rep_free(r);
}
END_TEST

START_TEST(text_lines_end_without_blanks_and_notes_stay_within_120_columns)
{
	struct rep *r = full_document();
	char *text = written(r, REP_TEXT), *line = strstr(text, "note: ");

	ck_assert_ptr_null(strstr(text, " \n"));
	ck_assert_ptr_nonnull(line);
	for (line = strtok(line, "\n"); line != NULL; line = strtok(NULL, "\n"))
		ck_assert_uint_le(strlen(line), 120);
	free(text);
	rep_free(r);
}
END_TEST

START_TEST(a_word_longer_than_a_line_is_not_broken)
{
	struct rep *r = rep_new("run", "");
	char word[1501], *text;

	memset(word, 'x', 1500);
	word[1500] = '\0';
	rep_note(r, "see %s there", word);
	text = written(r, REP_TEXT);
	ck_assert_ptr_nonnull(strstr(text, word));
	ck_assert_uint_eq(strlen(text), strlen("note: see\n      ") + 1500 + strlen("\n      there\n"));
	free(text);
	rep_free(r);
}
END_TEST

/* jansson reads integers of 63 bits only, so this document has none above. */
static struct rep *plain_document(void)
{
	struct rep *r = rep_new("compare", "\"quoted\" \\ \001");
	struct rep_table *t = rep_table(r, "traffic", "Traffic", all_types, N(all_types));

	rep_fact(r, "trace", "trace", "a");
	rep_fact_u64(r, "time", "time", 5000000000, "ps");
	rep_str(t, "x"), rep_u64(t, INT64_MAX), rep_u64(t, 0), rep_i64(t, -3), rep_fix(t, 1250);
	rep_fix(t, -5), rep_u64(t, 31), rep_u64(t, 4), rep_none(t);
	rep_verdict(r, "yes");
	return r;
}

START_TEST(json_parses_back_to_what_was_put_in)
{
	struct rep *r = plain_document();
	char *text = written(r, REP_JSON);
	json_error_t error;
	json_t *got = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	json_t *row = json_pack("{s:s, s:I, s:i, s:i, s:f, s:f, s:s, s:i, s:n}", "name", "x", "count",
				(json_int_t)INT64_MAX, "cycles", 0, "change", -3, "share", 1.25, "ratio",
				-0.005, "addr", "0x1f", "pid", 4, "why");
	json_t *table, *columns, *rows;

	ck_assert_msg(got != NULL, "%s", error.text);
	ck_assert_str_eq(json_string_value(json_object_get(got, "schema")), "el2sim.compare/1");
	ck_assert_str_eq(json_string_value(json_object_get(got, "title")), "\"quoted\" \\ ?");
	ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(got, "facts"), "time")),
			 5000000000);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(got, "fact_units"), "time")),
			 "ps");
	table = json_object_get(json_object_get(got, "tables"), "traffic");
	columns = json_object_get(table, "columns");
	ck_assert_uint_eq(json_array_size(columns), N(all_types));
	for (size_t i = 0; i < N(all_types); i++)
		ck_assert_str_eq(json_string_value(json_object_get(json_array_get(columns, i), "key")),
				 all_types[i].key);
	rows = json_object_get(table, "rows");
	ck_assert_uint_eq(json_array_size(rows), 1);
	ck_assert_ptr_nonnull(row);
	ck_assert(json_equal(json_array_get(rows, 0), row));
	json_decref(row);
	json_decref(got);
	free(text);
	rep_free(r);
}
END_TEST

START_TEST(decimals_are_rounded_half_away_from_zero_for_people)
{
	static const struct {
		int64_t thousandths;
		const char *one, *two, *three;
	} rows[] = {
		{ 0, "0.0", "0.00", "0.000" },
		{ 49, "0.0", "0.05", "0.049" },
		{ 50, "0.1", "0.05", "0.050" },
		{ -50, "-0.1", "-0.05", "-0.050" },
		{ -49, "0.0", "-0.05", "-0.049" },
		{ 4, "0.0", "0.00", "0.004" },
		{ 5, "0.0", "0.01", "0.005" },
		{ 999950, "1000.0", "999.95", "999.950" },
		{ 9999949, "9999.9", "9999.95", "9999.949" },
		{ 9999950, "10,000.0", "9999.95", "9999.950" },
	};
	static const struct rep_col cols[] = {
		{ "a", "a", REP_FIX, "", 1, false },
		{ "b", "b", REP_FIX, "", 2, false },
		{ "c", "c", REP_FIX, "", 3, false },
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct rep *r = rep_new("run", "");
		struct rep_table *t = rep_table(r, "t", "", cols, 3);
		char want[128], *text;

		for (int c = 0; c < 3; c++)
			rep_fix(t, rows[i].thousandths);
		text = written(r, REP_MD);
		(void)snprintf(want, sizeof(want), "| %s | %s | %s |\n", rows[i].one, rows[i].two,
			       rows[i].three);
		ck_assert_msg(strstr(text, want) != NULL, "%s not in %s", want, text);
		free(text);
		rep_free(r);
	}
}
END_TEST

START_TEST(a_full_disk_is_reported)
{
	struct rep *r = full_document();
	FILE *f = fopen("/dev/full", "w");
	struct err e = { ERR_NONE, "" };

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(rep_write(r, (enum rep_format)_i, f, &e), -1);
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.text, strerror(ENOSPC)));
	(void)fclose(f);
	rep_free(r);
}
END_TEST

START_TEST(every_format_is_found_by_its_name_and_no_other)
{
	enum rep_format format = REP_FORMAT_COUNT;

#define X(id, name, help)                                                                           \
	ck_assert(rep_format_by_name(name, &format));                                               \
	ck_assert_int_eq(format, id);
	REP_FORMATS(X)
#undef X
	ck_assert(!rep_format_by_name("", &format));
	ck_assert(!rep_format_by_name("xml", &format));
}
END_TEST

/* Faults of the caller end the program. */
static void fill_wrongly(int fault)
{
	struct rep *r = rep_new("run", "");
	struct rep_table *t = rep_table(r, "t", "", all_types, N(all_types));
	struct rep_col bad = { "x", "x", REP_FIX, "", 4, false };

	switch (fault) {
	case 0: rep_u64(t, 1); break;
	case 1: rep_i64(t, 1); break;
	case 2: rep_fix(t, 1); break;
	case 3: rep_str(t, "a"), rep_str(t, "b"); break;
	case 4: rep_str(t, "a"), rep_rule(t); break;
	case 5: rep_str(t, "a"), (void)written(r, REP_TEXT); break;
	case 6: rep_table(r, "t", "", one_col, 1); break;
	case 7: rep_fact(r, "k", "", "1"), rep_fact_u64(r, "k", "", 1, ""); break;
	case 8: rep_table(r, "u", "", &bad, 1); break;
	default: rep_table(r, "facts", "", one_col, 1); break;
	}
}

START_TEST(a_wrongly_filled_report_is_a_bug)
{
	fill_wrongly(_i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report");
	TCase *c = tcase_create("report");

	tcase_add_loop_test(c, every_format_writes_the_full_document_as_blessed, 0, REP_FORMAT_COUNT);
	tcase_add_loop_test(c, an_empty_document_is_written_in_every_format, 0, REP_FORMAT_COUNT);
	tcase_add_test(c, text_lines_end_without_blanks_and_notes_stay_within_120_columns);
	tcase_add_test(c, a_word_longer_than_a_line_is_not_broken);
	tcase_add_test(c, json_parses_back_to_what_was_put_in);
	tcase_add_test(c, decimals_are_rounded_half_away_from_zero_for_people);
	tcase_add_loop_test(c, a_full_disk_is_reported, 0, REP_FORMAT_COUNT);
	tcase_add_test(c, every_format_is_found_by_its_name_and_no_other);
	tcase_add_loop_test_raise_signal(c, a_wrongly_filled_report_is_a_bug, SIGABRT, 0, 10);
	suite_add_tcase(s, c);
	return suite_status(s);
}
