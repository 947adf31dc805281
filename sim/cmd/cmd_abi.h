/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of `el2sim abi`. */
#ifndef EL2SIM_CMD_CMD_ABI_H
#define EL2SIM_CMD_CMD_ABI_H

#include "sim/app/config.h"
#include "sim/base/pool.h"
#include "sim/document/rep.h"

/* A vCPU of that host with those features of KVM_ARM_VCPU_INIT (and MTE), finalised; its VM is to be freed. ERR_MODEL. */
struct abi_vcpu *abi_vcpu_of(const struct abi_host *h, const char *host_name, uint32_t features,
			     const char *features_name, bool mte, struct err *e);
/* Bytes for a name of any id. */
#define ABI_NAME_TEXT 64
/* Name of an id as that kernel's headers have it, or what its fields say. Returns text. */
const char *abi_id_text(uint64_t id, uint16_t kernel, char text[ABI_NAME_TEXT]);
/* Version since which a register is listed; "" by all that are modelled. Returns text. */
const char *abi_since_text(enum abi_reg reg, char text[ABI_NAME_TEXT]);
/* Table "kernels" or "lists": registers that one of two vCPUs does not list, ID registers that differ. Returns rows. */
size_t abi_diff_table(struct rep *r, const char *key, const char *title, const struct abi_vcpu *a, const char *a_name,
		      const struct abi_vcpu *b, const char *b_name);

/* The register list of a vCPU as the configuration describes it. ERR_MODEL, ERR_CONFIG. */
int abi_report_list(const struct config *c, struct rep *r, struct err *e);
/* The same against another kernel, host or both: "6.18", "graviton3", "6.18,graviton3". ERR_USAGE, ERR_MODEL. */
int abi_report_list_diff(const struct config *c, const char *other, struct rep *r, struct err *e);
/*
 * Compare it with a dump (JSON). Kernel, host and features that the configuration does not set are the dump's.
 * ERR_INPUT, ERR_CONFIG, ERR_MODEL; ERR_ANSWER_NO is not set here: *same tells.
 */
int abi_report_compare(const struct config *c, const char *dump, struct rep *r, bool *same, struct err *e);
/* The study: flows over numbers of vCPUs, locks, masks. ERR_CONFIG, ERR_MODEL. */
int abi_report_study(const struct config *c, const char *vcpus, struct pool *pool, struct rep *r, struct err *e);

#define ABI_NUMBERS_MAX 32
/* "1,8,64": up to ABI_NUMBERS_MAX numbers of vCPUs, at least one. ERR_USAGE. */
int abi_vcpus_parse(const char *text, unsigned n[ABI_NUMBERS_MAX], size_t *n_n, struct err *e);

/*
 * Notes and verdicts about the VMMs of a bit set (bit i: enum abi_vmm): where their flows were read, and whether one of n numbers
 * of vCPUs is more than it, or the kernel, allows.
 */
void abi_report_vmms(uint64_t vmms, const unsigned *vcpus, size_t n, struct rep *r);

#endif
