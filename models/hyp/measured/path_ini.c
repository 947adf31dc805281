/* SPDX-License-Identifier: Apache-2.0 */
/* A recording as the two texts of a path profile: its table, and the INI that says what it is and names the table. */
#include <inttypes.h>
#include <string.h>

#include "models/hyp/measured/path_import.h"

#define TEXT_MAX 400 /* bytes; a line of an INI file holds more */

/* Column of the totals per item; soft: from the registers. */
enum { TOT_soft = TOT_COUNT };

static const unsigned columns[PATH_ITEM_COUNT] = {
#define PATH_ITEM(key, unit, column, help) TOT_##column,
#include "models/hyp/measured/path.def"
};

static const struct derived {
	enum path_kind kind, from, less;
} derived[] = {
#define PATH_DERIVED(name, from, less) { PATH_KIND_##name, PATH_KIND_##from, PATH_KIND_##less },
#include "models/hyp/measured/path_kinds.def"
};

/* --- items ------------------------------------------------------------------------------------ */

static const char *path_import_left_out(const struct path_recorded *rec)
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
	    check_text("table", words->table, ERR_USAGE, e) != 0 ||
	    check_text("kernel", im->kernel, ERR_INPUT, e) != 0 ||
	    check_text("cpu", im->cpu, ERR_INPUT, e) != 0 ||
	    check_text("mode", im->mode, ERR_INPUT, e) != 0)
		return -1;
	return 0;
}

/* --- the table --------------------------------------------------------------------------------- */

/* What the row says of where it comes from; false if nothing is known of the kind. */
static bool add_source(const struct path_import *im, enum path_kind kind, struct str *out)
{
	const struct path_recorded *rec = &im->kind[kind];
	const char *left_out = path_import_left_out(rec);
	const struct derived *d = derived_row(im, kind);

	if (recorded(im, kind))
		str_addf(out, "recorded: %" PRIu64 " of %" PRIu64 " took this path", rec->total[TOT_modal],
			 rec->total[TOT_nseg]);
	else if (d != NULL)
		str_addf(out, "derived: %s less %s; without the VMM's instructions", path_kind_name(d->from),
			 path_kind_name(d->less));
	else if (left_out != NULL)
		str_addf(out, "left out: %s", left_out);
	else
		return false;
	return true;
}

void path_import_table(const struct path_import *im, struct str *out)
{
	for (size_t i = 0; i < PATH_COLUMN_COUNT; i++)
		str_addf(out, "%s%s", i != 0 ? "," : "", path_columns()[i]);
	str_addc(out, '\n');
	for (enum path_kind kind = 0; kind < PATH_KIND_COUNT; kind++) {
		struct str source = STR_INIT;

		if (add_source(im, kind, &source)) {
			str_addf(out, "%s,%s", path_kind_name(kind), str_get(&source));
			for (enum path_item i = 0; i < PATH_ITEM_COUNT; i++) {
				uint64_t v;

				str_addc(out, ',');
				if (path_import_item(im, kind, i, &v))
					str_addf(out, "%" PRIu64, v);
			}
			str_addc(out, '\n');
		}
		str_free(&source);
	}
}

/* --- what it is -------------------------------------------------------------------------------- */

int path_import_ini(const struct path_import *im, const struct path_words *words, struct str *out,
		    struct err *e)
{
	const char *const *names = path_vcpu_names();
	const char *between = "";

	if (check_words(im, words, e) != 0)
		return -1;
	str_addf(out,
		 "# Path profile: what the kernel's C code executes per exit. Made by \"el2sim "
		 "import-profile\" from a recording.\n"
		 "# Counts are exact and those of the commonest path; guest instructions do not count. "
		 "The table says where each row comes from.\n"
		 "[profile]\nkernel = %s\nmachine = %s\nmode = %s\nvcpu = ", im->kernel,
		 im->cpu, im->mode);
	for (size_t i = 0; names[i] != NULL; i++) {
		if ((words->vcpu >> i & 1) == 0)
			continue;
		str_addf(out, "%s%s", between, names[i]);
		between = ", ";
	}
	str_addf(out, "%s\nrecorded_with = %s\nsource = %s\ntable = %s\n", words->vcpu == 0 ? "none" : "",
		 words->recorded_with, words->source, words->table);
	return 0;
}
