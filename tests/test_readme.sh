#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each block of README.md that starts with "$ build/release/el2sim ..." is what that command prints.
# EL2SIM_BLESS=1 puts the real output in. A block that is just "..." waits for its first blessing.
set -eu
cd "$(dirname "$0")/.."
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT

awk -v program="$EL2SIM_BINARY_DIR/el2sim" -v bless="${EL2SIM_BLESS-}" -v q="'" '
	skipping && /^```$/ { skipping = 0 }
	skipping { next }
	{ print }
	before ~ /^```/ && /^\$ build\/release\/el2sim / {
		command = q program q substr($0, length("$ build/release/el2sim") + 1) " 2>&1"
		getline first
		if (first == "..." && bless == "") {
			print first
		} else {
			while ((command | getline line) > 0)
				print line
			close(command)
			skipping = 1
		}
	}
	{ before = $0 }
' README.md >"$fresh"
if [ -n "${EL2SIM_BLESS-}" ]; then
	cat "$fresh" >README.md
fi
diff README.md "$fresh" || {
	echo "README.md does not show what el2sim prints: EL2SIM_BLESS=1 EL2SIM_BINARY_DIR=build/release $0"
	exit 1
}
