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
			check_refuse(check_at(c, "/linux/resources/devices/%zu/access", i),
				     "\"%s\" is not a set of accesses", access)
				->hint = "it is made of r (read), w (write) and m (mknod), each at most once";
			break;
		}
	}
}

static void check_memory(struct check *c, const struct spec_memory *m)
{
	if (!m || !m->limit.set || m->limit.v <= 0)
		return;
	if (m->swap.set && m->swap.v >= 0 && m->swap.v < m->limit.v)
		check_refuse(check_at(c, "/linux/resources/memory/swap"), "swap (%lld) is below limit (%lld)",
			     (long long)m->swap.v, (long long)m->limit.v)
			->hint = "swap counts memory and swap space together";
	if (m->reservation.set && m->reservation.v > m->limit.v)
		check_refuse(check_at(c, "/linux/resources/memory/reservation"),
			     "reservation (%lld) is above limit (%lld)", (long long)m->reservation.v,
			     (long long)m->limit.v);
}

static void check_cpu(struct check *c, const struct spec_cpu *cpu)
{
	if (!cpu)
		return;
	if (cpu->cpus && !check_is_cpu_list(cpu->cpus))
		check_refuse(check_at(c, "/linux/resources/cpu/cpus"), "\"%s\" is not a list of processors",
			     cpu->cpus)
			->hint = "write it as in \"0-3,7\"";
	if (cpu->mems && !check_is_cpu_list(cpu->mems))
		check_refuse(check_at(c, "/linux/resources/cpu/mems"), "\"%s\" is not a list of nodes",
			     cpu->mems)
			->hint = "write it as in \"0-1\"";
	if (cpu->period.set && cpu->period.v && (cpu->period.v < 1000 || cpu->period.v > 1000000))
		check_refuse(check_at(c, "/linux/resources/cpu/period"),
			     "the period must be 1000 to 1000000 microseconds");
	if (cpu->quota.set && cpu->quota.v > 0 && cpu->quota.v < 1000)
		check_refuse(check_at(c, "/linux/resources/cpu/quota"),
			     "the quota must be at least 1000 microseconds")
			->hint = "-1 means no limit";
	if (cpu->burst.set && cpu->quota.set && cpu->quota.v > 0 && cpu->burst.v > (uint64_t)cpu->quota.v)
		check_refuse(check_at(c, "/linux/resources/cpu/burst"), "burst is above quota");
}

static bool is_page_size(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && *s != '0' && s[n] && strchr("KMG", s[n]) && !strcmp(s + n + 1, "B");
}

static void check_hugepages(struct check *c, const struct hugepage_list *list)
{
	struct named *v = arena_array(c->a, list->n, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const char *size = list->v[i].page_size;

		if (!size)
			continue;
		check_at(c, "/linux/resources/hugepageLimits/%zu/pageSize", i);
		if (!is_page_size(size))
			check_refuse(c, "\"%s\" is not the size of a page", size)->hint =
				"write it as in \"2MB\" or \"1GB\"";
		v[n++] = (struct named){ .name = size, .pointer = c->pointer };
	}
	check_unique(c, v, n, "the page size");
}

static void check_weight(struct check *c, const struct opt_u64 *w, const char *field)
{
	if (w->set && w->v && w->v < 10)
		check_refuse(check_at(c, "/linux/resources/blockIO/%s", field), "a weight is 10 to 1000");
}

/* "You MUST specify at least one of weight or leafWeight in a given entry" */
static void check_weight_devices(struct check *c, const struct block_device_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (!list->v[i].weight.set && !list->v[i].leaf_weight.set)
			check_refuse(check_at(c, "/linux/resources/blockIO/weightDevice/%zu", i),
				     "the device has neither a weight nor a leafWeight");
}

static void check_rdma(struct check *c, const struct rdma_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (!list->v[i].hca_handles.set && !list->v[i].hca_objects.set)
			check_refuse(check_at(c, "/linux/resources/rdma/%s", list->v[i].device),
				     "the device has neither hcaHandles nor hcaObjects");
}

static void check_unified(struct check *c, const struct kv_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *key = list->v[i].key;

		if (strchr(key, '/') || !strchr(key, '.') || *key == '.')
			check_refuse(check_at(c, "/linux/resources/unified"),
				     "\"%s\" is not the name of a cgroup file", key)
				->hint = "it is written as in \"memory.high\"";
	}
}

void check_resources(struct check *c)
{
	const struct spec_resources *r = c->s->linux_->resources;

	if (!r)
		return;
	check_rules(c, &r->devices);
	check_memory(c, r->memory);
	check_cpu(c, r->cpu);
	check_hugepages(c, &r->hugepage_limits);
	check_unified(c, &r->unified);
	check_rdma(c, &r->rdma);
	if (r->block_io) {
		check_weight(c, &r->block_io->weight, "weight");
		check_weight(c, &r->block_io->leaf_weight, "leafWeight");
		check_weight_devices(c, &r->block_io->weight_device);
	}
}
