/* SPDX-License-Identifier: Apache-2.0 */
/* What can happen next to vCPUs on pCPUs. */
#include "models/hyp/explore/explore_impl.h"

struct list {
	struct xevent *out;
	size_t n;
};

static void add(struct list *l, enum xevent_row row, unsigned v, unsigned c, unsigned arg)
{
	BUG_ON(l->n == XEVENTS_MAX);
	l->out[l->n++] = (struct xevent){ (uint8_t)row, (uint8_t)v, (uint8_t)c, (uint8_t)arg };
}

static void loads(const struct xworld *w, unsigned v, struct list *l)
{
	for (unsigned c = 0; c < w->n_pcpu; c++) {
		bool moves = w->v[v].pcpu != XNONE && w->v[v].pcpu != c;

		if (oracle_loaded(w->o, c) == ORACLE_NONE)
			add(l, moves ? XE_migrate : XE_load, v, c, 0);
	}
}

static void in_guest(const struct xworld *w, unsigned v, unsigned c, struct list *l)
{
	if (w->m.lazy_fp && (oracle_vcpu_state(w->o, v) & CND(FP_OWNED)) == 0)
		add(l, XE_fp, v, c, 0);
	for (unsigned k = 0; k < w->m.n_kind; k++)
		add(l, XE_exit, v, c, k);
	if (w->m.lr_live && (w->v[v].bits & XB_LRS) != 0)
		add(l, XE_exit, v, c, XLR_LIVE);
}

/* An HVC that was PSCI. */
static void psci(const struct xworld *w, unsigned v, unsigned c, struct list *l)
{
	if (w->n_vcpu == w->n_vm || !xworld_may_be_psci(w, v))
		return;
	add(l, XE_cpu_off, v, c, 0);
	for (unsigned t = v % w->n_vm; t < w->n_vcpu; t += w->n_vm) {
		if (t != v && (w->v[t].bits & (XB_OFF | XB_RESET)) == XB_OFF)
			add(l, XE_cpu_on, v, c, t);
	}
}

static void in_kernel(const struct xworld *w, unsigned v, unsigned c, struct list *l)
{
	enum xpart_type next = xworld_next_part(w, v);
	uint8_t bits = w->v[v].bits;

	if (next == XPART_ENTER && (bits & (XB_OFF | XB_RESET)) == 0) {
		for (unsigned s = 0; s < w->m.n_state; s++)
			add(l, XE_enter, v, c, s);
	}
	if (next == XPART_ACCESS || next == XPART_COMP)
		add(l, XE_handle, v, c, 0);
	if (next == XPART_BLOCK)
		add(l, XE_block, v, c, 0);
	add(l, XE_preempt, v, c, 0);
	if (next == XPART_PUT)
		add(l, XE_put, v, c, 0);
	if (next != XPART_ENTER)
		return;
	add(l, XE_signal, v, c, 0);
	if ((bits & XB_OFF) == 0)
		psci(w, v, c, l);
	if ((bits & XB_RESET) != 0)
		add(l, XE_reset, v, c, 0);
}

size_t xworld_events(const struct xworld *w, struct xevent out[static XEVENTS_MAX])
{
	struct list l = { out, 0 };

	for (unsigned v = 0; v < w->n_vcpu; v++) {
		unsigned c = w->v[v].pcpu != XNONE ? w->v[v].pcpu : 0;

		switch ((enum xwhere)w->v[v].where) {
		case XW_USER:
			loads(w, v, &l);
			add(&l, XE_get_one_reg, v, c, 0);
			add(&l, XE_set_one_reg, v, c, 0);
			add(&l, XE_set_events, v, c, 0);
			break;
		case XW_OUT:
		case XW_BLOCKED:
			loads(w, v, &l);
			break;
		case XW_KERNEL:
			in_kernel(w, v, c, &l);
			break;
		case XW_GUEST:
			in_guest(w, v, c, &l);
			break;
		}
	}
	return l.n;
}

bool xworld_possible(const struct xworld *w, struct xevent ev)
{
	struct xevent all[XEVENTS_MAX];
	size_t n = xworld_events(w, all);

	for (size_t i = 0; i < n; i++) {
		bool ioctl = all[i].row >= XE_get_one_reg && all[i].row <= XE_set_events; /* on any pCPU */

		if (all[i].row == ev.row && all[i].vcpu == ev.vcpu && all[i].arg == ev.arg && (ioctl || all[i].pcpu == ev.pcpu))
			return true;
	}
	return false;
}

/* Does a load touch another vCPU's thread, or another pCPU? */
static bool load_is_wide(const struct xworld *w, unsigned v, unsigned c)
{
	unsigned from = w->v[v].pcpu;

	return (w->c[c].thread != XNONE && w->c[c].thread != v) ||
	       (from != XNONE && from != c && w->c[from].thread == v);
}

bool xworld_is_wide(const struct xworld *w, struct xevent ev)
{
	switch ((enum xevent_row)ev.row) {
	case XE_load:
	case XE_migrate:
		return load_is_wide(w, ev.vcpu, ev.pcpu);
	case XE_handle:
		return xworld_next_part(w, ev.vcpu) == XPART_ACCESS && xworld_kind_of(w, ev.vcpu)->other;
	case XE_cpu_on:
		return true;
	default:
		return false;
	}
}
