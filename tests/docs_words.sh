# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the scripts that tests/docs.sh makes of documents begin with, and the words for `<!-- test: given ...
# -->`.
# shellcheck disable=SC2016 # $ is for jq and make
# shellcheck disable=SC2034,SC2154 # what those scripts set and read
cd "$DOC_PLACE/sbrun" || exit 125
export HOME=$DOC_PLACE PATH=$BUILD:$PATH USER=${USER:-you}
unset NOTIFY_SOCKET
doc_out=$DOC_PLACE/.out
doc_status=0
rootless=--rootless
if [ "$DOC_AS" = root ]; then
	rootless=
	# What root's commands write is seen by nobody else.
	mkdir -p /run/sbrun /srv
	for doc_dir in /run/sbrun /srv; do
		mount -t tmpfs -o mode=755 tmpfs $doc_dir || exit 125
	done
fi

# At the end, however it ends: nothing goes on.
doc_at_end()
{
	local id

	for id in $("$SBRUN" list --format json | jq -r '.[]?.id'); do
		"$SBRUN" delete --force "$id" || echo "$doc: sandbox $id can't be deleted"
	done
}
trap doc_at_end EXIT

doc_status_is()
{
	return "$1"
}

# What differs from one run to the next is written in one way.
doc_normal()
{
	sed -E -e "s,$DOC_PLACE,/home/you,g" -e "s/\b$(id -u)\b/1000/g" \
		-e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|\+[0-9:]+)/TIME/g' \
		-e 's/("?([pP]id|[a-zA-Z]*Usec|maxRss[A-Za-z]*|[a-z]+Faults|[a-z]+Switches|size)"?: )[0-9]+/\1N/g' \
		-e 's/ +$//' "$1"
}

# doc_matches EXPECTED-FILE: what was printed, with "..." for anything
doc_matches()
{
	local pattern actual

	pattern=$(doc_normal "$1" | sed -e 's/[][*?\\]/\\&/g' -e 's/\.\.\./*/g')
	actual=$(doc_normal "$doc_out")
	# shellcheck disable=SC2053 # a pattern
	[[ $actual == $pattern ]]
}

# doc_ended STATUS WANTED [EXPECTED-FILE]
doc_ended()
{
	doc_status=$1
	if [ "$2" != any ] && [ "$1" != "$2" ]; then
		printf '%s\n' "$doc:$doc_line: exit status $1, not $2: $doc_command" "$(cat "$doc_out")" >&2
		exit 1
	fi
	[ -n "${3-}" ] || return 0
	if ! doc_matches "$3"; then
		printf '%s\n' "$doc:$doc_line: it prints something else: $doc_command" \
			"$(doc_normal "$3" | diff - <(doc_normal "$doc_out"))" >&2
		exit 1
	fi
}

# ---- words

# a_bundle DIR [SCRIPT]: a bundle that runs this by its shell (or a program that stays)
a_bundle()
{
	local applet

	mkdir -p "$1/rootfs/bin" && cp "$(command -v busybox)" "$1/rootfs/bin/busybox" || return
	for applet in sh ash cat echo env false id ls mount ps sleep touch true wc; do
		ln -sf busybox "$1/rootfs/bin/$applet"
	done
	rm -f "$1/config.json"
	# shellcheck disable=SC2086 # one option or none
	sbrun spec $rootless --bundle "$1" && in_config "$1" '.process.terminal = false |
		.process.args = ["sh", "-c", $script]' --arg script "${2:-while sleep 1; do :; done}"
}

# in_config DIR FILTER [JQ-OPTION]...
in_config()
{
	local dir=$1 filter=$2

	shift 2
	jq "$@" "$filter" "$dir/config.json" >"$dir/config.new" && mv "$dir/config.new" "$dir/config.json"
}

# running ID [SCRIPT]: a sandbox of that name; one that is there already is deleted
running()
{
	sbrun delete --force "$1" && a_bundle "$HOME/of-$1" "${2-}" && sbrun run --detach --bundle "$HOME/of-$1" "$1"
}

# limited ID: the same with a cgroup of its own
limited()
{
	sbrun delete --force "$1" && a_bundle "$HOME/of-$1" &&
		in_config "$HOME/of-$1" '.linux.resources.pids.limit = 100' &&
		sbrun run --detach --bundle "$HOME/of-$1" "$1"
}

# json_block FILE FILTER: it is a configuration, or a part of one
json_block()
{
	local dir=$DOC_PLACE/json

	mkdir -p "$dir" && rm -f "$dir/config.json" && sbrun spec --rootless --bundle "$dir" || return
	if [ -n "$2" ]; then
		in_config "$dir" "$2 = \$block[0]" --slurpfile block "$1"
	else
		# root is taken whole, as the documents say; of the others members are added
		in_config "$dir" '. * ($block[0] | del(.root)) | if $block[0].root then .root = $block[0].root else . end' \
			--slurpfile block "$1"
	fi && sbrun validate --strict --bundle "$dir"
}

# a_task: a sandbox `task` that has written /work/out/a.o, kept; a directory changes/upper
a_task()
{
	mkdir -p base/work/out base/work/log base/proc base/dev base/sys base/tmp changes/upper/etc writes scratch &&
		cp "$(command -v busybox)" base/ && sbrun spec --rootless --build-task --overlay base && in_config . \
		'.root.overlay |= (del(.ephemeral) + {upperdir: "writes", workdir: "scratch"}) |
		.process.args = ["/busybox", "touch", "/work/out/a.o", "/work/log/a"]' && sbrun run --keep task
}

# bundle_here: in the current directory
bundle_here()
{
	a_bundle .
}

# a_project: a directory with a Makefile and a task.sh, and in it
a_project()
{
	mkdir -p project/out project/deps/zlib/include project/deps/libc/include && cd project || return
	printf 'all:\n\tls $(SYSROOT)\ninstall:\n\techo x >/var/tmp/sbrun-installed\n' >Makefile
	printf '#!/bin/sh\necho made >out/made\n' >task.sh
	chmod +x task.sh
}
