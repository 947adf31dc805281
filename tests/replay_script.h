/* SPDX-License-Identifier: Apache-2.0 */
/* A trace that a test writes event by event, and its replay. */
#ifndef EL2SIM_TESTS_REPLAY_SCRIPT_H
#define EL2SIM_TESTS_REPLAY_SCRIPT_H

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "models/hyp/replay/replay.h"
#include "sim/app/config.h"
#include "traces/writer.h"

#define SAMPLE "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t"

/* A trace that is written event by event; time goes on by a microsecond each. */
struct script {
	struct tw *w;
	char path[64];
	uint64_t now;
	uint32_t vm; /* string id */
	struct err e;
};

__attribute__((unused)) static void begin(struct script *s)
{
	memset(s, 0, sizeof(*s));
	(void)snprintf(s->path, sizeof(s->path), "/tmp/el2sim-replay-%ld.e2t", (long)getpid());
	s->w = tw_create(s->path, &s->e);
	ck_assert_ptr_nonnull(s->w);
	s->vm = tw_string(s->w, "vmm", 3);
}

__attribute__((unused)) static void event(struct script *s, enum tr_type type, int32_t pid, unsigned cpu, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct tr_event ev = { .ts_ns = s->now += 1000, .pid = pid, .cpu = (uint16_t)cpu, .type = (uint8_t)type,
			       .comm = s->vm, .arg = { a0, a1, a2 } };

	ck_assert_int_eq(tw_add(s->w, &ev, &s->e), 0);
}

#define TRAP 2
#define EC_WFX 0x01
#define EC_HVC 0x16
#define EC_DABT 0x24

__attribute__((unused)) static void entry(struct script *s, int32_t pid, unsigned cpu)
{
	event(s, TR_kvm_entry, pid, cpu, 0, 0, 0);
}

__attribute__((unused)) static void trap(struct script *s, int32_t pid, unsigned cpu, uint64_t ec)
{
	event(s, TR_kvm_exit, pid, cpu, TRAP, ec, 0);
}

__attribute__((unused)) static void irq(struct script *s, int32_t pid, unsigned cpu)
{
	event(s, TR_kvm_exit, pid, cpu, 0, 0, 0);
}

__attribute__((unused)) static void hvc(struct script *s, int32_t pid, unsigned cpu, uint64_t function)
{
	trap(s, pid, cpu, EC_HVC);
	event(s, TR_kvm_hvc_arm64, pid, cpu, 0, function, 0);
}

__attribute__((unused)) static void to_vmm(struct script *s, int32_t pid, unsigned cpu)
{
	event(s, TR_kvm_userspace_exit, pid, cpu, 6, 0, 0);
}

__attribute__((unused)) static void sched(struct script *s, int32_t from, int32_t to, unsigned cpu)
{
	struct tr_event ev = { .ts_ns = s->now += 1000, .pid = from, .cpu = (uint16_t)cpu, .type = TR_sched_switch };

	ev.arg[TRA_sched_switch_prev_pid] = (uint64_t)from;
	ev.arg[TRA_sched_switch_next_pid] = (uint64_t)to;
	ck_assert_int_eq(tw_add(s->w, &ev, &s->e), 0);
}

__attribute__((unused)) static void guest_fault(struct script *s, int32_t pid, unsigned cpu, uint64_t esr)
{
	struct tr_event ev = { .ts_ns = s->now += 1000, .pid = pid, .cpu = (uint16_t)cpu,
			       .type = TR_kvm_guest_fault, .comm = s->vm };

	ev.arg[TRA_kvm_guest_fault_hsr] = esr;
	ck_assert_int_eq(tw_add(s->w, &ev, &s->e), 0);
}

__attribute__((unused)) static void finish(struct script *s)
{
	struct tr_info info = { .importer = "", .origin = "test" };

	ck_assert_int_eq(tw_finish(s->w, &info, NULL, &s->e), 0);
	s->w = NULL;
}

static struct config config;
static struct ws_prog *prog;

__attribute__((unused)) static void compile(const char *model)
{
	const char *assign[2] = { NULL, "machine.list_registers=4" };
	struct arg_list all = { assign, 2 };
	char text[64];
	struct err e;

	(void)snprintf(text, sizeof(text), "switch.model=%s", model);
	assign[0] = text;
	ck_assert_int_eq(config_load(&config, "configs/machine/qemu-n1.ini", &all, &e), 0);
	prog = config_compile(&config, false, &e);
	ck_assert_ptr_nonnull(prog);
}

__attribute__((unused)) static void setup(void)
{
	compile("linux-6.12-vhe");
}

__attribute__((unused)) static void teardown(void)
{
	ws_free(prog);
	config_free(&config);
}

__attribute__((unused)) static struct outcome *replay_file(const char *path, bool counting, enum fp_use fp)
{
	const struct replay_options opt = { .counting = counting, .fp = fp, .from = "", .to = "" };
	struct err e = { .text = "" };
	struct tr_reader *t = tr_open(path, &e);
	struct outcome *r;

	ck_assert_msg(t != NULL, "%s", e.text);
	r = replay_run(prog, t, &opt, &e);
	ck_assert_msg(r != NULL, "%s", e.text);
	ck_assert_msg(outcome_check(r, &e) == 0, "%s", e.text);
	tr_close(t);
	return r;
}

__attribute__((unused)) static struct outcome *play(struct script *s)
{
	struct outcome *r;

	finish(s);
	r = replay_file(s->path, false, FP_NEVER);
	(void)unlink(s->path);
	return r;
}

__attribute__((unused)) static void expect_switches(const struct outcome *r, uint64_t loads, uint64_t entries, uint64_t exits, uint64_t puts)
{
	ck_assert_uint_eq(r->n.loads, loads);
	ck_assert_uint_eq(r->n.entries, entries);
	ck_assert_uint_eq(r->phase_runs[PHASE_EXIT], exits);
	ck_assert_uint_eq(r->n.puts, puts);
}

/* Components of a kind as the tables have them, run once for a vCPU that was loaded before. */
__attribute__((unused)) static uint64_t accesses(const struct ws_totals *t)
{
	return t->n[CNT_read] + t->n[CNT_write];
}

#define A 100
#define B 101

#endif
