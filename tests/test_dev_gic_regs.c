// SPDX-License-Identifier: Apache-2.0
/* The GIC's registers in memory, every row of gic_regs.def: reset value, what a write leaves, sizes, what is not there. */
#include <check.h>
#include <string.h>

#include "models/dev/gic.h"
#include "tests/suite.h"

enum { DIST = 0x08000000, REDIST = 0x080a0000 };

static struct gic *g;
static unsigned kicks[4], halts;

static void kick(void *owner, unsigned vcpu)
{
	(void)owner;
	kicks[vcpu]++;
}

static void halt(void *owner)
{
	(void)owner;
	halts++;
}

static void begin(unsigned vcpus, unsigned spis)
{
	struct gic_config c = {.vcpus = vcpus, .spis = spis, .dist_base = DIST, .redist_base = REDIST, .revision = 3,
			       .host = {.kick = kick, .halt = halt}};

	memset(kicks, 0, sizeof(kicks));
	halts = 0;
	g = gic_new(&c);
}

static void end(void)
{
	gic_free(g);
}

static uint64_t rd(bool redist, unsigned vcpu, uint64_t offset, unsigned size)
{
	struct dev *d = redist ? gic_redist(g, vcpu) : gic_dist(g);

	return dev_read(d, 0, d->base + offset, size);
}

static void wr(bool redist, unsigned vcpu, uint64_t offset, unsigned size, uint64_t v)
{
	struct dev *d = redist ? gic_redist(g, vcpu) : gic_dist(g);

	dev_write(d, 0, d->base + offset, size, v);
}

#define ONES 0xffffffffu

/* Of 2 vCPUs and 64 SPIs; the redistributor of the last vCPU. after: what is read when all ones were written. */
static const struct {
	const char *name;
	bool redist;
	uint32_t offset;
	unsigned size;
	uint64_t reset, after;
} rows[] = {
	{"GICD_CTLR",       false, 0x0000, 4, 0x50, 0x52},
	{"GICD_TYPER",      false, 0x0004, 4, 9 << 19 | 2, 9 << 19 | 2},
	{"GICD_IIDR",       false, 0x0008, 4, 0x4b00343b, 0x4b00343b},
	{"GICD_TYPER2",     false, 0x000c, 4, 0, 0},
	{"GICD_STATUSR",    false, 0x0010, 4, ONES, ONES},
	{"GICD_IGROUPR",    false, 0x0084, 4, ONES, ONES},
	{"GICD_ISENABLER",  false, 0x0104, 4, 0, ONES},
	{"GICD_ICENABLER",  false, 0x0184, 4, 0, 0},
	{"GICD_ISPENDR",    false, 0x0204, 4, 0, ONES},
	{"GICD_ICPENDR",    false, 0x0284, 4, 0, 0},
	{"GICD_ISACTIVER",  false, 0x0304, 4, 0, ONES},
	{"GICD_ICACTIVER",  false, 0x0384, 4, 0, 0},
	{"GICD_IPRIORITYR", false, 0x0420, 4, 0, 0xf8f8f8f8},
	{"GICD_IPRIORITYR", false, 0x0421, 1, 0, 0xf8},
	{"GICD_ITARGETSR",  false, 0x0820, 4, 0, 0},
	{"GICD_ICFGR",      false, 0x0c08, 4, 0, 0xaaaaaaaa},
	{"GICD_IGRPMODR",   false, 0x0d04, 4, 0, 0},
	{"GICD_IROUTER",    false, 0x6100, 8, 0, 0xffffff},
	{"GICD_IROUTER",    false, 0x6104, 4, 0, 0},
	{"GICD_IDREGS",     false, 0xffe8, 4, 0x3b, 0x3b},
	{"GICD_IDREGS",     false, 0xffe0, 4, 0, 0},
	/* Private ones are not in the distributor, others not there. */
	{"GICD_IGROUPR",    false, 0x0080, 4, 0, 0},
	{"GICD_ISENABLER",  false, 0x0100, 4, 0, 0},
	{"GICD_IPRIORITYR", false, 0x0400, 4, 0, 0},
	{"GICD_IROUTER",    false, 0x6008, 8, 0, 0},
	{"GICD_ISENABLER",  false, 0x010c, 4, 0, 0},
	{"GICD_IROUTER",    false, 0x6300, 8, 0, 0},
	{"GICR_CTLR",       true,  0x0000, 4, 6, 6},
	{"GICR_IIDR",       true,  0x0004, 4, 0x4b00043b, 0x4b00043b},
	{"GICR_TYPER",      true,  0x0008, 8, 1ull << 32 | 1 << 8 | 1 << 4, 1ull << 32 | 1 << 8 | 1 << 4},
	{"GICR_TYPER",      true,  0x000c, 4, 1, 1},
	{"GICR_STATUSR",    true,  0x0010, 4, 0, 0},
	{"GICR_WAKER",      true,  0x0014, 4, 0, 0},
	{"GICR_PROPBASER",  true,  0x0070, 8, 0, 0x000fffffffffff9f},
	{"GICR_PENDBASER",  true,  0x0078, 8, 0x580, 0x000fffffffff0f80},
	{"GICR_INVLPIR",    true,  0x00a0, 8, 0, 0},
	{"GICR_INVALLR",    true,  0x00b0, 8, 0, 0},
	{"GICR_SYNCR",      true,  0x00c0, 4, 0, 0},
	{"GICR_IDREGS",     true,  0xffe8, 4, 0x3b, 0x3b},
	{"GICR_IGROUPR0",   true, 0x10080, 4, ONES, ONES},
	{"GICR_ISENABLER0", true, 0x10100, 4, 0xffff, ONES},
	{"GICR_ICENABLER0", true, 0x10180, 4, 0xffff, 0},
	{"GICR_ISPENDR0",   true, 0x10200, 4, 0, ONES},
	{"GICR_ICPENDR0",   true, 0x10280, 4, 0, 0},
	{"GICR_ISACTIVER0", true, 0x10300, 4, 0, ONES},
	{"GICR_ICACTIVER0", true, 0x10380, 4, 0, 0},
	{"GICR_IPRIORITYR0", true, 0x1041c, 4, 0, 0xf8f8f8f8},
	{"GICR_ICFGR0",     true, 0x10c00, 4, 0xaaaaaaaa, 0xaaaaaaaa},
	{"GICR_ICFGR0",     true, 0x10c04, 4, 0, 0},
	{"GICR_IGRPMODR0",  true, 0x10d00, 4, 0, 0},
	{"GICR_NSACR",      true, 0x10e00, 4, 0, 0},
};
enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

START_TEST(a_register_has_its_reset_value_and_keeps_its_bits)
{
	begin(2, 64);
	ck_assert_str_eq(gic_reg_name(rows[_i].redist, rows[_i].offset), rows[_i].name);
	ck_assert_uint_eq(rd(rows[_i].redist, 1, rows[_i].offset, rows[_i].size), rows[_i].reset);
	wr(rows[_i].redist, 1, rows[_i].offset, rows[_i].size, UINT64_MAX);
	ck_assert_uint_eq(rd(rows[_i].redist, 1, rows[_i].offset, rows[_i].size), rows[_i].after);
	gic_reset(g);
	ck_assert_uint_eq(rd(rows[_i].redist, 1, rows[_i].offset, rows[_i].size), rows[_i].reset);
	end();
}
END_TEST

static const struct {
	const char *name;
	bool redist;
	uint32_t offset, bytes;
	unsigned access;
} regs[] = {
#define D false
#define R true
#define GIC_WORD(frame, name, offset, bytes, access, rd, wr) {#name, frame, offset, bytes, access},
#define GIC_IRQS(frame, name, offset, bits, irqs, access, get, set, ones) {#name, frame, offset, (bits) * (irqs) / 8, access},
#include "models/dev/gic_regs.def"
#undef D
#undef R
};
enum { N_REGS = sizeof(regs) / sizeof(regs[0]) };

START_TEST(every_register_is_tried_above_and_apart_from_the_others)
{
	bool tried = false;

	for (int i = 0; i < N_ROWS; i++)
		tried |= strcmp(rows[i].name, regs[_i].name) == 0;
	ck_assert_msg(tried, "no row of this test tries %s", regs[_i].name);
	for (int i = 0; i < _i; i++)
		ck_assert_msg(regs[i].redist != regs[_i].redist || regs[i].offset + regs[i].bytes <= regs[_i].offset ||
				      regs[_i].offset + regs[_i].bytes <= regs[i].offset,
			      "%s and %s overlap", regs[i].name, regs[_i].name);
}
END_TEST

/* All SPIs and private ones on, pending, active and of some priority: what could be read is not zero. */
START_TEST(other_sizes_read_as_zero_and_write_nothing)
{
	begin(2, 64);
	for (unsigned size = 1; size <= 8; size *= 2) {
		uint64_t before[8];
		unsigned last = (unsigned)(regs[_i].bytes / 4 < 8 ? regs[_i].bytes / 4 : 8);

		if (regs[_i].access & size)
			continue;
		ck_assert_uint_eq(rd(regs[_i].redist, 0, regs[_i].offset, size), 0);
		for (unsigned i = 0; i < last; i++)
			before[i] = rd(regs[_i].redist, 0, regs[_i].offset + 4 * i, 4);
		wr(regs[_i].redist, 0, regs[_i].offset, size, UINT64_MAX);
		for (unsigned i = 0; i < last; i++)
			ck_assert_uint_eq(rd(regs[_i].redist, 0, regs[_i].offset + 4 * i, 4), before[i]);
	}
	if (regs[_i].bytes > 4)
		ck_assert_uint_eq(rd(regs[_i].redist, 0, regs[_i].offset + 2, 4), 0);
	end();
}
END_TEST

START_TEST(ones_set_and_clear)
{
	static const struct {
		uint32_t set, clear;
	} pairs[] = {{0x100, 0x180}, {0x200, 0x280}, {0x300, 0x380}};

	begin(1, 64);
	for (unsigned i = 0; i < 3; i++) {
		wr(false, 0, pairs[i].set + 4, 4, 0x11);
		wr(false, 0, pairs[i].set + 4, 4, 0x02);
		ck_assert_uint_eq(rd(false, 0, pairs[i].set + 4, 4), 0x13);
		ck_assert_uint_eq(rd(false, 0, pairs[i].clear + 4, 4), 0x13);
		wr(false, 0, pairs[i].clear + 4, 4, 0x10);
		ck_assert_uint_eq(rd(false, 0, pairs[i].set + 4, 4), 0x03);
		wr(true, 0, 0x10000 + pairs[i].clear, 4, ONES);
		wr(true, 0, 0x10000 + pairs[i].set, 4, 1u << 27 | 1);
		ck_assert_uint_eq(rd(true, 0, 0x10000 + pairs[i].clear, 4), 1u << 27 | 1);
	}
	/* Once per access to SPIs' active states: 3 writes and 3 reads above; none for one's own private ones. */
	ck_assert_uint_eq(halts, 6);
	end();
}
END_TEST

START_TEST(redistributors_lie_behind_each_other)
{
	begin(3, 32);
	for (unsigned v = 0; v < 3; v++) {
		ck_assert_uint_eq(gic_redist(g, v)->base, REDIST + v * GICR_SIZE);
		ck_assert_uint_eq(rd(true, v, 8, 8), (uint64_t)v << 32 | v << 8 | (v == 2 ? 1u << 4 : 0));
	}
	ck_assert_ptr_null(gic_redist(g, 3));
	ck_assert_int_eq(gic_redist(g, 0)->where, DEV_KERNEL);
	end();
}
END_TEST

START_TEST(affinities_are_kvms)
{
	begin(20, 32);
	ck_assert_uint_eq(gic_mpidr(0), 0x80000000);
	ck_assert_uint_eq(gic_mpidr(15), 0x8000000f);
	ck_assert_uint_eq(gic_mpidr(16), 0x80000100);
	ck_assert_int_eq(gic_vcpu_of(g, 0x80000103), 19);
	ck_assert_int_eq(gic_vcpu_of(g, 0x103), 19);
	ck_assert_int_eq(gic_vcpu_of(g, 0x104), -1);
	end();
}
END_TEST

/* The revision that KVM had before Linux 5.19. */
START_TEST(revision_2_has_no_invalidation_registers)
{
	struct gic_config c = {.vcpus = 1, .spis = 32, .dist_base = DIST, .redist_base = REDIST, .revision = 2};

	g = gic_new(&c);
	ck_assert_uint_eq(rd(true, 0, 0, 4), 0);
	ck_assert_uint_eq(rd(false, 0, 8, 4), 0x4b00243b);
	end();
}
END_TEST

/* Whatever is accessed: it answers within its size, and resetting brings all back. */
START_TEST(any_access_is_harmless)
{
	uint32_t seed = (uint32_t)_i + 1;

	begin(4, _i % 2 != 0 ? 988 : 64);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned size, vcpu;
		uint64_t offset;
		bool redist;

		seed = seed * 1664525 + 1013904223;
		size = 1u << (seed >> 8 & 3);
		vcpu = seed >> 10 & 3;
		redist = seed >> 12 & 1;
		offset = seed >> 14 & (redist ? GICR_SIZE - 1 : GICD_SIZE - 1);
		seed = seed * 1664525 + 1013904223;
		if (i % 3 != 0)
			offset = regs[seed >> 16 & 31].offset + (offset & 0x7c);
		if (seed >> 30 & 1)
			wr(redist, vcpu, offset, size, seed * 0x100000001ull);
		else if (size < 8)
			ck_assert_uint_eq(rd(redist, vcpu, offset, size) >> 8 * size, 0);
		else
			(void)rd(redist, vcpu, offset, size);
	}
	gic_reset(g);
	for (int i = 0; i < N_ROWS; i++)
		if (_i % 2 == 0 && strncmp(rows[i].name, "GICR_TYPER", 10) != 0 && strstr(rows[i].name, "GICD_TYPER") == NULL)
			ck_assert_uint_eq(rd(rows[i].redist, 1, rows[i].offset, rows[i].size), rows[i].reset);
	end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dev_gic_regs");
	TCase *t = tcase_create("registers");

	tcase_add_loop_test(t, a_register_has_its_reset_value_and_keeps_its_bits, 0, N_ROWS);
	tcase_add_loop_test(t, every_register_is_tried_above_and_apart_from_the_others, 0, N_REGS);
	tcase_add_loop_test(t, other_sizes_read_as_zero_and_write_nothing, 0, N_REGS);
	tcase_add_loop_test(t, any_access_is_harmless, 0, 8);
	tcase_add_test(t, ones_set_and_clear);
	tcase_add_test(t, redistributors_lie_behind_each_other);
	tcase_add_test(t, affinities_are_kvms);
	tcase_add_test(t, revision_2_has_no_invalidation_registers);
	suite_add_tcase(s, t);
	return suite_status(s);
}
