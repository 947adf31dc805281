# SPDX-License-Identifier: Apache-2.0
# Sourced by test_package.sh and test_lintian.sh: the Debian packages of this build, in $tmp/packages.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "$*" >&2; exit 1; }
# needs COMMAND PACKAGE...
needs() {
	while [ $# -gt 0 ]; do
		command -v "$1" >/dev/null || { echo "skipped: no $1: apt-get install $2"; exit 77; }
		shift 2
	done
}
packages() {
	cpack --config "$EL2SIM_BINARY_DIR/CPackConfig.cmake" -B "$tmp/packages" >"$tmp/log" 2>&1 || { cat "$tmp/log"; fail "cpack failed"; }
	rm -rf "$tmp/packages/_CPack_Packages"
}
