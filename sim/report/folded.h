/* SPDX-License-Identifier: Apache-2.0 */
/* Where modelled cycles went, one line per stack, for flame graphs: "phase;group;register cycles". */
#ifndef EL2SIM_REPORT_FOLDED_H
#define EL2SIM_REPORT_FOLDED_H

#include "sim/base/str.h"

struct outcome;
/*
 * Append the lines of a run. Where guests executed code: "VM 0;function;exit kind;part cycles" with the parts switch, host kernel and VMM, and
 * what the guest itself took, "VM 0;guest cycles"; else those of the program, in its order: ops of one register in one phase and group
 * share a line, what cost nothing has none, and an op that acts on no register is named by its opcode.
 */
void folded_outcome(const struct outcome *o, struct str *out);

#endif
