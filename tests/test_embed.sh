#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# libel2sim as other programs find it: installed, by pkg-config, and nothing of ours but el2sim_* to see.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "$*"; exit 1; }

DESTDIR="$tmp/image" cmake --install "$EL2SIM_BINARY_DIR" --prefix /opt/el2sim >"$tmp/log" || { cat "$tmp/log"; exit 1; }
# Where it lies is not where it was installed: the library finds the shipped files beside itself, for a program elsewhere, too.
mkdir "$tmp/put"
mv "$tmp/image/opt/el2sim" "$tmp/put/here"
prefix=$tmp/put/here
cp "$prefix/share/el2sim/configs/machine/qemu-n1.ini" "$prefix/share/el2sim/configs/machine/only-here.ini"
pc=$(find "$prefix" -name el2sim.pc)
export PKG_CONFIG_PATH=${pc%/*}
unset EL2SIM_SHARE
[ "$(pkg-config --variable=pkgdatadir el2sim)" -ef "$prefix/share/el2sim" ] || fail "pkgdatadir is not where the files are"
libdir=$(pkg-config --variable=libdir el2sim)
so=$libdir/libel2sim.so
[ -e "$so" ] || fail "no $so"

# What the library defines for others.
nm -D --defined-only "$so" | awk '{print $NF}' | sort >"$tmp/has"
grep -v '^el2sim_' "$tmp/has" && fail "these are not prefixed with el2sim_"
grep -oE '\bel2sim_[a-z_]+\(' "$prefix/include/el2sim/machine.h" | tr -d '(' | grep -v '_fn$' | sort -u >"$tmp/said"
while read -r name; do # a comment may name a function too, but no other one
	grep -qx "$name" "$tmp/has" || fail "machine.h declares $name, the library does not have it"
done <"$tmp/said"
while read -r name; do
	grep -qx "$name" "$tmp/said" || fail "the library has $name, machine.h does not declare it"
done <"$tmp/has"
[ "$(wc -l <"$tmp/has")" -ge 20 ] || fail "only $(wc -l <"$tmp/has") functions"
soname=$(readelf -d "$so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
[ "$soname" = "libel2sim.so.$(sed -n 's/^#define EL2SIM_API *\([0-9]*\).*/\1/p' "$root/sim/lib/machine.h")" ] ||
	fail "SONAME is \"$soname\""

# A consumer: another folder, another standard, every warning.
sanitize=
nm -D --undefined-only "$so" | grep -q __asan_ && sanitize=-fsanitize=address,undefined
mkdir "$tmp/work"
cp "$root/tests/embed/embed.c" "$tmp/work"
cd "$tmp/work"
# shellcheck disable=SC2046,SC2086 # words on purpose
${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror $sanitize embed.c -o embed $(pkg-config --cflags --libs el2sim)
export LD_LIBRARY_PATH=$libdir
cat >mine.ini <<'END'
[el2sim]
include = machine/only-here.ini
include = kernel/linux-6.12-n1-vhe.ini
include = workload/boot.ini
[switch]
model = linux-6.12-vhe
END
./embed mine.ini machine.vcpus=2 run.duration=20000 >out || fail "embed failed: exit status $?"
grep -q 'Devices' out || { cat out; fail "no table of devices"; }
read -r without with < <(sed -n 's/.*per exit to it: \([0-9]*\) without the console, \([0-9]*\) with it/\1 \2/p' out)
[ "$with" -gt "$without" ] || { cat out; fail "the console takes no time"; }
./embed mine.ini machine.vcpus=2 run.duration=20000 >again
cmp out again

# So does one that is found by a name of another folder; the program of that prefix finds the same.
ln -s "$libdir" "$tmp/link"
LD_LIBRARY_PATH=$tmp/link ./embed mine.ini machine.vcpus=2 run.duration=20000 >again
cmp out again
"$prefix/bin/el2sim" config mine.ini >/dev/null

# Errors are those of the program.
status=0
./embed mine.ini machine.vcpus=0 2>error >&2 || status=$?
[ "$status" -eq 3 ] && grep -qx 'embed: command line: \[machine\] vcpus = 0: out of range: .*' error ||
	{ cat error; fail "exit status $status"; }
status=0
./embed none.ini 2>error >&2 || status=$?
[ "$status" -eq 3 ] && grep -q '^embed: none.ini: ' error || { cat error; fail "exit status $status"; }

# A program in C++ may include the header.
if command -v c++ >/dev/null; then
	printf '#include <el2sim/machine.h>\nint main() { return el2sim_api() != EL2SIM_API; }\n' >one.cc
	# shellcheck disable=SC2046,SC2086
	c++ -std=c++11 -Wall -Wextra -Wshadow -Wpedantic -Werror $sanitize one.cc -o one $(pkg-config --cflags --libs el2sim)
	./one
fi

# The SystemC module, compiled as docs/embedding.md says, is el2sim run.
if command -v c++ >/dev/null && pkg-config --exists systemc; then
	from=$(pkg-config --variable=pkgdatadir el2sim)/systemc
	[ -z "$sanitize" ] || sanitize+=" -fno-sanitize=vptr"
	# shellcheck disable=SC2046,SC2086
	c++ -std=c++17 -Wall -Wextra -Werror $sanitize "$from/run.cc" "$from/el2sim_module.cc" -o sc \
		$(pkg-config --cflags --libs el2sim systemc)
	SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1 ./sc mine.ini --run.duration=3000 >under
	"$prefix/bin/el2sim" run mine.ini --run.duration=3000 >alone
	cmp under alone
fi
