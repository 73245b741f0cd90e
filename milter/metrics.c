/* SPDX-License-Identifier: BSD-2-Clause */
/* The HTTP server: one path, read only, few connections, none for long. */
#include "milter/metrics.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX 16 /* one or two Prometheus servers, and somebody who looks */
#define CONNECTION_S    10
#define MEMORY          16384 /* bytes for the request of a connection */
#define PATH            "/metrics"

static enum MHD_Result
answer(struct MHD_Connection *c, unsigned status, char *text, size_t len)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (r == NULL) {
		free(text);
		return MHD_NO;
	}
	(void)MHD_add_response_header(
	    r, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result
refuse(struct MHD_Connection *c, unsigned status, const char *text)
{
	char *copy = strdup(text);

	return copy != NULL ? answer(c, status, copy, strlen(copy)) : MHD_NO;
}

static enum MHD_Result
on_request(void *dns, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *body, size_t *body_len, void **state)
{
	char *text = NULL;
	size_t len;
	FILE *fp;
	bool ok;

	(void)version;
	(void)body;
	(void)state;
	/* Nobody needs to tell us anything. */
	*body_len = 0;
	if (strcmp(url, PATH) != 0)
		return refuse(c, MHD_HTTP_NOT_FOUND, "only " PATH " is here\n");
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	fp = open_memstream(&text, &len);
	if (fp == NULL)
		return MHD_NO;
	ok = metrics_write(fp, dns);
	if (fclose(fp) != 0 || !ok) {
		free(text);
		return refuse(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	}
	return answer(c, MHD_HTTP_OK, text, len);
}

int
metrics_start(int fd, struct dns *dns, struct buf *why)
{
	/* Stopped with the process. */
	if (MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, dns,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_END) != NULL)
		return 0;
	buf_puts(why, "metrics: cannot start the HTTP server");
	return -1;
}
