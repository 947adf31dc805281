/* SPDX-License-Identifier: Apache-2.0 */
/* The only place that prints an error and chooses the exit status. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "sim/base/ending.h"
#include "sim/base/filter.h"
#include "sim/base/progress.h"
#include "sim/cmd/cmd.h"

/*
 * Who started us may have closed some of 0 to 2 (daemons do): then a file that is opened later would get what is written to
 * standard error. What takes their place cannot be written, so that lost output is still an error.
 */
static void keep_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
			_exit(err_exit_status(ERR_IO));
}

int main(int argc, char **argv)
{
	struct err e = { ERR_NONE, "" };
	char what[40];

	keep_standard_descriptors();
	ending_begin();
	(void)snprintf(what, sizeof(what), "el2sim %s", argc > 1 ? argv[1] : "");
	filter_line(what);
	progress_watch(what);
	if (cmd_main(argc, argv, &e) == 0)
		e.code = ERR_NONE;
	progress_quiet();
	if ((fflush(stdout) != 0 || ferror(stdout) != 0) && err_exit_status(e.code) <= 1)
		err_set(&e, ERR_IO, "standard output could not be written: is the disk full?");
	if (e.code != ERR_NONE && e.text[0] != '\0')
		(void)fprintf(stderr, "el2sim: %s\n", e.text);
	return err_exit_status(e.code);
}
