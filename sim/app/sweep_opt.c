/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/sweep_opt.h"

#define MEMBER(m) offsetof(struct sweep_options, m)

static const struct opt_row rows[] = {
	{ "sweep", "command", OPT_STR, MEMBER(command), "run", 0, 0, "", NULL,
	  "command of el2sim that is run at each point, with options if it needs some (verify --reference FILE)" },
	{ "sweep", "title", OPT_STR, MEMBER(title), "", 0, 0, "", NULL, "what the sweep is called" },
	{ "sweep", "question", OPT_STR, MEMBER(question), "", 0, 0, "", NULL, "what the sweep is to answer, one sentence" },
	{ "sweep", "headline", OPT_STR, MEMBER(headline), "", 0, 0, "", NULL,
	  "metrics that a report begins with, table/row/column, separated by commas" },
	{ "sweep", "zip", OPT_STR, MEMBER(zip), "", 0, 0, "", NULL,
	  "axes that move together, separated by commas; groups separated by semicolons" },
	{ "sweep", "where", OPT_STR, MEMBER(where), "", 0, 0, "", NULL,
	  "points to keep: comparisons of axes with =, !=, <, <=, >, >=, joined by and, or, not, ( )" },
	{ "sweep", "metrics", OPT_STR, MEMBER(metrics), "", 0, 0, "", NULL,
	  "numbers of a report that are stored one by one, as patterns of table/row/column; empty: all but those of single "
	  "vCPUs and pCPUs; the whole report is stored in any case" },
	{ "sweep", "repeats", OPT_INT, MEMBER(repeats), "1", 1, 1000000, "", NULL,
	  "how often each point is run, with run.seed, run.seed + 1, ..." },
	{ "sweep", "timeout", OPT_INT, MEMBER(timeout_s), "0", 0, 10000000, "s", NULL,
	  "time after which a point is given up, 0 = never" },
};

static const struct sweep_syntax syntax[] = {
#define SYNTAX(form, meaning) { form, meaning },
#include "sim/app/sweep_syntax.def"
};

const struct opt_row *sweep_opt_rows(size_t *n)
{
	*n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

const struct sweep_syntax *sweep_syntax_rows(size_t *n)
{
	*n = sizeof(syntax) / sizeof(syntax[0]);
	return syntax;
}
