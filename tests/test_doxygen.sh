#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The reference of the library's interface (doc-api) is made without a warning, and has all of it.
set -eu
cd "$(dirname "$0")/.."
command -v doxygen >/dev/null || { echo "skipped: no doxygen: apt-get install doxygen"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
sed "s|^OUTPUT_DIRECTORY .*|OUTPUT_DIRECTORY = $tmp|" "$EL2SIM_BINARY_DIR/Doxyfile" >"$tmp/Doxyfile"
doxygen "$tmp/Doxyfile" >"$tmp/out" 2>&1 || { cat "$tmp/out"; exit 1; }
for name in el2sim_load el2sim_report_file EL2SIM_LATER; do
	grep -q "$name" "$tmp/html/machine_8h.html" || { echo "no $name"; exit 1; }
done
grep -q mmio "$tmp/html/classel2sim__module.html"
sed '/The time now, in ps/d' sim/lib/machine.h >"$tmp/machine.h"
sed -i "s|^INPUT .*|INPUT = $tmp/machine.h|" "$tmp/Doxyfile"
! doxygen "$tmp/Doxyfile" >"$tmp/out" 2>&1 || { echo "what has no comment is no error"; exit 1; }
