// SPDX-License-Identifier: Apache-2.0
/* Functions by address: of a vmlinux, a System.map or a copy of /proc/kallsyms. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "models/vmlinux/image.h"
#include "sim/record/rec.h"

static void add(struct rec_symbols *s, uint64_t addr, const char *name)
{
	if (s->n == s->cap)
		s->v = xrealloc(s->v, (s->cap = s->cap != 0 ? 2 * s->cap : 1 << 16) * sizeof(*s->v));
	s->v[s->n++] = (struct rec_symbol){ addr, name };
}

/* Of the names of one address the plainest: fewest underscores in front, then the shortest, then the last: el1_irq, not el1_fiq. */
static int by_address(const void *a, const void *b)
{
	const struct rec_symbol *x = a, *y = b;
	size_t ux = strspn(x->name, "_"), uy = strspn(y->name, "_"), nx = strlen(x->name), ny = strlen(y->name);

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (ux != uy)
		return ux < uy ? -1 : 1;
	return nx != ny ? (nx < ny ? -1 : 1) : strcmp(y->name, x->name);
}

/* $x, $d, .L...: not for people. */
static bool told(const char *name)
{
	return name[0] != '\0' && name[0] != '$' && name[0] != '.';
}

static int finish(struct rec_symbols *s, const char *path, struct err *e)
{
	size_t n = 0;

	if (s->n == 0)
		return err_set(e, ERR_INPUT, "%s: no symbols of a kernel's code: want a vmlinux, a System.map or a copy of /proc/kallsyms", path);
	if (s->base == 0)
		return err_set(e, ERR_INPUT, "%s: no symbol _text: want all of a kernel's symbols%s", path,
			       s->v[0].addr == 0 ? ", read by root (the addresses are hidden)" : "");
	qsort(s->v, s->n, sizeof(*s->v), by_address);
	for (size_t i = 0; i < s->n; i++)
		if (n == 0 || s->v[n - 1].addr != s->v[i].addr)
			s->v[n++] = s->v[i];
	s->n = n;
	return 0;
}

static void of_elf(struct rec_symbols *s)
{
	for (size_t i = 0; i < s->elf->n_symbols; i++) {
		const struct vml_symbol *y = &s->elf->symbols[i];

		if (strcmp(y->name, "_text") == 0)
			s->base = y->addr;
		if (y->type != VML_OBJECT && told(y->name) && vml_is_code(s->elf, y->addr))
			add(s, y->addr, y->name);
	}
}

/* Lines "ffff800080000000 T _text", in kallsyms with "[module]" behind. */
static int of_map(struct rec_symbols *s, const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	size_t n = 0, cap = 0, got;
	char *at;

	if (f == NULL)
		return err_set(e, ERR_INPUT, "%s: %s", path, strerror(errno));
	do {
		if (cap - n < 2)
			s->text = xrealloc(s->text, cap = cap != 0 ? 2 * cap : 1 << 22);
		got = fread(s->text + n, 1, cap - n - 1, f);
		n += got;
	} while (got != 0);
	(void)fclose(f);
	s->text[n] = '\0';
	at = s->text;
	for (unsigned long line = 1; at != NULL && *at != '\0'; line++) {
		char *text = str_item(&at, "\n"), *end, *name;
		uint64_t addr = strtoull(text, &end, 16);
		char type;

		if (*text == '\0')
			continue;
		if (end == text || end[0] != ' ' || end[1] == '\0' || end[2] != ' ' || end[3] == '\0') {
			(void)err_set(e, ERR_INPUT, "\"%.40s\": want an address, a letter and a name", text);
			return err_at(e, path, line);
		}
		type = end[1];
		name = end + 3;
		if (strchr(name, '[') != NULL) /* a module's */
			continue;
		if (strcmp(name, "_text") == 0)
			s->base = addr;
		if (strchr("tTwW", type) != NULL && told(name))
			add(s, addr, name);
	}
	return 0;
}

/* Is it this kernel? The banner of a vmlinux must be the image's; a map must not reach beyond the image. */
static int check(const struct rec_symbols *s, const char *path, const struct rec_image *img, struct err *e)
{
	const struct vml_symbol *banner = s->elf != NULL ? vml_symbol(s->elf, "linux_banner") : NULL;
	const char *text = banner != NULL ? (const char *)vml_at(s->elf, banner->addr, 128) : NULL;
	size_t inside = 0;

	if (text != NULL && strncmp(text, "Linux version ", 14) == 0 &&
	    (strncmp(text + 14, img->release, strlen(img->release)) != 0 || text[14 + strlen(img->release)] != ' '))
		return err_set(e, ERR_INPUT, "%s: is of Linux %.*s, %s of %s", path, (int)strcspn(text + 14, " "), text + 14, img->path, img->release);
	for (size_t i = 0; i < s->n; i++)
		inside += s->v[i].addr - s->base < img->n;
	return inside >= s->n / 2 ? 0 : err_set(e, ERR_INPUT, "%s: is not of the kernel in %s: its code is elsewhere", path, img->path);
}

int rec_symbols_open(struct rec_symbols *s, const char *path, const struct rec_image *img, struct err *e)
{
	char head[4] = "";
	FILE *f = fopen(path, "re");

	*s = (struct rec_symbols){ 0 };
	if (f == NULL)
		return err_set(e, ERR_INPUT, "%s: %s", path, strerror(errno));
	(void)!fread(head, 1, sizeof(head), f);
	(void)fclose(f);
	if (memcmp(head, "\177ELF", 4) == 0) {
		s->elf = vml_open(path, e);
		if (s->elf == NULL)
			return -1;
		of_elf(s);
	} else if (of_map(s, path, e) != 0) {
		return -1;
	}
	return finish(s, path, e) != 0 ? -1 : check(s, path, img, e);
}

void rec_symbols_close(struct rec_symbols *s)
{
	vml_close(s->elf);
	free(s->v);
	free(s->text);
	*s = (struct rec_symbols){ 0 };
}

const char *rec_symbol_at(const struct rec_symbols *s, uint64_t addr)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->v[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo != 0 ? s->v[lo - 1].name : NULL;
}
