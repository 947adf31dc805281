/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sides as recorders count: each access and barrier of an exit, without what C code does by the way (softreg.def), as `verify` compares
 * them. A model that is compared with a recording is counted so, too.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/hyp/measured/totals.h"
#include "sim/price/side.h"

enum { MIN_MODAL = 500 }; /* as verify --min-modal */

bool side_is_recording(const char *path)
{
	static const char head[] = "kernel,cpu,mode,", zstd[] = "\x28\xb5\x2f\xfd";
	char text[sizeof(head) - 1] = "";
	FILE *f = fopen(path, "re");
	size_t n = f != NULL ? fread(text, 1, sizeof(text), f) : 0;

	if (f != NULL)
		(void)fclose(f);
	return (n == sizeof(text) && memcmp(text, head, n) == 0) || (n >= 4 && memcmp(text, zstd, 4) == 0);
}

/* "r.csv.zst" has its totals in "r-totals.csv". */
static void totals_name(const char *path, struct str *name)
{
	size_t n = strlen(path);

	if (n > 4 && strcmp(path + n - 4, ".zst") == 0)
		n -= 4;
	if (n > 4 && strncmp(path + n - 4, ".csv", 4) == 0)
		n -= 4;
	str_addf(name, "%.*s-totals.csv", (int)n, path);
}

/* Instructions of each kind. */
static int read_insns(struct side *s, const char *path, unsigned cfg, struct err *e)
{
	struct totals *t = totals_open(path, e);
	struct totals_row row;
	int rc;

	if (t == NULL)
		return -1;
	while ((rc = totals_next(t, &row, e)) == 1)
		for (size_t i = 0; i < s->n; i++)
			if (row.v[TOT_cfg] == cfg && strcmp(s->kind[i].name, row.kind) == 0) {
				s->kind[i].has_insns = true;
				s->kind[i].insns = row.v[TOT_insn_host] + row.v[TOT_insn_hyp];
			}
	totals_close(t);
	return rc;
}

int side_recording_open(struct side *s, const char *path, unsigned cfg, struct err *e)
{
	const struct verify *v = &s->recorded;
	struct str totals = STR_INIT;
	int rc = 0;

	if (verify_load(&s->recorded, path, NULL, 0, UINT64_C(1) << cfg, e) != 0)
		return -1;
	if (v->n == 0)
		return err_set(e, ERR_INPUT, "%s: has nothing of vCPU configuration %u: want --cfg with one that was recorded", path, cfg);
	str_addf(&s->name, "recording of %s, %s on %s, vCPU configuration %u", v->kernel, v->mode, v->cpu, cfg);
	totals_name(path, &totals);
	s->no_totals = access(str_get(&totals), F_OK) != 0;
	if (!s->no_totals)
		rc = verify_totals(&s->recorded, str_get(&totals), MIN_MODAL, e);
	s->kind = xcalloc(v->n, sizeof(*s->kind));
	for (size_t i = 0; i < v->n; i++) {
		s->left_out += v->c[i].left_out;
		if (!v->c[i].left_out)
			s->kind[s->n++] = (struct side_kind){ .name = v->c[i].exit, .items = v->c[i] };
	}
	if (rc == 0 && !s->no_totals)
		rc = read_insns(s, str_get(&totals), cfg, e);
	str_free(&totals);
	return rc;
}

const struct side_kind *side_kind(const struct side *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->kind[i].name, name) == 0)
			return &s->kind[i];
	return NULL;
}

/* The row of ops.def that a recorder calls so; of a variant that has none ("dsb ishld") the first of its kind. */
static const struct ws_opcode_row *opcode_of(const struct verify_item *it)
{
	const char *kind = ref_op_name((enum ref_op)it->op);
	const struct ws_opcode_row *like = NULL;

	for (unsigned i = 0; i < OP_COUNT; i++) {
		const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)i);

		if (strcmp(row->ref, it->name) == 0)
			return row;
		if (like == NULL && strncmp(row->ref, kind, strlen(kind)) == 0)
			like = row;
	}
	return like;
}

static void charge(struct side_kind *k, enum ws_counter counter, unsigned row, uint64_t milli, uint64_t n)
{
	k->totals.n[counter] += n;
	k->totals.insns += n;
	ws_cycles_add(&k->totals.cycles, &k->totals.milli, milli / 1000, milli % 1000, n);
	k->form.v[row] += (double)n * (double)milli / 1000.0;
}

static void charge_register(struct side *s, struct side_kind *k, const struct verify_item *it, uint64_t n, const struct machine *m)
{
	bool write = it->op == REF_OP_write;
	char name[VERIFY_NAME_MAX];
	enum sysreg reg;
	unsigned cost;

	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = (char)toupper((unsigned char)it->name[i]);
	reg = sysreg_by_name(name);
	if (reg == SR_NONE) {
		k->totals.n[write ? CNT_write : CNT_read] += n;
		if (strstr(str_get(&s->unknown), name) == NULL)
			str_addf(&s->unknown, "%s%s", s->unknown.len != 0 ? ", " : "", name);
		return;
	}
	cost = sysreg_row(reg)->cost;
	charge(k, write ? CNT_write : CNT_read, BAND_CLASS + 2 * cost + write, machine_cost(m, write ? m->msr[cost] : m->mrs[cost]), n);
}

/* An exception that is returned from was taken; recorders list the return, and of what was taken hypercalls only. */
static void charge_taken(struct side_kind *k, const struct machine *m)
{
	const struct ws_opcode_row *row = ws_opcode_row(OP_EXC);
	uint64_t returns = k->totals.n[CNT_eret], calls = k->totals.n[CNT_hvc];

	if (returns <= calls)
		return;
	charge(k, CNT_exc, BAND_OP + (unsigned)row->cost, machine_cost(m, m->op[row->cost]), returns - calls);
	k->totals.insns -= returns - calls; /* what trapped is the guest's */
}

static void charge_items(struct side *s, struct side_kind *k, const struct machine *m)
{
	for (size_t i = 0; i < k->items.n; i++) {
		const struct verify_item *it = &k->items.item[i];
		const struct ws_opcode_row *row;
		uint64_t n = s->p == NULL ? it->ref : it->sim;

		if (it->op == REF_OP_read || it->op == REF_OP_write) {
			charge_register(s, k, it, n, m);
		} else {
			row = opcode_of(it);
			BUG_ON(row == NULL);
			charge(k, (enum ws_counter)row->counter, BAND_OP + (unsigned)row->cost, machine_cost(m, m->op[row->cost]), n);
		}
	}
	charge_taken(k, m);
}

/* A model's kinds, as far as the recording has them: with as many list registers in use. */
static void sequences(struct side *s, const struct side *recording)
{
	s->kind = xcalloc(recording->n + 1, sizeof(*s->kind));
	for (size_t i = 0; i < recording->n; i++) {
		struct side_kind *k = &s->kind[s->n];
		struct verify_seq q;
		enum exit_kind kind;

		if (!exit_by_name(recording->kind[i].name, &kind))
			continue;
		k->name = recording->kind[i].name;
		verify_sequence(&q, s->p, kind, recording->kind[i].items.lrs);
		verify_count(&k->items, &q);
		verify_seq_free(&q);
		s->n++;
	}
}

void side_count_recorded(struct side *s, const struct side *other, const struct machine *m)
{
	s->as_recorded = true;
	if (s->p != NULL)
		sequences(s, other);
	for (size_t i = 0; i < s->n; i++)
		charge_items(s, &s->kind[i], m);
}

static void less(struct ws_totals *t, const struct ws_totals *by)
{
	for (unsigned c = 0; c < CNT_COUNT; c++)
		t->n[c] -= t->n[c] < by->n[c] ? t->n[c] : by->n[c];
	t->cycles -= t->cycles < by->cycles ? t->cycles : by->cycles;
	t->milli = 0; /* thousandths of a difference are not told */
	t->insns -= t->insns < by->insns ? t->insns : by->insns;
}

bool side_loads(const struct side *s, struct side_kind *loads)
{
	const struct side_kind *run = side_kind(s, "run_immediate_exit"), *nothing = side_kind(s, "null_ioctl");

	if (!s->as_recorded) {
		*loads = (struct side_kind){ .totals = s->phase[PHASE_LOAD], .form = s->phase_form[PHASE_LOAD] };
		ws_totals_sum(&loads->totals, &s->phase[PHASE_PUT]);
		band_add(&loads->form, &s->phase_form[PHASE_PUT], 1);
		return true;
	}
	if (run == NULL || nothing == NULL)
		return false;
	*loads = *run;
	less(&loads->totals, &nothing->totals);
	band_add(&loads->form, &nothing->form, -1);
	loads->has_insns = run->has_insns && nothing->has_insns;
	loads->insns = run->insns > nothing->insns ? run->insns - nothing->insns : 0;
	return true;
}

void side_add_path(struct side_kind *k, const struct machine *m)
{
	uint64_t path = k->insns > k->totals.insns ? k->insns - k->totals.insns : 0;

	ws_cycles_add(&k->totals.cycles, &k->totals.milli, 0, (uint64_t)m->cpi_milli, path);
	k->form.v[BAND_PATH] += (double)path * (double)m->cpi_milli / 1000.0;
}
