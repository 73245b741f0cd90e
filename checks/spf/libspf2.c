/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second engine: libspf2, with dns/ as its only source of answers.
 *
 * libspf2 1.2.10 can be crashed by a TXT record, drops what does not fit its
 * buffers, restarts its limits at each include and misreads some macros.  So
 * every record passes our parser before the library sees it, and what
 * it would not read right (can_take() says what) never reaches it: the whole
 * question then goes to spf_native().  The same happens when a limit of RFC
 * 7208 4.6.4 comes near.  Explanations are not fetched: it expands them wrong.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>

#include <spf2/spf.h>

#include "checks/spf/record.h"
#include "lib/ascii.h"

/* A record compiles into 511 bytes; what does not fit is dropped without a word. */
#define COMPILED_MAX   400
/* Upper estimates for one term. */
#define COMPILED_TERM  16
#define COMPILED_MACRO 8
/* Its macro code overruns the stack with about 127 macros (CVE-2023-42118). */
#define MACROS_MAX     16
/*
 * RFC 7208 4.6.4 for the tree as a whole: the library counts anew in each
 * include.  A term asks at least one question, so within these nothing can
 * be over the limit; what asks more is counted right by spf_native().
 */
#define QUESTIONS_MAX  (1 + SPF_TERMS_MAX)

/* One check: what hangs on the hook of its SPF_dns_server_t. */
struct door {
	const struct spf_query *query;
	struct spf_answer *answer;
	unsigned records; /* SPF records handed over */
	bool beyond; /* not for libspf2: ask spf_native() */
};

/* --- the gate ------------------------------------------------------------- */

/*
 * %{dN} with N beyond the labels loses a letter; ',' and '/' are no delimiters
 * to it; URL-escaping is untried.
 */
static bool
can_take_macros(struct spf_text spec, unsigned *macros)
{
	struct macro m;
	const char *why;

	while (macro_next(&spec, MACRO_IN_RECORD, &m, &why) == 1) {
		if (m.is_expand && ++*macros > MACROS_MAX)
			return false;
		if (m.parts > 0 || m.url || m.delimiters.len > 0)
			return false;
	}
	return true;
}

/* Bytes of a term compiled, at most; COMPILED_MAX + 1 if the library misreads it. */
static size_t
compiled_size(const struct spf_term *term)
{
	unsigned macros = 0;

	if (!can_take_macros(term->spec, &macros))
		return COMPILED_MAX + 1;
	switch (term->kind) {
	case SPF_IP4:
	case SPF_IP6:
		/* It takes /0 for a mistake. */
		return term->network.prefix == 0 ? COMPILED_MAX + 1
						 : COMPILED_TERM + addr_len(&term->network.net);
	case SPF_A:
	case SPF_MX:
		if (term->prefix4 == 0 || term->prefix6 == 0)
			return COMPILED_MAX + 1;
		break;
	case SPF_UNKNOWN_MODIFIER: /* "." in names; exp-text= has a meaning of its own to it */
		return COMPILED_MAX + 1;
	case SPF_ALL:
	case SPF_INCLUDE:
	case SPF_PTR:
	case SPF_EXISTS:
	case SPF_REDIRECT:
	case SPF_EXP:
		break;
	}
	return COMPILED_TERM + term->text.len + macros * COMPILED_MACRO;
}

static bool
can_take(struct spf_text record)
{
	struct spf_modifiers modifiers;
	struct spf_reader reader;
	struct spf_fault fault;
	struct spf_term term;
	bool redirected = false;
	size_t size = 0;

	if (spf_record_check(record, &modifiers, &fault) == -1)
		return false;
	spf_reader_init(&reader, record);
	while (spf_reader_next(&reader, &term, &fault) == 1) {
		/* It follows a redirect where it stands, not behind all mechanisms. */
		if (redirected && !spf_is_modifier(&term))
			return false;
		redirected |= term.kind == SPF_REDIRECT;
		size += compiled_size(&term);
		if (size > COMPILED_MAX)
			return false;
	}
	return true;
}

/* --- SPF_dns_server_t ----------------------------------------------------- */

static SPF_dns_stat_t
h_errno_of(enum dns_status status)
{
	if (dns_is_temporary(status))
		return TRY_AGAIN;
	return status == DNS_OK ? NETDB_SUCCESS : status == DNS_NODATA ? NO_DATA : HOST_NOT_FOUND;
}

static bool
add_bytes(SPF_dns_rr_t *out, const void *bytes, size_t len)
{
	/* One more for the NUL behind texts; the buffer comes zeroed or not. */
	if (SPF_dns_rr_buf_realloc(out, out->num_rr, len + 1) != SPF_E_SUCCESS)
		return false;
	memset(out->rr[out->num_rr], 0, len + 1);
	memcpy(out->rr[out->num_rr], bytes, len);
	out->num_rr++;
	return true;
}

/* Of the TXT records only the SPF record, and that only if the library can take it. */
static bool
add_record(struct door *door, SPF_dns_rr_t *out, const struct dns_answer *a)
{
	struct spf_text record;
	int found = spf_record_select(a, &record);

	if (found == 0) {
		out->herrno = NO_DATA;
		return true;
	}
	if (found == -1 || !can_take(record))
		return false;
	if (door->records++ == 0)
		door->answer->no_mail = spf_record_forbids_all(record);
	return add_bytes(out, record.s, record.len);
}

static bool
add_rr(SPF_dns_rr_t *out, enum dns_type type, const struct dns_rr *rr)
{
	char name[NAME_TEXT_SIZE];

	if (type == DNS_A || type == DNS_AAAA)
		return add_bytes(out, rr->addr.bytes, addr_len(&rr->addr));
	/* Without those that nobody can ask for. */
	return !spf_rr_name(rr, name) || add_bytes(out, name, strlen(name));
}

static bool
add_records(struct door *door, SPF_dns_rr_t *out, const struct dns_answer *a)
{
	if (a->type == DNS_TXT)
		return a->status != DNS_OK || add_record(door, out, a);
	if (a->type == DNS_MX && a->count > SPF_MX_MAX)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!add_rr(out, a->type, &a->rr[i]))
			return false;
	return true;
}

/* Whether the answer fits in; otherwise the door closes. */
static bool
ask(struct door *door, const char *name, enum dns_type type, SPF_dns_rr_t *out)
{
	struct spf_answer *answer = door->answer;
	const struct dns_answer *a;

	if (++answer->lookups > QUESTIONS_MAX)
		return false;
	a = dns_get(door->query->dns, name, type, door->query->deadline);
	if (type != DNS_TXT && (a->status == DNS_NODATA || a->status == DNS_NXDOMAIN) &&
	    ++answer->voids > SPF_VOIDS_MAX)
		return false;
	out->herrno = h_errno_of(a->status);
	return add_records(door, out, a);
}

static SPF_dns_rr_t *
lookup(SPF_dns_server_t *server, const char *domain, ns_type type, int should_cache)
{
	struct door *door = server->hook;
	SPF_dns_rr_t *out = SPF_dns_rr_new_init(server, domain, type, 0, NO_DATA);
	char name[NAME_TEXT_SIZE];

	(void)should_cache;
	if (out == NULL) {
		door->beyond = true;
		return SPF_dns_rr_new_nxdomain(server, domain);
	}
	/* RFC 7208 3.1: the type SPF is dead. */
	if (type == ns_t_spf || door->beyond)
		return out;
	/* It never cuts a name, so a chain of redirect=%{d}.%{d}... would fill the memory. */
	if (strlen(domain) >= sizeof name) {
		door->beyond = true;
		out->herrno = TRY_AGAIN;
		return out;
	}
	if (!macro_name((struct spf_text){domain, strlen(domain)}, name)) {
		out->herrno = HOST_NOT_FOUND;
		return out;
	}
	if (!ask(door, name, (enum dns_type)type, out)) {
		door->beyond = true;
		out->herrno = TRY_AGAIN;
	}
	return out;
}

/* --- the check ------------------------------------------------------------ */

static void
say_nothing(const char *file, int line, const char *text)
{
	(void)file;
	(void)line;
	(void)text;
}

/* Library-wide.  Errors keep their handler: it ends the process, they are bugs. */
static void
silence(void)
{
	SPF_warning_handler = say_nothing;
	SPF_info_handler = say_nothing;
	SPF_debug_handler = say_nothing;
}

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if (!ascii_is_printable(*s))
			return false;
	return true;
}

/* Its loopback clients pass everywhere, and names go into its fixed buffers. */
static bool
can_take_query(const struct spf_query *q)
{
	return !addr_is_loopback(&q->client) && is_ascii(q->sender) &&
	       strlen(q->sender) < NAME_TEXT_SIZE && (q->helo == NULL || is_ascii(q->helo)) &&
	       (q->helo == NULL || strlen(q->helo) < NAME_TEXT_SIZE);
}

static SPF_request_t *
new_request(SPF_server_t *server, const struct spf_query *q, const struct spf_identity *id)
{
	SPF_request_t *r = SPF_request_new(server);
	char sender[SPF_LOCAL_MAX + NAME_TEXT_SIZE + 1];
	struct in_addr v4;
	struct in6_addr v6;
	bool ok;

	if (r == NULL)
		return NULL;
	memcpy(sender, id->local, id->local_len);
	sender[id->local_len] = '@';
	strcpy(sender + id->local_len + 1, id->domain);
	memcpy(&v4, q->client.bytes, sizeof v4);
	memcpy(&v6, q->client.bytes, sizeof v6);
	ok = (q->client.family == ADDR_V4 ? SPF_request_set_ipv4(r, v4)
					  : SPF_request_set_ipv6(r, v6)) == SPF_E_SUCCESS;
	ok = ok && SPF_request_set_helo_dom(r, q->helo != NULL ? q->helo : "unknown") == 0;
	if (!ok || SPF_request_set_env_from(r, sender) != 0) {
		SPF_request_free(r);
		return NULL;
	}
	return r;
}

/* False: the result makes no sense, or the library failed. */
static bool
read_response(struct spf_answer *answer, const struct spf_query *q, SPF_response_t *response)
{
	SPF_errcode_t error = SPF_response_errcode(response);

	switch (SPF_response_result(response)) {
	case SPF_RESULT_NONE:
		answer->result = SPF_NONE;
		break;
	case SPF_RESULT_NEUTRAL:
		answer->result = SPF_NEUTRAL;
		break;
	case SPF_RESULT_PASS:
		answer->result = SPF_PASS;
		break;
	case SPF_RESULT_FAIL:
		answer->result = SPF_FAIL;
		break;
	case SPF_RESULT_SOFTFAIL:
		answer->result = SPF_SOFTFAIL;
		break;
	case SPF_RESULT_TEMPERROR:
		answer->result = SPF_TEMPERROR;
		break;
	case SPF_RESULT_PERMERROR:
		answer->result = SPF_PERMERROR;
		break;
	case SPF_RESULT_INVALID:
		if (error != SPF_E_DNS_ERROR)
			return false;
		answer->result = SPF_TEMPERROR;
		break;
	}
	answer->no_mail &= answer->result == SPF_FAIL;
	answer->reason = arena_printf(q->arena, "libspf2: %s",
	    error != SPF_E_SUCCESS ? SPF_strerror(error)
				   : SPF_strreason(SPF_response_reason(response)));
	return true;
}

/* False: not for libspf2. */
static bool
run(struct door *door, const struct spf_identity *id)
{
	SPF_dns_server_t dns = {.lookup = lookup, .name = "dns", .hook = door};
	SPF_server_t *server = SPF_server_new_dns(&dns, 0);
	SPF_request_t *request = NULL;
	SPF_response_t *response = NULL;
	bool ok = false;

	if (server == NULL)
		return false;
	request = new_request(server, door->query, id);
	if (request != NULL &&
	    SPF_server_set_rec_dom(
		server, door->query->receiver != NULL ? door->query->receiver : "unknown") == 0) {
		(void)SPF_request_query_mailfrom(request, &response);
		ok = response != NULL && !door->beyond &&
		     read_response(door->answer, door->query, response);
	}
	if (response != NULL)
		SPF_response_free(response);
	if (request != NULL)
		SPF_request_free(request);
	SPF_server_free(server);
	return ok;
}

void
spf_libspf2(const struct spf_query *q, struct spf_answer *answer)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct door door = {.query = q, .answer = answer};
	struct spf_identity id;

	(void)pthread_once(&once, silence);
	*answer = (struct spf_answer){.domain = ""};
	if (!spf_identity(q, &id) || !can_take_query(q) || !run(&door, &id)) {
		spf_native(q, answer);
		return;
	}
	answer->domain = arena_strdup(q->arena, id.domain);
	if (answer->domain == NULL || answer->reason == NULL)
		*answer = (struct spf_answer){
		    .result = SPF_TEMPERROR, .domain = "", .reason = "out of memory"};
}
