/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim import-profile: recorded totals and registers to a path profile: a table, and an INI file that names it. */
#include <string.h>

#include "models/hyp/measured/path_import.h"
#include "sim/app/args.h"
#include "sim/cmd/cmd.h"
#include "sim/base/file.h"

struct profile_args {
	const char *out, *vcpu, *recorded_with, *source;
	uint64_t cfg;
};

#define AT(member) offsetof(struct profile_args, member)

static const struct arg_row arg_rows[] = {
	{ "-o", "--output", ARG_STR, AT(out), "FILE", .endings = "ini",
	  .help = "write the profile to FILE, an INI, and its table beside it (.csv for .ini), whole or not at all; "
		  "without it the table is printed" },
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
	.example = "totals.csv registers.csv -o my-path.ini",
	.text = "TOTALS has a row per exit kind, REGISTERS a row per kind, register and function\n"
		"(configs/kernel/README.md has the columns); both may be compressed with zstd.\n",
};

static int unknown_feature(const char *word, const char *const *names, struct err *e)
{
	struct str known = STR_INIT;

	for (size_t i = 0; names[i] != NULL; i++)
		str_addf(&known, ", %s", names[i]);
	(void)err_set(e, ERR_USAGE, "--vcpu: unknown feature \"%.40s\": want none%s", word, str_get(&known));
	str_free(&known);
	return -1;
}

/* "pmu, sve" to bits of the features' names. */
static int parse_vcpu(const char *text, uint64_t *bits, struct err *e)
{
	const char *const *names = path_vcpu_names();
	char *copy = xstrdup(text), *list = copy, *word;
	int rc = 0;

	*bits = 0;
	while (rc == 0 && (word = str_word(&list, ", ")) != NULL) {
		size_t i = 0;

		while (names[i] != NULL && strcmp(names[i], word) != 0)
			i++;
		if (names[i] != NULL)
			*bits |= UINT64_C(1) << i;
		else if (strcmp(word, "none") != 0)
			rc = unknown_feature(word, names, e);
	}
	free(copy);
	return rc;
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

/* FILE.csv of FILE.ini, or of FILE. */
static void table_path(const char *ini, struct str *table)
{
	size_t n = strlen(ini);

	str_addn(table, ini, n > 4 && strcmp(ini + n - 4, ".ini") == 0 ? n - 4 : n);
	str_add(table, ".csv");
}

/* The INI file comes last: it never names a table that is not there. */
static int write_both(const struct path_import *im, const char *path, struct path_words *words, struct err *e)
{
	struct str table_file = STR_INIT, table = STR_INIT, ini = STR_INIT;
	const char *slash;
	int rc;

	table_path(path, &table_file);
	slash = strrchr(str_get(&table_file), '/');
	words->table = slash != NULL ? slash + 1 : str_get(&table_file);
	path_import_table(im, &table);
	rc = path_import_ini(im, words, &ini, e);
	if (rc == 0)
		rc = write_text(str_get(&table_file), &table, e);
	if (rc == 0)
		rc = write_text(path, &ini, e);
	str_free(&table_file);
	str_free(&table);
	str_free(&ini);
	return rc;
}

static int write_profile(const struct path_import *im, const char *path, struct path_words *words, struct err *e)
{
	struct str table = STR_INIT;
	int rc;

	if (path != NULL && strcmp(path, "-") != 0)
		return write_both(im, path, words, e);
	path_import_table(im, &table);
	rc = write_text(NULL, &table, e);
	str_free(&table);
	return rc;
}

int cmd_import_profile(int argc, char **argv, struct err *e)
{
	struct profile_args o = { .vcpu = "none",
				  .recorded_with = "not stated",
				  .source = "not stated" };
	struct path_words words;
	struct path_import *im;
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
		rc = write_profile(im, o.out, &words, e);
	path_import_free(im);
	free(im);
	args_free(&a);
	return rc;
}
