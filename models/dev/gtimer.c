// SPDX-License-Identifier: Apache-2.0
#include "models/dev/gtimer.h"

uint32_t gtimer_ppi(enum gtimer_id id)
{
	return id == GTIMER_VIRT ? GTIMER_PPI_VIRT : GTIMER_PPI_PHYS;
}

enum gtimer_id gtimer_of_ppi(uint32_t intid)
{
	return intid == GTIMER_PPI_VIRT ? GTIMER_VIRT : GTIMER_PHYS;
}

/* Counters are unsigned and compared as such (Arm ARM, D12.2.4). */
bool gtimer_expired(const struct gtimer *t, uint64_t now)
{
	return now - t->offset >= t->cval;
}

bool gtimer_can_fire(const struct gtimer *t)
{
	return (t->ctl & (GTIMER_ENABLE | GTIMER_IMASK)) == GTIMER_ENABLE;
}

bool gtimer_line(const struct gtimer *t, uint64_t now)
{
	return gtimer_can_fire(t) && gtimer_expired(t, now);
}

uint64_t gtimer_next(const struct gtimer *t, uint64_t now)
{
	uint64_t count = now - t->offset;

	if (!gtimer_can_fire(t))
		return GTIMER_NEVER;
	if (count >= t->cval)
		return now;
	return t->cval - count > GTIMER_NEVER - now ? GTIMER_NEVER : now + (t->cval - count);
}

/* Which of the two a register belongs to, and which of its registers it is. */
enum part { PART_NONE, PART_COUNT, PART_CTL, PART_CVAL, PART_TVAL };

static enum part part_of(enum a64_reg reg, enum gtimer_id *id)
{
	const bool virt = reg == A64_R_CNTVCT_EL0 || reg == A64_R_CNTVCTSS_EL0 || reg == A64_R_CNTV_CTL_EL0 ||
			  reg == A64_R_CNTV_CVAL_EL0 || reg == A64_R_CNTV_TVAL_EL0;

	*id = virt ? GTIMER_VIRT : GTIMER_PHYS;
	switch (reg) {
	case A64_R_CNTVCT_EL0: case A64_R_CNTVCTSS_EL0: case A64_R_CNTPCT_EL0: case A64_R_CNTPCTSS_EL0: return PART_COUNT;
	case A64_R_CNTV_CTL_EL0: case A64_R_CNTP_CTL_EL0: return PART_CTL;
	case A64_R_CNTV_CVAL_EL0: case A64_R_CNTP_CVAL_EL0: return PART_CVAL;
	case A64_R_CNTV_TVAL_EL0: case A64_R_CNTP_TVAL_EL0: return PART_TVAL;
	default: return PART_NONE;
	}
}

bool gtimers_read(const struct gtimers *ts, enum a64_reg reg, uint64_t now, uint64_t *value)
{
	enum gtimer_id id;
	enum part part = part_of(reg, &id);
	const struct gtimer *t = &ts->t[id];

	switch (part) {
	case PART_COUNT: *value = now - t->offset; return true;
	case PART_CTL: *value = t->ctl | (gtimer_expired(t, now) ? GTIMER_ISTATUS : 0); return true;
	case PART_CVAL: *value = t->cval; return true;
	case PART_TVAL: *value = (uint32_t)(t->cval - (now - t->offset)); return true;
	default:
		if (reg != A64_R_CNTFRQ_EL0)
			return false;
		*value = ts->hz;
		return true;
	}
}

bool gtimers_write(struct gtimers *ts, enum a64_reg reg, uint64_t now, uint64_t value)
{
	enum gtimer_id id;
	enum part part = part_of(reg, &id);
	struct gtimer *t = &ts->t[id];

	switch (part) {
	case PART_CTL: t->ctl = value & (GTIMER_ENABLE | GTIMER_IMASK); return true;
	case PART_CVAL: t->cval = value; return true;
	case PART_TVAL: t->cval = now - t->offset + (uint64_t)(int64_t)(int32_t)value; return true;
	default: return false;
	}
}
