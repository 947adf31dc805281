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

# Recorded combinations that are kept, and sequences of each.
folder=tests/golden/verify
combinations=$(find $folder -name '*.csv' ! -name '*-order.csv' ! -name '*-ipi.csv' | wc -l)
sequences=$(awk -F, 'FNR > 1 && $2 != "" { n[FILENAME]++ } END { for (f in n) print n[f] }' $folder/*-order.csv | sort -u)
grep -q "^$combinations combinations of kernel, CPU and mode, .* $sequences sequences, of each in order" docs/verify.md ||
	fail "docs/verify.md: want $combinations combinations, $sequences sequences"
