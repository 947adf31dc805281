#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# quickstart and check, with a package manager that only says what it was asked: each package of packages.txt missing in
# turn; no right to install; builds and tests that fail. And each test that can do without a package, without it.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "$*" >&2; exit 1; }
rows() { sed -n "s/^$1 //p" "$root/packages.txt"; }

# --- packages.txt --------------------------------------------------------------------------------

while read -r why name command tests; do
	case $why in
	build | check) [ -z "$tests" ] || fail "packages.txt: $name: tests are for what they can do without" ;;
	option | unpack) [ -n "$command" ] && [ -n "$tests" ] || fail "packages.txt: $name: want a command or -, and tests" ;;
	*) fail "packages.txt: \"$why\": want build, check, option or unpack" ;;
	esac
	for test in $tests; do
		[ -e "$root/tests/$test.sh" ] || [ -e "$root/tests/$test.c" ] || grep -q "$test" "$root/tests/systemc/CMakeLists.txt" ||
			fail "packages.txt: $name: no $test"
	done
done < <(grep -v '^#' "$root/packages.txt")

# --- installing ----------------------------------------------------------------------------------

# A tree of its own, where nothing is installed, and a package manager without $BROKEN.
tree=$tmp/tree bin=$tmp/bin
mkdir -p "$tree" "$bin"
cp -r "$root"/{check,quickstart,cmake,packages.txt} "$tree"
command_of() { printf '#!/bin/bash\n%s\n' "$2" >"$bin/$1"; chmod +x "$bin/$1"; }
command_of dpkg-query 'exit 1'
command_of sudo 'exec "$@"'
command_of apt-get '
echo "$*" >>"$APT_LOG"
for word; do
	[ "$word" != "${BROKEN-}" ] || { echo "E: Unable to locate package $word"; exit 100; }
	[ "$word" != --assume-no ] || { echo "Need to get 1 MB of archives."; exit 1; }
done
echo "pmstatus:x:50.0:"'
sed -i -E 's/^([a-z]+ [^ ]+) [^ ]+/\1 -/' "$tree/packages.txt" # no command makes up for it
export APT_LOG=$tmp/apt.log PATH=$bin:$PATH

# install BROKEN FUNCTION...: its output, in $tmp/out
install() {
	export BROKEN=$1
	shift
	rm -rf "$APT_LOG" "$tree/build"
	touch "$APT_LOG"
	(cd "$tree" && here=$tree && . cmake/setup.sh && "$@") >"$tmp/out" 2>&1
}

for why in build check; do
	install none install_packages $why || fail "$why: $(cat "$tmp/out")"
	grep -q 'Need to get 1 MB' "$tmp/out" || fail "the cost is not said: $(cat "$tmp/out")"
	while read -r name _; do
		install "$name" install_packages $why && fail "went on without $name"
		grep -q "Unable to locate package $name" "$tmp/out" || fail "without $name: $(cat "$tmp/out")"
	done < <(rows $why)
done
while read -r name _ tests; do
	install "$name" install_optional || fail "stopped without $name: $(cat "$tmp/out")"
	grep -q "  $name is not there: skipped without it: ${tests// /, }" "$tmp/out" || fail "without $name: $(cat "$tmp/out")"
	while read -r other _; do
		[ "$other" = "$name" ] || grep -q -- "install $other\$" "$APT_LOG" || fail "without $name, $other was not tried"
	done < <(rows option)
done < <(rows option)
while read -r name _ tests; do
	install "$name" unpack_optional || fail "stopped without $name: $(cat "$tmp/out")"
	grep -q "  $name is not there: skipped without it: ${tests// /, }" "$tmp/out" || fail "without $name: $(cat "$tmp/out")"
	# what has services is never installed, only asked what it would take, and downloaded
	install none install_packages build check
	cp "$APT_LOG" "$tmp/all.log"
	install none install_optional
	cat "$APT_LOG" >>"$tmp/all.log"
	install none unpack_optional
	! grep -w -- "$name" "$tmp/all.log" || fail "$name is installed"
	! grep -w -- "$name" "$APT_LOG" | grep -v -- --simulate || fail "$name is installed"
done < <(rows unpack)

# Without root and sudo: what must be there stops with the line to type; what may be missing does not.
command_of id 'echo 1000'
rm "$bin/sudo"
mkdir "$tmp/few"
for tool in bash sh cat tee sed awk grep tail mkdir rm touch tr dirname env; do
	ln -s "$(command -v $tool)" "$tmp/few/$tool"
done
PATH=$bin:$tmp/few install none install_packages build && fail "installed without rights"
grep -q 'as root, run: apt-get install --no-install-recommends gcc ' "$tmp/out" || fail "$(cat "$tmp/out")"
PATH=$bin:$tmp/few install none install_optional || fail "stopped without rights: $(cat "$tmp/out")"
grep -q 'npm is not there: skipped without it: test_html_axe' "$tmp/out" || fail "$(cat "$tmp/out")"
rm "$bin/id" "$bin/apt-get" "$bin/dpkg-query"
[ "$(PATH=$tmp/few bash "$tree/quickstart" 2>&1)" = "quickstart: this is not Debian: install what packages.txt names by hand, then use --no-install" ] ||
	fail "not Debian: $(PATH=$tmp/few bash "$tree/quickstart" 2>&1)"

# --- building and testing ------------------------------------------------------------------------

command_of cmake '[ "$1" = --build ] || exit 0; [ "${BUILD-}" != broken ] || { echo "x.c:1: error: no"; exit 1; }; echo "[1/2] a"; echo "[2/2] b"'
command_of ctest '
preset=$2
mkdir -p build/$preset/Testing/Temporary
echo "skipped: no browser" >build/$preset/Testing/Temporary/LastTest.log
echo "Test $preset"
case " $FAILING " in *" $preset "*) printf "50%% tests passed, 1 tests failed out of 2\nThe following: test_of_%s\n" "$preset"; exit 8 ;; esac
echo "100% tests passed, 0 tests failed out of 2"'
for FAILING in "" release asan tsan fuzz "release asan"; do
	export FAILING
	out=$(cd "$tree" && ./check --fuzz --no-install 2>&1)
	status=$?
	[ $status -eq $([ -z "$FAILING" ]; echo $?) ] || fail "failing: \"$FAILING\": status $status: $out"
	for preset in release asan tsan fuzz; do
		grep -q "skipped in build/$preset: no browser" <<<"$out" || fail "the reason is not said: $out"
		n=$(grep -c "The following: test_of_$preset" <<<"$out") want=0
		[[ " $FAILING " != *" $preset "* ]] || want=2
		[ "$n" -eq $want ] || fail "failing: \"$FAILING\": $preset is summed up $n times, not $want: $out"
	done
	[ -z "$FAILING" ] || grep -q '^The following: test_of' <(tail -n 1 <<<"$out") || fail "the summary is not last: $out"
	grep -q 'building: 100 %' <<<"$out" || fail "no progress: $out"
done
grep -q 'EL2SIM_FUZZ_SEED=7$' <<<"$(cd "$tree" && EL2SIM_FUZZ_SEED=7 ./check --fuzz --no-install)" || fail "the seed is not said"
grep -q 'minutes\|hour' <<<"$(cd "$tree" && ./check --no-install)" || fail "the time is not said"
out=$(cd "$tree" && BUILD=broken ./check --no-install 2>&1) && fail "a broken build went on"
grep -q 'x.c:1: error: no' <<<"$out" || fail "$out"
rm "$bin/cmake" "$bin/ctest"

# --- the build -----------------------------------------------------------------------------------

[ "${EL2SIM_BINARY_DIR-}" ] || exit 0
cd "$root" || exit 1
plain=$tmp/plain
cmake -S . -B "$plain" -DEL2SIM_SYSTEMC=OFF -DEL2SIM_TESTS=ON >"$tmp/log" 2>&1 || fail "$(tail -n 20 "$tmp/log")"
! grep -q Werror "$plain/compile_commands.json" || fail "-Werror without a preset of ours"
grep -q '"EL2SIM_WERROR": "ON"' CMakePresets.json || fail "no -Werror in our presets"
for name in g++ libsystemc-dev; do
	for test in $(rows option | sed -n "s/^$name - //p"); do
		out=$(cd "$plain" && ctest -V -R "^$test\$" 2>&1)
		grep -q "skipped: .*$name" <<<"$out" || fail "$test without $name: $out"
		grep -q 'Skipped' <<<"$out" || fail "$test without $name is not skipped: $out"
	done
done

# Commands of a package out of sight, Python modules that cannot be imported, nothing fetched by an earlier test.
run_test() {
	if [ -e "tests/$1.sh" ]; then bash "tests/$1.sh"; else "$EL2SIM_BINARY_DIR/tests/$1"; fi
}
all=$tmp/all
mkdir "$all" "$tmp/python"
for dir in ${PATH//:/ }; do
	[ "$dir" = "$bin" ] || find "$dir" -maxdepth 1 \( -type f -o -type l \) -exec ln -sf -t "$all" {} + 2>/dev/null
done
while read -r name command tests; do
	case $name in
	g++ | libsystemc-dev | gcc-aarch64-linux-gnu | libc6-dev-arm64-cross) continue ;; # when configuring
	python3-*) echo 'raise ImportError' >"$tmp/python/${name#python3-}.py" ;;
	esac
	mv "$all/$command" "$tmp/hidden" 2>/dev/null
	for test in $tests; do
		out=$(PATH=$all PYTHONPATH=$tmp/python EL2SIM_NPM_DIR=$tmp/npm run_test "$test" 2>&1)
		status=$?
		[ $status -eq 77 ] && grep -q '^skipped: ' <<<"$out" || fail "$test without $name: status $status: $out"
	done
	mv "$tmp/hidden" "$all/$command" 2>/dev/null
	rm -f "$tmp/python"/*
done < <(rows option)

# --- limits --------------------------------------------------------------------------------------

# A limit by the clock is a test that fails on a busy machine: el2sim_test() limits CPU time.
! grep -n 'tcase_set_timeout' tests/*.c tests/*.h tests/*/*.c || fail "limits by the clock"
! grep -nE '(^|[^-])\btimeout [0-9]' tests/test_*.sh | grep -v 'npm\|test_setup' || fail "limits by the clock"
! grep -nE '(add_test|TIMEOUT) *\(?' tests/CMakeLists.txt tests/systemc/CMakeLists.txt | grep -v 'TIMEOUT 7200\|NAME \${name} COMMAND sh \${CMAKE_SOURCE_DIR}/tests/limited.sh ' ||
	fail "a test without, or with another limit than that of el2sim_test()"
# 0.6 s of CPU time, in hundredths of /proc.
spin='while [ "$(awk "{ print \$14 + \$15 }" /proc/$$/stat)" -lt 60 ]; do for i in 1 2 3 4 5 6 7 8 9; do :; done; done'
sh tests/limited.sh 2 bash -c "$spin" >"$tmp/out" || fail "a test within its limit fails: $(cat "$tmp/out")"
grep -q 'more than a fifth of its limit' "$tmp/out" || fail "$(cat "$tmp/out")"
sh tests/limited.sh 3600 bash -c "$spin" >"$tmp/out" || fail "$(cat "$tmp/out")"
grep -qE '^CPU time: [0-9.]+ s, limit: 3600 s$' "$tmp/out" || fail "$(cat "$tmp/out")"
for status in 1 77; do
	sh tests/limited.sh 3600 sh -c "exit $status" >"$tmp/out"
	[ $? -eq $status ] || fail "the status of a test is lost"
done
