/* SPDX-License-Identifier: Apache-2.0 */
/* Classes of vCPUs, recorded times between exits, traces reduced to workloads and replicated. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "models/hyp/replay/recorded.h"
#include "sim/trace/cmd_trace.h"
#include "sim/app/job.h"
#include "tests/suite.h"

#define SAMPLE "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t"
#define HZ     UINT64_C(1000000000)

static const char head[] = "[el2sim]\ninclude = " EL2SIM_SOURCE_DIR
			   "/configs/machine/qemu-n1.ini\n[switch]\nmodel = linux-6.12-vhe\n";

struct sim {
	char path[80];
	struct job s;
	struct err e;
	int rc;
};

/* Simulate a configuration: the head above and this. */
static void simulate(struct sim *s, const char *more)
{
	FILE *f;

	memset(s, 0, sizeof(*s));
	(void)snprintf(s->path, sizeof(s->path), "/tmp/el2sim-workload-%ld.ini", (long)getpid());
	f = fopen(s->path, "w");
	ck_assert_ptr_nonnull(f);
	(void)fprintf(f, "%s%s", head, more);
	(void)fclose(f);
	s->rc = config_load(&s->s.config, s->path, NULL, &s->e);
	if (s->rc == 0)
		s->rc = job_run(&s->s, &(struct job_args){0}, &s->e);
}

static void simulate_well(struct sim *s, const char *more)
{
	simulate(s, more);
	ck_assert_msg(s->rc == 0, "%s", s->e.text);
}

static void end(struct sim *s)
{
	job_free(&s->s);
	(void)remove(s->path);
}

/* ---- classes ---- */

START_TEST(classes_get_their_numbers_then_shares_of_the_rest)
{
	struct sim s;
	unsigned n[3] = {0};

	simulate_well(&s, "[machine]\nvcpus = 20\npcpus = 4\n[run]\nduration = 5000\n"
			  "[class.a]\nhvc_unknown = 1\nvcpus = 5\n"
			  "[class.b]\nwfi = 1\nshare = 2\n[class.c]\nsysreg_id = 1\n");
	ck_assert_uint_eq(s.s.smp->n_cls, 3);
	for (unsigned i = 0; i < 20; i++) {
		const struct smp_vcpu *v = &s.s.smp->vcpu[i];

		n[v->cls]++;
		ck_assert(i == 0 || v->cls >= s.s.smp->vcpu[i - 1].cls);
	}
	ck_assert_uint_eq(n[0], 5);
	ck_assert_uint_eq(n[1], 10);
	ck_assert_uint_eq(n[2], 5);
	ck_assert_uint_gt(s.s.smp->out.kind[EXIT_hvc_unknown].count, 0);
	ck_assert_uint_gt(s.s.smp->out.kind[EXIT_sysreg_id].count, 0);
	end(&s);
}
END_TEST

START_TEST(the_unnamed_mix_is_a_class_beside_the_named_ones)
{
	struct sim s;

	simulate_well(&s,
		      "[machine]\nvcpus = 4\n[run]\nduration = 2000\n[workload]\ntitle = plain\n"
		      "[mix]\nhvc_unknown = 1\n[class.b]\nwfi = 1\nshare = 3\n");
	ck_assert_uint_eq(s.s.smp->n_cls, 2);
	ck_assert_uint_eq(s.s.smp->vcpu[0].cls, 0);
	ck_assert_uint_eq(s.s.smp->vcpu[1].cls, 1);
	ck_assert_str_eq(workload_name(&s.s.config.workload, s.s.smp->cls[0]->w), "plain");
	ck_assert_str_eq(workload_name(&s.s.config.workload, s.s.smp->cls[1]->w), "b");
	end(&s);
}
END_TEST

/* A class that is alone in a file is what the unnamed mix is. */
START_TEST(a_single_class_is_the_same_as_the_unnamed_mix)
{
	struct sim a, b;

	simulate_well(&a, "[machine]\nvcpus = 6\npcpus = 2\n[run]\nduration = 20000\n"
			  "[workload]\nexits_per_s = 7000\n[mix]\nhvc_unknown = 2\nwfi = 1\n");
	simulate_well(&b, "[machine]\nvcpus = 6\npcpus = 2\n[run]\nduration = 20000\n"
			  "[class.x]\nexits_per_s = 7000\nhvc_unknown = 2\nwfi = 1\n");
	ck_assert_int_eq(memcmp(&a.s.smp->out.n, &b.s.smp->out.n, sizeof(a.s.smp->out.n)), 0);
	ck_assert_int_eq(memcmp(&a.s.smp->out.total, &b.s.smp->out.total, sizeof(a.s.smp->out.total)), 0);
	end(&a);
	end(&b);
}
END_TEST

/* Two threads that always want to run, on one pCPU: time is shared out by weight. */
START_TEST(weights_share_a_pcpu_out)
{
	struct sim s;
	uint64_t ran[2];

	simulate_well(
		&s, "[machine]\nvcpus = 2\npcpus = 1\n[run]\nduration = 2000000\n"
		    "[host]\nsched = fair\ntick_hz = 1000\n"
		    "[class.heavy]\nhvc_unknown = 1\nexits_per_s = 100\nweight = 3072\nvcpus = 1\n"
		    "[class.light]\nhvc_unknown = 1\nexits_per_s = 100\nweight = 1024\n");
	for (unsigned i = 0; i < 2; i++)
		ran[i] = s.s.smp->vcpu[i].o->time[TIME_GUEST];
	ck_assert_uint_gt(ran[0] * 100, ran[1] * 290);
	ck_assert_uint_lt(ran[0] * 100, ran[1] * 310);
	end(&s);
}
END_TEST

static const struct {
	const char *text, *says;
} bad[] = {
	{"[class.]\nwfi = 1\n", "[class.]: want a name"},
	{"[class.a]\nwfii = 1\n", "did you mean \"wfi\""},
	{"[class.a]\nexits_per_s = 0\nwfi = 1\n", "[class.a] exits_per_s = 0: out of range"},
	{"[class.a]\nvcpus = 2\nwfi = 1\n", "have 2 vCPUs, [machine] vcpus = 1"},
	{"[class.a]\nshare = 0\nwfi = 1\n", "or a class with a share of the rest"},
	{"[class.a]\ntitle = nothing\n", "[class.a] is empty"},
	{"[class.a]\nwfi = 1\nweight = 0\n", "[class.a] weight = 0: out of range"},
	{"[workload]\nlaw = recorded\n[mix]\nwfi = 1\n", "no quantiles for wfi"},
	{"[workload]\nlaw = recorded\ngaps = 7\n[mix]\nwfi = 1\n", "want 2 to 257 whole numbers"},
	{"[workload]\nlaw = recorded\ngaps = 7 6\n[mix]\nwfi = 1\n", "at \"6\""},
	{"[workload]\nlaw = recorded\ngaps = 0 0\n[mix]\nwfi = 1\n", "the last above 0"},
	{"[workload]\nlaw = recorded\ngaps = 1 -2\n[mix]\nwfi = 1\n", "at \"-2\""},
	{"[workload]\nlaw = recorded\ngaps = 1 18446744073709551616\n[mix]\nwfi = 1\n",
	 "quantiles"},
	{"[workload]\nlaw = recorded\n[mix]\nwfi = 1\n[gaps]\nwfi = 1 x\n", "[gaps] wfi"},
	{"[class.a]\nlaw = recorded\ngaps = 7 6\nwfi = 1\n", "[class.a] gaps: quantiles"},
	{"[class.a]\ntitle = A\nlaw = recorded\ngaps_wfi = 7 6\nwfi = 1\n", "[class.a] gaps_wfi: quantiles"},
	{"[class.a]\ntitle = A\nlaw = recorded\nwfi = 1\n", "[class.a] law = recorded, but no quantiles for wfi"},
	{"[machine]\nvcpus = 3\n[workload]\nvcpus = 2\n[mix]\nwfi = 1\n",
	 "have 2 vCPUs, [machine] vcpus = 3: want as many"},
	{"[workload]\ntrace = /nonexistent.e2t\n", "/nonexistent.e2t"},
	{"[machine]\nvcpus = 2\n", "no trace"},
};

START_TEST(a_bad_workload_is_one_clear_line)
{
	struct sim s;

	simulate(&s, bad[_i].text);
	if (s.rc == 0 || strcmp(bad[_i].says, "no trace") == 0) {
		ck_assert(!job_has_clock(&s.s.config)); /* nothing to simulate: run replays */
	} else {
		ck_assert_msg(strstr(s.e.text, bad[_i].says) != NULL, "%s", s.e.text);
		ck_assert_ptr_null(strchr(s.e.text, '\n'));
	}
	end(&s);
}
END_TEST

/* ---- recorded times ---- */

START_TEST(times_follow_their_quantiles)
{
	struct workload w = {.law = LAW_RECORDED, .gaps = "100 200 1000 1000", .share = 1};
	struct err e = {ERR_NONE, ""};
	struct guest_class *c;
	struct guest g;
	unsigned third[3] = {0}, at_wfi = 0;

	w.mix[EXIT_hvc_unknown] = 1;
	w.mix[EXIT_wfi] = 1;
	w.kind_gaps[EXIT_wfi] = "7 7";
	c = guest_class_new(&w, NULL, &e);
	ck_assert_msg(c != NULL, "%s", e.text);
	guest_init(&g, c, 1, 0, HZ);
	for (unsigned i = 0; i < 30000; i++) {
		const uint64_t ns = guest_next(&g)->cycles;

		if (g.act.kind == EXIT_wfi) {
			ck_assert_uint_eq(ns, 7);
			at_wfi++;
			continue;
		}
		ck_assert_uint_ge(ns, 100);
		ck_assert_uint_le(ns, 1000);
		third[ns < 200 ? 0 : ns < 1000 ? 1 : 2]++;
	}
	ck_assert_uint_gt(at_wfi, 14500);
	ck_assert_uint_lt(at_wfi, 15500);
	for (unsigned i = 0; i < 3; i++) { /* a third of 15,000, 8 standard deviations */
		ck_assert_uint_gt(third[i], 4500);
		ck_assert_uint_lt(third[i], 5500);
	}
	guest_class_free(c);
}
END_TEST

/* ---- a trace as a workload ---- */

static struct recorded *sample(struct config *c, struct ws_prog **p)
{
	static const char *model[] = {"switch.model=linux-6.12-nvhe"};
	const struct arg_list list = {model, 1};
	struct err e = {ERR_NONE, ""};
	struct recorded *r;

	ck_assert_int_eq(config_load(c, NULL, &list, &e), 0);
	*p = config_compile(c, true, &e);
	ck_assert_msg(*p != NULL, "%s", e.text);
	r = recorded_read(*p, SAMPLE, &e);
	ck_assert_msg(r != NULL, "%s", e.text);
	return r;
}

START_TEST(a_recorded_trace_has_all_its_exits_and_residency)
{
	struct config c;
	struct ws_prog *p;
	struct recorded *r = sample(&c, &p);
	uint64_t ns = 0, n = 0;

	ck_assert_uint_eq(r->n_vcpu, 5);
	ck_assert_uint_eq(r->exits + r->interrupted, 2499); /* as trace stat says */
	for (size_t v = 0; v < r->n_vcpu; v++) {
		uint64_t own = 0;

		n += r->vcpu[v].n;
		ns += r->vcpu[v].guest_ns;
		for (size_t i = 0; i < r->vcpu[v].n; i++) {
			ck_assert(exit_is_workload((enum exit_kind)r->vcpu[v].exit[i].kind));
			own += r->vcpu[v].exit[i].guest_ns;
		}
		ck_assert_uint_le(own, r->vcpu[v].guest_ns);
	}
	ck_assert_uint_eq(n, r->exits);
	ck_assert_uint_eq(ns, 190379984); /* total time of trace stat */
	recorded_free(r);
	ws_free(p);
	config_free(&c);
}
END_TEST

/* Every vCPU goes through the exits of one recorded vCPU, in their order, with their times. */
START_TEST(a_replicated_trace_is_played_in_its_order_from_a_seeded_point)
{
	struct workload w = {.trace = SAMPLE, .share = 1};
	struct err e = {ERR_NONE, ""};
	struct config c;
	struct ws_prog *p;
	struct recorded *r = sample(&c, &p);
	struct guest_class *cls = guest_class_new(&w, p, &e);
	unsigned shifted = 0, faults = 0, located = 0;
	bool write;

	ck_assert_msg(cls != NULL, "%s", e.text);
	for (uint32_t v = 0; v < 20; v++) {
		const struct recorded_vcpu *of = &r->vcpu[v % r->n_vcpu];
		struct guest g;
		size_t at;

		guest_init(&g, cls, 3, v, HZ);
		at = g.recorded.at;
		shifted += at != 0;
		for (size_t i = 0; i < 2 * of->n; i++, at = (at + 1) % of->n) {
			const struct recorded_exit *x = &of->exit[at];
			const struct guest_act *a = guest_next(&g);

			ck_assert_uint_eq(a->cycles, x->guest_ns != 0 ? x->guest_ns : 1);
			ck_assert_int_eq((int)a->kind, (int)x->kind);
			ck_assert(x->user_ns == 0 || a->user_ns == x->user_ns);
			ck_assert_uint_eq(a->located, x->located);
			ck_assert_uint_eq(a->address, x->address);
			ck_assert_uint_eq(a->syndrome, x->syndrome);
			faults += exit_is_mmio(a->kind, &write);
			located += a->located && exit_is_mmio(a->kind, &write);
			ck_assert(a->syndrome >> 26 != 0);
		}
	}
	ck_assert_uint_gt(shifted, 10);
	ck_assert_uint_gt(faults, 0);
	ck_assert_uint_eq(located, faults); /* the trace tells where each access went */
	guest_class_free(cls);
	recorded_free(r);
	ws_free(p);
	config_free(&c);
}
END_TEST

START_TEST(a_trace_replicated_to_many_vcpus_runs)
{
	struct sim s;

	simulate_well(&s, "[machine]\nvcpus = 64\nvms = 4\npcpus = 8\n[run]\nduration = 100000\n"
			  "[workload]\ntrace = " EL2SIM_SOURCE_DIR "/" SAMPLE "\n");
	ck_assert_uint_gt(s.s.smp->out.kind[EXIT_hvc_psci_version].count, 100);
	ck_assert_uint_gt(s.s.smp->out.n.user_exits, 100);
	ck_assert_uint_gt(s.s.smp->out.n.blocks, 100);
	end(&s);
}
END_TEST

/* The simulated mix of own exits is the trace's, within 8 standard deviations of the draw. */
START_TEST(a_workload_fitted_to_a_trace_has_its_mix)
{
	char ini[80], more[200];
	char *argv[] = {(char *)"fit", (char *)SAMPLE, (char *)"-o", ini, NULL};
	struct err e = {ERR_NONE, ""};
	uint64_t of_trace[EXIT_COUNT] = {0}, simulated = 0;
	struct config c;
	struct ws_prog *p;
	struct recorded *r = sample(&c, &p);
	struct sim s;

	(void)snprintf(ini, sizeof(ini), "/tmp/el2sim-fit-%ld.ini", (long)getpid());
	ck_assert_msg(cmd_trace_fit(4, argv, &e) == 0, "%s", e.text);
	(void)snprintf(more, sizeof(more),
		       "[machine]\nvcpus = 5\npcpus = 5\n[run]\nduration = 4000000\n"
		       "[el2sim]\ninclude = %s\n",
		       ini);
	simulate_well(&s, more);
	for (size_t v = 0; v < r->n_vcpu; v++) {
		for (size_t i = 0; i < r->vcpu[v].n; i++)
			of_trace[r->vcpu[v].exit[i].kind]++;
	}
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (exit_is_workload((enum exit_kind)k) || k == EXIT_wfi_timer)
			simulated += s.s.smp->out.kind[k].count;
	}
	ck_assert_uint_gt(simulated, 5000);
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		uint64_t n = s.s.smp->out.kind[k].count +
			     (k == EXIT_wfi ? s.s.smp->out.kind[EXIT_wfi_timer].count : 0);
		double share = (double)of_trace[k] / (double)r->exits;
		double want = share * (double)simulated, off = (double)n - want;

		if (exit_is_workload((enum exit_kind)k) && k != EXIT_wfi_timer)
			ck_assert_msg(off * off <= 64 * want + 64,
				      "%s: %llu of %llu, want about %.0f",
				      exit_row((enum exit_kind)k)->name, (unsigned long long)n,
				      (unsigned long long)simulated, want);
	}
	end(&s);
	ck_assert_int_eq(remove(ini), 0);
	recorded_free(r);
	ws_free(p);
	config_free(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("workload");
	TCase *tc = tcase_create("workload");

	tcase_add_test(tc, classes_get_their_numbers_then_shares_of_the_rest);
	tcase_add_test(tc, the_unnamed_mix_is_a_class_beside_the_named_ones);
	tcase_add_test(tc, a_single_class_is_the_same_as_the_unnamed_mix);
	tcase_add_test(tc, weights_share_a_pcpu_out);
	tcase_add_loop_test(tc, a_bad_workload_is_one_clear_line, 0,
			    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tc, times_follow_their_quantiles);
	tcase_add_test(tc, a_recorded_trace_has_all_its_exits_and_residency);
	tcase_add_test(tc, a_replicated_trace_is_played_in_its_order_from_a_seeded_point);
	tcase_add_test(tc, a_trace_replicated_to_many_vcpus_runs);
	tcase_add_test(tc, a_workload_fitted_to_a_trace_has_its_mix);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
