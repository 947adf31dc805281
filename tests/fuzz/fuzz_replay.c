/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any order of events, replayed: six bytes are an event of a few threads on a few CPUs. Whatever is lost,
 * doubled or upside down in it, the sums agree, and counting gives what detailed execution gives.
 */
/* mutations in ./check: 8000: replayed twice each */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "models/hyp/replay/replay.h"
#include "sim/base/str.h"
#include "traces/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EVENTS_MAX 100
#define THREADS    5
#define CPUS       3

static const enum tr_type types[] = { TR_kvm_entry, TR_kvm_exit, TR_kvm_userspace_exit, TR_sched_switch,
				      TR_kvm_mmio, TR_kvm_guest_fault, TR_kvm_hvc_arm64, TR_kvm_sys_access,
				      TR_kvm_wfx_arm64, TR_kvm_timer_update_irq, TR_kvm_timer_save_state,
				      TR_kvm_get_timer_map, TR_vgic_update_irq_pending, TR_print };

static void fill(struct tr_event *ev, const uint8_t *p)
{
	ev->type = (uint8_t)types[p[0] % (sizeof(types) / sizeof(types[0]))];
	ev->pid = p[1] % THREADS;
	ev->cpu = p[2] % CPUS;
	for (unsigned i = 0; i < 3; i++)
		ev->arg[i] = p[3 + i];
	if (ev->type == TR_sched_switch) {
		ev->arg[TRA_sched_switch_prev_pid] = p[3] % THREADS;
		ev->arg[TRA_sched_switch_next_pid] = p[4] % THREADS;
	} else if (ev->type == TR_kvm_guest_fault) {
		ev->arg[TRA_kvm_guest_fault_hsr] = (uint64_t)p[4] << 26 | p[3];
	} else if (ev->type == TR_kvm_sys_access) {
		ev->arg[TRA_kvm_sys_access_Op0] = 3;
		ev->arg[TRA_kvm_sys_access_CRn] = p[3] % 16;
		ev->arg[TRA_kvm_sys_access_CRm] = p[4] % 16;
		ev->arg[TRA_kvm_sys_access_Op2] = p[5] % 8;
	}
}

static void write_trace(const char *path, const uint8_t *data, size_t size)
{
	const char *text[] = { "vm1", "vm2", "begin", "end" };
	struct tr_info info = { .importer = "", .origin = "" };
	uint32_t id[4];
	struct err e;
	struct tw *w = tw_create(path, &e);

	BUG_ON(w == NULL);
	for (unsigned i = 0; i < 4; i++)
		id[i] = tw_string(w, text[i], strlen(text[i]));
	for (size_t i = 0; i < EVENTS_MAX && (i + 1) * 6 <= size; i++) {
		struct tr_event ev = { .ts_ns = i * 10 };

		fill(&ev, data + i * 6);
		ev.comm = id[ev.pid == 0];
		for (unsigned f = 0; f < tr_field_count((enum tr_type)ev.type); f++) {
			if (tr_field_kind((enum tr_type)ev.type, f) == TRF_STR)
				ev.arg[f] = id[2 + data[i * 6 + 3] % 2];
		}
		BUG_ON(tw_add(w, &ev, &e) != 0);
	}
	BUG_ON(tw_finish(w, &info, NULL, &e) != 0);
}

static struct outcome *replay_it(const struct ws_prog *p, const char *path, bool counting, bool window)
{
	const struct replay_options opt = { .counting = counting, .fp = FP_EACH_LOAD, .from = window ? "begin" : "",
					    .to = window ? "end" : "" };
	struct err e = { .text = "" };
	struct tr_reader *t = tr_open(path, &e);
	struct outcome *r;

	BUG_ON(t == NULL);
	r = replay_run(p, t, &opt, &e);
	tr_close(t);
	BUG_ON(r == NULL && (e.code != ERR_INPUT || e.text[0] == '\0'));
	if (r != NULL && outcome_check(r, &e) != 0) {
		(void)fprintf(stderr, "window %d: %s\n", window, e.text);
		BUG("the sums of a replay differ");
	}
	return r;
}

static void both(const struct ws_prog *p, const char *path, bool window)
{
	struct outcome *a = replay_it(p, path, true, window), *b = replay_it(p, path, false, window);

	BUG_ON((a == NULL) != (b == NULL));
	if (a != NULL) {
		BUG_ON(memcmp(&a->total, &b->total, sizeof(a->total)) != 0);
		BUG_ON(memcmp(a->exec, b->exec, p->n * sizeof(*a->exec)) != 0);
	}
	replay_free(a);
	replay_free(b);
}

/* One machine and a program per model; the first byte of an input chooses, and whether markers count. */
static const struct ws_prog *program(unsigned which)
{
	static struct machine machine;
	static struct ws_prog *made[64];
	static struct opt_set *set;
	const struct opt_row *rows;
	struct ws_config c;
	struct err e;
	size_t n;
	const struct ws_model *m = ws_models(&n);

	if (set == NULL) {
		set = opt_new();
		rows = machine_opt_rows(&n);
		opt_add(set, rows, n, &machine);
		BUG_ON(opt_override(set, "machine.features=vhe, ras, pmuv3, gicv3", &e) != 0 || opt_done(set, &e) != 0);
		m = ws_models(&n);
	}
	which %= (unsigned)n;
	if (made[which] == NULL) {
		ws_config_init(&c);
		c.model = &m[which];
		c.machine = &machine;
		made[which] = ws_compile(&c, &e);
		BUG_ON(made[which] == NULL);
	}
	return made[which];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];

	if (size < 7)
		return 0;
	(void)snprintf(path, sizeof(path), "/tmp/el2sim-fuzz-replay-%ld.e2t", (long)getpid());
	write_trace(path, data + 1, size - 1);
	both(program(data[0] >> 2), path, data[0] % 4 == 0);
	(void)unlink(path);
	return 0;
}
