/* SPDX-License-Identifier: Apache-2.0 */
/* Mutants, and who notices them. The proofs for those that nobody notices: mutate_proof.c. */
#include "models/hyp/mutate/mutate.h"

#include <stdio.h>
#include <string.h>

#include "models/hyp/explore/explore.h"
#include "models/hyp/check/inject.h"
#include "models/hyp/mutate/mutate_impl.h"
#include "models/hyp/check/walk.h"
#include "models/hyp/check/ws_lint.h"
#include "models/hyp/kvm/reach.h"

#define WALK_STEPS 120 /* enough for all but what only handlers show */
#define WALK_SEED  271828
#define MEMORY	   (UINT64_C(256) << 20)

struct name {
	const char *name, *what;
};

static const struct name kinds[] = {
#define MUTANT(id, what) { #id, what },
#include "models/hyp/mutate/mutants.def"
};
static const struct name killers[] = {
#define KILLER(id, what) { #id, what },
#include "models/hyp/mutate/mutants.def"
};
static const struct name proofs[] = {
#define EQUIVALENT(id, proof) { #id, proof },
#define UNFOLLOWED(id, reason) { #id, reason },
#include "models/hyp/mutate/mutants.def"
};
static const uint32_t unfollowed = 0
#define UNFOLLOWED(id, reason) | UINT32_C(1) << PROOF_##id
#include "models/hyp/mutate/mutants.def"
	;
_Static_assert(PROOF_COUNT <= 32, "one bit each in struct mutant");

const char *mutant_kind_name(enum mutant_kind k)
{
	return kinds[k].name;
}

const char *mutant_kind_what(enum mutant_kind k)
{
	return kinds[k].what;
}

const char *mutant_killer_name(enum mutant_killer k)
{
	return killers[k].name;
}

const char *mutant_proof_name(enum mutant_proof p)
{
	return proofs[p].name;
}

const char *mutant_proof_what(enum mutant_proof p)
{
	return proofs[p].what;
}

bool mutant_proof_followed(enum mutant_proof p)
{
	return (unfollowed >> p & 1) == 0;
}

/* ---- killers ---- */

static bool by_lint(const struct ws_prog *q, char found[static 200])
{
	struct ws_findings f = WS_FINDINGS_INIT;
	bool killed = ws_lint(q, &f) != 0;

	if (killed)
		(void)snprintf(found, 200, "%s: %s", ws_rule_name((enum ws_rule)f.v[0].rule), f.v[0].text);
	ws_findings_free(&f);
	return killed;
}

static bool by_walk(const struct ws_prog *q, char found[static 200])
{
	struct oracle *o = oracle_walk(q, WALK_STEPS, WALK_SEED);
	size_t n;
	const struct oracle_violation *v = oracle_violations(o, &n);

	if (n != 0)
		(void)snprintf(found, 200, "%s", v[0].text);
	oracle_free(o);
	return n != 0;
}

static bool explored(const struct ws_prog *q, unsigned vcpus, unsigned pcpus, unsigned depth, char found[static 200])
{
	struct explore_options opt;
	struct explore *x;
	const struct xviolation *v;
	size_t n;

	explore_options_init(&opt);
	opt.vcpus = vcpus;
	opt.pcpus = pcpus;
	opt.depth = depth;
	opt.memory = MEMORY;
	x = explore_new(q, &opt);
	(void)explore_run(x);
	v = explore_violations(x, &n);
	if (n != 0)
		(void)snprintf(found, 200, "%s", v[0].text);
	explore_free(x);
	return n != 0;
}

static bool by_explorer(const struct ws_prog *q, char found[static 200])
{
	return explored(q, 1, 1, 12, found) || explored(q, 1, 2, 6, found) || explored(q, 2, 1, 4, found);
}

/* ---- one mutant ---- */

struct maker {
	const struct ws_config *c;
	const struct ws_prog *p; /* nothing left out */
	struct proofs *proofs;
	struct mutation *m;
	bool (*tell)(void *self, size_t done, size_t total);
	void *self;
	size_t total;
	bool quick, ended;
};

static void count_unnoticed(struct mutation *m, const struct mutant *x)
{
	if (!x->proved)
		m->unexplained++;
	else if ((x->proofs & unfollowed) != 0)
		m->unfollowed[x->kind]++;
	else
		m->equivalent[x->kind]++;
}

/* Put it to the killers, then to the proofs; q is freed. */
static void judge(struct maker *k, struct mutant *x, struct ws_prog *q)
{
	if (by_lint(q, x->found))
		x->killer = KILLER_lint;
	else if (by_walk(q, x->found))
		x->killer = KILLER_oracle;
	else
		x->killer = KILLER_nobody;
	if (x->killer == KILLER_nobody)
		mutant_prove(k->proofs, q, x);
	if (x->killer == KILLER_nobody && (!k->quick || !x->proved) && by_explorer(q, x->found))
		x->killer = KILLER_explorer;
	k->m->by[x->kind][x->killer]++;
	if (x->killer == KILLER_nobody)
		count_unnoticed(k->m, x);
	k->m->v = xrealloc(k->m->v, (k->m->n + 1) * sizeof(*k->m->v));
	k->m->v[k->m->n++] = *x;
	ws_free(q);
}

static bool goes_on(struct maker *k)
{
	k->ended = k->ended || (k->tell != NULL && !k->tell(k->self, k->m->n, k->total));
	return !k->ended;
}

static void operand_text(const struct ws_step *s, char *buf, size_t n)
{
	switch (ws_opcode_row((enum ws_opcode)s->opcode)->operand) {
	case OPND_REG:
		(void)snprintf(buf, n, "%s", sysreg_name((enum sysreg)s->operand));
		break;
	case OPND_GRP:
		(void)snprintf(buf, n, "%s", group_name((enum sr_group)s->operand));
		break;
	case OPND_COMP:
		(void)snprintf(buf, n, "%s", comp_name((enum ws_comp)s->operand));
		break;
	default:
		(void)snprintf(buf, n, "%u", s->operand);
	}
}

static struct ws_prog *compile_again(const struct maker *k)
{
	struct err e;
	struct ws_prog *q = ws_compile(k->c, &e);

	BUG_ON(q == NULL); /* it did before */
	return q;
}

static void row(struct maker *k, size_t i)
{
	size_t n;
	const struct ws_step *s = &ws_steps(&n)[i];
	struct mutant x = { .kind = MUTANT_row, .row = i, .function = s->function };
	struct ws_prog *q = compile_again(k);
	char operand[40];

	x.ops = ws_drop_row(q, i);
	if (x.ops == 0 || !goes_on(k)) {
		ws_free(q);
		return;
	}
	operand_text(s, operand, sizeof(operand));
	(void)snprintf(x.what, sizeof(x.what), "%s:%u %s %s", s->file, s->line, ws_opcode_row((enum ws_opcode)s->opcode)->name,
		       operand);
	judge(k, &x, q);
}

static void injected(struct maker *k, enum mutant_kind kind, const char *form, enum sysreg reg)
{
	struct mutant x = { .kind = (uint8_t)kind, .row = SIZE_MAX };
	struct ws_inject inject;
	struct ws_prog *q;
	char spec[64];
	struct err e;

	(void)snprintf(spec, sizeof(spec), "%s:%s", form, sysreg_name(reg));
	if (ws_inject_parse(spec, &inject, &e) != 0)
		BUG("a register has no name");
	q = compile_again(k);
	if (ws_inject_apply(q, &inject, 1, &e) != 0) { /* nothing of it is in the program */
		ws_free(q);
		return;
	}
	(void)snprintf(x.what, sizeof(x.what), "%s", sysreg_name(reg));
	x.ops = k->p->n - q->n;
	if (goes_on(k))
		judge(k, &x, q);
	else
		ws_free(q);
}

static bool is_barrier(const struct ws_op *op)
{
	uint8_t counter = ws_opcode_row((enum ws_opcode)op->opcode)->counter;

	return counter == CNT_isb || counter == CNT_dsb;
}

static void barrier(struct maker *k, size_t i)
{
	const struct ws_op *op = &k->p->op[i];
	struct mutant x = { .kind = MUTANT_barrier, .row = SIZE_MAX, .function = op->step->function, .ops = 1 };
	struct ws_prog *q;

	if (!goes_on(k))
		return;
	q = compile_again(k);
	ws_drop_op(q, i);
	(void)snprintf(x.what, sizeof(x.what), "%s, op %zu of %s", ws_opcode_row((enum ws_opcode)op->opcode)->name,
		       i - k->p->comp[op->comp].first + 1, comp_name((enum ws_comp)op->comp));
	judge(k, &x, q);
}

/* ---- all ---- */

static bool in_program(const struct ws_prog *p, enum sysreg reg)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->op[i].reg == reg)
			return true;
	}
	return false;
}

static void count_mutants(struct maker *k, size_t n_rows)
{
	k->total = n_rows;
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++)
		k->total += in_program(k->p, (enum sysreg)r);
	for (size_t i = 0; i < k->p->n; i++)
		k->total += is_barrier(&k->p->op[i]);
}

void mutate(const struct ws_config *c, bool quick, bool (*tell)(void *self, size_t done, size_t total), void *self, struct mutation *m)
{
	struct err e;
	struct ws_prog *p = ws_compile(c, &e);
	struct maker k = { .c = c, .p = p, .m = m, .quick = quick, .tell = tell, .self = self };
	size_t n;
	const struct ws_step *s = ws_steps(&n);

	BUG_ON(p == NULL);
	memset(m, 0, sizeof(*m));
	k.proofs = mutant_proofs_new(p);
	count_mutants(&k, n);
	for (size_t i = 0; i < n && !k.ended; i++) {
		if (s[i].opcode != OP_ANCHOR) /* no op: where a policy puts some */
			row(&k, i);
	}
	for (unsigned r = SR_NONE + 1; r < SR_COUNT && !k.ended; r++) {
		if (in_program(p, (enum sysreg)r))
			injected(&k, MUTANT_register, "drop", (enum sysreg)r);
	}
	for (unsigned r = SR_NONE + 1; r < SR_COUNT && !k.ended; r++) {
		if (ws_accessor_reaches(p->config.model, (enum sysreg)r) && ws_reg_deferred(p, (enum sysreg)r))
			injected(&k, MUTANT_accessor, "bypass-accessor", (enum sysreg)r);
	}
	for (size_t i = 0; i < p->n && !k.ended; i++) {
		if (is_barrier(&p->op[i]))
			barrier(&k, i);
	}
	mutant_proofs_free(k.proofs);
	ws_free(p);
}

void mutation_free(struct mutation *m)
{
	free(m->v);
	memset(m, 0, sizeof(*m));
}
