/* SPDX-License-Identifier: Apache-2.0 */
/* The table of vCPU flags, checked while it is compiled, and the accessors, checked while they run. */
#include "models/hyp/kvm/vflags.h"

#include <stdio.h>
#include <string.h>

#include "models/hyp/kvm/guards.h"
#include "sim/base/err.h"

/* ---- the table ---- */

#define SINGLE(bit) (1 << (bit)), (1 << (bit))
#define EXCEPT(n)   ((n) << 1), 0xe
#define VFO_ALONE     0
#define VFO_pc_adjust 1
#define PHASE_NEVER   PHASE_COUNT

enum {
#define VFLAG_SET(id, bits, what) VFS_BITS_##id = bits,
#include "models/hyp/kvm/vflags.def"
};

/* SINGLE and EXCEPT are two columns: rows go through a second macro. */
#define VFLAG_CALL(macro, ...) macro(__VA_ARGS__)

#define FITS(id, set, value, mask, overlap, since, gone, what)                                                \
	_Static_assert(((value) & ~(mask)) == 0, #id ": the value does not fit the mask");                    \
	_Static_assert((mask) > 0 && (mask) >> VFS_BITS_##set == 0, #id ": the mask does not fit the set");   \
	_Static_assert(VFS_BITS_##set <= 8, #set ": wider than the member of struct vflags");
#define VFLAG(...) VFLAG_CALL(FITS, __VA_ARGS__)
#include "models/hyp/kvm/vflags.def"

/*
 * Bits that rows claim, each set in a byte of its own: those that rows claim for themselves, whose sum is their union
 * if no two share one, and those that pc_adjust has.
 */
#define BITS(id, set, value, mask, overlap, since, gone, what, of) ((VFO_##overlap == (of) ? (mask) : 0) << 8 * VFS_##set)
#define SUM_ALONE(...)	  +BITS(__VA_ARGS__, VFO_ALONE)
#define UNION_ALONE(...)  | BITS(__VA_ARGS__, VFO_ALONE)
#define UNION_ADJUST(...) | BITS(__VA_ARGS__, VFO_pc_adjust)
enum {
	ALONE_SUM = 0
#define VFLAG(...) VFLAG_CALL(SUM_ALONE, __VA_ARGS__)
#include "models/hyp/kvm/vflags.def"
	,
	ALONE_UNION = 0
#define VFLAG(...) VFLAG_CALL(UNION_ALONE, __VA_ARGS__)
#include "models/hyp/kvm/vflags.def"
	,
	PC_ADJUST_BITS = 0
#define VFLAG(...) VFLAG_CALL(UNION_ADJUST, __VA_ARGS__)
#include "models/hyp/kvm/vflags.def"
};
_Static_assert(VFS_COUNT <= 3, "a sum of the bits of all sets does not fit an int");
_Static_assert((int)ALONE_SUM == (int)ALONE_UNION, "two rows of a set share a bit and do not say so");
_Static_assert(((int)PC_ADJUST_BITS & (int)ALONE_UNION) == 0, "a row shares bits with pc_adjust and does not say so");

static const struct vflag_row rows[VF_COUNT] = {
#define ROW(id, set_, value_, mask_, overlap_, since_, gone_, what_)                                          \
	[VF_##id] = { .name = #id, .what = what_, .set = VFS_##set_, .value = value_, .mask = mask_,          \
		      .gone = PHASE_##gone_, .overlaps = VFO_##overlap_ != VFO_ALONE, .since = since_ },
#define VFLAG(...) VFLAG_CALL(ROW, __VA_ARGS__)
#include "models/hyp/kvm/vflags.def"
};

const struct vflag_row *vflag_row(enum vflag f)
{
	BUG_ON(f >= VF_COUNT);
	return &rows[f];
}

bool vflag_by_name(const char *name, enum vflag *f)
{
	for (unsigned i = 0; i < VF_COUNT; i++) {
		if (strcmp(name, rows[i].name) == 0) {
			*f = (enum vflag)i;
			return true;
		}
	}
	return false;
}

static const struct {
	const char *name, *what;
	unsigned bits;
} sets[VFS_COUNT] = {
#define VFLAG_SET(id, bits, what) { #id, what, bits },
#include "models/hyp/kvm/vflags.def"
};

const char *vflag_set_name(enum vflag_set s)
{
	return sets[s].name;
}

const char *vflag_set_what(enum vflag_set s)
{
	return sets[s].what;
}

unsigned vflag_set_bits(enum vflag_set s)
{
	return sets[s].bits;
}

static const struct {
	const char *name, *what, *source;
} rules[VFR_COUNT] = {
#define VFLAG_RULE(id, what, source) { #id, what, source },
#include "models/hyp/kvm/vflags.def"
};

const char *vflag_rule_name(enum vflag_rule r)
{
	return rules[r].name;
}

const char *vflag_rule_what(enum vflag_rule r)
{
	return rules[r].what;
}

const char *vflag_rule_source(enum vflag_rule r)
{
	return rules[r].source;
}

const char *vflag_op_name(enum vflag_op op)
{
	static const char *const names[VFOP_COUNT] = { "get", "set", "clear", "flush", "sync" };

	return names[op];
}

bool vflag_op_changes(enum vflag_op op)
{
	return op == VFOP_SET || op == VFOP_CLEAR;
}

const char *vflag_side_name(enum vflag_side side)
{
	static const char *const names[VFSIDE_COUNT] = { "kernel", "hypervisor part", "userspace" };

	return names[side];
}

const char *vflag_event_name(enum vflag_event ev)
{
	static const char *const names[VFE_COUNT] = { "vCPU creation", "KVM_ARM_VCPU_INIT",
						      "KVM_ARM_VCPU_FINALIZE", "first KVM_RUN" };

	return names[ev];
}

/* ---- the places ---- */

#define VFLAG_AT_LIFE(event)   VFW_LIFE, VFE_##event
#define VFLAG_AT_BEFORE(phase) VFW_BEFORE, PHASE_##phase
#define VFLAG_AT_AFTER(phase)  VFW_AFTER, PHASE_##phase
#define VFLAG_AT_COMP(comp)    VFW_COMP, COMP_##comp
#define VFLAG_AT_ACCESSOR      VFW_ACCESSOR, 0
#define VFLAG_AT_UNSEEN        VFW_UNSEEN, 0

_Static_assert(COMP_COUNT <= UINT8_MAX, "a component fits vflag_site.id");

static const struct vflag_site sites[] = {
#define VFLAG_OP(at, op, flag, side, guard, iff, unless, waives, function, file)                              \
	{ VFLAG_AT_##at, VFOP_##op, VF_##flag, VFSIDE_##side, VF_##iff, VF_##unless, VFR_##waives, __LINE__,   \
	  guard, function, file },
#include "models/hyp/kvm/vflags.def"
};

const struct vflag_site *vflag_sites(size_t *n)
{
	*n = sizeof(sites) / sizeof(sites[0]);
	return sites;
}

static const struct vflag_must musts[] = {
#define VFLAG_MUST(flag, at, guard, why) { VF_##flag, VFLAG_AT_##at, guard, why },
#include "models/hyp/kvm/vflags.def"
};

const struct vflag_must *vflag_musts(size_t *n)
{
	*n = sizeof(musts) / sizeof(musts[0]);
	return musts;
}

uint64_t vflag_conditions(void)
{
	return 0
#define VFLAG_DECIDES(flag, cond) | CND(cond)
#define VFLAG_ALLOWS(flag, cond)  | CND(cond)
#include "models/hyp/kvm/vflags.def"
		;
}

bool vflag_decides(enum vflag f)
{
	return false
#define VFLAG_DECIDES(flag, cond) || f == VF_##flag
#define VFLAG_ALLOWS(flag, cond)  || f == VF_##flag
#include "models/hyp/kvm/vflags.def"
		;
}

/* The rule that says which side may do this to a flag of this set. */
static enum vflag_rule side_rule(enum vflag_set set, enum vflag_op op, enum vflag_side side)
{
	if (side == VFSIDE_USER)
		return VFR_userspace;
	switch (set) {
	case VFS_cflags:
		return vflag_op_changes(op) && side != VFSIDE_KERNEL ? VFR_cflag_producer : VFR_NONE;
	case VFS_iflags:
		if (op == VFOP_SET && side != VFSIDE_KERNEL)
			return VFR_iflag_producer;
		return op == VFOP_CLEAR && side != VFSIDE_HYP ? VFR_iflag_consumer : VFR_NONE;
	default:
		return op == VFOP_GET && side == VFSIDE_HYP ? VFR_sflag_hyp_read : VFR_NONE;
	}
}

enum vflag_rule vflag_site_breaks(const struct vflag_site *s)
{
	const struct vflag_row *row = vflag_row((enum vflag)s->flag);
	enum vflag_rule r = side_rule((enum vflag_set)row->set, (enum vflag_op)s->op, (enum vflag_side)s->side);

	/* Where nobody knows when it happens, a change of the configuration is one after the first run. */
	if (r == VFR_NONE && row->set == VFS_cflags && vflag_op_changes((enum vflag_op)s->op) && s->where != VFW_LIFE)
		return VFR_cflag_after_run;
	return r;
}

/* ---- a vCPU's flags ---- */

/* What goes wrong without a flag that must be set; empty for other rules. */
static const char *consequence(const struct vflag_violation *x)
{
	size_t n;
	const struct vflag_must *m = vflag_musts(&n);

	for (size_t i = 0; x->rule == VFR_not_set && i < n; i++) {
		if (m[i].flag == x->flag)
			return m[i].why;
	}
	return "";
}

const char *vflag_violation_text(const struct vflag_violation *x, char buf[static VFLAG_VIOLATION_TEXT])
{
	static const char *const did[VFOP_COUNT] = { "read", "set", "cleared", "copied", "copied back" };

	const char *more = consequence(x);

	(void)snprintf(buf, VFLAG_VIOLATION_TEXT, "%s: %s (%s) %s by the %s in %s, vCPU %u: %s%s%s",
		       vflag_rule_name((enum vflag_rule)x->rule), vflag_row((enum vflag)x->flag)->name,
		       vflag_set_name((enum vflag_set)vflag_row((enum vflag)x->flag)->set), did[x->op],
		       vflag_side_name((enum vflag_side)x->side), x->function, x->vcpu,
		       vflag_rule_what((enum vflag_rule)x->rule), more[0] != '\0' ? ": " : "", more);
	return buf;
}

void vflags_init(struct vflags *v, uint64_t known, int version, unsigned vcpu, int32_t owner, const struct vflag_sink *sink)
{
	*v = (struct vflags){ .vcpu = vcpu, .owner = owner, .sink = sink, .has_copy = (known & CND(PKVM)) != 0,
			      .defers = (known & CND(DEFERS)) != 0, .kernel = (uint16_t)version };
}

static void violate(const struct vflags *v, enum vflag_rule rule, enum vflag f, enum vflag_op op,
		    const struct vflag_who *who)
{
	struct vflag_violation x = { (uint8_t)rule, (uint8_t)f, (uint8_t)op, who->side, v->vcpu, who->function };

	if (rule != who->waives && v->sink != NULL && v->sink->report != NULL)
		v->sink->report(v->sink->self, &x);
}

/* The word that this side works on: pKVM's hypervisor part has its own vCPU. */
static uint8_t *word_of(struct vflags *v, enum vflag f, const struct vflag_who *who)
{
	return who->side == VFSIDE_HYP && v->has_copy ? &v->w.hyp[rows[f].set] : &v->w.set[rows[f].set];
}

/* Two things that __kvm_adjust_pc cannot do at one entry. */
static bool asks_twice(uint8_t iflags, enum vflag f)
{
	if (f == VF_INCREMENT_PC)
		return (iflags & rows[VF_PENDING_EXCEPTION].mask) != 0;
	return f == VF_PENDING_EXCEPTION && (iflags & rows[VF_PENDING_EXCEPTION].mask) == 0 &&
	       (iflags & rows[VF_INCREMENT_PC].mask) != 0;
}

static void check(struct vflags *v, enum vflag f, enum vflag_op op, const struct vflag_who *who, uint8_t before,
		  uint8_t after)
{
	enum vflag_rule side = side_rule((enum vflag_set)rows[f].set, op, (enum vflag_side)who->side);

	if (side != VFR_NONE)
		violate(v, side, f, op, who);
	if (rows[f].since > v->kernel && !(f == VF_SYSREGS_ON_CPU && v->defers))
		violate(v, VFR_not_in_kernel, f, op, who);
	if (who->thread != v->owner)
		violate(v, VFR_not_owner, f, op, who);
	if (!vflag_op_changes(op))
		return;
	if (who->preempt == VFP_OPEN)
		violate(v, VFR_not_preempt_safe, f, op, who);
	if (rows[f].set == VFS_cflags && v->w.ran && before != after)
		violate(v, VFR_cflag_after_run, f, op, who);
	if (op == VFOP_SET && rows[f].set == VFS_iflags && asks_twice(before, f))
		violate(v, VFR_pc_adjust_twice, f, op, who);
	if (op == VFOP_SET && f == VF_SYSREGS_ON_CPU && !v->loaded)
		violate(v, VFR_on_cpu_unloaded, f, op, who);
	if (rows[f].set == VFS_iflags && who->side == VFSIDE_KERNEL && v->w.copy_runs && before != after)
		violate(v, VFR_copy_lost, f, op, who);
}

uint8_t vcpu_get_flag(struct vflags *v, enum vflag f, const struct vflag_who *who)
{
	uint8_t word = *word_of(v, f, who);

	check(v, f, VFOP_GET, who, word, word);
	return word & rows[f].mask;
}

void vcpu_set_flag(struct vflags *v, enum vflag f, const struct vflag_who *who)
{
	uint8_t *word = word_of(v, f, who), after = *word;

	if ((rows[f].mask & (rows[f].mask - 1)) != 0) /* multi-bit: replaced, not ORed */
		after = (uint8_t)(after & ~rows[f].mask);
	after |= rows[f].value;
	check(v, f, VFOP_SET, who, *word, after);
	*word = after;
}

void vcpu_clear_flag(struct vflags *v, enum vflag f, const struct vflag_who *who)
{
	uint8_t *word = word_of(v, f, who), after = (uint8_t)(*word & ~rows[f].mask);

	check(v, f, VFOP_CLEAR, who, *word, after);
	*word = after;
}

bool vflags_has(const struct vflags *v, enum vflag f)
{
	return (v->w.set[rows[f].set] & rows[f].mask) != 0;
}
