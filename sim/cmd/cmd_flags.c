/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim flags: the flags of a vCPU, their rules, and who uses them where, printed from models/hyp/kvm/vflags.def. */
#include "sim/cmd/cmd.h"
#include "sim/app/config.h"
#include "sim/app/effective.h"
#include "sim/app/output.h"
#include "sim/report/flags_report.h"

struct flags_args {
	struct output_args out;
	bool rules, places;
};

static const struct arg_row arg_rows[] = {
	{ "--rules", NULL, ARG_FLAG, offsetof(struct flags_args, rules), .help = "print the rules that are checked" },
	{ "--places", NULL, ARG_FLAG, offsetof(struct flags_args, places),
	  .help = "print the places of the kernel that use a flag; with CONFIG, those that its kernel and vCPU have" },
	OUTPUT_ARG_ROWS(struct flags_args, out),
};

static const struct arg_spec spec = {
	.name = "flags", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 0, .max_pos = 1, .overrides = true,
	.text = "Without an option: every flag with set, value and mask, who sets, clears and reads it. How often that\n"
		"happens on a trace: el2sim run CONFIG --flags.\n",
};

/* Without a file and without overrides: every kernel's places. */
static int places(const struct args *a, struct rep *r, struct err *e)
{
	struct config c;
	struct ws_prog *p = NULL;
	int rc = 0;

	if (a->pos.n == 0 && a->overrides.n == 0) {
		flags_place_table(NULL, r);
		return 0;
	}
	rc = config_load_one(&c, a->pos.n != 0 ? a->pos.v[0] : NULL, &a->overrides, e);
	if (rc == 0 && (p = config_compile(&c, true, e)) == NULL)
		rc = -1;
	if (rc == 0) {
		flags_place_table(p, r);
		effective_source(&c, r);
	}
	ws_free(p);
	config_free(&c);
	return rc;
}

int cmd_flags(int argc, char **argv, struct err *e)
{
	struct flags_args o = { 0 };
	struct args a;
	struct rep *r;
	int rc = 0;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	r = rep_new("flags", "");
	if (a.pos.n != 0 || a.overrides.n != 0)
		o.places = true;
	if (!o.rules && !o.places)
		flags_table(r);
	if (o.rules)
		flags_rule_table(r);
	if (o.places)
		rc = places(&a, r, e);
	if (rc == 0)
		rc = output_write(&o.out, r, e);
	rep_free(r);
	args_free(&a);
	return rc;
}
