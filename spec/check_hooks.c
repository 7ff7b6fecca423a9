/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"

static const struct {
	const char *name;
	size_t offset;
} points[] = {
	{ "prestart", offsetof(struct spec_hooks, prestart) },
	{ "createRuntime", offsetof(struct spec_hooks, create_runtime) },
	{ "createContainer", offsetof(struct spec_hooks, create_container) },
	{ "startContainer", offsetof(struct spec_hooks, start_container) },
	{ "poststart", offsetof(struct spec_hooks, poststart) },
	{ "poststop", offsetof(struct spec_hooks, poststop) },
};

static void check_hook(struct check *c, const struct spec_hook *h, const char *pointer)
{
	check_absolute(check_at(c, "%s/path", pointer), h->path);
	for (size_t i = 0; i < h->env.n; i++)
		if (!strchr(h->env.v[i], '=') || h->env.v[i][0] == '=')
			check_refuse(check_at(c, "%s/env/%zu", pointer, i),
				     "\"%s\" is not of the form NAME=VALUE", h->env.v[i]);
}

void check_hooks(struct check *c)
{
	for (size_t k = 0; k < sizeof(points) / sizeof(points[0]); k++) {
		const struct hook_list *list =
			(const struct hook_list *)(const void *)((const char *)&c->s->hooks +
								 points[k].offset);

		for (size_t i = 0; i < list->n; i++)
			check_hook(c, &list->v[i], check_text(c, "/hooks/%s/%zu", points[k].name, i));
	}
}
