// SPDX-License-Identifier: Apache-2.0
/* Guests of tests/guests on the A64 core print what QEMU's virt machine lets them print. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/cpu/a64/a64.h"
#include "sim/base/err.h"
#include "tests/suite.h"

#define RAM_BASE  0x40000000u
#define RAM_SIZE  (16u << 20)
#define LOAD      0x40100000u
#define UART_BASE 0x09000000u

struct board {
	uint8_t *ram;
	char *text;
	size_t n;
};

static uint8_t *board_ram(void *owner, uint64_t pa)
{
	struct board *b = owner;

	return pa >= RAM_BASE && pa < RAM_BASE + RAM_SIZE ? b->ram + (pa - RAM_BASE) : NULL;
}

static bool board_device(void *owner, struct a64 *c, uint64_t pa, unsigned size, bool write, uint64_t *value)
{
	struct board *b = owner;

	(void)c;
	(void)size;
	if (pa != UART_BASE || !write)
		return false;
	b->text = xrealloc(b->text, b->n + 2);
	b->text[b->n++] = (char)*value;
	b->text[b->n] = '\0';
	return true;
}

static char *file_text(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *text = xcalloc(1, RAM_SIZE);

	ck_assert_msg(f != NULL, "%s cannot be opened", path);
	*size = fread(text, 1, RAM_SIZE / 2, f);
	fclose(f);
	return text;
}

/* Runs an image until it asks PSCI to power off; returns what it printed, to be freed. */
static char *run(const char *path)
{
	struct board b = {.ram = xcalloc(1, RAM_SIZE)};
	struct a64_bus bus = {.owner = &b, .ram = board_ram, .device = board_device};
	struct a64 *c = a64_new(&bus, A64_FEATS_ALL, 1, 1);
	size_t size;
	char *image = file_text(path, &size);
	enum a64_stop stop;

	memcpy(b.ram + (LOAD - RAM_BASE), image, size);
	free(image);
	c->pc = LOAD;
	c->reg[A64_R_ID_AA64MMFR0_EL1] = 1 << 20; /* TGran16 */
	c->reg[A64_R_HCR_EL2] = (uint64_t)1 << 31 | (uint64_t)1 << 40 | (uint64_t)1 << 41; /* RW, APK, API */
	stop = a64_run(c, 20000000);
	ck_assert_msg(stop == A64_STOP_EXCEPTION && c->exit.esr >> 26 == 0x16 && c->x[0] == 0x84000008,
		      "stopped by %d at 0x%" PRIx64 ": esr 0x%" PRIx64 " word 0x%08" PRIx32 " %s; printed: %s", (int)stop, c->pc,
		      c->exit.esr, c->exit.word, c->exit.what != NULL ? c->exit.what : "", b.text != NULL ? b.text : "nothing");
	free(b.ram);
	a64_free(c);
	return b.text;
}

/* The first line that differs is told. */
static void hold(const char *got, const char *want)
{
	for (unsigned line = 1; *got != '\0' || *want != '\0'; line++) {
		size_t g = strcspn(got, "\n"), w = strcspn(want, "\n");

		ck_assert_msg(g == w && memcmp(got, want, g) == 0, "line %u: \"%.*s\", want \"%.*s\"", line, (int)g, got, (int)w, want);
		got += g + (got[g] == '\n');
		want += w + (want[w] == '\n');
	}
}

static const char *const guests[] = {"mmu", "debug"};

START_TEST(a_guest_prints_what_qemu_lets_it_print)
{
	char path[1024], *want, *got;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s.bin", EL2SIM_A64_GUESTS, guests[_i]);
	got = run(path);
	snprintf(path, sizeof(path), EL2SIM_SOURCE_DIR "/tests/guests/%s.txt", guests[_i]);
	want = file_text(path, &size);
	hold(got, want);
	free(got);
	free(want);
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *t;

	if (EL2SIM_A64_GUESTS[0] == '\0') {
		puts("skipped: no aarch64-linux-gnu-gcc (package gcc-aarch64-linux-gnu)");
		return 77;
	}
	s = suite_create("a64_guests");
	t = tcase_create("qemu");
	tcase_add_loop_test(t, a_guest_prints_what_qemu_lets_it_print, 0, (int)(sizeof(guests) / sizeof(guests[0])));
	suite_add_tcase(s, t);
	return suite_status(s);
}
