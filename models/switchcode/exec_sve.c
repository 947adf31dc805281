// SPDX-License-Identifier: Apache-2.0
#include "models/switchcode/exec_impl.h"

/* Words of the A64 SVE encodings (Arm ARM, C4.1.38): mask and value. */
static const struct {
	uint32_t mask, value;
	enum { RDVL, ADDVL, LOADS_Z, STORES_Z, LOADS_P, STORES_P, STATE } what;
} words[] = {
	{ 0xfffff800, 0x04bf5000, RDVL },     { 0xffe0f800, 0x04205000, ADDVL },    { 0xffc0e000, 0x85804000, LOADS_Z },
	{ 0xffc0e000, 0xe5804000, STORES_Z }, { 0xffc0e010, 0x85800000, LOADS_P },  { 0xffc0e010, 0xe5800000, STORES_P },
	{ 0xfffffff0, 0x2519f000, STATE },    /* RDFFR */
	{ 0xfffffe1f, 0x25289000, STATE },    /* WRFFR */
	{ 0xffffffff, 0x252c9000, STATE },    /* SETFFR */
	{ 0xfffffff0, 0x2518e400, STATE },    /* PFALSE */
};

/* The signed immediate of RDVL and ADDVL, bits 10 to 5, in bytes. */
static uint64_t lengths(uint32_t word)
{
	uint32_t imm = word >> 5 & 63;

	return (uint64_t)SWC_VL * ((uint64_t)imm - (imm >> 5 << 6));
}

enum swc_sve swc_sve(struct swc *w, uint32_t word, bool *load, uint64_t *base)
{
	unsigned n = word >> 5 & 31, d = word & 31;
	uint64_t *x = w->core->x;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((word & words[i].mask) != words[i].value)
			continue;
		*load = words[i].what == LOADS_Z || words[i].what == LOADS_P;
		switch (words[i].what) {
		case RDVL:
			if (d < 31)
				x[d] = lengths(word);
			return SWC_SVE_OTHER;
		case ADDVL:
			n = word >> 16 & 31;
			x[d == 31 ? A64_SP : d] = x[n == 31 ? A64_SP : n] + lengths(word);
			return SWC_SVE_OTHER;
		case STATE: return SWC_SVE_OTHER;
		default:
			*base = x[n == 31 ? A64_SP : n];
			return words[i].what == LOADS_Z || words[i].what == STORES_Z ? SWC_SVE_VECTOR : SWC_SVE_PREDICATE;
		}
	}
	return SWC_SVE_NONE;
}
