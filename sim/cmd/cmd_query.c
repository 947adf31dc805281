/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim query: a results file asked in SQL. */
#include <jansson.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "sim/app/args.h"
#include "sim/cmd/cmd.h"
#include "sim/base/file.h"
#include "sim/store/store.h"
#include "sim/store/store_sql.h"

/* One row per format: enumerator, name. */
#define QUERY_FORMATS(X)                                                                            \
	X(QUERY_TABLE, "table")                                                                     \
	X(QUERY_CSV, "csv")                                                                         \
	X(QUERY_JSON, "json")

enum query_format {
#define X(id, name) id,
	QUERY_FORMATS(X)
#undef X
};

struct query_args {
	const char *file;
	int format;
	bool schema;
};

static const char *const formats[] = {
#define X(id, name) name,
	QUERY_FORMATS(X)
#undef X
	NULL
};

static const struct arg_row arg_rows[] = {
	{ "-o", "--output", ARG_STR, offsetof(struct query_args, file), "FILE", .help = "write the answer to FILE, whole or not at all; its ending says the format" },
	{ "--format", NULL, ARG_ENUM, offsetof(struct query_args, format), .names = formats, .help = "format of the answer, instead of by the ending of FILE",
	  .by_ending = 1 + offsetof(struct query_args, file) },
	{ "--schema", NULL, ARG_FLAG, offsetof(struct query_args, schema), .help = "print the tables and views instead" },
};

static const struct arg_spec spec = {
	.name = "query", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 0, .max_pos = 2,
	.example = "policy-matrix.db \"SELECT * FROM points\"",
	.text = "The file is not changed. Beside SQLite's own there is the function report(report): the text of a report.\n",
};

/* --- writing ---------------------------------------------------------------------------------- */

static const char *text_of(sqlite3_stmt *st, int col)
{
	const char *text = (const char *)sqlite3_column_text(st, col);

	return text != NULL ? text : "";
}

static void csv_field(const char *s, FILE *f)
{
	if (s[strcspn(s, ",\"\n\r")] == '\0') {
		(void)fputs(s, f);
		return;
	}
	(void)fputc('"', f);
	for (; *s != '\0'; s++) {
		if (*s == '"')
			(void)fputc('"', f);
		(void)fputc(*s, f);
	}
	(void)fputc('"', f);
}

static void json_text(const char *s, FILE *f)
{
	json_t *value = json_string(s);
	char *text = value != NULL ? json_dumps(value, JSON_ENCODE_ANY) : NULL;

	(void)fputs(text != NULL ? text : "null", f); /* bytes that are no text */
	free(text);
	json_decref(value);
}

static bool is_number(sqlite3_stmt *st, int col)
{
	int type = sqlite3_column_type(st, col);

	return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

static void csv_head(sqlite3_stmt *st, FILE *f)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		(void)fputs(i != 0 ? "," : "", f);
		csv_field(sqlite3_column_name(st, i), f);
	}
	(void)fputc('\n', f);
}

static void csv_row(sqlite3_stmt *st, FILE *f)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		(void)fputs(i != 0 ? "," : "", f);
		csv_field(text_of(st, i), f);
	}
	(void)fputc('\n', f);
}

static void json_row(sqlite3_stmt *st, bool first, FILE *f)
{
	(void)fputs(first ? "[\n  {" : ",\n  {", f);
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		(void)fputs(i != 0 ? ", " : "", f);
		json_text(sqlite3_column_name(st, i), f);
		(void)fputs(": ", f);
		if (sqlite3_column_type(st, i) == SQLITE_NULL || (is_number(st, i) && !isfinite(sqlite3_column_double(st, i))))
			(void)fputs("null", f);
		else if (is_number(st, i))
			(void)fputs(text_of(st, i), f);
		else
			json_text(text_of(st, i), f);
	}
	(void)fputc('}', f);
}

/* Rows that wait until the width of each column is known. */
struct cells {
	char **text;
	bool *number;
	size_t n, cap, cols;
	size_t *width;
};

/* Characters of UTF-8. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void cell_add(struct cells *c, const char *text, bool number)
{
	size_t col = c->n % c->cols, width = width_of(text);

	if (c->n == c->cap) {
		c->cap = c->cap * 2 + 256;
		c->text = xrealloc(c->text, c->cap * sizeof(*c->text));
		c->number = xrealloc(c->number, c->cap * sizeof(*c->number));
	}
	c->text[c->n] = xstrdup(text);
	for (char *p = c->text[c->n]; *p != '\0'; p++)
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	c->number[c->n++] = number;
	if (width > c->width[col])
		c->width[col] = width;
}

static void cells_free(struct cells *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->text[i]);
	free(c->text);
	free(c->number);
	free(c->width);
}

static void table_line(const struct cells *c, size_t row, FILE *f)
{
	for (size_t i = 0; i < c->cols; i++) {
		const char *text = c->text[row * c->cols + i];
		int pad = (int)(c->width[i] - width_of(text));

		(void)fputs(i != 0 ? "  " : "", f);
		if (c->number[row * c->cols + i])
			(void)fprintf(f, "%*s%s", pad, "", text);
		else
			(void)fprintf(f, "%s%*s", text, i + 1 < c->cols ? pad : 0, "");
	}
	(void)fputc('\n', f);
}

static void table_write(const struct cells *c, FILE *f)
{
	for (size_t row = 0; row < c->n / c->cols; row++) {
		table_line(c, row, f);
		for (size_t i = 0; row == 0 && i < c->cols; i++) {
			(void)fputs(i != 0 ? "  " : "", f);
			for (size_t k = 0; k < c->width[i]; k++)
				(void)fputc('-', f);
		}
		(void)fputs(row == 0 ? "\n" : "", f);
	}
}

/* --- asking ----------------------------------------------------------------------------------- */

static int wrong(sqlite3 *db, struct err *e)
{
	return err_set(e, ERR_USAGE, "SQL: %s: want a question to the tables and views of \"el2sim query --schema\"",
		       sqlite3_errmsg(db));
}

static int answer(sqlite3 *db, sqlite3_stmt *st, enum query_format format, FILE *f, struct err *e)
{
	struct cells c = { .cols = (size_t)sqlite3_column_count(st) };
	uint64_t rows = 0;
	int rc;

	c.width = xcalloc(c.cols + 1, sizeof(*c.width));
	if (format == QUERY_CSV)
		csv_head(st, f);
	for (size_t i = 0; format == QUERY_TABLE && i < c.cols; i++)
		cell_add(&c, sqlite3_column_name(st, (int)i), false);
	for (; (rc = sqlite3_step(st)) == SQLITE_ROW; rows++) {
		if (format == QUERY_CSV)
			csv_row(st, f);
		else if (format == QUERY_JSON)
			json_row(st, rows == 0, f);
		for (int i = 0; format == QUERY_TABLE && i < (int)c.cols; i++)
			cell_add(&c, text_of(st, i), is_number(st, i));
	}
	if (format == QUERY_TABLE && rc == SQLITE_DONE)
		table_write(&c, f);
	else if (format == QUERY_JSON && rc == SQLITE_DONE)
		(void)fputs(rows == 0 ? "[]\n" : "\n]\n", f);
	cells_free(&c);
	return rc == SQLITE_DONE ? 0 : wrong(db, e);
}

static int ask(struct store *s, const char *sql, const struct query_args *o, struct err *e)
{
	sqlite3 *db = store_sql(s);
	sqlite3_stmt *st = NULL;
	struct outfile f;
	const char *rest;
	int rc = 0;

	store_functions(s);
	if (sqlite3_prepare_v2(db, sql, -1, &st, &rest) != SQLITE_OK)
		return wrong(db, e);
	if (st == NULL || rest[strspn(rest, " \t\r\n;")] != '\0')
		rc = err_set(e, ERR_USAGE, "SQL: want one statement, such as \"SELECT * FROM points\"");
	else if (sqlite3_stmt_readonly(st) == 0 || sqlite3_column_count(st) == 0)
		rc = err_set(e, ERR_USAGE, "SQL: the file is only read: want a question, such as \"SELECT * FROM points\"");
	if (rc == 0)
		rc = file_create(&f, o->file, e);
	if (rc == 0) {
		rc = answer(db, st, (enum query_format)o->format, f.f, e);
		if (rc == 0)
			rc = file_commit(&f, e);
		else
			file_abort(&f);
	}
	(void)sqlite3_finalize(st);
	return rc;
}

static int print_schema(const struct query_args *o, struct err *e)
{
	struct outfile f;

	if (file_create(&f, o->file, e) != 0)
		return -1;
	(void)fputs(STORE_SCHEMA, f.f);
	return file_commit(&f, e);
}

int cmd_query(int argc, char **argv, struct err *e)
{
	struct query_args o = { 0 };
	struct store *s;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	if (o.schema) {
		rc = print_schema(&o, e);
	} else if (a.pos.n != 2) {
		rc = args_missing(&spec, e, "want RESULTS and SQL");
	} else {
		s = store_open(a.pos.v[0], STORE_READ, e);
		rc = s != NULL ? ask(s, a.pos.v[1], &o, e) : -1;
		store_close(s);
	}
	args_free(&a);
	return rc;
}
