# SPDX-License-Identifier: Apache-2.0
#
#   make                build/sbrun, with stage-2 inside; build/sbrun-systemd where libsystemd is
#   make check          every test; first installs what they need (or names the one command that does)
#   make check-guest    the tests that need another kernel: pure cgroup v2, systemd, AppArmor, SELinux
#   make check-orchestrators  podman, buildah, containerd, Docker, BuildKit and conmon, beside runc and crun;
#                       with TRIXIE=1 those of Debian 13 too
#   make demo           a sandbox's whole life, shown
#   make lint           layering, clang-tidy, cppcheck, shellcheck
#   make analyze        gcc's -fanalyzer over everything
#   make fuzz           libFuzzer (clang) on what parses; FUZZ_SECONDS=10 for each target, FUZZ=NAME... for some
#   make bench          sbrun beside crun, runc, bwrap and a bare C program; ROUNDS=100, CASES="exec state" (or all)
#   make install        to $(DESTDIR)$(PREFIX), with manual pages and completions
#   make docs           those two, in build/man and build/completions
#   make dist           a source tarball;  make deb: a Debian package, both in build/
#
# Settings: CC=gcc|clang  LINK=auto|static-pie|static|dynamic  WERROR=1  SAN=1  COV=1  V=1
#           CFLAGS and LDFLAGS are the caller's own and come last.

CC     ?= cc
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
# programs that only sbrun runs; it looks for them there, and beside itself
LIBEXECDIR ?= $(PREFIX)/libexec/sbrun
LINK   ?= auto
WERROR ?= 0
SAN    ?= 0
COV    ?= 0
FUZZER ?= 0
V      ?= 0
FUZZ_SECONDS ?= 10
PKG_CONFIG ?= pkg-config
OBJCOPY    ?= objcopy

VERSION := 0.1.0
# bytes; beyond that the build fails
STAGE2_MAX := 65536

ifeq ($(origin CC),default)
CC := cc
endif

# A sanitized or instrumented build never mixes with the real one.
ifeq ($(SAN),1)
O := build/san
else ifeq ($(COV),1)
O := build/cov
else ifeq ($(FUZZER),1)
O := build/fuzz
CC := clang
else
O := build
endif

comma := ,
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' '$(1)' '$(2)')

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all clean docs dist deb install uninstall check check-guest check-orchestrators demo lint analyze bench bench-quick setup \
	tests coverage fuzz fuzzers FORCE
all:

# Goals that only start a script or another make need no compiler.
NO_BUILD := clean setup dist deb check check-guest check-orchestrators demo lint analyze bench bench-quick coverage fuzz
ifneq ($(filter-out $(NO_BUILD),$(or $(MAKECMDGOALS),all)),)

# --------------------------------------------------------------------------------------- libraries

ifeq ($(shell command -v $(firstword $(CC))),)
$(error there is no compiler "$(firstword $(CC))": "make setup" installs what a build needs, "make demo" then builds and \
	shows sbrun; or give another one with CC=)
endif
LIBS := yajl jansson libseccomp libcap
ifneq ($(shell $(PKG_CONFIG) --exists $(LIBS) && echo yes),yes)
$(error the development files of $(LIBS) are needed: "make setup" installs them)
endif
LIB_CFLAGS   := $(shell $(PKG_CONFIG) --cflags $(LIBS))
LIBS_DYNAMIC := $(shell $(PKG_CONFIG) --libs $(LIBS)) -lm
# yajl names its static library differently, and its .pc file doesn't say so.
LIBS_STATIC  := $(patsubst -lyajl,-lyajl_s,$(shell $(PKG_CONFIG) --static --libs $(LIBS))) -lm

# Of the programs only this one speaks D-Bus; without the library sbrun has no systemd cgroup manager.
ifeq ($(shell $(PKG_CONFIG) --exists libsystemd && echo yes),yes)
SYSTEMD      := $(O)/sbrun-systemd
SYSTEMD_LIBS := $(shell $(PKG_CONFIG) --libs libsystemd)
else
$(info note: no development files of libsystemd (libsystemd-dev): sbrun-systemd is not built, so \
	"--cgroup-manager systemd" will not work)
endif
all: $(O)/sbrun $(SYSTEMD)

# --------------------------------------------------------------------------------------- the compiler

# $(call cc-has,FLAGS): the flags, if this compiler takes them without a word
cc-has = $(shell $(CC) -Werror $(1) -O2 -x c -c /dev/null -o /dev/null 2>/dev/null && echo '$(1)')
# $(call links,FLAGS): yes, if a program can be linked with them
links = $(shell echo 'int main(void){return 0;}' | $(CC) -x c - $(1) -o /dev/null 2>/dev/null && echo yes)

ifeq ($(LINK),auto)
MODE := $(if $(filter 1,$(SAN) $(FUZZER)),dynamic,$(or $(and $(call \
	links,-fPIE -static-pie $(LIBS_STATIC)),static-pie),dynamic))
else ifneq ($(filter $(LINK),static-pie static dynamic),)
MODE := $(LINK)
else
$(error LINK=$(LINK): auto, static-pie, static or dynamic)
endif

MODE_CFLAGS_static-pie  := -fPIE
MODE_LDFLAGS_static-pie := -static-pie
MODE_CFLAGS_static      := -fno-pie
MODE_LDFLAGS_static     := -static
MODE_CFLAGS_dynamic     := -fPIE
MODE_LDFLAGS_dynamic    := -pie
MODE_LIBS               := $(if $(filter dynamic,$(MODE)),$(LIBS_DYNAMIC),$(LIBS_STATIC))

WARN := -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla \
	$(if $(filter 1,$(WERROR)),-Werror)

X86 := $(filter x86_64% i%86%,$(shell $(CC) -dumpmachine))
ifeq ($(SAN),1)
HARDEN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LINK_HARDEN := -fsanitize=address,undefined
else ifeq ($(FUZZER),1)
HARDEN := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer
LINK_HARDEN := -fsanitize=address,undefined
else
HARDEN := -fstack-protector-strong $(call cc-has,-fstack-clash-protection) -U_FORTIFY_SOURCE \
	$(or $(call cc-has,-D_FORTIFY_SOURCE=3),-D_FORTIFY_SOURCE=2) \
	$(if $(X86),$(call cc-has,-fcf-protection)) $(call cc-has,-ftrivial-auto-var-init=zero)
LINK_HARDEN := -Wl,-z,relro,-z,now,-z,noexecstack
endif
COVERAGE := $(if $(filter 1,$(COV)),--coverage)

DEFINES     :=
BASE_CFLAGS := -std=c11 -D_GNU_SOURCE -O2 -g $(WARN) $(HARDEN) $(COVERAGE) $(LIB_CFLAGS) \
	-ffunction-sections -fdata-sections -DSBRUN_VERSION='"$(VERSION)"'
# The caller's flags come last and so win.
ALL_CFLAGS   = $(BASE_CFLAGS) $(MODE_CFLAGS_$(MODE)) $(CFLAGS)
ALL_LDFLAGS  = $(MODE_LDFLAGS_$(MODE)) $(LINK_HARDEN) $(COVERAGE) -Wl,--gc-sections $(LDFLAGS)

# What a sandbox's life executes stands together in the file, by a list that contrib/bench/hot makes: of the rest no page
# is ever read. And addresses to relocate are in a table of bits instead of one of 24 bytes each. A linker that knows
# nothing of either leaves all where it is.
layout = $(if $(call links,$(MODE_CFLAGS_$(MODE)) $(MODE_LDFLAGS_$(MODE)) $(LDFLAGS) -Wl$(comma)--fatal-warnings $(1)),$(1))
LAYOUT := $(call layout,-Wl$(comma)-T$(comma)runtime/hot.ld) \
	$(if $(filter static-pie,$(MODE)),$(call layout,-Wl$(comma)-z$(comma)pack-relative-relocs))

# Stage-2 has no libc, no thread-local storage and so no stack canary; at a fixed address it has no
# relocations to apply either. It is one read-execute segment and one for its variables: separate-code would
# pad the file with pages of zeroes, each of which costs a copy into the memfd. Loops must not become calls
# of memcpy, or memcpy would call itself.
S2_CFLAGS := -std=c11 -Os -g $(WARN) -ffreestanding -fno-builtin -fno-pie -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fomit-frame-pointer -fno-common \
	-ffunction-sections -fdata-sections -U_FORTIFY_SOURCE \
	$(call cc-has,-fno-tree-loop-distribute-patterns) $(call cc-has,-ftrivial-auto-var-init=zero) \
	$(if $(X86),$(call cc-has,-fcf-protection=none)) \
	$(if $(filter 1,$(SAN)),-fsanitize=undefined -fsanitize-undefined-trap-on-error)
S2_LDFLAGS := -nostdlib -nostartfiles -static -Wl,--gc-sections,--build-id=none,-e,_start \
	-Wl,-z,noexecstack,-z,noseparate-code,-z,norelro,--sort-section=name

# --------------------------------------------------------------------------------------- what to build

SBRUN_SRC := $(wildcard spec/*.c hooks/*.c runtime/*.c)
SBRUN_OBJ := $(SBRUN_SRC:%.c=$(O)/%.o) $(O)/runtime/stage2_blob.o
# Everything but main(): what the unit tests link with.
PARTS_OBJ := $(filter-out $(O)/runtime/main.o,$(SBRUN_OBJ))
S2_SRC    := $(wildcard runtime/stage2/*.c runtime/stage2/*.S)
S2_OBJ    := $(patsubst %,$(O)/%.o,$(basename $(S2_SRC)))
SYSTEMD_OBJ := $(patsubst %.c,$(O)/%.o,$(wildcard runtime/systemd/*.c))
UNIT      := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/*_test.c))
UNIT_HELP := $(patsubst %.c,$(O)/%.o,$(filter-out %_test.c,$(wildcard tests/unit/*.c)))
# One file prints the commit that it was built from; it alone is built again after each.
# In an unpacked tarball, which has no repository, git archive has written it.
COMMIT      := $(or $(shell git rev-parse --short=12 HEAD 2>/dev/null),$(shell grep -v Format contrib/commit | cut -c 1-12),unknown)
COMMIT_USER := $(patsubst %.c,$(O)/%.o,$(shell grep -ls SBRUN_COMMIT runtime/*.c))
# Another finds its helpers where they are installed to.
LIBEXEC_USER := $(patsubst %.c,$(O)/%.o,$(shell grep -ls SBRUN_LIBEXECDIR runtime/*.c))
# Small static programs that tests run inside and around sandboxes, and the benchmark's own.
TOOLS     := $(patsubst %.c,$(O)/%,$(wildcard tests/tools/*.c contrib/bench/*.c))
FLOOR     := $(O)/contrib/bench/floor
# Faults at every system call of a command.
FAULTS     := $(O)/tests/inject/faults
FAULTS_OBJ := $(patsubst %.c,$(O)/%.o,$(wildcard tests/inject/*.c))
# libFuzzer's targets, each with what they share.
FUZZ_HELP := $(patsubst %.c,$(O)/%.o,tests/fuzz/common.c tests/fuzz/mutate.c)
FUZZERS   := $(filter-out $(FUZZ_HELP:.o=),$(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/*.c)))
OBJDIRS   := $(sort $(dir $(SBRUN_OBJ) $(S2_OBJ) $(SYSTEMD_OBJ) $(UNIT) $(TOOLS) $(FAULTS) $(FUZZERS)))

# Everything depends on the flags: another compiler or link mode in the same tree rebuilds it.
STAMP := $(O)/flags
quote = '$(subst ','\'',$(1))'
FLAGS_NOW := $(CC) $(MODE) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(LAYOUT) $(S2_CFLAGS) $(S2_LDFLAGS)
$(STAMP): FORCE | $(OBJDIRS)
	@printf '%s\n' $(call quote,$(FLAGS_NOW)) >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(OBJDIRS):
	@mkdir -p $@

$(O)/commit: FORCE | $(OBJDIRS)
	@echo $(COMMIT) | cmp -s - $@ || echo $(COMMIT) >$@
$(COMMIT_USER): $(O)/commit
$(COMMIT_USER): DEFINES := -DSBRUN_COMMIT='"$(COMMIT)"'

$(O)/libexecdir: FORCE | $(OBJDIRS)
	@echo $(LIBEXECDIR) | cmp -s - $@ || echo $(LIBEXECDIR) >$@
$(LIBEXEC_USER): $(O)/libexecdir
$(LIBEXEC_USER): DEFINES := -DSBRUN_LIBEXECDIR='"$(LIBEXECDIR)"'

tests: $(O)/sbrun $(SYSTEMD) $(UNIT) $(TOOLS) $(FLOOR) $(FAULTS)
fuzzers: $(O)/sbrun $(O)/tests/unit/broken_test $(FUZZERS)

$(O)/sbrun: $(SBRUN_OBJ) runtime/hot.ld $(STAMP)
	$(call say,LINK,$@ ($(MODE)))
	$(Q)$(CC) $(ALL_CFLAGS) $(LAYOUT) $(ALL_LDFLAGS) -Wl,-Map=$@.map -o $@.new $(SBRUN_OBJ) $(MODE_LIBS)
	$(Q)mv $@.new $@ # at once: it may be running

# Linked dynamically whatever sbrun is: libsystemd has no static library.
$(O)/sbrun-systemd: $(SYSTEMD_OBJ) $(STAMP)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -fPIE -pie $(LINK_HARDEN) $(COVERAGE) -Wl,--gc-sections $(LDFLAGS) -o $@.new \
		$(SYSTEMD_OBJ) $(SYSTEMD_LIBS)
	$(Q)mv $@.new $@

$(O)/runtime/stage2_blob.o: runtime/stage2_blob.S $(O)/stage2.elf $(STAMP)
	$(call say,EMBED,$(O)/stage2.elf)
	$(Q)$(CC) -DSTAGE2_ELF='"$(O)/stage2.elf"' -c -o $@ $<

$(O)/stage2.elf: $(O)/stage2.debug
	$(call say,STRIP,$@)
	$(Q)$(OBJCOPY) --strip-all --remove-section=.comment --remove-section=.note.gnu.property $< $@
	$(Q)size=$$(wc -c <$@); echo "  stage-2 is $$size bytes"; \
	if [ "$$size" -gt $(STAGE2_MAX) ]; then \
		echo "stage-2 may have $(STAGE2_MAX) bytes at most: every sandbox copies it" >&2; exit 1; fi
	$(Q)$(OBJCOPY) -O binary --only-section=.data --only-section=.tdata $< $@.data; \
	if [ -s $@.data ]; then \
		echo "stage-2 has initialized data: a page of the file, and of every init (nm $<: d)" >&2; exit 1; fi; \
	rm $@.data

# With symbols, for gdb; never run.
$(O)/stage2.debug: $(S2_OBJ) $(STAMP)
	$(call say,LINK,$@)
	$(Q)$(CC) $(S2_CFLAGS) $(S2_LDFLAGS) -o $@ $(S2_OBJ)

$(O)/runtime/stage2/%.o: runtime/stage2/%.c $(STAMP)
	$(call say,CC,$<)
	$(Q)$(CC) $(S2_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/runtime/stage2/%.o: runtime/stage2/%.S $(STAMP)
	$(call say,AS,$<)
	$(Q)$(CC) $(S2_CFLAGS) -MMD -MP -c -o $@ $<

ifeq ($(COV),1)
$(patsubst %.c,$(O)/%.o,$(wildcard runtime/probe*.c)): DEFINES := -include tests/coverage.h
endif

# after the others', so that they win over LINK=static's
$(SYSTEMD_OBJ): DEFINES := -fPIE

$(O)/%.o: %.c $(STAMP)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(DEFINES) -MMD -MP -c -o $@ $<

$(UNIT): $(O)/%: $(O)/%.o $(UNIT_HELP) $(PARTS_OBJ) $(STAMP)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(UNIT_HELP) $(PARTS_OBJ) $(MODE_LIBS)

$(FUZZERS): $(O)/%: $(O)/%.o $(FUZZ_HELP) $(PARTS_OBJ) $(STAMP)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $< $(FUZZ_HELP) $(PARTS_OBJ) $(MODE_LIBS)

$(TOOLS): $(O)/%: %.c $(STAMP)
	$(call say,CC,$<)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O2 -g $(WARN) -MMD -MP -static -o $@ $<

$(FLOOR): $(wildcard contrib/bench/floor/*.[ch]) $(STAMP)
	$(call say,CC,contrib/bench/floor)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O2 -g $(WARN) -static -o $@ $(filter %.c,$^)

$(FAULTS): $(FAULTS_OBJ) $(STAMP)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(FAULTS_OBJ) $(MODE_LIBS)

-include $(wildcard $(SBRUN_OBJ:.o=.d) $(FAULTS_OBJ:.o=.d) $(S2_OBJ:.o=.d) $(SYSTEMD_OBJ:.o=.d) $(UNIT:=.d) \
	$(UNIT_HELP:.o=.d) $(TOOLS:=.d) $(FUZZERS:=.d) $(FUZZ_HELP:.o=.d))

# The ready-made hooks, whose own words say where they are.
HOOKS     := $(notdir $(wildcard hooks/ready/*))
HOOKS_DIR  = $(DESTDIR)$(LIBEXECDIR)/hooks

# Manual pages and completions are made of what the program says of itself.
DOCS := $(wildcard contrib/man/* contrib/completions/*) spec/config.md

$(O)/docs.done: $(O)/sbrun $(DOCS)
	$(call say,DOCS,$(O)/man $(O)/completions)
	$(Q)rm -rf $(O)/man $(O)/completions
	$(Q)contrib/man/build $(O)/sbrun $(O)/man && contrib/completions/build $(O)/sbrun $(O)/completions
	$(Q)touch $@

docs: $(O)/docs.done

# to, mode, file: one installed under its own name
put = mkdir -p $(DESTDIR)$(1) && install -m $(2) $(3) $(DESTDIR)$(1)/

# The installed programs are stripped; those in build/ keep their symbols.
install: $(O)/sbrun $(SYSTEMD) $(O)/docs.done
	$(call say,INSTALL,$(DESTDIR)$(BINDIR)/sbrun)
	$(Q)mkdir -p $(DESTDIR)$(BINDIR)
	$(Q)install -s -m 0755 $(O)/sbrun $(DESTDIR)$(BINDIR)/sbrun
ifneq ($(SYSTEMD),)
	$(call say,INSTALL,$(DESTDIR)$(LIBEXECDIR)/sbrun-systemd)
	$(Q)mkdir -p $(DESTDIR)$(LIBEXECDIR)
	$(Q)install -s -m 0755 $(SYSTEMD) $(DESTDIR)$(LIBEXECDIR)/sbrun-systemd
endif
	$(call say,INSTALL,$(HOOKS_DIR))
	$(Q)mkdir -p $(HOOKS_DIR)
	$(Q)for hook in $(HOOKS); do \
		rm -f $(HOOKS_DIR)/$$hook && \
		sed 's,/usr/local/libexec/sbrun/,$(LIBEXECDIR)/,' hooks/ready/$$hook >$(HOOKS_DIR)/$$hook && \
		chmod 0755 $(HOOKS_DIR)/$$hook || exit 1; done
	$(call say,INSTALL,$(DESTDIR)$(MANDIR))
	$(Q)$(call put,$(MANDIR)/man1,0644,$(O)/man/*.1)
	$(Q)$(call put,$(MANDIR)/man5,0644,$(O)/man/*.5)
	$(Q)$(call put,$(MANDIR)/man7,0644,$(O)/man/*.7)
	$(call say,INSTALL,completions)
	$(Q)$(call put,$(DATADIR)/bash-completion/completions,0644,$(O)/completions/sbrun)
	$(Q)$(call put,$(DATADIR)/zsh/site-functions,0644,$(O)/completions/_sbrun)
	$(Q)$(call put,$(DATADIR)/fish/vendor_completions.d,0644,$(O)/completions/sbrun.fish)

uninstall:
	rm -f $(DESTDIR)$(MANDIR)/man1/sbrun.1 $(DESTDIR)$(MANDIR)/man1/sbrun-*.1
	rm -f $(DESTDIR)$(MANDIR)/man5/sbrun.json.5 $(DESTDIR)$(MANDIR)/man7/sbrun-init.7
	rm -f $(DESTDIR)$(DATADIR)/bash-completion/completions/sbrun
	rm -f $(DESTDIR)$(DATADIR)/zsh/site-functions/_sbrun
	rm -f $(DESTDIR)$(DATADIR)/fish/vendor_completions.d/sbrun.fish
	rm -f $(DESTDIR)$(BINDIR)/sbrun $(DESTDIR)$(LIBEXECDIR)/sbrun-systemd
	rm -f $(HOOKS:%=$(HOOKS_DIR)/%)
	[ ! -d $(HOOKS_DIR) ] || rmdir --ignore-fail-on-non-empty $(HOOKS_DIR)
	[ ! -d $(DESTDIR)$(LIBEXECDIR) ] || rmdir --ignore-fail-on-non-empty $(DESTDIR)$(LIBEXECDIR)

endif

# --------------------------------------------------------------------------------------- goals by script

# In parallel, unless the caller said how.
SUB = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

setup:
	@sh contrib/setup build

check:
	@sh contrib/setup check
	@+$(SUB) tests
	@SBRUN_BUILD=$(O) tests/run

# What can't be installed here is a skip there.
check-guest:
	@sh contrib/setup check
	@sh contrib/setup guest || echo 'check-guest: suites that need these are skipped'
	@+$(SUB) tests
	@SBRUN_BUILD=$(O) tests/guest/run

# Every row of the tables with sbrun and with the references; clients that can't be installed are skips.
check-orchestrators:
	@sh contrib/setup check
	@sh contrib/setup orchestrators || echo 'check-orchestrators: clients that are missing are skipped'
	@+$(SUB) tests
	@ORCHESTRATORS=full TRIXIE=$(TRIXIE) SBRUN_BUILD=$(O) tests/run -v orchestrators/

demo:
	@sh contrib/setup demo
	@+$(SUB) all
	@SBRUN=$(O)/sbrun sh contrib/demo

# From the last commit, into build/.
dist:
	@contrib/package dist $(VERSION) build

deb:
	@sh contrib/setup deb
	@contrib/package deb $(VERSION) build

# Half a minute for each core.
analyze:
	@sh tests/analyze

bench:
	@+$(SUB) tests
	@SBRUN=$(O)/sbrun contrib/bench/run --rounds $(or $(ROUNDS),100) --json $(O)/bench.json --svg $(O)/bench.svg $(CASES)

# A first look, in seconds.
bench-quick:
	@+$(MAKE) -s bench ROUNDS=20 CASES="run run-cgroup create exec state kill"

lint:
	@sh tests/lint

# What it finds is kept in build/fuzz, with the command that shows it again.
fuzz:
	@+$(SUB) FUZZER=1 fuzzers
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(FUZZ)

# Lines and branches that the tests reach; stage-2 has no libc to write its counts with.
coverage:
	@+$(SUB) COV=1 LINK=dynamic tests
	@chmod -R a+rwX build/cov # ordinary users' runs add their counts
	@+$(SUB) COV=1 LINK=dynamic check || echo 'some tests failed: the figures are of what ran'
	@sh tests/coverage build/cov

clean:
	rm -rf build
