// SPDX-License-Identifier: Apache-2.0
#include "sim/price/kernel_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "models/hyp/kvm/kernel_model.h"

const char *kernel_mode_name(enum swc_mode mode)
{
	static const char *const names[] = { "vhe", "nvhe", "hvhe" };

	return names[mode];
}

static enum sysreg reg_of(uint16_t enc)
{
	return sysreg_by_encoding(enc >> 14, enc >> 11 & 7, enc >> 7 & 15, enc >> 3 & 15, enc & 7);
}

static bool is_opcode(const char *name)
{
	for (unsigned i = 0; i < OP_COUNT; i++)
		if (strcmp(ws_opcode_row((enum ws_opcode)i)->name, name) == 0)
			return true;
	return false;
}

/* Whose value an access moves. */
static enum ws_side side_of(const struct swc_record *r, enum swc_phase phase, const struct sysreg_row *row)
{
	bool to_guest = phase == SWC_LOAD || phase == SWC_ENTER || phase == SWC_LAZY || phase == SWC_WFI_LOAD;

	if (r->place == SWC_HOST)
		return SIDE_HOST;
	if (r->place == SWC_CONTEXT)
		return SIDE_GUEST;
	if (r->what.kind == VML_READ)
		return r->place == SWC_VCPU && row->move == MOVE_BOTH ? SIDE_GUEST : SIDE_NONE;
	if (row->move == MOVE_CONF)
		return to_guest ? SIDE_GCFG : SIDE_HCFG;
	return r->place == SWC_VCPU || to_guest ? SIDE_GUEST : SIDE_HCFG;
}

struct line {
	char opcode[48], object[32];
	enum ws_side side;
};

/* An exception that waits is delivered through accessors (vcpu_write_sys_reg): what they reach is no copy of the vCPU's. */
static bool by_accessor(const struct swc_op *o, enum sysreg reg)
{
	return (o->on >> SWC_EXC_PENDING_COND & 1) != 0 && o->r.place == SWC_NOWHERE && sysreg_row(reg)->move == MOVE_BOTH;
}

/* Opcode and object of ops.def; false: there is none. group: of the register accessed last. */
static bool system_line(const struct swc_op *o, enum swc_phase phase, const char *group, struct line *l)
{
	const struct swc_record *r = &o->r;
	enum sysreg reg = reg_of(r->reached);
	char buf[VML_WHAT_NAME];
	const char *name = vml_what_name(r->what, buf);

	l->side = SIDE_NONE;
	(void)snprintf(l->object, sizeof(l->object), "%s", group);
	switch (r->what.kind) {
	case VML_READ:
	case VML_WRITE:
		if (reg == SR_NONE)
			return false;
		(void)snprintf(l->opcode, sizeof(l->opcode), "%s%s", r->what.kind == VML_READ ? "MRS" : "MSR", reg == SR_ICH_LR0_EL2 ? "_LRS" : "");
		(void)snprintf(l->object, sizeof(l->object), "%s", sysreg_name(reg));
		l->side = side_of(r, phase, sysreg_row(reg));
		if (by_accessor(o, reg)) {
			(void)snprintf(l->opcode, sizeof(l->opcode), "ACC_%s", r->what.kind == VML_READ ? "READ" : "WRITE");
			l->side = SIDE_GUEST;
		}
		return true;
	case VML_ISB: (void)snprintf(l->opcode, sizeof(l->opcode), "ISB"); return true;
	case VML_DSB: (void)snprintf(l->opcode, sizeof(l->opcode), "DSB_%s", name); break;
	case VML_TLBI: (void)snprintf(l->opcode, sizeof(l->opcode), "TLBI_%s", name); break;
	case VML_AT: (void)snprintf(l->opcode, sizeof(l->opcode), "AT_%s", name); break;
	case VML_IC: (void)snprintf(l->opcode, sizeof(l->opcode), "IC_%s", name); break;
	case VML_SB:
	case VML_ESB:
	case VML_PSTATE:
	case VML_ERET:
	case VML_HVC:
		(void)snprintf(l->opcode, sizeof(l->opcode), "%s", r->what.kind == VML_SB ? "SB" : r->what.kind == VML_ESB ? "ESB"
			       : r->what.kind == VML_PSTATE ? "PSTATE" : r->what.kind == VML_ERET ? "ERET" : "HVC");
		(void)snprintf(l->object, sizeof(l->object), "exit");
		break;
	default: return false;
	}
	return is_opcode(l->opcode);
}

static bool line_of(const struct swc_op *o, enum swc_phase phase, const char *group, struct line *l)
{
	const struct swc_record *r = &o->r;
	enum ws_side moves = r->place == SWC_HOST ? SIDE_HOST : SIDE_GUEST;

	switch (r->event) {
	case SWC_OP: return system_line(o, phase, group, l);
	case SWC_OUTSIDE:
		*l = (struct line){ .opcode = "CALL" };
		(void)snprintf(l->object, sizeof(l->object), "%s", r->component);
		return true;
	case SWC_CALLED:
		*l = (struct line){ .opcode = "CALL" };
		(void)snprintf(l->object, sizeof(l->object), "%s", swc_phase_name(swc_marked_phase(r)));
		return true;
	case SWC_TAKEN: *l = (struct line){ "EXC", "exit", SIDE_NONE }; return true;
	default:
		(void)snprintf(l->opcode, sizeof(l->opcode), "%s_%s", r->event == SWC_GPRS ? "GPR" : "FPR", r->load ? "LOAD" : "SAVE");
		(void)snprintf(l->object, sizeof(l->object), "%u", r->regs);
		l->side = moves;
		return true;
	}
}

static void add_conditions(struct str *b, uint32_t on, uint32_t off)
{
	bool first = true;

	for (unsigned c = 0; c < SWC_CONDS; c++)
		if ((on | off) >> c & 1) {
			str_addf(b, "%s%s%s", first ? "" : ",", off >> c & 1 ? "!" : "", swc_cond_name((enum swc_cond)c));
			first = false;
		}
	if (first)
		str_add(b, "-");
}

static const char *function(const struct swc *w, const struct swc_record *r)
{
	return r->func != UINT32_MAX ? w->k->img->funcs[r->func].name : "unknown";
}

/*
 * Where a policy may move a group's steps to (ops.def: ANCHOR): at the end of LOAD and the start of PUT, at the entry behind the last
 * control, at the exit before the first.
 */
static size_t anchor_at(const struct swc_model *m, enum swc_phase phase)
{
	size_t at = m->n[phase];

	if (phase == SWC_LOAD)
		return m->n[phase];
	if (phase == SWC_PUT)
		return 0;
	for (size_t i = 0; i < m->n[phase]; i++) {
		const struct swc_record *r = &m->ops[phase][i].r;
		enum sysreg reg = r->event == SWC_OP && r->what.kind == VML_WRITE ? reg_of(r->reached) : SR_NONE;

		if (reg == SR_NONE || sysreg_row(reg)->move != MOVE_CONF || m->ops[phase][i].on != 0)
			continue;
		if (phase == SWC_EXIT)
			return i;
		at = i + 1;
	}
	return at;
}

static void add_phase(const struct swc *w, const struct swc_model *m, enum swc_phase phase, struct str *b)
{
	size_t anchor = anchor_at(m, phase);
	const char *group = "exit";

	for (size_t i = 0; i <= m->n[phase]; i++) {
		const struct swc_op *o = &m->ops[phase][i];
		struct line l;
		bool is;

		if (i == anchor && phase < SWC_LAZY)
			str_addf(b, "op %s ANCHOR %d - - - 0 0\n", swc_phase_name(phase), phase == SWC_EXIT || phase == SWC_PUT);
		if (i == m->n[phase])
			break;
		is = !o->hidden && line_of(o, phase, group, &l);
		if (is) {
			str_addf(b, "op %s %s %s %s ", swc_phase_name(phase), l.opcode, l.object, l.side == SIDE_NONE ? "-" : side_name(l.side));
		} else {
			char buf[VML_WHAT_NAME];

			str_addf(b, "left %s %s:%s ", swc_phase_name(phase), vml_kind_name((enum vml_kind)o->r.what.kind),
				 vml_what_name(o->r.what, buf));
		}
		add_conditions(b, o->on, o->off);
		str_addf(b, " %s 0x%" PRIx64 " %" PRIu32 "\n", function(w, &o->r), o->r.addr, o->insns);
		if (is && sysreg_by_name(l.object) != SR_NONE)
			group = group_name((enum sr_group)sysreg_row(sysreg_by_name(l.object))->group);
	}
}

static void add_machine(const struct machine *m, struct str *b)
{
	bool first = true;

	str_addf(b, "machine %s\nfeatures ", m->name);
	for (unsigned f = 0; f < FEAT_COUNT; f++)
		if (machine_has(m, (enum feat)f)) {
			str_addf(b, "%s%s", first ? "" : ",", feat_key((enum feat)f));
			first = false;
		}
	str_addf(b, "%s\nlist_registers %" PRId64 "\npri_bits %" PRId64 "\nbreakpoints %" PRId64 "\nwatchpoints %" PRId64 "\n",
		 first ? "-" : "", m->list_registers, m->pri_bits, m->breakpoints, m->watchpoints);
}

/* Major and minor of "6.12.117+deb12-arm64". */
static void add_version(const char *release, struct str *b)
{
	unsigned major = 0, minor = 0;

	(void)sscanf(release, "%u.%u", &major, &minor);
	str_addf(b, "version %u.%u\n", major, minor);
}

void kernel_text(const struct swc *w, const struct swc_model *m, const struct kernel_origin *o, struct str *b)
{
	str_add(b, KERNEL_MODEL_MAGIC " 1\n"
		   "# The world switch of a kernel, found by executing its code: el2sim kernel import; docs/kernel-model.md is the format.\n");
	str_addf(b, "name %s\nrelease %s\n", o->name, o->release);
	add_version(o->release, b);
	str_addf(b, "mode %s\nimage %s\ndigest %s\n", kernel_mode_name(o->mode), o->image, o->digest);
	add_machine(w->m, b);
	str_add(b, "vcpu ");
	add_conditions(b, m->vcpu, 0);
	str_addc(b, '\n');
	for (size_t i = 0; i < m->n_without; i++)
		str_addf(b, "part %s\n", m->without[i]);
	for (unsigned p = 0; p < SWC_PHASES; p++)
		add_phase(w, m, (enum swc_phase)p, b);
	for (unsigned p = 0; p <= SWC_LAZY; p++)
		for (size_t i = 0; i < m->n_runs[p]; i++) {
			bool again = false;

			for (size_t k = 0; k < i; k++)
				again |= m->run[p][k].state == m->run[p][i].state && m->run[p][k].insns == m->run[p][i].insns;
			if (again)
				continue;
			str_addf(b, "run %s ", swc_phase_name((enum swc_phase)p));
			add_conditions(b, m->run[p][i].state, 0);
			str_addf(b, " %" PRIu64 "\n", m->run[p][i].insns);
		}
	for (size_t i = 0; i < w->n_notes; i++)
		str_addf(b, "note %s\n", w->notes[i].text);
}
