# SPDX-License-Identifier: BSD-2-Clause
# bash completion for baileyctl(8), which itself says what may come next.

_baileyctl()
{
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local subcommand='' i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c | -d | -s | -t) ((i++)) ;;
		-*) ;;
		*) subcommand=${COMP_WORDS[i]} && break ;;
		esac
	done
	compopt -o default
	case $previous in
	-c | -d | -s | -t) COMPREPLY=() && return ;;
	help) subcommand='' ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W \
		"$("${COMP_WORDS[0]}" help --words ${subcommand:+"$subcommand"} 2>/dev/null)" -- "$word")
	# --option=VALUE: the value follows without a blank.
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -F _baileyctl baileyctl
