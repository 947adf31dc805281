#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# layers.sh [ROOT]: the rules of the tree. One line per finding ("file:line: ..."); exit 1 if there is one.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/..}" || exit 2

layers=$(grep -v '^#' "$here/layers.txt")

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
			print place "its folder is in no layer: add it to tests/layers.txt"
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
		-o -name check -o -path './.ci/run' \) | tr '\n' '\0' |
	xargs -0r awk '
	FNR > 3 { nextfile }
	index($0, "SPDX-License-Identifier: Apache-2.0") { has[FILENAME] = 1 }
	END {
		for (i = 1; i < ARGC; i++)
			if (!(ARGV[i] in has))
				print ARGV[i] ":1: no licence: want \"SPDX-License-Identifier: Apache-2.0\" in the first lines"
	}'
}

# Folders of code that are rows: a stranger finds his room, and his way in it.
rooms()
{
	echo "$layers" | awk '$1 ~ /^(sim|models|traces)/ && $1 !~ /\.(h|def)$/ { print $1 }'
}

check_readmes()
{
	for d in */ $(rooms | sed 's|$|/|'); do
		case $d in build*/ | '*'*) continue ;; esac
		[ -d "$d" ] || continue
		set -- "$d"*
		[ ! -e "$1" ] || [ -f "$d/README.md" ] ||
			echo "${d}README.md:1: missing: purpose, central type, invariants, how to add a row"
	done
}

FILES_MAX=44
check_rooms()
{
	for d in $(rooms); do
		[ -d "$d" ] || continue
		n=$(find "$d" -maxdepth 1 -type f | wc -l)
		[ "$n" -le "$FILES_MAX" ] || echo "$d/README.md:1: $n files in one room: want at most $FILES_MAX, so two rooms"
	done
}

LINES_MAX=600
check_lines()
{
	files \( -name '*.[ch]' -o -name '*.cc' -o -name '*.def' -o -name '*.sh' -o -name '*.py' -o -name '*.js' \) |
	tr '\n' '\0' | xargs -0r wc -l |
	awk -v most=$LINES_MAX '$2 != "total" && $1 > most { print $2 ":" $1 ": " $1 " lines: want at most " most ", so two files" }'
}

# A list is cut up in one way: str_item, str_word. Left to others: the fields of a CSV file, and lines.
check_lists()
{
	find sim models traces -name '*.c' ! -path sim/base/str.c ! -path traces/csv.c -print 2>/dev/null | LC_ALL=C sort | tr '\n' '\0' |
	xargs -0r grep -nHE '\b(strtok|strtok_r|strsep)\(' | grep -vF '"\n")' |
	sed -E 's/^([^:]*:[0-9]+):.*/\1: cuts a list up by itself: want str_item or str_word (sim\/base\/str.h)/'
}

found=$(check_includes; check_paths; check_licence; check_readmes; check_rooms; check_lines; check_lists)
[ -z "$found" ] || { echo "$found"; exit 1; }
