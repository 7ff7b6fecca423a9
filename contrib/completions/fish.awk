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
	print "function __sbrun_ids\n\tsbrun list --quiet 2>/dev/null\nend"
	print "complete -c sbrun -f"
}

$1 == "command" {
	print "complete -c sbrun -n __fish_use_subcommand -a " $2 " -d " quoted($5)
}
$1 == "ids" { print "complete -c sbrun -n '__fish_seen_subcommand_from " $2 "' -a '(__sbrun_ids)'" }
$1 == "option" {
	flag = $3 ~ /^--/ ? "-l " substr($3, 3) : "-s " substr($3, 2)
	take = $4 == "-" ? "" : $4 == "FILE" || $4 == "PATH" || $4 ~ /^DIR/ ? " -r -F" : \
	       $4 == "FMT" ? " -x -a 'table json'" : " -x"
	where = $2 == "-" ? "__fish_use_subcommand" : "'__fish_seen_subcommand_from " $2 "'"
	print "complete -c sbrun -n " where " " flag take " -d " quoted($5)
}
