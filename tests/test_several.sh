#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A configuration that says what to compare ([compare] vary, configs) is several. Each command that takes one refuses it and
# says what to do; compare and config honour it; none does as if it were not said.
set -uo pipefail
cd "$(dirname "$0")/.."
el2sim=$(realpath "$EL2SIM_BINARY_DIR")/el2sim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "$*"; exit 1; }
vhe=configs/experiment/linux-6.12-vhe-n1.ini
more() # what a command wants beside its configuration
{
	case $1 in
	verify) echo "--reference tests/data/registers-nvhe.csv --totals tests/data/totals-nvhe.csv" ;;
	explore) echo "--depth 2" ;;
	mutate) echo "--quick" ;;
	calibrate | validate) echo "--microbench none.log" ;;
	sweep) echo "--vary machine.list_registers=1,2 -o $tmp/a.db" ;;
	esac
}
refused()
{
	# shellcheck disable=SC2086
	"$el2sim" "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	[ $status -eq 2 ] && grep -q 'use el2sim compare' "$tmp/err" || fail "el2sim $*: status $status: $(cat "$tmp/err")"
	[ ! -s "$tmp/out" ] || fail "el2sim $*: it is refused, and prints"
}

n=0
while read -r command; do
	help=$("$el2sim" "$command" --help)
	grep -q '^Usage: .*CONFIG' <<<"$help" && grep -q -- '--section.key=value' <<<"$help" || continue
	case $command in compare | config) continue ;; esac
	# shellcheck disable=SC2046
	for several in configs/experiment/el1-eager.ini configs/experiment/eager-vs-deferred.ini \
		"$vhe --compare.vary=policy.el1=eager,deferred"; do
		# shellcheck disable=SC2086
		refused $command $several $(more "$command")
	done
	n=$((n + 1))
done < <("$el2sim" help | sed -n 's/^  \([a-z-]*\)  .*/\1/p')
[ $n -ge 9 ] || fail "only $n commands take a configuration?"
"$el2sim" run $vhe -o "$tmp/a.json" || fail "no baseline"
for several in configs/experiment/el1-eager.ini configs/experiment/eager-vs-deferred.ini; do
	refused diff "$tmp/a.json" $several --fail-above 1%
	refused diff $several "$tmp/a.json"
	refused explain $vhe --diff $several
done

# Honoured, and one of them chosen.
"$el2sim" compare configs/experiment/el1-eager.ini >"$tmp/out"
grep -q '^ *el1=eager ' "$tmp/out" || fail "compare does not vary"
"$el2sim" config configs/experiment/el1-eager.ini >"$tmp/out"
grep -q 'compare.vary' "$tmp/out" || fail "config does not show it"
"$el2sim" diff "$tmp/a.json" configs/experiment/el1-eager.ini --compare.vary= --policy.el1=eager --fail-above 1% >"$tmp/out"
[ $? -eq 1 ] || fail "the policy that was chosen passes the gate: $(head -n 3 "$tmp/out")"

# What docs/diff.md says of a baseline and a configuration of one's own.
"$el2sim" diff "$tmp/a.json" configs/experiment/my-kernel.ini --fail-above 1% >"$tmp/out"
[ $? -eq 1 ] || fail "my-kernel.ini, an eager policy, passes the gate"
grep -q 'configs/experiment/my-kernel.ini' docs/diff.md && grep -q -- '-o baseline.json' docs/diff.md ||
	fail "docs/diff.md does not say how a baseline is made"
