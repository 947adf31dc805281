#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sentences in reports, help and documents that name a number or a list: it is that of the table, of the tree.
set -euo pipefail
cd "$(dirname "$0")/.."
el2sim=$(realpath "$EL2SIM_BINARY_DIR")/el2sim
fail() { echo "$*"; exit 1; }

# The longest story is the table's.
"$el2sim" bugs --format json | python3 -c '
import json, re, sys
j = json.load(sys.stdin)
lengths = [r["events"] for t in j["tables"].values() for r in t["rows"] if r.get("events") is not None]
said = re.search(r"in at most (\d+) events", j["verdicts"][0]).group(1)
assert lengths and int(said) == max(lengths), (said, max(lengths))
'

# What the program lists, the README does; of commands with commands of their own, each.
own=$("$el2sim" help trace 2>/dev/null || "$el2sim" trace --help)
list=$(sed -n 's/^TRACE_CMD(\([a-z]*\),.*/\1/p' sim/app/cmd_trace.def | paste -sd, | sed 's/,/, /g')
for name in ${list//,/}; do
	grep -q "\b$name\b" <<<"$own" || fail "trace --help lacks $name"
done
"$el2sim" help | grep '^  trace ' | grep -qF ": $list" || fail "help: trace is not $list"
grep '^  trace ' README.md | grep -qF ": $list" || fail "README.md: trace is not $list"

for name in $("$el2sim" kernel --help | sed -n 's/^  \([a-z-]*\)  .*/\1/p'); do
	"$el2sim" help | grep '^  kernel ' | grep -q "\b$name\b" || fail "help: kernel lacks $name"
done

# Recorded combinations that are kept, and sequences of each.
folder=tests/golden/verify
combinations=$(find $folder -name '*.csv' ! -name '*-order.csv' ! -name '*-ipi.csv' | wc -l)
sequences=$(awk -F, 'FNR > 1 && $2 != "" { n[FILENAME]++ } END { for (f in n) print n[f] }' $folder/*-order.csv | sort -u)
grep -q "^$combinations combinations of kernel, CPU and mode, .* $sequences sequences, of each in order" docs/verify.md ||
	fail "docs/verify.md: want $combinations combinations, $sequences sequences"

# A title says what a file is about; what the command line makes another of it is behind the title, in every sentence.
vhe=configs/experiment/linux-6.12-vhe-n1.ini
for change in --switch.model=linux-6.12-nvhe --policy.el1=eager --policy.SCTLR_EL1=eager; do
	for line in "run $vhe $change" "run $vhe $change --check" "compare $vhe --vary machine.list_registers=1,2 $change"; do
		# shellcheck disable=SC2086
		text=$("$el2sim" $line --format json | python3 -c '
import json, sys
j = json.load(sys.stdin)
print("\n".join(j["verdicts"] + j["notes"]))')
		! grep '6\.12 VHE' <<<"$text" | grep -vF "6.12 VHE, ${change#--}" || fail "$line: the title is of another"
	done
done
text=$("$el2sim" run $vhe --switch.model=linux-6.12-nvhe)
grep -q '^note: 6.12 VHE, switch.model=linux-6.12-nvhe: ' <<<"$text" || fail "no such note"
text=$("$el2sim" run $vhe --switch.model=linux-6.12-nvhe --run.title=mine)
grep -q '^note: mine: ' <<<"$text" || fail "a title that was given is changed"

# Columns that are equal are said to be equal.
text=$("$el2sim" compare configs/experiment/overcommit.ini --machine.vcpus=8 --vary run.title=a,b)
grep -q '^=> title=b: no difference from title=a' <<<"$text" || fail "equal columns: $(grep '^=>' <<<"$text")"
grep -q '^=> switch cycles per exit: the same in all 2 columns' <<<"$text" || fail "equal columns have a winner"
text=$("$el2sim" compare configs/experiment/overcommit.ini --machine.vcpus=8 --vary policy.el1=eager,deferred)
grep -q '^=> least switch cycles per exit: ' <<<"$text" && ! grep -q 'no difference' <<<"$text" || fail "other columns are equal"

# One is no plural.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
one='configs/experiment/overcommit.ini --machine.vcpus=1 --machine.pcpus=1 --machine.vms=1 --run.duration=50us'
for line in "run $one" "run $one --check --flags" "compare $one --vary policy.el1=eager,deferred" \
	"explore $vhe --depth 1 --vcpus 1 --pcpus 1" "run --guest configs/guests/exits.elf --vcpus 1" \
	"abi configs/experiment/abi-scope.ini --abi.vcpus=1" "profile $vhe --top 1" "diff $vhe configs/experiment/my-kernel.ini" \
	"sweep $vhe --vary machine.list_registers=1 --dry-run -o $tmp/none.db" "sweep $vhe --vary machine.list_registers=1 -o $tmp/a.db" \
	"report $tmp/a.db" "merge $tmp/a.db -o $tmp/b.db" "diff $tmp/a.db $tmp/b.db" \
	"sweep $vhe --vary policy.el1=never -o $tmp/f.db" "report $tmp/f.db" \
	"calibrate configs/measured/altra.ini --microbench tests/data/microbench-altra.log"; do
	# shellcheck disable=SC2086
	"$el2sim" $line >"$tmp/out" 2>&1 || [ $? -eq 1 ] || fail "$line: $(cat "$tmp/out")"
	! grep -aE '^(=>|!!|note:) ' "$tmp/out" | grep -aE '(^|[ (])1 (entries|accesses|(guest )?(exits|events|vCPUs|pCPUs|loads|puts|points|logs|rows|ops|states|violations|uses|ways|metrics|instructions|registers|findings|calls|reads|writes|mutants|columns|reports|kinds))\b' ||
		fail "$line: one is a plural"
done

# A count is exact, cycles are not: nobody says that every figure is.
! grep -rnE '"[^"]*(every|all) (figure|number)s?[^"]* exact' sim models traces --include='*.c' || fail "cycles are not exact"
