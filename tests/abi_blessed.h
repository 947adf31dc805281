/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blessed register lists of the kernel's get-reg-list selftest, read from an installed kernel source: a tree or
 * the Debian archive. Only the ids are used; nothing of the source is kept.
 */
#ifndef EL2SIM_TESTS_ABI_BLESSED_H
#define EL2SIM_TESTS_ABI_BLESSED_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "models/hyp/abi/uapi.h"

#define BLESSED_FILE "tools/testing/selftests/kvm/aarch64/get-reg-list.c"

static inline char *blessed_read(FILE *f)
{
	char *text = calloc(1, 1 << 20);
	size_t n = 0, got;

	if (text == NULL)
		return NULL;
	while (n + 1 < 1 << 20 && (got = fread(text + n, 1, (1 << 20) - 1 - n, f)) != 0)
		n += got;
	if (n == 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Text of the selftest from EL2SIM_KERNEL_SOURCE, else from what Debian installs; NULL if there is none. */
static inline char *blessed_source(void)
{
	const char *where = getenv("EL2SIM_KERNEL_SOURCE");
	char cmd[1024];
	struct stat st;
	char *text = NULL;
	FILE *f;

	if (where == NULL)
		where = stat("/usr/src/linux-source-6.12", &st) == 0 ? "/usr/src/linux-source-6.12"
								      : "/usr/src/linux-source-6.12.tar.xz";
	if (stat(where, &st) != 0 || strchr(where, '\'') != NULL)
		return NULL;
	if (S_ISDIR(st.st_mode)) {
		(void)snprintf(cmd, sizeof(cmd), "%s/" BLESSED_FILE, where);
		f = fopen(cmd, "r");
		text = f != NULL ? blessed_read(f) : NULL;
		if (f != NULL)
			(void)fclose(f);
		return text;
	}
	(void)snprintf(cmd, sizeof(cmd), "tar -xOf '%s' --occurrence=1 linux-source-6.12/" BLESSED_FILE " 2>/dev/null",
		       where);
	f = popen(cmd, "r");
	if (f != NULL) {
		text = blessed_read(f);
		(void)pclose(f);
	}
	return text;
}

/* Word offset of a member of struct kvm_regs as the selftest writes it. */
static inline uint64_t blessed_core(const char *member)
{
	unsigned n;

	if (sscanf(member, "regs.regs[%u]", &n) == 1)
		return 2 * n;
	if (sscanf(member, "spsr[%u]", &n) == 1)
		return 72 + 2 * n;
	if (sscanf(member, "fp_regs.vregs[%u]", &n) == 1)
		return 84 + 4 * n;
	if (strncmp(member, "regs.sp", 7) == 0)
		return 62;
	if (strncmp(member, "regs.pc", 7) == 0)
		return 64;
	if (strncmp(member, "regs.pstate", 11) == 0)
		return 66;
	if (strncmp(member, "sp_el1", 6) == 0)
		return 68;
	if (strncmp(member, "elr_el1", 7) == 0)
		return 70;
	return strncmp(member, "fp_regs.fpsr", 12) == 0 ? 212 : 213;
}

/* Id of one line of a list; 0 if the line has none. */
static inline uint64_t blessed_id(const char *line)
{
	unsigned a, b, c, d, e;
	const char *p;

	if (sscanf(line, " ARM64_SYS_REG(%u, %u, %u, %u, %u)", &a, &b, &c, &d, &e) == 5)
		return UAPI_REG(UAPI_U64, UAPI_SYSREG, a << 14 | b << 11 | c << 7 | d << 3 | e);
	if (sscanf(line, " KVM_REG_ARM_FW_REG(%u)", &a) == 1)
		return UAPI_REG(UAPI_U64, UAPI_FW, a);
	if (sscanf(line, " KVM_REG_ARM_FW_FEAT_BMAP_REG(%u)", &a) == 1)
		return UAPI_REG(UAPI_U64, UAPI_BMAP, a);
	if (sscanf(line, " KVM_REG_ARM64_SVE_ZREG(%u", &a) == 1)
		return UAPI_REG(UAPI_U2048, UAPI_SVE, a << 5);
	if (sscanf(line, " KVM_REG_ARM64_SVE_PREG(%u", &a) == 1)
		return UAPI_REG(UAPI_U256, UAPI_SVE, 0x400 + (a << 5));
	if (strstr(line, "KVM_REG_ARM64_SVE_FFR(") != NULL)
		return UAPI_REG(UAPI_U256, UAPI_SVE, 0x600);
	if (strstr(line, "KVM_REG_ARM64_SVE_VLS") != NULL)
		return UAPI_REG(UAPI_U512, UAPI_SVE, 0xffff);
	p = strstr(line, "KVM_REG_ARM_CORE_REG(");
	if (p == NULL)
		return 0;
	a = strstr(line, "SIZE_U128") != NULL ? UAPI_U128 : strstr(line, "SIZE_U32") != NULL ? UAPI_U32 : UAPI_U64;
	return UAPI_REG(a, UAPI_CORE, blessed_core(p + strlen("KVM_REG_ARM_CORE_REG(")));
}

/* Appends the ids of one array of the selftest. */
static inline size_t blessed_list(const char *text, const char *name, uint64_t *ids, size_t max)
{
	char head[80], line[256];
	const char *p;
	size_t n = 0;

	(void)snprintf(head, sizeof(head), "static __u64 %s[] = {", name);
	p = strstr(text, head);
	while (p != NULL && (p = strchr(p, '\n')) != NULL && strncmp(++p, "};", 2) != 0) {
		(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(p, "\n"), p);
		if (n < max && blessed_id(line) != 0)
			ids[n++] = blessed_id(line);
	}
	return n;
}

/* Ids of several arrays, named with spaces between. */
static inline size_t blessed_lists(const char *text, const char *names, uint64_t *ids, size_t max)
{
	char copy[200];
	size_t n = 0;

	(void)snprintf(copy, sizeof(copy), "%s", names);
	for (char *w = strtok(copy, " "); w != NULL; w = strtok(NULL, " "))
		n += blessed_list(text, w, ids + n, max - n);
	return n;
}

static inline int blessed_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static inline void blessed_sort(uint64_t *ids, size_t n)
{
	qsort(ids, n, sizeof(*ids), blessed_order);
}

#endif
