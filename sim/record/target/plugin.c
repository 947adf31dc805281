// SPDX-License-Identifier: Apache-2.0
/*
 * The TCG plugin of `el2sim record`: writes each instruction that is executed between two marks, in order, by its number, and what
 * the numbers are (record.h). Nothing is counted or named here.
 *
 *   -plugin el2sim_record.so,out=FILE
 *
 * Until the first mark of the VMM only marks are looked for, so that the kernel boots at full speed.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/record/target/plugin_api.h"
#include "sim/record/target/record.h"

enum { CPUS = 8, BUFFER = 1 << 20 };

/* Runs of one CPU between two marks; a run is written when another one begins. */
struct cpu {
	bool on;
	uint32_t first, next;   /* of the run that grows */
	uint32_t kept, kept_n, kept_times; /* the run before, which may come again */
};

static struct {
	FILE *f;
	pthread_mutex_t lock;
	qemu_plugin_id_t id;
	qemu_plugin_insn_data_fn *data; /* one of the two */
	qemu_plugin_insn_copy_fn *copy;
	bool lost, awake;
	unsigned writes_for; /* the CPU that the last item was of */
	uint32_t insns;
	struct cpu cpu[CPUS];
} rec = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The newest of our interfaces that this QEMU knows, by what it has. */
int qemu_plugin_version;

static void __attribute__((constructor)) version(void)
{
	static const struct {
		int version;
		const char *has;
	} news[] = {
		{ 5, "qemu_plugin_register_vcpu_discon_cb" },
		{ 4, "qemu_plugin_read_memory_vaddr" },
		{ 2, "qemu_plugin_scoreboard_new" },
	};

	qemu_plugin_version = 1;
	for (size_t i = 0; i < sizeof(news) / sizeof(news[0]); i++)
		if (dlsym(RTLD_DEFAULT, news[i].has) != NULL) {
			qemu_plugin_version = news[i].version;
			return;
		}
}

static void put(const uint32_t *words, size_t n)
{
	if (fwrite(words, sizeof(*words), n, rec.f) != n)
		rec.lost = true;
}

static void put_for(unsigned cpu, uint32_t item)
{
	const uint32_t of = RECORD_ITEM(RECORD_ITEM_CPU, cpu);

	if (rec.writes_for != cpu)
		put(&of, 1);
	rec.writes_for = cpu;
	put(&item, 1);
}

static void end_kept(unsigned cpu)
{
	struct cpu *c = &rec.cpu[cpu];
	const uint32_t words[] = { c->kept_n, c->kept_times };

	if (c->kept_times == 0)
		return;
	put_for(cpu, RECORD_ITEM(RECORD_ITEM_RUN, c->kept));
	put(words, 2);
	c->kept_times = 0;
}

static void end_run(unsigned cpu)
{
	struct cpu *c = &rec.cpu[cpu];
	uint32_t n = c->next - c->first;

	if (n == 0)
		return;
	if (c->kept_times != 0 && c->kept == c->first && c->kept_n == n && c->kept_times != UINT32_MAX) {
		c->kept_times++;
		return;
	}
	pthread_mutex_lock(&rec.lock);
	end_kept(cpu);
	pthread_mutex_unlock(&rec.lock);
	c->kept = c->first;
	c->kept_n = n;
	c->kept_times = 1;
}

static void executed(unsigned int cpu, void *data)
{
	struct cpu *c = &rec.cpu[cpu % CPUS];
	uint32_t n = (uint32_t)(uintptr_t)data;

	if (!c->on)
		return;
	if (n != c->next) {
		end_run(cpu % CPUS);
		c->first = n;
	}
	c->next = n + 1;
}

static void marked(unsigned int cpu, void *data)
{
	struct cpu *c = &rec.cpu[cpu % CPUS];
	uint32_t mark = (uint32_t)(uintptr_t)data;

	end_run(cpu % CPUS);
	pthread_mutex_lock(&rec.lock);
	end_kept(cpu % CPUS);
	put_for(cpu % CPUS, RECORD_ITEM(RECORD_ITEM_MARK, mark));
	if (mark >> 12 != RECORD_MARK_BEGIN && fflush(rec.f) != 0 && mark >> 12 != RECORD_MARK_END)
		rec.lost = true;
	pthread_mutex_unlock(&rec.lock);
	c->first = c->next = UINT32_MAX;
	c->on = mark >> 12 == RECORD_MARK_BEGIN;
}

static uint32_t word_of(const struct qemu_plugin_insn *insn)
{
	uint32_t word = 0;

	if (rec.copy != NULL)
		(void)rec.copy(insn, &word, sizeof(word));
	else
		memcpy(&word, rec.data(insn), sizeof(word));
	return word;
}

static void ended(qemu_plugin_id_t id, void *data)
{
	uint32_t end;

	(void)id, (void)data;
	pthread_mutex_lock(&rec.lock);
	end = RECORD_ITEM(RECORD_ITEM_END, rec.lost);
	put(&end, 1);
	if (fclose(rec.f) != 0)
		perror("el2sim_record");
	rec.f = NULL;
	pthread_mutex_unlock(&rec.lock);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);

static void awake(qemu_plugin_id_t id)
{
	rec.awake = true; /* a reset forgets what was registered */
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
}

static void woken(unsigned int cpu, void *data)
{
	marked(cpu, data);
	if (!rec.awake)
		qemu_plugin_reset(rec.id, awake);
}

static bool is_mark(uint64_t address, uint32_t word)
{
	return (word & RECORD_MARK_MASK) == RECORD_MARK_VALUE && address >> 48 == 0;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	const uint64_t at = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
	const uint32_t head[] = { RECORD_ITEM(RECORD_ITEM_CODE, n), (uint32_t)at, (uint32_t)(at >> 32) };

	(void)id;
	pthread_mutex_lock(&rec.lock);
	if (rec.awake)
		put(head, 3);
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint32_t word = word_of(insn), mark = word >> 5 & 0xffff;

		if (is_mark(at, word))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark >> 12 == RECORD_MARK_WAKE ? woken : marked,
							       QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)mark);
		else if (rec.awake)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, QEMU_PLUGIN_CB_NO_REGS,
							       (void *)(uintptr_t)(rec.insns + i));
		if (rec.awake)
			put(&word, 1);
	}
	if (rec.awake)
		rec.insns += (uint32_t)n;
	rec.lost |= rec.insns > RECORD_ITEM_N - 4096;
	pthread_mutex_unlock(&rec.lock);
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	void *insn_data = dlsym(RTLD_DEFAULT, "qemu_plugin_insn_data");

	if (argc != 1 || strncmp(argv[0], "out=", 4) != 0 || strcmp(info->target_name, "aarch64") != 0 || insn_data == NULL) {
		fprintf(stderr, "el2sim_record: want out=FILE, and an AArch64 machine\n");
		return -1;
	}
	if (info->version.cur >= 3)
		memcpy(&rec.copy, &insn_data, sizeof(insn_data));
	else
		memcpy(&rec.data, &insn_data, sizeof(insn_data));
	rec.id = id;
	rec.f = fopen(argv[0] + 4, "we");
	if (rec.f == NULL || setvbuf(rec.f, NULL, _IOFBF, BUFFER) != 0) {
		perror(argv[0] + 4);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}
