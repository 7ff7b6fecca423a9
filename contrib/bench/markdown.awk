# SPDX-License-Identifier: Apache-2.0
#
#   awk -f markdown.awk FIGURES        the tables of README.md: where it was measured, goals, medians in milliseconds
#
# A goal that wasn't measured, since its case wasn't asked for, has "-".
BEGIN {
	FS = "\t"
	n_kinds = split("floor sbrun crun runc bwrap", kinds, " ")
	label["overlay"] = "overlay: a program, a mount namespace, the mount, the end of it all"
	label["overlay, its calls"] = "overlay: the calls that mount it, of the same program"
	label["overlay-100"] = "overlay: the step of sbrun run that mounts it"
	label["overlay-500"] = "the same with 500 layers"
	label["hard links"] = "hard links: cp -al"
	label["hard links, removal"] = "hard links: rm -r"
	label["copy"] = "copy: cp -a"
	label["hardlink-100"] = "hard links beside sbrun, empty files: cp -al"
	label["hardlink-100-removal"] = "hard links beside sbrun: rm -r"
	label["hardlink-100-each"] = "hard links beside sbrun, as BitBake makes them: cp -afl of each directory"
	label["run-with-0"] = "sbrun run of /bin/true without layers"
	label["run-with-100"] = "on 100 layers"
	label["run-with-500"] = "on 500 layers"
	label["sandbox-wall"] = "each of many sandboxes with 7 mounts and an overlay, two at a time"
	label["sandbox-cpu"] = "its processor time"
}

$1 == "machine" { about[$3] = $4 }

$2 == "-" && $3 == "what" {
	cases[++n] = $1
	what[$1] = $4
}

$2 != "-" {
	value[$1, $2, $3] = $4
	if ($3 == "host")
		kept++
	if ($3 == "median" && ($1 == "assembly" || $1 == "sysroot"))
		odd[++n_odd] = $1 SUBSEP $2
	if ($3 == "instructions") {
		counted[++n_counted] = $2
		counted_in[n_counted] = $1
	}
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

function without(case, kind)
{
	return median(case, kind "-without") ? " (" ms(median(case, kind "-without")) ")" : ""
}

function times(case,    k)
{
	printf("| %s |", what[case])
	for (k = 1; k <= n_kinds; k++)
		printf(" %s%s |", ms(median(case, kinds[k])), without(case, kinds[k]))
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

# ---- what was to be reached

function median(case, row)
{
	return value[case, row, "median"]
}

function over(a, b)
{
	return a != "" && b > 0 ? a / b : ""
}

# goal WHAT MEASURED FORMAT MOST LEAST: at most MOST, or at least LEAST; "" is no bound
function goal(what, measured, format, most, least)
{
	printf("| %s | %s | %s |\n", what, measured == "" ? "-" : sprintf(format, measured),
	       measured == "" ? "-" : (most == "" || measured <= most) && (least == "" || measured >= least) ? "yes" : "no")
}

function of_crun(case, what, most)
{
	goal(what ": at most " most " of crun", over(median(case, "sbrun"), median(case, "crun")), "%.2f", most)
}

# More mounts on the host: how much longer sbrun takes, beside how much longer the floor does.
function growth(    sbrun, floor)
{
	sbrun = over(median("mounts-1000", "sbrun"), median("run", "sbrun"))
	floor = over(median("mounts-1000", "floor"), median("run", "floor"))
	return over(sbrun, floor)
}

function goals(    idle)
{
	idle = value["memory-1000", "floor", "host"] != "" ? "memory-1000" : "memory-100"
	print "| goal | measured | reached |\n|---|---|---|"
	goal("run /bin/true: at most 1.3 of the floor", over(median("run", "sbrun"), median("run", "floor")), "%.2f", 1.3)
	of_crun("run", "run /bin/true", 0.45)
	of_crun("run-cgroup", "run with a cgroup", 0.5)
	of_crun("exec", "exec of /bin/true", 0.5)
	of_crun("state", "state", 0.35)
	of_crun("kill", "kill", 0.35)
	goal("a cached profile: at most 1.15 of the run without", over(median("seccomp", "sbrun"), median("seccomp", "sbrun-without")),
	     "%.2f", 1.15)
	goal("(the floor, by the same program)", over(median("seccomp", "floor"), median("seccomp", "floor-without")), "%.2f", 1.15)
	goal("peak memory of run: at most 0.5 of crun", over(value["run", "sbrun", "rss"], value["run", "crun", "rss"]), "%.2f", 0.5)
	goal("the init's PSS: under 100 KiB", value[idle, "sbrun", "pss"], "%d KiB", 99)
	goal("an idle sandbox (" idle "): no more memory than the floor's, of the machine",
	     over(value[idle, "sbrun", "host"], value[idle, "floor", "host"]), "%.2f", 1)
	goal("the same, by what its cgroup is charged", over(value[idle, "sbrun", "charged"], value[idle, "floor", "charged"]),
	     "%.2f", 1)
	goal("create beside 1,000 sandboxes: at most 1.1 of create beside none",
	     over(median("alive-1000", "sbrun"), median("alive-0", "sbrun")), "%.2f", 1.1)
	goal("(the floor)", over(median("alive-1000", "floor"), median("alive-0", "floor")), "%.2f", 1.1)
	goal("run beside 1,000 more mounts: its growth at most 1.1 of the floor's", growth(), "%.2f", 1.1)
	goal("100 layers mounted in a sandbox: at least 300 times as fast as 10,000 hard links of a build system (cp -afl)",
	     over(median("sysroot", "hardlink-100-each"), median("sysroot", "overlay-100")), "%.0f", "", 300)
	goal("(and as those by one process, cp -al)",
	     over(median("sysroot", "hardlink-100"), median("sysroot", "overlay-100")), "%.0f", "", 300)
	goal("(the bare calls: " ms(median("assembly", "overlay, its calls")) " ms, hard links " \
	     ms(median("assembly", "hard links")) " ms)",
	     over(median("assembly", "hard links"), median("assembly", "overlay, its calls")), "%.0f", "", 300)
	goal("500 layers mounted in a sandbox: at most 5 ms", over(median("sysroot", "overlay-500"), 1000), "%.2f ms", 5)
	goal("7,963 sandboxes of a build, two at a time: at most 20 s (from the mean of those that ran)",
	     over(median("sysroot", "sandbox-wall") * 7963, 1e6), "%.1f s", 20)
}

function machine()
{
	printf("%s, %s CPUs (%s), load %s when it began, %s; %s rounds, fewer where one takes long; %s, %s, %s.\n\n",
	       about["kernel"], about["CPUs"], about["model"], about["load"], about["date"], about["rounds"],
	       about["crun"], about["runc"], about["bwrap"])
}

function assembly(    i, part)
{
	print "\n| 10,000 files of 100 directories in one root | ms | system calls |\n|---|---|---|"
	for (i = 1; i <= n_odd; i++) {
		split(odd[i], part, SUBSEP)
		printf("| %s | %s | %s |\n", part[2] in label ? label[part[2]] : part[2], ms(median(part[1], part[2])),
		       value[part[1], part[2], "calls"] == "" ? "-" : value[part[1], part[2], "calls"])
	}
}

function memories(    i)
{
	print "\n| KiB kept by an idle detached one | machine | cgroup | init's PSS |\n|---|---|---|---|"
	for (i = 1; i <= n; i++)
		memory(cases[i])
}

END {
	machine()
	goals()
	print "\n| ms, medians | floor | sbrun | crun | runc | bwrap | sbrun / floor | sbrun / crun | processor time, sbrun / crun | system calls | peak KiB |"
	print "|---|---|---|---|---|---|---|---|---|---|---|"
	for (i = 1; i <= n; i++)
		if (median(cases[i], "sbrun"))
			times(cases[i])
	if (n_odd)
		assembly()
	if (kept)
		memories()
	if (n_counted) {
		print "\n| counted | instructions |\n|---|---|"
		for (i = 1; i <= n_counted; i++)
			printf("| %s | %d |\n", counted[i], value[counted_in[i], counted[i], "instructions"])
	}
}
