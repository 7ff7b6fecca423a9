/* SPDX-License-Identifier: Apache-2.0 */
/* The limits that are lists, by device, page size, interface or file. */
#include "limits_make.h"

static const struct controller blkio = { "blkio", "io" };
static const struct controller hugetlb = { "hugetlb", "hugetlb" };
static const struct controller rdma = { "rdma", "rdma" };
static const struct controller net_cls = { "net_cls", NULL };
static const struct controller net_prio = { "net_prio", NULL };

/* ---- blockIO */

unsigned limits_io_weight(uint64_t weight)
{
	return weight < 10 ? 1 : weight > 1000 ? 10000 : (unsigned)(1 + (weight - 10) * 9999 / 990);
}

/* BFQ's files are there with that scheduler; io.weight is that of iocost, blkio.weight the one of old CFQ. */
static void add_weight(struct make *m, const char *device, uint64_t weight, const char *field)
{
	static const struct place file = { "blkio.bfq.weight", "io.bfq.weight", NULL };
	const char *value = arena_printf(m->a, "%s%llu", device, (unsigned long long)weight);
	enum hierarchy where = make_find(m, &blkio, &file, field);
	struct limit *w;

	if (where == AT_V2) {
		w = make_add(m, "io", file.v2, value, field);
		w->alt_file = "io.weight";
		w->alt_value = arena_printf(m->a, "%s%u", device, limits_io_weight(weight));
	} else if (where == AT_V1) {
		w = make_add(m, "blkio", *device ? "blkio.bfq.weight_device" : file.v1, value, field);
		w->alt_file = *device ? "blkio.weight_device" : "blkio.weight";
		w->alt_value = value;
	}
}

static void add_leaf_weight(struct make *m, const char *device, uint64_t weight, const char *field)
{
	static const struct place file = { "blkio.leaf_weight", NULL, "weight for the leaf of a group" };

	if (make_find(m, &blkio, &file, field) == AT_V1)
		make_add(m, "blkio", *device ? "blkio.leaf_weight_device" : file.v1,
			 arena_printf(m->a, "%s%llu", device, (unsigned long long)weight), field);
}

static const char *device_text(struct make *m, const struct spec_block_device *d)
{
	return arena_printf(m->a, "%lld:%lld ", (long long)d->major, (long long)d->minor);
}

static void add_weight_devices(struct make *m, const struct block_device_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct spec_block_device *d = &list->v[i];
		const char *device = device_text(m, d);

		if (d->weight.v)
			add_weight(m, device, d->weight.v,
				   arena_printf(m->a, "blockIO/weightDevice/%zu/weight", i));
		if (d->leaf_weight.v)
			add_leaf_weight(m, device, d->leaf_weight.v,
					arena_printf(m->a, "blockIO/weightDevice/%zu/leafWeight", i));
	}
}

/* A rate of zero is no limit: v1 takes the zero for that, cgroup2 the word. */
static void add_throttle(struct make *m, const struct block_device_list *list, const char *name,
			 const char *file, const char *key)
{
	const struct place places = { file, "io.max", NULL };

	for (size_t i = 0; i < list->n; i++) {
		const char *field = arena_printf(m->a, "blockIO/%s/%zu/rate", name, i);
		const char *device = device_text(m, &list->v[i]);
		unsigned long long rate = list->v[i].rate.v;

		switch (make_find(m, &blkio, &places, field)) {
		case AT_V1:
			make_add(m, "blkio", file, arena_printf(m->a, "%s%llu", device, rate), field);
			break;
		case AT_V2:
			make_add(m, "io", places.v2,
				 rate ? arena_printf(m->a, "%s%s=%llu", device, key, rate)
				      : arena_printf(m->a, "%s%s=max", device, key),
				 field);
			break;
		default: break;
		}
	}
}

void make_block_io(struct make *m)
{
	const struct spec_block_io *b = m->r->block_io;

	if (!b)
		return;
	if (b->weight.v)
		add_weight(m, "", b->weight.v, "blockIO/weight");
	if (b->leaf_weight.v)
		add_leaf_weight(m, "", b->leaf_weight.v, "blockIO/leafWeight");
	add_weight_devices(m, &b->weight_device);
	add_throttle(m, &b->throttle_read_bps, "throttleReadBpsDevice", "blkio.throttle.read_bps_device",
		     "rbps");
	add_throttle(m, &b->throttle_write_bps, "throttleWriteBpsDevice", "blkio.throttle.write_bps_device",
		     "wbps");
	add_throttle(m, &b->throttle_read_iops, "throttleReadIOPSDevice", "blkio.throttle.read_iops_device",
		     "riops");
	add_throttle(m, &b->throttle_write_iops, "throttleWriteIOPSDevice",
		     "blkio.throttle.write_iops_device", "wiops");
}

/* ---- hugepageLimits */

/*
 * Reservations first, as the runtime-spec wants it: under a limit of faults alone mmap(2) succeeds, and the
 * first touch of a page too many is a SIGBUS. Kernels before 5.7 have no such file.
 */
void make_hugepages(struct make *m)
{
	static const struct place some = { "", "", NULL };

	for (size_t i = 0; i < m->r->hugepage_limits.n; i++) {
		const struct spec_hugepage_limit *h = &m->r->hugepage_limits.v[i];
		const char *field = arena_printf(m->a, "hugepageLimits/%zu/limit", i), *suffix;
		const char *value = arena_printf(m->a, "%llu", (unsigned long long)h->limit);
		enum hierarchy where = make_find(m, &hugetlb, &some, field);
		struct limit *w;

		if (where == AT_NONE)
			continue;
		suffix = where == AT_V2 ? "max" : "limit_in_bytes";
		w = make_add(m, "hugetlb", arena_printf(m->a, "hugetlb.%s.rsvd.%s", h->page_size, suffix),
			     value, field);
		w->flags = LIMIT_IF_THERE;
		make_add(m, "hugetlb", arena_printf(m->a, "hugetlb.%s.%s", h->page_size, suffix), value,
			 field);
	}
}

/* ---- network */

void make_network(struct make *m)
{
	static const struct place classid = { "net_cls.classid", NULL, "class for packets (net_cls)" };
	static const struct place ifpriomap = { "net_prio.ifpriomap", NULL,
						"priorities of interfaces (net_prio)" };
	const struct spec_network_limits *net = m->r->network;

	if (!net)
		return;
	if (net->class_id.set && make_find(m, &net_cls, &classid, "network/classID") == AT_V1)
		make_add(m, net_cls.v1, classid.v1,
			 arena_printf(m->a, "%llu", (unsigned long long)net->class_id.v), "network/classID");
	for (size_t i = 0; i < net->priorities.n; i++) {
		const struct spec_if_priority *p = &net->priorities.v[i];
		const char *field = arena_printf(m->a, "network/priorities/%zu", i);

		if (make_find(m, &net_prio, &ifpriomap, field) != AT_V1)
			return; /* saying it once is enough */
		make_add(m, net_prio.v1, ifpriomap.v1, arena_printf(m->a, "%s %u", p->name, p->priority),
			 field);
	}
}

/* ---- rdma */

void make_rdma(struct make *m)
{
	static const struct place file = { "rdma.max", "rdma.max", NULL };

	for (size_t i = 0; i < m->r->rdma.n; i++) {
		const struct spec_rdma *d = &m->r->rdma.v[i];
		const char *field = arena_printf(m->a, "rdma/%s", d->device), *value = d->device;

		if (d->hca_handles.set)
			value = arena_printf(m->a, "%s hca_handle=%llu", value,
					     (unsigned long long)d->hca_handles.v);
		if (d->hca_objects.set)
			value = arena_printf(m->a, "%s hca_object=%llu", value,
					     (unsigned long long)d->hca_objects.v);
		if (make_find(m, &rdma, &file, field) != AT_NONE)
			make_add(m, "rdma", file.v1, value, field);
	}
}

/* ---- unified */

/* The controller of a cgroup2 file has to be there as well; "io" is called blkio in v1. */
static bool unified_ok(struct make *m, const char *controller, const char *field)
{
	static const char others[] = "unified is for cgroup v2; use the other fields of the resources";
	const struct cgroup_mount *v2 = layout_v2(m->l), *where = layout_controller(m->l, controller);

	if (!where && !strcmp(controller, "io"))
		where = layout_controller(m->l, "blkio");
	if (v2 && (where == v2 || !strcmp(controller, "cgroup")))
		return true;
	if (!v2)
		make_refuse(m, field, "this host has no cgroup v2")->hint = others;
	else if (where)
		make_refuse(m, field, "the %s controller of this host is in cgroup v1", where->options)
			->hint = others;
	else if (*v2->name)
		make_refuse(m, field, "the cgroup2 hierarchy of this host has no %s controller", controller)
			->hint = "only a controller that no v1 hierarchy is mounted with can be there";
	else
		make_no_controller(m, controller, field);
	return false;
}

/* "only the values for a single key can be written at a time" to a file of several lines */
static void add_lines(struct make *m, const char *controller, const struct kv *kv, const char *field)
{
	const char *line = kv->value;

	do {
		size_t n = strcspn(line, "\n");

		/* nothing at all is a value too: a cpuset's, made by a line break */
		if (n || line == kv->value)
			make_add(m, controller, kv->key, n ? arena_strndup(m->a, line, n) : "\n", field);
		line += n + (line[n] == '\n');
	} while (*line);
}

void make_unified(struct make *m)
{
	for (size_t i = 0; i < m->r->unified.n; i++) {
		const struct kv *kv = &m->r->unified.v[i];
		const char *controller = arena_strndup(m->a, kv->key, strcspn(kv->key, "."));
		const char *field = arena_printf(m->a, "unified/%s", kv->key);

		if (unified_ok(m, controller, field))
			add_lines(m, controller, kv, field);
	}
}
