/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle: clean where the switch is right, and each kind of violation by its name where it is not. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "models/hyp/check/inject.h"
#include "models/hyp/check/walk.h"
#include "models/hyp/replay/replay.h"
#include "models/hyp/ws/runner.h"
#include "models/hyp/check/ws_lint.h"
#include "sim/app/job.h"
#include "tests/suite.h"
#include "tests/ws_golden.h"

#ifdef __SANITIZE_ADDRESS__
#define LESS 3 /* shorter walks, every third program on the trace */
#else
#define LESS 1
#endif

static struct golden_set gs;

static void setup(void)
{
	golden_load(&gs);
}

static void teardown(void)
{
	golden_free(&gs);
}

static void print_all(const struct oracle *o, const char *title)
{
	size_t n;
	const struct oracle_violation *w = oracle_violations(o, &n);

	for (size_t i = 0; i < n && i < 12; i++)
		printf("%s: %s (%llu times)\n", title, w[i].text, (unsigned long long)w[i].count);
	(void)fflush(stdout);
}

START_TEST(every_shipped_model_is_clean_on_every_core)
{
	unsigned bad = 0;

	for (size_t i = 0; i < gs.n; i++) {
		struct ws_prog *p = golden_compile(&gs.c[i], SIZE_MAX);
		struct oracle *o = oracle_walk(p, 2000 / LESS, 4711 + i);
		char title[96];

		(void)snprintf(title, sizeof(title), "%s on %s", gs.c[i].model->name, gs.c[i].core);
		print_all(o, title);
		ck_assert_uint_eq(oracle_stats(o)->unknown, 0);
		ck_assert_uint_gt(oracle_stats(o)->entries, 500 / LESS);
		bad += oracle_violation_count(o) != 0;
		oracle_free(o);
		ws_free(p);
	}
	ck_assert_uint_eq(bad, 0);
}
END_TEST

START_TEST(the_shipped_trace_is_clean_under_every_model)
{
	static const char path[] = EL2SIM_SOURCE_DIR "/traces/samples/linux-6.12-vhe-mixed-4v2p.e2t";

	for (size_t i = 0; i < gs.n; i += LESS) {
		struct err e = { ERR_NONE, "" };
		struct ws_prog *p = golden_compile(&gs.c[i], SIZE_MAX);
		struct oracle *o = oracle_new(p, 0, 0);
		struct replay_options opt = { .counting = true, .fp = FP_EACH_LOAD, .from = "", .to = "", .watch = { oracle_watch(o) } };
		struct tr_reader *trace = tr_open(path, &e);
		struct outcome *r = replay_run(p, trace, &opt, &e);

		ck_assert_msg(r != NULL, "%s", e.text);
		print_all(o, gs.c[i].model->name);
		ck_assert_uint_eq(oracle_violation_count(o), 0);
		ck_assert_uint_eq(oracle_stats(o)->unknown, 0);
		ck_assert_uint_eq(oracle_stats(o)->entries, r->n.entries);
		ck_assert_uint_gt(oracle_stats(o)->accesses, 1000);
		replay_free(r);
		tr_close(trace);
		oracle_free(o);
		ws_free(p);
	}
}
END_TEST

START_TEST(shipped_workloads_are_clean)
{
	static const char *const files[] = { "workload/boot", "workload/hackbench", "workload/idle", "workload/ipi-storm",
					     "workload/netperf-rr", "workload/timer-storm", "experiment/overcommit" };

	for (size_t i = 0; i < 2 * sizeof(files) / sizeof(files[0]); i++) {
		static const char *const models[] = { "--switch.model=linux-6.12-nvhe", "--switch.model=linux-6.12-vhe" };
		const char *assign[] = { models[i % 2] + 2, "machine.pcpus=2", "machine.vcpus=6",
					 i % 2 != 0 ? "machine.features=vhe, gicv3, pmuv3" : "run.seed=2" };
		struct arg_list list = { assign, 4 };
		struct job j = { 0 };
		const struct job_args args = { .check = true };
		struct err e = { ERR_NONE, "" };
		char path[96];

		(void)snprintf(path, sizeof(path), "configs/%s.ini", files[i / 2]);
		ck_assert_msg(config_load(&j.config, path, &list, &e) == 0, "%s", e.text);
		ck_assert_msg(job_run(&j, &args, &e) == 0, "%s: %s", path, e.text);
		print_all(j.oracle, path);
		ck_assert_uint_gt(oracle_stats(j.oracle)->entries, 0);
		ck_assert_uint_eq(oracle_stats(j.oracle)->unknown, 0);
		ck_assert_uint_eq(oracle_violation_count(j.oracle), 0);
		job_free(&j);
	}
}
END_TEST

/* ---- lint and oracle ---- */

struct agreement {
	unsigned clean, caught, silent, loud;
};

static void compare_with_lint(const struct ws_config *wc, const char *title, struct agreement *a)
{
	struct ws_findings f = WS_FINDINGS_INIT;
	struct err e = { ERR_NONE, "" };
	struct ws_prog *p = ws_compile(wc, &e);
	struct oracle *o;
	bool found;

	if (p == NULL)
		return; /* no meaning for this group */
	(void)ws_lint(p, &f);
	o = oracle_walk(p, 300 / LESS, 271828);
	found = oracle_violation_count(o) != 0;
	if (f.n == 0 && found) {
		a->loud++;
		print_all(o, title);
	} else if (f.n != 0 && !found) {
		a->silent++;
		printf("%s: lint only: %s\n", title, f.v[0].text);
	}
	a->clean += f.n == 0 && !found;
	a->caught += f.n != 0 && found;
	oracle_free(o);
	ws_findings_free(&f);
	ws_free(p);
}

START_TEST(lint_and_the_oracle_agree_about_every_policy_of_every_group)
{
	struct agreement a = { 0, 0, 0, 0 };
	char title[128];

	for (size_t i = 0; i < gs.n; i++) {
		struct ws_config wc;

		for (unsigned g = 0; g < GRP_COUNT; g++) {
			for (unsigned pol = POL_MODEL + 1; pol < POL_COUNT; pol++) {
				ws_config_init(&wc);
				wc.model = gs.c[i].model;
				wc.machine = gs.c[i].m;
				wc.vcpu = gs.c[i].vcpu;
				wc.group_policy[g] = (uint8_t)pol;
				(void)snprintf(title, sizeof(title), "%s on %s, %s %s", wc.model->name, gs.c[i].core,
					       group_name((enum sr_group)g), ws_policy_names[pol]);
				compare_with_lint(&wc, title, &a);
			}
		}
	}
	printf("policies: clean for both %u, refused by lint and caught by the oracle %u\n", a.clean, a.caught);
	(void)fflush(stdout);
	ck_assert_uint_eq(a.loud, 0);
	ck_assert_uint_eq(a.silent, 0);
	ck_assert_uint_gt(a.clean, 100);
	ck_assert_uint_gt(a.caught, 100);
}
END_TEST

/* ---- each violation by its name ---- */

static const struct golden_case *core(const char *model, const char *name)
{
	for (size_t i = 0; i < gs.n; i++) {
		if (strcmp(gs.c[i].model->name, model) == 0 && strcmp(gs.c[i].core, name) == 0)
			return &gs.c[i];
	}
	ck_abort_msg("no %s on %s", model, name);
}

static struct ws_prog *injected(const struct golden_case *c, struct ws_inject *x, const char *spec)
{
	struct err e = { ERR_NONE, "" };
	struct ws_config wc;
	struct ws_prog *p;

	ck_assert_msg(ws_inject_parse(spec, x, &e) == 0, "%s", e.text);
	ws_config_init(&wc);
	wc.model = c->model;
	wc.machine = c->m;
	wc.vcpu = c->vcpu;
	p = ws_compile(&wc, &e);
	ck_assert_msg(p != NULL && ws_inject_apply(p, x, 1, &e) == 0, "%s", e.text);
	return p;
}

#define VHE  "linux-6.12-vhe"
#define NVHE "linux-6.12-nvhe"

/* model, injection, rule, register or BARRIER row, words of the sentence */
static const struct {
	const char *model, *inject;
	enum oracle_rule rule;
	const char *reg, *words;
} wrongs[] = {
	{ VHE, "bypass-accessor:SCTLR_EL1", VIOLATION_stale_read, "SCTLR_EL1",
	  "vcpu_data_guest_to_host: reads the copy in memory, which is an older value of its own" },
	{ VHE, "bypass-accessor:TTBR0_EL1", VIOLATION_lost_write, "TTBR0_EL1", "access_vm_reg: writes the copy in memory" },
	{ VHE, "drop:SCTLR_EL1@put", VIOLATION_lost_write, "SCTLR_EL1", "put: what the guest wrote is not saved" },
	{ NVHE, "drop:SCTLR_EL1@exit/guest", VIOLATION_lost_write, "SCTLR_EL1", "latest value is overwritten and was not saved" },
	{ VHE, "drop:el1@load/guest", VIOLATION_leaked_value, "TCR_EL1", "enter: the guest runs with the host's value" },
	{ VHE, "drop:TPIDR_EL0@put/host", VIOLATION_leaked_value, "TPIDR_EL0", "the host goes on after vcpu_put and finds vCPU" },
	{ VHE, "drop:fpsimd@load", VIOLATION_leaked_value, "V0-V31", "the thread's own FP state is due in the CPU" },
	{ VHE, "drop:V0-V31@lazy/guest", VIOLATION_leaked_value, "V0-V31", "lazy: the guest runs with the value of vCPU thread" },
	{ VHE, "drop:MDSCR_EL1@exit/host", VIOLATION_host_clobbered, "MDSCR_EL1", "exit: the host runs and finds vCPU" },
	{ NVHE, "drop:TTBR1_EL1@exit/host", VIOLATION_host_clobbered, "TTBR1_EL1", "the host runs and finds vCPU" },
	{ VHE, "drop:HCR_EL2@enter", VIOLATION_trap_not_set, "HCR_EL2", "enter: the guest runs with a constant of the host" },
	{ VHE, "drop:CPTR_EL2@lazy", VIOLATION_trap_not_set, "CPTR_EL2", "lazy: the guest runs with an older control of its own" },
	{ VHE, "drop:CPTR_EL2@exit", VIOLATION_trap_kept, "CPTR_EL2", "the host runs and finds the guest's control" },
	{ VHE, "drop:MDCR_EL2@put", VIOLATION_trap_kept, "MDCR_EL2", "finds the guest's control" },
	{ VHE, "drop:HSTR_EL2@load", VIOLATION_trap_not_set, "HSTR_EL2", "the guest runs with the host's value" },
	{ VHE, "drop-isb:@exit", VIOLATION_no_barrier, "host_traps", "its controls need an ISB" },
	{ VHE, "late-isb:timer_restore_state@load", VIOLATION_no_barrier, "cval_first", "in timer_restore_state" },
	{ VHE, "drop-isb:@load", VIOLATION_no_barrier, "cntvoff_first", "in timer_restore_state" },
	{ VHE, "drop-isb:kvm_hyp_handle_fpsimd", VIOLATION_no_barrier, "fp_untrapped", "__fpsimd_restore_state" },
	{ VHE, "drop:isb@handle", VIOLATION_no_barrier, "vmid_in_force", "in __kvm_tlb_flush_vmid_ipa_nsh" },
	{ NVHE, "drop:dsb_nsh@enter", VIOLATION_no_barrier, "walks_enter", "walks must end" },
	{ VHE, "swap:CNTV_CVAL_EL0,CNTV_CTL_EL0@load", VIOLATION_no_barrier, "cval_before_ctl", "the timer is on" },
	{ VHE, "move:SPSR_EL2,ELR_EL2@exit/guest", VIOLATION_stale_read, "SPSR_EL2", "in fixup_guest_exit: reads the copy in memory" },
	{ VHE, "blame:host_debug", VIOLATION_no_barrier, "host_debug", "debug exceptions are unmasked" },
	{ VHE, "constant:PMUSERENR_EL0", VIOLATION_host_clobbered, "PMUSERENR_EL0", "finds a constant of the host" },
	{ VHE, "host-write:PMUSERENR_EL0", VIOLATION_trap_not_set, "PMUSERENR_EL0", "the guest runs with the host's value" },
	{ VHE, "skip-put:every", VIOLATION_lost_write, "SP_EL1", "put: what the guest wrote is not saved" },
	{ VHE, "skip-put:3", VIOLATION_lost_write, "SP_EL1", "put: what the guest wrote is not saved" },
};

static const struct oracle_violation *find(const struct oracle *o, enum oracle_rule rule, const char *reg, const char *words)
{
	size_t n;
	const struct oracle_violation *w = oracle_violations(o, &n);

	for (size_t i = 0; i < n; i++) {
		if (w[i].rule == rule && strcmp(w[i].reg, reg) == 0 && (words == NULL || strstr(w[i].text, words) != NULL))
			return &w[i];
	}
	return NULL;
}

START_TEST(each_injection_is_found_and_called_by_its_name)
{
	const struct golden_case *c = core(wrongs[_i].model, "everything");
	struct ws_inject x;
	struct ws_prog *p = injected(c, &x, wrongs[_i].inject);
	struct oracle *o = oracle_walk(p, 400, 1234);
	const struct oracle_violation *w = find(o, wrongs[_i].rule, wrongs[_i].reg, wrongs[_i].words);

	if (w == NULL)
		print_all(o, wrongs[_i].inject);
	ck_assert_msg(w != NULL, "%s: want %s of %s: %s", wrongs[_i].inject, oracle_rule_words(wrongs[_i].rule), wrongs[_i].reg,
		      wrongs[_i].words);
	ck_assert_ptr_eq(strstr(w->text, oracle_rule_words(w->rule)), w->text);
	ck_assert_ptr_null(strchr(w->text, '\n'));
	ck_assert_uint_ge(w->count, 1);
	oracle_free(o);
	ws_free(p);
}
END_TEST

/* On one CPU: vCPU 0 is loaded and in the kernel, another thread asks for its registers. */
static void load_and_leave(struct oracle *o, const struct ws_prog *p, unsigned v, unsigned cpu)
{
	oracle_step(o, v, cpu, ws_phase_comp(p, PHASE_LOAD), 0, 0);
	oracle_step(o, v, cpu, ws_phase_comp(p, PHASE_ENTER), 0, 0);
	oracle_step(o, v, cpu, ws_phase_comp(p, PHASE_EXIT), CND(SYNC), 0);
}

START_TEST(another_vcpus_register_read_in_the_cpu_is_the_wrong_vcpus)
{
	struct ws_prog *p = golden_compile(core(VHE, "everything"), SIZE_MAX);
	struct oracle *o = oracle_new(p, 2, 2);
	struct handler_access a = { 1, 0, SR_SCTLR_EL1, VIA_ACCESSOR, false, "some_handler" };

	load_and_leave(o, p, 0, 0);
	load_and_leave(o, p, 1, 1);
	oracle_access(o, &a); /* vCPU 1 is loaded elsewhere: the accessor reads CPU 0 */
	ck_assert_ptr_nonnull(find(o, VIOLATION_wrong_vcpu, "SCTLR_EL1", "some_handler: reads the copy in the CPU, which is vCPU 0's"));
	oracle_free(o);
	ws_free(p);
}
END_TEST

START_TEST(an_accessor_that_does_not_ask_reaches_another_vcpus_value)
{
	struct ws_inject x;
	struct ws_prog *p = injected(core(VHE, "everything"), &x, "blind-accessor:VBAR_EL1");
	struct oracle *o = oracle_new(p, 2, 1);
	struct handler_access a = { 0, 0, SR_VBAR_EL1, VIA_ACCESSOR, false, "enter_exception64" };

	load_and_leave(o, p, 1, 0);
	oracle_step(o, 1, 0, ws_phase_comp(p, PHASE_PUT), 0, 0);
	oracle_access(o, &a); /* vCPU 0 is not loaded: its value is in memory */
	ck_assert_ptr_nonnull(find(o, VIOLATION_wrong_vcpu, "VBAR_EL1", "reads the copy in the CPU, which is vCPU 1's"));
	oracle_free(o);
	ws_free(p);
}
END_TEST

START_TEST(a_bug_of_the_modelled_kernel_is_counted_apart)
{
	struct ws_inject x;
	struct ws_prog *p = golden_compile(core(VHE, "everything"), SIZE_MAX);
	struct ws_prog *fixed = injected(core(VHE, "everything"), &x, "add-isb:debug@exit/host");
	struct oracle *o = oracle_walk(p, 400, 1234), *after = oracle_walk(fixed, 400, 1234);

	ck_assert_uint_eq(oracle_violation_count(o), 0);
	ck_assert_uint_gt(oracle_known(o, ORACLE_KNOWN_host_debug), 0);
	ck_assert_uint_eq(oracle_violation_count(after), 0);
	ck_assert_uint_eq(oracle_known(after, ORACLE_KNOWN_host_debug), 0);
	oracle_free(o);
	oracle_free(after);
	ws_free(p);
	ws_free(fixed);
}
END_TEST

START_TEST(mpidr_must_not_be_cached)
{
	struct ws_inject x;
	struct ws_prog *p = injected(core(VHE, "everything"), &x, "cache-accessor:VMPIDR_EL2");
	struct oracle *o = oracle_new(p, 2, 2);
	struct handler_access a = { 0, 0, SR_VMPIDR_EL2, VIA_ACCESSOR, false, "kvm_vcpu_get_mpidr_aff" };

	oracle_access(o, &a);
	ck_assert_uint_eq(oracle_violation_count(o), 0); /* not loaded: memory */
	load_and_leave(o, p, 0, 0);
	oracle_access(o, &a);
	ck_assert_ptr_nonnull(find(o, VIOLATION_must_not_cache, "VMPIDR_EL2", "kvm_vcpu_get_mpidr_aff"));
	oracle_free(o);
	ws_free(p);
}
END_TEST

START_TEST(what_user_space_writes_is_found_again_on_any_cpu)
{
	struct ws_prog *p = golden_compile(core(VHE, "everything"), SIZE_MAX);
	struct oracle *o = oracle_new(p, 1, 2);
	struct handler_access set = { 0, 0, SR_SCTLR_EL1, VIA_MEMORY, true, "kvm_sys_reg_set_user" };

	for (unsigned i = 0; i < 6; i++) {
		oracle_access(o, &set);
		load_and_leave(o, p, 0, i % 2);
		oracle_step(o, 0, i % 2, ws_phase_comp(p, PHASE_PUT), 0, 0);
	}
	ck_assert_uint_eq(oracle_violation_count(o), 0);
	load_and_leave(o, p, 0, 0);
	oracle_access(o, &set); /* while it is loaded, memory is not where the value lives */
	ck_assert_ptr_nonnull(find(o, VIOLATION_lost_write, "SCTLR_EL1", "kvm_sys_reg_set_user: writes the copy in memory"));
	oracle_free(o);
	ws_free(p);
}
END_TEST

/* ---- the state ---- */

START_TEST(a_state_is_restored_and_versions_do_not_make_another)
{
	struct ws_prog *p = golden_compile(core(VHE, "everything"), SIZE_MAX);
	struct oracle *o = oracle_new(p, 2, 2);
	size_t n = oracle_state_size(o), canon = oracle_canon_size(o);
	void *before = xmalloc(n), *after = xmalloc(n);
	uint8_t *a = xmalloc(canon), *b = xmalloc(canon);
	uint64_t hash;

	load_and_leave(o, p, 0, 0);
	oracle_state_save(o, before);
	oracle_canon(o, a);
	hash = oracle_hash(o);
	oracle_step(o, 0, 0, ws_phase_comp(p, PHASE_ENTER), 0, 0);
	ck_assert_uint_ne(oracle_hash(o), hash);
	oracle_step(o, 0, 0, ws_phase_comp(p, PHASE_EXIT), CND(SYNC), 0);
	oracle_canon(o, b);
	ck_assert_mem_eq(a, b, canon); /* newer versions, the same situation */
	ck_assert_uint_eq(oracle_hash(o), hash);
	oracle_step(o, 0, 0, ws_phase_comp(p, PHASE_PUT), 0, 0);
	ck_assert_uint_ne(oracle_hash(o), hash);
	oracle_state_restore(o, before);
	oracle_state_save(o, after);
	ck_assert_mem_eq(before, after, n);
	ck_assert_uint_eq(oracle_loaded(o, 0), 0);
	ck_assert_uint_eq(oracle_hash(o), hash);
	free(before);
	free(after);
	free(a);
	free(b);
	oracle_free(o);
	ws_free(p);
}
END_TEST

/* ---- injections ---- */

static const struct {
	const char *spec, *message;
} bad_specs[] = {
	{ "drap:x", "unknown injection \"drap\": did you mean \"drop\"?" },
	{ "drop", "want drop:WHAT[@PHASE[/SIDE]]" },
	{ "drop:SCTLR_EL9", "did you mean \"SCTLR_EL1\"?" },
	{ "drop:SCTLR_EL1@exti", "unknown phase \"exti\": did you mean \"exit\"?" },
	{ "drop:SCTLR_EL1@exit/gest", "unknown side \"gest\": did you mean \"guest\"?" },
	{ "swap:SCTLR_EL1@exit", "want swap:A,B@PHASE" },
	{ "bypass-accessor:el1", "want a system register" },
	{ "skip-put:0", "want skip-put:every, skip-put:N, N from 1, or skip-put:reset" },
	{ "flag:SYSREGS_ON_CPU", "want flag:NAME=not-set" },
	{ "flag:SYSREGS_ON_CPV=not-set", "did you mean \"SYSREGS_ON_CPU\"?" },
	{ "move:SPSR_EL2@exit", "want move:A,B@PHASE" },
	{ "add-isb:debug", "want add-isb:WHAT@PHASE" },
	{ "blame:host_debugs", "unknown known bug \"host_debugs\": did you mean \"host_debug\"?" },
	{ "keep-pc:x", "want keep-pc alone" },
	{ "host-write:debug", "want a system register" },
};

START_TEST(a_wrong_injection_is_refused_with_the_nearest_name)
{
	struct err e = { ERR_NONE, "" };
	struct ws_inject x;

	ck_assert_int_eq(ws_inject_parse(bad_specs[_i].spec, &x, &e), -1);
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_msg(strstr(e.text, bad_specs[_i].message) != NULL, "%s", e.text);
}
END_TEST

START_TEST(an_injection_that_changes_nothing_is_refused)
{
	static const char *const specs[] = { "move:ELR_EL2,SPSR_EL2@exit/guest", "add-isb:aarch32@lazy/host", "once:SCTLR_EL1@exit",
					     "constant:HSTR_EL2", "drop:SCTLR_EL1@exit", "swap:SCTLR_EL1,SCTLR_EL1@load", "drop-isb:__guest_enter@put",
					     "bypass-accessor:SP_EL1", "cache-accessor:FAR_EL1",
					     "flag:GUEST_HAS_SVE=not-cleared" };
	const struct golden_case *c = core(VHE, "everything");
	struct err e = { ERR_NONE, "" };
	struct ws_config wc;
	struct ws_inject x;
	struct ws_prog *p;

	ws_config_init(&wc);
	wc.model = c->model;
	wc.machine = c->m;
	ck_assert_msg(ws_inject_parse(specs[_i], &x, &e) == 0, "%s", e.text);
	p = ws_compile(&wc, &e);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(ws_inject_apply(p, &x, 1, &e), -1);
	ws_free(p);
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_msg(strstr(e.text, specs[_i]) != NULL && strstr(e.text, "nothing of it") != NULL, "%s", e.text);
}
END_TEST

START_TEST(counts_of_a_broken_program_agree_op_by_op)
{
	struct ws_inject x;
	struct ws_prog *p = injected(core(wrongs[_i].model, "everything"), &x, wrongs[_i].inject);
	struct runner *r[2] = { runner_new(p, false), runner_new(p, true) };
	uint64_t *exec[2];

	for (unsigned k = 0; k < 2; k++) {
		struct runner_vcpu *v = runner_vcpu_of(r[k], 0);

		exec[k] = xcalloc(p->n, sizeof(uint64_t));
		runner_kind(r[k], v, EXIT_run_first, NULL);
		runner_kind(r[k], v, EXIT_mmio_read_user, NULL);
		runner_kind(r[k], v, EXIT_sysreg_vm, NULL);
		runner_kind(r[k], v, EXIT_preempt, NULL);
		runner_kind(r[k], v, EXIT_mmio_read_fp, NULL);
		runner_exec(r[k], exec[k]);
	}
	ck_assert_mem_eq(exec[0], exec[1], p->n * sizeof(uint64_t));
	for (unsigned k = 0; k < 2; k++) {
		runner_free(r[k]);
		free(exec[k]);
	}
	ws_free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle");
	TCase *t = tcase_create("oracle");

	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, every_shipped_model_is_clean_on_every_core);
	tcase_add_test(t, the_shipped_trace_is_clean_under_every_model);
	tcase_add_test(t, shipped_workloads_are_clean);
	tcase_add_test(t, lint_and_the_oracle_agree_about_every_policy_of_every_group);
	tcase_add_loop_test(t, each_injection_is_found_and_called_by_its_name, 0, (int)(sizeof(wrongs) / sizeof(wrongs[0])));
	tcase_add_loop_test(t, counts_of_a_broken_program_agree_op_by_op, 0, (int)(sizeof(wrongs) / sizeof(wrongs[0])));
	tcase_add_test(t, another_vcpus_register_read_in_the_cpu_is_the_wrong_vcpus);
	tcase_add_test(t, an_accessor_that_does_not_ask_reaches_another_vcpus_value);
	tcase_add_test(t, a_bug_of_the_modelled_kernel_is_counted_apart);
	tcase_add_test(t, mpidr_must_not_be_cached);
	tcase_add_test(t, what_user_space_writes_is_found_again_on_any_cpu);
	tcase_add_test(t, a_state_is_restored_and_versions_do_not_make_another);
	tcase_add_loop_test(t, a_wrong_injection_is_refused_with_the_nearest_name, 0,
			    (int)(sizeof(bad_specs) / sizeof(bad_specs[0])));
	tcase_add_loop_test(t, an_injection_that_changes_nothing_is_refused, 0, 10);
	suite_add_tcase(s, t);
	return suite_status(s);
}
