#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Symbols of the rooms' libraries keep their order, and symbols.sh finds a breach, a circle and what nobody uses.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bash "$here/symbols.sh" "$EL2SIM_BINARY_DIR"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/build" "$tmp/sim/base" "$tmp/traces" "$tmp/models/cpu"
cd "$tmp/build"
library() # ROOM FILE=C...
{
	local room=$1 part
	shift
	for part; do
		printf '%s\n' "${part#*=}" | ${CC:-cc} -x c -c -o "${part%%=*}.c.o" -
	done
	ar rc "libel2sim_$room.a" "${@/%=*/.c.o}"
}
library base 'up=int cpu(void); int up(void); int up(void) { return cpu(); }' 'base=int base(void); int base(void) { return 1; }'
library cpu 'cpu=int base(void); int cpu(void); int cpu(void) { return base(); }'
library traces 'side=int cpu(void); int side(void); int side(void) { return cpu(); }' \
	'a=int a(void), b(void); int a(void) { return b(); }' 'b=int a(void), b(void), c(void); int b(void) { return a() + c(); }' \
	'c=int c(void), d(void); int c(void) { return d(); }' 'd=int c(void), d(void); int d(void) { return c(); }'
printf '%s\n' '# traces' '' '## Circles' '' '- `a.c`, `b.c`: two halves of one thing.' '- `gone*.c`: was one once.' >"$tmp/traces/README.md"

cat <<'END' >want
sim/base/up.c: cpu
traces/side.c: cpu
traces/d.c traces/c.c: need
traces/README.md: "##
libel2sim_base.a[up.c.o]: up:
libel2sim_traces.a[side.c.o]: side:
END
bash "$here/symbols.sh" "$tmp/build" "$tmp" >found && exit 1
sort found | sed -E 's/^(traces\/[cd]\.c) (traces\/[cd]\.c):/traces\/d.c traces\/c.c:/' | awk '{ for (i = 1; $i !~ /:$/; i++) printf "%s ", $i; print $i, $(i + 1) }' | sort >got
sort want | diff - got || {
	echo "symbols.sh did not find what it should (left: wanted, right: found)"
	exit 1
}
mkdir none
[ -n "$(bash "$here/symbols.sh" none "$tmp" 2>/dev/null)" ] || { echo "symbols.sh is content without libraries"; exit 1; }
