/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/cmd/diff_side.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/app/effective.h"
#include "sim/app/job.h"
#include "sim/base/file.h"
#include "sim/document/rep_doc.h"
#include "sim/document/rep_read.h"

#define SQLITE_MAGIC "SQLite format 3"

/* ---- what a file is ---- */

enum kind { KIND_REPORT, KIND_SWEEP, KIND_CONFIG };

static int kind_of(const char *path, enum kind *kind, struct err *e)
{
	size_t len = strlen(path), n, i = 0;
	char head[64];
	FILE *f;

	*kind = KIND_CONFIG;
	if (len > 4 && strcmp(path + len - 4, ".ini") == 0)
		return 0; /* it may be a shipped one */
	f = fopen(path, "rb");
	if (f == NULL)
		return err_set(e, ERR_INPUT, "%s: %s: want a report (--format json), a results file of el2sim sweep or a "
			       "configuration (.ini)", path, strerror(errno));
	n = fread(head, 1, sizeof(head), f);
	(void)fclose(f);
	if (n >= sizeof(SQLITE_MAGIC) && memcmp(head, SQLITE_MAGIC, sizeof(SQLITE_MAGIC)) == 0) {
		*kind = KIND_SWEEP;
		return 0;
	}
	while (i < n && strchr(" \t\r\n", head[i]) != NULL)
		i++;
	*kind = KIND_REPORT;
	if (i < n && (head[i] == '{' || (head[i] == '[' && (i + 1 == n || strchr(" \t\r\n{]", head[i + 1]) != NULL))))
		return 0;
	if (strcmp(path, FILE_STDIN) == 0) {
		*kind = KIND_CONFIG;
		return 0;
	}
	return err_set(e, ERR_INPUT, "%s: neither a report (--format json) nor a results file of el2sim sweep nor a "
		       "configuration (.ini)", path);
}

/* ---- opening ---- */

static int run_config(struct diff_side *s, const struct arg_list *overrides, struct err *e)
{
	const struct job_args args = { .trace = NULL };
	struct job j = { 0 };
	int rc = config_load(&j.config, s->path, overrides, e);

	if (rc == 0)
		rc = config_is_one(&j.config, e);
	if (rc == 0)
		rc = job_run(&j, &args, e);
	if (rc == 0)
		rc = job_guests_end(&j, e);
	if (rc == 0)
		s->rep = job_report(&j);
	if (rc == 0)
		effective_tables(&(struct effective){ &j.config, "" }, 1, s->rep);
	job_free(&j);
	return rc;
}

/* A report, or a list of one. */
static int read_report(struct diff_side *s, struct err *e)
{
	struct rep_list l = { NULL, 0 };
	int rc = rep_read_list(&l, s->path, e);

	if (rc == 0 && l.n != 1)
		rc = err_set(e, ERR_INPUT, "%s: %zu reports: want one on each side", s->path, l.n);
	if (rc == 0) {
		s->rep = l.r[0];
		l.n = 0;
	}
	rep_list_free(&l);
	return rc;
}

static int by_axis(const void *a, const void *b)
{
	const struct store_axis *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static bool has_axis(const struct store *s, const char *name)
{
	for (size_t i = 0; i < store_axes(s); i++) {
		if (strcmp(store_axis_at(s, i)->name, name) == 0)
			return true;
	}
	return false;
}

static int by_label(const void *a, const void *b, void *ctx)
{
	const size_t *x = a, *y = b;
	char *const *label = ctx;
	int order = strcmp(label[*x], label[*y]);

	return order != 0 ? order : *x < *y ? -1 : 1;
}

static void sort_points(struct diff_side *s)
{
	free(s->order);
	s->order = xcalloc(s->n + 1, sizeof(*s->order));
	for (size_t i = 0; i < s->n; i++)
		s->order[i] = i;
	qsort_r(s->order, s->n, sizeof(*s->order), by_label, s->label);
}

/* Labels from the axes that `both` has, too (NULL: from all). */
static int label_points(struct diff_side *s, const struct store *both, struct err *e)
{
	size_t axes = store_axes(s->store), n = 0;
	const struct store_axis **axis = xcalloc(axes + 1, sizeof(*axis));
	struct store_point p;
	int rc = 0;

	for (size_t i = 0; i < axes; i++) {
		if (both == NULL || has_axis(both, store_axis_at(s->store, i)->name))
			axis[n++] = store_axis_at(s->store, i);
	}
	qsort(axis, n, sizeof(*axis), by_axis);
	for (size_t i = 0; rc == 0 && i < s->n; i++) {
		struct str b = STR_INIT;

		rc = store_point(s->store, i, &p, e);
		for (size_t k = 0; rc == 0 && k < n; k++) {
			size_t at = 0;

			while (store_axis_at(s->store, at) != axis[k])
				at++;
			str_addf(&b, "%s%s=%s", k != 0 ? " " : "", axis[k]->name, axis[k]->label[p.ordinal[at]]);
		}
		if (rc == 0)
			store_point_free(&p);
		free(s->label[i]);
		s->label[i] = xstrdup(str_get(&b));
		str_free(&b);
	}
	free(axis);
	if (rc == 0)
		sort_points(s);
	return rc;
}

int diff_side_open(struct diff_side *s, const char *path, const struct arg_list *overrides, struct err *e)
{
	enum kind kind;

	*s = (struct diff_side){ .path = path, .n = 1 };
	if (kind_of(path, &kind, e) != 0)
		return -1;
	if (kind == KIND_SWEEP) {
		s->store = store_open(path, STORE_READ, e);
		s->n = s->store != NULL ? store_points(s->store) : 0;
		s->label = xcalloc(s->n + 1, sizeof(*s->label));
		return s->store != NULL ? label_points(s, NULL, e) : -1;
	}
	s->label = xcalloc(1, sizeof(*s->label));
	s->label[0] = xstrdup("");
	sort_points(s);
	if (kind == KIND_CONFIG)
		return run_config(s, overrides, e);
	return read_report(s, e);
}

void diff_side_close(struct diff_side *s)
{
	for (size_t i = 0; s->label != NULL && i < s->n; i++)
		free(s->label[i]);
	free(s->label);
	free(s->order);
	rep_free(s->rep);
	store_close(s->store);
	*s = (struct diff_side){ .path = NULL };
}

/* ---- points ---- */

int diff_side_report(struct diff_side *s, size_t point, struct rep **r, struct str *why, struct err *e)
{
	struct str json = STR_INIT;
	struct store_point p;
	int rc;

	*r = s->rep;
	if (s->store == NULL)
		return 0;
	rc = store_report(s->store, point, &json, e);
	if (rc == 0 && json.len != 0) {
		*r = rep_read_text(json.s, json.len, s->path, e);
		rc = *r != NULL ? 0 : -1;
	} else if (rc == 0 && (rc = store_point(s->store, point, &p, e)) == 0) {
		str_add(why, store_status_name(p.status));
		if (p.error != NULL && p.error[0] != '\0')
			str_addf(why, ": %s", p.error);
		store_point_free(&p);
	}
	str_free(&json);
	return rc;
}

void diff_side_done(const struct diff_side *s, struct rep *r)
{
	if (r != s->rep)
		rep_free(r);
}

/* ---- settings ---- */

static void add_setting(struct setting_list *l, const char *name, const char *value)
{
	struct str b = STR_INIT;

	if (strncmp(name, "path.", 5) == 0)
		return;
	str_addf(&b, "%s=%s", name, value);
	l->v = xrealloc(l->v, (l->n + 1) * sizeof(*l->v));
	l->v[l->n++] = b.s;
}

static void take_setting(void *ctx, const struct store_setting *o)
{
	add_setting(ctx, o->name, o->value);
}

static int settings_of_report(const struct diff_side *s, struct setting_list *out, struct err *e)
{
	for (size_t i = 0; i < s->rep->ntables; i++) {
		const struct rep_table *t = s->rep->tables[i];

		if (strcmp(t->key, REP_EFFECTIVE) != 0)
			continue;
		if (strcmp(t->cols[0].key, "key") != 0 || t->ncols < 2)
			return err_set(e, ERR_INPUT, "%s: has several configurations: --explain wants a result of one (el2sim run)",
				       s->path);
		for (size_t row = 0; row < rep_rows(t); row++) {
			const struct rep_cell *key = rep_cell_at(t, row, 0), *value = rep_cell_at(t, row, 1);

			if (!key->none && !value->none)
				add_setting(out, key->s, value->s);
		}
		return 0;
	}
	return err_set(e, ERR_INPUT, "%s: has no effective configuration: --explain wants a result of el2sim run or sweep", s->path);
}

int diff_side_settings(struct diff_side *s, size_t point, struct setting_list *out, struct err *e)
{
	if (s->store != NULL)
		return store_each_setting(s->store, point, take_setting, out, e);
	return settings_of_report(s, out, e);
}

void setting_list_free(struct setting_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct setting_list){ NULL, 0 };
}

/* ---- both ---- */

/* An axis of one side only must have one value. */
static int lone_axes(const struct diff_side *a, const struct diff_side *b, bool *any, struct err *e)
{
	for (size_t i = 0; i < store_axes(a->store); i++) {
		const struct store_axis *x = store_axis_at(a->store, i);

		if (has_axis(b->store, x->name))
			continue;
		*any = true;
		if (x->n > 1)
			return err_set(e, ERR_INPUT, "%s has an axis %s of %zu values, %s has no such axis: want sweeps over the same "
				       "axes", a->path, x->name, x->n, b->path);
	}
	return 0;
}

int diff_sides_match(struct diff_side *a, struct diff_side *b, struct err *e)
{
	bool lone = false;

	if ((a->store != NULL) != (b->store != NULL))
		return err_set(e, ERR_INPUT, "%s is the results file of a sweep, %s is not: want two of the same kind",
			       a->store != NULL ? a->path : b->path, a->store != NULL ? b->path : a->path);
	if (a->store == NULL) {
		if (strcmp(a->rep->command, b->rep->command) == 0)
			return 0;
		return err_set(e, ERR_INPUT, "%s is el2sim.%s, %s is el2sim.%s: want two reports of the same kind", a->path,
			       a->rep->command, b->path, b->rep->command);
	}
	if (lone_axes(a, b, &lone, e) != 0 || lone_axes(b, a, &lone, e) != 0)
		return -1;
	if (!lone)
		return 0;
	return label_points(a, b->store, e) != 0 || label_points(b, a->store, e) != 0 ? -1 : 0;
}
