/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binary formats are read by their libraries in a child process: on damaged files libtracecmd crashes, loops
 * or takes all memory (one in ten of random damages), and only a process of its own keeps that from
 * us. The child sends what it finds through a pipe; both ends are the same program, so numbers go
 * as they lie in memory.
 */
#ifndef EL2SIM_IMPORT_DAT_H
#define EL2SIM_IMPORT_DAT_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/err.h"
#include "traces/import/import.h"
#include "traces/strtab.h"

enum dat_tag {
	DAT_STRING,  /* n bytes of text follow; texts are numbered from 1 */
	DAT_EVENT,   /* a struct tr_event follows, with those numbers, up to the last argument of its type; n != 0: by a name
			of aliases.def */
	DAT_SKIP,    /* n bytes: the name of an event that has no row */
	DAT_LOST,    /* n events were lost; 0: nobody knows how many */
	DAT_FORMAT,  /* n bytes: the name of an event whose format is in the file */
	DAT_SYSTEMS, /* all formats were sent: they are of n systems (directories of events) */
	DAT_NOTE,    /* n bytes of a note */
	DAT_ERROR,   /* n bytes of a sentence follow; the last message */
	DAT_DONE     /* the last message of a whole file */
};

struct dat_head {
	uint32_t tag; /* enum dat_tag */
	uint32_t n;
};

/*
 * trace-cmd record stores the formats of the events it switches on, trace-cmd extract those of all
 * the kernel's: with more systems than this, having a format says nothing.
 */
#define DAT_SYSTEMS_RECORDED 24
#define DAT_TEXT_MAX         4096                /* bytes of a text */
#define DAT_ROOM             65536               /* bytes that wait at either end of the pipe, and in it */
#define DAT_MEMORY_MAX       ((uint64_t)8 << 30) /* address space of the child */
/* CPU seconds without a record after which the child is given up; unpacking at the start takes its
 * time. */
#define DAT_IDLE_S(bytes) (5 + (bytes) / (16u << 20))

struct dat_event {
	struct dat_head head;
	struct tr_event ev;
};

/* The child's end. */
struct dat_pipe {
	FILE *to;
	struct strtab strings; /* sent so far */
};
void dat_send(struct dat_pipe *p, enum dat_tag tag, uint64_t n, const void *data, size_t size);
/* An event, DAT_EVENT in its head. */
void dat_send_event(struct dat_pipe *p, const struct dat_event *m);
void dat_send_text(struct dat_pipe *p, enum dat_tag tag, const char *s, size_t n);
void dat_fail(struct dat_pipe *p, const char *sentence);
/* Number of a text, which is sent the first time. */
uint32_t dat_text(struct dat_pipe *p, const char *s, size_t n);
/* Signals as by default, bounded memory, no core file, nothing that a library prints, no descriptor but to and standard ones. */
void dat_lock_up(int to);
/* Start the CPU time anew after which the child is ended. */
void dat_wind_up(uint64_t idle_s);

/* Read im->path by a child, which never returns, and hand over what it sends; library is named when it dies. ERR_INPUT. */
typedef void dat_child_fn(const struct imp *im, FILE *to);
int dat_run(struct imp *im, const char *library, dat_child_fn *child, struct err *e);

/* In the child: read the file, or only the buffer of it (NULL: all), and send it; idle_s as above.
 * Never returns. */
_Noreturn void dat_child(const char *path, const char *buffer, uint64_t idle_s, FILE *to);

#endif
