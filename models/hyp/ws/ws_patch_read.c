/* SPDX-License-Identifier: Apache-2.0 */
/* Edits from texts and files, with their places. */
#include "models/hyp/ws/ws_patch_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define EDITS_MAX 1000

static const char *own(struct ws_patch *x, const char *text)
{
	x->own = xrealloc(x->own, (x->n_own + 1) * sizeof(*x->own));
	x->own[x->n_own] = xstrdup(text);
	return x->own[x->n_own++];
}

/* Words with one blank between them. */
static void tidy(const struct patch_words *w, struct str *b)
{
	for (size_t i = 0; i < w->n; i++)
		str_addf(b, "%s%s", i != 0 ? " " : "", w->v[i]);
}

int ws_patch_add(struct ws_patch *x, const char *file, unsigned line, const char *text, struct err *e)
{
	struct ws_patch_edit edit = { .what = ws_anything, .beside = ws_anything, .side = SIDE_COUNT, .at = { PHASE_COUNT, COMP_COUNT },
				      .to = { PHASE_COUNT, COMP_COUNT }, .line = line };
	struct patch_words w = { .n = 0 };
	struct str whole = STR_INIT;
	char *copy = xstrdup(text), *list = copy, *word;
	int rc = 0;

	if (strlen(text) >= PATCH_TEXT_MAX || x->n == EDITS_MAX || line > UINT16_MAX)
		rc = err_set(e, ERR_CONFIG, "%.40s...: want at most %d edits, each of less than %d characters, in the first %d lines", text,
			     EDITS_MAX, PATCH_TEXT_MAX, UINT16_MAX);
	while (rc == 0 && (word = str_word(&list, " \t\r")) != NULL) {
		if (w.n == PATCH_WORDS_MAX)
			rc = err_set(e, ERR_CONFIG, "%.40s...: more than %d words", text, PATCH_WORDS_MAX);
		else
			w.v[w.n++] = word;
	}
	if (rc == 0) {
		tidy(&w, &whole);
		edit.text = w.text = own(x, str_get(&whole));
		edit.file = own(x, file);
		rc = ws_patch_parse(&w, &edit, e);
	}
	if (rc == 0) {
		x->v = xrealloc(x->v, (x->n + 1) * sizeof(*x->v));
		x->v[x->n++] = edit;
	} else {
		e->code = ERR_CONFIG;
		(void)err_at(e, file, line);
	}
	str_free(&whole);
	free(copy);
	return rc;
}

/* A first line that is no edit is not quoted: the file may be none of edits but what somebody else's configuration names. */
static bool foreign(const char *text, struct err *e)
{
	char word[16];
	size_t n = strcspn(text, " \t\r");

	(void)snprintf(word, sizeof(word), "%.*s", n < sizeof(word) ? (int)n : 0, text);
	return ws_patch_verb(text, n) == PATCH_COUNT && ws_patch_unknown(word, "no edit", e) != 0;
}

int ws_patch_read(struct ws_patch *x, const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	char *line = NULL, *text;
	size_t cap = 0, before = x->n;
	unsigned nr = 0;
	int rc = 0;
	ssize_t n;

	if (f == NULL) {
		(void)err_set(e, ERR_CONFIG, "could not be read: %s: want a file with an edit a line", strerror(errno));
		return err_at(e, path, 0);
	}
	while (rc == 0 && (n = getline(&line, &cap, f)) >= 0) {
		nr++;
		if (strlen(line) != (size_t)n) {
			(void)err_set(e, ERR_CONFIG, "a NUL byte: want text, an edit a line");
			rc = err_at(e, path, nr);
			break;
		}
		line[strcspn(line, "#\n")] = '\0';
		text = line + strspn(line, " \t\r");
		if (*text != '\0')
			rc = x->n == before && foreign(text, e) ? err_at(e, path, nr) : ws_patch_add(x, path, nr, text, e);
	}
	if (rc == 0 && ferror(f) != 0) {
		(void)err_set(e, ERR_CONFIG, "could not be read: want a file with an edit a line");
		rc = err_at(e, path, 0);
	} else if (rc == 0 && x->n == before) {
		(void)err_set(e, ERR_CONFIG, "no edit in it: want lines such as: drop MRS SP_EL0 guest @exit");
		rc = err_at(e, path, 0);
	}
	free(line);
	(void)fclose(f);
	return rc;
}

bool ws_patch_is_edit(const char *text)
{
	size_t n = strcspn(text, " \t");

	return text[n] != '\0' && ws_patch_verb(text, n) != PATCH_COUNT;
}

void ws_patch_free(struct ws_patch *x)
{
	for (size_t i = 0; i < x->n_own; i++)
		free(x->own[i]);
	free(x->own);
	free(x->v);
	*x = (struct ws_patch){ 0 };
}

void ws_patch_policies(const struct ws_patch *x, struct ws_config *c)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct ws_patch_edit *v = &x->v[i];

		if (v->verb != PATCH_policy)
			continue;
		if (v->what.group != GRP_COUNT)
			c->group_policy[v->what.group] = v->policy;
		else
			c->reg_policy[v->what.reg] = v->policy;
	}
}
