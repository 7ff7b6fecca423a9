# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Every command in the documents, executed. Sourced by root/docs.test and userns/docs.test, after lib.sh;
# documents() takes who runs them. document_without_session() is an ordinary user in cron, or after su: there
# is no XDG_RUNTIME_DIR.
#
# A block that is indented by four blanks or fenced as ```sh is commands. In one fenced as ```console the
# commands are the lines with "$ " in front ("> ": it goes on), and what follows is what they print; "..."
# in it stands for anything. ```json is validated, in place of what `sbrun spec --rootless` has there. Other
# fences are not looked at, but may not hold anything that looks like our commands. What a block needs is
# said in comments before it, a line each:
#
#	<!-- test: root -->             as root (or: user, or both; without it as an ordinary user)
#	<!-- test: all root -->         the same for this block and all that follow
#	<!-- test: given COMMAND -->    this is run first; tests/docs_words.sh has words for it
#	<!-- test: exit N -->           the last command ends with N
#	<!-- test: needs PROGRAM... --> without them the block is a skip
#	<!-- test: skip REASON -->      a skip
#	<!-- test: output -->           no commands
#	<!-- test: as FILTER -->        (JSON) where it belongs: jq assigns it to that
#
# The commands of one document are run in their order by one shell, in a copy of the tree, in a fresh home. A
# command may end with any status if `echo $?` follows it. What tests/docs_elsewhere has is tested there.
# runtime/README.md is left out: it has pictures and no commands.

has_session=1

# reset_block: before the next
reset_block()
{
	lines=() numbers=() kind='' who=$everyone given=() needs='' skip='' exit_status=0 as=''
}

# directive WORDS
directive()
{
	case $1 in
	'all '*) everyone=${1#all } who=$everyone ;;
	root | user | 'root user') who=$1 ;;
	'given '*) given+=("${1#given }") ;;
	'exit '*) exit_status=${1#exit } ;;
	'needs '*) needs=${1#needs } ;;
	'skip '*) skip=${1#skip } ;;
	output) kind=other ;;
	'as '*) as=${1#as } ;;
	*) complain "there is no directive \"$1\"" ;;
	esac
}

# complain WHAT: the document itself is wrong
complain()
{
	not_ok "$doc:${numbers[0]-$number}: $1"
}

# is_complete TEXT: it is no part of a longer command
is_complete()
{
	[[ $1 != *\\ ]] && bash -n <<<"$1" 2>"$TMP/syntax" && [ ! -s "$TMP/syntax" ]
}

# emit LINE COMMAND WANTED [EXPECTED-FILE]: into the script
# shellcheck disable=SC2016 # $ is for the script
emit()
{
	printf 'doc_line=%d doc_command=%q\n{ doc_status_is "$doc_status"\n%s\n} >"$doc_out" 2>&1 </dev/null\n' "$1" "$2" "$2"
	printf 'doc_ended $? %s %s\n' "$3" "${4-}"
} >>"$script"

# is_elsewhere COMMAND: tests/docs_elsewhere has it, and the place that it names has what it says
is_elsewhere()
{
	local pattern file text said=${1%%  #*}

	said=${said%"${said##*[! ]}"}
	while IFS='|' read -r pattern file text; do
		pattern=${pattern%"${pattern##*[! ]}"} file=${file// /} text=${text# }
		# shellcheck disable=SC2053 # a pattern
		[[ $said == $pattern ]] || continue
		grep -qF -e "$text" "$TOP/$file" || complain "$file has no \"$text\", which stands for: $1"
		elsewhere=$((elsewhere + 1))
		return 0
	done < <(grep -v '^#' "$TOP/tests/docs_elsewhere")
	return 1
}

# command_done: $command, which began in line $began; $expected has what it prints, in a console block
command_done()
{
	local wanted=0 file=

	[ -n "$command" ] || return 0
	[[ $command =~ ^[[:space:]]*(#.*)?$ ]] && { command=; return; }
	if ! is_elsewhere "$command"; then
		[ "$1" = last ] && wanted=$exit_status
		[[ $1 = 'echo $?'* ]] && wanted=any
		if [ "$kind" = console ]; then
			file=$TMP/expected.$slug.$began
			printf '%s' "$expected" >"$file"
			compared=$((compared + 1))
		fi
		emit "$began" "$command" "$wanted" "$file"
		commands=$((commands + 1))
	fi
	command='' expected=''
}

emit_commands()
{
	local i line command='' began=0 expected='' whole=1

	for i in "${!lines[@]}"; do
		line=${lines[i]}
		if [ "$kind" = console ] && [ $whole = 1 ] && [[ $line != '$ '* ]]; then
			expected+=$line$'\n'
			continue
		elif [ $whole = 1 ]; then
			line=${line#'$ '}
			command_done "$line"
			began=${numbers[i]}
			command=$line
		else
			[ "$kind" != console ] || line=${line#'> '}
			command+=$'\n'$line
		fi
		if is_complete "$command"; then whole=1; else whole=0; fi
	done
	[ $whole = 1 ] || complain "the command of line $began has no end"
	command_done last
}

# A document of its own, members of one, or what "as" says.
emit_json()
{
	local file=$TMP/json.$slug.${numbers[0]}

	printf '%s\n' "${lines[@]}" >"$file"
	jq -e . "$file" >"$TMP/jq" 2>&1 || { printf '{\n%s\n}\n' "$(cat "$file")" >"$file.new" && mv "$file.new" "$file"; }
	emit "${numbers[0]}" "json_block $file '${as}'" 0
	commands=$((commands + 1))
}

end_block()
{
	local program missing='' words

	if [ ${#lines[@]} = 0 ]; then
		reset_block
		return
	fi
	for program in $needs; do
		command -v "$program" >"$TMP/which" || missing=$program
	done
	if [ "$kind" = other ]; then
		! printf '%s\n' "${lines[@]}" | grep -Eq '^(\$ |sbrun [a-z])' || [ -n "$output" ] ||
			complain 'this looks like commands, but is fenced as something else'
	elif [[ " $who " != *" $as_whom "* ]]; then
		:
	elif [ -n "$skip" ]; then
		skip "$doc:${numbers[0]}" "$skip"
	elif [ -n "$missing" ]; then
		skip "$doc:${numbers[0]}" "$missing is not installed"
	else
		for words in "${given[@]}"; do
			emit "${numbers[0]}" "$words" 0
		done
		if [ "$kind" = json ]; then emit_json; else emit_commands; fi
	fi
	output=
	reset_block
}

# read_document FILE: its script
read_document()
{
	local line words fence='' blank=1 output=

	everyone=user number=0
	reset_block
	while IFS= read -r line; do
		number=$((number + 1))
		if [ -n "$fence" ]; then
			if [[ $line = '```' ]]; then
				fence=
				end_block
			else
				lines+=("$line") numbers+=("$number")
			fi
		elif [[ $line =~ ^'<!-- test: '(.*)' -->'$ ]]; then
			words=${BASH_REMATCH[1]}
			end_block_before
			directive "$words"
			[ "$kind" != other ] || output=1
			blank=1
			continue
		elif [[ $line = '```'* ]]; then
			end_block_before
			fence=1
			case ${kind:-${line#'```'}} in
			sh | console | json) kind=${line#'```'} ;;
			*) kind=other ;;
			esac
		elif [[ $line = '    '* ]] && [ $blank = 1 ]; then
			kind=${kind:-sh}
			lines+=("${line#'    '}") numbers+=("$number")
			continue
		elif [ -n "$line" ]; then
			end_block_before
		fi
		blank=0
		[ -n "$line" ] || blank=1
	done <"$1"
	end_block
}

# An indented block ends where other text begins.
end_block_before()
{
	[ ${#lines[@]} = 0 ] || end_block
}

# run_script: as whom it is for, in a place of its own; root's with mounts of its own.
run_script()
{
	local place=$TMP/$slug.d session=XDG_RUNTIME_DIR=$TMP/$slug.d/run

	[ "$has_session" = 1 ] || session=-uXDG_RUNTIME_DIR
	mkdir "$place" "$place/sbrun" "$place/run"
	for part in contrib hooks spec README.md Makefile; do
		cp -r "$TOP/$part" "$place/sbrun/"
	done
	ln -s "$BUILD" "$place/sbrun/build"
	chmod 700 "$place/run"
	if [ "$as_whom" = root ]; then
		env DOC_PLACE="$place" unshare --mount --propagation private bash "$script"
	else
		! is_root || chown -R "$USER_UID:$USER_UID" "$place"
		as_user env "$session" DOC_PLACE="$place" bash "$script"
	fi
}

# document FILE
document()
{
	local doc=${1#"$TOP/"} slug script commands=0 elsewhere=0 compared=0 said

	slug=${doc//\//_}_$has_session
	script=$TMP/$slug.sh
	{
		echo "# $doc"
		echo "DOC_AS=$as_whom TMP=$TMP TOP=$TOP SBRUN=$SBRUN BUILD=$BUILD doc=$doc"
		echo ". $TOP/tests/docs_words.sh"
	} >"$script"
	read_document "$1"
	if [ $commands -gt 0 ]; then
		said="$commands commands"
		[ $compared = 0 ] || said="$said, $compared outputs"
		[ $elsewhere = 0 ] || said="$said; $elsewhere are tested elsewhere"
		[ "$has_session" = 1 ] || said="$said; without a session"
		t "$doc: $said" run_script
	elif [ $elsewhere -gt 0 ]; then
		ok "$doc: $elsewhere commands are tested elsewhere"
	fi
}

# document_without_session FILE
document_without_session()
{
	local as_whom=user has_session=0

	document "$1"
}

# documents WHOM: all of the tree's
documents()
{
	local as_whom=$1 file

	while IFS= read -r file; do
		[ -z "${DOCS-}" ] || [[ $file = *$DOCS* ]] || continue
		document "$file"
	done < <(find "$TOP" \( -path "$TOP/build" -o -path "$TOP/.git" -o -path "$TOP/runtime" \) -prune -o \
		-name '*.md' -print | LC_ALL=C sort)
}
