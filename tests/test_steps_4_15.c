/* SPDX-License-Identifier: Apache-2.0 */
/* The switch models of Linux 4.15 against totals that were added up apart from their table. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "models/hyp/kvm/exits.h"
#include "models/hyp/ws/runner.h"
#include "tests/files.h"
#include "tests/suite.h"

#define BIT(f) (UINT64_C(1) << FEAT_##f)
#define V8_0   (BIT(GICV3) | BIT(PMUV3))
#define V8_2   (V8_0 | BIT(VHE) | BIT(RAS))
#define HVC    (CND(SYNC) | CND(HVC64))

static struct machine machine(uint64_t features)
{
	return (struct machine){ .name = "test", .features = features, .list_registers = 4, .pri_bits = 5,
				 .breakpoints = 6, .watchpoints = 4 };
}

struct policy {
	enum sr_group group;
	enum ws_policy policy;
};

static struct ws_prog *compile(const char *model, const struct machine *m, const struct policy *pol, size_t n)
{
	struct ws_config c;
	struct ws_prog *p;
	struct err e;

	ws_config_init(&c);
	c.model = ws_model_by_name(model);
	c.machine = m;
	ck_assert_ptr_nonnull(c.model);
	for (size_t i = 0; i < n; i++)
		c.group_policy[pol[i].group] = (uint8_t)pol[i].policy;
	p = ws_compile(&c, &e);
	ck_assert_ptr_nonnull(p);
	return p;
}

static struct ws_totals totals(const struct ws_prog *p, enum ws_phase phase, uint64_t state, unsigned lrs)
{
	struct ws_counting *c = ws_counting_new(p);
	struct ws_totals t = *ws_count(c, ws_phase_comp(p, phase), state, lrs);

	ws_counting_free(c);
	return t;
}

/*
 * Source: the list of every access before the 2018 series (entry 13 r 39 w and exit 40 r 17 w under VHE,
 * 34/39 and 41/37 under nVHE), less ICH_VMCR_EL2 (one write at entry, one read at exit), plus what only the
 * 4.15 source has: TPIDR_EL2 (one write at entry, one read at exit) and under nVHE two reads at entry
 * (ESR_EL2, ID_AA64DFR0_EL1). LOAD and PUT: VMCR, CNTVOFF_EL2, CNTV_CVAL, CNTV_CTL; nVHE: two HVCs with
 * two reads each (ESR_EL2, VTTBR_EL2); VHE: two calls that end in an ISB each.
 */
static const struct {
	const char *model;
	uint64_t features;
	enum ws_phase phase;
	unsigned n[CNT_COUNT];
} expected[] = {
#define N(r, w, i, d, h, x, m)                                                                      \
	{ [CNT_read] = r, [CNT_write] = w, [CNT_isb] = i, [CNT_dsb] = d, [CNT_hvc] = h, [CNT_eret] = x, \
	  [CNT_mmio] = m }
	{ "linux-4.15-vhe", V8_2, PHASE_LOAD, N(0, 4, 3, 0, 0, 0, 2) },
	{ "linux-4.15-vhe", V8_2, PHASE_ENTER, N(13, 39, 0, 0, 0, 1, 0) },
	{ "linux-4.15-vhe", V8_2, PHASE_EXIT, N(40, 17, 2, 1, 0, 0, 0) },
	{ "linux-4.15-vhe", V8_2, PHASE_PUT, N(3, 2, 3, 0, 0, 0, 0) },
	{ "linux-4.15-nvhe", V8_2, PHASE_LOAD, N(4, 4, 1, 0, 2, 2, 2) },
	{ "linux-4.15-nvhe", V8_2, PHASE_ENTER, N(36, 39, 0, 0, 1, 1, 0) },
	{ "linux-4.15-nvhe", V8_2, PHASE_EXIT, N(41, 37, 1, 1, 0, 1, 0) },
	{ "linux-4.15-nvhe", V8_2, PHASE_PUT, N(7, 2, 1, 0, 2, 2, 0) },
	{ "linux-4.15-nvhe", V8_0, PHASE_ENTER, N(36, 39, 0, 0, 1, 1, 0) },
	{ "linux-4.15-nvhe", V8_0, PHASE_EXIT, N(41, 37, 1, 1, 0, 1, 0) },
#undef N
};

START_TEST(a_plain_hvc_round_trip_has_the_accesses_of_the_source)
{
	static const enum ws_counter counters[] = { CNT_read, CNT_write, CNT_isb, CNT_dsb, CNT_hvc,
						    CNT_eret, CNT_mmio };
	struct machine m = machine(expected[_i].features);
	struct ws_prog *p = compile(expected[_i].model, &m, NULL, 0);
	struct ws_totals t = totals(p, expected[_i].phase, HVC, 0);

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		enum ws_counter c = counters[i];

		ck_assert_msg(t.n[c] == expected[_i].n[c], "%s %s %s: %llu, want %u", expected[_i].model,
			      phase_name(expected[_i].phase), counter_name(c),
			      (unsigned long long)t.n[c], expected[_i].n[c]);
	}
	ws_free(p);
}
END_TEST

/* Per list register one write in, one read and one write out; with any in use ICH_HCR twice, ELRSR, VTR, APRs. */
START_TEST(list_registers_add_what_the_source_moves_for_them)
{
	struct machine m = machine(V8_2);
	struct ws_prog *p = compile("linux-4.15-vhe", &m, NULL, 0);
	uint64_t state = HVC | CND(LRS) | CND(LR_LIVE);

	for (unsigned lrs = 1; lrs <= 4; lrs++) {
		struct ws_totals in = totals(p, PHASE_ENTER, state, lrs);
		struct ws_totals out = totals(p, PHASE_EXIT, state, lrs);

		ck_assert_uint_eq(in.n[CNT_read], 13);
		ck_assert_uint_eq(in.n[CNT_write], 39 + 1 + 2 + lrs);
		ck_assert_uint_eq(out.n[CNT_read], 40 + 1 + 1 + 2 + lrs);
		ck_assert_uint_eq(out.n[CNT_write], 17 + 1 + lrs);
	}
	ws_free(p);
}
END_TEST

/* 4.15 knows none of these; with SPE the host's buffer is looked at under nVHE. */
START_TEST(features_that_came_later_change_nothing)
{
	struct machine old = machine(V8_2), new = machine(V8_2);
	const char *names[] = { "linux-4.15-vhe", "linux-4.15-nvhe" };

	new.features |= BIT(PAUTH) | BIT(SVE) | BIT(MTE) | BIT(FGT) | BIT(AMU) | BIT(HCX) | BIT(TCR2) |
			BIT(S1PIE) | BIT(S1POE) | BIT(CNTPOFF) | BIT(SPECULATIVE_AT) | BIT(BHB_LOOP) | BIT(SB);
	for (size_t k = 0; k < 2; k++) {
		struct ws_prog *a = compile(names[k], &old, NULL, 0);
		struct ws_prog *b = compile(names[k], &new, NULL, 0);

		for (unsigned ph = 0; ph <= PHASE_LAZY; ph++) {
			struct ws_totals ta = totals(a, (enum ws_phase)ph, HVC, 0);
			struct ws_totals tb = totals(b, (enum ws_phase)ph, HVC, 0);

			ck_assert_mem_eq(ta.n, tb.n, sizeof(ta.n));
		}
		ws_free(a);
		ws_free(b);
	}
}
END_TEST

START_TEST(fp_moves_on_both_sides_at_the_trap_and_at_the_exit)
{
	struct machine m = machine(V8_2);
	struct ws_prog *p = compile("linux-4.15-vhe", &m, NULL, 0);

	ck_assert_uint_eq(totals(p, PHASE_LAZY, HVC, 0).n[CNT_fpr], 64);
	ck_assert_uint_eq(totals(p, PHASE_EXIT, HVC, 0).n[CNT_fpr], 0);
	ck_assert_uint_eq(totals(p, PHASE_EXIT, HVC | CND(FP_OWNED), 0).n[CNT_fpr], 64);
	ck_assert(ws_fp_is_lazy(p));
	ws_free(p);
}
END_TEST

/* Each entry arms the trap again, and the host's own state is never left for later. */
START_TEST(fp_ownership_ends_with_the_exit)
{
	struct machine m = machine(V8_2);
	struct ws_prog *p = compile("linux-4.15-vhe", &m, NULL, 0);
	struct runner *r = runner_new(p, true);
	struct runner_vcpu *v = runner_vcpu(r, "vm");

	for (int i = 0; i < 2; i++) {
		(void)runner_run(r, v, ws_phase_comp(p, PHASE_LOAD), 0, 0);
		(void)runner_run(r, v, ws_phase_comp(p, PHASE_ENTER), 0, 0);
		ck_assert(runner_needs_fp(r, v));
		ck_assert_uint_eq(runner_run(r, v, ws_phase_comp(p, PHASE_LAZY), 0, 0)->n[CNT_fpr], 64);
		ck_assert(!runner_needs_fp(r, v));
		ck_assert_uint_eq(runner_run(r, v, ws_phase_comp(p, PHASE_EXIT), HVC, 0)->n[CNT_fpr], 64);
		ck_assert(runner_needs_fp(r, v));
		ck_assert_uint_eq(v->state & CND(FOREIGN_FP), 0);
	}
	runner_free(r);
	ws_free(p);
}
END_TEST

START_TEST(exit_kinds_that_are_hvcs_say_so)
{
	ck_assert_uint_eq(exit_row(EXIT_hvc_unknown)->state, HVC);
	ck_assert_uint_eq(exit_row(EXIT_smc_unknown)->state, CND(SYNC) | CND(SKIP_INSN));
}
END_TEST

START_TEST(only_an_hvc_of_the_guest_makes_the_vector_look_at_vttbr)
{
	struct machine m = machine(V8_2);
	struct ws_prog *p = compile("linux-4.15-vhe", &m, NULL, 0);
	uint64_t hvc = totals(p, PHASE_EXIT, HVC, 0).n[CNT_read];

	ck_assert_uint_eq(totals(p, PHASE_EXIT, CND(SYNC), 0).n[CNT_read], hvc - 1);
	ck_assert_uint_eq(totals(p, PHASE_EXIT, CND(SYNC) | CND(ABORT), 0).n[CNT_read], hvc - 1 + 2);
	ck_assert_uint_eq(totals(p, PHASE_EXIT, CND(IRQ), 0).n[CNT_read], hvc - 3);
	ws_free(p);
}
END_TEST

/* What the 2018 series did: EL1 and thread registers stay in the CPU from vcpu_load to vcpu_put. */
START_TEST(deferring_el1_and_user_takes_them_off_the_round_trip)
{
	static const struct policy series[] = { { GRP_el1, POL_DEFERRED }, { GRP_user, POL_DEFERRED } };
	struct machine m = machine(V8_2);
	struct ws_prog *p = compile("linux-4.15-vhe", &m, series, 2);

	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];

		if (op->phase == PHASE_ENTER || op->phase == PHASE_EXIT)
			ck_assert_msg(op->reg == SR_PAR_EL1 || (op->group != GRP_el1 && op->group != GRP_user),
				      "%s of %s stays", ws_opcode_row((enum ws_opcode)op->opcode)->name,
				      op->reg == SR_NONE ? "no register" : sysreg_name((enum sysreg)op->reg));
	}
	/* 20 registers and TPIDR_EL1, TPIDR_EL0, TPIDRRO_EL0; of the last three the host's too. */
	ck_assert_uint_eq(totals(p, PHASE_ENTER, HVC, 0).n[CNT_read], 13 - 3);
	ck_assert_uint_eq(totals(p, PHASE_ENTER, HVC, 0).n[CNT_write], 39 - 23);
	ck_assert_uint_eq(totals(p, PHASE_EXIT, HVC, 0).n[CNT_read], 40 - 23);
	ck_assert_uint_eq(totals(p, PHASE_EXIT, HVC, 0).n[CNT_write], 17 - 3);
	ck_assert(ws_reg_deferred(p, SR_SCTLR_EL1));
	ws_free(p);
}
END_TEST

/* The host of 4.15 keeps nothing in EL1 registers that VHE would have to save, and everything under nVHE. */
START_TEST(vhe_saves_only_the_common_registers_of_the_host)
{
	struct machine m = machine(V8_2);
	const char *names[] = { "linux-4.15-vhe", "linux-4.15-nvhe" };

	for (size_t k = 0; k < 2; k++) {
		struct ws_prog *p = compile(names[k], &m, NULL, 0);
		unsigned saved = 0, restored = 0;

		for (size_t i = 0; i < p->n; i++) {
			const struct ws_op *op = &p->op[i];
			bool plain = op->guard.on == 0 && op->guard.off == 0 && op->side == SIDE_HOST;

			saved += plain && op->phase == PHASE_ENTER && op->opcode == OP_MRS;
			restored += plain && op->phase == PHASE_EXIT && op->opcode == OP_MSR;
		}
		ck_assert_uint_eq(saved, k == 0 ? 8 : 28);
		ck_assert_uint_eq(restored, saved);
		ws_free(p);
	}
}
END_TEST

enum { HOST = 1 << 16, GUEST = 2 << 16, CHANGED = 3 << 16, GUEST_CONTROL = 4 << 16, HOST_CONTROL = 5 << 16 };

static void fill(uint64_t *v, uint64_t what)
{
	for (unsigned r = 0; r < SR_COUNT; r++)
		v[r] = what | r;
}

/* What the guest changes arrives in its context; what the host had is in the CPU again. */
START_TEST(values_survive_a_round_trip_on_both_sides)
{
	const char *model = _i == 0 ? "linux-4.15-vhe" : "linux-4.15-nvhe";
	struct machine m = machine(V8_2);
	struct ws_prog *p = compile(model, &m, NULL, 0);
	uint64_t hw[SR_COUNT], host[SR_COUNT], guest[SR_COUNT], gcfg[SR_COUNT], hcfg[SR_COUNT];
	struct ws_values v = { hw, host, guest, gcfg, hcfg };
	struct ws_totals t = { .cycles = 0 };

	fill(hw, HOST);
	fill(host, 0);
	fill(guest, GUEST);
	fill(gcfg, GUEST_CONTROL);
	fill(hcfg, HOST_CONTROL);
	ws_run_detailed(p, ws_phase_comp(p, PHASE_ENTER), HVC, 0, &v, &t, NULL);
	ck_assert_uint_eq(hw[SR_SCTLR_EL1], GUEST | SR_SCTLR_EL1);
	ck_assert_uint_eq(hw[SR_ELR_EL2], GUEST | SR_ELR_EL2);
	ck_assert_uint_eq(hw[SR_HCR_EL2], GUEST_CONTROL | SR_HCR_EL2);
	fill(hw, CHANGED);
	ws_run_detailed(p, ws_phase_comp(p, PHASE_EXIT), HVC, 0, &v, &t, NULL);
	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];
		uint64_t r = op->reg;

		if (op->phase != PHASE_EXIT || !ws_op_holds(op, HVC) || r == SR_NONE || op->per_lr)
			continue;
		if (op->opcode == OP_MRS && op->side == SIDE_GUEST)
			ck_assert_msg(guest[r] == (CHANGED | r), "%s of the guest", sysreg_name((enum sysreg)r));
		if (op->opcode == OP_MSR && op->side == SIDE_HOST)
			ck_assert_msg(hw[r] == (HOST | r), "%s of the host", sysreg_name((enum sysreg)r));
		if (op->opcode == OP_MSR && op->side == SIDE_HCFG)
			ck_assert_msg(hw[r] == (HOST_CONTROL | r), "%s for the host", sysreg_name((enum sysreg)r));
	}
	ws_free(p);
}
END_TEST

/* docs/switch-4.15-to-6.12.md shows these lines; the tables decide what they say. */
START_TEST(the_document_on_what_moved_agrees_with_the_tables)
{
	static const char *const names[] = { "linux-4.15-vhe", "linux-6.12-vhe", "linux-4.15-nvhe", "linux-6.12-nvhe" };
	struct machine m = machine(V8_2);
	struct str text = slurp(EL2SIM_SOURCE_DIR "/docs/switch-4.15-to-6.12.md");
	char line[200];

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		struct ws_prog *p = compile(names[k], &m, NULL, 0);
		int n = snprintf(line, sizeof(line), "| %s |", names[k]);

		for (unsigned ph = 0; ph <= PHASE_PUT; ph++) {
			struct ws_totals t = totals(p, (enum ws_phase)ph, HVC, 0);

			n += snprintf(line + n, sizeof(line) - (size_t)n, " %u / %u |", (unsigned)t.n[CNT_read],
				      (unsigned)t.n[CNT_write]);
		}
		ck_assert_msg(strstr(str_get(&text), line) != NULL, "want the line: %s", line);
		ws_free(p);
	}
	str_free(&text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("steps_4_15");
	TCase *tc = tcase_create("tables");

	tcase_add_loop_test(tc, a_plain_hvc_round_trip_has_the_accesses_of_the_source, 0,
			    (int)(sizeof(expected) / sizeof(expected[0])));
	tcase_add_test(tc, list_registers_add_what_the_source_moves_for_them);
	tcase_add_test(tc, features_that_came_later_change_nothing);
	tcase_add_test(tc, fp_moves_on_both_sides_at_the_trap_and_at_the_exit);
	tcase_add_test(tc, fp_ownership_ends_with_the_exit);
	tcase_add_test(tc, exit_kinds_that_are_hvcs_say_so);
	tcase_add_test(tc, only_an_hvc_of_the_guest_makes_the_vector_look_at_vttbr);
	tcase_add_test(tc, deferring_el1_and_user_takes_them_off_the_round_trip);
	tcase_add_loop_test(tc, values_survive_a_round_trip_on_both_sides, 0, 2);
	tcase_add_test(tc, the_document_on_what_moved_agrees_with_the_tables);
	tcase_add_test(tc, vhe_saves_only_the_common_registers_of_the_host);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
