/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists and ID registers of several kernels and hosts: the rows of abi_kernels.def, the lists that the kernel's selftest
 * blesses, and dumps as Firecracker publishes them (tests/data/abi), compared by the command.
 */
#include "models/hyp/abi/abi_mask.h"
#include "tests/abi_util.h"
#include "tests/command.h"

#define LISTS EL2SIM_SOURCE_DIR "/tests/data/abi/"
#define CELLS 12
#define ROWS  400

struct csv {
	char name[CELLS][24]; /* of the columns */
	char cell[ROWS][CELLS][24];
	size_t n, cols;
};

static size_t split(char *line, char cell[CELLS][24])
{
	size_t n = 0;

	line[strcspn(line, "\n")] = '\0';
	for (char *rest = line, *w; (w = str_item(&rest, ",")) != NULL && n < CELLS; n++)
		(void)snprintf(cell[n], 24, "%s", w);
	return n;
}

static struct csv *load_csv(const char *name)
{
	struct csv *c = xcalloc(1, sizeof(*c));
	char path[512], line[400];
	FILE *f;

	(void)snprintf(path, sizeof(path), LISTS "%s", name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f)); /* a comment */
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	c->cols = split(line, c->name);
	while (fgets(line, sizeof(line), f) != NULL) {
		ck_assert_uint_lt(c->n, ROWS);
		ck_assert_uint_eq(split(line, c->cell[c->n++]), c->cols);
	}
	(void)fclose(f);
	return c;
}

static uint64_t number(const char *text)
{
	uint64_t v = 0;

	ck_assert_msg(str_u64(text, &v), "%s", text);
	return v;
}

static uint16_t kernel_of(const char *text)
{
	uint16_t k = 0;

	ck_assert_msg(abi_kernel_parse(text, &k), "%s", text);
	return k;
}

static struct abi_vcpu *vcpu_of(enum abi_host_kind kind, uint16_t kernel, uint32_t features)
{
	struct abi_host h;
	struct abi_vcpu *v;

	abi_host_init(&h, kind);
	h.kernel = kernel;
	v = new_vcpu(abi_vm_new(&h, NULL));
	ck_assert_int_eq(init_vcpu(v, features), 0);
	if ((features & F_SVE) != 0)
		ck_assert_int_eq(finalize_vcpu(v), 0);
	return v;
}

/* --- the tables --------------------------------------------------------------------------------------- */

START_TEST(a_kernel_is_the_version_a_text_begins_with)
{
	static const struct {
		const char *text;
		uint16_t kernel; /* 0: none */
	} row[] = { { "6.12", 612 },     { "5.10.255-253.1008.amzn2.aarch64", 510 },
		    { "6.18.0-own", 618 }, { "7.1-rc3", 701 }, { "", 0 }, { "six", 0 }, { "6", 0 }, { "6.", 0 }, { ".12", 0 },
		    { "0.12", 0 }, { "6.123", 0 }, { "-6.1", 0 }, { " 6.1", 0 } };
	char name[ABI_KERNEL_TEXT];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint16_t k = 0;

		ck_assert_msg(abi_kernel_parse(row[i].text, &k) == (row[i].kernel != 0) && k == row[i].kernel, "%s", row[i].text);
	}
	ck_assert_str_eq(abi_kernel_name(ABI_KERNEL(5, 4), name), "5.4");
}
END_TEST

static void set_kernel(struct abi_vcpu *v, uint16_t kernel)
{
	v->vm->host.kernel = kernel;
	abi_kernel_lists(kernel, v->vm->lists, v->vm->asks);
}

/* Every register with a row is listed from `since` on and not before `may`, by a vCPU with every feature. */
START_TEST(each_register_is_listed_since_its_kernel)
{
	static const uint16_t kernels[] = { 414, 415, 416, 417, 418, 419, 502, 503, 504, 510, 511, 514, 517, 518, 519, 601,
					    604, 605, 612, 613, 615, 617, 618, 700, 701 };
	struct abi_vcpu *v = ready(ABI_HOST_V89, F_PSCI | F_PMU | F_PAUTH);
	struct abi_vcpu *sve = ready(ABI_HOST_V89, F_PSCI | F_PMU | F_PAUTH | F_SVE);
	uint64_t mmfr3 = v->vm->id[ABI_R_ID_AA64MMFR3_EL1] | 0xf0; /* as later kernels show it */

	v->vm->mte = sve->vm->mte = true;
	v->vm->id[ABI_R_ID_AA64MMFR3_EL1] = sve->vm->id[ABI_R_ID_AA64MMFR3_EL1] = mmfr3;
	v->vm->host.id[ABI_R_CLIDR_EL1] = sve->vm->host.id[ABI_R_CLIDR_EL1] = 0x1b6db6db; /* every cache */
	for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++) {
		set_kernel(v, kernels[k]);
		set_kernel(sve, kernels[k]);
		for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
			enum abi_reg reg = (enum abi_reg)i;
			const struct abi_since *s = abi_reg_since(reg);
			enum abi_guard guard = (enum abi_guard)abi_reg_row(reg)->guard;
			enum abi_listed got = abi_listed(guard == ABI_GUARD_SVE ? sve : v, reg);
			enum abi_listed want = kernels[k] < s->may ? ABI_LISTED_NO : kernels[k] < s->since ? ABI_LISTED_MAY :
													      ABI_LISTED_YES;

			ck_assert_msg(got == want, "%s in %u: %d", abi_reg_row(reg)->name, kernels[k], got);
			ck_assert_msg((s->basis == ABI_BASIS_NONE) == (*s->source == '\0') && s->may <= s->since, "%s",
				      abi_reg_row(reg)->name);
		}
	}
	abi_vm_free(v->vm);
	abi_vm_free(sve->vm);
}
END_TEST

/* A vCPU without any feature: a register with a guard is listed exactly by the kernels that do not ask. */
START_TEST(each_guard_is_asked_for_by_its_kernels)
{
	struct abi_vcpu *v = ready(ABI_HOST_N1, F_PSCI);

	v->vm->host.id[ABI_R_CLIDR_EL1] = 0;
	for (uint16_t kernel = ABI_KERNEL(5, 2); kernel <= ABI_KERNEL_LAST; kernel++) {
		set_kernel(v, kernel);
		for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
			enum abi_reg reg = (enum abi_reg)i;
			enum abi_guard guard = (enum abi_guard)abi_reg_row(reg)->guard;
			enum abi_listed got = abi_listed(v, reg);

			if (guard == ABI_GUARD_ALWAYS || guard == ABI_GUARD_FPSIMD || kernel < abi_reg_since(reg)->since)
				continue;
			ck_assert_msg((int)got == (int)ABI_LISTED_YES - (int)abi_kernel_asks(kernel, guard), "%s in %u",
				      abi_reg_row(reg)->name, kernel);
		}
	}
	abi_vm_free(v->vm);
}
END_TEST

START_TEST(each_field_is_hidden_and_capped_by_its_kernels)
{
	static const struct {
		enum abi_reg reg;
		unsigned shift;
		uint16_t kernel;
		unsigned in, out;
	} row[] = {
		{ ABI_R_ID_AA64DFR0_EL1, 0, 510, 9, 9 },   { ABI_R_ID_AA64DFR0_EL1, 0, 601, 9, 6 },
		{ ABI_R_ID_AA64DFR0_EL1, 0, 612, 9, 9 },   { ABI_R_ID_AA64DFR0_EL1, 0, 601, 5, 5 },
		{ ABI_R_ID_AA64DFR0_EL1, 8, 510, 6, 4 },   { ABI_R_ID_AA64DFR0_EL1, 8, 601, 6, 5 },
		{ ABI_R_ID_AA64DFR0_EL1, 8, 618, 8, 6 },   { ABI_R_ID_AA64DFR0_EL1, 32, 510, 2, 2 },
		{ ABI_R_ID_AA64DFR0_EL1, 32, 601, 2, 0 },  { ABI_R_ID_AA64PFR0_EL1, 24, 510, 3, 3 },
		{ ABI_R_ID_AA64PFR0_EL1, 24, 601, 3, 1 },  { ABI_R_ID_AA64PFR0_EL1, 40, 601, 1, 1 },
		{ ABI_R_ID_AA64PFR0_EL1, 40, 618, 1, 0 },  { ABI_R_ID_AA64MMFR2_EL1, 24, 612, 2, 2 },
		{ ABI_R_ID_AA64MMFR2_EL1, 24, 618, 2, 0 }, { ABI_R_ID_AA64MMFR2_EL1, 20, 510, 1, 1 },
		{ ABI_R_ID_AA64MMFR2_EL1, 20, 612, 1, 0 }, { ABI_R_ID_AA64MMFR3_EL1, 0, 601, 1, 0 },
		{ ABI_R_ID_AA64MMFR3_EL1, 4, 612, 1, 0 },  { ABI_R_ID_AA64MMFR3_EL1, 4, 618, 1, 1 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint64_t got = abi_kernel_shows(row[i].kernel, row[i].reg, (uint64_t)row[i].in << row[i].shift);

		ck_assert_msg(got == (uint64_t)row[i].out << row[i].shift, "row %zu: %#lx", i, got);
	}
	for (unsigned i = 0; i < ABI_REG_COUNT; i++) /* nothing is added, and nothing is certain and unsure at once */
		for (uint16_t k = ABI_KERNEL_FIRST; k <= ABI_KERNEL_LAST; k++)
			ck_assert((abi_kernel_shows(k, (enum abi_reg)i, 0)) == 0);
}
END_TEST

START_TEST(masks_grow_with_the_kernel)
{
	static const struct {
		enum abi_reg reg;
		uint16_t kernel;
		uint64_t mask;
	} row[] = {
		{ ABI_R_MIDR_EL1, 612, 0 }, { ABI_R_MIDR_EL1, 614, 0 }, { ABI_R_MIDR_EL1, 615, 0xffffffff }, { ABI_R_REVIDR_EL1, 700, UINT64_MAX },
		{ ABI_R_AIDR_EL1, 618, UINT64_MAX }, { ABI_R_ID_AA64MMFR4_EL1, 612, 0 }, { ABI_R_ID_AA64MMFR4_EL1, 618, 0xf00000 },
		{ ABI_R_ID_RES_6_3, 615, 0 }, { ABI_R_ID_RES_6_3, 616, 0xf00000f0 }, { ABI_R_ID_AA64MMFR3_EL1, 612, 0xf0f0f },
		{ ABI_R_ID_AA64PFR1_EL1, 618, UINT64_C(0xf000000ff) }, { ABI_R_CTR_EL0, 618, 0x300f000f },
		{ ABI_R_ID_AA64ISAR0_EL1, 601, 0 }, { ABI_R_CLIDR_EL1, 612, UINT64_C(0x7fffffffffff) },
	};
	uint64_t masks[UAPI_MASK_SLOTS];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct abi_host h;

		abi_host_init(&h, ABI_HOST_MAX);
		h.kernel = row[i].kernel;
		abi_masks_of(&h, masks);
		ck_assert_msg(masks[abi_mask_slot(row[i].reg)] == row[i].mask, "%s in %u: %#lx", abi_reg_row(row[i].reg)->name, row[i].kernel,
			      masks[abi_mask_slot(row[i].reg)]);
	}
	for (uint16_t k = ABI_KERNEL_DEFAULT; k < ABI_KERNEL_LAST; k++) /* nothing that was open is closed */
		for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
			const char *help = "";
			uint64_t now = abi_kernel_mask(k, (enum abi_reg)i, &help);

			ck_assert_uint_eq(now & ~abi_kernel_mask((uint16_t)(k + 1), (enum abi_reg)i, &help), 0);
		}
}
END_TEST

START_TEST(the_order_has_every_register_once)
{
	for (uint16_t k = ABI_KERNEL_FIRST; k <= ABI_KERNEL_LAST; k++) {
		uint16_t order[ABI_REG_COUNT];
		bool seen[ABI_REG_COUNT] = { false };

		abi_kernel_order(k, order);
		for (unsigned i = 0; i < ABI_REG_COUNT; i++) {
			ck_assert_uint_lt(order[i], ABI_REG_COUNT);
			ck_assert(!seen[order[i]]);
			seen[order[i]] = true;
			ck_assert(k != ABI_KERNEL_DEFAULT || order[i] == i);
		}
	}
}
END_TEST

START_TEST(lists_are_those_that_the_selftest_of_each_kernel_blesses)
{
	static const struct {
		const char *lists;
		uint32_t features;
	} row[] = { { "base vregs", 0 },
		    { "base vregs pmu", F_PMU },
		    { "base sve", F_SVE },
		    { "base vregs pauth pmu", F_PAUTH | F_PMU },
		    { "base sve pauth pmu", F_SVE | F_PAUTH | F_PMU } };
	struct csv *c = load_csv("blessed.csv");

	for (size_t col = 2; col < c->cols; col++)
		for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
			struct abi_host h;
			struct abi_vcpu *v;
			size_t n = 0, want = 0;

			abi_host_init(&h, ABI_HOST_V89);
			h.id[ABI_R_ID_AA64MMFR3_EL1] |= 0x10; /* SCTLRX: the selftest leaves out what the CPU has not */
			h.kernel = kernel_of(c->name[col]);
			v = new_vcpu(abi_vm_new(&h, NULL));
			ck_assert_int_eq(init_vcpu(v, F_PSCI | row[i].features), 0);
			if ((row[i].features & F_SVE) != 0)
				ck_assert_int_eq(finalize_vcpu(v), 0);
			for (unsigned k = 0; k < ABI_REG_COUNT; k++) /* it blesses no CCSIDR, and is older than FPMR */
				n += abi_visible(v, (enum abi_reg)k) && abi_reg_row((enum abi_reg)k)->class != ABI_CLASS_demux &&
				     k != ABI_R_FPMR;
			for (size_t k = 0; k < c->n; k++) {
				enum abi_reg reg = abi_reg_by_id(number(c->cell[k][1]));

				if (strstr(row[i].lists, c->cell[k][0]) == NULL || *c->cell[k][col] != '1')
					continue;
				want++;
				ck_assert_msg(reg != ABI_REG_COUNT && abi_visible(v, reg), "%s: %s is not listed", c->name[col],
					      c->cell[k][1]);
			}
			ck_assert_msg(n == want, "%s, %s: %zu registers, blessed %zu", c->name[col], row[i].lists, n, want);
			abi_vm_free(v->vm);
		}
	free(c);
}
END_TEST

START_TEST(values_are_those_that_are_published_of_each_host_and_kernel)
{
	struct csv *c = load_csv("published-values.csv");

	for (size_t col = 1; col < c->cols; col++) {
		char *kernel = strchr(c->name[col], ' ');
		unsigned kind = 0;
		struct abi_vcpu *v;

		*kernel++ = '\0';
		while (strcmp(abi_host_names[kind], c->name[col]) != 0)
			kind++;
		v = vcpu_of((enum abi_host_kind)kind, kernel_of(kernel), F_PSCI);
		for (size_t i = 0; i < c->n; i++) {
			uint64_t id = number(c->cell[i][0]), want = number(c->cell[i][col]), unsure;
			enum abi_reg reg = abi_reg_by_id(id);

			ck_assert_msg(reg != ABI_REG_COUNT, "%s", c->cell[i][0]);
			unsure = abi_kernel_unsure(v->vm->host.kernel, reg);
			ck_assert_msg(((get_u64(v, id) ^ want) & ~unsure) == 0, "%s %s %s: %lx, published %lx", c->name[col], kernel,
				      abi_reg_row(reg)->name, get_u64(v, id), want);
		}
		abi_vm_free(v->vm);
	}
	free(c);
}
END_TEST

/* --- the command -------------------------------------------------------------------------------------- */

/* One difference from a faithful dump. */
struct change {
	uint64_t without, extra; /* ids */
	uint64_t id, value;      /* another value */
};

/* Dump of a host and kernel of the published tables; values: false for zeros. Returns a path to be freed. */
static char *write_dump(const struct csv *ids, size_t col, const struct csv *values, const char *host, const char *version,
			const struct change *ch)
{
	char *path = scratch("dump"), column[64];
	FILE *f = fopen(path, "w");
	const char *comma = "";
	size_t at = 0;

	ck_assert_ptr_nonnull(f);
	(void)snprintf(column, sizeof(column), "%s %s", host != NULL ? host : "", ids->name[col]);
	for (size_t i = 1; values != NULL && i < values->cols; i++)
		if (strcmp(values->name[i], column) == 0)
			at = i;
	fprintf(f, "{\"firecracker_version\":\"1\",\"kernel_version\":\"%s\",\"guest_cpu_config\":{\"kvm_capabilities\":[],"
		"\"vcpu_features\":[],\"reg_modifiers\":[", version);
	for (size_t i = 0; i < ids->n; i++) {
		uint64_t id = number(ids->cell[i][0]), value = 0;

		for (size_t k = 0; at != 0 && k < values->n; k++)
			if (number(values->cell[k][0]) == id)
				value = number(values->cell[k][at]);
		if (ch != NULL && ch->id == id)
			value = ch->value;
		if (*ids->cell[i][col] != '1' || (ch != NULL && ch->without == id))
			continue;
		fprintf(f, "%s{\"addr\":\"0x%lx\",\"bitmap\":\"0b", comma, id);
		for (unsigned b = 64; b-- > 0;)
			(void)fputc('0' + (int)(value >> b & 1), f);
		fprintf(f, "\"}");
		comma = ",";
	}
	if (ch != NULL && ch->extra != 0)
		fprintf(f, ",{\"addr\":\"0x%lx\",\"bitmap\":\"0b0\"}", ch->extra);
	fprintf(f, "]}}\n");
	ck_assert_int_eq(fclose(f), 0);
	return path;
}

/* el2sim abi --compare of it: 0 the same, 1 different; its output is added to out. */
static int compare(char *path, const char *options, struct str *out)
{
	char line[700];
	struct err e;
	int rc;

	(void)snprintf(line, sizeof(line), "el2sim abi --compare %s %s", path, options);
	rc = run_command(line, out, &e);
	ck_assert_msg(rc == 0 || e.code == ERR_ANSWER_NO, "%s", e.text);
	(void)remove(path);
	free(path);
	return rc == 0 ? 0 : 1;
}

START_TEST(a_faithful_dump_of_any_kernel_and_host_is_the_same)
{
	static const char *const host[] = { "graviton2", "graviton3", "graviton4" };
	struct csv *ids = load_csv("published-ids.csv"), *values = load_csv("published-values.csv");

	for (size_t col = 1; col < ids->cols; col++)
		for (size_t i = 0; i < 3; i++) {
			char version[40];

			(void)snprintf(version, sizeof(version), "%s.99-own", ids->name[col]);
			ck_assert_int_eq(compare(write_dump(ids, col, values, host[i], version, NULL), "", NULL), 0);
			ck_assert_int_eq(compare(write_dump(ids, col, NULL, NULL, version, NULL), "", NULL), 0); /* zeros */
			ck_assert_int_eq(compare(write_dump(ids, col, values, host[i], version, NULL),
						 "--abi.host=neoverse-n1", NULL), 0); /* another CPU */
		}
	free(ids);
	free(values);
}
END_TEST

START_TEST(a_real_difference_is_one)
{
	struct csv *ids = load_csv("published-ids.csv"), *values = load_csv("published-values.csv");

	for (size_t col = 2; col < ids->cols; col++) {
		const struct change change[] = {
			{ .without = ID(X5) },
			{ .without = ID(ID_AA64PFR0_EL1) },
			{ .extra = UINT64_C(0x6030000000160009) },
			{ .extra = ID(APIAKEYLO_EL1) + 0x100 },
			{ .id = ID(ID_AA64ISAR0_EL1), .value = 0x1011111110212121 },
			{ .id = ID(REVIDR_EL1), .value = 77 },
		};
		char version[40];

		(void)snprintf(version, sizeof(version), "%s.99-own", ids->name[col]);
		for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
			struct str out = STR_INIT;

			ck_assert_int_eq(compare(write_dump(ids, col, values, "graviton3", version, &change[i]), "", &out), 1);
			ck_assert_msg(strstr(str_get(&out), "!! Different") != NULL, "%s", str_get(&out));
			str_free(&out);
		}
	}
	free(ids);
	free(values);
}
END_TEST

START_TEST(a_dump_of_another_kernel_is_named_with_what_differs)
{
	struct csv *ids = load_csv("published-ids.csv");
	struct str out = STR_INIT;

	ck_assert_int_eq(compare(write_dump(ids, 4, NULL, NULL, "6.18.0-own", NULL), "--abi.host=neoverse-n1", &out), 0);
	ck_assert_ptr_nonnull(strstr(str_get(&out), "the dump is of 6.18, the model of 6.12"));
	ck_assert_ptr_nonnull(strstr(str_get(&out), "0x6030000000160003  KVM_REG_ARM_VENDOR_HYP_BMAP_2"));
	str_free(&out);
	/* asked for by the user, the kernel is not the dump's */
	ck_assert_int_eq(compare(write_dump(ids, 4, NULL, NULL, "6.18.0-own", NULL), "--kernel 6.12", &out), 1);
	ck_assert_ptr_nonnull(strstr(str_get(&out), "the dump is of 6.18, the model of 6.12"));
	str_free(&out);
	ck_assert_int_eq(compare(write_dump(ids, 4, NULL, NULL, "unknown", NULL), "--kernel 6.18", &out), 0);
	ck_assert_ptr_nonnull(strstr(str_get(&out), "\"unknown\" is no version of Linux"));
	str_free(&out);
	free(ids);
}
END_TEST

START_TEST(a_dump_of_the_models_own_list_lacks_only_what_the_tool_leaves_out)
{
	static const uint32_t features[] = { 0, F_PMU, F_PMU | F_PAUTH, F_PMU | F_PAUTH | F_SVE };

	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		for (unsigned hide = 0; hide < 2; hide++) { /* 6.12 with and without TCR2_EL1 and the others */
			char *path = scratch("own");
			FILE *f = fopen(path, "w");
			struct str out = STR_INIT;
			struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI | features[i]);
			const char *comma = "";

			ck_assert_ptr_nonnull(f);
			v->vm->host.hide_absent = hide != 0;
			fprintf(f, "{\"kernel_version\":\"6.12.0-own\",\"reg_modifiers\":[");
			for (unsigned r = 0; r < ABI_REG_COUNT; r++) {
				uint64_t id = abi_reg_row((enum abi_reg)r)->id;

				if (!abi_visible(v, (enum abi_reg)r) || abi_left_out(id))
					continue;
				fprintf(f, "%s{\"addr\":\"0x%lx\",\"bitmap\":\"0b0\"}", comma, id);
				comma = ",";
			}
			fprintf(f, "]}\n");
			ck_assert_int_eq(fclose(f), 0);
			abi_vm_free(v->vm);
			ck_assert_int_eq(compare(path, "", &out), 0);
			ck_assert_ptr_nonnull(strstr(str_get(&out), "cpu-template-helper leaves it out"));
			str_free(&out);
		}
}
END_TEST

START_TEST(two_lists_are_set_side_by_side)
{
	static const struct {
		const char *line, *want;
	} row[] = {
		{ "el2sim abi --list --diff 6.18", "6.12 lists 256 registers, 6.18 257; 1 differ" },
		{ "el2sim abi --list --kernel 6.12 --diff 6.12", "0 differ" },
		{ "el2sim abi --list --abi.host=graviton2 --diff graviton3", "graviton2 lists 256 registers, graviton3 256" },
		{ "el2sim abi --list --abi.host=graviton2 --diff 6.18,graviton3", "6.12 graviton2 lists 256 registers, 6.18 graviton3 257" },
	};
	struct err e;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct str out = STR_INIT;

		ck_assert_msg(run_command(row[i].line, &out, &e) == 0, "%s", e.text);
		ck_assert_msg(strstr(str_get(&out), row[i].want) != NULL, "%s: %s", row[i].line, str_get(&out));
		str_free(&out);
	}
	ck_assert_int_ne(run_command("el2sim abi --list --diff graviton", NULL, &e), 0);
	ck_assert_ptr_nonnull(strstr(e.text, "graviton2"));
	ck_assert_int_ne(run_command("el2sim abi --diff 6.1", NULL, &e), 0);
	ck_assert_int_ne(run_command("el2sim abi --list --kernel 3.18", NULL, &e), 0);
	ck_assert_ptr_nonnull(strstr(e.text, "4.14"));
	ck_assert_int_ne(run_command("el2sim abi --list --kernel 4.14 --abi.features=sve+pmu+ptrauth", NULL, &e), 0);
	ck_assert_int_ne(run_command("el2sim abi configs/experiment/abi-scope.ini --kernel 6.1", NULL, &e), 0);
	ck_assert_ptr_nonnull(strstr(e.text, "--list or --compare"));
}
END_TEST

ABI_TEST_MAIN("abi_kernels", a_kernel_is_the_version_a_text_begins_with, each_register_is_listed_since_its_kernel,
	      each_guard_is_asked_for_by_its_kernels, each_field_is_hidden_and_capped_by_its_kernels,
	      masks_grow_with_the_kernel,
	      the_order_has_every_register_once, lists_are_those_that_the_selftest_of_each_kernel_blesses,
	      values_are_those_that_are_published_of_each_host_and_kernel, a_faithful_dump_of_any_kernel_and_host_is_the_same,
	      a_real_difference_is_one, a_dump_of_another_kernel_is_named_with_what_differs,
	      a_dump_of_the_models_own_list_lacks_only_what_the_tool_leaves_out, two_lists_are_set_side_by_side)
