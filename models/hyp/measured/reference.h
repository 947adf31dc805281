/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recorded reference, read row by row: how often each register was accessed by each function during
 * one exit of a kind. Plain CSV or zstd.
 */
#ifndef EL2SIM_HYP_REFERENCE_H
#define EL2SIM_HYP_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/err.h"

struct csv;

enum ref_op {
#define REF_OP(id, help) REF_OP_##id,
#include "models/hyp/measured/reference.def"
	REF_OP_COUNT
};

enum ref_region {
#define REF_REGION(id, help) REF_REGION_##id,
#include "models/hyp/measured/reference.def"
	REF_REGION_COUNT
};

const char *ref_op_name(enum ref_op op);
const char *ref_region_name(enum ref_region region);

#define REF_CFG_MAX   255
#define REF_COUNT_MAX 1000000000000 /* accesses in a row */

/* Strings belong to the reader until the next ref_next. */
struct ref_row {
	const char *kernel, *cpu, *mode;  /* 6.12, n1, vhe */
	const char *exit;                 /* kind of exit */
	const char *reg;                  /* as encoded: cpacr_el1; other ops: dsb nshst */
	const char *effective;            /* after E2H redirection: cptr_el2 */
	const char *function;
	uint64_t count;                   /* per exit */
	uint8_t cfg, el;                  /* vCPU configuration; exception level 0..3 */
	uint8_t op;                       /* enum ref_op */
	uint8_t region;                   /* enum ref_region */
};

struct ref;

/* Open path, which must outlive the reader. NULL and ERR_INPUT (wrong header, unreadable) on failure. */
struct ref *ref_open(const char *path, struct err *e);
/* 1 = *row filled, 0 = end, -1 = ERR_INPUT with file and line. */
int ref_next(struct ref *r, struct ref_row *row, struct err *e);
/* Put file and line of the last row before the sentence in *e. Returns -1. */
int ref_at(const struct ref *r, struct err *e);
void ref_close(struct ref *r);

#define REF_REGISTER 24
/*
 * A register by the name of sysregs.def, lower case, if it is there and its recorder knew only a generic one (s3_3_c4_c2_2); any other
 * name as it is. buf: for the answer.
 */
const char *ref_register(const char *name, char buf[static REF_REGISTER]);

/* The columns op and region of a recording that is read row by row; ERR_INPUT with what is known. */
int ref_op_field(const struct csv *c, const char *text, uint8_t *op, struct err *e);
int ref_region_field(const struct csv *c, const char *text, uint8_t *region, struct err *e);

/*
 * The function's name without the prefix that the symbols of the nVHE hypervisor carry
 * ("__kvm_nvhe___guest_enter" is "__guest_enter").
 */
const char *ref_plain_function(const char *function);

#endif
