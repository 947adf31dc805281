/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim advise: which policy of which group or register would make an exit cheaper, and whether it is sound. */
#include <stdio.h>
#include <string.h>

#include "sim/advise/advise.h"
#include "sim/advise/cmd_advise.h"
#include "sim/app/effective.h"
#include "sim/app/output.h"
#include "sim/base/num.h"
#include "sim/report/run_report.h"

#define DEPTH	6 /* as el2sim explore */
#define STORIES 3

struct advise_args {
	struct output_args out;
	const char *trace, *budget, *bisect;
	uint64_t depth, stories, threads;
	bool groups;
};

#define AT(member) offsetof(struct advise_args, member)

static const struct arg_row arg_rows[] = {
	{ "--trace", NULL, ARG_STR, AT(trace), "FILE", .help = "native trace to replay, instead of the configuration's" },
	{ "--budget", NULL, ARG_STR, AT(budget), "CYCLES",
	  .help = "the sound policies that get an exit to at most so many modelled cycles (900, 900cycles, 300ns); exit status 1 if none do" },
	{ "--bisect", NULL, ARG_STR, AT(bisect), "FILE",
	  .help = "of the policies that this INI file has: the one that makes the configuration unsound or dear, down to the register" },
	{ "--groups", NULL, ARG_FLAG, AT(groups), .help = "policies of groups only, not of each register" },
	{ "--depth", NULL, ARG_U64, AT(depth), "D", .min = 1, .max = 1000,
	  .help = "events in a row that the explorer tries of what is advised, and of what is unsound (default 6)" },
	{ "--stories", NULL, ARG_U64, AT(stories), "N", .max = 1000,
	  .help = "tell the shortest story of so many unsound policies, those that would save most (default 3)" },
	THREADS_ARG_ROW(struct advise_args, threads),
	OUTPUT_ARG_ROWS(struct advise_args, out),
};

static const struct arg_spec spec = {
	.name = "advise", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 1, .max_pos = 1,
	.example = "configs/experiment/linux-6.12-vhe-n1.ini", .overrides = true,
	.text = "What an exit costs is the mean over the exits of the run: all modelled cycles, loads and puts in them.\n"
		"Sound: the static checks, a short random run and, of what is advised, the explorer find nothing that they do\n"
		"not find without policies.\n",
};

/* "900", "900cycles", "900.5 cycles", "300ns": thousandths of a cycle. */
static int parse_budget(const char *text, const struct machine *m, int64_t *budget, struct err *e)
{
	static const char *const want = "want cycles per exit, such as 900, 900cycles or 300ns";
	char number[24];
	size_t n = strspn(text, "0123456789."), unit = n + strspn(text + n, " ");
	const char *dot = memchr(text, '.', n);
	uint64_t whole, milli = 0, ns;

	if (text[0] != '\0' && text[strlen(text) - 1] == 's' && opt_time(text, "ns", &ns)) { /* none without a unit */
		*budget = num_i64((i128)ns * m->clock_hz / 1000000);
		return 0;
	}
	if (n == 0 || n >= sizeof(number) || (text[unit] != '\0' && strcmp(text + unit, "cycles") != 0))
		return err_set(e, ERR_USAGE, "--budget %s: %s", text, want);
	(void)snprintf(number, sizeof(number), "%.*s", dot != NULL ? (int)(dot - text) : (int)n, text);
	if (dot != NULL) {
		char digits[4] = "000";
		size_t d = n - (size_t)(dot + 1 - text);

		if (d == 0 || d > 3 || memchr(dot + 1, '.', d) != NULL)
			return err_set(e, ERR_USAGE, "--budget %s: %s, with at most three decimals", text, want);
		memcpy(digits, dot + 1, d);
		BUG_ON(!str_u64(digits, &milli));
	}
	if (!str_u64(number, &whole) || whole > 1000000000)
		return err_set(e, ERR_USAGE, "--budget %s: %s, at most 1000000000", text, want);
	*budget = (int64_t)(whole * 1000 + milli);
	return 0;
}

static int advise(const struct advise_args *o, struct advisor *a, struct rep *r, bool *no, struct err *e)
{
	struct variant *v, chosen = { 0 };
	int64_t budget = 0;
	size_t n;
	int rc;

	if (o->budget != NULL && parse_budget(o->budget, &a->c->machine, &budget, e) != 0)
		return -1;
	v = variants_of_all(a, o->groups, &n);
	rc = variants_run(a, v, n, e);
	if (rc == 0 && o->budget != NULL) {
		bool enough;

		rc = choose_within(a, v, n, budget, &chosen, &enough, e);
		*no = rc == 0 && !budget_report(a, &chosen, enough, budget, r);
	}
	if (rc == 0)
		advice_report(a, v, n, (unsigned)o->stories, r);
	variant_free(&chosen);
	variants_free(v, n);
	return rc;
}

static int run(const struct advise_args *o, const struct config *c, const struct arg_list *overrides, struct err *e)
{
	struct rep *r = rep_new("advise", o->bisect != NULL ? "The policy to blame" : "What other policies would save");
	struct pool *pool = pool_new((unsigned)o->threads);
	struct advisor a;
	bool no = false;
	int rc = advisor_begin(&a, c, overrides, o->trace, (unsigned)o->depth, pool, e);

	if (rc == 0)
		advice_facts(&a, r);
	if (rc == 0)
		rc = o->bisect != NULL ? bisect_report(&a, o->bisect, r, e) : advise(o, &a, r, &no, e);
	if (rc == 0) {
		rep_note(r, "modelled cycles only: the kernel's other code is in el2sim run; policies change none of it");
		calibration_note(a.base.prog->config.machine, r);
		effective_source(c, r);
		rc = output_write(&o->out, r, e);
	}
	advisor_free(&a);
	pool_free(pool);
	rep_free(r);
	return rc == 0 && no ? err_set(e, ERR_ANSWER_NO, "%s", "") : rc;
}

int cmd_advise(int argc, char **argv, struct err *e)
{
	struct advise_args o = { .depth = DEPTH, .stories = STORIES };
	struct config c;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	if (o.budget != NULL && o.bisect != NULL) {
		args_free(&a);
		return err_set(e, ERR_USAGE, "--budget and --bisect answer two questions: give one of them");
	}
	rc = config_load_one(&c, a.pos.v[0], &a.overrides, e);
	if (rc == 0)
		rc = run(&o, &c, &a.overrides, e);
	config_free(&c);
	args_free(&a);
	return rc;
}
