/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim validate --public: how good other fits would be, and every row before and after. */
#include "sim/calibrate/validate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/app/config.h"
#include "sim/base/share.h"

double validate_error(const struct cal_log *x, unsigned b, double cycles)
{
	return cycles / (x->ns[b] * x->counts.ghz) - 1;
}

int64_t validate_tenths(double v)
{
	return (int64_t)llround(v * 10) * 100;
}

/* A figure that is off by so much, relative. */
static void errors_off(struct validate_errors *s, const struct cal_log *x, unsigned b, double error)
{
	const double v = 100 * fabs(error);

	s->x = xrealloc(s->x, (s->n + 1) * sizeof(*s->x));
	s->x[s->n++] = v;
	if (s->log == NULL || v > s->worst) {
		s->worst = v;
		s->log = x;
		s->bench = b;
	}
}

void validate_errors_add(struct validate_errors *s, const struct cal_log *x, unsigned b, double cycles)
{
	errors_off(s, x, b, validate_error(x, b, cycles));
}

/* The folder of a table of measurements, with its slash. */
static void folder(struct str *b, const char *table)
{
	const char *slash = strrchr(table, '/');

	if (slash != NULL)
		str_addn(b, table, (size_t)(slash + 1 - table));
}

static int load(struct config *c, const struct cal_log *x, const char *table, const struct arg_list *overrides, const char *more,
		struct err *e)
{
	struct str path = STR_INIT;
	int rc;

	folder(&path, table);
	str_addf(&path, "%s.ini", x->config);
	config_init(c);
	rc = config_file(c, str_get(&path), e);
	str_reset(&path);
	if (more != NULL) {
		folder(&path, table);
		str_addf(&path, "%s.ini", more);
		rc = rc == 0 ? config_file(c, str_get(&path), e) : rc;
	}
	for (size_t i = 0; rc == 0 && overrides != NULL && i < overrides->n; i++)
		rc = config_set(c, overrides->v[i], e);
	if (rc == 0)
		rc = config_done(c, e);
	str_free(&path);
	return rc;
}

int validate_count(struct cal_log *x, const char *table, const struct arg_list *overrides, const char *more, struct err *e)
{
	struct config c;
	int rc = load(&c, x, table, overrides, more, e);

	if (rc == 0)
		rc = cal_counts_of(&c.machine, &c.sw, &c.path_profile, &x->counts, e);
	config_free(&c);
	return rc;
}

/* ---- studies ---- */

static const struct rep_col study_cols[] = {
	{ .key = "fitted", .title = "fitted rows of the machine", .type = REP_STR },
	{ .key = "rows", .title = "predicted rows", .type = REP_U64 },
	{ .key = "median", .type = REP_FIX, .unit = "%", .decimals = 1 },
	{ .key = "worst", .type = REP_FIX, .unit = "%", .decimals = 1 },
	{ .key = "where", .type = REP_STR },
};

static void study_row(struct rep_table *t, const char *what, struct validate_errors *s)
{
	rep_str(t, what);
	rep_u64(t, s->n);
	rep_fix(t, validate_tenths(cal_median(s->x, s->n)));
	rep_fix(t, validate_tenths(s->worst));
	rep_strf(t, "%s of %s", cal_bench_row((enum cal_bench)s->bench)->name, s->log->name);
	free(s->x);
	memset(s, 0, sizeof(*s));
}

static int hold_out_row(const struct cal_logs *l, unsigned fit, const char *what, struct rep_table *t, struct err *e)
{
	struct validate_errors s = { .n = 0 };

	for (size_t i = 0; i < l->n; i++) {
		double cycles[BENCH_COUNT];
		struct cal_fit f;

		if (l->log[i].use != USE_CLAIM)
			continue;
		if (cal_hold_out(l, &l->log[i], fit, false, cycles, &f, e) != 0)
			return -1;
		for (unsigned b = 0; b < BENCH_COUNT; b++) {
			if (cycles[b] != 0)
				validate_errors_add(&s, &l->log[i], b, cycles[b]);
		}
	}
	if (s.n != 0)
		study_row(t, what, &s);
	return 0;
}

/* Each row in turn, all others of its log fitted; but: a test that is passed over, or BENCH_COUNT. */
static int leave_one_out(const struct cal_logs *l, unsigned but, const char *what, struct rep_table *t, struct err *e)
{
	struct validate_errors s = { .n = 0 };

	for (size_t i = 0; i < l->n; i++) {
		const struct cal_log *x = &l->log[i];

		for (unsigned b = 0; x->use == USE_CLAIM && b < BENCH_COUNT; b++) {
			double cycles[BENCH_COUNT];
			struct cal_fit f;

			if (x->ns[b] == 0 || b == but)
				continue;
			if (cal_hold_out(l, x, ~(1U << b), true, cycles, &f, e) != 0)
				return -1;
			validate_errors_add(&s, x, b, cycles[b]);
		}
	}
	if (s.n != 0)
		study_row(t, what, &s);
	return 0;
}

/* Counts with another table, or another clock of every machine; told anew, for priors are of the same table and clock. */
static int other_row(const struct cal_logs *l, const char *table, const struct arg_list *overrides, const char *more, double clock,
		     const char *what, struct rep_table *t, struct err *e)
{
	struct cal_logs other = { .log = xcalloc(l->n + 1, sizeof(*l->log)), .n = l->n };
	struct err why = { .code = ERR_NONE };
	int rc = 0;

	if (l->n != 0)
		memcpy(other.log, l->log, l->n * sizeof(*l->log));
	for (size_t i = 0; rc == 0 && i < other.n; i++) {
		if (more != NULL)
			rc = validate_count(&other.log[i], table, overrides, more, e);
		other.log[i].counts.ghz *= clock;
	}
	if (rc == 0 && (cal_logs_tell(&other, &why) != 0 || hold_out_row(&other, VALIDATE_FITTED, what, t, &why) != 0)) {
		rep_str(t, what);
		rep_u64(t, 0);
		rep_none(t);
		rep_none(t);
		rep_strf(t, "refused: %.60s", why.text);
	}
	free(other.log);
	return rc;
}

int validate_study(const struct cal_logs *l, const char *table, const struct arg_list *overrides, struct rep *r, struct err *e)
{
	struct rep_table *t = rep_table(r, "study", "What is left of the error, by the rows that a fit sees", study_cols, 5);
	const unsigned hvc = 1U << BENCH_hvc, vgic = 1U << BENCH_mmio_read_vgic;

	if (hold_out_row(l, 0, "none", t, e) != 0 || hold_out_row(l, hvc, "hvc", t, e) != 0 ||
	    hold_out_row(l, hvc | vgic, "hvc, mmio_read_vgic", t, e) != 0 ||
	    hold_out_row(l, VALIDATE_FITTED, "hvc, mmio_read_vgic, ipi, timer_10ms", t, e) != 0 ||
	    leave_one_out(l, BENCH_COUNT, "all but one, each in turn", t, e) != 0 ||
	    leave_one_out(l, BENCH_timer_10ms, "the same, the timer never left out", t, e) != 0)
		return -1;
	t = rep_table(r, "sensitivity", "The same four rows fitted, with other tables and clocks", study_cols, 5);
	if (other_row(l, table, overrides, NULL, 1.15, "clocks 15 % faster than assumed", t, e) != 0 ||
	    other_row(l, table, overrides, NULL, 0.85, "clocks 15 % slower", t, e) != 0 ||
	    other_row(l, table, overrides, "before-v8.2", 1, "proportions of cost/v8.2-class.ini", t, e) != 0 ||
	    other_row(l, table, overrides, "table-alike", 1, "every register access alike", t, e) != 0 ||
	    other_row(l, table, overrides, "before-a57", 1, "proportions of cost/a57-class.ini, before", t, e) != 0)
		return -1;
	rep_note(r, "study: forms and priors of the parameters were chosen with these rows in view; only a log that nobody has seen "
		 "confirms them");
	return 0;
}

/* ---- every row ---- */

/* What the product said of a log before anything was fitted: class tables, GICv3 for want of another, no delivery, no handler, no VMM. */
static int before(const struct cal_log *x, const char *table, const struct arg_list *overrides, double cycles[BENCH_COUNT], struct err *e)
{
	double par[PAR_COUNT] = { [PAR_scale] = 1, [PAR_cold] = 1 };
	struct cal_counts counts;
	struct config c;
	int rc = load(&c, x, table, overrides, NULL, e);
	const bool v8_2 = rc == 0 && machine_has(&c.machine, FEAT_RAS);

	config_free(&c);
	if (rc == 0) {
		rc = load(&c, x, table, overrides, v8_2 ? "before-v8.2" : "before-a57", e);
		if (rc == 0) {
			machine_take_gicv3(&c.machine);
			rc = cal_counts_of(&c.machine, &c.sw, &c.path_profile, &counts, e);
		}
		par[PAR_cpi] = rc == 0 ? (double)c.machine.cpi_milli / 1000.0 : 0;
		config_free(&c);
	}
	for (unsigned b = 0; b < BENCH_COUNT; b++) {
		if (rc == 0)
			counts.of[b].guest_sw = counts.of[b].guest_insns = 0;
		cycles[b] = rc == 0 ? cal_predict(&counts, (enum cal_bench)b, par) : 0;
	}
	return rc;
}

/* A row's prediction by a fit of the others of its log; of none if theirs is refused. Returns how many were fitted. */
static unsigned left_out(const struct cal_logs *l, const struct cal_log *x, unsigned b, double *cycles)
{
	double all[BENCH_COUNT];
	unsigned fit = 0, n = 0;
	struct cal_fit f;
	struct err e;

	for (unsigned k = 0; k < BENCH_COUNT; k++) {
		if (k != b && x->ns[k] != 0 && x->counts.of[k].known && (x->recalled >> k & 1) == 0) {
			fit |= 1U << k;
			n++;
		}
	}
	if (cal_hold_out(l, x, fit, true, all, &f, &e) != 0) {
		n = 0;
		if (cal_hold_out(l, x, 0, true, all, &f, &e) != 0)
			all[b] = 0;
	}
	*cycles = all[b];
	return n;
}

static const struct rep_col every_cols[] = {
	{ .key = "log", .type = REP_STR },
	{ .key = "benchmark", .type = REP_STR },
	{ .key = "grade", .type = REP_STR },
	{ .key = "measured", .type = REP_FIX, .unit = "ns", .decimals = 1 },
	{ .key = "before", .type = REP_FIX, .unit = "%", .decimals = 1 },
	{ .key = "predicted", .type = REP_FIX, .unit = "ns", .decimals = 1 },
	{ .key = "error", .type = REP_FIX, .unit = "%", .decimals = 1 },
	{ .key = "fitted", .title = "other rows fitted", .type = REP_U64 },
	{ .key = "why", .title = "why not claimed", .type = REP_STR },
};

static const struct rep_col sum_cols[] = {
	{ .key = "rows", .title = "rows", .type = REP_STR },
	{ .key = "n", .title = "number", .type = REP_U64 },
	{ .key = "before_median", .title = "median before", .type = REP_FIX, .unit = "%", .decimals = 1 },
	{ .key = "before_worst", .title = "worst before", .type = REP_FIX, .unit = "%", .decimals = 1 },
	{ .key = "median", .type = REP_FIX, .unit = "%", .decimals = 1 },
	{ .key = "worst", .type = REP_FIX, .unit = "%", .decimals = 1 },
	{ .key = "where", .type = REP_STR },
};

/* Whose errors a row of the summary has. */
enum every_set { SET_ALL, SET_READ, SET_CLAIM, SET_OTHER, SET_COUNT };

static const char *const set_names[SET_COUNT] = { "every row", "of them READ", "GICv3, kernel of a recorded time",
						  "GICv2, older kernels, machine not named" };

static bool in_set(const struct measured_row *m, const struct cal_log *x, enum every_set s)
{
	return s == SET_ALL || (s == SET_READ && strcmp(m->grade, "READ") == 0) || (s == SET_CLAIM && x->use == USE_CLAIM) ||
	       (s == SET_OTHER && x->use != USE_CLAIM);
}

static void summary(struct validate_errors was[SET_COUNT], struct validate_errors is[SET_COUNT], struct rep *r)
{
	struct rep_table *t = rep_table(r, "every_summary", "Errors before anything was fitted, and now", sum_cols, 7);

	for (unsigned s = 0; s < SET_COUNT; s++) {
		if (is[s].n == 0)
			continue;
		rep_str(t, set_names[s]);
		rep_u64(t, is[s].n);
		rep_fix(t, validate_tenths(cal_median(was[s].x, was[s].n)));
		rep_fix(t, validate_tenths(was[s].worst));
		rep_fix(t, validate_tenths(cal_median(is[s].x, is[s].n)));
		rep_fix(t, validate_tenths(is[s].worst));
		rep_strf(t, "%s of %s", cal_bench_row((enum cal_bench)is[s].bench)->name, is[s].log->name);
	}
	if (is[SET_ALL].n != 0)
		rep_verdict(r, "every published row that has a model, %zu: median error %.1f %% before anything was fitted, %.1f %% now, each "
			    "predicted by a fit that did not see it; worst %.1f %% (%s of %s)", is[SET_ALL].n,
			    cal_median(was[SET_ALL].x, was[SET_ALL].n), cal_median(is[SET_ALL].x, is[SET_ALL].n), is[SET_ALL].worst,
			    cal_bench_row((enum cal_bench)is[SET_ALL].bench)->name, is[SET_ALL].log->name);
}

static const struct cal_log *log_named(const struct cal_logs *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->log[i].name, name) == 0)
			return &l->log[i];
	}
	return NULL;
}

int validate_every(const struct measured_table *m, const struct cal_logs *l, const char *table, const struct arg_list *overrides,
		   struct rep *r, struct err *e)
{
	struct rep_table *t = rep_table(r, "every", "Every published row that has a model: before, and left out of a fit", every_cols, 9);
	struct validate_errors was[SET_COUNT] = { { .n = 0 } }, is[SET_COUNT] = { { .n = 0 } };
	const struct cal_log *at = NULL;
	double old[BENCH_COUNT] = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < m->n; i++) {
		const struct cal_log *x = log_named(l, m->row[i].log);
		enum cal_bench b = BENCH_COUNT;
		double ns = 0, now, off_before, off;
		unsigned fitted;

		if (x == NULL)
			continue;
		rc = measured_ns(&m->row[i], &b, &ns, e);
		if (rc == 0 && x != at)
			rc = before(at = x, table, overrides, old, e);
		if (rc != 0 || ns == 0 || !x->counts.of[b].known)
			continue;
		fitted = left_out(l, x, b, &now);
		off_before = old[b] / (ns * x->counts.ghz) - 1;
		off = now / (ns * x->counts.ghz) - 1;
		rep_str(t, x->name);
		rep_str(t, m->row[i].benchmark);
		rep_str(t, m->row[i].grade);
		rep_fix(t, validate_tenths(ns));
		rep_fix(t, validate_tenths(100 * off_before));
		rep_fix(t, validate_tenths(now / x->counts.ghz));
		rep_fix(t, validate_tenths(100 * off));
		rep_u64(t, fitted);
		rep_str(t, m->row[i].why);
		for (unsigned s = 0; s < SET_COUNT; s++) {
			if (!in_set(&m->row[i], x, (enum every_set)s))
				continue;
			errors_off(&was[s], x, b, off_before);
			errors_off(&is[s], x, b, off);
		}
	}
	if (rc == 0)
		summary(was, is, r);
	for (unsigned s = 0; s < SET_COUNT; s++) {
		free(was[s].x);
		free(is[s].x);
	}
	return rc;
}
