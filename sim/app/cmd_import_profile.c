/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim import-profile: recorded totals and registers to a path profile (INI). */
#include <string.h>

#include "models/hyp/measured/path_import.h"
#include "sim/app/args.h"
#include "sim/base/file.h"

struct profile_args {
	const char *out, *vcpu, *recorded_with, *source;
	uint64_t cfg;
};

#define AT(member) offsetof(struct profile_args, member)

static const struct arg_row arg_rows[] = {
	{ "-o", "--output", ARG_STR, AT(out), "FILE",
	  .help = "write the profile to FILE, whole or not at all" },
	{ "--cfg", NULL, ARG_U64, AT(cfg), "N", .max = REF_CFG_MAX,
	  .help = "vCPU configuration to take from the recording, default 0" },
	{ "--vcpu", NULL, ARG_STR, AT(vcpu), "LIST",
	  .help = "features of that configuration, default none: pmu,sve" },
	{ "--recorded-with", NULL, ARG_STR, AT(recorded_with), "TEXT",
	  .help = "how it was recorded" },
	{ "--source", NULL, ARG_STR, AT(source), "TEXT", .help = "where the numbers come from" },
};

static const struct arg_spec spec = {
	.name = "import-profile",
	.rows = arg_rows,
	.n_rows = ARG_ROWS(arg_rows),
	.min_pos = 2,
	.max_pos = ARG_ANY,
	.text = "TOTALS has a row per exit kind, REGISTERS a row per kind, register and function\n"
		"(configs/kernel/README.md has the columns); both may be compressed with zstd.\n",
};

/* "pmu, sve" to bits of the features' names. */
static int parse_vcpu(const char *list, uint64_t *bits, struct err *e)
{
	const char *const *names = path_vcpu_names();

	*bits = 0;
	for (list += strspn(list, ", "); *list != '\0'; list += strspn(list, ", ")) {
		size_t n = strcspn(list, ", "), i = 0;

		while (names[i] != NULL && (strncmp(names[i], list, n) != 0 || names[i][n] != '\0'))
			i++;
		if (names[i] == NULL && (n != 4 || strncmp(list, "none", 4) != 0)) {
			struct str known = STR_INIT;

			for (i = 0; names[i] != NULL; i++)
				str_addf(&known, ", %s", names[i]);
			err_set(e, ERR_USAGE, "--vcpu: unknown feature \"%.*s\": want none%s",
				n < 40 ? (int)n : 40, list, str_get(&known));
			str_free(&known);
			return -1;
		}
		if (names[i] != NULL)
			*bits |= UINT64_C(1) << i;
		list += n;
	}
	return 0;
}

static int read_pairs(struct path_import *im, const struct arg_list *pos, struct err *e)
{
	if (pos->n % 2 != 0)
		return err_set(e, ERR_USAGE, "%zu operands: want pairs of TOTALS and REGISTERS",
			       pos->n);
	for (size_t i = 0; i < pos->n; i += 2)
		if (path_import_add(im, pos->v[i], pos->v[i + 1], e) != 0)
			return -1;
	return 0;
}

static int write_text(const char *path, const struct str *text, struct err *e)
{
	struct outfile o;

	if (file_create(&o, path, e) != 0)
		return -1;
	(void)fputs(str_get(text), o.f);
	return file_commit(&o, e);
}

int cmd_import_profile(int argc, char **argv, struct err *e)
{
	struct profile_args o = { .vcpu = "none",
				  .recorded_with = "not stated",
				  .source = "not stated" };
	struct path_words words;
	struct path_import *im;
	struct str text = STR_INIT;
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	im = xcalloc(1, sizeof(*im));
	im->cfg = (unsigned)o.cfg;
	words = (struct path_words){ .recorded_with = o.recorded_with, .source = o.source };
	rc = parse_vcpu(o.vcpu, &words.vcpu, e);
	if (rc == 0)
		rc = read_pairs(im, &a.pos, e);
	if (rc == 0)
		rc = path_import_ini(im, &words, &text, e);
	if (rc == 0)
		rc = write_text(o.out, &text, e);
	str_free(&text);
	path_import_free(im);
	free(im);
	args_free(&a);
	return rc;
}
