/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libmilter may do, and we must bear (all measured): callbacks of one
 * connection change threads; a hostile peer reaches MAIL without negotiation or
 * CONNECT; abort comes without a message, or not at all after a refusal of
 * ours; close comes alone; at its own stop libmilter calls nothing.  Hence
 * every callback stands a missing session, and message_end() may come anytime.
 */
#include "milter/session.h"

#include <libmilter/mfapi.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/census.h"
#include "milter/edit.h"
#include "milter/macros.h"
#include "milter/memory.h"
#include "milter/mta.h"
#include "milter/receipt.h"
#include "milter/reply_set.h"
#include "milter/summary.h"

#define LATER ", please try again later"

/* Nobody is answered at these; libmilter answers for us where the MTA insists. */
#define NO_REPLY (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)
#define ACTIONS  (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE | SMFIF_SETSYMLIST)

struct session { /* one connection */
	struct conf *conf; /* from negotiation to close */
	struct stage_walk *walk; /* NULL: turned away, or CONNECT never came */
	struct edit_rights rights;
	struct edit_forged forged;
	bool counted; /* by the census, as those of a message below */
	bool in_message;
	unsigned traces; /* of other filters, in this message (mta.h) */
};

static const struct house *house;

static struct session *
enter(SMFICTX *ctx)
{
	census_callback_enter();
	return smfi_getpriv(ctx);
}

static sfsistat
leave(sfsistat r)
{
	census_callback_leave();
	return r;
}

static void
message_end(struct session *s)
{
	if (s->in_message)
		census_message_leave();
	s->in_message = false;
	s->traces = 0;
	edit_forged_reset(&s->forged);
	if (s->walk != NULL)
		stage_reset(s->walk);
}

static struct session *
session_new(SMFICTX *ctx)
{
	struct session *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->conf = conf_current();
	s->rights = (struct edit_rights){true, true, true, true};
	(void)smfi_setpriv(ctx, s);
	return s;
}

static void
session_free(struct session **sp)
{
	struct session *s = *sp;

	message_end(s);
	stage_close(&s->walk);
	if (s->counted)
		census_session_leave();
	conf_unref(&s->conf);
	free(s);
	*sp = NULL;
}

static sfsistat
refuse(SMFICTX *ctx, const char *code, const char *xcode, const char *text)
{
	struct reply r;

	(void)snprintf(r.code, sizeof r.code, "%s", code);
	(void)snprintf(r.xcode, sizeof r.xcode, "%s", xcode);
	(void)snprintf(r.text, sizeof r.text, "%s", text);
	return reply_set(ctx, &r);
}

static bool
right(unsigned long offered, unsigned long action, atomic_bool *told, const char *lost)
{
	if ((offered & action) != 0)
		return true;
	if (!atomic_exchange(told, true))
		log_err("the MTA does not let us %s", lost);
	return false;
}

static bool
body_wanted(const struct conf *conf)
{
	for (size_t i = 0; check_registry[i] != NULL; i++)
		if (check_registry[i]->body != NULL && conf_uses(conf, check_registry[i]))
			return true;
	return false;
}

/* The version itself is libmilter's secret, but each has steps of its own. */
static void
note_offer(const struct edit_rights *rights, unsigned long actions, unsigned long steps)
{
	struct mta_offer offer = {.protocol = (steps & SMFIP_SKIP) != 0        ? 6
					      : (steps & SMFIP_NODATA) != 0    ? 4
					      : (steps & SMFIP_NOUNKNOWN) != 0 ? 3
									       : 2,
	    .add = rights->add,
	    .change = rights->change,
	    .quarantine = rights->quarantine,
	    .macros = (actions & SMFIF_SETSYMLIST) != 0,
	    .leading_space = rights->leading_space};

	mta_negotiated(&offer);
}

/* Told once, not for each connection. */
static atomic_bool told_add, told_change, told_quarantine;

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long f2,
    unsigned long f3, unsigned long *actions_r, unsigned long *steps_r, unsigned long *f2_r,
    unsigned long *f3_r)
{
	struct session *s = enter(ctx);
	unsigned long unwanted = SMFIP_NODATA | SMFIP_NOUNKNOWN;

	(void)f2;
	(void)f3;
	if (s == NULL && (s = session_new(ctx)) == NULL)
		return leave(SMFIS_REJECT);
	s->rights = (struct edit_rights){
	    .add = right(actions, SMFIF_ADDHDRS, &told_add,
		"add fields: no Authentication-Results will be written"),
	    .change = right(actions, SMFIF_CHGHDRS, &told_change,
		"delete fields: forged Authentication-Results will stay"),
	    .quarantine = right(actions, SMFIF_QUARANTINE, &told_quarantine,
		"quarantine: such messages will be delivered"),
	    .leading_space = (steps & SMFIP_HDR_LEADSPC) != 0,
	};
	note_offer(&s->rights, actions, steps);
	if (!body_wanted(s->conf))
		unwanted |= SMFIP_NOBODY;
	*actions_r = actions & ACTIONS;
	*steps_r = NO_REPLY | (steps & (unwanted | SMFIP_HDR_LEADSPC));
	*f2_r = 0;
	*f3_r = 0;
	if ((actions & SMFIF_SETSYMLIST) != 0)
		macros_want(ctx);
	return leave(SMFIS_CONTINUE);
}

static sfsistat
on_connect(SMFICTX *ctx, char *host, struct sockaddr *sa)
{
	struct session *s = enter(ctx);
	struct connection c;

	/*
	 * Without one: the MTA said "quit, a new connection follows" and does not
	 * negotiate again; one that can say it (protocol 6) has granted all rights.
	 */
	if (s == NULL && (s = session_new(ctx)) == NULL)
		return leave(SMFIS_NOREPLY);
	if (!s->counted)
		s->counted = census_session_enter();
	if (!s->counted || s->walk != NULL)
		return leave(SMFIS_NOREPLY);
	macros_connection(ctx, host, sa, &c);
	s->walk = stage_open(s->conf, house, &c);
	if (s->walk != NULL)
		stage_set_store(s->walk, memory_try());
	return leave(SMFIS_NOREPLY);
}

static sfsistat
on_helo(SMFICTX *ctx, char *helo)
{
	struct session *s = enter(ctx);

	if (s != NULL && s->walk != NULL)
		stage_helo(s->walk, helo);
	return leave(SMFIS_NOREPLY);
}

/* Postfix knows it from the second recipient or from DATA on, Sendmail from MAIL on. */
static void
note_queue_id(SMFICTX *ctx, struct session *s)
{
	const char *id = macros_get(ctx, "i");

	if (id != NULL)
		stage_queue_id(s->walk, id);
}

static sfsistat
no_memory(SMFICTX *ctx)
{
	return refuse(ctx, "451", "4.3.0", "the mail filter has no memory left" LATER);
}

static sfsistat
on_mail(SMFICTX *ctx, char **argv)
{
	struct session *s = enter(ctx);

	if (s == NULL)
		return leave(SMFIS_TEMPFAIL);
	message_end(s);
	if (s->walk == NULL)
		return leave(s->counted
				 ? no_memory(ctx)
				 : refuse(ctx, "451", "4.3.2",
				       "the mail filter serves too many connections now" LATER));
	s->in_message = census_message_enter();
	if (!s->in_message)
		return leave(refuse(ctx, "451", "4.3.2", "the mail filter is being stopped" LATER));
	if (stage_mail(s->walk, argv[0], (const char *const *)argv + 1,
		macros_get(ctx, "{auth_authen}")) < 0) {
		message_end(s);
		return leave(no_memory(ctx));
	}
	note_queue_id(ctx, s);
	return leave(SMFIS_CONTINUE);
}

static sfsistat
carry_out(SMFICTX *ctx, const struct session *s, const struct decision *d)
{
	struct reply r;

	switch (d->action) {
	case ACTION_TEMPFAIL:
	case ACTION_REJECT:
		reply_format(&r, stage_txn(s->walk), s->conf, d);
		return reply_set(ctx, &r);
	case ACTION_DISCARD:
		return SMFIS_DISCARD;
	case ACTION_PASS:
	case ACTION_SUSPECT:
	case ACTION_QUARANTINE:
	case ACTION_REJECT_IF_SUSPECT:
	case ACTION_ACCEPT:
	case ACTION_COUNT:
		break;
	}
	return SMFIS_CONTINUE;
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **argv)
{
	struct session *s = enter(ctx);
	struct decision d;

	if (s == NULL || !s->in_message)
		return leave(SMFIS_TEMPFAIL);
	note_queue_id(ctx, s);
	stage_rcpt(s->walk, argv[0], &d);
	/* Of a recipient who is simply let through, the line of the message tells. */
	if (policy_refuses(d.action) || policy_refuses(d.would) || d.exempt) {
		summary_log(s->walk, stage_txn(s->walk)->rcpt, &d);
		receipt_keep(s->walk, stage_txn(s->walk)->rcpt, &d);
	}
	return leave(carry_out(ctx, s, &d));
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	struct session *s = enter(ctx);

	if (s != NULL && s->in_message) {
		const struct site *site = stage_txn(s->walk)->site;

		edit_forged_note(&s->forged, name, value, site->authserv_id);
		s->traces |= mta_trace(name, value, site->hostname);
		/* Beyond a limit it is not looked at; the message goes on. */
		(void)stage_header(s->walk, name, value);
	}
	return leave(SMFIS_NOREPLY);
}

static sfsistat
on_eoh(SMFICTX *ctx)
{
	struct session *s = enter(ctx);

	if (s != NULL && s->in_message) {
		note_queue_id(ctx, s);
		stage_eoh(s->walk);
	}
	return leave(SMFIS_NOREPLY);
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *bytes, size_t len)
{
	struct session *s = enter(ctx);

	if (s != NULL && s->in_message)
		stage_body(s->walk, bytes, len);
	return leave(SMFIS_NOREPLY);
}

/* What policy let through, and still must not be delivered as it is. */
static sfsistat
refuse_message(
    SMFICTX *ctx, const struct session *s, const char *code, const char *xcode, const char *why)
{
	const char *id = stage_txn(s->walk)->id;
	char text[200];

	log_notice("id=%s refused after all: %s %s %s", id, code, xcode, why);
	(void)snprintf(text, sizeof text, "%s [id=%s]", why, id);
	return refuse(ctx, code, xcode, text);
}

/*
 * No smfi_progress(): all waiting of one message is bounded by
 * resolver.budget, at most 25 s, and Postfix waits 300 s here.  Sendmail waits
 * 10 s unless its R: time-out is raised, more than the budget's default.
 */
static sfsistat
on_eom(SMFICTX *ctx)
{
	struct session *s = enter(ctx);
	struct decision d;
	sfsistat r;

	if (s == NULL || !s->in_message)
		return leave(SMFIS_TEMPFAIL);
	note_queue_id(ctx, s);
	mta_macro(MTA_I, macros_get(ctx, "i"));
	mta_message(s->traces | (s->forged.count > 0 ? 1U << MTA_TRACE_AUTHRES : 0));
	stage_eom(s->walk, &d);
	summary_log(s->walk, NULL, &d);
	receipt_keep(s->walk, NULL, &d);
	r = carry_out(ctx, s, &d);
	if (r == SMFIS_CONTINUE && s->forged.beyond)
		r = refuse_message(ctx, s, "550", "5.7.1",
		    "too many Authentication-Results fields claim to be of this server");
	else if (r == SMFIS_CONTINUE && edit_message(ctx, &s->rights, &s->forged, s->walk, &d) < 0)
		r = refuse_message(
		    ctx, s, "451", "4.3.0", "the mail filter cannot edit the header" LATER);
	message_end(s);
	return leave(r);
}

static sfsistat
on_abort(SMFICTX *ctx)
{
	struct session *s = enter(ctx);

	if (s != NULL)
		message_end(s);
	return leave(SMFIS_CONTINUE);
}

/* May run under libmilter's pool lock: nothing here waits. */
static sfsistat
on_close(SMFICTX *ctx)
{
	struct session *s = enter(ctx);

	(void)smfi_setpriv(ctx, NULL);
	if (s != NULL)
		session_free(&s);
	return leave(SMFIS_CONTINUE);
}

int
session_start(int fd, const struct house *shared, struct buf *why)
{
	char name[] = "bailey", where[32];
	struct smfiDesc desc = {
	    .xxfi_name = name,
	    .xxfi_version = SMFI_VERSION,
	    .xxfi_flags = ACTIONS,
	    .xxfi_connect = on_connect,
	    .xxfi_helo = on_helo,
	    .xxfi_envfrom = on_mail,
	    .xxfi_envrcpt = on_rcpt,
	    .xxfi_header = on_header,
	    .xxfi_eoh = on_eoh,
	    .xxfi_body = on_body,
	    .xxfi_eom = on_eom,
	    .xxfi_abort = on_abort,
	    .xxfi_close = on_close,
	    .xxfi_negotiate = on_negotiate,
	};

	house = shared;
	(void)snprintf(where, sizeof where, "fd:%d", fd);
	if (smfi_register(desc) != MI_SUCCESS) {
		buf_puts(why, "libmilter does not take our callbacks");
		return -1;
	}
	if (smfi_setconn(where) != MI_SUCCESS || smfi_opensocket(0) != MI_SUCCESS) {
		buf_puts(why,
		    "this libmilter does not take an open socket (\"fd:N\"), as Debian's does");
		return -1;
	}
	return 0;
}

int
session_main(void)
{
	return smfi_main() == MI_SUCCESS ? 0 : -1;
}

const char *
session_libmilter(char out[32])
{
	unsigned major, minor, patch;

	(void)smfi_version(&major, &minor, &patch);
	(void)snprintf(out, 32, "%u.%u.%u", major, minor, patch);
	return out;
}
