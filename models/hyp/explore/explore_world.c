/* SPDX-License-Identifier: Apache-2.0 */
/* vCPUs on pCPUs, and what events do to them: components under the oracle, flags, accesses from outside. */
#include <stdio.h>
#include <string.h>

#include "models/hyp/explore/explore_impl.h"

/* ---- violations ---- */

static struct xviolation *one_more(struct xworld *w)
{
	if (w->n_found == w->room_found) {
		w->room_found = 2 * w->room_found + 8;
		w->found = xrealloc(w->found, w->room_found * sizeof(*w->found));
	}
	w->found[w->n_found] = (struct xviolation){ .phase = PHASE_COUNT, .op = SIZE_MAX, .vcpu = w->in_v, .pcpu = w->in_c };
	return &w->found[w->n_found++];
}

static void flag_violation(void *self, const struct vflag_violation *f)
{
	struct xviolation *x = one_more(self);

	x->flag = true;
	x->rule = f->rule;
	x->words = vflag_rule_name((enum vflag_rule)f->rule);
	x->what = vflag_row((enum vflag)f->flag)->name;
	x->function = f->function;
	x->vcpu = f->vcpu;
	(void)vflag_violation_text(f, x->text);
}

/* By its name, since X0-X30 and V0-V31 are no system registers. */
static enum sysreg place_of(const struct oracle *o, const char *name)
{
	for (unsigned s = 0; s < o->t.n; s++) {
		if (strcmp(o->t.s[s].name, name) == 0)
			return (enum sysreg)o->t.s[s].subject;
	}
	return SR_NONE;
}

/* Those of the oracle, after an event. */
static void take_violations(struct xworld *w)
{
	size_t n;
	const struct oracle_violation *v = oracle_violations(w->o, &n);

	for (size_t i = 0; i < n; i++) {
		struct xviolation *x = one_more(w);

		x->rule = (uint8_t)v[i].rule;
		x->words = oracle_rule_words(v[i].rule);
		x->what = v[i].reg;
		x->place = place_of(w->o, v[i].reg);
		x->function = v[i].function;
		x->phase = v[i].phase;
		x->op = v[i].op;
		x->vcpu = v[i].vcpu;
		x->pcpu = v[i].cpu;
		(void)snprintf(x->text, sizeof(x->text), "%s", v[i].text);
	}
}

const struct xviolation *xworld_violations(const struct xworld *w, size_t *n)
{
	*n = w->n_found;
	return w->found;
}

/* ---- life ---- */

struct xworld *xworld_new(const struct ws_prog *p, unsigned vcpus, unsigned pcpus, unsigned vms, enum explore_states states)
{
	struct xworld *w = xcalloc(1, sizeof(*w));
	struct vflag_sink sink = { flag_violation, w };

	BUG_ON(vcpus == 0 || vcpus > EXPLORE_MAX || pcpus == 0 || pcpus > EXPLORE_MAX || vms == 0 || vms > vcpus);
	w->n_vcpu = vcpus;
	w->n_pcpu = pcpus;
	w->n_vm = vms;
	w->o = oracle_new(p, vcpus, pcpus);
	w->plan = vflag_plan_new(p, true, &sink);
	xmodel_make(&w->m, w->o, states);
	xstate_tags_make(w->tag);
	for (unsigned k = 0; k < N_THREAD; k++) {
		w->thread_slot[k] = UINT32_MAX;
		for (unsigned s = w->o->t.n; s-- > 0;)
			w->thread_slot[k] = w->o->t.s[s].thread == (int)k ? s : w->thread_slot[k];
	}
	for (unsigned v = 0; v < EXPLORE_MAX; v++)
		w->v[v] = (struct xvcpu){ XW_USER, XNONE, 0, XNONE, 0 };
	for (unsigned v = 0; v < vcpus; v++)
		vflag_plan_vcpu(w->plan, &w->f[v], v);
	for (unsigned c = 0; c < EXPLORE_MAX; c++) {
		w->c[c].thread = XNONE;
		memset(w->c[c].last, XNONE, sizeof(w->c[c].last));
	}
	return w;
}

void xworld_free(struct xworld *w)
{
	if (w == NULL)
		return;
	oracle_free(w->o);
	vflag_plan_free(w->plan);
	xmodel_free(&w->m);
	free(w->found);
	free(w);
}

const struct oracle *xworld_oracle(const struct xworld *w)
{
	return w->o;
}

/* ---- what it does ---- */

/* One component, as the runner runs it: flags around it, and what they decide. */
static void run(struct xworld *w, unsigned v, unsigned c, enum ws_comp comp, uint64_t state, unsigned lrs)
{
	bool put = comp == ws_phase_comp(w->m.p, PHASE_PUT);

	state |= oracle_vcpu_state(w->o, v);
	if (put && (w->v[v].bits & XB_PAUTH) != 0)
		state |= CND(PAUTH_USED);
	if (!put || !ws_skips_put(w->m.p, w->o->n_puts + 1))
		state = vflag_plan_run(w->plan, &w->f[v], comp, state);
	oracle_step(w->o, v, c, comp, state, lrs);
	oracle_on_cpu_flag(w->o, v, vflags_has(&w->f[v], VF_SYSREGS_ON_CPU));
}

static void run_phase(struct xworld *w, unsigned v, unsigned c, enum ws_phase phase, uint64_t state, unsigned lrs)
{
	run(w, v, c, ws_phase_comp(w->m.p, phase), state, lrs);
}

/* Steps of the exit's row that are the next part; without its last, which is left to the caller. */
static uint64_t run_but_last(struct xworld *w, unsigned v, unsigned c)
{
	const struct xkind *k = xworld_kind_of(w, v);
	const struct xpart *part = &k->part[w->v[v].part];
	const struct exit_row *row = exit_row(k->kind);
	unsigned last = part->first + part->n - 1U;

	for (unsigned i = part->first; i < last; i++) {
		if (!row->step[i].meanwhile)
			run(w, v, c, exit_step_comp(w->m.p->config.model, &row->step[i]), exit_step_state(row, i) & ~XCHOICES, 0);
	}
	return exit_step_state(row, last) & ~XCHOICES;
}

static void run_part(struct xworld *w, unsigned v, unsigned c)
{
	const struct xkind *k = xworld_kind_of(w, v);
	const struct xpart *part = &k->part[w->v[v].part];
	uint64_t state = run_but_last(w, v, c);

	run(w, v, c, exit_step_comp(w->m.p->config.model, &exit_row(k->kind)->step[part->first + part->n - 1U]), state, 0);
	w->v[v].part++;
}

/* An exit is forgotten when nothing will ask which one it was. */
static void forget_handled(struct xworld *w, unsigned v)
{
	const struct xkind *k = xworld_kind_of(w, v);
	enum xpart_type next;

	if (k == NULL || xworld_may_be_psci(w, v) || k->enter_state != 0)
		return;
	next = xworld_next_part(w, v);
	if (next != XPART_ENTER && (next != XPART_LOAD || w->v[v].where != XW_USER || !k->plain_load))
		return;
	w->v[v].kind = XNONE;
	w->v[v].part = 0;
}

/* A thread in user space is scheduled out: its FP state goes to memory. */
static void leaves_pcpu(struct xworld *w, unsigned c)
{
	unsigned v = w->c[c].thread;

	if (v == XNONE)
		return;
	if (w->v[v].where == XW_USER)
		run(w, v, c, COMP_thread_switch, 0, 0);
	w->c[c].thread = XNONE;
}

static void comes_to_pcpu(struct xworld *w, unsigned v, unsigned c)
{
	if (w->c[c].thread == v)
		return;
	leaves_pcpu(w, c);
	if (w->v[v].pcpu != XNONE && w->c[w->v[v].pcpu].thread == v)
		leaves_pcpu(w, w->v[v].pcpu);
	w->c[c].thread = (uint8_t)v;
	w->v[v].pcpu = (uint8_t)c;
	if (w->v[v].where == XW_USER && (oracle_vcpu_state(w->o, v) & CND(FOREIGN_FP)) != 0)
		run(w, v, c, COMP_host_ret_to_user, 0, 0);
}

static uint64_t other_vcpu(struct xworld *w, unsigned v, unsigned c)
{
	uint8_t *last = &w->c[c].last[v % w->n_vm];
	uint64_t state = *last != XNONE && *last != v ? CND(OTHER_VCPU) : 0;

	*last = (uint8_t)v;
	return state;
}

static void do_load(struct xworld *w, unsigned v, unsigned c)
{
	struct xvcpu *x = &w->v[v];
	bool own_part = x->where != XW_OUT && xworld_next_part(w, v) == XPART_LOAD;
	uint64_t state = 0;

	comes_to_pcpu(w, v, c);
	if (own_part) {
		state = run_but_last(w, v, c);
		x->part++;
	} else if (x->where == XW_USER) {
		run(w, v, c, COMP_host_svc_entry, 0, 0);
		run(w, v, c, COMP_host_ioctl, 0, 0);
	}
	run_phase(w, v, c, PHASE_LOAD, state | other_vcpu(w, v, c), 0);
	x->where = XW_KERNEL;
}

static void do_enter(struct xworld *w, unsigned v, unsigned c, uint64_t choice)
{
	struct xvcpu *x = &w->v[v];
	uint64_t state = choice | ((x->bits & XB_PAUTH) != 0 ? CND(PAUTH_USED) : 0);

	if (x->kind != XNONE)
		state |= run_but_last(w, v, c);
	run_phase(w, v, c, PHASE_ENTER, state, (state & CND(LRS)) != 0);
	x->bits &= (uint8_t)~(XB_LRS | XB_DEBUG);
	x->bits |= (state & CND(LRS)) != 0 ? XB_LRS : 0;
	x->bits |= (state & CND(GUEST_DEBUG)) != 0 ? XB_DEBUG : 0;
	x->bits |= (state & CND(PAUTH_USED)) != 0 ? XB_PAUTH : 0;
	x->kind = XNONE;
	x->part = 0;
	x->where = XW_GUEST;
}

static void do_exit(struct xworld *w, unsigned v, unsigned c, unsigned arg)
{
	struct xvcpu *x = &w->v[v];
	unsigned k = arg & ~(unsigned)XLR_LIVE;
	uint64_t state = exit_step_state(exit_row(w->m.kind[k].kind), 0) & ~(XCHOICES | CND(LR_LIVE));

	state |= (arg & XLR_LIVE) != 0 ? CND(LR_LIVE) : 0;
	state |= (x->bits & XB_DEBUG) != 0 ? CND(GUEST_DEBUG) : 0;
	run_phase(w, v, c, PHASE_EXIT, state, 0);
	x->bits &= (uint8_t)~(XB_LRS | XB_DEBUG);
	x->kind = (uint8_t)k;
	x->part = 0;
	x->where = XW_KERNEL;
}

static unsigned sibling(const struct xworld *w, unsigned v)
{
	unsigned other = (v + w->n_vm) % w->n_vcpu;

	while (other % w->n_vm != v % w->n_vm)
		other = (other + 1) % w->n_vcpu;
	return other != v ? other : ORACLE_NONE;
}

static void do_handle(struct xworld *w, unsigned v, unsigned c)
{
	const struct xkind *k = xworld_kind_of(w, v);
	struct handler_access a;
	size_t i = 0;

	if (k->part[w->v[v].part].type != XPART_ACCESS) {
		run_part(w, v, c);
		return;
	}
	while (handlers_next(&i, k->kind, MOMENT_KERNEL, v, c, sibling(w, v), &a))
		oracle_access(w->o, &a);
	w->v[v].part++;
}

static void is_put(struct xworld *w, unsigned v, enum xwhere where)
{
	w->v[v].bits &= (uint8_t)~XB_PAUTH;
	w->v[v].where = (uint8_t)where;
}

static void do_preempt(struct xworld *w, unsigned v, unsigned c)
{
	run_phase(w, v, c, PHASE_PUT, 0, 0);
	run(w, v, c, COMP_thread_switch, 0, 0);
	w->c[c].thread = XNONE;
	is_put(w, v, XW_OUT);
}

static void do_block(struct xworld *w, unsigned v, unsigned c)
{
	run_part(w, v, c);
	run(w, v, c, COMP_thread_switch, CND(TO_IDLE), 0);
	w->c[c].thread = XNONE;
	is_put(w, v, XW_BLOCKED);
}

static void access_reg(struct xworld *w, unsigned v, unsigned c, enum sysreg reg, enum handler_via via, bool write,
		       const char *function)
{
	const struct handler_access a = { v, c, reg, via, write, function };

	oracle_access(w->o, &a);
}

static bool pc_is_pending(const struct xworld *w, unsigned v)
{
	return vflags_has(&w->f[v], VF_PENDING_EXCEPTION) || vflags_has(&w->f[v], VF_INCREMENT_PC);
}

/* __kvm_adjust_pc at the end of KVM_RUN, so that user space finds nothing pending. */
static void adjust_pc(struct xworld *w, unsigned v, unsigned c)
{
	struct vflag_who who = { VFSIDE_HYP, VFP_OFF, VFR_NONE, (int32_t)v, "__kvm_adjust_pc" };
	bool pending = vflags_has(&w->f[v], VF_PENDING_EXCEPTION), has_copy = w->f[v].has_copy;

	w->f[v].has_copy = false; /* pKVM's handler of the HVC works on the kernel's vCPU */
	if (pending) {
		access_reg(w, v, c, SR_VBAR_EL1, VIA_ACCESSOR, false, "enter_exception64");
		access_reg(w, v, c, SR_SCTLR_EL1, VIA_ACCESSOR, false, "enter_exception64");
		access_reg(w, v, c, SR_ELR_EL1, VIA_ACCESSOR, true, "enter_exception64");
		access_reg(w, v, c, SR_SPSR_EL1, VIA_ACCESSOR, true, "enter_exception64");
		vcpu_clear_flag(&w->f[v], VF_PENDING_EXCEPTION, &who);
		vcpu_clear_flag(&w->f[v], VF_EXCEPT_MASK, &who);
	} else {
		vcpu_clear_flag(&w->f[v], VF_INCREMENT_PC, &who);
	}
	w->f[v].has_copy = has_copy;
	access_reg(w, v, c, SR_ELR_EL2, VIA_MEMORY, true, "__kvm_adjust_pc");
	access_reg(w, v, c, SR_SPSR_EL2, VIA_MEMORY, true, "__kvm_adjust_pc");
}

/* Is there something to do about the PC at the end of KVM_RUN? */
static bool must_adjust_pc(const struct xworld *w, unsigned v)
{
	return pc_is_pending(w, v) && !w->m.p->beside.keeps_pc;
}

/* KVM_RUN is over. */
static void to_vmm(struct xworld *w, unsigned v)
{
	if (pc_is_pending(w, v)) {
		struct vflag_violation f = { VFR_not_consumed,
					     vflags_has(&w->f[v], VF_PENDING_EXCEPTION) ? VF_PENDING_EXCEPTION : VF_INCREMENT_PC,
					     VFOP_GET, VFSIDE_KERNEL, v, "kvm_arch_vcpu_ioctl_run" };

		flag_violation(w, &f);
	}
	is_put(w, v, XW_USER);
}

static void do_put(struct xworld *w, unsigned v, unsigned c)
{
	if (must_adjust_pc(w, v))
		adjust_pc(w, v, c);
	run_part(w, v, c);
	to_vmm(w, v);
}

static void do_signal(struct xworld *w, unsigned v, unsigned c)
{
	if (must_adjust_pc(w, v))
		adjust_pc(w, v, c);
	run_phase(w, v, c, PHASE_PUT, CND(TO_USER), 0);
	run(w, v, c, COMP_host_ret_to_user, 0, 0);
	w->v[v].kind = XNONE;
	w->v[v].part = 0;
	to_vmm(w, v);
}

/* Values of before the reset that KVM_SET_ONE_REG would find are gone: kvm_reset_vcpu in memory. */
static void reset_memory(struct xworld *w, unsigned v, unsigned c)
{
	struct vflag_who who = { VFSIDE_KERNEL, VFP_OFF, VFR_iflag_consumer, (int32_t)v, "kvm_reset_vcpu" };

	oracle_reset(w->o, v, c);
	if (vflags_has(&w->f[v], VF_PENDING_EXCEPTION)) {
		vcpu_clear_flag(&w->f[v], VF_PENDING_EXCEPTION, &who);
		vcpu_clear_flag(&w->f[v], VF_EXCEPT_MASK, &who);
	}
	if (vflags_has(&w->f[v], VF_INCREMENT_PC))
		vcpu_clear_flag(&w->f[v], VF_INCREMENT_PC, &who);
	w->v[v].bits &= (uint8_t)~(XB_OFF | XB_RESET);
	w->v[v].kind = XNONE;
	w->v[v].part = 0;
}

static void do_reset(struct xworld *w, unsigned v, unsigned c)
{
	if (w->m.p->beside.resets_loaded) {
		reset_memory(w, v, c);
		return;
	}
	run_phase(w, v, c, PHASE_PUT, 0, 0);
	w->v[v].bits &= (uint8_t)~XB_PAUTH;
	reset_memory(w, v, c);
	run_phase(w, v, c, PHASE_LOAD, other_vcpu(w, v, c), 0);
}

static void one_reg(struct xworld *w, unsigned v, unsigned c, bool write)
{
	if ((w->v[v].bits & XB_RESET) != 0)
		reset_memory(w, v, c);
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++) {
		if (sysreg_row((enum sysreg)r)->move == MOVE_BOTH)
			access_reg(w, v, c, (enum sysreg)r, VIA_MEMORY, write,
				   write ? "kvm_arm_sys_reg_set_reg" : "kvm_arm_sys_reg_get_reg");
	}
}

/* kvm_inject_dabt: since 5.11 what happens to PC and PSTATE waits for the next entry. */
static void set_events(struct xworld *w, unsigned v, unsigned c)
{
	struct vflag_who who = { VFSIDE_KERNEL, VFP_ACCESSOR, VFR_NONE, (int32_t)v, "kvm_pend_exception" };
	bool flags = vflag_row(VF_PENDING_EXCEPTION)->since <= w->m.p->config.model->version;

	access_reg(w, v, c, SR_FAR_EL1, flags ? VIA_ACCESSOR : VIA_MEMORY, true, "inject_abt64");
	access_reg(w, v, c, SR_ESR_EL1, flags ? VIA_ACCESSOR : VIA_MEMORY, true, "inject_abt64");
	if (!flags) {
		access_reg(w, v, c, SR_ELR_EL1, VIA_MEMORY, true, "inject_abt64");
		access_reg(w, v, c, SR_SPSR_EL1, VIA_MEMORY, true, "inject_abt64");
		access_reg(w, v, c, SR_ELR_EL2, VIA_MEMORY, true, "inject_abt64");
		return;
	}
	vcpu_set_flag(&w->f[v], VF_PENDING_EXCEPTION, &who);
	vcpu_set_flag(&w->f[v], VF_EXCEPT_AA64_EL1_SYNC, &who);
	if (w->m.p->beside.commits_events)
		adjust_pc(w, v, c);
}

static void cpu_on(struct xworld *w, unsigned v, unsigned c, unsigned target)
{
	access_reg(w, target, c, SR_VMPIDR_EL2, VIA_ACCESSOR, false, "kvm_mpidr_to_vcpu");
	access_reg(w, v, c, SR_SCTLR_EL1, VIA_ACCESSOR, false, "kvm_psci_vcpu_on");
	w->v[target].bits |= XB_RESET;
}

void xworld_do(struct xworld *w, struct xevent ev)
{
	unsigned v = ev.vcpu, c = ev.pcpu;

	w->in_v = ev.vcpu;
	w->in_c = ev.pcpu;
	w->n_found = 0;
	oracle_forget(w->o);
	switch ((enum xevent_row)ev.row) {
	case XE_load:
	case XE_migrate:
		do_load(w, v, c);
		break;
	case XE_enter:
		do_enter(w, v, c, w->m.state[ev.arg]);
		break;
	case XE_fp:
		run_phase(w, v, c, PHASE_LAZY, CND(SYNC) | ((w->v[v].bits & XB_DEBUG) != 0 ? CND(GUEST_DEBUG) : 0), 0);
		break;
	case XE_exit:
		do_exit(w, v, c, ev.arg);
		break;
	case XE_handle:
		do_handle(w, v, c);
		break;
	case XE_block:
		do_block(w, v, c);
		break;
	case XE_preempt:
		do_preempt(w, v, c);
		break;
	case XE_put:
		do_put(w, v, c);
		break;
	case XE_signal:
		do_signal(w, v, c);
		break;
	case XE_get_one_reg:
		one_reg(w, v, c, false);
		break;
	case XE_set_one_reg:
		one_reg(w, v, c, true);
		break;
	case XE_set_events:
		set_events(w, v, c);
		break;
	case XE_cpu_off:
		w->v[v].bits |= XB_OFF;
		break;
	case XE_cpu_on:
		cpu_on(w, v, c, ev.arg);
		break;
	case XE_reset:
		do_reset(w, v, c);
		break;
	case XE_COUNT:
		BUG("no such event");
	}
	forget_handled(w, v);
	take_violations(w);
	BUG_ON(oracle_stats(w->o)->unknown != 0); /* an event that does not fit the vCPU */
}
