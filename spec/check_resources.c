/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources: values that no cgroup takes. What this host's cgroups take is the planner's question. */
#include <string.h>

#include "arena.h"
#include "check.h"

static void check_rules(struct check *c, const struct device_rule_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *access = list->v[i].access;

		if (!access)
			continue;
		for (size_t k = 0; access[k]; k++) {
			if (strchr("rwm", access[k]) && !memchr(access, access[k], k))
				continue;
			check_refuse(check_at(c, "%s/devices/%zu/access", c->resources, i),
				     "\"%s\" is not a set of accesses", access)
				->hint = "it is made of r (read), w (write) and m (mknod), each at most once";
			break;
		}
	}
}

/* "memory/limit" of the resources, wherever the document has them */
static struct check *at_field(struct check *c, const char *field)
{
	return check_at(c, "%s/%s", c->resources, field);
}

/* Zero stands for an absent value, as in the documents that Go programs write for an update. */
static void check_memory(struct check *c, const struct spec_memory *m, bool partial)
{
	if (!m)
		return;
	if (m->limit.v <= 0) {
		if (m->swap.v > 0 && !partial && !check_flawed(c, "%s/memory/limit", c->resources))
			check_refuse(at_field(c, "memory/swap"), "swap is given without a limit")->hint =
				"swap counts memory and swap space together; give limit as well, or -1 for swap";
		return;
	}
	if (m->swap.set && m->swap.v >= 0 && m->swap.v < m->limit.v)
		check_refuse(at_field(c, "memory/swap"), "swap (%lld) is below limit (%lld)",
			     (long long)m->swap.v, (long long)m->limit.v)
			->hint = "swap counts memory and swap space together";
	if (m->reservation.set && m->reservation.v > m->limit.v)
		check_refuse(at_field(c, "memory/reservation"), "reservation (%lld) is above limit (%lld)",
			     (long long)m->reservation.v, (long long)m->limit.v);
}

static void check_cpu(struct check *c, const struct spec_cpu *cpu)
{
	if (!cpu)
		return;
	if (cpu->cpus && !check_is_cpu_list(cpu->cpus))
		check_refuse(at_field(c, "cpu/cpus"), "\"%s\" is not a list of processors",
			     cpu->cpus)
			->hint = "write it as in \"0-3,7\"";
	if (cpu->mems && !check_is_cpu_list(cpu->mems))
		check_refuse(at_field(c, "cpu/mems"), "\"%s\" is not a list of nodes",
			     cpu->mems)
			->hint = "write it as in \"0-1\"";
	if (cpu->period.set && cpu->period.v && (cpu->period.v < 1000 || cpu->period.v > 1000000))
		check_refuse(at_field(c, "cpu/period"),
			     "the period must be 1000 to 1000000 microseconds");
	if (cpu->quota.set && cpu->quota.v > 0 && cpu->quota.v < 1000)
		check_refuse(at_field(c, "cpu/quota"),
			     "the quota must be at least 1000 microseconds")
			->hint = "-1 means no limit";
	if (cpu->burst.set && cpu->quota.set && cpu->quota.v > 0 && cpu->burst.v > (uint64_t)cpu->quota.v)
		check_refuse(at_field(c, "cpu/burst"), "burst is above quota");
	if (cpu->realtime_period.v && cpu->realtime_runtime.v > 0 &&
	    (uint64_t)cpu->realtime_runtime.v > cpu->realtime_period.v)
		check_refuse(at_field(c, "cpu/realtimeRuntime"), "realtimeRuntime is above realtimePeriod");
}

/* As the kernel writes it into its files' names: a power of two, below 1024 where a larger unit would do. */
static bool is_page_size(const char *s)
{
	size_t n = strspn(s, "0123456789");
	unsigned v = 0;

	if (!n || n > 4 || *s == '0' || !s[n] || !strchr("KMG", s[n]) || strcmp(s + n + 1, "B") != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (unsigned)(s[i] - '0');
	return !(v & (v - 1)) && (v < 1024 || s[n] == 'G');
}

static void check_hugepages(struct check *c, const struct hugepage_list *list)
{
	struct named *v = arena_array(c->a, list->n, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const char *size = list->v[i].page_size;

		if (!size)
			continue;
		check_at(c, "%s/hugepageLimits/%zu/pageSize", c->resources, i);
		if (!is_page_size(size))
			check_refuse(c, "\"%s\" is not the size of a page", size)->hint =
				"write it as in \"2MB\" or \"1GB\"";
		v[n++] = (struct named){ .name = size, .pointer = c->pointer };
	}
	check_unique(c, v, n, "the page size");
}

static void check_weight(struct check *c, const struct opt_u64 *w, const char *field)
{
	if (w->v && w->v < 10)
		check_refuse(check_at(c, "%s/blockIO/%s", c->resources, field), "a weight is 10 to 1000");
}

/* "You MUST specify at least one of weight or leafWeight in a given entry" */
static void check_weight_devices(struct check *c, const struct block_device_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct spec_block_device *d = &list->v[i];

		if (!d->weight.v && !d->leaf_weight.v)
			check_refuse(check_at(c, "%s/blockIO/weightDevice/%zu", c->resources, i),
				     "the device has neither a weight nor a leafWeight");
		check_weight(c, &d->weight, check_text(c, "weightDevice/%zu/weight", i));
		check_weight(c, &d->leaf_weight, check_text(c, "weightDevice/%zu/leafWeight", i));
	}
}

/* The kernel keeps a number of operations in 32 bits, and cgroup v1 cuts a larger one off. */
static void check_iops(struct check *c, const struct block_device_list *list, const char *field)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].rate.v > UINT32_MAX)
			check_refuse(check_at(c, "%s/blockIO/%s/%zu/rate", c->resources, field, i),
				     "a rate of operations is 0 to 4294967295")
				->hint = "0 means no limit";
}

static void check_block_io(struct check *c, const struct spec_block_io *b)
{
	if (!b)
		return;
	check_weight(c, &b->weight, "weight");
	check_weight(c, &b->leaf_weight, "leafWeight");
	check_weight_devices(c, &b->weight_device);
	check_iops(c, &b->throttle_read_iops, "throttleReadIOPSDevice");
	check_iops(c, &b->throttle_write_iops, "throttleWriteIOPSDevice");
}

/* Names go to the kernel with a blank and the value behind them. */
static bool is_one_word(const char *s, size_t longest)
{
	return *s && strlen(s) <= longest && !s[strcspn(s, " \t\n\v\f\r/~")];
}

static void check_network(struct check *c, const struct spec_network_limits *net)
{
	struct named *v = net ? arena_array(c->a, net->priorities.n, sizeof(*v)) : NULL;
	size_t n = 0;

	for (size_t i = 0; net && i < net->priorities.n; i++) {
		const char *name = net->priorities.v[i].name;

		if (!name)
			continue;
		check_at(c, "%s/network/priorities/%zu/name", c->resources, i);
		if (!is_one_word(name, 15)) /* IFNAMSIZ - 1 */
			check_refuse(c, "\"%s\" is not the name of a network interface", name);
		v[n++] = (struct named){ .name = name, .pointer = c->pointer };
	}
	check_unique(c, v, n, "the interface");
}

static void check_rdma(struct check *c, const struct rdma_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct spec_rdma *d = &list->v[i];

		if (!is_one_word(d->device, 63)) /* IB_DEVICE_NAME_MAX - 1 */
			check_refuse(at_field(c, "rdma"), "\"%s\" is not the name of a device", d->device);
		else if (!d->hca_handles.set && !d->hca_objects.set)
			check_refuse(check_at(c, "%s/rdma/%s", c->resources, d->device),
				     "the device has neither hcaHandles nor hcaObjects");
	}
}

/* Files that don't limit anything, but move, stop or kill processes, or hand the group to others. */
static const char *const not_limits[] = { "cgroup.procs",  "cgroup.threads", "cgroup.subtree_control",
					  "cgroup.type",   "cgroup.freeze",  "cgroup.kill",
					  "memory.reclaim" };

static bool is_no_limit(const char *key)
{
	for (size_t i = 0; i < sizeof(not_limits) / sizeof(*not_limits); i++)
		if (!strcmp(key, not_limits[i]))
			return true;
	return false;
}

static bool is_cgroup_file(const char *key)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return *key != '.' && strchr(key, '.') && strlen(key) <= 255 && !key[strspn(key, letters)];
}

static void check_unified(struct check *c, const struct kv_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *key = list->v[i].key;

		if (!is_cgroup_file(key))
			check_refuse(at_field(c, "unified"), "\"%s\" is not the name of a cgroup file", key)
				->hint = "it is written as in \"memory.high\"";
		else if (is_no_limit(key))
			check_refuse(check_at(c, "%s/unified/%s", c->resources, key), "%s is not a limit",
				     key)
				->hint = "unified takes files that hold a limit or a weight; processes are the "
					 "runtime's to move";
	}
}

void check_resources(struct check *c, const struct spec_resources *r, bool partial)
{
	if (!r)
		return;
	check_rules(c, &r->devices);
	check_memory(c, r->memory, partial);
	check_cpu(c, r->cpu);
	check_hugepages(c, &r->hugepage_limits);
	check_network(c, r->network);
	check_unified(c, &r->unified);
	check_rdma(c, &r->rdma);
	check_block_io(c, r->block_io);
}
