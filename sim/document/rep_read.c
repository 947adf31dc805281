/* SPDX-License-Identifier: Apache-2.0 */
/* JSON to report. */
#include "sim/document/rep_read.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sim/base/filter.h"
#include "sim/document/rep_read_impl.h"

/* --- facts and sentences ---------------------------------------------------------------------- */

static int read_facts(const struct rd *d, const json_t *top)
{
	const json_t *facts = rd_member_at(d, top, "report", "facts", JSON_OBJECT);
	const json_t *titles = rd_member_at(d, top, "report", "fact_titles", JSON_OBJECT);
	const json_t *units = rd_member_at(d, top, "report", "fact_units", JSON_OBJECT);
	const json_t *bounds = json_object_get(top, "fact_bounds");

	if (facts == NULL || titles == NULL || units == NULL || (bounds != NULL && !json_is_object(bounds)))
		return -1;
	for (void *i = json_object_iter((json_t *)facts); i != NULL; i = json_object_iter_next((json_t *)facts, i)) {
		const char *key = json_object_iter_key(i);
		const json_t *v = json_object_iter_value(i);
		const char *title = rd_string_of(json_object_get(titles, key));
		const char *unit = rd_string_of(json_object_get(units, key));
		uint64_t n;

		if (!filter_is_line(key))
			return rd_wrong(d, "facts: a key has a control character: %s", RD_HINT);
		if (rd_u64_of(v, &n))
			rep_fact_u64(d->r, key, title, n, unit);
		else if (rd_string_of(v) != NULL)
			rep_fact(d->r, key, title, "%s", rd_string_of(v));
		else
			return rd_wrong(d, "facts: \"%s\" is no string and no whole number in 0..2^64-1", key);
		if (json_object_get(bounds, key) == NULL)
			continue;
		if (rd_number_of(v) == NULL || rd_bound_of(json_object_get(bounds, key)) == REP_BOUND_COUNT)
			return rd_wrong(d, "fact_bounds: \"%s\": want \">=\" or \"<=\" of a fact that is a number", key);
		rep_fact_bound(d->r, rd_bound_of(json_object_get(bounds, key)));
	}
	return 0;
}

typedef void sentence_fn(struct rep *r, const char *fmt, ...);

static int read_sentences(const struct rd *d, const json_t *top, const char *key, sentence_fn *add)
{
	const json_t *list = rd_member_at(d, top, "report", key, JSON_ARRAY);
	const json_t *v;
	size_t i;

	if (list == NULL)
		return -1;
	json_array_foreach(list, i, v) {
		if (rd_string_of(v) == NULL)
			return rd_wrong(d, "%s: sentence %zu is no printable string", key, i + 1);
		add(d->r, "%s", rd_string_of(v));
	}
	return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* "el2sim.run/1": the command, in buf; or -1. */
static int read_schema(const struct rd *d, const json_t *top, char buf[static 64])
{
	const char *schema = rd_string_of(json_object_get(top, "schema")), *slash;
	uint64_t version;

	slash = schema != NULL ? strrchr(schema, '/') : NULL;
	if (slash == NULL || strncmp(schema, "el2sim.", 7) != 0 || slash - schema > 63 || !str_u64(slash + 1, &version) ||
	    version == 0)
		return rd_wrong(d, "no report of el2sim, there is no \"schema\": \"el2sim.COMMAND/%d\": %s", REP_VERSION, RD_HINT);
	if (version > REP_VERSION_BOUNDS)
		return rd_wrong(d, "schema \"%s\" is newer than this el2sim reads (version %d): use a newer el2sim, or "
			     "write the report again with this one", schema, REP_VERSION_BOUNDS);
	(void)snprintf(buf, 64, "%.*s", (int)(slash - schema - 7), schema + 7);
	return 0;
}

static int read_command(const struct rd *d, const json_t *top)
{
	const json_t *list = json_object_get(top, "command"), *v;
	const char **words = xcalloc(json_array_size(list) + 1, sizeof(*words));
	int rc = 0;
	size_t i;

	json_array_foreach(list, i, v) {
		words[i] = rd_string_of(v);
		if (words[i] == NULL)
			rc = rd_wrong(d, "command: word %zu is no printable string", i + 1);
	}
	if (rc == 0)
		rep_command(d->r, words, json_array_size(list));
	free(words);
	return rc;
}

/* Of a report whose maker did not say, nothing is said. */
static int read_provenance(const struct rd *d, const json_t *top)
{
	const json_t *made = json_object_get(top, "provenance"), *v;
	const char *version, *program;
	size_t i;

	rep_made_by(d->r, "", "");
	if (made == NULL)
		return 0;
	version = rd_text_at(d, made, "provenance", "version");
	program = version != NULL ? rd_text_at(d, made, "provenance", "program") : NULL;
	if (program == NULL)
		return -1;
	rep_made_by(d->r, version, program);
	for (unsigned kind = 0; kind < REP_SOURCE_COUNT; kind++) {
		json_array_foreach(json_object_get(made, rep_source_keys[kind]), i, v) {
			const char *name = rd_text_at(d, v, "provenance", "name"), *sha256;

			sha256 = name != NULL ? rd_text_at(d, v, "provenance", "sha256") : NULL;
			if (sha256 == NULL)
				return -1;
			rep_source(d->r, (enum rep_source)kind, name, sha256);
		}
	}
	return 0;
}

static struct rep *read_top(struct rd *d, const json_t *top)
{
	char command[64];
	const char *title;

	if (read_schema(d, top, command) != 0 || (title = rd_text_at(d, top, "report", "title")) == NULL)
		return NULL;
	d->r = rep_new(command, title);
	if ((json_object_get(top, "alarms") == NULL || read_sentences(d, top, "alarms", rep_alarm_only) == 0) &&
	    read_command(d, top) == 0 && read_provenance(d, top) == 0 && read_facts(d, top) == 0 && rd_tables(d, top) == 0 &&
	    read_sentences(d, top, "verdicts", rep_verdict) == 0 && read_sentences(d, top, "notes", rep_note) == 0)
		return d->r;
	rep_free(d->r);
	return NULL;
}

static json_t *parse(const struct rd *d, const char *text, size_t n)
{
	struct str marked = rd_with_marks(text, n);
	json_error_t je;
	json_t *top = json_loadb(str_get(&marked), marked.len, JSON_REJECT_DUPLICATES, &je);

	str_free(&marked);
	if (top == NULL)
		(void)rd_wrong(d, "no report of el2sim, line %d is no JSON (%.80s): %s, or a results file of el2sim sweep", je.line, je.text,
			    RD_HINT);
	return top;
}

struct rep *rep_read_text(const char *text, size_t n, const char *path, struct err *e)
{
	struct rd d = { .path = path, .e = e };
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
	struct rd d = { .path = path, .e = e };
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
