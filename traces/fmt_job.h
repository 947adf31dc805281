/* SPDX-License-Identifier: Apache-2.0 */
/* An event's text being read; private to fmt_read.c (forms) and fmt_list.c. */
#ifndef EL2SIM_TRACES_FMT_JOB_H
#define EL2SIM_TRACES_FMT_JOB_H

#include "traces/fmt_item.h"

#define FMT_TEXT_MAX 255 /* bytes of a string field: bounds the search for its end */

/* How strictly a form is read. */
enum way { WAY_STRICT, WAY_REMARK, WAY_LENIENT, WAY_CUT };

/* A reading in progress. */
struct job {
	struct tr_event *ev;
	const struct fmt_strings *fs;
	const char *forms; /* of the event */
	const char *form;  /* the one that is tried */
	unsigned seen;     /* fields that have their value */
	bool lenient;      /* words that are not known cost their field */
	bool remark;       /* anything may follow behind a blank */
	bool cut;          /* the text may end anywhere */
	int open;          /* the field that may go on there, -1: none */
	const struct fmt_item *last; /* the item last matched, and where its text begins */
	const char *last_text;
};

/* A number at *s, which moves behind it; false when there is none or it has over 64 bits. */
bool fmt_get_hex(const char **s, uint64_t *v);
bool fmt_get_dec(const char **s, uint64_t *v);
/* Number of a text; a kernel address in place of a name, as libtraceevent prints it, gets a 0x before it. */
uint32_t fmt_intern(const struct fmt_strings *fs, const char *s, size_t n);
/* A task's state at *s, in the kernel's letters or those of trace-cmd's old plugin; *s moves behind it. */
bool fmt_get_state(const char **s, bool old, uint64_t *v);
/* These digits of a number that is filled up with zeros are not all of it. */
bool fmt_cut_number(const char *digits, const char *end);
/* tr_event.absent when these fields were seen. */
uint8_t fmt_absent(const struct tr_event *ev, unsigned seen);
/* field=value field=value ..., in any order, with fields that we do not know. */
enum fmt_read fmt_read_list(struct tr_event *ev, const char *s, enum way way, const struct fmt_strings *fs);

#endif
