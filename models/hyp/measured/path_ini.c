/* SPDX-License-Identifier: Apache-2.0 */
/* A recording as the text of a path profile. */
#include <inttypes.h>
#include <string.h>

#include "models/hyp/measured/path_import.h"

#define TEXT_MAX 400 /* bytes; a line of an INI file holds more */

/* Column of the totals per item; soft: from the registers. */
enum { TOT_soft = TOT_COUNT };

static const unsigned columns[PATH_ITEM_COUNT] = {
#define X(kind, key, unit, column, help) TOT_##column,
	PATH_ITEMS(X, )
#undef X
};

static const struct derived {
	enum path_kind kind, from, less;
} derived[] = {
#define PATH_DERIVED(name, from, less) { PATH_KIND_##name, PATH_KIND_##from, PATH_KIND_##less },
#include "models/hyp/measured/path_kinds.def"
#undef PATH_DERIVED
};

/* --- items ------------------------------------------------------------------------------------ */

const char *path_import_left_out(const struct path_recorded *rec)
{
	if (rec->pair == 0)
		return NULL;
	if (rec->total[TOT_insn_host] + rec->total[TOT_insn_hyp] + rec->total[TOT_insn_user] == 0)
		return "nothing happened";
	if (rec->total[TOT_modal] < 2 && rec->total[TOT_nseg] > 1)
		return "no two alike";
	return NULL;
}

static bool recorded(const struct path_import *im, enum path_kind kind)
{
	return im->kind[kind].pair != 0 && path_import_left_out(&im->kind[kind]) == NULL;
}

static uint64_t recorded_item(const struct path_import *im, enum path_kind kind,
			      enum path_item item)
{
	const struct path_recorded *rec = &im->kind[kind];

	return columns[item] == TOT_soft ? rec->soft[item] : rec->total[columns[item]];
}

static const struct derived *derived_row(const struct path_import *im, enum path_kind kind)
{
	for (size_t i = 0; i < sizeof(derived) / sizeof(derived[0]); i++)
		if (derived[i].kind == kind && recorded(im, derived[i].from) &&
		    recorded(im, derived[i].less))
			return &derived[i];
	return NULL;
}

bool path_import_item(const struct path_import *im, enum path_kind kind, enum path_item item,
		      uint64_t *v)
{
	const struct derived *d = derived_row(im, kind);
	uint64_t from, less;

	if (recorded(im, kind)) {
		*v = recorded_item(im, kind, item);
		return true;
	}
	if (d == NULL || item == PATH_insns_user) /* the VMM's loop, not the kernel's path */
		return false;
	from = recorded_item(im, d->from, item);
	less = recorded_item(im, d->less, item);
	if (from < less)
		return false;
	*v = from - less;
	return true;
}

/* --- text ------------------------------------------------------------------------------------- */

static int check_text(const char *what, const char *s, enum err_code code, struct err *e)
{
	size_t n = strlen(s);

	if (n == 0 || n > TEXT_MAX || s[0] == ' ' || s[n - 1] == ' ')
		return err_set(e, code,
			       "%s = \"%.40s\": want 1..%d characters without blanks around", what,
			       s, TEXT_MAX);
	for (size_t i = 0; i < n; i++)
		if (s[i] < ' ' || s[i] > '~' || s[i] == ';')
			return err_set(e, code,
				       "%s: byte 0x%02x at position %zu: want printable ASCII "
				       "without \";\"",
				       what, (unsigned char)s[i], i + 1);
	return 0;
}

static int check_words(const struct path_import *im, const struct path_words *words, struct err *e)
{
	if (check_text("--recorded-with", words->recorded_with, ERR_USAGE, e) != 0 ||
	    check_text("--source", words->source, ERR_USAGE, e) != 0 ||
	    check_text("kernel", im->kernel, ERR_INPUT, e) != 0 ||
	    check_text("cpu", im->cpu, ERR_INPUT, e) != 0 ||
	    check_text("mode", im->mode, ERR_INPUT, e) != 0)
		return -1;
	return 0;
}

/* "# nothing happened: null, sysreg_undef" for each reason. */
static void add_left_out(const struct path_import *im, struct str *out)
{
	struct str list[2] = { STR_INIT, STR_INIT };
	const char *why[2] = { NULL, NULL };

	for (size_t i = 0; i < PATH_KIND_COUNT; i++) {
		const char *reason = path_import_left_out(&im->kind[i]);
		size_t which = 0;

		if (reason == NULL)
			continue;
		while (why[which] != NULL && strcmp(why[which], reason) != 0)
			which++;
		why[which] = reason;
		str_addf(&list[which], "%s%s", list[which].len != 0 ? ", " : "",
			 path_kind_name((enum path_kind)i));
	}
	for (size_t i = 0; i < 2; i++) {
		if (why[i] != NULL)
			str_addf(out, "# left out, %s: %s\n", why[i], str_get(&list[i]));
		str_free(&list[i]);
	}
}

static void add_head(const struct path_import *im, const struct path_words *words, struct str *out)
{
	const char *const *names = path_vcpu_names();
	const char *between = "";

	str_addf(out,
		 "# Path profile: what the kernel's C code executes per exit. Made by \"el2sim "
		 "import-profile\" from a recording.\n"
		 "# Counts are exact and those of the commonest path; an item that is 0 is left out. "
		 "Guest instructions do not count.\n"
		 "# Source of every number below: [profile] source.\n");
	add_left_out(im, out);
	str_addf(out, "[profile]\nkernel = %s\nmachine = %s\nmode = %s\nvcpu = ", im->kernel,
		 im->cpu, im->mode);
	for (size_t i = 0; names[i] != NULL; i++) {
		if ((words->vcpu >> i & 1) == 0)
			continue;
		str_addf(out, "%s%s", between, names[i]);
		between = ", ";
	}
	str_addf(out, "%s\nrecorded_with = %s\nsource = %s\n", words->vcpu == 0 ? "none" : "",
		 words->recorded_with, words->source);
}

static void add_kind_head(const struct path_import *im, enum path_kind kind, struct str *out)
{
	const struct path_recorded *rec = &im->kind[kind];
	const struct derived *d = derived_row(im, kind);

	if (recorded(im, kind))
		str_addf(out, "\n# recorded: %" PRIu64 " of %" PRIu64 " took this path\n",
			 rec->total[TOT_modal], rec->total[TOT_nseg]);
	else
		str_addf(out, "\n# DERIVED: %s less %s, without the VMM's instructions\n",
			 path_kind_name(d->from), path_kind_name(d->less));
	str_addf(out, "[path.%s]\n", path_kind_name(kind));
}

static void add_kind(const struct path_import *im, enum path_kind kind, struct str *out)
{
	add_kind_head(im, kind, out);
	for (size_t i = 0; i < PATH_ITEM_COUNT; i++) {
		uint64_t v;

		if (path_import_item(im, kind, (enum path_item)i, &v) && v != 0)
			str_addf(out, "%s = %" PRIu64 "\n", path_item_name((enum path_item)i), v);
	}
}

int path_import_ini(const struct path_import *im, const struct path_words *words, struct str *out,
		    struct err *e)
{
	if (check_words(im, words, e) != 0)
		return -1;
	add_head(im, words, out);
	for (size_t i = 0; i < PATH_KIND_COUNT; i++)
		if (recorded(im, (enum path_kind)i) || derived_row(im, (enum path_kind)i) != NULL)
			add_kind(im, (enum path_kind)i, out);
	return 0;
}
