// SPDX-License-Identifier: Apache-2.0
/* The way of an interrupt: injection, lists, list registers, acknowledge, end, sync. None is lost, none doubled. */
#include <check.h>
#include <string.h>

#include "models/dev/gic.h"
#include "tests/suite.h"

enum { VCPUS = 2, SPIS = 32, INTIDS = GIC_PRIVATE + SPIS, DIST = 0x08000000, REDIST = 0x080a0000 };

static struct gic *g;
static struct ich h[VCPUS];
static unsigned kicks[VCPUS];
static bool phys_line, phys_active;
static uint32_t acked;

static void kick(void *owner, unsigned vcpu)
{
	(void)owner;
	kicks[vcpu]++;
}

static bool level_of(void *owner, unsigned vcpu, uint32_t intid)
{
	(void)owner;
	ck_assert_uint_eq(vcpu, 0);
	ck_assert_uint_eq(intid, 27);
	return phys_line;
}

static void set_active(void *owner, unsigned vcpu, uint32_t intid, bool active)
{
	(void)owner;
	(void)vcpu;
	(void)intid;
	phys_active = active;
}

static void deactivated(void *owner, uint32_t pintid)
{
	(void)owner;
	ck_assert_uint_eq(pintid, 127);
	phys_active = false;
}

static void note_acked(void *owner, uint32_t intid)
{
	(void)owner;
	acked = intid;
}

static void wr(bool redist, unsigned vcpu, uint64_t offset, uint64_t v)
{
	struct dev *d = redist ? gic_redist(g, vcpu) : gic_dist(g);

	dev_write(d, 0, d->base + offset, 4, v);
}

static void wr8(bool redist, unsigned vcpu, uint64_t offset, uint64_t v)
{
	struct dev *d = redist ? gic_redist(g, vcpu) : gic_dist(g);

	dev_write(d, 0, d->base + offset, 1, v);
}

static void route(uint32_t intid, unsigned vcpu)
{
	dev_write(gic_dist(g), 0, DIST + 0x6000 + 8 * intid, 8, vcpu);
}

/* Everything on, of priority 0x80; CPU interfaces open. */
static void begin(unsigned lrs)
{
	struct gic_config c = {.vcpus = VCPUS, .spis = SPIS, .dist_base = DIST, .redist_base = REDIST, .revision = 3,
			       .host = {.kick = kick, .phys_level = level_of, .phys_active = set_active, .acked = note_acked}};

	memset(kicks, 0, sizeof(kicks));
	phys_line = phys_active = false;
	acked = 0;
	g = gic_new(&c);
	wr(false, 0, 0, 2);
	wr(false, 0, 0x104, ~0u);
	for (unsigned v = 0; v < VCPUS; v++) {
		wr(true, v, 0x10100, ~0u);
		for (unsigned i = 0; i < 32; i++)
			wr8(true, v, 0x10400 + i, 0x80);
		ich_init(&h[v], lrs, 5);
		h[v].deactivated = deactivated;
		ich_set_vmcr(&h[v], 0xf8u << ICH_VMCR_PMR | ICH_VMCR_ENG1);
	}
	for (unsigned i = 32; i < INTIDS; i++)
		wr8(false, 0, 0x400 + i, 0x80);
}

static void end(void)
{
	gic_free(g);
}

static struct gic_state st(unsigned vcpu, uint32_t intid)
{
	struct gic_state s = {0};

	ck_assert(gic_state(g, vcpu, intid, &s));
	return s;
}

static uint32_t ack(unsigned v)
{
	uint64_t x = 0;

	ck_assert(ich_read(&h[v], A64_R_ICC_IAR1_EL1, &x));
	return (uint32_t)x;
}

static void eoi(unsigned v, uint32_t intid)
{
	ck_assert(ich_write(&h[v], A64_R_ICC_EOIR1_EL1, intid));
}

START_TEST(an_sgi_goes_to_whom_it_names)
{
	begin(4);
	gic_sgi(g, 0, A64_R_ICC_SGI1R_EL1, 5u << 24 | 2); /* Aff0 1 */
	ck_assert_uint_eq(kicks[0], 0);
	ck_assert_uint_eq(kicks[1], 1);
	ck_assert(gic_pending(g, 1, &h[1]));
	ck_assert(!gic_pending(g, 0, &h[0]));
	ck_assert(gic_idle(g, 0));
	ck_assert_uint_eq(gic_flush(g, 0, &h[0]), 0);
	ck_assert_uint_eq(gic_flush(g, 1, &h[1]), 1);
	ck_assert_uint_eq(gic_used_lrs(g, 1), 1);
	ck_assert_uint_eq(h[1].lr[0], 5 | 0x80ull << ICH_LR_PRIORITY | ICH_LR_GROUP1 | ICH_LR_PENDING);
	ck_assert_uint_eq(ack(1), 5);
	gic_sync(g, 1, &h[1]);
	ck_assert(st(1, 5).active);
	ck_assert(!gic_pending(g, 1, &h[1]));
	ck_assert_uint_eq(gic_flush(g, 1, &h[1]), 1);
	eoi(1, 5);
	gic_sync(g, 1, &h[1]);
	ck_assert(!st(1, 5).active);
	ck_assert(gic_idle(g, 1));
	/* All but the sender; a cluster that nobody is in; group 0 registers do not reach group 1. */
	gic_sgi(g, 1, A64_R_ICC_SGI1R_EL1, 1ull << 40 | 3u << 24);
	ck_assert(st(0, 3).pending && !st(1, 3).pending);
	gic_sgi(g, 0, A64_R_ICC_SGI1R_EL1, 1u << 16 | 4u << 24 | 3);
	gic_sgi(g, 0, A64_R_ICC_SGI0R_EL1, 4u << 24 | 3);
	gic_sgi(g, 0, A64_R_ICC_ASGI1R_EL1, 4u << 24 | 3);
	ck_assert(!st(0, 4).pending && !st(1, 4).pending);
	wr(true, 1, 0x10080, ~(1u << 4));
	gic_sgi(g, 0, A64_R_ICC_SGI0R_EL1, 4u << 24 | 3);
	ck_assert(!st(0, 4).pending && st(1, 4).pending);
	end();
}
END_TEST

START_TEST(a_level_comes_again_while_it_is_up)
{
	begin(4);
	ck_assert(gic_inject(g, 0, 40, true));
	ck_assert(!gic_inject(g, 0, 40, true));
	gic_flush(g, 0, &h[0]);
	ck_assert(h[0].lr[0] & ICH_LR_EOI);
	ck_assert_uint_eq(ack(0), 40);
	eoi(0, 40);
	ck_assert(ich_maintenance(&h[0]));
	gic_sync(g, 0, &h[0]);
	ck_assert_uint_eq(acked, 40);
	ck_assert_uint_eq(gic_flush(g, 0, &h[0]), 1);
	ck_assert_uint_eq(ack(0), 40);
	ck_assert(gic_inject(g, 0, 40, false));
	eoi(0, 40);
	gic_sync(g, 0, &h[0]);
	ck_assert(gic_idle(g, 0));
	ck_assert(!gic_inject(g, 0, INTIDS, true));
	end();
}
END_TEST

START_TEST(an_edge_while_active_comes_once_more)
{
	begin(4);
	wr(false, 0, 0xc08, 0xaaaaaaaa);
	gic_inject(g, 0, 40, true);
	gic_flush(g, 0, &h[0]);
	ck_assert_uint_eq(ack(0), 40);
	gic_inject(g, 0, 40, true);
	gic_inject(g, 0, 40, true);
	ck_assert(!gic_inject(g, 0, 40, false));
	gic_sync(g, 0, &h[0]);
	gic_flush(g, 0, &h[0]);
	ck_assert_uint_eq(h[0].lr[0] & ICH_LR_STATE, ICH_LR_STATE);
	ck_assert_uint_eq(ack(0), ICH_SPURIOUS);
	eoi(0, 40);
	ck_assert_uint_eq(ack(0), 40);
	eoi(0, 40);
	gic_sync(g, 0, &h[0]);
	ck_assert(gic_idle(g, 0));
	end();
}
END_TEST

START_TEST(the_distributor_and_enables_hold_back)
{
	begin(4);
	wr(false, 0, 0x184, 1u << 8);
	gic_inject(g, 0, 40, true);
	ck_assert_uint_eq(kicks[0], 0);
	ck_assert(st(0, 40).pending);
	wr(false, 0, 0x104, 1u << 8);
	ck_assert_uint_eq(kicks[0], 1);
	ck_assert_int_eq(st(0, 40).queued, 0);
	wr(false, 0, 0x184, 1u << 8);
	ck_assert_uint_eq(gic_flush(g, 0, &h[0]), 0);
	wr(false, 0, 0, 0);
	wr(false, 0, 0x104, 1u << 8);
	ck_assert(!gic_pending(g, 0, &h[0]));
	ck_assert_uint_eq(gic_flush(g, 0, &h[0]), 0);
	wr(false, 0, 0, 2);
	ck_assert_uint_eq(kicks[0], 2);
	ck_assert_uint_eq(gic_flush(g, 0, &h[0]), 1);
	ck_assert_uint_eq(ack(0), 40);
	end();
}
END_TEST

START_TEST(a_pending_one_follows_its_route_an_active_one_stays)
{
	begin(4);
	gic_inject(g, 0, 40, true);
	gic_inject(g, 0, 41, true);
	gic_flush(g, 0, &h[0]);
	ck_assert_uint_eq(ack(0), 40);
	route(40, 1);
	route(41, 1);
	gic_sync(g, 0, &h[0]);
	ck_assert_int_eq(st(0, 40).queued, 0);
	ck_assert_int_eq(st(0, 41).queued, 1);
	ck_assert_uint_eq(kicks[1], 1);
	gic_flush(g, 0, &h[0]);
	eoi(0, 40);
	gic_sync(g, 0, &h[0]);
	ck_assert_int_eq(st(0, 40).queued, 1); /* its line is still up */
	/* To nobody: it waits. */
	route(42, 9);
	gic_inject(g, 0, 42, true);
	ck_assert_int_eq(st(0, 42).target, -1);
	ck_assert_int_eq(st(0, 42).queued, -1);
	end();
}
END_TEST

START_TEST(more_than_fit_go_by_priority)
{
	begin(2);
	wr8(false, 0, 0x400 + 42, 0x40);
	wr8(false, 0, 0x400 + 44, 0x20);
	for (uint32_t i = 40; i < 45; i++)
		gic_inject(g, 0, i, true);
	ck_assert_uint_eq(gic_flush(g, 0, &h[0]), 2);
	ck_assert_uint_eq(h[0].lr[0] & ICH_LR_VINTID, 44);
	ck_assert_uint_eq(h[0].lr[1] & ICH_LR_VINTID, 42);
	ck_assert(h[0].hcr & ICH_HCR_UIE);
	ck_assert(!ich_maintenance(&h[0]));
	ck_assert_uint_eq(ack(0), 44);
	gic_inject(g, 0, 44, false);
	eoi(0, 44);
	ck_assert(ich_misr(&h[0]) & ICH_MISR_U);
	gic_sync(g, 0, &h[0]);
	ck_assert(!(h[0].hcr & ICH_HCR_UIE));
	end();
}
END_TEST

/* KVM's virtual timer: the physical interrupt stays active until the guest ends the virtual one. */
START_TEST(a_mapped_interrupt_ends_with_the_physical_one)
{
	begin(4);
	gic_map(g, 0, 27, 127);
	phys_line = phys_active = true;
	gic_inject(g, 0, 27, true);
	gic_flush(g, 0, &h[0]);
	ck_assert(h[0].lr[0] & ICH_LR_HW);
	ck_assert_uint_eq(h[0].lr[0] >> 32 & 0x1fff, 127);
	ck_assert_uint_eq(ack(0), 27);
	gic_sync(g, 0, &h[0]);
	ck_assert(gic_map_is_active(g, 0, 27));
	gic_flush(g, 0, &h[0]);
	ck_assert_uint_eq(h[0].lr[0] & ICH_LR_STATE, ICH_LR_ACTIVE);
	phys_line = false;
	eoi(0, 27);
	ck_assert(!phys_active);
	gic_sync(g, 0, &h[0]);
	ck_assert(gic_idle(g, 0));
	/* Never taken, and the guest stopped its timer: KVM takes back what it injected. */
	phys_line = phys_active = true;
	gic_inject(g, 0, 27, true);
	gic_flush(g, 0, &h[0]);
	phys_line = false;
	gic_sync(g, 0, &h[0]);
	ck_assert(!phys_active);
	ck_assert(gic_idle(g, 0));
	/* Never taken, and still up: once more. */
	phys_line = phys_active = true;
	gic_inject(g, 0, 27, true);
	gic_flush(g, 0, &h[0]);
	gic_sync(g, 0, &h[0]);
	ck_assert(phys_active);
	ck_assert_uint_eq(gic_flush(g, 0, &h[0]), 1);
	ck_assert_uint_eq(ack(0), 27);
	end();
}
END_TEST

/* ---- random lives ---- */

enum { N_RANDOM = 60, STEPS = 3000 };

static uint32_t seed;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

/* Of an interrupt: INTIDs 0 to 15 and 27 are of each vCPU, the SPIs of both. Edges: 0 to 15, even SPIs. */
static struct {
	unsigned sent, taken;
	bool waits; /* sent since it was taken last */
	bool line, active;
} is[VCPUS][INTIDS];

static struct {
	uint32_t stack[64];
	unsigned n;
	bool loaded;
} cpu[VCPUS];

static bool edge(uint32_t i)
{
	return i < 16 || (i >= 32 && i % 2 == 0);
}

static unsigned of(uint32_t i, unsigned v)
{
	return i < 32 ? v : 0;
}

static void send(uint32_t i, unsigned v)
{
	if (edge(i)) {
		is[of(i, v)][i].sent++;
		is[of(i, v)][i].waits = true;
		if (i < 16)
			gic_sgi(g, 1 - v, A64_R_ICC_SGI1R_EL1, i << 24 | 1u << v);
		else
			gic_inject(g, v, i, true);
	} else if (!is[of(i, v)][i].line) {
		is[of(i, v)][i].line = true;
		gic_inject(g, v, i, true);
	}
}

/* The handler begins. */
static bool take(unsigned v)
{
	uint32_t i = ack(v);
	unsigned o = of(i, v);

	if (i == ICH_SPURIOUS)
		return false;
	ck_assert_msg(!is[o][i].active, "interrupt %u of vCPU %u taken twice", i, v);
	if (edge(i)) {
		is[o][i].taken++;
		is[o][i].waits = false;
		ck_assert_msg(is[o][i].taken <= is[o][i].sent, "interrupt %u of vCPU %u doubled", i, v);
	} else {
		ck_assert_msg(is[o][i].line, "interrupt %u of vCPU %u taken without its line", i, v);
	}
	is[o][i].active = true;
	cpu[v].stack[cpu[v].n++] = i;
	return true;
}

/* The handler of the innermost one ends; served: its device's line goes down before. */
static void finish(unsigned v, bool served)
{
	uint32_t i = cpu[v].stack[--cpu[v].n];
	unsigned o = of(i, v);

	if (!edge(i) && served) {
		is[o][i].line = false;
		gic_inject(g, v, i, false);
	}
	eoi(v, i);
	is[o][i].active = false;
}

static void enter(unsigned v)
{
	unsigned used = gic_flush(g, v, &h[v]), worst = 0;
	uint64_t in = 0;

	cpu[v].loaded = true;
	for (unsigned i = 0; i < used; i++) {
		uint64_t lr = h[v].lr[i];

		in |= 1ull << (lr & 63);
		if ((lr & ICH_LR_STATE) == ICH_LR_PENDING && (lr >> ICH_LR_PRIORITY & 0xff) > worst)
			worst = lr >> ICH_LR_PRIORITY & 0xff;
	}
	if (!(h[v].hcr & ICH_HCR_UIE))
		return;
	/* What stays behind is not active, and not of a higher priority than what does not. */
	for (uint32_t i = 0; i < INTIDS; i++) {
		struct gic_state s = st(v, i);

		if (s.queued == (int)v && !(in >> i & 1)) {
			ck_assert(!s.active);
			ck_assert(!s.pending || !s.enabled || s.target != (int)v || s.priority >= worst);
		}
	}
}

static void leave(unsigned v)
{
	gic_sync(g, v, &h[v]);
	cpu[v].loaded = false;
	ck_assert_uint_eq(gic_used_lrs(g, v), 0);
	ck_assert_uint_eq(ich_elrsr(&h[v]), (1u << h[v].lrs) - 1);
}

/* A guest that gives an interrupt in flight another priority ends it in vain: its end does not fit what was taken. */
static void prioritize(uint32_t i, unsigned v)
{
	if (st(v, i).queued < 0)
		wr8(i < 32, v, (i < 32 ? 0x10400 : 0x400) + i, below(0xf8));
}

static void step(void)
{
	unsigned v = below(VCPUS);
	uint32_t i = below(3) == 0 ? below(16) : below(6) == 0 ? 27 : 32 + below(SPIS);

	switch (below(10)) {
	case 0: case 1: send(i, v); break;
	case 2: case 3:
		if (cpu[v].loaded)
			leave(v);
		else
			enter(v);
		break;
	case 4: case 5:
		if (cpu[v].loaded)
			take(v);
		break;
	case 6: case 7:
		if (cpu[v].loaded && cpu[v].n > 0)
			finish(v, below(4) != 0);
		break;
	case 8:
		if (i >= 32)
			route(i, below(VCPUS));
		prioritize(i, v);
		break;
	default:
		/* Switched off and on. */
		wr(i < 32, v, (i < 32 ? 0x10180 : 0x184), 1u << (i & 31));
		wr(i < 32, v, (i < 32 ? 0x10100 : 0x104), 1u << (i & 31));
		break;
	}
	if (cpu[v].loaded && ich_maintenance(&h[v])) {
		leave(v);
		enter(v);
	}
}

static void drain(void)
{
	for (unsigned round = 0; round < 200; round++)
		for (unsigned v = 0; v < VCPUS; v++) {
			if (!cpu[v].loaded)
				enter(v);
			while (cpu[v].n > 0)
				finish(v, true);
			while (take(v))
				finish(v, true);
			leave(v);
		}
}

START_TEST(none_is_lost_and_none_doubled)
{
	seed = (uint32_t)_i * 2654435761u + 1;
	memset(is, 0, sizeof(is));
	memset(cpu, 0, sizeof(cpu));
	begin(1 + (unsigned)_i % 4);
	wr(false, 0, 0xc08, 0x22222222);
	wr(false, 0, 0xc0c, 0x22222222);
	for (unsigned i = 0; i < STEPS; i++)
		step();
	drain();
	for (unsigned v = 0; v < VCPUS; v++) {
		ck_assert(gic_idle(g, v));
		ck_assert(!gic_pending(g, v, &h[v]));
		for (uint32_t i = 0; i < INTIDS; i++) {
			ck_assert_msg(!is[v][i].waits, "seed %d: interrupt %u of vCPU %u lost", _i, i, v);
			ck_assert_msg(!is[v][i].line, "seed %d: interrupt %u of vCPU %u not served", _i, i, v);
		}
	}
	end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dev_gic");
	TCase *t = tcase_create("ways");

	tcase_add_test(t, an_sgi_goes_to_whom_it_names);
	tcase_add_test(t, a_level_comes_again_while_it_is_up);
	tcase_add_test(t, an_edge_while_active_comes_once_more);
	tcase_add_test(t, the_distributor_and_enables_hold_back);
	tcase_add_test(t, a_pending_one_follows_its_route_an_active_one_stays);
	tcase_add_test(t, more_than_fit_go_by_priority);
	tcase_add_test(t, a_mapped_interrupt_ends_with_the_physical_one);
	tcase_add_loop_test(t, none_is_lost_and_none_doubled, 0, N_RANDOM);
	suite_add_tcase(s, t);
	return suite_status(s);
}
