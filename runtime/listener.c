/* SPDX-License-Identifier: Apache-2.0 */
#include "listener.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"
#include "json_text.h"
#include "message.h"
#include "procid.h"
#include "relay.h"
#include "version.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct agent agent_of(const struct spec *config, const struct state *st, enum status status)
{
	const struct spec_seccomp *sec = config->linux_->seccomp;

	if (!sec)
		return (struct agent){ 0 };
	return (struct agent){
		.path = sec->listener_path, .metadata = sec->listener_metadata, .state = st, .status = status
	};
}

static char *process_state(struct arena *a, const struct agent *agent, int pid)
{
	json_t *doc = json_object();

	json_object_set_new(doc, "ociVersion", json_string(OCI_VERSION_MAX));
	json_object_set_new(doc, "fds", json_pack("[s]", "seccompFd"));
	json_object_set_new(doc, "pid", json_integer(pid));
	if (agent->metadata)
		json_object_set_new(doc, "metadata", json_text(agent->metadata));
	json_object_set_new(doc, "state",
			    json_loads(state_oci_json(a, agent->state, agent->status, NULL), 0, NULL));
	return json_document(a, doc, JSON_COMPACT);
}

/* The descriptor goes with the first byte; a stream may take the rest in parts. */
static int send_state(int sock, const char *text, int fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { .buf = { 0 } };
	struct iovec iov = { (char *)text, strlen(text) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof control.buf };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	while (iov.iov_len) {
		ssize_t n = sendmsg(sock, &msg, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		iov.iov_base = (char *)iov.iov_base + n;
		iov.iov_len -= (size_t)n;
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
	}
	return 0;
}

static int hand_over(struct arena *a, const struct agent *agent, int sock, int pid, int fd, struct diags *dg)
{
	char *text = process_state(a, agent, pid);

	if (text && send_state(sock, text, fd) == 0)
		return 0;
	diag_errno(dg, text ? errno : ENOMEM, "sendmsg", agent->path,
		   "can't hand the seccomp listener to the agent");
	return -1;
}

int listener_hand_over(struct arena *a, const struct agent *agent, int ctl, int pidfd, struct plan_msg *m,
		       struct diags *dg)
{
	CLEANUP_FD sock = console_socket_connect(agent->path, dg);
	int fds[MESSAGE_FDS], r;

	if (sock < 0) {
		dg->last->what = "can't reach the seccomp agent";
		dg->last->hint = "linux.seccomp.listenerPath is the unix stream socket that it listens on";
		return -1;
	}
	if (message_reply(ctl, REPLY_GO) < 0 || (r = message_receive(ctl, m, fds)) == 0)
		return 0;
	if (r < 0) {
		diag_errno(dg, errno, "recvmsg", NULL, "can't get the seccomp listener");
		return -1;
	}
	if (m->type != MSG_LISTENER)
		r = 1;
	else if ((r = hand_over(a, agent, sock, pidfd_pid(pidfd), fds[0], dg)) == 0)
		message_reply(ctl, REPLY_GO); /* one that is gone shows at the next receive */
	for (int i = 0; i < MESSAGE_FDS; i++)
		fd_close(&fds[i]);
	return r;
}
