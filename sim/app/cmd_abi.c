/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim abi: what the register ABI costs a VMM, over numbers of vCPUs. */
#include "sim/app/cmd_abi.h"
#include "sim/app/output.h"

struct abi_args {
	struct output_args out;
	const char *vcpus, *compare;
	bool list;
};

static const struct arg_row arg_rows[] = {
	{ "--vcpus", NULL, ARG_STR, offsetof(struct abi_args, vcpus), "N,N,...",
	  .help = "numbers of vCPUs, 1..4096; wins over abi.vcpus" },
	{ "--list", NULL, ARG_FLAG, offsetof(struct abi_args, list),
	  .help = "print the register list of a vCPU instead: id, name, class, scope, writable mask" },
	{ "--compare", NULL, ARG_STR, offsetof(struct abi_args, compare), "DUMP.json",
	  .help = "compare that list with a dump of Firecracker's cpu-template-helper" },
	OUTPUT_ARG_ROWS(struct abi_args, out),
};

static const struct arg_spec spec = {
	.name = "abi", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 0, .max_pos = 1, .overrides = true,
	.text = "CONFIG may be left out with --list and --compare. The options are those of [abi]: el2sim config --doc.\n"
		"Exit status with --compare: 0 if both have the same registers, 1 if not.\n",
};

static int run(const struct abi_args *o, const struct config *c, struct err *e)
{
	struct rep *r = rep_new("abi", o->list	     ? "Registers of a vCPU" :
				       o->compare != NULL ? "Registers of a vCPU against a dump" :
							    "The register ABI and its cost");
	bool same = true;
	int rc;

	if (o->list)
		rc = abi_report_list(c, r, e);
	else if (o->compare != NULL)
		rc = abi_report_compare(c, o->compare, r, &same, e);
	else
		rc = abi_report_study(c, o->vcpus, r, e);
	if (rc == 0)
		rc = output_write(&o->out, r, e);
	rep_free(r);
	if (rc == 0 && !same)
		return err_set(e, ERR_ANSWER_NO, "%s", "");
	return rc;
}

int cmd_abi(int argc, char **argv, struct err *e)
{
	struct abi_args o = { 0 };
	struct config c;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	if (o.list && o.compare != NULL)
		rc = err_set(e, ERR_USAGE, "--list and --compare: want one of them");
	else if (a.pos.n == 0 && !o.list && o.compare == NULL)
		rc = err_set(e, ERR_USAGE, "no CONFIG: want one with a path profile, such as configs/experiment/abi-scope.ini");
	else
		rc = 0;
	if (rc == 0) {
		rc = config_load(&c, a.pos.n != 0 ? a.pos.v[0] : NULL, &a.overrides, e);
		if (rc == 0)
			rc = run(&o, &c, e);
		config_free(&c);
	}
	args_free(&a);
	return rc;
}
