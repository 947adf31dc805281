/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no event shows is accounted for once: runs whose reference is made of the replay's own counts, under the names of
 * the kernel's functions, leave nothing to the unseen; a run with FP traps of an SVE guest is simulated with them.
 */
#include <string.h>

#include "models/hyp/measured/verify_run.h"
#include "tests/suite.h"
#include "tests/traces_util.h"
#include "tests/ws_fixture.h"

#define RUNS_DIR EL2SIM_SOURCE_DIR "/tests/data/runs/"

/* Models that switch keys, FP and PMU of a guest by themselves, on a CPU "max" with every vCPU feature. */
static const char *const models[] = { "linux-6.12-vhe", "linux-6.12-nvhe", "linux-6.1-vhe", "linux-6.1-nvhe",
				      "linux-6.12-hvhe", "linux-6.12-protected", "linux-6.1-protected" };
#define MODELS (int)(sizeof(models) / sizeof(models[0]))

static struct fixture_machine cpu;
static struct ws_prog *prog;

static void compile(const char *model)
{
	fixture_machine_from(&cpu, EL2SIM_SOURCE_DIR "/configs/machine/qemu-max.ini", NULL);
	prog = fixture_compile(ws_model_by_name(model), &cpu.m, CND(VPMU) | CND(VSVE) | CND(VPAUTH));
}

static struct outcome *run(const struct replay_options *o, const char *reference)
{
	struct err e = { ERR_NONE, "" };
	struct tr_reader *trace = tr_open(RUNS_DIR "6.12-vhe-mixed.e2t", &e);
	struct outcome *r;

	ck_assert_msg(trace != NULL, "%s", e.text);
	r = reference != NULL ? verify_run_replay(prog, trace, o, reference, &e) : replay_run(prog, trace, o, &e);
	ck_assert_msg(r != NULL, "%s", e.text);
	tr_close(trace);
	return r;
}

static void done(struct outcome *r)
{
	replay_free(r);
	ws_free(prog);
	opt_free(cpu.set);
}

/* The kernel's function in which a recorder finds an op of the program. */
static const char *symbol(const struct ws_op *op)
{
	bool key = op->group == GRP_pauth && op->side == SIDE_GUEST;

	if (op->phase == PHASE_LAZY && strcmp(op->step->function, "kvm_hyp_handle_fpsimd") == 0)
		return "kvm_hyp_handle_fpsimd";
	if (key)
		return op->opcode == OP_MSR ? "__guest_enter" : "__guest_exit";
	if (strncmp(op->step->function, "fpsimd_lazy_switch_", 19) == 0)
		return prog->config.model->mode == MODE_VHE ? "__kvm_vcpu_run_vhe" : "handle___kvm_vcpu_run";
	if (op->reg == SR_PMCR_EL0)
		return "armv8pmu_stop";
	return "model";
}

/* A reference that has exactly what the replay ran; returns its path. */
static char *reference_of(const struct outcome *r)
{
	char *path = scratch("run.csv"), name[VERIFY_NAME_MAX];
	FILE *f = fopen(path, "w");
	enum ref_op kind;

	ck_assert_ptr_nonnull(f);
	fprintf(f, "register,effective_register,opcode,op,el,region,function,count\n");
	for (size_t i = 0; i < prog->n; i++)
		if (verify_key(&prog->op[i], &kind, name) && r->exec[i] != 0 && !prog->op[i].per_lr)
			fprintf(f, "%s,%s,0,%s,2,host,%s#%zu,%llu\n", name, name, ref_op_name(kind), symbol(&prog->op[i]), i,
				(unsigned long long)r->exec[i]);
	ck_assert_int_eq(fclose(f), 0);
	return path;
}

/* Rows of one function and register are one row of a recording. */
static char *folded(const char *path)
{
	struct row {
		char head[160];
		unsigned long long n;
	} *row = xcalloc(4096, sizeof(*row));
	char *out = scratch("folded.csv"), line[300];
	FILE *in = fopen(path, "r"), *f = fopen(out, "w");
	size_t n = 0;

	ck_assert(in != NULL && f != NULL);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), in));
	fputs(line, f);
	while (fgets(line, sizeof(line), in) != NULL) {
		char *hash = strchr(line, '#');
		size_t k = 0;

		*hash = '\0';
		while (k < n && strcmp(row[k].head, line) != 0)
			k++;
		ck_assert_uint_lt(k, 4096);
		if (k == n)
			(void)snprintf(row[n++].head, sizeof(row[0].head), "%s", line);
		row[k].n += strtoull(strchr(hash + 1, ',') + 1, NULL, 10);
	}
	for (size_t k = 0; k < n; k++)
		fprintf(f, "%s,%llu\n", row[k].head, row[k].n);
	(void)fclose(in);
	ck_assert_int_eq(fclose(f), 0);
	free(row);
	return out;
}

/* Whatever the replay runs at entries, exits, loads and traps is not added again. */
START_TEST(what_the_replay_runs_is_not_unseen)
{
	const struct replay_options o = { .counting = true, .sgi = SGI_ANY, .from = "GT_BEGIN", .to = "GT_END",
					  .fp = FP_EACH_LOAD };
	static const enum unseen own[] = { UNSEEN_fp_trap, UNSEEN_fp_put, UNSEEN_sve_exit, UNSEEN_sve_enter,
					   UNSEEN_ptrauth_exit, UNSEEN_ptrauth_enter, UNSEEN_perf_sched };
	struct err e = { ERR_NONE, "" };
	struct verify_run v;
	struct outcome *r;
	char *raw, *path;

	compile(models[_i]);
	r = run(&o, NULL);
	raw = reference_of(r);
	path = folded(raw);
	ck_assert_msg(verify_run(&v, r, path, &e) == 0, "%s", e.text);
	ck_assert_uint_gt(r->n.fp_traps, 100);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		ck_assert_msg(v.times[own[i]] == 0, "%s: %llu times %s", models[_i], (unsigned long long)v.times[own[i]],
			      unseen_reason(own[i]));
	for (size_t i = 0; i < v.n; i++) {
		const struct run_item *it = &v.item[i];

		if (it->group == GRP_pauth || it->group == GRP_sve || it->group == GRP_pmu || it->group == GRP_fpsimd)
			ck_assert_msg(it->unseen == 0 && it->it.sim == it->it.ref, "%s: %s %s: %llu of %llu, %llu unseen", models[_i],
				      ref_op_name(it->it.op), it->it.name, (unsigned long long)it->it.sim,
				      (unsigned long long)it->it.ref, (unsigned long long)it->unseen);
	}
	verify_run_free(&v);
	(void)remove(raw);
	(void)remove(path);
	free(raw);
	free(path);
	done(r);
}
END_TEST

/* A recording whose guest uses FP at some loads: the traps are placed, and what they cost is simulated. */
START_TEST(fp_registers_of_the_guest_are_simulated)
{
	struct replay_options o = { .counting = true, .sgi = SGI_ANY, .from = "GT_BEGIN", .to = "GT_END" };
	struct replay_loads loads = { 0 };
	struct err e = { ERR_NONE, "" };
	struct verify_run v;
	struct outcome *r;
	char *raw, *path;
	uint64_t traps;

	compile(models[_i]);
	o.loads = &loads;
	replay_free(run(&o, NULL));
	ck_assert_uint_gt(loads.n, 100);
	loads.trap = xcalloc(loads.n, 1);
	for (size_t i = 0; i < loads.n; i += 3)
		loads.trap[i] = 1;
	r = run(&o, NULL);
	traps = r->n.fp_traps;
	ck_assert_uint_gt(traps, 50);
	raw = reference_of(r);
	path = folded(raw);
	replay_free(r);
	o.loads = NULL;
	r = run(&o, path);
	ck_assert_msg(verify_run(&v, r, path, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(r->n.fp_traps, traps);
	for (size_t i = 0; i < v.n; i++) {
		const struct run_item *it = &v.item[i];

		if (it->group != GRP_sve && it->group != GRP_pauth)
			continue;
		ck_assert_msg((it->it.sim != 0) == (it->it.ref != 0) && verify_run_residual(it) <= 10 && verify_run_residual(it) >= -10,
			      "%s: %s %s: %llu + %llu of %llu", models[_i], ref_op_name(it->it.op), it->it.name,
			      (unsigned long long)it->it.sim, (unsigned long long)it->unseen, (unsigned long long)it->it.ref);
	}
	verify_run_free(&v);
	(void)remove(raw);
	(void)remove(path);
	free(raw);
	free(path);
	free(loads.trap);
	free(loads.entries);
	done(r);
}
END_TEST

START_TEST(placed_loads_are_as_many_as_the_traps_with_the_exits_asked_for)
{
	uint32_t entries[200];
	uint8_t trap[200];

	for (uint32_t i = 0; i < 200; i++)
		entries[i] = i % 7 == 0 ? 0 : i * i % 53 + 1;
	for (uint64_t traps = 1; traps < 150; traps += 7)
		for (uint64_t owned = traps; owned < 4000; owned += 211) {
			const struct verify_fp fp = { traps, owned };
			size_t n = verify_fp_place(&fp, entries, 200, trap), set = 0;
			uint64_t sum = 0;

			for (size_t i = 0; i < 200; i++) {
				ck_assert(trap[i] == 0 || entries[i] != 0);
				set += trap[i];
				sum += trap[i] != 0 ? entries[i] : 0;
			}
			ck_assert_uint_eq(n, set);
			ck_assert_uint_le(n, traps);
			ck_assert_uint_le(sum, owned);
		}
	ck_assert_uint_eq(verify_fp_place(&(struct verify_fp){ 40, 0 }, entries, 200, trap), 40);
	ck_assert_uint_eq(verify_fp_place(&(struct verify_fp){ 40, 0 }, entries, 0, trap), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify_unseen");
	TCase *t = tcase_create("runs");

	tcase_add_loop_test(t, what_the_replay_runs_is_not_unseen, 0, MODELS);
	tcase_add_loop_test(t, fp_registers_of_the_guest_are_simulated, 0, MODELS);
	tcase_add_test(t, placed_loads_are_as_many_as_the_traps_with_the_exits_asked_for);
	suite_add_tcase(s, t);
	return suite_status(s);
}
