/* SPDX-License-Identifier: Apache-2.0 */
/* Figures: what is drawn of a table, in which order, with which numbers; every format the same bytes again. */
#include <math.h>
#include <string.h>

#include "sim/document/rep_read.h"
#include "sim/figure/figure_impl.h"
#include "tests/command.h"
#include "tests/files.h"
#include "tests/report_lines.h"
#include "tests/suite.h"

/* fontconfig keeps patterns for good, where LeakSanitizer does not find them. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}

static const struct figure_look plain = { FIGURE_MM_DEFAULT, false, NULL, 0 };

static struct str drawn(const struct figure *f, const struct figure_look *look, enum figure_format format)
{
	struct str out = STR_INIT;
	struct err e = { ERR_NONE, "" };
	FILE *m = open_memstream(&out.s, &out.len);

	ck_assert_msg(figure_write(f, look, false, format, m, &e) == 0, "%s: %s", figure_name(f), e.text);
	ck_assert_int_eq(fclose(m), 0);
	return out;
}

/* What the .dat says below its comments. */
static char *values(const struct figure *f, const struct figure_look *look)
{
	struct str dat = drawn(f, look, FIGURE_DAT), out = STR_INIT;
	char *rest = dat.s, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '#' && (line[0] != '\0' || (rest != NULL && *rest != '\0')))
			str_addf(&out, "%s\n", line);
	str_free(&dat);
	return out.s;
}

/* --- numbers and axes -------------------------------------------------------------------------- */

START_TEST(numbers_are_short)
{
	static const struct {
		double v;
		const char *text;
	} row[] = { { 0, "0" }, { 1, "1" }, { 0.125, "0.125" }, { 1.27, "1.27" }, { 9.5, "9.5" }, { 10.66, "10.7" }, { 100, "100" },
		    { 999.94, "999.9" }, { 1000, "1,000" }, { 9999, "9,999" }, { 9999.6, "10k" }, { 10000, "10k" }, { 12345, "12.3k" }, { 999999, "1M" },
		    { 2130000, "2.13M" }, { 5e9, "5B" }, { 1e15, "1P" }, { 1e20, "100E" }, { -5, "\342\210\2225" }, { -12345, "\342\210\22212.3k" },
		    { 0.0001, "1.0e-04" } };

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct str b = STR_INIT;

		fig_short(&b, row[i].v);
		ck_assert_str_eq(str_get(&b), row[i].text);
		str_free(&b);
	}
}
END_TEST

START_TEST(ticks_are_round_and_inside)
{
	static const struct {
		struct fig_scale s;
		unsigned about;
		double want[8];
		size_t n;
	} row[] = {
		{ { .from = 0, .to = 100 }, 5, { 0, 20, 40, 60, 80, 100 }, 6 },
		{ { .from = -10.66, .to = 11.42 }, 4, { -10, -5, 0, 5, 10 }, 5 },
		{ { .from = 0, .to = 0.3 }, 3, { 0, 0.1, 0.2, 0.3 }, 4 },
		{ { .log = true, .from = 0.03, .to = 1 }, 8, { 0.05, 0.1, 0.2, 0.5, 1 }, 5 },
		{ { .log = true, .from = 1, .to = 1000 }, 4, { 1, 10, 100, 1000 }, 4 },
		{ { .from = 5, .to = 5 }, 4, { 0 }, 0 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		double tick[FIG_TICKS_MAX];

		ck_assert_uint_eq(fig_ticks(&row[i].s, row[i].about, tick), row[i].n);
		for (size_t k = 0; k < row[i].n; k++)
			ck_assert_double_eq_tol(tick[k], row[i].want[k], 1e-12);
	}
	for (double to = 1e-6; to < 1e12; to *= 3.7) { /* never more than there is room for, whatever the numbers */
		struct fig_scale s = { .from = -to / 7, .to = to, .start = 0, .end = 100 };
		double tick[FIG_TICKS_MAX];
		size_t n = (fig_nice(&s, 6), fig_ticks(&s, 6, tick));

		ck_assert(n >= 3 && n <= 16 && s.from <= -to / 7 * 0.999 && s.to >= to * 0.999);
		ck_assert_double_eq_tol(tick[0], s.from, to * 1e-6);
		ck_assert_double_eq_tol(tick[n - 1], s.to, to * 1e-6);
		ck_assert_double_eq_tol(fig_at(&s, s.to), 100, 1e-6);
	}
}
END_TEST

START_TEST(the_palette_is_that_of_the_page)
{
	struct str css = slurp(EL2SIM_SOURCE_DIR "/sim/document/html/report.css");
	char rule[32];

	for (unsigned i = 0; i < REP_PALETTE_COUNT; i++) {
		(void)snprintf(rule, sizeof(rule), "--c%u: #%06x;", i, rep_palette[i]);
		ck_assert_msg(strstr(str_get(&css), rule) != NULL, "%s", rule);
	}
	str_free(&css);
	ck_assert_int_eq(rep_colour_of("load"), 0);
	ck_assert_int_eq(rep_colour_of("loads"), -1);
}
END_TEST

/* --- a report with every kind of chart ---------------------------------------------------------- */

static const struct rep_col bar_cols[] = {
	{ "name", "", REP_STR, "", 0, false },	 { "where", "", REP_STR, "", 0, false }, { "what", "", REP_STR, "", 0, false },
	{ "load", "", REP_U64, "", 0, false },	 { "enter", "", REP_U64, "", 0, false }, { "change", "", REP_FIX, "%", 1, false },
};

static const struct rep_col line_cols[] = {
	{ "machine", "", REP_STR, "", 0, false }, { "work", "", REP_STR, "", 0, false }, { "kind", "", REP_STR, "", 0, false },
	{ "x", "loads", REP_FIX, "ns", 1, false }, { "y", "cost", REP_FIX, "cycles", 1, false }, { "low", "", REP_FIX, "", 1, false },
	{ "high", "", REP_FIX, "", 1, false },
};

static const struct rep_col mark_cols[] = { { "machine", "", REP_STR, "", 0, false }, { "x", "", REP_FIX, "", 1, false },
					    { "label", "", REP_STR, "", 0, false } };

static const struct rep_col step_cols[] = { { "step", "", REP_STR, "", 0, false }, { "who", "", REP_STR, "", 0, false },
					    { "where", "pCPU", REP_U64, "", 0, false } };

static void bar_row(struct rep_table *t, const char *name, const char *where, const char *what, uint64_t load, uint64_t enter, int64_t change)
{
	rep_str(t, name);
	rep_str(t, where);
	rep_str(t, what);
	rep_u64(t, load);
	rep_u64(t, enter);
	if (change == INT64_MIN)
		rep_none(t);
	else
		rep_fix(t, change);
}

static void line_row(struct rep_table *t, const char *machine, const char *work, const char *kind, int64_t x, int64_t y)
{
	rep_str(t, machine);
	rep_str(t, work);
	rep_str(t, kind);
	rep_fix(t, x);
	rep_fix(t, y);
	rep_fix(t, y / 2);
	rep_fix(t, y * 2);
}

static struct rep *all_charts(void)
{
	struct rep *r = rep_new("test", "All charts");
	struct rep_table *t = rep_table(r, "bars", "Bars", bar_cols, 6);

	bar_row(t, "a", "here", "dearer", 100, 7, 100000);
	bar_row(t, "b \"q\" \\", "here", "cheaper", 0, 50, -50000);
	rep_bound(t, REP_AT_LEAST);
	bar_row(t, "a", "there", "dearer", 25, 3, 25000);
	bar_row(t, "c", "there", "", 1, 1, INT64_MIN);
	rep_rule(t);
	bar_row(t, "total", "", "", 126, 61, 0);
	rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .title = "Change", .x = "name", .y = "change", .series = "what" });
	rep_chart(t, &(struct rep_chart){ .kind = REP_STACK, .title = "Parts", .x = "name", .y = "load enter", .unit = "accesses" });
	rep_chart(t, &(struct rep_chart){ .kind = REP_STACK, .title = "Turned", .x = "name", .y = "load enter", .transposed = true });
	rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .title = "Again", .x = "name", .y = "load", .choose = "where" });
	t = rep_table(r, "lines", "Lines", line_cols, 7);
	line_row(t, "m1", "w1", "k1", 4000, 40000), line_row(t, "m1", "w1", "k1", 1000, 10000), line_row(t, "m1", "w2", "k1", 2000, 20500);
	line_row(t, "m1", "w1", "k2", 1000, 15000), line_row(t, "m2", "w1", "k1", 1000, 99000), line_row(t, "m1", "w1", "k1", 0, 5000);
	rep_chart(t, &(struct rep_chart){ .kind = REP_LINES, .title = "Lines", .x = "x", .y = "y", .series = "kind", .choose = "machine", .split = "work",
					  .band = "low high", .marks = "marks", .log_x = true, .log_y = true });
	t = rep_table(r, "marks", "", mark_cols, 3);
	rep_str(t, "m1"), rep_fix(t, 1500), rep_str(t, "half way");
	rep_str(t, "m2"), rep_fix(t, 2500), rep_str(t, "elsewhere");
	t = rep_table(r, "sequence", "", step_cols, 3);
	rep_str(t, "1. load"), rep_str(t, "vCPU 0"), rep_u64(t, 0);
	rep_str(t, "2. kick"), rep_str(t, "vCPU 1"), rep_u64(t, 1);
	rep_str(t, "3. migrate"), rep_str(t, "vCPU 0"), rep_u64(t, 1);
	rep_chart(t, &(struct rep_chart){ .kind = REP_SEQUENCE, .title = "Steps", .x = "step", .y = "where", .series = "who" });
	t = rep_table(r, "none", "", bar_cols, 6);
	rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .x = "name", .y = "load" });
	return r;
}

static const struct {
	const char *name, *values;
} wanted[] = {
	{ "bars", "\"name\" \"dearer\" \"cheaper\"\n\"a, here\" 100.0 ?\n\"b 'q' \\\\, here\" ? -50.0\n\"a, there\" 25.0 ?\n\"c, there\" ? ?\n" },
	{ "bars-load", "\"name\" \"load\" \"enter\"\n\"a\" 100 7\n\"b 'q' \\\\\" 0 50\n\"a\" 25 3\n\"c\" 1 1\n" },
	{ "bars-load-2", "\"name\" \"a\" \"b 'q' \\\\\" \"a\" \"c\"\n\"load\" 100 0 25 1\n\"enter\" 7 50 3 1\n" },
	{ "bars-load-3", "\"name\" \"load\"\n\"a\" 100\n\"b 'q' \\\\\" 0\n" },
	{ "lines", "\"loads, ns\" \"k1\" \"k1, low\" \"k1, high\" \"k2\" \"k2, low\" \"k2, high\"\n1 10.0 5 20 15.0 7.5 30\n4 40.0 20 80 ? ? ?\n"
		   "\n2 20.5 10.25 41 ? ? ?\n" },
	{ "sequence", "\"step\" \"vCPU 0\" \"vCPU 1\"\n\"1. load\" 0 ?\n\"2. kick\" ? 1\n\"3. migrate\" 1 ?\n" },
	{ "none", "\"name\" \"load\"\n" },
};

START_TEST(a_figure_has_what_the_table_says)
{
	struct rep *r = all_charts();
	struct figures l;
	struct err e = { ERR_NONE, "" };
	const struct figure *f;
	char *got;

	figures_of((const struct rep *const[]){ r }, 1, &l);
	ck_assert_uint_eq(l.n, sizeof(wanted) / sizeof(wanted[0]));
	f = figures_find(&l, wanted[_i].name, &e);
	ck_assert_msg(f == figures_at(&l, (size_t)_i), "%s", e.text);
	got = values(f, &plain);
	ck_assert_str_eq(got, wanted[_i].values);
	free(got);
	figures_free(&l);
	rep_free(r);
}
END_TEST

START_TEST(marks_and_choices_are_those_of_the_choice)
{
	struct rep *r = all_charts();
	const char *const choices[] = { "machine=m2" };
	const struct figure_look look = { FIGURE_MM_DEFAULT, false, choices, 1 };
	struct figures l;
	struct fig_model m;
	struct err e = { ERR_NONE, "" };

	figures_of((const struct rep *const[]){ r }, 1, &l);
	ck_assert_int_eq(fig_model(figures_find(&l, "lines", &e), &look, false, &m, &e), 0);
	ck_assert_uint_eq(m.n_p, 1);
	ck_assert_uint_eq(m.n_marks, 1);
	ck_assert_str_eq(m.marks[0].label, "elsewhere");
	ck_assert_str_eq(str_get(&m.chosen), "machine: m2");
	ck_assert_uint_eq(m.n_s, 1); /* k2 has no value here */
	fig_model_free(&m);
	ck_assert_int_eq(fig_model(figures_find(&l, "bars", &e), &plain, false, &m, &e), 0);
	ck_assert(m.bounds && m.s[1].v[1].cell->bound == REP_AT_LEAST);
	ck_assert_uint_eq(m.s[0].colour, 7); /* dearer, cheaper: as everywhere */
	ck_assert_uint_eq(m.s[1].colour, 2);
	fig_model_free(&m);
	figures_free(&l);
	rep_free(r);
}
END_TEST

static const struct {
	const char *figure, *choice, *want;
} wrong[] = {
	{ "lins", NULL, "--figure lins: no figure of that name: did you mean \"lines\"?" },
	{ "quite-another", NULL, "--figure quite-another: no figure of that name: --figure list names them" },
	{ "lines", "machine=m3", "--choose machine=m3: figure lines has no such value: did you mean \"m1\"?" },
	{ "lines", "machine=elsewhere", "--choose machine=elsewhere: figure lines has no such value: want one of m1, m2" },
	{ "lines", "work=w1", "--choose work=w1: figure lines has the choices machine: want COLUMN=VALUE of one of those, or no --choose" },
	{ "lines", "machine", "--choose machine: figure lines has the choices machine: want COLUMN=VALUE of one of those, or no --choose" },
	{ "bars", "where=here", "--choose where=here: figure bars has no choices: want COLUMN=VALUE of one of those, or no --choose" },
};

START_TEST(what_is_not_there_is_named)
{
	struct rep *r = all_charts();
	const char *const choices[] = { wrong[_i].choice };
	const struct figure_look look = { FIGURE_MM_DEFAULT, false, choices, wrong[_i].choice != NULL };
	struct figures l;
	struct err e = { ERR_NONE, "" };
	const struct figure *f;
	FILE *none = fopen("/dev/null", "w");

	figures_of((const struct rep *const[]){ r }, 1, &l);
	f = figures_find(&l, wrong[_i].figure, &e);
	ck_assert(f == NULL || figure_write(f, &look, false, FIGURE_SVG, none, &e) != 0);
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_str_eq(e.text, wrong[_i].want);
	(void)fclose(none);
	figures_free(&l);
	rep_free(r);
}
END_TEST

/* The colour that a path is filled with, "rgb(...)", or NULL: cairo writes a style, from 1.18 on attributes. */
static const char *fill_of(const char *path, const char *end)
{
	static const char *const forms[] = { "fill:rgb(", "fill=\"rgb(" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *at = strstr(path, forms[i]);

		if (at != NULL && at < end)
			return strstr(at, "rgb(");
	}
	return NULL;
}

/* Widths of what an SVG fills with a colour of the palette, in its order. */
static size_t filled(const char *svg, unsigned colour, double *width, size_t max)
{
	const unsigned rgb = rep_palette[colour];
	size_t n = 0;

	for (const char *p = strstr(svg, "<path"); p != NULL && n < max; p = strstr(p + 1, "<path")) {
		const char *end = strchr(p, '>'), *fill = fill_of(p, end), *d = strstr(p, " d=\"M");
		double x0, y0, x1, y1, red, green, blue;

		if (fill == NULL || d == NULL || d > end || sscanf(fill, "rgb(%lf%%, %lf%%, %lf%%)", &red, &green, &blue) != 3 ||
		    sscanf(d, " d=\"M %lf %lf L %lf %lf", &x0, &y0, &x1, &y1) != 4)
			continue;
		if (fabs(red * 2.55 - (rgb >> 16)) < 0.5 && fabs(green * 2.55 - (rgb >> 8 & 0xff)) < 0.5 &&
		    fabs(blue * 2.55 - (rgb & 0xff)) < 0.5)
			width[n++] = x1 - x0;
	}
	return n;
}

START_TEST(a_bar_is_as_long_as_its_value)
{
	struct rep *r = all_charts();
	struct figures l;
	struct str svg;
	double width[8];

	figures_of((const struct rep *const[]){ r }, 1, &l);
	svg = drawn(figures_at(&l, 0), &plain, FIGURE_SVG);
	/* dearer 100 and 25, behind its square in the legend */
	ck_assert_uint_eq(filled(str_get(&svg), 7, width, 8), 3);
	ck_assert_double_eq_tol(width[1] / width[2], 4, 0.001);
	{
		double dearer = width[1];

		ck_assert_uint_eq(filled(str_get(&svg), 2, width, 8), 2); /* cheaper -50 */
		ck_assert_double_eq_tol(dearer / width[1], 2, 0.001);
	}
	str_free(&svg);
	figures_free(&l);
	rep_free(r);
}
END_TEST

static const char *const magic[FIGURE_FORMAT_COUNT] = { [FIGURE_SVG] = "<?xml", [FIGURE_PDF] = "%PDF-1.", [FIGURE_PNG] = "\211PNG\r\n", [FIGURE_DAT] = "# figure " };

static void check_figure(const struct figure *f, const struct figure_look *look)
{
	for (int format = 0; format < FIGURE_FORMAT_COUNT; format++) {
		struct str one = drawn(f, look, (enum figure_format)format), two = drawn(f, look, (enum figure_format)format);

		ck_assert_uint_gt(one.len, 100);
		ck_assert_mem_eq(one.s, magic[format], strlen(magic[format]));
		ck_assert_msg(one.len == two.len && memcmp(one.s, two.s, one.len) == 0, "%s.%s: other bytes", figure_name(f), figure_formats[format]);
		ck_assert_msg(memmem(one.s, one.len, "CreationDate", 12) == NULL, "%s.%s has a date", figure_name(f), figure_formats[format]);
		str_free(&one);
		str_free(&two);
	}
}

START_TEST(every_kind_of_chart_is_drawn_in_every_format_with_the_same_bytes)
{
	static const unsigned widths[] = { FIGURE_MM_MIN, FIGURE_MM_DEFAULT, FIGURE_MM_MAX };
	struct rep *r = all_charts();
	struct figures l;

	figures_of((const struct rep *const[]){ r, r }, 2, &l);
	ck_assert_uint_eq(l.n, 2 * sizeof(wanted) / sizeof(wanted[0]));
	ck_assert_str_eq(figure_name(figures_at(&l, 0)), "r1-bars");
	ck_assert_str_eq(figure_name(figures_at(&l, l.n - 1)), "r2-none");
	rep_alarm(r, "something is quite wrong here, and a long sentence says what, so that it has more than one line in a figure");
	for (size_t i = 0; i < l.n / 2; i++)
		check_figure(figures_at(&l, i), &(struct figure_look){ widths[_i], _i == 0, NULL, 0 });
	figures_free(&l);
	rep_free(r);
}
END_TEST

/* Numbers of the .dat that the report's table has not. */
START_TEST(every_chart_of_every_command_is_a_figure)
{
	struct str line = STR_INIT, json = STR_INIT;
	struct err e = { ERR_NONE, "" };
	struct figures l;
	struct rep *r;

	str_addf(&line, "%s --format json", report_lines[_i]);
	if (run_command(str_get(&line), &json, &e) != 0)
		ck_assert_msg(e.code == ERR_ANSWER_NO, "%s", e.text);
	r = rep_read_text(str_get(&json), json.len, "x.json", &e);
	ck_assert_msg(r != NULL, "%s", e.text);
	figures_of((const struct rep *const *)&r, 1, &l);
	for (size_t i = 0; i < l.n; i++) {
		struct fig_model m;

		ck_assert_int_eq(fig_model(figures_at(&l, i), &plain, false, &m, &e), 0);
		ck_assert_msg(m.n_p != 0 && m.n_s != 0, "%s: %s draws nothing", report_lines[_i], figure_name(figures_at(&l, i)));
		ck_assert_msg(m.y_title.len != 0, "%s: %s: no name on the axis of the values", report_lines[_i], figure_name(figures_at(&l, i)));
		fig_model_free(&m);
		check_figure(figures_at(&l, i), &plain);
	}
	figures_free(&l);
	rep_free(r);
	str_free(&json);
	str_free(&line);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("figure");
	TCase *t = tcase_create("figure");

	if (chdir(EL2SIM_SOURCE_DIR) != 0)
		return 1;
	tcase_add_test(t, numbers_are_short);
	tcase_add_test(t, ticks_are_round_and_inside);
	tcase_add_test(t, the_palette_is_that_of_the_page);
	tcase_add_loop_test(t, a_figure_has_what_the_table_says, 0, (int)(sizeof(wanted) / sizeof(wanted[0])));
	tcase_add_test(t, marks_and_choices_are_those_of_the_choice);
	tcase_add_loop_test(t, what_is_not_there_is_named, 0, (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(t, a_bar_is_as_long_as_its_value);
	tcase_add_loop_test(t, every_kind_of_chart_is_drawn_in_every_format_with_the_same_bytes, 0, 3);
	tcase_add_loop_test(t, every_chart_of_every_command_is_a_figure, 0, (int)N_REPORT_LINES);
	suite_add_tcase(s, t);
	return suite_status(s);
}
