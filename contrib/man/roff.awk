# SPDX-License-Identifier: Apache-2.0
# Markdown, as far as this repository's pages use it, to man(7).

# Inline: `code` and **strong** bold, links their text, backslashes and leading dots safe.
function inline(s,   out, parts, n, i)
{
	gsub(/\\/, "\\e", s)
	while (match(s, /\[[^]]*\]\([^)]*\)/)) {
		out = substr(s, RSTART + 1, RLENGTH - 1)
		sub(/\].*/, "", out)
		s = substr(s, 1, RSTART - 1) out substr(s, RSTART + RLENGTH)
	}
	while (match(s, /\[[^]]*\]\[[^]]*\]/)) {
		out = substr(s, RSTART + 1, RLENGTH - 1)
		sub(/\].*/, "", out)
		s = substr(s, 1, RSTART - 1) out substr(s, RSTART + RLENGTH)
	}
	gsub(/-/, "\\-", s)
	gsub(/\*\*/, "`", s)
	# emphasis is on single words
	while (match(s, /\*[a-z]+\*/))
		s = substr(s, 1, RSTART - 1) "\\fI" substr(s, RSTART + 1, RLENGTH - 2) "\\fR" substr(s, RSTART + RLENGTH)
	n = split(s, parts, "`")
	s = parts[1]
	for (i = 2; i <= n; i++)
		s = s (i % 2 ? "\\fR" : "\\fB") parts[i]
	if (n > 1 && n % 2 == 0)
		s = s "\\fR"
	if (s ~ /^[.']/)
		s = "\\&" s
	return s
}

function plain(s)
{
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	if (s ~ /^[.']/)
		s = "\\&" s
	return s
}

function end_block()
{
	if (block)
		print ".EE\n.RE"
	block = 0
}

function begin_block()
{
	if (!block)
		print ".PP\n.RS 4\n.EX"
	block = 1
}

function row(line,   cells, n, i, text)
{
	sub(/^\| */, "", line)
	sub(/ *\|$/, "", line)
	gsub(/\\\|/, "\001", line)
	n = split(line, cells, / *\| */)
	for (i = 1; i <= n; i++)
		gsub(/\001/, "|", cells[i])
	print ".TP\n" inline(cells[1] == "" ? "\\ " : cells[1])
	for (i = 2; i <= n; i++)
		if (cells[i] != "" && cells[i] != "used")
			text = text (text == "" ? "" : "; ") cells[i]
	print inline(text)
}

/^<!--/ { next }
/^\[[a-z]*\]: / { next }
/^```/ {
	if (fenced)
		end_block()
	else
		begin_block()
	fenced = !fenced
	next
}
fenced { print plain($0); next }
/^    / && (blank || block) { begin_block(); print plain(substr($0, 5)); next }
/^$/ { blank = 1; para = !block; next }
{ end_block() }
/^#+ / {
	level = length($1)
	sub(/^#+ /, "")
	printf "%s \"%s\"\n", level <= 2 ? ".SH" : ".SS", level <= 2 ? toupper($0) : $0
	para = blank = table = 0
	next
}
/^\|[-| :]*-[-| :]*\|$/ { next }
/^\|/ {
	# the line before the dashes is the head: what it says is in the text around
	if (!table) { table = 1; blank = para = 0; next }
	row($0)
	blank = para = 0
	next
}
{ if (table) { print ".PP"; para = 0 } table = 0 }
/^- / { print ".IP \\(bu 2"; sub(/^- /, ""); para = 0 }
{
	if (para)
		print ".PP"
	para = blank = 0
	sub(/^  +/, "")
	print inline($0)
}
END { end_block() }
