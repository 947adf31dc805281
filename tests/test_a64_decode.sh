#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The decoder's maker refuses each file of tests/a64/bad with the line and words of the file's first line; takes the shipped one.
set -u
tool=$EL2SIM_BINARY_DIR/el2sim_a64_decode failed=0
for f in tests/a64/bad/*.bad; do
	want="$f:$(sed -n '1s/^# //p' "$f")"
	if got=$("$tool" "$f" 2>&1 >/dev/null); then
		echo "$f: was taken"
		failed=1
	elif [[ $got != *"$want"* ]]; then
		echo "$f: says \"$got\", want \"$want\""
		failed=1
	fi
done
"$tool" models/cpu/a64/decode*.def >/dev/null || failed=1
exit $failed
