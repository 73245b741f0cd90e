/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list of what is forbidden, not of what is allowed: libraries and the C
 * library itself take new system calls with every release, and none of those
 * below.  What is forbidden fails as if the kernel did not permit it.
 */
#include "config.h"

#include "milter/sandbox_private.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#ifdef HAVE_SECCOMP
#include <seccomp.h>

/* clang-format off */
static const char *const denied[] = {
	/* Another program. */
	"execve", "execveat",
	/* Other processes, their memory and descriptors. */
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd",
	/* Views of the file system, and ways around it. */
	"mount", "umount", "umount2", "pivot_root", "chroot", "move_mount", "mount_setattr", "open_tree",
	"fsopen", "fsconfig", "fsmount", "fspick", "name_to_handle_at", "open_by_handle_at",
	"mknod", "mknodat", "quotactl", "quotactl_fd",
	/* Namespaces. */
	"unshare", "setns",
	/* The kernel: modules, another one, its log, its clock, its swap, its name. */
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
	"syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "swapon", "swapoff",
	"sethostname", "setdomainname", "acct", "iopl", "ioperm", "modify_ldt", "vhangup",
	/* Where the kernel had most of its holes. */
	"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
	"add_key", "request_key", "keyctl", "personality", "lookup_dcookie",
};
/* clang-format on */

/* A call that this kernel or machine does not have need not be denied. */
static int
deny(scmp_filter_ctx filter, const char *name, unsigned count, const struct scmp_arg_cmp *args)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR)
		return 0;
	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), number, count, args);
}

/* Resolvers take netlink to find out which addresses this host has. */
static int
deny_sockets(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp beyond = SCMP_A0(SCMP_CMP_GT, AF_NETLINK, 0);
	int r = deny(filter, "socket", 1, &beyond);

	for (unsigned family = AF_UNSPEC; r == 0 && family < AF_NETLINK; family++) {
		const struct scmp_arg_cmp this = SCMP_A0(SCMP_CMP_EQ, family, 0);

		if (family != AF_UNIX && family != AF_INET && family != AF_INET6)
			r = deny(filter, "socket", 1, &this);
	}
	return r;
}

static int
deny_code(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp becomes = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);
	const struct scmp_arg_cmp both =
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC, PROT_WRITE | PROT_EXEC);

	if (deny(filter, "mprotect", 1, &becomes) != 0 ||
	    deny(filter, "pkey_mprotect", 1, &becomes) != 0)
		return -1;
	return deny(filter, "mmap", 1, &both);
}

/*
 * The flags of clone3() lie in memory, where no filter sees them: without it
 * the C library makes threads by clone().
 */
static int
deny_namespaces(scmp_filter_ctx filter)
{
	static const int flags[] = {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
	    CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET};
	int clone3 = seccomp_syscall_resolve_name("clone3"), r = 0;

	if (clone3 != __NR_SCMP_ERROR)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), clone3, 0);
	for (size_t i = 0; r == 0 && i < sizeof flags / sizeof *flags; i++) {
		const scmp_datum_t flag = (scmp_datum_t)flags[i];
		const struct scmp_arg_cmp has = SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag);

		r = deny(filter, "clone", 1, &has);
	}
	return r;
}

static int
deny_all(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
		if (deny(filter, denied[i], 0, NULL) != 0)
			return -1;
	if (deny_sockets(filter) != 0 || deny_code(filter) != 0)
		return -1;
	return deny_namespaces(filter);
}

int
calls_deny(struct buf *why)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	if (filter == NULL || deny_all(filter) != 0) {
		buf_puts(why, "seccomp: no filter can be made");
		seccomp_release(filter);
		return -1;
	}
	/* A tree instead of a chain; older libraries do not know it. */
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	r = seccomp_load(filter);
	if (r != 0)
		buf_printf(why, "seccomp: %s", strerror(-r));
	seccomp_release(filter);
	return r == 0 ? 0 : -1;
}

#else

int
calls_deny(struct buf *why)
{
	buf_puts(why, "seccomp: bailey was built without libseccomp");
	return -1;
}

#endif
