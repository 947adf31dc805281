/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/host/smp_events.h"
#include "models/hyp/host/code.h"

#include <stdio.h>
#include <string.h>

#include "traces/order.h"

/* KVM's timers: arch_timer.h, enum kvm_arch_timers; their private interrupts on the virt board. */
enum { PTIMER, VTIMER };
#define VTIMER_IRQ 27
#define PTIMER_IRQ 30
#define SGI_IRQ    0
#define DEVICE_IRQ 32
#define CTL_ENABLE 1
#define PRIO       120
/* prev_state of sched_switch: include/linux/sched.h */
#define TASK_INTERRUPTIBLE 1
#define TASK_PREEMPTED     0x100
#define EXIT_REASON_MMIO   6
#define EXIT_REASON_SYSTEM 24
/* kvm_mmio type */
enum { MMIO_UNSATISFIED, MMIO_READ, MMIO_WRITE };
#define MMIO_GPA 0x9000000 /* a UART on the virt board */

/* What has to be known of a vCPU to word its events. */
struct teller {
	struct exit_tell exit;
	bool exit_due; /* kvm_exit comes when its interrupt is handled */
	bool loaded;
	bool put;      /* vcpu_put ran, the thread switch or the way to the VMM is to come */
	bool timer_up; /* its timer's interrupt waits for an entry */
	enum smp_state state;
	unsigned index; /* in its VM */
	unsigned prev_state;
};

struct smp_events {
	struct watch hooks;
	struct smp *m;
	struct tw *w;
	struct order order; /* ts_ns: cycles */
	struct teller *teller;
	uint32_t *vm_name, *idle_name;
	bool failed;
	struct err error;
};

/* ---- records ---- */

static struct teller *teller(struct smp_events *s, const struct smp_at *at)
{
	return &s->teller[at->vcpu];
}

static int32_t pid_of(unsigned vcpu)
{
	return (int32_t)(SMP_EVENTS_PID + vcpu);
}

static uint32_t name_of(const struct smp_events *s, unsigned vcpu)
{
	return s->vm_name[s->m->vcpu[vcpu].vm];
}

static int write_first(struct smp_events *s, struct err *e)
{
	const struct tr_event *first = order_take(&s->order);
	struct tr_event ev;

	if (first == NULL)
		return 0;
	ev = *first;
	ev.ts_ns = smp_ns(s->m, ev.ts_ns);
	return tw_add(s->w, &ev, e);
}

static void fail(struct smp_events *s, const struct err *e)
{
	s->failed = true;
	s->error = *e;
	sk_fail(&s->m->k, e->code, "%s", e->text);
}

/* Add a record; nothing earlier than now comes after. */
static void add(struct smp_events *s, struct tr_event ev)
{
	struct err e;

	if (s->failed)
		return;
	BUG_ON(!order_put(&s->order, &ev));
	while (order_full(&s->order) && order_first(&s->order) < smp_now(s->m)) {
		if (write_first(s, &e) != 0) {
			fail(s, &e);
			return;
		}
	}
}

/* An event of a vCPU's thread. */
static struct tr_event event(const struct smp_events *s, uint64_t time, const struct smp_at *at,
			     enum tr_type type)
{
	return (struct tr_event){.ts_ns = time,
				 .pid = pid_of(at->vcpu),
				 .cpu = (uint16_t)at->cpu,
				 .type = (uint8_t)type,
				 .comm = name_of(s, at->vcpu)};
}

/* Add an event with all its fields, in the order of events.def. */
#define ADD(s, time, at, name, ...)                                                                \
	do {                                                                                       \
		struct tr_event ev_ = event(s, time, at, TR_##name);                               \
		const uint64_t args_[] = {__VA_ARGS__};                                            \
                                                                                                   \
		_Static_assert(sizeof(args_) / sizeof(args_[0]) == TRA_##name##_COUNT, #name);     \
		memcpy(ev_.arg, args_, sizeof(args_));                                             \
		add(s, ev_);                                                                       \
	} while (0)

/* The same with one field absent. */
#define ADD_BUT(s, time, at, name, field, ...)                                                     \
	do {                                                                                       \
		struct tr_event ev_ = event(s, time, at, TR_##name);                               \
		const uint64_t args_[] = {__VA_ARGS__};                                            \
                                                                                                   \
		_Static_assert(sizeof(args_) / sizeof(args_[0]) == TRA_##name##_COUNT, #name);     \
		memcpy(ev_.arg, args_, sizeof(args_));                                             \
		ev_.absent = 1u << TRA_##name##_##field;                                           \
		add(s, ev_);                                                                       \
	} while (0)

/* ---- exits ---- */

static void exit_details(struct smp_events *s, const struct smp_at *at, uint64_t time)
{
	const struct exit_tell *x = &teller(s, at)->exit;
	const struct guest_act *act = s->m->vcpu[at->vcpu].act;
	const bool located = act != NULL && act->located;
	const unsigned *op = x->op;

	switch (x->detail) {
	case TELL_HVC:
		ADD_BUT(s, time, at, kvm_hvc_arm64, vcpu_pc, 0, x->function, 0);
		break;
	case TELL_WFX:
		ADD_BUT(s, time, at, kvm_wfx_arm64, vcpu_pc, 0, x->wfe);
		break;
	case TELL_SYSREG: {
		enum sysreg reg = sysreg_by_encoding(op[0], op[1], op[2], op[3], op[4]);
		const char *name = reg != SR_NONE ? sysreg_name(reg) : "UNKN";

		ADD_BUT(s, time, at, kvm_sys_access, vcpu_pc, 0,
			exit_row(exit_of_sysreg(op[0], op[1], op[2], op[3], op[4]))->class == XC_SGI,
			tw_string(s->w, name, strlen(name)), op[0], op[1], op[2], op[3], op[4]);
		break;
	}
	case TELL_FAULT: {
		struct tr_event ev = event(s, time, at, TR_kvm_guest_fault);

		ev.arg[TRA_kvm_guest_fault_hsr] = act != NULL && act->syndrome != 0 ? act->syndrome : x->hsr;
		ev.absent = (1u << TRA_kvm_guest_fault_COUNT) - 1;
		ev.absent &= (uint8_t) ~(1u << TRA_kvm_guest_fault_hsr);
		if (located) {
			ev.arg[TRA_kvm_guest_fault_ipa] = act->address;
			ev.absent &= (uint8_t) ~(1u << TRA_kvm_guest_fault_ipa);
		}
		add(s, ev);
		if (x->mmio)
			ADD(s, time, at, kvm_mmio, x->read ? MMIO_UNSATISFIED : MMIO_WRITE, 4,
			    located ? act->address : MMIO_GPA, located && !x->read ? act->data : 0);
		break;
	}
	default:
		break;
	}
}

static void tell_exit(struct smp_events *s, const struct smp_at *at, uint64_t time)
{
	struct teller *t = teller(s, at);

	t->exit_due = false;
	ADD_BUT(s, time, at, kvm_exit, vcpu_pc, t->exit.ret, t->exit.ec, 0);
	exit_details(s, at, time);
}

static void see_exit(void *ctx, const struct smp_at *at, enum exit_kind kind)
{
	struct smp_events *s = ctx;
	struct teller *t = teller(s, at);

	t->exit = exit_tell_of(kind);
	t->exit_due = true;
}

static void see_enter(void *ctx, const struct smp_at *at, unsigned lrs)
{
	(void)lrs;
	ADD_BUT((struct smp_events *)ctx, at->time, at, kvm_entry, vcpu_pc, 0);
}

/* ---- timers, vcpu_load, vcpu_put ---- */

static bool vhe(const struct smp_events *s)
{
	return s->m->prog->config.model->mode == MODE_VHE;
}

static void tell_irq(struct smp_events *s, const struct smp_at *at, unsigned irq, bool level)
{
	unsigned index = teller(s, at)->index;

	ADD(s, at->time, at, kvm_timer_update_irq, index, irq, level);
	ADD(s, at->time, at, vgic_update_irq_pending, index, irq, level);
}

static void tell_timer_map(struct smp_events *s, const struct smp_at *at)
{
	const uint64_t none = UINT64_MAX; /* -1 */

	ADD(s, at->time, at, kvm_get_timer_map, teller(s, at)->index, VTIMER,
	    vhe(s) ? PTIMER : none, none, vhe(s) ? none : PTIMER);
}

static uint64_t ctl(const struct smp_events *s, const struct smp_at *at, enum gtimer_id timer)
{
	const struct smp_vcpu *v = &s->m->vcpu[at->vcpu];

	if (code_of(v) != NULL)
		return code_of(v)->cpu->timer.t[timer].ctl;
	return timer == GTIMER_VIRT && v->guest.w->timer_hz != 0 ? CTL_ENABLE : 0;
}

static void tell_load(struct smp_events *s, const struct smp_at *at)
{
	struct teller *t = teller(s, at);

	t->loaded = true;
	tell_timer_map(s, at);
	tell_irq(s, at, VTIMER_IRQ, t->timer_up);
	if (vhe(s))
		tell_irq(s, at, PTIMER_IRQ, false);
	ADD_BUT(s, at->time, at, kvm_timer_restore_state, cval, ctl(s, at, GTIMER_VIRT), 0, VTIMER);
	if (vhe(s))
		ADD_BUT(s, at->time, at, kvm_timer_restore_state, cval, ctl(s, at, GTIMER_PHYS), 0, PTIMER);
}

static void tell_put(struct smp_events *s, const struct smp_at *at)
{
	teller(s, at)->put = false;
	tell_timer_map(s, at);
	ADD_BUT(s, at->time, at, kvm_timer_save_state, cval, ctl(s, at, GTIMER_VIRT), 0, VTIMER);
	if (vhe(s))
		ADD_BUT(s, at->time, at, kvm_timer_save_state, cval, ctl(s, at, GTIMER_PHYS), 0, PTIMER);
}

static void tell_user_exit(struct smp_events *s, const struct smp_at *at)
{
	const struct teller *t = teller(s, at);

	tell_put(s, at);
	ADD(s, at->time, at, kvm_userspace_exit,
	    t->exit.mmio ? EXIT_REASON_MMIO : EXIT_REASON_SYSTEM, 0);
}

static void see_ran(void *ctx, const struct smp_at *at, const struct smp_ran *what)
{
	struct smp_events *s = ctx;
	struct teller *t = at->vcpu != SMP_NOBODY ? teller(s, at) : NULL;

	if (t == NULL)
		return;
	switch (what->phase) {
	case PHASE_LOAD:
		tell_load(s, at);
		break;
	case PHASE_EXIT:
		if (t->exit.ret == EXIT_RET_TRAP)
			tell_exit(s, at, at->time + what->cycles);
		break;
	case PHASE_PUT:
		t->loaded = false;
		t->put = true;
		break;
	default:
		if (what->comp == COMP_irq_window && t->exit_due)
			tell_exit(s, at, at->time);
		else if (what->comp == COMP_host_ret_to_user && t->put) /* else of another call of the VMM */
			tell_user_exit(s, at);
		else if (what->comp == COMP_mmio_return && t->exit.mmio)
			ADD(s, at->time, at, kvm_mmio, MMIO_READ, 4,
			    s->m->vcpu[at->vcpu].act != NULL && s->m->vcpu[at->vcpu].act->located ? s->m->vcpu[at->vcpu].act->address : MMIO_GPA,
			    0);
		break;
	}
}

/* ---- interrupts ---- */

/* The device's interrupt is raised by the VM's I/O thread, wherever that runs. */
static void device_irq(struct smp_events *s, const struct smp_at *at)
{
	struct tr_event ev = event(s, at->time, at, TR_vgic_update_irq_pending);

	ev.pid = (int32_t)(SMP_EVENTS_VM_PID + s->m->vcpu[at->vcpu].vm);
	ev.arg[TRA_vgic_update_irq_pending_vcpu_id] = teller(s, at)->index;
	ev.arg[TRA_vgic_update_irq_pending_irq] = DEVICE_IRQ;
	ev.arg[TRA_vgic_update_irq_pending_level] = 1;
	add(s, ev);
}

static void see_irq(void *ctx, const struct smp_at *at, enum smp_irq_step step, enum smp_source src,
		    unsigned peer)
{
	struct smp_events *s = ctx;

	if (step == SMP_IRQ_SEND) {
		ADD(s, at->time, at, vgic_update_irq_pending, s->teller[peer].index, SGI_IRQ, 1);
	} else if (step == SMP_IRQ_INJECT && src == SRC_TIMER) {
		teller(s, at)->timer_up = false;
	} else if (step == SMP_IRQ_PEND && src == SRC_TIMER) {
		teller(s, at)->timer_up = true;
		if (teller(s, at)->loaded)
			tell_irq(s, at, VTIMER_IRQ, true);
	} else if (step == SMP_IRQ_PEND && src == SRC_DEVICE) {
		device_irq(s, at);
	}
}

/* ---- the scheduler ---- */

static void see_state(void *ctx, const struct smp_at *at, enum smp_state state)
{
	struct smp_events *s = ctx;
	struct teller *t = teller(s, at);

	if (state == VC_BLOCKED)
		t->prev_state = TASK_INTERRUPTIBLE;
	else if (state == VC_RUNNABLE && t->state != VC_BLOCKED)
		t->prev_state = TASK_PREEMPTED;
	t->state = state;
}

/* The record of what the pCPU's present thread does, if that may be the idle task. */
static struct tr_event event_of(const struct smp_events *s, uint64_t time, unsigned cpu,
				unsigned vcpu, enum tr_type type)
{
	return (struct tr_event){.ts_ns = time,
				 .pid = vcpu != SMP_NOBODY ? pid_of(vcpu) : 0,
				 .cpu = (uint16_t)cpu,
				 .type = (uint8_t)type,
				 .comm = vcpu != SMP_NOBODY ? name_of(s, vcpu) : s->idle_name[cpu]};
}

static void see_wake(void *ctx, const struct smp_at *at, unsigned to)
{
	static const enum tr_type steps[] = {TR_sched_waking, TR_sched_migrate_task,
					     TR_sched_wakeup};
	struct smp_events *s = ctx;
	const struct smp_vcpu *by = s->m->cpu[at->cpu].last;
	unsigned from = s->m->vcpu[at->vcpu].cpu->id;

	for (unsigned i = 0; i < 3; i++) {
		struct tr_event ev =
			event_of(s, at->time, at->cpu, by != NULL ? by->id : SMP_NOBODY, steps[i]);
		const uint64_t args[] = {name_of(s, at->vcpu), (uint64_t)pid_of(at->vcpu), PRIO,
					 i == 0 ? from : to};

		if (steps[i] == TR_sched_migrate_task && from == to)
			continue;
		memcpy(ev.arg, args, sizeof(args));
		if (steps[i] == TR_sched_migrate_task) {
			ev.arg[TRA_sched_migrate_task_orig_cpu] = from;
			ev.arg[TRA_sched_migrate_task_dest_cpu] = to;
		}
		add(s, ev);
	}
}

/* sched_switch comes before the outgoing vCPU is put, which ends with its timers. */
static void see_thread(void *ctx, const struct smp_at *at, unsigned prev)
{
	struct smp_events *s = ctx;
	const unsigned who[2] = {prev, at->vcpu};
	struct tr_event ev = event_of(s, at->time, at->cpu, prev, TR_sched_switch);
	const struct smp_at gone = {at->time, at->cpu, prev};

	for (unsigned i = 0; i < 2; i++) {
		bool idle = who[i] == SMP_NOBODY;
		uint64_t *arg =
			&ev.arg[i == 0 ? TRA_sched_switch_prev_comm : TRA_sched_switch_next_comm];

		arg[0] = idle ? s->idle_name[at->cpu] : name_of(s, who[i]);
		arg[1] = idle ? 0 : (uint64_t)pid_of(who[i]);
		arg[2] = PRIO;
	}
	if (prev != SMP_NOBODY)
		ev.arg[TRA_sched_switch_prev_state] = s->teller[prev].prev_state;
	add(s, ev);
	if (prev != SMP_NOBODY && s->teller[prev].put)
		tell_put(s, &gone);
}

static void see_halt(void *ctx, const struct smp_at *at, uint64_t ns, bool slept, uint64_t poll_old,
		     uint64_t poll_new)
{
	struct smp_events *s = ctx;

	if (poll_old != poll_new)
		ADD(s, at->time, at, kvm_halt_poll_ns, poll_new > poll_old, teller(s, at)->index,
		    poll_new, poll_old);
	ADD(s, at->time, at, kvm_vcpu_wakeup, ns, slept, 1);
}

/* ---- life ---- */

static void name_all(struct smp_events *s)
{
	struct smp *m = s->m;
	char name[32];
	unsigned first = 0;

	s->vm_name = xcalloc((size_t)m->o.vms, sizeof(*s->vm_name));
	s->idle_name = xcalloc(m->n_cpu, sizeof(*s->idle_name));
	for (unsigned i = 0; i < (unsigned)m->o.vms; i++) {
		(void)snprintf(name, sizeof(name), "vm%u", i);
		s->vm_name[i] = tw_string(s->w, name, strlen(name));
	}
	for (unsigned i = 0; i < m->n_cpu; i++) {
		(void)snprintf(name, sizeof(name), "swapper/%u", i);
		s->idle_name[i] = tw_string(s->w, name, strlen(name));
	}
	for (unsigned i = 0; i < m->n_vcpu; i++) {
		if (i != 0 && m->vcpu[i].vm != m->vcpu[i - 1].vm)
			first = i;
		s->teller[i].index = i - first;
		s->teller[i].state = m->vcpu[i].state;
	}
}

struct smp_events *smp_events_new(struct smp *m, const char *path, struct err *e)
{
	struct smp_events *s = xcalloc(1, sizeof(*s));

	s->m = m;
	s->w = tw_create(path, e);
	if (s->w == NULL) {
		free(s);
		return NULL;
	}
	s->teller = xcalloc(m->n_vcpu, sizeof(*s->teller));
	name_all(s);
	s->hooks = (struct watch){.ctx = s,
				      .ran = see_ran,
				      .state = see_state,
				      .exit = see_exit,
				      .enter = see_enter,
				      .irq = see_irq,
				      .wake = see_wake,
				      .thread = see_thread,
				      .halt = see_halt};
	smp_watch(m, &s->hooks);
	return s;
}

static void free_all(struct smp_events *s)
{
	order_free(&s->order);
	free(s->teller);
	free(s->vm_name);
	free(s->idle_name);
	free(s);
}

int smp_events_finish(struct smp_events *s, const char *origin, struct err *e)
{
	const struct tr_info info = {.origin = origin};
	int rc = s->failed ? -1 : 0;

	/* an exit whose interrupt was not handled before the end did happen */
	for (unsigned v = 0; v < s->m->n_vcpu; v++) {
		if (s->teller[v].exit_due)
			tell_exit(s, &(struct smp_at){s->m->out.clock->end, s->m->vcpu[v].cpu->id, v},
				  s->m->out.clock->end);
	}
	if (rc != 0)
		*e = s->error;
	while (rc == 0 && s->order.n != 0)
		rc = write_first(s, e);
	if (rc == 0)
		rc = tw_finish(s->w, &info, NULL, e);
	else
		tw_abort(s->w);
	free_all(s);
	return rc;
}

void smp_events_abort(struct smp_events *s)
{
	if (s == NULL)
		return;
	tw_abort(s->w);
	free_all(s);
}
