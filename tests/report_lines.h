/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines that write every kind of report; run from the root of the tree. */
#ifndef EL2SIM_TESTS_REPORT_LINES_H
#define EL2SIM_TESTS_REPORT_LINES_H

#define RL_VHE   "configs/experiment/linux-6.12-vhe-n1.ini"
#define RL_TRACE "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t"
#define RL_WORK  "configs/experiment/overcommit.ini --machine.vcpus=8 --machine.pcpus=2"
#define RL_REF   "--reference tests/data/registers-nvhe.csv --totals tests/data/totals-nvhe.csv"

static const char *const report_lines[] = {
	"el2sim run " RL_VHE,
	"el2sim run configs/machine/neoverse-n1.ini --trace " RL_TRACE,
	"el2sim run " RL_WORK,
	"el2sim compare configs/experiment/eager-vs-deferred.ini",
	"el2sim compare " RL_WORK " --vary policy.el1=eager,deferred",
	"el2sim explain " RL_VHE,
	"el2sim explain " RL_VHE " --diff policy.el1=eager",
	"el2sim explain " RL_WORK " --counts",
	"el2sim explain SCTLR_EL1",
	"el2sim profile " RL_VHE,
	"el2sim profile " RL_WORK,
	"el2sim run " RL_VHE " --host.sched=recorded",
	"el2sim verify " RL_REF,
	"el2sim verify " RL_REF " --order tests/data/order.tar.xz --explain hvc_unknown --all",
	"el2sim verify --run tests/data/runs/6.12-vhe-mixed.e2t --reference "
	"tests/data/runs/6.12-vhe-mixed-run.csv.zst --kernel 6.12 --cpu n1 --mode vhe",
	"el2sim trace info " RL_TRACE,
	"el2sim doctor " RL_TRACE,
	"el2sim trace stat " RL_TRACE,
	"el2sim trace stat " RL_TRACE " --interval handling --by vcpu",
	"el2sim regs --features --groups --costs",
	"el2sim exits --ops --conds --components --models",
	"el2sim flags --rules --places",
	"el2sim flags " RL_VHE,
	"el2sim explore " RL_VHE " --depth 4",
	"el2sim explore --doc",
	"el2sim bugs --list",
	"el2sim mutate " RL_VHE " --quick",
	"el2sim run " RL_VHE " --flags",
	"el2sim config " RL_VHE,
	"el2sim config --doc",
	"el2sim lint " RL_VHE,
	"el2sim abi configs/experiment/abi-scope.ini",
	"el2sim abi --list",
	"el2sim validate --public",
	"el2sim sensitivity " RL_VHE,
	"el2sim advise " RL_WORK " --groups",
	"el2sim calibrate configs/measured/altra.ini --microbench tests/data/microbench-altra.log",
	"el2sim price linux-4.15-vhe linux-6.12-vhe --machine machine/neoverse-n1.ini",
	"el2sim diff " RL_VHE " configs/experiment/linux-4.15-vhe-n1.ini --explain",
};

#define N_REPORT_LINES (sizeof(report_lines) / sizeof(report_lines[0]))

#endif
