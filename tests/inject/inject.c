/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See inject.h. System calls are caught by a seccomp filter that sends SIGSYS for those of the table when they come from
 * anywhere but raw_call() here, so that calls inside the C library (stdio) count, too. Allocations are counted where the
 * program's allocator asks the C library (sim/cmd/memory.c). glibc on x86-64 and aarch64.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "tests/inject/inject.h"

#if defined(__x86_64__)
#define ARCH	      AUDIT_ARCH_X86_64
#define REG(uc, i)    ((uc)->uc_mcontext.gregs[(const int[]){ REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9 }[i]])
#define RESULT(uc)    ((uc)->uc_mcontext.gregs[REG_RAX])
__asm__(".text\n.globl inject_raw\n.hidden inject_raw\n.globl inject_raw_end\n.hidden inject_raw_end\n"
	"inject_raw:\n\tmov %rdi, %rax\n\tmov %rsi, %rdi\n\tmov %rdx, %rsi\n\tmov %rcx, %rdx\n\tmov %r8, %r10\n\tmov %r9, %r8\n"
	"\tmov 8(%rsp), %r9\n\tsyscall\n\tret\ninject_raw_end:\n");
#elif defined(__aarch64__)
#define ARCH	      AUDIT_ARCH_AARCH64
#define REG(uc, i)    ((uc)->uc_mcontext.regs[i])
#define RESULT(uc)    ((uc)->uc_mcontext.regs[0])
__asm__(".text\n.globl inject_raw\n.hidden inject_raw\n.globl inject_raw_end\n.hidden inject_raw_end\n"
	"inject_raw:\n\tmov x8, x0\n\tmov x0, x1\n\tmov x1, x2\n\tmov x2, x3\n\tmov x3, x4\n\tmov x4, x5\n\tmov x5, x6\n"
	"\tsvc #0\n\tret\ninject_raw_end:\n");
#else
#error "want x86-64 or aarch64"
#endif

long inject_raw(long nr, long a, long b, long c, long d, long e, long f);
extern const char inject_raw_end[];

/* One row per system call that can fail: number, does it move bytes (their number is argument 2)? */
static const struct {
	int nr;
	bool moves;
} calls[] = {
	{ SYS_read, true },	  { SYS_pread64, true },  { SYS_write, true },	    { SYS_pwrite64, true },
	{ SYS_openat, false },	  { SYS_close, false },	  { SYS_fsync, false },	    { SYS_fdatasync, false },
	{ SYS_renameat, false },  { SYS_ftruncate, false }, { SYS_getdents64, false },
#ifdef SYS_open
	{ SYS_open, false },	  { SYS_rename, false },
#endif
};

#define N_CALLS (sizeof(calls) / sizeof(calls[0]))

static struct inject *inject; /* NULL: not asked */

/* --- allocations ------------------------------------------------------------------------------ */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

static void *(*real_malloc)(size_t), *(*real_calloc)(size_t, size_t), *(*real_realloc)(void *, size_t),
	*(*real_memalign)(size_t, size_t);

void *dlsym(void *handle, const char *name); /* <dlfcn.h> has RTLD_NEXT for _GNU_SOURCE only */
#define NEXT ((void *)-1L)

#define CALLERS 12 /* that tell one place from another */

struct chain {
	uint64_t hash;
	unsigned n;
};

static _Unwind_Reason_Code add_caller(struct _Unwind_Context *c, void *chain)
{
	struct chain *x = chain;

	x->hash = (x->hash ^ (uint64_t)_Unwind_GetIP(c)) * UINT64_C(0x100000001b3); /* FNV-1a */
	x->hash ^= x->hash >> 29;
	return ++x->n < CALLERS ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

/* A chain of callers that did not ask before; when the table is full none is new. */
static void note_place(uint64_t n)
{
	static _Thread_local bool busy; /* should the unwinder itself want memory */
	struct chain x = { UINT64_C(0xcbf29ce484222325), 0 };
	uint64_t was;

	if (busy)
		return;
	busy = true;
	(void)_Unwind_Backtrace(add_caller, &x);
	busy = false;
	x.hash += x.hash == 0;
	for (size_t i = x.hash % INJECT_PLACES, tries = 0; tries < INJECT_PLACES; tries++, i = (i + 1) % INJECT_PLACES) {
		was = 0;
		if (atomic_compare_exchange_strong(&inject->seen[i], &was, x.hash)) {
			inject->place[atomic_fetch_add(&inject->places, 1)] = n;
			return;
		}
		if (was == x.hash)
			return;
	}
}

static bool fails(void)
{
	uint64_t n;

	if (inject == NULL)
		return false;
	n = atomic_fetch_add(&inject->allocs, 1) + 1;
	if (inject->what == INJECT_COUNT)
		note_place(n);
	if (inject->what != INJECT_ALLOC || n != inject->n)
		return false;
	atomic_store(&inject->fired, 1);
	errno = ENOMEM;
	return true;
}

#define FIND(name) (real_##name != NULL ? (void)0 : (void)(*(void **)&real_##name = dlsym(NEXT, "__libc_" #name)))

void *__libc_malloc(size_t n)
{
	FIND(malloc);
	return fails() ? NULL : real_malloc(n);
}

void *__libc_calloc(size_t n, size_t size)
{
	FIND(calloc);
	return fails() ? NULL : real_calloc(n, size);
}

void *__libc_realloc(void *p, size_t n)
{
	FIND(realloc);
	return n != 0 && fails() ? NULL : real_realloc(p, n);
}

void *__libc_memalign(size_t align, size_t n)
{
	FIND(memalign);
	return fails() ? NULL : real_memalign(align, n);
}

/* --- system calls ----------------------------------------------------------------------------- */

static bool moves(long nr)
{
	for (size_t i = 0; i < N_CALLS; i++)
		if (calls[i].nr == nr)
			return calls[i].moves;
	return false;
}

/* What becomes of the n-th call: true if it is not made any more; its result. */
static bool act(long nr, long arg[6], long *result)
{
	*result = -inject->arg;
	switch ((enum inject_what)inject->what) {
	case INJECT_ERROR:
		atomic_store(&inject->fired, 1);
		if (nr == SYS_close) /* the descriptor is gone all the same */
			(void)inject_raw(nr, arg[0], 0, 0, 0, 0, 0);
		return true;
	case INJECT_SHORT:
		if (moves(nr) && arg[2] > 1) {
			atomic_store(&inject->fired, 1);
			arg[2] /= 2;
		}
		return false;
	case INJECT_SIGNAL:
		atomic_store(&inject->fired, 1);
		(void)kill(getpid(), inject->arg);
		return false;
	default:
		return false;
	}
}

static void on_call(int number, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;
	long nr = si->si_syscall, arg[6], result;
	int code = errno;

	(void)number;
	for (int i = 0; i < 6; i++)
		arg[i] = (long)REG(uc, i);
	/* what is told on standard error may be lost: nobody can be told of it */
	if ((nr == SYS_write && arg[0] == STDERR_FILENO) || atomic_fetch_add(&inject->calls, 1) + 1 != inject->n || !act(nr, arg, &result))
		result = inject_raw(nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	RESULT(uc) = result;
	errno = code;
}

static bool catch_calls(void)
{
	uintptr_t from = (uintptr_t)inject_raw, to = (uintptr_t)inject_raw_end;
	struct sigaction act = { .sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER };
	struct sock_filter f[8 + N_CALLS + 3], *p = f;
	struct sock_fprog prog = { .filter = f };

#define LOAD(member) *p++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(member))
#define JUMP(test, k, yes, no) *p++ = (struct sock_filter)BPF_JUMP(BPF_JMP | (test) | BPF_K, (uint32_t)(k), (uint8_t)(yes), (uint8_t)(no))
	LOAD(offsetof(struct seccomp_data, instruction_pointer) + 4); /* little-endian */
	JUMP(BPF_JEQ, from >> 32, 0, 3);
	LOAD(offsetof(struct seccomp_data, instruction_pointer));
	JUMP(BPF_JGE, from, 0, 1);
	JUMP(BPF_JGT, to, 0, N_CALLS + 1); /* ours: to the end, which allows */
	LOAD(offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < N_CALLS; i++)
		JUMP(BPF_JEQ, calls[i].nr, N_CALLS - i, 0);
	*p++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	*p++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
	prog.len = (unsigned short)(p - f);
	return from >> 32 == to >> 32 && sigaction(SIGSYS, &act, NULL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *file = getenv(INJECT_ENV);
	int fd = file != NULL ? open(file, O_RDWR | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*inject), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	(void)unsetenv("LD_PRELOAD"); /* programs that it runs are not ours */
	if (map == MAP_FAILED)
		_exit(99);
	if (((struct inject *)map)->what != INJECT_ALLOC) {
		inject = map;
		if (!catch_calls())
			_exit(99);
	}
	inject = map;
}
