/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/verify.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "models/hyp/runner.h"
#include "models/hyp/softreg.h"

/* What is compared; the other ops (DMB, PSTATE, DC, ...) depend on data and belong to the measured path. */
bool verify_compared(enum ref_op op)
{
	switch (op) {
	case REF_OP_read:
	case REF_OP_write:
	case REF_OP_isb:
	case REF_OP_dsb:
	case REF_OP_sb:
	case REF_OP_eret:
	case REF_OP_hvc:
	case REF_OP_tlbi:
	case REF_OP_at:
		return true;
	default:
		return false;
	}
}

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

static bool wanted(const struct ref_row *row, const char *const *kinds, size_t n_kinds, uint64_t cfgs)
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
	verify_add_function(it, ref_plain_function(row->function), row->count);
}

int verify_load(struct verify *v, const char *path, const char *const *kinds, size_t n_kinds, uint64_t cfgs,
		struct err *e)
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

/* How a reference names an op: kind of access and register or instruction. False if it does not show it. */
bool verify_key(const struct ws_op *op, enum ref_op *kind, char name[static 32])
{
	const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)op->opcode);
	size_t n;

	if (row->counter == CNT_read || row->counter == CNT_write) {
		*kind = row->counter == CNT_read ? REF_OP_read : REF_OP_write;
		(void)snprintf(name, 32, "%s", sysreg_name((enum sysreg)op->reg));
		for (n = 0; name[n] != '\0'; n++)
			name[n] = (char)tolower((unsigned char)name[n]);
		return true;
	}
	if (row->ref[0] == '\0')
		return false;
	(void)snprintf(name, 32, "%s", row->ref);
	for (unsigned k = 0; k < REF_OP_COUNT; k++) {
		n = strlen(ref_op_name((enum ref_op)k));
		if (strncmp(row->ref, ref_op_name((enum ref_op)k), n) == 0 &&
		    (row->ref[n] == '\0' || row->ref[n] == ' ')) {
			*kind = (enum ref_op)k;
			return verify_compared(*kind);
		}
	}
	return false;
}

void verify_simulate(struct verify_case *c, const struct ws_prog *p)
{
	uint64_t *before = xcalloc(p->n, sizeof(*before)), *after = xcalloc(p->n, sizeof(*after));
	struct runner *r = runner_new(p, false);
	struct runner_vcpu *v = runner_vcpu(r, "vm");
	enum exit_kind k;
	enum ref_op op;
	char name[32];

	BUG_ON(!exit_by_name(c->exit, &k));
	if (exit_row(k)->step[0].is_phase)
		runner_kind(r, v, EXIT_run_first, NULL);
	runner_kind(r, v, k, NULL);
	runner_exec(r, before);
	runner_kind(r, v, k, NULL);
	runner_exec(r, after);
	for (size_t i = 0; i < p->n; i++) {
		uint64_t times = after[i] - before[i];

		struct verify_item *it;

		/* The sequences of exits.def use one list register. */
		if (times == 0 || !verify_key(&p->op[i], &op, name))
			continue;
		it = item(c, op, name);
		it->sim += times;
		if (it->ref == 0)
			verify_add_function(it, p->op[i].step->function, times);
	}
	runner_free(r);
	free(before);
	free(after);
}

bool verify_exact(const struct verify_case *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->item[i].ref != c->item[i].sim)
			return false;
	}
	return c->modelled;
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
