/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command's arguments: operands, options that are rows, and `--section.key=value` overrides.
 *
 *	struct run_args { const char *trace, *out; int format; bool counting; struct arg_list vary; };
 *	static const struct arg_row rows[] = {
 *		{ "--trace", NULL, ARG_STR, offsetof(struct run_args, trace), "FILE", .help = "..." },
 *		{ "-o", "--output", ARG_STR, offsetof(struct run_args, out), "FILE", .help = "..." },
 *	};
 *	static const struct arg_spec spec = { .name = "run", .rows = rows, .n_rows = ARG_ROWS(rows),
 *					      .min_pos = 1, .max_pos = 1, .overrides = true };
 *
 *	if (args_parse(&a, &spec, argc, argv, &opts, e) != 0)
 *		return -1;
 *	...
 *	args_free(&a);
 */
#ifndef EL2SIM_APP_ARGS_H
#define EL2SIM_APP_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/app/command.h"
#include "sim/base/err.h"
#include "sim/base/pool.h"

enum arg_type {
	ARG_FLAG, /* bool: set to true */
	ARG_STR,  /* const char *, into argv */
	ARG_U64,  /* uint64_t: decimal or 0x hexadecimal, min..max */
	ARG_ENUM, /* int: index into names */
	ARG_LIST, /* struct arg_list: may be given more than once */
	ARG_INPUTS, /* struct arg_list: no option, but the files that the command line names to be read: operands, and values of
		       options that name a FILE (or TRACE, ...) and are no place */
	ARG_WORDS /* struct arg_list: no option, but the whole command line from the program's name on, without the
		     options whose rows have .place */
};

struct arg_list {
	const char **v; /* strings into argv */
	size_t n;
};

struct arg_row {
	const char *name;  /* "--trace", "-o"; of two rows of one name the first is told, and flags of both are set */
	const char *alias; /* another spelling, or NULL */
	enum arg_type type;
	size_t offset;     /* of the member in the struct given to args_parse */
	const char *value; /* what the help calls the value: FILE, N; NULL for ARG_FLAG and ARG_ENUM */
	const char *const *names; /* ARG_ENUM: NULL-terminated */
	uint64_t min, max;        /* ARG_U64: inclusive */
	bool required;
	bool place; /* says where the output goes, what it looks like there, or with how many threads it is made; not what is in it */
	size_t bare; /* ARG_ENUM, 0 or 1 + the offset of a bool that is set instead when no value follows */
	size_t by_ending; /* ARG_ENUM, 0 or 1 + the offset of a file's name: not given, the name's ending says it */
	const char *endings; /* ARG_STR: those that the name may have, between spaces; NULL: any */
	const char *help; /* one sentence without a full stop */
};

/* An argument row for a uint64_t: threads for pool_new, 0 if not given. */
#define THREADS_ARG_ROW(type, member)                                                               \
	{ "-j", "--jobs", ARG_U64, offsetof(type, member), "N", .min = 1, .max = POOL_MAX, .place = true, \
	  .help = "threads; default: as many as there are CPUs; the output does not depend on it" }

#define ARG_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define ARG_ANY        SIZE_MAX

struct arg_spec {
	const struct cmd_set *set; /* where the command's row stands; NULL = cmd_top_set */
	const char *name;          /* of that row: gives operands and help sentence */
	const struct arg_row *rows;
	size_t n_rows;           /* at most 64 */
	size_t min_pos, max_pos; /* number of operands; ARG_ANY = no upper limit */
	bool streams;            /* the command reads the operand "-" itself, as it comes; else standard input is spooled, see FILE_STDIN */
	bool overrides;          /* --section.key=value is collected, not refused; so is --patch */
	const char *example;     /* what may follow the name: printed by the help and by an error about what is missing; or NULL */
	const char *text;        /* more lines for the help, each ending in a newline; or NULL */
};

struct args {
	struct arg_list pos;       /* operands ("-" is one) */
	struct arg_list overrides; /* "--section.key=value", in the order given: for opt_override; --patch is one */
	char *patch;               /* that one's text */
	const struct arg_spec *spec;
	void *base;
};

/*
 * Parse argv (argv[0] is the command's name) into *a and into the members of base, which keep what the
 * caller put there when the option is not given. Options and operands may be mixed; "--" ends the
 * options; `--name VALUE` and `--name=VALUE` are the same, and for a text or number `-n VALUE` and `-nVALUE`. Strings point into argv.
 * Returns 0, or -1 with ERR_USAGE; also -1, with ERR_NONE, after printing help for "--help", so that a
 * command has one way out; so is a shell's question (sim/app/complete.h). On -1 nothing is to be freed.
 */
int args_parse(struct args *a, const struct arg_spec *spec, int argc, char **argv, void *base,
	       struct err *e);
/* Do two names mean one regular file (device and inode), or, when there is none yet, are they the same name? */
bool args_same_file(const char *a, const char *b);
/* Free the lists, those of ARG_LIST, ARG_INPUTS and ARG_WORDS rows too. */
void args_free(struct args *a);

/* ERR_USAGE: the printf-formatted sentence, which says what is missing, and the command's example. Returns -1. */
int args_missing(const struct arg_spec *spec, struct err *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* What "--help" prints. */
void args_help(const struct arg_spec *spec, FILE *f);

#endif
