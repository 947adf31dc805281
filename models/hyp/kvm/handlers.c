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

void handlers_run(struct oracle *o, enum exit_kind kind, enum handler_moment moment, unsigned v, unsigned cpu,
		  unsigned other)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct handler *h = &rows[i];
		unsigned whose = h->who == WHO_OTHER ? other : v;
		struct oracle_access a = { whose, cpu, h->reg, h->via, h->write, h->function };

		if (h->kind == kind && h->moment == moment && whose != ORACLE_NONE)
			oracle_access(o, &a);
	}
}
