# SPDX-License-Identifier: Apache-2.0
#
#   awk -f markdown.awk FIGURES        the tables of README.md: medians in milliseconds
BEGIN {
	FS = "\t"
	n_kinds = split("floor sbrun crun runc bwrap", kinds, " ")
}

$2 == "-" && $3 == "what" {
	cases[++n] = $1
	what[$1] = $4
}

$2 != "-" {
	value[$1, $2, $3] = $4
	if ($3 == "median" && $2 ~ /^(overlay|hard links|copy)$/)
		odd[++n_odd] = $2
	if ($3 == "instructions")
		counted[++n_counted] = $2
}

function ms(us)
{
	return us == "" ? "-" : us < 10000 ? sprintf("%.2f", us / 1000) : sprintf("%.1f", us / 1000)
}

function ratio(case, to)
{
	return value[case, to, "median"] ? \
	       sprintf("%.2f", value[case, "sbrun", "median"] / value[case, to, "median"]) : "-"
}

function both(case, key,    a, b)
{
	a = value[case, "sbrun", key]
	b = value[case, "crun", key]
	return (a == "" ? "-" : a) " / " (b == "" ? "-" : b)
}

function cpu(case)
{
	return value[case, "crun", "cpu"] ? \
	       sprintf("%.2f", value[case, "sbrun", "cpu"] / value[case, "crun", "cpu"]) : "-"
}

function times(case,    k)
{
	printf("| %s |", what[case])
	for (k = 1; k <= n_kinds; k++)
		printf(" %s |", ms(value[case, kinds[k], "median"]))
	printf(" %s | %s | %s | %s | %s |\n", ratio(case, "floor"), ratio(case, "crun"), cpu(case),
	       both(case, "calls"), both(case, "rss"))
}

function memory(case,    k, row)
{
	for (k = 1; k <= n_kinds; k++) {
		row = kinds[k]
		if (value[case, row, "host"] != "")
			printf("| %s: %s | %s | %s | %s |\n", case, row, value[case, row, "host"],
			       value[case, row, "charged"] == "" ? "-" : value[case, row, "charged"], value[case, row, "pss"])
	}
}

END {
	print "| ms, medians | floor | sbrun | crun | runc | bwrap | sbrun / floor | sbrun / crun | processor time, sbrun / crun | system calls | peak KiB |"
	print "|---|---|---|---|---|---|---|---|---|---|---|"
	for (i = 1; i <= n; i++)
		if (value[cases[i], "sbrun", "median"])
			times(cases[i])
	if (n_odd) {
		print "\n| 10,000 files of 100 directories in one root | ms | system calls |\n|---|---|---|"
		for (i = 1; i <= n_odd; i++)
			printf("| %s | %s | %s |\n", odd[i], ms(value["assembly", odd[i], "median"]),
			       value["assembly", odd[i], "calls"])
	}
	print "\n| KiB kept by an idle detached one | machine | cgroup | init's PSS |\n|---|---|---|---|"
	for (i = 1; i <= n; i++)
		memory(cases[i])
	if (n_counted) {
		print "\n| by callgrind | instructions |\n|---|---|"
		for (i = 1; i <= n_counted; i++)
			printf("| %s | %d |\n", counted[i], value["instructions", counted[i], "instructions"])
	}
}
