# SPDX-License-Identifier: Apache-2.0
# Sourced by test_completion*.sh, which say how a shell's script is asked: says LINE WORD prints what it offers, a line each.
root=$PWD
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "$*" >&2; exit 1; }

# script_offers SHELL: in an empty folder with two files
script_offers() {
	mkdir "$tmp/here"
	cd "$tmp/here"
	touch one.ini two.ini
	PATH=$EL2SIM_BINARY_DIR:$PATH
	local line want got
	while IFS='|' read -r line want; do
		got=$(says "$line" "${line##*[ =]}" | sort | tr '\n' ' ')
		[ "$got" = "$want " ] || fail "$1 offers \"$got\" for \"$line\", not \"$want\""
	done <<'END'
el2sim swe|sweep
el2sim trace inf|info
el2sim help trace inf|info
el2sim run --format=h|html
el2sim run --format j|json
el2sim run on|one.ini
el2sim run --trace tw|two.ini
el2sim run --trace=tw|two.ini
END
}
