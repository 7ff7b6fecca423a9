/* SPDX-License-Identifier: Apache-2.0 */
/* The maps of "idmap=...". */
#include "../../runtime/idmap_option.h"
#include "../../spec/arena.h"
#include "tap.h"

static struct id_maps uids, gids;
static struct id_map map[] = { { 0, 100000, 1000 }, { 1000, 500000, 10 } };

static const char *parse(struct arena *a, const char *text)
{
	struct id_maps host = { map, 2 };

	return idmap_option_parse(a, text, &host, &host, &uids, &gids);
}

static bool is(const struct id_maps *m, size_t i, uint32_t in, uint32_t out, uint32_t size)
{
	return i < m->n && m->v[i].container == in && m->v[i].host == out && m->v[i].size == size;
}

int main(void)
{
	static const char *const bad[] = {
		"", "uids=0-1-1", "gids=0-1-1", "uids=;gids=0-1-1", "uids=@;gids=0-1-1", "uids=0-1;gids=0-1-1",
		"uids=0-1-0;gids=0-1-1", "uids=0-1-1-1;gids=0-1-1", "uids=0-1-1#;gids=", "uids=x-1-1;gids=0-1-1",
		"uids=0-1-1;gids=0-1-1;uids=1-2-1", "uids=0-1-1;gids=0-1-1;x=1", "uids=4294967295-0-1;gids=0-1-1",
		"uids=0-4294967294-2;gids=0-1-1", "uids=@0-995-10;gids=0-1-1", "uids=@0-1010-1;gids=0-1-1",
		"uids=0:1:1;gids=0-1-1", "uids=-1-1-1;gids=0-1-1",
	};
	struct arena *a = arena_create();

	ok(!parse(a, "uids=0-1000-1#5-7-3;gids=1-2-4294967293") && uids.n == 2 && is(&uids, 0, 0, 1000, 1) &&
		   is(&uids, 1, 5, 7, 3) && is(&gids, 0, 1, 2, 4294967293u),
	   "absolute");
	ok(!parse(a, "uids=@0-5-10#20-1000-10;gids=0-5-10") && is(&uids, 0, 0, 100005, 10) &&
		   is(&uids, 1, 20, 500000, 10) && is(&gids, 0, 0, 5, 10),
	   "relative");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(parse(a, bad[i]) != NULL, bad[i]);
	arena_destroy(a);
	return tap_end();
}
