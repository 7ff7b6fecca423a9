/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces, and what belongs to one: id maps, time offsets, network devices. */
#include <string.h>

#include "arena.h"
#include "check.h"
#include "words.h"

static void check_list(struct check *c)
{
	struct namespace_list *list = &c->s->linux_->namespaces;
	size_t first[NS__COUNT] = { 0 }; /* position + 1 */

	for (size_t i = 0; i < list->n; i++) {
		struct spec_namespace *ns = &list->v[i];

		if (check_flawed(c, "/linux/namespaces/%zu", i))
			continue;
		if (first[ns->type])
			check_refuse(check_at(c, "/linux/namespaces/%zu/type", i),
				     "the namespace %s is listed twice, first as item %zu",
				     ns_type_name(ns->type), first[ns->type] - 1);
		else
			first[ns->type] = i + 1;
		check_absolute(check_at(c, "/linux/namespaces/%zu/path", i), ns->path);
	}
}

/* Ids are 32 bits, and the last one is none: a range must end at 4294967294 at the most. */
static bool fits(uint32_t first, uint32_t size)
{
	return (uint64_t)first + size <= UINT32_MAX;
}

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a < (uint64_t)b + b_size && b < (uint64_t)a + a_size;
}

static void check_overlaps(struct check *c, const struct id_maps *maps, size_t i, const char *pointer)
{
	const struct id_map *m = &maps->v[i];

	for (size_t k = 0; k < i; k++) {
		const struct id_map *o = &maps->v[k];

		if (overlap(m->container, m->size, o->container, o->size))
			check_refuse(check_at(c, "%s/%zu/containerID", pointer, i),
				     "the ids %u to %u overlap with those of item %zu", m->container,
				     m->container + m->size - 1, k);
		if (overlap(m->host, m->size, o->host, o->size))
			check_refuse(check_at(c, "%s/%zu/hostID", pointer, i),
				     "the ids %u to %u overlap with those of item %zu", m->host,
				     m->host + m->size - 1, k);
	}
}

void check_id_maps(struct check *c, const struct id_maps *maps, const char *pointer)
{
	for (size_t i = 0; i < maps->n; i++) {
		const struct id_map *m = &maps->v[i];

		if (check_flawed(c, "%s/%zu", pointer, i))
			continue;
		if (m->size == 0) {
			check_refuse(check_at(c, "%s/%zu/size", pointer, i), "a mapping of no ids");
		} else if (!fits(m->container, m->size) || !fits(m->host, m->size)) {
			check_refuse(check_at(c, "%s/%zu/size", pointer, i),
				     "the range goes beyond the last id, 4294967294")
				->hint = "containerID + size and hostID + size must be at most 4294967295";
		} else {
			check_overlaps(c, maps, i, pointer);
		}
	}
}

static void check_map_of(struct check *c, const struct spec_namespace *user, const struct id_maps *maps,
			 const char *name)
{
	const char *pointer = check_text(c, "/linux/%s", name);

	if (maps->n && !user && c->ns_sure)
		check_refuse(check_at(c, "%s", pointer), "%s without a user namespace", name)->hint =
			"add { \"type\": \"user\" } to linux.namespaces";
	else if (maps->n && user && user->path)
		check_refuse(check_at(c, "%s", pointer), "%s for a user namespace that is joined by path",
			     name)
			->hint = "it has its mappings already";
	check_id_maps(c, maps, pointer);
}

static void check_user(struct check *c)
{
	const struct spec_linux *l = c->s->linux_;
	const struct spec_namespace *user = c->ns_sure ? spec_namespace(c->s, NS_USER) : NULL;
	bool no_uids = !l->uid_maps.n && !check_flawed(c, "/linux/uidMappings");
	bool no_gids = !l->gid_maps.n && !check_flawed(c, "/linux/gidMappings");

	check_map_of(c, user, &l->uid_maps, "uidMappings");
	check_map_of(c, user, &l->gid_maps, "gidMappings");
	if (!user || user->path || (!no_uids && !no_gids))
		return;
	if (no_uids && no_gids)
		check_at(c, "/linux/namespaces/%zu", (size_t)(user - l->namespaces.v));
	else
		check_at(c, "/linux/%s", no_uids ? "uidMappings" : "gidMappings");
	check_refuse(c, "a new user namespace needs uidMappings and gidMappings")->hint =
		"for one id: [{ \"containerID\": 0, \"hostID\": YOUR ID, \"size\": 1 }] in each";
}

static void check_time(struct check *c)
{
	const struct spec_linux *l = c->s->linux_;
	const struct spec_namespace *ns = spec_namespace(c->s, NS_TIME);

	if (!l->time_monotonic && !l->time_boottime)
		return;
	check_at(c, "/linux/timeOffsets");
	check_need_ns(c, NS_TIME, "setting time offsets");
	if (ns && ns->path)
		check_refuse(c, "timeOffsets for a time namespace that is joined by path")->hint =
			"its offsets can't be changed any more";
}

static bool is_interface_name(const char *s)
{
	size_t n = strlen(s);

	/* "eth%d" is a template: the kernel finds the number */
	if (memchr(s, '%', n) && (n < 2 || strchr(s, '%') != s + n - 2 || s[n - 1] != 'd'))
		return false;
	return n && n < 16 && strcmp(s, ".") && strcmp(s, "..") && strcspn(s, "/: \t\n\v\f\r") == n;
}

static void check_net_devices(struct check *c)
{
	const struct net_device_list *list = &c->s->linux_->net_devices;
	struct named *v = arena_array(c->a, list->n, sizeof(*v));
	size_t n = 0;

	if (list->n)
		check_need_ns(check_at(c, "/linux/netDevices"), NS_NETWORK, "moving network devices");
	for (size_t i = 0; i < list->n; i++) {
		const struct spec_net_device *d = &list->v[i];
		const char *pointer = check_text(c, "/linux/netDevices/%s", d->host_name),
			   *name = d->host_name;

		if (!is_interface_name(name))
			check_refuse(check_at(c, "/linux/netDevices"),
				     "\"%s\" is not a name for a network interface", name);
		if (d->name) {
			name = d->name;
			pointer = check_text(c, "%s/name", pointer);
			if (!is_interface_name(name))
				check_refuse(check_at(c, "%s", pointer),
					     "\"%s\" is not a name for a network interface", name)
					->hint = "a name has up to 15 bytes, without space, '/' and ':'";
		}
		if (!strchr(name, '%'))
			v[n++] = (struct named){ .name = name, .pointer = pointer };
	}
	check_unique(c, v, n, "the interface name");
}

static void add_namespace(struct check *c, enum ns_type t)
{
	struct namespace_list *list = &c->s->linux_->namespaces;
	struct spec_namespace *v = arena_array(c->a, list->n + 1, sizeof(*v));

	if (list->n)
		memcpy(v, list->v, list->n * sizeof(*v));
	v[list->n].type = t;
	list->v = v;
	list->n++;
}

/*
 * sbrun.network says it in one word, linux.namespaces in the spec's own: the two must agree, and what
 * the word implies need not be listed. Where the list has errors nothing is known to contradict.
 */
void check_network_word(struct check *c)
{
	const struct spec_namespace *ns = spec_namespace(c->s, NS_NETWORK);
	const struct spec_sbrun *sb = &c->s->sbrun;
	bool host = sb->network == NETWORK_HOST;

	if (!sb->set_network || !c->ns_sure)
		return;
	if (ns && (host || ns->path)) {
		check_at(c, "/linux/namespaces/%zu", (size_t)(ns - c->s->linux_->namespaces.v));
		check_refuse(c, "the network namespace contradicts sbrun.network, which is \"%s\"",
			     words_network.v[sb->network])
			->hint = host ? "leave it out here: without one the caller's network is used"
				      : "leave out sbrun.network to join a namespace by its path";
		return;
	}
	if (!ns && !host)
		add_namespace(c, NS_NETWORK);
	if (sb->network == NETWORK_NONE && c->s->linux_->net_devices.n)
		check_refuse(check_at(c, "/linux/netDevices"),
			     "network devices contradict sbrun.network, which is \"none\"")
			->hint = "with \"loopback\" they can be moved into the sandbox";
}

void check_namespaces(struct check *c)
{
	check_list(c);
	check_user(c);
	check_time(c);
	check_net_devices(c);
}
