// SPDX-License-Identifier: Apache-2.0
/* The commonest way of each kind as counts: of registers and functions, and of its totals. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "models/hyp/measured/recpath.h"
#include "models/hyp/measured/softreg.h"
#include "sim/record/rec.h"

unsigned rec_el(uint8_t region, enum rec_mode mode)
{
	switch (region) {
	case REF_REGION_user: return 0;
	case REF_REGION_guest: return 1;
	case REF_REGION_hyp: return 2;
	default: return mode == REC_MODE_vhe || mode == REC_MODE_nested ? 2 : 1;
	}
}

/* EL2 with HCR_EL2.E2H = 1: protected mode has it since 6.12, where its hypervisor part is hVHE's. */
static bool e2h(uint8_t region, enum rec_mode mode)
{
	return rec_el(region, mode) == 2 && mode != REC_MODE_nvhe;
}

static void lower(char *s)
{
	for (; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
}

/* The register that an access reaches; of one that no table has, the twin that its name says. */
static void effective(struct rec_op *op, bool redirected)
{
	char name[VERIFY_NAME_MAX];
	size_t n;

	recpath_effective(name, op->reg, redirected);
	n = strlen(name);
	if (n > 5 && (strcmp(name + n - 5, "_el12") == 0 || strcmp(name + n - 5, "_el02") == 0))
		name[n - 1] = '\0';
	(void)snprintf(op->effective, sizeof(op->effective), "%s", name);
}

bool rec_op_of(const struct rec_insn *insn, enum rec_mode mode, struct rec_op *op)
{
	static const struct {
		uint8_t kind, op;
		const char *before; /* what stands before the name, which is left out if it ends in no blank */
	} rows[] = {
		{ VML_READ, REF_OP_read, " " },        { VML_WRITE, REF_OP_write, " " },   { VML_PSTATE, REF_OP_pstate, "msr " },
		{ VML_ISB, REF_OP_isb, "isb" },        { VML_DSB, REF_OP_dsb, "dsb " },    { VML_DMB, REF_OP_dmb, "dmb " },
		{ VML_SB, REF_OP_sb, "sb" },           { VML_ERET, REF_OP_eret, "eret" },  { VML_HVC, REF_OP_hvc, "hvc" },
		{ VML_SMC, REF_OP_smc, "smc" },        { VML_SVC, REF_OP_svc, "svc" },     { VML_WFX, REF_OP_wfx, " " },
		{ VML_CLREX, REF_OP_clrex, "clrex" },  { VML_TLBI, REF_OP_tlbi, "tlbi " }, { VML_AT, REF_OP_at, "at " },
		{ VML_DC, REF_OP_dc, "dc " },          { VML_IC, REF_OP_ic, "ic " },
	};
	char name[VML_WHAT_NAME];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text, *before = rows[i].before;

		if (rows[i].kind != insn->what.kind)
			continue;
		text = vml_what_name(insn->what, name);
		op->op = rows[i].op == REF_OP_dc && strcmp(text, "ZVA") == 0 ? REF_OP_dczva : rows[i].op;
		op->region = insn->region;
		if (before[strlen(before) - 1] == ' ')
			(void)snprintf(op->reg, sizeof(op->reg), "%s%.*s", *before == ' ' ? "" : before,
				       (int)(insn->what.kind == VML_PSTATE ? strcspn(text, " ") : strlen(text)), text);
		else
			(void)snprintf(op->reg, sizeof(op->reg), "%s", before);
		lower(op->reg);
		if (op->op == REF_OP_read || op->op == REF_OP_write)
			effective(op, e2h(insn->region, mode));
		else
			memcpy(op->effective, op->reg, sizeof(op->reg));
		return true;
	}
	return false;
}

/* Loads and stores (Arm ARM, C4.1: op0 = x1x0), prefetches among them. */
static bool is_memory(uint32_t word)
{
	return (word >> 25 & 5) == 4;
}

/* --- one way ---------------------------------------------------------------------------------- */

/* How often each instruction is executed: the same arrays for all ways. */
struct tally {
	uint64_t *count;
	uint32_t *touched;
	size_t n;
};

static void tally_way(const struct rec_take *t, const struct rec_way *way, struct tally *y)
{
	for (size_t i = 0; i < way->n; i++) {
		const struct rec_run *r = &way->run[i];
		uint64_t times = t->insn[r->first].region == REF_REGION_guest ? 1 : r->times; /* not how long it waited */

		for (uint32_t k = r->first; k < r->first + r->n; k++) {
			if (y->count[k] == 0)
				y->touched[y->n++] = k;
			y->count[k] += times;
		}
	}
}

static void tally_reset(struct tally *y)
{
	for (size_t i = 0; i < y->n; i++)
		y->count[y->touched[i]] = 0;
	y->n = 0;
}

static int by_what(const void *a, const void *b)
{
	const struct rec_op *x = a, *y = b;

	if (x->region != y->region)
		return x->region < y->region ? -1 : 1;
	if (x->function != y->function)
		return x->function < y->function ? -1 : 1;
	return x->op != y->op ? (x->op < y->op ? -1 : 1) : strcmp(x->reg, y->reg);
}

static int by_cost(const void *a, const void *b)
{
	const struct rec_function *x = a, *y = b;

	if (x->insns != y->insns)
		return x->insns > y->insns ? -1 : 1;
	return x->region != y->region ? (x->region < y->region ? -1 : 1) : (x->name > y->name) - (x->name < y->name);
}

static bool starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* Totals are of the host and its hypervisor. */
static void add_totals(const struct rec_result *r, const struct rec_op *op, uint64_t *v)
{
	static const struct {
		uint8_t op, column;
	} columns[] = {
		{ REF_OP_read, TOT_read }, { REF_OP_write, TOT_write }, { REF_OP_isb, TOT_isb },   { REF_OP_dsb, TOT_dsb },
		{ REF_OP_dmb, TOT_dmb },   { REF_OP_eret, TOT_eret },   { REF_OP_hvc, TOT_hvc },   { REF_OP_tlbi, TOT_tlbi },
		{ REF_OP_at, TOT_at },     { REF_OP_dc, TOT_dc },       { REF_OP_ic, TOT_ic },     { REF_OP_dczva, TOT_dczva },
		{ REF_OP_sb, TOT_sb },     { REF_OP_pstate, TOT_pstate }, { REF_OP_wfx, TOT_wfx },
	}, of_hyp[] = {
		{ REF_OP_read, TOT_hyp_read }, { REF_OP_write, TOT_hyp_write }, { REF_OP_isb, TOT_hyp_isb }, { REF_OP_eret, TOT_hyp_eret },
	};
	bool gic = starts(op->reg, "icc_") || starts(op->reg, "ich_"), timer = starts(op->reg, "cnt");
	bool read = op->op == REF_OP_read, write = op->op == REF_OP_write;

	if (op->region != REF_REGION_host && op->region != REF_REGION_hyp)
		return;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (columns[i].op == op->op)
			v[columns[i].column] += op->count;
	for (size_t i = 0; i < sizeof(of_hyp) / sizeof(of_hyp[0]); i++)
		if (of_hyp[i].op == op->op && op->region == REF_REGION_hyp)
			v[of_hyp[i].column] += op->count;
	if ((read || write) && softreg_is_soft(op->reg, (enum ref_op)op->op, r->name[op->function]))
		v[read ? TOT_soft_read : TOT_soft_write] += op->count;
	if ((read || write) && (gic || timer))
		v[gic ? (read ? TOT_gic_read : TOT_gic_write) : (read ? TOT_timer_read : TOT_timer_write)] += op->count;
}

static void count_functions(struct rec_result *r, struct rec_counts *c, const struct tally *y, uint32_t *index)
{
	for (size_t i = 0; i < y->n; i++) {
		uint32_t k = y->touched[i];
		const struct rec_insn *insn = &r->take->insn[k];
		uint32_t key = r->function[k];
		struct rec_function *f;

		if (index[key] == 0) {
			c->function = xrealloc(c->function, (c->n_function + 1) * sizeof(*c->function));
			c->function[c->n_function++] = (struct rec_function){ .region = insn->region, .name = key };
			index[key] = (uint32_t)c->n_function;
		}
		f = &c->function[index[key] - 1];
		f->insns += y->count[k];
		f->mem += is_memory(insn->word) ? y->count[k] : 0;
		f->system += insn->what.kind != VML_KINDS && insn->what.kind != VML_ESB ? y->count[k] : 0;
		c->v[insn->region == REF_REGION_host ? TOT_insn_host : insn->region == REF_REGION_hyp ? TOT_insn_hyp :
		     insn->region == REF_REGION_user ? TOT_insn_user : TOT_insn_guest] += y->count[k];
		if (is_memory(insn->word) && (insn->region == REF_REGION_host || insn->region == REF_REGION_hyp))
			c->v[TOT_mem] += y->count[k];
	}
	for (size_t i = 0; i < c->n_function; i++)
		index[c->function[i].name] = 0;
	qsort(c->function, c->n_function, sizeof(*c->function), by_cost);
}

static void count_way(struct rec_result *r, struct rec_counts *c, struct tally *y, uint32_t *index)
{
	size_t n = 0;

	tally_way(r->take, c->way, y);
	count_functions(r, c, y, index);
	c->op = xcalloc(y->n + 1, sizeof(*c->op));
	for (size_t i = 0; i < y->n; i++) {
		struct rec_op *op = &c->op[c->n_op];

		if (!rec_op_of(&r->take->insn[y->touched[i]], r->mode, op))
			continue;
		op->count = y->count[y->touched[i]];
		op->function = r->function[y->touched[i]];
		c->n_op++;
	}
	qsort(c->op, c->n_op, sizeof(*c->op), by_what);
	for (size_t i = 0; i < c->n_op; i++)
		if (n != 0 && by_what(&c->op[n - 1], &c->op[i]) == 0)
			c->op[n - 1].count += c->op[i].count;
		else
			c->op[n++] = c->op[i];
	c->n_op = n;
	for (size_t i = 0; i < n; i++)
		add_totals(r, &c->op[i], c->v);
	tally_reset(y);
}

/* --- all ways of a kind ------------------------------------------------------------------------- */

struct length {
	const struct rec_way *way;
	uint64_t insns;
};

static int by_length(const void *a, const void *b)
{
	const struct length *x = a, *y = b;

	if (x->insns != y->insns)
		return x->insns < y->insns ? -1 : 1;
	return x->way < y->way ? -1 : 1;
}

static uint64_t length_of(const struct rec_take *t, const struct rec_way *way)
{
	uint64_t n = 0;

	for (size_t i = 0; i < way->n; i++)
		if (t->insn[way->run[i].first].region != REF_REGION_guest)
			n += (uint64_t)way->run[i].n * way->run[i].times;
	return n;
}

/* Of the ways with one sequence of system instructions that which the middle turn went, by the number of instructions. */
static const struct rec_way *middle(const struct rec_take *t, const struct rec_case *c, uint64_t system, uint64_t turns)
{
	struct length *v = xcalloc(c->n, sizeof(*v));
	const struct rec_way *way;
	uint64_t before = 0;
	size_t n = 0, i = 0;

	for (size_t k = 0; k < c->n; k++)
		if (c->way[k].system == system)
			v[n++] = (struct length){ &c->way[k], length_of(t, &c->way[k]) };
	qsort(v, n, sizeof(*v), by_length);
	while (i + 1 < n && (before += v[i].way->turns) <= turns / 2)
		i++;
	way = v[i].way;
	free(v);
	return way;
}

/* The commonest of them, of equals the first: where each turn has another register to do. */
static const struct rec_way *commonest(const struct rec_case *c, uint64_t system)
{
	const struct rec_way *way = NULL;

	for (size_t i = 0; i < c->n; i++)
		if (c->way[i].system == system && (way == NULL || c->way[i].turns > way->turns))
			way = &c->way[i];
	return way;
}

static uint64_t turns_of(const struct rec_case *c, uint64_t system, bool *first, size_t at)
{
	uint64_t n = 0;

	*first = true;
	for (size_t i = 0; i < c->n; i++)
		if (c->way[i].system == system) {
			n += c->way[i].turns;
			*first &= i >= at;
		}
	return n;
}

/* The commonest sequence of system instructions; of equals the first. */
static void choose(const struct rec_take *t, const struct rec_case *c, bool each, struct rec_counts *out)
{
	uint64_t best = 0, system = 0;

	for (size_t i = 0; i < c->n; i++) {
		bool first;
		uint64_t turns = turns_of(c, c->way[i].system, &first, i);

		out->v[TOT_distinct] += first;
		if (turns > best) {
			best = turns;
			system = c->way[i].system;
		}
	}
	out->way = each ? commonest(c, system) : middle(t, c, system, best);
	out->v[TOT_modal] = best;
	out->v[TOT_nseg] = c->turns;
}

static void means(const struct rec_result *r, const struct rec_case *c, struct rec_counts *out, struct tally *y)
{
	for (size_t w = 0; w < c->n; w++) {
		uint64_t sum[4] = { 0 };

		tally_way(r->take, &c->way[w], y);
		for (size_t i = 0; i < y->n; i++) {
			const struct rec_insn *insn = &r->take->insn[y->touched[i]];
			uint64_t n = y->count[y->touched[i]];

			if (insn->region != REF_REGION_host && insn->region != REF_REGION_hyp)
				continue;
			sum[0] += insn->what.kind == VML_READ ? n : 0;
			sum[1] += insn->what.kind == VML_WRITE ? n : 0;
			sum[2] += insn->what.kind == VML_ISB ? n : 0;
			sum[3] += n;
		}
		for (unsigned i = 0; i < 4; i++)
			out->mean[i] += (double)sum[i] * (double)c->way[w].turns / (double)c->turns;
		tally_reset(y);
	}
}

void rec_count(struct rec_result *r, const struct rec_take *t, const struct rec_symbols *s, const struct rec_image *img, enum rec_mode mode)
{
	struct tally y = { .count = xcalloc(t->n_insn + 1, sizeof(*y.count)), .touched = xcalloc(t->n_insn + 1, sizeof(*y.touched)) };
	uint32_t *index;

	*r = (struct rec_result){ .take = t, .symbols = s, .mode = mode };
	rec_place(r, img);
	index = xcalloc(r->n_name + 1, sizeof(*index));
	for (unsigned cfg = 0; cfg < REC_CFGS; cfg++)
		for (unsigned k = 0; k < RECORD_KINDS; k++) {
			struct rec_counts *c = &r->of[cfg][k];

			if (t->of[cfg][k].turns == 0)
				continue;
			choose(t, &t->of[cfg][k], rec_kinds[k].times == 0 && rec_kinds[k].class != REC_PICK, c);
			count_way(r, c, &y, index);
			means(r, &t->of[cfg][k], c, &y);
		}
	free(index);
	free(y.count);
	free(y.touched);
}

void rec_result_free(struct rec_result *r)
{
	for (unsigned cfg = 0; cfg < REC_CFGS; cfg++)
		for (unsigned k = 0; k < RECORD_KINDS; k++) {
			free(r->of[cfg][k].op);
			free(r->of[cfg][k].function);
		}
	free(r->function);
	free(r->name);
	*r = (struct rec_result){ 0 };
}
