/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of vflags.def that need no run: sides, waivers, and flags that a kernel sets, reads and clears. */
#include "models/hyp/check/ws_life.h"
#include "models/hyp/ws/vflag_plan.h"

#define NOWHERE GRP_COUNT, SR_NONE, PHASE_COUNT

/* Found only by a run that breaks it; the row says so in advance. */
static bool run_time_rule(enum vflag_rule r)
{
	return r == VFR_copy_lost || r == VFR_pc_adjust_twice;
}

static bool copies(const struct vflag_site *s)
{
	return s->op == VFOP_FLUSH || s->op == VFOP_SYNC;
}

void ws_lint_flag_site(struct ws_findings *f, const struct vflag_site *s)
{
	enum vflag_rule breaks = copies(s) ? VFR_NONE : vflag_site_breaks(s);
	const char *flag = vflag_row((enum vflag)s->flag)->name;

	if (breaks == VFR_cflag_after_run && s->waives != breaks)
		ws_finding_add(f, RULE_flag_at_run, NOWHERE, "vflags.def:%u: %s %s in %s: want it in LIFE rows, or a waiver",
			       s->line, vflag_op_name((enum vflag_op)s->op), flag, s->function);
	else if (breaks != VFR_NONE && s->waives != breaks)
		ws_finding_add(f, RULE_flag_side, NOWHERE, "vflags.def:%u: %s %s by the %s in %s: %s; want another side, or a "
			       "waiver", s->line, vflag_op_name((enum vflag_op)s->op), flag,
			       vflag_side_name((enum vflag_side)s->side), s->function, vflag_rule_what(breaks));
	if (s->waives != VFR_NONE && s->waives != breaks && !run_time_rule((enum vflag_rule)s->waives))
		ws_finding_add(f, RULE_flag_waiver, NOWHERE, "vflags.def:%u: %s in %s waives %s and does not break it; want NONE",
			       s->line, flag, s->function, vflag_rule_name((enum vflag_rule)s->waives));
}

/* Does some row of this kernel do this to the flag, under whichever of its names? */
static bool done(const bool *has, enum vflag f, enum vflag_op op)
{
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);
	const struct vflag_row *row = vflag_row(f);

	for (size_t i = 0; i < n; i++) {
		const struct vflag_row *other = vflag_row((enum vflag)s[i].flag);

		if (has[i] && s[i].op == op && (s[i].flag == f || (row->overlaps && other->overlaps &&
								   other->mask == row->mask)))
			return true;
	}
	return false;
}

void ws_lint_flag_kernel(struct ws_findings *f, const struct ws_model *model, const bool *has)
{
	size_t n;
	const struct vflag_site *s = vflag_sites(&n);

	for (size_t i = 0; i < n; i++) {
		if (has[i] && vflag_row((enum vflag)s[i].flag)->since > model->version && !copies(&s[i]))
			ws_finding_add(f, RULE_flag_absent, NOWHERE, "vflags.def:%u, model %s: %s in %s; want a condition on "
				       "the kernel", s[i].line, model->name, vflag_row((enum vflag)s[i].flag)->name,
				       s[i].function);
	}
	for (unsigned k = 0; k < VF_COUNT; k++) {
		enum vflag flag = (enum vflag)k;
		bool set = done(has, flag, VFOP_SET);

		if (done(has, flag, VFOP_GET) && !set)
			ws_finding_add(f, RULE_flag_never_set, NOWHERE, "%s, model %s: want a row that sets it",
				       vflag_row(flag)->name, model->name);
		if (set && !done(has, flag, VFOP_CLEAR) && vflag_row(flag)->gone != PHASE_COUNT)
			ws_finding_add(f, RULE_flag_never_gone, NOWHERE, "%s, model %s: want a row that clears it, or gone "
				       "NEVER", vflag_row(flag)->name, model->name);
	}
}

/* Over all kernels: nVHE sets PMUSERENR_ON_CPU, and only VHE reads it. */
void ws_lint_flag_uses(struct ws_findings *f, const bool *has)
{
	for (unsigned k = 0; k < VF_COUNT; k++) {
		if (done(has, (enum vflag)k, VFOP_SET) && !done(has, (enum vflag)k, VFOP_GET) &&
		    !vflag_decides((enum vflag)k))
			ws_finding_add(f, RULE_flag_never_used, NOWHERE, "%s: want a row that reads it",
				       vflag_row((enum vflag)k)->name);
	}
}

size_t ws_lint_flags(struct ws_findings *f)
{
	struct machine all = { .name = "all", .features = (UINT64_C(1) << FEAT_COUNT) - 1, .list_registers = 1,
			       .pri_bits = 5, .breakpoints = 1, .watchpoints = 1 };
	size_t before = f->n, n_sites, n_models;
	const struct vflag_site *s = vflag_sites(&n_sites);
	const struct ws_model *models = ws_models(&n_models);
	bool *has = xcalloc(n_sites, sizeof(*has)), *any = xcalloc(n_sites, sizeof(*any));

	for (size_t i = 0; i < n_sites; i++)
		ws_lint_flag_site(f, &s[i]);
	for (size_t m = 0; m < n_models; m++) {
		struct ws_config c;
		struct vflag_plan *plan;
		struct ws_prog *p;
		struct err e;

		ws_config_init(&c);
		c.machine = &all;
		c.model = &models[m];
		c.vcpu = CND(VPMU) | CND(VSVE) | CND(VPAUTH) | CND(VAARCH32);
		p = ws_compile(&c, &e);
		BUG_ON(p == NULL);
		plan = vflag_plan_new(p, true, NULL);
		for (size_t i = 0; i < n_sites; i++)
			any[i] |= has[i] = vflag_plan_has(plan, i);
		ws_lint_flag_kernel(f, &models[m], has);
		vflag_plan_free(plan);
		ws_free(p);
	}
	ws_lint_flag_uses(f, any);
	free(has);
	free(any);
	return f->n - before;
}
