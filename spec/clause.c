/* SPDX-License-Identifier: Apache-2.0 */
#include "clause.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The first row that the pointer begins with counts; "*" is any one token. */
static const struct {
	const char *pointer, *clause;
} rows[] = {
	{ "/sbrun", NULL },
	{ "/root/overlay", NULL },
	{ "/mounts/*/overlay", NULL },
	{ "/ociVersion", "config.md, Specification version" },
	{ "/root", "config.md, Root" },
	{ "/mounts/*/uidMappings", "config.md, POSIX-platform Mounts" },
	{ "/mounts/*/gidMappings", "config.md, POSIX-platform Mounts" },
	{ "/mounts/*/options", "config.md, Linux mount options" },
	{ "/mounts", "config.md, Mounts" },
	{ "/process/user", "config.md, POSIX-platform User" },
	{ "/process/rlimits", "config.md, POSIX process" },
	{ "/process/args", "config.md, Process" },
	{ "/process/capabilities", "config.md, Linux Process" },
	{ "/process/scheduler", "config.md, Linux Process" },
	{ "/process/ioPriority", "config.md, Linux Process" },
	{ "/process/execCPUAffinity", "config.md, Linux Process" },
	{ "/process/oomScoreAdj", "config.md, Linux Process" },
	{ "/process", "config.md, Process" },
	{ "/hostname", "config.md, Hostname" },
	{ "/domainname", "config.md, Domainname" },
	{ "/hooks", "config.md, POSIX-platform Hooks" },
	{ "/annotations", "config.md, Annotations" },
	{ "/linux/namespaces", "config-linux.md, Namespaces" },
	{ "/linux/uidMappings", "config-linux.md, User namespace mappings" },
	{ "/linux/gidMappings", "config-linux.md, User namespace mappings" },
	{ "/linux/timeOffsets", "config-linux.md, Offset for Time Namespace" },
	{ "/linux/devices", "config-linux.md, Devices" },
	{ "/linux/netDevices", "config-linux.md, Network Devices" },
	{ "/linux/cgroupsPath", "config-linux.md, Cgroups Path" },
	{ "/linux/resources/devices", "config-linux.md, Allowed Device list" },
	{ "/linux/resources/memory", "config-linux.md, Memory" },
	{ "/linux/resources/cpu", "config-linux.md, CPU" },
	{ "/linux/resources/blockIO", "config-linux.md, Block IO" },
	{ "/linux/resources/hugepageLimits", "config-linux.md, Huge page limits" },
	{ "/linux/resources/network", "config-linux.md, Network" },
	{ "/linux/resources/pids", "config-linux.md, PIDs" },
	{ "/linux/resources/rdma", "config-linux.md, RDMA" },
	{ "/linux/resources/unified", "config-linux.md, Unified" },
	{ "/linux/resources", "config-linux.md, Control groups" },
	{ "/linux/intelRdt", "config-linux.md, IntelRdt" },
	{ "/linux/memoryPolicy", "config-linux.md, Memory policy" },
	{ "/linux/sysctl", "config-linux.md, Sysctl" },
	{ "/linux/seccomp", "config-linux.md, Seccomp" },
	{ "/linux/rootfsPropagation", "config-linux.md, Rootfs Mount Propagation" },
	{ "/linux/maskedPaths", "config-linux.md, Masked Paths" },
	{ "/linux/readonlyPaths", "config-linux.md, Readonly Paths" },
	{ "/linux/mountLabel", "config-linux.md, Mount Label" },
	{ "/linux/personality", "config-linux.md, Personality" },
	{ "/linux", "config-linux.md, Linux Container Configuration" },
};

static bool begins(const char *pointer, const char *pattern)
{
	while (*pattern) {
		size_t n = strcspn(pattern + 1, "/") + 1, k = *pointer ? strcspn(pointer + 1, "/") + 1 : 0;

		if (!k || (strncmp(pattern, "/*", n) && (n != k || strncmp(pattern, pointer, n))))
			return false;
		pattern += n;
		pointer += k;
	}
	return true;
}

const char *spec_clause(const char *pointer)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (begins(pointer, rows[i].pointer))
			return rows[i].clause;
	return NULL;
}
