/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list of ours takes the place of the MTA's own for that stage, so it names
 * all that we read, and `v', which is for baileyctl doctor.
 */
#include "milter/macros.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "milter/mta.h"

static void
want(SMFICTX *ctx, int stage, const char *names)
{
	char list[80];

	(void)snprintf(list, sizeof list, "%s", names);
	(void)smfi_setsymlist(ctx, stage, list);
}

void
macros_want(SMFICTX *ctx)
{
	want(ctx, SMFIM_CONNECT, "j v {daemon_name} {daemon_addr} {daemon_port} {if_addr}");
	want(ctx, SMFIM_ENVFROM, "i {auth_authen}");
	want(ctx, SMFIM_ENVRCPT, "i");
	want(ctx, SMFIM_EOH, "i");
	want(ctx, SMFIM_EOM, "i");
}

const char *
macros_get(SMFICTX *ctx, const char *name)
{
	char copy[32];

	(void)snprintf(copy, sizeof copy, "%s", name);
	return smfi_getsymval(ctx, copy);
}

/* Postfix names the daemon's end, Sendmail the interface's. */
static const char *
daemon_addr(SMFICTX *ctx)
{
	const char *text = macros_get(ctx, "{daemon_addr}");

	return text != NULL ? text : macros_get(ctx, "{if_addr}");
}

/* Both spell IPv6 with a prefix. */
static void
read_addr(struct addr *a, const char *text)
{
	if (text != NULL && strncasecmp(text, "IPv6:", 5) == 0)
		text += 5;
	*a = (struct addr){.family = ADDR_NONE};
	if (text != NULL)
		(void)addr_parse(a, text);
}

/*
 * Mail that sendmail(1) put into the queue: Postfix plays a session from
 * localhost, whose ports give it away.
 */
static bool
is_local(const struct addr *client, const char *port, const char *host, const struct sockaddr *sa)
{
	if (client->family == ADDR_NONE)
		return true;
	return client->family == ADDR_V4 && addr_is_loopback(client) &&
	       ((const struct sockaddr_in *)sa)->sin_port == 0 && strcmp(host, "localhost") == 0 &&
	       (port == NULL || strcmp(port, "0") == 0);
}

/* Postfix tells the port, Sendmail only what its configuration calls it. */
static bool
is_submission(const char *port, const char *name)
{
	return (port != NULL && (strcmp(port, "587") == 0 || strcmp(port, "465") == 0)) ||
	       (name != NULL && (strcmp(name, "MSA") == 0 || strcmp(name, "ORIGINATING") == 0));
}

void
macros_connection(SMFICTX *ctx, const char *host, const struct sockaddr *sa, struct connection *c)
{
	const char *port = macros_get(ctx, "{daemon_port}"), *daemon = daemon_addr(ctx);

	*c = (struct connection){.mta_name = host,
	    .hostname = macros_get(ctx, "j"),
	    .daemon_name = macros_get(ctx, "{daemon_name}")};
	addr_from_sockaddr(&c->client, sa,
	    sa == NULL                  ? 0
	    : sa->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					: sizeof(struct sockaddr_in));
	read_addr(&c->daemon_addr, daemon);
	c->local = is_local(&c->client, port, host, sa);
	c->submission = is_submission(port, c->daemon_name);
	if (c->local)
		return;
	mta_connected(macros_get(ctx, "v"));
	mta_macro(MTA_J, c->hostname);
	mta_macro(MTA_DAEMON_NAME, c->daemon_name);
	mta_macro(MTA_DAEMON_ADDR, daemon);
	mta_macro(MTA_DAEMON_PORT, port);
}
