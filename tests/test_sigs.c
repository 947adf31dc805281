/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting by signatures is counting: every cell of the outcome is that of the replay exit by exit and op by op, for every shipped
 * trace under every kernel, for random traces under random policies and broken flags, and however many columns share the pass.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "models/hyp/replay/replay.h"
#include "sim/base/str.h"
#include "tests/suite.h"
#include "tests/ws_golden.h"
#include "traces/writer.h"

#ifdef __SANITIZE_ADDRESS__
#define LESS 5
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

/* ---- equality ---- */

#define SAME(a, b, member) \
	ck_assert_msg(memcmp(&(a)->member, &(b)->member, sizeof((a)->member)) == 0, "%s: " #member, title)

static void same_flags(const struct vflag_tally *a, const struct vflag_tally *b, const char *title)
{
	size_t n;

	(void)vflag_sites(&n);
	ck_assert_msg(memcmp(a->runs, b->runs, n * sizeof(*a->runs)) == 0, "%s: runs of flags", title);
	ck_assert_msg(a->n_found == b->n_found, "%s: %zu violations, want %zu", title, a->n_found, b->n_found);
	for (size_t i = 0; i < a->n_found; i++) {
		char x[VFLAG_VIOLATION_TEXT], y[VFLAG_VIOLATION_TEXT];

		ck_assert_msg(a->found[i].count == b->found[i].count, "%s: violation %zu: %llu times, want %llu", title, i,
			      (unsigned long long)a->found[i].count, (unsigned long long)b->found[i].count);
		ck_assert_str_eq(vflag_violation_text(&a->found[i].x, x), vflag_violation_text(&b->found[i].x, y));
		ck_assert_uint_eq(a->found[i].x.vcpu, b->found[i].x.vcpu);
	}
}

static void same(const struct outcome *a, const struct outcome *b, const char *title)
{
	SAME(a, b, n);
	SAME(a, b, total);
	SAME(a, b, phase);
	SAME(a, b, phase_runs);
	SAME(a, b, kind);
	SAME(a, b, lr_used);
	SAME(a, b, trace);
	SAME(a, b, account);
	ck_assert_uint_eq(a->n_vcpu, b->n_vcpu);
	for (size_t v = 0; v < a->n_vcpu; v++)
		SAME(a, b, vcpu[v]);
	ck_assert_msg(memcmp(a->exec, b->exec, a->prog->n * sizeof(*a->exec)) == 0, "%s: executions of ops", title);
	same_flags(&a->flags, &b->flags, title);
}

/* ---- replays ---- */

static struct outcome *replay(const struct ws_prog *p, const char *path, const struct replay_options *opt, struct err *e)
{
	struct tr_reader *t = tr_open(path, e);
	struct outcome *o;

	ck_assert_msg(t != NULL, "%s", e->text);
	o = replay_run(p, t, opt, e);
	if (o != NULL)
		ck_assert_msg(outcome_check(o, e) == 0, "%s", e->text);
	tr_close(t);
	return o;
}

/* The three ways; a trace may have nothing to count, then they say the same. Returns whether it had. */
static bool three_ways(const struct ws_prog *p, const char *path, struct replay_options opt, const char *title)
{
	struct err e[3] = { { .text = "" }, { .text = "" }, { .text = "" } };
	struct outcome *o[3];
	bool any;

	for (unsigned i = 0; i < 3; i++) {
		opt.counting = i != 2;
		opt.by_event = i == 1;
		o[i] = replay(p, path, &opt, &e[i]);
	}
	any = o[0] != NULL;
	for (unsigned i = 1; i < 3; i++) {
		ck_assert_msg((o[i] != NULL) == any, "%s: %s%s", title, e[0].text, e[i].text);
		ck_assert_str_eq(e[0].text, e[i].text);
		if (any)
			same(o[0], o[i], title);
	}
	for (unsigned i = 0; i < 3; i++)
		replay_free(o[i]);
	return any;
}

static const char *const shipped[] = { "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t", "tests/data/runs/6.12-nvhe-mixed.e2t",
				       "tests/data/runs/6.12-vhe-mixed.e2t", "tests/data/runs/6.1-vhe-linux.e2t" };
#define N_SHIPPED (sizeof(shipped) / sizeof(shipped[0]))

START_TEST(each_kernel_on_a_shipped_trace_is_counted_as_exit_by_exit)
{
	for (size_t i = 0; i < gs.n; i += LESS) {
		struct ws_prog *p = golden_compile(&gs.c[i], SIZE_MAX);

		for (unsigned how = 0; how < 4; how++) {
			struct replay_options opt = { .fp = how == 1 || how == 3 ? FP_EACH_LOAD : FP_NEVER,
						      .sgi = (enum sgi_target)(how % (SGI_SELF + 1)), .from = "", .to = "" };
			char title[200];

			if (how == 3 && i % 4 != 0)
				continue;
			(void)snprintf(title, sizeof(title), "%s on %s, %s, variant %u", gs.c[i].model->name, gs.c[i].core, shipped[_i],
				       how);
			ck_assert(three_ways(p, shipped[_i], opt, title));
		}
		ws_free(p);
	}
}
END_TEST

/* ---- random programs and traces ---- */

static uint64_t draw(uint64_t *seed, uint64_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (*seed >> 33) % below;
}

/* A kernel with random policies, of those that have a meaning in it; sometimes a place of a flag is left out, so that rules break. */
static struct ws_prog *random_program(uint64_t *seed)
{
	const struct golden_case *g = &gs.c[draw(seed, gs.n)];
	struct ws_prog *p = NULL;
	size_t sites;

	while (p == NULL) {
		struct ws_config c;
		struct err e;

		ws_config_init(&c);
		c.model = g->model;
		c.machine = g->m;
		c.vcpu = g->vcpu;
		for (uint64_t k = draw(seed, 4); k > 0; k--)
			c.group_policy[draw(seed, GRP_COUNT)] = (uint8_t)draw(seed, POL_COUNT);
		p = ws_compile(&c, &e);
	}
	(void)vflag_sites(&sites);
	for (uint64_t k = draw(seed, 3); k > 0; k--)
		p->beside.site[draw(seed, sites)] = draw(seed, 2) == 0 ? SITE_NONE : SITE_OPEN;
	return p;
}

static void random_event(struct tr_event *ev, uint64_t *seed, const uint32_t *id, bool *inside)
{
	static const enum tr_type types[] = {
		TR_kvm_entry, TR_kvm_exit, TR_kvm_entry, TR_kvm_exit, TR_kvm_userspace_exit, TR_sched_switch, TR_kvm_mmio,
		TR_kvm_guest_fault, TR_kvm_hvc_arm64, TR_kvm_sys_access, TR_kvm_wfx_arm64, TR_kvm_timer_update_irq,
		TR_kvm_timer_save_state, TR_kvm_timer_restore_state, TR_kvm_get_timer_map, TR_vgic_update_irq_pending,
		TR_sched_waking, TR_kvm_vcpu_wakeup, TR_print, TR_kvm_arm_setup_debug
	};

	ev->type = (uint8_t)types[draw(seed, sizeof(types) / sizeof(types[0]))];
	ev->pid = (int32_t)draw(seed, 6);
	ev->cpu = (uint16_t)draw(seed, 3);
	if (draw(seed, 4) != 0) { /* mostly as it happens */
		if (ev->type == TR_kvm_entry && inside[ev->pid])
			ev->type = TR_kvm_exit;
		else if (ev->type == TR_kvm_exit && !inside[ev->pid])
			ev->type = TR_kvm_entry;
	}
	if (ev->type == TR_kvm_entry || ev->type == TR_kvm_exit)
		inside[ev->pid] = ev->type == TR_kvm_entry;
	ev->comm = id[ev->pid % 2];
	for (unsigned f = 0; f < tr_field_count((enum tr_type)ev->type); f++)
		ev->arg[f] = tr_field_kind((enum tr_type)ev->type, f) == TRF_STR ? id[draw(seed, 4)] : draw(seed, 4);
	if (ev->type == TR_kvm_exit)
		ev->arg[TRA_kvm_exit_esr_ec] = draw(seed, 64);
	if (ev->type == TR_vgic_update_irq_pending)
		ev->arg[TRA_vgic_update_irq_pending_irq] = draw(seed, 48);
	if (ev->type == TR_sched_switch) {
		ev->arg[TRA_sched_switch_prev_pid] = (uint64_t)ev->pid;
		ev->arg[TRA_sched_switch_next_pid] = draw(seed, 6);
	}
	if (ev->type == TR_kvm_guest_fault)
		ev->arg[TRA_kvm_guest_fault_hsr] = UINT64_C(0x90000000) | draw(seed, 1 << 12);
	if (ev->type == TR_kvm_sys_access) {
		const bool sgi = draw(seed, 2) == 0; /* ICC_SGI1R_EL1: 3, 0, 12, 11, 5 */

		ev->arg[TRA_kvm_sys_access_Op0] = 3;
		ev->arg[TRA_kvm_sys_access_Op1] = 0;
		ev->arg[TRA_kvm_sys_access_CRn] = sgi ? 12 : draw(seed, 16);
		ev->arg[TRA_kvm_sys_access_CRm] = sgi ? 11 : draw(seed, 16);
		ev->arg[TRA_kvm_sys_access_Op2] = sgi ? 5 : draw(seed, 8);
	}
}

static void random_trace(const char *path, uint64_t *seed, unsigned events)
{
	static const char *const text[] = { "vm1", "vm2", "begin", "end" };
	struct tr_info info = { .importer = "", .origin = "" };
	struct err e = { .text = "" };
	struct tw *w = tw_create(path, &e);
	bool inside[6] = { false };
	uint32_t id[4];

	ck_assert_msg(w != NULL, "%s", e.text);
	for (unsigned i = 0; i < 4; i++)
		id[i] = tw_string(w, text[i], strlen(text[i]));
	for (unsigned i = 0; i < events; i++) {
		struct tr_event ev = { .ts_ns = (uint64_t)i * 100 };

		random_event(&ev, seed, id, inside);
		ck_assert_int_eq(tw_add(w, &ev, &e), 0);
	}
	ck_assert_int_eq(tw_finish(w, &info, NULL, &e), 0);
}

static void trace_name(char *path, size_t n)
{
	(void)snprintf(path, n, "/tmp/el2sim-sigs-%ld.e2t", (long)getpid());
}

START_TEST(random_traces_under_random_programs_are_counted_as_exit_by_exit)
{
	uint64_t seed = 1 + (uint64_t)_i;
	unsigned counted = 0;
	char path[64];

	trace_name(path, sizeof(path));
	for (unsigned round = 0; round < 30 / LESS; round++) {
		struct ws_prog *p = random_program(&seed);
		struct replay_options opt = { .fp = draw(&seed, 2) != 0 ? FP_EACH_LOAD : FP_NEVER,
					      .sgi = (enum sgi_target)draw(&seed, (SGI_SELF + 1)),
					      .from = draw(&seed, 3) == 0 ? "begin" : "", .to = draw(&seed, 5) == 0 ? "end" : "" };
		char title[160];

		random_trace(path, &seed, 20 + (unsigned)draw(&seed, 1500));
		(void)snprintf(title, sizeof(title), "seed %d, round %u: %s on %s", _i, round, p->config.model->name,
			       p->config.machine->name);
		counted += three_ways(p, path, opt, title);
		ws_free(p);
	}
	ck_assert_uint_gt(counted, 5 / LESS);
	(void)unlink(path);
}
END_TEST

/* More rows than the tree holds, and longer ones than a row may be: it begins again, and nothing is lost. */
START_TEST(a_trace_that_fills_the_tree_is_counted_all_the_same)
{
	struct ws_prog *p = golden_compile(&gs.c[0], SIZE_MAX);
	struct replay_options opt = { .from = "", .to = "" };
	struct tr_info info = { .importer = "", .origin = "" };
	struct err e = { .text = "" };
	uint64_t seed = 5, now = 0;
	struct tw *w;
	char path[64];
	uint32_t vm;

	trace_name(path, sizeof(path));
	w = tw_create(path, &e);
	ck_assert_ptr_nonnull(w);
	vm = tw_string(w, "vm", 2);
	for (unsigned i = 0; i < 1500; i++) {
		const uint64_t switches = i % 100 == 0 ? 700 : 200;
		const int32_t pid = 10 + (int32_t)(i % 3);
		struct tr_event entry = { .ts_ns = now++, .pid = pid, .comm = vm, .type = TR_kvm_entry };
		struct tr_event out = { .ts_ns = now++, .pid = pid, .comm = vm, .type = TR_kvm_exit, .arg = { EXIT_RET_TRAP, 0x16 } };

		ck_assert_int_eq(tw_add(w, &entry, &e), 0);
		ck_assert_int_eq(tw_add(w, &out, &e), 0);
		for (uint64_t k = 0; k < switches; k++) {
			struct tr_event ev = { .ts_ns = now++, .pid = pid, .type = TR_sched_switch };

			ev.arg[TRA_sched_switch_prev_pid] = (uint64_t)pid;
			ev.arg[TRA_sched_switch_next_pid] = draw(&seed, 2) * 99;
			ck_assert_int_eq(tw_add(w, &ev, &e), 0);
		}
	}
	ck_assert_int_eq(tw_finish(w, &info, NULL, &e), 0);
	ck_assert(three_ways(p, path, opt, "a full tree"));
	(void)unlink(path);
	ws_free(p);
}
END_TEST

/* ---- several columns in one pass ---- */

#define COLUMNS 5

static void columns_of(const char *path, uint64_t *seed, const struct replay_options *how, const char *title)
{
	struct ws_prog *p[COLUMNS] = { NULL };
	struct outcome out[COLUMNS], *first;
	struct replay_column more[COLUMNS - 1];
	struct replay_options opt = *how;
	struct err e = { .text = "" };
	struct tr_reader *t = tr_open(path, &e);

	for (unsigned i = 0; i < COLUMNS; i++) {
		while (p[i] == NULL || !replay_joins(p[i], tr_info(t), &opt)) {
			ws_free(p[i]);
			p[i] = random_program(seed);
		}
		outcome_init(&out[i], p[i]);
	}
	opt.fp = FP_NEVER;
	for (unsigned i = 1; i < COLUMNS; i++)
		more[i - 1] = (struct replay_column){ p[i], i % 2 == 1 ? FP_EACH_LOAD : FP_NEVER, &out[i] };
	opt.more = more;
	opt.n_more = COLUMNS - 1;
	opt.out = &out[0];
	first = replay_run(p[0], t, &opt, &e);
	for (unsigned i = 0; first != NULL && i < COLUMNS; i++) {
		struct replay_options alone = *how;
		struct outcome *o;

		alone.by_event = true;
		alone.fp = i % 2 == 1 ? FP_EACH_LOAD : FP_NEVER;
		ck_assert_msg(outcome_check(&out[i], &e) == 0, "%s", e.text);
		o = replay(p[i], path, &alone, &e);
		ck_assert_ptr_nonnull(o);
		same(&out[i], o, title);
		replay_free(o);
	}
	for (unsigned i = 0; i < COLUMNS; i++) {
		outcome_free(&out[i]);
		ws_free(p[i]);
	}
	tr_close(t);
}

START_TEST(columns_of_one_pass_are_those_of_a_pass_each)
{
	uint64_t seed = 77;
	char path[64];

	trace_name(path, sizeof(path));
	for (unsigned i = 0; i < 12 / LESS; i++) {
		struct replay_options opt = { .counting = true, .sgi = (enum sgi_target)draw(&seed, (SGI_SELF + 1)),
					      .from = draw(&seed, 2) == 0 ? "begin" : "", .to = "" };

		random_trace(path, &seed, 2000);
		columns_of(path, &seed, &opt, "random columns");
	}
	for (size_t i = 0; i < N_SHIPPED; i++)
		columns_of(shipped[i], &seed, &(struct replay_options){ .counting = true, .from = "", .to = "" }, shipped[i]);
	(void)unlink(path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sigs");
	TCase *t = tcase_create("sigs");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, each_kernel_on_a_shipped_trace_is_counted_as_exit_by_exit, 0, (int)N_SHIPPED);
	tcase_add_loop_test(t, random_traces_under_random_programs_are_counted_as_exit_by_exit, 0, 8);
	tcase_add_test(t, a_trace_that_fills_the_tree_is_counted_all_the_same);
	tcase_add_test(t, columns_of_one_pass_are_those_of_a_pass_each);
	suite_add_tcase(s, t);
	return suite_status(s);
}
