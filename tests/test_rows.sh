#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/extending.md is done as it is written, in a copy of the tree: a register, a kernel version, a CPU and an exit kind that
# nobody has are rows of tables and INI files, a command, an importer and a guest a row and a file. Then all of them work.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
grep -q '^EL2SIM_SANITIZE:BOOL=ON' "$EL2SIM_BINARY_DIR/CMakeCache.txt" && { echo "skipped: once, in the release build"; exit 77; }
copy=$EL2SIM_BINARY_DIR/rows
fail() { echo "$*"; exit 1; }

# --- no kind and no version in C ---------------------------------------------------------------
if grep -rnE '\bEXIT_[a-z]' "$root/models" "$root/sim" --include=*.[ch] | grep -vE 'EXIT_FOR_|models/hyp/kvm/exits\.[ch]:'; then
	fail "an exit kind by its name: want a column of exits.def, or EXIT_FOR"
fi
if grep -rnE '(version|kernel) *([<>]=?|[=!]=) *[0-9]{3}\b|UNTIL_[0-9]' "$root/models" "$root/sim" --include=*.[ch]; then
	fail "a kernel version in C: want since and until of a row"
fi

# --- the page ----------------------------------------------------------------------------------
rm -rf "$copy"
mkdir -p "$copy/src"
(cd "$root" && tar cf - CMakeLists.txt cmake models sim traces configs docs bench tests/layers.txt) | tar xf - -C "$copy/src"
cd "$copy/src"

# Blocks of the page, in order: $copy/block.N and its instruction, "after FILE TEXT", "new FILE" or "run", in $copy/do.N.
n=$(awk -v dir="$copy" '
	/^In `[^`]*`, behind the line with `[^`]*`:$/ { split($0, part, "`"); what = "after\n" part[2] "\n" part[4] }
	/^New file `[^`]*`:$/ { split($0, part, "`"); what = "new\n" part[2] "\n" }
	/^```sh$/ && !inside { what = "run\n\n" }
	/^```/ {
		inside = !inside
		if (inside && what == "") { print FILENAME ":" FNR ": a block that says not what it is for" > "/dev/stderr"; exit 1 }
		if (inside) { n++; print what > (dir "/do." n); printf "" > (dir "/block." n) } else what = ""
		next
	}
	inside { print > (dir "/block." n) }
	END { print n + 0 }' docs/extending.md)
[ "$n" -gt 20 ] || fail "docs/extending.md: $n blocks only"
for ((i = 1; i <= n; i++)); do
	{ read -r what; read -r file; IFS= read -r text; } <"$copy/do.$i" || true
	case $what in
	after)
		line=$(grep -nF -m1 "$text" "$file" | cut -d: -f1)
		[ -n "$line" ] || fail "docs/extending.md: $file has no line with $text"
		sed -i "${line}r $copy/block.$i" "$file"
		;;
	new)
		[ ! -e "$file" ] || fail "docs/extending.md: $file is there already"
		cp "$copy/block.$i" "$file"
		;;
	esac
done
for mode in vhe nvhe; do
	sed "s/^kernel = .*/kernel = 9.9/; s/^machine = .*/machine = madeup/; s/^table = .*/table = linux-9.9-madeup-$mode.csv/" \
		configs/kernel/linux-6.12-n1-$mode.ini >configs/kernel/linux-9.9-madeup-$mode.ini
	sed 's/^hvc_smccc_version,.*/&\nhvc_madeup,assumed: made up,5000,1000,0,700,0,0,0,0,0,0,0,0,0,0/' \
		configs/kernel/linux-6.12-n1-$mode.csv >configs/kernel/linux-9.9-madeup-$mode.csv
	printf '[el2sim]\ninclude = configs/machine/madeup-core.ini\ninclude = configs/kernel/linux-9.9-madeup-%s.ini\n[switch]\nmodel = linux-9.9-%s\n' \
		$mode $mode >$mode.ini
done

# --- build -------------------------------------------------------------------------------------
launcher=$(command -v ccache || true)
export CCACHE_BASEDIR=$copy
cmake -S . -B "$copy/build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS=-O0 -DEL2SIM_TESTS=OFF ${launcher:+-DCMAKE_C_COMPILER_LAUNCHER=$launcher} \
	>"$copy/log" 2>&1 || { cat "$copy/log"; exit 1; }
cmake --build "$copy/build" --target el2sim -j"$(nproc)" >"$copy/log" 2>&1 || { grep -A5 -E 'error|FAILED' "$copy/log"; exit 1; }
export EL2SIM_SHARE=$copy/src
el2sim() { "$copy/build/el2sim" "$@"; }

# has FILE PATTERN WHAT
has() { grep -qE "$2" "$1" || { cat "$1"; fail "no $2 in what $3 prints"; }; }

# --- the commands of the page ------------------------------------------------------------------
for ((i = 1; i <= n; i++)); do
	[ "$(head -1 "$copy/do.$i")" = run ] || continue
	while read -r command; do
		(set -e; eval "$command") >out 2>&1 || { cat out; fail "docs/extending.md: $command"; }
	done <"$copy/block.$i"
done
el2sim tick madeup.ini >out
has out '1000$' tick
el2sim run doorbell.ini --format csv >out
has out '^mmio_write_user,' "a guest of its own"
el2sim help >out
has out 'tick ' help

# --- what they do ------------------------------------------------------------------------------
for mode in vhe nvhe; do
	el2sim lint $mode.ini >out || { cat out; fail "lint $mode"; }
	el2sim explain $mode.ini >out
	has out 'MADEUP_EL1' "explain $mode"
	el2sim explain $mode.ini --switch.model=linux-6.12-$mode >out
	! grep -q MADEUP_EL1 out || fail "linux-6.12-$mode switches a register of 9.9"
	el2sim run $mode.ini --check --workload.exits_per_s=1000 --mix.hvc_madeup=1 --machine.vcpus=2 --run.duration=50000 \
		--format csv >out || { cat out; fail "run $mode"; }
	has out '^hvc_madeup,' "run $mode"
	has out '^MADEUP_EL1,' "run $mode"
done
# its events are read back as that kind, with its path
el2sim run vhe.ini --workload.exits_per_s=1000 --mix.hvc_madeup=1 --run.duration=50000 --events events.e2t >/dev/null
el2sim run vhe.ini --trace events.e2t --format csv >out
has out '^hvc_madeup,' "a replay"
# a recording of that kernel on that CPU: found by its names, and exact
sed -n '1p; /,0,hvc_unknown,/p' "$root/tests/data/registers-nvhe.csv" | sed 's/^6.12,n1,/9.9,madeup,/; s/,hvc_unknown,/,hvc_madeup,/' >reference.csv
sed -n 's/par_el1/madeup_el1/gp' reference.csv >more.csv
[ -s more.csv ] || fail "no par_el1 in the reference"
el2sim verify --reference reference.csv >out && { cat out; fail "verify: a register is missing, and nobody says so"; }
has out 'madeup_el1' "verify without the register"
cat more.csv >>reference.csv
el2sim verify --reference reference.csv >out || { cat out; fail "verify"; }
has out '1 of 1 exit register-exact' "verify"
rm -rf "$copy"
