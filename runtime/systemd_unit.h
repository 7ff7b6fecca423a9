/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sandbox's cgroup as a unit of systemd's: what it is called and which properties it gets.
 * All of this is text from text; systemd_scope.h is what talks to the manager.
 *
 * Sources: systemd.unit(5) (names), systemd.slice(5) (nesting), systemd.resource-control(5),
 * org.freedesktop.systemd1(5) (the properties' types).
 */
#ifndef SBRUN_RUNTIME_SYSTEMD_UNIT_H
#define SBRUN_RUNTIME_SYSTEMD_UNIT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct diags;
struct facts;
struct limit_list;
struct spec;

struct systemd_unit {
	const char *name;  /* "crio-7c1.scope" */
	const char *slice; /* "machine-a.slice" */
	const char *path;  /* its cgroup as it will be: "/machine.slice/machine-a.slice/crio-7c1.scope" */
	const char *description; /* "sbrun sandbox ID", for systemctl status */
	bool user;         /* of the user's own manager: that one's cgroup comes before it in path */
};

/*
 * What linux.cgroupsPath, "SLICE:PREFIX:NAME", asks for: the scope PREFIX-NAME.scope, or NAME.scope
 * without a prefix, in SLICE, or in system.slice (the user's manager: user.slice). Without a
 * path it is sbrun-ID.scope there. The caller's own manager is asked unless they are root of
 * the host. 0, or -1 with an error at /linux/cgroupsPath.
 */
int systemd_unit_of(struct arena *a, const struct spec *s, const char *id, const struct facts *f,
		    struct systemd_unit *out, struct diags *dg);

/* A property in the text that sbrun-systemd reads (systemd/properties.h). */
struct property { const char *name, *type, *value; };
struct property_list { struct property *v; size_t n, cap; };

/*
 * The properties that stand for writes of limits.h, so that a manager that writes its files
 * again (daemon-reload) writes what they hold. A write without a counterpart, or in a form
 * that has none, gives none: sbrun writes the files itself. Those of v1 hierarchies too.
 */
void systemd_limit_properties(struct arena *a, const struct limit_list *l, struct property_list *out);

/*
 * The annotations org.systemd.property.NAME, values in GVariant's text format: 'text', true, 42,
 * uint64 5, ['a', 'b']. NAMESec is NAMEUSec, in seconds. A fixed list of names with their types is taken,
 * those that bound or describe a scope: nothing that has systemd run a command or touch another
 * unit (CVE-2024-3154). They replace what `out` holds of the same name. 0, or -1 with every
 * refusal at its annotation.
 */
int systemd_annotation_properties(struct arena *a, const struct spec *s, struct property_list *out,
				  struct diags *dg);

/* Adds the property, or replaces that of its name. */
void property_put(struct arena *a, struct property_list *l, struct property p);

#endif
