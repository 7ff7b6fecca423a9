# SPDX-License-Identifier: Apache-2.0
#
# awk -v gap="VIRTUAL OFFSET" -f hot.awk MAP EXECUTED: the linker script of `hot`, from the linker's map, and from lines
# of a rank and an offset, both lowest first.

function hex(s,  n, i)
{
	s = tolower(s)
	sub(/^0x/, "", s)
	for (i = 1; i <= length(s); i++)
		n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return n
}

BEGIN {
	split(gap, g, " ")
	shift = hex(g[1]) - hex(g[2])
	kinds = split("evex512 evex avx sse4.2 sse2", kind, " ")
}

# ---- the map: " SECTION ADDRESS SIZE FILE", on two lines when the name is long

FNR == NR {
	if (/^Linker script and memory map/)
		begun = 1
	if (begun && /^ \.text[^ ]*$/)
		name = $1
	else if (begun && /^ \.text[^ ]* +0x/)
		section($1, $2, $3, $4)
	else if (name != "" && /^ +0x[^ ]+ +0x[^ ]+ [^ ]/) {
		section(name, $1, $2, $3)
		name = ""
	} else
		name = ""
	next
}

function section(name, from, size, file)
{
	if (hex(size)) {
		at[++sections] = hex(from)
		end[sections] = hex(from) + hex(size)
		words[sections] = pattern(name, file)
	}
}

# FILE SECTION as a linker script has them; "versions MEMBER" for a function with one for each kind of processor.
function pattern(name, file,  archive, member)
{
	if (file ~ /\)$/) {
		archive = member = file
		sub(/\(.*/, "", archive)
		sub(/.*\//, "", archive)
		sub(/-[0-9.]*\.a$/, "*.a", archive) # libm's has its version in the name
		sub(/.*\(/, "", member)
		sub(/\.o\)$/, "", member)
		if (archive == "libc.a" && name ~ /^\.text\.(evex|avx|sse)/) {
			sub(/-.*/, "", member)
			return "versions " member
		}
		return "*" archive ":" member ".o *"
	}
	if (file ~ /crt[^\/]*\.o$/)
		return "*crt*.o *"
	match(file, /(runtime|spec|hooks)\/[^\/]*$/)
	file = "*/" substr(file, RSTART)
	sub(/^\.text\./, "", name)
	sub(/\..*/, "", name)
	return file " " name
}

# ---- what was executed

function search(address,  low, high, middle)
{
	low = 1
	high = sections
	while (low < high) {
		middle = int((low + high + 1) / 2)
		if (at[middle] <= address)
			low = middle
		else
			high = middle - 1
	}
	return at[low] <= address && address < end[low] ? words[low] : ""
}

{
	found = search(hex($2) + shift)
	if (found == "" || found in seen)
		next
	seen[found] = 1
	split(found, part, " ")
	if (part[1] == "versions")
		version[++versions] = part[2]
	else if (part[2] == "*") {
		code[$1] = code[$1] "\t\t" part[1] "(.text .text.*)\n"
		data[$1] = data[$1] "\t\t" part[1] "(.rodata .rodata.*)\n"
	} else {
		code[$1] = code[$1] "\t\t" part[1] "(.text." part[2] " .text." part[2] ".*)\n"
		if (!(part[1] in known))
			data[$1] = data[$1] "\t\t" part[1] "(.rodata .rodata.*)\n"
		known[part[1]] = 1
	}
}

function versions_of_all(  i, k)
{
	for (k = 1; k <= kinds; k++) {
		print "\t\t/* for processors with " kind[k] " */"
		for (i = 1; i <= versions; i++)
			print "\t\t*libc.a:" version[i] "-*.o(.text." kind[k] ")"
	}
}

function rank(list, i)
{
	printf "\t\t/* %s */\n%s", what[i + 1], list[i]
}

END {
	if (!versions || code[0] == "" || code[1] == "" || code[2] == "") {
		print "hot: nothing of the map was executed" >"/dev/stderr"
		exit 1
	}
	print "/* SPDX-License-Identifier: Apache-2.0 */"
	print "/* Made by contrib/bench/hot, which says what for. */"
	split("whatever sbrun is asked for|start, state, kill, delete|run, create, exec|cgroups, rootless, seccomp, warnings",
		what, "|")
	print "SECTIONS\n{\n\t.text_hot :\n\t{"
	rank(code, 0)
	print "\t\tKEEP(*(SORT_NONE(.fini)))" # it is called at every exit
	versions_of_all()
	for (i = 1; i < 4; i++)
		rank(code, i)
	print "\t\t/* pthread_join, when it has to wait */"
	print "\t\t*libc.a:cleanup_compat.o(.text .text.*)"
	print "\t\t*libc.a:futex-internal.o(.text .text.*)"
	print "\t}\n}\nINSERT BEFORE .text;"
	print "SECTIONS\n{\n\t.rodata_hot :\n\t{"
	# what is read without a function of the same file; stage-2 goes into every sandbox
	print "\t\t*libc.a:C-ctype.o(.rodata .rodata.*)" # its end is
	print "\t\t*/runtime/stage2_blob.o(.rodata.*)"
	print "\t\t*libc.a:varshift.o(.rodata .rodata.*)"
	print "\t\t*libc.a:itoa-digits.o(.rodata .rodata.*)"
	for (i = 0; i < 4; i++)
		rank(data, i)
	print "\t}\n}\nINSERT AFTER .rodata;" # before it would be in the executable segment
}
