# SPDX-License-Identifier: Apache-2.0
#
#   awk -f chart.awk FIGURES >FILE.svg        medians as dots on a logarithmic line of time, a line for each case
#
# Two columns at the right have sbrun's ratios to the floor and to crun. Colours follow a viewer's light or dark scheme.
BEGIN {
	FS = "\t"
	WIDTH = 860
	LEFT = 262   # where the line of time begins
	RIGHT = 690  # and ends
	TOP = 76
	LINE = 23
	n_kinds = split("runc crun bwrap floor sbrun", kinds, " ") # later ones are drawn over earlier ones
}

$1 == "machine" { about[$3] = $4 }
$2 == "-" && $3 == "what" { what[$1] = $4 }

$3 == "median" {
	median[$1, $2] = $4
	if ($2 == "sbrun")
		cases[++n] = $1
}

function text(x, y, class, anchor, string)
{
	gsub(/&/, "\\&amp;", string)
	gsub(/</, "\\&lt;", string)
	printf("<text x=\"%.1f\" y=\"%.1f\" class=\"%s\"%s>%s</text>\n", x, y, class,
	       anchor ? " text-anchor=\"" anchor "\"" : "", string)
}

function rule(x1, y1, x2, y2, class)
{
	printf("<path d=\"M%.1f %.1fL%.1f %.1f\" class=\"%s\"/>\n", x1, y1, x2, y2, class)
}

function dot(x, y, kind)
{
	printf("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%s\" class=\"%s\"/>\n", x, y, kind == "sbrun" ? 6 : 4.5, kind)
}

function place(us)
{
	return LEFT + (RIGHT - LEFT) * (log(us) - log(least)) / (log(most) - log(least))
}

# The axis ends at the marks around all that is to be shown.
function find_ends(    key, part, i, k)
{
	n_marks = split("100 200 500 1000 2000 5000 10000 20000 50000 100000 200000 500000 1000000 2000000", marks, " ")
	for (i = 1; i <= n; i++)
		for (k = 1; k <= n_kinds; k++) {
			key = median[cases[i], kinds[k]] + 0
			if (key && (!low || key < low))
				low = key
			if (key > high)
				high = key
		}
	for (i = n_marks; i > 1 && marks[i] > low; i--)
		;
	least = marks[i]
	for (i = 1; i < n_marks && marks[i] < high; i++)
		;
	most = marks[i]
}

function style()
{
	print "<style>"
	print "text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; fill: #24292f }"
	print ".title { font-size: 16px; font-weight: 600 } .small { font-size: 11.5px; fill: #6e7781 }"
	print ".number { font-variant-numeric: tabular-nums } .strong { font-variant-numeric: tabular-nums; font-weight: 600 }"
	print ".grid { stroke: #8c959f; stroke-opacity: .22 } .span { stroke: #8c959f; stroke-opacity: .55; stroke-width: 2 }"
	print ".sbrun { fill: #0969da } .crun { fill: #d4722a } .runc { fill: #8250df } .bwrap { fill: #2da44e }"
	print ".floor { fill: #fff; stroke: #57606a; stroke-width: 2 }"
	print "@media (prefers-color-scheme: dark) {"
	print "text { fill: #d1d7de } .small { fill: #8b949e } .floor { fill: #0d1117; stroke: #b1bac4 }"
	print ".sbrun { fill: #4c9dff } .crun { fill: #e8935a } .runc { fill: #a98bf0 } .bwrap { fill: #4ac26b } }"
	print "</style>"
}

function legend(    k, x, i, order)
{
	split("floor sbrun bwrap crun runc", order, " ")
	x = LEFT
	for (i = 1; i <= 5; i++) {
		dot(x + 5, 41, order[i])
		text(x + 15, 45.5, "text", "", order[i])
		x += 30 + 7.5 * length(order[i])
	}
}

# Where there's little room only 1, 10, 100 ... have their names.
function axis(bottom,    i, x, roomy)
{
	roomy = place(2 * least) - place(least) > 45
	for (i = 1; i <= n_marks; i++) {
		if (marks[i] < least || marks[i] > most)
			continue
		x = place(marks[i])
		rule(x, TOP - 8, x, bottom, "grid")
		if (roomy || marks[i] ~ /^10*$/)
			text(x, TOP - 13, "small", "middle", marks[i] < 1000000 ? marks[i] / 1000 " ms" : marks[i] / 1000000 " s")
	}
	text(WIDTH - 78, TOP - 13, "small", "end", "to floor")
	text(WIDTH - 12, TOP - 13, "small", "end", "to crun")
}

function times(ratio)
{
	return sprintf(ratio < 10 ? "%.2f×" : "%.0f×", ratio)
}

function row(case, y,    k, x, first, last)
{
	text(LEFT - 16, y + 4.5, "text", "end", what[case])
	first = RIGHT
	last = LEFT
	for (k = 1; k <= n_kinds; k++) {
		if (!median[case, kinds[k]])
			continue
		x = place(median[case, kinds[k]])
		first = x < first ? x : first
		last = x > last ? x : last
	}
	rule(first, y, last, y, "span")
	for (k = 1; k <= n_kinds; k++)
		if (median[case, kinds[k]])
			dot(place(median[case, kinds[k]]), y, kinds[k])
	if (median[case, "floor"])
		text(WIDTH - 78, y + 4.5, "number", "end", times(median[case, "sbrun"] / median[case, "floor"]))
	if (median[case, "crun"])
		text(WIDTH - 12, y + 4.5, "strong", "end", times(median[case, "sbrun"] / median[case, "crun"]))
}

END {
	find_ends()
	height = TOP + n * LINE + 30
	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">\n",
	       WIDTH, height, WIDTH, height)
	print "<title>Median times of sbrun, its peers and the floor</title>"
	style()
	text(16, 24, "title", "", "Time of a command, median")
	text(WIDTH - 12, 24, "small", "end", "logarithmic; the ratios are sbrun's")
	if (n) {
		legend()
		axis(TOP + n * LINE)
	}
	for (i = 1; i <= n; i++)
		row(cases[i], TOP + (i - 0.5) * LINE)
	text(16, height - 10, "small", "", about["kernel"] ", " about["CPUs"] " CPUs, load " about["load"] ", " \
	     about["rounds"] " rounds interleaved; " about["crun"] ", " about["runc"] ", " about["bwrap"])
	print "</svg>"
}
