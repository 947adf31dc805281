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
for run in 1 2; do
	guest micro-bench.flat 2 configs/experiment/guest.ini >"$tmp/$run" || fail "micro-bench: $(cat "$tmp/$run")"
done
cmp "$tmp/1" "$tmp/2" || fail "micro-bench: not the same twice"
for row in hyp_call mmio_read_user mmio_read_vgic eoi ipi timer_10ms; do
	grep -aqE "^$row  +[0-9]+\.[0-9]  +[1-9][0-9]*\.[0-9]" "$tmp/1" || fail "micro-bench: no $row"
done
echo "$n runs of kvm-unit-tests say what QEMU's say"
