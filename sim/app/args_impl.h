/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the arguments: args.c (parsing), args_help.c (help). */
#ifndef EL2SIM_APP_ARGS_IMPL_H
#define EL2SIM_APP_ARGS_IMPL_H

#include "sim/app/args.h"
#include "sim/base/str.h"

/* The set of a command, its row there, and what is typed before its name. */
const struct cmd_set *args_set_of(const struct arg_spec *spec);
const struct cmd *args_row_of(const struct arg_spec *spec);
const char *args_prog_of(const struct arg_spec *spec);
/* Of every command that takes overrides. */
#define ARGS_PATCH       "--patch"
#define ARGS_PATCH_VALUE "FILE|EDIT"
#define ARGS_PATCH_HELP  "what-if on the switch: edits of its program, such as \"drop MRS SP_EL0 guest @exit\"; forms: el2sim lint --doc"
/* No option, but a list of what the command line has. */
bool args_is_listing(const struct arg_row *r);
/* Add the names of a NULL-terminated list. */
void args_names_joined(struct str *b, const char *const *names, const char *between);

#endif
