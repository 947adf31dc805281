#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# symbols.sh BUILD [ROOT]: what the static library of each room leaves undefined is defined in itself or in a room that it
# sees (layers.txt), and files that need each other stand in one room, whose README names them under "## Circles" with the
# reason. What a room defines for others is used by another object, a test or a bench: else it is static, or goes. One
# line per finding; exit 1 if there is one.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd) || exit 2
cd "${2:-$here/..}" || exit 2

# "circle ROOM PATTERN..." for each item of a section "## Circles": the names in `code` before its first colon.
circles()
{
	grep -v '^#' "$here/layers.txt" | while read -r room _; do
		[ -f "$room/README.md" ] || continue
		awk -v room="$room" '
		/^## / { here = $0 == "## Circles" }
		here && /^- `/ {
			sub(/:.*/, "")
			n = split($0, part, "`")
			line = "circle " room
			for (i = 2; i <= n; i += 2)
				line = line " " part[i]
			print line
		}' "$room/README.md"
	done
}

# nm -P: "libel2sim_kvm.a[exits.c.o]: exit_row T 0 10"; no value: undefined. Without what the compiler makes: a sanitizer's
# __odr_asan.NAME.
symbols()
{
	(cd "$build" && nm -A -P -g libel2sim_*.a) | awk '$2 !~ /\./'
}

found=$( (grep -v '^#' "$here/layers.txt" | sed 's/^/room /'; circles; symbols) | awk '
$1 == "room" {
	name = $2; sub(/.*\//, "", name)
	if ($2 == "sim/systemc" || $2 ~ /\.h$/)
		next
	room[name] = $2
	sees[$2] = " " $0 " "
	gsub(/[ \t]+/, " ", sees[$2])
	next
}
$1 == "circle" {
	c = ++n_circles; circle_room[c] = $2; circle[c] = ""
	for (i = 3; i <= NF; i++) {
		p = $i
		gsub(/\./, "\\.", p); gsub(/\*/, ".*", p)
		circle[c] = circle[c] (i > 3 ? "|" : "") p
	}
	next
}
{
	lib = $1; sub(/^libel2sim_/, "", lib); sub(/\.a\[.*/, "", lib)
	file = $1; sub(/^[^[]*\[/, "", file); sub(/(\.o)?\]:$/, "", file)
	if (!(lib in room)) # perfetto: not ours
		next
	object = room[lib] "/" file
	if (!(object in of)) {
		of[object] = room[lib]
		objects[++n_objects] = object
	}
	if ($3 == "U" || $3 == "w")
		wanted[++n_wanted] = object SUBSEP $2
	else
		at[$2] = object
}

# Tarjan: low[] is the first object on the stack that an object reaches.
function visit(v,   i, n, next_, w)
{
	place[v] = low[v] = ++count
	stack[++top] = v; on[v] = 1
	n = split(needs[v], next_, "\n")
	for (i = 1; i <= n; i++) {
		w = next_[i]
		if (!(w in place)) {
			visit(w)
			if (low[w] < low[v])
				low[v] = low[w]
		} else if (on[w] && place[w] < low[v]) {
			low[v] = place[w]
		}
	}
	if (low[v] == place[v])
		end_circle(v)
}

function end_circle(v,   first, i, c, named)
{
	for (first = top; stack[first] != v; first--)
		;
	for (i = first; i <= top; i++)
		on[stack[i]] = 0
	if (first < top) {
		for (c = 1; c <= n_circles && named == ""; c++)
			named = fits(c, first) ? c : ""
		if (named != "")
			used[named] = 1
		else
			print text(first) ": need each other: want one direction, or an item of \"## Circles\" in " of[v] "/README.md with the reason"
	}
	top = first - 1
}

function fits(c, first,   i, file)
{
	for (i = first; i <= top; i++) {
		file = stack[i]; sub(/.*\//, "", file)
		if (of[stack[i]] != circle_room[c] || file !~ "^(" circle[c] ")$")
			return 0
	}
	return 1
}

function text(first,   i, s)
{
	for (i = first; i <= top; i++)
		s = s (i > first ? " " : "") stack[i]
	return s
}

END {
	if (n_objects == 0)
		print "no libel2sim_*.a of a room: want a build folder"
	for (i = 1; i <= n_wanted; i++) {
		split(wanted[i], w, SUBSEP)
		if (!(w[2] in at) || at[w[2]] == w[1] || (w[1], at[w[2]]) in seen)
			continue
		seen[w[1], at[w[2]]] = 1
		to = at[w[2]]
		needs[w[1]] = needs[w[1]] (needs[w[1]] == "" ? "" : "\n") to
		if (of[to] != of[w[1]] && sees[of[w[1]]] !~ / all / && index(sees[of[w[1]]], " " of[to] " ") == 0)
			print w[1] ": " w[2] " is defined in " to ", which " of[w[1]] " does not see (tests/layers.txt)"
	}
	for (i = 1; i <= n_objects; i++)
		if (!(objects[i] in place))
			visit(objects[i])
	for (c = 1; c <= n_circles; c++)
		if (!(c in used))
			print circle_room[c] "/README.md: \"## Circles\" names a circle that is none: " circle[c]
}')
# What no other object of the rooms wants: fine if main.c, a test or a bench names it. cmd_* are wanted by rows of cmd.def,
# a64_prep_* by those of decode*.def, el2sim_* by programs that use the library; a64.h is what a user of the core finds.
alone=$(symbols | awk '
$3 == "U" || $3 == "w" { used[$2] = 1; next }
$2 !~ /^(el2sim_|cmd_|a64_prep_)/ && $1 !~ /perfetto\.pb|html_/ { at[$2] = $1 }
END {
	for (s in at)
		if (!(s in used))
			print s, at[s]
}')
if [ -n "$alone" ]; then
	named=$(echo "$alone" | cut -d' ' -f1 | grep -rohwFf - tests bench sim/cmd/main.c sim/cmd/memory.c sim/systemc models/cpu/a64/a64.h --include='*.[ch]' --include='*.cc' 2>/dev/null | sort -u)
	unused=$(echo "$alone" | grep -vwFf <(echo "${named:-.}") | sed -E 's/^([^ ]*) (.*)$/\2 \1: nobody else uses it: want it static, or gone/' | LC_ALL=C sort)
	found=$found${found:+${unused:+
}}$unused
fi
[ -z "$found" ] || { echo "$found"; exit 1; }
