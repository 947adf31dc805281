/* SPDX-License-Identifier: Apache-2.0 */
/* Events by their names, for who looks up many: a perfect hash of the rows of events.def and aliases.def. */
#ifndef EL2SIM_TRACES_NAMES_H
#define EL2SIM_TRACES_NAMES_H

#include "traces/trace.h"

struct tr_names;

/* To be freed with tr_names_free. */
struct tr_names *tr_names_new(void);
void tr_names_free(struct tr_names *t);
/* The event of n bytes of name, *alias: by aliases.def. False: there is none, *type is left alone. */
bool tr_names_find(const struct tr_names *t, const char *s, size_t n, enum tr_type *type, bool *alias);

#endif
