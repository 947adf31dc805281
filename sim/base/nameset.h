/* SPDX-License-Identifier: Apache-2.0 */
/* Which names were there already: a set of strings in constant time each, for lists that the user's files make long. */
#ifndef EL2SIM_BASE_NAMESET_H
#define EL2SIM_BASE_NAMESET_H

#include <stdbool.h>
#include <stddef.h>

struct nameset {
	char **slot; /* copies; NULL: free */
	size_t slots, n;
};

/* Add a name, which is copied; false: it was there. An empty set is all zeros. */
bool nameset_add(struct nameset *s, const char *name);
bool nameset_has(const struct nameset *s, const char *name);
void nameset_free(struct nameset *s);

#endif
