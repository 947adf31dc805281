/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/host/code.h"

#include <string.h>

#include "models/hyp/host/smp_impl.h"

/* ---- interrupts that the GIC finds out ---- */

/* Somebody's doing makes something pending for a vCPU (models/dev/gic.h: kick). */
static void kicked(void *owner, unsigned vcpu)
{
	struct code_vm *vm = owner;
	struct smp *m = vm->m;
	struct smp_vcpu *v = &m->vcpu[vm->first + vcpu];
	struct smp_cpu *by = m->code_by;

	if (code_of(v) == NULL || code_is_off(v))
		return;
	if (by == NULL && vm->alarm_rings) {
		smp_device_fires(v);
		return;
	}
	if (by == NULL)
		return;
	if (m->code_source == SRC_SGI) {
		COUNT(by->curr, sgis);
		TELL_NOW(by, by->curr, irq, SMP_IRQ_SEND, SRC_SGI, v->id);
	}
	smp_deliver(by, v, m->code_source, smp_now(m));
}

/* The GIC is asked to do something on a pCPU, and may kick vCPUs. */
static void on(struct smp_cpu *c, enum smp_source src)
{
	c->m->code_by = c;
	c->m->code_source = src;
}

static void off(struct smp_cpu *c)
{
	c->m->code_by = NULL;
}

/* ---- timers ---- */

static void timer_run(struct sk *k, struct sk_proc *self)
{
	struct code_cpu *x = container_of(self, struct code_cpu, timer);
	struct smp_vcpu *v = x->v;
	const uint64_t now = smp_now(v->m), deadline = x->due_at;

	(void)k;
	x->due_at = SK_NEVER;
	for (enum gtimer_id t = 0; t < GTIMERS; t++) {
		if (vm_timer_next(x->cpu, t, now) <= now)
			x->fired |= 1u << t;
	}
	if (x->fired != 0)
		smp_timer_fires(v, deadline);
	code_rearm(v, now);
}

/* The event comes at this cycle, SK_NEVER: not at all; *at is where it was. */
static void arm(struct smp *m, struct sk_event *due, uint64_t *at, uint64_t cycle)
{
	uint64_t ps;
	struct err e;

	if (cycle == *at)
		return;
	*at = cycle;
	sk_cancel(&m->k, due);
	if (cycle == SK_NEVER || clk_time(&m->clk, cycle, &ps, &e) != 0)
		*at = SK_NEVER;
	else if (ps <= sk_now(&m->k))
		sk_notify_delta(&m->k, due);
	else
		sk_notify_at(&m->k, due, ps);
}

void code_rearm(struct smp_vcpu *v, uint64_t cycle)
{
	struct code_cpu *x = code_of(v);
	struct smp *m = v->m;
	uint64_t next = UINT64_MAX;

	for (enum gtimer_id t = 0; t < GTIMERS; t++) {
		const uint64_t at = x->fired >> t & 1 ? UINT64_MAX : vm_timer_next(x->cpu, t, cycle);

		next = at < next ? at : next;
	}
	arm(m, &x->due, &x->due_at, next);
}

void code_timer_pends(struct smp_vcpu *v)
{
	struct code_cpu *x = code_of(v);
	struct smp_cpu *by = v->m->code_by;

	v->m->code_by = NULL; /* who sees the interrupt does the rest */
	for (enum gtimer_id t = 0; t < GTIMERS; t++) {
		if (x->fired >> t & 1)
			vm_timer_fires(x->cpu, t);
	}
	v->m->code_by = by;
	x->fired = 0;
	code_rearm(v, smp_now(v->m));
}

uint64_t code_timers(const struct smp_vcpu *v)
{
	const struct gtimers *t = &code_of(v)->cpu->timer;

	return (gtimer_can_fire(&t->t[GTIMER_VIRT]) ? CND(VTIMER_ON) : 0) | (gtimer_can_fire(&t->t[GTIMER_PHYS]) ? CND(PTIMER_ON) : 0);
}

bool code_has_events(const struct smp_vcpu *v)
{
	return code_of(v) != NULL && code_of(v)->cpu->pmu.used;
}

uint64_t code_residency(const struct smp_vcpu *v, bool exit)
{
	const struct vm_cpu *c = code_of(v)->cpu;

	return (c->debug_dirty ? CND(GUEST_DEBUG) : 0) | (pmu_runs(&c->pmu) ? CND(PMU_EVENTS) : 0) | (code_of(v)->pauth_used ? CND(PAUTH_USED) : 0) | (exit && vm_lr_is_live(c) ? CND(LR_LIVE) : 0);
}

/* ---- the VMM's clock ---- */

/* A thread of the VMM tells the GIC; the vCPU's pCPU is interrupted for it. */
static void alarm_run(struct sk *k, struct sk_proc *self)
{
	struct code_vm *vm = container_of(self, struct code_vm, alarm);

	(void)k;
	vm->alarm_at = SK_NEVER;
	vm->alarm_rings = true;
	vm_alarm_fires(vm->vm, smp_now(vm->m));
	vm->alarm_rings = false;
	arm(vm->m, &vm->alarm_due, &vm->alarm_at, vm_alarm_next(vm->vm));
}

/* ---- dirty logging ---- */

/* A thread of the VMM, on no pCPU of these. */
static void collect_later(struct code_vm *vm)
{
	const uint64_t period = (uint64_t)vm->w->dirty_log_us * (uint64_t)vm->m->clk.hz / 1000000;

	arm(vm->m, &vm->collect_due, &vm->collect_at, smp_now(vm->m) + period);
}

static void collect_run(struct sk *k, struct sk_proc *self)
{
	struct code_vm *vm = container_of(self, struct code_vm, collect);

	(void)k;
	vm->collect_at = SK_NEVER;
	if (vm->ended)
		return;
	(void)vm_collect_dirty(vm->vm);
	collect_later(vm);
}

/* ---- running ---- */

void code_prepare(struct smp_vcpu *v)
{
	struct code_cpu *x = code_of(v);
	struct smp *m = v->m;
	const uint64_t now = smp_now(m), quantum = (uint64_t)x->vm->w->quantum, ps = sk_next_time(&m->k);
	uint64_t next = ps == SK_NEVER ? now + (uint64_t)m->clk.hz : clk_cycle(&m->clk, ps);

	x->cycle = now;
	x->budget = next > now + quantum ? next - now : quantum;
	if (x->vm->w->max_instructions != 0 && x->budget > code_left(x->vm)) /* an instruction takes a cycle or more */
		x->budget = code_left(x->vm) + 1;
	x->asked_again = false;
}

bool code_yields(struct smp_cpu *c, struct smp_vcpu *v)
{
	struct code_cpu *x = code_of(v);
	const bool yields = !x->asked_again && sk_next_time(&c->m->k) <= sk_now(&c->m->k);

	x->asked_again = yields;
	return yields;
}

unsigned code_enter(struct smp_cpu *c, struct smp_vcpu *v)
{
	unsigned n;

	on(c, SRC_DEVICE);
	vm_trap_fp(code_of(v)->cpu, runner_needs_fp(c->m->runner, v->run));
	n = vm_enter(code_of(v)->cpu);
	off(c);
	return n;
}

void code_loaded(struct smp_vcpu *v)
{
	struct code_cpu *x = code_of(v);

	x->pauth_used = false;
	if (x->vm->vm->config.pauth && x->vm->vm->config.pauth_lazy)
		vm_trap_pauth(x->cpu, true);
}

void code_leave(struct smp_cpu *c, struct smp_vcpu *v)
{
	code_of(v)->exit_pc = code_of(v)->cpu->exited ? code_of(v)->cpu->exit.pc : code_of(v)->cpu->core->pc;
	on(c, SRC_DEVICE);
	vm_leave(code_of(v)->cpu);
	off(c);
	code_rearm(v, smp_now(c->m));
}

enum vm_effect code_complete(struct smp_cpu *c, struct smp_vcpu *v)
{
	struct code_cpu *x = code_of(v);
	enum vm_effect effect;

	on(c, x->cpu->exit.ask == VM_SGI ? SRC_SGI : SRC_DEVICE);
	x->vm->vm->lines = 0;
	effect = vm_complete(x->cpu, smp_now(c->m));
	x->pauth_used |= x->cpu->exit.ask == VM_PAUTH;
	off(c);
	code_rearm(v, smp_now(c->m));
	if (x->cpu->exit.dev == &x->vm->vm->rtc.dev)
		arm(c->m, &x->vm->alarm_due, &x->vm->alarm_at, vm_alarm_next(x->vm->vm));
	return effect;
}

struct smp_vcpu *code_started(const struct smp_vcpu *v)
{
	const struct code_cpu *x = code_of(v);

	return &v->m->vcpu[x->vm->first + x->cpu->started];
}

bool code_pending(const struct smp_vcpu *v)
{
	return vm_pending(code_of(v)->cpu);
}

bool code_is_off(const struct smp_vcpu *v)
{
	const struct code_cpu *x = code_of(v);

	return x->cpu->power == VM_OFF || x->vm->ended;
}

enum exit_kind code_sgi_kind(const struct smp_vcpu *v)
{
	const struct code_cpu *x = code_of(v);
	enum exit_kind kind = exit_of_sysreg(x->cpu->exit.op[0], x->cpu->exit.op[1], x->cpu->exit.op[2], x->cpu->exit.op[3],
					     x->cpu->exit.op[4]);

	for (unsigned i = 0; i < x->vm->n; i++) {
		const struct smp_vcpu *t = &v->m->vcpu[x->vm->first + i];

		if (!vm_sgi_target(x->cpu, i) || code_is_off(t))
			continue;
		if (t == v && kind == EXIT_FOR_sgi_elsewhere)
			kind = (x->cpu->core->ps.daif & 2) != 0 ? EXIT_FOR_sgi_masked : EXIT_FOR_sgi_to_self;
		else if (t != v && t->state == VC_GUEST && t->cpu != v->cpu)
			return EXIT_FOR_sgi_sent;
		else if (t != v && t->state == VC_BLOCKED)
			kind = EXIT_FOR_sgi_to_sleeper;
	}
	return kind;
}

/* ---- life ---- */

/* The VM that has this vCPU; a new one is built with the first of its vCPUs. */
static int vm_of(struct smp *m, const struct smp_vcpu *v, struct code_vm **out, struct err *e)
{
	struct code_vm *vm = &m->code[v->vm];
	const struct workload *w = v->guest.w;
	struct vm_config c = {.image = w->guest, .initrd = w->initrd, .append = w->append, .memory = (uint64_t)w->memory_mib << 20,
			      .machine = m->prog->config.machine, .counter_hz = (uint64_t)w->counter_hz,
			      .uart = (enum vm_uart)w->uart, .blocks = w->stage2 == STAGE2_BLOCK, .dirty_log = w->dirty_log_us != 0,
			      .pmu = (m->prog->config.vcpu & CND(VPMU)) != 0,
			      .pauth = (m->prog->config.vcpu & CND(VPAUTH)) != 0, .pauth_lazy = (m->prog->known & CND(SINCE_6_12)) == 0,
			      .cache_ids = (m->prog->known & CND(SINCE_6_12)) != 0,
			      .ptimer_traps = m->prog->config.model->mode != MODE_VHE};

	*out = vm;
	if (vm->vm != NULL && vm->w != w)
		return err_set(e, ERR_CONFIG, "VM %u has vCPUs of two classes, one of which executes %s: want [machine] vms and the classes' "
			       "vcpus such that a VM has one class", v->vm, vm->w->guest);
	if (vm->vm != NULL)
		return 0;
	vm->m = m;
	vm->w = w;
	vm->first = v->id;
	for (vm->n = 0; v->id + vm->n < m->n_vcpu && (uint64_t)(v->id + vm->n) * (uint64_t)m->o.vms / m->n_vcpu == v->vm; vm->n++)
		;
	if (vm->n > VM_VCPUS_MAX)
		return err_set(e, ERR_CONFIG, "[machine] vcpus: a VM of %u that executes code: want at most %d", vm->n, VM_VCPUS_MAX);
	c.vcpus = vm->n;
	vm->vm = vm_new(&c, e);
	if (vm->vm == NULL)
		return -1;
	vm->vm->kick = kicked;
	vm->vm->owner = vm;
	vm->alarm_at = SK_NEVER;
	sk_event_init(&m->k, &vm->alarm_due, "alarm");
	sk_proc_init(&m->k, &vm->alarm, "alarm", alarm_run);
	sk_dont_initialize(&m->k, &vm->alarm);
	sk_sensitive(&m->k, &vm->alarm, &vm->on_alarm, &vm->alarm_due);
	vm->collect_at = SK_NEVER;
	sk_event_init(&m->k, &vm->collect_due, "dirty log");
	sk_proc_init(&m->k, &vm->collect, "dirty log", collect_run);
	sk_dont_initialize(&m->k, &vm->collect);
	sk_sensitive(&m->k, &vm->collect, &vm->on_collect, &vm->collect_due);
	if (w->dirty_log_us != 0)
		collect_later(vm);
	vm->site = xcalloc(vm->vm->image.n_symbols + 1, sizeof(*vm->site));
	return 0;
}

int code_init(struct smp *m, struct smp_vcpu *v, struct err *e)
{
	struct code_cpu *x;
	struct code_vm *vm;

	if (m->code == NULL) {
		m->n_code = (unsigned)m->o.vms;
		m->code = xcalloc(m->n_code, sizeof(*m->code));
	}
	if (vm_of(m, v, &vm, e) != 0)
		return -1;
	x = xcalloc(1, sizeof(*x));
	v->guest.code = x;
	m->n_code_vcpus++;
	x->vm = vm;
	x->v = v;
	x->cpu = &vm->vm->cpu[v->id - vm->first];
	x->due_at = SK_NEVER;
	sk_event_init(&m->k, &x->due, "guest timer");
	sk_proc_init(&m->k, &x->timer, "guest timer", timer_run);
	sk_dont_initialize(&m->k, &x->timer);
	sk_sensitive(&m->k, &x->timer, &x->on_due, &x->due);
	return 0;
}

void code_console(struct smp *m, const struct guest_console *to)
{
	for (unsigned i = 0; i < m->n_code; i++)
		if (m->code[i].vm != NULL)
			m->code[i].vm->config.console = (struct dev_console){to->put, to->owner};
}

void code_free(struct smp *m)
{
	for (unsigned i = 0; m->code != NULL && i < m->n_vcpu; i++)
		if (m->vcpu[i].guest.cls != NULL && code_of(&m->vcpu[i]) != NULL)
			free(m->vcpu[i].guest.code);
	for (unsigned i = 0; m->code != NULL && i < m->n_code; i++) {
		vm_free(m->code[i].vm);
		free(m->code[i].site);
	}
	free(m->code);
}
