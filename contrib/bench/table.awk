# SPDX-License-Identifier: Apache-2.0
#
#   awk -f table.awk -v case=NAME FIGURES        one case as a table; or, for "machine", what it was measured on
#
# Ratios are of medians in this case; "-" where there is nothing to divide by.
BEGIN { FS = "\t" }

$1 != case { next }

$2 == "-" {
	about[$3] = $4
	if (case == "machine")
		line = line (line ? ", " : "") ($3 ~ /^(CPUs|load|rounds)$/ ? $3 " " $4 : $4)
	next
}

$3 == "skipped" { next }

!($2 in seen) {
	seen[$2] = 1
	rows[++n] = $2
}

{ value[$2, $3] = $4 }

function ratio(row, to)
{
	return value[to, "median"] ? sprintf("%.2f", value[row, "median"] / value[to, "median"]) : "-"
}

function or_dash(row, key)
{
	return ((row, key) in value) ? value[row, key] : "-"
}

function times(row)
{
	printf("%-20s %9.0f %9.0f %9.0f %7s %7s %9.0f %8s %7s%s\n", row, value[row, "min"], value[row, "median"],
	       value[row, "p99"], ratio(row, "floor"), ratio(row, "crun"), value[row, "cpu"], or_dash(row, "rss"),
	       or_dash(row, "calls"),
	       (row, "failed") in value ? "  FAILED " value[row, "failed"] " times" : "")
}

END {
	if (case == "machine") {
		print line
		exit
	}
	printf("\n%s: %s\n", case, about["what"])
	for (i = 1; i <= n; i++) {
		row = rows[i]
		if ((row, "median") in value && !((row, "min") in value))
			printf("%-24s %9.0f us, median\n", row, value[row, "median"])
		else if ((row, "median") in value) {
			if (!head++)
				printf("%-20s %9s %9s %9s %7s %7s %9s %8s %7s\n", "us", "min", "median", "p99", "/floor",
				       "/crun", "cpu", "peak KiB", "calls")
			times(row)
		} else if ((row, "host") in value) {
			if (!head++)
				printf("%-14s %10s %10s %10s\n", "KiB each", "machine", "cgroup", "init PSS")
			printf("%-14s %10s %10s %10s\n", row, value[row, "host"], or_dash(row, "charged"),
			       or_dash(row, "pss"))
		} else if ((row, "instructions") in value)
			printf("%-16s %12d instructions\n", row, value[row, "instructions"])
	}
	for (i = 1; i <= n; i++)
		if (ratio(rows[i], rows[i] "-without") != "-")
			printf("%-14s %.0f us and %s times what it is without\n", rows[i],
			       value[rows[i], "median"] - value[rows[i] "-without", "median"],
			       ratio(rows[i], rows[i] "-without"))
}
