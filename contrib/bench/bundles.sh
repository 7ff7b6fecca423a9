# shellcheck shell=bash disable=SC2154,SC2034 # variables of `inside`
# SPDX-License-Identifier: Apache-2.0
#
# The bundles of the benchmark: bundle_NAME writes $bundle/config.json; $number is what the table has behind the name.
# shellcheck disable=SC2016 # $ is jq's

# make_bundle FILTER [SPEC-OPTION]...: the default config.json, with a version that the peers know as well, changed by
# the filter of jq.
make_bundle()
{
	local filter=$1

	shift
	mkdir -p "$bundle" && (cd "$bundle" && rm -f config.json && "$sbrun" spec "$@") >"$work/out" &&
		jq --arg root "$root" --arg work "$work" --argjson n "${number:-0}" --slurpfile seccomp "$work/seccomp.json" \
			".ociVersion = \"1.0.0\" | .process.terminal = false | .process.args = [\"/bin/true\"] |
			.root.path = \$root | $filter" "$bundle/config.json" >"$bundle/c" &&
		mv "$bundle/c" "$bundle/config.json"
}

plain='del(.linux.resources)'

bundle_plain()
{
	make_bundle "$plain"
}

bundle_cgroup()
{
	make_bundle .
}

bundle_sleep()
{
	make_bundle "$plain"' | .process.args = ["/bin/sleep", "1000"]'
}

bundle_rootless()
{
	make_bundle ".linux.uidMappings[0].hostID = $user | .linux.gidMappings[0].hostID = $user" --rootless
}

bundle_binds()
{
	mkdir -p "$work"/binds/{0..39}
	make_bundle "$plain"' | .mounts += [range($n) | {destination: "/mnt/\(.)", type: "bind",
		source: "\($work)/binds/\(.)", options: ["bind"]}]'
}

# Debian's runc doesn't know one of the architectures. The program is taken out of sbrun's cache, for the floor: behind a header of 88 bytes, the number of instructions
# at 72.
bundle_seccomp()
{
	local cached

	make_bundle "$plain"' | .linux.seccomp = ($seccomp[0] | .architectures -= ["SCMP_ARCH_RISCV64"])' || return
	bundle=$bundle place=- name_runtimes
	${runtime[sbrun]} run -b "$bundle" "${BENCH_ID}s" || return
	cached=("$work/state/sbrun/.seccomp"/*)
	tail -c +89 "${cached[0]}" | head -c $((8 * $(od -An -t u4 -j 72 -N 4 "${cached[0]}"))) >"$work/filter.bpf"
}

bundle_layers()
{
	make_layers "$number" $((number == 100 ? 10000 : number)) # many files where assembly looks for them
	make_bundle "$plain"' | .root = {readonly: true,
		overlay: {lowerdirs: [range($n) | "\($work)/layers-\($n)/\(. + 1)"]}}'
}

# make_layers COUNT FILES: so many layers with so many small files in all, beside a root in the first one.
make_layers()
{
	local i dir=$work/layers-$1

	[ ! -d "$dir" ] || return 0
	mkdir "$dir" && cp -a "$root" "$dir/1"
	for ((i = 1; i <= $1; i++)); do
		mkdir -p "$dir/$i/usr/$i"
		seq 1 $((($2 + $1 - 1) / $1)) | (cd "$dir/$i/usr/$i" && split -l 1 -a 4 - f)
	done
}

# A static busybox: what is measured is the runtime, not the payload's libc.
make_root()
{
	mkdir -p "$root"/{bin,dev,proc,sys,tmp} "$root"/mnt/{0..39} "$work/b" || return
	cp "$(command -v busybox)" "$root/bin/busybox" && ln -s busybox "$root/bin/true" &&
		ln -s busybox "$root/bin/sleep" && cp "$here/../seccomp/default.json" "$work/seccomp.json"
	# runc gives its stderr to the sandbox's root, so that one has to be the user's own.
	chmod 700 "$work/user" && touch "$work/err" && chown "$user:$user" "$work/user" "$work/err"
}

