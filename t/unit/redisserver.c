/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts redis-server, and makes clusters by redis-cli; all ends with the test. */
#include "t/unit/redisserver.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRIES      1000 /* of 20 ms */
#define PORT_TRIES 20
#define PORT_MIN \
	20000 /* below the ephemeral range, and so is the port of the cluster bus, 10000 above */
#define PORTS 12000

static bool
listens(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc;

	(void)snprintf(sun.sun_path, sizeof sun.sun_path, "%.107s", path);
	rc = connect(fd, (struct sockaddr *)&sun, sizeof sun);
	(void)close(fd);
	return rc == 0;
}

static void
become_server(const struct redisserver *s)
{
	int log = open("log", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char port[12];

	(void)snprintf(port, sizeof port, "%d", s->port);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(log, STDOUT_FILENO);
	(void)dup2(log, STDERR_FILENO);
	(void)execlp("redis-server", "redis-server", "--bind", "127.0.0.1", "--port", port,
	    "--unixsocket", s->socket, "--save", "", "--appendonly", "no", "--cluster-enabled",
	    s->port != 0 ? "yes" : "no", "--cluster-node-timeout", "2000",
	    "--cluster-require-full-coverage", "no", (char *)NULL);
	_exit(127);
}

void
redisserver_init(struct redisserver *s, const char *folder, const char *name)
{
	*s =
	    (struct redisserver){.url = {.host = s->socket}, .place = {.servers = &s->url, .n = 1}};
	(void)snprintf(s->folder, sizeof s->folder, "%s/%s", folder, name);
	(void)snprintf(s->socket, sizeof s->socket, "%s/socket", s->folder);
	(void)mkdir(s->folder, 0700);
}

/* False: it ended. */
static bool
start(struct redisserver *s)
{
	const struct timespec pause = {.tv_nsec = 20000000};

	(void)unlink(s->socket);
	s->pid = fork();
	if (s->pid == 0) {
		if (chdir(s->folder) == 0)
			become_server(s);
		_exit(126);
	}
	for (int tries = 0; tries < TRIES; tries++) {
		if (waitpid(s->pid, NULL, WNOHANG) != 0)
			return false;
		if (listens(s->socket))
			return true;
		(void)nanosleep(&pause, NULL);
	}
	redisserver_stop(s);
	return false;
}

void
redisserver_start(struct redisserver *s)
{
	if (start(s))
		return;
	fprintf(stderr, "redis-server does not start, see %s/log\n", s->folder);
	exit(1);
}

void
redisserver_stop(struct redisserver *s)
{
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
}

/* On a port that is free. */
static void
start_node(struct redisserver *s, const char *folder, unsigned number)
{
	char name[12];

	(void)snprintf(name, sizeof name, "node%u", number);
	redisserver_init(s, folder, name);
	s->url.host = "127.0.0.1";
	srandom((unsigned)(time(NULL) * 100 + getpid() + number));
	for (int tries = 0; tries < PORT_TRIES; tries++) {
		s->port = s->url.port = PORT_MIN + (int)(random() % PORTS);
		if (start(s))
			return;
	}
	redisserver_start(s);
}

void
rediscluster_start(struct redisserver nodes[REDISCLUSTER_NODES], const char *folder)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	char command[500], ports[200] = "", all[100];
	int tries = 0;

	for (unsigned i = 0; i < REDISCLUSTER_NODES; i++) {
		start_node(&nodes[i], folder, i);
		(void)snprintf(ports + strlen(ports), sizeof ports - strlen(ports), " 127.0.0.1:%d",
		    nodes[i].port);
	}
	(void)snprintf(command, sizeof command,
	    "redis-cli --cluster create %s --cluster-yes >/dev/null", ports);
	if (system(command) != 0) {
		fprintf(stderr, "no cluster: %s\n", command);
		exit(1);
	}
	for (unsigned i = 0; i < REDISCLUSTER_NODES; i++) {
		(void)snprintf(all, sizeof all,
		    "redis-cli -p %d CLUSTER INFO | grep -q cluster_state:ok", nodes[i].port);
		while (system(all) != 0 && tries++ < TRIES)
			(void)nanosleep(&pause, NULL);
	}
}
