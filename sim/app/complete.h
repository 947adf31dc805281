/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a shell may put in place of the last word of a command line: `el2sim --complete WORD...` (cmd_asked), from the same
 * tables as the help. One candidate a line, "word" or "word<TAB>what it is"; a last line ":files" when names of files are wanted,
 * too. The scripts of the shells (docs/completion) ask and know nothing.
 */
#ifndef EL2SIM_APP_COMPLETE_H
#define EL2SIM_APP_COMPLETE_H

#include "sim/app/args.h"

/* Print it. words: the n behind the command's name; the last, maybe "", is the one to be completed. None: as one that is "". */
void complete_words(const struct arg_spec *spec, int n, char **words);

#endif
