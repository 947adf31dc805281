/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped known bugs (configs/bugs): each is looked for by every means, and its fixed side must be clean. */
#ifndef EL2SIM_APP_BUGS_H
#define EL2SIM_APP_BUGS_H

#include "models/hyp/explore/explore.h"
#include "sim/app/config.h"

#define BUG_STEPS 12 /* events of the longest story that is looked for */

/* Names without ending, sorted. ERR_IO. Free with bug_names_free. */
struct bug_names {
	char **v;
	size_t n;
};
int bug_names(struct bug_names *out, struct err *e);
void bug_names_free(struct bug_names *names);

struct bug_check {
	struct config config;
	struct ws_prog *prog;
	const char *words;     /* of the violation that is looked for */
	bool lint, oracle;     /* found by lint (whatever it says), by the oracle on the random walk */
	struct explore *search;
	enum explore_states states; /* of entries, in that search */
	size_t number;         /* violation of the search; SIZE_MAX: not found */
	unsigned length;       /* events of the story; 0: not found */
	bool clean;            /* the fixed side has no finding and no violation, in the same search */
	uint64_t fixed_states; /* states that were seen of it */
};

/* Shipped bug of that name: configuration only. ERR_USAGE for an unknown name with the nearest. Free with bug_free. */
int bug_load(struct bug_check *b, const char *name, struct err *e);
/* Look for it. ERR_MODEL, ERR_CONFIG. */
int bug_run(struct bug_check *b, struct err *e);
void bug_free(struct bug_check *b);

#endif
