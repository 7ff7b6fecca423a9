# SPDX-License-Identifier: Apache-2.0
# Completion for zsh, from the facts that `build` lists.

function quoted(s)
{
	gsub(/'/, "'\\''", s)
	gsub(/\[/, "\\[", s)
	gsub(/\]/, "\\]", s)
	gsub(/:/, "\\:", s)
	return s
}

# One argument of _arguments: --name[help]:value:action; = where the value is the next word or after "="
function spec(name, value, help)
{
	if (value == "-")
		return "'" name "[" quoted(help) "]'"
	return "'" name "[" quoted(help) "]:" quoted(value) ":" \
	       (value == "FILE" || value == "PATH" ? "_files" : value ~ /^DIR/ ? "_files -/" : \
		value == "FMT" ? "(table json)" : " ") "'"
}

$1 == "command" { order[++n] = $2; about[$2] = $5 }
$1 == "ids" { ids[$2] = 1 }
$1 == "option" && $2 == "-" { globals = globals " \\\n\t\t" spec($3, $4, $5) }
$1 == "option" && $2 != "-" { options[$2] = options[$2] " \\\n\t\t\t" spec($3, $4, $5) }

END {
	print "#compdef sbrun\n# Completion of sbrun for zsh; made by contrib/completions/build."
	print ""
	print "_sbrun_ids()\n{\n\tlocal -a found"
	print "\tfound=(${(f)\"$(sbrun $root list --quiet 2>/dev/null)\"})"
	print "\tcompadd -a found\n}"
	print ""
	print "_sbrun_commands()\n{\n\tlocal -a commands=("
	for (i = 1; i <= n; i++)
		print "\t\t'" order[i] ":" quoted(about[order[i]]) "'"
	print "\t)\n\t_describe command commands\n}"
	print ""
	print "_sbrun()\n{\n\tlocal context state line\n\tlocal -A opt_args\n\tlocal -a root\n"
	print "\t_arguments -C" globals " \\\n\t\t'1:command:_sbrun_commands' '*::argument:->command'"
	print "\t[[ $state = command ]] || return"
	print "\t# the next _arguments forgets it"
	print "\t(( $+opt_args[--root] )) && root=(--root ${(Q)opt_args[--root]})"
	print "\tcase $words[1] in"
	for (i = 1; i <= n; i++)
		print "\t" order[i] ")\n\t\t_arguments" options[order[i]] " \\\n\t\t\t'*:argument:" \
		      (order[i] in ids ? "_sbrun_ids" : "_files") "'\n\t\t;;"
	print "\thelp) _sbrun_commands ;;"
	print "\tesac\n}"
	print ""
	print "_sbrun \"$@\""
}
