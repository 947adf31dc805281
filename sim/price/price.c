/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/price/price.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS_SAID = 8 }; /* in the answer */

uint64_t price_barriers(const struct ws_totals *t)
{
	return t->n[CNT_isb] + t->n[CNT_dsb] + t->n[CNT_sb] + t->n[CNT_esb];
}

uint64_t price_exceptions(const struct ws_totals *t)
{
	return t->n[CNT_exc] + t->n[CNT_svc] + t->n[CNT_hvc] + t->n[CNT_eret];
}

bool price_differs(const struct price_pair *x)
{
	const struct ws_totals *a = &x->a.totals, *b = &x->b.totals;

	return memcmp(a->n, b->n, sizeof(a->n)) != 0 || a->cycles != b->cycles || a->milli != b->milli || (x->whole && x->a.insns != x->b.insns);
}

int64_t price_change(const struct price_pair *x)
{
	double before = ws_cycles_exact(&x->a.totals);

	return before == 0 ? 0 : (int64_t)((ws_cycles_exact(&x->b.totals) - before) * 100000.0 / before);
}

static struct price_pair pair_of(const char *name, const struct side_kind *a, const struct side_kind *b, const struct machine *m)
{
	struct price_pair x = { name, *a, *b, a->has_insns && b->has_insns };

	if (x.whole) {
		side_add_path(&x.a, m);
		side_add_path(&x.b, m);
	}
	return x;
}

void price_make(struct price *p, const struct side *a, const struct side *b, const struct machine *m)
{
	struct side_kind load[2];

	p->a = a;
	p->b = b;
	p->x.m = m;
	p->x.ghz = (double)m->clock_hz / 1e9;
	p->recorded = a->as_recorded;
	p->kind = xcalloc(a->n + 1, sizeof(*p->kind));
	for (size_t i = 0; i < a->n; i++) {
		const struct side_kind *other = side_kind(b, a->kind[i].name);

		if (other != NULL)
			p->kind[p->n++] = pair_of(other->name, &a->kind[i], other, m);
	}
	p->only_one = a->n + b->n - 2 * p->n;
	if (side_loads(a, &load[0]) && side_loads(b, &load[1]))
		p->loads = pair_of("vcpu_load and vcpu_put", &load[0], &load[1], m);
}

void price_free(struct price *p)
{
	free(p->kind);
}

/* --- the answer ------------------------------------------------------------------------------- */

static void say(struct str *b, const char *name, const struct price *p, const struct price_pair *x)
{
	const struct band_range r = band_difference(&p->x.dev, &x->a.form, &x->b.form);
	const struct ws_totals *t = &x->a.totals, *u = &x->b.totals;
	long long tenths = llround((double)price_change(x) / 100.0);

	str_addf(b, "%s: %+" PRId64 " reads, %+" PRId64 " writes, %+" PRId64 " barriers, %+" PRId64 " exceptions, ", name,
		 (int64_t)(u->n[CNT_read] - t->n[CNT_read]), (int64_t)(u->n[CNT_write] - t->n[CNT_write]),
		 (int64_t)(price_barriers(u) - price_barriers(t)), (int64_t)(price_exceptions(u) - price_exceptions(t)));
	if (x->whole)
		str_addf(b, "%+" PRId64 " instructions, ", (int64_t)(x->b.insns - x->a.insns));
	str_addf(b, "%+" PRId64 " cycles (%c%lld.%lld %%)", (int64_t)(u->cycles - t->cycles), tenths < 0 ? '-' : '+', llabs(tenths) / 10,
		 llabs(tenths) % 10);
	if (price_differs(x))
		str_addf(b, " [%+.0f to %+.0f by the costs' deviations%s]", r.low, r.high, r.apart ? "" : ": inside the band, not told apart");
}

/* Change of the forms, and of the cycles that they are of. */
struct moved {
	struct band_form form;
	double cycles;
	bool apart;
};

static struct moved moved(const struct price *p, const struct price_pair *x)
{
	struct moved m = { x->b.form, ws_cycles_exact(&x->b.totals) - ws_cycles_exact(&x->a.totals),
			   band_difference(&p->x.dev, &x->a.form, &x->b.form).apart };

	band_add(&m.form, &x->a.form, -1);
	return m;
}

static void loads_per_exit(const struct price *p, const char *what, const struct moved *exit, const struct moved *load, struct str *b)
{
	const double even = fabs(exit->cycles / load->cycles);

	str_addf(b, "; %s %.2f loads per exit", what, even);
	if (exit->apart && load->apart) {
		const double factor = band_quotient_factor(&p->x.dev, &exit->form, &load->form);

		str_addf(b, " (%.2f to %.2f)", even / factor, even * factor);
	}
}

/* An exit that KVM handles itself against vcpu_load and vcpu_put: from how many loads per exit on is PATCHED cheaper? */
static void pays_back(const struct price *p, const struct moved *e, const struct moved *l, struct str *b)
{
	const double exit = e->cycles, load = l->cycles;

	if ((exit != 0 && !e->apart) || (load != 0 && !l->apart))
		str_add(b, "; which is cheaper is not told");
	else if (exit > 0 && load < 0)
		loads_per_exit(p, "pays back from", e, l, b);
	else if (exit < 0 && load > 0)
		loads_per_exit(p, "pays up to", e, l, b);
	else if (exit > 0 || load > 0)
		str_add(b, "; dearer however often vCPUs are loaded");
	else if (exit < 0 || load < 0)
		str_add(b, "; cheaper however often vCPUs are loaded");
}

/* A recording without an HVC (of IPIs): each of its kinds. */
static void say_kinds(const struct price *p, struct rep *r)
{
	size_t said = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct str b = STR_INIT;

		if (!price_differs(&p->kind[i]) || said++ == KINDS_SAID)
			continue;
		say(&b, p->kind[i].name, p, &p->kind[i]);
		rep_verdict(r, "%s", str_get(&b));
		str_free(&b);
	}
	if (said == 0)
		rep_verdict(r, "no difference in %zu exit kinds", p->n);
}

static void say_exit(const struct price *p, const struct price_pair *exit, struct str *b)
{
	const struct price_pair *loads = p->loads.name != NULL ? &p->loads : NULL;

	if (!price_differs(exit) && (loads == NULL || !price_differs(loads))) {
		str_addf(b, "no difference in an exit that KVM handles%s", loads != NULL ? ", and none in vcpu_load and vcpu_put" : "");
		return;
	}
	say(b, "hvc", p, exit);
	if (loads == NULL)
		return;
	str_add(b, "; ");
	say(b, loads->name, p, loads);
	pays_back(p, &(struct moved[]){ moved(p, exit) }[0], &(struct moved[]){ moved(p, loads) }[0], b);
}

static void notes(const struct price *p, struct rep *r)
{
	const struct side *side[2] = { p->a, p->b };

	rep_note(r, "uncertainty: cycles \303\227\303\267F are between the figure divided and multiplied by F, " BAND_OF_100 " of 100, and changes in "
		    "their range: all costs together may be off by %.1f %% (%s), a single one by %.0f %% of its share; what both sides have "
		    "cancels from a change", 100 * p->x.dev.scale, p->x.dev.fitted[0] ? "[fit] of the machine" : "prior of el2sim calibrate: the machine "
		    "has no fit", 100 * p->x.dev.single);
	if (p->recorded)
		rep_note(r, "counted as a recorder does: what C code does by the way (current, per-CPU base, DAIF) is left out; an exception taken "
			    "is told by its return; general-purpose and vector registers are among the instructions");
	rep_note(r, "cycles are of the modelled ops; where both sides have the column instructions, of the whole exit: the other instructions at "
		    "cost.cpi of the machine");
	for (unsigned i = 0; i < 2; i++) {
		const char *name = i == 0 ? "BASE" : "PATCHED";

		if (side[i]->no_totals)
			rep_note(r, "%s: no totals beside the recording (NAME-totals.csv): its instructions are not known, nor which kinds have no usual path", name);
		if (side[i]->left_out != 0)
			rep_note(r, "%s: %zu recorded kinds have no usual path and are left out", name, side[i]->left_out);
		if (side[i]->unknown.len != 0)
			rep_note(r, "%s: counted, but without a cost in cycles: %s", name, str_get(&side[i]->unknown));
	}
	if (p->recorded && p->only_one != 0)
		rep_note(r, "%zu exit kinds are of one side only and are left out", p->only_one);
	if (!p->recorded && (p->a->data == NULL) != (p->b->data == NULL))
		rep_note(r, "a built-in model and an imported one differ in what the tables do not have (PSTATE of local_irq_save, MMIO): price two imports");
}

void price_answer(const struct price *p, struct rep *r)
{
	const struct price_pair *hvc = NULL;
	struct str text = STR_INIT;

	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->kind[i].name, exit_row(EXIT_FOR_plain)->name) == 0)
			hvc = &p->kind[i];
	if (hvc != NULL) {
		say_exit(p, hvc, &text);
		rep_verdict(r, "%s", str_get(&text));
		str_reset(&text);
	} else {
		say_kinds(p, r);
	}
	if (p->run.name != NULL) {
		say(&text, p->run.name, p, &p->run);
		rep_verdict(r, "%s, in %" PRIu64 " exits", str_get(&text), p->run_exits[0]);
	}
	str_free(&text);
	notes(p, r);
}
