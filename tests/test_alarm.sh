#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A failure does not look like a success: what ends with status 1, and what was forced, is said in the first line and the
# heading of every format; a policy that runs nowhere without --force has no sentence without it.
set -uo pipefail
cd "$(dirname "$0")/.."
el2sim=$(realpath "$EL2SIM_BINARY_DIR")/el2sim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "$*"; exit 1; }
vhe=configs/experiment/linux-6.12-vhe-n1.ini
small='configs/experiment/overcommit.ini --machine.vcpus=4 --machine.pcpus=2 --run.duration=2000us'

# in_front STATUS LINE...: each format of what LINE prints begins with its alarm
in_front() {
	local status=$1 format got alarm
	shift
	for format in text md csv json html; do
		"$el2sim" "$@" --format $format -o "$tmp/out" 2>"$tmp/err"
		got=$?
		[ $got -eq "$status" ] || fail "$*: status $got, not $status: $(cat "$tmp/err")"
		case $format in
		text) alarm=$(sed -n '1s/^!! //p' "$tmp/out") ;;
		md) alarm=$(sed -n '1s/^## //p' "$tmp/out") ;;
		csv) alarm=$(sed -n '1,3s/^alarm,//p' "$tmp/out") ;;
		json) alarm=$(sed -n '1,/"facts"/s/^  "alarms": \[/&/p' "$tmp/out") ;;
		html) alarm=$(grep -o '<h1 [^>]*class="alarm">[^<]*' "$tmp/out") ;;
		esac
		[ -n "$alarm" ] || fail "$* --format $format: $(head -n 4 "$tmp/out")"
		cp "$tmp/out" "$tmp/of.$format"
	done
	for format in text md csv json html; do # and so when it is read back
		"$el2sim" report "$tmp/of.json" --format $format | cmp - "$tmp/of.$format" || fail "$*: report makes another $format"
	done
}

"$el2sim" run $vhe --format json -o "$tmp/a.json" || fail "no baseline"
in_front 1 run $vhe --check --inject drop:SCTLR_EL1@put
in_front 1 run $small --check --inject drop:SCTLR_EL1@put
in_front 1 compare $vhe --vary machine.list_registers=1,2 --check --inject drop:SCTLR_EL1@put
in_front 1 diff "$tmp/a.json" configs/experiment/my-kernel.ini --fail-above 1%
# A guest that does not end well, in every command that runs one.
head -c 64 /dev/zero >"$tmp/zero.bin"
guest="configs/experiment/guest.ini --workload.guest=$tmp/zero.bin"
for line in "run $guest" "profile $guest" "explain $guest --counts" "compare $guest --vary machine.vcpus=1,2"; do
	# shellcheck disable=SC2086
	in_front 4 $line
done
# shellcheck disable=SC2086
"$el2sim" diff $guest configs/experiment/guest.ini >"$tmp/out" 2>"$tmp/err"
[ $? -eq 4 ] && [ ! -s "$tmp/out" ] || fail "a guest that did not end well is compared: $(head -n 3 "$tmp/out")"
# What the reports of a comparison have as an alarm is one of the comparison, also where the gate passes.
"$el2sim" run $vhe --policy.SCTLR_EL1=never --force -o "$tmp/forced.json" || fail "not forced"
"$el2sim" run $vhe --check --inject drop:SCTLR_EL1@put -o "$tmp/violated.json"
in_front 0 diff "$tmp/a.json" "$tmp/forced.json" --fail-above 90%
in_front 0 diff "$tmp/violated.json" "$tmp/a.json"
# Counts that differ, registers that differ, predictions that are too far off.
sed '/,write,2,/d' tests/data/registers-nvhe.csv >"$tmp/other.csv"
in_front 1 verify --reference "$tmp/other.csv" --totals tests/data/totals-nvhe.csv
in_front 1 validate --public --worst 1
# Points that failed, points that are missing: in the sweep, in its results file, in the merged one.
first() { [ "$(head -n 1 "$tmp/out")" = "!! $*" ] || fail "not \"$*\": $(head -n 3 "$tmp/out")"; }
"$el2sim" sweep $vhe --vary policy.el1=eager,never -o "$tmp/failed.db" >"$tmp/out" 2>&1
first "1 of 2 points failed; which, and why: el2sim query $tmp/failed.db \"SELECT * FROM failures\""
in_front 0 report "$tmp/failed.db"
"$el2sim" merge "$tmp/failed.db" -o "$tmp/merged.db" >"$tmp/out" 2>&1
first "1 of 2 points failed; which, and why: el2sim query $tmp/merged.db \"SELECT * FROM failures\""
"$el2sim" sweep $vhe --vary machine.list_registers=1,2,4 --shard 1/2 -o "$tmp/shard.db" >"$tmp/out" 2>&1 || fail "$(cat "$tmp/out")"
in_front 0 report "$tmp/shard.db"
"$el2sim" merge "$tmp/shard.db" -o "$tmp/half.db" >"$tmp/out" 2>&1 && fail "points are missing, status 0"
grep -q '^!! 1 of 3 points is missing: ' "$tmp/out" || fail "$(head -n 3 "$tmp/out")"
in_front 1 lint $vhe --inject drop:SCTLR_EL1@put
in_front 1 explore $vhe --depth 4 --inject drop:SCTLR_EL1@put

# A policy that lint refuses, alone, in a column, beside a good one, in every command that has --force.
for unsound in --policy.el1=never --policy.timer=never; do
	"$el2sim" run $vhe $unsound >"$tmp/out" 2>&1 && fail "$unsound ran without --force"
	in_front 0 run $vhe $unsound --force
	in_front 0 profile $vhe $unsound --force
	in_front 0 explain $vhe $unsound --force
	in_front 0 sensitivity $vhe $unsound --force
	in_front 0 compare $vhe --vary machine.list_registers=1,2 $unsound --force
	"$el2sim" run $vhe $unsound --force >"$tmp/out"
	grep -q '^!! UNSOUND POLICY, forced: ' "$tmp/out" || fail "not said: forced"
done
# Each verdict of such a configuration says it, in a comparison with a good one, too.
"$el2sim" compare $vhe --vary policy.SCTLR_EL1=model,never --force >"$tmp/out"
[ "$(grep -c '^!! UNSOUND POLICY, forced: ' "$tmp/out")" -eq 1 ] || fail "$(head -n 3 "$tmp/out")"
grep '^=> .*SCTLR_EL1=never' "$tmp/out" | grep -v UNSOUND && fail "a verdict does not say that it was forced"
"$el2sim" run $vhe --policy.SCTLR_EL1=never --force --check >"$tmp/out"
grep '^=> .*no violation' "$tmp/out" | grep -v UNSOUND && fail "no violation, it says"
for command in $("$el2sim" help | sed -n 's/^  \([a-z-]*\)  .*/\1/p'); do
	case $command in run | profile | explain | compare | explore | sensitivity) continue ;; esac
	! "$el2sim" "$command" --help | grep -q -- --force || fail "$command has --force and is not tried here"
done

# A success has none.
for line in "run $vhe --check" "compare configs/experiment/eager-vs-deferred.ini" "lint $vhe" "diff $tmp/a.json $vhe --fail-above 1%"; do
	# shellcheck disable=SC2086
	"$el2sim" $line >"$tmp/out" || fail "$line: status $?"
	! grep -q '^!! ' "$tmp/out" || fail "$line: $(head -n 1 "$tmp/out")"
done

# On a terminal it is red, and elsewhere there are no colours.
script -qec "env TERM=xterm PAGER=cat $el2sim run $vhe --check --inject drop:SCTLR_EL1@put" "$tmp/term" >/dev/null 2>&1 </dev/null
if [ -s "$tmp/term" ]; then
	grep -q $'\033\\[1;31m!! ' "$tmp/term" || fail "no colour on a terminal: $(head -n 3 "$tmp/term")"
fi
"$el2sim" run $vhe --check --inject drop:SCTLR_EL1@put >"$tmp/out"
! grep -q $'\033' "$tmp/out" || fail "colours in a file"
