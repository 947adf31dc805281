#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every command, with hostile names and files and every kind of wrong word: what it prints, one line per error, its status.
set -eu
cd "$(dirname "$0")/.."
. tests/python.sh
command -v python3 >/dev/null || skip "no Python: apt-get install python3"
python3 -B tests/contract.py "$EL2SIM_BINARY_DIR/el2sim" "${CC:-cc}"
