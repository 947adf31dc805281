/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/compare.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/file.h"
#include "sim/base/str.h"

static int add_file(struct compare_plan *p, const char *path, struct err *e)
{
	if (p->n == COMPARE_MAX)
		return err_set(e, ERR_USAGE, "more than %d configurations: want at most that many columns", COMPARE_MAX);
	p->item[p->n].path = xstrdup(path);
	p->item[p->n].title = xstrdup("");
	p->n++;
	return 0;
}

/* Folder, with its slash, of the file that set an option ("file:line"); "" for the command line and standard input. */
static size_t folder_of(const char *origin)
{
	const char *colon = strrchr(origin, ':'), *slash = NULL;

	if (strncmp(origin, FILE_STDIN ":", strlen(FILE_STDIN ":")) == 0)
		return 0;
	for (const char *c = origin; colon != NULL && c < colon; c++) {
		if (*c == '/')
			slash = c;
	}
	return slash != NULL ? (size_t)(slash - origin) + 1 : 0;
}

/* The files that [compare] configs lists, relative to the file that says so. */
static int add_listed(struct compare_plan *p, const struct config *c, struct err *e)
{
	char *copy = xstrdup(c->compare.configs), *list = copy, *item;
	struct str path = STR_INIT;
	struct opt_view v;
	int rc = 0;

	BUG_ON(!opt_find(c->set, "compare", "configs", &v));
	while (rc == 0 && (item = str_item(&list, ",")) != NULL) {
		str_reset(&path);
		if (item[0] != '/')
			str_addn(&path, v.origin, folder_of(v.origin));
		str_add(&path, item);
		if (item[0] == '\0')
			rc = err_set(e, ERR_CONFIG, "%s: [compare] configs = %s: an empty name: want a list of files "
				     "separated by commas", v.origin, c->compare.configs);
		else
			rc = add_file(p, str_get(&path), e);
	}
	str_free(&path);
	free(copy);
	return rc;
}

static char *own(struct compare_plan *p, const char *s)
{
	p->text = xrealloc(p->text, (p->n_text + 1) * sizeof(*p->text));
	p->text[p->n_text] = xstrdup(s);
	return p->text[p->n_text++];
}

/* Append an assignment and its short form to an item. */
static void assign(struct compare_plan *p, struct compare_item *it, const char *option, const char *value)
{
	const char *key = strchr(option, '.');
	struct str b = STR_INIT;

	str_addf(&b, "%s=%s", option, value);
	it->assign.v = xrealloc(it->assign.v, (it->assign.n + 1) * sizeof(*it->assign.v));
	it->assign.v[it->assign.n++] = own(p, str_get(&b));
	str_reset(&b);
	str_addf(&b, "%s%s%s=%s", it->title, it->title[0] != '\0' ? " " : "", key + 1, value);
	free(it->title);
	it->title = xstrdup(str_get(&b));
	str_free(&b);
}

static void copy_item(struct compare_item *to, const struct compare_item *from)
{
	to->path = xstrdup(from->path);
	to->title = xstrdup(from->title);
	to->assign.n = from->assign.n;
	to->assign.v = xcalloc(from->assign.n + 1, sizeof(*to->assign.v));
	if (from->assign.n != 0)
		memcpy(to->assign.v, from->assign.v, from->assign.n * sizeof(*to->assign.v));
}

static void free_item(struct compare_item *it)
{
	free(it->path);
	free(it->title);
	free(it->assign.v);
}

/* Every item so far once per value. */
static int multiply(struct compare_plan *p, const char *option, char *values, const char *place, struct err *e)
{
	struct compare_item old[COMPARE_MAX];
	const char *value[COMPARE_MAX + 1];
	size_t n_old = p->n, n = 0;
	char *item;

	while ((item = str_item(&values, ",")) != NULL && n <= COMPARE_MAX)
		value[n++] = item;
	if (n_old * n > COMPARE_MAX)
		return err_set(e, ERR_USAGE, "%s: more than %d combinations: want at most that many columns", place,
			       COMPARE_MAX);
	memcpy(old, p->item, sizeof(old));
	memset(p->item, 0, sizeof(p->item));
	p->n = 0;
	for (size_t i = 0; i < n_old; i++) {
		for (size_t k = 0; k < n; k++) {
			copy_item(&p->item[p->n], &old[i]);
			assign(p, &p->item[p->n++], option, value[k]);
		}
		free_item(&old[i]);
	}
	return 0;
}

/* "section.key=a,b,c" */
static int vary_one(struct compare_plan *p, const char *text, const char *place, enum err_code code, struct err *e)
{
	char *copy = xstrdup(text), *values = strchr(copy, '='), *dot;
	int rc;

	if (values != NULL)
		*values++ = '\0';
	dot = strchr(copy, '.');
	if (values == NULL || values[0] == '\0' || dot == NULL || dot == copy || dot[1] == '\0' ||
	    values[0] == ',' || values[strlen(values) - 1] == ',' || strstr(values, ",,") != NULL)
		rc = err_set(e, code, "%s %s: want section.key=a,b,c, such as policy.el1=eager,deferred", place, text);
	else
		rc = multiply(p, copy, values, place, e);
	free(copy);
	return rc;
}

/* [compare] vary: several, separated by semicolons. */
static int vary_listed(struct compare_plan *p, const struct config *c, struct err *e)
{
	char *copy = xstrdup(c->compare.vary), *list = copy, *item, place[256];
	struct opt_view v;
	int rc = 0;

	BUG_ON(!opt_find(c->set, "compare", "vary", &v));
	(void)snprintf(place, sizeof(place), "%s: [compare] vary =", v.origin);
	while (rc == 0 && (item = str_item(&list, ";")) != NULL)
		rc = vary_one(p, item, place, ERR_CONFIG, e);
	free(copy);
	return rc;
}

int compare_plan_make(struct compare_plan *p, const struct arg_list *files, const struct config *experiment,
		      const struct arg_list *vary, struct err *e)
{
	memset(p, 0, sizeof(*p));
	if (files->n == 1 && experiment->compare.configs[0] != '\0') {
		if (add_listed(p, experiment, e) != 0)
			return -1;
	} else {
		for (size_t i = 0; i < files->n; i++) {
			if (add_file(p, files->v[i], e) != 0)
				return -1;
		}
	}
	if (files->n == 1 && experiment->compare.vary[0] != '\0' && vary_listed(p, experiment, e) != 0)
		return -1;
	for (size_t i = 0; i < vary->n; i++) {
		if (vary_one(p, vary->v[i], "--vary", ERR_USAGE, e) != 0)
			return -1;
	}
	return 0;
}

void compare_plan_free(struct compare_plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		free_item(&p->item[i]);
	for (size_t i = 0; i < p->n_text; i++)
		free(p->text[i]);
	free(p->text);
	memset(p, 0, sizeof(*p));
}
