/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/kernel/sk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/kernel/sk_queue.h"

#define CALL_HOOKS(k, member, args)                                                                \
	for (struct list *l = (k)->hooks.next; l != &(k)->hooks; l = l->next) {                    \
		struct sk_hooks *h = container_of(l, struct sk_hooks, link);                       \
		if (h->member != NULL)                                                             \
			h->member args;                                                            \
	}

/* ---- life ---- */

void sk_init(struct sk *k, unsigned flags)
{
	memset(k, 0, sizeof(*k));
	k->flags = flags;
	k->max_activations = UINT64_C(100000000);
	list_init(&k->runnable);
	list_init(&k->deltas);
	list_init(&k->updates);
	list_init(&k->hooks);
}

void sk_fini(struct sk *k)
{
	free(k->timer);
	free(k->list);
	memset(k, 0, sizeof(*k));
}

void sk_hook(struct sk *k, struct sk_hooks *h)
{
	list_add_tail(&k->hooks, &h->link);
}

void sk_stop(struct sk *k)
{
	k->stopping = true;
}

void sk_fail(struct sk *k, enum err_code code, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	k->stopping = true;
	if (k->failed)
		return;
	k->failed = true;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&k->error, code, "%s", text);
}

void sk_end(struct sk *k)
{
	if (k->phase == SK_ENDED)
		return;
	k->phase = SK_ENDED;
	k->stopping = true;
	CALL_HOOKS(k, end_of_simulation, (k, h));
}

/* ---- triggers ---- */

static void make_runnable(struct sk *k, struct sk_proc *p)
{
	if (list_empty(&p->queued))
		list_add_tail(&k->runnable, &p->queued);
}

/* Back to static sensitivity. */
static void clear_waits(struct sk *k, struct sk_proc *p)
{
	for (size_t i = 0; i < p->n_waits; i++)
		list_del(&p->waits[i].link);
	p->waits = NULL;
	p->n_waits = p->n_left = 0;
	sk_cancel(k, &p->timeout);
}

/* The event of one wait is notified. The wait has been taken off the event's list. */
static void trigger_wait(struct sk *k, struct sk_wait *w)
{
	struct sk_proc *p = w->proc;

	if (w->kind == SK_WAIT_DYNAMIC && --p->n_left != 0)
		return;
	if (w->kind != SK_WAIT_STATIC) {
		p->timed_out = w->kind == SK_WAIT_TIMEOUT;
		clear_waits(k, p);
	}
	make_runnable(k, p);
}

static bool is_dynamic(const struct sk_proc *p)
{
	return p->waits != NULL || p->timeout.pending != SK_NONE;
}

static void trigger(struct sk *k, struct sk_event *ev)
{
	struct list waiters;

	/* Waits leave the list, some for good; those that stay go back in the same order. */
	list_move(&waiters, &ev->waiters);
	while (!list_empty(&waiters)) {
		struct sk_wait *w = container_of(waiters.next, struct sk_wait, link);

		list_del(&w->link);
		if (w->kind != SK_WAIT_DYNAMIC || w->proc == k->current)
			list_add_tail(&ev->waiters, &w->link);
		if (w->proc == k->current || (w->kind == SK_WAIT_STATIC && is_dynamic(w->proc)))
			continue;
		trigger_wait(k, w);
	}
}

/* ---- events ---- */

void sk_event_init(struct sk *k, struct sk_event *ev, const char *name)
{
	memset(ev, 0, sizeof(*ev));
	ev->name = name;
	list_init(&ev->delta);
	list_init(&ev->waiters);
	sk_queue_reserve(k, ev);
}

void sk_cancel(struct sk *k, struct sk_event *ev)
{
	if (ev->pending == SK_DELTA)
		list_del(&ev->delta);
	else if (ev->pending == SK_TIMED)
		sk_queue_remove(k, ev);
	ev->pending = SK_NONE;
}

void sk_notify(struct sk *k, struct sk_event *ev)
{
	BUG_ON(k->phase == SK_UPDATE);
	sk_cancel(k, ev);
	trigger(k, ev);
}

void sk_notify_delta(struct sk *k, struct sk_event *ev)
{
	if (ev->pending == SK_DELTA)
		return;
	sk_cancel(k, ev);
	ev->pending = SK_DELTA;
	list_add_tail(&k->deltas, &ev->delta);
}

void sk_notify_at(struct sk *k, struct sk_event *ev, uint64_t at)
{
	if (at < k->now || at == SK_NEVER) {
		sk_fail(k, ERR_MODEL,
			"event %s at %llu ps: want a time from now, %llu, below 2^64 - 1 ps (213 "
			"days)",
			ev->name, (unsigned long long)at, (unsigned long long)k->now);
		return;
	}
	if (at == k->now) {
		sk_notify_delta(k, ev);
		return;
	}
	if (ev->pending == SK_DELTA ||
	    (ev->pending == SK_TIMED && sk_queue_at(k, ev) <= at))
		return;
	sk_cancel(k, ev);
	ev->pending = SK_TIMED;
	sk_queue_insert(k, ev, at);
}

void sk_notify_after(struct sk *k, struct sk_event *ev, uint64_t delay)
{
	if (delay >= SK_NEVER - k->now)
		sk_fail(k, ERR_MODEL,
			"event %s at %llu + %llu ps: time ends at 2^64 - 1 ps (213 days)", ev->name,
			(unsigned long long)k->now, (unsigned long long)delay);
	else
		sk_notify_at(k, ev, k->now + delay);
}

uint64_t sk_due(const struct sk *k, const struct sk_event *ev)
{
	switch (ev->pending) {
	case SK_DELTA:
		return k->now;
	case SK_TIMED:
		return sk_queue_at(k, ev);
	default:
		return SK_NEVER;
	}
}

/* ---- processes ---- */

static void wait_init(struct sk_wait *w, struct sk_proc *p, struct sk_event *ev,
		      enum sk_wait_kind kind)
{
	list_init(&w->link);
	w->proc = p;
	w->event = ev;
	w->kind = kind;
}

void sk_proc_init(struct sk *k, struct sk_proc *p, const char *name, sk_run_fn *run)
{
	memset(p, 0, sizeof(*p));
	p->name = name;
	p->run = run;
	list_init(&p->queued);
	sk_event_init(k, &p->timeout, name);
	wait_init(&p->on_timeout, p, &p->timeout, SK_WAIT_TIMEOUT);
	list_add_tail(&p->timeout.waiters, &p->on_timeout.link);
	make_runnable(k, p);
}

void sk_dont_initialize(struct sk *k, struct sk_proc *p)
{
	BUG_ON(k->phase != SK_ELABORATION);
	list_del(&p->queued);
}

void sk_sensitive(struct sk *k, struct sk_proc *p, struct sk_wait *w, struct sk_event *ev)
{
	(void)k;
	wait_init(w, p, ev, SK_WAIT_STATIC);
	list_add_tail(&ev->waiters, &w->link);
}

static void wait_for(struct sk *k, struct sk_proc *p, struct sk_wait *w, size_t n, size_t left)
{
	BUG_ON(k->current != p && k->phase != SK_ELABORATION);
	clear_waits(k, p);
	for (size_t i = 0; i < n; i++) {
		wait_init(&w[i], p, w[i].event, SK_WAIT_DYNAMIC);
		list_add_tail(&w[i].event->waiters, &w[i].link);
	}
	p->waits = w;
	p->n_waits = n;
	p->n_left = left;
}

void sk_wait_event(struct sk *k, struct sk_proc *p, struct sk_event *ev)
{
	p->one.event = ev;
	wait_for(k, p, &p->one, 1, 1);
}

void sk_wait_time(struct sk *k, struct sk_proc *p, uint64_t delay)
{
	wait_for(k, p, NULL, 0, 0);
	sk_notify_after(k, &p->timeout, delay);
}

void sk_wait_event_or_time(struct sk *k, struct sk_proc *p, struct sk_event *ev, uint64_t delay)
{
	sk_wait_event(k, p, ev);
	sk_notify_after(k, &p->timeout, delay);
}

void sk_wait_any(struct sk *k, struct sk_proc *p, struct sk_wait *w, size_t n)
{
	wait_for(k, p, w, n, 1);
}

void sk_wait_all(struct sk *k, struct sk_proc *p, struct sk_wait *w, size_t n)
{
	wait_for(k, p, w, n, n);
}

void sk_wait_static(struct sk *k, struct sk_proc *p)
{
	wait_for(k, p, NULL, 0, 0);
}

/* ---- two-phase values ---- */

void sk_request_update(struct sk *k, struct sk_update *u)
{
	if (u->queued.next == NULL || list_empty(&u->queued))
		list_add_tail(&k->updates, &u->queued);
}

static void apply_signal(struct sk *k, struct sk_update *u)
{
	struct sk_signal *s = container_of(u, struct sk_signal, update);

	if (s->next == s->value)
		return;
	s->value = s->next;
	sk_notify_delta(k, &s->changed);
}

void sk_signal_init(struct sk *k, struct sk_signal *s, const char *name, uint64_t value)
{
	memset(s, 0, sizeof(*s));
	s->value = s->next = value;
	sk_event_init(k, &s->changed, name);
	s->update.apply = apply_signal;
}

void sk_write(struct sk *k, struct sk_signal *s, uint64_t value)
{
	s->next = value;
	sk_request_update(k, &s->update);
}

/* ---- the scheduler ---- */

static void run_process(struct sk *k, struct sk_proc *p)
{
	list_del(&p->queued);
	k->current = p;
	k->activations++;
	CALL_HOOKS(k, activate, (k, h, p));
	p->run(k, p);
	k->current = NULL;
	if (k->activations - k->activations_before > k->max_activations)
		sk_fail(k, ERR_MODEL,
			"%llu processes ran at %llu ps, the last is %s: two of them wake each "
			"other without taking time",
			(unsigned long long)k->max_activations, (unsigned long long)k->now,
			p->name);
}

static void evaluate(struct sk *k)
{
	k->phase = SK_EVALUATE;
	while (!list_empty(&k->runnable) && !k->failed) {
		struct list *l = (k->flags & SK_REVERSE) != 0 ? k->runnable.prev : k->runnable.next;

		run_process(k, k->pick != NULL ? k->pick(k, k->pick_ctx)
					       : container_of(l, struct sk_proc, queued));
	}
}

static void update(struct sk *k)
{
	struct list todo;

	k->phase = SK_UPDATE;
	list_move(&todo, &k->updates);
	while (!list_empty(&todo)) {
		struct sk_update *u = container_of(todo.next, struct sk_update, queued);

		list_del(&u->queued);
		u->apply(k, u);
	}
}

static void notify_deltas(struct sk *k)
{
	struct list todo;

	k->phase = SK_NOTIFY;
	list_move(&todo, &k->deltas);
	while (!list_empty(&todo)) {
		struct list *l = (k->flags & SK_REVERSE) != 0 ? todo.prev : todo.next;
		struct sk_event *ev = container_of(l, struct sk_event, delta);

		list_del(l);
		ev->pending = SK_NONE;
		trigger(k, ev);
	}
}

static void delta_cycle(struct sk *k)
{
	bool some = !list_empty(&k->runnable);

	evaluate(k);
	update(k);
	if (some) {
		k->deltas_done++;
		CALL_HOOKS(k, delta, (k, h));
	}
	notify_deltas(k);
	k->phase = SK_IDLE;
}

static void set_time(struct sk *k, uint64_t to)
{
	CALL_HOOKS(k, time_advance, (k, h, to));
	k->now = to;
	k->activations_before = k->activations;
}

/* Advance to the first timed notification, which is at `to`, and do all of that time. */
static void advance(struct sk *k, uint64_t to)
{
	struct sk_event *ev;

	set_time(k, to);
	k->phase = SK_NOTIFY;
	while ((ev = sk_queue_take(k)) != NULL) {
		ev->pending = SK_NONE;
		trigger(k, ev);
	}
	k->phase = SK_IDLE;
}

/* Initialisation: what was asked for during elaboration is updated and notified, then processes
 * run. */
static void elaborate(struct sk *k)
{
	CALL_HOOKS(k, end_of_elaboration, (k, h));
	CALL_HOOKS(k, start_of_simulation, (k, h));
	update(k);
	notify_deltas(k);
	k->phase = SK_IDLE;
}

static bool due_now(const struct sk *k)
{
	return !list_empty(&k->runnable) || !list_empty(&k->updates) || !list_empty(&k->deltas);
}

uint64_t sk_next_time(const struct sk *k)
{
	if (k->stopping)
		return SK_NEVER;
	return due_now(k) ? k->now : sk_queue_time(k);
}

int sk_run_until(struct sk *k, uint64_t until, struct err *e)
{
	BUG_ON(until < k->now ||
	       (k->phase != SK_ELABORATION && k->phase != SK_IDLE && k->phase != SK_ENDED));
	if (k->phase == SK_ELABORATION)
		elaborate(k);
	while (!k->stopping) {
		uint64_t next;

		if (due_now(k)) {
			delta_cycle(k);
			continue;
		}
		next = sk_queue_time(k);
		if (next > until || next == SK_NEVER)
			break;
		advance(k, next);
	}
	if (!k->stopping && until != SK_NEVER && until != k->now)
		set_time(k, until);
	if (k->failed)
		*e = k->error;
	return k->failed ? -1 : 0;
}
