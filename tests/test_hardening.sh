#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How program and library are linked: position-independent, relocations read-only and bound at the start, no executable
# stack, stacks guarded; in an optimized build, copies checked.
set -u
dir=$EL2SIM_BINARY_DIR bad=0

fail()
{
	echo "$*"
	bad=1
}

command -v readelf >/dev/null || { echo "skipped: no readelf: apt-get install binutils"; exit 77; }
for file in "$dir/el2sim" "$dir/libel2sim.so"; do
	[ -e "$file" ] || { [ "$file" != "$dir/el2sim" ] || fail "$file is not there"; continue; }
	head=$(readelf -hW "$file") segments=$(readelf -lW "$file") dynamic=$(readelf -dW "$file") symbols=$(readelf -sW --dyn-syms "$file")
	grep -q 'Type: *DYN' <<<"$head" || fail "$file: is not position-independent"
	grep -q GNU_RELRO <<<"$segments" || fail "$file: no RELRO"
	grep -qE 'BIND_NOW|FLAGS_1.*NOW' <<<"$dynamic" || fail "$file: is not bound at the start (BIND_NOW)"
	grep -q 'GNU_STACK.* RW ' <<<"$segments" || fail "$file: its stack is executable"
	grep -qE 'TEXTREL' <<<"$dynamic" && fail "$file: relocations in its code"
	grep -qE '(RPATH|RUNPATH)' <<<"$dynamic" && [ "$file" = "$dir/libel2sim.so" ] && fail "$file: looks for libraries in a folder of its own"
	grep -q __stack_chk_fail <<<"$symbols" || fail "$file: no stack protector"
	if ! grep -q __asan_init <<<"$symbols" && grep -q '^CMAKE_BUILD_TYPE:STRING=Release' "$dir/CMakeCache.txt"; then
		grep -qE '__(mem|str|s?n?printf|v?[fs]n?printf|read|fread).*_chk' <<<"$symbols" || fail "$file: copies are not checked (_FORTIFY_SOURCE)"
	fi
done
file=$dir/el2sim
# Libraries that are loaded on demand are not needed at the start.
if [ -e "$dir/ondemand" ] && ! [ -e "$dir/ondemand.log" ]; then
	needed=$(readelf -dW "$file" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -vE '^(libinih|libmd|libm|libc|ld-linux.*)\.so')
	[ -z "$needed" ] || fail "$file: needs at its start $(echo $needed): want rows in sim/cmd/ondemand/functions.def"
fi
readelf -dW "$file" | grep -q 'FLAGS_1.*PIE' || fail "$file: is no PIE"
[ "$bad" -eq 0 ]
