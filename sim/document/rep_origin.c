/* SPDX-License-Identifier: Apache-2.0 */
/* What a report was made with and from. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/digest.h"
#include "sim/document/rep_doc.h"

const char *const rep_source_keys[REP_SOURCE_COUNT] = {
#define X(id, key, title) [id] = key,
	REP_SOURCES(X)
#undef X
};

const char *const rep_source_titles[REP_SOURCE_COUNT] = {
#define X(id, key, title) [id] = title,
	REP_SOURCES(X)
#undef X
};

void rep_source(struct rep *r, enum rep_source kind, const char *name, const char *sha256)
{
	if (kind == REP_OF_INPUT && !nameset_add(&r->input_names, name))
		return;
	r->origins = rep_one_more(r->origins, r->norigins, sizeof(*r->origins));
	r->origins[r->norigins++] = (struct rep_origin){ kind, xstrdup(name), sha256 != NULL ? xstrdup(sha256) : NULL };
}

const char *rep_next_input(const struct rep *r, size_t *pos)
{
	while (*pos < r->norigins && r->origins[*pos].kind != REP_OF_INPUT)
		++*pos;
	return *pos < r->norigins ? r->origins[(*pos)++].name : NULL;
}

int rep_hash_sources(struct rep *r, struct err *e)
{
	for (size_t i = 0; i < r->norigins; i++) {
		struct rep_origin *o = &r->origins[i];
		char digest[DIGEST_TEXT];
		int rc = o->sha256 == NULL ? digest_file(o->name, digest) : 0;

		if (rc < 0)
			return err_set(e, ERR_INPUT, "%s: cannot be read again, for its hash: %s", o->name, strerror(errno));
		if (rc == 1)
			o->sha256 = xstrdup(digest);
	}
	return 0;
}

void rep_sources_of(struct rep *r, const struct rep *other)
{
	for (size_t i = 0; i < other->norigins; i++)
		rep_source(r, other->origins[i].kind, other->origins[i].name, other->origins[i].sha256);
}

void rep_made_by(struct rep *r, const char *version, const char *program)
{
	free(r->version);
	free(r->program);
	r->version = rep_printable(version);
	r->program = rep_printable(program);
}

/* A name is kept as the file has it, and printed as all text is. */
void rep_each_origin(const struct rep *r, enum rep_source kind, void (*fn)(void *ctx, const char *name, const char *sha256),
		     void *ctx)
{
	for (size_t i = 0; i < r->norigins; i++) {
		const struct rep_origin *o = &r->origins[i];
		char digest[DIGEST_TEXT];
		char *name;

		if (o->kind != kind || (o->sha256 == NULL && digest_file(o->name, digest) != 1))
			continue;
		name = rep_printable(o->name);
		fn(ctx, name, o->sha256 != NULL ? o->sha256 : digest);
		free(name);
	}
}
