/* SPDX-License-Identifier: Apache-2.0 */
/* Colours that charts share: of the page's light theme, and of figures. */
#include <string.h>

#include "sim/document/rep_doc.h"

const unsigned rep_palette[REP_PALETTE_COUNT] = { 0x0072b2, 0xc8500a, 0x007a5a, 0xa8488a, 0x8a6d00, 0x5350b5, 0x62707d, 0x8f2f20 };

static const struct {
	const char *name;
	int colour;
} fixed[] = {
#define X(name, colour) { name, colour },
	REP_COLOURS(X)
#undef X
};

int rep_colour_of(const char *name)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strcmp(fixed[i].name, name) == 0)
			return fixed[i].colour;
	return -1;
}

void rep_colours_json(struct str *b)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		str_addf(b, "%s\"%s\": %d", i == 0 ? "{" : ", ", fixed[i].name, fixed[i].colour);
	str_addc(b, '}');
}
