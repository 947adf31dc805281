/* SPDX-License-Identifier: Apache-2.0 */
/* Events, their arguments and what they run, in words; and back from a story's words. */
#include <stdio.h>
#include <string.h>

#include "models/hyp/explore/explore_impl.h"

static const struct {
	const char *name, *function, *what;
	enum xevent_args args;
} rows[XE_COUNT] = {
#define XEVENT(id, args, function, what) { #id, function, what, XARG_##args },
#include "models/hyp/explore/explore.def"
};

const char *xevent_name(enum xevent_row r)
{
	BUG_ON(r >= XE_COUNT);
	return rows[r].name;
}

const char *xevent_function(enum xevent_row r)
{
	BUG_ON(r >= XE_COUNT);
	return rows[r].function;
}

const char *xevent_what(enum xevent_row r)
{
	BUG_ON(r >= XE_COUNT);
	return rows[r].what;
}

enum xevent_args xevent_args(enum xevent_row r)
{
	BUG_ON(r >= XE_COUNT);
	return rows[r].args;
}

bool xevent_by_name(const char *name, enum xevent_row *r)
{
	for (unsigned i = 0; i < XE_COUNT; i++) {
		if (strcmp(name, rows[i].name) == 0) {
			*r = (enum xevent_row)i;
			return true;
		}
	}
	return false;
}

/* ---- arguments ---- */

static const char *state_words(uint64_t state, char *buf, size_t n)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned c = CND_FIRST_STATE; c < CND_COUNT && len < n; c++) {
		if ((state >> (c - CND_FIRST_STATE) & 1) != 0)
			len += (size_t)snprintf(buf + len, n - len, "%s%s", len != 0 ? "," : "", cond_name((enum cond)c));
	}
	return buf;
}

const char *xworld_arg(const struct xworld *w, struct xevent ev, char *buf, size_t n)
{
	buf[0] = '\0';
	switch (rows[ev.row].args) {
	case XARG_STATE:
		return state_words(w->m.state[ev.arg], buf, n);
	case XARG_KIND:
		(void)snprintf(buf, n, "%s%s", exit_row(w->m.kind[ev.arg & ~XLR_LIVE].kind)->name,
			       (ev.arg & XLR_LIVE) != 0 ? ",lr-live" : "");
		return buf;
	case XARG_TARGET:
		(void)snprintf(buf, n, "%u", ev.arg);
		return buf;
	case XARG_NONE:
	case XARG_PCPU:
		break;
	}
	return buf;
}

static bool parse_state(const struct xworld *w, const char *word, struct xevent *ev)
{
	char one[160];

	for (unsigned i = 0; i < w->m.n_state; i++) {
		if (strcmp(state_words(w->m.state[i], one, sizeof(one)), word) == 0) {
			ev->arg = (uint8_t)i;
			return true;
		}
	}
	return false;
}

/* Any kind's name stands for the one that is tried for it. */
static bool parse_kind(const struct xworld *w, const char *word, struct xevent *ev)
{
	const char *comma = strchr(word, ',');
	enum exit_kind k;
	char name[64];

	(void)snprintf(name, sizeof(name), "%.*s", comma != NULL ? (int)(comma - word) : (int)strlen(word), word);
	if (!exit_by_name(name, &k) || w->m.same[k] == UINT8_MAX || (comma != NULL && strcmp(comma, ",lr-live") != 0))
		return false;
	ev->arg = (uint8_t)(w->m.same[k] | (comma != NULL ? XLR_LIVE : 0));
	return true;
}

bool xworld_arg_parse(const struct xworld *w, const char *word, struct xevent *ev)
{
	ev->arg = 0;
	switch (rows[ev->row].args) {
	case XARG_STATE:
		return parse_state(w, word, ev);
	case XARG_KIND:
		return parse_kind(w, word, ev);
	case XARG_TARGET:
		ev->arg = (uint8_t)(word[0] - '0');
		return word[0] >= '0' && word[0] < '0' + (int)w->n_vcpu && word[1] == '\0';
	case XARG_NONE:
	case XARG_PCPU:
		break;
	}
	return word[0] == '\0';
}

const char *xworld_words(const struct xworld *w, struct xevent ev, char *buf, size_t n)
{
	char arg[160];

	(void)xworld_arg(w, ev, arg, sizeof(arg));
	if (arg[0] == '\0')
		(void)snprintf(buf, n, "%s", rows[ev.row].name);
	else
		(void)snprintf(buf, n, "%s (%s%s)", rows[ev.row].name, rows[ev.row].args == XARG_TARGET ? "vCPU " : "", arg);
	return buf;
}

/* ---- what runs ---- */

/* Registers that the handler of a kind accesses. */
static void handler_words(enum exit_kind k, char *buf, size_t n)
{
	size_t n_h, len = 0;
	const struct handler *h = handlers(&n_h);

	buf[0] = '\0';
	for (size_t i = 0; i < n_h && len < n; i++) {
		if (h[i].kind == k && h[i].moment == MOMENT_KERNEL)
			len += (size_t)snprintf(buf + len, n - len, "%s%s %s %s%s", len != 0 ? "; " : "", h[i].function,
						h[i].write ? "writes" : "reads", sysreg_name(h[i].reg),
						h[i].who == WHO_OTHER ? " of another vCPU" : "");
	}
}

const char *xworld_runs(const struct xworld *w, struct xevent ev, char *buf, size_t n)
{
	const struct xvcpu *x = &w->v[ev.vcpu];
	const struct xpart *part;
	enum exit_kind k;

	(void)snprintf(buf, n, "%s", rows[ev.row].function);
	if (ev.row == XE_exit) {
		(void)snprintf(buf, n, "%s", exit_row(w->m.kind[ev.arg & ~XLR_LIVE].kind)->help);
	} else if (ev.row == XE_handle && x->kind != XNONE) {
		k = w->m.kind[x->kind].kind;
		part = &w->m.kind[x->kind].part[x->part];
		if (part->type == XPART_ACCESS)
			handler_words(k, buf, n);
		else
			(void)snprintf(buf, n, "%s", comp_help((enum ws_comp)exit_row(k)->step[part->first + part->n - 1U].id));
	}
	return buf;
}

const char *xworld_flags(const struct xworld *w, unsigned vcpu, char *buf, size_t n)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned f = 0; f < VF_COUNT && len < n; f++) {
		const struct vflag_row *row = vflag_row((enum vflag)f);

		if (row->set == VFS_cflags || f == VF_EXCEPT_MASK || (row->overlaps && f != VF_INCREMENT_PC) ||
		    !vflags_has(&w->f[vcpu], (enum vflag)f) ||
		    (f == VF_INCREMENT_PC && vflags_has(&w->f[vcpu], VF_PENDING_EXCEPTION)))
			continue;
		len += (size_t)snprintf(buf + len, n - len, "%s%s", len != 0 ? " " : "", row->name);
	}
	return buf;
}

const char *xworld_why_not(const struct xworld *w, struct xevent ev)
{
	static const char *const where[] = {
		[XW_USER] = "its thread is in user space, not in KVM_RUN",
		[XW_KERNEL] = "it is loaded and the host runs",
		[XW_GUEST] = "its guest runs",
		[XW_OUT] = "its thread is scheduled out",
		[XW_BLOCKED] = "it blocks",
	};
	const struct xvcpu *x = &w->v[ev.vcpu];
	bool loads = ev.row == XE_load || ev.row == XE_migrate;

	if (loads && x->where != XW_KERNEL && x->where != XW_GUEST && oracle_loaded(w->o, ev.pcpu) != ORACLE_NONE)
		return "another vCPU is loaded on that pCPU";
	if (!loads && x->where != XW_USER && x->pcpu != ev.pcpu)
		return "its thread is on another pCPU";
	if (x->where == XW_KERNEL && x->kind != XNONE && (ev.row == XE_enter || ev.row == XE_signal))
		return (x->bits & XB_OFF) != 0 ? "it is off (PSCI CPU_OFF)" : "its exit is not handled yet";
	return where[x->where];
}

size_t xworld_kinds(const struct xworld *w)
{
	return w->m.n_kind;
}

enum exit_kind xworld_kind(const struct xworld *w, size_t i)
{
	return w->m.kind[i].kind;
}

enum exit_kind xworld_same_kind(const struct xworld *w, size_t i, enum exit_kind k)
{
	for (unsigned next = k == EXIT_COUNT ? 0 : (unsigned)k + 1; next < EXIT_COUNT; next++) {
		if (w->m.same[next] == i)
			return (enum exit_kind)next;
	}
	return EXIT_COUNT;
}
