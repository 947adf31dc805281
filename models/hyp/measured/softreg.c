/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/measured/softreg.h"

#include <string.h>

struct soft_row {
	const char *reg;
	enum ref_op op;
	enum path_item item;
};

struct hard_row {
	const char *reg;
	enum ref_op op;
	const char *function;
};

static const struct soft_row soft[] = {
#define SOFT(reg, op, item, help) { #reg, REF_OP_##op, PATH_##item },
#include "models/hyp/measured/softreg.def"
};

static const struct hard_row hard[] = {
#define HARD_IN(reg, op, function, help) { #reg, REF_OP_##op, #function },
#include "models/hyp/measured/softreg.def"
};

static bool is_hard(const char *reg, enum ref_op op, const char *function)
{
	const char *plain = ref_plain_function(function);

	for (size_t i = 0; i < sizeof(hard) / sizeof(hard[0]); i++)
		if (hard[i].op == op && strcmp(hard[i].reg, reg) == 0 &&
		    strcmp(hard[i].function, plain) == 0)
			return true;
	return false;
}

bool softreg_item(const char *reg, enum ref_op op, const char *function, enum path_item *item)
{
	for (size_t i = 0; i < sizeof(soft) / sizeof(soft[0]); i++) {
		if (soft[i].op != op || strcmp(soft[i].reg, reg) != 0)
			continue;
		*item = soft[i].item;
		return !is_hard(reg, op, function);
	}
	return false;
}

bool softreg_is_soft(const char *reg, enum ref_op op, const char *function)
{
	enum path_item item;

	return softreg_item(reg, op, function, &item);
}
