/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/abi/abi_par.h"

#include <string.h>

#include "sim/kernel/sk.h"

static void add_piece(struct abi_script *s, size_t *cap, uint64_t before, uint64_t held, enum abi_lock lock)
{
	if (s->n == *cap) {
		*cap = *cap != 0 ? 2 * *cap : 16;
		s->v = xrealloc(s->v, *cap * sizeof(*s->v));
	}
	s->v[s->n++] = (struct abi_piece){ before, held, (uint8_t)lock };
}

struct abi_script abi_script_of(const struct abi_calls *calls, const struct abi_price *p)
{
	struct abi_script s = { NULL, 0, 0, 0 };
	size_t cap = 0;
	uint64_t before = 0;

	for (size_t i = 0; i < calls->n; i++) {
		const struct abi_call *c = &calls->v[i];
		unsigned locks = c->config + c->kvm;
		uint64_t total = abi_call_cycles(p, c), held = p->hold[c->kind];

		if (locks != 0 && held * locks > total)
			held = total / locks;
		before += total - held * locks;
		for (unsigned k = 0; k < locks; k++) {
			add_piece(&s, &cap, before, held, k < c->kvm ? ABI_LOCK_KVM : ABI_LOCK_CONFIG);
			before = 0;
		}
		s.cycles += total;
		s.insns += abi_call_insns(p, c);
	}
	add_piece(&s, &cap, before, 0, ABI_LOCK_COUNT);
	return s;
}

enum state { WORK, ASK, HOLD };

struct cpu;

struct lock {
	bool held;
	struct cpu *head, *tail; /* in the order of asking */
};

/* A physical CPU; time units of the event kernel are cycles here: every thread has the same clock. */
struct cpu {
	struct sk_proc proc;
	struct sk_event granted;
	struct cpu *next;
	struct par *par;
	const struct abi_script *script;
	size_t at;
	enum state state;
	uint64_t asked;
};

struct par {
	struct sk k;
	const struct abi_script *first, *other;
	unsigned vcpus, taken;
	struct lock lock[ABI_LOCK_COUNT];
	struct abi_par_result *r;
};

/* The next vCPU for this CPU; false if there is none. */
static bool take(struct cpu *c)
{
	struct par *p = c->par;

	if (p->taken == p->vcpus)
		return false;
	c->script = p->taken++ == 0 ? p->first : p->other;
	c->at = 0;
	c->state = WORK;
	return true;
}

static void note_wait(struct abi_par_result *r, uint64_t wait)
{
	r->acquisitions++;
	r->waits += wait != 0;
	r->wait += wait;
	r->longest = wait > r->longest ? wait : r->longest;
}

/* True if the CPU has the lock now; else it is in the queue. */
static bool acquire(struct cpu *c, struct lock *l)
{
	if (!l->held) {
		l->held = true;
		return true;
	}
	c->next = NULL;
	if (l->tail != NULL)
		l->tail->next = c;
	else
		l->head = c;
	l->tail = c;
	return false;
}

/* Hands the lock to the first that waits. */
static void release(struct cpu *c, struct lock *l)
{
	struct cpu *next = l->head;

	if (next == NULL) {
		l->held = false;
		return;
	}
	l->head = next->next;
	if (l->head == NULL)
		l->tail = NULL;
	sk_notify_delta(&c->par->k, &next->granted);
}

/* One activation: goes on until the CPU has to let time pass. */
static void run(struct sk *k, struct sk_proc *self)
{
	struct cpu *c = (struct cpu *)(void *)((char *)self - offsetof(struct cpu, proc));
	const struct abi_piece *p;

	for (;;) {
		if (c->script == NULL && !take(c))
			return;
		p = &c->script->v[c->at];
		switch (c->state) {
		case WORK:
			c->state = ASK;
			if (p->before != 0) {
				sk_wait_time(k, self, p->before);
				return;
			}
			break;
		case ASK:
			if (p->lock == ABI_LOCK_COUNT) {
				c->script = NULL;
				c->par->r->cycles = sk_now(k);
				break;
			}
			c->state = HOLD;
			c->asked = sk_now(k);
			if (!acquire(c, &c->par->lock[p->lock])) {
				sk_wait_event(k, self, &c->granted);
				return;
			}
			break;
		case HOLD:
			if (c->asked != SK_NEVER) {
				note_wait(c->par->r, sk_now(k) - c->asked);
				c->asked = SK_NEVER;
				if (p->held != 0) {
					sk_wait_time(k, self, p->held);
					return;
				}
			}
			release(c, &c->par->lock[p->lock]);
			c->at++;
			c->state = WORK;
			break;
		}
	}
}

int abi_par_run(const struct abi_script *first, const struct abi_script *other, unsigned vcpus, unsigned pcpus,
		struct abi_par_result *r, struct err *e)
{
	struct par p = { .first = first, .other = other, .vcpus = vcpus, .r = r };
	unsigned n = pcpus < vcpus ? pcpus : vcpus;
	struct cpu *cpu = xcalloc(n, sizeof(*cpu));
	int rc;

	memset(r, 0, sizeof(*r));
	sk_init(&p.k, 0);
	for (unsigned i = 0; i < n; i++) {
		cpu[i].par = &p;
		sk_event_init(&p.k, &cpu[i].granted, "lock granted");
		sk_proc_init(&p.k, &cpu[i].proc, "pcpu", run);
	}
	rc = sk_run_until(&p.k, SK_NEVER, e);
	sk_fini(&p.k);
	free(cpu);
	return rc;
}
