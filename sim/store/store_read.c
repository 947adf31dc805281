/* SPDX-License-Identifier: Apache-2.0 */
/* Results file: what was asked, what came out. */
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "sim/store/store_impl.h"

#define REPORT_MAX (UINT64_C(1) << 30) /* bytes of one report; more is damage */

/* "" for NULL; for want of memory, too, which the next step tells. */
static const char *store_text(struct store *s, sqlite3_stmt *st, int col)
{
	const char *text = (const char *)sqlite3_column_text(st, col);

	s->unbound = s->unbound || (text == NULL && sqlite3_column_type(st, col) != SQLITE_NULL);
	return text != NULL ? text : "";
}

static sqlite3_stmt *prepare(struct store *s, const char *sql, struct err *e)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK)
		(void)store_failed(s, "could not be read", e);
	return st;
}

/* Call row for each row of a query. */
static int each(struct store *s, const char *sql, int (*row)(struct store *, sqlite3_stmt *, struct err *), struct err *e)
{
	sqlite3_stmt *st = prepare(s, sql, e);
	int rc = st != NULL ? 1 : -1;

	while (rc == 1) {
		rc = store_row(s, st, e);
		if (rc == 1 && row(s, st, e) != 0)
			rc = -1;
	}
	(void)sqlite3_finalize(st);
	return rc;
}

/* --- what was asked --------------------------------------------------------------------------- */

static int take_meta(struct store *s, sqlite3_stmt *st, struct err *e)
{
	(void)e;
	s->meta = xrealloc(s->meta, (s->n_meta + 1) * sizeof(*s->meta));
	s->meta[s->n_meta++] = (struct store_meta){ xstrdup(store_text(s, st, 0)), xstrdup(store_text(s, st, 1)) };
	return 0;
}

/* A word that can be a column: not empty, no blanks, nothing that cannot be printed. */
static bool is_word(const char *name)
{
	for (const char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return name[0] != '\0';
}

static int check_axis(const struct store *s, const char *name, struct err *e)
{
	static const char *const columns[] = { "point", "configuration", "status", "error" }; /* that stand beside those of the axes */
	bool good = is_word(name);

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		good = good && strcasecmp(name, columns[i]) != 0;
	for (size_t i = 0; i < s->n_axis; i++)
		good = good && strcasecmp(name, s->axis[i].name) != 0;
	return good ? 0 : err_set(e, ERR_INPUT, "%s: is damaged: axis %zu is called \"%.80s\"", s->path, s->n_axis + 1,
				  is_word(name) ? name : "?");
}

static int take_axis(struct store *s, sqlite3_stmt *st, struct err *e)
{
	struct store_axis *a;

	if (sqlite3_column_int64(st, 0) != (int64_t)s->n_axis + 1)
		return err_set(e, ERR_INPUT, "%s: is damaged: axis %lld where %zu was wanted", s->path,
			       (long long)sqlite3_column_int64(st, 0), s->n_axis + 1);
	if (check_axis(s, store_text(s, st, 1), e) != 0)
		return -1;
	s->axis = xrealloc(s->axis, (s->n_axis + 1) * sizeof(*s->axis));
	a = &s->axis[s->n_axis++];
	*a = (struct store_axis){ .name = xstrdup(store_text(s, st, 1)), .kind = xstrdup(store_text(s, st, 2)),
				  .zip = (unsigned)sqlite3_column_int(st, 3), .unit = xstrdup(store_text(s, st, 4)),
				  .help = xstrdup(store_text(s, st, 5)), .origin = xstrdup(store_text(s, st, 6)) };
	return 0;
}

static int take_axis_value(struct store *s, sqlite3_stmt *st, struct err *e)
{
	int64_t axis = sqlite3_column_int64(st, 0);
	struct store_axis *a;

	if (axis < 1 || axis > (int64_t)s->n_axis || sqlite3_column_int64(st, 1) != (int64_t)s->axis[axis - 1].n)
		return err_set(e, ERR_INPUT, "%s: is damaged: a value of axis %lld is not in order", s->path, (long long)axis);
	a = &s->axis[axis - 1];
	a->label = xrealloc(a->label, (a->n + 1) * sizeof(*a->label));
	a->value = xrealloc(a->value, (a->n + 1) * sizeof(*a->value));
	a->label[a->n] = xstrdup(store_text(s, st, 2));
	a->value[a->n++] = xstrdup(store_text(s, st, 3));
	return 0;
}

/* Points are numbered from 0, without a hole. */
static int take_count(struct store *s, sqlite3_stmt *st, struct err *e)
{
	int64_t n = sqlite3_column_int64(st, 0), first = sqlite3_column_int64(st, 1), last = sqlite3_column_int64(st, 2);

	if (n != 0 && (first != 0 || last != n - 1))
		return err_set(e, ERR_INPUT, "%s: is damaged: %lld points with the numbers %lld to %lld", s->path, (long long)n,
			       (long long)first, (long long)last);
	s->n_points = (size_t)n;
	return 0;
}

/* What the tables say together. A file that was made and has no plan yet has nothing. */
static int check_plan(const struct store *s, struct err *e)
{
	if (store_meta(s, "plan_hash")[0] == '\0' && s->n_axis == 0 && s->n_points == 0)
		return 0;
	for (size_t i = 0; i < s->n_axis; i++)
		if (s->axis[i].n == 0)
			return err_set(e, ERR_INPUT, "%s: is damaged: axis \"%.80s\" has no values", s->path, s->axis[i].name);
	if (s->n_points == 0)
		return err_set(e, ERR_INPUT, "%s: is damaged: a plan without points", s->path);
	return 0;
}

int store_load(struct store *s, struct err *e)
{
	store_unload(s);
	if (each(s, "SELECT key, value FROM meta ORDER BY key", take_meta, e) != 0 ||
	    each(s, "SELECT axis, name, kind, zip, unit, help, origin FROM axis ORDER BY axis", take_axis, e) != 0 ||
	    each(s, "SELECT axis, ordinal, label, value FROM axis_value ORDER BY axis, ordinal", take_axis_value, e) != 0 ||
	    each(s, "SELECT count(*), min(point), max(point) FROM point", take_count, e) != 0)
		return -1;
	return check_plan(s, e);
}

static void free_axis(struct store_axis *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->label[i]);
		free(a->value[i]);
	}
	free(a->label);
	free(a->value);
	free(a->name);
	free(a->kind);
	free(a->unit);
	free(a->help);
	free(a->origin);
}

void store_unload(struct store *s)
{
	for (size_t i = 0; i < s->n_meta; i++) {
		free(s->meta[i].key);
		free(s->meta[i].value);
	}
	for (size_t i = 0; i < s->n_axis; i++)
		free_axis(&s->axis[i]);
	free(s->meta);
	free(s->axis);
	s->meta = NULL;
	s->axis = NULL;
	s->n_meta = s->n_axis = s->n_points = 0;
}

const char *store_meta(const struct store *s, const char *key)
{
	for (size_t i = 0; i < s->n_meta; i++)
		if (strcmp(s->meta[i].key, key) == 0)
			return s->meta[i].value;
	return "";
}

size_t store_axes(const struct store *s)
{
	return s->n_axis;
}

const struct store_axis *store_axis_at(const struct store *s, size_t i)
{
	BUG_ON(i >= s->n_axis);
	return &s->axis[i];
}

size_t store_points(const struct store *s)
{
	return s->n_points;
}

/* --- what came out ---------------------------------------------------------------------------- */

static int damaged(const struct store *s, uint64_t point, const char *what, struct err *e)
{
	return err_set(e, ERR_INPUT, "%s: is damaged: point %llu: %s", s->path, (unsigned long long)point, what);
}

/* A row's status by its word; STORE_MISSING when there is none. */
static bool status_of(const char *word, enum store_status *status)
{
	*status = STORE_MISSING;
	for (unsigned i = 0; word[0] != '\0' && i < STORE_STATUS_COUNT; i++) {
		*status = (enum store_status)i;
		if (strcmp(word, store_status_name(*status)) == 0)
			return true;
	}
	return word[0] == '\0';
}

static int take_point(struct store *s, uint64_t point, sqlite3_stmt *st, struct store_point *p, struct err *e)
{
	bool known;

	(void)snprintf(p->hash, sizeof(p->hash), "%s", store_text(s, st, 0));
	p->config = (size_t)sqlite3_column_int64(st, 1);
	p->command = xstrdup(store_text(s, st, 2));
	p->code = sqlite3_column_int(st, 4);
	p->error = xstrdup(store_text(s, st, 5));
	p->ordinal = xcalloc(s->n_axis + 1, sizeof(*p->ordinal));
	known = status_of(store_text(s, st, 3), &p->status);
	if (s->unbound)
		return store_failed(s, "could not be read", e);
	return known ? 0 : damaged(s, point, "a status that is not known", e);
}

static int take_coords(struct store *s, uint64_t point, struct store_point *p, struct err *e)
{
	sqlite3_stmt *st = store_stmt(s, SQL_COORD, e);
	size_t n = 0;
	int rc = 1;

	if (st == NULL)
		return -1;
	(void)sqlite3_bind_int64(st, 1, (int64_t)point);
	while (rc == 1 && (rc = store_row(s, st, e)) == 1) {
		int64_t axis = sqlite3_column_int64(st, 0), ordinal = sqlite3_column_int64(st, 1);

		if (axis < 1 || axis > (int64_t)s->n_axis || ordinal < 0 || ordinal >= (int64_t)s->axis[axis - 1].n) {
			(void)sqlite3_reset(st);
			return damaged(s, point, "a value that its axis has not", e);
		}
		p->ordinal[axis - 1] = (uint32_t)ordinal;
		n++;
	}
	return rc == 0 && n != s->n_axis ? damaged(s, point, "not a value of each axis", e) : rc;
}

int store_point(struct store *s, uint64_t point, struct store_point *p, struct err *e)
{
	sqlite3_stmt *st = store_stmt(s, SQL_POINT, e);
	int rc;

	memset(p, 0, sizeof(*p));
	if (st == NULL)
		return -1;
	(void)sqlite3_bind_int64(st, 1, (int64_t)point);
	rc = store_row(s, st, e);
	if (rc == 0)
		return err_set(e, ERR_INPUT, "%s: no point %llu: want 0..%zu", s->path, (unsigned long long)point,
			       s->n_points - 1);
	if (rc == 1)
		rc = take_point(s, point, st, p, e);
	(void)sqlite3_reset(st);
	if (rc == 0)
		rc = take_coords(s, point, p, e);
	if (rc != 0)
		store_point_free(p);
	return rc;
}

void store_point_free(struct store_point *p)
{
	free(p->command);
	free(p->error);
	free(p->ordinal);
	memset(p, 0, sizeof(*p));
}

static int unpack(const struct store *s, uint64_t point, const void *data, size_t n, struct str *json, struct err *e)
{
	unsigned long long size = ZSTD_getFrameContentSize(data, n);
	char *text;
	size_t got;

	if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > REPORT_MAX)
		return damaged(s, point, "its report is not zstd", e);
	text = xmalloc((size_t)size + 1);
	got = ZSTD_decompress(text, (size_t)size, data, n);
	if (ZSTD_isError(got) == 0)
		str_addn(json, text, got);
	free(text);
	return ZSTD_isError(got) != 0 ? damaged(s, point, ZSTD_getErrorName(got), e) : 0;
}

int store_report(struct store *s, uint64_t point, struct str *json, struct err *e)
{
	sqlite3_stmt *st = store_stmt(s, SQL_REPORT, e);
	int rc;

	str_reset(json);
	if (st == NULL)
		return -1;
	(void)sqlite3_bind_int64(st, 1, (int64_t)point);
	rc = store_row(s, st, e);
	if (rc == 1) {
		const void *data = sqlite3_column_blob(st, 0);

		rc = unpack(s, point, data, (size_t)sqlite3_column_bytes(st, 0), json, e);
		(void)sqlite3_reset(st);
	}
	return rc;
}

int store_each_metric(struct store *s, uint64_t point, void (*fn)(void *ctx, const struct store_metric *m), void *ctx,
		      struct err *e)
{
	sqlite3_stmt *st = store_stmt(s, SQL_METRICS, e);
	int rc = 1;

	if (st == NULL)
		return -1;
	(void)sqlite3_bind_int64(st, 1, (int64_t)point);
	while (rc == 1 && (rc = store_row(s, st, e)) == 1) {
		struct store_metric m = { .name = store_text(s, st, 0), .unit = store_text(s, st, 1) };

		m.real = sqlite3_column_type(st, 2) == SQLITE_FLOAT;
		if (m.name[0] == '\0' || (!m.real && sqlite3_column_type(st, 2) != SQLITE_INTEGER)) {
			rc = damaged(s, point, m.name[0] == '\0' ? "a metric without a name" : "a metric that is no number", e);
			(void)sqlite3_reset(st); /* ends the name's life, too */
			return rc;
		}
		if (m.real)
			m.d = sqlite3_column_double(st, 2);
		else
			m.i = sqlite3_column_int64(st, 2);
		fn(ctx, &m);
	}
	return rc;
}

int store_each_setting(struct store *s, uint64_t point, void (*fn)(void *ctx, const struct store_setting *o), void *ctx,
		       struct err *e)
{
	sqlite3_stmt *st = store_stmt(s, SQL_SETTINGS, e);
	int rc = 1;

	if (st == NULL)
		return -1;
	(void)sqlite3_bind_int64(st, 1, (int64_t)point);
	while (rc == 1 && (rc = store_row(s, st, e)) == 1)
		fn(ctx, &(struct store_setting){ store_text(s, st, 0), store_text(s, st, 1), store_text(s, st, 2), store_text(s, st, 3),
						 store_text(s, st, 4) });
	return rc;
}

int store_status_of(struct store *s, const char *hash, enum store_status *status, struct err *e)
{
	sqlite3_stmt *st = store_stmt(s, SQL_STATUS, e);
	const char *word = "";
	int rc;

	*status = STORE_MISSING;
	if (st == NULL)
		return -1;
	(void)sqlite3_bind_text(st, 1, hash, -1, SQLITE_TRANSIENT);
	rc = store_row(s, st, e);
	if (rc == 1)
		word = store_text(s, st, 0);
	if (rc == 1 && s->unbound)
		rc = store_failed(s, "could not be read", e);
	else if (rc == 1 && !status_of(word, status))
		rc = err_set(e, ERR_INPUT, "%s: is damaged: result %.64s has a status that is not known", s->path, hash);
	(void)sqlite3_reset(st);
	return rc < 0 ? -1 : 0;
}

/* SQL: report(blob) is its text, NULL if it is no report. */
static void report_function(sqlite3_context *ctx, int n, sqlite3_value **arg)
{
	struct store *s = sqlite3_user_data(ctx);
	struct str text = STR_INIT;
	struct err ignored;
	const void *data = sqlite3_value_blob(arg[0]);

	(void)n;
	if (data != NULL && unpack(s, 0, data, (size_t)sqlite3_value_bytes(arg[0]), &text, &ignored) == 0)
		sqlite3_result_text64(ctx, str_get(&text), text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
	str_free(&text);
}

void store_functions(struct store *s)
{
	BUG_ON(sqlite3_create_function(s->db, "report", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, s, report_function, NULL,
				       NULL) != SQLITE_OK);
}
