/* SPDX-License-Identifier: Apache-2.0 */
#include "images.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "externals.h"
#include "fd.h"
#include "json_text.h"

#include <fcntl.h>
#include <string.h>

#define FILE_NAME "sbrun.json"

const struct images_namespace images_namespaces[IMAGES_NAMESPACES] = {
	{ NS_NETWORK, "net", "extRootNetNS" },
	{ NS_PID, "pid", "extRootPidNS" },
};

int images_write(struct arena *a, int images, const struct state *st, struct diags *dg)
{
	char *text = json_document(a, json_pack("{s:b}", "hasInit", st->has_init), JSON_COMPACT);
	CLEANUP_FD fd =
		openat(images, FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t len = text ? strlen(text) : 0;

	if (fd >= 0 && len && write(fd, text, len) == (ssize_t)len)
		return 0;
	diag_errno(dg, fd < 0 || len ? errno : ENOMEM, fd < 0 ? "openat" : "write", FILE_NAME,
		   "can't write to the directory of the images");
	return -1;
}

int images_read(int images, bool *has_init, struct diags *dg)
{
	CLEANUP_FD fd = openat(images, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	json_error_t err;
	json_t *doc;
	const json_t *v;

	if (fd < 0 && errno == ENOENT)
		return 0;
	doc = fd < 0 ? NULL : json_loadfd(fd, JSON_REJECT_DUPLICATES, &err);
	v = json_object_get(doc, "hasInit");
	if (!json_is_boolean(v)) {
		diag_error(dg, "the file \"%s\" of the checkpoint is not what sbrun wrote", FILE_NAME);
		json_decref(doc);
		return -1;
	}
	*has_init = json_is_true(v);
	json_decref(doc);
	return 0;
}

void images_forget(int images)
{
	unlinkat(images, FILE_NAME, 0);
	unlinkat(images, STDIO_FILE, 0);
}
