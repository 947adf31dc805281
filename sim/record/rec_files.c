// SPDX-License-Identifier: Apache-2.0
/* The files that a recording is: docs/verify.md has their formats. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "models/hyp/measured/recpath.h"
#include "sim/base/file.h"
#include "sim/record/rec.h"

static void reference(const struct rec_result *r, const char *kernel, const char *cpu, struct str *text)
{
	str_add(text, "kernel,cpu,mode,cfg,exit,register,effective_register,op,el,region,function,count\n");
	for (unsigned cfg = 0; cfg < REC_CFGS; cfg++)
		for (unsigned k = 0; k < RECORD_KINDS; k++)
			for (size_t i = 0; i < r->of[cfg][k].n_op; i++) {
				const struct rec_op *o = &r->of[cfg][k].op[i];

				str_addf(text, "%s,%s,%s,%u,%s,%s,%s,%s,%u,%s,%s,%" PRIu64 "\n", kernel, cpu, rec_modes[r->mode].name, cfg,
					 rec_kinds[k].name, o->reg, o->effective, ref_op_name((enum ref_op)o->op), rec_el(o->region, r->mode),
					 ref_region_name((enum ref_region)o->region), r->name[o->function], o->count);
			}
}

static void totals(const struct rec_result *r, const char *tag, struct str *text)
{
	for (unsigned i = 0; i < TOT_COUNT; i++)
		str_addf(text, "%s%s", i != 0 ? "," : "", totals_column_name((enum totals_column)i));
	str_addc(text, '\n');
	for (unsigned cfg = 0; cfg < REC_CFGS; cfg++)
		for (unsigned k = 0; k < RECORD_KINDS; k++) {
			const struct rec_counts *c = &r->of[cfg][k];

			if (c->way == NULL)
				continue;
			str_addf(text, "%s,%s,%u", tag, rec_kinds[k].name, cfg);
			for (unsigned i = TOT_modal; i < TOT_mean_read; i++)
				str_addf(text, ",%" PRIu64, c->v[i]);
			for (unsigned i = 0; i < 4; i++)
				str_addf(text, ",%.1f", c->mean[i]);
			str_addc(text, '\n');
		}
}

static void functions(const struct rec_result *r, struct str *text)
{
	str_add(text, "kind,cfg,region,function,insns,loads_stores,system_insns\n");
	for (unsigned cfg = 0; cfg < REC_CFGS; cfg++)
		for (unsigned k = 0; k < RECORD_KINDS; k++)
			for (size_t i = 0; i < r->of[cfg][k].n_function; i++) {
				const struct rec_function *f = &r->of[cfg][k].function[i];

				str_addf(text, "%s,%u,%s,%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", rec_kinds[k].name, cfg,
					 ref_region_name((enum ref_region)f->region), r->name[f->name], f->insns, f->mem, f->system);
			}
}

/* --- order ------------------------------------------------------------------------------------ */

struct order {
	const struct rec_result *r;
	struct str *text;
	uint64_t other; /* instructions since the last line */
	int64_t at;     /* function and region */
	size_t ops;
};

static void step(struct order *o, uint32_t insn)
{
	const struct rec_insn *i = &o->r->take->insn[insn];
	int64_t at = (int64_t)o->r->function[insn] << 8 | i->region;
	struct rec_op op;

	if (at != o->at) {
		str_addf(o->text, "@ %s(EL%u) %s  +%" PRIu64 "\n", ref_region_name((enum ref_region)i->region), rec_el(i->region, o->r->mode),
			 o->r->name[o->r->function[insn]], o->other);
		o->other = 0;
		o->at = at;
	}
	if (i->what.kind == VML_KINDS || !rec_op_of(i, o->r->mode, &op)) {
		o->other++;
		return;
	}
	str_addf(o->text, "    %-6s %s  +%" PRIu64 "\n", ref_op_name((enum ref_op)op.op), op.reg, o->other);
	o->other = 0;
	o->ops++;
}

/* false: more operations than a reader of such paths takes. */
static bool order(const struct rec_result *r, const struct rec_way *way, struct str *text)
{
	struct order o = { .r = r, .text = text, .at = -1 };

	str_reset(text);
	for (size_t i = 0; i < way->n && o.ops <= RECPATH_OPS_MAX; i++) {
		const struct rec_run *run = &way->run[i];
		uint32_t times = r->take->insn[run->first].region == REF_REGION_guest ? 1 : run->times;

		for (; times != 0; times--)
			for (uint32_t k = 0; k < run->n; k++)
				step(&o, run->first + k);
	}
	return o.ops != 0 && o.ops <= RECPATH_OPS_MAX;
}

static la_ssize_t take_bytes(struct archive *a, void *to, const void *bytes, size_t n)
{
	(void)a;
	str_addn(to, bytes, n);
	return (la_ssize_t)n;
}

static bool add_member(struct archive *a, const char *name, const struct str *text)
{
	struct archive_entry *entry = archive_entry_new();
	bool ok;

	if (entry == NULL)
		return false;
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)text->len);
	archive_entry_set_mtime(entry, 0, 0);
	ok = archive_write_header(a, entry) == ARCHIVE_OK && archive_write_data(a, str_get(text), text->len) == (la_ssize_t)text->len;
	archive_entry_free(entry);
	return ok;
}

static bool orders(const struct rec_result *r, struct archive *a, const char *tag)
{
	struct str text = STR_INIT, name = STR_INIT;
	bool ok = true;

	for (unsigned cfg = 0; cfg < REC_CFGS; cfg++)
		for (unsigned k = 0; k < RECORD_KINDS && ok; k++) {
			if (r->of[cfg][k].way == NULL || !order(r, r->of[cfg][k].way, &text))
				continue;
			str_reset(&name);
			str_addf(&name, "%s-cfg%u-%s.order.txt", tag, cfg, rec_kinds[k].name);
			ok = add_member(a, str_get(&name), &text);
		}
	str_free(&text);
	str_free(&name);
	return ok;
}

int rec_files_make(struct rec_files *f, const struct rec_result *r, const char *kernel, const char *cpu, struct err *e)
{
	struct str tag = STR_INIT;
	struct archive *a = archive_write_new();
	int rc = 0;

	memset(f, 0, sizeof(*f));
	str_addf(&tag, "%s-%s-%s", kernel, cpu, rec_modes[r->mode].name);
	reference(r, kernel, cpu, &f->text[REC_FILE_REFERENCE]);
	totals(r, str_get(&tag), &f->text[REC_FILE_TOTALS]);
	functions(r, &f->text[REC_FILE_FUNCTIONS]);
	if (a == NULL || archive_write_set_format_ustar(a) != ARCHIVE_OK || archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
	    archive_write_open(a, &f->text[REC_FILE_ORDER], NULL, take_bytes, NULL) != ARCHIVE_OK || !orders(r, a, str_get(&tag)) ||
	    archive_write_close(a) != ARCHIVE_OK)
		rc = err_set(e, ERR_MEMORY, "the archive of orders could not be made: %.200s", a != NULL ? archive_error_string(a) : "out of memory");
	(void)archive_write_free(a);
	str_free(&tag);
	return rc;
}

int rec_files_write(const struct rec_files *f, const char *stem, struct err *e)
{
	static const char *const suffixes[] = {
#define X(id, suffix) suffix,
		REC_FILES(X)
#undef X
	};
	struct outfile o[REC_FILE_COUNT];
	struct str path = STR_INIT;
	unsigned n = 0;
	int rc = 0;

	for (; n < REC_FILE_COUNT && rc == 0; n++) {
		str_reset(&path);
		str_addf(&path, "%s%s", stem, suffixes[n]);
		rc = file_create(&o[n], str_get(&path), e);
		if (rc != 0)
			break;
		if (fwrite(str_get(&f->text[n]), 1, f->text[n].len, o[n].f) != f->text[n].len || fflush(o[n].f) != 0)
			rc = err_set(e, ERR_IO, "%s: could not be written", str_get(&path));
	}
	for (unsigned i = 0; i < n; i++)
		if (rc != 0)
			file_abort(&o[i]);
		else
			rc = file_commit(&o[i], e);
	str_free(&path);
	return rc;
}

void rec_files_free(struct rec_files *f)
{
	for (unsigned i = 0; i < REC_FILE_COUNT; i++)
		str_free(&f->text[i]);
}
