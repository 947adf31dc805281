#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every report in JSON is valid by docs/report.schema.json.
set -eu
cd "$(dirname "$0")/.."
. tests/python.sh
python_with jsonschema
"$python" -B tests/report_schema.py "$EL2SIM_BINARY_DIR/el2sim" "${CC:-cc}"
