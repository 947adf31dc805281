/* SPDX-License-Identifier: Apache-2.0 */
/* Whole recorded runs: what the replay of their events counts, against what the recorder counted. */
#include <string.h>

#include "models/hyp/measured/verify_run.h"
#include "models/hyp/replay/replay.h"
#include "tests/suite.h"
#include "tests/ws_fixture.h"

/* The recordings of tests/data/runs, all on a CPU "max". */
static const struct run {
	const char *name, *model;
	uint64_t vcpu;
	uint64_t entries; /* kvm_entry between the markers, by the reference's own count (reads of ISR_EL1) */
} runs[] = {
	{ "6.12-vhe-mixed", "linux-6.12-vhe", 0, 2457 },
	{ "6.12-nvhe-mixed", "linux-6.12-nvhe", 0, 2459 },
	{ "6.1-vhe-linux", "linux-6.1-vhe", CND(VPMU) | CND(VSVE) | CND(VPAUTH), 5085 },
};

#define RUNS (int)(sizeof(runs) / sizeof(runs[0]))

static struct fixture_machine cpu;
static struct ws_prog *prog;
static struct outcome *replay;
static struct verify_run v;
static const struct run *run;

static void begin(int i)
{
	struct replay_options o = { .counting = true, .sgi = SGI_ANY, .from = "GT_BEGIN", .to = "GT_END" };
	struct err e = { ERR_NONE, "" };
	struct tr_reader *trace;
	char path[300];

	run = &runs[i];
	fixture_machine_from(&cpu, EL2SIM_SOURCE_DIR "/configs/machine/qemu-max.ini", NULL);
	prog = fixture_compile(ws_model_by_name(run->model), &cpu.m, run->vcpu);
	(void)snprintf(path, sizeof(path), EL2SIM_SOURCE_DIR "/tests/data/runs/%s.e2t", run->name);
	trace = tr_open(path, &e);
	ck_assert_msg(trace != NULL, "%s", e.text);
	(void)snprintf(path, sizeof(path), EL2SIM_SOURCE_DIR "/tests/data/runs/%s-run.csv.zst", run->name);
	replay = verify_run_replay(prog, trace, &o, path, &e);
	ck_assert_msg(replay != NULL, "%s", e.text);
	tr_close(trace);
	ck_assert_msg(outcome_check(replay, &e) == 0 && verify_run(&v, replay, path, &e) == 0, "%s", e.text);
}

static void end(void)
{
	verify_run_free(&v);
	replay_free(replay);
	ws_free(prog);
	opt_free(cpu.set);
}

START_TEST(counts_the_entries_that_the_recorder_counted)
{
	begin(_i);
	ck_assert_uint_eq(replay->n.entries, run->entries);
	ck_assert_uint_eq(replay->n.exits, run->entries);
	ck_assert_uint_eq(replay->trace.lost_entries + replay->trace.lost_exits, 0);
	ck_assert_uint_ge(v.tries, run->entries);
	end();
}
END_TEST

/* What the switch itself does, whatever else the machine did meanwhile: one per cent, on both sides. */
START_TEST(registers_of_the_switch_are_within_one_per_cent)
{
	static const char *const traps[] = { "hcr_el2", "vbar_el2", "vttbr_el2", "mdscr_el1", "elr_el2",
					     "spsr_el2", "esr_el2", "cntvoff_el2", "ich_vmcr_el2", "sp_el0" };
	unsigned n = 0;

	begin(_i);
	for (size_t i = 0; i < v.n; i++) {
		const struct run_item *it = &v.item[i];
		bool el1 = it->group == GRP_el1 && strcmp(it->it.name, "tcr_el1") != 0; /* nVHE: the host's own, too */
		bool want = el1;

		for (size_t k = 0; k < sizeof(traps) / sizeof(traps[0]); k++)
			want = want || strcmp(it->it.name, traps[k]) == 0;
		if (!want || !it->covered || it->it.ref < 100)
			continue;
		n++;
		ck_assert_msg(verify_run_residual(it) <= 10 && verify_run_residual(it) >= -10,
			      "%s %s: %llu recorded, %llu simulated, %llu not in the trace", ref_op_name(it->it.op),
			      it->it.name, (unsigned long long)it->it.ref, (unsigned long long)it->it.sim,
			      (unsigned long long)it->unseen);
	}
	ck_assert_uint_ge(n, 50);
	end();
}
END_TEST

/*
 * ICH_*: the trace does not always tell whom an SGI goes to, nor what is still live in a list register at the exit.
 * Three per cent; of the list registers behind the first, that much of the first.
 */
START_TEST(the_vgic_is_within_three_per_cent)
{
	int64_t lr0 = 0;

	begin(_i);
	for (size_t i = 0; i < v.n; i++) {
		if (strcmp(v.item[i].it.name, "ich_lr0_el2") == 0 && v.item[i].it.op == REF_OP_write)
			lr0 = (int64_t)v.item[i].it.ref;
	}
	ck_assert_int_gt(lr0, 900);
	for (size_t i = 0; i < v.n; i++) {
		const struct run_item *it = &v.item[i];
		bool lr = strncmp(it->it.name, "ich_lr", 6) == 0;
		int64_t of = lr ? lr0 : (int64_t)it->it.ref, left = (int64_t)(it->it.sim + it->unseen) - (int64_t)it->it.ref;

		if (it->group == GRP_vgic && it->it.ref >= 50 && !(lr && it->it.op == REF_OP_read))
			ck_assert_msg(left * 100 <= of * 3 && left * 100 >= of * -3, "%s: %lld of %lld left", it->it.name,
				      (long long)left, (long long)of);
	}
	end();
}
END_TEST

START_TEST(what_is_left_has_a_named_reason)
{
	begin(_i);
	for (size_t i = 0; i < v.n; i++) {
		const struct run_item *it = &v.item[i];
		int64_t left = verify_run_residual(it);

		if (it->it.ref >= 10 && it->covered && (left > 30 || left < -30))
			ck_assert_msg(*verify_run_why(it) != '\0', "%s %s: %lld/1000 left, and no reason", ref_op_name(it->it.op),
				      it->it.name, (long long)left);
	}
	end();
}
END_TEST

/* Simulated and unseen together are the reference, group by group: nothing is missing, and nothing counted twice. */
START_TEST(each_group_adds_up_to_the_reference)
{
	static const struct {
		enum sr_group group;
		unsigned low, high; /* thousandths of the reference */
	} bound[] = {
		{ GRP_common, 990, 1010 }, { GRP_user, 990, 1010 },   { GRP_el1, 990, 1010 },  { GRP_el2_return, 990, 1010 },
		{ GRP_traps, 990, 1010 },  { GRP_stage2, 990, 1010 }, { GRP_timer, 990, 1010 }, { GRP_fault, 990, 1010 },
		{ GRP_exit, 990, 1010 },   { GRP_pauth, 990, 1010 },  { GRP_pmu, 990, 1010 },  { GRP_sve, 990, 1010 },
		{ GRP_irqchip, 990, 1010 }, { GRP_vgic, 980, 1020 },  { GRP_fpsimd, 970, 1010 }, { GRP_host, 950, 1010 },
	};
	unsigned n = 0;

	begin(_i);
	for (size_t b = 0; b < sizeof(bound) / sizeof(bound[0]); b++) {
		uint64_t ref = 0, all = 0, sim = 0;

		for (size_t i = 0; i < v.n; i++) {
			if (v.item[i].group != bound[b].group || !v.item[i].covered)
				continue;
			ref += v.item[i].it.ref;
			sim += v.item[i].it.sim;
			all += v.item[i].it.sim + v.item[i].unseen;
		}
		if (ref < 100)
			continue;
		n++;
		ck_assert_msg(all * 1000 >= ref * bound[b].low && all * 1000 <= ref * bound[b].high, "%s, %s: %llu of %llu", run->name,
			      group_name(bound[b].group), (unsigned long long)all, (unsigned long long)ref);
		if (bound[b].group == GRP_sve || bound[b].group == GRP_pmu) /* by the replay itself, but for other threads' events */
			ck_assert_msg(sim * 100 >= ref * 97, "%s, %s: %llu of %llu simulated", run->name, group_name(bound[b].group),
				      (unsigned long long)sim, (unsigned long long)ref);
	}
	ck_assert_uint_ge(n, 13);
	end();
}
END_TEST

/* Barriers and exceptions have no group. What the replay guesses too often has a limit of its own. */
START_TEST(no_register_or_barrier_is_counted_twice)
{
	begin(_i);
	for (size_t i = 0; i < v.n; i++) {
		const struct run_item *it = &v.item[i];
		int64_t limit = strncmp(it->it.name, "ich_", 4) == 0 || strncmp(it->it.name, "cnt", 3) == 0 ? 50 : 10;

		if (it->covered && it->it.ref >= 50)
			ck_assert_msg(verify_run_residual(it) <= limit, "%s: %s %s: %llu recorded, %llu + %llu", run->name,
				      ref_op_name(it->it.op), it->it.name, (unsigned long long)it->it.ref,
				      (unsigned long long)it->it.sim, (unsigned long long)it->unseen);
	}
	end();
}
END_TEST

/* The unseen is read off the reference: it must stay an explanation of the rest, never of all. */
START_TEST(most_is_simulated_from_the_events_alone)
{
	uint64_t ref = 0, sim = 0;

	begin(_i);
	for (size_t i = 0; i < v.n; i++) {
		const struct run_item *it = &v.item[i];

		if (!it->covered || it->group == GRP_COUNT || it->group == GRP_pauth || it->group == GRP_host ||
		    it->group == GRP_ident)
			continue;
		ref += it->it.ref;
		sim += it->it.sim;
	}
	ck_assert_uint_ge(sim * 100, ref * 94);
	ck_assert_uint_le(sim * 100, ref * 101);
	end();
}
END_TEST

START_TEST(a_reference_that_is_none_is_refused)
{
	struct err e = { ERR_NONE, "" };
	struct verify_run w;

	begin(0);
	ck_assert_int_ne(verify_run(&w, replay, EL2SIM_SOURCE_DIR "/tests/data/runs/README.md", &e), 0);
	ck_assert_ptr_nonnull(strstr(e.text, "README.md"));
	ck_assert_int_ne(verify_run(&w, replay, EL2SIM_SOURCE_DIR "/tests/data/registers-nvhe.csv", &e), 0);
	end();
}
END_TEST

/* --cfg 2 of a run is the vCPU that the recordings of kinds call so. */
START_TEST(the_configuration_of_a_run_sets_the_features_of_its_vcpus)
{
	for (unsigned cfg = 0; cfg <= 2; cfg++) {
		struct switch_options o = { .model = "linux-6.12-vhe" };
		struct ws_config c;

		fixture_machine_from(&cpu, EL2SIM_SOURCE_DIR "/configs/machine/qemu-max.ini", NULL);
		switch_add_vcpu(&o, verify_cfg_features(cfg, &cpu.m));
		switch_config(&o, &cpu.m, &c);
		ck_assert_uint_eq(c.vcpu, cfg == 0 ? 0 : cfg == 1 ? CND(VPMU) : CND(VPMU) | CND(VSVE) | CND(VPAUTH));
		opt_free(cpu.set);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify_run");
	TCase *t = tcase_create("runs");

	tcase_add_loop_test(t, counts_the_entries_that_the_recorder_counted, 0, RUNS);
	tcase_add_loop_test(t, registers_of_the_switch_are_within_one_per_cent, 0, RUNS);
	tcase_add_loop_test(t, the_vgic_is_within_three_per_cent, 0, RUNS);
	tcase_add_loop_test(t, what_is_left_has_a_named_reason, 0, RUNS);
	tcase_add_loop_test(t, each_group_adds_up_to_the_reference, 0, RUNS);
	tcase_add_loop_test(t, no_register_or_barrier_is_counted_twice, 0, RUNS);
	tcase_add_loop_test(t, most_is_simulated_from_the_events_alone, 0, RUNS);
	tcase_add_test(t, a_reference_that_is_none_is_refused);
	tcase_add_test(t, the_configuration_of_a_run_sets_the_features_of_its_vcpus);
	suite_add_tcase(s, t);
	return suite_status(s);
}
