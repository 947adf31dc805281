/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's print formats as patterns (column `print` of events.def): one pattern writes an
 * event's text and reads it back.
 *
 *   {f}         field f in its kind: decimal, signed, bare hexadecimal, text
 *   {f:016x}    as printf would; when read, spaces before and 0x are optional
 *   {f:a|b|7=c} a word per value, counted from 0; any other value is a 0x number
 *   {f:word}    text without blanks
 *   {f:neg}     minus the value, decimal; only negative values can be written
 *   {f:state}   task state, the kernel's letters; {f:oldstate} trace-cmd's plugin's, read only
 *   {f>19&3}    decimal (f >> 19) & 3; reading puts the bits together
 *   {f-g}       decimal difference; not read
 *   {f==-4}     no text: the value is -4
 *   {~}         any text, not read
 *   {~f}        a word, not read; written as the name of f's value
 */
#ifndef EL2SIM_TRACES_FMT_H
#define EL2SIM_TRACES_FMT_H

#include "sim/base/str.h"
#include "traces/trace.h"

/* PSTATE.M as the kernel words it. */
#define TR_MODES                                                                                   \
	"EL0t|4=EL1t|5=EL1h|8=EL2t|9=EL2h|12=EL3t|13=EL3h|16=32-bit USR|17=32-bit FIQ|"            \
	"18=32-bit IRQ|19=32-bit SVC|23=32-bit ABT|26=32-bit HYP|27=32-bit UND|31=32-bit SYS"
/* KVM_EXIT_ reasons 0.. in the order of the KVM ABI. */
#define TR_EXIT_REASONS                                                                            \
	"UNKNOWN|EXCEPTION|IO|HYPERCALL|DEBUG|HLT|MMIO|IRQ_WINDOW_OPEN|SHUTDOWN|FAIL_ENTRY|INTR|"  \
	"SET_TPR|TPR_ACCESS|S390_SIEIC|S390_RESET|DCR|NMI|INTERNAL_ERROR|OSI|PAPR_HCALL|"          \
	"S390_UCONTROL|WATCHDOG|S390_TSCH|EPR|SYSTEM_EVENT|S390_STSI|IOAPIC_EOI|HYPERV|ARM_NISV|"  \
	"X86_RDMSR|X86_WRMSR"

/*
 * The patterns of all events taken apart once, for who reads many. NULL in fmt_strings: they are taken apart anew each
 * time. To be freed with fmt_patterns_free.
 */
struct fmt_patterns;
struct fmt_patterns *fmt_patterns_new(void);
void fmt_patterns_free(struct fmt_patterns *p);

/* Where string fields come from and go to. */
struct fmt_strings {
	const struct fmt_patterns *patterns; /* reading; may be NULL */
	uint32_t (*intern)(void *self, const char *s, size_t n); /* reading: text to id */
	const char *(*text)(void *self, uint32_t id);            /* writing: id to text */
	/* Name of a value for {~f}, NULL if there is none; may be NULL. */
	const char *(*name)(void *self, enum tr_type type, unsigned field, uint64_t value);
	void *self;
};

/*
 * Read the text after "event: " into ev->arg and ev->absent (ev->type is given). First the row's
 * forms, then a list field=value, with or without "[FAILED TO PARSE]". how is a sum of FMT_WAYs.
 * Leniently, a word or state that is not known, and what the kernel prints in place of a pointer
 * ("(____ptrval____)"), cost their field only. Returns FMT_NO when none fits, and which did;
 * FMT_REMARK: a form, but behind it stands what no rule knows; FMT_OPEN: a form or list whose last
 * value may go on where the text is cut: it is absent.
 */
enum fmt_way {
	FMT_STRICT = 0,
	FMT_LENIENT = 1, /* unknown words cost their field */
	FMT_WHOLE = 2,   /* a line of its own: tools and people put remarks behind it ("Latency: 80.000 usecs") */
	FMT_CUT = 4      /* the text may end anywhere, and nothing is lenient then */
};
enum fmt_read { FMT_NO, FMT_FORM, FMT_LIST, FMT_REMARK, FMT_OPEN };
enum fmt_read fmt_read(struct tr_event *ev, const char *text, unsigned how, const struct fmt_strings *fs);

/*
 * The same for most texts, many times faster: the bytes from s to end as an event of ev->type. True: fmt_read would read them
 * by a form, strictly, into the same fields. False: only fmt_read knows. No blank at either end; *end is a control character;
 * FMT_QUICK_SLACK bytes from end on may be read; fs->patterns is given.
 */
#define FMT_QUICK_SLACK 64
bool fmt_quick(struct tr_event *ev, const char *s, const char *end, const struct fmt_strings *fs);

/* Append the event's text in the kernel's form. Absent fields are written as 0 or "?". */
void fmt_write(struct str *out, const struct tr_event *ev, const struct fmt_strings *fs);

/* Append the kernel's word for a value of a field, a 0x number where it has none. */
void fmt_word(struct str *out, enum tr_type type, unsigned field, uint64_t value);

#endif
