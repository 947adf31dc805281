#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every command finds the shipped configurations and traces by their names from any folder; what is not found is said with
# the place where it was looked for.
set -uo pipefail
cd "$(dirname "$0")/.."
el2sim=$(realpath "$EL2SIM_BINARY_DIR")/el2sim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "$*"; exit 1; }
unset EL2SIM_SHARE
vhe=configs/experiment/linux-6.12-vhe-n1.ini
trace=traces/samples/linux-6.12-vhe-mixed-4v2p.e2t
mapfile -t lines < <(python3 -B -c 'import sys; sys.path.insert(0, "tests"); from report_lines import lines
print("\n".join(l for l in lines(sys.argv[1]) if "tests/" not in l))' "${CC:-cc}")
lines+=("el2sim trace dump $trace" "el2sim trace cut $trace --to 1ms -o b.e2t"
	"el2sim trace fit $trace -o w.ini" "el2sim run ${vhe#configs/}" "el2sim run $vhe --run.trace=$trace"
	"el2sim compare $vhe --vary run.trace=$trace" "el2sim explain $vhe --diff ${vhe#configs/}"
	"el2sim run $vhe --el2sim.include=workload/hackbench.ini --run.trace=" "el2sim bugs reset-loaded"
	"el2sim sweep configs/experiment/policy-matrix.ini --dry-run" "el2sim config --list")
[ ${#lines[@]} -ge 25 ] || fail "only ${#lines[@]} lines"
cd "$tmp" || exit 1
"$el2sim" trace import $trace -o a.e2t >out 2>err
grep -q 'is a native el2sim trace already' err || fail "trace import does not find it: $(cat err)"
for line in "${lines[@]}"; do
	# shellcheck disable=SC2086
	"$el2sim" ${line#el2sim } >out 2>err
	status=$?
	[ $status -le 1 ] && [ ! -s err ] || fail "elsewhere: $line: status $status: $(cat err)"
done
for line in "run nowhere.ini" "lint nowhere.ini" "diff nowhere.ini $vhe" "sweep nowhere.ini" "trace info nowhere.e2t" \
	"run $vhe --trace nowhere.e2t" "run $vhe --run.trace=nowhere.e2t" "trace stat nowhere.e2t"; do
	# shellcheck disable=SC2086
	"$el2sim" $line >out 2>err && fail "$line: works"
	[ "$(wc -l <err)" -eq 1 ] && grep -q 'looked for in .*EL2SIM_SHARE' err || fail "$line: $(cat err)"
done
