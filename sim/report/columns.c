/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/columns.h"

#include "sim/base/num.h"

const char col_phase_keys[] =
#define X(id, name, help) name " "
	WS_PHASES(X)
#undef X
	;

struct rep_col col_text(const char *key, const char *title)
{
	return (struct rep_col){ .key = key, .title = title, .type = REP_STR };
}

struct rep_col col_count(const char *key, const char *title, const char *unit)
{
	return (struct rep_col){ .key = key, .title = title, .type = REP_U64, .unit = unit, .sparse = true };
}

struct rep_col col_cycles(const char *key, const char *title)
{
	return col_count(key, title, "cycles");
}

struct rep_col col_average(const char *key, const char *title, const char *unit)
{
	return col_fix(key, title, unit, 1);
}

struct rep_col col_fix(const char *key, const char *title, const char *unit, int decimals)
{
	return (struct rep_col){ .key = key, .title = title, .type = REP_FIX, .unit = unit, .decimals = decimals };
}

struct rep_col col_id(const char *key, const char *title)
{
	return (struct rep_col){ .key = key, .title = title, .type = REP_ID };
}

struct rep_col col_counter(enum ws_counter c)
{
	return col_count(counter_name(c), counter_title(c), "");
}

size_t col_phases(struct rep_col *cols, const char *unit)
{
	for (unsigned ph = 0; ph < PHASE_COUNT; ph++)
		cols[ph] = col_count(phase_name((enum ws_phase)ph), "", unit);
	return PHASE_COUNT;
}

int64_t col_per(uint64_t sum, uint64_t n)
{
	return num_ratio(sum, 1000, n);
}

void rep_average(struct rep_table *t, uint64_t sum, uint64_t n)
{
	if (n == 0)
		rep_none(t);
	else
		rep_fix(t, col_per(sum, n));
}
