/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim report: results that are there, in any format; several on one page; their charts as figures. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/cmd/cmd.h"
#include "sim/app/output.h"
#include "sim/base/file.h"
#include "sim/document/rep_read.h"
#include "sim/figure/figure.h"
#include "sim/sweep/sweep_report.h"

struct report_args {
	struct output_args out; /* format: of report_formats */
	const char *figure;
	struct arg_list choose;
	uint64_t width;
	bool no_title;
};

/* Those of a report, then those of a figure. */
static const char *const report_formats[] = {
#define X(id, name, help) name,
	REP_FORMATS(X) FIGURE_FORMATS(X)
#undef X
	NULL
};

#define AT(member) offsetof(struct report_args, member)

static const struct arg_row arg_rows[] = {
	{ "--figure", NULL, ARG_STR, AT(figure), "NAME",
	  .help = "one chart of the page, for a paper; list: what there is; all: each into the folder of -o, as .pdf and .dat unless --format says another" },
	{ "--choose", NULL, ARG_LIST, AT(choose), "COLUMN=VALUE", .help = "of a figure with choices the value of one" },
	{ "--figure-width", NULL, ARG_U64, AT(width), "MM", .min = FIGURE_MM_MIN, .max = FIGURE_MM_MAX,
	  .help = "width of a figure in millimetres, 160 if not given; its text stays as large" },
	{ "--no-title", NULL, ARG_FLAG, AT(no_title), .help = "a figure without its title: the paper's caption says it" },
	OUTPUT_ARG_ROWS_OF(struct report_args, out, report_formats),
};

static const struct arg_spec spec = {
	.name = "report", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 1, .max_pos = ARG_ANY,
	.example = "result.json -o result.html",
	.text = "RESULT is a report that a command wrote with --format json, or the results file of a sweep.\n"
		"svg, pdf, png and dat (columns for gnuplot) are formats of a figure, the others those of a report.\n",
};

/* Every SQLite file begins with these 16 bytes. */
static bool is_database(const char *path)
{
	static const char magic[] = "SQLite format 3";
	char head[sizeof(magic)] = "";
	FILE *f = fopen(path, "rb");
	bool is = f != NULL && fread(head, 1, sizeof(head), f) == sizeof(head) && memcmp(head, magic, sizeof(head)) == 0;

	if (f != NULL)
		(void)fclose(f);
	return is;
}

static int read_result(struct rep_list *l, const char *path, struct err *e)
{
	struct store *s;
	struct rep *r;

	if (!is_database(path))
		return rep_read_list(l, path, e);
	s = store_open(path, STORE_READ, e);
	r = s != NULL ? sweep_report(s, e) : NULL;
	store_close(s);
	if (r == NULL)
		return -1;
	rep_list_add(l, r);
	return 0;
}

/* --- figures ---------------------------------------------------------------------------------- */

static bool is_all(const struct report_args *o)
{
	return strcmp(o->figure, "all") == 0;
}

static bool is_list(const struct report_args *o)
{
	return strcmp(o->figure, "list") == 0;
}

/* Do the options fit each other? */
static int check(const struct report_args *o, struct err *e)
{
	bool drawn = o->out.format >= REP_FORMAT_COUNT;
	const char *of_figure = o->choose.n != 0 ? "--choose" : o->width != 0 ? "--figure-width" : o->no_title ? "--no-title" : NULL;
	const struct view_args *v = &o->out.view;
	const char *of_report = v->summary ? "--summary" : v->table != NULL ? "--table" : v->columns != NULL ? "--columns" : NULL;

	if (o->figure == NULL && drawn)
		return err_set(e, ERR_USAGE, "%s is a format of one figure: want --figure NAME (--figure list names them), or another format",
			       report_formats[o->out.format]);
	if ((o->figure == NULL || is_list(o)) && of_figure != NULL)
		return err_set(e, ERR_USAGE, "%s: wants a figure: want --figure NAME, too", of_figure);
	if (o->figure == NULL)
		return 0;
	if (is_list(o) && drawn)
		return err_set(e, ERR_USAGE, "--figure list is a report: want another format than %s", report_formats[o->out.format]);
	if (is_list(o))
		return 0;
	if (of_report != NULL)
		return err_set(e, ERR_USAGE, "%s: wants a report: want no --figure, or --figure list", of_report);
	if (is_all(o) && (o->out.file == NULL || strcmp(o->out.file, "-") == 0))
		return err_set(e, ERR_USAGE, "--figure all: want -o FOLDER");
	if (!drawn && (!is_all(o) || o->out.format != REP_TEXT))
		return err_set(e, ERR_USAGE, "--figure %.60s: want a name that ends in .svg, .pdf, .png or .dat behind -o, or --format with one of these",
			       o->figure);
	return 0;
}

static int write_figure(const struct figure *f, const struct figure_look *look, bool lenient, int format, const char *path, struct err *e)
{
	struct outfile out;

	if (file_create(&out, path, e) != 0)
		return -1;
	if (figure_write(f, look, lenient, (enum figure_format)format, out.f, e) != 0) {
		file_abort(&out);
		return -1;
	}
	return file_commit(&out, e);
}

static int write_all(const struct report_args *o, const struct figures *l, const struct figure_look *look, struct err *e)
{
	const bool pair = o->out.format == REP_TEXT;
	int formats[2] = { pair ? FIGURE_PDF : o->out.format - REP_FORMAT_COUNT, FIGURE_DAT }, rc = figures_check(l, look, e);
	struct str path = STR_INIT;

	if (rc == 0 && l->n == 0)
		return err_set(e, ERR_USAGE, "--figure all: the report has no charts: want another result");
	if (rc == 0 && mkdir(o->out.file, 0777) != 0 && errno != EEXIST)
		rc = err_set(e, ERR_IO, "%s: the folder cannot be made: %s", o->out.file, strerror(errno));
	for (size_t i = 0; rc == 0 && i < l->n; i++)
		for (unsigned k = 0; rc == 0 && k < (pair ? 2 : 1); k++) {
			str_reset(&path);
			str_addf(&path, "%s/%s.%s", o->out.file, figure_name(figures_at(l, i)), figure_formats[formats[k]]);
			rc = write_figure(figures_at(l, i), look, true, formats[k], str_get(&path), e);
		}
	str_free(&path);
	return rc;
}

static int figures(const struct report_args *o, const struct rep_list *results, struct err *e)
{
	const struct figure_look look = { o->width != 0 ? (unsigned)o->width : FIGURE_MM_DEFAULT, o->no_title, o->choose.v, o->choose.n };
	const struct figure *f;
	struct figures l;
	int rc;

	figures_of((const struct rep *const *)results->r, results->n, &l);
	if (is_list(o)) {
		struct rep *r = figures_report(&l);

		rc = output_write(&o->out, r, e);
		rep_free(r);
	} else if (is_all(o)) {
		rc = write_all(o, &l, &look, e);
	} else {
		f = figures_find(&l, o->figure, e);
		rc = f != NULL ? write_figure(f, &look, false, o->out.format - REP_FORMAT_COUNT, o->out.file, e) : -1;
	}
	figures_free(&l);
	return rc;
}

int cmd_report(int argc, char **argv, struct err *e)
{
	struct report_args o = { .out = { .file = NULL } };
	struct rep_list l = { NULL, 0 };
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	rc = check(&o, e);
	for (size_t i = 0; rc == 0 && i < a.pos.n; i++)
		rc = read_result(&l, a.pos.v[i], e);
	if (rc == 0)
		rc = o.figure != NULL ? figures(&o, &l, e) : output_write_all(&o.out, l.r, l.n, e);
	rep_list_free(&l);
	args_free(&a);
	return rc;
}
