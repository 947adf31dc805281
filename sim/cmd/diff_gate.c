/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/cmd/diff_gate.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/str.h"

#define NAME_MAX_BYTES 150 /* inih cuts lines of 200 bytes */

static void append(struct diff_options *o, const char *pattern, int64_t milli, bool both, const char *place)
{
	o->limit = xrealloc(o->limit, (o->n_limit + 1) * sizeof(*o->limit));
	o->limit[o->n_limit++] = (struct diff_limit){ .pattern = xstrdup(pattern), .milli_percent = milli, .both = both,
						      .place = xstrdup(place) };
}

int diff_gate_add(struct diff_options *o, const char *pattern, const char *text, bool both, const char *place, struct err *e)
{
	int64_t milli;

	if (!diff_percent(text, &milli))
		return err_set(e, ERR_USAGE, "%s %s: want a percentage in 0..1000000 with at most three decimals, such as 2%% or "
			       "0.5%%", place, text);
	append(o, pattern, milli, both, place);
	return 0;
}

struct gate_file {
	struct diff_options *o;
	const char *path;
	struct err *e;
	bool failed;
};

/* what: the line as it stands there, or a part of it. The first error counts. */
static int refuse(struct gate_file *g, const char *what, const char *want)
{
	if (!g->failed)
		(void)err_set(g->e, ERR_CONFIG, "%s: %s", what, want);
	g->failed = true;
	return 0;
}

/* inih: 1 is good. */
static int see(void *ctx, const char *section, const char *name, const char *value)
{
	struct gate_file *g = ctx;
	char word[32] = "", more[8] = "";
	struct str place = STR_INIT;
	int64_t milli = -1;
	int n;

	if (strcmp(section, "gate") != 0) {
		str_addf(&place, "[%s]", section);
		n = refuse(g, str_get(&place), "want [gate] only");
		str_free(&place);
		return n;
	}
	if (name[0] == '\0')
		return refuse(g, "[gate]", "a limit without a pattern: want PATTERN = LIMIT");
	if (strlen(name) > NAME_MAX_BYTES)
		return refuse(g, "[gate]", "a name of more than 150 characters: write * for a part of it");
	for (size_t i = 0; i < g->o->n_limit; i++) {
		if (strcmp(g->o->limit[i].pattern, name) == 0)
			return refuse(g, name, "given twice");
	}
	n = sscanf(value, "%31s %7s", word, more);
	if (n < 1 || (n == 2 && strcmp(more, "both") != 0) || (n == 2 && strcmp(word, "any") == 0) ||
	    (strcmp(word, "any") != 0 && !diff_percent(word, &milli)) || strlen(word) == 31) {
		str_addf(&place, "%s =%s%.60s", name, value[0] != '\0' ? " " : "", value);
		n = refuse(g, str_get(&place), "want a percentage such as 2%, \"2% both\", or any");
		str_free(&place);
		return n;
	}
	str_addf(&place, "%s: [gate] %s", g->path, name);
	append(g->o, name, milli, n == 2, str_get(&place));
	str_free(&place);
	return 1;
}

int diff_gate_read(struct diff_options *o, const char *path, struct err *e)
{
	struct gate_file g = { .o = o, .path = path, .e = e };
	FILE *f = fopen(path, "r");
	int line;

	if (f == NULL)
		return err_set(e, ERR_CONFIG, "%s: %s: want a file with a section [gate]", path, strerror(errno));
	line = ini_parse_file(f, see, &g);
	if (ferror(f) != 0) /* inih takes it for the end */
		line = -1;
	(void)fclose(f);
	if (line < 0)
		return err_set(e, ERR_CONFIG, "%s: cannot be read: want a file with a section [gate]", path);
	if (line > 0 && !g.failed)
		(void)err_set(e, ERR_CONFIG, "no line of an INI file: want [gate], then PATTERN = LIMIT");
	if (line > 0)
		return err_at(e, path, (unsigned long)line);
	if (o->n_limit == 0)
		return err_set(e, ERR_CONFIG, "%s: no limits: want a section [gate] with lines such as phases/total/cycles = 2%%", path);
	return 0;
}

void diff_gate_free(struct diff_options *o)
{
	for (size_t i = 0; i < o->n_limit; i++) {
		free(o->limit[i].pattern);
		free(o->limit[i].place);
	}
	free(o->limit);
	o->limit = NULL;
	o->n_limit = 0;
}
