/* SPDX-License-Identifier: Apache-2.0 */
/* `el2sim run --guest FILE`: a guest that executes, in one line, with or without a configuration of one's own. */
#ifndef EL2SIM_APP_GUEST_ARGS_H
#define EL2SIM_APP_GUEST_ARGS_H

#include "sim/app/args.h"
#include "sim/app/config.h"

struct guest_args {
	const char *guest, *machine, *initrd, *append;
	uint64_t vcpus, pcpus, memory, max_instructions; /* 0: not given; memory in MiB */
	const char *max_time; /* seconds, or with a unit; NULL: not given */
	bool console;
};

/* Argument rows for a member of type struct guest_args. */
#define GUEST_ARG(type, member, name) (offsetof(type, member) + offsetof(struct guest_args, name))
#define GUEST_ARG_ROWS(type, member)                                                                \
	{ "--guest", NULL, ARG_STR, GUEST_ARG(type, member, guest), "FILE",                         \
	  .help = "execute an ELF file, an arm64 Image or a flat binary (kvm-unit-tests) on the vCPUs; without an INI, on " \
		  "Linux 6.12" },                                                                   \
	{ "--machine", NULL, ARG_STR, GUEST_ARG(type, member, machine), "NAME",                     \
	  .help = "core type of configs/machine, such as neoverse-n1 (with --guest and without an INI)" }, \
	{ "--vcpus", NULL, ARG_U64, GUEST_ARG(type, member, vcpus), "N", .min = 1, .max = SMP_MAX_VCPUS,   \
	  .help = "vCPUs, on as many pCPUs unless --pcpus says otherwise (with --guest)" },         \
	{ "--pcpus", NULL, ARG_U64, GUEST_ARG(type, member, pcpus), "N", .min = 1, .max = SMP_MAX_PCPUS,   \
	  .help = "pCPUs (with --guest)" },                                                         \
	{ "--memory", NULL, ARG_U64, GUEST_ARG(type, member, memory), "MIB", .min = 2, .max = 1 << 20,     \
	  .help = "memory of the guest in MiB (with --guest)" },                                    \
	{ "--initrd", NULL, ARG_STR, GUEST_ARG(type, member, initrd), "FILE", .help = "initial ramdisk of the guest" }, \
	{ "--append", NULL, ARG_STR, GUEST_ARG(type, member, append), "TEXT", .help = "command line of the guest" }, \
	{ "--console", NULL, ARG_FLAG, GUEST_ARG(type, member, console),                            \
	  .help = "print what the guest writes to its UART, as it comes; on standard error if the report there is not text" }, \
	{ "--max-instructions", NULL, ARG_U64, GUEST_ARG(type, member, max_instructions), "N", .min = 1, .max = INT64_MAX, \
	  .help = "end the guest after so many instructions" },                                     \
	{ "--max-time", NULL, ARG_STR, GUEST_ARG(type, member, max_time), "SECONDS", \
	  .help = "end after so much simulated time" }

/*
 * Load a configuration: file of the command line, or one for the guest where it is NULL, with what the arguments and then the
 * overrides say. file and the guest are not both NULL. ERR_USAGE: an option of a guest without one; as config_load.
 */
int guest_config(struct config *c, const struct guest_args *g, const char *file, const struct arg_list *overrides,
		 struct err *e);

#endif
