/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/output.h"

#include "sim/base/file.h"

const char *const output_formats[REP_FORMAT_COUNT + 1] = {
#define X(id, name, help) name,
	REP_FORMATS(X)
#undef X
	NULL
};

const char *const output_or_folded[REP_FORMAT_COUNT + 2] = {
#define X(id, name, help) name,
	REP_FORMATS(X)
#undef X
	"folded", NULL
};

int output_text(const struct output_args *o, const struct str *text, struct err *e)
{
	struct outfile f;

	if (file_create(&f, o->file, e) != 0)
		return -1;
	(void)fwrite(str_get(text), 1, text->len, f.f);
	return file_commit(&f, e);
}

int output_write(const struct output_args *o, struct rep *r, struct err *e)
{
	const struct rep *one = r;

	if (!rep_has_command(r))
		rep_command(r, o->words.v, o->words.n);
	return output_write_all(o, &one, 1, e);
}

int output_write_all(const struct output_args *o, const struct rep *const *r, size_t n, struct err *e)
{
	struct outfile f;

	if (file_create(&f, o->file, e) != 0)
		return -1;
	if (rep_write_all(r, n, (enum rep_format)o->format, f.f, e) != 0) {
		file_abort(&f);
		return -1;
	}
	return file_commit(&f, e);
}
