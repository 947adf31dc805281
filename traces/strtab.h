/* SPDX-License-Identifier: Apache-2.0 */
/* Texts by number: the same text has the same number, numbers count from 1 in order of arrival, 0
 * is "". */
#ifndef EL2SIM_TRACES_STRTAB_H
#define EL2SIM_TRACES_STRTAB_H

#include <stddef.h>
#include <stdint.h>

struct strtab {
	char **text;    /* text[0] is "" once anything was added */
	uint32_t count; /* with number 0 */
	uint32_t *slot; /* open addressing, a power of two, at most half full; 0 = free */
	uint32_t slots;
};

/* Number of the n bytes at s (which must not contain NUL). */
uint32_t strtab_add(struct strtab *t, const char *s, size_t n);
/* Text of a number, "" if there is none. */
const char *strtab_get(const struct strtab *t, uint32_t id);
void strtab_free(struct strtab *t);

#endif
