// SPDX-License-Identifier: Apache-2.0
#include "models/switchcode/setup.h"

#include <stdio.h>
#include <string.h>

#include "models/switchcode/exec_impl.h"
#include "sim/base/str.h"

enum { CALL_BUDGET = 50000000, VECTORS_BYTES = 2048 };

uint64_t swc_member(const struct swc *w, const char *type, const char *path, uint64_t *size)
{
	uint64_t offset, base = strcmp(type, "kvm") == 0 ? w->kvm : strcmp(type, "kvm_vcpu") == 0 ? w->vcpu : 0;

	return base != 0 && btf_member(w->btf, type, path, &offset, size) ? base + offset : 0;
}

uint64_t swc_vcpu_reg(const struct swc *w, const char *enumerator)
{
	uint64_t index, size, regs = swc_member(w, "kvm_vcpu", "arch.ctxt.sys_regs", &size);

	if (regs == 0 || !btf_enumerator(w->btf, enumerator, &index) || index >= size / 8)
		return 0;
	return regs + 8 * index;
}

/* --- the machine ------------------------------------------------------------------------------- */

static uint64_t vtr(const struct machine *m)
{
	uint64_t pri = (uint64_t)m->pri_bits - 1;

	return ((uint64_t)m->list_registers - 1) | UINT64_C(1) << 23 | pri << 26 | pri << 29;
}

/* ID registers, as far as the switch looks at them (Arm ARM, D23). */
static void id_registers(struct swc *w)
{
	const struct machine *m = w->m;
	uint64_t feats = 0, debug = 6 | ((uint64_t)m->breakpoints - 1) << 12 | ((uint64_t)m->watchpoints - 1) << 20;
	uint64_t pfr0, mmfr1;

#define VM_FEAT(feat, machine) feats |= machine_has(m, FEAT_##machine) ? UINT64_C(1) << A64_FEAT_##feat : 0;
#define VM_ID(reg, bit, value, feat)                                                                \
	if (A64_FEAT_##feat == A64_FEAT_NONE || A64_HAS(feats, A64_FEAT_##feat))                    \
		swc_set_reg(w, #reg, (swc_reg(w, #reg) & ~(UINT64_C(15) << (bit))) | UINT64_C(value) << (bit));
#define VM_MIDR(core, value)                                                                        \
	if (strcmp(m->name, core) == 0)                                                             \
		swc_set_reg(w, "MIDR_EL1", value);
#include "models/vm/vm_ids.def"
	pfr0 = swc_reg(w, "ID_AA64PFR0_EL1");
	mmfr1 = swc_reg(w, "ID_AA64MMFR1_EL1");
	pfr0 |= UINT64_C(1) << 8; /* EL2 */
	debug |= machine_has(m, FEAT_PMUV3) ? UINT64_C(4) << 8 : 0;
	pfr0 &= machine_has(m, FEAT_GICV3) ? UINT64_MAX : ~(UINT64_C(15) << 24);
	pfr0 |= machine_has(m, FEAT_SVE) ? UINT64_C(1) << 32 : 0;
	pfr0 |= machine_has(m, FEAT_AMU) ? UINT64_C(1) << 44 : 0;
	mmfr1 |= machine_has(m, FEAT_VHE) ? UINT64_C(1) << 8 : 0;
	swc_set_reg(w, "ID_AA64MMFR1_EL1", mmfr1);
	swc_set_reg(w, "ID_AA64DFR0_EL1", debug);
	swc_set_reg(w, "ID_AA64PFR0_EL1", pfr0);
	swc_set_reg(w, "MPIDR_EL1", UINT64_C(0x80000000));
	swc_set_reg(w, "ICH_VTR_EL2", vtr(m));
	swc_set_reg(w, "DCZID_EL0", 4);
	swc_set_reg(w, "CTR_EL0", UINT64_C(0x8444c004));
	swc_set_reg(w, "ICC_SRE_EL2", 0xf);
	swc_set_reg(w, "CNTFRQ_EL0", 62500000);
}

/* A variable of the kernel gets a value of 8 bytes. */
static bool variable(struct swc *w, const char *symbol, uint64_t v)
{
	const struct vml_symbol *s = vml_symbol(w->k->img, symbol);

	return s != NULL && swc_poke(w, s->addr, 8, v);
}

static uint64_t address(const struct swc *w, const char *symbol)
{
	const struct vml_symbol *s = vml_symbol(w->k->img, symbol);

	return s != NULL ? s->addr : 0;
}

/* The vectors that the kernel takes for the machine: a slot of the hardened ones (enum arm64_hyp_spectre_vector) for the loop. */
static void vectors(struct swc *w)
{
	bool hardened = machine_has(w->m, FEAT_BHB_LOOP);
	uint64_t slot = 0, at = address(w, "__kvm_hyp_vector"), nvhe = address(w, "__kvm_nvhe___kvm_hyp_vector");

	if (hardened && btf_enumerator(w->btf, "HYP_VECTOR_INDIRECT", &slot) && slot != 0) {
		at = address(w, "__bp_harden_hyp_vecs") + (slot - 1) * VECTORS_BYTES;
		nvhe = address(w, "__kvm_nvhe___bp_harden_hyp_vecs") + (slot - 1) * VECTORS_BYTES;
	} else if (hardened) {
		swc_note(w, "the kernel has no vectors with a branch history loop: plain ones");
	}
	if (hardened && btf_enumerator(w->btf, "BHB_LOOP", &slot))
		(void)variable(w, "system_bhb_mitigations", UINT64_C(1) << slot);
	(void)variable(w, "kvm_hyp_vector", at);
	(void)variable(w, "__kvm_nvhe_kvm_hyp_vector", nvhe);
	swc_set_reg(w, "VBAR_EL2", address(w, w->host_el == 1 ? "__kvm_nvhe___kvm_hyp_host_vector" : "vectors"));
}

/* --- the VM ------------------------------------------------------------------------------------ */

static const struct row {
	const char *call; /* NULL: a field */
	const char *object, *type, *path, *value;
} rows[] = {
#define SETUP_FIELD(object, type, path, value) { NULL, object, type, path, value },
#define SETUP_CALL(symbol, object)             { symbol, object, NULL, NULL, NULL },
#include "models/switchcode/setup.def"
};

static uint64_t object(const struct swc *w, const char *name)
{
	if (strcmp(name, "kvm") == 0)
		return w->kvm;
	if (strcmp(name, "vcpu") == 0)
		return w->vcpu;
	if (strcmp(name, "run") == 0)
		return w->run;
	return strcmp(name, "current") == 0 ? w->current : address(w, name);
}

/* False: this kernel has no such value. */
static bool value_of(struct swc *w, const char *text, uint64_t at, uint64_t *v)
{
	const char *colon = strchr(text, ':');
	uint64_t size;

	if (text[0] == '?') {
		*v = 0;
		for (unsigned f = 0; f < FEAT_COUNT; f++)
			*v |= strcmp(feat_key((enum feat)f), text + 1) == 0 && machine_has(w->m, (enum feat)f);
		return true;
	}
	if (text[0] == '=')
		return btf_enumerator(w->btf, text + 1, v);
	if (colon != NULL) {
		char type[64];

		(void)snprintf(type, sizeof(type), "%.*s", (int)(colon - text), text);
		*v = swc_member(w, type, colon + 1, &size);
		return *v != 0;
	}
	if (strcmp(text, "new") == 0)
		*v = swc_alloc(w, 0x10000);
	else if (strcmp(text, "list") == 0)
		*v = at;
	else if (strcmp(text, "lrs") == 0)
		*v = (uint64_t)w->m->list_registers;
	else if (strcmp(text, "vtr") == 0)
		*v = vtr(w->m);
	else if (object(w, text) != 0)
		*v = object(w, text);
	else
		return str_u64(text, v);
	return true;
}

/* A cpumask is an array in place, or a pointer to one. */
static void set_cpus(struct swc *w, uint64_t at, uint64_t size)
{
	uint64_t bytes = btf_size(w->btf, "cpumask"), mask = size > 8 || size == bytes ? at : swc_alloc(w, 0x1000);

	for (uint64_t i = 0; i < (mask == at ? size / 8 : 8); i++)
		(void)swc_poke(w, mask + 8 * i, 8, UINT64_MAX);
	if (mask != at)
		(void)swc_poke(w, at, 8, mask);
}

static void set_field(struct swc *w, const struct row *r)
{
	uint64_t offset, size, at = object(w, r->object), v;

	if (at == 0)
		return;
	offset = 0;
	size = 8;
	if (r->type[0] != '\0' && !btf_member(w->btf, r->type, r->path, &offset, &size))
		return;
	at += offset;
	if (strcmp(r->value, "cpus") == 0) {
		set_cpus(w, at, size);
		return;
	}
	if (!value_of(w, r->value, at, &v))
		return;
	(void)swc_poke(w, at, size < 8 ? (unsigned)size : 8, v);
	if (strcmp(r->value, "list") == 0)
		(void)swc_poke(w, at + 8, 8, v);
}

void swc_place(struct swc *w, enum swc_place p, uint64_t from, uint64_t bytes)
{
	if (from == 0 || bytes == 0 || w->n_places == sizeof(w->places) / sizeof(w->places[0]))
		return;
	w->places[w->n_places].from = from;
	w->places[w->n_places].to = from + bytes;
	w->places[w->n_places++].place = (uint8_t)p;
}

static void symbol_place(struct swc *w, const char *symbol)
{
	const struct vml_symbol *s = vml_symbol(w->k->img, symbol);

	if (s != NULL)
		swc_place(w, SWC_HOST, s->addr, s->size);
}

static int make_vm(struct swc *w, struct err *e)
{
	uint64_t vm = btf_size(w->btf, "kvm"), vcpu = btf_size(w->btf, "kvm_vcpu"), task = btf_size(w->btf, "task_struct");

	if (vm == 0 || vcpu == 0 || task == 0)
		return err_set(e, ERR_INPUT, "%s: its BTF has no struct %s: want a kernel with KVM built in (CONFIG_KVM=y)", w->k->img->path,
			       vm == 0 ? "kvm" : vcpu == 0 ? "kvm_vcpu" : "task_struct");
	swc_place(w, SWC_HOST, w->current, task);
	w->kvm = swc_alloc(w, vm);
	w->vcpu = swc_alloc(w, vcpu);
	w->run = swc_alloc(w, 0x4000);
	swc_place(w, SWC_CONTEXT, swc_member(w, "kvm_vcpu", "arch.ctxt", &vm), vm); /* first: it is within the vCPU */
	swc_place(w, SWC_VCPU, w->vcpu, vcpu);
	symbol_place(w, "kvm_host_data");
	symbol_place(w, "__kvm_nvhe_kvm_host_data");
	symbol_place(w, "kvm_hyp_ctxt");
	symbol_place(w, "__kvm_nvhe_kvm_hyp_ctxt");
	symbol_place(w, "fpsimd_last_state");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		uint64_t arg = object(w, r->object), to = r->call != NULL ? address(w, r->call) : 0, ret = 0;
		struct err why = { 0 };

		if (r->call == NULL) {
			set_field(w, r);
			continue;
		}
		if (to == 0)
			continue;
		if (swc_call(w, to, &arg, 1, CALL_BUDGET, &ret, NULL, &why) != 0)
			swc_note(w, "setup by %s stopped: %s", r->call, why.text);
		else if ((int32_t)(uint32_t)ret < 0 && (int32_t)(uint32_t)ret > -4096)
			swc_note(w, "setup by %s answered %d", r->call, (int32_t)(uint32_t)ret);
	}
	if (swc_vcpu_reg(w, "VBAR_EL1") != 0) /* the guest's vectors are in the guest */
		(void)swc_poke(w, swc_vcpu_reg(w, "VBAR_EL1"), 8, SWC_GUEST_PC + 0x10000);
	return 0;
}

enum { MODE_VHE = SWC_VHE, MODE_HVHE = SWC_HVHE, MODE_NONE = SWC_HVHE + 1 };

/* What the mode decides, and variables of code that is patched. */
static void by_mode(struct swc *w, enum swc_mode mode)
{
	static const struct {
		const char *words;
		unsigned mode;
	} caps[] = {
#define SETUP_CAP(words, mode) { words, MODE_##mode },
#include "models/switchcode/setup.def"
	};
	static const struct {
		const char *symbol;
		uint64_t value;
	} variables[] = {
#define SETUP_VARIABLE(symbol, value) { symbol, UINT64_C(value) },
#include "models/switchcode/setup.def"
	};

	for (size_t i = 0; i < w->k->patches.n_caps; i++)
		for (size_t n = 0; n < sizeof(caps) / sizeof(caps[0]); n++)
			if (strstr(w->k->patches.conds[i].name, caps[n].words) != NULL)
				w->state[i] = caps[n].mode == (unsigned)mode ? VML_ON : VML_OFF;
	for (size_t n = 0; n < sizeof(variables) / sizeof(variables[0]); n++) {
		const struct vml_symbol *s = vml_symbol(w->k->img, variables[n].symbol);

		if (s != NULL && s->size != 0)
			(void)swc_poke(w, s->addr, s->size < 8 ? (unsigned)s->size : 8, variables[n].value);
	}
}

int swc_setup(struct swc *w, enum swc_mode mode, struct err *e)
{
	if (mode != SWC_NVHE && !machine_has(w->m, FEAT_VHE))
		return err_set(e, ERR_MODEL, "machine %s has no FEAT_VHE: want --mode nvhe", w->m->name);
	w->host_el = w->el = mode == SWC_VHE ? 2 : 1;
	w->e2h = mode != SWC_NVHE;
	id_registers(w);
	swc_set_reg(w, "HCR_EL2", w->host_el == 2 ? UINT64_C(0x488000000) : UINT64_C(0x80000000));
	vectors(w);
	by_mode(w, mode);
	w->current = swc_alloc(w, btf_size(w->btf, "task_struct")); /* what looks at the CPU asks it whether it may be moved */
	swc_set_reg(w, "SP_EL0", w->current);
	swc_detect(w);
	if (swc_patch(w, e) != 0)
		return -1;
	vectors(w);
	return make_vm(w, e);
}
