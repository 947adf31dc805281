#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every public function has a comment of its own, which names what it is given and the errors that it can return.
set -eu
cd "$(dirname "$0")/.."
check() {
	awk '
	function missing(what) { print FILENAME ":" line ": " name ": its comment " what; bad++ }
	function judge(   n, arg, i, words) {
		name = text
		sub(/\(.*/, "", name)
		sub(/.*[ *]/, "", name)
		seen++
		if (comment == "") {
			missing("is not there: want one directly before the function")
			return
		}
		arg = text
		sub(/^[^(]*\(/, "", arg)
		sub(/\)[^)]*$/, "", arg)
		n = split(arg, words, /,/)
		for (i = 1; i <= n; i++) {
			sub(/[ \t]+$/, "", words[i])
			sub(/.*[ *]/, "", words[i])
			if (words[i] !~ /^(m|e|void|i)$/ && tolower(comment) !~ ("(^|[^a-z_])" words[i] "([^a-z_]|s[^a-z_]|$)"))
				missing("does not say what " words[i] " is")
		}
		if (arg ~ /struct el2sim_error \*e$/ && comment !~ /Errors: #EL2SIM_[A-Z]+(, #EL2SIM_[A-Z]+)*\./)
			missing("has no \"Errors: #EL2SIM_...\"")
	}
	/^\/\*\*/ { comment = ""; inside = 1 }
	inside {
		more = $0
		gsub(/^ *\/?\*+\/?|\*\/$/, "", more)
		comment = comment " " more
		gsub(/[ \t]+/, " ", comment)
		if ($0 ~ /\*\//)
			inside = 0
		next
	}
	/^EL2SIM_PUBLIC / { text = ""; line = FNR; on = 1 }
	on {
		text = text " " $0
		if ($0 ~ /;$/) {
			sub(/;$/, "", text)
			judge()
			on = 0
			comment = ""
		}
		next
	}
	{ comment = "" }
	END {
		if (seen < least) { print FILENAME ": only " seen + 0 " functions"; bad++ }
		exit bad != 0
	}' least="$2" "$1"
}
check sim/lib/machine.h 25

# Each of what it looks for, taken away.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
while IFS='|' read -r edit said; do
	sed -E "$edit" sim/lib/machine.h >"$tmp/machine.h"
	check "$tmp/machine.h" 25 >"$tmp/out" && { echo "not found: $edit"; exit 1; }
	grep -q "$said" "$tmp/out" || { cat "$tmp/out"; echo "want: $said"; exit 1; }
done <<'END'
/The time now, in ps/d|el2sim_now: its comment is not there
s/beyond the last one; what.*row. /beyond. /|el2sim_name: its comment does not say what what is
s/ Errors: #EL2SIM_CONFIG, #EL2SIM_INPUT.*/ x/|el2sim_elaborate: its comment has no "Errors
s/^EL2SIM_PUBLIC/static/|only 0 functions
END
