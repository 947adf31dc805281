#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The HTML report in headless Chromium, with real clicks and keys.
set -eu
cd "$(dirname "$0")/.."
. tests/python.sh
python_with selenium
browser
"$python" -B tests/html/clicks.py "$EL2SIM_BINARY_DIR/el2sim"
