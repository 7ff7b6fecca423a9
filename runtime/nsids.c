/* SPDX-License-Identifier: Apache-2.0 */
#include "nsids.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

const char *ns_path(char buf[NS_PATH_SIZE], pid_t pid, enum ns_type t)
{
	static const char *const files[NS__COUNT] = {
		[NS_PID] = "pid", [NS_NETWORK] = "net", [NS_MOUNT] = "mnt",     [NS_IPC] = "ipc",
		[NS_UTS] = "uts", [NS_USER] = "user",   [NS_CGROUP] = "cgroup", [NS_TIME] = "time",
	};

	snprintf(buf, NS_PATH_SIZE, "/proc/%d/ns/%s", pid, files[t]);
	return buf;
}

int ns_inodes(pid_t pid, unsigned mask, uint64_t ino[NS__COUNT])
{
	char path[NS_PATH_SIZE];
	struct stat st;

	for (int t = 0; t < NS__COUNT; t++) {
		ino[t] = 0;
		if (!(mask >> t & 1))
			continue;
		if (stat(ns_path(path, pid, (enum ns_type)t), &st) < 0)
			return -errno;
		ino[t] = st.st_ino;
	}
	return 0;
}
