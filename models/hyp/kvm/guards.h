/* SPDX-License-Identifier: Apache-2.0 */
/* Guards as the rows of .def tables write them; for the one file that expands a table, no other header. */
#ifndef EL2SIM_HYP_GUARDS_H
#define EL2SIM_HYP_GUARDS_H

#include "models/hyp/kvm/step.h"

#define ST(id)             (CND_IS_STATE(id) ? CND(id) : 0)
#define FX(id)             (CND_IS_STATE(id) ? 0 : CND(id))
#define ALWAYS             { 0, 0, 0, 0 }
#define IF(a)              { ST(a), 0, FX(a), 0 }
#define IF2(a, b)          { ST(a) | ST(b), 0, FX(a) | FX(b), 0 }
#define IF3(a, b, c)       { ST(a) | ST(b) | ST(c), 0, FX(a) | FX(b) | FX(c), 0 }
#define NOT(a)             { 0, ST(a), 0, FX(a) }
#define IFNOT(a, b)        { ST(a), ST(b), FX(a), FX(b) }
#define IFNOT2(a, b, c)    { ST(a), ST(b) | ST(c), FX(a), FX(b) | FX(c) }
#define IF2NOT(a, b, c)    { ST(a) | ST(b), ST(c), FX(a) | FX(b), FX(c) }
#define IF3NOT(a, b, c, d) { ST(a) | ST(b) | ST(c), ST(d), FX(a) | FX(b) | FX(c), FX(d) }

#endif
