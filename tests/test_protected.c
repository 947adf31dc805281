/* SPDX-License-Identifier: Apache-2.0 */
/* Linux 6.1 in protected mode: nVHE, but for the host's stage 2, which comes back with its VTCR_EL2. */
#include <string.h>

#include "models/hyp/measured/verify.h"
#include "tests/suite.h"
#include "tests/ws_fixture.h"

static uint64_t count(const struct verify_case *c, enum ref_op op, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->item[i].op == op && strcmp(c->item[i].name, name) == 0)
			return c->item[i].sim;
	return 0;
}

static uint64_t all(const struct verify_case *c)
{
	uint64_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->item[i].sim;
	return n;
}

static void simulate(struct verify_case *c, const char *exit, const struct ws_prog *p)
{
	*c = (struct verify_case){ .cfg = 0 };
	(void)snprintf(c->exit, sizeof(c->exit), "%s", exit);
	verify_simulate(c, p);
}

static void drop(struct verify_case *c)
{
	for (size_t i = 0; i < c->n; i++)
		str_free(&c->item[i].functions);
	free(c->item);
}

/* Times that the host's stage 2 comes back in a kind: at exits, and after TLB maintenance under another VMID. */
static uint64_t returns(enum exit_kind kind, const struct ws_prog *p)
{
	const struct exit_row *row = exit_row(kind);
	uint64_t n = 0;

	for (unsigned i = 0; i < row->n; i++) {
		enum ws_comp comp = exit_step_comp(p->config.model, &row->step[i]);
		uint64_t state = exit_step_state(row, i);

		for (size_t k = p->comp[comp].first; k < p->comp[comp].first + p->comp[comp].n; k++) {
			const struct ws_op *op = &p->op[k];

			if (op->reg == SR_VTTBR_EL2 && op->side == SIDE_HCFG && (op->guard.on & ~state) == 0 &&
			    (op->guard.off & state) == 0)
				n++;
		}
	}
	return n;
}

START_TEST(every_kind_is_nvhe_and_a_vtcr_for_each_return_of_the_host)
{
	struct fixture fx;

	fixture_load(&fx);
	for (size_t i = 0; i < fx.n; i++) {
		const struct machine *m = &fx.machine[i].m;
		struct ws_prog *nvhe = fixture_compile(ws_model_by_name("linux-6.1-nvhe"), m, 0);
		struct ws_prog *pkvm = fixture_compile(ws_model_by_name("linux-6.1-protected"), m, 0);
		uint64_t more = 0;

		ck_assert_uint_eq(nvhe->known | CND(HOST_S2), pkvm->known);
		for (unsigned k = 0; k < EXIT_COUNT; k++) {
			const char *exit = exit_row((enum exit_kind)k)->name;
			uint64_t n = returns((enum exit_kind)k, pkvm);
			struct verify_case a, b;

			simulate(&a, exit, nvhe);
			simulate(&b, exit, pkvm);
			for (size_t r = 0; r < b.n; r++) {
				uint64_t want = count(&a, b.item[r].op, b.item[r].name);

				if (b.item[r].op == REF_OP_write && strcmp(b.item[r].name, "vtcr_el2") == 0)
					want += n;
				if (b.item[r].op == REF_OP_isb && machine_has(m, FEAT_SPECULATIVE_AT))
					want += n;
				ck_assert_msg(b.item[r].sim == want, "%s, %s: %s %s: %llu, want %llu", fx.machine[i].file, exit,
					      ref_op_name(b.item[r].op), b.item[r].name, (unsigned long long)b.item[r].sim,
					      (unsigned long long)want);
			}
			more += count(&b, REF_OP_write, "vtcr_el2") - count(&a, REF_OP_write, "vtcr_el2");
			if (!machine_has(m, FEAT_SPECULATIVE_AT)) /* else the ISB beside it */
				ck_assert_msg(n * 50 <= all(&a), "%s: %llu more than %llu", exit, (unsigned long long)n, (unsigned long long)all(&a));
			drop(&a);
			drop(&b);
		}
		ck_assert_uint_gt(more, 50);
		ws_free(nvhe);
		ws_free(pkvm);
	}
	fixture_free(&fx);
}
END_TEST

/* The vCPU is the host's own: no copy of its flags, no FP state of the hypervisor part, no key switches for the host. */
START_TEST(the_hosts_vcpu_is_run_directly)
{
	struct fixture_machine cpu;
	const struct ws_model *m = ws_model_by_name("linux-6.1-protected");
	struct ws_prog *p;

	fixture_machine_from(&cpu, EL2SIM_SOURCE_DIR "/configs/machine/qemu-max.ini", NULL);
	p = fixture_compile(m, &cpu.m, CND(VPMU) | CND(VSVE) | CND(VPAUTH));
	ck_assert(!ws_mode_e2h(m->mode));
	ck_assert_uint_eq(p->known & CND(PKVM), 0);
	for (size_t i = 0; i < p->n; i++)
		ck_assert_str_ne(p->op[i].step->function, "__hyp_sve_save_host");
	ws_free(p);
	opt_free(cpu.set);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("protected");
	TCase *t = tcase_create("6.1");

	tcase_add_test(t, every_kind_is_nvhe_and_a_vtcr_for_each_return_of_the_host);
	tcase_add_test(t, the_hosts_vcpu_is_run_directly);
	suite_add_tcase(s, t);
	return suite_status(s);
}
