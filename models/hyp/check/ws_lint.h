/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static checks of a compiled program and of the tables it is made from. A policy may be
 * expressible and still wrong; what is wrong is said with rule, group, register, phase and a
 * sentence.
 */
#ifndef EL2SIM_HYP_WS_LINT_H
#define EL2SIM_HYP_WS_LINT_H

#include "models/hyp/kvm/vflags.h"
#include "models/hyp/ws/wswitch.h"

enum ws_rule {
#define RULE(id, scope, what) RULE_##id,
#include "models/hyp/check/lint.def"
	RULE_COUNT
};

const char *ws_rule_name(enum ws_rule rule);
/* What the rule is about, as a sentence without a full stop. */
const char *ws_rule_what(enum ws_rule rule);

#define WS_FINDING_TEXT 240

struct ws_finding {
	uint8_t rule;  /* enum ws_rule */
	uint8_t group; /* enum sr_group; GRP_COUNT if none */
	uint8_t phase; /* enum ws_phase; PHASE_COUNT if none */
	uint16_t reg;  /* enum sysreg; SR_NONE if none (blocks of X or V registers, whole phases) */
	char text[WS_FINDING_TEXT]; /* a sentence that names register, group and reason */
};

/* A growing list of findings; start with WS_FINDINGS_INIT, free with ws_findings_free. */
struct ws_findings {
	struct ws_finding *v;
	size_t n, cap;
};

#define WS_FINDINGS_INIT ((struct ws_findings){ NULL, 0, 0 })

void ws_findings_free(struct ws_findings *f);

/* Check a program, append what is wrong; returns the number of findings appended. */
size_t ws_lint(const struct ws_prog *p, struct ws_findings *f);
/* Check the tables themselves; returns the number of findings appended. */
size_t ws_lint_tables(struct ws_findings *f);

/* The part of it that looks at vflags.def; returns the number of findings appended. */
size_t ws_lint_flags(struct ws_findings *f);
/* One row of vflags.def by itself; the others as a kernel's, by the sites that it has (one cell per row). */
void ws_lint_flag_site(struct ws_findings *f, const struct vflag_site *s);
void ws_lint_flag_kernel(struct ws_findings *f, const struct ws_model *model, const bool *has);
void ws_lint_flag_uses(struct ws_findings *f, const bool *has); /* has: of any kernel */

/* The first finding as an error: 0 if the program is sound, -1 with ERR_MODEL if not. */
int ws_lint_err(const struct ws_prog *p, struct err *e);

#endif
