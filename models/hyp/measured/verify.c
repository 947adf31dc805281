/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/measured/verify.h"

#include <stdio.h>
#include <string.h>

#include "models/hyp/measured/softreg.h"
#include "models/hyp/measured/totals.h"
#include "sim/base/num.h"

static struct verify_item *item(struct verify_case *c, enum ref_op op, const char *name)
{
	struct verify_item *it;

	for (size_t i = 0; i < c->n; i++) {
		if (c->item[i].op == op && strcmp(c->item[i].name, name) == 0)
			return &c->item[i];
	}
	if ((c->n & (c->n - 1)) == 0)
		c->item = xrealloc(c->item, (c->n != 0 ? c->n * 2 : 1) * sizeof(*c->item));
	it = &c->item[c->n++];
	memset(it, 0, sizeof(*it));
	it->op = (uint8_t)op;
	(void)snprintf(it->name, sizeof(it->name), "%s", name);
	return it;
}

void verify_add_function(struct verify_item *it, const char *function, uint64_t count)
{
	if (it->functions.len != 0)
		str_add(&it->functions, ", ");
	str_add(&it->functions, function);
	if (count != 1)
		str_addf(&it->functions, " x%llu", (unsigned long long)count);
}

static struct verify_case *case_of(struct verify *v, const struct ref_row *row)
{
	enum exit_kind k;
	struct verify_case *c;

	/* Rows of a case stand together, so look from the end. */
	for (size_t i = v->n; i-- > 0;) {
		if (v->c[i].cfg == row->cfg && strcmp(v->c[i].exit, row->exit) == 0)
			return &v->c[i];
	}
	v->c = xrealloc(v->c, (v->n + 1) * sizeof(*v->c));
	c = &v->c[v->n++];
	memset(c, 0, sizeof(*c));
	(void)snprintf(c->exit, sizeof(c->exit), "%s", row->exit);
	c->cfg = row->cfg;
	c->modelled = exit_by_name(row->exit, &k);
	return c;
}

static bool wanted(const struct ref_row *row, const char *const *kinds, size_t n_kinds,
		   uint64_t cfgs)
{
	if (row->region == REF_REGION_guest || row->region == REF_REGION_user)
		return false;
	if (cfgs != 0 && (row->cfg > 63 || (cfgs >> row->cfg & 1) == 0))
		return false;
	for (size_t i = 0; i < n_kinds; i++) {
		if (strcmp(kinds[i], row->exit) == 0)
			return true;
	}
	return n_kinds == 0;
}

static void take_row(struct verify *v, const struct ref_row *row)
{
	struct verify_case *c = case_of(v, row);
	enum ref_op op = (enum ref_op)row->op;
	struct verify_item *it;

	if (softreg_is_soft(row->reg, op, row->function)) {
		c->soft_reads += op == REF_OP_read ? row->count : 0;
		c->soft_writes += op == REF_OP_write ? row->count : 0;
		return;
	}
	if (!verify_compared(op))
		return;
	it = item(c, op, row->effective);
	it->ref += row->count;
	if (verify_lr_of(op, row->effective) > c->lrs)
		c->lrs = verify_lr_of(op, row->effective);
	verify_add_function(it, ref_plain_function(row->function), row->count);
}

int verify_load(struct verify *v, const char *path, const char *const *kinds, size_t n_kinds,
		uint64_t cfgs, struct err *e)
{
	struct ref *r = ref_open(path, e);
	struct ref_row row;
	int rc;

	memset(v, 0, sizeof(*v));
	if (r == NULL)
		return -1;
	while ((rc = ref_next(r, &row, e)) == 1) {
		if (v->kernel[0] == '\0') {
			(void)snprintf(v->kernel, sizeof(v->kernel), "%s", row.kernel);
			(void)snprintf(v->cpu, sizeof(v->cpu), "%s", row.cpu);
			(void)snprintf(v->mode, sizeof(v->mode), "%s", row.mode);
		}
		if (wanted(&row, kinds, n_kinds, cfgs))
			take_row(v, &row);
	}
	ref_close(r);
	if (rc != 0)
		verify_free(v);
	return rc;
}

static int take_totals(struct verify *v, const struct totals_row *row, unsigned min_modal,
		       struct err *e)
{
	struct str want = STR_INIT;
	size_t n;

	str_addf(&want, "%s-%s-%s", v->kernel, v->cpu, v->mode);
	n = want.len;
	if (strncmp(row->tag, str_get(&want), n) != 0 ||
	    (row->tag[n] != '\0' && row->tag[n] != '-')) {
		(void)err_set(e, ERR_INPUT,
			      "tag = \"%.40s\", but the reference is of %s: want the totals of "
			      "that recording",
			      row->tag, str_get(&want));
		str_free(&want);
		return -1;
	}
	str_free(&want);
	for (size_t i = 0; i < v->n; i++) {
		struct verify_case *c = &v->c[i];

		if (c->cfg != row->v[TOT_cfg] || strcmp(c->exit, row->kind) != 0)
			continue;
		c->counted = true;
		c->modal = row->v[TOT_modal];
		c->nseg = row->v[TOT_nseg];
		c->left_out = (u128)c->modal * 1000 < (u128)c->nseg * min_modal;
	}
	return 0;
}

int verify_totals(struct verify *v, const char *path, unsigned min_modal, struct err *e)
{
	struct totals *t = totals_open(path, e);
	struct totals_row row;
	int rc;

	if (t == NULL)
		return -1;
	while ((rc = totals_next(t, &row, e)) == 1) {
		if (take_totals(v, &row, min_modal, e) != 0) {
			rc = totals_at(t, e);
			break;
		}
	}
	totals_close(t);
	for (size_t i = 0; rc == 0 && i < v->n; i++) {
		if (!v->c[i].counted) {
			(void)err_set(e, ERR_INPUT,
				      "%s with cfg %u is not in the totals: want those of the same "
				      "recording",
				      v->c[i].exit, v->c[i].cfg);
			rc = err_at(e, path, 0);
		}
	}
	return rc;
}

void verify_free(struct verify *v)
{
	for (size_t i = 0; i < v->n; i++) {
		for (size_t k = 0; k < v->c[i].n; k++)
			str_free(&v->c[i].item[k].functions);
		free(v->c[i].item);
	}
	free(v->c);
	memset(v, 0, sizeof(*v));
}

void verify_count(struct verify_case *c, const struct verify_seq *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct verify_item *it = item(c, (enum ref_op)s->op[i].op, s->op[i].name);

		it->sim++;
		if (it->ref == 0)
			verify_add_function(it, s->op[i].step->function, 1);
	}
}

void verify_simulate(struct verify_case *c, const struct ws_prog *p)
{
	struct verify_seq s;
	enum exit_kind k;

	BUG_ON(!exit_by_name(c->exit, &k));
	verify_sequence(&s, p, k, c->lrs);
	verify_count(c, &s);
	verify_seq_free(&s);
}

size_t verify_differing(const struct verify_case *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->item[i].ref != c->item[i].sim;
	return n;
}

bool verify_exact(const struct verify_case *c)
{
	return c->modelled && verify_differing(c) == 0;
}

uint64_t verify_cfg_features(unsigned cfg, const struct machine *m)
{
	uint64_t f = 0;

	if (cfg >= 1 && machine_has(m, FEAT_PMUV3))
		f |= CND(VPMU);
	if (cfg >= 2 && machine_has(m, FEAT_SVE))
		f |= CND(VSVE);
	if (cfg >= 2 && machine_has(m, FEAT_PAUTH))
		f |= CND(VPAUTH);
	return f;
}
