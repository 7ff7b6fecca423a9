# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# Read by the shell of each task before its script: one file, bound read-only.
set -eu
umask 022

die()
{
	echo "$PN: $*" >&2
	exit 1
}

# pack DIR FILE: a tar of a directory, the same bytes for the same content
pack()
{
	mkdir -p "$(dirname "$2")"
	tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -C "$1" -cf "$2" .
}
