/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim exits: exit kinds and what they are made of, printed from the tables of models/hyp. */
#include <string.h>

#include "models/hyp/kvm/exits.h"
#include "models/hyp/measured/path.h"
#include "sim/cmd/cmd.h"
#include "sim/app/output.h"
#include "sim/base/str.h"

struct exits_args {
	struct output_args out;
	bool ops, conds, comps, models;
};

static const struct arg_row arg_rows[] = {
	{ "--ops", NULL, ARG_FLAG, offsetof(struct exits_args, ops), .help = "print the ops that programs are made of" },
	{ "--conds", NULL, ARG_FLAG, offsetof(struct exits_args, conds), .help = "print the conditions that steps depend on" },
	{ "--components", NULL, ARG_FLAG, offsetof(struct exits_args, comps),
	  .help = "print the components that sequences are made of" },
	{ "--models", NULL, ARG_FLAG, offsetof(struct exits_args, models), .help = "print the switch models" },
	OUTPUT_ARG_ROWS(struct exits_args, out),
};

static const struct arg_spec spec = {
	.name = "exits", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 0, .max_pos = 0,
	.text = "Without an option: every exit kind, from the guest's exit to its next entry.\n",
};

static struct rep_col text(const char *key, const char *title)
{
	return (struct rep_col){ .key = key, .title = title, .type = REP_STR };
}

/* Names of run-time state bits. */
static void add_state(struct str *b, uint64_t state)
{
	bool first = true;

	for (unsigned c = CND_FIRST_STATE; c < CND_COUNT; c++) {
		if ((state >> (c - CND_FIRST_STATE) & 1) == 0)
			continue;
		str_addf(b, "%s%s", first ? "" : " ", cond_name((enum cond)c));
		first = false;
	}
}

/* Phases in capitals, as the tables have them; components by name; a step's own state in parentheses. */
static void add_sequence(struct str *b, const struct exit_row *row)
{
	for (unsigned i = 0; i < row->n; i++) {
		const struct exit_step *s = &row->step[i];
		size_t from;

		str_add(b, i != 0 ? ", " : "");
		from = b->len;
		str_add(b, s->is_phase ? phase_name((enum ws_phase)s->id) : comp_name((enum ws_comp)s->id));
		for (; s->is_phase && from < b->len; from++)
			b->s[from] = (char)(b->s[from] >= 'a' && b->s[from] <= 'z' ? b->s[from] - 'a' + 'A' : b->s[from]);
		if (s->state != 0) {
			str_add(b, " (");
			add_state(b, s->state);
			str_add(b, ")");
		}
	}
}

static void kinds(struct rep *r)
{
	const struct rep_col cols[] = { text("kind", ""), text("help", "meaning"), text("path", "path profile's kind"),
					text("state", "run-time state"), text("sequence", "") };
	struct rep_table *t = rep_table(r, "kinds", "Exit kinds", cols, 5);
	struct str b = STR_INIT;

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		const struct exit_row *row = exit_row((enum exit_kind)k);

		rep_str(t, row->name);
		rep_str(t, row->help);
		rep_str(t, row->path);
		str_reset(&b);
		add_state(&b, row->state);
		rep_str(t, str_get(&b));
		str_reset(&b);
		add_sequence(&b, row);
		rep_str(t, str_get(&b));
	}
	str_free(&b);
	rep_note(r, "sequence: phases of the switch model in capitals, components of the host's path in small letters "
		 "(--components), state of one step in parentheses (--conds)");
	rep_note(r, "path profile's kind: whose recorded instructions the exit takes; the nearest one where its own was not "
		 "recorded");
}

static void ops(struct rep *r)
{
	const struct rep_col cols[] = { text("op", ""), text("counter", "counted as"), text("cost", "[cost] key"),
					text("reference", "in recordings"), text("help", "meaning") };
	struct rep_table *t = rep_table(r, "ops", "Ops", cols, 5);

	for (unsigned i = 0; i < OP_COUNT; i++) {
		const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)i);

		rep_str(t, row->name);
		rep_str(t, row->counter != CNT_none ? counter_title((enum ws_counter)row->counter) : "");
		if (row->cost != OPCOST_COUNT)
			rep_str(t, op_cost_name((enum op_cost)row->cost));
		else if (row->counter == CNT_read || row->counter == CNT_write)
			rep_strf(t, "%s_<class>", row->counter == CNT_read ? "mrs" : "msr");
		else
			rep_str(t, "");
		rep_str(t, row->ref);
		rep_str(t, row->help);
	}
}

/* Who settles a condition. */
static const char *settled_by(enum cond c)
{
	static const char *const by[CND_COUNT] = {
#define FEAT(id, key, help) [CND_##id] = "machine",
#include "models/cpu/feats.def"
#define KCOND(id, help)      [CND_##id] = "kernel, mode",
#define VCOND(id, key, help) [CND_##id] = "vCPU",
#define SCOND(id, key, help) [CND_##id] = "run time",
#include "models/hyp/kvm/conds.def"
	};

	return by[c];
}

static void conds(struct rep *r)
{
	const struct rep_col cols[] = { text("condition", ""), text("by", "settled by"), text("help", "meaning") };
	struct rep_table *t = rep_table(r, "conditions", "Conditions", cols, 3);

	for (unsigned c = 0; c < CND_COUNT; c++) {
		rep_str(t, cond_name((enum cond)c));
		rep_str(t, settled_by((enum cond)c));
		rep_str(t, cond_help((enum cond)c));
	}
}

static void comps(struct rep *r)
{
	const struct rep_col cols[] = { text("component", ""), text("help", "the kernel's function") };
	struct rep_table *t = rep_table(r, "components", "Components", cols, 2);

	for (unsigned c = 0; c < COMP_COUNT; c++) {
		rep_str(t, comp_name((enum ws_comp)c));
		rep_str(t, comp_help((enum ws_comp)c));
	}
}

static void models(struct rep *r)
{
	struct rep_col cols[PHASE_LAZY + 3];
	struct rep_table *t;
	size_t n;
	const struct ws_model *m = ws_models(&n);

	cols[0] = text("model", "[switch] model");
	for (unsigned ph = 0; ph <= PHASE_LAZY; ph++)
		cols[1 + ph] = text(phase_name((enum ws_phase)ph), "");
	cols[PHASE_LAZY + 2] = text("help", "meaning");
	t = rep_table(r, "models", "Switch models and the components that are their phases", cols, PHASE_LAZY + 3);
	for (size_t i = 0; i < n; i++) {
		rep_str(t, m[i].name);
		for (unsigned ph = 0; ph <= PHASE_LAZY; ph++)
			rep_str(t, comp_name(m[i].phase[ph]));
		rep_str(t, m[i].help);
	}
}

int cmd_exits(int argc, char **argv, struct err *e)
{
	struct exits_args o = { 0 };
	struct args a;
	struct rep *r;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	r = rep_new("exits", "");
	if (!o.ops && !o.conds && !o.comps && !o.models)
		kinds(r);
	if (o.ops)
		ops(r);
	if (o.conds)
		conds(r);
	if (o.comps)
		comps(r);
	if (o.models)
		models(r);
	rc = output_write(&o.out, r, e);
	rep_free(r);
	args_free(&a);
	return rc;
}
