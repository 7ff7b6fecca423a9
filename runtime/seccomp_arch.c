/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The architectures of a filter. One that this machine's kernel can't run is left out: no call
 * ever carries its number, so a profile may list those of every machine that it is for.
 */
#include "seccomp_rules.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

enum { X32_BIT = 0x40000000, ARM_PRIVATE = 0x0f0000 };

static const struct {
	const char *name;
	unsigned machine; /* architectures of one machine have the same */
} known[] = {
	{ "SCMP_ARCH_X86", 1 },       { "SCMP_ARCH_X86_64", 1 },    { "SCMP_ARCH_X32", 1 },
	{ "SCMP_ARCH_ARM", 2 },       { "SCMP_ARCH_AARCH64", 2 },   { "SCMP_ARCH_LOONGARCH64", 3 },
	{ "SCMP_ARCH_M68K", 4 },      { "SCMP_ARCH_MIPS", 5 },      { "SCMP_ARCH_MIPS64", 5 },
	{ "SCMP_ARCH_MIPS64N32", 5 }, { "SCMP_ARCH_MIPSEL", 6 },    { "SCMP_ARCH_MIPSEL64", 6 },
	{ "SCMP_ARCH_MIPSEL64N32", 6 }, { "SCMP_ARCH_PARISC", 7 },  { "SCMP_ARCH_PARISC64", 7 },
	{ "SCMP_ARCH_PPC", 8 },       { "SCMP_ARCH_PPC64", 8 },     { "SCMP_ARCH_PPC64LE", 9 },
	{ "SCMP_ARCH_RISCV64", 10 },  { "SCMP_ARCH_S390", 11 },     { "SCMP_ARCH_S390X", 11 },
	{ "SCMP_ARCH_SH", 12 },       { "SCMP_ARCH_SHEB", 13 },
};

/* "SCMP_ARCH_X86_64" -> libseccomp's number for "x86_64"; 0: it knows none. */
static uint32_t token_of(const char *name)
{
	char lower[24];
	size_t n = 0;

	for (name += strlen("SCMP_ARCH_"); *name && n < sizeof lower - 1; name++)
		lower[n++] = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
	lower[n] = 0;
	return seccomp_arch_resolve_name(lower);
}

bool seccomp_arch_supported(const char *name)
{
	return token_of(name) != 0;
}

static unsigned native_machine(void)
{
	uint32_t native = seccomp_arch_native();

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (token_of(known[i].name) == native)
			return known[i].machine;
	return 0;
}

static unsigned machine_of(const char *name)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i].name, name))
			return known[i].machine;
	return 0;
}

static void add_arch(struct seccomp_archs *archs, uint32_t token)
{
	struct seccomp_arch *a = &archs->v[archs->n];

	for (unsigned i = 0; i < archs->n; i++)
		if (archs->v[i].token == token)
			return;
	*a = (struct seccomp_arch){ .token = token, .audit = token, .special = UINT32_MAX, .newest = -1 };
	a->narrow = !(token & __AUDIT_ARCH_64BIT) || token == SCMP_ARCH_X32 || token == SCMP_ARCH_MIPS64N32 ||
		    token == SCMP_ARCH_MIPSEL64N32;
	if (token == SCMP_ARCH_X86_64)
		a->special = X32_BIT;
	if (token == SCMP_ARCH_X32) {
		a->audit = SCMP_ARCH_X86_64;
		a->base = X32_BIT;
	}
	if (token == SCMP_ARCH_ARM)
		a->special = ARM_PRIVATE;
	archs->n++;
}

void seccomp_archs(const struct str_list *names, struct seccomp_archs *out)
{
	unsigned machine = native_machine();

	*out = (struct seccomp_archs){ 0 };
	add_arch(out, seccomp_arch_native());
	for (size_t i = 0; i < names->n && out->n < SECCOMP_ARCHS_MAX; i++)
		if (machine && machine_of(names->v[i]) == machine && token_of(names->v[i]))
			add_arch(out, token_of(names->v[i]));
}

/*
 * libseccomp answers a number below zero for calls that an architecture has not, and for those
 * that it also has as one call for many (socketcall, ipc): these have direct numbers as well,
 * above 300 where there are any.
 */
static int direct_number(uint32_t token, const char *name)
{
	for (int nr = 300; nr < 424; nr++) {
		char *found = seccomp_syscall_resolve_num_arch(token, nr);
		bool same = found && !strcmp(found, name);

		free(found);
		if (same)
			return nr;
	}
	return -1;
}

/* The call for many that `name` can be made by as well, by libseccomp's numbers for these: -101 is socket. */
static void note_gate(struct seccomp_arch *a, const char *name, int nr, bool conditions)
{
	struct seccomp_gate *gate = nr > -200 ? &a->socketcall : &a->ipc;
	int which = nr > -200 ? -nr - 100 : -nr - 200;
	int by = seccomp_syscall_resolve_name_rewrite(a->token, name);

	if (by < 0 || which < 1 || which > 31)
		return;
	gate->nr = (uint32_t)by;
	*(conditions ? &gate->guarded : &gate->open) |= 1u << which;
}

void seccomp_archs_note(struct seccomp_archs *archs, const char *name, bool conditions)
{
	for (unsigned i = 0; i < archs->n; i++) {
		struct seccomp_arch *a = &archs->v[i];
		int nr = seccomp_syscall_resolve_name_arch(a->token, name);

		if (nr < -100 && nr > -300)
			note_gate(a, name, nr, conditions);
		if (nr < -100 && nr > -300 && a->newest < 424)
			nr = direct_number(a->token, name);
		if (nr > a->newest && (uint32_t)nr < a->special)
			a->newest = nr;
	}
}
