#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every report says which el2sim made it, and of which configuration and files.
set -eu
cd "$(dirname "$0")/.."
python3 -B tests/provenance.py "$EL2SIM_BINARY_DIR/el2sim" "${CC:-cc}"
