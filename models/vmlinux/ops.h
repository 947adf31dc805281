/* SPDX-License-Identifier: Apache-2.0 */
/* System instructions as operations with names. */
#ifndef EL2SIM_VMLINUX_OPS_H
#define EL2SIM_VMLINUX_OPS_H

#include <stdbool.h>
#include <stdint.h>

enum vml_kind {
#define VML_KIND(id, name, help) VML_##id,
#include "models/vmlinux/kinds.def"
	VML_KINDS
};
const char *vml_kind_name(enum vml_kind kind);

/* Which one: a register or SYS instruction by op0 op1 CRn CRm op2 (16 bits), a barrier's CRm, an immediate. */
struct vml_what {
	uint8_t kind; /* enum vml_kind */
	uint16_t enc;
};

enum { VML_WHAT_NAME = 32 };

/* Is the word a system instruction that is listed? */
bool vml_what(uint32_t word, struct vml_what *what);
/* SCTLR_EL12, NSHST, VMALLE1IS, S3_0_C15_C1_2 for a register that no table has; "" if the kind says it all. */
const char *vml_what_name(struct vml_what what, char buf[static VML_WHAT_NAME]);
/*
 * What any kernel code does all the time: reads of `current` (SP_EL0), of the per-CPU base (TPIDR_EL1, TPIDR_EL2), of DAIF and
 * CurrentEL, writes of DAIF.
 */
bool vml_what_soft(struct vml_what what);

#endif
