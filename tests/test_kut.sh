#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kvm-unit-tests, unmodified: the verdict of each is what it is on QEMU's virt machine, as .flat under VHE and nVHE and as .elf,
# and micro-bench prints the same table twice. EL2SIM_KUT: the folder with these files (arm/ of a build for arm64).
set -uo pipefail
cd "$(dirname "$0")/.." || exit
fail() { echo "$*"; exit 1; }
kut=${EL2SIM_KUT-}
[ -n "$kut" ] || { echo "skipped: EL2SIM_KUT names no folder with kvm-unit-tests' .flat files"; exit 77; }
[ -e "$kut/selftest.flat" ] || fail "EL2SIM_KUT=$kut: no selftest.flat: want arm/ of a build of kvm-unit-tests for arm64"
el2sim=$EL2SIM_BINARY_DIR/el2sim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# guest FILE VCPUS CONFIG ARGUMENT...: what the guest prints, and the report
guest()
{
	local file=$1 vcpus=$2 config=$3
	shift 3
	"$el2sim" run "$config" --guest "$kut/$file" --append "$*" --vcpus "$vcpus" --console 2>&1
}

# Name, vCPUs, how many PASS lines at least, exit status as chr-testdev has it (status << 1 | 1), arguments.
n=0
while read -r flat vcpus passes status arguments; do
	for run in ".flat guest" ".flat guest-nvhe" ".elf guest"; do
		read -r form config <<<"$run"
		[ -e "$kut/$flat$form" ] || fail "no $flat$form"
		# shellcheck disable=SC2086
		out=$(guest "$flat$form" "$vcpus" "configs/experiment/$config.ini" $arguments) || fail "$flat$form $arguments, $config: $out"
		! grep -a '^FAIL' <<<"$out" || fail "$flat$form $arguments, $config"
		[ "$(grep -ac '^PASS' <<<"$out")" -ge "$passes" ] || fail "$flat$form $arguments, $config: $out"
		grep -aq "^EXIT: STATUS=$status\$" <<<"$out" || fail "$flat$form $arguments, $config: $out"
		n=$((n + 1))
	done
done <<END
dummy 1 0 1
selftest 2 2 1 setup smp=2 mem=256
selftest 1 3 1 vectors-kernel
selftest 1 2 1 vectors-user
selftest 4 1 1 smp
selftest 8 1 1 smp
gic 4 3 1 ipi
gic 8 3 1 ipi
gic 8 1 1 active
gic 4 0 127 mmio
gic 4 0 77 its-introspection
psci 2 4 1
timer 1 18 1
pl031 1 12 1
cache 1 1 1
fpu 2 2 1
spinlock-test 4 4 1
pci-test 1 0 77
mte 1 0 77 sync
debug 1 6 1 bp
debug 1 8 1 wp
debug 1 1 1 ss
pmu 1 0 77
END

# micro-bench's table on each machine: what it prints is the model's price of its exits (el2sim validate; nothing fitted, the VMM takes no
# time, a long residency makes no exit dearer) to the counter's resolution, 16 ns; of ipi and timer_10ms with the guest's own handler.
for machine in ${EL2SIM_KUT_MACHINES-$(cd configs/machine && ls ./*.ini)}; do
	machine=$(basename "$machine" .ini)
	bench() { "$el2sim" run --guest "$kut/micro-bench.flat" --machine "$machine" --vcpus 2 --console --workload.user_time=0 >"$tmp/$1" 2>&1; }
	bench 1 || fail "micro-bench on $machine: $(cat "$tmp/1")"
	if [ "$machine" = neoverse-n1 ]; then
		bench 2
		cmp "$tmp/1" "$tmp/2" || fail "micro-bench: not the same twice"
	fi
	config=guest
	! grep -q '^switch model: .*-nvhe$' "$tmp/1" || config=guest-nvhe
	sed '/^EXIT/q' "$tmp/1" >"$tmp/table"
	"$el2sim" validate "configs/experiment/$config.ini" --el2sim.include="machine/$machine.ini" --cost.cold=1 --vmm.insns=0 --fit.rows=none \
		--fit.logs= --microbench "$tmp/table" --format csv >"$tmp/csv"
	for row in hvc:16 mmio_read_user:16 mmio_read_vgic:16 ipi:600 timer_10ms:300; do
		# A path profile that has no recording of an IPI has no price of it.
		awk -F, -v row="${row%:*}" -v more="${row#*:}" 'BEGIN { ok = row == "ipi" } $1 == row { ok = $2 > $4 - 1 && $2 <= $4 + more } END { exit !ok }' \
			"$tmp/csv" || fail "micro-bench on $machine, $row: $(cat "$tmp/csv")"
	done
	grep -aqE '^eoi  +[0-9]+\.[0-9]  +[0-9]+\.[0-9]' "$tmp/1" || fail "micro-bench on $machine: no eoi"
	echo "micro-bench on $machine: its table is the model's price"
done
echo "$n runs of kvm-unit-tests say what QEMU's say"
