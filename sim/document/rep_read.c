/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON to report. jansson holds decimals as binary floating point and counts as signed 64 bits, so
 * number tokens reach it as strings that begin with MARK, and are taken apart here: exactly.
 */
#include "sim/document/rep_read.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "sim/document/rep_doc.h"

#define MARK 0x7f /* DEL: valid in a JSON string, never in a report's (rep.c, printable) */

static const char hint[] = "want the JSON that a command writes with --format json";

struct reader {
	struct rep *r;
	const char *path;
	struct err *e;
};

/* Returns -1. */
static int wrong(const struct reader *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int wrong(const struct reader *d, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *p = text; *p != '\0'; p++)
		*p = (unsigned char)*p < 0x20 || *p == MARK ? ' ' : *p;
	err_set(d->e, ERR_INPUT, "%s", text);
	return err_at(d->e, d->path, 0);
}

/* --- values ----------------------------------------------------------------------------------- */

/* The text with each number turned into a string that begins with MARK. */
static struct str with_marks(const char *s, size_t n)
{
	struct str b = STR_INIT;
	bool in_string = false;

	for (size_t i = 0; i < n; i++) {
		if (!in_string && (s[i] == '-' || (s[i] >= '0' && s[i] <= '9'))) {
			size_t len = 1;

			while (i + len < n && s[i + len] != '\0' && strchr("0123456789+-.eE", s[i + len]) != NULL)
				len++;
			str_addc(&b, '"');
			str_addc(&b, MARK);
			str_addn(&b, s + i, len);
			str_addc(&b, '"');
			i += len - 1;
			continue;
		}
		if (s[i] == '"')
			in_string = !in_string;
		str_addc(&b, s[i]);
		if (in_string && s[i] == '\\' && i + 1 < n)
			str_addc(&b, s[++i]);
	}
	return b;
}

/* NULL if the value is no string, or has what no report has. */
static const char *string_of(const json_t *v)
{
	const char *s = json_string_value(v);

	for (const char *p = s; p != NULL && *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == MARK)
			return NULL;
	return s;
}

/* The text of a number, NULL if the value is none. */
static const char *number_of(const json_t *v)
{
	const char *s = json_string_value(v);

	return s != NULL && s[0] == MARK ? s + 1 : NULL;
}

static bool u64_of(const json_t *v, uint64_t *n)
{
	const char *s = number_of(v);

	return s != NULL && str_u64(s, n);
}

static bool hex_of(const json_t *v, uint64_t *n)
{
	const char *s = string_of(v);

	return s != NULL && strncmp(s, "0x", 2) == 0 && str_u64(s, n);
}

static bool i64_of(const json_t *v, int64_t *n)
{
	const char *s = number_of(v);

	return s != NULL && str_i64(s, n);
}

/* "-12.35" to -12350: digits, a point, one to three decimals. */
static bool fix_of(const json_t *v, int64_t *thousandths)
{
	const char *s = number_of(v), *point = s != NULL ? strchr(s, '.') : NULL;
	char digits[32];
	size_t whole, parts;

	if (point == NULL)
		return false;
	whole = (size_t)(point - s);
	parts = strlen(point + 1);
	if (whole == 0 || s[whole - 1] == '-' || parts == 0 || parts > 3 || strspn(point + 1, "0123456789") != parts ||
	    whole > 20)
		return false;
	(void)snprintf(digits, sizeof(digits), "%.*s%s%.*s", (int)whole, s, point + 1, (int)(3 - parts), "00");
	return str_i64(digits, thousandths);
}

/* A string member of an object that must be there; NULL with *e filled. */
static const char *text_at(const struct reader *d, const json_t *o, const char *place, const char *key)
{
	const char *s = string_of(json_object_get(o, key));

	if (s == NULL)
		(void)wrong(d, "%s: \"%s\" is missing or no printable string: %s", place, key, hint);
	return s;
}

/* A member of the kind that is asked for; NULL with *e filled. */
static const json_t *member_at(const struct reader *d, const json_t *o, const char *place, const char *key, json_type type)
{
	const json_t *v = json_object_get(o, key);

	if (v != NULL && json_typeof(v) == type)
		return v;
	(void)wrong(d, "%s: \"%s\" is missing or no %s: %s", place, key, type == JSON_ARRAY ? "list" : "object", hint);
	return NULL;
}

/* --- facts and sentences ---------------------------------------------------------------------- */

/* The bound that a word says; REP_BOUND_COUNT: none. */
static enum rep_bound bound_of(const json_t *v)
{
	const char *word = string_of(v);
	unsigned i = REP_EXACT + 1;

	while (i < REP_BOUND_COUNT && (word == NULL || strcmp(word, rep_bound_words[i]) != 0))
		i++;
	return (enum rep_bound)i;
}

static int read_facts(const struct reader *d, const json_t *top)
{
	const json_t *facts = member_at(d, top, "report", "facts", JSON_OBJECT);
	const json_t *titles = member_at(d, top, "report", "fact_titles", JSON_OBJECT);
	const json_t *units = member_at(d, top, "report", "fact_units", JSON_OBJECT);
	const json_t *bounds = json_object_get(top, "fact_bounds");

	if (facts == NULL || titles == NULL || units == NULL || (bounds != NULL && !json_is_object(bounds)))
		return -1;
	for (void *i = json_object_iter((json_t *)facts); i != NULL; i = json_object_iter_next((json_t *)facts, i)) {
		const char *key = json_object_iter_key(i);
		const json_t *v = json_object_iter_value(i);
		const char *title = string_of(json_object_get(titles, key));
		const char *unit = string_of(json_object_get(units, key));
		uint64_t n;

		if (strpbrk(key, "\n\r\t") != NULL)
			return wrong(d, "facts: a key has a control character: %s", hint);
		if (u64_of(v, &n))
			rep_fact_u64(d->r, key, title, n, unit);
		else if (string_of(v) != NULL)
			rep_fact(d->r, key, title, "%s", string_of(v));
		else
			return wrong(d, "facts: \"%s\" is no string and no whole number in 0..2^64-1", key);
		if (json_object_get(bounds, key) == NULL)
			continue;
		if (number_of(v) == NULL || bound_of(json_object_get(bounds, key)) == REP_BOUND_COUNT)
			return wrong(d, "fact_bounds: \"%s\": want \">=\" or \"<=\" of a fact that is a number", key);
		rep_fact_bound(d->r, bound_of(json_object_get(bounds, key)));
	}
	return 0;
}

typedef void sentence_fn(struct rep *r, const char *fmt, ...);

static int read_sentences(const struct reader *d, const json_t *top, const char *key, sentence_fn *add)
{
	const json_t *list = member_at(d, top, "report", key, JSON_ARRAY);
	const json_t *v;
	size_t i;

	if (list == NULL)
		return -1;
	json_array_foreach(list, i, v) {
		if (string_of(v) == NULL)
			return wrong(d, "%s: sentence %zu is no printable string", key, i + 1);
		add(d->r, "%s", string_of(v));
	}
	return 0;
}

/* --- tables ----------------------------------------------------------------------------------- */

static int read_column(const struct reader *d, const char *table, const json_t *v, struct rep_col *c)
{
	const char *type = text_at(d, v, table, "type");
	uint64_t decimals = 0;

	if (type == NULL || (c->key = text_at(d, v, table, "key")) == NULL ||
	    (c->title = text_at(d, v, table, "title")) == NULL || (c->unit = text_at(d, v, table, "unit")) == NULL)
		return -1;
	while (c->type < REP_TYPE_COUNT && strcmp(rep_type_names[c->type], type) != 0)
		c->type++;
	if (c->type == REP_TYPE_COUNT)
		return wrong(d, "%s: column \"%s\" is of type \"%s\": want string, u64, i64, decimal or hex", table,
			     c->key, type);
	if (c->type == REP_FIX &&
	    (!u64_of(json_object_get(v, "decimals"), &decimals) || decimals > 3))
		return wrong(d, "%s: column \"%s\": want \"decimals\" 0..3", table, c->key);
	c->decimals = (int)decimals;
	c->sparse = json_is_true(json_object_get(v, "sparse"));
	return 0;
}

/* The columns, to be freed by the caller; NULL with *e filled. */
static struct rep_col *read_columns(const struct reader *d, const char *table, const json_t *list)
{
	size_t n = json_array_size(list);
	struct rep_col *cols = xcalloc(n + 1, sizeof(*cols));
	int rc = n != 0 ? 0 : wrong(d, "%s: no columns: %s", table, hint);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = read_column(d, table, json_array_get(list, i), &cols[i]);
		for (size_t k = 0; rc == 0 && k < i; k++)
			if (strcmp(cols[k].key, cols[i].key) == 0)
				rc = wrong(d, "%s: two columns have the key \"%s\"", table, cols[i].key);
	}
	if (rc == 0)
		return cols;
	free(cols);
	return NULL;
}

/* False if the value is not of the column's type. */
static bool read_cell(struct rep_table *t, enum rep_type type, const json_t *v)
{
	uint64_t u;
	int64_t i;

	if (json_is_null(v)) {
		rep_none(t);
		return true;
	}
	switch (type) {
	case REP_STR:
		if (string_of(v) == NULL)
			return false;
		rep_str(t, string_of(v));
		return true;
	case REP_U64:
	case REP_ID:
	case REP_HEX:
		if (!(type == REP_HEX ? hex_of(v, &u) : u64_of(v, &u)))
			return false;
		rep_u64(t, u);
		return true;
	case REP_I64:
		if (!i64_of(v, &i))
			return false;
		rep_i64(t, i);
		return true;
	case REP_FIX:
		if (!fix_of(v, &i))
			return false;
		rep_fix(t, i);
		return true;
	case REP_TYPE_COUNT:
		break;
	}
	BUG("a column of unknown type");
}

/* "a b" from ["a", "b"]; false if it is no list of words. */
static bool words_of(const json_t *list, struct str *b)
{
	const json_t *v;
	size_t i;

	if (list != NULL && !json_is_array(list))
		return false;
	json_array_foreach(list, i, v) {
		if (string_of(v) == NULL || strchr(string_of(v), ' ') != NULL)
			return false;
		str_addf(b, "%s%s", i != 0 ? " " : "", string_of(v));
	}
	return true;
}

static int read_chart(const struct reader *d, struct rep_table *t, const json_t *v)
{
	const char *kind = text_at(d, v, t->key, "kind");
	struct rep_chart c = { .title = string_of(json_object_get(v, "title")), .x = string_of(json_object_get(v, "x")),
			       .series = string_of(json_object_get(v, "series")),
			       .marks = string_of(json_object_get(v, "marks")),
			       .log_x = json_is_true(json_object_get(v, "log_x")),
			       .log_y = json_is_true(json_object_get(v, "log_y")),
			       .transposed = json_is_true(json_object_get(v, "transposed")),
			       .lead = json_is_true(json_object_get(v, "lead")) };
	const json_t *low_high = json_object_get(v, "band");
	struct str y = STR_INIT, choose = STR_INIT, band = STR_INIT;
	int rc = 0;

	if (kind == NULL)
		return -1;
	while (c.kind < REP_CHART_COUNT && strcmp(rep_chart_names[c.kind], kind) != 0)
		c.kind++;
	if (c.kind == REP_CHART_COUNT || !words_of(json_object_get(v, "y"), &y) ||
	    !words_of(json_object_get(v, "choose"), &choose) || !words_of(low_high, &band) ||
	    (low_high != NULL && json_array_size(low_high) != 2) || c.x == NULL || c.x[0] == '\0' || y.len == 0 ||
	    !rep_has_columns(t, c.x) || !rep_has_columns(t, str_get(&y)) || !rep_has_columns(t, str_get(&choose)) ||
	    !rep_has_columns(t, str_get(&band)) ||
	    (c.series != NULL && !rep_has_columns(t, c.series))) {
		rc = wrong(d, "%s: chart %zu: want a known kind, and columns of this table as x, y, series, choose and band",
			   t->key, t->ncharts + 1);
	} else {
		c.y = str_get(&y);
		c.choose = str_get(&choose);
		c.band = str_get(&band);
		rep_chart(t, &c);
	}
	str_free(&y);
	str_free(&choose);
	str_free(&band);
	return rc;
}

static int read_row(const struct reader *d, struct rep_table *t, const json_t *row)
{
	for (size_t i = 0; i < t->ncols; i++) {
		const json_t *v = json_object_get(row, t->cols[i].key);

		if (v == NULL)
			return wrong(d, "%s: row %zu has no \"%s\"", t->key, rep_rows(t) + 1, t->cols[i].key);
		if (!read_cell(t, t->cols[i].type, v))
			return wrong(d, "%s: row %zu: \"%s\" is no %s in range", t->key, rep_rows(t) + 1,
				     t->cols[i].key, rep_type_names[t->cols[i].type]);
	}
	return 0;
}

static int read_rows(const struct reader *d, struct rep_table *t, const json_t *rows, const json_t *rules)
{
	size_t n = json_array_size(rows), next = 0;

	for (size_t i = 0; i <= n; i++) {
		uint64_t at;

		if (next < json_array_size(rules)) {
			if (!u64_of(json_array_get(rules, next), &at) || at < i || at > n)
				return wrong(d, "%s: rule %zu: want rows 0..%zu in ascending order", t->key, next + 1, n);
			if (at == i) {
				rep_rule(t);
				next++;
			}
		}
		if (i < n && read_row(d, t, json_array_get(rows, i)) != 0)
			return -1;
	}
	return 0;
}

static size_t column_of(const struct rep_table *t, const char *key)
{
	size_t i = 0;

	while (i < t->ncols && (key == NULL || strcmp(t->cols[i].key, key) != 0))
		i++;
	return i;
}

/* Cells that are bounds. */
static int read_bounds(const struct reader *d, struct rep_table *t, const json_t *list)
{
	const json_t *v;
	size_t i;

	if (list != NULL && !json_is_array(list))
		return wrong(d, "%s: \"bounds\" is no list", t->key);
	json_array_foreach(list, i, v) {
		size_t col = column_of(t, string_of(json_object_get(v, "column")));
		enum rep_bound bound = bound_of(json_object_get(v, "bound"));
		uint64_t row;

		if (!u64_of(json_object_get(v, "row"), &row) || row >= rep_rows(t) || col == t->ncols ||
		    bound == REP_BOUND_COUNT || t->cols[col].type == REP_STR)
			return wrong(d, "%s: bound %zu: want a row, a column with numbers, and \">=\" or \"<=\"", t->key, i + 1);
		t->cells[row * t->ncols + col].bound = (uint8_t)bound;
	}
	return 0;
}

static int read_table(const struct reader *d, const char *key, const json_t *v)
{
	const json_t *columns = member_at(d, v, key, "columns", JSON_ARRAY), *rows, *rules;
	const char *title;
	const json_t *chart;
	struct rep_col *cols;
	struct rep_table *t;
	size_t i;

	if (columns == NULL || (rows = member_at(d, v, key, "rows", JSON_ARRAY)) == NULL ||
	    (title = text_at(d, v, key, "title")) == NULL)
		return -1;
	if (strcmp(key, "facts") == 0 || strcmp(key, "sentences") == 0 || strpbrk(key, "\n\r\t") != NULL)
		return wrong(d, "%s: no table of a report has this key", key);
	rules = json_object_get(v, "rules");
	cols = read_columns(d, key, columns);
	if (cols == NULL)
		return -1;
	t = rep_table(d->r, key, title, cols, json_array_size(columns));
	free(cols);
	if (json_is_true(json_object_get(v, "detail")))
		rep_detail(t);
	json_array_foreach(json_object_get(v, "charts"), i, chart) {
		if (read_chart(d, t, chart) != 0)
			return -1;
	}
	t->grouped = json_is_true(json_object_get(v, "grouped"));
	return read_rows(d, t, rows, rules) == 0 ? read_bounds(d, t, json_object_get(v, "bounds")) : -1;
}

static int read_tables(const struct reader *d, const json_t *top)
{
	const json_t *tables = member_at(d, top, "report", "tables", JSON_OBJECT);

	if (tables == NULL)
		return -1;
	for (void *i = json_object_iter((json_t *)tables); i != NULL; i = json_object_iter_next((json_t *)tables, i))
		if (read_table(d, json_object_iter_key(i), json_object_iter_value(i)) != 0)
			return -1;
	return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* "el2sim.run/1": the command, in buf; or -1. */
static int read_schema(const struct reader *d, const json_t *top, char buf[static 64])
{
	const char *schema = string_of(json_object_get(top, "schema")), *slash;
	uint64_t version;

	slash = schema != NULL ? strrchr(schema, '/') : NULL;
	if (slash == NULL || strncmp(schema, "el2sim.", 7) != 0 || slash - schema > 63 || !str_u64(slash + 1, &version) ||
	    version == 0)
		return wrong(d, "no report of el2sim, there is no \"schema\": \"el2sim.COMMAND/%d\": %s", REP_VERSION, hint);
	if (version > REP_VERSION_BOUNDS)
		return wrong(d, "schema \"%s\" is newer than this el2sim reads (version %d): use a newer el2sim, or "
			     "write the report again with this one", schema, REP_VERSION_BOUNDS);
	(void)snprintf(buf, 64, "%.*s", (int)(slash - schema - 7), schema + 7);
	return 0;
}

static int read_command(const struct reader *d, const json_t *top)
{
	const json_t *list = json_object_get(top, "command"), *v;
	const char **words = xcalloc(json_array_size(list) + 1, sizeof(*words));
	int rc = 0;
	size_t i;

	json_array_foreach(list, i, v) {
		words[i] = string_of(v);
		if (words[i] == NULL)
			rc = wrong(d, "command: word %zu is no printable string", i + 1);
	}
	if (rc == 0)
		rep_command(d->r, words, json_array_size(list));
	free(words);
	return rc;
}

/* Of a report whose maker did not say, nothing is said. */
static int read_provenance(const struct reader *d, const json_t *top)
{
	const json_t *made = json_object_get(top, "provenance"), *v;
	const char *version, *program;
	size_t i;

	rep_made_by(d->r, "", "");
	if (made == NULL)
		return 0;
	version = text_at(d, made, "provenance", "version");
	program = version != NULL ? text_at(d, made, "provenance", "program") : NULL;
	if (program == NULL)
		return -1;
	rep_made_by(d->r, version, program);
	for (unsigned kind = 0; kind < REP_SOURCE_COUNT; kind++) {
		json_array_foreach(json_object_get(made, rep_source_keys[kind]), i, v) {
			const char *name = text_at(d, v, "provenance", "name"), *sha256;

			sha256 = name != NULL ? text_at(d, v, "provenance", "sha256") : NULL;
			if (sha256 == NULL)
				return -1;
			rep_source(d->r, (enum rep_source)kind, name, sha256);
		}
	}
	return 0;
}

static struct rep *read_top(struct reader *d, const json_t *top)
{
	char command[64];
	const char *title;

	if (read_schema(d, top, command) != 0 || (title = text_at(d, top, "report", "title")) == NULL)
		return NULL;
	d->r = rep_new(command, title);
	if ((json_object_get(top, "alarms") == NULL || read_sentences(d, top, "alarms", rep_alarm_only) == 0) &&
	    read_command(d, top) == 0 && read_provenance(d, top) == 0 && read_facts(d, top) == 0 && read_tables(d, top) == 0 &&
	    read_sentences(d, top, "verdicts", rep_verdict) == 0 && read_sentences(d, top, "notes", rep_note) == 0)
		return d->r;
	rep_free(d->r);
	return NULL;
}

static json_t *parse(const struct reader *d, const char *text, size_t n)
{
	struct str marked = with_marks(text, n);
	json_error_t je;
	json_t *top = json_loadb(str_get(&marked), marked.len, JSON_REJECT_DUPLICATES, &je);

	str_free(&marked);
	if (top == NULL)
		(void)wrong(d, "no report of el2sim, line %d is no JSON (%.80s): %s, or a results file of el2sim sweep", je.line, je.text,
			    hint);
	return top;
}

struct rep *rep_read_text(const char *text, size_t n, const char *path, struct err *e)
{
	struct reader d = { .path = path, .e = e };
	json_t *top = parse(&d, text, n);
	struct rep *r = top != NULL ? read_top(&d, top) : NULL;

	json_decref(top);
	return r;
}

static int read_file(struct str *text, const char *path, struct err *e)
{
	char buf[65536];
	int rc = 0;
	size_t n;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		return err_set(e, ERR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
	while ((n = fread(buf, 1, sizeof(buf), f)) != 0)
		str_addn(text, buf, n);
	if (ferror(f))
		rc = err_set(e, ERR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
	(void)fclose(f);
	return rc;
}

struct rep *rep_read(const char *path, struct err *e)
{
	struct str text = STR_INIT;
	struct rep *r = NULL;

	if (read_file(&text, path, e) == 0)
		r = rep_read_text(str_get(&text), text.len, path, e);
	str_free(&text);
	return r;
}

void rep_list_add(struct rep_list *l, struct rep *r)
{
	l->r = xrealloc(l->r, (l->n + 1) * sizeof(struct rep *));
	l->r[l->n++] = r;
}

void rep_list_free(struct rep_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		rep_free(l->r[i]);
	free(l->r);
	*l = (struct rep_list){ NULL, 0 };
}

int rep_read_list(struct rep_list *l, const char *path, struct err *e)
{
	struct reader d = { .path = path, .e = e };
	struct str text = STR_INIT;
	json_t *top = NULL;
	int rc = read_file(&text, path, e);
	size_t n;

	if (rc == 0 && (top = parse(&d, str_get(&text), text.len)) == NULL)
		rc = -1;
	str_free(&text);
	n = json_is_array(top) && json_array_size(top) != 0 ? json_array_size(top) : 1;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct rep *r = read_top(&d, json_is_array(top) && json_array_size(top) != 0 ? json_array_get(top, i) : top);

		if (r != NULL)
			rep_list_add(l, r);
		else
			rc = -1;
	}
	json_decref(top);
	return rc;
}
