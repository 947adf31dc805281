/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the counts of `el2sim trace stat`: what a key is taken from. */
#ifndef EL2SIM_TRACE_TRACE_TALLY_IMPL_H
#define EL2SIM_TRACE_TRACE_TALLY_IMPL_H

#include "sim/trace/trace_tally.h"

#define TALLY_NOTHING UINT64_MAX /* the key has no meaning here */

/* A change of an interrupt line. */
struct tally_irq {
	uint32_t number, vcpu; /* UINT32_MAX: no vCPU's own */
	bool level;
};

/* What is counted: an exit, or an interrupt line and the exit (NULL: none) that its thread handles. */
struct tally_at {
	const struct seen_exit *exit;
	const struct tally_irq *irq;
	uint64_t pc;
	uint32_t comm;
	int32_t pid;
	uint16_t cpu;
};

uint64_t trace_key_value(enum trace_key k, const struct tally_at *at);
/* The name of a value; the caller frees it. irq: of a row of interrupts. */
char *trace_key_text(enum trace_key k, uint64_t v, const struct tr_reader *trace, bool irq);

#endif
