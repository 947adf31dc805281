/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an INI file: refused with a sentence, or every value reads back as what it was. */
#include <stdint.h>
#include <string.h>

#include "sim/base/opt_impl.h"
#include "tests/opt_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reads_back(struct opt_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		struct opt_slot *slot = set->slots[i];
		char *before = xstrdup(slot->value);
		struct str again = STR_INIT;
		struct err e;

		str_addf(&again, "%s=%s", slot->name, before);
		BUG_ON(opt_override(set, str_get(&again), &e) != 0);
		BUG_ON(strcmp(before, slot->value) != 0);
		str_free(&again);
		free(before);
	}
}

static void override(struct opt_set *set, const uint8_t *data, size_t size)
{
	struct str text = STR_INIT;
	struct err e = { ERR_NONE, "" };

	str_addn(&text, (const char *)data, size);
	if (opt_override(set, str_get(&text), &e) != 0)
		BUG_ON(e.code == ERR_NONE || e.text[0] == '\0');
	str_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct opt_set *set = opt_new();
	struct err e = { ERR_NONE, "" };
	struct sample s;

	opt_add(set, sample_rows, N_SAMPLE_ROWS, &s);
	if (opt_load_text(set, "fuzz/x.ini", (const char *)data, size, &e) != 0)
		BUG_ON(e.code != ERR_CONFIG || e.text[0] == '\0');
	override(set, data, size);
	BUG_ON(opt_done(set, &e) != 0);
	check_reads_back(set);
	opt_free(set);
	return 0;
}
