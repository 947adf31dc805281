#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# No name in the tables is what the preprocessor made of it: a row's name may also be that of a macro (V4, NO), and then
# #name is the macro's text. And every name of a .def's rows that are registers is printed as it is written there.
set -euo pipefail
cd "$(dirname "$0")/.."
el2sim=$EL2SIM_BINARY_DIR/el2sim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# What object-like macros of ours stand for, when that is one word.
grep -rhE '^[[:space:]]*#[[:space:]]*define +[A-Za-z_0-9]+ +[A-Za-z_][A-Za-z_0-9]*$' models sim traces --include='*.[ch]' --include='*.def' |
	awk '{ print $NF }' | sort -u >"$tmp/texts"
# and all enumerators that a table pastes together: PREFIX_##name
grep -rhoE '\b[A-Z][A-Z0-9]*_[A-Z0-9_]*(ALWAYS|NONE|NO)\b' models sim --include='*.[ch]' | sort -u >>"$tmp/texts"
[ "$(wc -l <"$tmp/texts")" -gt 10 ]
for line in 'abi --list' regs 'regs --features --groups --costs' exits 'exits --ops --conds --components --models' flags \
	'flags --rules --places' 'config --doc' 'lint --doc' 'explore --doc' 'bugs --list' \
	'explain configs/experiment/linux-6.12-vhe-n1.ini' 'explain configs/experiment/linux-6.12-nvhe-n1.ini'; do
	# shellcheck disable=SC2086
	"$el2sim" $line --format csv >>"$tmp/printed"
done
tr -c 'A-Za-z0-9_' '\n' <"$tmp/printed" | grep . | sort -u >"$tmp/words"
if comm -12 <(sort -u "$tmp/texts") "$tmp/words" | grep .; then
	echo "these are printed, and are what a macro stands for"
	exit 1
fi
# Registers as their rows name them.
for i in $(seq 0 31); do
	grep -q "^0x[0-9a-f]*,V$i,16," "$tmp/printed" || { echo "no V$i in abi --list"; exit 1; }
done
