// SPDX-License-Identifier: Apache-2.0
#include "models/hyp/kvm/kernel_model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sim/base/str.h"

enum { BYTES_MAX = 64 << 20, LINES_MAX = UINT16_MAX };

/* [machine] numbers that decide how many registers there are, in the order of struct ws_model.sizes. */
static const char *const size_keys[] = { "list_registers", "pri_bits", "breakpoints", "watchpoints" };

struct reader {
	struct kernel_model *m;
	unsigned line;
	bool has_mode, has_version, has_features;
	unsigned sizes; /* bits */
	struct err *e;
};

static int name_in(const char *word, const char *(*name)(unsigned), unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (strcasecmp(word, name(i)) == 0)
			return (int)i;
	return -1;
}

static const char *phase_of(unsigned i) { return phase_name((enum ws_phase)i); }
static const char *opcode_of(unsigned i) { return ws_opcode_row((enum ws_opcode)i)->name; }
static const char *comp_of(unsigned i) { return comp_name((enum ws_comp)i); }
static const char *side_of(unsigned i) { return i == SIDE_NONE ? "-" : side_name((enum ws_side)i); }

static int unknown(struct reader *r, const char *what, const char *word, const char *(*name)(unsigned), unsigned n, const char *otherwise)
{
	const char **names = xcalloc(n, sizeof(*names));

	for (unsigned i = 0; i < n; i++)
		names[i] = name(i);
	(void)err_unknown(r->e, ERR_INPUT, word, names, n, otherwise, "unknown %s \"%.60s\"", what, word);
	free(names);
	return -1;
}

/* Names that a guard can have: run-time state by its key, features of the vCPU by theirs. */
static const struct {
	const char *name;
	uint64_t state, fixed;
} conditions[] = {
#define SCOND(id, key, help) { key, CND(id), 0 },
#define VCOND(id, key, help) { key, 0, CND(id) },
#include "models/hyp/kvm/conds.def"
};
enum { N_CONDITIONS = sizeof(conditions) / sizeof(conditions[0]) };

static const char *condition_of(unsigned i) { return conditions[i].name; }

/* "lrs,!lr-live", "-". */
static int parse_guard(struct reader *r, char *text, struct ws_guard *g)
{
	char *word;

	if (strcmp(text, "-") == 0)
		return 0;
	while ((word = str_item(&text, ",")) != NULL) {
		bool off = word[0] == '!';
		int i = name_in(word + off, condition_of, N_CONDITIONS);

		if (i < 0)
			return unknown(r, "condition", word + off, condition_of, N_CONDITIONS, "want one of el2sim explain --doc, or -");
		*(off ? &g->off : &g->on) |= conditions[i].state;
		*(off ? &g->fixed_off : &g->fixed_on) |= conditions[i].fixed;
	}
	if ((g->on & g->off) != 0 || (g->fixed_on & g->fixed_off) != 0)
		return err_set(r->e, ERR_INPUT, "a condition is on and off in one guard");
	return 0;
}

/* Until the mode is known, components of the host's path stand behind the phases. */
enum { FIRST_PART = PHASE_LAZY + 1 };

/* A phase or a component; -1: neither. */
static int place_in(const char *word)
{
	int i = name_in(word, phase_of, FIRST_PART);

	if (i >= 0)
		return i;
	i = name_in(word, comp_of, COMP_COUNT);
	return i < 0 ? -1 : FIRST_PART + i;
}

static uint16_t place_settled(const struct ws_model *m, unsigned place)
{
	return (uint16_t)(place < FIRST_PART ? (unsigned)m->phase[place] : place - (unsigned)FIRST_PART);
}

static int parse_operand(struct reader *r, const struct ws_opcode_row *row, const char *word, uint16_t *operand)
{
	enum sr_group group;
	uint64_t n;
	enum sysreg reg;
	int i;

	switch ((enum ws_operand)row->operand) {
	case OPND_REG:
		reg = sysreg_by_name(word);
		if (reg == SR_NONE)
			return err_set(r->e, ERR_INPUT, "unknown system register \"%.60s\": want one of el2sim regs", word);
		*operand = (uint16_t)reg;
		return 0;
	case OPND_GRP:
		if (!group_by_name(word, &group))
			return err_set(r->e, ERR_INPUT, "unknown group of registers \"%.60s\": want one of el2sim regs", word);
		*operand = (uint16_t)group;
		return 0;
	case OPND_NUM:
		if (!str_u64(word, &n) || n > 64)
			return err_set(r->e, ERR_INPUT, "\"%.60s\" is no number of registers: want 0..64", word);
		*operand = (uint16_t)n;
		return 0;
	case OPND_COMP:
		i = place_in(word);
		if (i < 0)
			return unknown(r, "component", word, comp_of, COMP_COUNT, "want one of comps.def");
		*operand = (uint16_t)i;
		return 0;
	}
	BUG("unknown operand kind");
}

enum { OP_FIELDS = 8 };

/* PHASE OPCODE OBJECT SIDE GUARD FUNCTION ADDRESS INSTRUCTIONS */
static int parse_op(struct reader *r, char *line)
{
	struct kernel_model *m = r->m;
	struct ws_step *s;
	char *f[OP_FIELDS];
	uint64_t address, insns;
	int phase, opcode, side;

	for (unsigned i = 0; i < OP_FIELDS; i++) {
		f[i] = str_word(&line, " \t");
		if (f[i] == NULL)
			return err_set(r->e, ERR_INPUT, "an op has %d fields, here are %u: want phase, opcode, object, side, guard, function, "
				       "address, instructions", OP_FIELDS, i);
	}
	if (str_word(&line, " \t") != NULL)
		return err_set(r->e, ERR_INPUT, "an op has %d fields, here are more", OP_FIELDS);
	phase = place_in(f[0]);
	opcode = name_in(f[1], opcode_of, OP_COUNT);
	side = name_in(f[3], side_of, SIDE_COUNT);
	if (phase < 0)
		return unknown(r, "phase", f[0], phase_of, PHASE_LAZY + 1, "want load, enter, exit, put, lazy or a component of the host");
	if (opcode < 0)
		return unknown(r, "opcode", f[1], opcode_of, OP_COUNT, "want one of ops.def");
	if (side < 0 || side == SIDE_CTX)
		return unknown(r, "side", f[3], side_of, SIDE_COUNT, "want -, host, guest, guest-cfg or host-cfg");
	if (!str_u64(f[6], &address) || !str_u64(f[7], &insns) || insns > UINT32_MAX)
		return err_set(r->e, ERR_INPUT, "\"%.30s %.30s\" are no address and number of instructions", f[6], f[7]);
	m->step = xrealloc(m->step, (m->n + 1) * sizeof(*m->step));
	m->address = xrealloc(m->address, (m->n + 1) * sizeof(*m->address));
	m->insns = xrealloc(m->insns, (m->n + 1) * sizeof(*m->insns));
	s = &m->step[m->n];
	*s = (struct ws_step){ .comp = (uint16_t)phase, .opcode = (uint8_t)opcode, .side = (uint8_t)side, .line = (uint16_t)r->line,
			       .function = f[5] };
	m->address[m->n] = address;
	m->insns[m->n] = (uint32_t)insns;
	m->n++;
	if (parse_operand(r, ws_opcode_row((enum ws_opcode)opcode), f[2], &s->operand) != 0)
		return -1;
	return parse_guard(r, f[4], &s->guard);
}

/* PHASE GUARD NUMBER: an execution that was seen. */
static int parse_run(struct reader *r, char *line)
{
	struct kernel_model *m = r->m;
	char *phase = str_word(&line, " \t"), *guard = str_word(&line, " \t"), *n = str_word(&line, " \t");
	struct kernel_run run = { 0 };
	int p = phase != NULL ? name_in(phase, phase_of, PHASE_LAZY + 1) : -1;

	if (p < 0 || guard == NULL || n == NULL || !str_u64(n, &run.insns))
		return err_set(r->e, ERR_INPUT, "want phase, conditions and a number of instructions behind \"run\"");
	run.phase = (uint8_t)p;
	if (parse_guard(r, guard, &run.state) != 0)
		return -1;
	m->run = xrealloc(m->run, (m->n_run + 1) * sizeof(*m->run));
	m->run[m->n_run++] = run;
	return 0;
}

/* A component whose rows are those of the file, even if there is none. */
static int parse_part(struct reader *r, const char *word)
{
	int i = word != NULL ? name_in(word, comp_of, COMP_COUNT) : -1;

	if (i < 0)
		return unknown(r, "component", word != NULL ? word : "", comp_of, COMP_COUNT, "want one of comps.def");
	r->m->part[i] = true;
	return 0;
}

/* Features of a vCPU with which it was found. */
static int parse_vcpu(struct reader *r, char *list)
{
	struct ws_guard g = { 0, 0, 0, 0 };

	if (list == NULL)
		return err_set(r->e, ERR_INPUT, "want features of a vCPU, or -, behind \"vcpu\"");
	if (parse_guard(r, list, &g) != 0)
		return -1;
	if (g.on != 0 || g.off != 0 || g.fixed_off != 0)
		return err_set(r->e, ERR_INPUT, "vcpu: a condition that is no feature of a vCPU: want those of [vcpu] features");
	r->m->model.vcpu = g.fixed_on;
	return 0;
}

static int parse_version(struct reader *r, const char *word)
{
	unsigned major, minor;
	int used = 0;

	if (word == NULL || sscanf(word, "%4u.%2u%n", &major, &minor, &used) != 2 || word[used] != '\0' || major > 99)
		return err_set(r->e, ERR_INPUT, "\"%.30s\" is no version of Linux: want 6.12", word != NULL ? word : "");
	r->m->model.version = (int)(major * 100 + minor);
	r->has_version = true;
	return 0;
}

static const char *mode_names[] = {
#define X(id, e2h, conditions, help) #id,
	WS_MODES(X)
#undef X
};
static const char *mode_of(unsigned i) { return mode_names[i]; }

static int parse_mode(struct reader *r, const char *word)
{
	int i = word != NULL ? name_in(word, mode_of, MODE_COUNT) : -1;

	if (i < 0)
		return err_set(r->e, ERR_INPUT, "unknown mode \"%.30s\": want vhe, nvhe or hvhe", word != NULL ? word : "");
	r->m->model.mode = (enum ws_mode)i;
	r->has_mode = true;
	return 0;
}

static int parse_features(struct reader *r, char *list)
{
	char *word;

	r->has_features = true;
	if (list == NULL || strcmp(list, "-") == 0)
		return 0;
	while ((word = str_item(&list, ",")) != NULL) {
		unsigned f = 0;

		while (f < FEAT_COUNT && strcmp(word, feat_key((enum feat)f)) != 0)
			f++;
		if (f == FEAT_COUNT)
			return err_set(r->e, ERR_INPUT, "unknown feature \"%.40s\": want those of [machine] features", word);
		r->m->model.features |= UINT64_C(1) << f;
	}
	return 0;
}

static int parse_word(struct reader *r, char *line, const char **to)
{
	*to = str_word(&line, " \t");
	return *to != NULL ? 0 : err_set(r->e, ERR_INPUT, "want a word");
}

static int parse_line(struct reader *r, char *line)
{
	struct kernel_model *m = r->m;
	char *key = str_word(&line, " \t");

	if (key == NULL || key[0] == '#')
		return 0;
	if (strcmp(key, "op") == 0)
		return parse_op(r, line);
	if (strcmp(key, "run") == 0)
		return parse_run(r, line);
	if (strcmp(key, "part") == 0)
		return parse_part(r, str_word(&line, " \t"));
	if (strcmp(key, "vcpu") == 0)
		return parse_vcpu(r, str_word(&line, " \t"));
	if (strcmp(key, "left") == 0) {
		m->left++;
		return 0;
	}
	if (strcmp(key, "note") == 0) {
		m->notes++;
		return 0;
	}
	if (strcmp(key, "name") == 0)
		return parse_word(r, line, &m->model.name);
	if (strcmp(key, "release") == 0)
		return parse_word(r, line, &m->release);
	if (strcmp(key, "machine") == 0)
		return parse_word(r, line, &m->machine);
	if (strcmp(key, "image") == 0)
		return parse_word(r, line, &m->image);
	if (strcmp(key, "digest") == 0)
		return parse_word(r, line, &m->digest);
	if (strcmp(key, "version") == 0)
		return parse_version(r, str_word(&line, " \t"));
	if (strcmp(key, "mode") == 0)
		return parse_mode(r, str_word(&line, " \t"));
	if (strcmp(key, "features") == 0)
		return parse_features(r, str_word(&line, " \t"));
	for (unsigned i = 0; i < sizeof(size_keys) / sizeof(size_keys[0]); i++) {
		uint64_t n;
		char *word;

		if (strcmp(key, size_keys[i]) != 0)
			continue;
		word = str_word(&line, " \t");
		if (word == NULL || !str_u64(word, &n) || n > 64)
			return err_set(r->e, ERR_INPUT, "%s is no number up to 64", key);
		m->model.sizes[i] = (int64_t)n;
		r->sizes |= 1u << i;
		return 0;
	}
	return err_set(r->e, ERR_INPUT, "unknown word \"%.40s\": want op, run, part, vcpu, left, note, name, release, version, mode, machine, features, "
		       "image, digest or a number of [machine]", key);
}

/* Phases are components of the mode's built-in models; what runs between them is theirs. */
static void settle(struct kernel_model *m)
{
	size_t n;
	const struct ws_model *all = ws_models(&n), *like = NULL;

	for (size_t i = 0; i < n; i++)
		if ((all[i].mode == MODE_VHE) == (m->model.mode == MODE_VHE) && (like == NULL || all[i].version > like->version))
			like = &all[i];
	BUG_ON(like == NULL);
	memcpy(m->model.phase, like->phase, sizeof(m->model.phase));
	for (size_t i = 0; i < m->n; i++) {
		m->step[i].comp = place_settled(&m->model, m->step[i].comp);
		if (ws_opcode_row((enum ws_opcode)m->step[i].opcode)->operand == OPND_COMP)
			m->step[i].operand = place_settled(&m->model, m->step[i].operand);
		m->step[i].file = m->model.name;
	}
	m->model.step = m->step;
	m->model.n_step = m->n;
	m->model.part = m->part;
	m->model.help = "imported from a kernel's own code";
}

static int check_whole(struct reader *r)
{
	bool has[FIRST_PART + COMP_COUNT] = { false };

	for (size_t i = 0; i < r->m->n; i++)
		has[r->m->step[i].comp] = true;
	if (!r->has_mode || !r->has_version || !r->has_features || r->m->model.name == NULL || r->sizes != 15)
		return err_set(r->e, ERR_INPUT, "is not whole: want name, version, mode, features, list_registers, pri_bits, breakpoints and watchpoints");
	for (unsigned p = PHASE_LOAD; p <= PHASE_PUT; p++)
		if (!has[p])
			return err_set(r->e, ERR_INPUT, "has no op of phase %s", phase_name((enum ws_phase)p));
	return 0;
}

static int parse_all(struct reader *r, const char *path)
{
	char *at = r->m->text;

	while (at != NULL && *at != '\0') {
		char *line = at, *end = strchr(at, '\n');

		at = end != NULL ? end + 1 : NULL;
		if (end != NULL)
			*end = '\0';
		if (r->line == LINES_MAX)
			return err_set(r->e, ERR_INPUT, "%s: more than %d lines", path, LINES_MAX);
		r->line++;
		if (r->line == 1) {
			if (strcmp(line, KERNEL_MODEL_MAGIC " 1") == 0)
				continue;
			(void)err_set(r->e, ERR_INPUT, "begins with \"%.20s\": want \"" KERNEL_MODEL_MAGIC " 1\", a file that el2sim kernel "
				      "import wrote", line);
			return err_at(r->e, path, 1);
		}
		if (parse_line(r, line) != 0)
			return err_at(r->e, path, r->line);
	}
	return check_whole(r) == 0 ? 0 : err_at(r->e, path, 0);
}

struct kernel_model *kernel_model_parse(const char *path, const char *text, size_t n, struct err *e)
{
	struct kernel_model *m = xcalloc(1, sizeof(*m));
	struct reader r = { .m = m, .e = e };

	m->text = xmalloc(n + 1);
	memcpy(m->text, text, n);
	m->text[n] = '\0';
	if (memchr(text, '\0', n) != NULL || n == 0) {
		(void)err_set(e, ERR_INPUT, "%s: is %s: want a file that el2sim kernel import wrote", path, n == 0 ? "empty" : "no text");
		kernel_model_free(m);
		return NULL;
	}
	if (parse_all(&r, path) != 0) {
		kernel_model_free(m);
		return NULL;
	}
	settle(m);
	return m;
}

struct kernel_model *kernel_model_read(const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	struct str b = STR_INIT;
	struct kernel_model *m;
	char buf[65536];
	size_t n;

	if (f == NULL) {
		(void)err_set(e, ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
		return NULL;
	}
	while ((n = fread(buf, 1, sizeof(buf), f)) != 0 && b.len <= BYTES_MAX)
		str_addn(&b, buf, n);
	if (ferror(f) != 0 || b.len > BYTES_MAX) {
		(void)err_set(e, ERR_INPUT, "%s: %s", path, b.len > BYTES_MAX ? "is longer than 64 MiB" : "cannot be read");
		(void)fclose(f);
		str_free(&b);
		return NULL;
	}
	(void)fclose(f);
	m = kernel_model_parse(path, str_get(&b), b.len, e);
	str_free(&b);
	return m;
}

void kernel_model_free(struct kernel_model *m)
{
	if (m == NULL)
		return;
	free(m->text);
	free(m->step);
	free(m->address);
	free(m->insns);
	free(m->run);
	free(m);
}
