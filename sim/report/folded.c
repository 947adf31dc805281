/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/report/folded.h"

#include <inttypes.h>
#include <string.h>

#include "models/hyp/ws/outcome.h"
#include "models/hyp/ws/ws_explain.h"

struct stack {
	char *frames;
	uint64_t cycles;
};

/* Frames are separated by semicolons, and no name has one; a diff of two programs finds the same names (TCR_EL1, not
 * TCR_EL12). */
static void name_stack(const struct ws_prog *p, size_t i, struct str *b)
{
	struct ws_explain_row row;
	char object[40];

	ws_explain_at(p, i, &row);
	(void)ws_diff_object(row.op, object);
	str_reset(b);
	str_addf(b, "%s;%s;%s", row.phase, row.group, row.op->reg == SR_NONE ? row.opcode : object);
	if (row.op->reg == SR_NONE && row.object[0] != '\0' && strcmp(row.object, row.group) != 0)
		str_addf(b, " %s", row.object);
}

static void program_lines(const struct ws_prog *p, const uint64_t *exec, struct str *out)
{
	struct stack *s = xcalloc(p->n + 1, sizeof(*s));
	struct str b = STR_INIT;
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		uint64_t cycles = ws_op_cycles(&p->op[i], exec[i]);
		size_t k = 0;

		if (cycles == 0)
			continue;
		name_stack(p, i, &b);
		while (k < n && strcmp(s[k].frames, str_get(&b)) != 0)
			k++;
		if (k == n)
			s[n++].frames = xstrdup(str_get(&b));
		s[k].cycles += cycles;
	}
	for (size_t k = 0; k < n; k++) {
		str_addf(out, "%s %" PRIu64 "\n", s[k].frames, s[k].cycles);
		free(s[k].frames);
	}
	free(s);
	str_free(&b);
}

/* A symbol as a frame: no semicolon, no line's end. */
static void frame(struct str *out, const char *name)
{
	for (; *name != '\0'; name++)
		str_addf(out, "%c", *name == ';' ? ':' : (unsigned char)*name < ' ' ? '?' : *name);
}

static void site_lines(const struct outcome_guest *g, const struct outcome_site *s, struct str *out)
{
	const struct {
		const char *name;
		uint64_t cycles;
	} part[] = { { "switch", s->switched }, { "host kernel", s->cycles - s->switched }, { "VMM", s->vmm } };

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if (part[i].cycles == 0)
			continue;
		str_addf(out, "VM %u;", g->vm);
		frame(out, s->function);
		str_addf(out, ";%s;%s %" PRIu64 "\n", exit_row((enum exit_kind)s->kind)->name, part[i].name, part[i].cycles);
	}
}

void folded_outcome(const struct outcome *o, struct str *out)
{
	if (o->n_guests == 0)
		program_lines(o->prog, o->exec, out);
	for (size_t i = 0; i < o->n_guests; i++) {
		const struct outcome_guest *g = &o->guest[i];

		if (g->cycles != 0)
			str_addf(out, "VM %u;guest %" PRIu64 "\n", g->vm, g->cycles);
		for (size_t k = 0; k < g->n_sites; k++)
			site_lines(g, &g->site[k], out);
	}
}
