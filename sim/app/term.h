/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal that output goes to: its size, its colours, its pager. */
#ifndef EL2SIM_APP_TERM_H
#define EL2SIM_APP_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TERM_WIDTH 80 /* of a terminal that does not tell */

/* Columns of the terminal that f is: $COLUMNS, or what it says itself; 0: it is none. */
size_t term_width(FILE *f);
/* Is f a terminal that has colours, and nobody wants none (https://no-color.org)? */
bool term_has_colours(FILE *f);

/*
 * Write text to f. What is a terminal, and has fewer lines than the text, gets it through the pager: $EL2SIM_PAGER, else $PAGER,
 * else less; "" and cat are none. Without LESS and LV set, less ends at once where all fits, and colours stay (FRX, -c). A
 * pager that is left early is no error. False: f could not be written, see errno.
 */
bool term_write(FILE *f, const char *text, size_t n, bool pager);

#endif
