#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Debian packages hold what `cmake --install` lays down, each file in one of them; they are installed, work, and are
# removed without residue. The version is the same wherever it stands.
. "$(dirname "$0")/package.sh"
needs dpkg-shlibdeps dpkg-dev file file
version=$(sed -n 's/^project(el2sim VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)
[ "$(sed -n 's/^## \([0-9.]*\), .*/\1/p' CHANGELOG.md | head -n 1)" = "$version" ] || fail "CHANGELOG.md: not $version"
[ "$(sed -n 's/^version: //p' CITATION.cff)" = "$version" ] || fail "CITATION.cff: not $version"
[ "$(sed -n 's/^## [0-9.]*, //p' CHANGELOG.md | head -n 1)" = "$(sed -n 's/^date-released: //p' CITATION.cff)" ] ||
	fail "CITATION.cff: not the date of CHANGELOG.md"

# A root of its own, with dpkg's own record of what is there.
packages
cd "$tmp"
into=$tmp/root
mkdir -p "$into/var/lib/dpkg/"{info,updates,triggers}
touch "$into/var/lib/dpkg/"{status,available}
dpkg=(dpkg "--root=$into" --log=/dev/null --no-triggers --force-not-root --force-depends --force-bad-path --force-script-chrootless)
find "$into" | sort >before
"${dpkg[@]}" -i packages/*.deb >log 2>&1 || { cat log; fail "not installed"; }
for deb in packages/*.deb; do
	dpkg-deb -c "$deb" | awk '$1 !~ /^d/ { print $6 }'
done | sort >files
[ -z "$(uniq -d files)" ] || fail "in two packages: $(uniq -d files)"

# Beside the installation, they have what Debian wants of every package.
DESTDIR=$tmp/image cmake --install "$EL2SIM_BINARY_DIR" --prefix /usr >log || { cat log; fail "not installed"; }
(cd image && find . ! -type d) | sed 's|\(/man/.*\.1\)$|\1.gz|' | sort >want
grep -vE '^\./usr/share/doc/[^/]*/(changelog\.gz|copyright)$' files | diff want - || fail "packages and cmake --install differ"

mkdir elsewhere
cd elsewhere
unset EL2SIM_SHARE
[ "$("$into/usr/bin/el2sim" --version)" = "$("$EL2SIM_BINARY_DIR/el2sim" --version)" ] || fail "--version"
"$into/usr/bin/el2sim" compare experiment/eager-vs-deferred.ini >out || fail "the installed el2sim does not compare"
grep -q '^=> ' out || { cat out; fail "no verdict"; }
zcat "$into/usr/share/doc/el2sim/changelog.gz" | grep -q "^el2sim ($version) unstable" || fail "no changelog of $version"
cd "$tmp"

names=$(for deb in packages/*.deb; do dpkg-deb -f "$deb" Package; done)
# shellcheck disable=SC2086
"${dpkg[@]}" -P $names >log 2>&1 || { cat log; fail "not removed"; }
find "$into" | sort | grep -vE '/var/lib/dpkg(/|$)' | diff <(grep -vE '/var/lib/dpkg(/|$)' before) - || fail "left behind"
