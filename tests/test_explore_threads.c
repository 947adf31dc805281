/* SPDX-License-Identifier: Apache-2.0 */
/* Threads change nothing of what the explorer finds. The build with ThreadSanitizer runs this (CMakePresets.json: tsan). */
#include <check.h>

#include "models/cpu/machine.h"
#include "models/hyp/check/inject.h"
#include "sim/base/opt.h"
#include "sim/base/pool.h"
#include "tests/explore_same.h"
#include "tests/suite.h"

static struct machine machine;
static struct opt_set *set;

static void setup(void)
{
	struct err e = { ERR_NONE, "" };
	const struct opt_row *rows;
	size_t n;

	rows = machine_opt_rows(&n);
	set = opt_new();
	opt_add(set, rows, n, &machine);
	ck_assert_msg(opt_load(set, EL2SIM_SOURCE_DIR "/configs/machine/qemu-n1.ini", &e) == 0 && opt_done(set, &e) == 0, "%s", e.text);
}

static void teardown(void)
{
	opt_free(set);
}

/* linux-6.12-vhe, with a fault unless it is NULL. */
static struct ws_prog *program(const char *fault, struct ws_inject *inject)
{
	struct err e = { ERR_NONE, "" };
	struct ws_config c;
	struct ws_prog *p;

	ws_config_init(&c);
	c.model = ws_model_by_name("linux-6.12-vhe");
	c.machine = &machine;
	p = ws_compile(&c, &e);
	ck_assert_msg(p != NULL, "%s", e.text);
	ck_assert_msg(fault == NULL || (ws_inject_parse(fault, inject, &e) == 0 && ws_inject_apply(p, inject, 1, &e) == 0), "%s", e.text);
	return p;
}

/* The same search by one thread and by three, with as much memory. */
static void assert_same_with_threads(const struct ws_prog *p, struct explore_options o, const char *what)
{
	struct explore *x = explore_new(p, &o), *y;
	struct pool *pool = pool_new(3);

	o.pool = pool;
	y = explore_new(p, &o);
	ck_assert_int_eq(explore_run(x), explore_run(y));
	assert_same_finds(x, y, what);
	ck_assert_uint_eq(explore_stats(x)->bytes, explore_stats(y)->bytes);
	explore_free(x);
	explore_free(y);
	pool_free(pool);
}

static const char *const faults[] = { NULL, NULL, "drop:SCTLR_EL1@put", "drop:V0-V31@put", "skip-put:2" };

START_TEST(threads_change_nothing)
{
	struct ws_inject inject;
	struct ws_prog *p = program(faults[_i], &inject);
	struct explore_options o;

	explore_options_init(&o);
	o.depth = _i == 1 ? 0 : _i == 0 ? 5 : 4;
	o.memory = _i == 1 ? 1 << 20 : 0; /* ends in the middle of a level */
	o.all = _i % 2 == 0;
	assert_same_with_threads(p, o, faults[_i] != NULL ? faults[_i] : "sound");
	ws_free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("explore_threads");
	TCase *t = tcase_create("threads");

	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, threads_change_nothing, 0, 5);
	suite_add_tcase(s, t);
	return suite_status(s);
}
