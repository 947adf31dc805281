// SPDX-License-Identifier: Apache-2.0
/* What can be recorded: rows of kinds.def and modes.def, and the words that mean them. */
#include <fnmatch.h>
#include <string.h>

#include "sim/record/rec.h"

/* path_kinds.def has a row for each kind: this does not compile for one that it lacks. */
enum path_help {
#define PATH_KIND(name, help) HELP_##name,
#include "models/hyp/measured/path_kinds.def"
	HELPS
};

static const char *const helps[HELPS] = {
#define PATH_KIND(name, help) help,
#include "models/hyp/measured/path_kinds.def"
};

const struct rec_kind rec_kinds[RECORD_KINDS] = {
#define RECORD_GUEST(kind, times, needs, ...) { #kind, HELP_##kind, REC_GUEST, REC_##needs, 0, times },
#define RECORD_CALL(kind, times, needs, ...)  { #kind, HELP_##kind, REC_CALL, REC_##needs, 0, times },
#define RECORD_PICK(kind, of)                 { #kind, HELP_##kind, REC_PICK, REC_ANY, RECORD_##of, 0 },
#include "sim/record/kinds.def"
};

const struct rec_mode_row rec_modes[REC_MODES] = {
#define RECORD_MODE(id, append, log, log_old, help) { #id, append, log, log_old, help },
#include "sim/record/modes.def"
};

const char *const rec_mode_names[REC_MODES + 1] = {
#define RECORD_MODE(id, ...) #id,
#include "sim/record/modes.def"
};

const char *const rec_cfg_names[REC_CFGS] = { "plain", "pmu", "full" };

const char *rec_kind_help(unsigned kind)
{
	return helps[rec_kinds[kind].help];
}

int rec_parse_kinds(const char *list, uint64_t *kinds, struct err *e)
{
	const char *names[RECORD_KINDS];
	char *copy = xstrdup(list), *rest = copy, *word;
	int rc = 0;

	for (unsigned i = 0; i < RECORD_KINDS; i++)
		names[i] = rec_kinds[i].name;
	*kinds = 0;
	while (rc == 0 && (word = str_word(&rest, ", ")) != NULL) {
		uint64_t found = 0;

		for (unsigned i = 0; i < RECORD_KINDS; i++)
			if (fnmatch(word, names[i], 0) == 0)
				found |= UINT64_C(1) << i | (rec_kinds[i].class == REC_PICK ? UINT64_C(1) << rec_kinds[i].of : 0);
		*kinds |= found;
		if (found == 0)
			rc = err_unknown(e, ERR_USAGE, word, names, RECORD_KINDS, "want names of `el2sim record --list`, or patterns such as hvc_*",
					 "--kinds: no kind %.40s", word);
	}
	free(copy);
	return rc == 0 && *kinds == 0 ? err_set(e, ERR_USAGE, "--kinds: want at least one kind") : rc;
}

int rec_parse_cfgs(const char *list, unsigned *cfgs, struct err *e)
{
	char *copy = xstrdup(list), *rest = copy, *word;
	int rc = 0;

	*cfgs = 0;
	while (rc == 0 && (word = str_word(&rest, ", ")) != NULL) {
		unsigned i = 0;

		while (i < REC_CFGS && strcmp(word, rec_cfg_names[i]) != 0)
			i++;
		if (i == REC_CFGS)
			rc = err_unknown(e, ERR_USAGE, word, rec_cfg_names, REC_CFGS, "want plain, pmu or full", "--vcpu: no configuration %.40s",
					 word);
		else
			*cfgs |= 1u << i;
	}
	free(copy);
	return rc == 0 && *cfgs == 0 ? err_set(e, ERR_USAGE, "--vcpu: want plain, pmu or full") : rc;
}

void rec_cpu_names(const char *cpu, struct str *name, struct str *model)
{
	static const struct {
		const char *name, *model;
	} rows[] = {
#define REFCPU(name, profile, qemu, help) { #name, qemu },
#include "models/hyp/measured/refcpus.def"
	};
	size_t n = strcspn(cpu, ",");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((strlen(rows[i].name) == n && strncmp(cpu, rows[i].name, n) == 0) ||
		    (strlen(rows[i].model) == n && strncmp(cpu, rows[i].model, n) == 0)) {
			str_add(name, rows[i].name);
			str_addf(model, "%s%s", rows[i].model, cpu + n);
			return;
		}
	str_addn(name, cpu, n);
	str_add(model, cpu);
}
