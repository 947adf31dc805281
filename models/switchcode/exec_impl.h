/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that make a world. */
#ifndef EL2SIM_SWITCHCODE_EXEC_IMPL_H
#define EL2SIM_SWITCHCODE_EXEC_IMPL_H

#include "models/cpu/a64/a64.h"
#include "models/switchcode/exec.h"

#define FAULT_TO  UINT64_C(0xffffd10000000000) /* vectors of the core: what it cannot do goes there */

/* op1 and op2 of MSR (immediate) to PSTATE, without the CRm that is the value; fields of it. */
#define SWC_PSTATE_FIELD   (7u << 11 | 7u)
#define SWC_PSTATE_DAIFSET (3u << 11 | 6u)
#define SWC_PSTATE_DAIFCLR (3u << 11 | 7u)

/* The address as linked: with the upper bits of what has the same lower 48 ones. */
uint64_t swc_canonical(const struct swc *w, uint64_t addr);
/* op0, op1, CRn, CRm, op2 as one number. */
uint16_t swc_encoding(const unsigned op[5]);
/* Of the function that the PC is in, for notes. */
const char *swc_func_name(const struct swc *w);
/* Fills w->outside by the rows of outside.def and roots.def. */
void swc_find_outside(struct swc *w);

/* The encoding that an access by enc reaches at the EL of now. */
uint16_t swc_reached(const struct swc *w, uint16_t enc);
uint16_t swc_sp_el0(void);
uint16_t swc_tpidr_el1(void); /* at EL2 no base of per-CPU variables */
/* Is the record's function assembly that enters or leaves a guest, whose SP_EL0 is no `current`? */
bool swc_is_asm(const struct swc *w, const struct swc_record *r);

/*
 * SVE, as far as contexts are switched with it: loads and stores of a vector or predicate (nothing is kept; *load and *base say which way
 * and where), the vector length, the first-fault register. SWC_SVE_NONE: another word.
 */
enum { SWC_VL = 16 /* bytes of a vector */ };
enum swc_sve { SWC_SVE_NONE, SWC_SVE_OTHER, SWC_SVE_VECTOR, SWC_SVE_PREDICATE };
enum swc_sve swc_sve(struct swc *w, uint32_t word, bool *load, uint64_t *base);

#endif
