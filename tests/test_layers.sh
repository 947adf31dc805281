#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tree keeps the rules of layers.sh, and layers.sh finds a breach of each.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bash "$here/layers.sh" "$here/.."

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/sim/base" "$tmp/sim/app" "$tmp/sim/lib" "$tmp/sim/systemc" "$tmp/sim/store" "$tmp/traces" "$tmp/odd"
spdx='/* SPDX-License-Identifier: Apache-2.0 */'
printf '%s\n' "$spdx" '#include "sim/cmd/cmd.h"' >"$tmp/sim/base/up.c"
printf '%s\n' "$spdx" '#include "sim/base/err.h"' '# include "models/cpu/x.h"' >"$tmp/traces/side.h"
printf '%s\n' "$spdx" '#include "cmd.h"' '#include "traces/trace.h"' >"$tmp/sim/app/short.c"
printf '%s\n' "$spdx" '#include "sim/lib/machine.h"' '#include "sim/cmd/cmd.h"' >"$tmp/sim/systemc/more.cc"
printf '%s\n' "$spdx" '#include "sim/base/err.h"' >"$tmp/sim/lib/machine.h"
printf '%s\n' "$spdx" '#include "sim/base/err.h"' >"$tmp/odd/none.c"
printf '%s\n' 'int x;' "// /home""/someone/file" >"$tmp/sim/base/free.c"
touch "$tmp/traces/README.md" "$tmp/sim/README.md" "$tmp/odd/README.md" "$tmp/sim/app/README.md" "$tmp/sim/systemc/README.md"
touch "$tmp/sim/lib/README.md" "$tmp/sim/store/README.md"
printf '%s\n' "$spdx" 'char *f(char *s) { return strtok(s, ","); }' >"$tmp/traces/cut.c"
printf '%s\n' "$spdx" 'char *f(char **s) { return strsep(s, "\n"); }' >"$tmp/traces/lines.c"
for ((i = 1; i < 44; i++)); do touch "$tmp/sim/app/$i.txt"; done # and short.c, and README.md
{ echo "$spdx"; yes '' | head -600; } >"$tmp/sim/store/long.c" || true
{ echo "$spdx"; yes '' | head -599; } >"$tmp/sim/store/fits.c" || true

cut -d: -f1,2 <<'END' >"$tmp.want"
odd/none.c:2: no layer
sim/app/short.c:2: not from the root
sim/base/up.c:2: up
sim/lib/machine.h:2: an interface of its own
sim/systemc/more.cc:3: not the interface
traces/side.h:3: sideways
sim/base/free.c:2: a home
sim/base/free.c:1: no licence
sim/base/README.md:1: missing
sim/app/README.md:1: 45 files
sim/store/long.c:601: too long
traces/cut.c:2: a list cut up by itself
END
trap 'rm -rf "$tmp" "$tmp.want"' EXIT
bash "$here/layers.sh" "$tmp" | cut -d: -f1,2 | diff "$tmp.want" - || {
	echo "layers.sh did not find what it should (left: wanted, right: found)"
	exit 1
}
