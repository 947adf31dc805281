/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/replay/doubt.h"

#include <string.h>

#include "models/hyp/replay/replay_impl.h"

static bool has_put(enum exit_kind k)
{
	const struct exit_row *row = exit_row(k);

	for (unsigned i = 0; i < row->n; i++) {
		if (exit_step_is(&row->step[i], PHASE_PUT))
			return true;
	}
	return false;
}

static bool aborts(enum exit_kind k)
{
	return (exit_row(k)->state & CND(ABORT)) != 0;
}

/* Kinds that events name: those that exit_seen_as leaves alone, s2_fault (the class alone) too. */
static bool named(enum exit_kind k)
{
	return exit_is_exit(k) && (exit_seen_as(k) == k || k == exit_of_class(0x24));
}

static void families(struct doubt_rules *d)
{
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		struct exit_tell t;

		if (!named((enum exit_kind)k))
			continue;
		kind_set_add(&d->any, (enum exit_kind)k);
		t = exit_tell_of((enum exit_kind)k);
		if (!t.mmio && !t.user && !has_put((enum exit_kind)k))
			kind_set_add(&d->family[t.detail], (enum exit_kind)k);
	}
}

void doubt_rules_init(struct doubt_rules *d, const struct ws_prog *p, const struct sight *s)
{
	memset(d, 0, sizeof(*d));
	d->p = p;
	d->lossy = sight_lossy(s);
	d->timer = sight_complete(s, SIGHT_kvm_timer_update_irq);
	d->mmio = sight_complete(s, SIGHT_kvm_mmio);
	d->user = sight_complete(s, SIGHT_kvm_userspace_exit);
	d->sched = sight_complete(s, SIGHT_sched_switch);
	d->detail[TELL_NOTHING] = true;
	d->detail[TELL_HVC] = sight_complete(s, SIGHT_kvm_hvc_arm64);
	d->detail[TELL_SYSREG] = sight_complete(s, SIGHT_kvm_sys_access);
	d->detail[TELL_WFX] = sight_complete(s, SIGHT_kvm_wfx_arm64);
	d->detail[TELL_FAULT] = sight_complete(s, SIGHT_kvm_guest_fault);
	families(d);
}

void doubt_rules_free(struct doubt_rules *d)
{
	free(d->profile);
}

/* ---- kinds ---- */

static void add_all(struct kind_set *to, const struct kind_set *from)
{
	to->w[0] |= from->w[0];
	to->w[1] |= from->w[1];
}

/* What the class of the exit alone leaves open, if its handler's event may be missing. */
static void add_untold(const struct doubt_rules *d, const struct replay_doubt *x, struct kind_set *out)
{
	const struct exit_tell class = exit_tell_of(x->first);

	if (x->first == EXIT_FOR_no_row) { /* a class that no row names may have any handler */
		for (unsigned i = 0; i < 5; i++) {
			if (!d->detail[i])
				add_all(out, &d->family[i]);
		}
	}
	if (class.ret != EXIT_RET_TRAP || d->detail[class.detail])
		return;
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		bool fits = class.detail != TELL_FAULT || exit_tell_of((enum exit_kind)k).ec == x->ec;

		if (fits && kind_set_has(&d->family[class.detail], (enum exit_kind)k))
			kind_set_add(out, (enum exit_kind)k);
	}
}

/*
 * Can the fault be an access to a device? Where the guest has no memory, stage 2 has no page: a translation fault (DFSC
 * 0b0001xx); a store to memory that only reads (0b0011xx, WnR). KVM emulates it if the syndrome tells the access
 * (ISV), and not if it is of a table walk (S1PTW).
 */
static bool may_be_mmio(uint64_t hsr)
{
	uint64_t fault = hsr >> 2 & 0xf;

	return hsr >> 26 == 0x24 && (hsr >> 24 & 1) != 0 && (hsr >> 7 & 1) == 0 &&
	       (fault == 1 || (fault == 3 && (hsr >> 6 & 1) != 0));
}

static void add_mmio(const struct doubt_rules *d, const struct replay_track *t, struct kind_set *out)
{
	const struct replay_doubt *x = &t->doubt;
	bool write = (x->hsr >> 6 & 1) != 0;

	if (t->mmio || d->mmio || x->ec != 0x24)
		return;
	if (x->told && !may_be_mmio(x->hsr))
		return;
	if (!x->told || write)
		kind_set_add(out, EXIT_FOR_kernel_write);
	if (!x->told || !write)
		kind_set_add(out, EXIT_FOR_kernel_read);
}

/* Kinds by what kvm_exit and the handler's event say, whatever came of the exit. */
static struct kind_set base_kinds(const struct doubt_rules *d, const struct replay_track *t)
{
	const struct replay_doubt *x = &t->doubt;
	struct kind_set s = { { 0, 0 } };

	if (x->no_class) {
		for (unsigned i = 0; i < 5; i++)
			add_all(&s, &d->family[i]);
		kind_set_add(&s, EXIT_FOR_kernel_read);
		kind_set_add(&s, EXIT_FOR_kernel_write);
		return s;
	}
	kind_set_add(&s, x->base);
	if (x->first == EXIT_FOR_irq && !d->timer)
		kind_set_add(&s, EXIT_FOR_guest_timer);
	if (!x->told)
		add_untold(d, x, &s);
	add_mmio(d, t, &s);
	return s;
}

/* The kinds that an exit to the VMM becomes; see replay_user_kind. */
static void add_user(const struct replay_track *t, enum exit_kind k, struct kind_set *out)
{
	bool write = !exit_tell_of(k).read;
	bool known = t->mmio || t->doubt.told || k != exit_of_class(0x24);

	if (t->mmio || aborts(k)) {
		if (t->mmio ? t->mmio_write : write || !known)
			kind_set_add(out, EXIT_FOR_user_write);
		if (t->mmio ? !t->mmio_write : !write)
			kind_set_add(out, EXIT_FOR_user_read);
	} else {
		kind_set_add(out, (exit_row(k)->state & CND(IRQ)) != 0 ? EXIT_FOR_user_signal : EXIT_FOR_user_other);
	}
}

/* The kinds that an exit becomes whose vCPU is put inside KVM_RUN; see replay_put. */
static void add_put(const struct doubt_rules *d, const struct replay_track *t, enum exit_kind k, enum exit_kind kind,
		    struct kind_set *out)
{
	bool settled = d->timer && t->doubt.put && (kind == EXIT_FOR_wfi_sleeps || kind == EXIT_FOR_wfi_woken);

	if (k == EXIT_FOR_irq || k == EXIT_FOR_guest_timer) {
		kind_set_add(out, EXIT_FOR_preempted);
	} else if (k != EXIT_FOR_wfi_goes_on) {
		kind_set_add(out, k);
	} else if (settled) {
		kind_set_add(out, kind);
	} else {
		kind_set_add(out, EXIT_FOR_wfi_sleeps);
		if (!t->timer_woke || !t->doubt.put)
			kind_set_add(out, EXIT_FOR_wfi_woken);
	}
}

struct kind_set doubt_kinds(const struct doubt_rules *d, const struct replay_track *t, enum exit_kind kind)
{
	struct kind_set base = base_kinds(d, t), s = { { 0, 0 } };

	kind_set_add(&s, kind);
	for (unsigned i = 0; i < EXIT_COUNT; i++) {
		enum exit_kind k = (enum exit_kind)i;

		if (!kind_set_has(&base, k))
			continue;
		if (t->user) {
			add_user(t, k, &s);
			continue;
		}
		if (t->mmio)
			k = t->mmio_write ? EXIT_FOR_kernel_write : EXIT_FOR_kernel_read;
		if (t->doubt.put || !d->sched)
			add_put(d, t, k, kind, &s);
		if (!t->doubt.put)
			kind_set_add(&s, k);
		if (!d->user)
			add_user(t, (enum exit_kind)i, &s);
	}
	return s;
}

/* ---- profiles ---- */

static void add_kind(struct doubt_profile *f, const struct ws_prog *p, enum exit_kind k, bool first)
{
	const enum ws_comp put = ws_phase_comp(p, PHASE_PUT), load = ws_phase_comp(p, PHASE_LOAD);
	const struct exit_row *row = exit_row(k);
	uint8_t times[COMP_COUNT] = { 0 };

	for (unsigned i = 0; i < row->n; i++) {
		enum ws_comp c = exit_step_comp(p->config.model, &row->step[i]);
		uint64_t state = exit_step_state(row, i);

		if (row->step[i].meanwhile)
			continue;
		f->all[c] &= state;
		f->any[c] |= state;
		times[c]++;
	}
	for (unsigned c = 0; c < COMP_COUNT; c++) {
		f->least[c] = first || times[c] < f->least[c] ? times[c] : f->least[c];
		f->most[c] = times[c] > f->most[c] ? times[c] : f->most[c];
		if (times[c] == 0 && (c == put || c == load)) { /* one more than the sequence has, in its state */
			f->all[c] &= row->state;
			f->any[c] |= row->state;
		}
	}
}

const struct doubt_profile *doubt_profile(struct doubt_rules *d, const struct kind_set *kinds)
{
	struct doubt_profile *f;
	bool first = true;

	for (size_t i = 0; i < d->n_profile; i++) {
		f = &d->profile[(d->last + i) % d->n_profile];
		if (f->kinds.w[0] == kinds->w[0] && f->kinds.w[1] == kinds->w[1]) {
			d->last = (size_t)(f - d->profile);
			return f;
		}
	}
	d->profile = xrealloc(d->profile, (d->n_profile + 1) * sizeof(*d->profile));
	d->last = d->n_profile;
	f = &d->profile[d->n_profile++];
	memset(f, 0, sizeof(*f));
	memset(f->all, 0xff, sizeof(f->all));
	f->kinds = *kinds;
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (kind_set_has(kinds, (enum exit_kind)k)) {
			add_kind(f, d->p, (enum exit_kind)k, first);
			first = false;
		}
	}
	return f;
}
