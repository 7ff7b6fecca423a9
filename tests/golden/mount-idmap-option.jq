# Maps written into the option; without a new user namespace the sandbox's side does it.
.mounts += [
	{ destination: "/a", source: "/srv/a", options: ["bind", "idmap=uids=0-1000-1#1-2000-5;gids=0-1000-1"] },
	{ destination: "/b", source: "/srv/b", options: ["rbind", "ridmap=uids=@0-1000-1;gids=@0-1000-1"] }
]
