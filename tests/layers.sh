#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# layers.sh [ROOT]: the rules of the tree. One line per finding ("file:line: ..."); exit 1 if there is one.
set -u
cd "${1:-$(dirname "$0")/..}" || exit 2

# A folder of code (or a file of it) and the folders it may include from, beside itself. "all": no rule.
layers='
sim/base
sim/kernel  sim/base
traces      sim/base
models/cpu  sim/base sim/kernel
models/cpu/a64      sim/base models/cpu
models/hyp/kvm      sim/base sim/kernel models/cpu traces
models/hyp/ws       sim/base sim/kernel models/cpu traces models/hyp/kvm
models/hyp/check    sim/base sim/kernel models/cpu traces models/hyp/kvm models/hyp/ws
models/hyp/replay   sim/base sim/kernel models/cpu traces models/hyp/kvm models/hyp/ws
models/hyp/host     sim/base sim/kernel models/cpu traces models/hyp/kvm models/hyp/ws models/hyp/replay
models/hyp/measured sim/base sim/kernel models/cpu traces models/hyp/kvm models/hyp/ws models/hyp/replay
models/hyp/abi      sim/base sim/kernel models/cpu traces models/hyp/kvm models/hyp/ws models/hyp/measured
sim/report  sim/base sim/kernel models/cpu traces models/hyp/kvm models/hyp/ws models/hyp/check models/hyp/replay models/hyp/host models/hyp/measured models/hyp/abi
sim/app     all
sim/app/machine.h
sim/systemc sim/app/machine.h
docs        all
tests       all
bench       all
'

files()
{
	find . \( -name .git -o -path './build*' \) -prune -o -type f "$@" -print | sed 's|^\./||' | LC_ALL=C sort
}

code()
{
	files \( -name '*.c' -o -name '*.cc' -o -name '*.h' -o -name '*.def' \)
}

# Includes in quotes are ours: written from the root, pointing down.
check_includes()
{
	code | tr '\n' '\0' | xargs -0r grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' |
	awk -F: -v layers="$layers" '
	BEGIN {
		n = split(layers, rows, "\n")
		for (i = 1; i <= n; i++)
			if (split(rows[i], f, " ") > 0) {
				sees[f[1]] = " " rows[i] " "
				gsub(/[ \t]+/, " ", sees[f[1]])
			}
	}
	function folder(path,   f) { # the longest prefix that is a layer
		for (f = path; f != ""; f = f ~ /\// ? substr(f, 1, match(f, /\/[^\/]*$/) - 1) : "")
			if (f in sees)
				return f
		return ""
	}
	{
		split($0, q, "\"")
		from = folder($1); to = folder(q[2]); place = $1 ":" $2 ": "
		if (from == "")
			print place "its folder is in no layer: add it to tests/layers.sh"
		else if (to == "")
			print place "\"" q[2] "\" is in no layer: write includes from the root of the tree"
		else if (index(sees[from], " all ") == 0 && index(sees[from], " " to " ") == 0)
			print place "\"" q[2] "\" points up: " from " sees" sees[from]
	}'
}

# Nobody else has these folders.
check_paths()
{
	files | tr '\n' '\0' | xargs -0r grep -InHE '(^|[^A-Za-z0-9_.~-])/(home|root|Users|work)/[A-Za-z0-9]' |
		sed -E 's/^([^:]*:[0-9]+):.*/\1: a path of one machine only: write it from the root of the tree/'
}

check_licence()
{
	files \( -name '*.[ch]' -o -name '*.cc' -o -name '*.def' -o -name '*.sh' -o -name CMakeLists.txt -o -name quickstart \
		-o -name check -o -path './.ci/run' \) |
	while read -r f; do
		head -n 3 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' ||
			echo "$f:1: no licence: want \"SPDX-License-Identifier: Apache-2.0\" in the first lines"
	done
}

check_readmes()
{
	for d in */ sim/*/ models/*/ models/hyp/*/; do
		case $d in build*/ | '*'* | *'*/') continue ;; esac
		[ -z "$(find "$d" -type f | head -n 1)" ] || [ -f "$d/README.md" ] ||
			echo "${d}README.md:1: missing: purpose, central type, invariants, how to add a row"
	done
}

found=$(check_includes; check_paths; check_licence; check_readmes)
[ -z "$found" ] || { echo "$found"; exit 1; }
