// SPDX-License-Identifier: Apache-2.0
/* Control flow of one function, with what its words can be patched to. */
#include "models/vmlinux/code.h"

#include <string.h>

#include "models/cpu/a64/a64.h"
#include "sim/base/str.h"

/* Branches, exceptions, system: bits 28 to 26 are 101 (Arm ARM, C4.1). */
#define BRANCH_MASK  0x1c000000u
#define BRANCH_VALUE 0x14000000u
#define NOP          0xd503201fu
/* The ADDs that complete an ADRP are looked for so far behind it. */
enum { PAIR_WORDS = 16 };
enum { VECTORS = 16, VECTOR_WORDS = 0x80 / 4 };
#define NONE UINT32_MAX

enum flow { FLOW_NEXT, FLOW_JUMP, FLOW_MAYBE, FLOW_STOP, FLOW_REGISTER };

/* What a word can be: itself, or a word of a replacement. */
struct node {
	uint64_t addr, target; /* target: of a branch or call */
	uint32_t insn;         /* the word */
	uint32_t alt;          /* index of vml_alt, NONE: the original */
	uint32_t to;           /* word of this function that it branches to, NONE: elsewhere */
	uint8_t flow;
	bool call;             /* BL or BLR */
};

struct graph {
	const struct vml_image *img;
	const struct vml_patches *p;
	const struct vml_func *f;
	struct node *nodes;
	size_t n_nodes;
	uint32_t *first;  /* node of each word, and one more */
	size_t alt, n_alt;   /* alternatives of this function: p->alts[alt...] */
	size_t jump, n_jump;
	uint8_t *islands; /* words behind the end of a path that nothing branches to: where jump tables go */
	uint32_t *stack;
	/* One condition taken to be so, NONE: as known. */
	uint32_t forced;
	uint8_t forced_state;
};

static enum vml_state state_of(const struct graph *g, uint32_t cond)
{
	return cond == g->forced ? (enum vml_state)g->forced_state : (enum vml_state)g->p->conds[cond].state;
}

/* Is the callback one whose result is known? It puts NOPs when the capability is there. */
static bool puts_nops(const struct vml_alt *a)
{
	const size_t n = strlen("alt_cb_patch_nops");
	size_t len = a->callback != NULL ? strlen(a->callback) : 0;

	return len >= n && strcmp(a->callback + len - n, "alt_cb_patch_nops") == 0;
}

static bool covers(const struct vml_alt *a, uint64_t addr)
{
	return addr >= a->at && addr - a->at < (uint64_t)a->words * 4;
}

/* Can the word be this? Of several replacements of one place the last wins. */
static bool possible(const struct graph *g, const struct node *n, uint64_t place)
{
	size_t from = n->alt == NONE ? g->alt : n->alt + 1;

	if (n->alt != NONE && state_of(g, g->p->alts[n->alt].cond) == VML_OFF)
		return false;
	for (size_t i = from; i < g->alt + g->n_alt; i++) {
		const struct vml_alt *a = &g->p->alts[i];

		if (covers(a, place) && (a->callback == NULL || puts_nops(a)) && state_of(g, a->cond) == VML_ON)
			return false;
	}
	return true;
}

static void flow_of(struct graph *g, struct node *n)
{
	struct a64_op op;

	n->to = NONE;
	if ((n->insn & BRANCH_MASK) != BRANCH_VALUE)
		return;
	(void)a64_decode(n->insn, A64_FEATS_ALL, &op);
	switch (op.insn) {
	case A64_B: n->flow = FLOW_JUMP; break;
	case A64_B_cond:
	case A64_CBZ:
	case A64_CBNZ:
	case A64_TBZ:
	case A64_TBNZ: n->flow = FLOW_MAYBE; break;
	case A64_BL:
	case A64_BLR:
	case A64_BLRAZ:
	case A64_BLRA: n->call = true; break;
	case A64_BR:
	case A64_BRAZ:
	case A64_BRA: n->flow = FLOW_REGISTER; return;
	case A64_RET:
	case A64_RETA:
	case A64_ERET:
	case A64_ERETA: n->flow = FLOW_STOP; return;
	default: return;
	}
	if (op.insn == A64_BLR || op.insn == A64_BLRAZ || op.insn == A64_BLRA)
		return;
	n->target = n->addr + op.imm;
	/* A branch inside of a replacement stays in what it replaces. */
	if (n->alt != NONE) {
		const struct vml_alt *a = &g->p->alts[n->alt];

		if (n->target >= a->with && n->target - a->with <= (uint64_t)a->with_words * 4)
			n->target = a->at + (n->target - a->with);
	}
	if (!n->call && n->target >= g->f->addr && n->target - g->f->addr < (uint64_t)g->f->words * 4)
		n->to = (uint32_t)((n->target - g->f->addr) / 4);
}

static void add_node(struct graph *g, uint64_t addr, uint32_t insn, uint32_t alt)
{
	struct node *n = &g->nodes[g->n_nodes++];

	*n = (struct node){ .addr = addr, .insn = insn, .alt = alt };
	flow_of(g, n);
}

static uint32_t word_at(const struct vml_image *img, uint64_t addr)
{
	uint64_t v = NOP;

	(void)vml_read(img, addr, 4, &v);
	return (uint32_t)v;
}

static void add_word(struct graph *g, uint32_t i)
{
	uint64_t place = g->f->addr + (uint64_t)i * 4;

	g->first[i] = (uint32_t)g->n_nodes;
	add_node(g, place, word_at(g->img, place), NONE);
	for (size_t k = g->alt; k < g->alt + g->n_alt && g->p->alts[k].at <= place; k++) {
		const struct vml_alt *a = &g->p->alts[k];
		uint64_t at = a->with + (place - a->at);

		if (!covers(a, place) || (a->callback != NULL && !puts_nops(a)))
			continue;
		if (a->callback != NULL)
			add_node(g, place, NOP, (uint32_t)k);
		else
			add_node(g, at, at - a->with < (uint64_t)a->with_words * 4 ? word_at(g->img, at) : NOP, (uint32_t)k);
	}
}

/* The first of n sorted things at or behind an address. */
#define FIRST_FROM(v, n, address, lo)                                                              \
	do {                                                                                        \
		size_t hi_ = (n);                                                                   \
		(lo) = 0;                                                                           \
		while ((lo) < hi_) {                                                                \
			size_t mid_ = ((lo) + hi_) / 2;                                             \
			if ((v)[mid_].at < (address))                                               \
				(lo) = mid_ + 1;                                                    \
			else                                                                        \
				hi_ = mid_;                                                         \
		}                                                                                   \
	} while (0)

static const struct vml_jump *jump_at(const struct graph *g, uint64_t addr)
{
	for (size_t k = g->jump; k < g->jump + g->n_jump; k++)
		if (g->p->jumps[k].at == addr)
			return &g->p->jumps[k];
	return NULL;
}

static uint32_t word_of(const struct graph *g, uint64_t addr)
{
	return addr >= g->f->addr && addr - g->f->addr < (uint64_t)g->f->words * 4 ? (uint32_t)((addr - g->f->addr) / 4) : NONE;
}

/* Islands: the word before ends the path whatever it is, and no branch leads here. */
static void find_islands(struct graph *g)
{
	uint32_t n = g->f->words;
	uint8_t *led = xcalloc(n + 1, 1);

	for (size_t k = 0; k < g->n_nodes; k++)
		if (g->nodes[k].to != NONE)
			led[g->nodes[k].to] = 1;
	for (size_t k = g->jump; k < g->jump + g->n_jump; k++)
		if (word_of(g, g->p->jumps[k].target) != NONE)
			led[word_of(g, g->p->jumps[k].target)] = 1;
	for (uint32_t i = 1; i < n; i++) {
		bool ends = true;

		for (uint32_t k = g->first[i - 1]; k < g->first[i]; k++)
			ends &= g->nodes[k].flow != FLOW_NEXT && g->nodes[k].flow != FLOW_MAYBE;
		g->islands[i] = ends && !led[i] && jump_at(g, g->f->addr + (uint64_t)(i - 1) * 4) == NULL;
	}
	free(led);
}

static void graph_make(struct graph *g, const struct vml_image *img, const struct vml_patches *p, size_t f)
{
	uint64_t end;
	size_t nodes;

	*g = (struct graph){ .img = img, .p = p, .f = &img->funcs[f], .forced = NONE };
	end = g->f->addr + (uint64_t)g->f->words * 4;
	FIRST_FROM(p->alts, p->n_alts, g->f->addr, g->alt);
	FIRST_FROM(p->jumps, p->n_jumps, g->f->addr, g->jump);
	nodes = g->f->words;
	for (; g->alt + g->n_alt < p->n_alts && p->alts[g->alt + g->n_alt].at < end; g->n_alt++)
		nodes += p->alts[g->alt + g->n_alt].words;
	while (g->jump + g->n_jump < p->n_jumps && p->jumps[g->jump + g->n_jump].at < end)
		g->n_jump++;
	g->nodes = xcalloc(nodes + 1, sizeof(*g->nodes));
	g->first = xcalloc((size_t)g->f->words + 1, sizeof(*g->first));
	g->islands = xcalloc((size_t)g->f->words + 1, 1);
	g->stack = xcalloc((size_t)g->f->words + 1, sizeof(*g->stack));
	for (uint32_t i = 0; i < g->f->words; i++)
		add_word(g, i);
	g->first[g->f->words] = (uint32_t)g->n_nodes;
	find_islands(g);
}

static void graph_free(struct graph *g)
{
	free(g->nodes);
	free(g->first);
	free(g->islands);
	free(g->stack);
}

static void push(struct graph *g, uint32_t word, uint8_t *seen, size_t *depth)
{
	if (word >= g->f->words || seen[word])
		return;
	seen[word] = 1;
	g->stack[(*depth)++] = word;
}

static void follow(struct graph *g, uint32_t i, uint8_t *seen, size_t *depth)
{
	uint64_t place = g->f->addr + (uint64_t)i * 4;
	const struct vml_jump *j = jump_at(g, place);

	if (j != NULL) {
		enum vml_state s = state_of(g, j->cond);

		if (s == VML_UNKNOWN || (s == VML_ON) != j->inverted)
			push(g, word_of(g, j->target), seen, depth);
		if (s == VML_UNKNOWN || (s == VML_ON) == j->inverted)
			push(g, i + 1, seen, depth);
		return;
	}
	for (uint32_t k = g->first[i]; k < g->first[i + 1]; k++) {
		const struct node *n = &g->nodes[k];

		if (!possible(g, n, place))
			continue;
		if (n->to != NONE)
			push(g, n->to, seen, depth);
		if (n->flow == FLOW_NEXT || n->flow == FLOW_MAYBE)
			push(g, i + 1, seen, depth);
		if (n->flow == FLOW_REGISTER)
			for (uint32_t w = 0; w < g->f->words; w++)
				if (g->islands[w])
					push(g, w, seen, depth);
	}
}

/* Marks the words that are reached from those on the stack; not past a word of cut (NULL: none). */
static void reach(struct graph *g, const uint8_t *cut, uint8_t *seen, size_t depth)
{
	while (depth > 0) {
		uint32_t i = g->stack[--depth];

		if (cut == NULL || !cut[i])
			follow(g, i, seen, &depth);
	}
}

/* Where it is entered: its first word, or the entries of each vector table in it. */
static void push_entries(struct graph *g, uint8_t *seen, size_t *depth)
{
	if (g->f->vectors == 0)
		push(g, 0, seen, depth);
	for (uint32_t i = 0; g->f->vectors != 0 && i < g->f->words; i += VECTOR_WORDS)
		if (g->f->vectors >> (i / VECTOR_WORDS % VECTORS) & 1)
			push(g, i, seen, depth);
}

static void reach_all(struct graph *g, uint8_t *seen)
{
	size_t depth = 0;

	memset(seen, 0, g->f->words);
	push_entries(g, seen, &depth);
	reach(g, NULL, seen, depth);
}

static void guard_add(struct vml_guards *v, uint32_t cond, bool on)
{
	if (v->n < VML_GUARDS_MAX)
		v->v[v->n++] = (struct vml_guard){ cond, on };
	else
		v->more = true;
}

static int cond_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The conditions of the function, each once; free them. */
static uint32_t *conds_of(const struct graph *g, size_t *n)
{
	uint32_t *v = xcalloc(g->n_alt + g->n_jump + 1, sizeof(*v));
	size_t all = 0;

	for (size_t k = g->alt; k < g->alt + g->n_alt; k++)
		v[all++] = g->p->alts[k].cond;
	for (size_t k = g->jump; k < g->jump + g->n_jump; k++)
		v[all++] = g->p->jumps[k].cond;
	qsort(v, all, sizeof(*v), cond_order);
	*n = 0;
	for (size_t i = 0; i < all; i++)
		if (*n == 0 || v[*n - 1] != v[i])
			v[(*n)++] = v[i];
	return v;
}

/* Which nodes are there: one byte each. */
static void there(struct graph *g, uint8_t *seen, uint8_t *nodes)
{
	reach_all(g, seen);
	for (uint32_t i = 0; i < g->f->words; i++)
		for (uint32_t k = g->first[i]; k < g->first[i + 1]; k++)
			nodes[k] = seen[i] && possible(g, &g->nodes[k], g->f->addr + (uint64_t)i * 4);
}

/* Guards of every node: what is there with a condition on and not with it off needs it. */
static struct vml_guards *all_guards(struct graph *g, uint8_t *seen)
{
	struct vml_guards *guards = xcalloc(g->n_nodes + 1, sizeof(*guards));
	uint8_t *on = xcalloc(g->n_nodes + 1, 1), *off = xcalloc(g->n_nodes + 1, 1);
	size_t n = 0;
	uint32_t *conds = conds_of(g, &n);

	for (size_t i = 0; i < n; i++) {
		g->forced = conds[i];
		g->forced_state = VML_ON;
		there(g, seen, on);
		g->forced_state = VML_OFF;
		there(g, seen, off);
		g->forced = NONE;
		for (size_t k = 0; k < g->n_nodes; k++)
			if (on[k] != off[k])
				guard_add(&guards[k], conds[i], on[k]);
	}
	free(on);
	free(off);
	free(conds);
	return guards;
}

/* --- what is there ---------------------------------------------------------------------------- */

static struct vml_call *add_call(struct vml_code *c)
{
	c->calls = xrealloc(c->calls, (c->n_calls + 1) * sizeof(*c->calls));
	return &c->calls[c->n_calls++];
}

/* Pointers to functions in an object of data: a call by register may go to each. */
static void add_table(const struct graph *g, uint64_t addr, uint32_t word, const struct vml_guards *guards, struct vml_code *c)
{
	const struct vml_symbol *s = vml_symbol_before(g->img, addr);

	if (s == NULL || s->type != VML_OBJECT || vml_is_code(g->img, s->addr) || addr - s->addr >= s->size)
		return;
	for (size_t i = 0; i < c->n_calls; i++)
		if (c->calls[i].table == s->name)
			return;
	for (uint64_t at = 0; at + 8 <= s->size; at += 8) {
		uint64_t v = 0;
		long f;

		if (!vml_read(g->img, s->addr + at, 8, &v) || v == 0)
			continue;
		f = vml_func_at(g->img, v);
		if (f >= 0 && g->img->funcs[f].addr == v)
			*add_call(c) = (struct vml_call){ v, word, false, s->name, *guards };
	}
}

/*
 * The address that an ADRP and the ADDs behind it make: of an object, or of an anchor between objects that more ADDs go on
 * from. Only functions that call by register care.
 */
static void add_tables_of(const struct graph *g, size_t k, const struct vml_guards *guards, struct vml_code *c)
{
	uint32_t word = word_of(g, g->nodes[k].addr);
	struct a64_op op;
	uint64_t value;
	bool whole = false, done = false;
	uint8_t reg;

	(void)a64_decode(g->nodes[k].insn, A64_FEATS_ALL, &op);
	value = (g->nodes[k].addr & ~(uint64_t)0xfff) + op.imm;
	reg = op.d;
	for (size_t m = k + 1; m < g->n_nodes && m <= k + PAIR_WORDS; m++) {
		(void)a64_decode(g->nodes[m].insn, A64_FEATS_ALL, &op);
		if (op.insn != A64_ADD_i || op.n != reg)
			continue;
		if (op.d == reg) {
			value += op.imm;
			whole = true;
		} else {
			add_table(g, value + op.imm, word, guards, c);
			done = true;
		}
	}
	if (whole && !done)
		add_table(g, value, word, guards, c);
}

static void add_tables(const struct graph *g, const uint8_t *nodes, const struct vml_guards *guards, struct vml_code *c)
{
	for (size_t k = 0; k < g->n_nodes; k++)
		if (nodes[k] && (g->nodes[k].insn & 0x9f000000u) == 0x90000000u && word_of(g, g->nodes[k].addr) != NONE)
			add_tables_of(g, k, &guards[k], c);
}

static void take_node(const struct graph *g, uint32_t word, uint32_t k, const struct vml_guards *guards, struct vml_code *c)
{
	const struct node *n = &g->nodes[k];
	const struct vml_jump *j = n->alt == NONE ? jump_at(g, n->addr) : NULL;
	struct vml_what what;

	if (vml_what(n->insn, &what)) {
		c->ops = xrealloc(c->ops, (c->n_ops + 1) * sizeof(*c->ops));
		c->ops[c->n_ops++] = (struct vml_op){ n->addr, word, what, guards[k] };
	}
	if (j != NULL)
		return;
	if (n->flow == FLOW_REGISTER || (n->call && n->target == 0))
		c->indirect = true;
	else if (n->target != 0 && n->to == NONE)
		*add_call(c) = (struct vml_call){ n->target, word, !n->call, NULL, guards[k] };
	if (word + 1 == g->f->words && !g->f->sized && (n->flow == FLOW_NEXT || n->flow == FLOW_MAYBE)) /* runs on */
		*add_call(c) = (struct vml_call){ g->f->addr + (uint64_t)g->f->words * 4, word, true, NULL, guards[k] };
}

static void take_callbacks(const struct graph *g, struct vml_code *c)
{
	for (size_t k = g->alt; k < g->alt + g->n_alt; k++) {
		const char *name = g->p->alts[k].callback;
		bool had = name == NULL || puts_nops(&g->p->alts[k]);

		for (size_t i = 0; i < c->n_callbacks; i++)
			had |= strcmp(c->callbacks[i], name != NULL ? name : "") == 0;
		if (had)
			continue;
		c->callbacks = xrealloc(c->callbacks, (c->n_callbacks + 1) * sizeof(*c->callbacks));
		c->callbacks[c->n_callbacks++] = name;
	}
}

void vml_code_read(const struct vml_image *img, const struct vml_patches *p, size_t f, struct vml_code *c)
{
	struct vml_guards *guards;
	uint8_t *seen, *nodes;
	struct graph g;

	*c = (struct vml_code){ 0 };
	graph_make(&g, img, p, f);
	seen = xcalloc((size_t)g.f->words + 1, 1);
	nodes = xcalloc(g.n_nodes + 1, 1);
	guards = all_guards(&g, seen);
	there(&g, seen, nodes);
	for (uint32_t i = 0; i < g.f->words; i++) {
		c->words += seen[i];
		for (uint32_t k = g.first[i]; k < g.first[i + 1]; k++)
			if (nodes[k])
				take_node(&g, i, k, guards, c);
	}
	if (c->indirect)
		add_tables(&g, nodes, guards, c);
	take_callbacks(&g, c);
	free(guards);
	free(nodes);
	free(seen);
	graph_free(&g);
}

void vml_code_free(struct vml_code *c)
{
	free(c->ops);
	free(c->calls);
	free(c->callbacks);
	*c = (struct vml_code){ 0 };
}

void vml_code_split(const struct vml_image *img, const struct vml_patches *p, size_t f, const uint8_t *cut, uint8_t *before,
		    uint8_t *after)
{
	struct graph g;
	size_t depth = 0;

	graph_make(&g, img, p, f);
	memset(before, 0, g.f->words);
	memset(after, 0, g.f->words);
	push_entries(&g, before, &depth);
	reach(&g, cut, before, depth);
	depth = 0;
	for (uint32_t i = 0; i < g.f->words; i++)
		if (cut[i] && before[i])
			push(&g, i + 1, after, &depth);
	reach(&g, cut, after, depth);
	graph_free(&g);
}

void vml_guards_text(const struct vml_patches *p, const struct vml_guards *g, bool unknown_only, struct str *text)
{
	const char *and = "";

	for (unsigned i = 0; i < g->n; i++) {
		const struct vml_cond *c = &p->conds[g->v[i].cond];

		if (unknown_only && c->state != VML_UNKNOWN)
			continue;
		str_addf(text, "%s%s%s", and, g->v[i].on ? "" : "not ", c->name);
		and = " and ";
	}
	if (g->more)
		str_addf(text, "%smore", and);
}
