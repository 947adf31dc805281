/* SPDX-License-Identifier: Apache-2.0 */
/* The result of a replay: do its sums agree, and the end of it. */
#include <string.h>

#include "models/hyp/replay/replay.h"

void replay_free(struct replay *r)
{
	if (r == NULL)
		return;
	free(r->vcpu);
	free(r->exec);
	vflag_tally_free(&r->flags);
	free(r);
}

static bool same(const struct ws_totals *a, const struct ws_totals *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int replay_check(const struct replay *r, struct err *e)
{
	struct ws_totals phases = { 0 }, kinds = { 0 }, vcpus = { 0 };
	uint64_t cycles = 0, entries = 0;

	for (unsigned p = 0; p < PHASE_COUNT; p++)
		ws_totals_add(&phases, &r->phase[p], 1);
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		ws_totals_add(&kinds, &r->kind[k].totals, 1);
	for (size_t v = 0; v < r->n_vcpu; v++) {
		ws_totals_add(&vcpus, &r->vcpu[v].totals, 1);
		entries += r->vcpu[v].entries;
	}
	for (size_t i = 0; i < r->prog->n; i++)
		cycles += r->exec[i] * r->prog->op[i].cycles;
	if (!same(&phases, &r->total) || !same(&kinds, &r->total) || !same(&vcpus, &r->total))
		return err_set(e, ERR_MODEL, "conservation: sums over phases, exit kinds and vCPUs differ from "
			       "the total: this is a fault of el2sim, please report it");
	if (cycles != r->total.cycles || entries != r->entries)
		return err_set(e, ERR_MODEL, "conservation: %llu cycles by op, %llu in total: this is a fault "
			       "of el2sim, please report it", (unsigned long long)cycles,
			       (unsigned long long)r->total.cycles);
	return 0;
}
