/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that executed code: how they ended, what they executed, which of their functions exited. */
#include "sim/report/bands.h"
#include "sim/report/columns.h"
#include "sim/report/outcome_report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Costs of the guest's own instructions are assumed, all of them in one way: off together, as far as a single one may be. */
static void guest_band(struct rep_table *t, const struct band_dev *d)
{
	if (d->known)
		rep_band_factor(t, exp(BAND_DEVIATIONS * d->single));
}

static void guest_table(const struct run_result *x, struct rep *r)
{
	const struct outcome *o = x->out;
	const struct rep_col cols[] = {col_id("vm", "VM"), col_text("image", ""), col_text("format", ""), col_count("vcpus", "vCPUs", ""),
				       col_text("core", ""), col_text("models", "modelled beside instructions"), col_count("instructions", "", ""), col_cycles("cycles", "guest"),
				       col_fix("mips", "M instructions per simulated s", "", 1), col_count("pages", "pages mapped", ""),
				       col_text("end", "")};
	struct rep_table *t = rep_table(r, "guests", "Guests that executed", cols, 11);
	const uint64_t us = o->clock->end_ns / 1000;

	for (size_t i = 0; i < o->n_guests; i++) {
		const struct outcome_guest *g = &o->guest[i];

		rep_u64(t, g->vm);
		rep_str(t, g->image);
		rep_str(t, g->format);
		rep_u64(t, g->vcpus);
		rep_str(t, g->core);
		rep_str(t, g->models);
		rep_u64(t, g->insns);
		rep_u64(t, g->cycles);
		guest_band(t, &x->band);
		rep_fix(t, col_per(g->insns, us != 0 ? us : 1));
		rep_u64(t, g->pages);
		rep_str(t, g->end);
	}
}

/* So many are shown, and each that takes more than a thousandth. */
#define SITES_SHOWN 48

static void site_row(struct rep_table *t, const struct bands *b, const struct outcome_guest *g, const struct outcome_site *s,
		     const char *kind, uint64_t sum)
{
	const double switched = band_cycles(&b->modelled) > 0 ? (double)s->switched / band_cycles(&b->modelled) : 0;
	const struct band_form kernel = bands_path(s->cycles - s->switched);
	struct band_form all = kernel;

	band_add(&all, &b->modelled, switched); /* in the mix of the whole run */
	rep_u64(t, g->vm);
	rep_str(t, s->function);
	rep_str(t, kind);
	rep_u64(t, s->count);
	rep_average(t, s->cycles, s->count);
	rep_in_band(t, b, &all);
	rep_average(t, s->switched, s->count);
	rep_in_band(t, b, &b->modelled);
	rep_average(t, s->cycles - s->switched, s->count);
	rep_in_band(t, b, &kernel);
	rep_average(t, s->vmm, s->count);
	if (b->x->band.known)
		rep_band_factor(t, exp(BAND_DEVIATIONS * hypot(b->x->band.cpi, b->x->band.vmm)));
	rep_fix(t, col_per(s->cycles, sum != 0 ? sum : 1) * 100);
}

static void site_table(const struct bands *b, struct rep *r)
{
	const struct outcome *o = b->x->out;
	const struct rep_col cols[] = {col_id("vm", "VM"), col_text("function", ""), col_text("kind", ""), col_count("exits", "", ""),
				       col_average("cycles", "each", "cycles"), col_average("switch", "of them switch", "cycles"),
				       col_average("handling", "host kernel", "cycles"), col_average("vmm", "and the VMM", "cycles"),
				       col_fix("share", "share of cycles", "%", 1)};
	struct rep_table *t = rep_table(r, "guest_exits", "Exits by the guest's function: cycles of switch and host kernel, and beside them of "
					"the VMM", cols, 9);

	for (size_t i = 0; i < o->n_guests; i++) {
		const struct outcome_guest *g = &o->guest[i];
		struct outcome_site rest = {0};
		uint64_t sum = 0, others = 0;

		for (size_t k = 0; k < g->n_sites; k++)
			sum += g->site[k].cycles;
		for (size_t k = 0; k < g->n_sites; k++) {
			const struct outcome_site *s = &g->site[k];

			if (k < SITES_SHOWN || s->cycles > sum / 1000) {
				site_row(t, b, g, s, exit_row((enum exit_kind)s->kind)->name, sum);
				continue;
			}
			others++;
			rest.count += s->count;
			rest.cycles += s->cycles;
			rest.switched += s->switched;
			rest.vmm += s->vmm;
		}
		rest.function = "(all others)";
		if (others != 0)
			site_row(t, b, g, &rest, "-", sum);
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

void guest_tables(const struct run_result *x, struct rep *r)
{
	struct bands b;

	if (x->out->n_guests == 0)
		return;
	bands_of(x, x->out->clock->path.cycles, &b);
	guest_table(x, r);
	tell_table(x->out, r);
	site_table(&b, r);
	bands_free(&b);
}

void guest_answer(const struct outcome *o, struct rep *r)
{
	for (size_t i = 0; i < o->n_guests; i++) {
		const struct outcome_guest *g = &o->guest[i];
		char n[RUN_COUNT_TEXT];

		(g->good ? rep_verdict : rep_alarm)(r, "guest %s%s: %s, after %s instruction%s", g->image,
						    g->good ? "" : " DID NOT END WELL", g->end, run_count(g->insns, n),
						    g->insns == 1 ? "" : "s");
		rep_note(r, "guest %s was executed by el2sim's A64 core as %s (%s), instructions cost by class ([cost] insn_*); beside them [machine] guest_core "
			 "models %s%s", g->image, g->core, g->features, strcmp(g->models, "none") == 0 ? "nothing" : g->models,
			 strcmp(g->models, "none") == 0 ? ": each branch is predicted, each access hits" : "");
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
