/* SPDX-License-Identifier: Apache-2.0 */
/* What the process that reads trace.dat can do besides. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/suite.h"
#include "traces/import/dat_sandbox.h"

#define NOT_BOUND 77 /* of the child: this kernel has no seccomp, or this build no sandbox */

/* The number of the first thing that was possible and should not be, or the other way round; 0: none. */
static int wrong(bool temp, pid_t parent, int file)
{
	char byte, name[] = "/tmp/el2sim-test-XXXXXX", *program[] = { (char *)"/bin/true", NULL };
	int fd;

	if (pread(file, &byte, 1, 0) != 1)
		return 1;
	if (mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED)
		return 2;
	if (open("/etc/passwd", O_RDONLY) >= 0 || open("/proc/self/maps", O_RDONLY) >= 0)
		return 3;
	if (open("/etc/passwd", O_WRONLY) >= 0 || open("/tmp/el2sim-test", O_WRONLY | O_CREAT, 0600) >= 0)
		return 4;
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
		return 5;
	if (fork() >= 0)
		return 6;
	(void)execv(program[0], program);
	if (kill(parent, 0) == 0)
		return 7;
	if (rename("/etc/hostname", "/etc/hostname2") == 0 || mkdir("/tmp/el2sim-test.d", 0700) == 0)
		return 8;
	fd = mkstemp(name);
	if ((fd >= 0) != temp)
		return 9;
	if (temp && (write(fd, "x", 1) != 1 || pread(fd, &byte, 1, 0) != 1 || unlink(name) != 0))
		return 10;
	return 0;
}

START_TEST(it_reads_its_file_and_nothing_else)
{
	const pid_t parent = getpid();
	int file = open("README.md", O_RDONLY), status;
	pid_t child = fork();

	ck_assert_int_ge(file, 0);
	if (child == 0) {
		unsigned holds = dat_sandbox(_i != 0);

		_exit((holds & DAT_CALLS_BOUND) != 0 ? wrong(_i != 0, parent, file) : NOT_BOUND);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	(void)close(file);
	ck_assert_msg(WIFEXITED(status), "signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) == NOT_BOUND)
		printf("skipped: no seccomp here, or a build with sanitizers or coverage\n");
	else
		ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert_int_ne(access("/tmp/el2sim-test", F_OK), 0);
}
END_TEST

/* Where a container refuses a file system of one's own, temporary files are new ones in /tmp; where not, nothing is there. */
START_TEST(temporary_files_leave_nothing_where_they_have_a_file_system_of_their_own)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		char name[] = "/tmp/el2sim-kept-XXXXXX";
		unsigned holds = dat_sandbox(true);

		if ((holds & DAT_OWN_TMP) == 0)
			_exit(NOT_BOUND);
		_exit(mkstemp(name) >= 0 ? 0 : 1); /* not taken away */
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == NOT_BOUND));
	if (WEXITSTATUS(status) == 0)
		ck_assert_int_ne(system("ls /tmp/el2sim-kept-* >/dev/null 2>&1"), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dat_sandbox");
	TCase *tc = tcase_create("sandbox");

	tcase_add_loop_test(tc, it_reads_its_file_and_nothing_else, 0, 2);
	tcase_add_test(tc, temporary_files_leave_nothing_where_they_have_a_file_system_of_their_own);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
