# SPDX-License-Identifier: Apache-2.0
# Completion for fish, from the facts that `build` lists.

function quoted(s)
{
	gsub(/\\/, "\\\\", s)
	gsub(/'/, "\\'", s)
	return "'" s "'"
}

BEGIN {
	print "# Completion of sbrun for fish; made by contrib/completions/build."
	print "# the --root of the line, as it would be given to list"
	print "function __sbrun_ids"
	print "\tset -l words (commandline -opc)"
	print "\tset -l root"
	print "\tfor i in (seq 2 (count $words))"
	print "\t\tswitch $words[$i]"
	print "\t\t\tcase '--root=*'\n\t\t\t\tset root $words[$i]"
	print "\t\t\tcase --root\n\t\t\t\tset root --root=$words[(math $i + 1)]"
	print "\t\tend\n\tend"
	print "\tsbrun $root list --quiet 2>/dev/null"
	print "end"
	print "complete -c sbrun -f"
}

$1 == "command" { commands = commands " " $2 }

$1 == "command" {
	print "complete -c sbrun -n __sbrun_needs_command -a " $2 " -d " quoted($5)
}
$1 == "ids" { print "complete -c sbrun -n '__fish_seen_subcommand_from " $2 "' -a '(__sbrun_ids)'" }
$1 == "option" {
	flag = $3 ~ /^--/ ? "-l " substr($3, 3) : "-s " substr($3, 2)
	take = $4 == "-" ? "" : $4 == "FILE" || $4 == "PATH" || $4 ~ /^DIR/ ? " -r -F" : \
	       $4 == "FMT" ? " -x -a 'table json'" : " -x"
	where = $2 == "-" ? "__sbrun_needs_command" : "'__fish_seen_subcommand_from " $2 "'"
	print "complete -c sbrun -n " where " " flag take " -d " quoted($5)
}

# a value of a global option is no command: fish's own test would take it for one
END { print "function __sbrun_needs_command\n\tnot __fish_seen_subcommand_from" commands " help\nend" }
