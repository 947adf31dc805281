/* SPDX-License-Identifier: Apache-2.0 */
/* Advice: every policy of every group and register, what it saves as a run says, sound as the judges say; a budget; the policy to blame. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "models/hyp/ws/ws_policy.h"
#include "sim/advise/advise.h"
#include "tests/command.h"
#include "tests/suite.h"

#define VHE "configs/experiment/linux-6.12-vhe-n1.ini"

struct bench {
	struct config c;
	struct arg_list overrides;
	const char *set[4];
	struct pool *pool;
	struct advisor a;
};

/* The configuration with up to two overrides, run. */
static void begin(struct bench *b, const char *set0, const char *set1)
{
	struct err e;

	memset(b, 0, sizeof(*b));
	b->overrides.v = b->set;
	if (set0 != NULL)
		b->set[b->overrides.n++] = set0;
	if (set1 != NULL)
		b->set[b->overrides.n++] = set1;
	ck_assert_int_eq(config_load_one(&b->c, VHE, &b->overrides, &e), 0);
	b->pool = pool_new(1);
	ck_assert_msg(advisor_begin(&b->a, &b->c, &b->overrides, NULL, 4, b->pool, &e) == 0, "%s", e.text);
}

static void end(struct bench *b)
{
	advisor_free(&b->a);
	pool_free(b->pool);
	config_free(&b->c);
}

static const char *const models[] = { "linux-6.12-vhe", "linux-6.12-nvhe", "linux-4.15-vhe", "linux-4.15-nvhe" };
#define N_MODELS ((int)(sizeof(models) / sizeof(models[0])))

/* Of every group: what advice says of a policy is what a run with that policy says, and lint's word is its word. */
START_TEST(a_policy_costs_what_a_run_with_it_costs)
{
	char model[60], set[60];
	struct variant *v;
	struct bench b;
	struct err e;
	size_t n, runs = 0;

	(void)snprintf(model, sizeof(model), "--switch.model=%s", models[_i]);
	begin(&b, model, NULL);
	v = variants_of_all(&b.a, true, &n);
	ck_assert_int_eq(variants_run(&b.a, v, n, &e), 0);
	for (size_t i = 0; i < n; i++) {
		const struct job_args o = { .force = true };
		struct arg_list all = { (const char *[]){ model, set }, 2 };
		struct job j = { 0 };
		struct ws_prog *refused;

		(void)snprintf(set, sizeof(set), "--policy.%s=%s", change_key(&v[i].change[0]), ws_policy_names[v[i].change[0].policy]);
		ck_assert_int_eq(config_load_one(&j.config, VHE, &all, &e), 0);
		if (v[i].prog == NULL) {
			ck_assert_int_eq(job_run(&j, &o, &e), -1);
			ck_assert_str_eq(e.text, v[i].no);
			job_free(&j);
			continue;
		}
		refused = config_compile(&j.config, false, &e);
		if (refused == NULL) /* lint */
			ck_assert_msg(v[i].fault != NULL, "%s: %s", set, e.text);
		ws_free(refused);
		ck_assert_msg(job_run(&j, &o, &e) == 0, "%s: %s", set, e.text);
		ck_assert_uint_eq(v[i].toll.exits, j.out->n.exits);
		ck_assert_msg(v[i].toll.accesses == outcome_accesses(&j.out->total) && v[i].toll.cycles == j.out->total.cycles &&
			      v[i].toll.milli == j.out->total.milli, "%s: another cost than that of a run", set);
		runs++;
		job_free(&j);
	}
	ck_assert_uint_ge(runs, 20);
	variants_free(v, n);
	end(&b);
}
END_TEST

/* Each pair of something that moves and a policy that it has not, once. */
/* The form that a band is made of has the cycles of the toll, and what is saved lies in its band. */
START_TEST(what_a_policy_saves_has_a_band)
{
	struct variant *v;
	struct bench b;
	struct err e;
	size_t n, apart = 0;

	begin(&b, NULL, NULL);
	v = variants_of_all(&b.a, true, &n);
	ck_assert_int_eq(variants_run(&b.a, v, n, &e), 0);
	ck_assert_double_eq_tol(band_cycles(&b.a.form), (double)toll_cycles(&b.a.now) / 1000, 0.001);
	for (size_t i = 0; i < n; i++) {
		const double saved = (double)(toll_cycles(&b.a.now) - toll_cycles(&v[i].toll)) / 1000;
		struct band_range r;

		if (v[i].prog == NULL || v[i].same)
			continue;
		ck_assert_double_eq_tol(band_cycles(&v[i].form), (double)toll_cycles(&v[i].toll) / 1000, 0.001);
		r = band_difference(&b.a.base.result.band, &v[i].form, &b.a.form);
		ck_assert_double_le(r.low, saved + 0.002);
		ck_assert_double_ge(r.high, saved - 0.002);
		apart += r.apart;
	}
	ck_assert_uint_gt(apart, 3);
	variants_free(v, n);
	end(&b);
}
END_TEST

START_TEST(the_report_draws_what_saves_most_and_says_how_sure_it_is)
{
	struct str out = STR_INIT;
	struct err e;

	ck_assert_int_eq(run_command("el2sim advise " VHE " --groups --format json", &out, &e), 0);
	ck_assert_ptr_nonnull(strstr(str_get(&out), "\"savings\""));
	ck_assert_ptr_nonnull(strstr(str_get(&out), "Cycles saved per exit"));
	ck_assert_ptr_nonnull(strstr(str_get(&out), "by the costs' deviations"));
	ck_assert_ptr_nonnull(strstr(str_get(&out), "\"bands\""));
	str_free(&out);
}
END_TEST

START_TEST(every_policy_of_everything_that_moves_is_tried_once)
{
	struct bench b;
	struct variant *v;
	size_t n, expected = 0, groups = 0;

	begin(&b, "--policy.debug=deferred", NULL);
	v = variants_of_all(&b.a, false, &n);
	for (size_t i = 0; i < n; i++) {
		const struct change *x = &v[i].change[0];

		ck_assert_uint_eq(v[i].n, 1);
		ck_assert_uint_ne(x->policy, x->reg != SR_NONE ? POL_MODEL : x->group == GRP_debug ? POL_DEFERRED : POL_MODEL);
		for (size_t k = 0; k < i; k++)
			ck_assert(memcmp(&v[k].change[0], x, sizeof(*x)) != 0);
		groups += x->reg == SR_NONE;
	}
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++) {
		const struct change x = { sysreg_row((enum sysreg)r)->group, (uint16_t)r, 0 };
		struct err e;
		struct ws_prog *p = program_without(&b.c, &e);
		bool moved = false;

		for (size_t i = 0; i < p->n; i++)
			moved = moved || change_touches(&x, &p->op[i]);
		expected += ws_policy_applies((enum sysreg)r) && moved ? POL_COUNT - 1 : 0;
		ws_free(p);
	}
	ck_assert_uint_eq(n - groups, expected);
	ck_assert_uint_ge(groups, 12 * (POL_COUNT - 1));
	variants_free(v, n);
	end(&b);
}
END_TEST

/* Met at exactly what the best costs; a thousandth of a cycle below it is not. */
START_TEST(a_budget_is_met_exactly)
{
	struct bench b;
	struct variant *v, best, chosen;
	struct err e;
	bool enough;
	size_t n;
	int64_t least;

	begin(&b, "--policy.el1=eager", "--policy.user=eager");
	v = variants_of_all(&b.a, true, &n);
	ck_assert_int_eq(variants_run(&b.a, v, n, &e), 0);
	ck_assert_int_eq(choose_within(&b.a, v, n, 0, &best, &enough, &e), 0);
	ck_assert(!enough);
	least = toll_cycles(&best.toll);
	ck_assert_uint_ge(best.n, 2); /* both have to go */
	ck_assert_ptr_null(best.fault);
	ck_assert_int_eq(choose_within(&b.a, v, n, least, &chosen, &enough, &e), 0);
	ck_assert(enough);
	ck_assert_int_eq(toll_cycles(&chosen.toll), least);
	variant_free(&chosen);
	ck_assert_int_eq(choose_within(&b.a, v, n, least - 1, &chosen, &enough, &e), 0);
	ck_assert(!enough);
	variant_free(&chosen);
	ck_assert_int_eq(choose_within(&b.a, v, n, toll_cycles(&b.a.now), &chosen, &enough, &e), 0);
	ck_assert(enough && chosen.n == 0); /* it costs no more as it is */
	variant_free(&chosen);
	ck_assert_int_eq(choose_within(&b.a, v, n, toll_cycles(&b.a.now) - 1, &chosen, &enough, &e), 0);
	ck_assert(enough && chosen.n == 1);
	variant_free(&chosen);
	variant_free(&best);
	variants_free(v, n);
	end(&b);
}
END_TEST

/* What is advised is sound, in a run under the oracle, too; what is unsound has a story that ends in a violation. */
START_TEST(the_explorer_has_the_last_word)
{
	struct bench b;
	struct variant v;
	const struct change sound = { GRP_timer, SR_NONE, POL_DEFERRED }, unsound = { GRP_debug, SR_NONE, POL_DEFERRED };

	begin(&b, NULL, NULL);
	variant_init(&b.a, &v, &sound, 1);
	variant_explore(&b.a, &v);
	ck_assert(v.explored.done && v.explored.story == NULL && v.fault == NULL && v.same);
	ck_assert_uint_ge(v.explored.states, 100);
	variant_free(&v);
	variant_init(&b.a, &v, &unsound, 1);
	variant_explore(&b.a, &v);
	ck_assert_ptr_nonnull(v.fault);
	ck_assert_msg(strstr(v.explored.story, "load, enter (guest-debug)") != NULL, "%s", v.explored.story);
	variant_free(&v);
	end(&b);
}
END_TEST

static void write_policies(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fprintf(f, "[policy]\n%s", text), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static const struct {
	const char *policies, *says, *says_too;
} blamed[] = {
	{ "debug = deferred\n", "unsound by debug=deferred, by each of its registers: guest_kept: MDCCINT_EL1", "the shortest story: vCPU 0" },
	{ "el1 = eager\nMDSCR_EL1 = deferred\n", "unsound by MDSCR_EL1=deferred", "without what is unsound by itself: sound" },
	{ "el1 = eager\n", "sound, but dear", "el1=eager alone makes 100 % of that" },
	{ "el1 = eager\nuser = eager\n", "sound, but dear", "el1=eager alone makes" },
	{ "timer = deferred\n", "sound, and no dearer", "the program is the same" },
	{ "el1 = model\n", "nothing to bisect", "are those of" },
};

START_TEST(the_policy_to_blame_is_named)
{
	char *path = scratch("policies.ini"), line[300];
	struct str out = STR_INIT;
	struct err e;

	write_policies(path, blamed[_i].policies);
	(void)snprintf(line, sizeof(line), "el2sim advise " VHE " --bisect %s --wide", path);
	ck_assert_msg(run_command(line, &out, &e) == 0, "%s", e.text);
	ck_assert_msg(strstr(str_get(&out), blamed[_i].says) != NULL && strstr(str_get(&out), blamed[_i].says_too) != NULL, "%s: %s",
		      blamed[_i].policies, str_get(&out));
	(void)unlink(path);
	free(path);
	str_free(&out);
}
END_TEST

static const struct {
	const char *args;
	enum err_code code;
	const char *says; /* in the report, or in the error */
} runs[] = {
	{ VHE, ERR_NONE, "best sound change: " },
	{ VHE " --policy.el1=eager --groups", ERR_NONE, "best sound change: el1=" },
	{ VHE " --policy.debug=deferred --groups", ERR_NONE, "is unsound as it is: guest_kept: MDCCINT_EL1" },
	{ VHE " --policy.el1=eager --groups --budget 1100", ERR_NONE, "met by el1=" },
	{ VHE " --policy.el1=eager --groups --budget 1100.5cycles", ERR_NONE, "budget of 1100.5 modelled cycles per exit: met by" },
	{ VHE " --groups --budget 1us", ERR_NONE, "as it is" }, /* of a machine at 3 GHz */
	{ VHE " --groups --budget 1", ERR_ANSWER_NO, "cannot: the best that is sound is" },
	{ VHE " --groups --table no_change --all", ERR_NONE, "it is the same program" },
	{ VHE " --groups --format json", ERR_NONE, "\"el2sim.advise/" },
	{ VHE " --groups --budget 0x10", ERR_USAGE, "want cycles per exit" },
	{ VHE " --budget 5 --bisect x", ERR_USAGE, "two questions" },
	{ "configs/experiment/overcommit.ini --groups --stories 0 --run.duration=20ms", ERR_NONE, "dearest: " },
	{ "configs/machine/neoverse-n1.ini", ERR_CONFIG, "neither a trace nor a workload" },
};

START_TEST(it_answers_or_says_why_not)
{
	struct str out = STR_INIT, line = STR_INIT;
	struct err e;

	str_addf(&line, "el2sim advise %s%s", runs[_i].args, strstr(runs[_i].args, "--format") != NULL ? "" : " --wide");
	(void)run_command(str_get(&line), &out, &e);
	ck_assert_msg(e.code == runs[_i].code, "%s: %s", runs[_i].args, e.text);
	ck_assert_msg(strstr(e.code == ERR_NONE || e.code == ERR_ANSWER_NO ? str_get(&out) : e.text, runs[_i].says) != NULL, "%s: %s%s",
		      runs[_i].args, e.text, str_get(&out));
	str_free(&line);
	str_free(&out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("advise");
	TCase *t = tcase_create("advise");

	if (chdir(EL2SIM_SOURCE_DIR) != 0)
		return 1;
	tcase_add_loop_test(t, a_policy_costs_what_a_run_with_it_costs, 0, N_MODELS);
	tcase_add_test(t, what_a_policy_saves_has_a_band);
	tcase_add_test(t, the_report_draws_what_saves_most_and_says_how_sure_it_is);
	tcase_add_test(t, every_policy_of_everything_that_moves_is_tried_once);
	tcase_add_test(t, a_budget_is_met_exactly);
	tcase_add_test(t, the_explorer_has_the_last_word);
	tcase_add_loop_test(t, the_policy_to_blame_is_named, 0, (int)(sizeof(blamed) / sizeof(blamed[0])));
	tcase_add_loop_test(t, it_answers_or_says_why_not, 0, (int)(sizeof(runs) / sizeof(runs[0])));
	suite_add_tcase(s, t);
	return suite_status(s);
}
