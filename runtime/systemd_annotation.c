/* SPDX-License-Identifier: Apache-2.0 */
/*
 * org.systemd.property.NAME. Annotations often come from somebody who may not start programs on
 * the host (a pod's author, an image), so it is a list of what may be set, each with its type,
 * and not of what may not.
 */
#include "systemd_unit.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "../spec/spec.h"
#include "gvariant.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "org.systemd.property."

static const struct known { const char *name, *type; } known[] = {
	/* systemd.resource-control(5) */
	{ "CPUAccounting", "b" }, { "MemoryAccounting", "b" }, { "TasksAccounting", "b" }, { "IOAccounting", "b" },
	{ "BlockIOAccounting", "b" }, { "IPAccounting", "b" },
	{ "CPUWeight", "t" }, { "StartupCPUWeight", "t" }, { "CPUShares", "t" }, { "StartupCPUShares", "t" },
	{ "CPUQuotaPerSecUSec", "t" }, { "CPUQuotaPeriodUSec", "t" },
	{ "AllowedCPUs", "ay" }, { "StartupAllowedCPUs", "ay" },
	{ "AllowedMemoryNodes", "ay" }, { "StartupAllowedMemoryNodes", "ay" },
	{ "MemoryMin", "t" }, { "MemoryLow", "t" }, { "StartupMemoryLow", "t" }, { "DefaultMemoryMin", "t" },
	{ "DefaultMemoryLow", "t" }, { "MemoryHigh", "t" }, { "StartupMemoryHigh", "t" }, { "MemoryMax", "t" },
	{ "StartupMemoryMax", "t" }, { "MemorySwapMax", "t" }, { "StartupMemorySwapMax", "t" },
	{ "MemoryZSwapMax", "t" }, { "StartupMemoryZSwapMax", "t" }, { "MemoryZSwapWriteback", "b" },
	{ "MemoryLimit", "t" }, { "TasksMax", "t" },
	{ "IOWeight", "t" }, { "StartupIOWeight", "t" }, { "BlockIOWeight", "t" }, { "StartupBlockIOWeight", "t" },
	{ "ManagedOOMSwap", "s" }, { "ManagedOOMMemoryPressure", "s" }, { "ManagedOOMPreference", "s" },
	{ "ManagedOOMMemoryPressureLimit", "u" }, { "ManagedOOMMemoryPressureDurationUSec", "t" },
	{ "MemoryPressureWatch", "s" }, { "MemoryPressureThresholdUSec", "t" }, { "CoredumpReceive", "b" },
	/* systemd.scope(5), systemd.kill(5) */
	{ "OOMPolicy", "s" }, { "RuntimeMaxUSec", "t" }, { "RuntimeRandomizedExtraUSec", "t" },
	{ "TimeoutStopUSec", "t" }, { "KillMode", "s" }, { "KillSignal", "i" }, { "RestartKillSignal", "i" },
	{ "FinalKillSignal", "i" }, { "WatchdogSignal", "i" }, { "SendSIGKILL", "b" }, { "SendSIGHUP", "b" },
	/* systemd.unit(5): what names other units only orders this one among them */
	{ "Description", "s" }, { "Documentation", "as" }, { "CollectMode", "s" }, { "DefaultDependencies", "b" },
	{ "After", "as" }, { "Before", "as" }, { "IgnoreOnIsolate", "b" }, { "SurviveFinalKillSignal", "b" },
	{ "RefuseManualStart", "b" }, { "RefuseManualStop", "b" }, { "StopWhenUnneeded", "b" },
	{ "JobTimeoutUSec", "t" }, { "JobRunningTimeoutUSec", "t" },
	{ "StartLimitIntervalUSec", "t" }, { "StartLimitBurst", "u" },
};

/* Why not: for the names that somebody may well think of. */
static const struct refused { const char *name; bool prefix, suffix; const char *why; } refused[] = {
	{ "Exec", .prefix = true, .why = "it has systemd run a command on the host" },
	{ "On", .prefix = true, .why = "it has systemd start another unit on the host" },
	{ "Action", .suffix = true, .why = "it has systemd act on the whole host" },
	{ "Wants", .why = "it has systemd start other units on the host" },
	{ "Requires", .why = "it has systemd start other units on the host" },
	{ "Requisite", .why = "it ties other units of the host to this one" },
	{ "BindsTo", .why = "it has systemd start other units on the host" },
	{ "PartOf", .why = "it ties other units of the host to this one" },
	{ "Upholds", .why = "it has systemd start other units on the host" },
	{ "Conflicts", .why = "it has systemd stop other units on the host" },
	{ "PropagatesStopTo", .why = "it has systemd stop other units on the host" },
	{ "Delegate", .prefix = true, .why = "sbrun sets it itself" },
	{ "Slice", .why = "sbrun sets it itself: it is the first part of linux.cgroupsPath" },
	{ "PIDs", .why = "sbrun sets it itself" },
	{ "Device", .prefix = true, .why = "sbrun sets it itself: linux.resources.devices has the rules" },
};

/* ---- which property ---- */

static bool matches(const struct refused *r, const char *name)
{
	size_t n = strlen(name), m = strlen(r->name);

	if (r->prefix)
		return !strncmp(name, r->name, m);
	return n >= m && !strcmp(name + (r->suffix ? n - m : 0), r->name);
}

static const char *why_refused(struct arena *a, const char *name)
{
	const char *names[sizeof known / sizeof *known + 1] = { NULL }, *close;

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (matches(&refused[i], name))
			return refused[i].why;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		names[i] = known[i].name;
	close = suggest(name, names);
	return close ? arena_printf(a, "did you mean " PREFIX "%s?", close)
		     : "sbrun takes the properties that bound, end or describe a scope, from a list of its own: "
		       "an annotation may not have systemd do anything else";
}

static const struct known *known_property(const char *name)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i].name, name))
			return &known[i];
	return NULL;
}

/* systemd's unit files have "TimeoutStopSec=", its D-Bus interface TimeoutStopUSec. */
static const char *usec_name(struct arena *a, const char *name)
{
	size_t n = strlen(name);

	if (n < 4 || strcmp(name + n - 3, "Sec") || name[n - 4] == 'U')
		return NULL;
	return arena_printf(a, "%.*sUSec", (int)(n - 3), name);
}

/* ---- its value: the text for sbrun-systemd, or NULL with what was wanted ---- */

static const char *seconds(struct arena *a, const struct gvariant *v)
{
	static const char zeroes[] = "000000";
	struct number whole = v->integer, part = { 0 };
	uint64_t usec;
	size_t n;

	if (v->kind == GV_FRACTION) {
		const char *point = strchr(v->text, '.');

		n = strlen(point + 1) > 6 ? 6 : strlen(point + 1); /* what is finer is cut off */
		if (number_parse(v->text, (size_t)(point - v->text), &whole) != NUMBER_OK ||
		    number_parse(arena_printf(a, "%.*s%s", (int)n, point + 1, zeroes + n), 6, &part) != NUMBER_OK)
			return NULL;
	} else if (v->kind != GV_INTEGER || whole.negative) {
		return NULL;
	}
	if (__builtin_mul_overflow(whole.magnitude, 1000000u, &usec) ||
	    __builtin_add_overflow(usec, part.magnitude, &usec))
		return NULL;
	return arena_printf(a, "%" PRIu64, usec);
}

static const char *integer(struct arena *a, const struct gvariant *v, int64_t low, uint64_t high)
{
	if (v->kind != GV_INTEGER || !number_in_range(v->integer, low, high))
		return NULL;
	return arena_printf(a, "%s%" PRIu64, v->integer.negative ? "-" : "", v->integer.magnitude);
}

static const char *strings(struct arena *a, const struct gvariant *v)
{
	char *text = "";

	for (size_t i = 0; i < v->n; i++) {
		if (v->items[i].kind != GV_STRING)
			return NULL;
		text = arena_printf(a, "%s%s\t", text, v->items[i].text);
	}
	return v->kind == GV_ARRAY ? text : NULL;
}

static const char *bytes(struct arena *a, const struct gvariant *v)
{
	char *text = arena_alloc(a, 2 * v->n + 1);

	for (size_t i = 0; i < v->n; i++) {
		if (v->items[i].kind != GV_INTEGER || !number_in_range(v->items[i].integer, 0, 255))
			return NULL;
		sprintf(text + 2 * i, "%02x", (unsigned)v->items[i].integer.magnitude);
	}
	return v->kind == GV_ARRAY ? text : NULL;
}

static const char *value_text(struct arena *a, const char *type, const struct gvariant *v,
			      const char **wanted)
{
	if (!strcmp(type, "b")) {
		*wanted = "true or false";
		return v->kind == GV_BOOLEAN ? (v->boolean ? "true" : "false") : NULL;
	}
	if (!strcmp(type, "s")) {
		*wanted = "a string in quotes";
		return v->kind == GV_STRING ? v->text : NULL;
	}
	if (!strcmp(type, "i")) {
		*wanted = "a whole number of 32 bits";
		return integer(a, v, INT32_MIN, INT32_MAX);
	}
	if (!strcmp(type, "u")) {
		*wanted = "a whole number of 32 bits, not below zero";
		return integer(a, v, 0, UINT32_MAX);
	}
	if (!strcmp(type, "t")) {
		*wanted = "a whole number, not below zero";
		return integer(a, v, 0, UINT64_MAX);
	}
	*wanted = !strcmp(type, "as") ? "an array of strings, as ['a', 'b']" : "an array of bytes, as [0x0f]";
	return !strcmp(type, "as") ? strings(a, v) : bytes(a, v);
}

/* ---- an annotation ---- */

static int refuse(const struct spec *s, const struct kv *kv, struct diags *dg, const char *hint,
		  const char *what)
{
	struct diag *d = diag_error(dg, "%s: %s", kv->key, what);

	spec_atf(s, d, "/annotations/%s", kv->key);
	d->hint = hint;
	return -1;
}

static int one(struct arena *a, const struct spec *s, const struct kv *kv, struct property_list *out,
	       struct diags *dg)
{
	const char *name = kv->key + strlen(PREFIX), *in_usec = usec_name(a, name), *wrong, *text, *wanted;
	const struct known *k = known_property(in_usec ? in_usec : name);
	struct gvariant v;

	if (!k)
		return refuse(s, kv, dg, why_refused(a, name), "this property of the unit can't be set by an annotation");
	wrong = gvariant_parse(a, kv->value, &v);
	if (wrong)
		return refuse(s, kv, dg, "the value is in GVariant's text format: 'text', true, 42, uint64 5, ['a', 'b']",
			      arena_printf(a, "can't read \"%s\": %s", kv->value, wrong));
	if (in_usec) {
		wanted = "seconds, a number that may have a fraction";
		text = seconds(a, &v);
	} else {
		text = value_text(a, k->type, &v, &wanted);
	}
	if (!text)
		return refuse(s, kv, dg, NULL, arena_printf(a, "wanted %s, not \"%s\"", wanted, kv->value));
	property_put(a, out, (struct property){ k->name, k->type, text });
	return 0;
}

int systemd_annotation_properties(struct arena *a, const struct spec *s, struct property_list *out,
				  struct diags *dg)
{
	int r = 0;

	for (size_t i = 0; i < s->annotations.n; i++)
		if (!strncmp(s->annotations.v[i].key, PREFIX, strlen(PREFIX)) &&
		    one(a, s, &s->annotations.v[i], out, dg) < 0)
			r = -1;
	return r;
}
