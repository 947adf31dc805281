// SPDX-License-Identifier: Apache-2.0
/*
 * a64_decode FILE.def...: the decoder of the A64 core as C on stdout, made from the rows of models/cpu/a64/decode*.def
 * (format: the head of decode.def). One line per mistake ("file:line: what, what was wanted"), exit status 1.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 1024, FIELDS_MAX = 12, NAMES_MAX = 64, WORD_MAX = 32 };

struct field {
	char name[WORD_MAX];
	unsigned lo, width;
};

struct row {
	char name[WORD_MAX], prep[WORD_MAX], handler[WORD_MAX], class[WORD_MAX], feat[WORD_MAX];
	char text[WORD_MAX];            /* what prep gets beside the fields */
	uint32_t mask, value, nonzero;  /* nonzero: bits that are not all 0 */
	uint32_t either;                /* the manual's (0) and (1) */
	bool vector;                    /* an operand is a SIMD and floating-point register */
	struct field fields[FIELDS_MAX];
	unsigned n_fields, line;
	const char *file;
};

struct gen {
	const char *file;
	struct row rows[ROWS_MAX];
	unsigned n_rows, mistakes;
	char names[NAMES_MAX][WORD_MAX]; /* fields for prep, each once */
	unsigned n_names;
};

/* Operands that need no prep: field name, member of struct a64_op, what register 31 becomes (0: no register). */
static const struct {
	const char *field, *member, *r31;
} operands[] = {
	{"d", "d", "A64_TRASH"}, {"e", "e", "A64_TRASH"}, {"D", "d", "A64_SP"}, {"n", "n", "A64_ZR"},
	{"N", "n", "A64_SP"},    {"m", "m", "A64_ZR"},    {"M", "m", "A64_SP"}, {"a", "a", "A64_ZR"},
	{"t", "t", "A64_ZR"},    {"u", "u", "A64_ZR"},    {"s", "s", NULL},     {"sf", "sf", NULL},
	{"imm", "imm", NULL},    {"simm", "imm", NULL},  {"vd", "d", NULL},     {"ve", "e", NULL},
	{"vn", "n", NULL},       {"vm", "m", NULL},      {"va", "a", NULL},     {"vt", "t", NULL},
	{"vu", "u", NULL},       {"q", "sf", NULL},
};
enum { N_OPERANDS = sizeof(operands) / sizeof(operands[0]) };

static void __attribute__((format(printf, 3, 4))) mistake(struct gen *g, unsigned line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%u: ", g->file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	g->mistakes++;
}

/* Where another row stands: its line, and its file if that is another. */
static const char *place(const struct gen *g, const struct row *r, char text[static 256])
{
	if (r->file == g->file)
		snprintf(text, 256, "line %u", r->line);
	else
		snprintf(text, 256, "%s:%u", r->file, r->line);
	return text;
}

static void word_copy(struct gen *g, unsigned line, char to[WORD_MAX], const char *from)
{
	if (strlen(from) >= WORD_MAX)
		mistake(g, line, "\"%s\" is too long: want at most %d characters", from, WORD_MAX - 1);
	else
		strcpy(to, from);
}

static int operand(const char *name)
{
	for (int i = 0; i < N_OPERANDS; i++)
		if (strcmp(operands[i].field, name) == 0)
			return i;
	return -1;
}

static void name_add(struct gen *g, unsigned line, const char *name)
{
	for (unsigned i = 0; i < g->n_names; i++)
		if (strcmp(g->names[i], name) == 0)
			return;
	if (g->n_names == NAMES_MAX)
		mistake(g, line, "more than %d names of fields", NAMES_MAX);
	else
		strcpy(g->names[g->n_names++], name);
}

/* A token of bits or a field; *at bits are left to fill. */
static void add_bits(struct gen *g, struct row *r, const char *token, unsigned *at)
{
	const char *colon = strchr(token, ':');
	unsigned width = colon != NULL ? (unsigned)strtoul(colon + 1, NULL, 10) : (unsigned)strlen(token);

	if (width == 0 || width > *at) {
		mistake(g, r->line, "%s: \"%s\" does not fit: %u of 32 bits are left", r->name, token, *at);
		return;
	}
	*at -= width;
	if (colon != NULL) {
		struct field *f = &r->fields[r->n_fields];

		if (r->n_fields == FIELDS_MAX) {
			mistake(g, r->line, "%s: more than %d fields", r->name, FIELDS_MAX);
			return;
		}
		snprintf(f->name, sizeof(f->name), "%.*s", (int)(colon - token), token);
		for (unsigned i = 0; i < r->n_fields; i++)
			if (strcmp(r->fields[i].name, f->name) == 0)
				mistake(g, r->line, "%s: field \"%s\" twice", r->name, f->name);
		f->lo = *at;
		f->width = width;
		if (strcmp(colon + strcspn(colon, "!"), "!0") == 0)
			r->nonzero = (((uint32_t)1 << width) - 1) << *at;
		r->vector = r->vector || (f->name[0] == 'v' && operand(f->name) >= 0);
		r->n_fields++;
		if (operand(f->name) < 0)
			name_add(g, r->line, f->name);
		return;
	}
	for (unsigned i = 0; i < width; i++) {
		uint32_t bit = (uint32_t)1 << (*at + width - 1 - i);

		if (token[i] != 'x')
			r->mask |= bit;
		else
			r->either |= bit;
		if (token[i] == '1')
			r->value |= bit;
	}
}

static bool is_bits(const char *token)
{
	return strchr(token, ':') != NULL || strspn(token, "01x") == strlen(token);
}

static void read_row(struct gen *g, char *line, unsigned number)
{
	char *save = NULL, *token = strtok_r(line, " \t\n", &save);
	unsigned at = 32;
	char where[256];
	struct row *r;

	if (token == NULL || token[0] == '#')
		return;
	if (g->n_rows == ROWS_MAX) {
		mistake(g, number, "more than %d rows", ROWS_MAX);
		return;
	}
	r = &g->rows[g->n_rows++];
	r->line = number;
	r->file = g->file;
	word_copy(g, number, r->name, token);
	word_copy(g, number, r->handler, token);
	for (unsigned i = 0; i + 1 < g->n_rows; i++)
		if (strcmp(g->rows[i].name, r->name) == 0)
			mistake(g, number, "%s stands in %s, too", r->name, place(g, &g->rows[i], where));
	while ((token = strtok_r(NULL, " \t\n", &save)) != NULL) {
		if (token[0] == '@') {
			char *colon = strchr(token, ':');

			if (colon != NULL) {
				*colon = '\0';
				word_copy(g, number, r->text, colon + 1);
			}
			word_copy(g, number, r->prep, token + 1);
		} else if (is_bits(token))
			add_bits(g, r, token, &at);
		else if (token[0] == '=')
			word_copy(g, number, r->handler, token + 1);
		else if (token[0] == '.')
			word_copy(g, number, r->class, token + 1);
		else if (token[0] == '+')
			word_copy(g, number, r->feat, token + 1);
		else
			mistake(g, number, "%s: \"%s\": want bits, name:width, @prep[:text], =handler, .class or +feature", r->name, token);
	}
	if (at != 0)
		mistake(g, number, "%s: %u bits are missing", r->name, at);
	if (r->class[0] == '\0')
		mistake(g, number, "%s: no class: want one, as .alu", r->name);
}

/* Does b have zeros only where a must not? */
static bool apart(const struct row *a, const struct row *b)
{
	return a->nonzero != 0 && (b->mask & a->nonzero) == a->nonzero && (b->value & a->nonzero) == 0;
}

static void check_overlaps(struct gen *g)
{
	char where[256];

	for (unsigned i = 0; i < g->n_rows; i++)
		for (unsigned k = 0; k < i; k++) {
			const struct row *a = &g->rows[i], *b = &g->rows[k];

			if (apart(a, b) || apart(b, a))
				continue;
			g->file = a->file;
			if (((a->value ^ b->value) & a->mask & b->mask) == 0)
				mistake(g, a->line, "%s overlaps with %s (%s), as 0x%08" PRIx32, a->name, b->name, place(g, b, where),
					a->value | b->value);
		}
}

static void write_operands(const struct row *r)
{
	printf("\tcase A64_%s:\n", r->name);
	for (unsigned i = 0; i < r->n_fields; i++) {
		const struct field *f = &r->fields[i];
		uint32_t mask = f->width == 32 ? UINT32_MAX : ((uint32_t)1 << f->width) - 1;
		int o = operand(f->name);

		if (o < 0)
			printf("\t\tf->%s = w >> %u & 0x%" PRIx32 ";\n", f->name, f->lo, mask);
		else if (operands[o].r31 != NULL)
			printf("\t\top->%s = a64_reg(w >> %u & 31, %s);\n", operands[o].member, f->lo, operands[o].r31);
		else if (strcmp(f->name, "simm") == 0)
			printf("\t\top->imm = (uint64_t)((int64_t)((uint64_t)w << %u) >> %u);\n", 64 - f->lo - f->width, 64 - f->width);
		else
			printf("\t\top->%s = %s(w >> %u & 0x%" PRIx32 ");\n", operands[o].member,
			       strcmp(operands[o].member, "imm") == 0 ? "" : "(uint8_t)", f->lo, mask);
		if (strcmp(f->name, "sf") == 0)
			puts("\t\top->mask = op->sf ? UINT64_MAX : UINT32_MAX;");
	}
	if (r->prep[0] == '\0')
		puts("\t\treturn true;");
	else if (r->text[0] == '\0')
		printf("\t\treturn a64_prep_%s(f, op);\n", r->prep);
	else
		printf("\t\treturn a64_prep_%s(f, op, \"%s\");\n", r->prep, r->text);
}

static void write_fill(const struct gen *g)
{
	puts("\n/* The operands of a word whose row is known; false: unallocated. */\n"
	     "static bool a64_fill(enum a64_insn insn, uint32_t w, struct a64_fields *f, struct a64_op *op)\n{\n\tswitch (insn) {");
	for (unsigned i = 0; i < g->n_rows; i++)
		write_operands(&g->rows[i]);
	puts("\tdefault:\n\t\treturn false;\n\t}\n}");
}

/* The rows of `in` as a tree of switches over the bits that all of them fix. */
static void write_tree(const struct gen *g, const unsigned *in, unsigned n, uint32_t known, unsigned depth)
{
	uint32_t common = ~known, differ = 0;
	unsigned *part = malloc(n * sizeof(*part));
	bool *done = calloc(n, sizeof(*done));

	if (part == NULL || done == NULL)
		exit(1);
	for (unsigned i = 0; i < n; i++)
		common &= g->rows[in[i]].mask;
	for (unsigned i = 1; i < n; i++)
		differ |= (g->rows[in[i]].value ^ g->rows[in[0]].value) & common;
	if (differ == 0) {
		for (unsigned i = 0; i < n; i++) {
			const struct row *r = &g->rows[in[i]];

			printf("%*sif ((w & 0x%08" PRIx32 ") == 0x%08" PRIx32, (int)depth, "", r->mask, r->value);
			if (r->nonzero != 0)
				printf(" && (w & 0x%08" PRIx32 ") != 0", r->nonzero);
			printf(") return A64_%s;\n", r->name);
		}
		printf("%*sreturn A64_UNKNOWN;\n", (int)depth, "");
	} else {
		printf("%*sswitch (w & 0x%08" PRIx32 ") {\n", (int)depth, "", differ);
		for (unsigned i = 0; i < n; i++) {
			unsigned n_part = 0;

			if (done[i])
				continue;
			for (unsigned k = i; k < n; k++)
				if (((g->rows[in[k]].value ^ g->rows[in[i]].value) & differ) == 0) {
					part[n_part++] = in[k];
					done[k] = true;
				}
			printf("%*scase 0x%08" PRIx32 ":\n", (int)depth, "", g->rows[in[i]].value & differ);
			write_tree(g, part, n_part, known | differ, depth + 1);
		}
		printf("%*sdefault: return A64_UNKNOWN;\n%*s}\n", (int)depth, "", (int)depth, "");
	}
	free(part);
	free(done);
}

static void write_c(const struct gen *g)
{
	unsigned all[ROWS_MAX];

	printf("/* Made from %s by cmake/a64_decode.c: do not edit. */\n", "models/cpu/a64/decode*.def");
	puts("#ifdef A64_DECODE_ENUM\nenum a64_insn {\n\tA64_UNKNOWN,");
	for (unsigned i = 0; i < g->n_rows; i++)
		printf("\tA64_%s,\n", g->rows[i].name);
	puts("\tA64_INSNS\n};\n#endif\n#ifdef A64_DECODE_HANDLERS\na64_exec x_unknown;");
	for (unsigned i = 0; i < g->n_rows; i++) {
		bool first = true;

		for (unsigned k = 0; k < i; k++)
			first = first && strcmp(g->rows[k].handler, g->rows[i].handler) != 0;
		if (first)
			printf("a64_exec x_%s;\n", g->rows[i].handler);
	}
	puts("#endif\n#ifdef A64_DECODE_FIELDS\nstruct a64_fields {\n\tuint64_t feats;\n\tuint32_t");
	for (unsigned i = 0; i < g->n_names; i++)
		printf("\t\t%s%s\n", g->names[i], i + 1 < g->n_names ? "," : ";");
	puts("};");
	for (unsigned i = 0; i < g->n_rows; i++) {
		const struct row *r = &g->rows[i];
		bool first = r->prep[0] != '\0';

		for (unsigned k = 0; k < i; k++)
			first = first && strcmp(g->rows[k].prep, r->prep) != 0;
		if (first)
			printf("bool a64_prep_%s(const struct a64_fields *f, struct a64_op *op%s);\n", r->prep,
			       r->text[0] != '\0' ? ", const char *text" : "");
	}
	puts("#endif\n#ifdef A64_DECODE_BODY");
	puts("static const struct a64_row a64_rows[] = {\n\t[A64_UNKNOWN] = {\"unknown\", 0, 0, 0, x_unknown, A64_CLASS_alu, A64_FEAT_NONE, false},");
	for (unsigned i = 0; i < g->n_rows; i++) {
		const struct row *r = &g->rows[i];

		printf("\t[A64_%s] = {\"%s\", 0x%08" PRIx32 ", 0x%08" PRIx32 ", 0x%08" PRIx32 ", x_%s, A64_CLASS_%s, A64_FEAT_%s, %s},\n", r->name,
		       r->name, r->mask, r->value, r->either, r->handler, r->class, r->feat[0] != '\0' ? r->feat : "NONE",
		       r->vector ? "true" : "false");
		all[i] = i;
	}
	puts("};\n\n/* The row of a word; A64_UNKNOWN: none. */\nstatic enum a64_insn a64_find(uint32_t w)\n{");
	write_tree(g, all, g->n_rows, 0, 1);
	puts("}");
	write_fill(g);
	puts("#endif");
}

int main(int argc, char **argv)
{
	static struct gen g;
	char line[512];

	if (argc < 2) {
		fputs("usage: a64_decode FILE.def...\n", stderr);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		unsigned number = 0, before = g.n_rows;
		FILE *f = fopen(argv[i], "r");

		if (f == NULL) {
			perror(argv[i]);
			return 1;
		}
		g.file = argv[i];
		while (fgets(line, sizeof(line), f) != NULL)
			read_row(&g, line, ++number);
		fclose(f);
		if (g.n_rows == before)
			mistake(&g, number, "no row");
	}
	check_overlaps(&g);
	if (g.mistakes > 0)
		return 1;
	write_c(&g);
	return fflush(stdout) != 0;
}
