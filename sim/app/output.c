/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/output.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/file.h"
#include "sim/base/share.h"

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

/* As it was found: a configuration may be a shipped one. */
static void add_input(struct rep *r, const char *name)
{
	struct str path = STR_INIT;

	if (share_find(&path, name))
		rep_source(r, REP_OF_INPUT, str_get(&path), NULL);
	str_free(&path);
}

int output_write(const struct output_args *o, struct rep *r, struct err *e)
{
	const struct rep *one = r;
	const char *input;

	if (!rep_has_command(r))
		rep_command(r, o->words.v, o->words.n);
	for (size_t i = 0; i < o->inputs.n; i++)
		add_input(r, o->inputs.v[i]);
	for (size_t pos = 0; o->file != NULL && (input = rep_next_input(r, &pos)) != NULL;)
		if (access(input, F_OK) == 0 && args_same_file(o->file, input))
			return err_set(e, ERR_USAGE, "-o %s: is %s, which was read: want another file to write", o->file, input);
	if ((o->format == REP_JSON || o->format == REP_HTML) && rep_hash_sources(r, e) != 0)
		return -1;
	return output_write_all(o, &one, 1, e);
}

/* On a terminal that has colours, alarms are red (https://no-color.org says how to have none). */
static int write_coloured(const struct rep *const *r, size_t n, FILE *f, struct err *e)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
	char *text = NULL, *rest, *line;
	size_t bytes = 0;
	FILE *memory;
	int rc;

	if (isatty(fileno(f)) == 0 || (none != NULL && none[0] != '\0') || term == NULL || strcmp(term, "dumb") == 0)
		return rep_write_all(r, n, REP_TEXT, f, e);
	memory = open_memstream(&text, &bytes);
	BUG_ON(memory == NULL);
	rc = rep_write_all(r, n, REP_TEXT, memory, e);
	(void)fclose(memory);
	for (rest = text; rc == 0 && (line = strsep(&rest, "\n")) != NULL && (line[0] != '\0' || rest != NULL);) {
		bool alarm = strncmp(line, REP_ALARM_MARK, strlen(REP_ALARM_MARK)) == 0;

		(void)fprintf(f, "%s%s%s\n", alarm ? "\033[1;31m" : "", line, alarm ? "\033[0m" : "");
	}
	free(text);
	return rc;
}

int output_write_all(const struct output_args *o, const struct rep *const *r, size_t n, struct err *e)
{
	struct outfile f;

	if (file_create(&f, o->file, e) != 0)
		return -1;
	if ((o->format == REP_TEXT ? write_coloured(r, n, f.f, e) :
				     rep_write_all(r, n, (enum rep_format)o->format, f.f, e)) != 0) {
		file_abort(&f);
		return -1;
	}
	return file_commit(&f, e);
}
