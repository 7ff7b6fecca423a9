# shellcheck shell=dash disable=SC2016 # $ is for the sandbox's shell
# SPDX-License-Identifier: Apache-2.0
#
# sbrun diff: what a task changed. Sourced by root/diff.test and userns/diff.test, after lib.sh.

b=$TMP/b
bundle "$b"
mkdir -p "$b/low/dir/sub" "$b/low/gone" "$b/low/again" "$b/deep" "$b/up" "$b/wk"
echo 1 >"$b/low/same"
echo 1 >"$b/low/file"
echo 1 >"$b/low/dir/f"
echo 1 >"$b/low/gone/f"
echo 1 >"$b/low/again/f"
echo 1 >"$b/low/mode"
echo 1 >"$b/deep/only-deep"
ln -s same "$b/low/link"
# the upper's root becomes the merged one
config "$b" '.mounts += [{destination: "/o", type: "overlay",
	overlay: {lowerdirs: ["low", "deep"], upperdir: "up", workdir: "wk"}}]'
script "$b" 'cd /o && echo 22 >file && mkdir -p new/d && echo 1 >new/d/f && echo 1 >dir/sub/g && rm -r gone && rm link only-deep &&
	rm -r again && mkdir again && echo 1 >again/h && chmod 600 mode && ln -s /etc/passwd sym && mkfifo pipe && touch "a b" "back\\slash"'
t 'a task that changes things' sbrun run --keep -b "$b" task

# brief: the letter, the type and the path of each; what is deleted has no type
brief()
{
	sed -E 's/^D - +- /D- /; s/^([A-Z]) (.).... +[^ ]+ (.*)/\1\2 \3/'
}

# lines PREFIX: what is expected
lines()
{
	printf "%s\n" "A- $1/a b" "Rd $1/again" "A- $1/again/h" "A- $1/back\\x5cslash" "A- $1/dir/sub/g" "C- $1/file" \
		"D- $1/gone" "D- $1/link" "C- $1/mode" "Ad $1/new" "Ad $1/new/d" "A- $1/new/d/f" "D- $1/only-deep" \
		"Ap $1/pipe" "Al $1/sym"
}

run_rc sbrun diff task
same 'each change of a stopped sandbox' "$(lines /o | sort)" "$(brief <"$TMP/out" | sort)"
same 'names are sorted' "$(brief <"$TMP/out" | cut -c 4- | grep -v '/o/.*/' | LC_ALL=C sort)" \
	"$(brief <"$TMP/out" | cut -c 4- | grep -v '/o/.*/')"
same 'mode and size are there' 'C -0600 2' "$(awk '$4 == "/o/mode" { print $1, $2, $3 }' "$TMP/out")"
sbrun diff --json task >"$TMP/json"
same 'JSON has the same' "$(lines /o | sed 's/\\x5c/\\/; s/^.. //' | sort)" "$(jq -r '.[].path' "$TMP/json" | sort)"
same 'JSON: an entry' '{"change":"changed","gid":'"$(id -g)"',"mode":384,"path":"/o/mode","size":2,"type":"file","uid":'"$(id -u)"'}' \
	"$(jq -cS '.[] | select(.path == "/o/mode")' "$TMP/json")"
same 'JSON: one that is gone' '{"change":"deleted","path":"/o/gone"}' "$(jq -cS '.[] | select(.path == "/o/gone")' "$TMP/json")"
run_rc sbrun diff --upper "$b/up" --lower "$b/low" --lower "$b/deep"
same 'by its layers' "$(lines '' | sort)" "$(brief <"$TMP/out" | sort)"
run_rc sbrun diff --upper "$b/up"
same 'without the layers below' 'W- /file
W- /mode' "$(brief <"$TMP/out" | grep -E 'file|mode')"

# ---- declared outputs

t_rc 1 'something was not declared' sbrun diff -o '/o/new' task
same 'and is told, what was declared is not' '' "$(grep '/o/new' "$TMP/out")"
grep -q 'A .*/o/sym$' "$TMP/out"
report 'a link that nobody declared' $? '/o/sym'
t_out '' 'all is declared' sbrun diff -o '/o/*' task
t_err 1 'nothing was written that "/o/missing" means' 'one that was not made' sbrun diff -o '/o/*' -o /o/missing task
t_rc 1 'a directory on the way is no surprise' sbrun diff -o '/o/new/d/f' task
same 'on the way' '' "$(grep '/o/new' "$TMP/out")"

# ---- what can't be told

t_err 125 'one of the two' 'neither' sbrun diff
t_err 125 'one of the two' 'both' sbrun diff --upper "$b/up" task
t_err 125 'does not exist' 'no such sandbox' sbrun diff nobody
t_err 125 "can't open the upper layer" 'no such directory' sbrun diff --upper "$b/none"
t_err 125 'low:[^ ]*": does not exist.*; .*each layer by a --lower of its own' 'layers with a colon between them' \
	sbrun diff --upper "$b/up" --lower "$b/low:$b/deep"
mkdir "$b/low:er"
t 'a layer with a colon in its name' sbrun diff --upper "$b/up" --lower "$b/low:er"
sbrun delete task
chmod -R u+rwx "$b/wk" # overlayfs' own directory there has no mode at all
config "$b" 'del(.mounts[-1])'
args "$b" true
t 'without an overlay' sbrun run --keep -b "$b" task
t_err 125 'no overlay of "task" is writable' 'is said' sbrun diff task
sbrun delete task
config "$b" '.mounts += [{destination: "/o", type: "overlay", overlay: {lowerdirs: ["low"], ephemeral: {}}}]'
t 'with an ephemeral one' sbrun run --keep -b "$b" task
t_err 125 'in memory that only the sandbox holds.*upperdir' 'it needs an upperdir' sbrun diff task
sbrun delete task

script "$b" 'cd /o && mkdir -p $(printf "d/%.0s" $(seq 2001)); exit 1'
t_rc 1 'a tree that is too deep, kept' sbrun run --on-failure keep -b "$b" task
t_err 125 'more than 2000 deep.*"/o/d/d/d/\.\.\."' 'its place in the sandbox is said' sbrun diff task
sbrun delete task
args "$b" true

# ---- an upper that means harm

h=$TMP/hostile
mkdir -p "$h/low" "$h/up/d"
printf x >"$h/up/$(printf 'new\nA -0644 1 forged')"
printf x >"$h/up/$(printf 'esc\033[31m')"
printf x >"$h/up/$(printf 'bad\377')"
ln -s /etc "$h/up/d/etc"
ln -s /nowhere "$h/up/dangling"
mkfifo "$h/up/d/fifo"
run_rc sbrun diff --upper "$h/up" --lower "$h/low"
same 'each is one line, control characters are escaped' '7 0' "$(wc -l <"$TMP/out") $(grep -c '^A -0644 1 forged' "$TMP/out")"
grep -qF '/new\x0aA -0644 1 forged' "$TMP/out" && grep -qF '/esc\x1b[31m' "$TMP/out" && grep -qF '/bad\xff' "$TMP/out"
report 'what they are is shown' $? 'escapes'
same 'links are not followed' 'A l0777 - /d/etc' "$(grep '/d/etc' "$TMP/out" | sed 's/  */ /g')"
same 'JSON has the bytes' 2f626164ff "$(sbrun diff --json --upper "$h/up" | jq -r '.[].pathHex // empty')"
mkdir "$h/deep"
# a tree of 300 directories with long names: its paths are longer than any the kernel takes
(
	cd "$h/deep" || exit
	name=$(printf '%0100d' 0)
	i=0
	while [ $i -lt 300 ]; do
		mkdir "$name" && cd -P "$name" 2>/dev/null || exit
		i=$((i + 1))
	done
)
run_rc sbrun diff --upper "$h/deep"
# shellcheck disable=SC2154 # run_rc sets it
[ "$rc" = 0 ] && [ "$(wc -l <"$TMP/out")" -gt 30 ]
report 'paths of any length' $? "$(wc -l <"$TMP/out") directories"
# (ulimit is a limit of descriptors: 30 are enough for any tree)
mkdir "$h/wide"
i=0
while [ $i -lt 300 ]; do
	mkdir "$h/wide/$i" "$h/wide/$i/x"
	i=$((i + 1))
done
t 'a handful of descriptors' sh -c 'ulimit -n 30 && "$1" diff --upper "$2" --lower "$3" | wc -l | grep -qx 600' sh "$SBRUN" "$h/wide" "$h/low"
