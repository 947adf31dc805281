/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration: counts, predictions, fits, and the shipped measurements. */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/cal/mblog.h"
#include "models/cal/public.h"
#include "sim/app/config.h"
#include "tests/command.h"
#include "tests/command_json.h"
#include "tests/suite.h"

#define MEASURED EL2SIM_SOURCE_DIR "/configs/measured/"
#define FITTED   (1U << BENCH_hvc | 1U << BENCH_mmio_read_vgic | 1U << BENCH_ipi | 1U << BENCH_timer_10ms)

static struct measured_table table;
static struct cal_logs logs;

static void counts(const char *name, struct cal_counts *c)
{
	struct config config;
	char path[512];
	struct err e = { .code = ERR_NONE };

	(void)snprintf(path, sizeof(path), MEASURED "%s.ini", name);
	ck_assert_msg(config_load_one(&config, path, NULL, &e) == 0, "%s", e.text);
	ck_assert_msg(cal_counts_of(&config.machine, &config.sw, &config.path_profile, c, &e) == 0, "%s", e.text);
	config_free(&config);
}

static void setup(void)
{
	struct err e = { .code = ERR_NONE };

	ck_assert_msg(measured_read(MEASURED "measurements.csv", &table, &e) == 0, "%s", e.text);
	ck_assert_msg(cal_logs_of(&table, &logs, &e) == 0, "%s", e.text);
	for (size_t i = 0; i < logs.n; i++)
		counts(logs.log[i].config, &logs.log[i].counts);
	ck_assert_msg(cal_logs_tell(&logs, &e) == 0, "%s", e.text);
}

static void teardown(void)
{
	cal_logs_free(&logs);
	measured_free(&table);
}

/* A repeatable normal deviate: the sum of twelve uniform ones. */
static double normal(uint64_t *state)
{
	double sum = -6;

	for (int i = 0; i < 12; i++) {
		*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		sum += (double)(*state >> 11) / 9007199254740992.0;
	}
	return sum;
}

START_TEST(rows_that_no_fit_saw_are_within_10_and_25_percent)
{
	double errors[64];
	size_t n = 0;

	for (size_t i = 0; i < logs.n; i++) {
		const struct cal_log *x = &logs.log[i];
		double cycles[BENCH_COUNT];
		struct cal_fit f;
		struct err e;

		if (x->use != USE_CLAIM)
			continue;
		ck_assert_int_eq(cal_hold_out(&logs, x, FITTED, false, cycles, &f, &e), 0);
		for (unsigned b = 0; b < BENCH_COUNT; b++) {
			if (cycles[b] != 0)
				errors[n++] = fabs(cycles[b] / (x->ns[b] * x->counts.ghz) - 1);
		}
	}
	ck_assert_uint_eq(n, 12);
	ck_assert(cal_median(errors, n) <= 0.10);
	ck_assert(errors[n - 1] <= 0.25); /* sorted by the median */
}
END_TEST

START_TEST(a_fitted_row_is_never_predicted)
{
	for (size_t i = 0; i < logs.n; i++) {
		for (unsigned fit = 0; fit < 1U << (BENCH_timer_10ms + 1); fit++) {
			double cycles[BENCH_COUNT];
			struct cal_fit f;
			struct err e;

			if (cal_hold_out(&logs, &logs.log[i], fit, false, cycles, &f, &e) != 0)
				continue;
			for (unsigned b = 0; b < BENCH_COUNT; b++)
				ck_assert(cycles[b] == 0 || ((fit & ~logs.log[i].recalled) >> b & 1) == 0);
		}
	}
}
END_TEST

START_TEST(rows_of_the_role_hold_do_not_change_a_fit)
{
	struct cal_log x = logs.log[0];
	double cycles[BENCH_COUNT];
	struct cal_fit a, b;
	struct err e;

	ck_assert_int_eq(cal_hold_out(&logs, &x, ~0U, false, cycles, &a, &e), 0);
	for (size_t i = 0; i < x.n; i++) {
		if (cal_bench_row(x.obs[i].bench)->role == CAL_HOLD)
			x.obs[i].cycles *= 3;
	}
	ck_assert_int_eq(cal_hold_out(&logs, &x, ~0U, false, cycles, &b, &e), 0);
	ck_assert_mem_eq(a.par, b.par, sizeof(a.par));
}
END_TEST

START_TEST(a_prior_knows_nothing_of_its_own_core)
{
	const char *core = logs.log[0].core;
	struct cal_prior before, after;

	cal_prior_without(&logs, core, &before);
	for (size_t i = 0; i < logs.n; i++) {
		for (unsigned p = 0; strcmp(logs.log[i].core, core) == 0 && p < PAR_COUNT; p++)
			logs.log[i].told[p] *= 10;
	}
	cal_prior_without(&logs, core, &after);
	ck_assert_mem_eq(&before, &after, sizeof(before));
	cal_prior_without(&logs, NULL, &after);
	ck_assert_mem_ne(&before, &after, sizeof(before));
}
END_TEST

START_TEST(the_shipped_prior_is_what_the_measured_cores_tell)
{
	struct cal_prior shipped, told;

	cal_prior_shipped(&shipped);
	cal_prior_without(&logs, NULL, &told);
	for (unsigned p = 0; p < PAR_COUNT; p++)
		ck_assert_msg(fabs(log(shipped.median[p] / told.median[p])) < 0.05, "%s: params.def has %g, the cores tell %g",
			      cal_param_row((enum cal_param)p)->option, shipped.median[p], told.median[p]);
}
END_TEST

/* 100 logs of known parameters with 2 % noise on each row. */
START_TEST(known_parameters_are_recovered_within_the_stated_deviations)
{
	const double truth[PAR_COUNT] = { [PAR_scale] = 0.9, [PAR_cpi] = 0.7, [PAR_kick] = 700, [PAR_cold] = 1.7,
					  [PAR_vmm] = 1400, [PAR_lpi] = 0.6 };
	const struct cal_counts *c = &logs.log[0].counts;
	unsigned within[PAR_COUNT] = { 0 }, all = 0;
	struct cal_prior prior;

	cal_prior_shipped(&prior);
	for (unsigned seed = 1; seed <= 100; seed++) {
		struct cal_obs o[BENCH_COUNT];
		struct cal_fit f;
		struct err e;
		uint64_t state = seed;
		size_t n = 0;
		unsigned good = 0;

		for (unsigned b = 0; b < BENCH_COUNT; b++) {
			if (cal_bench_row((enum cal_bench)b)->role == CAL_FIT)
				o[n++] = (struct cal_obs){ (enum cal_bench)b,
							   cal_predict(c, (enum cal_bench)b, truth) * exp(0.02 * normal(&state)), 0, false };
		}
		ck_assert_msg(cal_fit(c, o, n, &prior, &f, &e) == 0, "seed %u: %s", seed, e.text);
		for (unsigned p = 0; p < PAR_COUNT; p++) {
			bool in = fabs(log(f.par[p] / truth[p])) <= 2 * f.sd[p];

			within[p] += in;
			good += in || !f.learnt[p];
		}
		all += good == PAR_COUNT;
	}
	for (unsigned p = 0; p <= PAR_cold; p++)
		ck_assert_msg(within[p] >= 90, "%s: within two deviations in %u of 100", cal_param_row((enum cal_param)p)->option,
			      within[p]);
	ck_assert_msg(all >= 90, "all four within two deviations in %u of 100", all);
}
END_TEST

START_TEST(a_scale_outside_its_range_is_refused)
{
	const struct cal_log *x = &logs.log[0];
	struct cal_obs o[] = { { BENCH_hvc, 306 * 3.0 * 1.5, 0, false }, { BENCH_mmio_read_vgic, 306 * 3.0 * 1.52, 0, false } };
	struct cal_prior prior;
	struct cal_fit f;
	struct err e;

	cal_prior_shipped(&prior);
	ck_assert_int_eq(cal_fit(&x->counts, o, 2, &prior, &f, &e), -1);
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(e.text, "cost.scale comes to"));
}
END_TEST

START_TEST(logs_are_read_as_micro_bench_prints_them)
{
	struct mblog l = { .n = 0 };
	struct cal_obs o[BENCH_COUNT];
	struct err e;
	double noise;

	ck_assert_int_eq(mblog_read(EL2SIM_SOURCE_DIR "/tests/data/microbench-altra.log", &l, &e), 0);
	ck_assert_int_eq(mblog_read(EL2SIM_SOURCE_DIR "/tests/data/microbench-altra-2.log", &l, &e), 0);
	ck_assert_uint_eq(l.n, 2);
	ck_assert_double_eq_tol(mblog_mean(&l, BENCH_ipi, &noise), (1926 + 1777) / 2.0, 1e-9);
	ck_assert_double_eq_tol(noise, (1926 - 1777) / 2.0 / ((1926 + 1777) / 2.0), 1e-9);
	ck_assert_double_eq_tol(mblog_mean(&l, BENCH_hvc, &noise), 306, 1e-9);
	ck_assert_uint_eq(mblog_obs(&l, 3.0, o), 7);
	ck_assert_double_eq_tol(o[0].cycles, 918, 1e-9);
}
END_TEST

START_TEST(each_name_that_a_version_of_micro_bench_prints_is_its_test)
{
	enum cal_bench b;

	for (unsigned i = 0; i < BENCH_COUNT; i++) {
		ck_assert(cal_bench_by_name(cal_bench_row((enum cal_bench)i)->name, &b));
		ck_assert_uint_eq(b, i);
	}
	ck_assert(cal_bench_by_name("hyp_call", &b) && b == BENCH_hvc); /* 2026 on */
	ck_assert(!cal_bench_by_name("hyp", &b));
}
END_TEST

#define CALIBRATE "el2sim calibrate configs/measured/altra.ini --microbench tests/data/microbench-altra.log --write "
#define VALIDATE  "el2sim validate configs/measured/altra.ini --median 1000 --worst 1000 --el2sim.include="

START_TEST(a_written_profile_knows_its_own_log_and_predicts_only_what_it_did_not_see)
{
	char ini[] = "/tmp/el2sim-cal-XXXXXX", line[512];
	int fd = mkstemp(ini);
	struct str out = STR_INIT;
	struct err e;

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	(void)snprintf(line, sizeof(line), CALIBRATE "%s --format csv", ini);
	ck_assert_msg(run_command(line, &out, &e) == 0, "%s", e.text);
	ck_assert_ptr_nonnull(strstr(str_get(&out), "mmio_read_user,1,1683"));
	str_reset(&out);
	(void)snprintf(line, sizeof(line), VALIDATE "%s --microbench tests/data/microbench-altra.log --format csv", ini);
	ck_assert_msg(run_command(line, &out, &e) == 0, "%s", e.text);
	ck_assert_ptr_null(strstr(str_get(&out), "\nhvc,"));
	ck_assert_ptr_null(strstr(str_get(&out), "\nmmio_read_vgic,"));
	ck_assert_ptr_null(strstr(str_get(&out), "\nipi,"));
	ck_assert_ptr_null(strstr(str_get(&out), "\ntimer_10ms,"));
	ck_assert_ptr_nonnull(strstr(str_get(&out), "\nmmio_read_user,"));
	ck_assert_ptr_nonnull(strstr(str_get(&out), "\nlpi,"));
	str_reset(&out);
	(void)snprintf(line, sizeof(line), VALIDATE "%s --microbench tests/data/microbench-altra-2.log --format csv", ini);
	ck_assert_msg(run_command(line, &out, &e) == 0, "%s", e.text);
	ck_assert_ptr_nonnull(strstr(str_get(&out), "\nhvc,"));
	ck_assert_ptr_nonnull(strstr(str_get(&out), "validated may be said"));
	(void)remove(ini);
	str_free(&out);
}
END_TEST

static const char *text_of(const json_t *rows_of, size_t row, const char *column)
{
	return json_string_value(json_object_get(json_array_get(json_object_get(rows_of, "rows"), row), column));
}

/* In no table of predictions stands a figure that its fit was told; what is fitted stands in a table that says so. */
START_TEST(no_fitted_number_stands_in_a_table_of_predictions)
{
	static const char *const tables[] = { "predictions", "context" };
	json_t *r = json_of("el2sim validate --public"), *fitted = json_object_get(json_object_get(r, "tables"), "fitted");
	size_t n = json_array_size(json_object_get(fitted, "rows")), seen = 0;

	ck_assert_uint_ge(n, 24);
	for (size_t t = 0; t < 2; t++) {
		const json_t *predicted = json_object_get(json_object_get(r, "tables"), tables[t]);

		for (size_t i = 0; i < json_array_size(json_object_get(predicted, "rows")); i++, seen++) {
			for (size_t k = 0; k < n; k++)
				ck_assert_msg(strcmp(text_of(predicted, i, "log"), text_of(fitted, k, "log")) != 0 ||
						      strcmp(text_of(predicted, i, "benchmark"), text_of(fitted, k, "benchmark")) != 0,
					      "%s of %s was fitted", text_of(predicted, i, "benchmark"), text_of(predicted, i, "log"));
		}
	}
	ck_assert_uint_eq(seen, 13);
	json_decref(r);
}
END_TEST

START_TEST(every_published_row_is_within_12_percent_in_the_median_and_was_three_times_as_far_off)
{
	json_t *r = json_of("el2sim validate --public --every"), *tables = json_object_get(r, "tables");
	const json_t *all = json_array_get(json_object_get(json_object_get(tables, "every_summary"), "rows"), 0);
	const json_t *rows = json_object_get(json_object_get(tables, "every"), "rows");

	ck_assert_uint_eq(json_array_size(rows), 72);
	ck_assert_int_eq(json_integer_value(json_object_get(all, "n")), 72);
	ck_assert(json_number_value(json_object_get(all, "median")) <= 12);
	ck_assert(json_number_value(json_object_get(all, "before_median")) > 30);
	ck_assert(json_number_value(json_object_get(all, "before_worst")) > 210);
	for (size_t i = 0; i < json_array_size(rows); i++) /* a log's own row is no row of its fit */
		ck_assert_int_le(json_integer_value(json_object_get(json_array_get(rows, i), "fitted")), 5);
	json_decref(r);
}
END_TEST

START_TEST(what_is_recalled_is_fitted_to_nothing)
{
	for (size_t i = 0; i < logs.n; i++) {
		struct cal_log x = logs.log[i];
		double cycles[BENCH_COUNT];
		struct cal_fit a, b;
		struct err e;

		if (x.recalled == 0 || cal_hold_out(&logs, &x, x.recalled, true, cycles, &a, &e) != 0)
			continue;
		for (size_t k = 0; k < x.n; k++) {
			if ((x.recalled >> x.obs[k].bench & 1) != 0) {
				x.obs[k].cycles *= 3;
				ck_assert(cycles[x.obs[k].bench] > 0);
			}
		}
		ck_assert_int_eq(cal_hold_out(&logs, &x, x.recalled, true, cycles, &b, &e), 0);
		ck_assert_mem_eq(a.par, b.par, sizeof(a.par));
	}
}
END_TEST

START_TEST(sensitivity_gives_each_cycle_to_one_single_cost)
{
	double single = 0, scale = 0, loop = 0;
	struct str out = STR_INIT;
	unsigned rows = 0;
	struct err e;
	char *text, *line, *rest;

	ck_assert_msg(run_command("el2sim sensitivity configs/experiment/linux-6.12-vhe-n1.ini --el2sim.include=configs/machine/ampere-altra.ini "
				  "--format csv", &out, &e) == 0, "%s", e.text);
	text = strdup(str_get(&out));
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *comma = strchr(line, ',');
		double v = comma != NULL ? atof(comma + 1) : 0;

		if (strncmp(line, "cost.", 5) != 0)
			continue;
		rows++;
		if (strncmp(line, "cost.scale,", 11) == 0)
			scale = v;
		else if (strncmp(line, "cost.bhb_loop,", 14) == 0)
			loop = v;
		else if (strncmp(line, "cost.cpi,", 9) != 0)
			single += v;
	}
	free(text);
	str_free(&out);
	ck_assert(scale > 0 && loop > 0 && rows > 10);
	ck_assert_msg(fabs(single - scale) <= rows, "single costs make %.0f cycles, cost.scale %.0f", single, scale);
}
END_TEST

/* [workload] user_time of a profile's machine with one option more. */
static int64_t vmm_time(const char *profile, const char *option)
{
	char path[512];
	const char *v[] = { path, option };
	const struct arg_list list = { .v = v, .n = option != NULL ? 2 : 1 };
	struct config config;
	struct err e = { .code = ERR_NONE };
	int64_t ns;

	(void)snprintf(path, sizeof(path), "--el2sim.include=" EL2SIM_SOURCE_DIR "/configs/machine/%s.ini", profile);
	ck_assert_msg(config_load(&config, NULL, &list, &e) == 0, "%s", e.text);
	ns = config.workload.user_ns;
	config_free(&config);
	return ns;
}

START_TEST(a_vmm_whose_instructions_are_said_takes_their_time_unless_the_workload_says)
{
	ck_assert_int_eq(vmm_time("neoverse-n1", NULL), 5000);
	ck_assert_int_eq(vmm_time("neoverse-n1", "--workload.user_time=7us"), 7000);
	ck_assert_int_eq(vmm_time("neoverse-n1", "--vmm.insns=3000"), 400); /* 0.4 cycles each at 3 GHz */
	ck_assert_int_eq(vmm_time("ampere-altra", "--workload.user_time=7us"), 7000);
	ck_assert_int_eq(vmm_time("ampere-altra", "--vmm.insns=0"), 0);
	ck_assert_int_eq(vmm_time("ampere-altra", "--cost.cpi=0.6"), 280); /* 1,400 instructions */
}
END_TEST

START_TEST(a_guests_handler_is_beside_the_delivery_and_of_no_exit_without_an_interrupt)
{
	const struct cal_counts *c = &logs.log[0].counts;
	double par[PAR_COUNT] = { [PAR_scale] = 0.9, [PAR_cpi] = 0.7, [PAR_cold] = 1, [PAR_kick] = 1000 }, with, without;
	struct cal_counts bare = *c;

	for (unsigned b = 0; b < BENCH_COUNT; b++)
		bare.of[b].guest_insns = bare.of[b].guest_sw = 0;
	with = cal_predict(c, BENCH_ipi, par);
	ck_assert_double_eq_tol(with - cal_predict(&bare, BENCH_ipi, par), 0.9 * c->of[BENCH_ipi].guest_sw + 0.7 * 80, 1e-6);
	par[PAR_kick] = 0;
	without = cal_predict(c, BENCH_ipi, par);
	ck_assert_double_eq_tol(with - without, 1000 * c->ghz, 1e-6); /* nothing of the handler is in it */
	ck_assert(c->of[BENCH_timer_10ms].guest_insns > c->of[BENCH_ipi].guest_insns);
	ck_assert(c->of[BENCH_hvc].guest_insns == 0 && c->of[BENCH_mmio_read_vgic].guest_sw == 0);
}
END_TEST

/* A fact of a run of a machine in simulated time. */
static int64_t fact(const char *options, const char *name)
{
	char line[512];
	json_t *r;
	int64_t v;

	(void)snprintf(line, sizeof(line), "el2sim run configs/experiment/overcommit.ini --run.duration=5ms --machine.vcpus=8 --machine.pcpus=2 %s",
		       options);
	r = json_of(line);
	v = json_integer_value(json_object_get(json_object_get(r, "facts"), name));
	json_decref(r);
	return v;
}

START_TEST(an_exit_after_a_long_residency_is_cold_where_the_profile_says_what_it_costs)
{
	const int64_t some = fact("--cost.cold=2 --cost.cold_after=100us", "cold_exits"), all = fact("--cost.cold=2 --cost.cold_after=0", "cold_exits");

	ck_assert_int_eq(fact("", "cold_exits"), 0);
	ck_assert_int_eq(fact("--cost.cold=2 --cost.cold_after=1s", "cold_exits"), 0);
	ck_assert_int_gt(some, 0);
	ck_assert_int_gt(all, some);
	ck_assert_int_gt(fact("--cost.cold=2 --cost.cold_after=100us", "cold_cycles"), 100 * some);
}
END_TEST

START_TEST(decimals_of_costs_add_up_in_any_order)
{
	uint64_t a = 0, am = 0, b = 0, bm = 0;

	ws_cycles_add(&a, &am, 1, 480, 1000000007);
	for (unsigned i = 0; i < 7; i++)
		ws_cycles_add(&b, &bm, 1, 480, 142857143);
	ws_cycles_add(&b, &bm, 1, 480, 1000000007 - 7 * 142857143);
	ck_assert_uint_eq(a, UINT64_C(1480000010));
	ck_assert_uint_eq(am, 360);
	ck_assert_uint_eq(a, b);
	ck_assert_uint_eq(am, bm);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cal");
	TCase *t = tcase_create("cal");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, rows_that_no_fit_saw_are_within_10_and_25_percent);
	tcase_add_test(t, a_fitted_row_is_never_predicted);
	tcase_add_test(t, rows_of_the_role_hold_do_not_change_a_fit);
	tcase_add_test(t, a_prior_knows_nothing_of_its_own_core);
	tcase_add_test(t, the_shipped_prior_is_what_the_measured_cores_tell);
	tcase_add_test(t, known_parameters_are_recovered_within_the_stated_deviations);
	tcase_add_test(t, a_scale_outside_its_range_is_refused);
	tcase_add_test(t, logs_are_read_as_micro_bench_prints_them);
	tcase_add_test(t, each_name_that_a_version_of_micro_bench_prints_is_its_test);
	tcase_add_test(t, a_written_profile_knows_its_own_log_and_predicts_only_what_it_did_not_see);
	tcase_add_test(t, no_fitted_number_stands_in_a_table_of_predictions);
	tcase_add_test(t, every_published_row_is_within_12_percent_in_the_median_and_was_three_times_as_far_off);
	tcase_add_test(t, what_is_recalled_is_fitted_to_nothing);
	tcase_add_test(t, sensitivity_gives_each_cycle_to_one_single_cost);
	tcase_add_test(t, a_vmm_whose_instructions_are_said_takes_their_time_unless_the_workload_says);
	tcase_add_test(t, a_guests_handler_is_beside_the_delivery_and_of_no_exit_without_an_interrupt);
	tcase_add_test(t, an_exit_after_a_long_residency_is_cold_where_the_profile_says_what_it_costs);
	tcase_add_test(t, decimals_of_costs_add_up_in_any_order);
	suite_add_tcase(s, t);
	return suite_status(s);
}
