/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/dat_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define TMP_BYTES "size=4g" /* of memory, as far as it is used */

/* What reading through open descriptors, memory and an orderly end take. */
static const int calls[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(pwrite64), SCMP_SYS(close), SCMP_SYS(dup), SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(fstat), SCMP_SYS(fstat64),
	SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(futex), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(sysinfo), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(setitimer), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

static bool bind_calls(scmp_filter_ctx c, bool temp)
{
	int bad = c == NULL;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && !bad; i++)
		bad = seccomp_rule_add(c, SCMP_ACT_ALLOW, calls[i], 0);
	if (!bad) /* fstat() of newer C libraries */
		bad = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1, SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
	if (!bad) /* abort() */
		bad = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	if (!bad && temp) /* mkstemp() makes new files only, and takes them away */
		bad = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT | O_EXCL, O_CREAT | O_EXCL)) ||
		      seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(unlink), 0) || seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(unlinkat), 0);
	bad = bad || seccomp_load(c) != 0;
	if (c != NULL)
		seccomp_release(c);
	return !bad;
}

static bool say(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		(void)close(fd);
	return good;
}

/* An empty file system in memory becomes all that there is; its /tmp is where the library looks for one. */
static bool own_tmp(void)
{
	char uid[64], gid[64];

	(void)snprintf(uid, sizeof(uid), "%u %u 1\n", (unsigned)geteuid(), (unsigned)geteuid());
	(void)snprintf(gid, sizeof(gid), "%u %u 1\n", (unsigned)getegid(), (unsigned)getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC) != 0)
		return false;
	return say("/proc/self/setgroups", "deny") && say("/proc/self/uid_map", uid) && say("/proc/self/gid_map", gid) &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("el2sim", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, TMP_BYTES) == 0 &&
	       mkdir("/tmp/tmp", 0700) == 0 && chroot("/tmp") == 0 && chdir("/") == 0;
}

unsigned dat_sandbox(bool temp)
{
	unsigned holds = 0;

#ifdef EL2SIM_NO_SANDBOX /* sanitizers and coverage write files of their own */
	(void)temp;
	(void)calls;
	(void)bind_calls;
	(void)own_tmp;
#else
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(EPERM)); /* while libseccomp's file can be found */

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	holds |= temp && own_tmp() ? DAT_OWN_TMP : 0;
	holds |= bind_calls(c, temp) ? DAT_CALLS_BOUND : 0;
#endif
	return holds;
}
