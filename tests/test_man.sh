#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The manual page is formatted without a warning and has the program's tables in it.
set -eu
page=$EL2SIM_BINARY_DIR/el2sim.1
export LC_ALL=C.UTF-8

if grep -n '^@\|@VERSION@' "$page"; then
	echo "a table is missing"
	exit 1
fi
warnings=$(groff -man -t -k -Tutf8 -ww -rLL=100n "$page" 2>&1 >/dev/null)
[ -z "$warnings" ] || { echo "$warnings"; exit 1; }
"$EL2SIM_BINARY_DIR/el2sim" help | sed -n 's/^  \([a-z-]\{1,\}\) .*/\1/p' | while read -r command; do
	grep -qF "\fBel2sim ${command//-/\\-}\fR" "$page" || { echo "$command is not in the manual page"; exit 1; }
done
