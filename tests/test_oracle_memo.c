/* SPDX-License-Identifier: Apache-2.0 */
/* What a watching oracle remembers of steps is what they do: held against one that moves each value each time. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "models/hyp/kvm/reach.h"
#include "models/hyp/replay/replay.h"
#include "tests/explore_util.h"
#include "tests/suite.h"

#define VCPUS 4
#define CPUS  3

struct both {
	const struct ws_prog *p;
	struct oracle *watching, *plain;
	uint64_t seed;
	bool wild; /* steps that no vCPU can take */
};

static unsigned pick(struct both *b, unsigned n)
{
	b->seed = b->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(b->seed >> 33) % n;
}

static void step(struct both *b, unsigned v, unsigned c, enum ws_comp comp, uint64_t state, unsigned lrs)
{
	struct watch *w = oracle_watch(b->watching);
	struct watch_step s = { .vcpu = v, .cpu = c, .comp = comp, .state = state, .lrs = lrs };

	oracle_step(b->plain, v, c, comp, state, lrs);
	s.on_cpu = (oracle_vcpu_state(b->plain, v) & CND(LOADED)) != 0;
	w->step(w->ctx, &s);
}

static void phase(struct both *b, unsigned v, unsigned c, enum ws_phase ph, uint64_t state, unsigned lrs)
{
	step(b, v, c, ws_phase_comp(b->p, ph), state, lrs);
}

static void reach(struct both *b, unsigned v, unsigned c)
{
	static const enum sysreg regs[] = { SR_SCTLR_EL1, SR_TTBR0_EL1, SR_VMPIDR_EL2, SR_ELR_EL2, SR_ESR_EL1, SR_PMCR_EL0 };
	struct handler_access a = { v, c, regs[pick(b, 6)], VIA_ACCESSOR, pick(b, 3) == 0, "a_handler" };
	struct watch *w = oracle_watch(b->watching);

	if (!ws_accessor_reaches(b->p->config.model, a.reg) || (a.write && a.reg == SR_VMPIDR_EL2))
		a.via = VIA_MEMORY;
	if (a.via == VIA_MEMORY)
		a.write = false;
	oracle_access(b->plain, &a);
	w->access(w->ctx, &a);
}

static void residency(struct both *b, unsigned v, unsigned c)
{
	static const uint64_t entries[] = { 0, CND(LRS), CND(DEBUG_DIRTY), CND(LRS) | CND(PAUTH_USED), CND(NEW_MDCR) };
	static const uint64_t exits[] = { CND(SYNC), CND(SYNC) | CND(ABORT), 0, CND(SYNC) | CND(LR_LIVE) };
	uint64_t in = entries[pick(b, 5)], out = exits[pick(b, 4)];
	unsigned lrs = (in & CND(LRS)) != 0 ? 2 : 0;

	phase(b, v, c, PHASE_ENTER, in, lrs);
	if (ws_fp_is_lazy(b->p) && (oracle_vcpu_state(b->plain, v) & CND(FP_OWNED)) == 0 && pick(b, 4) == 0)
		phase(b, v, c, PHASE_LAZY, CND(SYNC), lrs);
	phase(b, v, c, PHASE_EXIT, lrs != 0 ? out : out & ~CND(LR_LIVE), lrs);
	if (pick(b, 3) == 0)
		step(b, v, c, COMP_mmio_abort, CND(SYNC), 0);
	if (pick(b, 3) == 0)
		step(b, v, c, COMP_access_vm_reg, CND(SYNC), 0);
	if (pick(b, 3) == 0)
		reach(b, v, c);
	if (pick(b, 6) == 0)
		reach(b, pick(b, VCPUS), c);
}

static void leave(struct both *b, unsigned v, unsigned c)
{
	bool out = pick(b, 2) != 0;

	phase(b, v, c, PHASE_PUT, 0, 0);
	step(b, v, c, out ? COMP_thread_switch : COMP_host_ret_to_user, 0, 0);
	if (!out) {
		step(b, v, c, COMP_host_svc_entry, 0, 0);
		step(b, v, c, COMP_host_ioctl, 0, 0);
	}
}

static void some_step(struct both *b)
{
	unsigned c = pick(b, CPUS), v = pick(b, VCPUS), loaded = oracle_loaded(b->plain, c);

	if (b->wild && pick(b, 40) == 0)
		phase(b, v, c, (enum ws_phase)pick(b, PHASE_LAZY + 1), 0, 0);
	else if (loaded == ORACLE_NONE && oracle_loaded_on(b->plain, v) == ORACLE_NONE)
		phase(b, v, c, PHASE_LOAD, pick(b, 2) != 0 ? CND(OTHER_VCPU) : 0, 0);
	else if (loaded != ORACLE_NONE && pick(b, 8) != 0)
		residency(b, loaded, c);
	else if (loaded != ORACLE_NONE)
		leave(b, loaded, c);
}

static void assert_same_words(struct oracle *a, struct oracle *b, const char *what)
{
	size_t n, n_b;
	const struct oracle_violation *x = oracle_violations(a, &n), *y = oracle_violations(b, &n_b);

	ck_assert_msg(memcmp(oracle_stats(a), oracle_stats(b), sizeof(*oracle_stats(a))) == 0, "%s: other statistics", what);
	ck_assert_uint_eq(oracle_untried(a), oracle_untried(b));
	ck_assert_msg(n == n_b && oracle_violation_count(a) == oracle_violation_count(b), "%s: %zu violations, not %zu", what, n, n_b);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(strcmp(x[i].text, y[i].text) == 0 && x[i].count == y[i].count && x[i].step == y[i].step,
			      "%s: %s, not %s", what, x[i].text, y[i].text);
	for (unsigned i = 0; i < ORACLE_KNOWN; i++)
		ck_assert_uint_eq(oracle_known(a, (enum oracle_known)i), oracle_known(b, (enum oracle_known)i));
}

static void assert_same(struct both *b, const char *what)
{
	size_t n = oracle_canon_size(b->plain);
	uint8_t *x = xmalloc(n), *y = xmalloc(n);

	assert_same_words(b->watching, b->plain, what);
	oracle_settle(b->watching);
	oracle_canon(b->watching, x);
	oracle_canon(b->plain, y);
	ck_assert_msg(memcmp(x, y, n) == 0, "%s: another state", what);
	free(x);
	free(y);
}

static void assert_the_same_walk(const struct ws_prog *p, uint64_t seed, bool wild, const char *what)
{
	struct both b = { p, oracle_new(p, VCPUS, CPUS), oracle_new(p, VCPUS, CPUS), seed, wild };

	for (unsigned i = 0; i < 900; i++) {
		some_step(&b);
		if (i % 90 == 89)
			assert_same(&b, what);
	}
	oracle_free(b.watching);
	oracle_free(b.plain);
}

START_TEST(what_is_remembered_of_steps_is_what_they_do)
{
	struct ws_prog *p;

	if ((size_t)_i >= gs.n)
		return;
	p = golden_compile(&gs.c[_i], SIZE_MAX);
	assert_the_same_walk(p, 4711 + (uint64_t)_i, false, gs.c[_i].model->name);
	assert_the_same_walk(p, 815 + (uint64_t)_i, true, gs.c[_i].model->name);
	ws_free(p);
}
END_TEST

START_TEST(what_is_remembered_of_steps_hides_no_violation)
{
	struct ws_inject inject;
	struct ws_prog *p = broken(faults[_i].inject, &inject);

	assert_the_same_walk(p, 42, false, faults[_i].inject);
	assert_the_same_walk(p, 43, true, faults[_i].inject);
	ws_free(p);
}
END_TEST

static void plain_step(void *self, const struct watch_step *s)
{
	struct oracle *o = self;

	oracle_step(o, s->vcpu, s->cpu, s->comp, s->state, s->lrs);
	oracle_on_cpu_flag(o, s->vcpu, s->on_cpu);
}

static void plain_access(void *self, const struct handler_access *a)
{
	oracle_access(self, a);
}

START_TEST(a_trace_shows_the_same)
{
	static const char path[] = EL2SIM_SOURCE_DIR "/traces/samples/linux-6.12-vhe-mixed-4v2p.e2t";
	struct err e = { ERR_NONE, "" };
	struct ws_inject inject;
	struct ws_prog *p = _i < 2 ? broken(_i == 0 ? "drop:SCTLR_EL1@put" : "drop:PAR_EL1", &inject) : golden_compile(&gs.c[_i - 2], SIZE_MAX);
	struct both b = { p, oracle_new(p, 8, 8), oracle_new(p, 8, 8), 0, false };
	struct watch plain = { .ctx = b.plain, .always = true, .step = plain_step, .access = plain_access };
	struct replay_options opt = { .counting = true, .from = "", .to = "", .watch = { oracle_watch(b.watching), &plain } };
	struct tr_reader *trace = tr_open(path, &e);
	struct outcome *r;

	ck_assert_msg(trace != NULL, "%s", e.text);
	r = replay_run(p, trace, &opt, &e);
	ck_assert_msg(r != NULL, "%s", e.text);
	assert_same(&b, "trace");
	replay_free(r);
	tr_close(trace);
	oracle_free(b.watching);
	oracle_free(b.plain);
	ws_free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle_memo");
	TCase *t = tcase_create("memo");

	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_is_remembered_of_steps_is_what_they_do, 0, 60);
	tcase_add_loop_test(t, what_is_remembered_of_steps_hides_no_violation, 0, (int)N_FAULTS);
	tcase_add_loop_test(t, a_trace_shows_the_same, 0, 6);
	suite_add_tcase(s, t);
	return suite_status(s);
}
