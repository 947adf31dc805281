# SPDX-License-Identifier: Apache-2.0
# What tests in Python need, or they are skipped.
skip()
{
	echo "skipped: $*"
	exit 77
}

# python_with MODULE, package: a Python that has it, in $python. Debian's packages are seen by /usr/bin/python3 only, and
# another python3 may come first in PATH.
python_with()
{
	for python in python3 /usr/bin/python3; do
		! "$python" -c "import $1" 2>/dev/null || return 0
	done
	skip "no Python module $1: apt-get install python3-$1"
}

# A browser for pages.py, and what drives it.
browser()
{
	command -v chromium >/dev/null || skip "no browser: apt-get install chromium"
	command -v chromedriver >/dev/null || skip "no chromedriver: apt-get install chromium-driver"
}
