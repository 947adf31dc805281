#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a shell is offered is what the help has: every command, every option and its values, every option of the
# configuration; and bash's script offers it.
set -eu
. tests/completion.sh
el2sim=$EL2SIM_BINARY_DIR/el2sim
ask() { "$el2sim" --complete "$@"; }
# lists FILE WORD...: each word is a candidate in the file
lists() {
	local file=$1 missing
	shift
	missing=$(printf '%s\n' "$@" | sort -u | comm -23 - <(cut -f1 "$file" | sort -u))
	[ -z "$missing" ] || fail "not offered: $missing, but: $(head -c 300 "$file")"
}

names() { "$el2sim" "$@" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]\{1,\}\) .*/\1/p'; }
[ "$(names | wc -l)" -gt 20 ] || fail "help lists no commands"
ask '' >"$tmp/out"
lists "$tmp/out" $(names)
ask help '' >"$tmp/out"
lists "$tmp/out" $(names)

n=0
while read -r command; do
	IFS=' ' read -ra words <<<"$command"
	"$el2sim" "${words[@]}" --help >"$tmp/help"
	grep -q '^Options:' "$tmp/help" || continue
	ask "${words[@]}" - >"$tmp/out" || fail "$command: status $?"
	sed -n '/^Options:/,$s/^  \(-[^ ]*\)\( .*\)\{0,1\}$/\1/p' "$tmp/help" | sed 's/,$//; /section\.key/d; s/^-h$/--help/' >"$tmp/options"
	[ -s "$tmp/options" ] || fail "$command has no options"
	lists "$tmp/out" $(cat "$tmp/options")
	! grep -q 'section\.key' "$tmp/help" || lists "$tmp/out" --machine. --switch.
	# "--format text|md|csv"
	{ sed -n 's/^  \(-[^ ]*\)\(, --[a-z-]*\)\{0,1\} \([a-z0-9-]*\(|[a-z0-9-]*\)\{1,\}\)\( .*\)\{0,1\}$/\1 \3/p' "$tmp/help"; } >"$tmp/values"
	while read -r option values; do
		ask "${words[@]}" "$option" '' >"$tmp/out"
		lists "$tmp/out" ${values//|/ }
		ask "${words[@]}" "$option=" >"$tmp/out"
		case $option in --*) lists "$tmp/out" $(printf -- "$option=%s\n" ${values//|/ }) ;; esac
		n=$((n + 1))
	done <"$tmp/values"
done < <(names; names trace | sed 's/^/trace /'; names kernel | sed 's/^/kernel /')
[ "$n" -gt 20 ] || fail "only $n options with values were tried"

# Every option of the configuration, and the words that it takes.
"$el2sim" config --doc --format csv >"$tmp/doc"
sed -n 's/^\([a-z_0-9]*\.[A-Za-z_0-9.]*\),.*/--\1=/p' "$tmp/doc" | sort -u >"$tmp/want"
sed 's/\..*/./' "$tmp/want" | sort -u >"$tmp/sections"
while read -r section; do ask run "$section" | cut -f1; done <"$tmp/sections" | sort -u >"$tmp/got"
[ "$(wc -l <"$tmp/want")" -gt 400 ] || fail "config --doc could not be read: $(head -3 "$tmp/doc")"
comm -23 "$tmp/want" "$tmp/got" | grep . && fail "not offered"
ask run --switch.model=linux-6.1 >"$tmp/out"
lists "$tmp/out" --switch.model=linux-6.12-vhe
ask run configs/experiment/e >"$tmp/out"
lists "$tmp/out" configs/experiment/eager-vs-deferred.ini :files
[ -z "$(ask no-such-command x)" ] || fail "an unknown command is offered something"

says() {
	(
		set +eu
		. "$root/docs/completion/el2sim.bash"
		compopt() { :; }
		COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
		_el2sim
		printf '%s\n' "${COMPREPLY[@]}"
	)
}
script_offers bash
