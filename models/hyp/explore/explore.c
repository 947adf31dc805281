/* SPDX-License-Identifier: Apache-2.0 */
/* The search: breadth first over states that are kept as numbers of blocks, each different block once. */
#include <string.h>

#include "models/hyp/explore/explore_memo.h"

/* ---- the search ---- */

/* How a state was first reached. */
struct node {
	uint32_t parent;
	struct xevent ev;   /* under the parent's names */
	uint8_t vcpu, pcpu; /* of the event under the state's own names; XNONE: the event touched more */
};

struct found {
	uint32_t parent;
	struct xevent ev;
};

/* A state that may be new: what it is made of, and how it was come to. */
struct next {
	uint32_t id[XPARTS + 1];
	uint32_t hash, parent;
	struct xname name; /* new names of what was there before */
	struct xevent ev;
	bool wide;
};

#define NEXT_ENOUGH 64 /* that many are looked up at once */

struct explore {
	struct explore_options opt;
	struct xworld *w;
	struct xmemo memo;
	struct recset state; /* numbers of its blocks, then the tail */
	struct node *node;
	uint32_t room_node;
	struct explore_stats stats;
	struct next *next; /* not looked up yet: their slots are on the way from memory */
	size_t n_next;
	uint8_t *buf, *scratch;
	struct xviolation *found;
	struct found *where;
	size_t n_found;
};

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

struct explore *explore_new(const struct ws_prog *p, const struct explore_options *o)
{
	struct explore *x = xcalloc(1, sizeof(*x));

	x->opt = *o;
	x->w = xworld_new(p, o->vcpus, o->pcpus, o->vms, o->states);
	xmemo_init(&x->memo, x->w);
	recset_init(&x->state, (o->vcpus + o->pcpus + 1) * sizeof(uint32_t));
	x->next = xcalloc(NEXT_ENOUGH + XEVENTS_MAX, sizeof(*x->next));
	x->buf = xmalloc(xstate_size(x->w));
	x->scratch = xmalloc(2 * xstate_size(x->w));
	return x;
}

void explore_free(struct explore *x)
{
	if (x == NULL)
		return;
	xmemo_free(&x->memo);
	recset_free(&x->state);
	xworld_free(x->w);
	free(x->node);
	free(x->next);
	free(x->buf);
	free(x->scratch);
	free(x->found);
	free(x->where);
	free(x);
}

/* From blocks to the state that is kept: under the names that are tried. */
static void name_next(struct explore *x, uint32_t *own, uint8_t tail, struct next *to)
{
	unsigned n = x->opt.vcpus + x->opt.pcpus;

	if (x->opt.no_symmetry) {
		for (unsigned i = 0; i < EXPLORE_MAX; i++)
			to->name.v[i] = to->name.c[i] = (uint8_t)i;
	} else {
		xmemo_smallest(&x->memo, own, &to->name);
	}
	memcpy(to->id, own, n * sizeof(*to->id));
	to->id[n] = tail;
	to->hash = recset_ask(&x->state, to->id);
}

/* Numbers of a state's blocks; returns the tail. */
static uint8_t blocks_of(const struct explore *x, uint32_t s, uint32_t own[static XPARTS])
{
	uint32_t id[XPARTS + 1];
	unsigned n = x->opt.vcpus + x->opt.pcpus;

	memcpy(id, recset_at(&x->state, s), x->state.size);
	memcpy(own, id, n * sizeof(*id));
	return (uint8_t)id[n];
}

/* Bytes of a state, from its blocks, into x->buf. */
static void state_bytes(struct explore *x, uint32_t s)
{
	uint32_t own[XPARTS];
	uint8_t *b = x->buf, tail = blocks_of(x, s, own);

	for (unsigned i = 0; i < x->opt.vcpus + x->opt.pcpus; i++) {
		const struct recset *t = &x->memo.block[i >= x->opt.vcpus];

		memcpy(b, recset_at(t, own[i]), t->size);
		b += t->size;
	}
	*b = tail;
}

static void go_to(struct explore *x, uint32_t s)
{
	state_bytes(x, s);
	xstate_decode(x->w, x->buf);
}

static void add_node(struct explore *x, uint32_t s, const struct node *n)
{
	if (s >= x->room_node) {
		x->room_node = x->room_node != 0 ? 2 * x->room_node : 256;
		x->node = xrealloc(x->node, x->room_node * sizeof(*x->node));
	}
	x->node[s] = *n;
}

/*
 * Two events in a row that touch different vCPUs and different pCPUs give the same in either order. The one that
 * comes first in the table comes first; equal rows are left alone, so that names do not decide. Then each state is
 * still reached, and as early: whatever is left out here follows the other order, which an event of a strictly
 * later row would have to forbid in turn, and so on, and rows are finitely many.
 */
static bool comes_in_other_order(const struct explore *x, const struct node *last, uint32_t last_rank, const struct xlocal *l)
{
	if (x->opt.no_order || last->parent == UINT32_MAX || last->vcpu == XNONE || last->vcpu == l->ev.vcpu ||
	    last->pcpu == l->ev.pcpu)
		return false;
	return l->rank < last_rank && !l->wide;
}

static bool same_violation(const struct xviolation *a, const struct xviolation *b)
{
	return a->flag == b->flag && a->rule == b->rule && a->phase == b->phase && a->op == b->op &&
	       strcmp(a->what, b->what) == 0 &&
	       (a->function == b->function ||
		(a->function != NULL && b->function != NULL && strcmp(a->function, b->function) == 0));
}

static void add_violations(struct explore *x, uint32_t s, struct xevent ev, unsigned depth)
{
	size_t n, i;
	const struct xviolation *v = xworld_violations(x->w, &n);

	for (size_t k = 0; k < n; k++) {
		for (i = 0; i < x->n_found && !same_violation(&x->found[i], &v[k]); i++)
			;
		if (i < x->n_found)
			continue;
		x->found = xrealloc(x->found, (x->n_found + 1) * sizeof(*x->found));
		x->where = xrealloc(x->where, (x->n_found + 1) * sizeof(*x->where));
		x->found[x->n_found] = v[k];
		x->found[x->n_found].length = depth + 1;
		x->where[x->n_found++] = (struct found){ s, ev };
	}
}

static uint64_t bytes_used(const struct explore *x)
{
	return xmemo_bytes(&x->memo) + recset_bytes(&x->state) + (uint64_t)x->state.n * sizeof(*x->node);
}

/* Run an event in the whole state. False: it breaks a rule. */
static bool run_event(struct explore *x, uint32_t s, struct xevent ev, unsigned depth)
{
	go_to(x, s);
	xworld_do(x->w, ev);
	if (x->w->n_found != 0)
		add_violations(x, s, ev, depth);
	return x->w->n_found == 0;
}

/* A state that is being expanded. */
struct here {
	uint32_t s, own[XPARTS];
	uint8_t tail;
	unsigned depth;
};

/* The blocks after event i of a list. False: it breaks a rule. */
static bool blocks_after(struct explore *x, const struct here *h, uint32_t list, uint32_t i, uint32_t effects, uint32_t *to,
			 uint8_t *tail)
{
	const struct xlocal *l = &x->memo.local[x->memo.list[list].first + i];
	const struct xevent ev = l->ev;

	if (!l->wide && !x->opt.no_memory && xmemo_after(&x->memo, list, i, effects, h->own, h->tail, to, tail))
		return true;
	if (!run_event(x, h->s, ev, h->depth))
		return false;
	xmemo_world(&x->memo, to, tail);
	return true;
}

/* One event from a state. A state after a violation is not gone on from: false. */
static bool try_event(struct explore *x, const struct here *h, uint32_t list, uint32_t i, uint32_t effects, struct next *to)
{
	const struct xlocal l = x->memo.local[x->memo.list[list].first + i];
	uint32_t own[XPARTS];
	uint8_t tail;

	x->stats.transitions++;
	if (!blocks_after(x, h, list, i, effects, own, &tail))
		return false;
	to->parent = h->s;
	to->ev = l.ev;
	to->wide = l.wide;
	name_next(x, own, tail, to);
	return true;
}

/* States that are new get their numbers. */
static void add_states(struct explore *x)
{
	for (size_t i = 0; i < x->n_next; i++) {
		const struct next *to = &x->next[i];
		struct node node = { to->parent, to->ev, XNONE, XNONE };
		bool fresh;
		uint32_t s = recset_add_hashed(&x->state, to->id, to->hash, &fresh);

		if (!fresh)
			continue;
		if (!to->wide) {
			node.vcpu = to->name.v[to->ev.vcpu];
			node.pcpu = to->name.c[to->ev.pcpu];
		}
		add_node(x, s, &node);
	}
	x->n_next = 0;
}

#define ASK_EVERY 64 /* states */

static bool may_go_on(struct explore *x, uint32_t s, unsigned depth, enum explore_end *end)
{
	x->stats.states = x->state.n;
	x->stats.bytes = bytes_used(x);
	if (x->opt.memory != 0 && x->stats.bytes > x->opt.memory) {
		*end = XEND_MEMORY;
		return false;
	}
	if (s % ASK_EVERY == 0 && x->opt.go_on != NULL && !x->opt.go_on(x->opt.self, x->stats.states, depth)) {
		*end = XEND_STOPPED;
		return false;
	}
	return true;
}

/* The events of one vCPU. */
static void expand_vcpu(struct explore *x, const struct here *h, const struct node *last, uint32_t last_rank, uint32_t list)
{
	uint32_t effects[EXPLORE_MAX] = { 0 }, n = x->memo.list[list].n;
	unsigned pcpus = x->memo.list[list].pcpus;

	for (unsigned c = 0; pcpus >> c != 0; c++) {
		if ((pcpus >> c & 1) != 0)
			effects[c] = xmemo_effects(&x->memo, list, h->own, h->tail, c);
	}
	for (uint32_t i = 0; i < n && (x->opt.all || x->n_found == 0); i++) {
		const struct xlocal *l = &x->memo.local[x->memo.list[list].first + i];

		if (comes_in_other_order(x, last, last_rank, l))
			x->stats.left_out++;
		else
			x->n_next += try_event(x, h, list, i, effects[l->ev.pcpu], &x->next[x->n_next]);
	}
}

static void expand(struct explore *x, uint32_t s, unsigned depth)
{
	struct here h = { .s = s, .depth = depth };
	struct node last = x->node[s];
	uint32_t last_rank = xmemo_rank(last.ev), env;

	h.tail = blocks_of(x, s, h.own);
	env = xmemo_env(&x->memo, h.own);
	for (unsigned v = 0; v < x->opt.vcpus && (x->opt.all || x->n_found == 0); v++)
		expand_vcpu(x, &h, &last, last_rank, xmemo_list(&x->memo, h.own, h.tail, v, env));
}

static enum explore_end search(struct explore *x)
{
	const struct node root = { UINT32_MAX, { 0, 0, 0, 0 }, XNONE, XNONE };
	enum explore_end end = XEND_CLOSED;
	uint32_t s = 0, own[XPARTS];
	uint8_t tail;
	bool fresh;

	xmemo_world(&x->memo, own, &tail);
	name_next(x, own, tail, x->next);
	add_node(x, recset_add_hashed(&x->state, x->next->id, x->next->hash, &fresh), &root);
	for (unsigned depth = 0; s < x->state.n; depth++) {
		uint32_t next = x->state.n;

		if (x->opt.depth != 0 && depth == x->opt.depth)
			return XEND_DEPTH;
		for (; s < next; s++) {
			if (!may_go_on(x, s, depth, &end))
				return end;
			expand(x, s, depth);
			if (x->n_found != 0 && !x->opt.all)
				return XEND_VIOLATION;
			if (x->n_next >= NEXT_ENOUGH)
				add_states(x);
		}
		add_states(x);
		x->stats.depth = depth + 1;
	}
	return XEND_CLOSED;
}

enum explore_end explore_run(struct explore *x)
{
	enum explore_end end = search(x);

	add_states(x);
	x->stats.states = x->state.n;
	x->stats.bytes = bytes_used(x);
	return end;
}

/* ---- results ---- */

const struct explore_stats *explore_stats(const struct explore *x)
{
	return &x->stats;
}

const struct xviolation *explore_violations(const struct explore *x, size_t *n)
{
	*n = x->n_found;
	return x->found;
}

/* Names change from state to state: what was called so at the beginning. */
static void rename_event(const struct xname *was, struct xevent *ev)
{
	ev->vcpu = was->v[ev->vcpu];
	ev->pcpu = was->c[ev->pcpu];
	if (xevent_args((enum xevent_row)ev->row) == XARG_TARGET)
		ev->arg = was->v[ev->arg];
}

/* New names in the order in which they are met: in a VM for vCPUs, of all for pCPUs. */
static void name_by_order(const struct explore *x, struct xevent *ev, size_t n)
{
	unsigned v_met[EXPLORE_MAX] = { 0 }, c_met = 0;
	struct xname to;

	memset(&to, XNONE, sizeof(to));
	for (size_t k = 0; k < n; k++) {
		unsigned v = ev[k].vcpu, vm = v % x->opt.vms;

		if (to.v[v] == XNONE)
			to.v[v] = (uint8_t)(vm + x->opt.vms * v_met[vm]++);
		if (to.c[ev[k].pcpu] == XNONE)
			to.c[ev[k].pcpu] = (uint8_t)c_met++;
		rename_event(&to, &ev[k]); /* a target was off, so it was met */
	}
}

/* A state does not hold where a thread was last, once it is away; a story does: load or migrate? */
static void name_loads(struct xevent *ev, size_t n)
{
	unsigned at[EXPLORE_MAX];

	for (unsigned v = 0; v < EXPLORE_MAX; v++)
		at[v] = XNONE;
	for (size_t k = 0; k < n; k++) {
		if (ev[k].row != XE_load && ev[k].row != XE_migrate)
			continue;
		ev[k].row = at[ev[k].vcpu] != XNONE && at[ev[k].vcpu] != ev[k].pcpu ? XE_migrate : XE_load;
		at[ev[k].vcpu] = ev[k].pcpu;
	}
}

struct xevent *explore_path(const struct explore *ro, size_t i, size_t *n)
{
	struct explore *x = (struct explore *)(uintptr_t)ro; /* its world is a tool, not a result */
	struct xname was, name;
	struct xevent *ev;
	uint32_t *state, s = x->where[i].parent;
	size_t k = 0;

	for (uint32_t t = s; x->node[t].parent != UINT32_MAX; t = x->node[t].parent)
		k++;
	*n = k + 1;
	ev = xcalloc(*n, sizeof(*ev));
	state = xcalloc(*n, sizeof(*state)); /* before each event */
	ev[k] = x->where[i].ev;
	state[k] = s;
	for (; k > 0; k--) {
		ev[k - 1] = x->node[state[k]].ev;
		state[k - 1] = x->node[state[k]].parent;
	}
	for (unsigned m = 0; m < EXPLORE_MAX; m++)
		was.v[m] = was.c[m] = (uint8_t)m; /* the first state looks the same under all names */
	for (k = 0; k < *n; k++) {
		struct xname before = was;
		struct xevent own = ev[k];

		rename_event(&before, &ev[k]);
		go_to(x, state[k]);
		xworld_do(x->w, own);
		xstate_encode(x->w, !x->opt.no_symmetry, x->buf, x->scratch, &name);
		for (unsigned m = 0; m < EXPLORE_MAX; m++) {
			was.v[name.v[m]] = before.v[m];
			was.c[name.c[m]] = before.c[m];
		}
	}
	free(state);
	name_by_order(x, ev, *n);
	name_loads(ev, *n);
	return ev;
}

void explore_told(const struct explore *x, size_t i, struct xviolation *out)
{
	struct xworld *w = xworld_new(x->w->m.p, x->opt.vcpus, x->opt.pcpus, x->opt.vms, x->opt.states);
	size_t n, n_found;
	struct xevent *ev = explore_path(x, i, &n);
	const struct xviolation *v;

	for (size_t k = 0; k < n; k++)
		xworld_do(w, ev[k]);
	v = xworld_violations(w, &n_found);
	*out = x->found[i];
	for (size_t k = n_found; k-- > 0;) { /* with the op that wrote the value, if that was in an earlier event */
		const struct xviolation *f = &x->found[i];

		if (v[k].flag == f->flag && v[k].rule == f->rule && v[k].phase == f->phase && strcmp(v[k].what, f->what) == 0)
			*out = v[k];
	}
	out->length = x->found[i].length;
	xworld_free(w);
	free(ev);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t *explore_digests(struct explore *x, size_t *n)
{
	uint64_t *d = xcalloc(x->state.n, sizeof(*d));
	struct xname name;
	size_t out = 0;

	for (uint32_t s = 0; s < x->state.n; s++) {
		go_to(x, s);
		xstate_encode(x->w, true, x->buf, x->scratch, &name);
		d[s] = recset_hash(x->buf, xstate_size(x->w));
	}
	qsort(d, x->state.n, sizeof(*d), by_value);
	for (size_t i = 0; i < x->state.n; i++) {
		if (out == 0 || d[i] != d[out - 1])
			d[out++] = d[i];
	}
	*n = out;
	return d;
}
