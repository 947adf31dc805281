/* SPDX-License-Identifier: Apache-2.0 */
/* Results file: the plan, results as they come, results of another file. */
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

#include "sim/store/store_impl.h"

static void bind_text(struct store *s, sqlite3_stmt *st, int i, const char *text)
{
	if (sqlite3_bind_text(st, i, text != NULL ? text : "", -1, SQLITE_TRANSIENT) != SQLITE_OK)
		s->unbound = true;
}

/* Bind a text, as a number when it is written like one. */
static void store_bind(struct store *s, sqlite3_stmt *st, int i, const char *text)
{
	char back[24];
	int64_t v;

	if (text != NULL && str_i64(text, &v)) {
		(void)snprintf(back, sizeof(back), "%" PRId64, v);
		if (strcmp(back, text) == 0) {
			(void)sqlite3_bind_int64(st, i, v);
			return;
		}
	}
	bind_text(s, st, i, text);
}

int store_do(struct store *s, enum store_statement id, struct err *e)
{
	sqlite3_stmt *st = store_stmt(s, id, e);

	return st != NULL ? store_run(s, st, e) : -1;
}

/* The sentence in *e stays that of the failure. */
void store_rollback(struct store *s)
{
	struct err ignored;

	if (sqlite3_get_autocommit(s->db) == 0)
		(void)store_do(s, SQL_ROLLBACK, &ignored);
}

/* --- plan ------------------------------------------------------------------------------------- */

static const char *const plan_tables[] = {
#define X(table) table,
	STORE_PLAN_TABLES(X)
#undef X
};

int store_plan_begin(struct store *s, const char *plan_hash, bool *needed, struct err *e)
{
	*needed = strcmp(store_meta(s, "plan_hash"), plan_hash) != 0;
	if (!*needed)
		return 0;
	s->plan_axes = 0;
	if (store_do(s, SQL_BEGIN, e) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(plan_tables) / sizeof(plan_tables[0]); i++) {
		char sql[64];

		(void)snprintf(sql, sizeof(sql), "DELETE FROM %s", plan_tables[i]);
		if (store_exec(s, sql, e) != 0) {
			store_rollback(s);
			return -1;
		}
	}
	if (store_exec(s, "DROP VIEW IF EXISTS points", e) == 0 && store_put_meta(s, "plan_hash", plan_hash, e) == 0)
		return 0;
	store_rollback(s);
	return -1;
}

int store_put_meta(struct store *s, const char *key, const char *value, struct err *e)
{
	sqlite3_stmt *st = store_stmt(s, SQL_PUT_META, e);

	if (st == NULL)
		return -1;
	bind_text(s, st, 1, key);
	bind_text(s, st, 2, value);
	return store_run(s, st, e);
}

int store_put_axis(struct store *s, const struct store_axis *a, struct err *e)
{
	sqlite3_stmt *st = store_stmt(s, SQL_PUT_AXIS, e), *sv = store_stmt(s, SQL_PUT_AXIS_VALUE, e);
	int64_t axis;

	if (st == NULL || sv == NULL)
		return -1;
	(void)sqlite3_bind_null(st, 1); /* the next */
	bind_text(s, st, 2, a->name);
	bind_text(s, st, 3, a->kind);
	(void)sqlite3_bind_int64(st, 4, a->zip);
	bind_text(s, st, 5, a->unit);
	bind_text(s, st, 6, a->help);
	bind_text(s, st, 7, a->origin);
	if (store_run(s, st, e) != 0)
		return -1;
	axis = sqlite3_last_insert_rowid(s->db);
	s->plan_axes++;
	for (size_t i = 0; i < a->n; i++) {
		(void)sqlite3_bind_int64(sv, 1, axis);
		(void)sqlite3_bind_int64(sv, 2, (int64_t)i);
		store_bind(s, sv, 3, a->label[i]);
		store_bind(s, sv, 4, a->value[i]);
		if (store_run(s, sv, e) != 0)
			return -1;
	}
	return 0;
}

int store_put_setting(struct store *s, size_t config, const struct store_setting *o, struct err *e)
{
	sqlite3_stmt *st = store_stmt(s, SQL_PUT_SETTING, e);

	if (st == NULL)
		return -1;
	(void)sqlite3_bind_int64(st, 1, (int64_t)config);
	bind_text(s, st, 2, o->name);
	store_bind(s, st, 3, o->value);
	bind_text(s, st, 4, o->unit);
	bind_text(s, st, 5, o->origin);
	bind_text(s, st, 6, o->source);
	return store_run(s, st, e);
}

int store_put_point(struct store *s, uint64_t point, const struct store_point *p, struct err *e)
{
	sqlite3_stmt *st = store_stmt(s, SQL_PUT_POINT, e), *sc = store_stmt(s, SQL_PUT_COORD, e);

	if (st == NULL || sc == NULL || store_go_on(s, e) != 0)
		return -1;
	(void)sqlite3_bind_int64(st, 1, (int64_t)point);
	bind_text(s, st, 2, p->hash);
	(void)sqlite3_bind_int64(st, 3, (int64_t)p->config);
	bind_text(s, st, 4, p->command);
	if (store_run(s, st, e) != 0)
		return -1;
	for (size_t i = 0; i < s->plan_axes; i++) {
		(void)sqlite3_bind_int64(sc, 1, (int64_t)point);
		(void)sqlite3_bind_int64(sc, 2, (int64_t)i + 1);
		(void)sqlite3_bind_int64(sc, 3, p->ordinal[i]);
		if (store_run(s, sc, e) != 0)
			return -1;
	}
	return 0;
}

static void add_name(struct str *sql, const char *name)
{
	str_addc(sql, '"');
	for (; *name != '\0'; name++) {
		str_addc(sql, *name);
		if (*name == '"')
			str_addc(sql, '"');
	}
	str_addc(sql, '"');
}

/* "16", "-3", "0.25": not "0x10", "1e3" or "007", which would come out as something else. */
static bool is_number(const char *s)
{
	size_t n;

	s += *s == '-';
	n = strspn(s, "0123456789");
	if (n == 0 || n > 15 || (n > 1 && s[0] == '0'))
		return false;
	s += n;
	if (*s != '.')
		return *s == '\0';
	n = strspn(++s, "0123456789");
	return n != 0 && s[n] == '\0';
}

static bool all_numbers(const struct store_axis *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (!is_number(a->label[i]))
			return false;
	return a->n != 0;
}

/* One column per axis, of numbers where all its values are some: 2 stands before 16. */
int store_points_view(struct store *s, struct err *e)
{
	struct str sql = STR_INIT;
	int rc;

	str_add(&sql, "CREATE VIEW points AS SELECT p.point");
	for (size_t i = 0; i < s->n_axis; i++) {
		str_addf(&sql, all_numbers(&s->axis[i]) ? ", CAST(v%zu.label AS NUMERIC) AS " : ", v%zu.label AS ", i);
		add_name(&sql, s->axis[i].name);
	}
	str_add(&sql, ", coalesce(r.status, 'missing') AS status, coalesce(r.error, '') AS error FROM point p "
		      "LEFT JOIN result r USING (hash)");
	for (size_t i = 0; i < s->n_axis; i++)
		str_addf(&sql, " JOIN coord c%zu ON c%zu.point = p.point AND c%zu.axis = %zu JOIN axis_value v%zu ON "
			 "v%zu.axis = %zu AND v%zu.ordinal = c%zu.ordinal", i, i, i, i + 1, i, i, i + 1, i, i);
	rc = store_exec(s, str_get(&sql), e);
	str_free(&sql);
	return rc;
}

int store_plan_end(struct store *s, struct err *e)
{
	if (store_load(s, e) == 0 && store_points_view(s, e) == 0 && store_do(s, SQL_COMMIT, e) == 0)
		return 0;
	store_rollback(s);
	return -1;
}

void store_plan_drop(struct store *s)
{
	struct err ignored;

	store_rollback(s);
	(void)store_load(s, &ignored);
}

/* --- results ---------------------------------------------------------------------------------- */

/* The number of a metric's name; known ones are kept in a tree. */
struct metric_name {
	int64_t id;
	char name[];
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct metric_name *)a)->name, ((const struct metric_name *)b)->name);
}

static struct metric_name *new_name(const char *name)
{
	size_t n = strlen(name) + 1;
	struct metric_name *m = xmalloc(sizeof(*m) + n);

	m->id = 0;
	memcpy(m->name, name, n);
	return m;
}

/* Look the name up, or give it a number, in the file. */
static int64_t ask_metric(struct store *s, const struct store_metric *m, struct err *e)
{
	sqlite3_stmt *put = store_stmt(s, SQL_PUT_METRIC, e), *get = store_stmt(s, SQL_METRIC, e);
	int64_t id = 0;

	if (put == NULL || get == NULL)
		return 0;
	bind_text(s, put, 1, m->name);
	bind_text(s, put, 2, m->unit);
	bind_text(s, get, 1, m->name);
	if (store_run(s, put, e) != 0)
		return 0;
	if (store_row(s, get, e) == 1)
		id = sqlite3_column_int64(get, 0);
	(void)sqlite3_reset(get);
	return id;
}

static struct metric_name *find_metric(struct store *s, const struct store_metric *m, struct err *e)
{
	struct metric_name *key = new_name(m->name), **found = tsearch(key, &s->names, by_name);

	if (found == NULL) {
		free(key);
		(void)err_set(e, ERR_MEMORY, "%s: could not be written: out of memory: what was stored before is kept", s->path);
		return NULL;
	}
	if (*found != key)
		free(key);
	if ((*found)->id == 0)
		(*found)->id = ask_metric(s, m, e);
	return *found;
}

int64_t store_metric_id(struct store *s, const struct store_metric *m, struct err *e)
{
	const struct metric_name *name = find_metric(s, m, e);

	return name != NULL ? name->id : 0;
}

/* A transaction that failed took numbers back. */
void store_forget_names(struct store *s)
{
	tdestroy(s->names, free);
	s->names = NULL;
	free(s->order);
	s->order = NULL;
	s->n_order = 0;
}

int store_drop(struct store *s, const char *hash, struct err *e)
{
	static const enum store_statement drops[] = { SQL_DROP_VALUES, SQL_DROP_TIME, SQL_DROP_RESULT };

	for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
		sqlite3_stmt *st = store_stmt(s, drops[i], e);

		if (st == NULL)
			return -1;
		bind_text(s, st, 1, hash);
		if (store_run(s, st, e) != 0)
			return -1;
	}
	return 0;
}

/* The same of the i-th metric of a result. */
static int64_t metric_id_at(struct store *s, size_t i, const struct store_metric *m, struct err *e)
{
	struct metric_name *name;

	if (i < s->n_order && s->order[i]->id != 0 && strcmp(s->order[i]->name, m->name) == 0)
		return s->order[i]->id;
	name = find_metric(s, m, e);
	if (name == NULL || name->id == 0)
		return 0;
	if (i == s->n_order)
		s->order = xrealloc(s->order, ++s->n_order * sizeof(struct metric_name *));
	if (i < s->n_order)
		s->order[i] = name;
	return name->id;
}

static int bind_value(struct store *s, sqlite3_stmt *st, int at, int64_t result, const struct store_result *r, size_t i, struct err *e)
{
	const struct store_metric *m = &r->metric[i];
	int64_t id = metric_id_at(s, i, m, e);

	if (id == 0)
		return -1;
	(void)sqlite3_bind_int64(st, at + 1, result);
	(void)sqlite3_bind_int64(st, at + 2, id);
	if (m->real)
		(void)sqlite3_bind_double(st, at + 3, m->d);
	else
		(void)sqlite3_bind_int64(st, at + 3, m->i);
	return 0;
}

/* Many rows a statement, what is left over one by one. */
static int put_values(struct store *s, int64_t result, const struct store_result *r, struct err *e)
{
	sqlite3_stmt *one = store_stmt(s, SQL_PUT_VALUE, e), *many = store_stmt(s, SQL_PUT_VALUES, e);
	size_t i = 0;

	if (one == NULL || many == NULL)
		return -1;
	for (; r->n_metric - i >= STORE_VALUES; i += STORE_VALUES) {
		for (size_t k = 0; k < STORE_VALUES; k++)
			if (bind_value(s, many, (int)k * 3, result, r, i + k, e) != 0)
				return -1;
		if (store_run(s, many, e) != 0)
			return -1;
	}
	for (; i < r->n_metric; i++)
		if (bind_value(s, one, 0, result, r, i, e) != 0 || store_run(s, one, e) != 0)
			return -1;
	return 0;
}

static int put_result(struct store *s, const struct store_result *r, struct err *e)
{
	sqlite3_stmt *st = store_stmt(s, SQL_PUT_RESULT, e);
	sqlite3_stmt *tm = store_stmt(s, SQL_PUT_TIME, e);
	int64_t id;

	if (st == NULL || tm == NULL || store_drop(s, r->hash, e) != 0)
		return -1;
	bind_text(s, st, 1, r->hash);
	bind_text(s, st, 2, store_status_name(r->status));
	(void)sqlite3_bind_int(st, 3, r->code);
	bind_text(s, st, 4, r->error);
	if (r->report != NULL)
		s->unbound |= sqlite3_bind_blob64(st, 5, r->report, r->report_bytes, SQLITE_STATIC) != SQLITE_OK;
	else
		(void)sqlite3_bind_null(st, 5);
	if (store_run(s, st, e) != 0)
		return -1;
	(void)sqlite3_clear_bindings(st);
	id = sqlite3_last_insert_rowid(s->db);
	(void)sqlite3_bind_int64(tm, 1, id);
	(void)sqlite3_bind_int64(tm, 2, (int64_t)r->wall_us);
	(void)sqlite3_bind_int64(tm, 3, (int64_t)r->cpu_us);
	(void)sqlite3_bind_int64(tm, 4, (int64_t)r->rss_kib);
	if (store_run(s, tm, e) != 0)
		return -1;
	return put_values(s, id, r, e);
}

int store_add_result(struct store *s, const struct store_result *r, struct err *e)
{
	if ((sqlite3_get_autocommit(s->db) == 0 || store_do(s, SQL_BEGIN, e) == 0) && put_result(s, r, e) == 0)
		return 0;
	store_rollback(s);
	store_forget_names(s);
	return -1;
}

int store_commit(struct store *s, struct err *e)
{
	if (store_do(s, SQL_COMMIT, e) == 0)
		return 0;
	store_rollback(s);
	store_forget_names(s);
	return -1;
}

int store_put_result(struct store *s, const struct store_result *r, struct err *e)
{
	return store_add_result(s, r, e) == 0 ? store_commit(s, e) : -1;
}
