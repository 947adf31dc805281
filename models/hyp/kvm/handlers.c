/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/kvm/handlers.h"

#define RW_READ  false
#define RW_WRITE true

static const struct handler rows[] = {
#define HANDLER(kind, moment, who, via, rw, reg, function)                                         \
	{ EXIT_##kind, MOMENT_##moment, WHO_##who, VIA_##via, RW_##rw, SR_##reg, function },
#include "models/hyp/kvm/handlers.def"
};

const struct handler *handlers(size_t *n)
{
	*n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

bool handlers_next(size_t *i, enum exit_kind kind, enum handler_moment moment, unsigned v, unsigned cpu, unsigned other,
		   struct handler_access *a)
{
	while (*i < sizeof(rows) / sizeof(rows[0])) {
		const struct handler *h = &rows[(*i)++];
		unsigned whose = h->who == WHO_OTHER ? other : v;

		if (h->kind != kind || h->moment != moment || whose == HANDLER_NOBODY)
			continue;
		*a = (struct handler_access){ whose, cpu, h->reg, h->via, h->write, h->function };
		return true;
	}
	return false;
}
