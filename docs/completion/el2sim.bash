# SPDX-License-Identifier: Apache-2.0
# bash's completion of el2sim: all words come from the program (el2sim --complete).

_el2sim()
{
	local line=${COMP_LINE:0:COMP_POINT} words word before= candidate

	# bash has split at "=" and ":", too; el2sim wants the words as they stand.
	IFS=$' \t' read -ra words <<<"$line"
	[[ $line != *[[:blank:]] ]] || words+=("")
	word=${words[${#words[@]} - 1]}
	[[ $word != *[=:]* ]] || before=${word%"${word##*[=:]}"}
	while IFS= read -r candidate; do
		candidate=${candidate%%$'\t'*}
		if [ "$candidate" = :files ]; then
			compopt -o filenames
			while IFS= read -r candidate; do
				COMPREPLY+=("$candidate")
			done < <(compgen -f -- "${word#"$before"}")
		else
			COMPREPLY+=("${candidate#"$before"}")
		fi
	done < <("${words[0]/#\~/$HOME}" --complete "${words[@]:1}" 2>/dev/null)
	# After "--format=" and "--machine." more of the same word follows.
	[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *[=.] ]] || compopt -o nospace
}
complete -F _el2sim el2sim
