/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/trace/trace_facts.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "sim/base/opt.h"

static void seconds_fact(struct rep *r, const char *key, const char *title, uint64_t ns)
{
	rep_fact(r, key, title, "%" PRIu64 ".%09" PRIu64 " s", ns / 1000000000, ns % 1000000000);
}

void trace_info_facts(struct rep *r, const struct tr_info *info)
{
	rep_fact(r, "origin", "origin", "%s", info->origin);
	rep_fact(r, "importer", "imported from", "%s", info->importer);
	rep_fact_u64(r, "events", "events", info->events, "");
	if (info->cpus_used != 0)
		rep_fact_u64(r, "cpus", "CPUs with events", info->cpus_used, "");
	if (info->cpus != 0)
		rep_fact_u64(r, "highest_cpu", "highest CPU", info->cpus - 1, "");
	seconds_fact(r, "first", "first event", info->first_ns);
	seconds_fact(r, "last", "last event", info->last_ns);
	seconds_fact(r, "span", "span", info->last_ns - info->first_ns);
	rep_fact_u64(r, "skipped_unknown", "events of unknown name, skipped", info->skipped_unknown,
		     "");
	rep_fact_u64(r, "skipped_lines", "broken lines, skipped", info->skipped_lines, "");
	rep_fact_u64(r, "lost", "events lost by the recorder", info->lost, "");
	rep_fact_u64(r, "gaps", "unpaired entries and exits", info->gaps, "");
	if (info->lost != 0)
		rep_note(r, "the recorder lost events: entries and exits may not pair up");
	if (info->lost_places != 0)
		rep_note(r, "at %" PRIu64 " places it does not say how many it lost: 1 is counted for each",
			 info->lost_places);
	if (info->gaps != 0)
		rep_note(r, "where an entry or an exit lacks its other half, events are missing: counts are too low");
	if (info->mixed != 0)
		rep_note(r, "%" PRIu64 " time%s another task's event is on the CPU between an entry and its exit, which cannot be on one "
			 "machine: this is a trace of several machines, or events were lost", info->mixed, info->mixed != 1 ? "s" : "");
	for (unsigned i = 0; i < info->n_notes; i++)
		rep_note(r, "%s", info->notes[i]);
	if (info->skipped_lines != 0)
		rep_note(r, "broken lines were skipped when this trace was imported (--lenient)");
}

void trace_types_table(struct rep *r, const struct tr_info *info)
{
	static const struct rep_col cols[] = {
		{ "event", "event", REP_STR, "", 0, false },
		{ "count", "count", REP_U64, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "types", "Events", cols, 2);
	bool done[TR_TYPE_COUNT] = { false };

	for (;;) {
		unsigned best = TR_TYPE_COUNT;

		for (unsigned i = 0; i < TR_TYPE_COUNT; i++) {
			if (!done[i] && info->per_type[i] != 0 &&
			    (best == TR_TYPE_COUNT || info->per_type[i] > info->per_type[best]))
				best = i;
		}
		if (best == TR_TYPE_COUNT)
			return;
		done[best] = true;
		rep_str(t, tr_type_name((enum tr_type)best));
		rep_u64(t, info->per_type[best]);
	}
}

int trace_seconds(const char *option, const char *text, uint64_t *ns, struct err *e)
{
	const char *s = text;
	uint64_t sec = 0, frac = 0, scale = 1000000000;

	for (; isdigit((unsigned char)*s) && s - text < 10; s++)
		sec = sec * 10 + (uint64_t)(*s - '0');
	if (s != text && *s == '.') {
		for (s++; isdigit((unsigned char)*s) && scale > 1; s++) {
			scale /= 10;
			frac += (uint64_t)(*s - '0') * scale;
		}
	}
	if (s == text || *s != '\0') {
		size_t n = strlen(text);

		if (n > 0 && text[n - 1] == 's' && opt_time(text, "ns", ns))
			return 0;
		return err_set(e, ERR_USAGE,
			       "%s %s: want seconds as el2sim trace dump prints them, with at most "
			       "9 decimals (12.345678), or with ns, us, ms, s",
			       option, text);
	}
	*ns = sec * 1000000000 + frac;
	return 0;
}
