/* SPDX-License-Identifier: Apache-2.0 */
/* A table of a text report: aligned columns, which fit the terminal. Writers only. */
#ifndef EL2SIM_DOCUMENT_REP_GRID_H
#define EL2SIM_DOCUMENT_REP_GRID_H

#include "sim/document/rep_doc.h"

#define REP_INDENT "  " /* of a table's lines */

/*
 * Add heading and rows. A table that is wider than v->width columns (0: no limit) gets narrower columns, whose texts and titles
 * break between words; numbers never do. If that is not enough, the text of the last column stands below its row; or the table
 * stands in parts below each other, each with the columns that name the rows. title is what "title, continued" says.
 */
void rep_grid_add(struct str *b, const struct rep_table *t, const struct rep_view *v, const char *title);

#endif
