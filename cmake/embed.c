/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed NAME FILE...: a C source with the bytes of all files, one after another, as `const char NAME[]`,
 * and its length without the terminator as `const unsigned long NAME_len`.
 */
#include <stdio.h>
#include <string.h>

static int add_file(const char *path, unsigned long *n)
{
	FILE *f = fopen(path, "rb");
	int c;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	while ((c = getc(f)) != EOF)
		printf("%d,%s", c > 127 ? c - 256 : c, ++*n % 24 == 0 ? "\n" : "");
	return fclose(f);
}

int main(int argc, char **argv)
{
	unsigned long n = 0;

	if (argc < 3) {
		fputs("usage: embed NAME FILE...\n", stderr);
		return 2;
	}
	printf("extern const char %s[];\nextern const unsigned long %s_len;\nconst char %s[] = {\n", argv[1], argv[1],
	       argv[1]);
	for (int i = 2; i < argc; i++)
		if (add_file(argv[i], &n) != 0)
			return 1;
	printf("0};\nconst unsigned long %s_len = %lu;\n", argv[1], n);
	return fflush(stdout) != 0;
}
