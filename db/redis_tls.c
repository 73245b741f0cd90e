/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS towards a server, where libhiredis can (1.0 and later).  The context is
 * our own, because the library's compares no names.
 */
#include "db/redis_private.h"

#include <fcntl.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "lib/addr.h"

static void
put_error(struct buf *why, const char *what)
{
	char text[200];

	ERR_error_string_n(ERR_get_error(), text, sizeof text);
	buf_printf(why, "%s: %s", what, text);
}

SSL_CTX *
redis_tls_new(const struct store_options *o, struct buf *why)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	const char *failed = "TLS";

	if (ctx != NULL && SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		failed = o->tls_ca_file != NULL ? o->tls_ca_file : "TLS";
		if ((o->tls_ca_file != NULL
			    ? SSL_CTX_load_verify_locations(ctx, o->tls_ca_file, NULL)
			    : SSL_CTX_set_default_verify_paths(ctx)) == 1) {
			failed = o->tls_certificate_file;
			if (failed == NULL ||
			    (SSL_CTX_use_certificate_chain_file(ctx, failed) == 1 &&
				SSL_CTX_use_PrivateKey_file(
				    ctx, o->tls_key_file, SSL_FILETYPE_PEM) == 1))
				return ctx;
		}
	}
	put_error(why, failed);
	SSL_CTX_free(ctx);
	return NULL;
}

/* Its certificate must be for this name or address. */
static bool
expect(SSL *ssl, const char *host)
{
	struct addr numeric;

	if (addr_parse(&numeric, host))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static void
set_timeout(int fd, int64_t ms)
{
	const struct timeval t = {ms / 1000, ms % 1000 * 1000};

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

/* The library shakes hands in one call, so the socket blocks meanwhile, each read as long as is left. */
bool
redis_tls_begin(struct redis *r, struct redis_conn *conn, int64_t until)
{
	int64_t left = until - clock_mono(&clock_real);
	int fd = conn->c->fd, flags = fcntl(fd, F_GETFL);
	SSL *ssl = SSL_new(r->tls);
	bool good = false;

	if (ssl == NULL || !expect(ssl, conn->node->host)) {
		(void)snprintf(conn->why, sizeof conn->why, "TLS: out of memory");
		SSL_free(ssl);
		return false;
	}
	set_timeout(fd, left > 0 ? left : 1);
	(void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	conn->c->flags |= REDIS_BLOCK;
	/* Takes ssl, but not when it fails. */
	if (redisInitiateSSL(conn->c, ssl) == REDIS_OK)
		good = true;
	else {
		(void)snprintf(conn->why, sizeof conn->why, "TLS: %s", conn->c->errstr);
		SSL_free(ssl);
	}
	conn->c->flags &= ~REDIS_BLOCK;
	(void)fcntl(fd, F_SETFL, flags);
	set_timeout(fd, 0);
	ERR_clear_error();
	return good;
}

void
redis_tls_free(SSL_CTX **ctx)
{
	SSL_CTX_free(*ctx);
	*ctx = NULL;
}
