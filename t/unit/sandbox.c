/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody would try who has taken the process over: each try in a child that has entered the sandbox. */
#include "config.h"

#include "milter/sandbox.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/scratch.h"
#include "t/tap.h"

static char top[SCRATCH_SIZE];
static char path[PATH_MAX], path2[PATH_MAX];

static const char *
at(const char *name)
{
	(void)snprintf(path, sizeof path, "%s/%s", top, name);
	return path;
}

static void
put(const char *name, const char *text)
{
	FILE *fp = fopen(at(name), "w");

	if (fp == NULL || fputs(text, fp) == EOF || fclose(fp) != 0)
		abort();
}

/* Those below: 0, or errno. */

static int
opens(const char *name, int flags)
{
	int fd = open(name[0] == '/' ? name : at(name), flags | O_CLOEXEC, 0600);

	return fd >= 0 ? close(fd) : errno;
}

static int
removes(const char *name, int unused)
{
	(void)unused;
	return unlink(at(name)) == 0 ? 0 : errno;
}

static int
empties(const char *name, int unused)
{
	(void)unused;
	return truncate(at(name), 0) == 0 ? 0 : errno;
}

static int
makes_folder(const char *name, int unused)
{
	(void)unused;
	return mkdir(at(name), 0700) == 0 ? 0 : errno;
}

/* As the store does with files it cannot use. */
static int
uses_state(const char *name, int unused)
{
	int r = opens("state/file", O_RDWR | O_CREAT | O_TRUNC);

	(void)unused;
	if (r != 0 || mkdir(at("state/bad"), 0700) != 0)
		return r != 0 ? r : errno;
	(void)snprintf(path2, sizeof path2, "%s/%s", top, name);
	if (rename(at("state/file"), path2) != 0 || unlink(path2) != 0)
		return errno;
	return rmdir(at("state/bad")) == 0 ? 0 : errno;
}

static int
runs(const char *program, int unused)
{
	char *const argv[] = {path, NULL};

	(void)unused;
	(void)execv(program, argv);
	return errno;
}

static int
runs_open(const char *program, int unused)
{
	char *const argv[] = {path, NULL};
	int fd = open(program, O_RDONLY | O_CLOEXEC);

	(void)unused;
	(void)syscall(SYS_execveat, fd, "", argv, NULL, AT_EMPTY_PATH);
	return errno;
}

static int
is_traced(const char *name, int unused)
{
	(void)name, (void)unused;
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : errno;
}

static int
reads_parent(const char *name, int unused)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {path, 1};

	(void)name, (void)unused;
	return process_vm_readv(getppid(), &here, 1, &there, 1, 0) == 1 ? 0 : errno;
}

static int
signals_parent(const char *name, int number)
{
	(void)name;
	return kill(getppid(), number) == 0 ? 0 : errno;
}

static int
unshares(const char *name, int flags)
{
	(void)name;
	return unshare(flags) == 0 ? 0 : errno;
}

static int
clones(const char *name, int flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0);

	(void)name;
	if (pid == 0)
		_exit(0);
	return pid > 0 ? 0 : errno;
}

static int
mounts(const char *where, int unused)
{
	(void)unused;
	return mount("none", where, "tmpfs", 0, NULL) == 0 ? 0 : errno;
}

static int
calls(const char *name, int number)
{
	(void)name;
	return syscall(number, 0, NULL, 0) >= 0 ? 0 : errno;
}

static int
socket_of(const char *name, int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)name;
	return fd >= 0 ? close(fd) : errno;
}

static int
listens(const char *name, int port)
{
	struct sockaddr_in any = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)name;
	return bind(fd, (struct sockaddr *)&any, sizeof any) == 0 ? close(fd) : errno;
}

static int
maps(const char *name, int protection)
{
	void *p = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)name;
	return p != MAP_FAILED ? 0 : errno;
}

static int
makes_code(const char *name, int protection)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)name;
	return mprotect(p, 4096, protection) == 0 ? 0 : errno;
}

static void *
nothing(void *arg)
{
	return arg;
}

static int
makes_thread(const char *name, int unused)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, nothing, NULL);

	(void)name, (void)unused;
	return r != 0 ? r : pthread_join(thread, NULL);
}

static int
looks_up(const char *host, int unused)
{
	struct addrinfo *found;

	(void)unused;
	if (getaddrinfo(host, "25", NULL, &found) != 0)
		return ENOENT;
	freeaddrinfo(found);
	return 0;
}

static int
loads(const char *library, int unused)
{
	(void)unused;
	return dlopen(library, RTLD_NOW) != NULL ? 0 : ELIBACC;
}

static int
may_gain(const char *name, int unused)
{
	(void)name, (void)unused;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? EPERM : 0;
}

#define CREATE (O_WRONLY | O_CREAT)

/* clang-format off */
/* version: of Landlock, where it takes that; 0: seccomp does it, or nothing need be done. */
static const struct attempt {
	const char	*what;
	int		 (*fn)(const char *, int);
	const char	*name;
	int		 number, wanted, version;
} attempts[] = {
	{"read /etc", opens, "/etc/passwd", O_RDONLY, 0, 0},
	{"read the configuration", opens, "etc/bailey.conf", O_RDONLY, 0, 0},
	{"read a table it names", opens, "tables/access", O_RDONLY, 0, 0},
	{"read what takes its place", opens, "tables/new", O_RDONLY, 0, 0},
	{"read what a table's configuration names", opens, "sql/data", O_RDONLY, 0, 0},
	{"read what sandbox-read names", opens, "more/x", O_RDONLY, 0, 0},
	{"write to /dev/null", opens, "/dev/null", O_RDWR, 0, 0},
	{"make, move, remove files of the state directory", uses_state, "state/bad/file", 0, 0, 0},
	{"remove its socket", removes, "run/sock", 0, 0, 0},
	{"make a thread", makes_thread, NULL, 0, 0, 0},
	{"look up a host", looks_up, "localhost", 0, 0, 0},
	{"load a library", loads, "libresolv.so.2", 0, 0, 0},
	{"open a socket for IPv6", socket_of, NULL, AF_INET6, 0, 0},
	{"open a Unix socket", socket_of, NULL, AF_UNIX, 0, 0},

	{"read anything else", opens, "secret", O_RDONLY, EACCES, 2},
	{"list another folder", opens, "", O_RDONLY | O_DIRECTORY, EACCES, 2},
	{"write to the configuration", opens, "etc/bailey.conf", O_WRONLY, EACCES, 2},
	{"write to /etc/passwd", opens, "/etc/passwd", O_WRONLY, EACCES, 2},
	{"make a file beside a table", opens, "tables/cron", CREATE, EACCES, 2},
	{"make a file beside the socket", opens, "run/new", CREATE, EACCES, 2},
	{"make a folder", makes_folder, "etc/x", 0, EACCES, 2},
	{"remove a table", removes, "tables/access", 0, EACCES, 2},
	{"empty a table", empties, "tables/access", 0, EACCES, 3},
	{"listen on a port", listens, NULL, 0, EACCES, 4},
	{"signal another process", signals_parent, NULL, 0, EPERM, 6},

	{"gain privileges by a program", may_gain, NULL, 0, EPERM, 0},
	{"run a program", runs, "/bin/true", 0, EPERM, 0},
	{"run what is open", runs_open, "/bin/true", 0, EPERM, 0},
	{"be traced", is_traced, NULL, 0, EPERM, 0},
	{"read another process", reads_parent, NULL, 0, EPERM, 0},
	{"make a namespace", unshares, NULL, CLONE_NEWUSER, EPERM, 0},
	{"clone into a namespace", clones, NULL, CLONE_NEWUSER, EPERM, 0},
	{"mount", mounts, "/mnt", 0, EPERM, 0},
	{"load a BPF program", calls, NULL, SYS_bpf, EPERM, 0},
	{"use io_uring", calls, NULL, SYS_io_uring_setup, EPERM, 0},
	{"see packets", socket_of, NULL, AF_PACKET, EPERM, 0},
	{"open a socket of X.25", socket_of, NULL, AF_X25, EPERM, 0},
	{"open a socket to a hypervisor", socket_of, NULL, AF_VSOCK, EPERM, 0},
	{"map memory that is writable and code", maps, NULL, PROT_READ | PROT_WRITE | PROT_EXEC, EPERM, 0},
	{"make memory code", makes_code, NULL, PROT_READ | PROT_EXEC, EPERM, 0},
};
/* clang-format on */

static void
make_house(void)
{
	static const char *const folders[] = {"etc", "run", "state", "tables", "sql", "more"};
	char text[PATH_MAX];

	scratch_make(top);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (mkdir(at(folders[i]), 0700) != 0)
			abort();
	put("run/sock", "");
	put("secret", "x");
	put("more/x", "x");
	put("tables/access", "a.example OK\n");
	put("tables/new", "a.example OK\n");
	put("sql/data", "");
	(void)snprintf(text, sizeof text, "dbpath = %s/sql/data\nquery = SELECT 1\n", top);
	put("etc/sqlite.cf", text);
}

static struct conf *
configure(const char *sandbox)
{
	char text[2000], *errors;
	struct conf *c;

	(void)snprintf(text, sizeof text,
	    "socket = \"unix:%s/run/sock\" control-socket = \"\" state-directory = \"%s/state\"\n"
	    "sandbox = %s sandbox-read = { \"%s/more\" }\n"
	    "access { table \"file:%s/tables/access\" {} table \"sqlite:%s/etc/sqlite.cf\" {} }\n",
	    top, top, sandbox, top, top, top);
	put("etc/bailey.conf", text);
	c = conf_load(at("etc/bailey.conf"), &errors);
	if (c == NULL) {
		tap_note("%s", errors);
		abort();
	}
	return c;
}

static long
landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* What that returns in a child that has entered, -1: it could not. */
static int
inside(const char *sandbox, const struct attempt *a)
{
	struct conf *conf = configure(sandbox);
	char room[300];
	struct buf why;
	int status;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		buf_init(&why, room, sizeof room);
		_exit(sandbox_enter(conf, at("etc/bailey.conf"), &why) == 0
			  ? a->fn(a->name, a->number)
			  : 255);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	conf_unref(&conf);
	if (!WIFEXITED(status))
		return -WTERMSIG(status) - 1;
	return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

static const struct attempt secret = {.fn = opens, .name = "secret"}, traced = {.fn = is_traced};

/* This process will not have Landlock any more: as on a kernel without it. */
static void
lose_landlock(void)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		abort();
}

static void
test_attempts(void)
{
	long version = landlock_version();
	const char *sandbox = version >= 2 ? "on" : "auto";

	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
		if (attempts[i].version <= version)
			tap_is_int(inside(sandbox, &attempts[i]), attempts[i].wanted, "it %s %s",
			    attempts[i].wanted != 0 ? "cannot" : "can", attempts[i].what);
	if (version < 2)
		tap_note("this kernel has no Landlock");
	tap_is_int(inside("off", &secret), 0, "off: it can read anything");
	tap_is_int(inside("off", &traced), 0, "off: it can be traced");
}

static void
test_without_landlock(void)
{
	lose_landlock();
	tap_is_int(inside("on", &secret), -1, "on, and no Landlock: no start");
	tap_is_int(inside("auto", &secret), 0, "auto: files stay open");
	tap_is_int(inside("auto", &traced), EPERM, "the rest does not");
}

static void
test_impossible(void)
{
	tap_is_int(inside("on", &secret), -1, "on: no start, %s", SANDBOX_IMPOSSIBLE);
	tap_is_int(inside("auto", &secret), 0, "auto: it runs as it is");
	tap_is_int(inside("auto", &traced), 0, "in every respect");
}

int
main(void)
{
	make_house();
	if (SANDBOX_IMPOSSIBLE[0] != '\0') {
		test_impossible();
	} else {
		test_attempts();
		test_without_landlock();
	}
	scratch_remove(top);
	return tap_done();
}
