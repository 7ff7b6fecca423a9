# Hooks of all six kinds: each is a step of the runtime's, at its place in the sandbox's life.
def h(n): [{ path: ("/usr/libexec/" + n + "-one"), args: ["one", "--flag"], env: ["A=B"], timeout: 5 },
	{ path: ("/usr/libexec/" + n + "-two") }];
.hooks = { prestart: h("prestart"), createRuntime: h("createRuntime"), createContainer: h("createContainer"),
	startContainer: h("startContainer"), poststart: h("poststart"), poststop: h("poststop") }
| .linux.maskedPaths = ["/proc/kcore"]
