#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# lintian has nothing to say about the Debian packages.
. "$(dirname "$0")/package.sh"
needs lintian lintian dpkg-shlibdeps dpkg-dev file file
packages
# This build is for /usr/local: the library's folder has no architecture in its name (that of the preset "deb" has).
out=$(lintian --allow-root --fail-on error,warning --suppress-tags pkg-config-unavailable-for-cross-compilation "$tmp"/packages/*.deb 2>&1) ||
	fail "$out"
[ -z "$out" ] || fail "$out"
