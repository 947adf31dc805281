/* SPDX-License-Identifier: Apache-2.0 */
/* What a configuration, or several beside each other, come to: the tables REP_ASKED and REP_EFFECTIVE of a report. */
#ifndef EL2SIM_APP_EFFECTIVE_H
#define EL2SIM_APP_EFFECTIVE_H

#include "sim/app/config.h"
#include "sim/document/rep.h"

/* One configuration of a report, and what its column is called ("" for the only one). */
struct effective {
	const struct config *config;
	const char *title;
};

/*
 * REP_ASKED: of one configuration what its file and the command line set, of several what differs. REP_EFFECTIVE:
 * every option that somebody set, with its origin.
 */
void effective_tables(const struct effective *x, size_t n, struct rep *r);
/* The same of one. */
void effective_source(const struct config *c, struct rep *r);

#endif
