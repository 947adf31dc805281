/* SPDX-License-Identifier: Apache-2.0 */
/* A document, or several, handed to the writer of a format. */
#include <errno.h>
#include <string.h>

#include "sim/base/str.h"
#include "sim/document/rep_doc.h"
#include "sim/document/rep_html.h"

static rep_writer *const writers[REP_FORMAT_COUNT] = {
#define X(id, name, help) [id] = write_##id,
	REP_FORMATS(X)
#undef X
};

static void write_all(const struct rep *const *r, size_t n, enum rep_format format, const struct rep_view *v, struct str *b)
{
	bool list = format == REP_JSON && n != 1;

	if (format == REP_HTML) {
		rep_html_page(r, n, b);
		return;
	}
	str_add(b, list ? "[\n" : "");
	for (size_t i = 0; i < n; i++) {
		struct str one = STR_INIT;

		writers[format](r[i], v, &one);
		str_add(b, i == 0 ? "" : list ? ",\n" : "\n");
		str_add(b, str_get(&one));
		str_free(&one);
	}
	str_add(b, list ? "]\n" : "");
}

int rep_write(const struct rep *r, enum rep_format format, FILE *f, struct err *e)
{
	return rep_write_all(&r, 1, format, f, e);
}

int rep_write_all(const struct rep *const *r, size_t n, enum rep_format format, FILE *f, struct err *e)
{
	const struct rep_view plain = { 0 };

	return rep_write_view(r, n, format, &plain, f, e);
}

int rep_write_view(const struct rep *const *r, size_t n, enum rep_format format, const struct rep_view *v, FILE *f, struct err *e)
{
	struct str b = STR_INIT;
	bool ok;

	BUG_ON((unsigned)format >= REP_FORMAT_COUNT);
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < r[k]->ntables; i++)
			BUG_ON(r[k]->tables[i]->ncells % r[k]->tables[i]->ncols != 0);
	write_all(r, n, format, v, &b);
	errno = 0;
	ok = fwrite(str_get(&b), 1, b.len, f) == b.len && fflush(f) == 0 && !ferror(f);
	str_free(&b);
	if (ok)
		return 0;
	return err_set(e, ERR_IO, "the report could not be written: %s",
		       errno != 0 ? strerror(errno) : "an earlier write had failed");
}

bool rep_format_by_name(const char *name, enum rep_format *format)
{
	static const char *const names[REP_FORMAT_COUNT] = {
#define X(id, name, help) [id] = name,
		REP_FORMATS(X)
#undef X
	};

	for (int i = 0; i < REP_FORMAT_COUNT; i++)
		if (strcmp(name, names[i]) == 0) {
			*format = (enum rep_format)i;
			return true;
		}
	return false;
}
