#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The commands that README.md and the pages of docs/ show work as they are written there. Left out: what changed, and a page
# whose commands belong to what it adds first (test_rows.sh).
set -eu
cd "$(dirname "$0")/.."
pages=()
for page in README.md configs/README.md docs/*.md; do
	case $page in docs/CHANGES.md | docs/extending.md) ;; *) pages+=("$page") ;; esac
done
python3 -B tests/commands_shown.py . "$EL2SIM_BINARY_DIR" "${pages[@]}"

# A command that wants operands says so, and names an example of shipped files, which works.
el2sim=$(realpath "$EL2SIM_BINARY_DIR")/el2sim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
own=$(for set in trace kernel; do "$el2sim" $set --help | sed -n "s/^  \([a-z-]*\)  .*/$set \1/p"; done)
n=0
while read -r command; do
	# shellcheck disable=SC2086
	(cd "$tmp" && "$el2sim" $command >out 2>err) && continue
	example=$(sed -n 's/.*, such as: \(el2sim .*\)/\1/p' "$tmp/err")
	[ -n "$example" ] || { echo "el2sim $command: no example: $(cat "$tmp/err")"; exit 1; }
	"$el2sim" $command --help | grep -qxF "Example: $example" || { echo "el2sim $command --help lacks the example"; exit 1; }
	n=$((n + 1))
	case $example in *.log*) continue ;; *configs/* | *traces/*) ;; *) continue ;; esac # a log is the user's
	(cd "$tmp" && PATH=${el2sim%/*}:$PATH bash -c "$example" >out 2>err) || { echo "$example: $(cat "$tmp/err")"; exit 1; }
done < <("$el2sim" help | sed -n 's/^  \([a-z-]*\)  .*/\1/p' | grep -v '^help$\|^trace$\|^kernel$\|^bugs$'; echo "$own")
[ $n -ge 18 ] || { echo "only $n commands want operands?"; exit 1; }
