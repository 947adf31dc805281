/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of `el2sim abi`. */
#ifndef EL2SIM_APP_CMD_ABI_H
#define EL2SIM_APP_CMD_ABI_H

#include "sim/app/config.h"
#include "sim/report/rep.h"

/* The register list of a vCPU as the configuration describes it. ERR_MODEL. */
int abi_report_list(const struct config *c, struct rep *r, struct err *e);
/* Compare it with a dump (JSON). ERR_INPUT; ERR_ANSWER_NO is not set here: *same tells. */
int abi_report_compare(const struct config *c, const char *dump, struct rep *r, bool *same, struct err *e);
/* The study: flows over numbers of vCPUs, locks, masks. ERR_CONFIG, ERR_MODEL. */
int abi_report_study(const struct config *c, const char *vcpus, struct rep *r, struct err *e);

#endif
