/* SPDX-License-Identifier: Apache-2.0 */
/* What a mistake in a file says is in tests/bad and test_bad.c; here is what is right, and the command line. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/opt_impl.h"
#include "tests/opt_rows.h"
#include "tests/suite.h"

static struct sample got;
static struct opt_set *set;
static struct err e;
static char dir[64];

static void setup(void)
{
	memset(&got, 0, sizeof(got));
	memset(&e, 0, sizeof(e));
	set = opt_new();
	opt_add(set, sample_rows, N_SAMPLE_ROWS, &got);
	(void)snprintf(dir, sizeof(dir), "/tmp/el2sim-opt-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static const char *const made[] = { "a.ini", "b.ini", "c.ini", "sub/d.ini", "sub/e.ini" };

static void teardown(void)
{
	char path[128];

	opt_free(set);
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, made[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/sub", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/sub", dir);
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

static int load_file(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return opt_load(set, path, &e);
}

static int load(const char *text)
{
	return opt_load_text(set, "conf/x.ini", text, strlen(text), &e);
}

static struct opt_view find(const char *section, const char *key)
{
	struct opt_view v;

	ck_assert(opt_find(set, section, key, &v));
	return v;
}

static void loads(const char *text)
{
	ck_assert_msg(load(text) == 0, "%s", e.text);
}

static void done(void)
{
	ck_assert_msg(opt_done(set, &e) == 0, "%s", e.text);
}

static void overrides(const char *assignment)
{
	ck_assert_msg(opt_override(set, assignment, &e) == 0, "%s", e.text);
}

static void refuses(const char *assignment, const char *sentence)
{
	ck_assert_int_eq(opt_override(set, assignment, &e), -1);
	ck_assert_str_eq(e.text, sentence);
}

START_TEST(every_row_has_its_default)
{
	done();
	ck_assert_str_eq(got.name, "generic");
	ck_assert_str_eq(got.trace, "");
	ck_assert_int_eq(got.clock, 2000000000);
	ck_assert_int_eq(got.tick, 10000000);
	ck_assert_int_eq(got.isb, 26);
	ck_assert_int_eq(got.cpi, 500);
	ck_assert_int_eq(got.model, 0);
	ck_assert_uint_eq(got.features, 0);
	ck_assert(!got.counting);
	for (size_t i = 0; i < opt_count(set); i++) {
		struct opt_view v = opt_at(set, i);

		ck_assert_ptr_eq(v.row, &sample_rows[i]);
		ck_assert(v.is_default);
		ck_assert_str_eq(v.origin, "default");
		ck_assert_str_eq(v.source, "");
	}
}
END_TEST

START_TEST(a_file_sets_every_type)
{
	loads("\xef\xbb\xbf# comment\r\n"
	      "[machine] ; the core\r\n"
	      "  name = Neoverse N1\r\n"
	      "clock = 2.4 GHz ; base clock\n"
	      "list_registers = 0x10\n"
	      "\ttick=100us\n"
	      "[cost]\nisb = 1 cycle\ncpi = 1.25 instructions\n"
	      "[switch]\nmodel = linux-4.15-vhe\n"
	      "[vcpu]\nfeatures = ptrauth, pmu\n"
	      "[run]\ncounting = on\ntrace = t/boot.e2t\n"
	      "[path.hvc_unknown]\nlength = 7");
	ck_assert_str_eq(got.name, "Neoverse N1");
	ck_assert_int_eq(got.clock, 2400000000);
	ck_assert_int_eq(got.list_registers, 16);
	ck_assert_int_eq(got.tick, 100000);
	ck_assert_int_eq(got.isb, 1);
	ck_assert_int_eq(got.cpi, 1250);
	ck_assert_int_eq(got.model, 2);
	ck_assert_uint_eq(got.features, 5);
	ck_assert(got.counting);
	ck_assert_str_eq(got.trace, "conf/t/boot.e2t");
	ck_assert_int_eq(got.hvc, 7);
	ck_assert_str_eq(find("machine", "clock").origin, "conf/x.ini:4");
	ck_assert_str_eq(find("cost", "cpi").value, "1.25");
	ck_assert_str_eq(find("vcpu", "features").value, "pmu, ptrauth");
	ck_assert(!find("cost", "cpi").is_default);
}
END_TEST

static const struct {
	const char *assignment, *value;
} good_values[] = {
	{ "cost.isb=0", "0" },
	{ "cost.isb=100000", "100000" },
	{ "--cost.isb=0xff cycles", "255" },
	{ "cost.isb = 26cycles ", "26" },
	{ "cost.isb=26.000", "26" },
	{ "cost.cpi=0.001", "0.001" },
	{ "cost.cpi=100.000000000000000000000000", "100" },
	{ "cost.cpi=12.340", "12.34" },
	{ "machine.clock=1000 kHz", "1000000" },
	{ "machine.clock=10GHz", "10000000000" },
	{ "machine.clock=2.400000001 GHz", "2400000001" },
	{ "machine.tick=1 s", "1000000000" },
	{ "machine.tick=0.25ms", "250000" },
	{ "run.counting=true", "yes" },
	{ "run.counting=0", "no" },
	{ "run.trace=/abs/x", "/abs/x" },
	{ "run.trace=x y", "x y" },
	{ "vcpu.features=sve pmu", "pmu, sve" },
	{ "vcpu.features=none", "none" },
	{ "machine.name=", "" },
	{ "machine.name=a=b; \xc3\xa9", "a=b; \xc3\xa9" },
	{ "path.hvc_unknown.length=9", "9" },
};

START_TEST(a_good_value_has_one_canonical_text_that_reads_the_same)
{
	const char *assignment = good_values[_i].assignment;
	struct str again = STR_INIT;
	struct opt_slot *slot;

	overrides(assignment);
	assignment += strspn(assignment, "-");
	str_addn(&again, assignment, strcspn(assignment, " ="));
	slot = opt_slot_named(set, str_get(&again));
	ck_assert_str_eq(slot->value, good_values[_i].value);
	ck_assert_str_eq(slot->origin, "command line");
	str_addf(&again, "=%s", slot->value);
	overrides(str_get(&again));
	ck_assert_str_eq(slot->value, good_values[_i].value);
	str_free(&again);
}
END_TEST

static const struct {
	const char *assignment, *sentence;
} bad_values[] = {
	{ "cost.isb", "command line: \"cost.isb\" has no value: want section.key=value" },
	{ "cost.isbb=1", "command line: unknown option \"cost.isbb\": did you mean \"cost.isb\"?" },
	{ "quux.zork=1",
	  "command line: unknown option \"quux.zork\": \"el2sim config --doc\" lists them" },
	{ "cost.isb=100001",
	  "command line: [cost] isb = 100001: out of range: want cycles in 0..100000" },
	{ "cost.isb=-1", "command line: [cost] isb = -1: out of range: want cycles in 0..100000" },
	{ "cost.isb=99999999999999999999", "command line: [cost] isb = 99999999999999999999: out "
					   "of range: want cycles in 0..100000" },
	{ "cost.isb=0x", "command line: [cost] isb = 0x: not a number: want cycles in 0..100000" },
	{ "cost.isb=1.5",
	  "command line: [cost] isb = 1.5: not a whole number: want cycles in 0..100000" },
	{ "cost.isb=1..5",
	  "command line: [cost] isb = 1..5: not a number: want cycles in 0..100000" },
	{ "cost.isb=1,000",
	  "command line: [cost] isb = 1,000: not a number: want cycles in 0..100000" },
	{ "cost.isb=", "command line: [cost] isb =: no value: want cycles in 0..100000" },
	{ "machine.clock=2.4 ghz",
	  "command line: [machine] clock = 2.4 ghz: wrong unit \"ghz\": want Hz (or "
	  "kHz, MHz, GHz) in 1000000..10000000000" },
	{ "machine.clock=99999999999 GHz", "command line: [machine] clock = 99999999999 GHz: out "
					   "of range: want Hz (or kHz, MHz, GHz) in "
					   "1000000..10000000000" },
	{ "cost.cpi=0.0005",
	  "command line: [cost] cpi = 0.0005: more than 3 decimals: want instructions in "
	  "0..100" },
	{ "cost.cpi=100.001",
	  "command line: [cost] cpi = 100.001: out of range: want instructions in 0..100" },
	{ "machine.list_registers=4 regs",
	  "command line: [machine] list_registers = 4 regs: wrong unit "
	  "\"regs\": want a whole number in 1..16" },
	{ "run.counting=maybe",
	  "command line: [run] counting = maybe: not yes or no: want yes or no (true or "
	  "false, on or off, 1 or 0)" },
	{ "vcpu.features=none, pmu",
	  "command line: [vcpu] features = none, pmu: unknown flag \"none\": want "
	  "none, or a list of pmu, sve, ptrauth" },
	{ "vcpu.features=pmu pmu",
	  "command line: [vcpu] features = pmu pmu: named twice: \"pmu\": want none, "
	  "or a list of pmu, sve, ptrauth" },
	{ "machine.name=a\nb",
	  "command line: control character 0x0a in byte 2: want a line of text" },
	{ "machine.name=\xff", "command line: byte 0xff in place 1 is not UTF-8: want text" },
	{ "machine.name=\xed\xa0\x80",
	  "command line: byte 0xed in place 1 is not UTF-8: want text" },
	{ "machine.name=\xe2\x82", "command line: byte 0xe2 in place 1 is not UTF-8: want text" },
};

START_TEST(a_bad_value_says_what_is_wanted_and_changes_nothing)
{
	done();
	refuses(bad_values[_i].assignment, bad_values[_i].sentence);
	for (size_t i = 0; i < opt_count(set); i++)
		ck_assert(opt_at(set, i).is_default);
	ck_assert_int_eq(got.isb, 26);
}
END_TEST

START_TEST(an_including_file_wins_over_an_included_one_whatever_the_order)
{
	write_file("a.ini", "[cost]\nisb = 1\n[el2sim]\ninclude = sub/d.ini\ninclude = b.ini\n");
	write_file("sub/d.ini",
		   "[cost]\nisb = 2\ncpi = 2\n[machine]\nname = d\n[run]\ntrace = t.e2t\n"
		   "[el2sim]\ninclude = e.ini\n");
	write_file("sub/e.ini", "[machine]\nname = e\nlist_registers = 5\n");
	write_file("b.ini", "[cost]\ncpi = 3\n");
	ck_assert_msg(load_file("a.ini") == 0, "%s", e.text);
	ck_assert_int_eq(got.isb, 1);
	ck_assert_int_eq(got.cpi, 3000);
	ck_assert_str_eq(got.name, "d");
	ck_assert_int_eq(got.list_registers, 5);
	ck_assert_ptr_nonnull(strstr(got.trace, "/sub/t.e2t"));
	ck_assert_ptr_nonnull(strstr(find("machine", "list_registers").origin, "/sub/e.ini:3"));
	overrides("--cost.isb=9");
	ck_assert_int_eq(got.isb, 9);
}
END_TEST

START_TEST(a_file_may_be_included_on_two_ways)
{
	write_file("a.ini", "[el2sim]\ninclude = b.ini\ninclude = c.ini\n");
	write_file("b.ini", "[el2sim]\ninclude = sub/d.ini\n[cost]\nisb = 2\n");
	write_file("c.ini", "[el2sim]\ninclude = sub/d.ini\n");
	write_file("sub/d.ini", "[cost]\nisb = 4\n");
	ck_assert_msg(load_file("a.ini") == 0, "%s", e.text);
	ck_assert_int_eq(got.isb, 4); /* c.ini is the later one */
}
END_TEST

START_TEST(a_failed_load_changes_nothing_and_the_file_can_be_read_again)
{
	write_file("a.ini", "[cost]\nisb = 1\n[el2sim]\ninclude = b.ini\n");
	write_file("b.ini", "[cost]\ncpi = 2\nisb = never\n");
	ck_assert_int_eq(load_file("a.ini"), -1);
	ck_assert_int_eq(e.code, ERR_CONFIG);
	ck_assert(find("cost", "isb").is_default && find("cost", "cpi").is_default);
	write_file("b.ini", "[cost]\ncpi = 2\n");
	ck_assert_msg(load_file("a.ini") == 0, "%s", e.text);
	ck_assert_int_eq(got.cpi, 2000);
	ck_assert_msg(load_file("a.ini") == 0, "%s", e.text);
}
END_TEST

START_TEST(a_source_stays_with_its_value)
{
	loads("[source]\ncost.isb = table 3; measured\npath.hvc_unknown.length = a trace\n"
	      "[cost]\nisb = 3\n[path.hvc_unknown]\nlength = 4\n");
	ck_assert_str_eq(find("cost", "isb").source, "table 3; measured");
	ck_assert_str_eq(find("path.hvc_unknown", "length").source, "a trace");
	loads("[cost]\nisb = 4\n");
	ck_assert_str_eq(find("cost", "isb").source, "");
	overrides("path.hvc_unknown.length=5");
	ck_assert_str_eq(find("path.hvc_unknown", "length").source, "");
	loads("[source]\ncost.cpi = the default is a guess\n");
	done();
	ck_assert_str_eq(find("cost", "cpi").source, "the default is a guess");
	ck_assert(find("cost", "cpi").is_default);
}
END_TEST

START_TEST(a_row_without_default_must_be_set)
{
	static const struct opt_row needed = { "run", "seconds", OPT_INT, 0,    NULL,
					       0,     9,         "",      NULL, "how long" };
	int64_t seconds = 0;

	opt_add(set, &needed, 1, &seconds);
	ck_assert_int_eq(opt_done(set, &e), -1);
	ck_assert_str_eq(e.text, "[run] seconds is not set and has no default: set it (how long)");
	overrides("run.seconds=3");
	done();
	ck_assert_int_eq(seconds, 3);
}
END_TEST

START_TEST(thousands_of_rows_are_found)
{
	enum { N = 3000 };
	static char names[N][24];
	static struct opt_row rows[N];
	static int64_t values[N];
	struct str text = STR_INIT;

	for (size_t i = 0; i < N; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "r%zu", i);
		rows[i] =
			(struct opt_row){ "policy", names[i], OPT_INT, i * sizeof(int64_t), "0", 0,
					  N,        "",       NULL,    "a register" };
	}
	opt_add(set, rows, N, values);
	str_add(&text, "[policy]\n");
	for (size_t i = 0; i < N; i++)
		str_addf(&text, "r%zu = %zu\n", i, i);
	loads(str_get(&text));
	for (int64_t i = 0; i < N; i++)
		ck_assert_int_eq(values[i], i);
	str_free(&text);
}
END_TEST

START_TEST(what_does_not_exist_is_not_found)
{
	struct opt_view v;

	ck_assert(!opt_find(set, "cost", "isbb", &v));
	ck_assert(!opt_find(set, "path", "hvc_unknown.length", &v));
	ck_assert(opt_has_section(set, "path.hvc_unknown"));
	ck_assert(!opt_has_section(set, "path"));
}
END_TEST

START_TEST(two_rows_of_one_name_are_a_bug)
{
	set = opt_new();
	opt_add(set, sample_rows, N_SAMPLE_ROWS, &got);
	opt_add(set, &sample_rows[0], 1, &got);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("opt"), *bugs = tcase_create("bugs");
	Suite *s = suite_create("opt");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_row_has_its_default);
	tcase_add_test(tc, a_file_sets_every_type);
	tcase_add_loop_test(tc, a_good_value_has_one_canonical_text_that_reads_the_same, 0,
			    (int)(sizeof(good_values) / sizeof(good_values[0])));
	tcase_add_loop_test(tc, a_bad_value_says_what_is_wanted_and_changes_nothing, 0,
			    (int)(sizeof(bad_values) / sizeof(bad_values[0])));
	tcase_add_test(tc, an_including_file_wins_over_an_included_one_whatever_the_order);
	tcase_add_test(tc, a_file_may_be_included_on_two_ways);
	tcase_add_test(tc, a_failed_load_changes_nothing_and_the_file_can_be_read_again);
	tcase_add_test(tc, a_source_stays_with_its_value);
	tcase_add_test(tc, a_row_without_default_must_be_set);
	tcase_add_test(tc, thousands_of_rows_are_found);
	tcase_add_test(tc, what_does_not_exist_is_not_found);
	tcase_add_test_raise_signal(bugs, two_rows_of_one_name_are_a_bug, SIGABRT);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, bugs);
	return suite_status(s);
}
