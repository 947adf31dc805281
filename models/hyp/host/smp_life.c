/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated machine's life: what it is built of, what interrupts it, how it ends, whether what it says adds up. */
#include "models/hyp/host/code.h"
#include "models/hyp/host/smp_play.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- sources of interrupts ---- */

/* The process runs again at this cycle. */
static void again_at(struct smp *m, struct sk_proc *p, uint64_t cycle)
{
	uint64_t ps = 0;
	struct err e;

	if (clk_time(&m->clk, cycle, &ps, &e) != 0)
		sk_fail(&m->k, e.code, "%s", e.text);
	else
		sk_wait_time(&m->k, p, ps - sk_now(&m->k));
}

static void timer_run(struct sk *k, struct sk_proc *self)
{
	struct smp_vcpu *v = container_of(self, struct smp_vcpu, timer);
	struct smp *m = v->m;
	uint64_t period = m->clk.hz / (uint64_t)v->guest.w->timer_hz;

	(void)k;
	if (v->timer_at == 0) /* each vCPU's timer has its own phase */
		v->timer_at = 1 + guest_below(&v->guest, STREAM_PHASE, period);
	else
		smp_timer_fires(v, v->timer_at);
	if (v->timer_at <= smp_now(m))
		v->timer_at += period != 0 ? period : 1;
	again_at(m, self, v->timer_at);
}

void smp_device_fires(struct smp_vcpu *v)
{
	if (!list_empty(&v->dev))
		return;
	v->dev_at = smp_now(v->m);
	list_add_tail(&v->cpu->dev, &v->dev);
	smp_raise(v->cpu, IRQ_DEV);
}

static void device_run(struct sk *k, struct sk_proc *self)
{
	struct smp_vcpu *v = container_of(self, struct smp_vcpu, device);
	struct smp *m = v->m;

	(void)k;
	if (sk_now(&m->k) != 0)
		smp_device_fires(v);
	again_at(m, self,
		 smp_now(m) + guest_exponential(&v->guest, STREAM_DEVICE,
						m->clk.hz / (uint64_t)v->guest.w->device_hz));
}

/* No tick while idle; the pCPUs' ticks are spread over the period. */
static void tick_run(struct sk *k, struct sk_proc *self)
{
	struct smp_cpu *c = container_of(self, struct smp_cpu, tick);
	struct smp *m = c->m;
	uint64_t period = m->clk.hz / (uint64_t)m->o.tick_hz, now = smp_now(m);

	(void)k;
	if (now == 0) {
		again_at(m, self, 1 + period * (c->id + 1) / m->n_cpu);
		return;
	}
	if (c->mode != CPU_IDLE)
		smp_raise(c, IRQ_TICK);
	again_at(m, self, now + (period != 0 ? period : 1));
}

static void kick_arrives(struct sk *k, struct sk_proc *self)
{
	(void)k;
	smp_raise(container_of(self, struct smp_cpu, kicked), IRQ_KICK);
}

/* Of several under way the first to arrive counts: a kick only says "look". */
void smp_send_kick(struct smp_cpu *c)
{
	struct smp *m = c->m;

	if (m->o.kick_ns == 0)
		smp_raise(c, IRQ_KICK);
	else
		sk_notify_after(&m->k, &c->kick, (uint64_t)m->o.kick_ns * 1000);
}

/* ---- life ---- */

/* "0-3,8" as pCPU numbers, "all" as NULL. */
static int parse_pin(const char *text, unsigned cpus, unsigned **list, size_t *n, struct err *e)
{
	char *copy, *rest, *item;
	bool good = true;

	*list = NULL;
	*n = 0;
	if (text == NULL || strcmp(text, "all") == 0)
		return 0;
	*list = xcalloc(SMP_MAX_PCPUS, sizeof(**list));
	rest = copy = xstrdup(text);
	while (good && (item = str_item(&rest, ",")) != NULL) {
		char *end = item;
		unsigned long from = isdigit((unsigned char)*item) ? strtoul(item, &end, 10) : cpus, to = from;

		if (*end == '-' && isdigit((unsigned char)end[1]))
			to = strtoul(end + 1, &end, 10);
		good = *end == '\0' && from <= to && to < cpus && *n + (to - from) < SMP_MAX_PCPUS;
		for (; good && from <= to; from++)
			(*list)[(*n)++] = (unsigned)from;
	}
	free(copy);
	if (good)
		return 0;
	free(*list);
	*list = NULL;
	return err_set(e, ERR_CONFIG,
		       "[host] pin = %.40s%s: want a list of pCPUs in 0..%u (0-3,8), or all", text,
		       *text == '\0' ? "(empty)" : "", cpus - 1);
}

static void cpu_init(struct smp *m, unsigned id)
{
	struct smp_cpu *c = &m->cpu[id];

	c->m = m;
	c->id = id;
	c->time = m->out.clock->pcpu[id];
	c->host = runner_vcpu_of(m->runner, 0);
	runner_on_cpu(c->host, id);
	c->host->state &= ~CND(HOST_FP); /* the idle task has none */
	list_init(&c->bg);
	list_init(&c->dev);
	sk_event_init(&m->k, &c->due, "pcpu");
	sk_proc_init(&m->k, &c->proc, "pcpu", smp_cpu_run);
	sk_sensitive(&m->k, &c->proc, &c->on_due, &c->due);
	sk_proc_init(&m->k, &c->tick, "tick", tick_run);
	if (m->o.kick_ns == 0)
		return;
	sk_event_init(&m->k, &c->kick, "kick");
	sk_proc_init(&m->k, &c->kicked, "kick", kick_arrives);
	sk_dont_initialize(&m->k, &c->kicked);
	sk_sensitive(&m->k, &c->kicked, &c->on_kick, &c->kick);
}

static int vcpu_init(struct smp *m, unsigned id, unsigned cls, struct err *e)
{
	struct smp_vcpu *v = &m->vcpu[id];
	const struct workload *w = m->cls[cls]->w;

	v->m = m;
	v->id = id;
	v->o = outcome_vcpu(&m->out);
	v->vm = (unsigned)((uint64_t)id * (uint64_t)m->o.vms / m->n_vcpu);
	v->run = runner_vcpu_of(m->runner, v->vm + 1); /* 0: the host */
	v->cls = cls;
	v->o->number = id;
	v->o->vm = v->vm;
	v->o->cls = cls;
	(void)snprintf(v->o->vm_name, sizeof(v->o->vm_name), "vm%u", v->vm);
	guest_init(&v->guest, m->cls[cls], (uint64_t)m->o.seed, id, m->clk.hz);
	v->ent = (struct sched_ent){.id = id,
				    .cpu = id % m->n_cpu,
				    .weight = w->weight != 0 ? (unsigned)w->weight : 1024};
	v->cpu = &m->cpu[v->ent.cpu];
	v->state = VC_RUNNABLE;
	v->resume = RESUME_FIRST;
	v->kind = EXIT_FOR_first_run;
	list_init(&v->bg);
	list_init(&v->dev);
	if (m->cls[cls]->ops->executes) {
		if (code_init(m, v, e) != 0)
			return -1;
		if (code_is_off(v)) /* until another vCPU starts it */
			v->state = VC_BLOCKED;
	}
	if (v->state == VC_RUNNABLE)
		m->sched->ops->enqueue(m->sched, &v->ent, v->ent.cpu, false);
	if (m->cls[cls]->ops->executes)
		return 0;
	if (w->timer_hz != 0)
		sk_proc_init(&m->k, &v->timer, "timer", timer_run);
	if (w->device_hz != 0)
		sk_proc_init(&m->k, &v->device, "device", device_run);
	return 0;
}

static int check_options(const struct smp_options *o, const struct workload *w, struct err *e)
{
	if (o->sched == SMP_AS_RECORDED)
		return err_set(
			e, ERR_CONFIG,
			"[host] sched = recorded plays a trace, not a workload: leave out [mix] "
			"and the classes, and set [run] trace");
	if (o->vms > o->vcpus)
		return err_set(
			e, ERR_CONFIG,
			"[machine] vms = %lld, but only %lld vCPUs: want at most one VM per vCPU",
			(long long)o->vms, (long long)o->vcpus);
	if (o->duration_us > SMP_DURATION_MAX_US)
		return err_set(e, ERR_CONFIG, "[run] duration = %lld us: want at most %lld us (104 days)",
			       (long long)o->duration_us, (long long)SMP_DURATION_MAX_US);
	if (o->warmup_us >= o->duration_us)
		return err_set(e, ERR_CONFIG, "[run] warmup = %lld us: want less than [run] duration, %lld us",
			       (long long)o->warmup_us, (long long)o->duration_us);
	return workload_check(w, e);
}

/* The vCPUs of the workload's classes. */
static int classes_init(struct smp *m, struct err *e)
{
	const struct workload *w = m->workload, *c;
	uint64_t *count;
	unsigned id = 0, n = 0;
	int rc;

	for (c = workload_next(w, NULL); c != NULL; c = workload_next(w, c))
		n++;
	m->cls = xcalloc(n, sizeof(struct guest_class *));
	m->out.clock->cls = xcalloc(n + 1, sizeof(*m->out.clock->cls));
	count = xcalloc(n, sizeof(*count));
	rc = workload_share_out(w, m->n_vcpu, count, e);
	for (c = workload_next(w, NULL); rc == 0 && c != NULL; c = workload_next(w, c)) {
		m->cls[m->n_cls] = guest_class_new(c, m->prog, e);
		rc = m->cls[m->n_cls] != NULL ? 0 : -1;
		for (uint64_t i = 0; rc == 0 && i < count[m->n_cls]; i++)
			rc = vcpu_init(m, id++, m->n_cls, e);
		m->out.clock->cls[m->n_cls] = (struct outcome_class){workload_name(w, c), (uint64_t)c->weight};
		m->n_cls++; /* smp_free frees what a failure left of it, too */
	}
	m->out.clock->n_cls = m->n_cls;
	free(count);
	return rc;
}

void smp_clock(struct smp *m)
{
	struct outcome_clock *c = outcome_clock(&m->out, m->clk.hz, m->n_cpu);

	outcome_room(&m->out, m->n_vcpu);
	c->warmup_us = m->play == NULL ? (uint64_t)m->o.warmup_us : 0;
	c->duration_us = (uint64_t)m->o.duration_us - c->warmup_us;
	c->seed = (uint64_t)m->o.seed;
	c->vms = (uint64_t)m->o.vms;
	c->vcpu_bytes = smp_vcpu_bytes();
	c->sched = sched_names[m->o.sched];
	c->setup = smp_setup(&m->o);
	c->cold.counted = m->o.cold_milli > 1000 && m->play == NULL;
}

struct smp *smp_new(const struct smp_options *o, const struct workload *w, const struct ws_prog *p,
		    const struct outcome_path *path, bool counting, struct err *e)
{
	struct smp *m;

	if (check_options(o, w, e) != 0)
		return NULL;
	m = xcalloc(1, sizeof(*m));
	m->o = *o;
	m->prog = p;
	m->engine = (struct engine){&smp_engine_ops, &m->out};
	outcome_init(&m->out, p);
	m->path = path;
	m->workload = w;
	sk_init(&m->k, 0);
	if (clk_init(&m->clk, "pCPUs", (uint64_t)p->config.machine->clock_hz, e) != 0) {
		sk_fini(&m->k);
		free(m);
		return NULL;
	}
	m->n_cpu = (unsigned)o->pcpus;
	m->n_vcpu = (unsigned)o->vcpus;
	smp_clock(m);
	m->runner = runner_new(p, counting);
	m->watchers = runner_watchers(m->runner);
	m->sched = sched_new((enum sched_id)o->sched, m->n_cpu,
			     1 + clk_cycle(&m->clk, (uint64_t)o->slice_us * 1000000));
	if (parse_pin(o->pin, m->n_cpu, &m->pin, &m->sched->n_pin, e) != 0) {
		smp_free(m);
		return NULL;
	}
	m->sched->pin = m->pin;
	m->cpu = xcalloc(m->n_cpu, sizeof(*m->cpu));
	m->idle = xcalloc(m->n_cpu, sizeof(*m->idle));
	m->vcpu = xcalloc(m->n_vcpu, sizeof(*m->vcpu));
	for (unsigned i = 0; i < m->n_cpu; i++)
		cpu_init(m, i);
	if (classes_init(m, e) != 0) {
		smp_free(m);
		return NULL;
	}
	return m;
}

void smp_free(struct smp *m)
{
	if (m == NULL)
		return;
	smp_play_free(m->play);
	sk_fini(&m->k);
	sched_free(m->sched);
	if (m->runner != NULL)
		runner_free(m->runner);
	code_free(m);
	free(m->cpu);
	free(m->idle);
	for (unsigned i = 0; i < m->n_cls; i++)
		guest_class_free(m->cls[i]);
	free(m->cls);
	free(m->pin);
	free(m->vcpu);
	outcome_mark_free(&m->before);
	outcome_free(&m->out);
	free(m);
}

/* ---- the engine ---- */

static struct smp *machine(const struct engine *g)
{
	return container_of((struct engine *)(uintptr_t)g, struct smp, engine);
}

static uint64_t engine_now(const struct engine *g)
{
	return sk_now(&machine(g)->k);
}

static uint64_t engine_next(const struct engine *g)
{
	return sk_next_time(&machine(g)->k);
}

static uint64_t engine_end(const struct engine *g)
{
	const struct smp *m = machine(g);

	return m->play != NULL ? smp_play_end_time(m) : (uint64_t)m->o.duration_us * 1000000;
}

/*
 * What is under way is settled when it is over, as a whole: its part before now is taken from the new sums, which may pass
 * below 0 until then (unsigned, so they come back).
 */
static void settle_later(struct smp *m)
{
	static const enum outcome_time what[] = {[CPU_IDLE] = TIME_IDLE, [CPU_GUEST] = TIME_GUEST,
					     [CPU_POLL] = TIME_POLL, [CPU_USER] = TIME_USER};

	for (unsigned i = 0; i < m->n_vcpu; i++) {
		struct smp_vcpu *v = &m->vcpu[i];

		v->pending = (struct ws_totals){0};
		v->resident = 0;
		if (v->state == VC_BLOCKED || v->state == VC_RUNNABLE)
			v->o->time[v->state == VC_BLOCKED ? TIME_BLOCKED : TIME_STEAL] -= m->from - v->since;
	}
	for (unsigned i = 0; i < m->n_cpu; i++) {
		struct smp_cpu *c = &m->cpu[i];
		const uint64_t cycles = m->from - c->since, part = c->busy_switch < cycles ? c->busy_switch : cycles;
		const struct {
			enum outcome_time what;
			uint64_t cycles;
		} gone[] = {{c->mode == CPU_BUSY ? TIME_SWITCH : what[c->mode], c->mode == CPU_BUSY ? part : cycles},
			    {TIME_HANDLE, c->mode == CPU_BUSY ? cycles - part : 0}};

		for (unsigned k = 0; c->mode != CPU_OFF && k < 2; k++) {
			c->time[gone[k].what] -= gone[k].cycles;
			if (c->curr != NULL)
				c->curr->o->time[gone[k].what] -= gone[k].cycles;
		}
		if (c->mode == CPU_GUEST && c->curr != NULL)
			c->curr->resident -= m->from - c->curr->entered_at;
	}
}

/* The warm-up is over: from now on it counts. */
static void begin_window(struct smp *m)
{
	struct outcome_clock *c = m->out.clock;

	m->warm = true;
	m->from = smp_now(m);
	outcome_mark(&m->before, &m->out, m->runner);
	outcome_restart(&m->out);
	memset(c->pcpu, 0, m->n_cpu * sizeof(*c->pcpu));
	memset(c->latency, 0, sizeof(c->latency));
	c->path = (struct outcome_path){0, 0};
	c->cold.exits = c->cold.cycles = 0;
	settle_later(m);
}

static int engine_run_until(struct engine *g, uint64_t ps, struct err *e)
{
	struct smp *m = machine(g);
	const uint64_t warm = m->out.clock->warmup_us * 1000000;

	if (warm != 0 && !m->warm && ps >= warm) {
		if (sk_run_until(&m->k, warm, e) != 0)
			return -1;
		begin_window(m);
	}
	return sk_run_until(&m->k, ps, e);
}

/*
 * outcome_check, and: no vCPU sleeps with an interrupt pending, no pCPU idles while a thread waits for it. ERR_MODEL
 * naming the first that fails.
 */
static int smp_check(const struct smp *m, struct err *e);

static int end(struct smp *m, struct err *e)
{
	struct outcome_clock *c = m->out.clock;

	sk_end(&m->k);
	if (c->warmup_us != 0 && !m->warm)
		return err_set(e, ERR_CONFIG, "the run ended within [run] warmup = %llu us: nothing was counted",
			       (unsigned long long)c->warmup_us);
	c->end = smp_now(m) - m->from;
	c->end_ns = smp_ns(m, c->end);
	if (m->play != NULL)
		return smp_play_end(m, e) == 0 ? smp_check(m, e) : -1;
	for (unsigned i = 0; i < m->n_cpu; i++)
		smp_cpu_end(&m->cpu[i]);
	for (unsigned i = 0; i < m->n_vcpu; i++) {
		struct smp_vcpu *v = &m->vcpu[i];

		if (v->state == VC_BLOCKED || v->state == VC_RUNNABLE)
			v->o->time[v->state == VC_BLOCKED ? TIME_BLOCKED : TIME_STEAL] += smp_now(m) - v->since;
		v->o->guest_ns = smp_ns(m, v->resident);
		ws_totals_sum(&m->out.unfinished, &v->pending);
	}
	if (m->code != NULL)
		code_outcome(m);
	outcome_end(&m->out, m->runner, m->warm ? &m->before : NULL);
	return smp_check(m, e);
}

static int engine_finish(struct engine *g, bool good, struct err *e)
{
	return good ? end(machine(g), e) : -1;
}

static void engine_release(struct engine *g)
{
	smp_free(machine(g));
}

const struct engine_ops smp_engine_ops = {engine_now,	    engine_next,   engine_end,
					  engine_run_until, engine_finish, engine_release};

int smp_run(struct smp *m, struct err *e)
{
	return engine_run(&m->engine, e);
}

/* ---- checks ---- */

static int fault(struct err *e, const char *what, unsigned id, uint64_t got, uint64_t want)
{
	return err_set(
		e, ERR_MODEL,
		"conservation: %s %u: %llu, want %llu: this is a fault of el2sim, please report it",
		what, id, (unsigned long long)got, (unsigned long long)want);
}

/* pCPUs that are on their way to pick a thread. */
static size_t picking(const struct smp *m)
{
	size_t n = 0;

	for (unsigned i = 0; i < m->n_cpu; i++)
		n += m->cpu[i].curr == NULL &&
		     (m->cpu[i].mode == CPU_BUSY || m->cpu[i].due.pending != SK_NONE ||
		      m->cpu[i].kick.pending != SK_NONE);
	return n;
}

int smp_check_wakeups(const struct smp *m, struct err *e)
{
	for (unsigned i = 0; i < m->n_vcpu; i++) {
		if (m->vcpu[i].state == VC_BLOCKED && m->vcpu[i].irqs != 0 &&
		    !(code_of(&m->vcpu[i]) != NULL && code_is_off(&m->vcpu[i])))
			return fault(e, "interrupts that wait for the sleeping vCPU", i,
				     m->vcpu[i].irqs, 0);
	}
	for (unsigned i = 0; i < m->n_cpu; i++) {
		const struct smp_cpu *c = &m->cpu[i];

		if (c->mode == CPU_IDLE && c->due.pending == SK_NONE &&
		    c->kick.pending == SK_NONE &&
		    m->sched->ops->waiting(m->sched, i) > (m->sched->ops->shared ? picking(m) : 0))
			return fault(e, "threads that wait for the idle pCPU", i,
				     m->sched->ops->waiting(m->sched, i), 0);
	}
	return 0;
}

static int smp_check(const struct smp *m, struct err *e)
{
	if (outcome_check(&m->out, e) != 0)
		return -1;
	return m->play == NULL ? smp_check_wakeups(m, e) : 0; /* nobody waits in a trace that is played */
}
