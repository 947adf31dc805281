/* SPDX-License-Identifier: Apache-2.0 */
/* Sweeps: axes, zip, where, repeats, points, hashes. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/sweep/sweep.h"
#include "tests/suite.h"
#include "tests/traces_util.h"

static char dir[64], config[128];
static const char *const files[] = { "a.ini", "m1.ini", "m2.ini", "t1.e2t", "t2.e2t" };

static char *in_dir(const char *name)
{
	struct str b = STR_INIT;

	str_addf(&b, "%s/%s", dir, name);
	return b.s;
}

static void put(const char *name, const char *text)
{
	char *path = in_dir(name);

	spill(path, text, strlen(text));
	free(path);
}

static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/el2sim-plan-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	put("m1.ini", "[machine]\nname = one\nlist_registers = 2\n");
	put("m2.ini", "[machine]\nname = two\n");
	put("t1.e2t", "first");
	put("t2.e2t", "second");
}

static void teardown(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = in_dir(files[i]);

		(void)unlink(path);
		free(path);
	}
	ck_assert_int_eq(rmdir(dir), 0);
}

static int make(struct sweep_plan *p, const char *sweep, struct err *e)
{
	static const struct arg_list none = { NULL, 0 };
	struct str b = STR_INIT;
	int rc;

	(void)snprintf(config, sizeof(config), "%s/a.ini", dir);
	str_addf(&b, "[sweep]\n%s", sweep);
	put("a.ini", str_get(&b));
	*e = (struct err){ ERR_NONE, "" };
	rc = sweep_plan_make(p, config, &none, &none, e);
	str_free(&b);
	return rc;
}

/* Points as "a 1|a 2|b 1". */
static struct str points(const char *sweep)
{
	uint32_t ordinal[SWEEP_AXES_MAX];
	struct str b = STR_INIT;
	struct sweep_plan p;
	struct err e;

	ck_assert_msg(make(&p, sweep, &e) == 0, "%s", e.text);
	for (size_t i = 0; i < p.n_point; i++) {
		sweep_ordinals(&p, i, ordinal);
		str_add(&b, i != 0 ? "|" : "");
		for (size_t k = 0; k < p.n_axis; k++)
			str_addf(&b, "%s%s", k != 0 ? " " : "", p.axis[k].s.label[ordinal[k]]);
	}
	sweep_plan_free(&p);
	return b;
}

static const struct {
	const char *sweep, *points;
} good[] = {
	{ "policy.el1 = eager, deferred\n", "eager|deferred" },
	{ "machine.vcpus = 1..8*2\n", "1|2|4|8" },
	{ "machine.vcpus = 1..9*2\n", "1|2|4|8" },
	{ "machine.vcpus = 3..5\n", "3|4|5" },
	{ "machine.vcpus = 5..5\n", "5" },
	{ "machine.vcpus = 1..10+4, 64\n", "1|5|9|64" },
	{ "machine.vcpus = 0x10, 1..20*2.5\n", "16|1|2|5|12" },
	{ "cost.cpi = 0.5..1.5+0.5\n", "0.5|1|1.5" },
	{ "cost.cpi = 0.25..2*2\n", "0.25|0.5|1|2" },
	{ "machine.clock = 1MHz..1GHz*10\n", "1000000|10000000|100000000|1000000000" },
	{ "run.title = \"a, b\", c..d\n", "a, b|c..d" },
	{ "policy.el1 = eager, deferred\nmachine.vcpus = 1, 2\n", "eager 1|eager 2|deferred 1|deferred 2" },
	{ "policy.el1 = eager, deferred\nmachine.vcpus = 1, 2\nzip = policy.el1, machine.vcpus\n", "eager 1|deferred 2" },
	{ "policy.el1 = eager, deferred\nmachine.pcpus = 7, 8\nmachine.vcpus = 1, 2\nzip = policy.el1, machine.vcpus\n",
	  "eager 7 1|eager 8 1|deferred 7 2|deferred 8 2" },
	{ "machine.vcpus = 1, 2\nmachine.pcpus = 1..3\nwhere = machine.vcpus < machine.pcpus\n", "1 2|1 3|2 3" },
	{ "machine.vcpus = 2, 10\nwhere = machine.vcpus > 9\n", "10" },
	{ "machine.vcpus = 1..6\nwhere = machine.vcpus = 1 or machine.vcpus >= 3 and not machine.vcpus == 4\n", "1|3|5|6" },
	{ "machine.vcpus = 1..6\nwhere = not (machine.vcpus != 2 and (machine.vcpus <= 5))\n", "2|6" },
	{ "run.title = a b, c\nwhere = run.title = \"a b\"\n", "a b" },
	{ "machine.clock = 1 GHz, 2GHz\nwhere = machine.clock < 2000MHz\n", "1000000000" },
	{ "include.m = m*.ini\n", "m1|m2" },
	{ "include.m = m2.ini, m1.ini\npolicy.el1 = eager\nwhere = m = m1\n", "m1 eager" },
	{ "run.trace = t?.e2t\n", "t1|t2" },
	{ "repeats = 3\nmachine.vcpus = 1, 2\n", "1 1|1 2|1 3|2 1|2 2|2 3" },
	{ "abi.variant = none, v4 all\n", "none|v4, all" },
};

START_TEST(axes_make_the_points_in_order)
{
	struct str got = points(good[_i].sweep);

	ck_assert_str_eq(str_get(&got), good[_i].points);
	str_free(&got);
}
END_TEST

static const struct {
	const char *sweep, *text;
} bad[] = {
	{ "title = x\n", "no axes: want [sweep] with section.key = VALUES" },
	{ "machine.vcpu = 1\n", "a.ini:2: unknown option \"machine.vcpu\": did you mean \"machine.vcpus\"?" },
	{ "titel = 1\n", "a.ini:2: unknown key \"titel\" in [sweep]: did you mean \"title\"?" },
	{ "include. = x\n", "unknown option \"include.\"" },
	{ "machine.vcpus = 1\nmachine.vcpus = 2\n", "a.ini:3: [sweep] machine.vcpus is set twice, first in line 2" },
	{ "sweep.repeats = 1, 2\n", "a.ini:2: sweep.repeats: an option of the sweep itself cannot be an axis" },
	{ "machine.vcpus = 1..\n", "a.ini:2: machine.vcpus: range 1..: no start or no end: want FIRST..LAST" },
	{ "machine.vcpus = ..4\n", "a.ini:2: machine.vcpus: range ..4: no start or no end: want FIRST..LAST" },
	{ "machine.vcpus = 8..1\n", "a.ini:2: machine.vcpus: range 8..1: the end is below the start" },
	{ "machine.vcpus = 1..8*1\n", "range 1..8*1: factor \"1\": want a number above 1" },
	{ "machine.vcpus = 1..8*x\n", "range 1..8*x: factor \"x\": want a number above 1" },
	{ "machine.vcpus = 1..8+\n", "range 1..8+: step \"\"" },
	{ "run.seed = 1..8+0\n", "range 1..8+0: step \"0\": want a number above 0" },
	{ "run.seed = 0..8*2\n", "range 0..8*2: want a start above 0 when it is multiplied" },
	{ "policy.el1 = 1..2\n", "range 1..2: this option is no number: want a list" },
	{ "policy.el1 = eagre\n", "a.ini:2: " },
	{ "machine.vcpus = 1,,2\n", "machine.vcpus: an empty item" },
	{ "machine.vcpus = 1, 2, 1\n", "machine.vcpus: 1 stands twice" },
	{ "machine.vcpus = \"1\n", "quotes that do not close" },
	{ "include.m = none*.ini\n", "include.m: none*.ini: no file fits" },
	{ "include.status = m1.ini\n", "include.status: this name is a column of the results already" },
	{ "include.m = none.ini\n", "none.ini is no file that can be found" },
	{ "include.m = m1.ini\ninclude.m = m2.ini\n", "is set twice" },
	{ "machine.vcpus = 1\nzip = machine.vcpu\n", "a.ini:3: [sweep] zip: \"machine.vcpu\" is no axis: did you mean \"machine.vcpus\"?" },
	{ "machine.vcpus = 1\nmachine.pcpus = 1, 2\nzip = machine.vcpus, machine.pcpus\n",
	  "[sweep] zip: machine.vcpus has 1 values and machine.pcpus 2: want as many" },
	{ "machine.vcpus = 1\nzip = machine.vcpus, machine.vcpus\n", "machine.vcpus stands twice" },
	{ "machine.vcpus = 1\nwhere = machine.vcpus > 1\n", "no point is left: [sweep] where = machine.vcpus > 1 keeps none of 1" },
	{ "machine.vcpus = 1\nwhere = machine.vcpu > 1\n", "a.ini:3: [sweep] where: \"machine.vcpu\" is no axis: did you mean" },
	{ "machine.vcpus = 1\nwhere = machine.vcpus\n", "a comparison is missing before \"\"" },
	{ "machine.vcpus = 1\nwhere = machine.vcpus =\n", "a value is missing before \"\"" },
	{ "machine.vcpus = 1\nwhere = (machine.vcpus = 1\n", "\")\" is missing before \"\"" },
	{ "machine.vcpus = 1\nwhere = machine.vcpus = 1 1\n", "\"1\" is left over" },
	{ "machine.vcpus = 1\nwhere = and\n", "\"and\" is no axis" },
	{ "machine.vcpus = 1..4096\nmachine.pcpus = 1..4096\nrun.seed = 1..100\n", "more than 100000000 combinations" },
	{ "machine.vcpus = 1..2000\nrun.seed = 1..1000\n", "more than 1000000 points are left of 2000000 combinations" },
	{ "run.seed = 1\nrepeats = 2\n", "run.seed is an axis already" },
	{ "machine.vcpus = 1\ncommand = runn\n", "[sweep] command = runn: want a command that reports on a configuration" },
	{ "machine.vcpus = 1\ncommand = sweep\n", "[sweep] command = sweep: want" },
};

START_TEST(a_wrong_sweep_says_what_is_wanted)
{
	struct sweep_plan p;
	struct err e;

	ck_assert_int_eq(make(&p, bad[_i].sweep, &e), -1);
	ck_assert_int_eq(e.code, ERR_CONFIG);
	ck_assert_msg(strstr(e.text, bad[_i].text) != NULL, "%s", e.text);
	sweep_plan_free(&p);
}
END_TEST

START_TEST(a_condition_may_not_be_endlessly_deep)
{
	struct str b = STR_INIT;
	struct sweep_plan p;
	struct err e;

	str_add(&b, "machine.vcpus = 1\nwhere = ");
	for (int i = 0; i < 70; i++)
		str_addc(&b, '(');
	ck_assert_int_eq(make(&p, str_get(&b), &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "more than 64 levels"));
	sweep_plan_free(&p);
	str_free(&b);
}
END_TEST

/* The hash of point i. */
static struct str hash_of(const char *sweep, size_t i)
{
	struct str b = STR_INIT;
	struct sweep_plan p;
	struct err e;

	ck_assert_msg(make(&p, sweep, &e) == 0, "%s", e.text);
	ck_assert_uint_lt(i, p.n_point);
	str_add(&b, p.hash[i]);
	sweep_plan_free(&p);
	return b;
}

static void same(const char *a, size_t i, const char *b, size_t k, bool want)
{
	struct str x = hash_of(a, i), y = hash_of(b, k);

	ck_assert_msg((strcmp(str_get(&x), str_get(&y)) == 0) == want, "%s and %s", a, b);
	str_free(&x);
	str_free(&y);
}

START_TEST(a_hash_is_that_of_the_effective_configuration)
{
	same("machine.vcpus = 1, 2\n", 1, "machine.vcpus = 2\npolicy.el1 = model\n", 0, true);
	same("machine.vcpus = 1, 2\n", 1, "machine.vcpus = 1, 2\n", 0, false);
	same("include.m = m1.ini\n", 0, "machine.name = one\nmachine.list_registers = 2\n", 0, true);
	same("include.m = m1.ini\n", 0, "include.m = m2.ini\n", 0, false);
	same("machine.vcpus = 2\ncommand = lint\n", 0, "machine.vcpus = 2\n", 0, false);
	same("machine.vcpus = 2\ntitle = x\n", 0, "machine.vcpus = 2\n", 0, true);
}
END_TEST

START_TEST(a_hash_changes_with_the_content_of_an_input_file)
{
	struct str before = hash_of("run.trace = t1.e2t\n", 0), after;

	put("t1.e2t", "other");
	after = hash_of("run.trace = t1.e2t\n", 0);
	ck_assert_str_ne(str_get(&before), str_get(&after));
	put("t1.e2t", "first");
	str_free(&after);
	after = hash_of("run.trace = t1.e2t\n", 0);
	ck_assert_str_eq(str_get(&before), str_get(&after));
	str_free(&before);
	str_free(&after);
}
END_TEST

START_TEST(a_point_is_a_command_line_that_a_shell_understands)
{
	uint32_t ordinal[SWEEP_AXES_MAX];
	struct str b = STR_INIT, want = STR_INIT;
	struct sweep_words w;
	struct sweep_plan p;
	struct err e;

	ck_assert_int_eq(make(&p, "command = verify --all\nrun.title = it's\ninclude.m = m1.ini\n", &e), 0);
	sweep_ordinals(&p, 0, ordinal);
	w = sweep_words_of(&p, ordinal);
	sweep_words_text(&w, &b);
	str_addf(&want, "el2sim verify %s/a.ini --all --el2sim.include=%s/m1.ini '--run.title=it'\\''s'", dir, dir);
	ck_assert_str_eq(str_get(&b) , str_get(&want));
	sweep_words_free(&w);
	sweep_plan_free(&p);
	str_free(&b);
	str_free(&want);
}
END_TEST

START_TEST(the_shipped_matrix_has_its_points)
{
	static const struct arg_list none = { NULL, 0 };
	size_t machine = 1;
	struct sweep_plan p;
	struct err e;

	ck_assert_msg(sweep_plan_make(&p, EL2SIM_SOURCE_DIR "/configs/experiment/policy-matrix.ini", &none, &none, &e) == 0,
		      "%s", e.text);
	for (size_t i = 0; i < p.n_axis; i++)
		if (strcmp(p.axis[i].s.name, "machine") == 0)
			machine = p.axis[i].s.n;
	ck_assert_uint_ge(machine, 3);
	ck_assert_uint_ge(p.n_point, 4 * 3 * 5 * 3);
	sweep_plan_free(&p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sweep-plan");
	TCase *c = tcase_create("plan");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, axes_make_the_points_in_order, 0, (int)(sizeof(good) / sizeof(good[0])));
	tcase_add_loop_test(c, a_wrong_sweep_says_what_is_wanted, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(c, a_condition_may_not_be_endlessly_deep);
	tcase_add_test(c, a_hash_is_that_of_the_effective_configuration);
	tcase_add_test(c, a_hash_changes_with_the_content_of_an_input_file);
	tcase_add_test(c, a_point_is_a_command_line_that_a_shell_understands);
	tcase_add_test(c, the_shipped_matrix_has_its_points);
	suite_add_tcase(s, c);
	return suite_status(s);
}
