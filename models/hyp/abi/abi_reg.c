/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/abi/abi_reg.h"

#include <stdlib.h>
#include <strings.h>

#include "sim/base/err.h"

#define UNK ABI_UNKNOWN

static const struct abi_reg_row rows[] = {
#define ABI_REG(name, size, coproc, low, class, scope, guard, rule, v4, reset, mask)                 \
	{ #name, UAPI_REG(UAPI_##size, UAPI_##coproc, low), ABI_CLASS_##class, UAPI_SCOPE_##scope,   \
	  ABI_GUARD_##guard, ABI_RULE_##rule, ABI_SCOPED_##v4, reset, mask },
#include "models/hyp/abi/abi_regs.def"
#undef ABI_REG
};

#undef UNK

const struct abi_reg_row *abi_reg_row(enum abi_reg reg)
{
	BUG_ON((unsigned)reg >= ABI_REG_COUNT);
	return &rows[reg];
}

enum abi_reg abi_reg_by_name(const char *name)
{
	for (unsigned i = 0; i < ABI_REG_COUNT; i++)
		if (strcasecmp(rows[i].name, name) == 0)
			return (enum abi_reg)i;
	return ABI_REG_COUNT;
}

enum abi_reg abi_reg_of(enum sysreg reg)
{
	static const struct {
		uint16_t row, reg;
	} holds[] = {
#define ABI_HOLDS(name, sysreg) { ABI_R_##name, SR_##sysreg },
#include "models/hyp/abi/abi_regs.def"
	};

	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++)
		if (holds[i].reg == reg)
			return (enum abi_reg)holds[i].row;
	return abi_reg_by_name(sysreg_name(reg));
}

/* Rows of one coprocessor with ascending ids are found by bisection; the table has one run per class. */
struct run {
	uint16_t coproc, first, last;
};

static const struct run runs[] = {
	{ UAPI_CORE, ABI_R_X0, ABI_R_FPCR },
	{ UAPI_SVE, ABI_R_Z0, ABI_R_Z31 },
	{ UAPI_SVE, ABI_R_P0, ABI_R_FFR },
	{ UAPI_SVE, ABI_R_SVE_VLS, ABI_R_SVE_VLS },
	{ UAPI_FW, ABI_R_PSCI_VERSION, ABI_R_ARCH_WORKAROUND_3 },
	{ UAPI_BMAP, ABI_R_STD_BMAP, ABI_R_VENDOR_HYP_BMAP_2 },
	{ UAPI_SYSREG, ABI_R_MIDR_EL1, ABI_R_AIDR_EL1 },
	{ UAPI_SYSREG, ABI_R_DBGBVR0_EL1, ABI_R_FPEXC32_EL2 },
	{ UAPI_DEMUX, ABI_R_CCSIDR0, ABI_R_CCSIDR13 },
};

/* Bits 15:0 of the ids: what a search compares, close together. */
static const uint16_t lows[] = {
#define ABI_REG(name, size, coproc, low, ...) (low) & 0xffff,
#include "models/hyp/abi/abi_regs.def"
#undef ABI_REG
};

static enum abi_reg bisect(const struct run *r, uint64_t id)
{
	const uint16_t *at = &lows[r->first];
	uint16_t low = (uint16_t)id;

	for (size_t n = r->last - r->first + 1u, half = n / 2; half != 0; n -= half, half = n / 2)
		at = at[half] <= low ? at + half : at; /* without a branch: which way is as good as random */
	return rows[at - lows].id == id ? (enum abi_reg)(at - lows) : ABI_REG_COUNT;
}

enum abi_reg abi_reg_by_id(uint64_t id)
{
	unsigned coproc = (unsigned)((id & UAPI_REG_COPROC_MASK) >> 16);

	for (unsigned i = ABI_R_TIMER_CTL; coproc == UAPI_SYSREG && i <= ABI_R_PTIMER_CVAL; i++)
		if (rows[i].id == id)
			return (enum abi_reg)i;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		enum abi_reg reg = runs[i].coproc == coproc ? bisect(&runs[i], id) : ABI_REG_COUNT;

		if (reg != ABI_REG_COUNT)
			return reg;
	}
	return ABI_REG_COUNT;
}

const char *abi_class_name(enum abi_class class)
{
	static const char *const names[] = {
#define X(name, help) #name,
		ABI_CLASSES(X)
#undef X
	};

	BUG_ON((unsigned)class >= ABI_CLASS_COUNT);
	return names[class];
}

const char *abi_guard_help(enum abi_guard guard)
{
	static const char *const help_of[] = {
#define X(name, help, ...) help,
		ABI_GUARDS(X)
#undef X
	};

	BUG_ON((unsigned)guard >= ABI_GUARD_COUNT);
	return help_of[guard];
}

const char *abi_rule_help(enum abi_rule rule)
{
	static const char *const help_of[] = {
#define X(name, help) help,
		ABI_RULES(X)
#undef X
	};

	BUG_ON((unsigned)rule >= ABI_RULE_COUNT);
	return help_of[rule];
}

const char *abi_scope_name(enum uapi_scope scope)
{
	static const char *const names[] = { "vcpu", "vm", "host" };

	BUG_ON((unsigned)scope > UAPI_SCOPE_HOST);
	return names[scope];
}

enum safe { SAFE_LOWER, SAFE_HIGHER, SAFE_HIGHER_OR_ZERO, SAFE_EXACT };
enum sign { UNSIGNED, SIGNED };

struct field {
	uint16_t reg;
	uint8_t shift, width, sign, type, safe;
};

static const struct field fields[] = {
#define ABI_FIELD(reg, shift, width, sign, type, safe) { ABI_R_##reg, shift, width, sign, SAFE_##type, safe },
#include "models/hyp/abi/abi_fields.def"
};

static const struct {
	uint16_t reg;
	uint64_t mask;
} nibbles[] = {
#define ABI_NIBBLES(reg, mask) { ABI_R_##reg, mask },
#include "models/hyp/abi/abi_fields.def"
};

static int64_t field_value(const struct field *f, uint64_t v)
{
	uint64_t u = v >> f->shift & ((UINT64_C(1) << f->width) - 1);

	if (f->sign == SIGNED && (u >> (f->width - 1) & 1) != 0)
		return (int64_t)u - ((int64_t)1 << f->width);
	return (int64_t)u;
}

static bool field_safe(const struct field *f, int64_t v, int64_t limit)
{
	if (v == limit)
		return true;
	switch ((enum safe)f->type) {
	case SAFE_LOWER:
		return v < limit;
	case SAFE_HIGHER_OR_ZERO:
		if (v == 0 || limit == 0)
			return v == 0;
		return v > limit;
	case SAFE_HIGHER:
		return v > limit;
	case SAFE_EXACT:
		return v == f->safe;
	}
	return false;
}

/* Checks a field if all of it is writable; adds it to *seen. */
static bool check(const struct field *f, uint64_t value, uint64_t limit, uint64_t *seen)
{
	uint64_t bits = ((UINT64_C(1) << f->width) - 1) << f->shift;

	if ((bits & rows[f->reg].mask) != bits)
		return true;
	*seen |= bits;
	return field_safe(f, field_value(f, value), field_value(f, limit));
}

bool abi_id_safe(enum abi_reg reg, uint64_t value, uint64_t limit)
{
	uint64_t seen = 0, mask = 0;
	bool ok = true;

	for (size_t i = 0; i < sizeof(nibbles) / sizeof(nibbles[0]); i++)
		if (nibbles[i].reg == reg)
			mask = nibbles[i].mask;
	for (unsigned s = 0; s < 64; s += 4) {
		struct field f = { (uint16_t)reg, (uint8_t)s, 4, UNSIGNED, SAFE_LOWER, 0 };

		if ((mask >> s & 15) != 0)
			ok = check(&f, value, limit, &seen) && ok;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].reg == reg)
			ok = check(&fields[i], value, limit, &seen) && ok;
	return ok && (value & ~seen) == (limit & ~seen);
}
