/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/ws/runner.h"

#include <string.h>

#include "models/hyp/kvm/handlers.h"

/* A host CPU: its registers, the host's saved context, and who ran last. */
struct cpu {
	uint64_t hw[SR_COUNT], host[SR_COUNT], hcfg[SR_COUNT];
	unsigned *last_vcpu; /* id + 1 by VM; 0 = none */
	size_t n_vm;
};

struct runner {
	const struct ws_prog *p;
	struct runner_rules rules;
	struct watch_list watchers;
	struct ws_counting *counting; /* NULL: detailed */
	struct vflag_plan *flags;
	uint64_t *exec;
	struct ws_totals last;
	uint64_t last_state; /* in which the last component ran */
	uint64_t n_puts;
	struct cpu **cpu;
	size_t n_cpu;
	struct runner_vcpu **vcpu;
	size_t n_vcpu;
	char (*vm)[16];
	size_t n_vm;
};

void runner_rules_of(const struct ws_prog *p, struct runner_rules *r)
{
	memset(r, 0, sizeof(*r));
	for (size_t i = 0; i < p->n; i++) {
		const struct ws_op *op = &p->op[i];

		r->saves_host_fp[op->comp] |= (op->guard.on & CND(HOST_FP)) != 0;
		r->loads_host_fp[op->comp] |= (op->guard.on & CND(FOREIGN_FP)) != 0;
		r->fp_ends_at_exit |= op->phase == PHASE_EXIT && op->opcode == OP_FPR_LOAD &&
				      op->side == SIDE_HOST;
		r->once |= (op->guard.off & CND(WAS_LOADED)) != 0;
	}
}

static void flag_broken(void *self, const struct vflag_violation *x)
{
	const struct runner *r = self;

	WATCH(&r->watchers, flag, x);
}

struct runner *runner_new(const struct ws_prog *p, bool counting)
{
	struct runner *r = xcalloc(1, sizeof(*r));

	r->p = p;
	runner_rules_of(p, &r->rules);
	if (counting)
		r->counting = ws_counting_new(p);
	r->flags = vflag_plan_new(p, true, &(struct vflag_sink){ flag_broken, r });
	r->exec = xcalloc(p->n, sizeof(*r->exec));
	return r;
}

void runner_free(struct runner *r)
{
	for (size_t i = 0; i < r->n_cpu; i++) {
		free(r->cpu[i]->last_vcpu);
		free(r->cpu[i]);
	}
	for (size_t i = 0; i < r->n_vcpu; i++) {
		free(r->vcpu[i]->guest);
		free(r->vcpu[i]->gcfg);
		free(r->vcpu[i]);
	}
	ws_counting_free(r->counting);
	vflag_plan_free(r->flags);
	free(r->cpu);
	free(r->vcpu);
	free(r->vm);
	free(r->exec);
	free(r);
}

static unsigned vm_of(struct runner *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->n_vm; i++) {
		if (strncmp(r->vm[i], name, sizeof(r->vm[i]) - 1) == 0)
			return (unsigned)i;
	}
	r->vm = xrealloc(r->vm, (i + 1) * sizeof(*r->vm));
	memset(r->vm[i], 0, sizeof(r->vm[i]));
	memcpy(r->vm[i], name, strnlen(name, sizeof(r->vm[i]) - 1));
	r->n_vm++;
	return (unsigned)i;
}

/* Distinct values, so that a register that keeps the wrong one shows. */
static uint64_t value(uint64_t who, enum sysreg reg)
{
	return who << 32 | (uint64_t)reg << 8 | 0x5a;
}

#define WHO_HOST 0x40000000u
#define WHO_HCFG 0x50000000u
#define WHO_GCFG 0x60000000u

struct runner_vcpu *runner_vcpu_of(struct runner *r, unsigned vm)
{
	struct runner_vcpu *v = xcalloc(1, sizeof(*v));

	v->id = (unsigned)r->n_vcpu;
	v->vm = vm;
	v->state = CND(HOST_FP);
	vflag_plan_vcpu(r->flags, &v->flags, v->id);
	if (r->counting == NULL) {
		v->guest = xcalloc(SR_COUNT, sizeof(*v->guest));
		v->gcfg = xcalloc(SR_COUNT, sizeof(*v->gcfg));
		for (unsigned reg = 1; reg < SR_COUNT; reg++) {
			v->guest[reg] = value(v->id + 1, (enum sysreg)reg);
			v->gcfg[reg] = value(WHO_GCFG + v->id, (enum sysreg)reg);
		}
	}
	r->vcpu = xrealloc(r->vcpu, (r->n_vcpu + 1) * sizeof(struct runner_vcpu *));
	r->vcpu[r->n_vcpu++] = v;
	return v;
}

size_t runner_vcpu_bytes(void)
{
	return sizeof(struct runner_vcpu) + sizeof(struct runner_vcpu *);
}

struct runner_vcpu *runner_vcpu(struct runner *r, const char *vm)
{
	return runner_vcpu_of(r, vm_of(r, vm));
}

void runner_on_cpu(struct runner_vcpu *v, unsigned cpu)
{
	v->cpu = cpu;
}

void runner_lrs(struct runner_vcpu *v, unsigned lrs)
{
	v->lrs = lrs;
	v->lr_state = lrs != 0 ? CND(LRS) : 0;
}

bool runner_needs_fp(const struct runner *r, const struct runner_vcpu *v)
{
	return (v->state & CND(FP_OWNED)) == 0 && ws_fp_is_lazy(r->p);
}

static struct cpu *cpu_at(struct runner *r, unsigned n)
{
	while (r->n_cpu <= n) {
		struct cpu *c = xcalloc(1, sizeof(*c));

		for (unsigned reg = 1; reg < SR_COUNT; reg++) {
			c->hcfg[reg] = value(WHO_HCFG + n, (enum sysreg)reg);
			c->hw[reg] = c->host[reg] = value(WHO_HOST + n, (enum sysreg)reg);
		}
		r->cpu = xrealloc(r->cpu, (r->n_cpu + 1) * sizeof(struct cpu *));
		r->cpu[r->n_cpu++] = c;
	}
	return r->cpu[n];
}

/* The vCPU of a VM that ran last on a CPU: id + 1, 0 = none. */
static unsigned *last_vcpu(struct cpu *c, unsigned vm)
{
	if (c->n_vm <= vm) {
		size_t n = (size_t)vm + 1 > 2 * c->n_vm ? (size_t)vm + 1 : 2 * c->n_vm;

		c->last_vcpu = xrealloc(c->last_vcpu, n * sizeof(*c->last_vcpu));
		memset(c->last_vcpu + c->n_vm, 0, (n - c->n_vm) * sizeof(*c->last_vcpu));
		c->n_vm = n;
	}
	return &c->last_vcpu[vm];
}

uint64_t runner_moved_in(struct runner *r, const struct runner_vcpu *v)
{
	unsigned *last = last_vcpu(cpu_at(r, v->cpu), v->vm), before = *last;

	*last = v->id + 1;
	return before != 0 && before != v->id + 1 ? CND(OTHER_VCPU) : 0;
}

/* State that a component finds. */
static uint64_t state_before(struct runner *r, const struct runner_vcpu *v, enum ws_comp comp)
{
	return v->state | (comp == ws_phase_comp(r->p, PHASE_LOAD) ? runner_moved_in(r, v) : 0);
}

uint64_t runner_state_after(const struct ws_prog *p, const struct runner_rules *r, enum ws_comp comp, uint64_t state)
{
	if (r->once && comp == ws_phase_comp(p, PHASE_LOAD))
		state |= CND(WAS_LOADED);
	if (comp == ws_phase_comp(p, PHASE_EXIT) && r->fp_ends_at_exit) {
		state &= ~CND(FP_OWNED);
	} else if (comp == ws_phase_comp(p, PHASE_PUT)) {
		state &= ~CND(FP_OWNED);
	} else if (comp == ws_phase_comp(p, PHASE_LAZY)) {
		state |= CND(FP_OWNED);
	}
	/* Saved and unbound (fpsimd_save_and_flush_cpu_state, fpsimd_thread_switch), then loaded before user space. */
	if (r->saves_host_fp[comp] && (state & CND(HOST_FP)) != 0)
		return (state & ~CND(HOST_FP)) | CND(FOREIGN_FP);
	if (r->loads_host_fp[comp])
		return (state & ~CND(FOREIGN_FP)) | CND(HOST_FP);
	return state;
}

struct watch_list *runner_watchers(struct runner *r)
{
	return &r->watchers;
}

/* The next vCPU of the same VM. */
static unsigned sibling(const struct runner *r, const struct runner_vcpu *v)
{
	for (size_t i = 1; i < r->n_vcpu; i++) {
		size_t k = (v->id + i) % r->n_vcpu;

		if (r->vcpu[k]->vm == v->vm)
			return (unsigned)k;
	}
	return HANDLER_NOBODY;
}

void runner_handlers(struct runner *r, const struct runner_vcpu *v, enum exit_kind kind, bool user)
{
	struct handler_access a;
	size_t i = 0;

	if (r->watchers.first == NULL)
		return;
	while (handlers_next(&i, kind, user ? MOMENT_USER : MOMENT_KERNEL, v->id, v->cpu, sibling(r, v), &a))
		WATCH(&r->watchers, access, &a);
}

static void tell(const struct runner *r, const struct runner_vcpu *v, enum ws_comp comp, uint64_t state, unsigned lrs)
{
	const struct watch_step s = { v->id, v->cpu, comp, state, lrs, vflags_has(&v->flags, VF_SYSREGS_ON_CPU) };

	WATCH(&r->watchers, step, &s);
}

const struct ws_totals *runner_run(struct runner *r, struct runner_vcpu *v, enum ws_comp comp, uint64_t state,
				   unsigned lrs)
{
	const struct ws_totals *t;
	bool skipped;

	state |= state_before(r, v, comp);
	skipped = comp == ws_phase_comp(r->p, PHASE_PUT) && ws_skips_put(r->p, ++r->n_puts);
	if (!skipped)
		state = vflag_plan_run(r->flags, &v->flags, comp, state);
	r->last_state = state;
	if (skipped) {
		memset(&r->last, 0, sizeof(r->last));
		t = &r->last;
	} else if (r->counting != NULL) {
		t = ws_count(r->counting, comp, state, lrs);
	} else {
		struct cpu *c = cpu_at(r, v->cpu);
		struct ws_values val = { c->hw, c->host, v->guest, v->gcfg, c->hcfg };

		memset(&r->last, 0, sizeof(r->last));
		ws_run_detailed(r->p, comp, state, lrs, &val, &r->last, r->exec);
		t = &r->last;
	}
	if (r->watchers.first != NULL)
		tell(r, v, comp, state, lrs);
	v->state = runner_state_after(r->p, &r->rules, comp, v->state);
	return t;
}

struct runner_local runner_local(const struct runner_vcpu *v)
{
	return (struct runner_local){ v->state, v->flags.w, v->flags.loaded };
}

void runner_set_local(struct runner_vcpu *v, const struct runner_local *l)
{
	v->state = l->state;
	v->flags.w = l->flags;
	v->flags.loaded = l->loaded;
}

bool runner_repeats(const struct ws_prog *p)
{
	return ws_skips_put(p, 0) == (p->beside.n_no_put != 0);
}

const struct ws_totals *runner_times(struct runner *r, struct runner_vcpu *v, enum ws_comp comp, uint64_t state, unsigned lrs,
				     uint64_t times)
{
	static const struct ws_totals nothing = { .cycles = 0 };
	const struct ws_totals *t = &nothing;

	if (comp != ws_phase_comp(r->p, PHASE_PUT) || !ws_skips_put(r->p, 0)) {
		state = vflag_plan_times(r->flags, &v->flags, comp, state | v->state, times);
		t = ws_count_times(r->counting, comp, state, lrs, times);
	}
	v->state = runner_state_after(r->p, &r->rules, comp, v->state);
	return t;
}

uint64_t runner_violations(const struct runner *r)
{
	struct vflag_violation first;

	return vflag_plan_violations(r->flags, &first);
}

uint64_t runner_last_state(const struct runner *r)
{
	return r->last_state;
}

static void count_phase(struct outcome_counts *n, enum ws_phase phase)
{
	n->loads += phase == PHASE_LOAD;
	n->puts += phase == PHASE_PUT;
	n->entries += phase == PHASE_ENTER;
}

const struct ws_totals *runner_charge(struct runner *r, struct runner_vcpu *v, const struct runner_bill *to,
				      const struct exit_step *step, uint64_t state, unsigned lrs)
{
	struct outcome *o = to->out;
	enum ws_phase phase = exit_step_phase(step);
	enum ws_comp comp = exit_step_comp(r->p->config.model, step);
	const struct ws_totals *t = runner_run(r, v, comp, state, lrs);

	WATCH(to->watchers, ran, &to->at, (&(struct smp_ran){ phase, comp, t->cycles, t }));
	o->phase_runs[phase]++;
	count_phase(&o->n, phase);
	if (to->vcpu == NULL) {
		ws_totals_sum(&o->total, t);
		ws_totals_sum(&o->phase[phase], t);
		ws_totals_sum(to->exit, t);
		return t;
	}
	ws_totals_sum4(&o->total, &o->phase[phase], to->exit, &to->vcpu->totals, t);
	count_phase(&to->vcpu->n, phase);
	return t;
}

const struct ws_totals *runner_step(struct runner *r, struct runner_vcpu *v, enum exit_kind kind, unsigned step,
				    unsigned lrs)
{
	const struct exit_row *row = exit_row(kind);
	const struct exit_step *s = &row->step[step];
	uint64_t state = exit_step_state(row, step);

	if (row->n > 1 && exit_step_is(s, PHASE_LAZY) && !runner_needs_fp(r, v))
		return NULL;
	return runner_run(r, v, exit_step_comp(r->p->config.model, s), state, (state & CND(LRS)) != 0 ? lrs : 0);
}

void runner_kind(struct runner *r, struct runner_vcpu *v, enum exit_kind kind, struct ws_totals *t)
{
	for (unsigned i = 0; i < exit_row(kind)->n; i++) {
		const struct ws_totals *one = runner_step(r, v, kind, i, 1);

		if (t != NULL && one != NULL)
			ws_totals_sum(t, one);
	}
}

void runner_flags(const struct runner *r, struct vflag_tally *t)
{
	uint64_t *exec = xcalloc(r->p->n, sizeof(*exec));

	runner_exec(r, exec);
	vflag_plan_tally(r->flags, exec, t);
	free(exec);
}

void runner_exec(const struct runner *r, uint64_t *exec)
{
	for (size_t i = 0; i < r->p->n; i++)
		exec[i] += r->exec[i];
	if (r->counting != NULL)
		ws_counting_exec(r->counting, exec);
}
