/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim abi --list: the register list of a vCPU, and against that of another kernel or host. */
#include <stdio.h>
#include <string.h>

#include "models/cpu/sysreg.h"
#include "models/hyp/abi/abi_mask.h"
#include "sim/cmd/cmd_abi.h"
#include "sim/base/str.h"

static long vcpu_call(struct abi_vcpu *v, enum uapi_ioctl i, void *arg)
{
	return abi_vcpu_ioctl(v, abi_ioctl_number(i), (uint64_t)(uintptr_t)arg);
}

struct abi_vcpu *abi_vcpu_of(const struct abi_host *h, const char *host_name, uint32_t features,
			     const char *features_name, bool mte, struct err *e)
{
	struct uapi_vcpu_init init = { .target = UAPI_TARGET_GENERIC_V8, .features = { features } };
	int32_t what = UAPI_VCPU_SVE;
	struct abi_vm *vm = abi_vm_new(h, NULL);
	long rc;

	vm->mte = mte;
	rc = abi_vm_ioctl(vm, abi_ioctl_number(UAPI_IOCTL_CREATE_VCPU), 0);
	BUG_ON(rc != 0);
	rc = vcpu_call(vm->vcpu[0], UAPI_IOCTL_VCPU_INIT, &init);
	if (rc == 0 && vm->vcpu[0]->has_sve)
		rc = vcpu_call(vm->vcpu[0], UAPI_IOCTL_VCPU_FINALIZE, &what);
	if (rc == 0)
		return vm->vcpu[0];
	abi_vm_free(vm);
	(void)err_set(e, ERR_MODEL, "abi.features = %s: the host %s does not have them, or its kernel; want abi.host = %s, a newer "
		      "abi.kernel, or fewer features", features_name, host_name, abi_host_names[ABI_HOST_MAX]);
	return NULL;
}

/* A vCPU of the options; NULL with ERR_CONFIG or ERR_MODEL. */
static struct abi_vcpu *make_vcpu(const struct abi_options *o, struct err *e)
{
	struct abi_host h;

	if (abi_options_host(o, &h, e) != 0)
		return NULL;
	return abi_vcpu_of(&h, abi_host_names[o->host], abi_set_features((enum abi_set)o->set), abi_set_names[o->set],
			   false, e);
}

static const char *system_text(unsigned low, char *text)
{
	unsigned op0 = low >> 14, op1 = low >> 11 & 7, crn = low >> 7 & 15, crm = low >> 3 & 15, op2 = low & 7;
	enum sysreg reg = sysreg_by_encoding(op0, op1, crn, crm, op2);

	if (reg != SR_NONE)
		(void)snprintf(text, ABI_NAME_TEXT, "%s", sysreg_name(reg));
	else
		(void)snprintf(text, ABI_NAME_TEXT, "S%u_%u_C%u_C%u_%u", op0, op1, crn, crm, op2);
	return text;
}

const char *abi_id_text(uint64_t id, uint16_t kernel, char text[ABI_NAME_TEXT])
{
	static const struct {
		uint16_t coproc;
		const char *name;
	} kinds[] = { { UAPI_CORE, "core register" }, { UAPI_DEMUX, "demultiplexed register" }, { UAPI_FW, "firmware register" },
		      { UAPI_SVE, "SVE register" },   { UAPI_BMAP, "firmware bit map" } };
	enum abi_reg reg = abi_reg_by_id(id);
	unsigned coproc = (unsigned)((id & UAPI_REG_COPROC_MASK) >> 16), low = (unsigned)(id & 0xffff);

	text[0] = '\0';
	if (reg != ABI_REG_COUNT)
		(void)snprintf(text, ABI_NAME_TEXT, "%s", abi_reg_name_in(reg, kernel));
	else if (coproc == UAPI_SYSREG)
		return system_text(low, text);
	for (size_t i = 0; reg == ABI_REG_COUNT && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].coproc == coproc)
			(void)snprintf(text, ABI_NAME_TEXT, "%s %u", kinds[i].name, low);
	return text;
}

const char *abi_since_text(enum abi_reg reg, char text[ABI_NAME_TEXT])
{
	const struct abi_since *s = abi_reg_since(reg);
	char name[ABI_KERNEL_TEXT], may[ABI_KERNEL_TEXT];

	if (s->basis == ABI_BASIS_NONE)
		text[0] = '\0';
	else if (s->may == s->since)
		(void)snprintf(text, ABI_NAME_TEXT, "%s", abi_kernel_name(s->since, name));
	else
		(void)snprintf(text, ABI_NAME_TEXT, "%s (some from %s on)", abi_kernel_name(s->since, name),
			       abi_kernel_name(s->may, may));
	return text;
}

static uint64_t mask_of(const struct abi_host *h, enum abi_reg reg)
{
	uint64_t masks[UAPI_MASK_SLOTS];
	unsigned slot = abi_mask_slot(reg);

	abi_masks_of(h, masks);
	return slot < UAPI_MASK_SLOTS ? masks[slot] : 0;
}

static void list_row(struct rep_table *t, const struct abi_vcpu *v, enum abi_reg reg)
{
	const struct abi_reg_row *row = abi_reg_row(reg);
	bool rules = v->vm->host.kernel >= ABI_KERNEL_DEFAULT;
	const char *help = abi_rule_help((enum abi_rule)row->rule);
	char text[ABI_NAME_TEXT];

	rep_u64(t, row->id);
	rep_str(t, abi_reg_name_in(reg, v->vm->host.kernel));
	rep_u64(t, UAPI_REG_BYTES(row->id));
	rep_str(t, abi_class_name((enum abi_class)row->class));
	rep_str(t, abi_scope_name((enum uapi_scope)row->scope));
	if (rules && abi_mask_slot(reg) < UAPI_MASK_SLOTS)
		rep_u64(t, mask_of(&v->vm->host, reg));
	else
		rep_none(t);
	rep_str(t, abi_guard_help((enum abi_guard)row->guard));
	(void)abi_kernel_mask(v->vm->host.kernel, reg, &help);
	if (rules)
		rep_str(t, help);
	else
		rep_none(t);
	rep_str(t, abi_since_text(reg, text));
	rep_str(t, abi_basis_name((enum abi_basis)abi_reg_since(reg)->basis));
}

static void list_notes(struct rep *r, const struct abi_vcpu *v, uint16_t asked)
{
	char name[ABI_KERNEL_TEXT], last[ABI_KERNEL_TEXT];

	if (asked > ABI_KERNEL_LAST)
		rep_note(r, "Linux %s is newer than the lists that are known: taken as %s", abi_kernel_name(asked, name),
			 abi_kernel_name(ABI_KERNEL_LAST, last));
	if (asked < ABI_KERNEL_DEFAULT)
		rep_note(r, "what may be written is known since Linux 6.12; class and scope are 6.12's");
	else if (asked > ABI_KERNEL_DEFAULT)
		rep_note(r, "what may be written: 6.12's rules, and what is known to be added up to 6.16; later kernels may have opened more "
			 "fields, so masks are lower bounds; class and scope are 6.12's");
	if (v->vm->host.hide_absent && abi_kernel_asks(v->vm->host.kernel, ABI_GUARD_TCR2) == ABI_ASKS_MAY)
		rep_note(r, "Linux %s lists TCR2_EL1, PIR_EL1 and PIRE0_EL1 on every host: abi.hide_absent=no",
			 abi_kernel_name(asked, name));
}

int abi_report_list(const struct config *c, struct rep *r, struct err *e)
{
	static const struct rep_col cols[] = {
		{ "id", "", REP_HEX, "", 0, false },       { "name", "", REP_STR, "", 0, false },
		{ "size", "", REP_U64, "bytes", 0, false }, { "class", "", REP_STR, "", 0, false },
		{ "scope", "", REP_STR, "", 0, false },    { "writable", "writable mask", REP_HEX, "", 0, false },
		{ "needs", "", REP_STR, "", 0, false },    { "rule", "what may be written", REP_STR, "", 0, false },
		{ "since", "", REP_STR, "", 0, false },    { "basis", "", REP_STR, "", 0, false },
	};
	struct abi_vcpu *v = make_vcpu(&c->abi, e);
	struct rep_table *t;
	uint64_t n[3] = { 0 };
	char name[ABI_KERNEL_TEXT];

	if (v == NULL)
		return -1;
	rep_fact(r, "kernel_version", "kernel", "%s", abi_kernel_name(v->vm->host.kernel, name));
	rep_fact(r, "host", "", "%s", abi_host_names[c->abi.host]);
	rep_fact(r, "features", "", "%s", abi_set_names[c->abi.set]);
	t = rep_table(r, "registers", "KVM_GET_REG_LIST, in its order", cols, sizeof(cols) / sizeof(cols[0]));
	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		enum abi_reg reg = (enum abi_reg)v->vm->order[i];

		if (!abi_visible(v, reg))
			continue;
		n[abi_reg_row(reg)->scope]++;
		list_row(t, v, reg);
	}
	rep_verdict(r, "%llu registers: %llu of the vCPU, %llu of the VM, %llu of the host",
		    (unsigned long long)(n[0] + n[1] + n[2]), (unsigned long long)n[0], (unsigned long long)n[1],
		    (unsigned long long)n[2]);
	list_notes(r, v, v->vm->host.kernel);
	abi_vm_free(v->vm);
	return 0;
}

/* --- two lists ---------------------------------------------------------------------------------------- */

static bool value_of(const struct abi_vcpu *v, enum abi_reg reg, uint64_t *value)
{
	unsigned class = abi_reg_row(reg)->class;

	if (class == ABI_CLASS_invariant)
		*value = v->vm->host.id[reg];
	else if (class == ABI_CLASS_id)
		*value = v->vm->id[reg];
	else
		return false;
	return true;
}

size_t abi_diff_table(struct rep *r, const char *key, const char *title, const struct abi_vcpu *a, const char *a_name,
		      const struct abi_vcpu *b, const char *b_name)
{
	const struct rep_col cols[] = {
		{ "id", "", REP_HEX, "", 0, false },  { "name", "", REP_STR, "", 0, false },
		{ "where", "", REP_STR, "", 0, false }, { "first", a_name, REP_HEX, "", 0, false },
		{ "second", b_name, REP_HEX, "", 0, false }, { "since", "", REP_STR, "", 0, false },
		{ "needs", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, key, title, cols, sizeof(cols) / sizeof(cols[0]));
	char text[ABI_NAME_TEXT];
	uint16_t newer = a->vm->host.kernel > b->vm->host.kernel ? a->vm->host.kernel : b->vm->host.kernel;

	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		enum abi_reg reg = (enum abi_reg)i;
		bool in_a = abi_visible(a, reg), in_b = abi_visible(b, reg);
		uint64_t va = 0, vb = 0;
		bool values = in_a && in_b && value_of(a, reg, &va) && value_of(b, reg, &vb) && va != vb;

		if (in_a == in_b && !values)
			continue;
		rep_u64(t, abi_reg_row(reg)->id);
		rep_str(t, abi_reg_name_in(reg, newer));
		rep_str(t, values ? "value" : in_a ? a_name : b_name);
		if (values) {
			rep_u64(t, va);
			rep_u64(t, vb);
		} else {
			rep_none(t);
			rep_none(t);
		}
		rep_str(t, abi_since_text(reg, text));
		rep_str(t, abi_guard_help((enum abi_guard)abi_reg_row(reg)->guard));
	}
	return rep_rows(t);
}

/* One word of --diff: a kernel or a host. */
static int other_word(const char *word, struct abi_options *o, struct err *e)
{
	char otherwise[120];
	uint16_t kernel;

	if (abi_kernel_parse(word, &kernel)) {
		o->kernel = word;
		return 0;
	}
	for (int i = 0; i < ABI_HOST_COUNT; i++)
		if (strcmp(word, abi_host_names[i]) == 0) {
			o->host = i;
			return 0;
		}
	(void)snprintf(otherwise, sizeof(otherwise), "want a kernel such as 6.18, a host such as %s, or both with a comma between",
		       abi_host_names[0]);
	return err_unknown(e, ERR_USAGE, word, abi_host_names, ABI_HOST_COUNT, otherwise, "--diff \"%s\"", word);
}

static void list_name(const struct abi_options *o, const struct abi_options *other, const struct abi_vcpu *v, char *text)
{
	char kernel[ABI_KERNEL_TEXT];
	bool kernels = strcmp(o->kernel, other->kernel) != 0, hosts = o->host != other->host;

	(void)snprintf(text, ABI_NAME_TEXT, "%s%s%s", kernels || !hosts ? abi_kernel_name(v->vm->host.kernel, kernel) : "",
		       kernels && hosts ? " " : "", hosts ? abi_host_names[o->host] : "");
}

static size_t count(const struct abi_vcpu *v)
{
	size_t n = 0;

	for (unsigned i = 0; i < ABI_REG_COUNT; i++)
		n += abi_visible(v, (enum abi_reg)i);
	return n;
}

int abi_report_list_diff(const struct config *c, const char *other, struct rep *r, struct err *e)
{
	struct abi_options o = c->abi;
	char *copy = xstrdup(other), *list = copy, *word, name[2][ABI_NAME_TEXT];
	struct abi_vcpu *v[2] = { NULL, NULL };
	int rc = 0;
	size_t rows;

	while (rc == 0 && (word = str_word(&list, ", ")) != NULL)
		rc = other_word(word, &o, e);
	if (rc == 0 && (v[0] = make_vcpu(&c->abi, e)) != NULL && (v[1] = make_vcpu(&o, e)) != NULL) {
		list_name(&c->abi, &o, v[0], name[0]);
		list_name(&o, &c->abi, v[1], name[1]);
		rep_fact(r, "features", "", "%s", abi_set_names[c->abi.set]);
		rows = abi_diff_table(r, "lists", "Registers that one of the two does not list, ID registers that differ", v[0],
				      name[0], v[1], name[1]);
		rep_verdict(r, "%s lists %zu registers, %s %zu; %zu differ in list or value", name[0], count(v[0]), name[1],
			    count(v[1]), rows);
		if (v[0]->vm->host.bare != v[1]->vm->host.bare || v[0]->vm->host.bare)
			rep_note(r, "hosts recorded without PMU, SVE and pointer authentication: fields that need them are not known");
	} else {
		rc = -1;
	}
	for (unsigned i = 0; i < 2; i++)
		if (v[i] != NULL)
			abi_vm_free(v[i]->vm);
	free(copy);
	return rc;
}
