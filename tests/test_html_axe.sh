#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The HTML report has no violation of axe-core's rules. axe-core comes from npm, as tests/html/package-lock.json
# says, once for all builds of a tree (EL2SIM_NPM_DIR, or else npm beside the build); without npm, or without its registry,
# this test is skipped.
set -eu
cd "$(dirname "$0")/.."
. tests/python.sh
python_with selenium
browser
modules=${EL2SIM_NPM_DIR:-$EL2SIM_BINARY_DIR/../npm}
axe=$modules/node_modules/axe-core/axe.min.js

if ! cmp -s tests/html/package-lock.json "$modules/package-lock.json" || [ ! -e "$axe" ]; then
	command -v npm >/dev/null || skip "there is no npm to fetch axe-core with"
	mkdir -p "$modules"
	cp tests/html/package.json "$modules/"
	cp tests/html/package-lock.json "$modules/package-lock.json.new"
	mv "$modules/package-lock.json.new" "$modules/package-lock.json"
	if ! timeout 60 npm ci --prefix "$modules" --ignore-scripts --no-audit --no-fund >"$modules/log" 2>&1; then
		rm "$modules/package-lock.json"
		skip "npm cannot fetch axe-core: $(grep -m 1 -i 'error' "$modules/log" || echo "see $modules/log")"
	fi
fi
"$python" -B tests/html/axe.py "$EL2SIM_BINARY_DIR/el2sim" "$axe"
