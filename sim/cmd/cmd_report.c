/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim report: results in another form, or several on one page. */
#include <string.h>

#include "sim/cmd/cmd.h"
#include "sim/app/output.h"
#include "sim/document/rep_read.h"
#include "sim/sweep/sweep_report.h"

struct report_args {
	struct output_args out;
};

static const struct arg_row arg_rows[] = {
	OUTPUT_ARG_ROWS(struct report_args, out),
};

static const struct arg_spec spec = {
	.name = "report", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 1, .max_pos = ARG_ANY,
	.example = "result.json -o result.html",
	.text = "RESULT is a report that a command wrote with --format json, or the results file of a sweep.\n",
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

int cmd_report(int argc, char **argv, struct err *e)
{
	struct report_args o = { .out = { .file = NULL } };
	struct rep_list l = { NULL, 0 };
	struct args a;
	int rc = 0;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < a.pos.n; i++)
		rc = read_result(&l, a.pos.v[i], e);
	if (rc == 0)
		rc = output_write_all(&o.out, l.r, l.n, e);
	rep_list_free(&l);
	args_free(&a);
	return rc;
}
