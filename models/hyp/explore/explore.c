/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search: breadth first over states that are kept as numbers of blocks, each different block once.
 *
 * A level is taken in rounds of some chunks of states. What follows them is made by threads, chunk by chunk, then what is new
 * of it is added in order. A round has the same states with any number of threads, and is always made as a whole: so is all
 * that is counted.
 */
#include <string.h>

#include "models/hyp/explore/explore_search.h"
#include "sim/base/pool.h"

void explore_options_init(struct explore_options *o)
{
	*o = (struct explore_options){ .vcpus = 2, .pcpus = 2, .vms = 1, .states = XS_EACH };
}

const char *explore_end_name(enum explore_end e)
{
	static const char *const names[] = {
#define X(id, name, help) name,
		EXPLORE_ENDS(X)
#undef X
	};

	return names[e];
}

const char *explore_end_what(enum explore_end e)
{
	static const char *const what[] = {
#define X(id, name, help) help,
		EXPLORE_ENDS(X)
#undef X
	};

	return what[e];
}

/* ---- life ---- */

struct explore *explore_new(const struct ws_prog *p, const struct explore_options *o)
{
	struct explore *x = xcalloc(1, sizeof(*x));

	x->opt = *o;
	x->p = p;
	x->w = xworld_new(p, o->vcpus, o->pcpus, o->vms, o->states);
	xmemo_init(&x->memo, x->w);
	xset_init(&x->state, o->vcpus + o->pcpus + 1);
	x->n_hand = pool_threads(o->pool);
	x->hand = xcalloc(x->n_hand, sizeof(*x->hand));
	x->piece = xcalloc(XCHUNKS, sizeof(*x->piece));
	x->buf = xmalloc(xstate_size(x->w));
	x->scratch = xmalloc(2 * xstate_size(x->w));
	return x;
}

void explore_free(struct explore *x)
{
	if (x == NULL)
		return;
	xmemo_free(&x->memo);
	xset_free(&x->state);
	for (unsigned t = 0; t < x->n_hand; t++) {
		if (x->hand[t].w == NULL)
			continue;
		if (x->hand[t].w != x->w)
			xworld_free(x->hand[t].w);
		xhand_free(&x->hand[t]);
	}
	for (unsigned k = 0; k < XCHUNKS; k++) {
		xchunk_free(&x->piece[k].chunk);
		free(x->piece[k].broken);
	}
	xworld_free(x->w);
	free(x->hand);
	free(x->piece);
	free(x->buf);
	free(x->scratch);
	free(x->found);
	free(x->where);
	free(x);
}

/* Of a thread, by its own hand. */
static struct xhand *hand_of(struct explore *x, unsigned thread)
{
	struct xhand *h = &x->hand[thread];

	if (h->w == NULL)
		xhand_init(h, thread == 0 ? x->w : xworld_new(x->p, x->opt.vcpus, x->opt.pcpus, x->opt.vms, x->opt.states));
	return h;
}

/* Bytes of a state, from its blocks. */
static void state_bytes(const struct explore *x, uint32_t s, uint8_t *b)
{
	const uint32_t *id = xset_at(&x->state, s);

	for (unsigned i = 0; i + 1 < x->state.parts; i++) {
		const struct xtable *t = &x->memo.block[i >= x->opt.vcpus];

		memcpy(b, xtable_at(t, id[i]), t->size);
		b += t->size;
	}
	*b = (uint8_t)id[x->state.parts - 1];
}

void explore_go_to(const struct explore *x, uint32_t s, struct xworld *w, uint8_t *buf)
{
	state_bytes(x, s, buf);
	xstate_decode(w, buf);
}

/* ---- what follows a state ---- */

/*
 * Two events in a row that touch different vCPUs and different pCPUs give the same in either order. The one that
 * comes first in the table comes first; equal rows are left alone, so that names do not decide. Then each state is
 * still reached, and as early: whatever is left out here follows the other order, which an event of a strictly
 * later row would have to forbid in turn, and so on, and rows are finitely many.
 */
static bool comes_in_other_order(const struct explore *x, const struct xnode *last, uint32_t last_rank, const struct xlocal *l)
{
	if (x->opt.no_order || last->parent == UINT32_MAX || last->vcpu == XNONE || last->vcpu == l->ev.vcpu ||
	    last->pcpu == l->ev.pcpu)
		return false;
	return l->rank < last_rank && !l->wide;
}

/* A state that is being expanded. */
struct here {
	uint32_t s, own[XPARTS];
	uint8_t tail;
	const struct xnode *last;
	uint32_t last_rank;
};

static void add_broken(struct xpiece *p, uint32_t s, struct xevent ev, const struct xworld *w)
{
	size_t n;
	const struct xviolation *v = xworld_violations(w, &n);

	for (size_t i = 0; i < n; i++) {
		if (p->n_broken == p->room_broken) {
			p->room_broken = 2 * p->room_broken + 8;
			p->broken = xrealloc(p->broken, p->room_broken * sizeof(*p->broken));
		}
		p->broken[p->n_broken++] = (struct xbroken){ v[i], s, ev };
	}
}

/* Run an event in the whole state. False: it breaks a rule. */
static bool run_event(const struct explore *x, struct xhand *h, struct xpiece *p, uint32_t s, struct xevent ev)
{
	explore_go_to(x, s, h->w, h->scratch);
	xworld_do(h->w, ev);
	if (h->w->n_found != 0)
		add_broken(p, s, ev, h->w);
	return h->w->n_found == 0;
}

/* The blocks after event i of a list. False: it breaks a rule. */
static bool blocks_after(struct explore *x, struct xhand *h, struct xpiece *p, const struct here *at, uint32_t list, uint32_t i, uint32_t effects,
			 uint32_t *to, uint8_t *tail)
{
	const struct xlocal *l = xmemo_local(&x->memo, list, i);

	if (!l->wide && !x->opt.no_memory && xmemo_after(&x->memo, h, list, i, effects, at->own, at->tail, to, tail))
		return true;
	if (h->full || !run_event(x, h, p, at->s, l->ev))
		return false;
	xmemo_world(&x->memo, h, to, tail);
	return true;
}

/* From blocks to the state that is kept: under the names that are tried. */
static void name_next(struct explore *x, struct xhand *h, uint32_t *own, uint8_t tail, const struct xlocal *l, struct xnext *to)
{
	unsigned n = x->opt.vcpus + x->opt.pcpus;
	struct xname name;

	if (x->opt.no_symmetry) {
		for (unsigned i = 0; i < EXPLORE_MAX; i++)
			name.v[i] = name.c[i] = (uint8_t)i;
	} else {
		xmemo_smallest(&x->memo, h, own, &name);
	}
	memcpy(to->id, own, n * sizeof(*to->id));
	to->id[n] = tail;
	to->hash = xmemo_hash(&x->memo, own, tail);
	to->slot = 0;
	if (l != NULL && !l->wide) {
		to->node.vcpu = name.v[l->ev.vcpu];
		to->node.pcpu = name.c[l->ev.pcpu];
	}
}

/* One event from a state. A state after a violation is not gone on from. */
static void try_event(struct explore *x, struct xhand *h, struct xpiece *p, const struct here *at, uint32_t list, uint32_t i, uint32_t effects)
{
	const struct xlocal *l = xmemo_local(&x->memo, list, i);
	uint32_t own[XPARTS];
	struct xnext *to;
	uint8_t tail;

	p->transitions++;
	if (!blocks_after(x, h, p, at, list, i, effects, own, &tail) || h->full)
		return;
	to = xchunk_next(&p->chunk);
	to->node = (struct xnode){ at->s, l->ev, XNONE, XNONE };
	name_next(x, h, own, tail, l, to);
	p->chunk.n++;
}

static bool is_over(const struct explore *x, const struct xhand *h, const struct xpiece *p)
{
	return h->full || (p->n_broken != 0 && !x->opt.all);
}

/* The events of one vCPU. */
static void expand_vcpu(struct explore *x, struct xhand *h, struct xpiece *p, const struct here *at, uint32_t list)
{
	uint32_t effects[EXPLORE_MAX] = { 0 }, n = x->memo.list[list].n;
	unsigned pcpus = x->memo.list[list].pcpus;

	for (unsigned c = 0; pcpus >> c != 0; c++) {
		if ((pcpus >> c & 1) != 0)
			effects[c] = xmemo_effects(&x->memo, h, list, at->own, at->tail, c);
	}
	for (uint32_t i = 0; i < n && !is_over(x, h, p); i++) {
		const struct xlocal *l = xmemo_local(&x->memo, list, i);

		if (comes_in_other_order(x, at->last, at->last_rank, l))
			p->left_out++;
		else
			try_event(x, h, p, at, list, i, effects[l->ev.pcpu]);
	}
}

static void expand(struct explore *x, struct xhand *h, struct xpiece *p, uint32_t s)
{
	struct here at = { .s = s, .last = &x->state.node[s] };
	uint32_t env;

	memcpy(at.own, xset_at(&x->state, s), (x->state.parts - 1) * sizeof(*at.own));
	at.tail = (uint8_t)xset_at(&x->state, s)[x->state.parts - 1];
	at.last_rank = xmemo_rank(at.last->ev);
	env = xmemo_env(&x->memo, at.own);
	for (unsigned v = 0; v < x->opt.vcpus && !is_over(x, h, p); v++) {
		uint32_t list = xmemo_list(&x->memo, h, at.own, at.tail, v, env);

		if (!h->full)
			expand_vcpu(x, h, p, &at, list);
	}
}

/* States of a piece that are left, until there is no room. */
static void expand_piece(void *ctx, size_t k, unsigned thread)
{
	struct explore *x = ctx;
	struct xhand *h = hand_of(x, thread);
	struct xpiece *p = &x->piece[k];

	h->full = false;
	for (; p->done < p->n && (p->n_broken == 0 || x->opt.all); p->done++) {
		const struct xpiece before = *p;

		expand(x, h, p, p->first + p->done);
		if (!h->full)
			continue;
		p->chunk.n = before.chunk.n;
		p->transitions = before.transitions;
		p->left_out = before.left_out;
		p->n_broken = before.n_broken;
		return;
	}
	p->done = p->n;
	xchunk_sort(&p->chunk);
}

/* ---- rounds ---- */

#define CHUNK 64 /* states */

static bool same_violation(const struct xviolation *a, const struct xviolation *b)
{
	return a->flag == b->flag && a->rule == b->rule && a->phase == b->phase && a->op == b->op &&
	       strcmp(a->what, b->what) == 0 &&
	       (a->function == b->function ||
		(a->function != NULL && b->function != NULL && strcmp(a->function, b->function) == 0));
}

static void add_violations(struct explore *x, const struct xpiece *p, unsigned depth)
{
	for (size_t k = 0; k < p->n_broken; k++) {
		const struct xbroken *b = &p->broken[k];
		size_t i;

		for (i = 0; i < x->n_found && !same_violation(&x->found[i], &b->what); i++)
			;
		if (i < x->n_found)
			continue;
		x->found = xrealloc(x->found, (x->n_found + 1) * sizeof(*x->found));
		x->where = xrealloc(x->where, (x->n_found + 1) * sizeof(*x->where));
		x->found[x->n_found] = b->what;
		x->found[x->n_found].length = depth + 1;
		x->where[x->n_found++] = (struct xwhere_found){ b->parent, b->ev };
	}
}

static bool is_done(const struct explore *x, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		if (x->piece[k].done < x->piece[k].n)
			return false;
	}
	return true;
}

/* What follows n states from s on. */
static void round_of(struct explore *x, uint32_t s, uint32_t n, unsigned depth)
{
	struct xchunk *chunk[XCHUNKS];
	unsigned pieces = (n + CHUNK - 1) / CHUNK, used = 0;

	for (unsigned k = 0; k < pieces; k++) {
		struct xpiece *p = &x->piece[k];

		p->first = s + k * CHUNK;
		p->n = k + 1 < pieces ? CHUNK : n - k * CHUNK;
		p->done = 0;
		p->chunk.n = 0;
		p->transitions = p->left_out = 0;
		p->n_broken = 0;
	}
	do {
		pool_run(x->opt.pool, pieces, expand_piece, x);
		xmemo_make_room(&x->memo); /* after the last one, too: so that its size does not depend on how many it took */
	} while (!is_done(x, pieces));
	for (; used < pieces && (x->opt.all || x->n_found == 0); used++) {
		const struct xpiece *p = &x->piece[used];

		x->stats.transitions += p->transitions;
		x->stats.left_out += p->left_out;
		add_violations(x, p, depth);
		chunk[used] = &x->piece[used].chunk;
	}
	xset_add(&x->state, x->opt.pool, chunk, used);
}

static bool may_go_on(struct explore *x, unsigned depth, enum explore_end *end)
{
	x->stats.states = x->state.n;
	x->stats.bytes = xmemo_bytes(&x->memo) + xset_bytes(&x->state);
	if (x->opt.memory != 0 && x->stats.bytes > x->opt.memory) {
		*end = XEND_MEMORY;
		return false;
	}
	if (x->opt.go_on != NULL && !x->opt.go_on(x->opt.self, x->stats.states, depth)) {
		*end = XEND_STOPPED;
		return false;
	}
	return true;
}

/* The state that all begins with. */
static void begin(struct explore *x)
{
	struct xchunk *first = &x->piece[0].chunk;
	struct xnext *to = xchunk_next(first);
	struct xhand *h = hand_of(x, 0);
	uint32_t own[XPARTS];
	uint8_t tail;

	xmemo_world(&x->memo, h, own, &tail);
	to->node = (struct xnode){ UINT32_MAX, { 0, 0, 0, 0 }, XNONE, XNONE };
	name_next(x, h, own, tail, NULL, to);
	first->n = 1;
	xchunk_sort(first);
	xset_add(&x->state, NULL, &first, 1);
}

static enum explore_end search(struct explore *x)
{
	enum explore_end end = XEND_CLOSED;
	uint32_t s = 0;

	begin(x);
	for (unsigned depth = 0; s < x->state.n; depth++) {
		uint32_t next = x->state.n, n;

		if (x->opt.depth != 0 && depth == x->opt.depth)
			return XEND_DEPTH;
		for (; s < next; s += n) {
			if (!may_go_on(x, depth, &end))
				return end;
			n = next - s < XCHUNKS * CHUNK ? next - s : XCHUNKS * CHUNK;
			round_of(x, s, n, depth);
			if (x->n_found != 0 && !x->opt.all)
				return XEND_VIOLATION;
		}
		x->stats.depth = depth + 1;
	}
	return XEND_CLOSED;
}

enum explore_end explore_run(struct explore *x)
{
	enum explore_end end = search(x);

	x->stats.states = x->state.n;
	x->stats.bytes = xmemo_bytes(&x->memo) + xset_bytes(&x->state);
	return end;
}
