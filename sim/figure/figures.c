/* SPDX-License-Identifier: Apache-2.0 */
/* Which figures there are, and what they are called. */
#include <string.h>

#include "sim/figure/figure_impl.h"

const char *const figure_formats[FIGURE_FORMAT_COUNT + 1] = {
#define X(id, name, help) name,
	FIGURE_FORMATS(X)
#undef X
	NULL
};

static bool taken(const struct figures *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->f[i].name, name) == 0)
			return true;
	return false;
}

/* A file may be called as the figure: of a key what could not be in a name is "_". */
static void add_key(struct str *b, const char *key, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)key[i];

		str_addc(b, c <= ' ' || c == '/' || (c == '.' && i == 0) || c == 0x7f ? '_' : key[i]);
	}
}

static char *name_of(const struct figures *l, const char *prefix, const struct rep_table *t, size_t chart)
{
	struct str b = STR_INIT;
	size_t n, end;

	str_add(&b, prefix);
	add_key(&b, t->key, strlen(t->key));
	if (chart != 0) {
		const char *list = t->charts[chart].y, *y = fig_word(&list, &n);

		str_addc(&b, '-');
		add_key(&b, y, n);
	}
	end = b.len;
	for (unsigned k = 2; taken(l, str_get(&b)); k++) {
		str_cut(&b, end);
		str_addf(&b, "-%u", k);
	}
	return b.s;
}

void figures_of(const struct rep *const *r, size_t n, struct figures *l)
{
	*l = (struct figures){ NULL, 0 };
	for (size_t i = 0; i < n; i++) {
		char prefix[24] = "";

		if (n > 1)
			(void)snprintf(prefix, sizeof(prefix), "r%zu-", i + 1);
		for (size_t k = 0; k < r[i]->ntables; k++) {
			const struct rep_table *t = r[i]->tables[k];

			for (size_t c = 0; c < t->ncharts; c++) {
				char *name = name_of(l, prefix, t, c);

				l->f = xrealloc(l->f, (l->n + 1) * sizeof(*l->f));
				l->f[l->n++] = (struct figure){ name, r[i], t, &t->charts[c] };
			}
		}
	}
}

void figures_free(struct figures *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->f[i].name);
	free(l->f);
	*l = (struct figures){ NULL, 0 };
}

const struct figure *figures_at(const struct figures *l, size_t i)
{
	return &l->f[i];
}

const char *figure_name(const struct figure *f)
{
	return f->name;
}

const struct figure *figures_find(const struct figures *l, const char *name, struct err *e)
{
	const char **names = xcalloc(l->n + 1, sizeof(*names));
	const struct figure *found = NULL;

	for (size_t i = 0; i < l->n; i++) {
		names[i] = l->f[i].name;
		if (strcmp(names[i], name) == 0)
			found = &l->f[i];
	}
	if (found == NULL && l->n == 0)
		err_set(e, ERR_USAGE, "--figure %.60s: the report has no charts: want another result", name);
	else if (found == NULL)
		err_unknown(e, ERR_USAGE, name, names, l->n, "--figure list names them", "--figure %.60s: no figure of that name", name);
	free(names);
	return found;
}

struct rep *figures_report(const struct figures *l)
{
	static const struct rep_col cols[] = {
		{ "figure", "", REP_STR, "", 0, false },  { "title", "", REP_STR, "", 0, false },
		{ "kind", "", REP_STR, "", 0, false },	  { "choices", "", REP_STR, "", 0, false },
	};
	struct rep *r = rep_new("figures", "Figures of a report");
	struct rep_table *t = rep_table(r, "figures", "What --figure draws", cols, 4);

	for (size_t i = 0; i < l->n; i++) {
		const struct rep_chart *c = l->f[i].chart;
		const char *list = c->choose, *key;
		struct str b = STR_INIT;
		size_t n;

		while ((key = fig_word(&list, &n)) != NULL)
			str_addf(&b, "%s%.*s", b.len != 0 ? " " : "", (int)n, key);
		rep_str(t, l->f[i].name);
		rep_str(t, c->title[0] != '\0' ? c->title : l->f[i].table->title);
		rep_str(t, rep_chart_names[c->kind]);
		rep_str(t, str_get(&b));
		str_free(&b);
	}
	if (l->n == 0)
		rep_verdict(r, "no figures: no table of the report has a chart");
	else
		rep_verdict(r, "%zu figure%s: --figure NAME -o FILE.svg (.pdf, .png, .dat); --figure all -o FOLDER", l->n, l->n == 1 ? "" : "s");
	return r;
}

int figures_check(const struct figures *l, const struct figure_look *look, struct err *e)
{
	for (size_t k = 0; k < look->n_choices; k++) {
		bool any = false;

		for (size_t i = 0; i < l->n && !any; i++)
			any = fig_has_choice(l->f[i].chart, look->choices[k]);
		if (!any)
			return err_set(e, ERR_USAGE, "--choose %.80s: no figure has that choice: want COLUMN=VALUE, --figure list names the columns",
				       look->choices[k]);
	}
	return 0;
}

int figure_write(const struct figure *f, const struct figure_look *look, bool lenient, enum figure_format format, FILE *out, struct err *e)
{
	struct fig_model m;
	int rc = fig_model(f, look, lenient, &m, e);

	if (rc == 0 && format == FIGURE_DAT)
		fig_gnuplot(&m, out);
	else if (rc == 0)
		rc = fig_draw(&m, look, format, out, e);
	fig_model_free(&m);
	return rc;
}
