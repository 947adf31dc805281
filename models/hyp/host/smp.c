/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/host/smp.h"

#include "models/hyp/host/smp_play.h"

#include <string.h>

#define MEMBER(m) offsetof(struct smp_options, m)

static const struct opt_row opt_rows[] = {
	{"machine", "vcpus", OPT_INT, MEMBER(vcpus), "1", 1, SMP_MAX_VCPUS, "", NULL,
	 "vCPUs of all VMs together"},
	{"machine", "vms", OPT_INT, MEMBER(vms), "1", 1, SMP_MAX_VCPUS, "", NULL,
	 "VMs; the vCPUs are shared out evenly, neighbours to one VM"},
	{"machine", "pcpus", OPT_INT, MEMBER(pcpus), "1", 1, SMP_MAX_PCPUS, "", NULL,
	 "physical CPUs"},
	{"host", "sched", OPT_ENUM, MEMBER(sched), "fair", 0, 0, "", sched_names,
	 "which vCPU thread runs on which pCPU"},
	{"host", "pin", OPT_STR, MEMBER(pin), "all", 0, 0, "", NULL,
	 "sched = pinned: pCPUs that the vCPU threads are pinned to in turn, 0-3,8 or all"},
	{"host", "kick_latency", OPT_INT, MEMBER(kick_ns), "0", 0, 1000000000, "ns", NULL,
	 "from the sending of an interrupt to another pCPU until it is pending there"},
	{"host", "slice", OPT_INT, MEMBER(slice_us), "3000", 1, 10000000, "us", NULL,
	 "time slice; it ends at a tick of the host"},
	{"host", "tick_hz", OPT_INT, MEMBER(tick_hz), "250", 1, 100000, "Hz", NULL,
	 "timer interrupts of a pCPU that is not idle"},
	{"host", "halt_poll", OPT_INT, MEMBER(halt_poll_ns), "500000", 0, 1000000000, "ns", NULL,
	 "kvm.halt_poll_ns: longest time that a vCPU in WFI polls before it sleeps; 0: never"},
	{"host", "halt_poll_grow", OPT_INT, MEMBER(halt_poll_grow), "2", 0, 1000, "", NULL,
	 "kvm.halt_poll_ns_grow"},
	{"host", "halt_poll_grow_start", OPT_INT, MEMBER(halt_poll_grow_start), "10000", 0,
	 1000000000, "ns", NULL, "kvm.halt_poll_ns_grow_start"},
	{"host", "halt_poll_shrink", OPT_INT, MEMBER(halt_poll_shrink), "2", 0, 1000, "", NULL,
	 "kvm.halt_poll_ns_shrink; 0: to nothing"},
	{"run", "duration", OPT_INT, MEMBER(duration_us), "100000", 1, INT64_C(1000000000000000),
	 "us", NULL, "time that is simulated"},
	{"run", "seed", OPT_INT, MEMBER(seed), "1", 0, INT64_MAX, "", NULL,
	 "of all random numbers"},
};

const struct opt_row *smp_opt_rows(size_t *n)
{
	*n = sizeof(opt_rows) / sizeof(opt_rows[0]);
	return opt_rows;
}

static bool same_option(const struct opt_row *r, const char *a, const char *b)
{
	const char *s, *t;
	int i, k;
	int64_t x, y;

	switch (r->type) {
	case OPT_INT:
		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		return x == y;
	case OPT_ENUM:
		memcpy(&i, a, sizeof(i));
		memcpy(&k, b, sizeof(k));
		return i == k;
	case OPT_STR:
		memcpy(&s, a, sizeof(s));
		memcpy(&t, b, sizeof(t));
		return strcmp(s != NULL ? s : "all", t != NULL ? t : "all") == 0; /* [host] pin */
	default:
		BUG("an option of a type that machines have not");
	}
}

bool smp_same_options(const struct smp_options *a, const struct smp_options *b)
{
	const size_t n = sizeof(opt_rows) / sizeof(opt_rows[0]);
	size_t i = 0;

	while (i < n && same_option(&opt_rows[i], (const char *)a + opt_rows[i].offset,
				    (const char *)b + opt_rows[i].offset))
		i++;
	return i == n;
}

/* A function that gives column `what` of a list of rows. */
#define NAME_OF(fn, arg, list, count, row)                                                         \
	const char *fn(enum arg i)                                                                 \
	{                                                                                          \
		static const char *const text[count] = {list(row)};                                \
                                                                                                   \
		return text[i];                                                                    \
	}

#define NAME2(id, name)       name,
#define NAME3(id, name, help) name,
#define HELP3(id, name, help) help,

NAME_OF(smp_time_name, smp_time, SMP_TIMES, SMP_TIME_COUNT, NAME3)
NAME_OF(smp_time_help, smp_time, SMP_TIMES, SMP_TIME_COUNT, HELP3)
NAME_OF(smp_latency_name, smp_latency, SMP_LATENCIES, LAT_COUNT, NAME3)
NAME_OF(smp_mode_name, smp_mode, SMP_MODES, SMP_MODE_COUNT, NAME2)
NAME_OF(smp_state_name, smp_state, SMP_STATES, SMP_STATE_COUNT, NAME2)
NAME_OF(smp_source_name, smp_source, SMP_SOURCES, SRC_COUNT, NAME2)
NAME_OF(smp_irq_step_name, smp_irq_step, SMP_IRQ_STEPS, SMP_IRQ_STEP_COUNT, NAME2)

void smp_hook(struct smp *m, struct smp_hooks *h)
{
	struct smp_hooks **end = &m->hooks;

	while (*end != NULL)
		end = &(*end)->next;
	h->next = NULL;
	*end = h;
}

uint64_t smp_now(const struct smp *m)
{
	return clk_cycle(&m->clk, sk_now(&m->k));
}

size_t smp_vcpu_bytes(void)
{
	return sizeof(struct smp_vcpu) + runner_vcpu_bytes() +
	       2 * sizeof(struct sk_event *);
}

uint64_t smp_ns(const struct smp *m, uint64_t cycles)
{
	struct err e;
	uint64_t ps = 0;

	return clk_time(&m->clk, cycles, &ps, &e) == 0 ? ps / 1000 : UINT64_MAX / 1000;
}

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
	const char *s = text;

	*list = NULL;
	*n = 0;
	if (text == NULL || strcmp(text, "all") == 0)
		return 0;
	*list = xcalloc(SMP_MAX_PCPUS, sizeof(**list));
	while (*s >= '0' && *s <= '9') {
		char *end;
		unsigned long from = strtoul(s, &end, 10), to = from;

		if (*end == '-' && end[1] >= '0' && end[1] <= '9')
			to = strtoul(end + 1, &end, 10);
		if (from > to || to >= cpus || *n + (to - from) >= SMP_MAX_PCPUS)
			break;
		for (; from <= to; from++)
			(*list)[(*n)++] = (unsigned)from;
		s = *end == ',' ? end + 1 : end;
		if (*end != ',')
			break;
	}
	if (*s == '\0' && *n != 0 && s[-1] != ',')
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

static void vcpu_init(struct smp *m, unsigned id, unsigned cls)
{
	struct smp_vcpu *v = &m->vcpu[id];
	const struct workload *w = m->cls[cls]->w;

	v->m = m;
	v->id = id;
	v->vm = (unsigned)((uint64_t)id * (uint64_t)m->o.vms / m->n_vcpu);
	v->run = runner_vcpu_of(m->runner, v->vm + 1); /* 0: the host */
	v->cls = cls;
	guest_init_class(&v->guest, m->cls[cls], (uint64_t)m->o.seed, id, m->clk.hz);
	v->ent = (struct sched_ent){.id = id,
				    .cpu = id % m->n_cpu,
				    .weight = w->weight != 0 ? (unsigned)w->weight : 1024};
	v->cpu = &m->cpu[v->ent.cpu];
	v->state = VC_RUNNABLE;
	v->resume = RESUME_FIRST;
	v->kind = EXIT_run_first;
	list_init(&v->bg);
	list_init(&v->dev);
	m->sched->ops->enqueue(m->sched, &v->ent, v->ent.cpu, false);
	if (w->timer_hz != 0)
		sk_proc_init(&m->k, &v->timer, "timer", timer_run);
	if (w->device_hz != 0)
		sk_proc_init(&m->k, &v->device, "device", device_run);
}

static int check_options(const struct smp_options *o, const struct workload *w, struct err *e)
{
	if (o->sched == SCHED_recorded)
		return err_set(
			e, ERR_CONFIG,
			"[host] sched = recorded plays a trace, not a workload: leave out [mix] "
			"and the classes, and set [run] trace");
	if (o->vms > o->vcpus)
		return err_set(
			e, ERR_CONFIG,
			"[machine] vms = %lld, but only %lld vCPUs: want at most one VM per vCPU",
			(long long)o->vms, (long long)o->vcpus);
	if (o->duration_us > INT64_C(18446744073709))
		return err_set(
			e, ERR_CONFIG,
			"[run] duration = %lld us: want at most 18446744073709 us (213 days)",
			(long long)o->duration_us);
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
	count = xcalloc(n, sizeof(*count));
	rc = workload_share_out(w, m->n_vcpu, count, e);
	for (c = workload_next(w, NULL); rc == 0 && c != NULL; c = workload_next(w, c)) {
		m->cls[m->n_cls] = guest_class_new(c, m->prog, e);
		rc = m->cls[m->n_cls] != NULL ? 0 : -1;
		for (uint64_t i = 0; rc == 0 && i < count[m->n_cls]; i++)
			vcpu_init(m, id++, m->n_cls);
		m->n_cls += rc == 0;
	}
	free(count);
	return rc;
}

struct smp *smp_new(const struct smp_options *o, const struct workload *w, const struct ws_prog *p,
		    const uint64_t *measured, bool counting, struct err *e)
{
	struct smp *m;

	if (check_options(o, w, e) != 0)
		return NULL;
	m = xcalloc(1, sizeof(*m));
	m->o = *o;
	m->prog = p;
	m->measured = measured;
	m->workload = w;
	sk_init(&m->k, 0);
	if (clk_init(&m->clk, "pCPUs", (uint64_t)p->config.machine->clock_hz, e) != 0) {
		sk_fini(&m->k);
		free(m);
		return NULL;
	}
	m->n_cpu = (unsigned)o->pcpus;
	m->n_vcpu = (unsigned)o->vcpus;
	m->runner = runner_new(p, counting);
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
	free(m->cpu);
	free(m->idle);
	for (unsigned i = 0; i < m->n_cls; i++)
		guest_class_free(m->cls[i]);
	free(m->cls);
	free(m->pin);
	free(m->vcpu);
	free(m);
}

uint64_t smp_end_time(const struct smp *m)
{
	return m->play != NULL ? smp_play_end_time(m) : (uint64_t)m->o.duration_us * 1000000;
}

int smp_run(struct smp *m, struct err *e)
{
	return sk_run_until(&m->k, smp_end_time(m), e) == 0 ? smp_end(m, e) : -1;
}

int smp_end(struct smp *m, struct err *e)
{
	sk_end(&m->k);
	m->end = smp_now(m);
	if (m->play != NULL)
		return smp_play_end(m, e) == 0 ? smp_check(m, e) : -1;
	for (unsigned i = 0; i < m->n_cpu; i++)
		smp_cpu_end(&m->cpu[i]);
	for (unsigned i = 0; i < m->n_vcpu; i++) {
		struct smp_vcpu *v = &m->vcpu[i];

		if (v->state == VC_BLOCKED || v->state == VC_RUNNABLE)
			v->time[v->state == VC_BLOCKED ? SMP_BLOCKED : SMP_STEAL] +=
				m->end - v->since;
		ws_totals_add(&m->unfinished, &v->pending, 1);
	}
	return smp_check(m, e);
}

/* ---- checks ---- */

static int fault(struct err *e, const char *what, unsigned id, uint64_t got, uint64_t want)
{
	return err_set(
		e, ERR_MODEL,
		"conservation: %s %u: %llu, want %llu: this is a fault of el2sim, please report it",
		what, id, (unsigned long long)got, (unsigned long long)want);
}

static uint64_t sum_of(const uint64_t *time)
{
	uint64_t sum = 0;

	for (unsigned t = 0; t < SMP_TIME_COUNT; t++)
		sum += time[t];
	return sum;
}

static int check_times(const struct smp *m, struct err *e)
{
	for (unsigned i = 0; i < m->n_cpu; i++) {
		if (sum_of(m->cpu[i].time) != m->end)
			return fault(e, "cycles of pCPU", i, sum_of(m->cpu[i].time), m->end);
	}
	for (unsigned i = 0; i < m->n_vcpu; i++) {
		if (sum_of(m->vcpu[i].time) != m->end)
			return fault(e, "cycles of vCPU", i, sum_of(m->vcpu[i].time), m->end);
	}
	return 0;
}

static int same(const struct ws_totals *got, const struct ws_totals *want, const char *what,
		struct err *e)
{
	if (memcmp(got, want, sizeof(*got)) == 0)
		return 0;
	return fault(e, what, 0, got->cycles, want->cycles);
}

static int check_totals(const struct smp *m, struct err *e)
{
	struct ws_totals phases = {0}, kinds = m->host, vcpus = m->host;

	for (unsigned p = 0; p < PHASE_COUNT; p++)
		ws_totals_add(&phases, &m->phase[p], 1);
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		ws_totals_add(&kinds, &m->kind[k].totals, 1);
	ws_totals_add(&kinds, &m->unfinished, 1);
	for (unsigned i = 0; i < m->n_vcpu; i++)
		ws_totals_add(&vcpus, &m->vcpu[i].totals, 1);
	if (same(&phases, &m->total, "cycles of all phases,", e) != 0 ||
	    same(&kinds, &m->total, "cycles of all exit kinds,", e) != 0)
		return -1;
	return same(&vcpus, &m->total, "cycles of all vCPUs,", e);
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
		if (m->vcpu[i].state == VC_BLOCKED && m->vcpu[i].irqs != 0)
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

int smp_check(const struct smp *m, struct err *e)
{
	if (check_times(m, e) != 0 || check_totals(m, e) != 0)
		return -1;
	return smp_check_wakeups(m, e);
}
