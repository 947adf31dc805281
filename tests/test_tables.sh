#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every .def file gives each of its row macros an empty default and undefines it at its end, so that a reader defines
# only what it wants, once for each time that it reads the file.
set -eu
cd "$(dirname "$0")/.."
rc=0
for def in $(find models sim traces -name '*.def' | LC_ALL=C sort); do
	case $def in models/hyp/kvm/steps_*.def | models/hyp/abi/* | models/cpu/kvm_reg.def) continue ;; esac # parts of steps.def; not yet
	for macro in $(sed 's|/\*.*\*/||; /\/\*/,/\*\//d' "$def" | grep -oE '^[A-Z][A-Z0-9_]*\(' | tr -d '(' | LC_ALL=C sort -u); do
		grep -qE "^#define $macro\(.*[^ )]" "$def" && ! grep -qE "^#ifndef $macro\$" "$def" && continue # a shorthand of its own
		grep -qE "^#ifndef $macro\$" "$def" || { echo "$def: $macro has no default: want #ifndef $macro, #define $macro(...), #endif"; rc=1; }
		grep -qE "^#undef $macro\$" "$def" || { echo "$def: $macro stays defined: want #undef $macro at the end"; rc=1; }
	done
done
exit $rc
