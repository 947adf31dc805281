/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/check/known.h"

#include "models/hyp/check/oracle.h"

static const struct known_bug rows[] = {
#define KNOWN_BUG(id, rule, what, on, off, fix, title) { #id, VIOLATION_##rule, what, on, off, fix, title },
#include "models/hyp/check/known_bugs.def"
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == ORACLE_KNOWN, "the oracle has a counter for each");

const struct known_bug *known_bugs(size_t *n)
{
	*n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

bool known_bug_of(size_t i, const struct ws_prog *p)
{
	return (rows[i].on & ~p->known) == 0 && (rows[i].off & p->known) == 0;
}
