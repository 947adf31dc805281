/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim run and compare of a workload, as a user sees them. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "sim/app/job.h"
#include "sim/base/str.h"
#include "tests/suite.h"

#define OVERCOMMIT "configs/experiment/overcommit.ini"

struct result {
	int status; /* of the function */
	struct err e;
	char *text;
	size_t len;
};

/* Run a configuration with overrides separated by blanks; the report as JSON. */
static struct result run(const char *file, const char *overrides)
{
	struct result o = {-1, {ERR_NONE, ""}, NULL, 0};
	char words[512], *rest = words, *word;
	const char *v[32];
	struct arg_list list = {v, 0};
	const struct job_args args = {0};
	struct job j = {.smp = NULL};

	(void)snprintf(words, sizeof(words), "%s", overrides);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (word[0] != '\0')
			v[list.n++] = word;
	}
	if (config_load(&j.config, file, &list, &o.e) == 0)
		o.status = job_run(&j, &args, &o.e);
	if (o.status == 0) {
		struct rep *r = job_report(&j);
		FILE *f = open_memstream(&o.text, &o.len);

		ck_assert_int_eq(rep_write(r, REP_JSON, f, &o.e), 0);
		(void)fclose(f);
		rep_free(r);
	}
	job_free(&j);
	return o;
}

static struct result run_well(const char *file, const char *overrides)
{
	struct result o = run(file, overrides);

	ck_assert_msg(o.status == 0, "%s %s: %s", file, overrides, o.e.text);
	return o;
}

START_TEST(every_shipped_workload_runs_on_two_models)
{
	static const char *const more[] = {
		"--switch.model=linux-6.12-nvhe --machine.vcpus=3 --machine.pcpus=2",
		"--switch.model=linux-4.15-nvhe --host.sched=rr"};
	DIR *d = opendir("configs/workload");
	struct dirent *f;
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while ((f = readdir(d)) != NULL) {
		size_t len = strlen(f->d_name);
		char path[300];

		if (len < 4 || strcmp(f->d_name + len - 4, ".ini") != 0)
			continue;
		(void)snprintf(path, sizeof(path), "configs/workload/%s", f->d_name);
		for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
			struct result o = run_well(path, more[i]);

			free(o.text);
		}
		n++;
	}
	(void)closedir(d);
	ck_assert_uint_eq(n, 10);
}
END_TEST

START_TEST(a_shipped_workload_names_the_source_of_each_value)
{
	DIR *d = opendir("configs/workload");
	struct dirent *f;

	ck_assert_ptr_nonnull(d);
	while ((f = readdir(d)) != NULL) {
		struct err e = {ERR_NONE, ""};
		size_t len = strlen(f->d_name);
		struct config c;
		char path[300];

		if (len < 4 || strcmp(f->d_name + len - 4, ".ini") != 0)
			continue;
		(void)snprintf(path, sizeof(path), "configs/workload/%s", f->d_name);
		ck_assert_msg(config_load(&c, path, NULL, &e) == 0, "%s", e.text);
		for (size_t i = 0; i < opt_count(c.set); i++) {
			struct opt_view v = opt_at(c.set, i);
			bool text =
				strcmp(v.row->key, "title") == 0 || strcmp(v.row->key, "law") == 0;

			ck_assert_msg(v.is_default || text || v.source[0] != '\0',
				      "%s: %s.%s has no source", path, v.row->section, v.row->key);
		}
		config_free(&c);
	}
	(void)closedir(d);
}
END_TEST

START_TEST(two_runs_are_the_same_bytes_and_counting_is_detailed)
{
	struct result a = run_well(OVERCOMMIT, "--run.duration=20000"),
		       b = run_well(OVERCOMMIT, "--run.duration=20000");
	struct result c = run_well(OVERCOMMIT, "--run.duration=20000 --run.counting=no");

	ck_assert_str_eq(a.text, b.text);
	ck_assert_str_eq(a.text, c.text);
	free(a.text);
	free(b.text);
	free(c.text);
}
END_TEST

START_TEST(another_seed_is_another_run)
{
	struct result a = run_well(OVERCOMMIT, "--run.duration=5000");
	struct result b = run_well(OVERCOMMIT, "--run.duration=5000 --run.seed=2");

	ck_assert_str_ne(a.text, b.text);
	free(a.text);
	free(b.text);
}
END_TEST

START_TEST(four_thousand_vcpus_complete)
{
	struct result o = run_well(OVERCOMMIT, "--machine.vcpus=4096 --run.duration=20000");

	ck_assert_ptr_nonnull(strstr(o.text, "\"vcpus\""));
	free(o.text);
}
END_TEST

static const struct {
	const char *overrides, *says;
	enum err_code code;
} bad[] = {
	{"--machine.vcpus=0", "[machine] vcpus = 0: out of range: want a whole number in 1..65536",
	 ERR_CONFIG},
	{"--machine.vcpus=65537", "65536", ERR_CONFIG},
	{"--machine.pcpus=0", "[machine] pcpus = 0", ERR_CONFIG},
	{"--workload.exits_per_s=0", "[workload] exits_per_s = 0", ERR_CONFIG},
	{"--machine.vms=65", "[machine] vms = 65, but only 64 vCPUs", ERR_CONFIG},
	{"--run.duration=9000000000001", "in 1..9000000000000", ERR_CONFIG},
	{"--run.duration=9000000000000551616", "[run] duration", ERR_CONFIG},
	{"--run.trace=some.e2t", "both a trace and a workload", ERR_CONFIG},
	{"--mix.irq=1", "mix.irq", ERR_CONFIG},
	{"--host.sched=cfs", "want one of rr, pinned, fair", ERR_CONFIG},
};

START_TEST(bad_input_is_one_clear_line)
{
	struct result o = run(OVERCOMMIT, bad[_i].overrides);

	ck_assert_int_eq(o.status, -1);
	ck_assert_int_eq(o.e.code, bad[_i].code);
	ck_assert_msg(strstr(o.e.text, bad[_i].says) != NULL, "%s: %s", bad[_i].overrides,
		      o.e.text);
	ck_assert_ptr_null(strchr(o.e.text, '\n'));
	free(o.text);
}
END_TEST

/* Configurations of their own, as `el2sim compare` has them: no option is shared in memory. */
START_TEST(each_size_is_compared_with_its_own_baseline_and_the_crossover_is_told)
{
	static const char *const vary[][3] = {
		{"--policy.el1=eager", "--machine.vcpus=16", "--host.sched=pinned"},
		{"--policy.el1=eager", "--machine.vcpus=256", "--host.sched=pinned"},
		{"--policy.el1=deferred", "--machine.vcpus=16", "--host.sched=pinned"},
		{"--policy.el1=deferred", "--machine.vcpus=256", "--host.sched=pinned"},
		{"--policy.el1=deferred", "--machine.vcpus=256", "--host.pin=0-7"}};
	static const char *const title[] = {"E16", "E256", "D16", "D256", "other"};
	const size_t n = sizeof(vary) / sizeof(vary[0]);
	struct rep *r = rep_new("compare-workloads", "");
	struct run_result x[5];
	struct job j[5] = {{.smp = NULL}};
	const struct job_args args = {0};
	char *text = NULL, *line;
	size_t len = 0;
	struct err e = {ERR_NONE, ""};
	FILE *f = open_memstream(&text, &len);

	for (size_t i = 0; i < n; i++) {
		const char *v[4] = {vary[i][0], vary[i][1], vary[i][2], "--run.duration=20000"};
		struct arg_list list = {v, 4};

		ck_assert_msg(config_load(&j[i].config, OVERCOMMIT, &list, &e) == 0, "%s", e.text);
		ck_assert_msg(job_run(&j[i], &args, &e) == 0, "%s", e.text);
		x[i] = j[i].result;
		x[i].title = title[i];
	}
	compare_machines_report(x, n, 0, r);
	ck_assert_int_eq(rep_write(r, REP_TEXT, f, &e), 0);
	(void)fclose(f);
	ck_assert_ptr_nonnull(line = strstr(text, "=> D16 against E16: "));
	ck_assert_ptr_nonnull(strstr(line, " more per load and put, "));
	ck_assert_ptr_nonnull(strstr(line, " less per exit and entry: cheaper above "));
	ck_assert_ptr_nonnull(strstr(line, "=> D256 against E256: "));
	ck_assert_ptr_null(strstr(text, "=> E"));
	ck_assert_ptr_null(strstr(text, "=> other"));
	for (size_t i = 0; i < n; i++)
		job_free(&j[i]);
	rep_free(r);
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("simulate");
	TCase *tc = tcase_create("simulate");

	tcase_add_test(tc, every_shipped_workload_runs_on_two_models);
	tcase_add_test(tc, a_shipped_workload_names_the_source_of_each_value);
	tcase_add_test(tc, two_runs_are_the_same_bytes_and_counting_is_detailed);
	tcase_add_test(tc, another_seed_is_another_run);
	tcase_add_test(tc, four_thousand_vcpus_complete);
	tcase_add_test(tc, each_size_is_compared_with_its_own_baseline_and_the_crossover_is_told);
	tcase_add_loop_test(tc, bad_input_is_one_clear_line, 0,
			    (int)(sizeof(bad) / sizeof(bad[0])));
	suite_add_tcase(s, tc);
	return suite_status(s);
}
