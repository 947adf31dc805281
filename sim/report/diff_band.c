/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/diff_band.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static double number(const struct rep *r, const char *row, const char *col)
{
	int64_t milli;

	return rep_number(r, "costs", row, col, &milli) ? (double)milli / 1000 : 0;
}

/* What the table costs of a report says; false: it has none. */
static bool read_costs(const struct rep *r, struct band_dev *d, struct band_form *f)
{
	char name[48];

	memset(d, 0, sizeof(*d));
	memset(f, 0, sizeof(*f));
	d->scale = number(r, "cost.scale", "deviation") / 100;
	d->cpi = number(r, "cost.cpi", "deviation") / 100;
	d->correlation = number(r, "cost.cpi", "correlation");
	for (unsigned i = 0; i < BAND_ROWS; i++) {
		f->v[i] = number(r, band_row_name(i, name), "cycles");
		if (i < BAND_COSTS)
			d->mix[i] = number(r, name, "mix") / 100;
		if (i < BAND_PATH)
			d->single = fmax(d->single, number(r, name, "deviation") / 100);
	}
	d->known = band_cycles(f) > 0;
	return d->known;
}

void diff_band_add(struct diff_bands *x, const struct rep *a, const struct rep *b)
{
	const char *ma = rep_fact_text(a, "machine"), *mb = rep_fact_text(b, "machine");
	struct band_dev da, db;
	struct band_form fa, fb;

	if (!read_costs(a, &da, &fa) || !read_costs(b, &db, &fb))
		return;
	x->points++;
	if (memcmp(&fa, &fb, sizeof(fa)) == 0)
		return;
	x->differ++;
	x->common = ma != NULL && mb != NULL && strcmp(ma, mb) == 0;
	x->ratio = band_cycles(&fb) / band_cycles(&fa);
	x->last = band_ratio(&da, &fa, &db, &fb, x->common);
	x->inside += !x->last.apart;
}

void diff_band_verdict(const struct diff_bands *x, const char *first, const char *second, bool failed, struct rep *r)
{
	if (x->differ == 0)
		return;
	if (x->points > 1) {
		rep_verdict(r, "cycles differ at %" PRIu64 " of %" PRIu64 " points; at %" PRIu64 " of these inside the band of the costs: not told apart",
			    x->differ, x->points, x->inside);
		return;
	}
	rep_verdict(r, "all cycles: %s has %.2f times those of %s (%.2f to %.2f by the deviations of %s costs): %s", second, x->ratio, first,
		    x->last.low, x->last.high, x->common ? "common" : "two machines'",
		    !x->last.apart && failed ? "inside the band: not told apart; what failed the gate may be the costs' doing, unless it is a count"
		    : !x->last.apart	     ? "inside the band: not told apart"
		    : x->ratio < 1 ? "cheaper, outside the band" : "dearer, outside the band");
}
