#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is written destroys nothing: no output is an input or another output, symbolic links are followed, owner and mode are
# kept, closed descriptors are nobody's file, and what names and traces say reaches no shell and no terminal.
set -uo pipefail
cd "$(dirname "$0")/.."
el2sim=$(realpath "$EL2SIM_BINARY_DIR")/el2sim
root=$PWD
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "$*"; exit 1; }
cd "$tmp" || exit 1
vhe=$root/configs/experiment/linux-6.12-vhe-n1.ini
cp "$root/traces/samples/linux-6.12-vhe-mixed-4v2p.e2t" t.e2t
printf '[el2sim]\ninclude = %s\ninclude = part.ini\n[run]\ntrace = t.e2t\n' "$vhe" >c.ini
printf '[policy]\nel1 = eager\n' >part.ini
"$el2sim" run c.ini -o r.json || fail "no report"
"$el2sim" sweep c.ini --vary machine.list_registers=1,2 -o s.db >out 2>&1 || fail "no sweep: $(cat out)"
ln t.e2t hard.e2t
ln -s t.e2t soft.e2t
ln -s c.ini soft.ini

# kept FILE LINE: the line is refused and FILE is as it was
kept()
{
	local file=$1 before
	shift
	before=$(sha256sum "$file")
	# shellcheck disable=SC2086
	"$el2sim" $* >out 2>err
	status=$?
	[ $status -eq 2 ] && grep -q 'want another file' err || fail "el2sim $*: status $status: $(cat err)"
	[ "$(sha256sum "$file")" = "$before" ] || fail "el2sim $*: $file is another"
}
for o in c.ini soft.ini part.ini t.e2t soft.e2t hard.e2t ./t.e2t; do
	for command in run profile "compare --vary machine.list_registers=1,2" explain lint config; do
		case $o:$command in part.ini:*| *t.e2t:*) [[ $command == run || $command == compare* ]] || continue ;; esac
		kept "$o" "$command c.ini -o $o --format text"
	done
done
kept r.json report r.json -o r.json
kept r.json diff r.json c.ini -o r.json
kept r.json diff c.ini r.json -o ./r.json
kept s.db query s.db SELECT -o s.db --format csv
kept s.db report s.db -o s.db --format json
kept t.e2t trace cut t.e2t -o t.e2t
kept t.e2t trace cut soft.e2t -o t.e2t
kept t.e2t trace info t.e2t -o hard.e2t --format text
ln t.e2t hard.txt
ln t.e2t hard.ini
kept t.e2t trace dump t.e2t -o hard.txt
kept t.e2t trace fit t.e2t -o hard.ini
kept t.e2t run c.ini --trace t.e2t -o t.e2t --format json
kept c.ini run c.ini --timeline c.ini --timeline-format vcd
kept c.ini run c.ini -o new.vcd --format text --timeline new.vcd
[ ! -e new.vcd ] || fail "two outputs in one file"
"$el2sim" run c.ini -o /dev/null --format json --timeline /dev/null --timeline-format vcd || fail "/dev/null twice is no fault"

# Links are followed, owner and mode are kept.
echo old >target.txt
chmod 600 target.txt
ln -s target.txt link.txt
"$el2sim" run c.ini -o link.txt || fail "a link"
[ -L link.txt ] && grep -q '^By phase' target.txt && [ "$(stat -c %a target.txt)" = 600 ] || fail "link or mode is lost: $(ls -l)"
if [ "$(id -u)" -eq 0 ]; then
	chown 65534 target.txt
	"$el2sim" run c.ini -o target.txt
	[ "$(stat -c %u target.txt)" = 65534 ] || fail "the owner is another"
fi
ln -s nowhere/x.txt dangling.txt
"$el2sim" run c.ini -o dangling.txt 2>err && fail "a link to nowhere"
grep -q 'leads nowhere' err && [ -L dangling.txt ] || fail "a link to nowhere: $(cat err)"
[ -z "$(find . -name '*.tmp')" ] || fail "debris: $(find . -name '*.tmp')"

# Closed descriptors: every combination; what is stored is what is stored with them open.
for closed in '0<&-' '1>&-' '2>&-' '0<&- 1>&-' '1>&- 2>&-' '0<&- 2>&-' '0<&- 1>&- 2>&-'; do
	rm -f d.db
	bash -c "'$el2sim' sweep c.ini --vary machine.list_registers=1,2 -j2 --progress plain -o d.db $closed" >/dev/null 2>&1
	status=$?
	[ "$(head -c 15 d.db)" = "SQLite format 3" ] || fail "$closed: the results file is destroyed"
	[ "$("$el2sim" query d.db 'SELECT count(*) FROM point JOIN result USING (hash)' --format csv | tail -n 1)" = 2 ] ||
		fail "$closed: points are lost"
	case $closed in *'1>&-'*) [ $status -eq 6 ] || fail "$closed: output is lost, and status is $status" ;; *) [ $status -eq 0 ] ||
		fail "$closed: status $status" ;; esac
done

# Names reach scripts in quotes only.
evil=$'x\ntouch ran\n#.ini'
cp c.ini "$evil"
mkdir bin
printf '#!/bin/bash\n[ "$1" = --parsable ] && echo 7\n' >bin/sbatch
printf '#!/bin/bash\n' >bin/squeue
cp bin/squeue bin/sacct
chmod +x bin/*
PATH=$tmp/bin:$PATH "$el2sim" sweep "$evil" --vary machine.list_registers=1,2 --slurm --slurm-no-wait -o e.db >out 2>&1
for script in e.db.slurm/*.sh; do
	[ -e "$script" ] || fail "no script: $(cat out)"
	SLURM_ARRAY_TASK_ID=1 bash "$script" >out 2>&1
	[ ! -e ran ] || fail "$script runs a file's name"
done

# No C1 control and no change of direction reaches a reader through a report, in any format.
python3 - "$tmp" <<'END'
import sys
signs = [chr(c) for c in list(range(0x80, 0xA0)) + [0x61C, 0x200E, 0x200F] + list(range(0x2028, 0x202F)) + list(range(0x2066, 0x206A))]
open(sys.argv[1] + "/signs.ini", "w").write("[el2sim]\ninclude = c.ini\n[run]\ntitle = a%sz\n" % "".join(signs))
END
for format in text md csv json html; do
	for command in "run signs.ini --switch.model=linux-6.12-nvhe" "compare signs.ini --vary machine.list_registers=1,2" "config signs.ini"; do
		# shellcheck disable=SC2086
		"$el2sim" $command --format $format >out || fail "$command --format $format"
		python3 - out <<'END' || fail "$command --format $format: a sign that commands the terminal"
import json, re, sys
text = open(sys.argv[1], encoding="utf-8").read()
sys.exit(bool(re.search("[\u0080-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", text)))
END
	done
done
