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
script -qec "env TERM=xterm $el2sim run $vhe --check --inject drop:SCTLR_EL1@put" "$tmp/term" >/dev/null 2>&1 </dev/null
if [ -s "$tmp/term" ]; then
	grep -q $'\033\\[1;31m!! ' "$tmp/term" || fail "no colour on a terminal: $(head -n 3 "$tmp/term")"
fi
"$el2sim" run $vhe --check --inject drop:SCTLR_EL1@put >"$tmp/out"
! grep -q $'\033' "$tmp/out" || fail "colours in a file"
