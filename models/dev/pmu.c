/* SPDX-License-Identifier: Apache-2.0 */
#include "models/dev/pmu.h"

#include <string.h>

/* PMCR_EL0, PMUSERENR_EL0, PMEVTYPERn_EL0 */
enum { PMCR_E = 1 << 0, PMCR_P = 1 << 1, PMCR_C = 1 << 2, PMCR_LC = 1 << 6, PMCR_KEPT = 0x79, USER_EN = 1, USER_SW = 2, USER_CR = 4, USER_ER = 8 };
#define TYPE_EVENT 0xffffu
#define TYPE_FILTER 0xf8000000u /* P, U, NSK, NSU, NSH */
#define COUNTERS ((uint32_t)1 << PMU_CYCLE | ((1u << PMU_COUNTERS) - 1))

static const struct {
	uint16_t number;
	enum pmu_source source;
} events[] = {
#define PMU_EVENT(number, name, source) {number, PMU_##source},
#include "models/dev/pmu_events.def"
};

void pmu_init(struct pmu *p)
{
	memset(p, 0, sizeof(*p));
	p->pmcr = PMCR_LC; /* no AArch32 */
}

/* ---- counting ---- */

static enum pmu_source source_of(const struct pmu *p, unsigned i)
{
	const unsigned number = p->type[i] & TYPE_EVENT;

	if (i == PMU_CYCLE)
		return PMU_CYCLES;
	for (size_t k = 0; k < sizeof(events) / sizeof(events[0]); k++)
		if (events[k].number == number)
			return events[k].source;
	return PMU_NOTHING;
}

static bool counts(const struct pmu *p, unsigned i)
{
	return (p->pmcr & PMCR_E) && (p->enabled >> i & 1);
}

static bool is_wide(const struct pmu *p, unsigned i)
{
	return i == PMU_CYCLE && (p->pmcr & PMCR_LC);
}

/* Adds to a counter; true: it went over its end. The one above it counts that, if it is chained. */
static bool add(struct pmu *p, unsigned i, uint64_t n)
{
	const uint64_t was = p->count[i];
	bool over;

	p->count[i] = is_wide(p, i) || i == PMU_CYCLE ? was + n : (uint32_t)(was + n);
	over = is_wide(p, i) ? was + n < was : (was & UINT32_MAX) + n > UINT32_MAX;
	if (!over)
		return false;
	p->overflowed |= (uint32_t)1 << i;
	if (i % 2 == 0 && i + 1 < PMU_COUNTERS && counts(p, i + 1) && source_of(p, i + 1) == PMU_OVERFLOW)
		(void)add(p, i + 1, 1);
	return true;
}

/* Is an EL excluded (P and NSK, U and NSU)? */
static bool excludes(uint32_t type, unsigned el)
{
	return (type >> (el == 1 ? 31 : 30) & 1) != (type >> (el == 1 ? 29 : 28) & 1);
}

bool pmu_count(struct pmu *p, const struct pmu_counts *now)
{
	bool over = false;

	for (unsigned i = 0; i < 32 && (p->pmcr & PMCR_E); i++) {
		const enum pmu_source s = source_of(p, i);
		uint64_t n = 0;

		if (!counts(p, i) || s >= PMU_SOURCES)
			continue;
		for (unsigned el = 0; el < 2; el++)
			n += excludes(p->type[i], el) ? 0 : now->n[el][s] - p->seen.n[el][s];
		over |= n != 0 && add(p, i, n);
	}
	p->seen = *now;
	return over;
}

uint64_t pmu_room(const struct pmu *p)
{
	uint64_t room = UINT64_MAX;

	for (unsigned i = 0; i < 32; i++) {
		uint64_t left;

		if (!counts(p, i) || source_of(p, i) >= PMU_SOURCES)
			continue;
		left = is_wide(p, i) ? 0 - p->count[i] : ((uint64_t)1 << 32) - (uint32_t)p->count[i];
		if (left != 0 && left < room) /* 0: 2^64 */
			room = left;
	}
	return room;
}

bool pmu_runs(const struct pmu *p)
{
	return (p->pmcr & PMCR_E) && p->enabled != 0;
}

bool pmu_line(const struct pmu *p)
{
	return (p->pmcr & PMCR_E) && (p->overflowed & p->enabled & p->interrupts) != 0;
}

/* ---- registers ---- */

/* The counter that a register is of, 32: none that there is. */
static unsigned counter_of(const struct pmu *p, enum a64_reg reg)
{
	unsigned i = 32;

	if (reg == A64_R_PMCCNTR_EL0 || reg == A64_R_PMCCFILTR_EL0)
		return PMU_CYCLE;
	if (reg == A64_R_PMXEVCNTR_EL0 || reg == A64_R_PMXEVTYPER_EL0)
		i = p->selected;
	else if (reg >= A64_R_PMEVCNTR0_EL0 && reg <= A64_R_PMEVCNTR30_EL0)
		i = (unsigned)(reg - A64_R_PMEVCNTR0_EL0);
	else if (reg >= A64_R_PMEVTYPER0_EL0 && reg <= A64_R_PMEVTYPER30_EL0)
		i = (unsigned)(reg - A64_R_PMEVTYPER0_EL0);
	return COUNTERS >> i % 32 & 1 && i < 32 ? i : 32;
}

static bool is_value(enum a64_reg reg)
{
	return reg == A64_R_PMCCNTR_EL0 || reg == A64_R_PMXEVCNTR_EL0 || (reg >= A64_R_PMEVCNTR0_EL0 && reg <= A64_R_PMEVCNTR30_EL0);
}

static bool is_type(enum a64_reg reg)
{
	return reg == A64_R_PMCCFILTR_EL0 || reg == A64_R_PMXEVTYPER_EL0 || (reg >= A64_R_PMEVTYPER0_EL0 && reg <= A64_R_PMEVTYPER30_EL0);
}

/* What EL0 needs of PMUSERENR_EL0; it reads that itself without (pmu_access_el0_disabled and its like). */
static bool el0_may(const struct pmu *p, enum a64_reg reg, bool write)
{
	switch (reg) {
	case A64_R_PMUSERENR_EL0: return !write;
	case A64_R_PMSWINC_EL0:   return p->userenr & (USER_EN | USER_SW);
	case A64_R_PMCCNTR_EL0:   return p->userenr & (write ? USER_EN : USER_EN | USER_CR);
	case A64_R_PMSELR_EL0:    return p->userenr & (USER_EN | USER_ER);
	default:                  return p->userenr & (is_value(reg) && !write ? USER_EN | USER_ER : USER_EN);
	}
}

/* Events 0 to 31, or 32 to 63, as bits. */
static uint64_t implemented(unsigned first)
{
	uint64_t bits = 0;

	for (size_t k = 0; k < sizeof(events) / sizeof(events[0]); k++)
		if (events[k].number >= first && events[k].number < first + 32)
			bits |= (uint64_t)1 << (events[k].number - first);
	return bits;
}

bool pmu_read(struct pmu *p, enum a64_reg reg, bool el0, uint64_t *value)
{
	const unsigned i = counter_of(p, reg);

	if (el0 && !el0_may(p, reg, false))
		return false;
	if (is_value(reg) || is_type(reg)) {
		if (i < 32)
			*value = is_type(reg) ? p->type[i] : p->count[i];
		return i < 32;
	}
	switch (reg) {
	case A64_R_PMCR_EL0:       *value = p->pmcr | PMU_COUNTERS << 11; return true;
	case A64_R_PMCNTENSET_EL0:
	case A64_R_PMCNTENCLR_EL0: *value = p->enabled; return true;
	case A64_R_PMOVSSET_EL0:
	case A64_R_PMOVSCLR_EL0:   *value = p->overflowed; return true;
	case A64_R_PMINTENSET_EL1:
	case A64_R_PMINTENCLR_EL1: *value = p->interrupts; return true;
	case A64_R_PMSELR_EL0:     *value = p->selected; return true;
	case A64_R_PMUSERENR_EL0:  *value = p->userenr; return true;
	case A64_R_PMCEID0_EL0:    *value = implemented(0); return true;
	case A64_R_PMCEID1_EL0:    *value = implemented(32); return true;
	default:                   return false;
	}
}

static void software(struct pmu *p, uint32_t bits)
{
	for (unsigned i = 0; i < PMU_COUNTERS; i++)
		if ((bits >> i & 1) && counts(p, i) && source_of(p, i) == PMU_SOFTWARE)
			(void)add(p, i, 1);
}

static void control(struct pmu *p, uint32_t value)
{
	p->pmcr = (value & PMCR_KEPT) | PMCR_LC;
	if (value & PMCR_P)
		memset(p->count, 0, PMU_COUNTERS * sizeof(p->count[0]));
	if (value & PMCR_C)
		p->count[PMU_CYCLE] = 0;
}

static bool store(struct pmu *p, enum a64_reg reg, uint64_t value)
{
	const unsigned i = counter_of(p, reg);
	const uint32_t bits = (uint32_t)value & COUNTERS;

	if (is_value(reg) || is_type(reg)) {
		if (i < 32 && is_type(reg))
			p->type[i] = (uint32_t)value & (i == PMU_CYCLE ? TYPE_FILTER : TYPE_FILTER | TYPE_EVENT);
		else if (i < 32)
			p->count[i] = i == PMU_CYCLE ? value : (uint32_t)value;
		return i < 32;
	}
	switch (reg) {
	case A64_R_PMCR_EL0:       control(p, (uint32_t)value); return true;
	case A64_R_PMCNTENSET_EL0: p->enabled |= bits; return true;
	case A64_R_PMCNTENCLR_EL0: p->enabled &= ~bits; return true;
	case A64_R_PMOVSSET_EL0:   p->overflowed |= bits; return true;
	case A64_R_PMOVSCLR_EL0:   p->overflowed &= ~bits; return true;
	case A64_R_PMINTENSET_EL1: p->interrupts |= bits; return true;
	case A64_R_PMINTENCLR_EL1: p->interrupts &= ~bits; return true;
	case A64_R_PMSELR_EL0:     p->selected = value & 31; return true;
	case A64_R_PMUSERENR_EL0:  p->userenr = value & 15; return true;
	case A64_R_PMSWINC_EL0:    software(p, (uint32_t)value); return true;
	default:                   return false;
	}
}

bool pmu_write(struct pmu *p, enum a64_reg reg, bool el0, uint64_t value)
{
	if ((el0 && !el0_may(p, reg, true)) || !store(p, reg, value))
		return false;
	p->used |= pmu_runs(p);
	return true;
}
