// SPDX-License-Identifier: Apache-2.0
/* The PMU of a guest: what counters count, where they end, who may touch them. */
#include <check.h>

#include "models/dev/pmu.h"
#include "tests/suite.h"

#define CYCLE ((uint64_t)1 << PMU_CYCLE)
#define NOT_EL1 ((uint32_t)1 << 31)
enum { E = 1, P = 2, C = 4, LC = 1 << 6, INST_RETIRED = 8, CPU_CYCLES = 0x11, MEM_ACCESS = 0x13, CHAIN = 0x1e, NOT_EL0 = 1 << 30,
       NSK = 1 << 29 };

static void set(struct pmu *p, enum a64_reg reg, uint64_t value)
{
	ck_assert(pmu_write(p, reg, false, value));
}

static uint64_t get(struct pmu *p, enum a64_reg reg)
{
	uint64_t value = 0;

	ck_assert(pmu_read(p, reg, false, &value));
	return value;
}

/* Counters on, with event and value. */
static void begin(struct pmu *p, uint64_t type0, uint64_t value0, uint64_t type1, uint64_t value1)
{
	pmu_init(p);
	set(p, A64_R_PMEVTYPER0_EL0, type0);
	set(p, A64_R_PMEVCNTR0_EL0, value0);
	set(p, A64_R_PMSELR_EL0, 1);
	set(p, A64_R_PMXEVTYPER_EL0, type1);
	set(p, A64_R_PMXEVCNTR_EL0, value1);
	set(p, A64_R_PMCNTENSET_EL0, UINT64_MAX);
	set(p, A64_R_PMCR_EL0, E);
}

/* So much more of each source, at EL0 and EL1. */
static bool executed(struct pmu *p, uint64_t el0, uint64_t el1)
{
	struct pmu_counts now = p->seen;

	for (unsigned s = 0; s < PMU_SOURCES; s++) {
		now.n[0][s] += el0;
		now.n[1][s] += el1;
	}
	return pmu_count(p, &now);
}

START_TEST(counters_count_where_they_are_let)
{
	static const struct {
		uint32_t filter;
		uint64_t want;
	} rows[] = {{0, 15}, {NOT_EL1, 5}, {NOT_EL0, 10}, {NOT_EL1 | NSK, 15}, {NSK, 5}, {NOT_EL1 | NOT_EL0, 0}};
	struct pmu p;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(&p, INST_RETIRED | rows[i].filter, 100, 0xea, 7);
		ck_assert(!executed(&p, 5, 10));
		ck_assert_uint_eq(get(&p, A64_R_PMEVCNTR0_EL0), 100 + rows[i].want);
		ck_assert_uint_eq(get(&p, A64_R_PMEVCNTR1_EL0), 7); /* an event that is not implemented */
		ck_assert_uint_eq(get(&p, A64_R_PMCCNTR_EL0), 15);
		set(&p, A64_R_PMCNTENCLR_EL0, 1);
		(void)executed(&p, 5, 10);
		ck_assert_uint_eq(get(&p, A64_R_PMEVCNTR0_EL0), 100 + rows[i].want);
		set(&p, A64_R_PMCR_EL0, P | C);
		(void)executed(&p, 5, 10);
		ck_assert_uint_eq(get(&p, A64_R_PMEVCNTR0_EL0) + get(&p, A64_R_PMCCNTR_EL0), 0);
	}
}
END_TEST

START_TEST(a_counter_that_goes_over_its_end_says_so_and_its_neighbour_counts_it)
{
	struct pmu p;

	begin(&p, MEM_ACCESS, UINT32_MAX - 9, CHAIN, 3);
	ck_assert_uint_eq(pmu_room(&p), 10);
	ck_assert(!executed(&p, 0, 9));
	ck_assert_uint_eq(pmu_room(&p), 1);
	ck_assert(executed(&p, 0, 3));
	ck_assert_uint_eq(get(&p, A64_R_PMEVCNTR0_EL0), 2);
	ck_assert_uint_eq(get(&p, A64_R_PMEVCNTR1_EL0), 4);
	ck_assert_uint_eq(get(&p, A64_R_PMOVSCLR_EL0), 1);
	set(&p, A64_R_PMEVCNTR0_EL0, UINT32_MAX);
	set(&p, A64_R_PMEVCNTR1_EL0, UINT32_MAX);
	ck_assert(executed(&p, 0, 1));
	ck_assert_uint_eq(get(&p, A64_R_PMOVSSET_EL0), 3);
	ck_assert(!pmu_line(&p)); /* nobody asked for interrupts */
	set(&p, A64_R_PMINTENSET_EL1, 2);
	ck_assert(pmu_line(&p));
	set(&p, A64_R_PMOVSCLR_EL0, 2);
	ck_assert(!pmu_line(&p));
}
END_TEST

START_TEST(the_cycle_counter_has_64_bits)
{
	struct pmu p;

	begin(&p, 0xea, 0, 0xea, 0);
	set(&p, A64_R_PMCCNTR_EL0, UINT32_MAX);
	ck_assert(!executed(&p, 0, 2));
	ck_assert_uint_eq(get(&p, A64_R_PMCCNTR_EL0), (uint64_t)UINT32_MAX + 2);
	set(&p, A64_R_PMCCNTR_EL0, UINT64_MAX);
	ck_assert_uint_eq(pmu_room(&p), 1);
	ck_assert(executed(&p, 0, 2));
	ck_assert_uint_eq(get(&p, A64_R_PMCCNTR_EL0), 1);
	ck_assert_uint_eq(get(&p, A64_R_PMOVSSET_EL0), CYCLE);
	set(&p, A64_R_PMCR_EL0, 0);
	ck_assert(!pmu_runs(&p) && p.used);
	ck_assert_uint_eq(pmu_room(&p), UINT64_MAX);
}
END_TEST

START_TEST(software_counts_by_itself)
{
	struct pmu p;

	begin(&p, 0, UINT32_MAX, CHAIN, 0);
	set(&p, A64_R_PMSWINC_EL0, 3); /* counter 1 counts something else */
	ck_assert_uint_eq(get(&p, A64_R_PMEVCNTR0_EL0), 0);
	ck_assert_uint_eq(get(&p, A64_R_PMEVCNTR1_EL0), 1);
	set(&p, A64_R_PMCR_EL0, 0);
	set(&p, A64_R_PMSWINC_EL0, 1);
	ck_assert_uint_eq(get(&p, A64_R_PMEVCNTR0_EL0), 0);
}
END_TEST

START_TEST(what_is_not_there_or_not_allowed_is_undefined)
{
	uint64_t value;
	struct pmu p;

	pmu_init(&p);
	ck_assert_uint_eq(get(&p, A64_R_PMCR_EL0), PMU_COUNTERS << 11 | LC);
	ck_assert(!pmu_read(&p, A64_R_PMEVCNTR6_EL0, false, &value) && pmu_read(&p, A64_R_PMEVCNTR5_EL0, false, &value));
	ck_assert(!pmu_write(&p, A64_R_PMEVTYPER6_EL0, false, 0) && !pmu_read(&p, A64_R_SCTLR_EL1, false, &value));
	set(&p, A64_R_PMSELR_EL0, 6);
	ck_assert(!pmu_read(&p, A64_R_PMXEVCNTR_EL0, false, &value));
	set(&p, A64_R_PMSELR_EL0, PMU_CYCLE);
	ck_assert(pmu_read(&p, A64_R_PMXEVTYPER_EL0, false, &value));
	/* EL0 */
	ck_assert(!pmu_read(&p, A64_R_PMCCNTR_EL0, true, &value) && pmu_read(&p, A64_R_PMUSERENR_EL0, true, &value));
	ck_assert(!pmu_write(&p, A64_R_PMUSERENR_EL0, true, 15));
	set(&p, A64_R_PMUSERENR_EL0, 4); /* CR */
	ck_assert(pmu_read(&p, A64_R_PMCCNTR_EL0, true, &value) && !pmu_write(&p, A64_R_PMCCNTR_EL0, true, 0));
	ck_assert(!pmu_read(&p, A64_R_PMCR_EL0, true, &value));
	set(&p, A64_R_PMUSERENR_EL0, 1); /* EN */
	ck_assert(pmu_read(&p, A64_R_PMCR_EL0, true, &value) && pmu_write(&p, A64_R_PMSWINC_EL0, true, 1));
	/* what it says that it counts */
	ck_assert_uint_eq(get(&p, A64_R_PMCEID0_EL0) >> INST_RETIRED & 1, 1);
	ck_assert_uint_eq(get(&p, A64_R_PMCEID0_EL0) >> CPU_CYCLES & 1, 1);
	ck_assert_uint_eq(get(&p, A64_R_PMCEID1_EL0), 2); /* BR_RETIRED */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dev_pmu");
	TCase *t = tcase_create("dev_pmu");

	tcase_add_test(t, counters_count_where_they_are_let);
	tcase_add_test(t, a_counter_that_goes_over_its_end_says_so_and_its_neighbour_counts_it);
	tcase_add_test(t, the_cycle_counter_has_64_bits);
	tcase_add_test(t, software_counts_by_itself);
	tcase_add_test(t, what_is_not_there_or_not_allowed_is_undefined);
	suite_add_tcase(s, t);
	return suite_status(s);
}
