/* SPDX-License-Identifier: Apache-2.0 */
/* Which edges of the code an input went over, in a build with -fsanitize-coverage=trace-pc; elsewhere none. */
#ifndef EL2SIM_TESTS_FUZZ_COVER_H
#define EL2SIM_TESTS_FUZZ_COVER_H

#include <stddef.h>

void cover_begin(void);
/* Edges since cover_begin that no input before went over, or not as often (in powers of two). */
size_t cover_end(void);

#endif
