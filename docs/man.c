/* SPDX-License-Identifier: Apache-2.0 */
/*
 * man TEMPLATE: print the manual page. A line that is one of the names below is replaced by the
 * program's own table, so that page and program cannot disagree.
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/err.h"
#include "sim/document/rep.h"

/* Text as troff wants it: a hyphen that can be copied, no line that starts a request. */
static void put(const char *s)
{
	if (*s == '.' || *s == '\'')
		(void)fputs("\\&", stdout);
	for (; *s != '\0'; s++) {
		if (*s == '-')
			(void)fputs("\\-", stdout);
		else if (*s == '\\')
			(void)fputs("\\e", stdout);
		else
			(void)putchar(*s);
	}
}

static void entry(const char *name, const char *operands, const char *help)
{
	(void)fputs(".TP\n\\fB", stdout);
	put(name);
	(void)fputs("\\fR", stdout);
	if (operands[0] != '\0') {
		(void)fputs(" \\fI", stdout);
		put(operands);
		(void)fputs("\\fR", stdout);
	}
	(void)putchar('\n');
	put(help);
	(void)fputs(".\n", stdout);
}

static void commands(void)
{
#define CMD(name, operands, help)        entry("el2sim " #name, operands, help);
#define CMD_AS(id, name, operands, help) entry("el2sim " name, operands, help);
#include "sim/app/cmd.def"
}

static void formats(void)
{
#define X(id, name, help) entry(name, "", help);
	REP_FORMATS(X)
#undef X
}

static void status(void)
{
#define X(code, number, help) entry(#number, "", help);
	ERR_CODES(X)
#undef X
}

static const struct {
	const char *line;
	void (*print)(void);
} tables[] = {
	{ "@COMMANDS@\n", commands },
	{ "@FORMATS@\n", formats },
	{ "@STATUS@\n", status },
};

static void print_line(const char *line)
{
	static const char mark[] = "@VERSION@";
	const char *version = strstr(line, mark);

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (strcmp(line, tables[i].line) == 0) {
			tables[i].print();
			return;
		}
	}
	if (version != NULL)
		printf("%.*s" EL2SIM_VERSION "%s", (int)(version - line), line,
		       version + sizeof(mark) - 1);
	else
		(void)fputs(line, stdout);
}

int main(int argc, char **argv)
{
	char line[512];
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;

	if (f == NULL) {
		(void)fputs("usage: man TEMPLATE\n", stderr);
		return EXIT_FAILURE;
	}
	while (fgets(line, sizeof(line), f) != NULL)
		print_line(line);
	return ferror(f) == 0 && fclose(f) == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
