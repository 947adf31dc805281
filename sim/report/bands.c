/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/bands.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void bands_of(const struct run_result *x, uint64_t path, struct bands *b)
{
	memset(b, 0, sizeof(*b));
	b->x = x;
	b->run = band_run_new(x->out->prog, x->out->exec);
	band_where(b->run, &BAND_ALL, &b->modelled);
	b->all = b->modelled;
	b->all.v[BAND_PATH] += (double)path;
}

void bands_free(struct bands *b)
{
	band_run_free(b->run);
	b->run = NULL;
}

struct band_form bands_where(const struct bands *b, struct band_where w)
{
	struct band_form f;

	band_where(b->run, &w, &f);
	return f;
}

struct band_form bands_phase(const struct bands *b, enum ws_phase phase)
{
	struct band_where w = BAND_ALL;

	w.phase = (int)phase;
	return bands_where(b, w);
}

struct band_form bands_totals(const struct bands *b, const struct ws_totals *t)
{
	struct band_form f;

	band_totals(b->run, t, &f);
	return f;
}

struct band_form bands_path(uint64_t cycles)
{
	return (struct band_form){ .v[BAND_PATH] = (double)cycles };
}

static double factor_of(const struct bands *b, const struct band_form *f)
{
	const struct band_form *whole = band_cycles(&b->modelled) > 0 ? &b->modelled : &b->all;

	return b->x->band.known ? band_factor(&b->x->band, band_cycles(f) > 0 ? f : whole) : 1;
}

void rep_in_band(struct rep_table *t, const struct bands *b, const struct band_form *f)
{
	if (b->x->band.known)
		rep_band_factor(t, factor_of(b, f));
}

bool bands_common(const struct run_result *a, const struct run_result *b)
{
	return strcmp(a->out->prog->config.machine->name, b->out->prog->config.machine->name) == 0;
}

struct band_range bands_ratio(const struct bands *a, const struct band_form *fa, const struct bands *b, const struct band_form *fb)
{
	return band_ratio(&a->x->band, fa, &b->x->band, fb, bands_common(a->x, b->x));
}

void rep_in_range(struct rep_table *t, const struct band_range *r)
{
	rep_band(t, (int64_t)floor(r->low * 1000), (int64_t)ceil(fmin(r->high, 1e12) * 1000));
}

const char *bands_text(const struct bands *b, const struct band_form *f, double cycles, char buf[static BANDS_TEXT])
{
	const double factor = factor_of(b, f);
	char n[2][RUN_COUNT_TEXT];

	buf[0] = '\0';
	if (factor > 1 && cycles > 0 && cycles * factor < 1e18)
		(void)snprintf(buf, BANDS_TEXT, " (%s to %s)", run_count((uint64_t)(cycles / factor), n[0]),
			       run_count((uint64_t)ceil(cycles * factor), n[1]));
	return buf;
}
