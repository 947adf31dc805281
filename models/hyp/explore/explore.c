/* SPDX-License-Identifier: Apache-2.0 */
/* The search: breadth first over states that are kept as numbers of blocks, each different block once. */
#include <string.h>

#include "models/hyp/explore/explore_impl.h"

/* ---- tables of equal-sized records ---- */

struct pool {
	uint8_t *data;
	uint32_t *slot; /* hash table: number + 1, 0 = free */
	size_t size;    /* bytes of a record */
	uint32_t n, room, n_slot;
};

/* FNV-1a by words of 8 bytes with a final mix; the table keeps the records, so a collision costs time only. */
static uint64_t hash_bytes(const uint8_t *b, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325), word;

	for (size_t i = 0; i < n; i += sizeof(word)) {
		word = 0;
		memcpy(&word, b + i, n - i < sizeof(word) ? n - i : sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	return h;
}

static void pool_init(struct pool *p, size_t size)
{
	*p = (struct pool){ .size = size, .room = 64, .n_slot = 128 };
	p->data = xmalloc(p->room * size);
	p->slot = xcalloc(p->n_slot, sizeof(*p->slot));
}

static void pool_free(struct pool *p)
{
	free(p->data);
	free(p->slot);
}

static const uint8_t *pool_at(const struct pool *p, uint32_t i)
{
	return p->data + i * p->size;
}

static uint64_t pool_bytes(const struct pool *p)
{
	return (uint64_t)p->n * p->size + (uint64_t)p->n_slot * sizeof(*p->slot);
}

static uint32_t *find_slot(const struct pool *p, const uint8_t *x)
{
	uint32_t i = (uint32_t)hash_bytes(x, p->size) & (p->n_slot - 1);

	while (p->slot[i] != 0 && memcmp(pool_at(p, p->slot[i] - 1), x, p->size) != 0)
		i = (i + 1) & (p->n_slot - 1);
	return &p->slot[i];
}

static void pool_grow(struct pool *p)
{
	BUG_ON(p->n == UINT32_MAX / 4);
	p->room *= 2;
	p->n_slot *= 2;
	p->data = xrealloc(p->data, p->room * p->size);
	free(p->slot);
	p->slot = xcalloc(p->n_slot, sizeof(*p->slot));
	for (uint32_t i = 0; i < p->n; i++)
		*find_slot(p, pool_at(p, i)) = i + 1;
}

/* Number of a record; *fresh: it was not there. */
static uint32_t pool_add(struct pool *p, const uint8_t *x, bool *fresh)
{
	uint32_t *slot = find_slot(p, x);

	*fresh = *slot == 0;
	if (!*fresh)
		return *slot - 1;
	if (p->n == p->room) {
		pool_grow(p);
		slot = find_slot(p, x);
	}
	memcpy(p->data + p->n * p->size, x, p->size);
	*slot = ++p->n;
	return p->n - 1;
}

/* ---- the search ---- */

#define PARTS_MAX (2 * EXPLORE_MAX + 1)

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

struct explore {
	struct explore_options opt;
	struct xworld *w;
	struct pool vblock, cblock, state; /* of a state: numbers of its blocks, then the tail */
	struct node *node;
	uint32_t room_node;
	struct explore_stats stats;
	uint8_t *buf, *scratch;
	void *saved; /* the oracle's part of the state that is being expanded */
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
	pool_init(&x->vblock, xstate_vcpu_size(x->w));
	pool_init(&x->cblock, xstate_pcpu_size(x->w));
	pool_init(&x->state, (o->vcpus + o->pcpus + 1) * sizeof(uint32_t));
	x->buf = xmalloc(xstate_size(x->w));
	x->scratch = xmalloc(2 * xstate_size(x->w));
	x->saved = xmalloc(oracle_state_size(x->w->o));
	return x;
}

void explore_free(struct explore *x)
{
	if (x == NULL)
		return;
	pool_free(&x->vblock);
	pool_free(&x->cblock);
	pool_free(&x->state);
	xworld_free(x->w);
	free(x->node);
	free(x->buf);
	free(x->scratch);
	free(x->saved);
	free(x->found);
	free(x->where);
	free(x);
}

/* The world's state by the numbers of its blocks. */
static uint32_t add_state(struct explore *x, struct xname *name, bool *fresh)
{
	uint32_t id[PARTS_MAX];
	const uint8_t *b = x->buf;
	unsigned n = 0;
	bool new_block;

	xstate_encode(x->w, !x->opt.no_symmetry, x->buf, x->scratch, name);
	for (unsigned v = 0; v < x->opt.vcpus; v++, b += x->vblock.size)
		id[n++] = pool_add(&x->vblock, b, &new_block);
	for (unsigned c = 0; c < x->opt.pcpus; c++, b += x->cblock.size)
		id[n++] = pool_add(&x->cblock, b, &new_block);
	id[n] = *b;
	return pool_add(&x->state, (const uint8_t *)id, fresh);
}

/* Bytes of a state, from its blocks, into x->buf. */
static void state_bytes(struct explore *x, uint32_t s)
{
	uint32_t id[PARTS_MAX];
	uint8_t *b = x->buf;
	unsigned n = 0;

	memcpy(id, pool_at(&x->state, s), x->state.size);
	for (unsigned v = 0; v < x->opt.vcpus; v++, b += x->vblock.size)
		memcpy(b, pool_at(&x->vblock, id[n++]), x->vblock.size);
	for (unsigned c = 0; c < x->opt.pcpus; c++, b += x->cblock.size)
		memcpy(b, pool_at(&x->cblock, id[n++]), x->cblock.size);
	*b = (uint8_t)id[n];
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
static unsigned rank(struct xevent ev)
{
	bool to = xevent_args((enum xevent_row)ev.row) == XARG_TARGET;

	return (unsigned)ev.row << 8 | (to ? 0 : ev.arg);
}

static bool comes_in_other_order(const struct explore *x, const struct node *last, struct xevent ev)
{
	if (x->opt.no_order || last->parent == UINT32_MAX || last->vcpu == XNONE || last->vcpu == ev.vcpu ||
	    last->pcpu == ev.pcpu)
		return false;
	return rank(ev) < rank(last->ev) && !xworld_is_wide(x->w, ev);
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
	return pool_bytes(&x->vblock) + pool_bytes(&x->cblock) + pool_bytes(&x->state) +
	       (uint64_t)x->state.n * sizeof(*x->node);
}

/* One event from a state, which the world is put back to. A state after a violation is not gone on from. */
static void try_event(struct explore *x, uint32_t s, struct xevent ev, unsigned depth)
{
	struct node node = { s, ev, XNONE, XNONE };
	bool wide = xworld_is_wide(x->w, ev), fresh;
	struct xname name;
	uint32_t to;

	xworld_do(x->w, ev);
	x->stats.transitions++;
	if (x->w->n_found != 0) {
		add_violations(x, s, ev, depth);
		return;
	}
	to = add_state(x, &name, &fresh);
	if (!fresh)
		return;
	if (!wide) {
		node.vcpu = name.v[ev.vcpu];
		node.pcpu = name.c[ev.pcpu];
	}
	add_node(x, to, &node);
}

/* All but the oracle is small: the world's own part is kept by value. */
struct kept {
	struct xvcpu v[EXPLORE_MAX];
	struct xpcpu c[EXPLORE_MAX];
	struct vflags f[EXPLORE_MAX];
	uint64_t n_puts;
};

static void keep(struct explore *x, struct kept *k)
{
	memcpy(k->v, x->w->v, sizeof(k->v));
	memcpy(k->c, x->w->c, sizeof(k->c));
	memcpy(k->f, x->w->f, sizeof(k->f));
	k->n_puts = x->w->o->n_puts;
	oracle_state_save(x->w->o, x->saved);
}

static void put_back(struct explore *x, const struct kept *k)
{
	memcpy(x->w->v, k->v, sizeof(k->v));
	memcpy(x->w->c, k->c, sizeof(k->c));
	memcpy(x->w->f, k->f, sizeof(k->f));
	x->w->o->n_puts = k->n_puts;
	oracle_state_restore(x->w->o, x->saved);
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

static void expand(struct explore *x, uint32_t s, unsigned depth)
{
	struct xevent ev[XEVENTS_MAX];
	struct node last = x->node[s];
	struct kept k;
	size_t n;

	go_to(x, s);
	keep(x, &k);
	n = xworld_events(x->w, ev);
	for (size_t i = 0; i < n && (x->opt.all || x->n_found == 0); i++) {
		if (comes_in_other_order(x, &last, ev[i])) {
			x->stats.left_out++;
			continue;
		}
		try_event(x, s, ev[i], depth);
		put_back(x, &k);
	}
}

static enum explore_end search(struct explore *x)
{
	const struct node root = { UINT32_MAX, { 0, 0, 0, 0 }, XNONE, XNONE };
	enum explore_end end = XEND_CLOSED;
	struct xname name;
	uint32_t s = 0;
	bool fresh;

	add_node(x, add_state(x, &name, &fresh), &root);
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
		}
		x->stats.depth = depth + 1;
	}
	return XEND_CLOSED;
}

enum explore_end explore_run(struct explore *x)
{
	enum explore_end end = search(x);

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
		d[s] = hash_bytes(x->buf, xstate_size(x->w));
	}
	qsort(d, x->state.n, sizeof(*d), by_value);
	for (size_t i = 0; i < x->state.n; i++) {
		if (out == 0 || d[i] != d[out - 1])
			d[out++] = d[i];
	}
	*n = out;
	return d;
}
