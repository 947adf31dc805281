/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/replay/recorded.h"

#include <stdlib.h>
#include <string.h>

#include "models/hyp/replay/replay.h"

/* A vCPU while it is read. */
struct reading {
	struct recorded_vcpu v;
	size_t room;
	uint64_t entry_ns, exit_ns, user_ns; /* user_ns: KVM_RUN ended; 0: it did not */
	uint64_t ran_ns;                     /* since the last own exit */
	bool entered;
	int32_t pid;
	struct recorded_exit told; /* what the events since the exit told of it */
};

struct reader {
	struct recorded *out;
	struct reading *v;
	size_t n;
	const struct tr_event *now;      /* that is looked at */
	unsigned exited[TR_CPU_MAX];     /* vCPU + 1 that left its guest last on this CPU */
};

/* The kind of a workload that a recorded kind stands for; EXIT_COUNT: an interrupt, not the guest's
 * doing. */
static enum exit_kind recorded_kind(enum exit_kind k)
{
	if (exit_row(k)->where == XAT_ASLEEP)
		return EXIT_FOR_wfi_goes_on;
	if (exit_row(k)->class == XC_SGI && exit_row(k)->where == XAT_KERNEL && exit_seen_as(k) == k)
		return EXIT_FOR_sgi_sent;
	return exit_is_workload(k) ? k : EXIT_COUNT;
}

static struct reading *reading(struct reader *r, unsigned vcpu)
{
	if (vcpu >= r->n) {
		r->v = xrealloc(r->v, (vcpu + 1) * sizeof(*r->v));
		memset(r->v + r->n, 0, (vcpu + 1 - r->n) * sizeof(*r->v));
		r->n = vcpu + 1;
	}
	return &r->v[vcpu];
}

static void see_enter(void *ctx, const struct smp_at *at, unsigned lrs)
{
	struct reading *v = reading(ctx, at->vcpu);

	(void)lrs;
	v->entry_ns = at->time;
	v->entered = true;
}

static void see_exit(void *ctx, const struct smp_at *at, enum exit_kind kind)
{
	struct reader *r = ctx;
	struct reading *v = reading(r, at->vcpu);

	(void)kind;
	if (v->entered) {
		v->ran_ns += at->time - v->entry_ns;
		v->v.guest_ns += at->time - v->entry_ns;
	}
	v->entered = false;
	v->exit_ns = at->time;
	v->user_ns = 0;
	v->pid = r->now->pid;
	v->told = (struct recorded_exit){.syndrome = (uint32_t)r->now->arg[TRA_kvm_exit_esr_ec] << 26};
	r->exited[r->now->cpu] = at->vcpu + 1;
}

static void see_state(void *ctx, const struct smp_at *at, enum smp_state state)
{
	if (state == VC_USER)
		reading(ctx, at->vcpu)->user_ns = at->time;
}

/* The exit is over, its kind is known: the entry comes now. */
static void see_handled(void *ctx, const struct smp_at *at, enum exit_kind kind, uint64_t since)
{
	struct reader *r = ctx;
	struct reading *v = reading(r, at->vcpu);
	enum exit_kind own = recorded_kind(kind);
	uint64_t user = v->user_ns != 0 && at->time > v->user_ns ? at->time - v->user_ns : 0;

	(void)since;
	if (v->exit_ns == 0 || !exit_is_exit(kind))
		return; /* the first KVM_RUN, a trap to EL2 */
	v->exit_ns = 0;
	if (own == EXIT_COUNT) {
		r->out->interrupted++;
		return;
	}
	if (v->v.n == v->room) {
		v->room = v->room != 0 ? 2 * v->room : 64;
		v->v.exit = xrealloc(v->v.exit, v->room * sizeof(*v->v.exit));
	}
	v->told.guest_ns = v->ran_ns;
	v->told.kind = own;
	v->told.user_ns = user < UINT32_MAX ? (uint32_t)user : UINT32_MAX;
	v->v.exit[v->v.n++] = v->told;
	v->ran_ns = 0;
	r->out->exits++;
}

static void see_irq(void *ctx, const struct smp_at *at, enum smp_irq_step step, enum smp_source src,
		    unsigned peer)
{
	struct reader *r = ctx;

	(void)at;
	(void)peer;
	r->out->timers += step == SMP_IRQ_EXPIRE;
	r->out->devices += step == SMP_IRQ_PEND && src == SRC_DEVICE;
}

static void see_halt(void *ctx, const struct smp_at *at, uint64_t ns, bool slept, uint64_t poll_old,
		     uint64_t poll_new)
{
	struct reader *r = ctx;

	(void)at;
	(void)slept;
	(void)poll_old;
	(void)poll_new;
	r->out->halts++;
	r->out->halt_ns += ns;
}

static uint64_t arg_or_0(const struct tr_event *ev, unsigned arg)
{
	return (ev->absent >> arg & 1) == 0 ? ev->arg[arg] : 0;
}

/* What the handler tells of the exit: syndrome, where, which data. */
static void see_detail(struct reader *r, const struct tr_event *ev)
{
	struct reading *v = r->exited[ev->cpu] != 0 ? &r->v[r->exited[ev->cpu] - 1] : NULL;
	struct recorded_exit *x = v != NULL ? &v->told : NULL;

	if (v == NULL || v->pid != ev->pid || v->entered)
		return;
	if (ev->type == TR_kvm_guest_fault) {
		x->syndrome = (uint32_t)arg_or_0(ev, TRA_kvm_guest_fault_hsr);
		x->located = (ev->absent >> TRA_kvm_guest_fault_ipa & 1) == 0;
		if (x->located) /* the page, and the offset in it */
			x->address = (ev->arg[TRA_kvm_guest_fault_ipa] & ~UINT64_C(0xfff)) |
				     (arg_or_0(ev, TRA_kvm_guest_fault_hxfar) & 0xfff);
	} else if (ev->type == TR_kvm_mmio) {
		x->located = true;
		x->address = ev->arg[TRA_kvm_mmio_gpa];
		x->data = arg_or_0(ev, TRA_kvm_mmio_val);
	}
}

/* The replay of the whole trace, looking at its events beside what it tells. */
static struct outcome *read_all(struct reader *r, const struct ws_prog *p, struct tr_reader *t,
				const struct replay_options *opt, struct err *e)
{
	struct replay_state *s = replay_begin(p, t, opt, e);
	struct tr_event ev;
	int rc = 1;

	r->now = &ev;
	while (s != NULL && rc == 1) {
		rc = tr_next(t, &ev, e);
		if (rc != 1)
			break;
		rc = replay_event(s, &ev, e);
		see_detail(r, &ev);
	}
	r->now = NULL; /* it is of this function */
	return s != NULL ? replay_end(s, rc, e) : NULL;
}

/* Those that did something. */
static void keep(struct reader *r)
{
	r->out->vcpu = xcalloc(r->n + 1, sizeof(*r->out->vcpu));
	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].v.n != 0)
			r->out->vcpu[r->out->n_vcpu++] = r->v[i].v;
		else
			free(r->v[i].v.exit);
	}
	free(r->v);
}

struct recorded *recorded_read(const struct ws_prog *p, const char *path, struct err *e)
{
	struct reader *r = xcalloc(1, sizeof(*r));
	struct watch watch = {.ctx = r,
				  .state = see_state,
				  .exit = see_exit,
				  .enter = see_enter,
				  .handled = see_handled,
				  .irq = see_irq,
				  .halt = see_halt};
	const struct replay_options opt = {.counting = true, .from = "", .to = "", .watch = {&watch}};
	struct tr_reader *t = tr_open(path, e);
	struct recorded *out = xcalloc(1, sizeof(*out));
	struct outcome *replay;

	r->out = out;
	replay = t != NULL ? read_all(r, p, t, &opt, e) : NULL;
	if (replay != NULL)
		out->span_ns = replay->trace.last_ns - replay->trace.first_ns;
	replay_free(replay);
	if (t != NULL)
		tr_close(t);
	keep(r);
	free(r);
	if (replay != NULL && out->n_vcpu != 0)
		return out;
	if (replay != NULL)
		err_set(e, ERR_INPUT,
			"%s: no vCPU exits by itself in this trace: there is nothing to repeat",
			path);
	else if (t != NULL && strncmp(e->text, path, strlen(path)) != 0)
		err_at(e, path, 0);
	recorded_free(out);
	return NULL;
}

void recorded_free(struct recorded *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n_vcpu; i++)
		free(r->vcpu[i].exit);
	free(r->vcpu);
	free(r);
}
