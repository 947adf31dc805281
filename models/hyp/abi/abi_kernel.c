/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/abi/abi_kernel.h"

#include <stdio.h>
#include <stdlib.h>

#define READ     ABI_BASIS_READ
#define RECALLED ABI_BASIS_RECALLED
#define DERIVED  ABI_BASIS_DERIVED
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct since_row {
	uint16_t first, last;
	struct abi_since s;
} sinces[] = {
#define ABI_SINCE(first, last, may, since, basis, source)                                           \
	{ ABI_R_##first, ABI_R_##last, { may, since, basis, source } },
#include "models/hyp/abi/abi_kernels.def"
};

static const struct {
	uint16_t reg, until;
} invariants[] = {
#define ABI_INVARIANT(reg, until) { ABI_R_##reg, until },
#include "models/hyp/abi/abi_kernels.def"
};

static const struct {
	uint64_t mask;
	uint16_t reg, since;
	uint8_t guard;
} needs[] = {
#define ABI_ID_NEEDS(reg, mask, guard, since) { mask, ABI_R_##reg, since, ABI_GUARD_##guard },
#include "models/hyp/abi/abi_kernels.def"
};

/* Fields of an ID register that are hidden (cap 0), or capped, in [from, until); in [open, close) they may be. */
static const struct limit {
	uint64_t mask;
	uint16_t reg, from, until, open, close;
	uint8_t shift, cap;
} limits[] = {
#define ABI_ID_HIDDEN(reg, mask, from, until, open, close, basis, source)                           \
	{ mask, ABI_R_##reg, from, until, open, close, 0, 0 },
#define ABI_ID_CAP(reg, shift, cap, from, until, open, close, basis, source)                        \
	{ UINT64_C(15) << (shift), ABI_R_##reg, from, until, open, close, shift, cap },
#include "models/hyp/abi/abi_kernels.def"
#undef ABI_ID_HIDDEN
#undef ABI_ID_CAP
};

static const struct {
	uint64_t value;
	uint16_t reg, since;
} resets[] = {
#define ABI_RESET(reg, since, value, basis) { value, ABI_R_##reg, since },
#include "models/hyp/abi/abi_kernels.def"
};

static const struct {
	const char *name;
	uint16_t reg, since;
} names[] = {
#define ABI_NAME(reg, since, name) { name, ABI_R_##reg, since },
#include "models/hyp/abi/abi_kernels.def"
};

static const struct {
	uint64_t mask;
	const char *help;
	uint16_t reg, since;
} masks[] = {
#define ABI_MASK(reg, since, mask, help, basis, source) { mask, help, ABI_R_##reg, since },
#include "models/hyp/abi/abi_kernels.def"
};

static const uint16_t left_out[] = {
#define ABI_LEFT_OUT(reg) ABI_R_##reg,
#include "models/hyp/abi/abi_kernels.def"
};
#define LEFT_OUT_BYTES 16u /* the widest register that cpu-template-helper knows */

const char *abi_basis_name(enum abi_basis basis)
{
	static const char *const text[] = { "", "READ", "RECALLED", "DERIVED" };

	BUG_ON((unsigned)basis >= COUNT(text));
	return text[basis];
}

const char *abi_kernel_name(uint16_t kernel, char *text)
{
	(void)snprintf(text, ABI_KERNEL_TEXT, "%u.%u", kernel / 100u, kernel % 100u);
	return text;
}

bool abi_kernel_parse(const char *text, uint16_t *kernel)
{
	unsigned major = 0, minor = 0;
	int n = 0;

	if (text[0] < '0' || text[0] > '9' || sscanf(text, "%3u.%n", &major, &n) != 1 || n == 0)
		return false;
	if (text[n] < '0' || text[n] > '9' || sscanf(text + n, "%3u", &minor) != 1)
		return false;
	if (major == 0 || major > 99 || minor > 99)
		return false;
	*kernel = (uint16_t)ABI_KERNEL(major, minor);
	return true;
}

int abi_kernel_set(const char *what, const char *text, uint16_t *kernel, struct err *e)
{
	char first[ABI_KERNEL_TEXT], last[ABI_KERNEL_TEXT];

	if (!abi_kernel_parse(text, kernel))
		return err_set(e, ERR_CONFIG, "%s = %s: want a version of Linux, such as 6.12", what, text);
	if (*kernel < ABI_KERNEL_FIRST)
		return err_set(e, ERR_CONFIG, "%s = %s: the lists of kernels before %s are not known; want %s to %s, or a newer "
			       "one, which is taken as %s", what, text, abi_kernel_name(ABI_KERNEL_FIRST, first), first,
			       abi_kernel_name(ABI_KERNEL_LAST, last), last);
	return 0;
}

const struct abi_since *abi_reg_since(enum abi_reg reg)
{
	static const struct abi_since always = { 0, 0, ABI_BASIS_NONE, "" };

	for (size_t i = 0; i < COUNT(sinces); i++)
		if (reg >= sinces[i].first && reg <= sinces[i].last)
			return &sinces[i].s;
	return &always;
}

enum abi_asks abi_kernel_asks(uint16_t kernel, enum abi_guard guard)
{
	static const struct {
		uint16_t open, from, until;
	} asks[] = {
#define X(name, help, open, from, until) { open, from, until },
		ABI_GUARDS(X)
#undef X
	};

	BUG_ON((unsigned)guard >= ABI_GUARD_COUNT);
	if (kernel >= asks[guard].from && (kernel < asks[guard].until || asks[guard].until == ABI_KERNEL_END))
		return ABI_ASKS_YES;
	return kernel >= asks[guard].open && kernel < asks[guard].from ? ABI_ASKS_MAY : ABI_ASKS_NO;
}

void abi_kernel_lists(uint16_t kernel, uint8_t lists[ABI_REG_COUNT], uint8_t asks[ABI_GUARD_COUNT])
{
	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		const struct abi_since *s = abi_reg_since((enum abi_reg)i);

		lists[i] = kernel < s->may ? ABI_LISTED_NO : kernel < s->since ? ABI_LISTED_MAY : ABI_LISTED_YES;
	}
	for (unsigned i = 0; i < ABI_GUARD_COUNT; i++)
		asks[i] = (uint8_t)abi_kernel_asks(kernel, (enum abi_guard)i);
}

const char *abi_reg_name_in(enum abi_reg reg, uint16_t kernel)
{
	const char *name = abi_reg_row(reg)->name;

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].reg == reg && kernel >= names[i].since)
			name = names[i].name;
	return name;
}

static bool before(uint16_t a, uint16_t b)
{
	return abi_reg_row((enum abi_reg)a)->id < abi_reg_row((enum abi_reg)b)->id;
}

void abi_kernel_order(uint16_t kernel, uint16_t order[ABI_REG_COUNT])
{
	uint16_t n = 0, first;
	bool apart[ABI_REG_COUNT] = { false };

	while (n < ABI_R_MIDR_EL1) {
		order[n] = n;
		n++;
	}
	for (size_t i = 0; i < COUNT(invariants); i++)
		if (kernel < invariants[i].until) {
			order[n++] = invariants[i].reg;
			apart[invariants[i].reg] = true;
		}
	first = n;
	for (uint16_t i = ABI_R_MIDR_EL1; i <= ABI_R_FPEXC32_EL2; i++) {
		uint16_t at = n;

		if (apart[i])
			continue;
		for (; at > first && before(i, order[at - 1]); at--)
			order[at] = order[at - 1];
		order[at] = i;
		n++;
	}
	while (n < ABI_REG_COUNT) {
		order[n] = n;
		n++;
	}
}

static bool within(uint16_t kernel, uint16_t from, uint16_t until)
{
	return kernel >= from && kernel < until;
}

uint64_t abi_kernel_shows(uint16_t kernel, enum abi_reg reg, uint64_t value)
{
	for (size_t i = 0; i < COUNT(limits); i++) {
		const struct limit *l = &limits[i];

		if (l->reg != reg || !within(kernel, l->from, l->until))
			continue;
		if (l->cap == 0 || (value & l->mask) >> l->shift > l->cap)
			value = (value & ~l->mask) | (uint64_t)l->cap << l->shift;
	}
	return value;
}

uint64_t abi_kernel_unsure(uint16_t kernel, enum abi_reg reg)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < COUNT(limits); i++)
		if (limits[i].reg == reg && within(kernel, limits[i].open, limits[i].close))
			bits |= limits[i].mask;
	return bits;
}

uint64_t abi_kernel_needs(uint16_t kernel, enum abi_reg reg, enum abi_guard guard)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < COUNT(needs); i++)
		if (needs[i].reg == reg && needs[i].guard == guard && kernel >= needs[i].since)
			bits |= needs[i].mask;
	return bits;
}

uint64_t abi_kernel_mask(uint16_t kernel, enum abi_reg reg, const char **help)
{
	bool id = abi_reg_row(reg)->class == ABI_CLASS_id || reg == ABI_R_CLIDR_EL1;
	uint64_t mask = id && kernel >= ABI_KERNEL_DEFAULT ? abi_reg_row(reg)->mask : 0;

	for (size_t i = 0; i < COUNT(masks); i++)
		if (masks[i].reg == reg && kernel >= masks[i].since) {
			mask = masks[i].mask;
			if (*masks[i].help != '\0')
				*help = masks[i].help;
		}
	return mask;
}

uint64_t abi_kernel_reset(uint16_t kernel, enum abi_reg reg)
{
	uint64_t value = abi_reg_row(reg)->reset;

	for (size_t i = 0; i < COUNT(resets); i++)
		if (resets[i].reg == reg && kernel >= resets[i].since)
			value = resets[i].value;
	return value;
}

bool abi_left_out(uint64_t id)
{
	if (UAPI_REG_BYTES(id) > LEFT_OUT_BYTES)
		return true;
	for (size_t i = 0; i < COUNT(left_out); i++)
		if (abi_reg_row((enum abi_reg)left_out[i])->id == id)
			return true;
	return false;
}
