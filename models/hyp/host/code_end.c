/* SPDX-License-Identifier: Apache-2.0 */
/* How VMs that execute code end, and what they came to. */
#include <inttypes.h>
#include <string.h>

#include "models/hyp/host/code.h"
#include "models/hyp/host/smp_impl.h"

static bool all_ended(const struct smp *m)
{
	for (unsigned i = 0; i < m->n_code; i++)
		if (m->code[i].vm != NULL && !m->code[i].ended)
			return false;
	return true;
}

void code_ends(struct smp_cpu *c, struct smp_vcpu *v, enum vm_effect how)
{
	struct code_vm *vm = code_of(v)->vm;
	struct smp *m = c->m;

	vm->ended = true;
	vm->end = how;
	if (all_ended(m) && m->n_code_vcpus == m->n_vcpu)
		sk_stop(&m->k);
}

/* Sleeps, and neither its timers nor what waits for it will wake it. */
static bool lifeless(const struct smp_vcpu *v)
{
	const struct code_cpu *x = code_of(v);

	return v->state == VC_BLOCKED && (code_is_off(v) || (x->due_at == SK_NEVER && x->fired == 0 && !smp_wants(v)));
}

void code_look_for_life(struct smp_cpu *c, struct smp_vcpu *v)
{
	struct code_vm *vm = code_of(v)->vm;

	if (vm->ended || vm->alarm_at != SK_NEVER)
		return;
	for (unsigned i = 0; i < vm->n; i++)
		if (!lifeless(&c->m->vcpu[vm->first + i]))
			return;
	vm->hangs = "hangs: every vCPU is off or waits in WFI, and no timer and no device will ever wake one";
	code_ends(c, v, VM_NOTHING);
}

static uint64_t insns_of(const struct code_vm *vm)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < vm->n; i++)
		sum += vm->vm->cpu[i].core->counts.insns;
	return sum;
}

uint64_t code_left(const struct code_vm *vm)
{
	const uint64_t most = (uint64_t)vm->w->max_instructions, done = insns_of(vm);

	return done < most ? most - done : 0;
}

bool code_spent(const struct code_vm *vm)
{
	return vm->w->max_instructions != 0 && code_left(vm) == 0;
}

/* ---- sites ---- */

void code_settle(struct smp_vcpu *v)
{
	struct code_cpu *x = code_of(v);
	const struct image *im = &x->vm->vm->image;
	const struct image_symbol *s;
	size_t at;

	if (v->kind == EXIT_FOR_first_run)
		return;
	s = image_symbol_at(im, x->exit_pc, NULL);
	at = s != NULL ? (size_t)(s - im->symbol) : im->n_symbols;
	x->vm->site[at].count[v->kind]++;
	x->vm->site[at].cycles[v->kind] += v->pending.cycles + v->measured.cycles;
	x->vm->site[at].switched[v->kind] += v->switched;
	x->vm->site[at].vmm[v->kind] += v->in_vmm;
}

static int dearest(const void *a, const void *b)
{
	const struct outcome_site *x = a, *y = b;
	int names;

	if (x->cycles != y->cycles)
		return x->cycles > y->cycles ? -1 : 1;
	names = strcmp(x->function, y->function);
	return names != 0 ? names : x->kind < y->kind ? -1 : x->kind > y->kind;
}

static void sites(const struct code_vm *vm, struct outcome_guest *g)
{
	const struct image *im = &vm->vm->image;

	for (size_t s = 0; s <= im->n_symbols; s++) {
		for (unsigned k = 0; k < EXIT_COUNT; k++) {
			if (vm->site[s].count[k] == 0)
				continue;
			g->site = xrealloc(g->site, (g->n_sites + 1) * sizeof(*g->site));
			g->site[g->n_sites++] = (struct outcome_site){
				.function = xstrdup(s < im->n_symbols ? im->symbol[s].name : "(no symbol)"), .kind = k,
				.count = vm->site[s].count[k], .cycles = vm->site[s].cycles[k],
				.switched = vm->site[s].switched[k], .vmm = vm->site[s].vmm[k]};
		}
	}
	if (g->n_sites != 0)
		qsort(g->site, g->n_sites, sizeof(*g->site), dearest);
}

/* ---- the outcome ---- */

static void tell_end(const struct code_vm *vm, struct outcome_guest *g)
{
	const char *end = "its time is over, it still runs ([run] duration)";

	g->good = true;
	if (vm->vm->dead.code != ERR_NONE || vm->hangs != NULL) {
		end = vm->hangs != NULL ? vm->hangs : vm->vm->dead.text;
		g->good = false;
	} else if (vm->ended) {
		end = vm->end == VM_SHUTDOWN ? "powered off" : vm->end == VM_RESET ? "asked for a reset"
										    : "as many instructions as it may ([workload] max_instructions)";
	}
	g->end = xstrdup(end);
}

static char *listed(const struct str *text)
{
	return xstrdup(text->len != 0 ? str_get(text) : "none");
}

/* Who executed: all vCPUs of a VM have the same core. */
static void tell_core(const struct code_vm *vm, struct outcome_guest *g)
{
	const struct machine *m = vm->vm->config.machine;
	const uint64_t feats = vm->vm->cpu[0].core->feats;
	struct str text = STR_INIT;

	g->core = xstrdup(m->name);
	for (unsigned f = A64_FEAT_NONE + 1; f < A64_FEATS; f++)
		if (A64_HAS(feats, f))
			str_addf(&text, "%s%s", text.len != 0 ? " " : "", a64_feat_name((enum a64_feat)f));
	g->features = listed(&text);
	str_free(&text);
	for (unsigned i = 0; i < GUEST_CORES; i++)
		if (m->guest_core >> i & 1)
			str_addf(&text, "%s%s", text.len != 0 ? ", " : "", guest_core_name((enum guest_core)i));
	g->models = listed(&text);
	str_free(&text);
}

static void one(const struct code_vm *vm, unsigned number, struct outcome_guest *g)
{
	struct str text = STR_INIT;

	*g = (struct outcome_guest){.vm = number, .vcpus = vm->n, .insns = insns_of(vm), .pages = vm->vm->mapped,
				    .nowhere = vm->vm->nowhere, .nowhere_at = vm->vm->nowhere_at};
	g->image = xstrdup(vm->vm->config.image);
	g->format = xstrdup(image_kind_name(vm->vm->image.kind));
	tell_core(vm, g);
	tell_end(vm, g);
	for (unsigned i = 0; i < vm->n; i++) {
		g->cycles += a64_cycles(vm->vm->cpu[i].core);
		vm_tell(&vm->vm->cpu[i], &text);
	}
	g->tell = xstrdup(str_get(&text));
	str_free(&text);
	g->console = xstrdup(str_get(&vm->vm->console));
	sites(vm, g);
}

void code_outcome(struct smp *m)
{
	struct outcome *o = &m->out;

	o->guest = xcalloc(m->n_code, sizeof(*o->guest));
	if (m->n_code_vcpus == m->n_vcpu && all_ended(m))
		o->clock->duration_us = o->clock->end_ns / 1000;
	for (unsigned i = 0; i < m->n_code; i++)
		if (m->code[i].vm != NULL)
			one(&m->code[i], i, &o->guest[o->n_guests++]);
}
