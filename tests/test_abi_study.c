/* SPDX-License-Identifier: Apache-2.0 */
/* Flows of VMMs, what scope saves, lock waiting, and the command. */
#include "tests/abi_util.h"

#include <sys/wait.h>

#include "models/hyp/abi/abi_study.h"
#include "sim/app/config.h"

#define CONFIG EL2SIM_SOURCE_DIR "/configs/experiment/abi-scope.ini"

struct fixture {
	struct config c;
	struct abi_host host;
	struct abi_price price;
	struct abi_study s;
};

static void open_fixture(struct fixture *f)
{
	struct err e = { 0 };
	struct ws_prog *p;

	ck_assert_msg(config_load(&f->c, CONFIG, NULL, &e) == 0, "%s", e.text);
	p = config_compile(&f->c, false, &e);
	ck_assert_msg(p != NULL, "%s", e.text);
	ck_assert_msg(abi_price_fill(&f->c.path_profile, p, &f->c.abi, &f->price, &e) == 0, "%s", e.text);
	ws_free(p);
	ck_assert_int_eq(abi_options_host(&f->c.abi, &f->host, &e), 0);
	f->s = (struct abi_study){ &f->host, &f->price, F_PSCI, 64 };
}

static struct abi_row row_of(const struct fixture *f, enum abi_vmm vmm, enum abi_flow flow, enum abi_variant v,
			     unsigned n)
{
	struct err e = { 0 };
	struct abi_row row;

	ck_assert_msg(abi_study_row(&f->s, vmm, flow, v, n, &row, &e) == 0, "%s", e.text);
	return row;
}

START_TEST(qemu_makes_as_many_calls_as_its_source_says)
{
	/* core 75 (92 with SVE), the rest of the list, events and MP state. With SVE one more than a sum of the
	 * selftest's lists gives: that of SVE has ZCR_EL1, which is a system register and read with the rest. */
	static const uint64_t want[ABI_SET_COUNT] = { 258, 332, 342, 360 };
	struct fixture f;

	open_fixture(&f);
	for (unsigned set = 0; set < ABI_SET_COUNT; set++) {
		struct abi_row save, restore;

		f.s.features = abi_set_features((enum abi_set)set);
		save = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_SAVE, ABI_VARIANT_NONE, 1);
		restore = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_RESTORE, ABI_VARIANT_NONE, 1);
		ck_assert_uint_eq(save.total.calls, want[set]);
		ck_assert_uint_eq(save.total.failed, 0);
		ck_assert_uint_eq(restore.total.failed, 0);
		ck_assert_uint_eq(restore.total.calls, want[set] + want[set] - 2 - (set == ABI_SET_SVE ? 92 : 75));
	}
	config_free(&f.c);
}
END_TEST

START_TEST(kvmtool_sets_six_registers_and_then_four)
{
	struct fixture f;
	struct abi_row one, two;
	struct err e = { 0 };

	open_fixture(&f);
	one = row_of(&f, ABI_VMM_KVMTOOL, ABI_FLOW_BOOT, ABI_VARIANT_NONE, 1);
	two = row_of(&f, ABI_VMM_KVMTOOL, ABI_FLOW_BOOT, ABI_VARIANT_NONE, 2);
	ck_assert_uint_eq(one.total.calls, 2 + 1 + 6);
	ck_assert_uint_eq(two.total.calls - one.total.calls, 2 + 1 + 4);
	ck_assert(!abi_flow_known(ABI_VMM_KVMTOOL, ABI_FLOW_SAVE));
	ck_assert(!abi_flow_known(ABI_VMM_KVMTOOL, ABI_FLOW_MIGRATE));
	ck_assert_int_eq(abi_study_row(&f.s, ABI_VMM_KVMTOOL, ABI_FLOW_SAVE, ABI_VARIANT_NONE, 1, &one, &e), -1);
	ck_assert_int_eq(e.code, ERR_MODEL);
	config_free(&f.c);
}
END_TEST

START_TEST(a_length_probe_fails_and_the_vector_lengths_after_finalize_too)
{
	struct fixture f;

	open_fixture(&f);
	ck_assert_uint_eq(row_of(&f, ABI_VMM_QEMU, ABI_FLOW_BOOT, ABI_VARIANT_NONE, 8).total.failed, 8);
	f.s.features = abi_set_features(ABI_SET_SVE);
	ck_assert_uint_eq(row_of(&f, ABI_VMM_CLOUD_HYPERVISOR, ABI_FLOW_RESTORE, ABI_VARIANT_NONE, 8).total.failed, 8);
	ck_assert_uint_eq(row_of(&f, ABI_VMM_FIRECRACKER, ABI_FLOW_RESTORE, ABI_VARIANT_NONE, 8).total.failed, 0);
	config_free(&f.c);
}
END_TEST

START_TEST(scope_saves_what_the_arithmetic_says)
{
	struct fixture f;
	struct abi_row none, v4, psci, all;

	open_fixture(&f);
	none = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_SAVE, ABI_VARIANT_NONE, 512);
	v4 = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_SAVE, ABI_VARIANT_V4, 512);
	psci = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_SAVE, ABI_VARIANT_V4_PSCI, 512);
	all = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_SAVE, ABI_VARIANT_ALL, 512);
	ck_assert_uint_eq(none.total.calls, 512 * 258);
	ck_assert_uint_eq(none.total.calls - v4.total.calls, 511 * 5);
	ck_assert_uint_eq(none.total.calls - psci.total.calls, 511 * 6);
	ck_assert_uint_eq(none.total.calls - all.total.calls, 511 * 69);
	ck_assert_int_le(abi_saved(&none, &v4), 2000);    /* 2 % */
	ck_assert_int_le(abi_saved(&none, &all), 27000);  /* 27 % */
	ck_assert_int_eq(abi_saved(&none, &all), abi_ceiling(&none, 512));
	ck_assert_int_eq(abi_saved(&none, &none), 0);
	/* a list written twice doubles what can be saved of it, and so does the ceiling beside it */
	none = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_RESTORE, ABI_VARIANT_NONE, 512);
	all = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_RESTORE, ABI_VARIANT_ALL, 512);
	ck_assert_uint_eq(none.total.calls - all.total.calls, 511 * 138);
	config_free(&f.c);
}
END_TEST

START_TEST(no_variant_of_scope_beats_its_ceiling)
{
	struct fixture f;

	open_fixture(&f);
	for (unsigned vmm = 0; vmm < ABI_VMM_COUNT; vmm++) {
		for (unsigned flow = 0; flow < ABI_FLOW_COUNT; flow++) {
			struct abi_row none, row;

			if (!abi_flow_known((enum abi_vmm)vmm, (enum abi_flow)flow))
				continue;
			none = row_of(&f, (enum abi_vmm)vmm, (enum abi_flow)flow, ABI_VARIANT_NONE, 33);
			for (unsigned v = ABI_VARIANT_V4; v <= ABI_VARIANT_ALL; v++) {
				row = row_of(&f, (enum abi_vmm)vmm, (enum abi_flow)flow, (enum abi_variant)v, 33);
				ck_assert_int_le(abi_saved(&none, &row), abi_ceiling(&none, 33));
				ck_assert_uint_eq(row.total.failed, none.total.failed);
			}
		}
	}
	config_free(&f.c);
}
END_TEST

START_TEST(cost_is_linear_in_the_number_of_vcpus)
{
	static const unsigned n[] = { 1, 2, 3, 17, 512, 4096 };
	struct fixture f;

	open_fixture(&f);
	for (unsigned v = 0; v < ABI_VARIANT_COUNT; v++) {
		for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
			struct abi_row r = row_of(&f, ABI_VMM_FIRECRACKER, ABI_FLOW_MIGRATE, (enum abi_variant)v, n[i]);

			ck_assert_uint_eq(r.serial, r.first + (n[i] - 1) * r.slope);
		}
	}
	config_free(&f.c);
}
END_TEST

/* What is scaled from two vCPUs is what the model does on each of many. */
START_TEST(a_third_vcpu_makes_the_calls_of_the_second)
{
	struct abi_host h;
	struct abi_vm *vm;
	struct fixture f;
	struct err e = { 0 };
	struct abi_row row;
	uint64_t ids[500];

	open_fixture(&f);
	row = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_SAVE, ABI_VARIANT_NONE, 40);
	ck_assert_int_eq(abi_options_host(&f.c.abi, &h, &e), 0);
	vm = abi_vm_new(&h, NULL);
	for (unsigned i = 0; i < 40; i++)
		ck_assert_int_eq(init_vcpu(new_vcpu(vm), F_PSCI), 0);
	vm->counts = (struct abi_counts){ 0 };
	for (unsigned i = 0; i < 40; i++) {
		struct abi_counts keep = vm->counts;
		struct uapi_vcpu_events ev;
		struct uapi_mp_state mp;
		size_t n = list_of(vm->vcpu[i], ids);

		vm->counts = keep; /* the list was made at boot */
		for (size_t k = 0; k < n; k++)
			ck_assert_int_eq(get_err(vm->vcpu[i], ids[k]), 0);
		ck_assert_int_eq(vcpu_call(vm->vcpu[i], UAPI_IOCTL_GET_VCPU_EVENTS, &ev), 0);
		ck_assert_int_eq(vcpu_call(vm->vcpu[i], UAPI_IOCTL_GET_MP_STATE, &mp), 0);
	}
	ck_assert_uint_eq(vm->counts.calls, row.total.calls);
	ck_assert_uint_eq(vm->counts.bytes, row.total.bytes);
	abi_vm_free(vm);
	config_free(&f.c);
}
END_TEST

START_TEST(every_vcpu_of_4096_can_be_listed_and_read)
{
	struct abi_host h;
	struct abi_vm *vm;
	uint64_t ids[500];
	size_t n;

	abi_host_init(&h, ABI_HOST_MAX);
	h.max_vcpus = 4096;
	vm = abi_vm_new(&h, NULL);
	for (unsigned i = 0; i < 4096; i++) {
		long at = vm_value(vm, UAPI_IOCTL_CREATE_VCPU, 4095 - i);
		struct abi_vcpu *v = vm->vcpu[at];

		ck_assert_int_eq(init_vcpu(v, F_PSCI | F_PMU | F_PAUTH | F_SVE), 0);
		ck_assert_int_eq(finalize_vcpu(v), 0);
		n = list_of(v, ids);
		ck_assert_uint_eq(n, 359);
		for (size_t k = 0; k < n; k++)
			(void)get_err(v, ids[k]);
	}
	ck_assert_uint_eq(vm->counts.failed, 0);
	ck_assert_uint_eq(get_u64(vm->vcpu[0], ID(MPIDR_EL1)), UINT64_C(0x8000ff0f));
	abi_vm_free(vm);
}
END_TEST

START_TEST(locks_make_a_parallel_restore_wait_and_scope_removes_that)
{
	struct fixture f;
	struct abi_row none, all, alone, save;

	open_fixture(&f);
	none = row_of(&f, ABI_VMM_FIRECRACKER, ABI_FLOW_RESTORE, ABI_VARIANT_NONE, 64);
	all = row_of(&f, ABI_VMM_FIRECRACKER, ABI_FLOW_RESTORE, ABI_VARIANT_ALL, 64);
	alone = row_of(&f, ABI_VMM_FIRECRACKER, ABI_FLOW_RESTORE, ABI_VARIANT_NONE, 1);
	save = row_of(&f, ABI_VMM_FIRECRACKER, ABI_FLOW_SAVE, ABI_VARIANT_NONE, 64);
	ck_assert_uint_gt(none.par.waits, 0);
	ck_assert_uint_lt(all.par.wait, none.par.wait);
	ck_assert_uint_lt(all.par.cycles, none.par.cycles);
	ck_assert_uint_eq(alone.par.wait, 0);
	ck_assert_uint_eq(alone.par.cycles, alone.serial);
	ck_assert_uint_eq(save.par.acquisitions, 0); /* after the first run ID registers are read without the lock */
	ck_assert_uint_eq(save.par.cycles, save.first);
	config_free(&f.c);
}
END_TEST

START_TEST(locks_are_handed_over_in_the_order_of_asking)
{
	struct abi_piece a[] = { { 10, 100, ABI_LOCK_CONFIG }, { 5, 0, ABI_LOCK_COUNT } };
	struct abi_script s = { a, 2, 115, 0 };
	struct abi_par_result r;
	struct err e = { 0 };

	ck_assert_int_eq(abi_par_run(&s, &s, 4, 4, &r, &e), 0);
	ck_assert_uint_eq(r.acquisitions, 4);
	ck_assert_uint_eq(r.waits, 3);
	ck_assert_uint_eq(r.wait, 100 + 200 + 300);
	ck_assert_uint_eq(r.longest, 300);
	ck_assert_uint_eq(r.cycles, 10 + 400 + 5);
	/* two CPUs: the second pair starts when the first is done */
	ck_assert_int_eq(abi_par_run(&s, &s, 4, 2, &r, &e), 0);
	ck_assert_uint_eq(r.acquisitions, 4);
	ck_assert_uint_eq(r.wait, 100 + 85 + 85);
	ck_assert_uint_eq(r.cycles, 10 + 400 + 5);
	/* one CPU: nothing to wait for */
	ck_assert_int_eq(abi_par_run(&s, &s, 4, 1, &r, &e), 0);
	ck_assert_uint_eq(r.wait, 0);
	ck_assert_uint_eq(r.cycles, 4 * 115);
}
END_TEST

START_TEST(a_script_keeps_every_cycle_of_its_calls)
{
	struct fixture f;
	struct err e = { 0 };

	open_fixture(&f);
	for (unsigned v = 0; v < ABI_VARIANT_COUNT; v++) {
		struct abi_flow_result r;
		struct abi_script s;
		uint64_t calls = 0, pieces = 0;

		ck_assert_int_eq(abi_flow_record(&f.host, F_PSCI, ABI_VMM_FIRECRACKER, ABI_FLOW_RESTORE,
						 (enum abi_variant)v, &r, &e), 0);
		s = abi_script_of(&r.other, &f.price);
		for (size_t i = 0; i < r.other.n; i++)
			calls += abi_call_cycles(&f.price, &r.other.v[i]);
		for (size_t i = 0; i < s.n; i++)
			pieces += s.v[i].before + s.v[i].held;
		ck_assert_uint_eq(calls, s.cycles);
		ck_assert_uint_eq(pieces, s.cycles);
		free(s.v);
		abi_flow_free(&r);
	}
	config_free(&f.c);
}
END_TEST

START_TEST(load_and_put_around_each_ioctl_cost_more)
{
	struct fixture f;
	struct abi_row with, without;

	open_fixture(&f);
	without = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_SAVE, ABI_VARIANT_NONE, 2);
	f.price.load_put = true;
	with = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_SAVE, ABI_VARIANT_NONE, 2);
	ck_assert_uint_eq(with.serial - without.serial, 2 * 258 * f.price.load_put_cycles);
	ck_assert_uint_eq(with.total.calls, without.total.calls);
	config_free(&f.c);
}
END_TEST

START_TEST(a_batch_moves_every_register_in_few_calls)
{
	struct fixture f;
	struct abi_row none, batch;

	open_fixture(&f);
	none = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_SAVE, ABI_VARIANT_NONE, 5);
	batch = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_SAVE, ABI_VARIANT_BATCH, 5);
	ck_assert_uint_eq(batch.total.items, none.total.items);
	ck_assert_uint_eq(batch.total.calls, 5 * 4);
	ck_assert_uint_lt(batch.serial, none.serial);
	config_free(&f.c);
}
END_TEST

START_TEST(prices_are_those_of_the_profile)
{
	struct fixture f;
	struct err e = { 0 };
	struct path_profile none;
	struct ws_prog *p;

	open_fixture(&f);
	ck_assert_uint_eq(f.price.insns[ABI_CALL_GET], path_get(&f.c.path_profile, PATH_KIND_get_one_reg, PATH_insns_host));
	ck_assert_uint_lt(f.price.syscall_insns, f.price.ioctl_insns);
	ck_assert_uint_lt(f.price.ioctl_insns, f.price.insns[ABI_CALL_GET]);
	memset(&none, 0, sizeof(none));
	p = config_compile(&f.c, false, &e);
	ck_assert_int_eq(abi_price_fill(&none, p, &f.c.abi, &f.price, &e), -1);
	ck_assert_int_eq(e.code, ERR_CONFIG);
	ws_free(p);
	config_free(&f.c);
}
END_TEST

START_TEST(a_host_without_the_features_is_refused)
{
	struct fixture f;
	struct err e = { 0 };
	struct abi_row row;

	open_fixture(&f);
	abi_host_init(&f.host, ABI_HOST_N1);
	f.s.features = abi_set_features(ABI_SET_SVE);
	for (unsigned vmm = 0; vmm < ABI_VMM_COUNT; vmm++) {
		for (unsigned flow = 0; flow < ABI_FLOW_COUNT; flow++) {
			ck_assert_int_eq(abi_study_row(&f.s, (enum abi_vmm)vmm, (enum abi_flow)flow, ABI_VARIANT_NONE, 2, &row,
						       &e), -1);
			ck_assert_int_eq(e.code, ERR_MODEL);
		}
	}
	config_free(&f.c);
}
END_TEST

/* --- the command -------------------------------------------------------------------------------------- */

/* Exit status of a shell command line; its output goes to file. */
static int shell(const char *file, const char *line)
{
	char cmd[1200];
	int rc;

	(void)snprintf(cmd, sizeof(cmd), "%s/el2sim %s > %s 2>&1", EL2SIM_BINARY_DIR, line, file);
	rc = system(cmd);
	return WIFEXITED(rc) ? WEXITSTATUS(rc) : -1;
}

static bool holds(const char *file, const char *text)
{
	FILE *f = fopen(file, "r");
	char line[4096];
	bool found = false;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL)
		found = strstr(line, text) != NULL;
	if (f != NULL)
		(void)fclose(f);
	return found;
}

/* A dump as Firecracker's helper writes it, of every register of a vCPU but the first `skip`. */
static void write_dump(const char *path, size_t skip, uint64_t extra)
{
	struct abi_vcpu *v = ready(ABI_HOST_MAX, F_PSCI);
	uint64_t ids[500];
	size_t n = list_of(v, ids);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "{\"reg_modifiers\":[");
	for (size_t i = skip; i < n; i++)
		fprintf(f, "%s{\"addr\":\"0x%lx\",\"bitmap\":\"0b%0128d\"}", i != skip ? "," : "", ids[i], 0);
	if (extra != 0)
		fprintf(f, ",{\"addr\":\"0x%lx\",\"bitmap\":\"0b0\"}", extra);
	fprintf(f, "]}\n");
	ck_assert_int_eq(fclose(f), 0);
	abi_vm_free(v->vm);
}

START_TEST(a_dump_is_compared_by_id_and_size)
{
	char dir[] = "/tmp/el2sim-abi-XXXXXX", dump[64], out[64], line[200];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(dump, sizeof(dump), "%s/dump.json", dir);
	(void)snprintf(out, sizeof(out), "%s/out", dir);
	(void)snprintf(line, sizeof(line), "abi --compare %s", dump);
	write_dump(dump, 0, 0);
	ck_assert_int_eq(shell(out, line), 0);
	ck_assert(holds(out, "256 registers in both, 0 in the simulation alone, 0 in the dump alone"));
	write_dump(dump, 2, ID(X0) + 1);
	ck_assert_int_eq(shell(out, line), 1);
	ck_assert(holds(out, "254 registers in both, 2 in the simulation alone, 1 in the dump alone"));
	/* our own list is one, too */
	ck_assert_int_eq(shell(dump, "abi --list --format json"), 0);
	ck_assert_int_eq(shell(out, line), 0);
	(void)snprintf(line, sizeof(line), "abi --compare %s --abi.features=pmu", dump);
	ck_assert_int_eq(shell(out, line), 1);
	ck_assert(holds(out, "PMCR_EL0"));
	(void)remove(dump);
	(void)remove(out);
	(void)remove(dir);
}
END_TEST

START_TEST(the_command_prints_every_format_and_the_same_twice)
{
	static const char *const formats[] = { "text", "md", "csv", "json" };
	char dir[] = "/tmp/el2sim-abi-XXXXXX", out[2][64], line[300], cmd[200];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(line, sizeof(line), "abi configs/experiment/abi-scope.ini --vcpus 1,7 --format %s", formats[i]);
		for (unsigned k = 0; k < 2; k++) {
			(void)snprintf(out[k], sizeof(out[k]), "%s/%u", dir, k);
			ck_assert_int_eq(shell(out[k], line), 0);
		}
		(void)snprintf(cmd, sizeof(cmd), "cmp -s %s %s", out[0], out[1]);
		ck_assert_int_eq(system(cmd), 0);
	}
	ck_assert(holds(out[0], "el2sim.abi/1"));
	(void)remove(out[0]);
	(void)remove(out[1]);
	(void)remove(dir);
}
END_TEST

/* The dearest flow of the VMM at the largest number, in the words of the report. */
START_TEST(the_answer_is_the_dearest_flow_and_its_best_variant)
{
	char dir[] = "/tmp/el2sim-abi-XXXXXX", out[64], line[200], want[96];
	struct abi_row none, batch;
	struct fixture f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(out, sizeof(out), "%s/out", dir);
	open_fixture(&f);
	f.s.features = abi_set_features((enum abi_set)f.c.abi.set);
	none = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_MIGRATE, ABI_VARIANT_NONE, 7);
	batch = row_of(&f, ABI_VMM_QEMU, ABI_FLOW_MIGRATE, ABI_VARIANT_BATCH, 7);
	ck_assert_uint_lt(batch.serial, none.serial);
	ck_assert_int_eq(shell(out, "abi configs/experiment/abi-scope.ini --vcpus 7,1 --format csv"), 0);
	(void)snprintf(want, sizeof(want), "migrate of 7 vCPUs by qemu: %llu calls, ", (unsigned long long)none.total.calls);
	ck_assert_msg(holds(out, want), "%s", want);
	(void)snprintf(want, sizeof(want), " and %lld.%lld %% fewer calls; register scope",
		       (long long)(abi_saved(&none, &batch) + 50) / 1000, (long long)(abi_saved(&none, &batch) + 50) % 1000 / 100);
	ck_assert_msg(holds(out, want), "%s", want);
	/* and of the charts */
	ck_assert_int_eq(shell(out, "abi configs/experiment/abi-scope.ini --vcpus 7,1 --format json"), 0);
	ck_assert(holds(out, "\"choose\": [\"vmm\", \"flow\", \"vcpus\"], \"first\": [\"qemu\", \"migrate\", \"7\"]"));
	/* nothing to choose from: no variant is named */
	(void)snprintf(line, sizeof(line), "abi configs/experiment/abi-scope.ini --vcpus 1 --abi.variant=none --abi.flow=save");
	ck_assert_int_eq(shell(out, line), 0);
	ck_assert(holds(out, "=> save of 1 vCPU by qemu: 258 calls, "));
	ck_assert(holds(out, "); register scope saves at most 0.0 % of the calls"));
	config_free(&f.c);
	(void)remove(out);
	(void)remove(dir);
}
END_TEST

ABI_TEST_MAIN("abi_study", qemu_makes_as_many_calls_as_its_source_says, kvmtool_sets_six_registers_and_then_four,
	      a_length_probe_fails_and_the_vector_lengths_after_finalize_too, scope_saves_what_the_arithmetic_says,
	      no_variant_of_scope_beats_its_ceiling, cost_is_linear_in_the_number_of_vcpus,
	      a_third_vcpu_makes_the_calls_of_the_second, every_vcpu_of_4096_can_be_listed_and_read,
	      locks_make_a_parallel_restore_wait_and_scope_removes_that,
	      locks_are_handed_over_in_the_order_of_asking, a_script_keeps_every_cycle_of_its_calls,
	      load_and_put_around_each_ioctl_cost_more, a_batch_moves_every_register_in_few_calls,
	      prices_are_those_of_the_profile, a_host_without_the_features_is_refused,
	      a_dump_is_compared_by_id_and_size, the_answer_is_the_dearest_flow_and_its_best_variant,
	      the_command_prints_every_format_and_the_same_twice)
