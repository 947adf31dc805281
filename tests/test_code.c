/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that execute code on a machine in simulated time: the shipped one, and images that are none. */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/hyp/host/code.h"
#include "models/image/image.h"
#include "tests/smp_bench.h"
#include "tests/suite.h"

#define EXITS EL2SIM_SOURCE_DIR "/configs/guests/exits.elf"

/* The shipped guest on two vCPUs of two pCPUs, to its end. */
static struct smp *run_exits(struct bench *b, const char *model, unsigned pcpus)
{
	setup(b, model);
	b->w.guest = EXITS;
	b->o.vcpus = 2;
	b->o.pcpus = pcpus;
	b->o.tick_hz = 1000;
	b->o.duration_us = 1000000;
	return simulate(b, false);
}

static const char *const models[] = {"linux-6.12-vhe", "linux-6.12-nvhe", "linux-6.1-vhe"};

START_TEST(the_shipped_guest_powers_off)
{
	struct bench b;
	struct smp *m = run_exits(&b, models[_i], 2);
	const struct outcome_guest *g = m->out.guest;

	ck_assert_uint_eq(m->out.n_guests, 1);
	ck_assert_msg(g->good, "%s\n%s%s", g->end, g->console, g->tell);
	ck_assert_str_eq(g->end, "powered off");
	ck_assert_msg(strstr(g->console, "\ndone\n") != NULL, "%s", g->console);
	ck_assert_ptr_null(strstr(g->console, "unexpected"));
	ck_assert_uint_eq(m->code[0].vm->nowhere, 0);
	smp_free(m);
	teardown(&b);
}
END_TEST

/* Two vCPUs share a pCPU: the scheduler's business, whichever it is, and the guest does not care. */
START_TEST(vcpus_that_share_a_pcpu_finish_too)
{
	struct bench b;
	struct smp *m;

	setup(&b, models[0]);
	b.w.guest = EXITS;
	b.o.vcpus = 2;
	b.o.sched = _i;
	b.o.slice_us = 100;
	b.o.tick_hz = 10000;
	b.o.duration_us = 4000000;
	m = simulate(&b, false);
	ck_assert_uint_gt(m->out.n.preemptions, 0);
	ck_assert_uint_gt(m->out.kind[EXIT_FOR_irq].count, 0);
	ck_assert_msg(m->out.guest->good, "%s", m->out.guest->end);
	ck_assert_msg(strstr(m->out.guest->console, "\ndone\n") != NULL, "%s", m->out.guest->console);
	smp_free(m);
	teardown(&b);
}
END_TEST

START_TEST(two_runs_are_alike)
{
	struct bench b[2];
	struct smp *m[2];

	for (unsigned i = 0; i < 2; i++)
		m[i] = run_exits(&b[i], models[0], 2);
	ck_assert_str_eq(m[0]->out.guest->console, m[1]->out.guest->console);
	ck_assert_str_eq(m[0]->out.guest->tell, m[1]->out.guest->tell);
	ck_assert_uint_eq(m[0]->out.clock->end, m[1]->out.clock->end);
	ck_assert(memcmp(&m[0]->out.total, &m[1]->out.total, sizeof(m[0]->out.total)) == 0);
	for (unsigned i = 0; i < 2; i++) {
		smp_free(m[i]);
		teardown(&b[i]);
	}
}
END_TEST

/* What the guest does 64 times, and the kind that it is. */
static const struct {
	const char *function;
	enum exit_kind kind;
} kinds[] = {
	{"hvc_unknown", EXIT_hvc_unknown},	 {"hvc_psci_version", EXIT_hvc_psci_version},
	{"hvc_smccc_version", EXIT_hvc_smccc_version}, {"smc_unknown", EXIT_smc_unknown},
	{"sysreg_id", EXIT_sysreg_id},		 {"sysreg_dbg", EXIT_sysreg_dbg},
	{"mmio_gicd_read", EXIT_mmio_gicd_read}, {"mmio_gicd_write", EXIT_mmio_gicd_write},
	{"mmio_read_user", EXIT_mmio_read_user}, {"mmio_write_user", EXIT_mmio_write_user},
	{"sgi_self", EXIT_sgi_self},		 {"vtimer_irq", EXIT_vtimer_irq},
};

/*
 * An exit that code causes counts what an exit of that kind counts, which el2sim verify holds against the recordings: at the
 * end of the run all exits of a kind together have that many times the register accesses of the kind's own sequence.
 */
START_TEST(exits_of_code_count_what_their_kind_counts)
{
	struct bench b;
	struct smp *m = run_exits(&b, models[0], 2);
	const enum exit_kind k = kinds[_i].kind;
	const struct outcome_kind *o = &m->out.kind[k];
	struct runner *r = runner_new(b.prog, false);
	struct runner_vcpu *v = runner_vcpu_of(r, 0);
	struct ws_totals one = {0};
	uint64_t count = 0;

	for (size_t i = 0; i < m->out.guest->n_sites; i++) {
		const struct outcome_site *s = &m->out.guest->site[i];

		if (strcmp(s->function, kinds[_i].function) == 0 && s->kind == k)
			count = s->count;
	}
	ck_assert_msg(count == 64, "%s: %llu exits of its kind, want 64", kinds[_i].function, (unsigned long long)count);
	runner_kind(r, v, EXIT_FOR_first_run, NULL);
	for (unsigned i = 0; i < 3; i++) { /* the first ones find the state of others */
		one = (struct ws_totals){0};
		runner_kind(r, v, k, &one);
	}
	/* a UART's output and first accesses are of the same kinds; timers and list registers come and go */
	if (exit_row(k)->class == XC_HVC || exit_row(k)->class == XC_SMC || exit_row(k)->class == XC_SYSREG) {
		ck_assert_uint_ge(o->count, 64);
		ck_assert_msg(outcome_accesses(&o->totals) / o->count == outcome_accesses(&one),
			      "%s: %llu accesses in %llu exits, want %llu each", exit_row(k)->name,
			      (unsigned long long)outcome_accesses(&o->totals), (unsigned long long)o->count,
			      (unsigned long long)outcome_accesses(&one));
	}
	runner_free(r);
	smp_free(m);
	teardown(&b);
}
END_TEST

static uint8_t *bytes_of(const char *path, size_t *n)
{
	struct err e;
	uint8_t *b;

	ck_assert_msg(image_bytes_raw(path, &b, n, &e) == 0, "%s", e.text);
	return b;
}

static const char *const shipped[] = {"exits", "kinds"};

/* What is loaded; the file's other bytes have the names of the compiler's temporary files in them. */
START_TEST(a_shipped_guest_is_what_its_source_makes)
{
	static const char *const folders[2] = {EL2SIM_SOURCE_DIR "/configs/guests", EL2SIM_A64_GUESTS};
	const struct image_memory m = {0x40000000, 256 << 20};
	struct image im[2];
	char path[500];
	struct err e;

	if (EL2SIM_A64_GUESTS[0] == '\0')
		return; /* no cross compiler */
	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s.elf", folders[i], shipped[_i]);
		ck_assert_msg(image_read(&im[i], path, &m, &e) == 0, "%s", e.text);
	}
#if defined(__GNUC__) && __GNUC__ == 12 /* another compiler makes other code */
	ck_assert_uint_eq(im[0].entry, im[1].entry);
	ck_assert_uint_eq(im[0].n_segments, im[1].n_segments);
	for (size_t i = 0; i < im[0].n_segments; i++) {
		const struct image_segment *x = &im[0].segment[i], *y = &im[1].segment[i];

		ck_assert(x->at == y->at && x->size == y->size && x->file == y->file);
		ck_assert(memcmp(im[0].bytes + x->from, im[1].bytes + y->from, x->file) == 0);
	}
#endif
	for (unsigned i = 0; i < 2; i++)
		image_free(&im[i]);
}
END_TEST

/* The alarm rings at its second, though the guest sleeps and looks at nothing. */
START_TEST(an_alarm_wakes_a_guest_that_sleeps)
{
	struct bench b;
	struct smp *m;

	if (EL2SIM_A64_GUESTS[0] == '\0')
		return; /* no cross compiler */
	setup(&b, models[0]);
	b.w.guest = EL2SIM_A64_GUESTS "/alarm.elf";
	b.o.duration_us = 4000000;
	m = simulate(&b, false);
	ck_assert_msg(strcmp(m->out.guest->console, "rang after 2 s\n") == 0, "%s: \"%s\"", m->out.guest->end, m->out.guest->console);
	ck_assert_uint_ge(m->out.clock->end_ns, UINT64_C(2000000000));
	ck_assert_uint_lt(m->out.clock->end_ns, UINT64_C(2001000000));
	smp_free(m);
	teardown(&b);
}
END_TEST

/* ---- images ---- */

static const struct image_memory memory = {0x40000000, 256 << 20};

/* The shipped ELF file with one thing wrong. */
static const struct {
	const char *what;
	size_t at;
	uint8_t bytes[8];
	size_t n;    /* of these bytes */
	size_t size; /* of the file then; 0: all */
} wrong[] = {
	{"is a damaged ELF file", 0, {0}, 0, 20},
	{"is cut off", 0, {0}, 0, 4096},
	{"machine 62: want AArch64", 18, {62, 0}, 2, 0},
	{"32-bit", 4, {1}, 1, 0},
	{"big-endian", 5, {2}, 1, 0},
	{"is no executable", 16, {1, 0}, 2, 0},
	{"the entry 0x3 is in no segment", 24, {3, 0, 0, 0, 0, 0, 0, 0}, 8, 0},
	{"is outside of the memory", 64 + 24, {0, 0, 0, 0, 1, 0, 0, 0}, 8, 0},
	{"segments at 0x40100000 and 0x40100000 overlap", 64 + 56 + 24, {0, 0, 0x10, 0x40, 0, 0, 0, 0}, 8, 0},
	{"the entry 0x50000000 is in no segment", 24, {0, 0, 0, 0x50, 0, 0, 0, 0}, 8, 0},
	{"bytes of the file in 0x10 bytes of memory", 64 + 40, {0x10, 0, 0, 0, 0, 0, 0, 0}, 8, 0},
	{"goes over the end of all addresses", 64 + 40, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 8, 0},
	{"is cut off: a segment goes to byte", 64 + 8, {0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0}, 8, 0},
	{"has nothing to load", 56, {0, 0}, 2, 0},
	{"is a damaged ELF file", 56, {0xff, 0x7f}, 2, 0},
};

START_TEST(a_damaged_elf_file_is_one_clear_line)
{
	struct image im;
	struct err e = {ERR_NONE, ""};
	size_t n;
	uint8_t *b = bytes_of(EXITS, &n);

	memcpy(b + wrong[_i].at, wrong[_i].bytes, wrong[_i].n);
	ck_assert_int_eq(image_parse(&im, "x.elf", b, wrong[_i].size != 0 ? wrong[_i].size : n, &memory, &e), -1);
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_msg(strstr(e.text, wrong[_i].what) != NULL && strncmp(e.text, "x.elf: ", 7) == 0, "\"%s\", want \"%s\"", e.text,
		      wrong[_i].what);
	ck_assert_ptr_null(strchr(e.text, '\n'));
	image_free(&im);
}
END_TEST

/* Each byte of the headers, with each of a few values: no crash, and a refusal says why. */
START_TEST(no_byte_of_a_header_crashes)
{
	static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
	size_t n;
	uint8_t *b = bytes_of(EXITS, &n);

	for (size_t at = 4; at < 64 + 4 * 56; at++) {
		for (size_t i = 0; i < sizeof(values); i++) {
			uint8_t *copy = xmalloc(n);
			struct image im;
			struct err e = {ERR_NONE, ""};

			memcpy(copy, b, n);
			copy[at] = values[i];
			if (image_parse(&im, "x.elf", copy, n, &memory, &e) != 0)
				ck_assert(e.text[0] != '\0');
			image_free(&im);
		}
	}
	free(b);
}
END_TEST

/* An Image's header: text_offset, image_size, flags, magic. */
static uint8_t *linux_image(uint64_t offset, uint64_t size, uint64_t flags)
{
	uint8_t *b = xcalloc(1, 4096);

	memcpy(b + 8, &offset, 8);
	memcpy(b + 16, &size, 8);
	memcpy(b + 24, &flags, 8);
	memcpy(b + 56, "ARM\x64", 4);
	return b;
}

START_TEST(an_image_goes_where_its_header_says)
{
	struct image im;
	struct err e;
	struct image_layout l;

	ck_assert_int_eq(image_parse(&im, "Image", linux_image(0x80000, 0x10000, 0), 4096, &memory, &e), 0);
	ck_assert_int_eq(im.kind, IMAGE_LINUX);
	ck_assert_uint_eq(im.entry, 0x40080000);
	ck_assert_uint_eq(im.end, 0x40090000);
	ck_assert_int_eq(image_layout(&im, &memory, 1000, 0x10000, &l, &e), 0);
	ck_assert_uint_eq(l.initrd, 0x48000000);
	ck_assert_uint_eq(l.dtb % 0x200000, 0);
	ck_assert_int_eq(image_layout(&im, &memory, 300 << 20, 0x10000, &l, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "no room for the initrd"));
	image_free(&im);
	ck_assert_int_eq(image_parse(&im, "Image", linux_image(0, (uint64_t)1 << 40, 0), 4096, &memory, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "MiB of memory"));
	image_free(&im);
	ck_assert_int_eq(image_parse(&im, "Image", linux_image(0, 4096, 1), 4096, &memory, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "big-endian"));
	image_free(&im);
}
END_TEST

START_TEST(bare_bytes_go_where_qemu_puts_them)
{
	static const struct image_memory small = {0x40000000, 0x80000};
	struct image im;
	struct err e;

	ck_assert_int_eq(image_parse(&im, "x.flat", xcalloc(1, 100), 100, &memory, &e), 0);
	ck_assert_int_eq(im.kind, IMAGE_FLAT);
	ck_assert_uint_eq(im.entry, 0x40080000);
	image_free(&im);
	ck_assert_int_eq(image_parse(&im, "x.flat", xcalloc(1, 100), 100, &small, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "outside of the memory"));
	image_free(&im);
}
END_TEST

/* ---- files ---- */

struct scratch {
	char folder[40], path[80];
};

static void scratch_new(struct scratch *d)
{
	(void)snprintf(d->folder, sizeof(d->folder), "/tmp/el2sim-code-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(d->folder));
	(void)snprintf(d->path, sizeof(d->path), "%s/guest", d->folder);
}

static void scratch_free(struct scratch *d)
{
	(void)unlink(d->path);
	(void)rmdir(d->path);
	ck_assert_int_eq(rmdir(d->folder), 0);
}

/* The file compressed by a filter of libarchive. */
static void pack(const char *path, const uint8_t *bytes, size_t n, int filter)
{
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	ck_assert_int_eq(archive_write_add_filter(a, filter), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_set_format_raw(a), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_open_filename(a, path), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_pathname(entry, "guest");
	ck_assert_int_eq(archive_write_header(a, entry), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_data(a, bytes, n), (la_ssize_t)n);
	archive_entry_free(entry);
	ck_assert_int_eq(archive_write_close(a), ARCHIVE_OK);
	(void)archive_write_free(a);
}

static const int filters[] = {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_XZ};

START_TEST(a_compressed_image_is_the_image_and_a_damaged_one_is_refused)
{
	struct scratch d;
	struct stat st;
	struct err e;
	size_t n;
	uint8_t *b = bytes_of(EXITS, &n);
	struct image im;

	scratch_new(&d);
	pack(d.path, b, n, filters[_i]);
	ck_assert_msg(image_read(&im, d.path, &memory, &e) == 0, "%s", e.text);
	ck_assert(im.n_bytes == n && memcmp(im.bytes, b, n) == 0);
	image_free(&im);
	ck_assert_int_eq(stat(d.path, &st), 0);
	for (unsigned part = 1; part < 8; part++) { /* cut off */
		ck_assert_int_eq(truncate(d.path, st.st_size - part * st.st_size / 8), 0);
		ck_assert_int_eq(image_read(&im, d.path, &memory, &e), -1);
		ck_assert_msg(e.code == ERR_INPUT && strstr(e.text, d.path) != NULL && strchr(e.text, '\n') == NULL, "%s", e.text);
		image_free(&im);
	}
	free(b);
	scratch_free(&d);
}
END_TEST

/* What is no file, or an empty one: as a guest, and as an initrd. */
static const struct {
	const char *what, *says;
} no_files[] = {{"directory", "is a directory: want a file"}, {"fifo", "is a FIFO: want a file"}, {"empty", "is empty"},
		{"nothing", "cannot be opened"}, {"/dev/zero", "is a device: want a file"}};

static void make(const char *path, const char *what)
{
	int fd = -1;

	if (strcmp(what, "directory") == 0)
		ck_assert_int_eq(mkdir(path, 0700), 0);
	else if (strcmp(what, "fifo") == 0)
		ck_assert_int_eq(mkfifo(path, 0600), 0);
	else if (strcmp(what, "empty") == 0)
		ck_assert_int_ge(fd = open(path, O_CREAT | O_WRONLY, 0600), 0);
	if (fd >= 0)
		(void)close(fd);
}

/* The machine is refused with this sentence, in one line. */
static void refused(struct bench *b, const char *says, const char *name)
{
	struct err e = {ERR_NONE, ""};

	ck_assert_ptr_null(smp_new(&b->o, &b->w, b->prog, NULL, false, &e));
	ck_assert_msg(strstr(e.text, says) != NULL && strchr(e.text, '\n') == NULL && strstr(e.text, name) != NULL, "\"%s\", want \"%s\"",
		      e.text, says);
	ck_assert(e.code == ERR_INPUT || e.code == ERR_CONFIG);
}

START_TEST(what_is_no_file_is_one_clear_line)
{
	for (unsigned initrd = 0; initrd < 2; initrd++) {
		struct scratch d;
		struct bench b;
		const char *path;

		scratch_new(&d);
		make(d.path, no_files[_i].what);
		path = no_files[_i].what[0] == '/' ? no_files[_i].what : d.path;
		setup(&b, models[0]);
		b.w.guest = initrd ? EXITS : path;
		b.w.initrd = initrd ? path : NULL;
		refused(&b, no_files[_i].says, path);
		teardown(&b);
		scratch_free(&d);
	}
}
END_TEST

/* A file as large as is asked for, without bytes in it. */
static void large(const char *path, off_t size)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	ck_assert(fd >= 0 && ftruncate(fd, size) == 0 && close(fd) == 0);
}

START_TEST(what_does_not_fit_into_the_memory_is_one_clear_line)
{
	char *words = xcalloc(1, 80000);
	struct scratch d;
	struct bench b;

	memset(words, 'a', 79999);
	scratch_new(&d);
	large(d.path, 8 << 20);
	setup(&b, models[0]);
	b.w.guest = EXITS;
	b.w.initrd = d.path;
	b.w.memory_mib = 8;
	refused(&b, "no room for the initrd of 8388608 bytes", "exits.elf");
	b.w.guest = d.path;
	b.w.initrd = NULL;
	refused(&b, "is outside of the memory", d.path);
	b.w.guest = EXITS;
	b.w.memory_mib = 2;
	b.w.initrd = "";
	ck_assert_int_eq(truncate(d.path, 0xd0000), 0);
	b.w.initrd = d.path;
	refused(&b, "no room for a device tree", "exits.elf");
	b.w.initrd = NULL;
	b.w.append = words;
	b.w.memory_mib = 64;
	refused(&b, "the device tree does not fit into 65536 bytes", "append");
	b.w.append = NULL;
	b.o.vcpus = VM_VCPUS_MAX + 1;
	refused(&b, "want at most 123", "vcpus");
	teardown(&b);
	scratch_free(&d);
	free(words);
}
END_TEST

/* ---- guests that do not end ---- */

/* A flat guest of these words. */
static struct smp *run_words(struct bench *b, const uint32_t *words, size_t n, uint64_t max)
{
	char path[] = "/tmp/el2sim-code-XXXXXX";
	int fd = mkstemp(path);
	struct smp *m;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, words, n * sizeof(*words)), (ssize_t)(n * sizeof(*words)));
	close(fd);
	setup(b, models[0]);
	b->w.guest = path;
	b->w.max_instructions = (int64_t)max;
	b->o.duration_us = 100000;
	m = simulate(b, false);
	unlink(path);
	return m;
}

static const struct {
	const char *end;
	uint32_t word[5];
	uint64_t max;
} ends[] = {
	{"hangs: every vCPU is off or waits in WFI", {0xd503207f, 0x17ffffff}, 0},	   /* WFI; B . - 4 */
	{"its time is over, it still runs", {0x14000000}, 0},				   /* B . */
	{"as many instructions as it may", {0x14000000}, 1000},
	{"exceptions without end", {0xd4000001}, 0},					   /* SVC: VBAR_EL1 is 0 */
	{"no row of decode.def has this instruction", {0x04200000}, 0},			   /* SVE */
	{"HLT #5", {0xd44000a0}, 0},
	/* the same at EL0: MSR SPSR_EL1, XZR; ADR X0, . + 12; MSR ELR_EL1, X0; ERET; SVE */
	{"no row of decode.def has this instruction", {0xd518401f, 0x10000060, 0xd5184020, 0xd69f03e0, 0x04200000}, 0},
};

START_TEST(an_end_that_is_none_is_told)
{
	struct bench b;
	struct smp *m = run_words(&b, ends[_i].word, 5, ends[_i].max);
	const struct outcome_guest *g = m->out.guest;

	ck_assert_msg(strstr(g->end, ends[_i].end) != NULL, "\"%s\", want \"%s\"", g->end, ends[_i].end);
	ck_assert_int_eq(g->good, strncmp(g->end, "its time", 8) == 0 || strncmp(g->end, "as many", 7) == 0);
	ck_assert_ptr_nonnull(strstr(g->tell, "vCPU 0: pc 0x00000000"));
	smp_free(m);
	teardown(&b);
}
END_TEST

START_TEST(a_line_that_is_still_high_interrupts_again_a_while_after_its_deactivation)
{
	struct vm_config config = {.image = EXITS, .memory = 64 << 20, .vcpus = 1, .counter_hz = 62500000};
	struct err e = {.code = ERR_NONE};
	struct vm_cpu *c;
	struct bench b;
	struct vm *m;

	setup(&b, models[0]); /* 1 GHz */
	config.machine = &b.machine.m;
	m = vm_new(&config, &e);
	ck_assert_msg(m != NULL, "%s", e.text);
	c = m->cpu;
	c->timer.t[GTIMER_VIRT].ctl = GTIMER_ENABLE; /* its time has come: CVAL 0 */
	c->cycle = 6000;
	ck_assert_uint_eq(vm_timer_next(c, GTIMER_VIRT, 6000), 6000);
	c->timer_active[GTIMER_VIRT] = true;
	ck_assert_uint_eq(vm_timer_next(c, GTIMER_VIRT, 6000), UINT64_MAX);
	c->ich.deactivated(c, GTIMER_PPI_VIRT);
	ck_assert_uint_eq(vm_timer_next(c, GTIMER_VIRT, 6000), 6000 + VM_AGAIN_NS);
	ck_assert_uint_eq(vm_timer_next(c, GTIMER_VIRT, 7000), 7000);
	c->timer.t[GTIMER_VIRT].ctl = 0; /* masked in time */
	ck_assert_uint_eq(vm_timer_next(c, GTIMER_VIRT, 7000), UINT64_MAX);
	vm_free(m);
	teardown(&b);
}
END_TEST

#define N(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	Suite *s = suite_create("code");
	TCase *t = tcase_create("code");

	tcase_add_loop_test(t, the_shipped_guest_powers_off, 0, N(models));
	tcase_add_loop_test(t, vcpus_that_share_a_pcpu_finish_too, 0, SCHED_COUNT);
	tcase_add_test(t, two_runs_are_alike);
	tcase_add_loop_test(t, exits_of_code_count_what_their_kind_counts, 0, N(kinds));
	tcase_add_loop_test(t, a_shipped_guest_is_what_its_source_makes, 0, N(shipped));
	tcase_add_test(t, a_line_that_is_still_high_interrupts_again_a_while_after_its_deactivation);
	tcase_add_test(t, an_alarm_wakes_a_guest_that_sleeps);
	tcase_add_loop_test(t, a_damaged_elf_file_is_one_clear_line, 0, N(wrong));
	tcase_add_test(t, no_byte_of_a_header_crashes);
	tcase_add_test(t, an_image_goes_where_its_header_says);
	tcase_add_test(t, bare_bytes_go_where_qemu_puts_them);
	tcase_add_loop_test(t, a_compressed_image_is_the_image_and_a_damaged_one_is_refused, 0, N(filters));
	tcase_add_loop_test(t, what_is_no_file_is_one_clear_line, 0, N(no_files));
	tcase_add_test(t, what_does_not_fit_into_the_memory_is_one_clear_line);
	tcase_add_loop_test(t, an_end_that_is_none_is_told, 0, N(ends));
	suite_add_tcase(s, t);
	return suite_status(s);
}
