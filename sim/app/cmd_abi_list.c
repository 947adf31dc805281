/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim abi --list and --compare: the register list of a vCPU, and against a dump of a real one. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "models/hyp/abi/abi_mask.h"
#include "sim/app/cmd_abi.h"
#include "sim/base/str.h"

static long vcpu_call(struct abi_vcpu *v, enum uapi_ioctl i, void *arg)
{
	return abi_vcpu_ioctl(v, abi_ioctl_number(i), (uint64_t)(uintptr_t)arg);
}

/* A vCPU with the features of the options, ready to be listed; its VM is to be freed. */
static struct abi_vcpu *make_vcpu(const struct abi_options *o, struct err *e)
{
	struct uapi_vcpu_init init = { .target = UAPI_TARGET_GENERIC_V8,
				       .features = { abi_set_features((enum abi_set)o->set) } };
	int32_t what = UAPI_VCPU_SVE;
	struct abi_host h;
	struct abi_vm *vm;
	long rc;

	abi_options_host(o, &h);
	vm = abi_vm_new(&h, NULL);
	rc = abi_vm_ioctl(vm, abi_ioctl_number(UAPI_IOCTL_CREATE_VCPU), 0);
	BUG_ON(rc != 0);
	rc = vcpu_call(vm->vcpu[0], UAPI_IOCTL_VCPU_INIT, &init);
	if (rc == 0 && vm->vcpu[0]->has_sve)
		rc = vcpu_call(vm->vcpu[0], UAPI_IOCTL_VCPU_FINALIZE, &what);
	if (rc == 0)
		return vm->vcpu[0];
	abi_vm_free(vm);
	(void)err_set(e, ERR_MODEL, "abi.features = %s: the host %s does not have them; want abi.host = %s, or "
		      "fewer features", abi_set_names[o->set], abi_host_names[o->host], abi_host_names[ABI_HOST_MAX]);
	return NULL;
}

static uint64_t mask_of(const struct abi_host *h, enum abi_reg reg)
{
	uint64_t masks[UAPI_MASK_SLOTS];
	unsigned slot = abi_mask_slot(reg);

	abi_masks_of(h, masks);
	return slot < UAPI_MASK_SLOTS ? masks[slot] : 0;
}

int abi_report_list(const struct config *c, struct rep *r, struct err *e)
{
	static const struct rep_col cols[] = {
		{ "id", "", REP_HEX, "", 0, false },       { "name", "", REP_STR, "", 0, false },
		{ "size", "", REP_U64, "bytes", 0, false }, { "class", "", REP_STR, "", 0, false },
		{ "scope", "", REP_STR, "", 0, false },    { "writable", "writable mask", REP_HEX, "", 0, false },
		{ "needs", "", REP_STR, "", 0, false },    { "rule", "what may be written", REP_STR, "", 0, false },
	};
	struct abi_vcpu *v = make_vcpu(&c->abi, e);
	struct rep_table *t;
	uint64_t n[3] = { 0 };

	if (v == NULL)
		return -1;
	rep_fact(r, "host", "", "%s", abi_host_names[c->abi.host]);
	rep_fact(r, "features", "", "%s", abi_set_names[c->abi.set]);
	t = rep_table(r, "registers", "KVM_GET_REG_LIST, in its order", cols, 8);
	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		const struct abi_reg_row *row = abi_reg_row((enum abi_reg)i);

		if (!abi_visible(v, (enum abi_reg)i))
			continue;
		n[row->scope]++;
		rep_u64(t, row->id);
		rep_str(t, row->name);
		rep_u64(t, UAPI_REG_BYTES(row->id));
		rep_str(t, abi_class_name((enum abi_class)row->class));
		rep_str(t, abi_scope_name((enum uapi_scope)row->scope));
		if (abi_mask_slot((enum abi_reg)i) < UAPI_MASK_SLOTS)
			rep_u64(t, mask_of(&v->vm->host, (enum abi_reg)i));
		else
			rep_none(t);
		rep_str(t, abi_guard_help((enum abi_guard)row->guard));
		rep_str(t, abi_rule_help((enum abi_rule)row->rule));
	}
	rep_verdict(r, "%llu registers: %llu of the vCPU, %llu of the VM, %llu of the host",
		    (unsigned long long)(n[0] + n[1] + n[2]), (unsigned long long)n[0], (unsigned long long)n[1],
		    (unsigned long long)n[2]);
	if (c->abi.hide_absent)
		rep_note(r, "Linux 6.12 lists TCR2_EL1, PIR_EL1 and PIRE0_EL1 on every host: abi.hide_absent=no");
	abi_vm_free(v->vm);
	return 0;
}

#define IDS_MAX 4096

struct ids {
	uint64_t id[IDS_MAX];
	size_t n;
	bool full;
};

/* A number as cpu-template-helper writes it: 0x hexadecimal or 0b binary. */
static bool parse_id(const char *s, uint64_t *id)
{
	if (strncmp(s, "0b", 2) != 0)
		return strncmp(s, "0x", 2) == 0 && str_u64(s, id);
	*id = 0;
	for (s += 2; *s == '0' || *s == '1'; s++)
		*id = *id << 1 | (uint64_t)(*s - '0');
	return *s == '\0';
}

/* Every "addr" or "id" of the document: templates, fingerprints and our own lists alike. */
static void collect(const json_t *j, unsigned depth, struct ids *ids)
{
	const char *key;
	json_t *value;
	size_t i;
	uint64_t id;

	if (depth > 16)
		return;
	if (json_is_array(j)) {
		json_array_foreach(j, i, value)
			collect(value, depth + 1, ids);
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)j, key, value) {
		if ((strcmp(key, "addr") == 0 || strcmp(key, "id") == 0) && json_is_string(value) &&
		    parse_id(json_string_value(value), &id)) {
			ids->full = ids->n == IDS_MAX;
			if (!ids->full)
				ids->id[ids->n++] = id;
		} else {
			collect(value, depth + 1, ids);
		}
	}
}

static int load_dump(const char *path, struct ids *ids, struct err *e)
{
	json_error_t je;
	json_t *root = json_load_file(path, 0, &je);

	ids->n = 0;
	ids->full = false;
	if (root == NULL)
		return err_set(e, ERR_INPUT, "%s:%d: %s: want the JSON that cpu-template-helper dumps", path,
			       je.line > 0 ? je.line : 0, je.text);
	collect(root, 0, ids);
	json_decref(root);
	if (ids->full)
		return err_set(e, ERR_INPUT, "%s: more than %d registers: want the dump of one vCPU", path, IDS_MAX);
	if (ids->n == 0)
		return err_set(e, ERR_INPUT, "%s: no register in it: want objects with \"addr\" (or \"id\") as 0x... strings, as "
			       "in reg_modifiers", path);
	return 0;
}

static bool has(const struct ids *ids, uint64_t id)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->id[i] == id)
			return true;
	return false;
}

static void difference(struct rep_table *t, uint64_t id, const char *where)
{
	enum abi_reg reg = abi_reg_by_id(id);

	rep_u64(t, id);
	rep_str(t, reg != ABI_REG_COUNT ? abi_reg_row(reg)->name : "");
	rep_u64(t, UAPI_REG_BYTES(id));
	rep_str(t, where);
}

int abi_report_compare(const struct config *c, const char *dump, struct rep *r, bool *same, struct err *e)
{
	static const struct rep_col cols[] = {
		{ "id", "", REP_HEX, "", 0, false },
		{ "name", "", REP_STR, "", 0, false },
		{ "size", "", REP_U64, "bytes", 0, false },
		{ "where", "", REP_STR, "", 0, false },
	};
	struct ids *ids = xcalloc(1, sizeof(*ids));
	struct abi_vcpu *v = make_vcpu(&c->abi, e);
	struct rep_table *t;
	uint64_t both = 0, model = 0, only = 0;

	if (v == NULL || load_dump(dump, ids, e) != 0) {
		if (v != NULL)
			abi_vm_free(v->vm);
		free(ids);
		return -1;
	}
	rep_fact(r, "dump", "", "%s", dump);
	rep_fact(r, "host", "", "%s", abi_host_names[c->abi.host]);
	rep_fact(r, "features", "", "%s", abi_set_names[c->abi.set]);
	t = rep_table(r, "differences", "Registers that one of the two does not have", cols, 4);
	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		uint64_t id = abi_reg_row((enum abi_reg)i)->id;

		if (!abi_visible(v, (enum abi_reg)i))
			continue;
		model++;
		both += has(ids, id);
		if (!has(ids, id))
			difference(t, id, "simulation");
	}
	for (size_t i = 0; i < ids->n; i++) {
		enum abi_reg reg = abi_reg_by_id(ids->id[i]);

		if (reg != ABI_REG_COUNT && abi_visible(v, reg))
			continue;
		only++;
		difference(t, ids->id[i], "dump");
	}
	*same = both == model && only == 0;
	rep_verdict(r, "%llu registers in both, %llu in the simulation alone, %llu in the dump alone",
		    (unsigned long long)both, (unsigned long long)(model - both), (unsigned long long)only);
	rep_note(r, "ids are compared, and with them sizes, which are part of an id; values are not: a dump has those "
		 "of its host");
	abi_vm_free(v->vm);
	free(ids);
	return 0;
}
