# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# podman and buildah inside the rig, for whoever runs this: no registry, no systemd, no network unless asked for.

# A line for [containers]: buildah's own defaults (1.39) are more than a machine may allow.
default_ulimits()
{
	local limit list='"core=0:0"'

	for limit in nofile:$(ulimit -Hn) nproc:$(ulimit -Hu); do
		case $limit in
		*:unlimited) ;;
		*) list+=", \"${limit/:/=}:${limit#*:}\"" ;;
		esac
	done
	echo "default_ulimits = [$list]"
}

podman_setup()
{
	local dir=$TMPDIR/containers

	mkdir -p "$dir"
	cat >"$dir/containers.conf" <<-END
		[containers]
		log_driver = "k8s-file"
		netns = "none"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime = "$RUNTIME"
		runtime_supports_json = ["crun", "runc", "sbrun"]
		runtime_supports_nocgroup = ["crun", "sbrun"]
		[engine.runtimes]
		$RUNTIME = ["$(command -v "$RUNTIME")"]
	END
	export CONTAINERS_CONF=$dir/containers.conf PODMAN_IGNORE_CGROUPSV1_WARNING=yes
	podman load -q -i "$IMAGE" >/dev/null
}
