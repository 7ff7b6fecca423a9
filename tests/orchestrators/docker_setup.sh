# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Docker inside the rig: no registry, no network. Words are added to its daemon.json. The CLI that is called is the
# daemon's own.

docker()
{
	"$docker" "$@"
}

docker_setup()
{
	mkdir -p "$TMPDIR/docker" "$TMPDIR/containerd" /etc/docker
	docker=$(dirname "$(dirname "$(readlink -f "$(command -v dockerd)")")")/bin/docker
	[ -x "$docker" ] || docker=$(type -P docker)
	cat >/etc/docker/daemon.json <<-END
		{"runtimes": {"other": {"path": "$(command -v "$RUNTIME")"}}, "default-runtime": "other",
		 "storage-driver": "overlay2", "bridge": "none", "iptables": false, "ip6tables": false,
		 "data-root": "$TMPDIR/docker"}
	END
	containerd --root "$TMPDIR/containerd" --state /run/containerd >"$TMPDIR/containerd.log" 2>&1 &
	dockerd --containerd /run/containerd/containerd.sock >"$TMPDIR/dockerd.log" 2>&1 &
	for _ in {1..300}; do
		docker version >/dev/null 2>&1 && break
		sleep 0.1
	done
	docker load -q -i "$IMAGE" >/dev/null || { tail -n 5 "$TMPDIR/dockerd.log" >&2; return 1; }
}
