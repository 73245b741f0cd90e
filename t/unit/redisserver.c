/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts redis-server without files and without TCP; it ends with the test. */
#include "t/unit/redisserver.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRIES 1000 /* of 20 ms */

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
	int null = open("/dev/null", O_RDWR);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	(void)execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", s->socket,
	    "--save", "", "--appendonly", "no", (char *)NULL);
	perror("redis-server");
	_exit(127);
}

void
redisserver_init(struct redisserver *s, const char *folder)
{
	(void)snprintf(s->socket, sizeof s->socket, "%s/redis.sock", folder);
	s->url = (struct redis_url){.host = s->socket};
	s->place = (struct redis_place){.servers = &s->url, .n = 1};
}

void
redisserver_start(struct redisserver *s)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	int tries = 0;

	s->pid = fork();
	if (s->pid == 0)
		become_server(s);
	while (!listens(s->socket)) {
		(void)nanosleep(&pause, NULL);
		if (++tries == TRIES || waitpid(s->pid, NULL, WNOHANG) != 0) {
			fprintf(stderr, "redis-server does not start\n");
			exit(1);
		}
	}
}

void
redisserver_stop(struct redisserver *s)
{
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
	(void)unlink(s->socket);
}
