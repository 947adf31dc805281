/* SPDX-License-Identifier: Apache-2.0 */
#include "models/cpu/ec.h"

#include <string.h>

#include "sim/base/err.h"

static const struct ec rows[] = {
#define EC(number, name, meaning) { number, name, meaning },
#include "models/cpu/ec.def"
};

/* A number that stands in two rows does not compile. */
enum {
#define EC(number, name, meaning) EC_ROW_##number = 1,
#include "models/cpu/ec.def"
};

size_t ec_count(void)
{
	return sizeof(rows) / sizeof(rows[0]);
}

const struct ec *ec_at(size_t i)
{
	BUG_ON(i >= ec_count());
	return &rows[i];
}

const struct ec *ec_by_number(unsigned number)
{
	for (size_t i = 0; i < ec_count(); i++) {
		if (rows[i].number == number)
			return &rows[i];
	}
	return NULL;
}

const struct ec *ec_by_name(const char *name)
{
	for (size_t i = 0; i < ec_count(); i++) {
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	return NULL;
}
