#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Reports on a terminal and in parts, for every command: tests/terminal.py.
set -eu
cd "$(dirname "$0")/.."
python3 -B tests/terminal.py "$EL2SIM_BINARY_DIR/el2sim" "${CC:-cc}"
