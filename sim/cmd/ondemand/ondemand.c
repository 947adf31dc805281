/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Others' libraries, loaded when a function of theirs is first called: with their own libraries they are 30 files, most of the time
 * that a short command takes. The rooms call them as ever. In the program, and only there, their functions are these: each looks
 * up its row of a table that is filled, for a whole library, at the first call of one of its functions. It is read-only in between,
 * as the tables of the loader are.
 */
#include <archive.h>
#include <archive_entry.h>
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <dlfcn.h>
#include <gelf.h>
#include <jansson.h>
#include <libfdt.h>
#include <nlopt.h>
#include <protobuf-c/protobuf-c.h>
#include <pthread.h>
#include <seccomp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <trace-cmd/trace-cmd.h>
#include <traceevent/event-parse.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#ifdef EL2SIM_BABELTRACE
#include <babeltrace2/babeltrace.h>
#endif

#include "sim/base/ending.h"
#include "sim/base/err.h"
#include "sim/base/progress.h"

#define TRIES 3 /* a file is read, and reading may be interrupted */

/* One row per library; EL2SIM_SO_*: the name that it was built with has (cmake/ondemand.cmake). */
#ifdef EL2SIM_BABELTRACE
#define LIBRARY_BABELTRACE(X) X(babeltrace2, EL2SIM_SO_babeltrace2)
#else
#define LIBRARY_BABELTRACE(X)
#endif
#define LIBRARIES(X)                                                                                \
	X(tracecmd, EL2SIM_SO_tracecmd)                                                             \
	X(traceevent, EL2SIM_SO_traceevent)                                                         \
	LIBRARY_BABELTRACE(X)                                                                       \
	X(seccomp, EL2SIM_SO_seccomp)                                                               \
	X(archive, EL2SIM_SO_archive)                                                               \
	X(z, EL2SIM_SO_z)                                                                           \
	X(zstd, EL2SIM_SO_zstd)                                                                     \
	X(elf, EL2SIM_SO_elf)                                                                       \
	X(fdt, EL2SIM_SO_fdt)                                                                       \
	X(jansson, EL2SIM_SO_jansson)                                                               \
	X(sqlite3, EL2SIM_SO_sqlite3)                                                               \
	X(nlopt, EL2SIM_SO_nlopt)                                                                   \
	X(protobuf_c, EL2SIM_SO_protobuf_c)                                                         \
	X(cairo, EL2SIM_SO_cairo)

enum library {
#define X(name, file) LIB_##name,
	LIBRARIES(X)
#undef X
};

static const char *const files[] = {
#define X(name, file) [LIB_##name] = (file),
	LIBRARIES(X)
#undef X
};

enum function {
#define GIVES(library, type, name, params, args) AT_##name,
#define NOTHING(library, name, params, args)     AT_##name,
#define VARIED(library, name)
#include "sim/cmd/ondemand/functions.def"
	FUNCTIONS
};

static const struct function_row {
	enum library library;
	const char *name;
} rows[FUNCTIONS] = {
#define GIVES(library, type, name, params, args) [AT_##name] = { LIB_##library, #name },
#define NOTHING(library, name, params, args)     [AT_##name] = { LIB_##library, #name },
#define VARIED(library, name)
#include "sim/cmd/ondemand/functions.def"
};

typedef void any_fn(void);
#define PAGE_MAX 65536u /* of any arm64 or x86 kernel */
_Static_assert(FUNCTIONS * sizeof(any_fn *) <= 4096, "the table is one page");

/* The table begins at the first multiple of PAGE_MAX, so that its page is no other's: it is never touched as far as it is not needed. */
static unsigned char room[2 * PAGE_MAX];
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

static _Atomic(any_fn *) *table(void)
{
	uintptr_t a = (uintptr_t)room;

	return (_Atomic(any_fn *) *)(void *)(room + ((PAGE_MAX - a % PAGE_MAX) % PAGE_MAX));
}

static _Noreturn void lacking(const char *file, const char *why)
{
	progress_quiet();
	ending_clear();
	(void)fflush(stdout);
	(void)fprintf(stderr, "el2sim: a library that this needs cannot be loaded: %s: install the package that has %s\n",
		      why != NULL ? why : file, file);
	_exit(err_exit_status(ERR_IO));
}

static void protect(int how)
{
	if (mprotect((void *)table(), PAGE_MAX, how) != 0)
		BUG("the table of libraries cannot be protected");
}

/* Under the mutex. Global: the libraries find each other's functions, and dlsym(RTLD_DEFAULT) finds theirs. */
static void load(enum library library)
{
	void *handle = NULL;

	for (unsigned i = 0; i < TRIES && handle == NULL; i++)
		handle = dlopen(files[library], RTLD_NOW | RTLD_GLOBAL);
	if (handle == NULL)
		lacking(files[library], dlerror());
	protect(PROT_READ | PROT_WRITE);
	for (size_t i = 0; i < FUNCTIONS; i++) {
		void *symbol = rows[i].library == library ? dlsym(handle, rows[i].name) : NULL;
		any_fn *fn;

		if (rows[i].library != library)
			continue;
		if (symbol == NULL)
			lacking(files[library], dlerror());
		memcpy(&fn, &symbol, sizeof(fn)); /* POSIX: a function's address fits */
		atomic_store_explicit(&table()[i], fn, memory_order_release);
	}
	protect(PROT_READ);
}

static any_fn *at(enum function f)
{
	any_fn *fn = atomic_load_explicit(&table()[f], memory_order_acquire);

	if (__builtin_expect(fn != NULL, 1))
		return fn;
	(void)pthread_mutex_lock(&loading);
	if (atomic_load_explicit(&table()[f], memory_order_acquire) == NULL)
		load(rows[f].library);
	(void)pthread_mutex_unlock(&loading);
	return atomic_load_explicit(&table()[f], memory_order_acquire);
}

#define GIVES(library, type, name, params, args)                                                    \
	type name params                                                                            \
	{                                                                                           \
		return((__typeof__(&(name)))at(AT_##name)) args;                                    \
	}
#define NOTHING(library, name, params, args)                                                        \
	void name params                                                                            \
	{                                                                                           \
		((__typeof__(&(name)))at(AT_##name)) args;                                          \
	}
#define VARIED(library, name)
#include "sim/cmd/ondemand/functions.def"

/* The functions of VARIED: what is behind "..." goes on as the library's function for that wants it. */
json_t *json_pack(const char *format, ...)
{
	json_t *made;
	va_list ap;

	va_start(ap, format);
	made = json_vpack_ex(NULL, 0, format, ap);
	va_end(ap);
	return made;
}

char *sqlite3_mprintf(const char *format, ...)
{
	char *made;
	va_list ap;

	va_start(ap, format);
	made = sqlite3_vmprintf(format, ap);
	va_end(ap);
	return made;
}

int seccomp_rule_add(scmp_filter_ctx filter, uint32_t action, int call, unsigned int n, ...)
{
	struct scmp_arg_cmp args[6]; /* as many as a system call has */
	va_list ap;

	BUG_ON(n > sizeof(args) / sizeof(args[0]));
	va_start(ap, n);
	for (unsigned int i = 0; i < n; i++)
		args[i] = va_arg(ap, struct scmp_arg_cmp);
	va_end(ap);
	return seccomp_rule_add_array(filter, action, call, n, args);
}
