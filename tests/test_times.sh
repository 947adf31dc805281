#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every option of a command that is a time takes it in each unit, and with the same result. Options of configurations:
# test_time_options.c.
set -uo pipefail
cd "$(dirname "$0")/.."
el2sim=$(realpath "$EL2SIM_BINARY_DIR")/el2sim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "$*"; exit 1; }
vhe=configs/experiment/linux-6.12-vhe-n1.ini
trace=traces/samples/linux-6.12-vhe-mixed-4v2p.e2t

# same LINE: with TIME as three milliseconds or seconds in each unit
same()
{
	local n=0 time
	for time in $1; do
		rm -f "$tmp"/made.*
		# shellcheck disable=SC2086
		"$el2sim" ${2//TIME/$time} >"$tmp/out.$n" 2>"$tmp/err" || fail "${2//TIME/$time}: $(cat "$tmp/err")"
		cat "$tmp"/made.* >>"$tmp/out.$n" 2>/dev/null
		[ -s "$tmp/out.$n" ] || fail "${2//TIME/$time}: nothing comes out"
		cmp -s "$tmp/out.0" "$tmp/out.$n" || fail "${2//TIME/$time}: another result"
		n=$((n + 1))
	done
}
ms='3ms 3000us 3000000ns 0.003s'
s='60 60s 60000ms 60000000us 60000000000ns'
declare -A lines=(
	["run --max-time"]="$ms|run --guest configs/guests/exits.elf --max-time TIME --format csv"
	["explore --time-limit"]="$s|explore $vhe --depth 3 --time-limit TIME --format csv"
	["sweep --every"]="$s|sweep $vhe --vary machine.list_registers=1 --every TIME --dry-run --format csv"
	["record --timeout"]="$s|record --list --timeout TIME --format csv"
	["query --timeout"]="$s|query $tmp/a.db VALUES(1) --timeout TIME --format csv"
	["trace cut --from"]="$ms|trace cut $trace --from TIME -o $tmp/made.e2t"
	["trace cut --to"]="$ms|trace cut $trace --to TIME -o $tmp/made.e2t"
)
"$el2sim" sweep $vhe --vary machine.list_registers=1 -o "$tmp"/a.db >"$tmp/out" || fail "$(cat "$tmp/out")"
for line in "${lines[@]}"; do
	same "${line%%|*}" "${line#*|}"
done

# No other option is a time, or it is not tried here.
for command in $("$el2sim" help | sed -n 's/^  \([a-z-]*\)  .*/\1/p') $("$el2sim" trace --help | sed -n 's/^  \([a-z-]*\)  .*/trace_\1/p'); do
	command=${command/_/ }
	for option in $("$el2sim" $command --help | sed -n 's/^  \(-[^ ]*, \)\?\(--[a-z-]*\) \(SECONDS\|TIME\) .*/\2/p'); do
		[ -n "${lines[$command $option]-}" ] || fail "el2sim $command $option is a time and is not tried here"
	done
done
