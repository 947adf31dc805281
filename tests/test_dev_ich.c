// SPDX-License-Identifier: Apache-2.0
/* The virtual CPU interface: list registers, priorities, masks (Arm IHI 0069). */
#include <check.h>
#include <string.h>

#include "models/dev/ich.h"
#include "tests/suite.h"

static struct ich h;
static uint32_t deactivated;

static void note(void *owner, uint32_t pintid)
{
	(void)owner;
	deactivated = pintid;
}

static void begin(void)
{
	ich_init(&h, 4, 5);
	h.deactivated = note;
	deactivated = 0;
	ich_set_vmcr(&h, 0xf0u << ICH_VMCR_PMR | ICH_VMCR_ENG1 | ICH_VMCR_ENG0);
}

static uint64_t lr(uint32_t intid, unsigned priority)
{
	return intid | (uint64_t)priority << ICH_LR_PRIORITY | ICH_LR_GROUP1 | ICH_LR_PENDING;
}

static uint64_t rd(enum a64_reg reg)
{
	uint64_t v = 0;

	ck_assert_msg(ich_read(&h, reg, &v), "%s is not there", a64_reg_name(reg));
	return v;
}

static void wr(enum a64_reg reg, uint64_t v)
{
	ck_assert_msg(ich_write(&h, reg, v), "%s is not there", a64_reg_name(reg));
}

/* A direction that a row does not have is "none". */
static const struct {
	enum a64_reg reg;
	const char *reads, *writes;
} rows[] = {
#define ICC(reg, read, write, arg) {A64_R_##reg, #read, #write},
#include "models/dev/icc_regs.def"
};
enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

/* With all bits of priority and all list registers every row is there, in its directions only. */
START_TEST(a_row_answers_in_its_directions)
{
	uint64_t v;

	ich_init(&h, 16, 7);
	ck_assert_int_eq(ich_read(&h, rows[_i].reg, &v), strcmp(rows[_i].reads, "none") != 0);
	ck_assert_int_eq(ich_write(&h, rows[_i].reg, 0), strcmp(rows[_i].writes, "none") != 0);
}
END_TEST

START_TEST(what_is_not_implemented_is_undefined)
{
	uint64_t v;

	begin();
	ck_assert(ich_read(&h, A64_R_ICC_AP1R0_EL1, &v));
	ck_assert(!ich_read(&h, A64_R_ICC_AP1R1_EL1, &v));
	ck_assert(!ich_write(&h, A64_R_ICC_AP0R3_EL1, 0));
	ck_assert(ich_read(&h, A64_R_ICH_LR3_EL2, &v));
	ck_assert(!ich_read(&h, A64_R_ICH_LR4_EL2, &v));
	ck_assert(!ich_write(&h, A64_R_ICC_SGI1R_EL1, 0)); /* the GIC's */
	ck_assert(!ich_read(&h, A64_R_CNTVCT_EL0, &v));
}
END_TEST

START_TEST(acknowledge_takes_the_highest_priority)
{
	begin();
	h.lr[0] = lr(40, 0xa0);
	h.lr[1] = lr(41, 0x80);
	h.lr[2] = lr(42, 0x80);
	ck_assert_uint_eq(ich_lines(&h), A64_VIRQ);
	ck_assert_uint_eq(rd(A64_R_ICC_HPPIR1_EL1), 41);
	ck_assert_uint_eq(rd(A64_R_ICC_HPPIR0_EL1), ICH_SPURIOUS);
	ck_assert_uint_eq(rd(A64_R_ICC_IAR0_EL1), ICH_SPURIOUS);
	ck_assert_uint_eq(rd(A64_R_ICC_IAR1_EL1), 41);
	ck_assert_uint_eq(h.lr[1] & ICH_LR_STATE, ICH_LR_ACTIVE);
	ck_assert_uint_eq(rd(A64_R_ICC_RPR_EL1), 0x80);
	/* The same priority does not preempt. */
	ck_assert_uint_eq(ich_lines(&h), 0);
	ck_assert_uint_eq(rd(A64_R_ICC_IAR1_EL1), ICH_SPURIOUS);
	wr(A64_R_ICC_EOIR1_EL1, 41);
	ck_assert_uint_eq(h.lr[1] & ICH_LR_STATE, 0);
	ck_assert_uint_eq(rd(A64_R_ICC_RPR_EL1), ICH_IDLE);
	ck_assert_uint_eq(rd(A64_R_ICC_IAR1_EL1), 42);
}
END_TEST

/* One below the mask is signalled, at the mask it is not. */
START_TEST(the_mask_is_exclusive)
{
	begin();
	h.lr[0] = lr(40, 0x80);
	wr(A64_R_ICC_PMR_EL1, 0x80);
	ck_assert_uint_eq(ich_lines(&h), 0);
	ck_assert_uint_eq(rd(A64_R_ICC_HPPIR1_EL1), 40);
	wr(A64_R_ICC_PMR_EL1, 0x88);
	ck_assert_uint_eq(ich_lines(&h), A64_VIRQ);
	wr(A64_R_ICC_PMR_EL1, 0xff);
	ck_assert_uint_eq(rd(A64_R_ICC_PMR_EL1), 0xf8); /* 5 bits */
}
END_TEST

START_TEST(groups_have_lines_and_enables)
{
	begin();
	h.lr[0] = lr(40, 0x80) & ~ICH_LR_GROUP1;
	ck_assert_uint_eq(ich_lines(&h), A64_VFIQ);
	wr(A64_R_ICC_IGRPEN0_EL1, 0);
	ck_assert_uint_eq(ich_lines(&h), 0);
	h.lr[0] = lr(40, 0x80);
	ck_assert_uint_eq(ich_lines(&h), A64_VIRQ);
	wr(A64_R_ICC_IGRPEN1_EL1, 0);
	ck_assert_uint_eq(ich_lines(&h), 0);
	wr(A64_R_ICC_IGRPEN1_EL1, 1);
	h.hcr &= ~ICH_HCR_EN;
	ck_assert_uint_eq(ich_lines(&h), 0);
}
END_TEST

/* What preempts is the priority without what the binary point cuts off. */
START_TEST(the_binary_point_decides_about_preemption)
{
	begin();
	ck_assert_uint_eq(rd(A64_R_ICC_BPR1_EL1), 3);
	ck_assert_uint_eq(rd(A64_R_ICC_BPR0_EL1), 2);
	wr(A64_R_ICC_BPR1_EL1, 0);
	ck_assert_uint_eq(rd(A64_R_ICC_BPR1_EL1), 3);
	h.lr[0] = lr(40, 0x88);
	ck_assert_uint_eq(rd(A64_R_ICC_IAR1_EL1), 40);
	h.lr[1] = lr(41, 0x80);
	ck_assert_uint_eq(ich_lines(&h), A64_VIRQ);
	wr(A64_R_ICC_BPR1_EL1, 4);
	ck_assert_uint_eq(ich_lines(&h), A64_VIRQ); /* what is active was taken with the old one */
	wr(A64_R_ICC_EOIR1_EL1, 40);
	h.lr[0] = lr(40, 0x88);
	h.lr[1] = 0;
	ck_assert_uint_eq(rd(A64_R_ICC_IAR1_EL1), 40);
	h.lr[1] = lr(41, 0x80);
	ck_assert_uint_eq(ich_lines(&h), 0);
	wr(A64_R_ICC_CTLR_EL1, 1); /* CBPR */
	wr(A64_R_ICC_BPR0_EL1, 5);
	ck_assert_uint_eq(rd(A64_R_ICC_BPR1_EL1), 6);
	wr(A64_R_ICC_BPR1_EL1, 3);
	ck_assert_uint_eq(rd(A64_R_ICC_BPR1_EL1), 6);
}
END_TEST

START_TEST(preempted_ones_end_in_reverse)
{
	begin();
	h.lr[0] = lr(40, 0xa0);
	ck_assert_uint_eq(rd(A64_R_ICC_IAR1_EL1), 40);
	h.lr[1] = lr(41, 0x40);
	ck_assert_uint_eq(rd(A64_R_ICC_IAR1_EL1), 41);
	ck_assert_uint_eq(rd(A64_R_ICC_RPR_EL1), 0x40);
	wr(A64_R_ICC_EOIR1_EL1, 41);
	ck_assert_uint_eq(rd(A64_R_ICC_RPR_EL1), 0xa0);
	wr(A64_R_ICC_EOIR1_EL1, 40);
	ck_assert_uint_eq(rd(A64_R_ICC_RPR_EL1), ICH_IDLE);
	ck_assert_uint_eq(ich_elrsr(&h), 0xf);
}
END_TEST

START_TEST(split_end_drops_first_and_deactivates_later)
{
	begin();
	wr(A64_R_ICC_CTLR_EL1, 2);
	ck_assert_uint_eq(rd(A64_R_ICC_CTLR_EL1) & 3, 2);
	h.lr[0] = lr(40, 0x80) | ICH_LR_HW | ICH_LR_PINTID(77);
	ck_assert_uint_eq(rd(A64_R_ICC_IAR1_EL1), 40);
	wr(A64_R_ICC_EOIR1_EL1, 40);
	ck_assert_uint_eq(rd(A64_R_ICC_RPR_EL1), ICH_IDLE);
	ck_assert_uint_eq(h.lr[0] & ICH_LR_STATE, ICH_LR_ACTIVE);
	ck_assert_uint_eq(deactivated, 0);
	wr(A64_R_ICC_DIR_EL1, 40);
	ck_assert_uint_eq(h.lr[0] & ICH_LR_STATE, 0);
	ck_assert_uint_eq(deactivated, 77);
	/* DIR without EOImode does nothing. */
	wr(A64_R_ICC_CTLR_EL1, 0);
	h.lr[0] = (lr(40, 0x80) & ~ICH_LR_STATE) | ICH_LR_ACTIVE;
	wr(A64_R_ICC_DIR_EL1, 40);
	ck_assert_uint_eq(h.lr[0] & ICH_LR_STATE, ICH_LR_ACTIVE);
}
END_TEST

START_TEST(ends_without_a_list_register_are_counted)
{
	begin();
	h.hcr |= ICH_HCR_LRENPIE;
	wr(A64_R_ICC_EOIR1_EL1, 50); /* nothing is active: not counted */
	ck_assert_uint_eq(h.hcr >> ICH_HCR_EOICOUNT, 0);
	h.lr[0] = lr(40, 0x80);
	ck_assert_uint_eq(rd(A64_R_ICC_IAR1_EL1), 40);
	wr(A64_R_ICC_EOIR1_EL1, ICH_SPURIOUS);
	ck_assert_uint_eq(rd(A64_R_ICC_RPR_EL1), 0x80);
	wr(A64_R_ICC_EOIR1_EL1, 50);
	ck_assert_uint_eq(h.hcr >> ICH_HCR_EOICOUNT, 1);
	ck_assert_uint_eq(ich_misr(&h) & ICH_MISR_LRENP, ICH_MISR_LRENP);
	ck_assert(ich_maintenance(&h));
	ck_assert_uint_eq(h.lr[0] & ICH_LR_STATE, ICH_LR_ACTIVE);
}
END_TEST

START_TEST(maintenance_has_its_reasons)
{
	begin();
	ck_assert_uint_eq(ich_misr(&h), 0);
	h.hcr |= ICH_HCR_UIE;
	ck_assert_uint_eq(ich_misr(&h), ICH_MISR_U);
	h.lr[0] = lr(40, 0x80);
	ck_assert_uint_eq(ich_misr(&h), ICH_MISR_U);
	h.lr[1] = lr(41, 0x80);
	ck_assert_uint_eq(ich_misr(&h), 0);
	h.hcr = ICH_HCR_EN | ICH_HCR_NPIE;
	ck_assert_uint_eq(ich_misr(&h), 0);
	h.lr[0] = h.lr[1] = 0;
	ck_assert_uint_eq(ich_misr(&h), ICH_MISR_NP);
	h.hcr = ICH_HCR_EN;
	h.lr[2] = 50 | ICH_LR_EOI;
	ck_assert_uint_eq(ich_eisr(&h), 4);
	ck_assert_uint_eq(ich_elrsr(&h), 0xb);
	ck_assert_uint_eq(ich_misr(&h), ICH_MISR_EOI);
	h.hcr = 0;
	ck_assert(!ich_maintenance(&h));
	h.lr[2] = 0;
	h.hcr = ICH_HCR_EN | ICH_HCR_VGRP1DIE | ICH_HCR_VGRP0EIE;
	ck_assert_uint_eq(ich_misr(&h), ICH_HCR_VGRP0EIE);
	wr(A64_R_ICC_IGRPEN1_EL1, 0);
	ck_assert_uint_eq(ich_misr(&h), ICH_HCR_VGRP0EIE | ICH_HCR_VGRP1DIE);
}
END_TEST

START_TEST(the_type_register_says_what_there_is)
{
	ich_init(&h, 16, 7);
	ck_assert_uint_eq(rd(A64_R_ICH_VTR_EL2) & 0x1f, 15);
	ck_assert_uint_eq(rd(A64_R_ICH_VTR_EL2) >> 29, 6);
	ck_assert_uint_eq(rd(A64_R_ICC_CTLR_EL1) >> 8 & 7, 6);
	ck_assert_uint_eq(rd(A64_R_ICC_SRE_EL1), 7);
	ck_assert_uint_eq(rd(A64_R_ICC_BPR0_EL1), 0);
	ck_assert_uint_eq(rd(A64_R_ICC_BPR1_EL1), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dev_ich");
	TCase *t = tcase_create("interface");

	tcase_add_loop_test(t, a_row_answers_in_its_directions, 0, N_ROWS);
	tcase_add_test(t, what_is_not_implemented_is_undefined);
	tcase_add_test(t, acknowledge_takes_the_highest_priority);
	tcase_add_test(t, the_mask_is_exclusive);
	tcase_add_test(t, groups_have_lines_and_enables);
	tcase_add_test(t, the_binary_point_decides_about_preemption);
	tcase_add_test(t, preempted_ones_end_in_reverse);
	tcase_add_test(t, split_end_drops_first_and_deactivates_later);
	tcase_add_test(t, ends_without_a_list_register_are_counted);
	tcase_add_test(t, maintenance_has_its_reasons);
	tcase_add_test(t, the_type_register_says_what_there_is);
	suite_add_tcase(s, t);
	return suite_status(s);
}
