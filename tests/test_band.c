/* SPDX-License-Identifier: Apache-2.0 */
/* Bands: how far figures in cycles may be off, and what cancels between two of them. */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/cal/band.h"
#include "models/cal/public.h"
#include "sim/app/job.h"
#include "sim/document/rep_read.h"
#include "tests/command_json.h"
#include "tests/suite.h"

#define EXPERIMENT EL2SIM_SOURCE_DIR "/configs/experiment/"
#define ALTRA	   "--el2sim.include=" EL2SIM_SOURCE_DIR "/configs/machine/ampere-altra.ini"
#define REPLAY	   "configs/experiment/linux-6.12-vhe-n1.ini"

static double uniform(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(*state >> 11) / 9007199254740992.0;
}

/* A repeatable normal deviate. */
static double normal(uint64_t *state)
{
	double sum = -6;

	for (unsigned i = 0; i < 12; i++)
		sum += uniform(state);
	return sum;
}

struct ran {
	struct job j;
	char path[512];
};

static void run(struct ran *x, const char *name, const char *option)
{
	struct job *j = &x->j;
	const struct arg_list list = { .v = &option, .n = option != NULL };
	const struct job_args args = { .trace = NULL };
	struct err e = { .code = ERR_NONE };

	memset(j, 0, sizeof(*j));
	(void)snprintf(x->path, sizeof(x->path), EXPERIMENT "%s.ini", name);
	ck_assert_msg(config_load_one(&j->config, x->path, &list, &e) == 0, "%s", e.text);
	ck_assert_msg(job_run(j, &args, &e) == 0, "%s", e.text);
}

static struct band_form form_of(const struct job *j)
{
	struct band_run *r = band_run_new(j->prog, j->out->exec);
	struct band_form f;

	band_where(r, &BAND_ALL, &f);
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		f.v[BAND_PATH] += (double)j->out->kind[k].path.cycles;
	band_run_free(r);
	return f;
}

/* Costs as they might be: one factor per row of a form, the scale being that of the exit that tells it. */
static void draw(const struct band_dev *d, uint64_t *state, double factor[BAND_ROWS])
{
	const double a = normal(state), b = normal(state);
	const double scale = exp(d->scale * a), cpi = exp(d->cpi * (d->correlation * a + sqrt(1 - d->correlation * d->correlation) * b));
	double sum = 0, told = 0;

	for (unsigned i = 0; i < BAND_COSTS; i++) {
		factor[i] = exp(d->single * normal(state));
		sum += d->mix[i];
		told += d->mix[i] * factor[i];
	}
	ck_assert(fabs(sum - 1) < 1e-9);
	for (unsigned i = 0; i < BAND_COSTS; i++)
		factor[i] *= scale / told;
	factor[BAND_BHB] = exp(d->single * normal(state));
	factor[BAND_PATH] = cpi;
}

static double cycles_with(const struct band_form *f, const double factor[BAND_ROWS])
{
	double sum = 0;

	for (unsigned i = 0; i < BAND_ROWS; i++)
		sum += f->v[i] * factor[i];
	return sum;
}

static const char *const profiles[] = { NULL, ALTRA, "--fit.single_deviation=0" };

START_TEST(a_form_has_the_cycles_of_the_run_whole_and_in_parts)
{
	struct band_run *r;
	struct band_form all, sum = { .v = { 0 } }, f;
	struct ran j;

	run(&j, "linux-6.12-vhe-n1", profiles[_i]);
	r = band_run_new(j.j.prog, j.j.out->exec);
	band_where(r, &BAND_ALL, &all);
	ck_assert(fabs(band_cycles(&all) / ((double)j.j.out->total.cycles + (double)j.j.out->total.milli / 1000) - 1) < 1e-9);
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++) {
		struct band_where w = BAND_ALL;

		w.phase = (int)ph;
		band_where(r, &w, &f);
		ck_assert(fabs(band_cycles(&f) - (double)j.j.out->phase[ph].cycles) < 1);
		band_add(&sum, &f, 1);
	}
	band_totals(r, &j.j.out->total, &f);
	for (unsigned i = 0; i < BAND_ROWS; i++) {
		ck_assert(fabs(sum.v[i] - all.v[i]) <= 1e-6 * all.v[i]);
		ck_assert(fabs(f.v[i] - all.v[i]) <= 1e-6 * all.v[i]);
	}
	band_run_free(r);
	job_free(&j.j);
}
END_TEST

START_TEST(a_band_covers_90_of_100_draws_of_the_costs)
{
	unsigned within = 0;
	uint64_t state = 1;
	double f, cycles;
	struct band_form form;
	struct ran j;

	run(&j, "linux-6.12-vhe-n1", profiles[_i]);
	form = form_of(&j.j);
	cycles = band_cycles(&form);
	f = band_factor(&j.j.result.band, &form);
	ck_assert(f > 1.001);
	for (unsigned i = 0; i < 100; i++) {
		double factor[BAND_ROWS];

		draw(&j.j.result.band, &state, factor);
		within += fabs(log(cycles_with(&form, factor) / cycles)) <= log(f);
	}
	ck_assert_msg(within >= 90 && within < 100, "profile %d: %u of 100 within %.3f", _i, within, f);
	job_free(&j.j);
}
END_TEST

START_TEST(what_is_common_cancels_between_two_configurations)
{
	struct band_form a, b;
	struct band_range ratio, change;
	struct ran x, y;
	unsigned within = 0, differ = 0;
	uint64_t state = 7;

	run(&x, "linux-4.15-vhe-n1", profiles[_i]);
	run(&y, "linux-6.12-vhe-n1", profiles[_i]);
	a = form_of(&x.j);
	b = form_of(&y.j);
	ratio = band_ratio(&x.j.result.band, &a, &y.j.result.band, &b, true);
	change = band_difference(&x.j.result.band, &a, &b);
	for (unsigned i = 0; i < 100; i++) {
		double factor[BAND_ROWS], ca, cb;

		draw(&x.j.result.band, &state, factor);
		ca = cycles_with(&a, factor);
		cb = cycles_with(&b, factor);
		within += cb / ca >= ratio.low && cb / ca <= ratio.high;
		differ += cb - ca >= change.low && cb - ca <= change.high;
	}
	ck_assert_msg(within >= 90, "ratio: %u of 100 in %.3f..%.3f", within, ratio.low, ratio.high);
	ck_assert_msg(differ >= 90, "difference: %u of 100 in %.0f..%.0f", differ, change.low, change.high);
	if (profiles[_i] == NULL || strcmp(profiles[_i], ALTRA) != 0) /* a fit knows the sum of scale and cpi, not their difference */
		ck_assert(ratio.high / ratio.low < band_factor(&x.j.result.band, &a)); /* far less than either's */
	job_free(&x.j);
	job_free(&y.j);
}
END_TEST

START_TEST(a_scale_alone_cancels_from_a_ratio)
{
	const struct band_dev d = { .known = true, .scale = 0.5, .cpi = 0.7 };
	const struct band_form a = { .v = { [BAND_OP] = 100, [BAND_CLASS] = 50 } }, b = { .v = { [BAND_OP] = 50, [BAND_CLASS] = 90 } };
	struct band_range r = band_ratio(&d, &a, &d, &b, true);

	ck_assert(fabs(r.low - 140.0 / 150) < 1e-9 && fabs(r.high - 140.0 / 150) < 1e-9);
	ck_assert(r.apart);
	r = band_ratio(&d, &a, &d, &b, false); /* two machines: nothing cancels */
	ck_assert(!r.apart && r.low < 0.5 && r.high > 2);
	r = band_difference(&d, &a, &b);
	ck_assert(r.apart && r.low <= -10 && r.high >= -10 && r.high <= 0);
}
END_TEST

START_TEST(more_of_one_cost_is_dearer_whatever_it_costs)
{
	struct band_dev d = { .known = true, .scale = 0.5, .cpi = 0.7, .single = 0.5 };
	struct band_form a = { .v = { [BAND_OP] = 1000, [BAND_CLASS] = 500, [BAND_PATH] = 300 } }, b = a;
	struct band_range r;

	d.mix[BAND_OP] = 1;
	r = band_ratio(&d, &a, &d, &b, true);
	ck_assert(!r.apart && r.low == 1 && r.high == 1);
	r = band_difference(&d, &a, &b);
	ck_assert(!r.apart && r.low == 0 && r.high == 0);
	b.v[BAND_CLASS] += 1;
	r = band_ratio(&d, &a, &d, &b, true);
	ck_assert(r.apart && r.low >= 1);
	r = band_difference(&d, &a, &b);
	ck_assert(r.apart && r.low > 0 && r.low < 1 && r.high > 1);
	b.v[BAND_OP] -= 1.2; /* now that is a question of what they cost */
	r = band_ratio(&d, &a, &d, &b, true);
	ck_assert(!r.apart && r.low < 1 && r.high > 1);
	r = band_difference(&d, &a, &b);
	ck_assert(!r.apart && r.low < 0 && r.high > 0);
}
END_TEST

START_TEST(a_figure_of_nothing_has_no_width)
{
	const struct band_dev d = { .known = true, .scale = 0.5, .cpi = 0.7, .single = 0.5 };
	const struct band_form none = { .v = { 0 } };

	ck_assert(band_factor(&d, &none) == 1);
}
END_TEST

/* The exit that a fit saw is known as well as the fit knows it: its scale and its instructions are off against each other. */
START_TEST(a_fitted_exit_is_known_better_than_its_parts)
{
	struct band_form hvc;
	struct ws_totals t;
	struct ran j;

	run(&j, "linux-6.12-vhe-n1", ALTRA);
	run_plain_exit(j.j.prog, &t);
	memset(&hvc, 0, sizeof(hvc));
	for (unsigned i = 0; i < BAND_COSTS; i++)
		hvc.v[i] = j.j.result.band.mix[i] * (double)t.cycles;
	hvc.v[BAND_PATH] = (double)run_kind_path(&j.j.result, EXIT_FOR_plain).cycles;
	ck_assert(j.j.result.band.correlation < -0.9);
	if (hvc.v[BAND_PATH] == 0) /* not in this trace */
		hvc.v[BAND_PATH] = (double)j.j.result.cost[EXIT_FOR_plain].insns * (double)j.j.config.machine.cpi_milli / 1000;
	ck_assert(hvc.v[BAND_PATH] > 0);
	ck_assert(band_factor(&j.j.result.band, &hvc) < 1.1);
	hvc.v[BAND_PATH] = 0;
	ck_assert(band_factor(&j.j.result.band, &hvc) > 1.3);
	job_free(&j.j);
}
END_TEST

/* ---- reports ---- */

static char *written(const struct rep *r, enum rep_format format)
{
	char *text = NULL;
	size_t len = 0;
	struct err e;
	FILE *f = open_memstream(&text, &len);

	ck_assert_int_eq(rep_write(r, format, f, &e), 0);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

static struct rep *document(void)
{
	static const struct rep_col cols[] = {
		{ "what", "", REP_STR, "", 0, false }, { "cycles", "", REP_U64, "cycles", 0, true },
		{ "each", "", REP_FIX, "cycles", 1, false }, { "change", "", REP_I64, "cycles", 0, false },
	};
	struct rep *r = rep_new("run", "");
	struct rep_table *t = rep_table(r, "t", "", cols, 4);

	rep_str(t, "sure");
	rep_u64(t, 12000), rep_band_factor(t, 1.5);
	rep_fix(t, 2500), rep_band_factor(t, 2);
	rep_i64(t, -100), rep_band(t, -150000, -50000);
	rep_str(t, "not sure");
	rep_u64(t, 0), rep_band_factor(t, 1.5);
	rep_none(t), rep_band_factor(t, 1.5);
	rep_i64(t, -100), rep_band(t, -150000, 50000);
	rep_str(t, "a count");
	rep_u64(t, 7);
	rep_fix(t, 100000);
	rep_i64(t, 5);
	rep_str(t, "not the same");
	rep_u64(t, 10000), rep_band(t, 5000000, 25000000);
	rep_none(t);
	rep_none(t);
	return r;
}

START_TEST(every_format_says_both_ends_of_a_band)
{
	static const char *const said[REP_FORMAT_COUNT][3] = {
		[REP_TEXT] = { "12,000 \303\227\303\2671.50  2.5 \303\227\303\2672.00  ", "-100 (-150..+50)", "10,000 \303\2672.00\303\2272.50" },
		[REP_MD] = { "| sure | 12,000 \303\227\303\2671.50 | 2.5 \303\227\303\2672.00 | -100 \303\2672.00\303\2271.50 |", "-100 (-150..+50)", "| 10,000 \303\2672.00\303\2272.50 | - | - |" },
		[REP_CSV] = { "what,cycles,each,change,cycles_low,cycles_high,each_low,each_high,change_low,change_high\n"
			      "sure,12000,2.5,-100,8000.0,18000.0,1.25,5.0,-150.0,-50.0\n",
			      "not sure,0,,-100,0.0,0.0,,,-150.0,50.0\n", "a count,7,100.0,5,,,,,,\n" },
		[REP_JSON] = { "\"cycles\": [[8000.0, 18000.0], [0.0, 0.0], null, [5000.0, 25000.0]]", "\"each\": [[1.25, 5.0], null, null, null]",
			       "\"change\": [[-150.0, -50.0], [-150.0, 50.0], null, null]" },
		[REP_HTML] = { "data-low=\"8000.0\" data-high=\"18000.0\" title=\"8000.0 to 18000.0\" data-v=\"12000\">12,000 \303\227\303\2671.50<",
			       "data-v=\"2.5\">2.5 \303\227\303\2672.00<", "data-v=\"-100\">-100 (-150..+50)<" },
	};
	struct rep *r = document();
	char *text = written(r, (enum rep_format)_i);

	for (size_t i = 0; i < 3; i++)
		ck_assert_msg(strstr(text, said[_i][i]) != NULL, "no %s in\n%s", said[_i][i], text);
	free(text);
	rep_free(r);
}
END_TEST

START_TEST(a_report_that_is_read_has_its_bands)
{
	struct rep *r = document(), *again = NULL;
	char *text = written(r, REP_JSON), *bad, *place;
	struct err e = { .code = ERR_NONE };

	for (unsigned f = 0; f < REP_FORMAT_COUNT; f++) {
		char *before, *after;

		again = rep_read_text(text, strlen(text), "x.json", &e);
		ck_assert_msg(again != NULL, "%s", e.text);
		before = written(r, (enum rep_format)f);
		after = written(again, (enum rep_format)f);
		ck_assert_str_eq(before, after);
		free(before);
		free(after);
		rep_free(again);
	}
	bad = strdup(text);
	place = strstr(bad, "[1.25, 5.0]");
	ck_assert_ptr_nonnull(place);
	memcpy(place, "[8.25, 5.0]", 11);
	ck_assert_ptr_null(rep_read_text(bad, strlen(bad), "x.json", &e));
	ck_assert_ptr_nonnull(strstr(e.text, "bands: each, row 1: want two decimals, the lower first"));
	e = (struct err){ .code = ERR_NONE };
	memcpy(strstr(bad, "\"each\": [["), "\"what\": [[", 10);
	ck_assert_ptr_null(rep_read_text(bad, strlen(bad), "x.json", &e));
	ck_assert_msg(strstr(e.text, "want a column with numbers") != NULL, "%s", e.text);
	free(bad);
	free(text);
	rep_free(r);
}
END_TEST

/* A column is in cycles when its unit says so; none hides its unit. */
static size_t columns_of_table(const char *command, const char *key, json_t *table)
{
	json_t *col, *bands = json_object_get(table, "bands"), *row;
	size_t i, k, n = 0;

	json_array_foreach(json_object_get(table, "columns"), i, col) {
		const char *name = json_string_value(json_object_get(col, "key")), *type = json_string_value(json_object_get(col, "type"));
		const bool cycles = strcmp(json_string_value(json_object_get(col, "unit")), "cycles") == 0;
		json_t *band = json_object_get(bands, name);

		if (strcmp(type, "string") == 0)
			continue;
		ck_assert_msg(cycles || strstr(name, "cycles") == NULL, "%s: %s.%s has no unit", command, key, name);
		json_array_foreach(json_object_get(table, "rows"), k, row) {
			json_t *v = json_object_get(row, name), *b = json_array_get(band, k);

			if (!cycles || !json_is_number(v))
				continue;
			n++;
			ck_assert_msg(json_array_size(b) == 2, "%s: %s.%s row %zu has no band", command, key, name, k);
			ck_assert(json_number_value(json_array_get(b, 0)) <= json_number_value(v));
			ck_assert(json_number_value(json_array_get(b, 1)) >= json_number_value(v));
			if (json_number_value(v) == 0 && strcmp(type, "i64") != 0)
				ck_assert(json_number_value(json_array_get(b, 0)) == 0 && json_number_value(json_array_get(b, 1)) == 0);
		}
		ck_assert_msg(cycles || bands == NULL || band == NULL || strcmp(json_string_value(json_object_get(col, "unit")), "us") == 0 ||
				      strcmp(json_string_value(json_object_get(col, "unit")), "ms") == 0 ||
				      strcmp(json_string_value(json_object_get(col, "unit")), "ns") == 0 || strcmp(key, "per_exit") == 0 ||
				      strcmp(key, "relative") == 0 || strcmp(name, "break_even") == 0 || strstr(name, "ratio") != NULL || strcmp(key, "summary") == 0,
			      "%s: %s.%s is a count and has a band", command, key, name);
	}
	return n;
}

static const char *const commands[] = {
	"el2sim run " REPLAY,
	"el2sim run configs/experiment/overcommit.ini --run.duration=20ms",
	"el2sim run " REPLAY " --host.sched=recorded",
	"el2sim compare configs/experiment/eager-vs-deferred.ini",
	"el2sim compare " REPLAY " configs/experiment/linux-4.15-nvhe-n1.ini --vary machine.name=a,b",
	"el2sim compare configs/workload/mixed.ini --el2sim.include=configs/machine/qemu-n1.ini --vary policy.el1=eager,deferred "
	"--run.duration=20ms",
	"el2sim price linux-6.12-vhe linux-6.1-vhe --machine configs/machine/neoverse-n1.ini --all",
	"el2sim price linux-4.15-vhe linux-6.12-vhe --machine configs/machine/ampere-altra.ini",
	"el2sim abi configs/experiment/abi-scope.ini",
};

START_TEST(every_figure_in_cycles_has_a_band_and_no_count_has)
{
	json_t *r = json_of(commands[_i]), *table;
	const char *key;
	size_t n = 0;

	json_object_foreach(json_object_get(r, "tables"), key, table)
		n += columns_of_table(commands[_i], key, table);
	ck_assert_msg(n > 5, "%s: %zu figures in cycles", commands[_i], n);
	json_decref(r);
}
END_TEST

/* Is there a line with all of the texts? */
static bool says(const char *text, const char *a, const char *b)
{
	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		const size_t n = strcspn(++line, "\n");
		const char *x = strstr(line, a), *y = strstr(line, b);

		if (x != NULL && y != NULL && x < line + n && y < line + n)
			return true;
	}
	return false;
}

START_TEST(a_price_says_what_its_sign_hangs_on)
{
	struct str out = output_of("el2sim price linux-4.15-vhe linux-6.12-vhe --machine configs/machine/neoverse-n1.ini");

	ck_assert(says(str_get(&out), "hvc:", "by the costs' deviations]"));
	ck_assert(says(str_get(&out), "pays up to", "loads per exit ("));
	str_free(&out);
	out = output_of("el2sim price linux-6.12-vhe linux-6.12-vhe --machine configs/machine/neoverse-n1.ini");
	ck_assert(says(str_get(&out), "no difference in an exit", ""));
	str_free(&out);
}
END_TEST

START_TEST(latencies_of_a_machine_are_shown_with_its_costs_at_both_ends)
{
	json_t *r = json_of("el2sim run configs/experiment/overcommit.ini --el2sim.include=configs/machine/ampere-altra.ini --machine.vcpus=4 "
			    "--machine.pcpus=4 --run.duration=10ms --latency-bands"), *row;
	const json_t *rows = json_object_get(json_object_get(json_object_get(r, "tables"), "latency_bands"), "rows");
	struct str out = STR_INIT;
	struct err e = { .code = ERR_NONE };
	size_t i;

	ck_assert_uint_ge(json_array_size(rows), 3);
	json_array_foreach(rows, i, row) {
		if (strcmp(json_string_value(json_object_get(row, "latency")), "exit handling") != 0)
			continue;
		ck_assert_int_lt(json_integer_value(json_object_get(row, "p50_low")), json_integer_value(json_object_get(row, "p50")));
		ck_assert_int_lt(json_integer_value(json_object_get(row, "p50")), json_integer_value(json_object_get(row, "p50_high")));
	}
	json_decref(r);
	ck_assert_int_ne(run_command("el2sim run " REPLAY " --latency-bands", &out, &e), 0);
	ck_assert_ptr_nonnull(strstr(e.text, "want a machine in simulated time"));
	str_free(&out);
}
END_TEST

START_TEST(a_gate_says_whether_its_limit_is_inside_the_band)
{
	static const char price[] = "el2sim price linux-6.12-vhe linux-6.1-vhe --machine configs/machine/neoverse-n1.ini --fail-above ";
	char line[256];
	struct str out = STR_INIT;
	struct err e = { .code = ERR_NONE };

	(void)snprintf(line, sizeof(line), "%s1", price); /* an HVC is 11 % dearer, 5 to 18 */
	ck_assert_int_ne(run_command(line, &out, &e), 0);
	ck_assert(strstr(str_get(&out), "by the costs' deviations: the limit is below the band)") != NULL);
	str_reset(&out);
	(void)snprintf(line, sizeof(line), "%s10", price);
	ck_assert_int_ne(run_command(line, &out, &e), 0);
	ck_assert(strstr(str_get(&out), "by the costs' deviations: the limit is inside the band)") != NULL);
	str_reset(&out);
	ck_assert_int_ne(run_command("el2sim diff configs/experiment/linux-6.12-vhe-n1.ini configs/experiment/linux-6.12-nvhe-n1.ini --fail-above 1%",
				     &out, &e), 0);
	ck_assert(says(str_get(&out), "all cycles:", "outside the band"));
	str_free(&out);
}
END_TEST

START_TEST(a_verdict_says_when_a_difference_is_inside_the_band)
{
	struct str out = output_of("el2sim compare " REPLAY " --vary machine.name=a,b --vary cost.scale=1,1.1");

	ck_assert(says(str_get(&out), "name=a scale=1.1:", "dearer, outside the band")); /* one machine: the same of all costs cancels */
	ck_assert(says(str_get(&out), "name=b scale=1.1:", "two machines' costs): inside the band: not told apart"));
	ck_assert(!says(str_get(&out), "name=b scale=1:", "band")); /* no difference */
	str_free(&out);
	out = output_of("el2sim diff configs/experiment/linux-4.15-vhe-n1.ini " REPLAY);
	ck_assert(says(str_get(&out), "all cycles: linux-6.12-vhe-n1.ini has 0.88 times those of", "common costs): cheaper, outside the band"));
	str_free(&out);
	out = output_of("el2sim diff " REPLAY " " REPLAY);
	ck_assert(!says(str_get(&out), "all cycles:", "band"));
	str_free(&out);
}
END_TEST

/* The profiles that are shipped as fitted, and what their logs tell. */
START_TEST(a_shipped_fit_says_how_scale_and_cpi_go_together)
{
	static const char *const of[][2] = { { "ampere-altra", "altra" }, { "kunpeng-920", "kunpeng-920" }, { "phytium-s2500", "phytium-s2500" } };
	struct measured_table table;
	struct cal_logs logs;
	struct cal_obs o[BENCH_COUNT];
	struct config shipped, measured;
	struct cal_counts counts;
	struct cal_prior prior;
	struct cal_fit f;
	char path[512];
	size_t n = 0;
	struct err e = { .code = ERR_NONE };

	ck_assert_msg(measured_read(EL2SIM_SOURCE_DIR "/configs/measured/measurements.csv", &table, &e) == 0, "%s", e.text);
	ck_assert_msg(cal_logs_of(&table, &logs, &e) == 0, "%s", e.text);
	(void)snprintf(path, sizeof(path), EL2SIM_SOURCE_DIR "/configs/measured/%s.ini", of[_i][1]);
	ck_assert_msg(config_load_one(&measured, path, NULL, &e) == 0, "%s", e.text);
	ck_assert_int_eq(cal_counts_of(&measured.machine, &measured.sw, &measured.path_profile, &counts, &e), 0);
	for (unsigned b = 0; b < BENCH_COUNT; b++) { /* the mean of its logs */
		double sum = 0, spread = 0;
		unsigned k = 0;

		for (size_t i = 0; i < logs.n; i++) {
			if (strcmp(logs.log[i].config, of[_i][1]) == 0 && logs.log[i].ns[b] != 0) {
				sum += logs.log[i].ns[b];
				k++;
			}
		}
		for (size_t i = 0; i < logs.n; i++) {
			const double off = strcmp(logs.log[i].config, of[_i][1]) == 0 ? logs.log[i].ns[b] - sum / k : 0;

			spread += off * off;
		}
		if (k != 0 && cal_bench_row((enum cal_bench)b)->role == CAL_FIT)
			o[n++] = (struct cal_obs){ (enum cal_bench)b, sum / k * counts.ghz, k > 1 ? sqrt(spread / (k - 1)) / (sum / k) : 0, false };
	}
	ck_assert_uint_eq(n, 4);
	cal_prior_shipped(&prior);
	ck_assert_msg(cal_fit(&counts, o, n, &prior, &f, &e) == 0, "%s", e.text);
	(void)snprintf(path, sizeof(path), EL2SIM_SOURCE_DIR "/configs/machine/%s.ini", of[_i][0]);
	ck_assert_msg(config_load_one(&shipped, path, NULL, &e) == 0, "%s", e.text);
	ck_assert(fabs((double)shipped.cal.correlation_milli / 1000 - f.correlation) < 0.02);
	ck_assert(fabs((double)shipped.cal.sd_milli[PAR_scale] / 1e5 / f.sd[PAR_scale] - 1) < 0.05);
	ck_assert(fabs((double)shipped.cal.sd_milli[PAR_cpi] / 1e5 / f.sd[PAR_cpi] - 1) < 0.05);
	config_free(&shipped);
	config_free(&measured);
	cal_logs_free(&logs);
	measured_free(&table);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("band");
	TCase *t = tcase_create("band");

	tcase_add_loop_test(t, a_form_has_the_cycles_of_the_run_whole_and_in_parts, 0, 3);
	tcase_add_loop_test(t, a_band_covers_90_of_100_draws_of_the_costs, 0, 3);
	tcase_add_loop_test(t, what_is_common_cancels_between_two_configurations, 0, 3);
	tcase_add_test(t, a_scale_alone_cancels_from_a_ratio);
	tcase_add_test(t, more_of_one_cost_is_dearer_whatever_it_costs);
	tcase_add_test(t, a_figure_of_nothing_has_no_width);
	tcase_add_test(t, a_fitted_exit_is_known_better_than_its_parts);
	tcase_add_loop_test(t, every_format_says_both_ends_of_a_band, 0, REP_FORMAT_COUNT);
	tcase_add_test(t, a_report_that_is_read_has_its_bands);
	tcase_add_loop_test(t, every_figure_in_cycles_has_a_band_and_no_count_has, 0, (int)(sizeof(commands) / sizeof(commands[0])));
	tcase_add_test(t, a_price_says_what_its_sign_hangs_on);
	tcase_add_test(t, latencies_of_a_machine_are_shown_with_its_costs_at_both_ends);
	tcase_add_test(t, a_gate_says_whether_its_limit_is_inside_the_band);
	tcase_add_test(t, a_verdict_says_when_a_difference_is_inside_the_band);
	tcase_add_loop_test(t, a_shipped_fit_says_how_scale_and_cpi_go_together, 0, 3);
	suite_add_tcase(s, t);
	return suite_status(s);
}
