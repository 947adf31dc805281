/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/kernel/sk_queue.h"

#include <string.h>

#define NONE UINT32_MAX

#define DIGIT 6 /* bits */
#define FEW   6	   /* timers of a list: its earliest is looked for, which is cheaper than to move them all */
#define SMALL 64   /* events: lists are sorted as long as a timer's place is found in FEW steps from the end */
#define MANY  8192 /* events: a cache does not hold their timers any more */

/* A list: its level and its digit; level SK_LEVELS: sk.due. */
struct where {
	unsigned level, digit;
};

static struct where where_of(const struct sk *k, uint64_t at)
{
	unsigned level = at == k->base ? SK_LEVELS : (63U - (unsigned)__builtin_clzll(at ^ k->base)) / DIGIT;

	return (struct where){ level, level == SK_LEVELS ? 0 : (unsigned)(at >> level * DIGIT) & 63 };
}

static struct sk_timers *list_at(const struct sk *k, struct where w)
{
	return w.level == SK_LEVELS ? (struct sk_timers *)(uintptr_t)&k->due : &k->list[w.level << DIGIT | w.digit];
}

/* What the ends of a sorted list that is not empty tell. */
static void see_ends(const struct sk *k, struct sk_timers *l)
{
	l->soonest = l->first;
	l->earliest = k->timer[l->first].at;
	l->latest = k->timer[l->last].at;
}

/* Put in where the list stays sorted. False: that is too far from the end. */
static bool sort_in(struct sk *k, struct sk_timers *l, uint32_t id)
{
	struct sk_timer *t = &k->timer[id];
	uint32_t before = l->last;

	for (unsigned steps = 0; before != NONE && k->timer[before].at > t->at; steps++) {
		if (steps == FEW)
			return false;
		before = k->timer[before].prev;
	}
	t->prev = before;
	t->next = before != NONE ? k->timer[before].next : l->first;
	*(before != NONE ? &k->timer[before].next : &l->first) = id;
	*(t->next != NONE ? &k->timer[t->next].prev : &l->last) = id;
	see_ends(k, l);
	return true;
}

static void append(struct sk *k, struct where w, uint32_t id)
{
	struct sk_timers *l = list_at(k, w);
	struct sk_timer *t = &k->timer[id];

	if (l->last != NONE && l->sorted) {
		l->sorted = sort_in(k, l, id);
		if (l->sorted) {
			l->n++;
			return;
		}
	}
	t->next = NONE;
	t->prev = l->last;
	if (k->n_events >= MANY) {
		k->timer[l->recent[l->n_recent % SK_AHEAD]].ahead = id;
		l->recent[l->n_recent++ % SK_AHEAD] = id;
	}
	l->n++;
	if (l->last == NONE) {
		l->first = l->last = l->soonest = id;
		l->earliest = l->latest = t->at;
		l->sure = true;
		l->sorted = k->n_events <= SMALL;
		if (w.level != SK_LEVELS) {
			k->full[w.level] |= UINT64_C(1) << w.digit;
			k->levels |= 1U << w.level;
		}
		return;
	}
	k->timer[l->last].next = id;
	l->last = id;
	if (t->at < l->earliest) {
		l->earliest = t->at;
		l->soonest = id;
		l->sure = true; /* nothing is before what was the earliest */
	}
	if (t->at > l->latest)
		l->latest = t->at;
}

static void is_empty_now(struct sk *k, struct where w)
{
	if (w.level == SK_LEVELS)
		return;
	k->full[w.level] &= ~(UINT64_C(1) << w.digit);
	if (k->full[w.level] == 0)
		k->levels &= ~(1U << w.level);
}

static void unlink_timer(struct sk *k, struct where w, uint32_t id)
{
	struct sk_timers *l = list_at(k, w);
	const struct sk_timer *t = &k->timer[id];

	l->n--;
	if (t->prev != NONE)
		k->timer[t->prev].next = t->next;
	else
		l->first = t->next;
	if (t->next != NONE)
		k->timer[t->next].prev = t->prev;
	else
		l->last = t->prev;
	if (l->first == NONE)
		is_empty_now(k, w);
	if (l->sorted && l->first != NONE) {
		see_ends(k, l);
	} else if (t->at == l->earliest) {
		l->sure = false;
	}
}

static void move_storage(struct sk *k, size_t cap)
{
	struct sk_timer *timer = xmalloc(cap * sizeof(*timer));

	if (k->timer != NULL) {
		memcpy(timer, k->timer, k->n_events * sizeof(*timer));
		memset(k->timer, 0x5a, k->cap_timers * sizeof(*timer));
		free(k->timer);
	} else {
		k->list = xcalloc(SK_LEVELS << DIGIT, sizeof(*k->list));
		for (unsigned i = 0; i < SK_LEVELS << DIGIT; i++)
			k->list[i].first = k->list[i].last = NONE;
		k->due.first = k->due.last = NONE;
	}
	k->timer = timer;
	k->cap_timers = cap;
}

void sk_queue_reserve(struct sk *k, struct sk_event *ev)
{
	BUG_ON(k->n_events == NONE);
	if (k->n_events >= k->cap_timers)
		move_storage(k, k->cap_timers != 0 ? 2 * k->cap_timers : 16);
	ev->id = (uint32_t)k->n_events;
	k->timer[k->n_events++] = (struct sk_timer){ 0, NONE, NONE, ev->id, ev };
}

void sk_queue_insert(struct sk *k, struct sk_event *ev, uint64_t at)
{
	if ((k->flags & SK_MOVE) != 0)
		move_storage(k, k->cap_timers);
	k->timer[ev->id].at = at;
	append(k, where_of(k, at), ev->id);
}

void sk_queue_remove(struct sk *k, struct sk_event *ev)
{
	unlink_timer(k, where_of(k, k->timer[ev->id].at), ev->id);
}

/* The lowest list that has any; there is one, and nothing is due. */
static struct where lowest(const struct sk *k)
{
	unsigned level = (unsigned)__builtin_ctz(k->levels);

	return (struct where){ level, (unsigned)__builtin_ctzll(k->full[level]) };
}

uint64_t sk_queue_time(const struct sk *k)
{
	struct sk_timers *l; /* what it remembers is no part of the state */

	if (k->timer == NULL)
		return SK_NEVER;
	if (k->due.first != NONE)
		return k->base;
	if (k->levels == 0)
		return SK_NEVER;
	l = list_at(k, lowest(k));
	if (!l->sure) {
		l->earliest = SK_NEVER;
		for (uint32_t id = l->first; id != NONE; id = k->timer[id].next) {
			if (k->timer[id].at < l->earliest) {
				l->earliest = k->timer[id].at;
				l->soonest = id;
			}
		}
		l->sure = true;
	}
	return l->earliest;
}

#define SOON  2   /* level: below a quarter of a microsecond */
#define FETCH 256 /* bytes: a process, and what its owner needs at its time-out, up to the event */

/* With many events none of them is in a cache: it is fetched while others before it run. */
static void fetch(const struct sk_event *ev)
{
	for (uintptr_t at = (uintptr_t)ev + 64, end = at - FETCH - 64; at != end; at -= 64)
		__builtin_prefetch((const void *)at);
}

/* The lowest list is due. */
static void spread(struct sk *k)
{
	struct where w = lowest(k);
	struct sk_timers l = *list_at(k, w);

	list_at(k, w)->first = list_at(k, w)->last = NONE;
	list_at(k, w)->n = 0;
	is_empty_now(k, w);
	k->base = k->now;
	if (l.earliest == l.latest) { /* all of one time */
		k->due = l;
		return;
	}
	for (uint32_t id = l.first, next; id != NONE; id = next) {
		const struct where to = where_of(k, k->timer[id].at);

		next = k->timer[id].next;
		if (k->n_events >= MANY) {
			__builtin_prefetch(&k->timer[k->timer[id].ahead]);
			if (to.level <= SOON)
				fetch(k->timer[id].event);
		}
		append(k, to, id);
	}
}

struct sk_event *sk_queue_take(struct sk *k)
{
	uint32_t id;

	if (sk_queue_time(k) != k->now)
		return NULL;
	if (k->due.first == NONE) {
		const struct where w = lowest(k);
		const struct sk_timers *l = list_at(k, w);

		if ((l->sorted || l->n <= FEW) && k->n_events < MANY && (k->flags & SK_REVERSE) == 0) { /* many are fetched as they move */
			id = l->soonest;
			unlink_timer(k, w, id);
			return k->timer[id].event;
		}
		spread(k);
	}
	id = (k->flags & SK_REVERSE) != 0 ? k->due.last : k->due.first;
	unlink_timer(k, (struct where){ SK_LEVELS, 0 }, id);
	return k->timer[id].event;
}
