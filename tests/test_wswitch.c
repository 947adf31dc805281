/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <string.h>

#include "models/hyp/check/ws_lint.h"
#include "models/hyp/kvm/reach.h"
#include "tests/suite.h"
#include "tests/ws_golden.h"
#include "tests/ws_values.h"

static struct golden_set gs;

static void setup(void)
{
	golden_load(&gs);
}

static void teardown(void)
{
	golden_free(&gs);
}

/* ---- counts ---- */

/*
 * Reads, writes and barriers (ISB, DSB, ESB) of the phases load, enter, exit, put for an HVC exit
 * without list registers, counted by hand in Linux 6.12.117: a core as of v8.0 with a PMU, v8.2,
 * and v9 with a PtrAuth guest. VHE on the first is a counting exercise: no such core has it.
 */
static const struct {
	const char *features;
	const char *model;
	struct {
		unsigned reads, writes, barriers, hvc, mmio;
	} phase[4];
} by_hand[] = {
	{ "vhe,pmuv3,gicv3",
	  "linux-6.12-vhe",
	  { { 7, 37, 4, 0, 2 }, { 3, 7, 0, 0, 0 }, { 7, 5, 3, 0, 0 }, { 30, 9, 4, 0, 0 } } },
	{ "pmuv3,gicv3",
	  "linux-6.12-nvhe",
	  { { 6, 6, 1, 2, 1 }, { 32, 37, 1, 1, 0 }, { 30, 35, 3, 0, 0 }, { 10, 2, 1, 2, 0 } } },
	{ "vhe,ras,pmuv3,gicv3",
	  "linux-6.12-vhe",
	  { { 7, 37, 4, 0, 2 }, { 3, 8, 2, 0, 0 }, { 8, 5, 2, 0, 0 }, { 30, 9, 4, 0, 0 } } },
	{ "vhe,ras,pmuv3,gicv3",
	  "linux-6.12-nvhe",
	  { { 6, 6, 1, 2, 1 }, { 33, 38, 3, 1, 0 }, { 31, 36, 2, 0, 0 }, { 10, 2, 1, 2, 0 } } },
	{ "vhe,ras,pmuv3,gicv3,pauth,hcx,fgt,amu",
	  "linux-6.12-vhe",
	  { { 24, 44, 4, 0, 2 }, { 4, 18, 2, 0, 0 }, { 19, 15, 3, 0, 0 }, { 31, 16, 4, 0, 0 } } },
	{ "vhe,ras,pmuv3,gicv3,pauth,hcx,fgt,amu",
	  "linux-6.12-nvhe",
	  { { 16, 6, 1, 2, 1 }, { 41, 55, 3, 1, 0 }, { 43, 53, 3, 0, 0 }, { 10, 2, 1, 2, 0 } } },
};

#define BY_HAND (sizeof(by_hand) / sizeof(by_hand[0]))

static struct ws_prog *compile_by_hand(size_t i, struct fixture_machine *m)
{
	uint64_t vcpu;

	fixture_features(m, by_hand[i].features);
	if (!fixture_vcpu(&m->m, VCPU_ALL, &vcpu))
		(void)fixture_vcpu(&m->m, VCPU_PMU, &vcpu);
	return fixture_compile(ws_model_by_name(by_hand[i].model), &m->m, vcpu);
}

/* Totals of a phase in this state. */
static struct ws_totals totals(const struct ws_prog *p, enum ws_phase phase, uint64_t state,
			       unsigned lrs)
{
	struct ws_counting *c = ws_counting_new(p);
	struct ws_totals t = *ws_count(c, ws_phase_comp(p, phase), state, lrs);

	ws_counting_free(c);
	return t;
}

#define HVC_EXIT (CND(LOADED) | CND(SYNC) | CND(HVC64))

START_TEST(an_hvc_round_trip_makes_the_accesses_counted_by_hand)
{
	for (size_t i = 0; i < BY_HAND; i++) {
		struct fixture_machine m;
		struct ws_prog *p = compile_by_hand(i, &m);

		for (unsigned ph = PHASE_LOAD; ph <= PHASE_PUT; ph++) {
			struct ws_totals t = totals(p, (enum ws_phase)ph, HVC_EXIT, 0);

			ck_assert_uint_eq(t.n[CNT_read], by_hand[i].phase[ph].reads);
			ck_assert_uint_eq(t.n[CNT_write], by_hand[i].phase[ph].writes);
			ck_assert_uint_eq(t.n[CNT_isb] + t.n[CNT_dsb] + t.n[CNT_esb],
					  by_hand[i].phase[ph].barriers);
			ck_assert_uint_eq(t.n[CNT_hvc], by_hand[i].phase[ph].hvc);
			ck_assert_uint_eq(t.n[CNT_mmio], by_hand[i].phase[ph].mmio);
		}
		ws_free(p);
		opt_free(m.set);
	}
}
END_TEST

/*
 * A GICv2: accesses to device memory, counted by hand in vgic-v2.c of 6.12.117 and vgic-v2-sr.c of the tree of the 2018 series. load
 * has the timers' active state beside, a write each.
 */
static const struct {
	const char *features, *model;
	unsigned load, put;
	unsigned enter, exit; /* with list registers in use, but these */
	unsigned hvc;         /* of load and put: none is for the GIC */
} gicv2[] = {
	{ "vhe,pmuv3,gicv2", "linux-6.12-vhe", 4, 2, 1, 2, 0 },
	{ "pmuv3,gicv2", "linux-6.12-nvhe", 3, 2, 1, 2, 2 },
	{ "pmuv3,gicv2", "linux-6.1-nvhe", 3, 2, 1, 2, 2 },
	{ "vhe,pmuv3,gicv2", "linux-4.15-vhe", 2, 1, 2, 3, 0 },
	{ "pmuv3,gicv2", "linux-4.15-nvhe", 2, 1, 2, 3, 2 },
};

START_TEST(a_gicv2_is_switched_by_the_accesses_counted_by_hand)
{
	const unsigned i = (unsigned)_i;
	struct fixture_machine m;
	struct ws_prog *p;

	fixture_features(&m, gicv2[i].features);
	p = fixture_compile(ws_model_by_name(gicv2[i].model), &m.m, 0);
	for (unsigned lrs = 0; lrs <= 4; lrs++) {
		const uint64_t state = HVC_EXIT | (lrs != 0 ? CND(LRS) : 0);
		struct ws_totals load = totals(p, PHASE_LOAD, state, lrs), put = totals(p, PHASE_PUT, state, lrs);
		struct ws_totals in = totals(p, PHASE_ENTER, state, lrs), empty = totals(p, PHASE_EXIT, state, lrs);
		struct ws_totals live = totals(p, PHASE_EXIT, state | CND(LR_LIVE), lrs);

		ck_assert_uint_eq(load.n[CNT_mmio], gicv2[i].load);
		ck_assert_uint_eq(put.n[CNT_mmio], gicv2[i].put);
		ck_assert_uint_eq(load.n[CNT_hvc] + put.n[CNT_hvc], gicv2[i].hvc);
		ck_assert_uint_eq(in.n[CNT_mmio], lrs != 0 ? gicv2[i].enter + lrs : 0);
		ck_assert_uint_eq(empty.n[CNT_mmio], lrs != 0 ? gicv2[i].exit + lrs : 0);
		ck_assert_uint_eq(live.n[CNT_mmio], lrs != 0 ? gicv2[i].exit + 2 * lrs : 0);
		ck_assert_uint_eq(in.n[CNT_hvc], p->config.model->mode != MODE_VHE);
		/* a read of each, as dear as reads are; the writes of the same are counted already */
		ck_assert_uint_eq((live.cycles - empty.cycles) * 1000 + live.milli - empty.milli, lrs * machine_cost(&m.m, m.m.op[OPCOST_mmio_read]));
	}
	for (size_t k = 0; k < p->n; k++)
		ck_assert(p->op[k].reg == SR_NONE || sysreg_row((enum sysreg)p->op[k].reg)->needs != FEAT_GICV3);
	ws_free(p);
	opt_free(m.set);
}
END_TEST

START_TEST(each_list_register_in_use_adds_its_own_accesses)
{
	for (size_t i = 0; i < BY_HAND; i++) {
		struct fixture_machine m;
		struct ws_prog *p = compile_by_hand(i, &m);

		for (unsigned lrs = 1; lrs <= 4; lrs++) {
			struct ws_totals in = totals(p, PHASE_ENTER, HVC_EXIT | CND(LRS), lrs);
			struct ws_totals out =
				totals(p, PHASE_EXIT, HVC_EXIT | CND(LRS) | CND(LR_LIVE), lrs);
			struct ws_totals empty = totals(p, PHASE_EXIT, HVC_EXIT | CND(LRS), lrs);

			ck_assert_uint_eq(in.n[CNT_write],
					  by_hand[i].phase[PHASE_ENTER].writes + 1 + lrs);
			ck_assert_uint_eq(in.n[CNT_read], by_hand[i].phase[PHASE_ENTER].reads);
			ck_assert_uint_eq(out.n[CNT_read],
					  by_hand[i].phase[PHASE_EXIT].reads + 1 + lrs);
			ck_assert_uint_eq(out.n[CNT_write],
					  by_hand[i].phase[PHASE_EXIT].writes + 1 + lrs);
			ck_assert_uint_eq(empty.n[CNT_read],
					  by_hand[i].phase[PHASE_EXIT].reads + 1);
		}
		ws_free(p);
		opt_free(m.set);
	}
}
END_TEST

START_TEST(an_abort_reads_two_registers_more_and_an_interrupt_two_less)
{
	for (size_t i = 0; i < BY_HAND; i++) {
		struct fixture_machine m;
		struct ws_prog *p = compile_by_hand(i, &m);
		unsigned hvc = by_hand[i].phase[PHASE_EXIT].reads;

		ck_assert_uint_eq(
			totals(p, PHASE_EXIT, CND(LOADED) | CND(SYNC) | CND(ABORT), 0).n[CNT_read],
			hvc + 2);
		ck_assert_uint_eq(totals(p, PHASE_EXIT, CND(LOADED) | CND(IRQ), 0).n[CNT_read],
				  hvc - 2);
		ws_free(p);
		opt_free(m.set);
	}
}
END_TEST

/* ---- counting equals detailed ---- */

static uint64_t state_bits(const struct ws_prog *p)
{
	uint64_t mask = 0;

	for (unsigned c = 0; c < COMP_COUNT; c++)
		mask |= p->comp[c].mask;
	return mask;
}

static void same_totals(const struct ws_totals *a, const struct ws_totals *b, const char *model,
			const char *comp)
{
	for (unsigned k = 0; k < CNT_COUNT; k++)
		ck_assert_msg(a->n[k] == b->n[k], "%s, %s: %s", model, comp,
			      counter_name((enum ws_counter)k));
	ck_assert_msg(a->cycles == b->cycles && a->insns == b->insns,
		      "%s, %s: cycles or instructions", model, comp);
}

static void both_ways(const struct golden_case *gc)
{
	struct ws_prog *p = golden_compile(gc, SIZE_MAX);
	struct ws_counting *counting = ws_counting_new(p);
	uint64_t *slow = xcalloc(p->n, sizeof(*slow)), *fast = xcalloc(p->n, sizeof(*fast));
	static uint64_t hw[SR_COUNT], host[SR_COUNT], guest[SR_COUNT], cfg[SR_COUNT];
	struct ws_values v = { hw, host, guest, cfg, cfg };
	uint64_t mask = state_bits(p), seed = 88172645463325252u;

	for (unsigned i = 0; i < 20 * COMP_COUNT; i++) {
		enum ws_comp comp = (enum ws_comp)(i % COMP_COUNT);
		struct ws_totals t = { 0 };
		unsigned lrs;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		lrs = (unsigned)(seed >> 40) % ((unsigned)gc->m->list_registers + 1);
		ws_run_detailed(p, comp, seed & mask, lrs, &v, &t, slow);
		same_totals(ws_count(counting, comp, seed & mask, lrs), &t, gc->model->name,
			    comp_name(comp));
	}
	ws_counting_exec(counting, fast);
	ck_assert_int_eq(memcmp(slow, fast, p->n * sizeof(*slow)), 0);
	free(slow);
	free(fast);
	ws_counting_free(counting);
	ws_free(p);
}

START_TEST(counting_adds_up_what_detailed_execution_does)
{
	for (size_t i = 0; i < gs.n; i++)
		both_ways(&gs.c[i]);
}
END_TEST

START_TEST(every_single_state_bit_is_counted_the_same_way)
{
	static uint64_t hw[SR_COUNT], host[SR_COUNT], guest[SR_COUNT], cfg[SR_COUNT];
	struct ws_values v = { hw, host, guest, cfg, cfg };

	for (size_t i = 0; i < gs.n; i++) {
		struct ws_prog *p = golden_compile(&gs.c[i], SIZE_MAX);
		struct ws_counting *c = ws_counting_new(p);

		for (unsigned bit = 0; bit < 64; bit++) {
			for (unsigned comp = 0; comp < COMP_COUNT; comp++) {
				struct ws_totals t = { 0 };

				if ((p->comp[comp].mask >> bit & 1) == 0)
					continue;
				ws_run_detailed(p, (enum ws_comp)comp, UINT64_C(1) << bit, 2, &v,
						&t, NULL);
				same_totals(ws_count(c, (enum ws_comp)comp, UINT64_C(1) << bit, 2),
					    &t, gs.c[i].model->name, comp_name((enum ws_comp)comp));
			}
		}
		ws_counting_free(c);
		ws_free(p);
	}
}
END_TEST

/* ---- values ---- */

START_TEST(values_survive_any_order_of_load_enter_exit_and_put)
{
	char buf[256];

	for (size_t i = 0; i < gs.n; i++) {
		struct ws_prog *p = golden_compile(&gs.c[i], SIZE_MAX);

		for (uint64_t seed = 1; seed <= 4; seed++)
			ck_assert_msg(world_play(p, 1000, seed * 7919, buf, sizeof(buf)) == NULL,
				      "%s on %s: %s", gs.c[i].model->name, gs.c[i].core, buf);
		ws_free(p);
	}
}
END_TEST

/* One program per model, group and policy: what lint accepts must keep the values. */
static void policy_keeps_values(const struct golden_case *gc, enum sr_group g, enum ws_policy pol)
{
	struct ws_findings f = WS_FINDINGS_INIT;
	struct ws_config c;
	struct err e;
	struct ws_prog *p;
	char buf[256];

	ws_config_init(&c);
	c.model = gc->model;
	c.machine = gc->m;
	c.vcpu = gc->vcpu & ~CND(VAARCH32);
	c.group_policy[g] = (uint8_t)pol;
	p = ws_compile(&c, &e);
	if (p == NULL)
		return;
	if (ws_lint(p, &f) == 0)
		ck_assert_msg(world_play(p, 300, 104729, buf, sizeof(buf)) == NULL,
			      "%s on %s, %s = %s: %s", gc->model->name, gc->core, group_name(g),
			      ws_policy_names[pol], buf);
	ws_findings_free(&f);
	ws_free(p);
}

START_TEST(what_lint_accepts_keeps_the_values)
{
	for (size_t i = 0; i < gs.n; i++) {
		for (unsigned g = 0; g < GRP_COUNT && gs.c[i].m == &gs.everything; g++) {
			for (unsigned pol = POL_EAGER; pol < POL_COUNT; pol++)
				policy_keeps_values(&gs.c[i], (enum sr_group)g,
						    (enum ws_policy)pol);
		}
	}
}
END_TEST

/* Two groups and two registers at random. */
static void draw_policies(struct ws_config *c, uint64_t *seed)
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned pol;

		*seed ^= *seed << 13;
		*seed ^= *seed >> 7;
		*seed ^= *seed << 17;
		pol = (unsigned)(*seed >> 50) % POL_COUNT;
		if (i < 2)
			c->group_policy[(*seed >> 20) % GRP_COUNT] = (uint8_t)pol;
		else
			c->reg_policy[1 + (*seed >> 20) % (SR_COUNT - 1)] = (uint8_t)pol;
	}
}

START_TEST(random_policies_that_lint_accepts_keep_the_values)
{
	uint64_t seed = 362436069u;
	unsigned accepted = 0, refused = 0;
	char buf[256];

	for (unsigned i = 0; i < 400; i++) {
		const struct golden_case *gc = &gs.c[i % gs.n];
		struct ws_config c;
		struct err e;
		struct ws_prog *p;

		ws_config_init(&c);
		c.model = gc->model;
		c.machine = gc->m;
		c.vcpu = gc->vcpu;
		draw_policies(&c, &seed);
		p = ws_compile(&c, &e);
		if (p == NULL)
			continue;
		if (ws_lint_err(p, &e) == 0) {
			accepted++;
			ck_assert_msg(world_play(p, 200, seed | 1, buf, sizeof(buf)) == NULL,
				      "%u: %s on %s: %s", i, gc->model->name, gc->core, buf);
		} else {
			refused++;
		}
		ws_free(p);
	}
	ck_assert_uint_gt(accepted, 20);
	ck_assert_uint_gt(refused, 20);
}
END_TEST

START_TEST(what_lint_refuses_loses_a_value)
{
	static const struct {
		const char *model;
		enum sr_group group;
	} refused[] = {
		{ "linux-6.12-vhe", GRP_common },  { "linux-6.12-vhe", GRP_traps },
		{ "linux-6.12-nvhe", GRP_el1 },    { "linux-6.12-vhe", GRP_el2_return },
		{ "linux-4.15-nvhe", GRP_el1 },    { "linux-6.12-vhe", GRP_debug },
		{ "linux-6.12-nvhe", GRP_stage2 }, { "linux-4.15-vhe", GRP_common },
	};
	struct fixture_machine m;
	char buf[256];

	fixture_features(&m, "vhe,ras,pmuv3,gicv3");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct ws_prog *p;
		struct ws_config c;
		struct err e;

		ws_config_init(&c);
		c.model = ws_model_by_name(refused[i].model);
		c.machine = &m.m;
		c.group_policy[refused[i].group] = POL_DEFERRED;
		p = ws_compile(&c, &e);
		ck_assert_ptr_nonnull(p);
		ck_assert_int_eq(ws_lint_err(p, &e), -1);
		ck_assert_msg(world_play(p, 1000, 17, buf, sizeof(buf)) != NULL,
			      "%s, %s = deferred keeps all values", refused[i].model,
			      group_name(refused[i].group));
		ws_free(p);
	}
	opt_free(m.set);
}
END_TEST

/* ---- accessors ---- */

START_TEST(accessors_reach_the_cpu_while_a_vhe_vcpu_is_loaded)
{
	static const enum sysreg regs[] = {
#define ACCESSOR(reg, since, until) SR_##reg,
#include "models/hyp/kvm/accessors.def"
	};
	size_t n;
	const struct ws_model *model = ws_models(&n);

	const size_t n_regs = sizeof(regs) / sizeof(regs[0]);

	ck_assert_uint_eq(n_regs, 25);
	for (size_t k = 0; k < n; k++) {
		struct ws_prog *p =
			fixture_compile(&model[k], &gs.everything,
					CND(VPMU) | CND(VSVE) | CND(VPAUTH) | CND(VAARCH32));
		bool deferred = model[k].mode == MODE_VHE && model[k].version >= 601;

		for (size_t i = 0; i < n_regs; i++) {
			/* ZCR_EL1 moves with the ownership of the FP registers, at entry and exit
			 */
			bool want = deferred && regs[i] != SR_ZCR_EL1 && ws_accessor_reaches(&model[k], regs[i]);

			ck_assert(ws_accessor_listed(regs[i]));
			ck_assert_msg(ws_reg_deferred(p, regs[i]) == want, "%s, %s", model[k].name,
				      sysreg_name(regs[i]));
		}
		ws_free(p);
	}
}
END_TEST

/* Reads of the register by accessor, and of memory instead. */
static void accesses(const struct ws_prog *p, bool loaded, uint64_t *cpu, uint64_t *memory)
{
	struct ws_counting *c = ws_counting_new(p);
	const struct ws_totals *t = ws_count(c, COMP_mmio_abort, loaded ? CND(LOADED) : 0, 0);

	*cpu = t->n[CNT_read];
	*memory = t->n[CNT_accmem];
	ws_counting_free(c);
}

START_TEST(an_accessor_touches_the_register_or_memory_but_not_both)
{
	static const struct {
		const char *model;
		enum ws_policy el1;
		bool in_cpu;
	} cases[] = {
		{ "linux-6.12-vhe", POL_MODEL, true },   { "linux-6.1-vhe", POL_MODEL, true },
		{ "linux-6.12-vhe", POL_EAGER, false },  { "linux-6.12-nvhe", POL_MODEL, false },
		{ "linux-4.15-vhe", POL_MODEL, false },  { "linux-4.15-vhe", POL_DEFERRED, true },
		{ "linux-6.12-hvhe", POL_MODEL, false },
	};
	struct fixture_machine m;

	fixture_features(&m, "vhe,ras,pmuv3,gicv3");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ws_config c;
		struct err e = { ERR_NONE, "" };
		struct ws_prog *p;
		uint64_t cpu, memory;

		ws_config_init(&c);
		c.model = ws_model_by_name(cases[i].model);
		c.machine = &m.m;
		c.group_policy[GRP_el1] = (uint8_t)cases[i].el1;
		p = ws_compile(&c, &e);
		ck_assert_msg(p != NULL, "%s", e.text);
		accesses(p, true, &cpu, &memory);
		ck_assert_uint_eq(cpu, cases[i].in_cpu);
		ck_assert_uint_eq(memory, !cases[i].in_cpu);
		accesses(p, false, &cpu, &memory);
		ck_assert_uint_eq(cpu, 0);
		ck_assert_uint_eq(memory, 1);
		ws_free(p);
	}
	opt_free(m.set);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wswitch");
	TCase *t = tcase_create("wswitch");

	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_test(t, an_hvc_round_trip_makes_the_accesses_counted_by_hand);
	tcase_add_loop_test(t, a_gicv2_is_switched_by_the_accesses_counted_by_hand, 0, (int)(sizeof(gicv2) / sizeof(gicv2[0])));
	tcase_add_test(t, each_list_register_in_use_adds_its_own_accesses);
	tcase_add_test(t, an_abort_reads_two_registers_more_and_an_interrupt_two_less);
	tcase_add_test(t, counting_adds_up_what_detailed_execution_does);
	tcase_add_test(t, every_single_state_bit_is_counted_the_same_way);
	tcase_add_test(t, values_survive_any_order_of_load_enter_exit_and_put);
	tcase_add_test(t, what_lint_accepts_keeps_the_values);
	tcase_add_test(t, random_policies_that_lint_accepts_keep_the_values);
	tcase_add_test(t, what_lint_refuses_loses_a_value);
	tcase_add_test(t, accessors_reach_the_cpu_while_a_vhe_vcpu_is_loaded);
	tcase_add_test(t, an_accessor_touches_the_register_or_memory_but_not_both);
	suite_add_tcase(s, t);
	return suite_status(s);
}
