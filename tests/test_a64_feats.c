// SPDX-License-Identifier: Apache-2.0
/* What a feature that a core has not takes away: registers, controls of translation; and what PAR_EL1 says of a page. */
#include <check.h>

#include "models/cpu/a64/a64_impl.h"
#include "tests/a64/bench.h"
#include "tests/suite.h"

/* A core without features beyond these, with a page of tables for 39 bits: a user page that no access was made to at 0x8000. */
static struct bench *plain(const uint32_t *words, unsigned n, uint64_t feats)
{
	struct bench *b = bench_new(words, n, 1);
	struct a64_bus bus = b->c->bus;
	const uint64_t l1 = 0x11003, l2 = 0x12003, code = 0x703, user = 0x8343; /* SH 3; AP 1 */

	a64_free(b->c);
	b->c = a64_new(&bus, feats, 1, 1);
	memcpy(b->ram + 0x10000, &l1, 8);
	memcpy(b->ram + 0x11000, &l2, 8);
	memcpy(b->ram + 0x12000, &code, 8);
	memcpy(b->ram + 0x12000 + 8 * 8, &user, 8);
	b->c->x[0] = 0x8000;
	b->c->reg[A64_R_TTBR0_EL1] = 0x10000;
	b->c->reg[A64_R_TCR_EL1] = 25 | 1 << 23; /* EPD1 */
	b->c->reg[A64_R_MAIR_EL1] = 0xff;
	b->c->reg[A64_R_SCTLR_EL1] = 1 | 1 << 23; /* M, SPAN */
	return b;
}

START_TEST(a_register_of_a_feature_that_is_not_there_is_undefined)
{
	static const struct {
		enum a64_reg reg;
		enum a64_feat feat;
	} rows[] = {
#define A64_NEEDS(name, feat) {A64_R_##name, A64_FEAT_##feat},
#include "models/cpu/a64/a64_kinds.def"
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned has = 0; has < 2; has++) {
			unsigned op[5];
			uint32_t word = 0xd5300001; /* MRS x1, ... */
			struct bench *b;

			a64_reg_encoding(rows[i].reg, op);
			word |= (op[0] - 2) << 19 | op[1] << 16 | op[2] << 12 | op[3] << 8 | op[4] << 5;
			b = bench_new(&word, 1, 1);
			a64_free(b->c);
			b->c = a64_new(&(struct a64_bus){.owner = b, .ram = bench_ram},
				      A64_FEATS_ALL & ~((uint64_t)!has << rows[i].feat | (uint64_t)1 << A64_FEAT_FGT), 1, 1);
			b->c->reg[A64_R_VBAR_EL1] = 0x10000;
			b->c->reg[A64_R_CPACR_EL1] = 3 << 20 | 3 << 16;
			b->c->reg[A64_R_HCR_EL2] = (uint64_t)1 << 31 | (uint64_t)3 << 40 | (uint64_t)1 << 56; /* RW, API, APK, ATA */
			(void)a64_run(b->c, 1);
			ck_assert_msg(b->c->pc == (has ? 4 : 0x10200), "%s, %s its feature: pc 0x%" PRIx64, a64_reg_name(rows[i].reg),
				      has ? "with" : "without", b->c->pc);
			bench_free(b);
		}
}
END_TEST

START_TEST(controls_of_translation_are_res0_without_their_feature)
{
	static const struct {
		enum a64_feat feat;
		uint64_t tcr;   /* set in TCR_EL1 */
		unsigned el, with, without; /* status of the abort of LDR x1, [x0]; 0: none */
	} cases[] = {
		{A64_FEAT_HAFDBS, (uint64_t)1 << 39, 1, 0, 0x0b}, /* HA: the access flag of level 3 */
		{A64_FEAT_E0PD, (uint64_t)1 << 55 | (uint64_t)1 << 39, 0, 0x04, 0},
		{A64_FEAT_TGRAN16, (uint64_t)2 << 14 | (uint64_t)1 << 39, 1, 0x07, 0}, /* 4 KiB is what there is */
		{A64_FEAT_HPDS, (uint64_t)1 << 41 | (uint64_t)1 << 39, 1, 0, 0x0f}, /* APTable of level 2 says no */
	};
	const uint32_t load = 0xf9400001;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned has = 0; has < 2; has++) {
			struct bench *b = plain(&load, 1, A64_FEATS_ALL & ~((uint64_t)!has << cases[i].feat));
			const unsigned want = has ? cases[i].with : cases[i].without;
			uint64_t pa;

			if (cases[i].feat == A64_FEAT_HPDS) {
				const uint64_t l2 = 0x12003 | (uint64_t)1 << 61; /* EL0 may not */

				memcpy(b->ram + 0x11000, &l2, 8);
			}
			b->c->reg[A64_R_TCR_EL1] |= cases[i].tcr;
			b->c->ps.el = (uint8_t)(cases[i].feat == A64_FEAT_HPDS ? 0 : cases[i].el);
			ck_assert_msg(a64_translate(b->c, 0x8000, A64_READ, b->c->ps.el != 0, &pa) == (want == 0), "%u, %u", i, has);
			if (want != 0)
				ck_assert_uint_eq(b->c->reg[A64_R_ESR_EL1] & 0x3f, want);
			bench_free(b);
		}
}
END_TEST

START_TEST(par_has_attributes_and_shareability_of_the_tables)
{
	static const struct {
		uint64_t mair, sh, par;
	} cases[] = {
		{0xff, 3, (uint64_t)0xff << 56 | 3 << 7}, {0xff, 0, (uint64_t)0xff << 56}, {0xbb, 2, (uint64_t)0xbb << 56 | 2 << 7},
		{0x44, 0, (uint64_t)0x44 << 56 | 2 << 7}, {0x04, 0, (uint64_t)0x04 << 56 | 2 << 7}, /* no cache, Device: Outer Shareable */
	};
	const uint32_t at = 0xd5087800; /* AT S1E1R, x0 */

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench *b = plain(&at, 1, A64_FEATS_ALL);
		const uint64_t user = 0x8403 | cases[i].sh << 8, code = 0x707; /* its own attributes: index 1 */

		memcpy(b->ram + 0x12000, &code, 8);
		memcpy(b->ram + 0x12000 + 8 * 8, &user, 8);
		b->c->reg[A64_R_MAIR_EL1] = cases[i].mair | 0xff00;
		ck_assert_int_eq(a64_run(b->c, 1), A64_STOP_BUDGET);
		ck_assert_uint_eq(b->c->reg[A64_R_PAR_EL1], 0x8000 | 1 << 11 | 1 << 9 | cases[i].par);
		bench_free(b);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("a64_feats");
	TCase *tc = tcase_create("a64_feats");

	tcase_add_test(tc, a_register_of_a_feature_that_is_not_there_is_undefined);
	tcase_add_test(tc, controls_of_translation_are_res0_without_their_feature);
	tcase_add_test(tc, par_has_attributes_and_shareability_of_the_tables);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
