/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim query: values of every type in every format; questions that are refused, of which nothing is written. */
#include <check.h>

#include "sim/store/store_sql.h"
#include "tests/command.h"
#include "tests/store_bench.h"

static void file_there(void)
{
	setup();
	store_close(planned(path_a));
}

/* Words are parted by spaces, so SQL has tabs here. */
static int question(const char *options, const char *sql, struct str *out, struct err *e)
{
	struct str line = STR_INIT;
	int rc;

	str_addf(&line, "el2sim query %s %s%s", path_a, sql, options);
	rc = run_command(str_get(&line), out, e);
	str_free(&line);
	return rc;
}

static const struct {
	const char *options, *sql, *want;
} answers[] = {
	{ " --format csv", "SELECT\t1\tAS\ta,NULL\tAS\tb,'x,\"y'\tAS\tc,x'00ff'\tAS\td,1.5\tAS\te,'=1+1'\tAS\tf,-3\tAS\tg",
	  "a,b,c,d,e,f,g\n1,,\"x,\"\"y\",X'00FF',1.5,'=1+1,-3\n" },
	{ " --format csv", "SELECT\tcast(x'61ff'\tAS\ttext)\tAS\ta,'b'||char(0)||'c'\tAS\tz", "a,z\nX'61FF',X'620063'\n" },
	{ " --format csv", "SELECT\t1\tAS\ta\tWHERE\t0", "a\n" },
	{ " --format json", "SELECT\t1\tAS\ta,NULL\tAS\tb,'x\"y'\tAS\tc,x'00ff'\tAS\td,1.5\tAS\te,9e999\tAS\tf",
	  "[\n  {\"a\": 1, \"b\": null, \"c\": \"x\\\"y\", \"d\": \"X'00FF'\", \"e\": 1.5, \"f\": null}\n]\n" },
	{ " --format json", "VALUES(1),(2)", "[\n  {\"column1\": 1},\n  {\"column1\": 2}\n]\n" },
	{ " --format json", "SELECT\t1\tAS\ta\tWHERE\t0", "[]\n" },
	{ " --format table", "SELECT\t'one'\tAS\tword,7\tAS\tn\tUNION\tALL\tSELECT\t'w\xc3\xb6rter',12345",
	  "word    n\n------  -----\none         7\nw\xc3\xb6rter  12345\n" },
	{ " --format table", "SELECT\t'a'||char(27)||'[31m'\tAS\tx", "x\n------\na?[31m\n" },
	{ " --format csv --max-rows 2", "VALUES(1),(2)", "column1\n1\n2\n" },
	{ " --format csv --timeout 60", "SELECT\tcount(*)\tAS\tn\tFROM\tpoint", "n\n6\n" },
};

START_TEST(a_value_is_written_as_its_format_has_it)
{
	struct str out = STR_INIT;
	struct err e;

	ck_assert_msg(question(answers[_i].options, answers[_i].sql, &out, &e) == 0, "%s", e.text);
	ck_assert_str_eq(str_get(&out), answers[_i].want);
	str_free(&out);
}
END_TEST

static const struct {
	const char *options, *sql, *says;
} refusals[] = {
	{ " --format csv --max-rows 2", "VALUES(1),(2),(3)", "the answer has more than --max-rows 2 rows" },
	{ " --format csv --timeout 1", "WITH\tRECURSIVE\tn(i)\tAS(SELECT\t1\tUNION\tALL\tSELECT\ti+1\tFROM\tn)SELECT\tcount(*)\tFROM\tn",
	  "no answer within --timeout 1 s" },
	{ " --format json", "SELECT\t1\tAS\ta,2\tAS\ta", "two columns are called \"a\"" },
	{ " --format csv", "SELEC\t1", "syntax error" },
	{ " --format csv", "SELECT\t*\tFROM\tnowhere", "no such table: nowhere" },
	{ " --format csv", "SELECT\t1;SELECT\t2", "want one statement" },
	{ " --format csv", "DELETE\tFROM\tpoint", "SQL: the file is only read" },
	{ " --format csv", "", "want RESULTS and SQL" },
	{ " --format csv --timeout 0", "SELECT\t1", "--timeout" },
};

START_TEST(a_question_is_refused_in_a_line_and_nothing_of_it_written)
{
	struct str out = STR_INIT;
	struct err e;

	ck_assert_int_ne(question(refusals[_i].options, refusals[_i].sql, &out, &e), 0);
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_msg(strstr(e.text, refusals[_i].says) != NULL, "want \"%s\" in \"%s\"", refusals[_i].says, e.text);
	ck_assert_ptr_null(strchr(e.text, '\n'));
	ck_assert_uint_eq(out.len, 0);
	str_free(&out);
}
END_TEST

START_TEST(the_schema_is_what_the_file_is_made_with)
{
	struct str out = STR_INIT;
	struct err e;

	ck_assert_int_eq(run_command("el2sim query --schema", &out, &e), 0);
	ck_assert_str_eq(str_get(&out), STORE_SCHEMA);
	str_free(&out);
}
END_TEST

#define N_OF(table) ((int)(sizeof(table) / sizeof(table[0])))

int main(void)
{
	Suite *s = suite_create("query");
	TCase *c = tcase_create("query");

	tcase_add_checked_fixture(c, file_there, teardown);
	tcase_add_loop_test(c, a_value_is_written_as_its_format_has_it, 0, N_OF(answers));
	tcase_add_loop_test(c, a_question_is_refused_in_a_line_and_nothing_of_it_written, 0, N_OF(refusals));
	tcase_add_test(c, the_schema_is_what_the_file_is_made_with);
	suite_add_tcase(s, c);
	return suite_status(s);
}
