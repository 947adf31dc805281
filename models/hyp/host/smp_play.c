/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/host/smp_play.h"

#include <string.h>

#include "models/hyp/replay/replay_impl.h"

/* What a vCPU does, beside its smp_vcpu. */
struct played {
	enum outcome_time what;
	uint64_t since;   /* cycle */
	uint64_t woke_at; /* 0: it was not woken */
	bool started;     /* it was on a pCPU before: moving is a migration */
};

struct smp_play {
	struct smp *m;
	struct tr_reader *trace;
	struct replay_options opt;
	struct replay_state *state;
	struct watch watch;
	struct sk_proc proc;
	struct tr_event ev; /* that comes next */
	uint64_t first_ns, span_ns;
	struct played *vcpu;
	enum outcome_time *cpu; /* what each pCPU does, since smp_cpu.since */
};

/* ---- time ---- */

static uint64_t cycle(const struct smp_play *s, uint64_t ns)
{
	return clk_cycle(&s->m->clk, (ns - s->first_ns) * 1000);
}

/* The same place at the machine's time. */
static struct smp_at there(const struct smp_play *s, const struct smp_at *at)
{
	return (struct smp_at){cycle(s, at->time), at->cpu, at->vcpu};
}

static enum smp_mode mode_of(enum outcome_time what)
{
	return what == TIME_GUEST  ? CPU_GUEST
	       : what == TIME_USER ? CPU_USER
	       : what == TIME_IDLE ? CPU_IDLE
				  : CPU_BUSY;
}

/* The pCPU does this from now on, for a vCPU or NULL. */
static void cpu_does(struct smp_play *s, unsigned cpu, uint64_t now, struct smp_vcpu *v,
		     enum outcome_time what)
{
	struct smp_cpu *c = &s->m->cpu[cpu];
	const struct smp_at at = {now, cpu, v != NULL ? v->id : SMP_NOBODY};

	c->time[s->cpu[cpu]] += now - c->since;
	c->since = now;
	c->curr = v;
	s->cpu[cpu] = what;
	if (c->mode != mode_of(what))
		WATCH(s->m->watchers, mode, &at, mode_of(what));
	c->mode = mode_of(what);
}

static bool on_cpu(enum outcome_time what)
{
	return what != TIME_BLOCKED && what != TIME_STEAL;
}

/* The vCPU does this from now on, on that pCPU or off any. */
static void vcpu_does(struct smp_play *s, const struct smp_at *at, enum outcome_time what)
{
	struct smp_vcpu *v = &s->m->vcpu[at->vcpu];
	struct played *d = &s->vcpu[at->vcpu];
	uint64_t off = at->time - d->since;

	v->o->time[d->what] += off;
	if (!on_cpu(d->what))
		v->slept += off;
	d->what = what;
	d->since = at->time;
	if (!on_cpu(what)) {
		if (v->cpu->curr == v)
			cpu_does(s, v->cpu->id, at->time, NULL, TIME_IDLE);
		return;
	}
	if (v->cpu->id != at->cpu && v->cpu->curr == v)
		cpu_does(s, v->cpu->id, at->time, NULL, TIME_IDLE);
	if (v->cpu->id != at->cpu && d->started) {
		v->o->n.migrations++;
		s->m->out.n.migrations++;
	}
	d->started = true;
	v->cpu = &s->m->cpu[at->cpu];
	cpu_does(s, at->cpu, at->time, v, what);
}

/* ---- what the replay tells ---- */

static void see_ran(void *ctx, const struct smp_at *where, const struct smp_ran *what)
{
	struct smp_play *s = ctx;
	const struct smp_at at = there(s, where);

	WATCH(s->m->watchers, ran, &at, what);
}

static void see_state(void *ctx, const struct smp_at *where, enum smp_state state)
{
	static const enum outcome_time what[SMP_STATE_COUNT] = {
		[VC_RUNNABLE] = TIME_STEAL, [VC_HOST] = TIME_HANDLE, [VC_GUEST] = TIME_GUEST,
		[VC_POLL] = TIME_POLL,      [VC_USER] = TIME_USER,   [VC_BLOCKED] = TIME_BLOCKED};
	struct smp_play *s = ctx;
	const struct smp_at at = there(s, where);
	struct smp_vcpu *v = &s->m->vcpu[at.vcpu];
	struct played *d = &s->vcpu[at.vcpu];

	vcpu_does(s, &at, what[state]);
	if (state == VC_BLOCKED) {
		v->o->n.blocks++;
		s->m->out.n.blocks++;
		d->woke_at = 0;
	} else if (state == VC_RUNNABLE) {
		v->o->n.preemptions++;
		s->m->out.n.preemptions++;
	} else if (d->woke_at != 0) {
		hist_add(&s->m->out.clock->latency[LAT_WAKE], smp_ns(s->m, at.time - d->woke_at));
		d->woke_at = 0;
	}
	if (v->state != state)
		WATCH(s->m->watchers, state, &at, state);
	v->state = state;
}

static void see_exit(void *ctx, const struct smp_at *where, enum exit_kind kind)
{
	struct smp_play *s = ctx;
	const struct smp_at at = there(s, where);

	s->m->vcpu[at.vcpu].exit_at = at.time;
	s->m->vcpu[at.vcpu].slept = 0;
	s->m->vcpu[at.vcpu].in_exit = true;
	WATCH(s->m->watchers, exit, &at, kind);
}

static void see_enter(void *ctx, const struct smp_at *where, unsigned lrs)
{
	static const enum outcome_latency lat[SRC_COUNT] = {LAT_TIMER, LAT_SGI, LAT_DEVICE};
	struct smp_play *s = ctx;
	const struct smp_at at = there(s, where);
	struct smp_vcpu *v = &s->m->vcpu[at.vcpu];

	for (unsigned i = 0; i < SRC_COUNT && lrs != 0; i++) {
		if ((v->irqs >> i & 1) != 0)
			hist_add(&s->m->out.clock->latency[lat[i]], smp_ns(s->m, at.time - v->irq_at[i]));
	}
	v->irqs = 0;
	v->o->n.injected += lrs;
	s->m->out.n.injected += lrs;
	if (v->in_exit) {
		vcpu_does(s, &at, TIME_HANDLE); /* what it slept until now counts */
		hist_add(&s->m->out.clock->latency[LAT_HANDLING],
			 smp_ns(s->m, at.time - v->exit_at - v->slept));
	}
	v->in_exit = false;
	WATCH(s->m->watchers, enter, &at, lrs);
}

static void see_handled(void *ctx, const struct smp_at *where, enum exit_kind kind, uint64_t since)
{
	struct smp_play *s = ctx;
	const struct smp_at at = there(s, where);

	WATCH(s->m->watchers, handled, &at, kind, cycle(s, since));
}

static void see_irq(void *ctx, const struct smp_at *where, enum smp_irq_step step,
		    enum smp_source src, unsigned peer)
{
	struct smp_play *s = ctx;
	const struct smp_at at = there(s, where);
	struct smp_vcpu *v = &s->m->vcpu[at.vcpu];

	if (step == SMP_IRQ_SEND) {
		v->o->n.sgis++;
		s->m->out.n.sgis++;
	} else if (step == SMP_IRQ_PEND && (v->irqs >> src & 1) == 0) {
		v->irqs |= 1u << src;
		v->irq_at[src] = at.time;
	}
	WATCH(s->m->watchers, irq, &at, step, src, peer);
}

static void see_wake(void *ctx, const struct smp_at *where, unsigned to)
{
	struct smp_play *s = ctx;
	const struct smp_at at = there(s, where);

	if (s->vcpu[at.vcpu].what == TIME_BLOCKED)
		s->vcpu[at.vcpu].woke_at = at.time != 0 ? at.time : 1;
	WATCH(s->m->watchers, wake, &at, to);
}

static void see_thread(void *ctx, const struct smp_at *where, unsigned prev)
{
	struct smp_play *s = ctx;
	const struct smp_at at = there(s, where);

	if (at.vcpu == SMP_NOBODY)
		cpu_does(s, at.cpu, at.time, NULL, TIME_IDLE);
	WATCH(s->m->watchers, thread, &at, prev);
}

static void see_halt(void *ctx, const struct smp_at *where, uint64_t ns, bool slept,
		     uint64_t poll_old, uint64_t poll_new)
{
	struct smp_play *s = ctx;
	const struct smp_at at = there(s, where);

	s->m->vcpu[at.vcpu].o->n.poll_hits += !slept;
	s->m->out.n.poll_hits += !slept;
	WATCH(s->m->watchers, halt, &at, ns, slept, poll_old, poll_new);
}

/* ---- the machine that a trace shows ---- */

/* vCPU threads in the order in which the replay meets them; VMs by name. */
struct cast {
	struct {
		int32_t pid;
		unsigned vm;
	} * v;
	uint32_t *vm; /* string ids */
	size_t n, n_vm;
	uint16_t slot[REPLAY_SLOTS];
	uint64_t first_ns, last_ns;
	bool any;
};

static unsigned vm_of(struct cast *c, uint32_t comm)
{
	for (unsigned i = 0; i < c->n_vm; i++) {
		if (c->vm[i] == comm)
			return i;
	}
	c->vm = xrealloc(c->vm, (c->n_vm + 1) * sizeof(*c->vm));
	c->vm[c->n_vm] = comm;
	return (unsigned)c->n_vm++;
}

static void meet(struct cast *c, const struct tr_event *ev)
{
	size_t i = replay_slot(ev->pid);

	if (ev->type != TR_kvm_entry && ev->type != TR_kvm_exit &&
	    ev->type != TR_kvm_userspace_exit)
		return;
	while (c->slot[i] != 0 && c->v[c->slot[i] - 1].pid != ev->pid)
		i = (i + 1) % REPLAY_SLOTS;
	if (c->slot[i] != 0 || c->n == REPLAY_VCPUS_MAX)
		return;
	c->v = xrealloc(c->v, (c->n + 1) * sizeof(*c->v));
	c->v[c->n].pid = ev->pid;
	c->v[c->n].vm = vm_of(c, ev->comm);
	c->slot[i] = (uint16_t)++c->n;
}

static int read_cast(struct cast *c, struct tr_reader *t, struct err *e)
{
	struct tr_event ev;
	int rc;

	while ((rc = tr_next(t, &ev, e)) == 1) {
		if (!c->any)
			c->first_ns = ev.ts_ns;
		c->any = true;
		c->last_ns = ev.ts_ns;
		meet(c, &ev);
	}
	tr_seek(t, 0);
	return rc;
}

static void play_run(struct sk *k, struct sk_proc *self)
{
	struct smp_play *s = container_of(self, struct smp_play, proc);
	struct err e;
	int rc = 1;

	while (rc == 1 && (s->ev.ts_ns - s->first_ns) * 1000 <= sk_now(k)) {
		rc = replay_event(s->state, &s->ev, &e);
		if (rc == 1)
			rc = tr_next(s->trace, &s->ev, &e);
	}
	if (rc == 1)
		sk_wait_time(k, self, (s->ev.ts_ns - s->first_ns) * 1000 - sk_now(k));
	else if (rc < 0)
		sk_fail(k, e.code, "%s", e.text);
}

static void vcpus_init(struct smp *m, const struct cast *c)
{
	for (unsigned i = 0; i < m->n_vcpu; i++) {
		struct smp_vcpu *v = &m->vcpu[i];

		v->m = m;
		v->id = i;
		v->vm = c->v[i].vm;
		v->o = &m->out.vcpu[i]; /* the replay meets them in this order */
		v->cpu = &m->cpu[0];
		v->state = VC_USER; /* before its first KVM_RUN */
		m->play->vcpu[i].what = TIME_USER;
	}
}

static int begin(struct smp_play *s, const struct ws_prog *p, struct err *e)
{
	s->watch = (struct watch){.ctx = s,
				      .ran = see_ran,
				      .state = see_state,
				      .exit = see_exit,
				      .enter = see_enter,
				      .handled = see_handled,
				      .irq = see_irq,
				      .wake = see_wake,
				      .thread = see_thread,
				      .halt = see_halt};
	s->opt.watch[0] = &s->watch;
	s->opt.runner = s->m->runner;
	s->opt.out = &s->m->out;
	s->state = replay_begin(p, s->trace, &s->opt, e);
	if (s->state == NULL || tr_next(s->trace, &s->ev, e) < 0)
		return -1;
	sk_proc_init(&s->m->k, &s->proc, "trace", play_run);
	return 0;
}

static int build(struct smp *m, const struct cast *c, const struct ws_prog *p, struct err *e)
{
	struct smp_play *s = m->play;

	m->n_cpu = tr_info(s->trace)->cpus;
	m->n_vcpu = (unsigned)c->n;
	m->o.vcpus = m->n_vcpu;
	m->o.pcpus = m->n_cpu;
	m->o.vms = (int64_t)c->n_vm;
	m->o.duration_us = (int64_t)(s->span_ns / 1000);
	if (clk_init(&m->clk, "pCPUs", (uint64_t)p->config.machine->clock_hz, e) != 0)
		return -1;
	smp_clock(m);
	m->out.clock->as_recorded = true;
	m->runner = runner_new(p, s->opt.counting);
	m->watchers = runner_watchers(m->runner);
	m->cpu = xcalloc(m->n_cpu, sizeof(*m->cpu));
	m->vcpu = xcalloc(m->n_vcpu, sizeof(*m->vcpu));
	s->vcpu = xcalloc(m->n_vcpu, sizeof(*s->vcpu));
	s->cpu = xcalloc(m->n_cpu, sizeof(*s->cpu));
	for (unsigned i = 0; i < m->n_cpu; i++) {
		m->cpu[i].m = m;
		m->cpu[i].id = i;
		m->cpu[i].time = m->out.clock->pcpu[i];
		s->cpu[i] = TIME_IDLE;
	}
	vcpus_init(m, c);
	return begin(s, p, e);
}

struct smp *smp_new_played(const struct smp_options *o, const char *path, const struct ws_prog *p,
			   const struct replay_options *opt, struct err *e)
{
	struct smp *m = xcalloc(1, sizeof(*m));
	struct cast *c = xcalloc(1, sizeof(*c));
	int rc = -1;

	m->o = *o;
	m->prog = p;
	m->engine = (struct engine){&smp_engine_ops, &m->out};
	outcome_init(&m->out, p);
	sk_init(&m->k, 0);
	m->play = xcalloc(1, sizeof(*m->play));
	m->play->m = m;
	m->play->opt = *opt;
	m->play->trace = tr_open(path, e);
	if (m->play->trace != NULL)
		rc = read_cast(c, m->play->trace, e);
	m->play->first_ns = c->first_ns;
	m->play->span_ns = c->last_ns - c->first_ns;
	if (rc == 0 && (opt->from[0] != '\0' || opt->to[0] != '\0'))
		rc = err_set(
			e, ERR_CONFIG,
			"[run] from_marker and to_marker: a machine plays a whole trace: cut the "
			"part out first (el2sim trace cut)");
	if (rc == 0 && c->n == 0)
		rc = err_set(e, ERR_INPUT,
			     "%s: no vCPU in this trace: want kvm_entry and kvm_exit in it", path);
	if (rc == 0 && m->play->span_ns > UINT64_C(18446744073709551))
		rc = err_set(e, ERR_CONFIG,
			     "%s lasts longer than 213 days: cut it (el2sim trace cut)", path);
	if (rc == 0)
		rc = build(m, c, p, e);
	free(c->v);
	free(c->vm);
	free(c);
	if (rc == 0)
		return m;
	smp_free(m);
	return NULL;
}

/* ---- to the end ---- */

uint64_t smp_play_end_time(const struct smp *m)
{
	return m->play->span_ns * 1000;
}

int smp_play_end(struct smp *m, struct err *e)
{
	struct smp_play *s = m->play;
	const uint64_t end = m->out.clock->end;
	const struct outcome *r = replay_end(s->state, 0, e);

	s->state = NULL;
	if (r == NULL)
		return -1;
	for (unsigned i = 0; i < m->n_vcpu; i++) {
		struct smp_vcpu *v = &m->vcpu[i];

		v->irqs = 0; /* the trace ends, nobody waits */
		v->o->time[s->vcpu[i].what] += end - s->vcpu[i].since;
	}
	for (unsigned i = 0; i < m->n_cpu; i++)
		m->cpu[i].time[s->cpu[i]] += end - m->cpu[i].since;
	return 0;
}

void smp_play_free(struct smp_play *s)
{
	struct err e;

	if (s == NULL)
		return;
	if (s->state != NULL)
		(void)replay_end(s->state, -1, &e);
	if (s->trace != NULL)
		tr_close(s->trace);
	free(s->vcpu);
	free(s->cpu);
	free(s);
}
