/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim abi: what the register ABI costs a VMM, over numbers of vCPUs. */
#include <stdio.h>

#include "sim/app/effective.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/cmd_abi.h"
#include "sim/app/output.h"

struct abi_args {
	struct output_args out;
	const char *vcpus, *compare, *kernel, *diff;
	bool list;
	uint64_t threads;
};

static const struct arg_row arg_rows[] = {
	{ "--vcpus", NULL, ARG_STR, offsetof(struct abi_args, vcpus), "N,N,...",
	  .help = "numbers of vCPUs, 1..4096; wins over abi.vcpus" },
	{ "--list", NULL, ARG_FLAG, offsetof(struct abi_args, list),
	  .help = "print the register list of a vCPU instead: id, name, class, scope, writable mask" },
	{ "--compare", NULL, ARG_STR, offsetof(struct abi_args, compare), "DUMP.json",
	  .help = "compare that list with a dump of Firecracker's cpu-template-helper" },
	{ "--kernel", NULL, ARG_STR, offsetof(struct abi_args, kernel), "VERSION",
	  .help = "version of Linux whose list it is: abi.kernel; --compare takes the dump's if it is not given" },
	{ "--diff", NULL, ARG_STR, offsetof(struct abi_args, diff), "VERSION,HOST",
	  .help = "with --list: only what another kernel, another host, or both, list or show differently" },
	THREADS_ARG_ROW(struct abi_args, threads),
	OUTPUT_ARG_ROWS(struct abi_args, out),
};

static const struct arg_spec spec = {
	.name = "abi", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 0, .max_pos = 1,
	.example = "configs/experiment/abi-scope.ini", .overrides = true,
	.text = "CONFIG may be left out with --list and --compare. The options are those of [abi]: el2sim config --doc.\n"
		"Exit status with --compare: 0 for a faithful dump of that kernel and CPU, 1 if registers or ID values differ.\n",
};

static int study(const struct config *c, const struct abi_args *o, struct rep *r, struct err *e)
{
	struct pool *pool = pool_new((unsigned)o->threads);
	int rc = abi_report_study(c, o->vcpus, pool, r, e);

	pool_free(pool);
	return rc;
}

static int run(const struct abi_args *o, const struct config *c, struct err *e)
{
	struct rep *r = rep_new("abi", o->diff != NULL    ? "Two register lists of a vCPU" :
				       o->list		  ? "Registers of a vCPU" :
				       o->compare != NULL ? "Registers of a vCPU against a dump" :
							    "The register ABI and its cost");
	bool same = true;
	int rc;

	if (o->diff != NULL)
		rc = abi_report_list_diff(c, o->diff, r, e);
	else if (o->list)
		rc = abi_report_list(c, r, e);
	else if (o->compare != NULL)
		rc = abi_report_compare(c, o->compare, r, &same, e);
	else
		rc = study(c, o, r, e);
	effective_source(c, r);
	if (rc == 0)
		rc = output_write(&o->out, r, e);
	rep_free(r);
	if (rc == 0 && !same)
		return err_set(e, ERR_ANSWER_NO, "%s", "");
	return rc;
}

/* The configuration, with --kernel as an override. */
static int load(const struct abi_args *o, const struct args *a, struct config *c, struct err *e)
{
	char kernel[64];

	config_init(c);
	if (a->pos.n != 0 && config_file(c, a->pos.v[0], e) != 0)
		return -1;
	for (size_t i = 0; i < a->overrides.n; i++)
		if (config_set(c, a->overrides.v[i], e) != 0)
			return -1;
	(void)snprintf(kernel, sizeof(kernel), "abi.kernel=%.40s", o->kernel != NULL ? o->kernel : "");
	if (o->kernel != NULL && config_set(c, kernel, e) != 0)
		return -1;
	return config_done(c, e) == 0 ? config_is_one(c, e) : -1;
}

static int check(const struct abi_args *o, const struct args *a, struct err *e)
{
	if (o->list && o->compare != NULL)
		return err_set(e, ERR_USAGE, "--list and --compare: want one of them");
	if (o->diff != NULL && !o->list)
		return err_set(e, ERR_USAGE, "--diff without --list: want abi --list --diff %s", o->diff);
	if (a->pos.n == 0 && !o->list && o->compare == NULL)
		return args_missing(&spec, e, "no CONFIG: want one with a path profile");
	return 0;
}

int cmd_abi(int argc, char **argv, struct err *e)
{
	struct abi_args o = { 0 };
	struct config c;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	rc = check(&o, &a, e);
	if (rc == 0) {
		rc = load(&o, &a, &c, e);
		if (rc == 0)
			rc = run(&o, &c, e);
		config_free(&c);
	}
	args_free(&a);
	return rc;
}
