/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/sight_report.h"

void sight_table(const struct sight *s, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "event", "", REP_STR, "", 0, false },
		{ "state", "", REP_STR, "", 0, false },
		{ "shows", "", REP_STR, "", 0, false },
		{ "without", "without it", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "sight", "What this trace can and cannot show", cols, 4);

	for (unsigned i = 0; i < SIGHT_COUNT; i++) {
		const struct sight_row *row = sight_row((enum sight_id)i);

		rep_str(t, tr_type_name(row->type));
		rep_str(t, sight_state_name(s->state[i]));
		rep_str(t, row->figures);
		if (s->state[i] == SIGHT_RECORDED)
			rep_none(t);
		else
			rep_str(t, row->without);
	}
}

void sight_verdict(const struct sight *s, struct rep *r)
{
	char missing[SIGHT_TEXT], losses[SIGHT_TEXT];

	if (sight_missing(s, missing)[0] != '\0')
		rep_verdict(r, "this trace lacks %s: what they show is left out, or a bound", missing);
	if (sight_losses(s, losses)[0] != '\0')
		rep_verdict(r, "%s: every count is a lower bound", losses);
}

void sight_notes(const struct sight *s, struct rep *r)
{
	if (sight_all(s))
		return;
	for (unsigned i = 0; sight_record(i) != NULL; i++)
		rep_note(r, "to record all of it, on the host: %s", sight_record(i));
}
