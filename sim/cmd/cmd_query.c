/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim query: a results file asked in SQL. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "sim/app/args.h"
#include "sim/app/term.h"
#include "sim/cmd/cmd.h"
#include "sim/base/file.h"
#include "sim/base/filter.h"
#include "sim/base/wrap.h"
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
	uint64_t max_rows, timeout; /* timeout: seconds, 0: none */
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
	{ "--max-rows", NULL, ARG_U64, offsetof(struct query_args, max_rows), "N", .max = UINT64_MAX,
	  .help = "refuse an answer of more rows, and write nothing of it" },
	{ "--timeout", NULL, ARG_U64, offsetof(struct query_args, timeout), "SECONDS", .min = 1, .max = 86400 * 365,
	  .help = "give up after that time, and write nothing" },
	{ "--schema", NULL, ARG_FLAG, offsetof(struct query_args, schema), .help = "print the tables and views instead" },
};

static const struct arg_spec spec = {
	.name = "query", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 0, .max_pos = 2,
	.example = "policy-matrix.db \"SELECT * FROM points\"",
	.text = "The file is not changed. Beside SQLite's own there is the function report(report): the text of a report. An answer is\n"
		"written whole or not at all. NULL is nothing in a table and in CSV, null in JSON, as is infinity; bytes\n"
		"that are no text are X'...' (hexadecimal). JSON wants columns of different names.\n",
};

/* --- writing ---------------------------------------------------------------------------------- */

/* Bytes as SQL writes them: X'00ff'. */
static void add_bytes(struct str *b, const unsigned char *bytes, size_t n)
{
	static const char hex[] = "0123456789ABCDEF";

	str_add(b, "X'");
	for (size_t i = 0; i < n; i++) {
		str_addc(b, hex[bytes[i] >> 4]);
		str_addc(b, hex[bytes[i] & 15]);
	}
	str_addc(b, '\'');
}

/* Without surrogates and overlong forms. */
static bool is_utf8(const char *text, size_t n)
{
	size_t bytes;
	unsigned c;

	for (size_t i = 0; i < n; i += bytes)
		if (filter_next(text + i, &bytes, &c) == FILTER_NO_TEXT)
			return false;
	return true;
}

static bool is_number(sqlite3_stmt *st, int col)
{
	int type = sqlite3_column_type(st, col);

	return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

/* A value in letters; what is no text, or (not nul) has a NUL within, in hexadecimal. */
static void value_text(sqlite3_stmt *st, int col, bool nul, struct str *b)
{
	bool blob = sqlite3_column_type(st, col) == SQLITE_BLOB;
	const void *data = blob ? sqlite3_column_blob(st, col) : sqlite3_column_text(st, col);
	size_t n = (size_t)sqlite3_column_bytes(st, col);

	str_reset(b);
	if (blob || (n != 0 && ((!nul && memchr(data, '\0', n) != NULL) || !is_utf8(data, n))))
		add_bytes(b, data, n);
	else if (n != 0)
		str_addn(b, data, n);
}

/* Line ends of a text stay, as RFC 4180 has them. */
static void csv_field(const char *s, bool text, FILE *f)
{
	char *copy = xstrdup(s);
	struct str b = STR_INIT;

	filter_lines(copy);
	filter_csv(&b, copy, text);
	(void)fwrite(str_get(&b), 1, b.len, f);
	str_free(&b);
	free(copy);
}

static void json_text(const char *s, size_t n, FILE *f)
{
	struct str b = STR_INIT, bytes = STR_INIT;

	if (!is_utf8(s, n)) { /* a column's name may be anything */
		add_bytes(&bytes, (const unsigned char *)s, n);
		filter_json(&b, str_get(&bytes), bytes.len);
	} else {
		filter_json(&b, s, n);
	}
	(void)fwrite(str_get(&b), 1, b.len, f);
	str_free(&b);
	str_free(&bytes);
}

static void csv_head(sqlite3_stmt *st, FILE *f)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		(void)fputs(i != 0 ? "," : "", f);
		csv_field(sqlite3_column_name(st, i), true, f);
	}
	(void)fputc('\n', f);
}

static void csv_row(sqlite3_stmt *st, struct str *b, FILE *f)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		(void)fputs(i != 0 ? "," : "", f);
		value_text(st, i, false, b);
		csv_field(str_get(b), !is_number(st, i), f);
	}
	(void)fputc('\n', f);
}

static void json_row(sqlite3_stmt *st, bool first, struct str *b, FILE *f)
{
	(void)fputs(first ? "[\n  {" : ",\n  {", f);
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		const char *name = sqlite3_column_name(st, i);

		(void)fputs(i != 0 ? ", " : "", f);
		json_text(name, strlen(name), f);
		(void)fputs(": ", f);
		value_text(st, i, true, b);
		if (sqlite3_column_type(st, i) == SQLITE_NULL || (is_number(st, i) && !isfinite(sqlite3_column_double(st, i))))
			(void)fputs("null", f);
		else if (is_number(st, i))
			(void)fputs(str_get(b), f);
		else
			json_text(str_get(b), b->len, f);
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
	size_t col = c->n % c->cols, width;

	if (c->n == c->cap) {
		c->cap = c->cap * 2 + 256;
		c->text = xrealloc(c->text, c->cap * sizeof(*c->text));
		c->number = xrealloc(c->number, c->cap * sizeof(*c->number));
	}
	c->text[c->n] = xstrdup(text);
	filter_line(c->text[c->n]);
	width = width_of(c->text[c->n]);
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

/* A row after the other, a line per column: for a terminal that is narrower than the table. */
static void list_write(const struct cells *c, size_t width, struct str *b)
{
	size_t name = 0;
	struct str label = STR_INIT;

	for (size_t i = 0; i < c->cols; i++)
		name = width_of(c->text[i]) > name ? width_of(c->text[i]) : name;
	for (size_t row = 1; row < c->n / c->cols; row++) {
		str_add(b, row != 1 ? "\n" : "");
		for (size_t i = 0; i < c->cols; i++) {
			str_reset(&label);
			str_addf(&label, "%s%*s", c->text[i], (int)(name - width_of(c->text[i])) + 2, "");
			wrap_add(b, str_get(&label), name + 2, c->text[row * c->cols + i], width, false, "", "");
		}
	}
	str_free(&label);
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

static size_t table_width(const struct cells *c)
{
	size_t sum = 0;

	for (size_t i = 0; i < c->cols; i++)
		sum += c->width[i] + (i != 0 ? 2 : 0);
	return sum;
}

/* What fits the terminal, if that is where the answer goes in the end. */
static void terminal_write(const struct cells *c, const struct query_args *o, FILE *f)
{
	size_t width = o->file == NULL || strcmp(o->file, "-") == 0 ? term_width(stdout) : 0;
	struct str b = STR_INIT;

	if (width == 0 || table_width(c) <= width) {
		table_write(c, f);
		return;
	}
	list_write(c, width, &b);
	(void)fputs(str_get(&b), f);
	str_free(&b);
}

/* --- asking ----------------------------------------------------------------------------------- */

struct asking {
	struct store *s;
	sqlite3_stmt *st;
	const struct query_args *o;
	struct timespec until; /* of --timeout */
};

static int wrong(const struct asking *q, struct err *e)
{
	sqlite3 *db = store_sql(q->s);

	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_INTERRUPT:
		return err_set(e, ERR_USAGE, "SQL: no answer within --timeout %" PRIu64 " s: want a narrower question, or more time",
			       q->o->timeout);
	case SQLITE_NOMEM:
		return err_set(e, ERR_MEMORY, "SQL: out of memory: want a narrower question");
	case SQLITE_CORRUPT:
	case SQLITE_IOERR:
	case SQLITE_BUSY:
	case SQLITE_CANTOPEN:
	case SQLITE_NOTADB:
		return err_set(e, ERR_INPUT, "%s: could not be read: %s", store_path(q->s), sqlite3_errmsg(db));
	default:
		return err_set(e, ERR_USAGE, "SQL: %s: want a question to the tables and views of \"el2sim query --schema\"",
			       sqlite3_errmsg(db));
	}
}

/* SQLite asks now and then: is it enough? */
static int enough(void *self)
{
	const struct asking *q = self;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > q->until.tv_sec || (now.tv_sec == q->until.tv_sec && now.tv_nsec >= q->until.tv_nsec);
}

static void set_timeout(struct asking *q)
{
	if (q->o->timeout == 0)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &q->until);
	q->until.tv_sec += (time_t)q->o->timeout;
	sqlite3_progress_handler(store_sql(q->s), 10000, enough, q);
}

/* An object's names are different; who reads JSON would see the last of two. */
static int check_names(sqlite3_stmt *st, struct err *e)
{
	for (int i = 0; i < sqlite3_column_count(st); i++)
		for (int k = 0; k < i; k++)
			if (strcmp(sqlite3_column_name(st, i), sqlite3_column_name(st, k)) == 0)
				return err_set(e, ERR_USAGE, "SQL: two columns are called \"%s\": want a name for each (AS) in JSON",
					       sqlite3_column_name(st, i));
	return 0;
}

static int answer(struct asking *q, FILE *f, struct err *e)
{
	enum query_format format = (enum query_format)q->o->format;
	struct cells c = { .cols = (size_t)sqlite3_column_count(q->st) };
	struct str b = STR_INIT;
	uint64_t rows = 0;
	int rc;

	c.width = xcalloc(c.cols + 1, sizeof(*c.width));
	if (format == QUERY_CSV)
		csv_head(q->st, f);
	for (size_t i = 0; format == QUERY_TABLE && i < c.cols; i++)
		cell_add(&c, sqlite3_column_name(q->st, (int)i), false);
	for (; (rc = sqlite3_step(q->st)) == SQLITE_ROW && rows < q->o->max_rows; rows++) {
		if (format == QUERY_CSV)
			csv_row(q->st, &b, f);
		else if (format == QUERY_JSON)
			json_row(q->st, rows == 0, &b, f);
		for (int i = 0; format == QUERY_TABLE && i < (int)c.cols; i++) {
			value_text(q->st, i, false, &b);
			cell_add(&c, str_get(&b), is_number(q->st, i));
		}
	}
	if (format == QUERY_TABLE && rc == SQLITE_DONE)
		terminal_write(&c, q->o, f);
	else if (format == QUERY_JSON && rc == SQLITE_DONE)
		(void)fputs(rows == 0 ? "[]\n" : "\n]\n", f);
	cells_free(&c);
	str_free(&b);
	if (rc == SQLITE_ROW)
		return err_set(e, ERR_USAGE, "SQL: the answer has more than --max-rows %" PRIu64 " rows: want a LIMIT, or more rows",
			       q->o->max_rows);
	return rc == SQLITE_DONE ? 0 : wrong(q, e);
}

static int no_room(struct err *e)
{
	return err_set(e, ERR_IO, "the answer could not be kept in a temporary file: %s: is the disk full?", strerror(errno));
}

/* What cannot be taken back is written when the answer is whole. */
static int answer_at_end(struct asking *q, FILE *to, struct err *e)
{
	FILE *f = tmpfile();
	void *whole = MAP_FAILED;
	long n = 0;
	int rc;

	if (f == NULL)
		return no_room(e);
	rc = answer(q, f, e);
	if (rc == 0 && (fflush(f) != 0 || ferror(f) != 0 || (n = ftell(f)) < 0))
		rc = no_room(e);
	/* mapped: a read that fails half way would leave half an answer */
	if (rc == 0 && n != 0 && (whole = mmap(NULL, (size_t)n, PROT_READ, MAP_SHARED, fileno(f), 0)) == MAP_FAILED)
		rc = no_room(e);
	if (whole != MAP_FAILED) {
		(void)fwrite(whole, 1, (size_t)n, to);
		(void)munmap(whole, (size_t)n);
	}
	(void)fclose(f);
	return rc;
}

static int prepare(struct asking *q, const char *sql, struct err *e)
{
	const char *rest;

	if (sqlite3_prepare_v2(store_sql(q->s), sql, -1, &q->st, &rest) != SQLITE_OK)
		return wrong(q, e);
	if (q->st == NULL || rest[strspn(rest, " \t\r\n;")] != '\0')
		return err_set(e, ERR_USAGE, "SQL: want one statement, such as \"SELECT * FROM points\"");
	if (sqlite3_stmt_readonly(q->st) == 0 || sqlite3_column_count(q->st) == 0)
		return err_set(e, ERR_USAGE, "SQL: the file is only read: want a question, such as \"SELECT * FROM points\"");
	return q->o->format == QUERY_JSON ? check_names(q->st, e) : 0;
}

static int ask(struct store *s, const char *sql, const struct query_args *o, struct err *e)
{
	struct asking q = { .s = s, .o = o };
	struct outfile f;
	int rc;

	store_functions(s);
	set_timeout(&q);
	rc = prepare(&q, sql, e);
	if (rc == 0)
		rc = file_create(&f, o->file, e);
	if (rc == 0) {
		rc = f.tmp != NULL ? answer(&q, f.f, e) : answer_at_end(&q, f.f, e);
		if (rc == 0)
			rc = file_commit(&f, e);
		else
			file_abort(&f);
	}
	(void)sqlite3_finalize(q.st);
	sqlite3_progress_handler(store_sql(s), 0, NULL, NULL);
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
	struct query_args o = { .max_rows = UINT64_MAX };
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
