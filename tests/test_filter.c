/* SPDX-License-Identifier: Apache-2.0 */
/* What goes out, format by format; sets of names; products and shares of large counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/err.h"
#include "sim/base/filter.h"
#include "sim/base/nameset.h"
#include "sim/base/num.h"
#include "tests/suite.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *raw, *line;
} lines[] = {
	{ "TCR_EL1 \342\211\245 3 \303\251", "TCR_EL1 \342\211\245 3 \303\251" },
	{ "a\tb\r\nc", "a b  c" },
	{ "\033[31m\001\177", "?[31m??" },
	{ "\302\233[2J", "??[2J" },			   /* C1, as a character */
	{ "\233[2J\377", "?[2J?" },			   /* C1, as a bare byte */
	{ "\330\234\342\200\216\342\200\217", "????????" }, /* U+061C, 200E, 200F */
	{ "\342\200\250\342\200\256\342\201\251", "?????????" }, /* U+2028, 202E, 2069 */
	{ "\342\200\247\342\200\257\342\201\245\342\201\252", "\342\200\247\342\200\257\342\201\245\342\201\252" }, /* their neighbours */
	{ "\302\240\303\200", "\302\240\303\200" },
	{ "\300\257\355\240\200\364\220\200\200", "?????????" }, /* overlong, surrogate, beyond the last */
	{ "cut \342\211", "cut ??" },
};

START_TEST(a_line_has_no_control_no_direction_and_is_utf8)
{
	char *s = xstrdup(lines[_i].raw);

	ck_assert_int_eq(filter_is_line(s), strcmp(lines[_i].raw, lines[_i].line) == 0);
	filter_line(s);
	ck_assert_str_eq(s, lines[_i].line);
	ck_assert(filter_is_line(s));
	free(s);
}
END_TEST

/* Every character of one to three bytes, and every byte alone. */
START_TEST(nothing_else_is_touched_and_nothing_of_it_comes_through)
{
	for (unsigned c = 1; c < 0x10000; c++) {
		bool bad = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
			   (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
		char s[4] = "", was[4];

		if (c >= 0xd800 && c < 0xe000)
			continue;
		if (c < 0x80)
			s[0] = (char)c;
		else if (c < 0x800)
			s[0] = (char)(0xc0 | c >> 6), s[1] = (char)(0x80 | (c & 0x3f));
		else
			s[0] = (char)(0xe0 | c >> 12), s[1] = (char)(0x80 | (c >> 6 & 0x3f)), s[2] = (char)(0x80 | (c & 0x3f));
		memcpy(was, s, sizeof(was));
		filter_line(s);
		ck_assert_msg((strcmp(s, was) != 0) == bad, "U+%04x", c);
	}
	for (unsigned c = 0x80; c < 0x100; c++) {
		char s[2] = { (char)c, '\0' };

		filter_line(s);
		ck_assert_str_eq(s, "?");
	}
}
END_TEST

static const struct {
	const char *raw;
	bool text;
	const char *csv;
} fields[] = {
	{ "TCR_EL1", true, "TCR_EL1" },	    { "a,b", true, "\"a,b\"" },
	{ "say \"x\"", true, "\"say \"\"x\"\"\"" }, { "=1+1", true, "'=1+1" },
	{ "=HYPERLINK(\"x\",\"y\")", true, "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"" },
	{ "@SUM(A1)", true, "'@SUM(A1)" },  { "+cmd|' /C calc'!A0", true, "'+cmd|' /C calc'!A0" },
	{ "-2+3", true, "'-2+3" },	    { "--trace", true, "'--trace" },
	{ "-", true, "-" },		    { "-12.5 %", true, "-12.5 %" },
	{ "+1,234", true, "\"+1,234\"" },   { "-5", false, "-5" },
	{ "\tx", true, "'\tx" },	    { "", true, "" },
};

START_TEST(a_field_of_csv_is_no_formula)
{
	struct str b = STR_INIT;

	filter_csv(&b, fields[_i].raw, fields[_i].text);
	ck_assert_str_eq(str_get(&b), fields[_i].csv);
	str_free(&b);
}
END_TEST

static const struct {
	const char *raw, *md, *html, *json;
} marked[] = {
	{ "TCR_EL1", "TCR_EL1", "TCR_EL1", "\"TCR_EL1\"" },
	{ "![a](b)", "!\\[a\\](b)", "![a](b)", "\"![a](b)\"" },
	{ "<b>&amp;\"", "\\<b>\\&amp;\"", "&lt;b&gt;&amp;amp;&quot;", "\"<b>&amp;\\\"\"" },
	{ "a|*b*`c`", "a\\|\\*b\\*\\`c\\`", "a|*b*`c`", "\"a|*b*`c`\"" },
	{ "see https://x.y", "see https\\://x.y", "see https://x.y", "\"see https://x.y\"" },
	{ "www.x.y:1", "www\\.x.y:1", "www.x.y:1", "\"www.x.y:1\"" },
	{ "steps_vhe.def:42", "steps_vhe.def:42", "steps_vhe.def:42", "\"steps_vhe.def:42\"" },
	{ "\\", "\\\\", "\\", "\"\\\\\"" },
};

START_TEST(markup_of_a_name_is_text)
{
	struct str md = STR_INIT, html = STR_INIT, json = STR_INIT;

	filter_md(&md, marked[_i].raw);
	filter_html(&html, marked[_i].raw);
	filter_json(&json, marked[_i].raw, strlen(marked[_i].raw));
	ck_assert_str_eq(str_get(&md), marked[_i].md);
	ck_assert_str_eq(str_get(&html), marked[_i].html);
	ck_assert_str_eq(str_get(&json), marked[_i].json);
	str_free(&md);
	str_free(&html);
	str_free(&json);
}
END_TEST

START_TEST(json_loses_nothing_and_commands_nothing)
{
	static const char text[] = "\033[1m\n\t\177\302\233\342\200\256\377\303\251\0z";
	struct str b = STR_INIT;

	filter_json(&b, text, sizeof(text) - 1);
	ck_assert_str_eq(str_get(&b), "\"\\u001b[1m\\n\\t\\u007f\\u009b\\u202e?\303\251\\u0000z\"");
	str_free(&b);
}
END_TEST

START_TEST(an_error_is_one_printable_line)
{
	struct err e;

	(void)err_set(&e, ERR_INPUT, "a\nb\033[2J%s", "\302\233");
	ck_assert_str_eq(e.text, "a b?[2J??");
	(void)err_at(&e, "dir\n/\342\200\256", 7);
	ck_assert_str_eq(e.text, "dir /???:7: a b?[2J??");
}
END_TEST

START_TEST(a_set_of_names_knows_what_it_has)
{
	struct nameset s = { 0 };
	char name[16];

	ck_assert(!nameset_has(&s, "n0"));
	for (unsigned i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof(name), "n%u", i);
		ck_assert(nameset_add(&s, name));
		ck_assert(!nameset_add(&s, name));
	}
	ck_assert_uint_eq(s.n, 5000);
	ck_assert(nameset_has(&s, "n4999") && !nameset_has(&s, "n5000") && !nameset_has(&s, ""));
	nameset_free(&s);
	ck_assert(!nameset_has(&s, "n1"));
}
END_TEST

START_TEST(shares_of_large_counts_are_right_and_what_does_not_fit_is_the_largest)
{
	const uint64_t all = UINT64_C(400000000000000); /* cycles * 100,000 is beyond 64 bits from 1.8e14 on */

	ck_assert_int_eq(num_ratio(all / 4, 100000, all), 25000);
	ck_assert_int_eq(num_ratio(UINT64_MAX, 100000, UINT64_MAX), 100000);
	ck_assert_int_eq(num_ratio(UINT64_MAX, 1000, 1), INT64_MAX);
	ck_assert_int_eq(num_ratio(7, 1000, 0), 0);
	ck_assert_int_eq(num_ratio(7, 1000, 3), 2333);
	ck_assert_int_eq(num_signed_ratio(-7, 1000, 3), -2333);
	ck_assert_int_eq(num_signed_ratio((i128)INT64_MAX * 4, 1000, -1), -INT64_MAX);
	ck_assert_uint_eq(num_mul(UINT64_MAX, 2), UINT64_MAX);
	ck_assert_uint_eq(num_mul(3, 4), 12);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("filter");
	TCase *tc = tcase_create("filter");

	tcase_add_loop_test(tc, a_line_has_no_control_no_direction_and_is_utf8, 0, (int)N(lines));
	tcase_add_test(tc, nothing_else_is_touched_and_nothing_of_it_comes_through);
	tcase_add_loop_test(tc, a_field_of_csv_is_no_formula, 0, (int)N(fields));
	tcase_add_loop_test(tc, markup_of_a_name_is_text, 0, (int)N(marked));
	tcase_add_test(tc, json_loses_nothing_and_commands_nothing);
	tcase_add_test(tc, an_error_is_one_printable_line);
	tcase_add_test(tc, a_set_of_names_knows_what_it_has);
	tcase_add_test(tc, shares_of_large_counts_are_right_and_what_does_not_fit_is_the_largest);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
