/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that a trace.dat tells by the words of its own print fmt: kvm_exit.ret 1 is TRAP up to
 * Linux 4.8 and SERROR since, prev_state 16 is Z up to 4.13 and X since. What the file's kernel
 * says counts, never what the newest one would.
 */
#ifndef EL2SIM_IMPORT_DAT_WORDS_H
#define EL2SIM_IMPORT_DAT_WORDS_H

#include <traceevent/event-parse.h>

#include "traces/trace.h"

struct dat_words;

/* How a field's numbers in the file become ours; NULL: they are the same. */
struct dat_words *dat_words_of(struct tep_event *event, enum tr_type type, unsigned field);
uint64_t dat_words_map(const struct dat_words *w, uint64_t theirs);

#endif
