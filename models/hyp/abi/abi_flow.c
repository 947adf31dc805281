/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/abi/abi_flow.h"

#include <string.h>

#include "models/hyp/abi/abi_impl.h"

const char *const abi_vmm_names[ABI_VMM_COUNT + 1] = {
#define ABI_VMM(id, name, parallel, most, source) name,
#include "models/hyp/abi/abi_vmm.def"
	NULL
};

const char *const abi_flow_names[ABI_FLOW_COUNT + 1] = {
#define X(id, name, help) name,
	ABI_FLOWS(X)
#undef X
	NULL
};

const char *const abi_variant_names[ABI_VARIANT_COUNT + 1] = {
#define X(id, name, help) name,
	ABI_VARIANTS(X)
#undef X
	NULL
};

static const struct {
	bool parallel;
	unsigned most;
	const char *source;
} vmms[] = {
#define ABI_VMM(id, name, parallel, most, source) { parallel, most, source },
#include "models/hyp/abi/abi_vmm.def"
};

bool abi_vmm_parallel(enum abi_vmm vmm)
{
	BUG_ON((unsigned)vmm >= ABI_VMM_COUNT);
	return vmms[vmm].parallel;
}

unsigned abi_vmm_most(enum abi_vmm vmm)
{
	BUG_ON((unsigned)vmm >= ABI_VMM_COUNT);
	return vmms[vmm].most;
}

const char *abi_vmm_source(enum abi_vmm vmm)
{
	BUG_ON((unsigned)vmm >= ABI_VMM_COUNT);
	return vmms[vmm].source;
}

enum who { EACH, EACH_SVE, FIRST, OTHERS };
enum op { CREATE, INIT, FINALIZE, PROBE, LIST, LIST500, GET, SET, GET_EVENTS, SET_EVENTS, GET_MP, SET_MP };
enum set { NONE, CORE, REST, ALL, ALL_BUT_VLS, VLS, BOOT6, BOOT4, MPIDR };

struct step {
	uint8_t vmm, flow, who, op, set;
};

static const struct step steps[] = {
#define ABI_STEP(vmm, flow, who, op, set, help) { ABI_VMM_##vmm, ABI_FLOW_##flow, who, op, set },
#include "models/hyp/abi/abi_vmm.def"
};

#define N_STEPS (sizeof(steps) / sizeof(steps[0]))

static bool has_step(enum abi_vmm vmm, enum abi_flow flow, int op)
{
	for (size_t i = 0; i < N_STEPS; i++)
		if (steps[i].vmm == vmm && steps[i].flow == flow && (op < 0 || steps[i].op == op))
			return true;
	return false;
}

bool abi_flow_known(enum abi_vmm vmm, enum abi_flow flow)
{
	if (flow == ABI_FLOW_MIGRATE)
		return has_step(vmm, ABI_FLOW_SAVE, -1) && has_step(vmm, ABI_FLOW_RESTORE, -1);
	return has_step(vmm, flow, -1);
}

/* A VMM at work: its VM, and where it notes its calls. */
struct work {
	struct abi_vm *vm;
	uint32_t features;
	enum abi_flow flow;
	enum abi_variant variant;
	struct abi_calls *calls; /* NULL: not recorded */
	long rc;                 /* of the last call */
};

static void note(struct work *w, enum abi_call_kind kind, uint16_t items, const struct abi_counts *before, long rc)
{
	const struct abi_counts *now = &w->vm->counts;
	struct abi_calls *c = w->calls;

	w->rc = rc;
	if (c == NULL)
		return;
	if (c->n == c->cap) {
		c->cap = c->cap != 0 ? 2 * c->cap : 64;
		c->v = xrealloc(c->v, c->cap * sizeof(*c->v));
	}
	c->v[c->n++] = (struct abi_call){
		.kind = (uint8_t)kind,
		.items = items,
		.config = (uint16_t)(now->locks[ABI_LOCK_CONFIG] - before->locks[ABI_LOCK_CONFIG]),
		.kvm = (uint16_t)(now->locks[ABI_LOCK_KVM] - before->locks[ABI_LOCK_KVM]),
		.bytes = (uint32_t)(now->bytes - before->bytes),
		.failed = rc < 0,
	};
}

static void vcpu_op(struct work *w, struct abi_vcpu *v, enum uapi_ioctl i, const void *arg, enum abi_call_kind kind)
{
	struct abi_counts before = w->vm->counts;
	long rc = abi_vcpu_ioctl(v, abi_ioctl_number(i), (uint64_t)(uintptr_t)arg);

	note(w, kind, 1, &before, rc);
}

static bool in_set(enum set set, enum abi_reg reg)
{
	const struct abi_reg_row *r = abi_reg_row(reg);
	bool core = r->class == ABI_CLASS_core || r->class == ABI_CLASS_sve;

	switch (set) {
	case CORE:
		return core && reg != ABI_R_SVE_VLS;
	case REST:
		return !core;
	case ALL:
		return true;
	case ALL_BUT_VLS:
		return reg != ABI_R_SVE_VLS;
	case VLS:
		return reg == ABI_R_SVE_VLS;
	case BOOT6:
		return reg == ABI_R_PSTATE || reg <= ABI_R_X3 || reg == ABI_R_PC;
	case BOOT4:
		return reg == ABI_R_PSTATE || (reg >= ABI_R_X1 && reg <= ABI_R_X3);
	case MPIDR:
		return reg == ABI_R_MPIDR_EL1;
	default:
		return false;
	}
}

/* Does the VMM leave this register out for this vCPU? */
static bool left_out(const struct work *w, const struct abi_vcpu *v, enum abi_reg reg)
{
	const struct abi_reg_row *r = abi_reg_row(reg);

	if (w->variant == ABI_VARIANT_CACHED) {
		bool known = r->class == ABI_CLASS_id || r->class == ABI_CLASS_invariant;

		return known && (w->flow == ABI_FLOW_SAVE || v->number != 0);
	}
	return v->number != 0 && abi_told_scope(w->vm, reg) != UAPI_SCOPE_VCPU;
}

/* What a restore writes is what a save read: the value that the register has. */
static void move_regs(struct work *w, struct abi_vcpu *v, bool write, enum set set)
{
	uint8_t value[256] = { 0 };
	struct uapi_one_reg r = { 0, (uint64_t)(uintptr_t)value };
	struct abi_calls *calls = w->calls;
	struct abi_counts start = w->vm->counts;
	uint16_t items = 0;

	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		if (!abi_visible(v, (enum abi_reg)i) || !in_set(set, (enum abi_reg)i) || left_out(w, v, (enum abi_reg)i))
			continue;
		r.id = abi_listed_id(w->vm, (enum abi_reg)i);
		items++;
		if (w->variant == ABI_VARIANT_BATCH)
			w->calls = NULL;
		if (write) {
			struct abi_counts keep = w->vm->counts;

			(void)abi_get_reg(v, &r); /* not a call of the VMM: the saved value */
			w->vm->counts = keep;
		}
		vcpu_op(w, v, write ? UAPI_IOCTL_SET_ONE_REG : UAPI_IOCTL_GET_ONE_REG, &r,
			write ? ABI_CALL_SET : ABI_CALL_GET);
	}
	w->calls = calls;
	if (w->variant == ABI_VARIANT_BATCH && items != 0)
		note(w, write ? ABI_CALL_SET : ABI_CALL_GET, items, &start, 0);
}

static void list(struct work *w, struct abi_vcpu *v, uint64_t room)
{
	struct uapi_reg_list *l = xcalloc(501, sizeof(*l));

	l->n = room;
	vcpu_op(w, v, UAPI_IOCTL_GET_REG_LIST, l, room != 0 ? ABI_CALL_LIST : ABI_CALL_OTHER);
	free(l);
}

static void create(struct work *w, uint32_t number)
{
	struct abi_counts before = w->vm->counts;
	long rc = abi_vm_ioctl(w->vm, abi_ioctl_number(UAPI_IOCTL_CREATE_VCPU), number);

	note(w, ABI_CALL_OTHER, 1, &before, rc);
}

static void do_op(struct work *w, uint32_t number, enum op op, enum set set)
{
	struct uapi_vcpu_init init = { .target = UAPI_TARGET_GENERIC_V8, .features = { w->features } };
	struct abi_vcpu *v = number < w->vm->n_vcpus ? w->vm->vcpu[number] : NULL;
	struct uapi_vcpu_events ev = { 0 };
	struct uapi_mp_state mp = { 0 };
	int32_t what = UAPI_VCPU_SVE;

	switch (op) {
	case CREATE:
		create(w, number);
		return;
	case INIT:
		vcpu_op(w, v, UAPI_IOCTL_VCPU_INIT, &init, ABI_CALL_OTHER);
		return;
	case FINALIZE:
		vcpu_op(w, v, UAPI_IOCTL_VCPU_FINALIZE, &what, ABI_CALL_OTHER);
		return;
	case PROBE:
		list(w, v, 0);
		return;
	case LIST:
	case LIST500:
		list(w, v, 500);
		return;
	case GET:
	case SET:
		move_regs(w, v, op == SET, set);
		return;
	case GET_EVENTS:
	case SET_EVENTS:
		vcpu_op(w, v, op == SET_EVENTS ? UAPI_IOCTL_SET_VCPU_EVENTS : UAPI_IOCTL_GET_VCPU_EVENTS, &ev,
			ABI_CALL_OTHER);
		return;
	case GET_MP:
	case SET_MP:
		vcpu_op(w, v, op == SET_MP ? UAPI_IOCTL_SET_MP_STATE : UAPI_IOCTL_GET_MP_STATE, &mp, ABI_CALL_OTHER);
		return;
	}
}

static bool applies(enum who who, uint32_t features, uint32_t number)
{
	switch (who) {
	case EACH_SVE:
		return (features & UAPI_FEATURE(SVE)) != 0;
	case FIRST:
		return number == 0;
	case OTHERS:
		return number != 0;
	default:
		return true;
	}
}

static void run_steps(struct work *w, enum abi_vmm vmm, enum abi_flow flow, uint32_t number)
{
	w->flow = flow;
	for (size_t i = 0; i < N_STEPS; i++)
		if (steps[i].vmm == vmm && steps[i].flow == flow &&
		    applies((enum who)steps[i].who, w->features, number))
			do_op(w, number, (enum op)steps[i].op, (enum set)steps[i].set);
}

/* vCPUs as a boot leaves them, not recorded. */
static int set_up(struct work *w, uint32_t number, struct err *e)
{
	static const enum op ops[] = { CREATE, INIT, FINALIZE };

	for (size_t i = 0; i < 3; i++) {
		if (ops[i] == FINALIZE && (w->features & UAPI_FEATURE(SVE)) == 0)
			continue;
		do_op(w, number, ops[i], NONE);
		if (w->rc < 0)
			return err_set(e, ERR_MODEL, "the host does not have the features of the vCPU (%#x): want a host "
				       "with them, or fewer features", w->features);
	}
	return 0;
}

static struct abi_vm *new_vm(const struct abi_host *host, enum abi_variant variant)
{
	struct uapi_enable_cap cap = { .cap = 210 };
	struct abi_host h = *host;
	struct abi_vm *vm;

	if (h.max_vcpus < 2)
		h.max_vcpus = 2;
	h.scope = variant <= ABI_VARIANT_ALL ? (uint8_t)variant : ABI_SCOPE_NONE;
	vm = abi_vm_new(&h, NULL);
	if (h.scope != ABI_SCOPE_NONE)
		BUG_ON(abi_vm_ioctl(vm, abi_ioctl_number(UAPI_IOCTL_ENABLE_CAP), (uint64_t)(uintptr_t)&cap) != 0);
	return vm;
}

/* One side of a flow on its own VM. */
static int record(struct work *w, const struct abi_host *host, enum abi_vmm vmm, enum abi_flow flow,
		  struct abi_flow_result *r, struct err *e)
{
	bool own = has_step(vmm, flow, CREATE);
	int rc = 0;

	w->vm = new_vm(host, w->variant);
	for (uint32_t i = 0; i < 2 && rc == 0 && !own; i++)
		rc = set_up(w, i, e);
	for (uint32_t i = 0; i < 2 && rc == 0; i++) {
		w->calls = NULL;
		if (flow == ABI_FLOW_SAVE)
			vcpu_op(w, w->vm->vcpu[i], UAPI_IOCTL_RUN, NULL, ABI_CALL_OTHER);
	}
	for (uint32_t i = 0; i < 2 && rc == 0; i++) {
		w->calls = i == 0 ? &r->first : &r->other;
		run_steps(w, vmm, flow, i);
		w->calls = NULL;
		if (w->vm->n_vcpus <= i || !w->vm->vcpu[i]->initialized)
			rc = err_set(e, ERR_MODEL, "the host does not have the features of the vCPU (%#x): want a host "
				     "with them, or fewer features", w->features);
	}
	r->registers = r->shared = 0;
	for (unsigned i = 0; i < ABI_REG_COUNT && rc == 0; i++) {
		bool seen = abi_visible(w->vm->vcpu[0], (enum abi_reg)i);

		r->registers += seen;
		r->shared += seen && abi_reg_row((enum abi_reg)i)->scope != UAPI_SCOPE_VCPU;
	}
	abi_vm_free(w->vm);
	if (rc != 0)
		abi_flow_free(r);
	return rc;
}

int abi_flow_record(const struct abi_host *host, uint32_t features, enum abi_vmm vmm, enum abi_flow flow,
		    enum abi_variant variant, struct abi_flow_result *r, struct err *e)
{
	struct work w = { .features = features, .variant = variant };

	memset(r, 0, sizeof(*r));
	if (!abi_flow_known(vmm, flow))
		return err_set(e, ERR_MODEL, "%s has no flow \"%s\"", abi_vmm_names[vmm], abi_flow_names[flow]);
	if (flow != ABI_FLOW_MIGRATE)
		return record(&w, host, vmm, flow, r, e);
	if (record(&w, host, vmm, ABI_FLOW_SAVE, r, e) != 0)
		return -1;
	return record(&w, host, vmm, ABI_FLOW_RESTORE, r, e);
}

void abi_flow_free(struct abi_flow_result *r)
{
	free(r->first.v);
	free(r->other.v);
	memset(r, 0, sizeof(*r));
}

static void add(struct abi_flow_totals *t, const struct abi_calls *c, uint64_t times)
{
	for (size_t i = 0; i < c->n; i++) {
		t->calls += times;
		t->failed += c->v[i].failed ? times : 0;
		t->bytes += c->v[i].bytes * times;
		t->items += c->v[i].kind <= ABI_CALL_SET ? c->v[i].items * times : 0;
	}
}

struct abi_flow_totals abi_flow_totals(const struct abi_flow_result *r, uint64_t n)
{
	struct abi_flow_totals t = { 0 };

	if (n != 0)
		add(&t, &r->first, 1);
	if (n > 1)
		add(&t, &r->other, n - 1);
	return t;
}
