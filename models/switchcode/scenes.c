// SPDX-License-Identifier: Apache-2.0
#include "models/switchcode/scenes.h"

#include <inttypes.h>
#include <string.h>

#include "models/switchcode/exec_impl.h"
#include "models/switchcode/scene_conds.h"
#include "models/switchcode/scene_cut.h"
#include "sim/base/progress.h"

/* Ticks of 16 ns: before the host's next timer, and behind it (SWC_HOST_NEXT). */
#define NEAR (UINT64_C(1) << 16)
#define FAR  (UINT64_C(1) << 40)

enum leaves { HVC, INTERRUPT, FAULT, PERMISSION, SERROR_EXIT, UNKNOWN, SGI, FP, WFI, OSLAR, PAUTH };
enum does { IDLE, SERRORS, DEBUGS, UNDEBUGS, LIVE, ENDED, TIMERS, VTIMER, NOTIMERS, VTIMER_ONLY, FPCRS };
enum before { NOTHING, GOES_ON, CONTROLS, BLOCKS, OTHER, VSERROR, THREAD_FP, TRAPS, PERF_EVENTS };
enum vcpu_feature { PLAIN, WITH_PTRAUTH, WITH_SVE, WITH_PMU };

#define M SCENE_COND

static const struct scene scenes[] = {
#define TURN(leaves, does, enter, exit) { leaves, does, enter, exit }
#define SCENE(name, before, vcpu, loads, puts, ...)                                                 \
	{ name, before, vcpu, loads, puts, { __VA_ARGS__ }, sizeof((struct scene_turn[]){ __VA_ARGS__ }) / sizeof(struct scene_turn) },
#include "models/switchcode/scenes.def"
};

/* An error that was corrected (AET, DFSC of an SError): another one is the end of the host. */
#define SERROR_CORRECTED UINT64_C(0x1811)

/* Syndromes (Arm ARM, ESR_EL2); ICC_SGI1R_EL1 is written from X0 with itself as target. */
static const struct {
	uint64_t esr;
	uint16_t vector;
} leave_rows[] = {
	[HVC] = { 0x5a000000, 0x400 },        [INTERRUPT] = { 0, 0x480 },        [FAULT] = { 0x93c08006, 0x400 },
	[PERMISSION] = { 0x93c0800f, 0x400 }, [SERROR_EXIT] = { 0xbe000000 | SERROR_CORRECTED, 0x580 }, [UNKNOWN] = { 0xfe000000, 0x400 },
	[SGI] = { 0x623a3016, 0x400 },        [FP] = { 0x1fe00000, 0x400 },         [WFI] = { 0x07e00000, 0x400 },
	[OSLAR] = { 0x62280400, 0x400 },      [PAUTH] = { 0x26000000, 0x400 },
};

const char *swc_cond_name(enum swc_cond c)
{
	static const char *const names[] = {
#define SWC_COND(id, name) name,
#include "models/switchcode/scenes.def"
	};

	return names[c];
}

const char *swc_phase_name(enum swc_phase phase)
{
	static const char *const names[] = { "LOAD", "ENTER", "EXIT", "PUT", "LAZY",
#define SWC_PART(id, name) name,
#include "models/switchcode/scenes.def"
	};

	return names[phase];
}

/* must: every kernel has it. */
static const struct {
	const char *name;
	uint8_t mark;
	bool must;
} marks[] = { { "kvm_arch_vcpu_load", MARK_LOAD, true }, { "kvm_arch_vcpu_put", MARK_PUT, true }, { "handle_exit", MARK_HANDLE, true },
	      { "kvm_vcpu_wfi", MARK_WFI, false },       { "kvm_vcpu_halt", MARK_HALT, false },    { "kvm_vcpu_block", MARK_HALT, false } };

enum swc_phase swc_marked_phase(const struct swc_record *r)
{
	return r->mark == MARK_PUT ? SWC_PUT : SWC_LOAD;
}

/* --- playing ----------------------------------------------------------------------------------- */

struct play {
	const struct scene *s;
	size_t turn; /* next */
};

/* The guest's timer registers: the CPU's, or where the host emulates the physical timer, those that it keeps. */
static void ptimer(struct swc *w, uint64_t ctl)
{
	uint64_t cval = SWC_NOW + FAR;

	swc_set_reg(w, "CNTP_CVAL_EL0", cval);
	swc_set_reg(w, "CNTP_CTL_EL0", ctl);
	if (w->host_el == 2 || swc_vcpu_reg(w, "CNTP_CTL_EL0") == 0)
		return;
	(void)swc_poke(w, swc_vcpu_reg(w, "CNTP_CVAL_EL0"), 8, cval);
	(void)swc_poke(w, swc_vcpu_reg(w, "CNTP_CTL_EL0"), 8, ctl);
}

static void guest_does(struct swc *w, enum does what)
{
	uint64_t empty = (UINT64_C(1) << w->m->list_registers) - 1;

	switch (what) {
	case SERRORS: swc_set_reg(w, "DISR_EL1", UINT64_C(1) << 31 | SERROR_CORRECTED); break;
	case DEBUGS: swc_set_reg(w, "MDSCR_EL1", swc_reg(w, "MDSCR_EL1") | 1 << 15); break;
	case UNDEBUGS: swc_set_reg(w, "MDSCR_EL1", swc_reg(w, "MDSCR_EL1") & ~(UINT64_C(1) << 15)); break;
	case TIMERS:
		swc_set_reg(w, "CNTV_CVAL_EL0", NEAR); /* its counter began at 0 when the vCPU was made */
		swc_set_reg(w, "CNTV_CTL_EL0", 1);
		ptimer(w, 1);
		break;
	case FPCRS: swc_set_reg(w, "FPCR", UINT64_C(1) << 24); break; /* FZ; the vCPU's is 0 */
	case VTIMER_ONLY:
		swc_set_reg(w, "CNTV_CVAL_EL0", NEAR); /* its counter began at 0 when the vCPU was made */
		swc_set_reg(w, "CNTV_CTL_EL0", 1);
		break;
	case VTIMER: ptimer(w, 0); break;
	case NOTIMERS: swc_set_reg(w, "CNTV_CTL_EL0", 0); break;
	default: break;
	}
	if (what != SERRORS)
		swc_set_reg(w, "DISR_EL1", 0);
	swc_set_reg(w, "ICH_ELRSR_EL2", what == LIVE ? empty & ~UINT64_C(1) : empty);
	if (what == ENDED)
		swc_set_reg(w, "ICH_LR0_EL2", 0);
}

static void guest(void *owner, struct swc *w, struct swc_exit *x)
{
	struct play *p = owner;
	const struct scene_turn *t;

	if (p->turn >= p->s->n) {
		x->leave = true;
		return;
	}
	t = &p->s->turns[p->turn++];
	guest_does(w, (enum does)t->does);
	x->esr = leave_rows[t->leaves].esr;
	x->vector = leave_rows[t->leaves].vector;
	w->core->x[0] = t->leaves == SGI ? UINT64_C(1) : UINT64_C(0x12345678);
	if (t->leaves == FAULT || t->leaves == PERMISSION) {
		x->far = 0x50000000;
		x->hpfar = 0x50000;
	}
}

/* The script is over when the handler of its last exit begins. */
static bool is_over(void *owner)
{
	const struct play *p = owner;

	return p->turn >= p->s->n;
}

/* Features of KVM_ARM_VCPU_INIT (uapi): bits, what the machine must have, and whether KVM_ARM_VCPU_FINALIZE is wanted of one. */
static const struct {
	const char *name;
	uint8_t bits, feat, finalize;
	uint32_t cond;
} features[] = {
	[WITH_PTRAUTH] = { "pointer authentication", 1 << 5 | 1 << 6, FEAT_PAUTH, 0, M(PTRAUTH) },
	[WITH_PMU] = { "a PMU", 1 << 3, FEAT_PMUV3, 0, M(PMU) },
	[WITH_SVE] = { "SVE", 1 << 4, FEAT_SVE, 4, M(SVE) },
};

/* Gives the vCPU its features, and the reset by which the kernel takes them. False: it cannot be done in this kernel, a note says why. */
static bool give_feature(struct swc *w, enum vcpu_feature f)
{
	const struct vml_symbol *reset = vml_symbol(w->k->img, "kvm_reset_vcpu"), *finalize = vml_symbol(w->k->img, "kvm_arm_vcpu_finalize");
	uint64_t size, at = swc_member(w, "kvm", "arch.vcpu_features", &size), pc, ret = 0, state = 0, args[2] = { w->vcpu, features[f].finalize };
	struct err e = { 0 };
	int rc;

	if (f == PLAIN)
		return true;
	if (!machine_has(w->m, (enum feat)features[f].feat))
		return false;
	if (at == 0)
		at = swc_member(w, "kvm_vcpu", "arch.features", &size);
	if (at == 0 || reset == NULL || (features[f].finalize != 0 && finalize == NULL)) {
		swc_note(w, "features of a vCPU are not where they were: %s is not seen", features[f].name);
		return false;
	}
	(void)swc_poke(w, at, 1, features[f].bits);
	rc = swc_call(w, reset->addr, &w->vcpu, 1, SCENE_BUDGET, NULL, NULL, &e);
	if (rc == 0 && features[f].finalize != 0)
		rc = swc_call(w, finalize->addr, args, 2, SCENE_BUDGET, &ret, NULL, &e);
	if (rc == 0 && (int32_t)(uint32_t)ret != 0)
		rc = err_set(&e, ERR_INPUT, "kvm_arm_vcpu_finalize answered %d", (int32_t)(uint32_t)ret);
	if (rc != 0) {
		swc_note(w, "the vCPU's reset stopped, %s is not seen: %s", features[f].name, e.text);
		return false;
	}
	pc = swc_member(w, "kvm_vcpu", "arch.ctxt.regs.pc", &size);
	(void)swc_poke(w, pc, 8, SWC_GUEST_PC);
	at = swc_member(w, "kvm_vcpu", "arch.sve_state", &size);
	if (f == WITH_SVE && at != 0 && swc_peek(w, at, 8, &state))
		swc_place(w, SWC_CONTEXT, state, 0x1000);
	return true;
}

/* Perf events that count the guest only, as the host's PMU driver tells KVM of them. */
static bool perf_events(struct swc *w)
{
	const struct vml_symbol *s = vml_symbol(w->k->img, "kvm_pmu_events");
	uint64_t offset, size;

	if (!machine_has(w->m, FEAT_PMUV3))
		return false;
	if (s == NULL || !btf_member(w->btf, "kvm_pmu_events", "events_guest", &offset, &size)) {
		swc_note(w, "the host's PMU events are not where they were: they are not seen");
		return false;
	}
	return swc_poke(w, s->addr + offset, (unsigned)size, UINT64_C(1) << 31);
}

/* Did EL2 answer the first exit itself? */
static bool at_el2(const struct swc *w)
{
	size_t i = 0;

	while (i < w->n_records && w->records[i].event != SWC_TAKEN)
		i++;
	for (; i < w->n_records; i++)
		if (w->records[i].event == SWC_GUEST || (w->records[i].event == SWC_CALLED && w->records[i].mark == MARK_HANDLE))
			return w->records[i].event == SWC_GUEST;
	return false;
}

/* False: it cannot be done, or the machine has it not. */
static bool prepare(struct swc *w, enum before before)
{
	uint64_t size, at, v, args[1] = { w->current };
	const struct vml_symbol *s;
	struct err e = { 0 };

	switch (before) {
	case OTHER:
		at = swc_member(w, "kvm", "arch.mmu.last_vcpu_ran", &size);
		if (at != 0 && swc_peek(w, at, 8, &v))
			(void)swc_poke(w, v, 4, 7);
		return true;
	case BLOCKS:
		at = swc_member(w, "kvm_vcpu", "wait.task", &size);
		if (at == 0)
			swc_note(w, "struct kvm_vcpu has no member wait.task: a vCPU that blocks is not seen");
		else
			(void)swc_poke(w, at, 8, w->current);
		return true;
	case CONTROLS:
		swc_set_reg(w, "CNTHCTL_EL2", 0);
		at = swc_member(w, "kvm_vcpu", "arch.mdcr_el2", &size);
		if (at != 0)
			(void)swc_poke(w, at, 8, 0);
		return true;
	case VSERROR:
		at = swc_member(w, "kvm_vcpu", "arch.hcr_el2", &size);
		if (at != 0 && swc_peek(w, at, 8, &v))
			(void)swc_poke(w, at, 8, v | 1 << 8);
		return true;
	case THREAD_FP:
		s = vml_symbol(w->k->img, "fpsimd_restore_current_state");
		if (s != NULL && swc_call(w, s->addr, args, 0, SCENE_BUDGET, NULL, NULL, &e) != 0)
			swc_note(w, "fpsimd_restore_current_state stopped: %s", e.text);
		return true;
	case PERF_EVENTS: return perf_events(w);
	default: return true;
	}
}

static void not_executed(struct swc *w)
{
	static const struct {
		uint8_t feat;
		const char *what;
	} rows[] = {
#define SCENE_NOT(feat, what) { FEAT_##feat, what },
#include "models/switchcode/scenes.def"
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (machine_has(w->m, (enum feat)rows[i].feat))
			swc_note(w, "not executed: %s", rows[i].what);
}

int swc_play(struct swc *w, struct swc_model *m, struct err *e)
{
	struct err first = { 0 };
	struct progress bar;
	const struct vml_symbol *run = vml_symbol(w->k->img, "kvm_arch_vcpu_ioctl_run"), *put = vml_symbol(w->k->img, "kvm_arch_vcpu_put");

	const size_t places = w->n_places;
	uint64_t answer = 0;

	*m = (struct swc_model){ 0 };
	if (run == NULL || put == NULL)
		return err_set(e, ERR_INPUT, "%s: has no function %s: want a kernel with KVM (CONFIG_KVM=y)", w->k->img->path,
			       run == NULL ? "kvm_arch_vcpu_ioctl_run" : "kvm_arch_vcpu_put");
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		long f = vml_func_named(w->k->img, marks[i].name);

		if (f < 0 && !marks[i].must)
			continue;
		if (f < 0)
			return err_set(e, ERR_INPUT, "%s: has no function %s, where a phase begins", w->k->img->path, marks[i].name);
		w->mark[f] = marks[i].mark;
	}
	w->guest = guest;
	w->over = is_over;
	w->over_mark = MARK_HANDLE;
	progress_begin(&bar, "scenes", sizeof(scenes) / sizeof(scenes[0]));
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		struct play p = { &scenes[i], 0 };
		struct err why = { 0 };
		int rc;

		progress_at(&bar, i);
		w->owner = &p;
		if (i != 0 && scenes[i].before != GOES_ON) {
			swc_restore(w);
			w->n_places = places;
		}
		w->recording = false;
		if (!give_feature(w, (enum vcpu_feature)scenes[i].vcpu) || !prepare(w, (enum before)scenes[i].before))
			continue;
		w->recording = true;
		w->n_records = 0;
		rc = swc_call(w, run->addr, &w->vcpu, 1, SCENE_BUDGET, i == 0 ? &answer : NULL, NULL, &why);
		if (rc == 0)
			rc = swc_call(w, put->addr, &w->vcpu, 1, SCENE_BUDGET, NULL, NULL, &why);
		w->recording = false;
		if (scenes[i].before == TRAPS && !at_el2(w)) /* not a kernel that it is for */
			continue;
		m->scenes++;
		if (rc != 0 && m->failed == 0)
			first = why;
		if (rc != 0) {
			swc_note(w, "scene \"%s\" stopped: %s", scenes[i].name, why.text);
			m->failed++;
		}
		if (p.turn < scenes[i].n && rc == 0)
			swc_note(w, "scene \"%s\": the guest was entered %zu times instead of %zu", scenes[i].name, p.turn, scenes[i].n);
		if (rc == 0)
			m->vcpu |= features[scenes[i].vcpu].cond;
		if (i == 0)
			swc_keep(w);
		else
			scene_cut(w, m, &scenes[i], features[scenes[i].vcpu].cond);
		if (m->failed == m->scenes && m->failed == 2) {
			progress_end(&bar);
			return err_set(e, ERR_INPUT, "%s: its switch cannot be executed: %s", w->k->img->path, first.text);
		}
	}
	progress_end(&bar);
	if (m->n[SWC_ENTER] == 0 || m->n[SWC_EXIT] == 0)
		return err_set(e, ERR_INPUT, "%s: its switch cannot be executed: kvm_arch_vcpu_ioctl_run answers %d and enters no guest", w->k->img->path,
			       (int32_t)(uint32_t)answer);
	scene_host(w, m);
	not_executed(w);
	for (unsigned p = 0; p < SWC_PHASES; p++)
		scene_conditions(m, (enum swc_phase)p);
	return 0;
}

void swc_model_free(struct swc_model *m)
{
	for (unsigned p = 0; p < SWC_PHASES; p++)
		free(m->ops[p]);
	*m = (struct swc_model){ 0 };
}
