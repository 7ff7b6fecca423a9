# shellcheck shell=dash disable=SC2016,SC2154 # rc is of lib.sh; $ is for the sandbox's shell
# SPDX-License-Identifier: Apache-2.0
#
# sbrun try: one command over the machine's own root. Sourced by root/try.test and userns/try.test, after lib.sh.

work=$TMP/work
mkdir -p "$work/sub"
cd "$work" || exit 125
HOME=$work
export HOME

# try [OPTION]... COMMAND...
try()
{
	sbrun try "$@"
}

# ---- what it sees, and that nothing stays

t_out "$work" 'the working directory is the same' try pwd
t_out hello "the machine's programs" try -- sh -c 'echo hello'
t_out "$(id -u):$(id -g)" 'it is who calls' try -- sh -c 'echo "$(id -u):$(id -g)"'
t 'what is written in the working directory is there ...' try -- sh -c 'echo x >f && mkdir d && rmdir sub && cat f'
same '... and goes with the sandbox' sub "$(ls)"
t '/tmp and /var/tmp can be written to' try -- sh -c "echo x >/tmp/sbrun-try.$$ && echo x >/var/tmp/sbrun-try.$$"
same 'and are as they were' '' "$(ls -d /tmp/sbrun-try.$$ /var/tmp/sbrun-try.$$ 2>/dev/null)"
t_out '2 sh' 'only its own processes, below an init' try -- sh -c 'echo "$$ $(cat /proc/$$/comm)"; [ $(ls -d /proc/[0-9]* | wc -l) -le 6 ]'
t_out 'fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero' 'a /dev of its own' \
	try -- sh -c 'echo $(ls /dev)'
t_out '' "nothing of the machine's /run" try -- ls /run
echo 'from a pipe' | sbrun try cat >"$TMP/got"
same 'standard input comes through' 'from a pipe' "$(cat "$TMP/got")"

# ---- exit codes

t_rc 3 "the command's own exit code" try sh -c 'exit 3'
t_rc 137 'a signal' try sh -c 'kill -9 $$'
t_rc 127 'a command that is not there' try /no/such
t_rc 126 'one that is no program' try /etc/passwd
t_rc 125 'an option that is not there' try --nope true
t_err 125 'needs a command' 'no command at all' try
t 'run --host is the same' sbrun run --host -- true
t_err 125 'has no option|did you mean' '--host comes first' sbrun run --bundle "$TMP" --host true

# ---- directories

t '--write keeps what is written' try -w . sh -c 'echo kept >kept'
same 'it is there' kept "$(cat kept)"
t '--write elsewhere' try -w "$work/sub:/mnt" -C /mnt sh -c 'echo 2 >in-mnt'
same 'at its own place' in-mnt "$(ls sub)"
t_out 'kept no' '--ro-bind' try -r "$work:/tmp/there" sh -c 'cd /tmp/there; echo $(cat kept) $(touch x 2>/dev/null || echo no)'
t_out 'no yes 1024' '--read-only, --tmpfs' try -R -T /tmp:1m -C / sh -c \
	"echo \$(touch '$work/x' 2>/dev/null || echo no) \$(touch /tmp/x && echo yes) \$(df -k /tmp | awk 'END { print \$2 }')"
case $work in
/tmp/*)
	hides='warning: the working directory .* is hidden by --tmpfs /tmp: '
	t_err 0 "$hides.*; -w " '--tmpfs over the working directory is told' try -T /tmp sh -c '[ -z "$(ls)" ]'
	t_err 0 "$hides" 'and with --chdir' try -T /tmp -C "$work/sub" true
	t_out 'sub/in-mnt' 'a directory below --tmpfs, given after it, is there' try -T /tmp -w . sh -c 'echo sub/*'
	same 'and nothing is told' '' "$(cat "$TMP/err")"
	t_err 0 "$hides.* begins in one that has only --write sub; " 'one with a part of it is not said to be empty' \
		try -T /tmp -w sub sh -c '[ "$(ls)" = sub ]'
	run_rc sbrun try -T /tmp -C /tmp sh -c '[ -z "$(ls)" ]'
	same 'nor of an empty directory that was asked for' '0 ' "$rc $(cat "$TMP/err")"
	t_err 0 'warning: --write sub is hidden by --tmpfs /tmp, which comes after it; ' 'given before it, it is hidden, which is told' \
		try -w sub -T /tmp -C / true
	;;
*) skip '--tmpfs /tmp over the working directory' 'the test is not there' ;;
esac
mkdir top base
echo top >top/f
echo base >base/f
echo only >base/g
t_out 'top only new' '--overlay, the first layer on top' try --overlay "/tmp/o=$work/top:$work/base" \
	sh -c 'cd /tmp/o; echo new >h; echo $(cat f g h)'
t_out 'top no' '--ro-overlay' try --ro-overlay "/tmp/o=top:base" sh -c 'cd /tmp/o; echo $(cat f) $(touch h 2>/dev/null || echo no)'
same 'the layers are as they were' 'f f g' "$(find top base -type f -printf '%f\n' | sort | xargs)"
t_err 125 '^sbrun: error: --ro-bind /nope:/tmp/x: .*does not exist' 'a source that is missing: the option is named' \
	try --ro-bind /nope:/tmp/x true
t_err 125 'the destination must be absolute' 'a relative destination' try -w .:x true
t_out 'No space left on device' '--size is for all that is written' try -s 1m sh -c \
	'dd if=/dev/zero of=big bs=1M count=3 2>&1 | sed -n "s/.*: //p"'
ln -s work "$TMP/link"
t_out "$work yes" '--write through a symlink' try -w "$TMP/link" -C "$TMP/link" sh -c 'echo $(pwd -P) $(touch /dev/shm/x && echo yes)'

# ---- what is kept

t '--upper keeps the changes' try -U "$TMP/kept" sh -c 'echo 1 >new; rm kept; mkdir made; echo 2 >>base/f'
same 'they are in the upper' '1' "$(cat "$TMP"/kept/upper"$work"/new 2>/dev/null || cat "$TMP"/kept/upper/*/new)"
t_out '1 gone' 'and there again the next time' try -U "$TMP/kept" sh -c 'echo $(cat new) $(cat kept 2>/dev/null || echo gone)'
same 'the machine is as it was' 'kept base' "$(cat kept base/f | xargs)"
t_err 125 '--upper and --size exclude' '--upper and --size' try -U "$TMP/kept" -s 1m true

# ---- environment, user, names

t_out 'b none' '--clear-env, --env' env SECRET=1 "$SBRUN" --root "$STATE" try -E -e A=b sh -c 'echo $A ${SECRET-none}'
t_out '1 1' "the caller's environment" env SECRET=1 "$SBRUN" --root "$STATE" try -e COPY=1 sh -c 'echo $SECRET $COPY'
t_out 7 '--env NAME' env SECRET=7 "$SBRUN" --root "$STATE" try -E -e SECRET sh -c 'echo $SECRET'
t_out box '--hostname' try --hostname box hostname
t_out '0:0' '--user 0' try -u 0 sh -c 'echo "$(id -u):$(id -g)"'
t_err 125 'UID or UID:GID' 'a name for --user' try -u root true
t_out / '--chdir' try -C / pwd
same '--share ipc' "$(readlink /proc/self/ns/ipc)" "$(try --share ipc readlink /proc/self/ns/ipc)"
t 'its own ipc' sh -c '[ "$1" != "$2" ]' sh "$(readlink /proc/self/ns/ipc)" "$(try readlink /proc/self/ns/ipc)"
same 'the network is the machine'"'"'s' "$(readlink /proc/self/ns/net)" "$(try readlink /proc/self/ns/net)"
t_out 'lo: 0' '--net none' try -n none sh -c 'grep -c . /proc/net/dev >/dev/null; echo "lo: $(grep -vc "lo:\||" /proc/net/dev)"'
t_err 125 'none, loopback or host is expected' '--net with another word' try -n some true
t_err 125 '/process/env|NAME=VALUE' '--env without a name' try -e =x true

# ---- the same words elsewhere

t 'spec --host writes it' sh -c 'mkdir "$1" && cd "$1" && "$2" spec --host -n none -e A=b -r /etc/hostname:/tmp/name -C / -- cat /tmp/name' sh \
	"$TMP/bundle" "$SBRUN"
t_out "$(cat /etc/hostname)" 'run takes that bundle' sbrun run -b "$TMP/bundle" from-spec
t 'validate does' sh -c 'cd "$1" && "$2" validate --strict' sh "$TMP/bundle" "$SBRUN"
# written FILTER OPTION...: what spec --host makes of options
written()
{
	filter=$1
	shift
	mkdir -p "$TMP/written"
	(cd "$TMP/written" && rm -f config.json && "$SBRUN" spec --host "$@" -- true 2>/dev/null && jq -c "$filter" config.json)
}
same '--cpus' '[150000,100000] [5000,100000]' \
	"$(written '.linux.resources.cpu | [.quota, .period]' --cpus 1.5) $(written '.linux.resources.cpu | [.quota, .period]' --cpus 0.05)"
for wrong in 0 1.2345 1. x -1 10001; do
	t_err 125 'a number of processors' "--cpus $wrong" try --cpus=$wrong true
done
same '--tty, and not' 'true false' "$(written .process.terminal -t) $(written .process.terminal --tty=false)"
t_err 125 'true or false is expected' '--tty with another word' try --tty=some true
t_out 'made' '--bind, as --write' try -b "$work:/tmp/there" sh -c 'echo made >/tmp/there/by-bind; cat by-bind'
same 'which stays' made "$(cat by-bind)"
rm -f by-bind
t_out 'character special file' '--dev, one of the machine'"'"'s' try --dev /dev/full sh -c 'stat -c %F /dev/full'
t_err 125 '^sbrun: error: --dev "/etc/passwd": a device as in /dev/kvm is expected' '--dev with what is none' try --dev /etc/passwd true
run_rc sbrun plan --host -n loopback -- true
grep -q '/sbrun/network  *bring lo up' "$TMP/out"
report 'plan --host shows the steps' $? 'bring lo up'
run_rc sbrun try --help
[ "$(wc -l <"$TMP/out")" -le 36 ] && [ "$(wc -L <"$TMP/out")" -le 110 ]
report 'the help fits a screen' $? 'at most 36 lines'
same 'which names what help tells of' "$(sbrun help try | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE '\-\-[a-z-]+' | sort)" \
	"$(sed -n '6,$p' "$TMP/out" | grep -oE '^ +(-., )?--[a-z-]+|^  --.*' | grep -oE '\-\-[a-z-]+' | sort)"

# ---- while it runs

mkfifo go
t 'detached, with a name' try -d --name box -w . sh -c 'read x <go'
t_out "$work" 'exec' sbrun exec box pwd
t_out running 'state' status_of box
sbrun kill box KILL
wait_until 5 has_status box stopped
t 'delete' sbrun delete box

: >rcs
for i in 1 2 3 4 5 6 7 8; do
	{ try sh -c "echo $i >f; exit \$(cat f)"; echo $? >>rcs; } &
done
wait
same 'eight at once' '1 2 3 4 5 6 7 8' "$(sort rcs | xargs)"
cd "$TMP" || exit 125

# ---- what run has too: time, output, how it ended

cd "$work" || exit 125
t_rc 124 '--timeout' try --timeout 0.3s sleep 100
t_rc 7 '--report, --stdout' try --report "$TMP/report" --stdout "$TMP/stdout" sh -c 'echo out; exit 7'
same 'the output is in the file' out "$(cat "$TMP/stdout")"
same 'and how it ended' '7 payload' "$(jq -r '"\(.exitCode) \(.class)"' "$TMP/report")"
t '--die-with-parent' try --die-with-parent true
cd "$TMP" || exit 125
