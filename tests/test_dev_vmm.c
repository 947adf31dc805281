// SPDX-License-Identifier: Apache-2.0
/* Devices of VMMs: windows, UARTs, the clock, empty virtio slots. */
#include <check.h>
#include <string.h>

#include "models/dev/vmm.h"
#include "tests/suite.h"

static char text[64];
static size_t n_text;
static unsigned changes;
static bool level;

static void put(void *owner, uint8_t byte)
{
	(void)owner;
	text[n_text++] = (char)byte;
	text[n_text] = '\0';
}

static void set(void *owner, uint32_t intid, bool up)
{
	ck_assert_uint_eq(intid, 33);
	(void)owner;
	level = up;
	changes++;
}

static const struct dev_line line = {.set = set, .intid = 33};
static const struct dev_console console = {.put = put};

static void begin(void)
{
	n_text = changes = 0;
	level = false;
	text[0] = '\0';
}

#define RD(d, offset, size)        dev_read(&(d)->dev, 0, (d)->dev.base + (offset), size)
#define WR(d, offset, size, value) dev_write(&(d)->dev, 0, (d)->dev.base + (offset), size, value)

START_TEST(a_device_is_found_by_its_window)
{
	struct pl011 u;
	struct virtio_slot v;
	struct dev *devs[] = {&u.dev, &v.dev};

	pl011_init(&u, 0x9000000, 33);
	virtio_slot_init(&v, 0xa000000, 0x200);
	ck_assert_ptr_eq(dev_at(devs, 2, 0x9000000), &u.dev);
	ck_assert_ptr_eq(dev_at(devs, 2, 0x9000fff), &u.dev);
	ck_assert_ptr_null(dev_at(devs, 2, 0x9001000));
	ck_assert_ptr_null(dev_at(devs, 2, 0x8ffffff));
	ck_assert_ptr_eq(dev_at(devs, 2, 0xa0001ff), &v.dev);
	/* Across the end: nothing. */
	ck_assert_uint_eq(dev_read(&v.dev, 0, 0xa0001fe, 4), 0);
	ck_assert_int_eq(u.dev.where, DEV_USER);
}
END_TEST

START_TEST(pl011_prints_and_says_that_it_has)
{
	struct pl011 u;

	begin();
	pl011_init(&u, 0x9000000, 33);
	u.console = console;
	u.line = line;
	WR(&u, 0x00, 1, 'h');
	WR(&u, 0x00, 4, 'i');
	ck_assert_str_eq(text, "hi");
	ck_assert_uint_eq(RD(&u, 0x18, 4), 0x90); /* FR: both FIFOs empty */
	ck_assert_uint_eq(RD(&u, 0x3c, 4), 0x20);
	ck_assert_uint_eq(RD(&u, 0x40, 4), 0);
	ck_assert(!level);
	WR(&u, 0x38, 4, 0x20);
	ck_assert(level);
	ck_assert_uint_eq(RD(&u, 0x40, 4), 0x20);
	WR(&u, 0x44, 4, 0x20);
	ck_assert(!level);
	WR(&u, 0x00, 1, '!');
	ck_assert(level);
	ck_assert_uint_eq(changes, 3);
	ck_assert_uint_eq(RD(&u, 0x00, 4), 0); /* nothing to receive */
}
END_TEST

/* offset, bits that are kept */
static const struct {
	uint16_t offset;
	uint32_t mask, reset;
} pl011_rows[] = {
	{0x20, 0xff, 0}, {0x24, 0xffff, 0}, {0x28, 0x3f, 0}, {0x2c, 0xff, 0}, {0x30, 0xffff, 0x300}, {0x34, 0x3f, 0x12},
	{0x38, 0x7ff, 0}, {0x48, 7, 0}, {0x18, 0, 0x90}, {0x40, 0, 0}, {0x04, 0, 0},
};

START_TEST(pl011_registers_keep_their_bits)
{
	struct pl011 u;

	pl011_init(&u, 0x9000000, 33);
	ck_assert_uint_eq(RD(&u, pl011_rows[_i].offset, 4), pl011_rows[_i].reset);
	WR(&u, pl011_rows[_i].offset, 4, 0xffffffff);
	ck_assert_uint_eq(RD(&u, pl011_rows[_i].offset, 4), pl011_rows[_i].mask != 0 ? pl011_rows[_i].mask : pl011_rows[_i].reset);
}
END_TEST

/* What Linux's AMBA bus reads: part and designer. */
START_TEST(primecells_identify_themselves)
{
	struct pl011 u;
	struct pl031 r;
	uint32_t id_u = 0, id_r = 0, cell = 0;

	pl011_init(&u, 0x9000000, 33);
	pl031_init(&r, 0x9010000, 34, 0);
	for (unsigned i = 0; i < 4; i++) {
		id_u |= (uint32_t)RD(&u, 0xfe0 + 4 * i, 4) << 8 * i;
		id_r |= (uint32_t)RD(&r, 0xfe0 + 4 * i, 4) << 8 * i;
		cell |= (uint32_t)RD(&u, 0xff0 + 4 * i, 4) << 8 * i;
	}
	ck_assert_uint_eq(id_u & 0xfffff, 0x41011);
	ck_assert_uint_eq(id_r & 0xfffff, 0x41031);
	ck_assert_uint_eq(cell, 0xb105f00d);
}
END_TEST

START_TEST(uart8250_prints_and_says_that_it_has)
{
	struct uart8250 u;

	begin();
	uart8250_init(&u, 0x1000000, 33);
	u.console = console;
	u.line = line;
	WR(&u, 0, 1, 'h');
	WR(&u, 0, 1, 'i');
	ck_assert_str_eq(text, "hi");
	ck_assert_uint_eq(RD(&u, 5, 1), 0x60);
	ck_assert_uint_eq(RD(&u, 2, 1), 1);
	WR(&u, 1, 1, 2);
	ck_assert(level);
	ck_assert_uint_eq(RD(&u, 2, 1), 2);
	ck_assert(!level);
	ck_assert_uint_eq(RD(&u, 2, 1), 1);
	WR(&u, 0, 1, '!');
	ck_assert(level);
	WR(&u, 1, 1, 0);
	ck_assert(!level);
}
END_TEST

START_TEST(uart8250_divisor_is_not_text)
{
	struct uart8250 u;

	begin();
	uart8250_init(&u, 0x1000000, 33);
	u.console = console;
	WR(&u, 3, 1, 0x83);
	WR(&u, 0, 1, 13);
	WR(&u, 1, 1, 1);
	ck_assert_uint_eq(RD(&u, 0, 1), 13);
	ck_assert_uint_eq(RD(&u, 1, 1), 1);
	WR(&u, 3, 1, 3);
	ck_assert_uint_eq(RD(&u, 0, 1), 0);
	ck_assert_uint_eq(RD(&u, 1, 1), 0);
	ck_assert_str_eq(text, "");
	WR(&u, 7, 1, 0x5a);
	ck_assert_uint_eq(RD(&u, 7, 1), 0x5a);
	WR(&u, 2, 1, 1);
	ck_assert_uint_eq(RD(&u, 2, 1), 0xc1);
	/* In loopback what MCR drives comes back, and nothing leaves. */
	WR(&u, 4, 1, 0x1a);
	ck_assert_uint_eq(RD(&u, 6, 1), 0x90);
	WR(&u, 0, 1, 'x');
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(the_clock_goes_and_rings)
{
	struct pl031 r;

	begin();
	pl031_init(&r, 0x9010000, 33, 1000);
	r.line = line;
	ck_assert_uint_eq(RD(&r, 0, 4), 1000);
	WR(&r, 0x10, 4, 1);
	WR(&r, 4, 4, 1010);
	ck_assert_uint_eq(pl031_alarm(&r), 10);
	pl031_set_time(&r, 1009);
	ck_assert(!level);
	pl031_set_time(&r, 1010);
	ck_assert(level);
	ck_assert_uint_eq(RD(&r, 0x18, 4), 1);
	WR(&r, 0x1c, 4, 1);
	ck_assert(!level);
	ck_assert_uint_eq(pl031_alarm(&r), 1ull << 32);
	/* It is set, and goes on from there. */
	WR(&r, 8, 4, 5);
	ck_assert_uint_eq(RD(&r, 0, 4), 5);
	pl031_set_time(&r, 1012);
	ck_assert_uint_eq(RD(&r, 0, 4), 7);
	ck_assert_uint_eq(RD(&r, 8, 4), 5);
	ck_assert_uint_eq(RD(&r, 0xc, 4), 1);
	WR(&r, 0, 4, 99);
	ck_assert_uint_eq(RD(&r, 0, 4), 7);
	/* Over the alarm in one step. */
	WR(&r, 4, 4, 20);
	pl031_set_time(&r, 1100);
	ck_assert(level);
}
END_TEST

START_TEST(an_empty_slot_says_so)
{
	struct virtio_slot v;

	virtio_slot_init(&v, 0xa000000, 0x200);
	ck_assert_uint_eq(RD(&v, 0, 4), 0x74726976);
	ck_assert_uint_eq(RD(&v, 4, 4), 1);
	ck_assert_uint_eq(RD(&v, 8, 4), 0);
	WR(&v, 8, 4, 1);
	ck_assert_uint_eq(RD(&v, 8, 4), 0);
	ck_assert_uint_eq(RD(&v, 0, 1), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dev_vmm");
	TCase *t = tcase_create("devices");

	tcase_add_test(t, a_device_is_found_by_its_window);
	tcase_add_test(t, pl011_prints_and_says_that_it_has);
	tcase_add_loop_test(t, pl011_registers_keep_their_bits, 0, (int)(sizeof(pl011_rows) / sizeof(pl011_rows[0])));
	tcase_add_test(t, primecells_identify_themselves);
	tcase_add_test(t, uart8250_prints_and_says_that_it_has);
	tcase_add_test(t, uart8250_divisor_is_not_text);
	tcase_add_test(t, the_clock_goes_and_rings);
	tcase_add_test(t, an_empty_slot_says_so);
	suite_add_tcase(s, t);
	return suite_status(s);
}
