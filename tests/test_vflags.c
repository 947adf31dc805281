/* SPDX-License-Identifier: Apache-2.0 */
/* vCPU flags: the table, the accessors, each rule broken once. */
#include "tests/suite.h"
#include "tests/vflags_bench.h"

/* Who may set, clear, get a flag of this set. */
static struct vflag_who right(enum vflag f, enum vflag_op op)
{
	bool iflag = vflag_row(f)->set == VFS_iflags;

	return iflag && op != VFOP_SET ? hyp() : kernel();
}

/* ---- the table and the accessors ---- */

START_TEST(every_flag_is_set_read_and_cleared_by_its_triplet)
{
	enum vflag f = (enum vflag)_i;
	const struct vflag_row *row = vflag_row(f);
	struct vflag_who set = right(f, VFOP_SET), clear = right(f, VFOP_CLEAR), get = right(f, VFOP_GET);
	struct bench b;
	enum vflag found = VF_NONE;
	uint8_t others;

	setup(&b, "linux-6.12-vhe", 0);
	b.v.loaded = true;
	ck_assert(vflag_by_name(row->name, &found));
	ck_assert_int_eq(found, f);
	ck_assert_uint_eq(row->value & ~row->mask, 0);
	ck_assert_uint_lt(row->mask, 1u << vflag_set_bits((enum vflag_set)row->set));
	ck_assert(row->what[0] != '\0');
	/* every other bit of the set is on: none of them moves */
	b.v.w.set[row->set] = 0xff;
	vcpu_clear_flag(&b.v, f, &clear);
	others = b.v.w.set[row->set];
	ck_assert_uint_eq(others, 0xff & ~row->mask);
	ck_assert_uint_eq(vcpu_get_flag(&b.v, f, &get), 0);
	if (row->set == VFS_iflags)
		b.v.w.set[row->set] = others = 0; /* PENDING_EXCEPTION and INCREMENT_PC exclude each other */
	b.n = 0;
	vcpu_set_flag(&b.v, f, &set);
	ck_assert_uint_eq(vcpu_get_flag(&b.v, f, &get), row->value);
	ck_assert_uint_eq(b.v.w.set[row->set], others | row->value);
	vcpu_set_flag(&b.v, f, &set);
	ck_assert_uint_eq(vcpu_get_flag(&b.v, f, &get), row->value);
	ck_assert_msg(b.n == 0 || f == VF_INCREMENT_PC, "%s: rule %s", row->name,
		      vflag_rule_name((enum vflag_rule)b.x.rule));
	teardown(&b);
}
END_TEST

START_TEST(no_two_flags_share_a_bit_unless_both_say_so)
{
	for (unsigned f = 0; f < VF_COUNT; f++) {
		for (unsigned g = 0; g < f; g++) {
			const struct vflag_row *a = vflag_row((enum vflag)f), *c = vflag_row((enum vflag)g);

			ck_assert_msg(a->set != c->set || (a->mask & c->mask) == 0 || (a->overlaps && c->overlaps),
				      "%s and %s", a->name, c->name);
		}
	}
}
END_TEST

/* kvm_host.h: setting EXCEPT_* replaces the bits 3:1, it does not OR. */
START_TEST(a_multi_bit_value_replaces_the_one_before)
{
	struct vflag_who k = kernel(), h = hyp();
	struct bench b;

	setup(&b, "linux-6.12-vhe", 0);
	vcpu_set_flag(&b.v, VF_PENDING_EXCEPTION, &k);
	vcpu_set_flag(&b.v, VF_EXCEPT_AA64_EL1_SERR, &k);
	vcpu_set_flag(&b.v, VF_EXCEPT_AA64_EL2_SYNC, &k);
	ck_assert_uint_eq(vcpu_get_flag(&b.v, VF_EXCEPT_MASK, &h), 4 << 1);
	vcpu_set_flag(&b.v, VF_EXCEPT_AA64_EL1_SYNC, &k);
	ck_assert_uint_eq(vcpu_get_flag(&b.v, VF_EXCEPT_MASK, &h), 0);
	ck_assert_uint_eq(b.v.w.set[VFS_iflags], 1);
	ck_assert_uint_eq(b.n, 0);
	teardown(&b);
}
END_TEST

/* ... and INCREMENT_PC lies under that mask, so an exception and a skipped instruction exclude each other. */
START_TEST(an_exception_takes_the_bit_of_increment_pc)
{
	struct vflag_who k = kernel();
	struct bench b;

	setup(&b, "linux-6.12-vhe", 0);
	vcpu_set_flag(&b.v, VF_INCREMENT_PC, &k);
	vcpu_set_flag(&b.v, VF_EXCEPT_AA64_EL1_SYNC, &k);
	ck_assert(!vflags_has(&b.v, VF_INCREMENT_PC));
	vcpu_set_flag(&b.v, VF_EXCEPT_AA64_EL2_IRQ, &k);
	ck_assert(vflags_has(&b.v, VF_INCREMENT_PC)); /* so PENDING_EXCEPTION is looked at first */
	teardown(&b);
}
END_TEST

/* ---- each rule broken once ---- */

static void breaks_cflag_after_run(struct bench *b)
{
	struct vflag_who k = kernel();

	vcpu_set_flag(&b->v, VF_GUEST_HAS_SVE, &k);
	b->v.w.ran = true;
	vcpu_set_flag(&b->v, VF_GUEST_HAS_SVE, &k); /* the same value again: no change */
	ck_assert_uint_eq(b->n, 0);
	vcpu_clear_flag(&b->v, VF_GUEST_HAS_SVE, &k);
}

static void breaks_cflag_producer(struct bench *b)
{
	struct vflag_who h = hyp();

	vcpu_set_flag(&b->v, VF_GUEST_HAS_PTRAUTH, &h);
}

static void breaks_iflag_producer(struct bench *b)
{
	struct vflag_who h = hyp();

	vcpu_set_flag(&b->v, VF_DEBUG_DIRTY, &h);
}

static void breaks_iflag_consumer(struct bench *b)
{
	struct vflag_who k = kernel();

	vcpu_set_flag(&b->v, VF_DEBUG_DIRTY, &k);
	ck_assert_uint_eq(b->n, 0);
	vcpu_clear_flag(&b->v, VF_DEBUG_DIRTY, &k);
}

static void breaks_sflag_hyp_read(struct bench *b)
{
	struct vflag_who h = hyp();

	(void)vcpu_get_flag(&b->v, VF_IN_WFI, &h);
}

/*
 * The reason of the rule: a set that is not atomic against preemption writes back what it read before the put
 * cleared SYSREGS_ON_CPU.
 */
static void breaks_not_preempt_safe(struct bench *b)
{
	struct vflag_who k = kernel(), h = hyp(), open = kernel();
	uint8_t read;

	open.preempt = VFP_OPEN;
	b->v.loaded = true;
	vcpu_set_flag(&b->v, VF_SYSREGS_ON_CPU, &h);
	read = b->v.w.set[VFS_sflags];
	vcpu_clear_flag(&b->v, VF_SYSREGS_ON_CPU, &h); /* preempted: vcpu_put */
	ck_assert_uint_eq(b->n, 0);
	b->v.w.set[VFS_sflags] = read;
	ck_assert_uint_ne(vcpu_get_flag(&b->v, VF_SYSREGS_ON_CPU, &k), 0); /* it says loaded, and is not */
	vcpu_set_flag(&b->v, VF_IN_WFI, &open);
}

static void breaks_not_owner(struct bench *b)
{
	struct vflag_who k = kernel();

	k.thread = 8;
	vcpu_set_flag(&b->v, VF_IN_WFI, &k);
}

static void breaks_userspace(struct bench *b)
{
	struct vflag_who u = kernel();

	u.side = VFSIDE_USER;
	(void)vcpu_get_flag(&b->v, VF_VCPU_INITIALIZED, &u);
}

static void breaks_not_in_kernel(struct bench *b)
{
	struct vflag_who k = kernel();

	b->v.kernel = 601;
	vcpu_set_flag(&b->v, VF_VCPU_INITIALIZED, &k);
}

static void breaks_pc_adjust_twice(struct bench *b)
{
	struct vflag_who k = kernel();

	vcpu_set_flag(&b->v, VF_PENDING_EXCEPTION, &k);
	ck_assert_uint_eq(b->n, 0);
	vcpu_set_flag(&b->v, VF_INCREMENT_PC, &k);
}

/* The plan's own checks: a phase begins with a flag that another left behind. */
static void run_phase(struct bench *b, enum ws_phase phase, uint64_t state)
{
	struct vflag_plan *plan = vflag_plan_new(b->prog, false, &b->sink);
	struct vflags v = b->v;

	vflag_plan_vcpu(plan, &b->v, 0);
	b->v.w.ran = v.w.ran;
	memcpy(b->v.w.set, v.w.set, sizeof(v.w.set));
	(void)vflag_plan_run(plan, &b->v, ws_phase_comp(b->prog, phase), state);
	b->v.sink = &b->sink;
	vflag_plan_free(plan);
}

static void breaks_not_consumed(struct bench *b)
{
	b->v.w.set[VFS_sflags] = vflag_row(VF_IN_WFI)->value; /* kvm_vcpu_wfi forgot to clear it */
	run_phase(b, PHASE_ENTER, 0);
}

static void breaks_not_set(struct bench *b)
{
	run_phase(b, PHASE_PUT, CND(BLOCKING)); /* kvm_vcpu_wfi forgot to set it */
}

static void breaks_unsupported_cpu(struct bench *b)
{
	run_phase(b, PHASE_LOAD, CND(UNSUPPORTED_CPU));
	ck_assert_uint_eq(b->n, 0);
	ck_assert(vflags_has(&b->v, VF_ON_UNSUPPORTED_CPU));
	run_phase(b, PHASE_ENTER, 0);
}

static void breaks_on_cpu_unloaded(struct bench *b)
{
	struct vflag_who h = hyp();

	vcpu_set_flag(&b->v, VF_SYSREGS_ON_CPU, &h);
}

static void breaks_copy_lost(struct bench *b)
{
	struct vflag_who k = kernel();

	b->v.has_copy = b->v.w.copy_runs = true;
	vcpu_set_flag(&b->v, VF_INCREMENT_PC, &k);
}

/* The row that sets VCPU_INITIALIZED is left out. */
static void breaks_not_initialized(struct bench *b)
{
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);

	for (size_t i = 0; i < n; i++) {
		if (s[i].where == VFW_LIFE && s[i].id == VFE_INIT && s[i].flag == VF_VCPU_INITIALIZED)
			b->prog->beside.site[i] = SITE_NONE;
	}
	run_phase(b, PHASE_LOAD, 0);
}

static const struct {
	void (*act)(struct bench *b);
	const char *says;
} broken[VFR_COUNT] = {
#define BROKEN(rule, text) [VFR_##rule] = { breaks_##rule, #rule ": " text }
	BROKEN(cflag_after_run, "GUEST_HAS_SVE (cflags) cleared by the kernel in here, vCPU 0: a configuration flag "
				"changes after the vCPU's first run"),
	BROKEN(cflag_producer, "GUEST_HAS_PTRAUTH (cflags) set by the hypervisor part in there, vCPU 0: "),
	BROKEN(iflag_producer, "DEBUG_DIRTY (iflags) set by the hypervisor part in there, vCPU 0: "),
	BROKEN(iflag_consumer, "DEBUG_DIRTY (iflags) cleared by the kernel in here, vCPU 0: "),
	BROKEN(sflag_hyp_read, "IN_WFI (sflags) read by the hypervisor part in there, vCPU 0: "),
	BROKEN(not_preempt_safe, "IN_WFI (sflags) set by the kernel in here, vCPU 0: "),
	BROKEN(not_owner, "IN_WFI (sflags) set by the kernel in here, vCPU 0: "),
	BROKEN(userspace, "VCPU_INITIALIZED (cflags) read by the userspace in here, vCPU 0: "),
	BROKEN(not_in_kernel, "VCPU_INITIALIZED (cflags) set by the kernel in here, vCPU 0: "),
	BROKEN(pc_adjust_twice, "INCREMENT_PC (iflags) set by the kernel in here, vCPU 0: "),
	BROKEN(not_consumed, "IN_WFI (sflags) read by the hypervisor part in guest entry, vCPU 0: "),
	BROKEN(not_set, "IN_WFI (sflags) read by the kernel in vcpu_put, vCPU 0: "),
	BROKEN(unsupported_cpu, "ON_UNSUPPORTED_CPU (sflags) read by the kernel in kvm_vcpu_exit_request, vCPU 0: "),
	BROKEN(on_cpu_unloaded, "SYSREGS_ON_CPU (sflags) set by the hypervisor part in there, vCPU 0: "),
	BROKEN(copy_lost, "INCREMENT_PC (iflags) set by the kernel in here, vCPU 0: "),
	BROKEN(not_initialized, "VCPU_INITIALIZED (cflags) read by the kernel in kvm_arch_vcpu_run_pid_change, vCPU 0: "),
#undef BROKEN
};

START_TEST(a_broken_rule_is_reported_with_rule_flag_side_and_function)
{
	char buf[VFLAG_VIOLATION_TEXT];
	struct bench b;

	setup(&b, "linux-6.12-vhe", 0);
	ck_assert_msg(broken[_i].act != NULL, "rule %s has no test", vflag_rule_name((enum vflag_rule)_i));
	broken[_i].act(&b);
	ck_assert_uint_eq(b.n, 1);
	ck_assert_uint_eq(b.x.rule, (unsigned)_i);
	(void)vflag_violation_text(&b.x, buf);
	ck_assert_msg(strncmp(buf, broken[_i].says, strlen(broken[_i].says)) == 0, "%s", buf);
	ck_assert_msg(strstr(buf, vflag_rule_what((enum vflag_rule)_i)) != NULL, "%s", buf);
	ck_assert(vflag_rule_source((enum vflag_rule)_i)[0] != '\0');
	teardown(&b);
}
END_TEST

START_TEST(a_place_that_breaks_a_rule_on_purpose_is_not_reported)
{
	struct vflag_who who = hyp();
	struct bench b;

	setup(&b, "linux-6.12-vhe", 0);
	who.waives = VFR_iflag_producer;
	vcpu_set_flag(&b.v, VF_PENDING_EXCEPTION, &who);
	ck_assert_uint_eq(b.n, 0);
	who.waives = VFR_sflag_hyp_read; /* not the rule that it breaks */
	vcpu_set_flag(&b.v, VF_DEBUG_DIRTY, &who);
	ck_assert_uint_eq(b.n, 1);
	teardown(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vflags");
	TCase *c = tcase_create("table");

	tcase_add_loop_test(c, every_flag_is_set_read_and_cleared_by_its_triplet, 0, VF_COUNT);
	tcase_add_test(c, no_two_flags_share_a_bit_unless_both_say_so);
	tcase_add_test(c, a_multi_bit_value_replaces_the_one_before);
	tcase_add_test(c, an_exception_takes_the_bit_of_increment_pc);
	suite_add_tcase(s, c);
	c = tcase_create("rules");
	tcase_add_loop_test(c, a_broken_rule_is_reported_with_rule_flag_side_and_function, 0, VFR_COUNT);
	tcase_add_test(c, a_place_that_breaks_a_rule_on_purpose_is_not_reported);
	suite_add_tcase(s, c);
	return suite_status(s);
}
