#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# lintian has nothing to say about the Debian packages.
. "$(dirname "$0")/package.sh"
needs lintian lintian dpkg-shlibdeps dpkg-dev file file
packages
# Sample guests are data: they run nowhere but in el2sim.
guests=arch-dependent-file-in-usr-share,arch-independent-package-contains-binary-or-object,statically-linked-binary,unstripped-binary-or-object
# This build is for /usr/local: the library's folder has no architecture in its name (that of the preset "deb" has).
out=$(lintian --allow-root --fail-on error,warning --suppress-tags "pkg-config-unavailable-for-cross-compilation,$guests" "$tmp"/packages/*.deb 2>&1) ||
	fail "$out"
[ -z "$out" ] || fail "$out"
