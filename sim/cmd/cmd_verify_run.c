/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim verify --run: a recorded trace replayed, its totals against the exact totals of the same run. */
#include <stdio.h>
#include <string.h>

#include "models/hyp/measured/verify_run.h"
#include "sim/app/config.h"
#include "sim/base/file.h"
#include "sim/base/num.h"
#include "sim/base/progress.h"
#include "sim/cmd/verify_run.h"
#include "traces/import/import.h"

/* Is it a native trace already? */
static bool is_native(const char *path)
{
	struct err ignored;
	struct tr_reader *r = tr_open(path, &ignored);

	if (r != NULL)
		tr_close(r);
	return r != NULL;
}

/* Import a foreign trace to a temporary native one; tmp gets its name, "" if none was needed. */
static int bring_in(const char *path, struct str *tmp, struct err *e)
{
	struct import_result res;
	struct import_opts opts = { .in = path };
	struct progress bar;
	int rc;

	if (is_native(path))
		return 0;
	if (file_temporary(tmp, e) != 0)
		return -1;
	opts.out = str_get(tmp);
	progress_begin(&bar, "import", 0);
	rc = import_run(&opts, &bar, &res, e);
	progress_end(&bar);
	if (rc == 0)
		import_free(&res);
	return rc;
}

static void unseen_table(const struct verify_run *v, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "times", "", REP_U64, "", 0, false },
		{ "what", "not in the events of the trace", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "unseen", "What the trace does not show", cols, 2);

	for (unsigned u = 0; u < UNSEEN_COUNT; u++) {
		if (v->times[u] == 0)
			continue;
		rep_u64(t, v->times[u]);
		rep_str(t, unseen_reason((enum unseen)u));
	}
}

static void item_row(struct rep_table *t, const struct run_item *i)
{
	int64_t left = verify_run_residual(i);

	rep_str(t, i->group != GRP_COUNT ? group_name(i->group) : "");
	rep_str(t, ref_op_name((enum ref_op)i->it.op));
	rep_str(t, i->it.name);
	rep_u64(t, i->it.ref);
	rep_u64(t, i->it.sim);
	rep_u64(t, i->unseen);
	rep_i64(t, (int64_t)(i->it.sim + i->unseen) - (int64_t)i->it.ref);
	if (left == INT64_MAX)
		rep_none(t);
	else
		rep_fix(t, left * 100);
	rep_str(t, left != 0 ? verify_run_why(i) : "");
	rep_str(t, left != 0 ? str_get(&i->it.functions) : "");
}

static const struct rep_col item_cols[] = {
	{ "group", "", REP_STR, "", 0, false },
	{ "op", "", REP_STR, "", 0, false },
	{ "register", "", REP_STR, "", 0, false },
	{ "ref", "reference", REP_U64, "", 0, false },
	{ "sim", "simulated", REP_U64, "", 0, false },
	{ "unseen", "not in the trace", REP_U64, "", 0, true },
	{ "left", "left", REP_I64, "", 0, false },
	{ "left_percent", "left", REP_FIX, "%", 1, false },
	{ "why", "what is left", REP_STR, "", 0, false },
	{ "functions", "where the reference has it", REP_STR, "", 0, false },
};

/* Registers in the order of their groups; the ones the program has no op for stand apart. */
static void item_tables(const struct verify_run *v, struct rep *r)
{
	struct rep_table *t = rep_table(r, "registers", "Accesses of the run", item_cols, ARG_ROWS(item_cols));

	for (unsigned g = 0; g <= GRP_COUNT; g++) {
		for (size_t i = 0; i < v->n; i++) {
			if (v->item[i].covered && (v->item[i].it.sim != 0 || v->item[i].it.ref != 0) &&
			    (unsigned)v->item[i].group == g)
				item_row(t, &v->item[i]);
		}
	}
	t = rep_table(r, "not_covered", "In the reference only: the model has no such op", item_cols, ARG_ROWS(item_cols));
	for (size_t i = 0; i < v->n; i++) {
		if (!v->item[i].covered)
			item_row(t, &v->item[i]);
	}
}

static void group_table(const struct verify_run *v, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "group", "", REP_STR, "", 0, false },	     { "ref", "reference", REP_U64, "", 0, false },
		{ "sim", "simulated", REP_U64, "", 0, false }, { "unseen", "not in the trace", REP_U64, "", 0, true },
		{ "ratio", "simulated / reference", REP_FIX, "", 3, false },
		{ "ratio_all", "with the unseen", REP_FIX, "", 3, false },
	};
	struct rep_table *t = rep_table(r, "groups", "Register accesses by group", cols, ARG_ROWS(cols));

	for (unsigned g = 0; g < GRP_COUNT; g++) {
		uint64_t ref = 0, sim = 0, unseen = 0;

		for (size_t i = 0; i < v->n; i++) {
			if ((unsigned)v->item[i].group != g || !v->item[i].covered)
				continue;
			ref += v->item[i].it.ref;
			sim += v->item[i].it.sim;
			unseen += v->item[i].unseen;
		}
		if (ref == 0)
			continue;
		rep_str(t, group_name((enum sr_group)g));
		rep_u64(t, ref);
		rep_u64(t, sim);
		rep_u64(t, unseen);
		rep_fix(t, num_ratio(sim, 1000, ref));
		rep_fix(t, num_ratio(sim + unseen, 1000, ref));
	}
}

/* Registers whose rest is within so many thousandths; all that are compared. */
static size_t within(const struct verify_run *v, int64_t limit, size_t *all)
{
	size_t good = 0;

	*all = 0;
	for (size_t i = 0; i < v->n; i++) {
		int64_t left = verify_run_residual(&v->item[i]);

		if (!v->item[i].covered || v->item[i].it.ref == 0)
			continue;
		++*all;
		good += left <= limit && left >= -limit;
	}
	return good;
}

static int report(const struct verify_run *v, const struct outcome *p, const struct output_args *out, struct err *e)
{
	struct rep *r = rep_new("verify", "A whole run against its exact totals");
	size_t all, good;
	int rc;

	rep_fact_u64(r, "entries", "kvm_entry", p->n.entries, "");
	rep_fact_u64(r, "exits", "kvm_exit", p->n.exits, "");
	rep_fact_u64(r, "loads", "vcpu_load", p->n.loads, "");
	rep_fact_u64(r, "tries", "entries begun (reference)", v->tries, "");
	rep_fact_u64(r, "enters", "entries finished (reference)", v->enters, "");
	rep_fact_u64(r, "tracing", "accesses of tracing itself, left out", v->tracing, "");
	rep_fact_u64(r, "soft", "accesses of the measured path, left out", v->soft, "");
	group_table(v, r);
	item_tables(v, r);
	unseen_table(v, r);
	if (v->tries > v->enters)
		rep_note(r, "%llu entries were given up because an interrupt was pending (ISR_EL1): the trace shows "
			 "their kvm_entry and kvm_exit, but there was no exception",
			 (unsigned long long)(v->tries - v->enters));
	if (p->n.fp_traps != 0)
		rep_note(r, "which vcpu_loads the FP traps follow is not in the trace: they are placed so that their number, and that of exits "
			 "with the FP registers the guest's, are the reference's");
	rep_note(r, "an SGI's target is not in the trace: it is the vCPU that was woken or interrupted after it, else as run.sgi_target says");
	good = within(v, 10, &all);
	rep_verdict(r, "%zu of %zu registers and instructions within 1 %% of the run, %zu within 3 %%", good, all,
		    within(v, 30, &all));
	rc = output_write(out, r, e);
	rep_free(r);
	return rc;
}

static int replay_and_compare(const struct config *c, const char *trace, const char *reference,
			      const struct output_args *out, struct err *e)
{
	struct replay_options opt = replay_options_of(&c->sw);
	struct ws_prog *p = config_compile(c, false, e);
	struct tr_reader *tr = p != NULL ? tr_open(trace, e) : NULL;
	struct outcome *r = NULL;
	struct verify_run v;
	int rc = -1;

	opt.counting = true;
	/* Recorded runs are bracketed by these markers; a configuration may name others. */
	if (opt.from[0] == '\0' && opt.to[0] == '\0' && tr != NULL && tr_info(tr)->per_type[TR_print] != 0) {
		opt.from = "GT_BEGIN";
		opt.to = "GT_END";
	}
	if (tr != NULL)
		r = verify_run_replay(p, tr, &opt, reference, e);
	if (r != NULL && outcome_check(r, e) == 0 && verify_run(&v, r, reference, e) == 0) {
		rc = report(&v, r, out, e);
		verify_run_free(&v);
	}
	replay_free(r);
	if (tr != NULL)
		tr_close(tr);
	ws_free(p);
	return rc;
}

int verify_run_command(const struct config *c, const char *trace, const char *reference,
		       const struct output_args *out, struct err *e)
{
	struct str tmp = STR_INIT;
	int rc = bring_in(trace, &tmp, e);

	if (rc == 0)
		rc = replay_and_compare(c, tmp.len != 0 ? str_get(&tmp) : trace, reference, out, e);
	file_temporary_end(&tmp);
	return rc;
}
