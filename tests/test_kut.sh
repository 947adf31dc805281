#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kvm-unit-tests, unmodified: each line of verdict (PASS, FAIL, SKIP, ...) and the exit status are what QEMU's virt machine gives in the
# same minute, as .flat under VHE and nVHE and as .elf; the table of them is what docs/guests.md shows. micro-bench prints the same table
# twice, and what it prints is the model's price.
#   EL2SIM_KUT           the folder with these files (arm/ of a build for arm64)
#   EL2SIM_KUT_ONLY      only tests whose "file arguments" has this in it
#   EL2SIM_KUT_MACHINES  machines for micro-bench
set -uo pipefail
cd "$(dirname "$0")/.." || exit
fail() { echo "$*"; exit 1; }
kut=${EL2SIM_KUT-}
[ -n "$kut" ] || { echo "skipped: EL2SIM_KUT names no folder with kvm-unit-tests' .flat files"; exit 77; }
[ -e "$kut/selftest.flat" ] || fail "EL2SIM_KUT=$kut: no selftest.flat: want arm/ of a build of kvm-unit-tests for arm64"
command -v qemu-system-aarch64 >/dev/null || { echo "skipped: no qemu-system-aarch64 to compare with (package qemu-system-arm)"; exit 77; }
el2sim=$EL2SIM_BINARY_DIR/el2sim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# guest FILE VCPUS PMU CONFIG ARGUMENT...: what the guest prints, and the report; PMU: on or off
guest()
{
	local file=$1 vcpus=$2 pmu=$3 config=$4 features=none
	shift 4
	[ "$pmu" = off ] || features=pmu
	"$el2sim" run "$config" --guest "$kut/$file" --append "$*" --vcpus "$vcpus" --vcpu.features=$features --console 2>&1
}

# qemu FILE VCPUS PMU ARGUMENT...: what the guest prints there: the machine has what el2sim's has. QEMU's PMU counts with -icount only.
qemu()
{
	local file=$1 vcpus=$2 pmu=$3 count=()
	shift 3
	[ "$pmu" = off ] || count=(-icount "shift=0,sleep=off")
	(ulimit -t 600; qemu-system-aarch64 -nodefaults -M virt,gic-version=3,its=off -accel tcg "${count[@]}" -cpu "cortex-a57,pmu=$pmu" -smp "$vcpus" \
		-m 256 -display none -serial stdio -kernel "$kut/$file" -append "$*" </dev/null 2>&1)
}

# The lines of verdict, in an order that does not depend on which CPU is first, and the status (chr-testdev's: status << 1 | 1).
verdicts() { tr -d '\r' | grep -aE '^(PASS|FAIL|SKIP|X?FAIL|X?PASS|KFAIL|ABORT|EXIT)\b' | LC_ALL=C sort; }
# in_short: "3 pass, 1 skip, status 1"
in_short()
{
	awk '/^EXIT/ { sub(/.*STATUS=/, ""); status = $0; next } { sub(/:.*/, ""); n[tolower($0)]++ }
		END { for (v in n) text = text n[v] " " v ", "; print text "status " status }'
}

# vCPUs, +pmu for a vCPU with a PMU, file, arguments; ": why" if it is another verdict here.
n=0
echo "| test | vCPUs | QEMU's virt machine | el2sim: VHE, nVHE, ELF |"
echo "|---|---|---|---|"
while read -r vcpus flat arguments; do
	why='' pmu=off
	if [ "$flat" = +pmu ]; then
		read -r flat arguments <<<"$arguments"
		pmu=on
	fi
	if [[ $arguments == *": "* ]]; then
		why=${arguments#*: } arguments=${arguments%%: *}
		arguments=${arguments% }
	fi
	[[ "$flat $arguments" == *"${EL2SIM_KUT_ONLY-}"* ]] || continue
	# shellcheck disable=SC2086
	qemu "$flat.flat" "$vcpus" $pmu $arguments >"$tmp/qemu" || fail "$flat $arguments: QEMU: $(cat "$tmp/qemu")"
	verdicts <"$tmp/qemu" >"$tmp/want"
	grep -q '^EXIT' "$tmp/want" || fail "$flat $arguments: QEMU gives no status: $(cat "$tmp/qemu")"
	for run in ".flat guest" ".flat guest-nvhe" ".elf guest"; do
		read -r form config <<<"$run"
		[ -e "$kut/$flat$form" ] || fail "no $flat$form"
		# shellcheck disable=SC2086
		guest "$flat$form" "$vcpus" $pmu "configs/experiment/$config.ini" $arguments >"$tmp/out" ||
			fail "$flat$form $arguments, $config: $(cat "$tmp/out")"
		verdicts <"$tmp/out" >"$tmp/have"
		if ! diff "$tmp/want" "$tmp/have" >"$tmp/diff"; then
			[ -n "$why" ] || fail "$flat$form $arguments, $config: < QEMU, > el2sim: $(cat "$tmp/diff")"
			! grep -a '^FAIL' "$tmp/have" || fail "$flat$form $arguments, $config"
		elif [ -n "$why" ]; then
			fail "$flat$form $arguments, $config: the same verdicts as QEMU's, though: $why"
		fi
		n=$((n + 1))
	done
	here="the same"
	[ -z "$why" ] || here="$(in_short <"$tmp/have"): $why"
	[ $pmu = off ] || vcpus="$vcpus, with a PMU"
	echo "| $flat${arguments:+ }$arguments | $vcpus | $(in_short <"$tmp/want") | $here |"
done <<END
1 dummy
2 selftest setup smp=2 mem=256
1 selftest vectors-kernel
1 selftest vectors-user
4 selftest smp
8 selftest smp
4 gic ipi
8 gic ipi
4 gic active
8 gic active
4 gic mmio
1 gic mmio
4 gic its-introspection
4 gic its-trigger
1 psci
4 psci
1 timer
1 pl031
1 cache
1 debug bp
1 debug wp
1 debug ss
2 fpu
4 spinlock-test
1 mte sync
1 mte async
1 mte asymm
1 pmu cycle-counter 0
1 pmu pmu-event-introspection
1 pmu pmu-basic-event-count
1 pmu pmu-overflow-interrupt
1 +pmu pmu cycle-counter 0
1 +pmu pmu pmu-event-introspection
1 +pmu pmu pmu-event-counter-config
1 +pmu pmu pmu-basic-event-count
1 +pmu pmu pmu-mem-access : QEMU counts no MEM_ACCESS
1 +pmu pmu pmu-mem-access-reliability : QEMU counts no MEM_ACCESS
1 +pmu pmu pmu-sw-incr
1 +pmu pmu pmu-chained-counters : QEMU has no CHAIN
1 +pmu pmu pmu-chained-sw-incr : QEMU has no CHAIN
1 +pmu pmu pmu-chain-promotion : QEMU counts no MEM_ACCESS
1 +pmu pmu pmu-overflow-interrupt : QEMU counts no MEM_ACCESS
1 pci-test : no PCI bus
END
[ $n -gt 0 ] || fail "EL2SIM_KUT_ONLY=${EL2SIM_KUT_ONLY-}: no such test"

# micro-bench's table on each machine: what it prints is the model's price of its exits (el2sim validate; nothing fitted, the VMM takes no
# time, a long residency makes no exit dearer) to the counter's resolution, 16 ns, and the few instructions of the loop, at most 1 %; of ipi
# and timer_10ms beside what the guest's own handler takes, which is executed here and counted in cost classes there.
for machine in ${EL2SIM_KUT_MACHINES-$(cd configs/machine && ls ./*.ini)}; do
	machine=$(basename "$machine" .ini)
	bench() { "$el2sim" run --guest "$kut/micro-bench.flat" --machine "$machine" --vcpus 2 --console --workload.user_time=0 --cost.cold=1 >"$tmp/$1" 2>&1; }
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
	for row in hvc:1:10 mmio_read_user:1:10 mmio_read_vgic:1:10 ipi:200:600 timer_10ms:60:300; do
		# So many thousandths less and more, and the resolution. A path profile that has no recording of an IPI has no price of it.
		awk -F, -v row="$row" 'BEGIN { split(row, r, ":"); ok = r[1] == "ipi" }
			$1 == r[1] { ok = $2 >= $4 * (1 - r[2] / 1000) - 1 && $2 <= $4 * (1 + r[3] / 1000) + 16 } END { exit !ok }' \
			"$tmp/csv" || fail "micro-bench on $machine, $row: $(cat "$tmp/csv")"
	done
	grep -aqE '^eoi  +[0-9]+\.[0-9]  +[0-9]+\.[0-9]' "$tmp/1" || fail "micro-bench on $machine: no eoi"
	echo "micro-bench on $machine: its table is the model's price"
done
echo "$n runs of kvm-unit-tests: each verdict is what QEMU's virt machine gives"
