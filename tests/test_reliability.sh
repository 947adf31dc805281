#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/reliability.md: each promise names a test, and each test that it names exists and is run.
set -euo pipefail
cd "$(dirname "$0")/.."
page=docs/reliability.md
fail() { echo "$page: $*"; exit 1; }

# The last column of each row of a table, or the words in parentheses of a paragraph, in `...`.
n=0
while read -r name; do
	case $name in
	*.sh)
		[ -e "tests/$name" ] || fail "no tests/$name"
		;;
	"fuzz: "*)
		[ -e "tests/fuzz/fuzz_${name#fuzz: }.c" ] || fail "no tests/fuzz/fuzz_${name#fuzz: }.c"
		;;
	*": "*)
		file=tests/test_${name%%: *}.c
		test=${name#*: }
		[ -e "$file" ] || fail "no $file"
		# a test is defined, and named a second time where it is added to its suite
		[ "$(grep -cw -- "$test" "$file")" -ge 2 ] && grep -q "START_TEST($test)" "$file" || fail "$file has, or runs, no test $test"
		;;
	*)
		[ -e "tests/test_$name.c" ] || fail "no tests/test_$name.c"
		;;
	esac
	n=$((n + 1))
done < <(grep -oE '`(([a-z0-9_]+: )?[a-z0-9_]+|test_[a-z0-9_]+\.sh)`' "$page" | tr -d '`' |
	grep -E '^test_[a-z0-9_]+\.sh$|: |^(verify_golden|outcome|replay|sweep_report|traces_posted|hist)$')
[ $n -ge 35 ] || fail "names only $n tests"
# No row of a promise without one.
! grep -E '^\| ' "$page" | grep -vE '^\| (promise|format|limit|target) ' | grep -E '\| *\|$' || fail "a promise without a test"

# Each kind of input has its target, its corpus, and a line in the table of executions.
for target in tests/fuzz/fuzz_*.c; do
	name=${target##*/fuzz_}
	name=${name%.c}
	[ -n "$(ls "tests/fuzz/corpus/$name" 2>/dev/null)" ] || fail "tests/fuzz/corpus/$name is empty"
	grep -qE "^\| \`$name\` \| .* \| [0-9,]+ \| [0-9,]+ \|$" "$page" || fail "no executions of $name"
done
for name in $(sed -n 's/^| `\([a-z0-9_]*\)` | .* | [0-9,]* | [0-9,]* |$/\1/p' "$page"); do
	[ -e "tests/fuzz/fuzz_$name.c" ] || fail "no tests/fuzz/fuzz_$name.c"
done
