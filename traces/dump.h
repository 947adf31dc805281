/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A native trace as text. The plain style names every field and says all that the file holds:
 * importing it gives the same native file again, byte for byte. The tracefs style is the kernel's
 * own, for other tools; the report style is trace-cmd's.
 *
 *   # el2sim trace dump 1
 *   # key: value                      the file's info, then one line per record:
 *   12.645336112 cpu=0 pid=220 comm="vmm" kvm_exit: ret=2 esr_ec=0x16 vcpu_pc=0x10001128
 *
 * Texts are in double quotes; a quote, a backslash and bytes outside 0x20..0x7e are written as
 * \xNN. An absent field is `name=?`.
 */
#ifndef EL2SIM_TRACES_DUMP_H
#define EL2SIM_TRACES_DUMP_H

#include <stdio.h>

#include "traces/trace.h"

#define DUMP_HEAD    "# el2sim trace dump "
#define DUMP_VERSION 1

/* Style: enumerator, name on the command line, help. */
#define DUMP_STYLES(X)                                                                             \
	X(DUMP_PLAIN, "plain", "every field by name; trace import makes the same file of it")      \
	X(DUMP_TRACEFS, "tracefs", "the kernel's own text, for other tools; rounds to microseconds")       \
	X(DUMP_REPORT, "report", "as trace-cmd report -N -t prints it, in nanoseconds")

enum dump_style {
#define X(id, name, help) id,
	DUMP_STYLES(X)
#undef X
		DUMP_STYLE_COUNT
};

/* Name of an exception class for the tracefs style, NULL if it has none. */
typedef const char *dump_ec_fn(uint64_t ec);

/*
 * Write what r still holds to f. ERR_INPUT when the trace is corrupt; write errors are left to the
 * caller (ferror), who also may stop after limit records (UINT64_MAX: all). ec_name may be NULL.
 */
int dump_write(struct tr_reader *r, FILE *f, enum dump_style style, uint64_t limit,
	       dump_ec_fn *ec_name, struct err *e);

#endif
