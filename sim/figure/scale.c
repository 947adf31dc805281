/* SPDX-License-Identifier: Apache-2.0 */
/* Axes: where a value is, where ticks are, and numbers in few characters. */
#include <math.h>
#include <string.h>

#include "sim/figure/figure_impl.h"

#define MINUS "\342\210\222"

double fig_at(const struct fig_scale *s, double v)
{
	double from = s->log ? log(s->from) : s->from, to = s->log ? log(s->to) : s->to, at = s->log ? log(v) : v;

	return to > from || to < from ? s->start + (at - from) / (to - from) * (s->end - s->start) : s->start;
}

/* 1, 2 or 5 times a power of ten, so that from..to has about as many steps. */
static double step_of(double from, double to, unsigned about)
{
	double step = (to - from) / about, power = pow(10, floor(log10(step))), rest = step / power;

	return power * (rest >= sqrt(50) ? 10 : rest >= sqrt(10) ? 5 : rest >= sqrt(2) ? 2 : 1);
}

void fig_nice(struct fig_scale *s, unsigned about)
{
	if (s->log) {
		s->from = pow(10, floor(log10(s->from)));
		s->to = pow(10, ceil(log10(s->to)));
		return;
	}
	for (unsigned i = 0; i < 3 && s->to > s->from; i++) {
		double step = step_of(s->from, s->to, about);

		s->from = floor(s->from / step + 1e-9) * step;
		s->to = ceil(s->to / step - 1e-9) * step;
	}
}

static size_t log_ticks(const struct fig_scale *s, bool all, double *tick)
{
	static const double of[] = { 1, 2, 5 };
	size_t n = 0;

	for (int e = (int)floor(log10(s->from)); e <= (int)ceil(log10(s->to)); e++)
		for (unsigned k = 0; k < (all ? 3 : 1); k++) {
			double v = of[k] * pow(10, e);

			if (n < FIG_TICKS_MAX && v >= s->from * (1 - 1e-9) && v <= s->to * (1 + 1e-9))
				tick[n++] = v;
		}
	return n;
}

size_t fig_ticks(const struct fig_scale *s, unsigned about, double tick[static FIG_TICKS_MAX])
{
	double step;
	size_t n;

	if (s->log) {
		n = log_ticks(s, true, tick);
		return n > about + 1 ? log_ticks(s, false, tick) : n;
	}
	if (!(s->to > s->from))
		return 0;
	step = step_of(s->from, s->to, about);
	n = 0;
	for (double i = ceil(s->from / step - 1e-9); i * step <= s->to + step * 1e-9 && n < FIG_TICKS_MAX; i++)
		tick[n++] = fabs(i) < 0.5 ? 0 : i * step;
	return n;
}

/* Without the zeros, and the point, that say nothing. */
static void trim(char *text)
{
	size_t n = strlen(text);

	if (strchr(text, '.') == NULL)
		return;
	while (n != 0 && text[n - 1] == '0')
		text[--n] = '\0';
	if (n != 0 && text[n - 1] == '.')
		text[n - 1] = '\0';
}

/* Three digits and a letter. */
static void add_large(struct str *b, double v)
{
	static const char letters[] = " kMBTPE";
	char text[32];
	int e, group;

	(void)snprintf(text, sizeof(text), "%.2e", v);
	e = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	group = e / 3 < (int)sizeof(letters) - 2 ? e / 3 : (int)sizeof(letters) - 2;
	(void)snprintf(text, sizeof(text), "%.*f", 2 - (e - 3 * group) > 0 ? 2 - (e - 3 * group) : 0, v / pow(10, 3 * group));
	trim(text);
	str_addf(b, "%s%c", text, letters[group]);
}

void fig_short(struct str *b, double v)
{
	double size = fabs(v);
	char text[400];

	if (v < 0)
		str_add(b, MINUS);
	if (size >= 9999.5) {
		add_large(b, size);
		return;
	}
	(void)snprintf(text, sizeof(text), "%.*f", size < 1 ? 3 : size < 10 ? 2 : size < 1000 ? 1 : 0, size);
	trim(text);
	if (strcmp(text, "0") == 0 && size > 0)
		(void)snprintf(text, sizeof(text), "%.1e", size);
	if (strlen(text) > 3 && strchr(text, '.') == NULL && strchr(text, 'e') == NULL)
		str_addf(b, "%c,%s", text[0], text + 1);
	else
		str_add(b, text);
}
