/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that executed code: how they ended, what they executed, which of their functions exited. */
#include "sim/report/columns.h"
#include "sim/report/outcome_report.h"

#include <inttypes.h>
#include <string.h>

#define SITES_SHOWN 24

static void guest_table(const struct outcome *o, struct rep *r)
{
	const struct rep_col cols[] = {col_id("vm", "VM"), col_text("image", ""), col_text("format", ""), col_count("vcpus", "vCPUs", ""),
				       col_count("instructions", "", ""), col_count("cycles", "guest cycles", ""),
				       col_fix("mips", "M instructions per simulated s", "", 1), col_count("pages", "pages mapped", ""),
				       col_text("end", "")};
	struct rep_table *t = rep_table(r, "guests", "Guests that executed", cols, 9);
	const uint64_t us = o->clock->end_ns / 1000;

	for (size_t i = 0; i < o->n_guests; i++) {
		const struct outcome_guest *g = &o->guest[i];

		rep_u64(t, g->vm);
		rep_str(t, g->image);
		rep_str(t, g->format);
		rep_u64(t, g->vcpus);
		rep_u64(t, g->insns);
		rep_u64(t, g->cycles);
		rep_fix(t, col_per(g->insns, us != 0 ? us : 1));
		rep_u64(t, g->pages);
		rep_str(t, g->end);
	}
}

static void site_table(const struct outcome *o, struct rep *r)
{
	const struct rep_col cols[] = {col_id("vm", "VM"), col_text("function", ""), col_text("kind", ""), col_count("exits", "", ""),
				       col_average("cycles", "cycles each", ""), col_fix("share", "share of cycles", "%", 1)};
	struct rep_table *t = rep_table(r, "guest_exits", "Exits by the guest's function: switch and kernel", cols, 6);

	for (size_t i = 0; i < o->n_guests; i++) {
		const struct outcome_guest *g = &o->guest[i];
		uint64_t sum = 0;

		for (size_t k = 0; k < g->n_sites; k++)
			sum += g->site[k].cycles;
		for (size_t k = 0; k < g->n_sites && k < SITES_SHOWN; k++) {
			const struct outcome_site *s = &g->site[k];

			rep_u64(t, g->vm);
			rep_str(t, s->function);
			rep_str(t, exit_row((enum exit_kind)s->kind)->name);
			rep_u64(t, s->count);
			rep_average(t, s->cycles, s->count);
			rep_fix(t, col_per(s->cycles, sum != 0 ? sum : 1) * 100);
		}
	}
}

/* Lines of a text as rows. */
static void lines(struct rep_table *t, unsigned vm, const char *text)
{
	while (*text != '\0') {
		const int n = (int)strcspn(text, "\n");

		rep_u64(t, vm);
		rep_strf(t, "%.*s", n, text);
		text += n + (text[n] == '\n');
	}
}

static void tell_table(const struct outcome *o, struct rep *r)
{
	const struct rep_col cols[] = {col_id("vm", "VM"), col_text("what", "")};
	struct rep_table *t = NULL;

	for (size_t i = 0; i < o->n_guests; i++) {
		if (o->guest[i].good)
			continue;
		if (t == NULL)
			t = rep_table(r, "guest_state", "Registers and last exits", cols, 2);
		lines(t, o->guest[i].vm, o->guest[i].tell);
	}
}

void guest_tables(const struct outcome *o, struct rep *r)
{
	if (o->n_guests == 0)
		return;
	guest_table(o, r);
	tell_table(o, r);
	site_table(o, r);
}

void guest_answer(const struct outcome *o, struct rep *r)
{
	for (size_t i = 0; i < o->n_guests; i++) {
		const struct outcome_guest *g = &o->guest[i];
		char n[RUN_COUNT_TEXT];

		(g->good ? rep_verdict : rep_alarm)(r, "guest %s%s: %s, after %s instruction%s", g->image,
						    g->good ? "" : " DID NOT END WELL", g->end, run_count(g->insns, n),
						    g->insns == 1 ? "" : "s");
		if (g->nowhere != 0)
			rep_note(r, "guest %s: %" PRIu64 " accesses to addresses where nothing is, the first at 0x%" PRIx64
				 ": they read as 0", g->image, g->nowhere, g->nowhere_at);
	}
}

void guest_alarms(const struct outcome *o, const char *title, struct rep *r)
{
	for (size_t i = 0; i < o->n_guests; i++)
		if (!o->guest[i].good)
			rep_alarm(r, "%s%sguest %s DID NOT END WELL: %s", title, title[0] != '\0' ? ": " : "", o->guest[i].image,
				  o->guest[i].end);
}
