/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sweep/sweep_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "sim/base/progress.h"
#include "sim/sweep/sweep_point.h"

#define BAR_WIDTH 30
#define REDRAW_US 200000

void show_begin(struct show *s, const struct sweep_how *how)
{
	*s = (struct show){ .how = how->show, .start_us = sweep_clock_us() };
	if (s->how == SHOW_AUTO)
		s->how = isatty(STDERR_FILENO) ? SHOW_BAR : SHOW_NONE;
	if (s->how != SHOW_NONE)
		progress_quiet(); /* it has its own */
	s->every_us = s->how == SHOW_PLAIN ? (uint64_t)how->every_s * 1000000 : REDRAW_US;
	s->last_us = s->start_us;
}

/* "1:05:09", "5:09" */
static void add_time(struct str *b, uint64_t s)
{
	if (s >= 3600)
		str_addf(b, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60, s % 60);
	else
		str_addf(b, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
}

/* "120/180 67 %, 12.3 points/s, 2 failed, 0:05 left" */
static void add_numbers(struct str *b, const struct show *s, const struct sweep_counts *n, uint64_t total)
{
	uint64_t us = sweep_clock_us() - s->start_us;

	str_addf(b, "%" PRIu64 "/%" PRIu64 " %" PRIu64 " %%", n->done, total, total != 0 ? n->done * 100 / total : 100);
	if (us != 0)
		str_addf(b, ", %.1f points/s", (double)n->done * 1e6 / (double)us);
	str_addf(b, ", %" PRIu64 " failed", n->failed);
	if (n->done != 0 && n->done < total) {
		str_add(b, ", ");
		add_time(b, (uint64_t)((double)us / 1e6 * (double)(total - n->done) / (double)n->done));
		str_add(b, " left");
	}
}

static void draw(struct show *s, const struct sweep_counts *n, uint64_t total)
{
	struct str b = STR_INIT;
	int full = total != 0 ? (int)(n->done * BAR_WIDTH / total) : BAR_WIDTH;

	if (s->how == SHOW_BAR)
		str_addf(&b, "\r\033[Ksweep [%.*s%*s] ", full, "##############################", BAR_WIDTH - full, "");
	else
		str_add(&b, "sweep: ");
	add_numbers(&b, s, n, total);
	if (s->how == SHOW_PLAIN)
		str_addc(&b, '\n');
	(void)fputs(str_get(&b), stderr);
	(void)fflush(stderr);
	str_free(&b);
	s->drawn = true;
}

void show_at(struct show *s, const struct sweep_counts *n, uint64_t total)
{
	uint64_t now;

	if (s->how == SHOW_NONE)
		return;
	now = sweep_clock_us();
	if (now - s->last_us < s->every_us)
		return;
	s->last_us = now;
	draw(s, n, total);
}

void show_end(struct show *s, const struct sweep_counts *n, uint64_t total)
{
	if (s->how == SHOW_PLAIN)
		draw(s, n, total);
	else if (s->how == SHOW_BAR && s->drawn)
		(void)fputs("\r\033[K", stderr);
}
