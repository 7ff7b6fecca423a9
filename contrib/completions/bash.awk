# SPDX-License-Identifier: Apache-2.0
# Completion for bash, from the facts that `build` lists.

$1 == "command" { order[++n] = $2; commands = commands " " $2 }
$1 == "ids" { ids = ids " | " $2 }
$1 == "option" && $2 == "-" { globals = globals " " $3; if ($4 != "-") valued = valued " | " $3 }
$1 == "option" && $2 != "-" {
	options[$2] = options[$2] " " $3
	if ($4 == "FILE" || $4 == "PATH")
		files = files " | " $2 ":" $3
	else if ($4 ~ /^DIR/)
		dirs = dirs " | " $2 ":" $3
	else if ($4 == "FMT")
		formats = formats " | " $2 ":" $3
	else if ($4 != "-")
		others = others " | " $2 ":" $3
}

function list(s) { return substr(s, 4) }

END {
	print "# Completion of sbrun for bash; made by contrib/completions/build."
	print ""
	print "# The sandboxes that are there, by the same --root as on the command line."
	print "_sbrun_ids()\n{"
	print "\tlocal i root=()"
	print "\tfor ((i = 1; i < COMP_CWORD; i++)); do"
	print "\t\t[[ ${COMP_WORDS[i]} != --root ]] || root=(--root \"${COMP_WORDS[i + 1]}\")"
	print "\tdone"
	print "\t\"${COMP_WORDS[0]}\" \"${root[@]}\" list --quiet 2>/dev/null\n}"
	print ""
	print "_sbrun()\n{"
	print "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' words i"
	print ""
	print "\tfor ((i = 1; i < COMP_CWORD; i++)); do"
	print "\t\tcase ${COMP_WORDS[i]} in"
	print "\t\t" list(valued) ") ((i++)) ;;"
	print "\t\t-*) ;;"
	print "\t\t*) command=${COMP_WORDS[i]}; break ;;"
	print "\t\tesac"
	print "\tdone"
	print "\tif [[ -z $command ]]; then"
	print "\t\tif [[ $prev == --log || $prev == --root ]]; then"
	print "\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")"
	print "\t\telse"
	print "\t\t\tmapfile -t COMPREPLY < <(compgen -W \"" substr(commands, 2) " help" globals "\" -- \"$cur\")"
	print "\t\tfi"
	print "\t\treturn"
	print "\tfi"
	print "\tcase $command:$prev in"
	print "\t" list(files) ") mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;"
	print "\t" list(dirs) ") mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); return ;;"
	print "\t" list(formats) ") mapfile -t COMPREPLY < <(compgen -W 'table json' -- \"$cur\"); return ;;"
	print "\t" list(others) ") return ;;"
	print "\tesac"
	print "\tcase $command in"
	for (i = 1; i <= n; i++)
		if (order[i] in options)
			print "\t" order[i] ") words='" substr(options[order[i]], 2) " --help' ;;"
	print "\thelp) words='" substr(commands, 2) "' ;;"
	print "\t*) words=--help ;;"
	print "\tesac"
	print "\tif [[ $cur == -* || $command == help ]]; then"
	print "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")"
	print "\telse"
	print "\t\tcase $command in"
	print "\t\t" list(ids) ") mapfile -t COMPREPLY < <(compgen -W \"$(_sbrun_ids)\" -- \"$cur\") ;;"
	print "\t\t*) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;"
	print "\t\tesac"
	print "\tfi"
	print "}"
	print "complete -F _sbrun sbrun"
}
