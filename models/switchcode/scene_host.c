// SPDX-License-Identifier: Apache-2.0
/* Parts of the host's path that are executed by themselves. */
#include "models/switchcode/scene_cut.h"

#include <stdlib.h>
#include <string.h>

#define M SCENE_COND

/* Calls a function of the host, n arguments; what is recorded stays. False: there is none, or it stopped, and a note says so. */
static bool call(struct swc *w, const char *function, const uint64_t *args, unsigned n)
{
	const struct vml_symbol *s = vml_symbol(w->k->img, function);
	struct err e = { 0 };

	if (s == NULL)
		return false;
	if (swc_call(w, s->addr, args, n, SCENE_BUDGET, NULL, NULL, &e) == 0)
		return true;
	swc_note(w, "%s stopped: %s", function, e.text);
	return false;
}

static void begin(struct swc *w)
{
	swc_restore(w);
	w->recording = false;
	w->n_records = 0;
}

/* A thread of the host gets its FP registers back: FPCR as it is, and another one. */
static void host_fp(struct swc *w, struct swc_model *m)
{
	static const struct {
		uint32_t fpcr, state;
	} rows[] = { { 0, 0 }, { 1 << 24, M(NEW_FPCR) } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(w);
		swc_set_reg(w, "FPCR", rows[i].fpcr);
		w->recording = true;
		if (!call(w, "fpsimd_restore_current_state", NULL, 0))
			return;
		scene_part(w, m, SWC_HOST_FP, rows[i].state);
	}
}

/* Does one function of the kernel call the other? */
static bool calls(const struct swc *w, const char *caller, const char *callee)
{
	const struct vml_symbol *to = vml_symbol(w->k->img, callee);
	long f = vml_func_named(w->k->img, caller);

	for (size_t i = 0; to != NULL && f >= 0 && i < w->k->img->funcs[f].words; i++) {
		uint64_t at = w->k->img->funcs[f].addr + 4 * i;
		const uint8_t *p = vml_at(w->k->img, at, 4);
		uint32_t word = p != NULL ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;

		/* BL: 26 bits of words, signed */
		if (word >> 26 == 0x25 && at + 4 * (((uint64_t)(word & 0x3ffffff) ^ 0x2000000) - 0x2000000) == to->addr)
			return true;
	}
	return false;
}

/* The guest's virtual timer fired, on a CPU where the vCPU is loaded: the handler finds it in a per-CPU variable, by its address. */
static void timer_irq(struct swc *w, struct swc_model *m)
{
	const uint64_t load[2] = { w->vcpu, 0 };
	uint64_t handler[2] = { 0, 0 };

	begin(w);
	if (!call(w, "kvm_arch_vcpu_load", load, 2))
		return;
	handler[1] = swc_alloc(w, 0x1000);
	(void)swc_poke(w, handler[1], 8, w->vcpu);
	swc_set_reg(w, "CNTV_CTL_EL0", 5); /* on, and it fires */
	w->recording = true;
	w->n_records = 0;
	if (!call(w, "kvm_arch_timer_handler", handler, 2))
		return;
	if (!calls(w, "handle_percpu_devid_irq", "add_interrupt_randomness") || call(w, "add_interrupt_randomness", handler, 1))
		scene_part(w, m, SWC_TIMER_IRQ, 0);
}

static bool at_switch(void *owner)
{
	(void)owner;
	return true;
}

/*
 * __switch_to up to cpu_switch_to, and that: which changes stacks, so it is called by itself, from a thread to the same. A thread; one whose
 * FP registers are in the CPU; where their bits of SCTLR_EL1 differ, one that goes to the idle task.
 */
static void thread_switch(struct swc *w, struct swc_model *m)
{
	static const struct {
		uint32_t state;
		uint8_t feat; /* FEAT_COUNT: none */
	} rows[] = { { 0, FEAT_COUNT }, { M(HOST_FP), FEAT_COUNT }, { M(TO_IDLE), FEAT_PAUTH } };
	long f = vml_func_named(w->k->img, "cpu_switch_to");
	uint64_t args[2] = { w->current, w->current }, offset, size;

	if (f < 0 || vml_symbol(w->k->img, "__switch_to") == NULL)
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool ok;

		if (rows[i].feat != FEAT_COUNT && !machine_has(w->m, (enum feat)rows[i].feat))
			continue;
		begin(w);
		args[1] = w->current;
		if ((rows[i].state & M(HOST_FP)) != 0 && !call(w, "fpsimd_restore_current_state", NULL, 0))
			continue;
		if ((rows[i].state & M(TO_IDLE)) != 0) {
			if (!btf_member(w->btf, "task_struct", "thread.sctlr_user", &offset, &size))
				continue;
			args[1] = swc_alloc(w, btf_size(w->btf, "task_struct"));
			(void)swc_poke(w, args[1] + offset, 8, UINT64_C(1) << 31); /* EnIA */
		}
		swc_set_reg(w, "DAIF", UINT64_C(0x3c0)); /* as the scheduler calls it */
		w->over = at_switch;
		w->over_mark = MARK_SWITCH;
		w->mark[f] = MARK_SWITCH;
		w->recording = true;
		w->n_records = 0;
		ok = call(w, "__switch_to", args, 2);
		w->over = NULL;
		w->mark[f] = 0;
		args[1] = w->current;
		if (ok && call(w, "cpu_switch_to", args, 2))
			scene_part(w, m, SWC_SWITCH_TO, rows[i].state);
	}
}

/* Components of the tables that are nothing in this kernel: none of their functions is there. */
static void without(const struct swc *w, struct swc_model *m)
{
	static const struct {
		const char *component, *functions[4];
	} rows[] = {
#define HOST_WITHOUT(component, ...) { component, { __VA_ARGS__ } },
#include "models/switchcode/scenes.def"
	};
	_Static_assert(sizeof(rows) / sizeof(rows[0]) <= sizeof(m->without) / sizeof(m->without[0]), "room for each");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool has = false;

		for (size_t k = 0; k < sizeof(rows[i].functions) / sizeof(rows[i].functions[0]) && rows[i].functions[k] != NULL; k++)
			has |= vml_symbol(w->k->img, rows[i].functions[k]) != NULL;
		if (!has)
			m->without[m->n_without++] = rows[i].component;
	}
}

void scene_host(struct swc *w, struct swc_model *m)
{
	host_fp(w, m);
	timer_irq(w, m);
	thread_switch(w, m);
	without(w, m);
	w->recording = false;
}
