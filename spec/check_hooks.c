/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"

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
	for (int at = 0; at < HOOK__COUNT; at++) {
		const struct hook_list *list = spec_hooks_at(c->s, (enum hook_point)at);

		for (size_t i = 0; i < list->n; i++)
			check_hook(c, &list->v[i],
				   check_text(c, "/hooks/%s/%zu", hook_point_name((enum hook_point)at), i));
	}
}
