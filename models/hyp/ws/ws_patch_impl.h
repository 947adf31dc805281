/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files that read a what-if share. */
#ifndef EL2SIM_HYP_WS_PATCH_IMPL_H
#define EL2SIM_HYP_WS_PATCH_IMPL_H

#include "models/hyp/ws/ws_patch.h"
#include "sim/base/str.h"

#define PATCH_TEXT_MAX	400 /* of an edit, with its end */
#define PATCH_WORDS_MAX 64

struct patch_words {
	const char *text; /* the whole edit, for messages */
	char *v[PATCH_WORDS_MAX];
	size_t n, i;
};

/* The verb that the first n characters are; PATCH_COUNT: none. */
enum ws_patch_verb ws_patch_verb(const char *word, size_t n);
/* A word that is no verb; what: the sentence, which may quote the word or not. ERR_CONFIG; returns -1. */
int ws_patch_unknown(const char *word, const char *what, struct err *e);
/* All words of an edit into *x, whose text and place are set. ERR_CONFIG or ERR_USAGE, without the place. */
int ws_patch_parse(struct patch_words *w, struct ws_patch_edit *x, struct err *e);

#endif
