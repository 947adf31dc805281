/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim price: what a kernel's switch costs more or less than another's. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/app/effective.h"
#include "sim/app/output.h"
#include "sim/price/cmd_price.h"
#include "sim/price/price_run.h"
#include "sim/report/oracle_report.h"

struct price_args {
	struct output_args out;
	struct subject_args subject;
	int mode;
	bool all, run;
	const char *trace;
	uint64_t fail_above, cfg;
};

#define NO_LIMIT UINT64_MAX

static const char *const modes[] = IMPORT_MODES;

static const struct arg_row arg_rows[] = {
	{ "--machine", NULL, ARG_STR, offsetof(struct price_args, subject) + offsetof(struct subject_args, machine), "CONFIG",
	  .required = true, .help = "the machine that both run on: a configuration with [machine], such as machine/neoverse-n1.ini" },
	{ "--mode", NULL, ARG_ENUM, offsetof(struct price_args, mode), .names = modes,
	  .help = "of a vmlinux: how KVM runs (kvm-arm.mode): auto is vhe where the machine has it" },
	{ "--dmesg", NULL, ARG_STR, offsetof(struct price_args, subject) + offsetof(struct subject_args, dmesg), "FILE",
	  .help = "of a vmlinux: capabilities as a kernel's log says; wins over --machine" },
	{ "--assume", NULL, ARG_LIST, offsetof(struct price_args, subject) + offsetof(struct subject_args, assume), "NAME=STATE",
	  .help = "of a vmlinux: one capability or static key, on or off" },
	{ "--all", NULL, ARG_FLAG, offsetof(struct price_args, all), .help = "exit kinds and phases that cost the same, too" },
	{ "--trace", NULL, ARG_STR, offsetof(struct price_args, trace), "FILE", .help = "also on this native trace, as a whole" },
	{ "--run", NULL, ARG_FLAG, offsetof(struct price_args, run), .help = "also on the trace or the workload of CONFIG" },
	{ "--cfg", NULL, ARG_U64, offsetof(struct price_args, cfg), "N", .max = 2,
	  .help = "of a recording: which vCPU configuration (0 plain, 1 PMU, 2 PMU, SVE and PtrAuth); a model with it has those features" },
	{ "--fail-above", NULL, ARG_U64, offsetof(struct price_args, fail_above), "PERCENT", .max = 1000000,
	  .help = "exit status 1 if an exit kind, or the run, costs more than that many percent more cycles" },
	OUTPUT_ARG_ROWS(struct price_args, out),
};

static const struct arg_spec spec = {
	.name = "price", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 1, .max_pos = 2, .overrides = true,
	.example = "vmlinux.base vmlinux.patched --machine machine/neoverse-n1.ini",
	.text = "BASE and PATCHED: a vmlinux with symbols and BTF, a file that el2sim kernel import wrote, a built-in switch\n"
		"model (linux-6.12-vhe), or a recording (el2sim record; its totals beside it). What is compared with a recording is counted\n"
		"as a recorder does. With --patch, PATCHED is edited, and may be left out: then it is BASE with the edits.\n",
};

/* Both, counted in the same way. */
static int open_both(struct side *a, struct side *b, const struct price_args *o, const struct args *pos, struct config *c, struct err *e)
{
	const struct side_args how = { &o->subject, o->mode, (unsigned)o->cfg };

	switch_add_vcpu(&c->sw, verify_cfg_features((unsigned)o->cfg, &c->machine));
	if (side_open(a, pos->pos.v[0], false, &how, c, e) != 0)
		return -1;
	if (pos->pos.n == 1 && c->sw.patch == NULL)
		return args_missing(&spec, e, "price: one kernel, and no patch: give PATCHED, or --patch");
	if (side_open(b, pos->pos.v[pos->pos.n - 1], true, &how, c, e) != 0)
		return -1;
	if (a->p != NULL && b->p != NULL) {
		side_count(a);
		side_count(b);
		return 0;
	}
	if (c->sw.patch != NULL)
		return err_set(e, ERR_USAGE, "%s: a recording, and a patch: what was recorded cannot be edited; want models on both sides",
			       pos->pos.v[a->p == NULL ? 0 : pos->pos.n - 1]);
	if (a->p == NULL)
		side_count_recorded(a, b, &c->machine);
	side_count_recorded(b, a, &c->machine);
	if (a->p != NULL)
		side_count_recorded(a, b, &c->machine);
	return 0;
}

static struct ws_prog *own_program(const struct config *c, struct err *e)
{
	struct ws_config wc;

	config_switch(c, &wc);
	wc.patch = NULL;
	return ws_compile(&wc, e);
}

/* What a scale of all costs is told by: BASE, or what stands for it. */
static int deviations(struct pricing *x, const struct config *c, const struct side *a, const struct side *b, struct err *e)
{
	const struct ws_prog *p = a->p != NULL ? a->p : b->p;
	struct ws_prog *own = p == NULL ? own_program(c, e) : NULL;

	if (p == NULL && own == NULL)
		return -1;
	band_dev_of(&c->cal, &c->path_profile, p != NULL ? p : own, &x->dev);
	ws_free(own);
	return 0;
}

static bool is_above(const struct price_args *o, const struct price_pair *x)
{
	return x->a.totals.cycles != 0 && price_change(x) > (int64_t)o->fail_above * 1000;
}

/* Is it the costs that make it more than the limit, or would it be with others, too? */
static void alarm_of(const struct price_args *o, const struct pricing *m, const struct price_pair *x, struct rep *r)
{
	const struct band_range by = band_ratio(&m->dev, &x->a.form, &m->dev, &x->b.form, true);
	const double low = 100 * (by.low - 1), high = 100 * (by.high - 1);

	if (band_cycles(&x->a.form) <= 0) {
		rep_alarm(r, "%s costs %+.1f %% cycles: more than --fail-above %" PRIu64, x->name, (double)price_change(x) / 1000.0, o->fail_above);
		return;
	}
	rep_alarm(r, "%s costs %+.1f %% cycles: more than --fail-above %" PRIu64 " (%+.1f to %+.1f %% by the costs' deviations: the limit is %s)", x->name,
		  (double)price_change(x) / 1000.0, o->fail_above, low, high, low > (double)o->fail_above ? "below the band" : "inside the band");
}

/* Returns how many kinds (and the run) cost more than the limit; the first is told. */
static unsigned above(const struct price_args *o, const struct price *p, struct rep *r)
{
	unsigned n = 0;

	for (size_t i = 0; o->fail_above != NO_LIMIT && i < p->n; i++)
		if (is_above(o, &p->kind[i]) && n++ == 0)
			alarm_of(o, &p->x, &p->kind[i], r);
	if (o->fail_above != NO_LIMIT && p->run.name != NULL && is_above(o, &p->run)) {
		alarm_of(o, &p->x, &p->run, r);
		n++;
	}
	return n;
}

static unsigned fill(const struct price_args *o, const struct price *p, struct rep *r)
{
	const struct machine *m = p->x.m;
	unsigned n = above(o, p, r);

	price_answer(p, r);
	rep_fact(r, "base", "BASE", "%s", str_get(&p->a->name));
	rep_fact(r, "patched", "PATCHED", "%s", str_get(&p->b->name));
	if (p->b->p != NULL)
		unsound_report(p->b->p, "", r);
	rep_fact(r, "machine", "machine", "%s: cycles %s (%s)", m->name, calibration_name((enum calibration)m->calibration),
		 calibration_help((enum calibration)m->calibration));
	rep_fact_u64(r, "clock_hz", "clock", (uint64_t)m->clock_hz, "Hz");
	price_tables(p, o->all, r);
	return n;
}

int cmd_price(int argc, char **argv, struct err *e)
{
	struct price_args o = { .mode = IMPORT_AUTO, .fail_above = NO_LIMIT };
	struct side a = { .import = { .text = STR_INIT } }, b = { .import = { .text = STR_INIT } };
	struct price p = { .a = NULL };
	struct config c;
	struct args pos;
	struct rep *r;
	int rc;

	if (args_parse(&pos, &spec, argc, argv, &o, e) != 0)
		return -1;
	r = rep_new("price", "Price of a patch");
	rc = config_load_one(&c, o.subject.machine, &pos.overrides, e);
	subject_several(&o.subject);
	if (rc == 0)
		rc = open_both(&a, &b, &o, &pos, &c, e);
	rc = subject_all_assumed(&o.subject, rc, e);
	if (rc == 0)
		rc = deviations(&p.x, &c, &a, &b, e);
	if (rc == 0) {
		price_make(&p, &a, &b, &c.machine);
		if (o.run || o.trace != NULL)
			rc = price_run(&p, o.trace, o.subject.machine, &pos.overrides, r, e);
	}
	if (rc == 0) {
		unsigned n = fill(&o, &p, r);

		effective_source(&c, r);
		rc = output_write(&o.out, r, e);
		if (rc == 0 && n != 0)
			rc = err_set(e, ERR_ANSWER_NO, "%s", "");
	}
	rep_free(r);
	price_free(&p);
	side_close(&a);
	side_close(&b);
	config_free(&c);
	args_free(&pos);
	return rc;
}
