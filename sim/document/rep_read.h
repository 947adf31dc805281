/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report read back from its JSON, losslessly: written again, in any format, it has the same bytes.
 * docs/report.schema.json describes the JSON.
 */
#ifndef EL2SIM_DOCUMENT_REP_READ_H
#define EL2SIM_DOCUMENT_REP_READ_H

#include "sim/document/rep.h"

/*
 * The report in n bytes of JSON; path is its name in messages. NULL with ERR_INPUT, "path: ...", when the
 * text is no JSON, no report of el2sim, of a newer version, or breaks the schema. Free with rep_free.
 */
struct rep *rep_read_text(const char *text, size_t n, const char *path, struct err *e);
/* The same from a file. */
struct rep *rep_read(const char *path, struct err *e);

struct rep_list {
	struct rep **r;
	size_t n;
};
/* Add the report of a file, or those of a JSON list of reports, to l. -1 with ERR_INPUT; l is to be freed all the same. */
int rep_read_list(struct rep_list *l, const char *path, struct err *e);
void rep_list_add(struct rep_list *l, struct rep *r);
void rep_list_free(struct rep_list *l);

#endif
