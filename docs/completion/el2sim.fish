# SPDX-License-Identifier: Apache-2.0
# fish's completion of el2sim: all words come from the program (el2sim --complete).

function __el2sim
	set -l words (commandline -opc) (commandline -ct)
	for line in ($words[1] --complete $words[2..-1] 2>/dev/null)
		if test "$line" = :files
			set -l part (string replace -r '^--[^=]*=' '' -- $words[-1])
			for file in (__fish_complete_path $part)
				printf '%s%s\n' (string replace -r '^(--[^=]*=|).*' '$1' -- $words[-1]) $file
			end
		else
			printf '%s\n' $line
		end
	end
end
complete -c el2sim -f -a '(__el2sim)'
