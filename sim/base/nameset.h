/* SPDX-License-Identifier: Apache-2.0 */
/* Which names were there already, and how often: strings in constant time each, for lists that the user's files make long. */
#ifndef EL2SIM_BASE_NAMESET_H
#define EL2SIM_BASE_NAMESET_H

#include <stdbool.h>
#include <stddef.h>

struct nameset {
	struct nameset_slot {
		char *name; /* a copy; NULL: free */
		size_t times;
	} *slot;
	size_t slots, n;
};

/* Add a name, which is copied. Returns how often it has come, this time included. An empty set is all zeros. */
size_t nameset_count(struct nameset *s, const char *name);

/* The same; false: it was there. */
bool nameset_add(struct nameset *s, const char *name);
bool nameset_has(const struct nameset *s, const char *name);
void nameset_free(struct nameset *s);

#endif
