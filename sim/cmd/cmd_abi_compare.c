/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim abi --compare: the register list of a vCPU, and what its ID registers hold, against a dump of a real one. */
#include <stdio.h>
#include <string.h>

#include "sim/app/abi_dump.h"
#include "sim/cmd/cmd_abi.h"

/* What is compared: the dump, and a vCPU of the kernel, host and features that were asked for or are the dump's. */
struct compare {
	struct abi_dump dump;
	struct abi_host host;
	const char *host_name;
	uint32_t features;
	bool mte;
	uint16_t asked; /* the configuration's kernel */
	bool asked_set; /* by the user */
	bool values;    /* the dump is of the host's CPU: its ID registers are compared */
	bool known;     /* the dump says of which CPU it is */
	bool caches;    /* and which caches that has */
	struct abi_vcpu *v;
	size_t both, missing, only, differing; /* registers in both, in the simulation alone, in the dump alone; values */
	size_t accepted; /* that may be in one alone */
};

static bool is_set(const struct config *c, const char *key)
{
	struct opt_view v;

	return c->set != NULL && opt_find(c->set, "abi", key, &v) && !v.is_default;
}

static bool dumped(const struct compare *k, enum abi_reg reg)
{
	return abi_dump_find(&k->dump, abi_reg_row(reg)->id) != NULL;
}

/* --- kernel, host, features --------------------------------------------------------------------------- */

static bool is_cpus(enum abi_reg reg)
{
	unsigned class = abi_reg_row(reg)->class;

	return class == ABI_CLASS_id || class == ABI_CLASS_invariant || reg == ABI_R_CLIDR_EL1;
}

/* The CPU that the dump shows, in place of the model's. */
static void host_of_dump(struct compare *k)
{
	k->host_name = "of the dump";
	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		const struct abi_dump_reg *r = abi_dump_find(&k->dump, abi_reg_row((enum abi_reg)i)->id);

		if (r == NULL || !r->known || !is_cpus((enum abi_reg)i) || (i == ABI_R_CLIDR_EL1 && r->value == 0))
			continue;
		k->host.id[i] = r->value;
		k->caches = k->caches || i == ABI_R_CLIDR_EL1;
	}
	if ((k->host.id[ABI_R_ID_AA64PFR0_EL1] >> 32 & 15) != 0 && k->host.vqs == 0)
		k->host.vqs = 1;
}

static int choose_host(struct compare *k, const struct config *c, struct err *e)
{
	const struct abi_dump_reg *midr = abi_dump_find(&k->dump, abi_reg_row(ABI_R_MIDR_EL1)->id);
	struct abi_options o = c->abi;
	bool known = midr != NULL && midr->known && midr->value != 0, fixed = is_set(c, "host");
	enum abi_host_kind kind = known ? abi_host_by_midr(midr->value) : ABI_HOST_COUNT;

	if (!fixed && kind != ABI_HOST_COUNT)
		o.host = (int)kind;
	if (abi_options_host(&o, &k->host, e) != 0)
		return -1;
	k->asked = k->host.kernel;
	k->asked_set = is_set(c, "kernel");
	if (!k->asked_set && k->dump.version >= ABI_KERNEL_FIRST)
		k->host.kernel = k->dump.version;
	k->host_name = abi_host_names[o.host];
	k->values = known && midr->value == k->host.id[ABI_R_MIDR_EL1];
	k->known = known;
	k->caches = k->values;
	if (known && !k->values)
		host_of_dump(k);
	return 0;
}

static bool any_dumped(const struct compare *k, enum abi_guard guard)
{
	for (unsigned i = 0; i < ABI_REG_COUNT; i++)
		if (abi_reg_row((enum abi_reg)i)->guard == guard && dumped(k, (enum abi_reg)i))
			return true;
	return false;
}

/* Features that the dump's registers show and the host has. */
static void choose_features(struct compare *k, const struct config *c)
{
	static const struct {
		enum abi_guard guard;
		enum abi_has has;
		uint32_t bits;
	} row[] = {
		{ ABI_GUARD_PMU, ABI_HAS_PMU, UAPI_FEATURE(PMU_V3) },
		{ ABI_GUARD_SVE, ABI_HAS_SVE, UAPI_FEATURE(SVE) },
		{ ABI_GUARD_PAUTH, ABI_HAS_PTRAUTH, UAPI_FEATURE(PTRAUTH_ADDRESS) | UAPI_FEATURE(PTRAUTH_GENERIC) },
	};

	k->features = abi_set_features((enum abi_set)c->abi.set);
	k->mte = any_dumped(k, ABI_GUARD_MTE) && abi_host_has(&k->host, ABI_HAS_MTE);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]) && !is_set(c, "features"); i++)
		if (abi_kernel_asks(k->host.kernel, row[i].guard) == ABI_ASKS_YES && any_dumped(k, row[i].guard) &&
		    abi_host_has(&k->host, row[i].has))
			k->features |= row[i].bits;
}

static void feature_names(const struct compare *k, char *text, size_t n)
{
	(void)snprintf(text, n, "default%s%s%s%s", (k->features & UAPI_FEATURE(PMU_V3)) != 0 ? "+pmu" : "",
		       (k->features & UAPI_FEATURE(SVE)) != 0 ? "+sve" : "",
		       (k->features & UAPI_FEATURE(PTRAUTH_ADDRESS)) != 0 ? "+ptrauth" : "", k->mte ? "+mte" : "");
}

/* --- tables ------------------------------------------------------------------------------------------- */

static void head(struct rep_table *t, const struct compare *k, uint64_t id, const char *where)
{
	char text[ABI_NAME_TEXT];
	uint16_t kernel = k->dump.version > k->host.kernel ? k->dump.version : k->host.kernel;

	rep_u64(t, id);
	rep_str(t, abi_id_text(id, kernel, text));
	rep_u64(t, UAPI_REG_BYTES(id));
	rep_str(t, where);
}

static void difference(struct rep_table *t, const struct compare *k, uint64_t id, const char *where)
{
	enum abi_reg reg = abi_reg_by_id(id);
	char text[ABI_NAME_TEXT];

	head(t, k, id, where);
	rep_none(t);
	rep_none(t);
	rep_str(t, reg != ABI_REG_COUNT ? abi_since_text(reg, text) : "no kernel that is known");
}

static void accepted(struct rep_table *t, const struct compare *k, uint64_t id, const char *where, const char *why)
{
	head(t, k, id, where);
	rep_str(t, why);
}

/* Bits of an ID register that the model knows of this CPU, kernel and vCPU. */
static uint64_t known_bits(const struct compare *k, enum abi_reg reg)
{
	uint64_t bits = ~abi_kernel_unsure(k->host.kernel, reg);

	for (unsigned g = 0; k->host.bare && g < ABI_GUARD_COUNT; g++)
		bits &= ~abi_kernel_needs(k->host.kernel, reg, (enum abi_guard)g);
	return bits;
}

static void compare_value(struct compare *k, struct rep_table *t, enum abi_reg reg)
{
	const struct abi_dump_reg *d = abi_dump_find(&k->dump, abi_reg_row(reg)->id);
	bool id = abi_reg_row(reg)->class == ABI_CLASS_id;
	uint64_t value = id ? k->v->vm->id[reg] : k->host.id[reg];

	if (!k->values || d == NULL || !d->known || (!id && abi_reg_row(reg)->class != ABI_CLASS_invariant))
		return;
	if (((d->value ^ value) & known_bits(k, reg)) == 0)
		return;
	k->differing++;
	head(t, k, d->id, "value");
	rep_u64(t, value);
	rep_u64(t, d->value);
	rep_str(t, "");
}

/* Why a register may be in one of the two alone; NULL if it may not. */
static const char *excuse(const struct compare *k, enum abi_reg reg, enum abi_listed listed, bool in_dump)
{
	if (listed == ABI_LISTED_MAY)
		return "kernels of this version differ";
	if (!k->caches && abi_reg_row(reg)->guard == ABI_GUARD_CACHE &&
	    abi_kernel_asks(k->host.kernel, ABI_GUARD_CACHE) == ABI_ASKS_YES && in_dump != (listed == ABI_LISTED_YES))
		return "by the CPU's caches, of which the dump does not tell";
	if (listed == ABI_LISTED_YES && !in_dump && k->dump.tool && abi_left_out(abi_reg_row(reg)->id))
		return "cpu-template-helper leaves it out";
	return NULL;
}

static void compare_lists(struct compare *k, struct rep_table *diff, struct rep_table *acc)
{
	for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
		enum abi_reg reg = (enum abi_reg)k->v->vm->order[i];
		enum abi_listed listed = abi_listed(k->v, reg);
		uint64_t id = abi_reg_row(reg)->id;
		bool in_dump = dumped(k, reg), in_model = listed == ABI_LISTED_YES || (listed == ABI_LISTED_MAY && in_dump);
		const char *why = excuse(k, reg, listed, in_dump);
		const char *where = in_dump && in_model ? "both" : in_dump ? "dump" : "simulation";

		if (!in_dump && !in_model && why == NULL)
			continue;
		k->both += in_dump && in_model;
		if (why != NULL) {
			k->accepted += in_dump != in_model;
			accepted(acc, k, id, in_dump || in_model ? where : "neither", why);
		} else if (in_dump != in_model) {
			k->missing += in_model;
			k->only += in_dump;
			difference(diff, k, id, where);
		}
		if (in_dump && in_model)
			compare_value(k, diff, reg);
	}
	for (size_t i = 0; i < k->dump.n; i++) {
		if (abi_reg_by_id(k->dump.reg[i].id) != ABI_REG_COUNT)
			continue;
		k->only++;
		difference(diff, k, k->dump.reg[i].id, "dump");
	}
}

/* What the kernel of the comparison lists otherwise than the one that the configuration says. */
static void kernel_table(struct compare *k, struct rep *r)
{
	struct err unable = { 0 };
	struct abi_host other = k->host;
	struct abi_vcpu *v;
	char name[2][ABI_KERNEL_TEXT], text[2][ABI_NAME_TEXT], title[80];

	other.kernel = k->asked_set ? k->dump.version : k->asked;
	if (k->dump.version == 0 || k->dump.version == k->asked || other.kernel < ABI_KERNEL_FIRST)
		return;
	v = abi_vcpu_of(&other, k->host_name, k->features, "of the dump", k->mte, &unable);
	if (v == NULL) /* a kernel without those features: nothing to set beside */
		return;
	(void)snprintf(text[0], sizeof(text[0]), "%s", abi_kernel_name(k->host.kernel, name[0]));
	(void)snprintf(text[1], sizeof(text[1]), "%s", abi_kernel_name(other.kernel, name[1]));
	(void)snprintf(title, sizeof(title), "What Linux %s and %s list or show differently", text[0], text[1]);
	(void)abi_diff_table(r, "kernels", title, k->v, text[0], v, text[1]);
	abi_vm_free(v->vm);
}

/* --- the report --------------------------------------------------------------------------------------- */

static void facts(const struct compare *k, struct rep *r, const char *path)
{
	char names[64], kernel[ABI_KERNEL_TEXT];

	feature_names(k, names, sizeof(names));
	rep_fact(r, "dump", "", "%s", path);
	if (k->dump.kernel[0] != '\0')
		rep_fact(r, "dump_kernel", "kernel of the dump", "%s", k->dump.kernel);
	rep_fact(r, "kernel", "compared as Linux", "%s", abi_kernel_name(k->host.kernel, kernel));
	rep_fact(r, "host", "", "%s", k->host_name);
	rep_fact(r, "features", "", "%s", names);
}

static void verdict(const struct compare *k, struct rep *r, bool same)
{
	char dump[ABI_KERNEL_TEXT], model[ABI_KERNEL_TEXT], as[ABI_KERNEL_TEXT], more[80] = "";

	if (k->accepted != 0)
		(void)snprintf(more, sizeof(more), "; %zu more that a faithful dump may lack or have", k->accepted);
	(same ? rep_verdict : rep_alarm)(r, "%s: %zu registers in both, %zu in the simulation alone, %zu in the dump alone, %zu values differ%s",
		    same ? "The same" : "Different", k->both, k->missing, k->only, k->differing, more);
	if (k->dump.version == 0 && k->dump.kernel[0] != '\0')
		rep_note(r, "kernel_version \"%s\" is no version of Linux: compared as Linux %s (--kernel)", k->dump.kernel,
			 abi_kernel_name(k->host.kernel, as));
	else if (k->dump.version == 0)
		rep_note(r, "the dump does not say of which kernel it is: compared as Linux %s (--kernel)",
			 abi_kernel_name(k->host.kernel, as));
	else if (k->dump.version != k->asked)
		rep_verdict(r, "the dump is of %s, the model of %s: compared as Linux %s", abi_kernel_name(k->dump.version, dump),
			    abi_kernel_name(k->asked, model), abi_kernel_name(k->host.kernel, as));
	if (k->host.kernel > ABI_KERNEL_LAST)
		rep_note(r, "Linux %s is newer than the lists that are known: taken as %s", abi_kernel_name(k->host.kernel, as),
			 abi_kernel_name(ABI_KERNEL_LAST, model));
}

static void notes(const struct compare *k, struct rep *r)
{
	const struct abi_dump_reg *midr = abi_dump_find(&k->dump, abi_reg_row(ABI_R_MIDR_EL1)->id);
	const struct abi_dump_reg *psci = abi_dump_find(&k->dump, abi_reg_row(ABI_R_PSCI_VERSION)->id);
	uint64_t version = abi_kernel_reset(k->host.kernel, ABI_R_PSCI_VERSION);

	if (k->values)
		rep_note(r, "values of ID registers are compared, they are the CPU's; other values are the VM's");
	else if (k->known)
		rep_note(r, "the dump is of another CPU (MIDR_EL1 %#llx) than the model has values of: ids are compared, values are not",
			 (unsigned long long)midr->value);
	else
		rep_note(r, "the dump has no MIDR_EL1, or 0 in it: ids are compared, values are not");
	if (k->host.bare && (k->features & ~UAPI_FEATURE(PSCI_0_2)) != 0)
		rep_note(r, "the host was recorded without PMU, SVE and pointer authentication: fields that need them are not compared");
	if (k->known && psci != NULL && psci->known && psci->value != version)
		rep_note(r, "PSCI_VERSION is %#llx in the dump, %#llx in this kernel until a VMM sets it: not counted",
			 (unsigned long long)psci->value, (unsigned long long)version);
}

static void report(struct compare *k, struct rep *r, const char *path, bool *same)
{
	static const struct rep_col cols[] = {
		{ "id", "", REP_HEX, "", 0, false },          { "name", "", REP_STR, "", 0, false },
		{ "size", "", REP_U64, "bytes", 0, false },   { "where", "", REP_STR, "", 0, false },
		{ "simulation", "", REP_HEX, "", 0, false },  { "dump", "", REP_HEX, "", 0, false },
		{ "since", "listed since", REP_STR, "", 0, false },
	};
	static const struct rep_col acc_cols[] = {
		{ "id", "", REP_HEX, "", 0, false },        { "name", "", REP_STR, "", 0, false },
		{ "size", "", REP_U64, "bytes", 0, false }, { "where", "", REP_STR, "", 0, false },
		{ "why", "", REP_STR, "", 0, false },
	};
	struct rep_table *diff, *acc;

	facts(k, r, path);
	diff = rep_table(r, "differences", "Registers that one of the two does not have, values that differ", cols,
			 sizeof(cols) / sizeof(cols[0]));
	acc = rep_table(r, "accepted", "Registers that a faithful dump may lack or have", acc_cols,
			sizeof(acc_cols) / sizeof(acc_cols[0]));
	compare_lists(k, diff, acc);
	*same = rep_rows(diff) == 0;
	verdict(k, r, *same);
	notes(k, r);
	kernel_table(k, r);
}

static int check_kernel(const struct compare *k, const char *path, struct err *e)
{
	char first[ABI_KERNEL_TEXT];

	if (k->dump.version == 0 || k->dump.version >= ABI_KERNEL_FIRST || k->asked_set)
		return 0;
	return err_set(e, ERR_INPUT, "%s: kernel_version \"%s\": the lists of kernels before %s are not known; want --kernel to "
		       "compare with another", path, k->dump.kernel, abi_kernel_name(ABI_KERNEL_FIRST, first));
}

int abi_report_compare(const struct config *c, const char *dump, struct rep *r, bool *same, struct err *e)
{
	struct compare k = { 0 };
	const char *set = abi_set_names[c->abi.set];
	int rc;

	if (abi_dump_load(&k.dump, dump, e) != 0)
		return -1;
	rc = choose_host(&k, c, e);
	if (rc == 0)
		rc = check_kernel(&k, dump, e);
	if (rc == 0) {
		choose_features(&k, c);
		k.v = abi_vcpu_of(&k.host, k.host_name, k.features, set, k.mte, e);
		rc = k.v != NULL ? 0 : -1;
	}
	if (rc == 0) {
		report(&k, r, dump, same);
		abi_vm_free(k.v->vm);
	}
	abi_dump_free(&k.dump);
	return rc;
}
