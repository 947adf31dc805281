# SPDX-License-Identifier: Apache-2.0
# python_with MODULE: a Python that has it. Debian's packages are seen by /usr/bin/python3 only, and another
# python3 may come first in PATH.
python_with() {
	for p in python3 /usr/bin/python3; do
		if "$p" -c "import $1" 2>/dev/null; then
			echo "$p"
			return 0
		fi
	done
	echo "no Python module $1: install what packages.txt names" >&2
	return 1
}
