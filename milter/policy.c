/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One pass over the verdicts in force gives the decision, a second one over
 * those in shadow tells what they would have done.
 */
#include "milter/policy.h"

#include <string.h>
#include <strings.h>

#include "lib/name.h"

static const struct conf_check *
rules_of(const struct conf_rules *rules, const struct check *check)
{
	return &rules->checks[check_row(check)];
}

enum mode
policy_mode(const struct conf_rules *rules, const struct check *check)
{
	enum mode own = (enum mode)rules_of(rules, check)->mode, all = rules->mode;

	return own > all ? own : all;
}

enum action
policy_configured(const struct conf_rules *rules, const struct verdict *v)
{
	return rules_of(rules, v->check)->actions[v->result];
}

enum action
policy_action(const struct conf_rules *rules, const struct verdict *v)
{
	return policy_mode(rules, v->check) == MODE_ENFORCE ? policy_configured(rules, v)
							    : ACTION_PASS;
}

bool
policy_is_evidence(enum action a)
{
	return a >= ACTION_SUSPECT && a != ACTION_ACCEPT;
}

bool
policy_refuses(enum action a)
{
	return a == ACTION_TEMPFAIL || a == ACTION_REJECT;
}

bool
policy_is_exempt(const struct path *p)
{
	if (p->local == NULL)
		return false;
	if (strcasecmp(p->local, "postmaster") == 0)
		return true;
	return strcasecmp(p->local, "abuse") == 0 && p->domain != NULL && p->domain[0] != '\0';
}

/* Evidence of any other check, counting shadow rules if the question is about them. */
static bool
confirmed(const struct policy_input *in, const struct verdict *of, bool shadow)
{
	for (size_t i = 0; i < in->count; i++) {
		const struct verdict *v = in->verdicts[i];
		enum action a =
		    shadow ? policy_configured(&in->rules, v) : policy_action(&in->rules, v);

		if (v->check != of->check && policy_is_evidence(a))
			return true;
	}
	return false;
}

/*
 * Whether an action of this verdict is carried out now.  Local mail cannot be
 * refused at RCPT (the MTA would keep it for ever), so what speaks against the
 * whole message waits for its end.
 */
static bool
acts_now(const struct policy_input *in, const struct verdict *v, enum action a)
{
	enum stage at = v->acts_at;

	switch (a) {
	case ACTION_PASS:
	case ACTION_SUSPECT:
	case ACTION_ACCEPT:
		return true;
	case ACTION_QUARANTINE:
	case ACTION_DISCARD:
		at = STAGE_EOM;
		break;
	case ACTION_TEMPFAIL:
	case ACTION_REJECT_IF_SUSPECT:
	case ACTION_REJECT:
	case ACTION_COUNT:
		if (in->origin == ORIGIN_LOCAL)
			at = v->rcpt < 0 ? STAGE_EOM : STAGE_COUNT;
		break;
	}
	return at == in->stage;
}

/* "user@example.com" or a domain, against the domain to be proven. */
static bool
speaks_for(const char *identity, const char *domain)
{
	const char *at = strrchr(identity, '@');
	char name[NAME_TEXT_SIZE];

	return name_canon(at != NULL ? at + 1 : identity, name) == NAME_OK &&
	       name_within(domain, name);
}

/* SPF or DKIM passed for the domain itself, or for one above it, which has its say over it. */
static bool
proven(const struct policy_input *in, const char *domain)
{
	static const char *const identities[] = {
	    "mailfrom", "helo", "d"}; /* RFC 8601 2.7.1, 2.7.2 */

	for (size_t i = 0; i < in->count; i++) {
		const struct verdict *v = in->verdicts[i];
		const char *method = v->method != NULL ? v->method : v->check->method;

		if (v->check->results[v->result].word != WORD_PASS || method == NULL ||
		    (strcmp(method, "spf") != 0 && strcmp(method, "dkim") != 0))
			continue;
		for (unsigned k = 0; k < v->prop_count * 3; k++)
			if (strcmp(v->props[k / 3].property, identities[k % 3]) == 0 &&
			    speaks_for(v->props[k / 3].value, domain))
				return true;
	}
	return false;
}

/* What comes of one verdict now, among those in force or those in shadow; PASS if it is not one of them. */
static enum action
effective(const struct policy_input *in, const struct verdict *v, bool shadow)
{
	enum action a = policy_configured(&in->rules, v);

	if (policy_mode(&in->rules, v->check) != (shadow ? MODE_SHADOW : MODE_ENFORCE))
		return ACTION_PASS;
	if (!acts_now(in, v, a))
		a = ACTION_SUSPECT;
	if (a == ACTION_ACCEPT && v->proof != NULL && !proven(in, v->proof))
		a = ACTION_PASS;
	if (a == ACTION_REJECT_IF_SUSPECT)
		a = confirmed(in, v, shadow) ? ACTION_REJECT : ACTION_SUSPECT;
	return a;
}

enum action
policy_would(const struct policy_input *in, const struct verdict *v)
{
	return effective(in, v, true);
}

/* The strongest action of the verdicts in force, or of those in shadow. */
static enum action
strongest(const struct policy_input *in, bool shadow, const struct verdict **cause_r)
{
	enum action best = ACTION_PASS;

	*cause_r = NULL;
	for (size_t i = 0; i < in->count; i++) {
		const struct verdict *v = in->verdicts[i];
		enum action a = effective(in, v, shadow);

		if (a > best) {
			best = a;
			*cause_r = v;
		}
	}
	return best;
}

/*
 * RFC 7372 3.3 counts methods, not verdicts: three bad signatures are one.
 * Experimental methods (RFC 8601 2.7.7), which begin with x-, authenticate
 * nothing.
 */
static unsigned
methods_failed(const struct policy_input *in)
{
	const char *seen[VERDICTS_MAX];
	unsigned n = 0;

	for (size_t i = 0; i < in->count && n < VERDICTS_MAX; i++) {
		const struct verdict *v = in->verdicts[i];
		const char *method = v->method != NULL ? v->method : v->check->method;
		unsigned k = 0;

		if (method == NULL || strncmp(method, "x-", 2) == 0 ||
		    v->check->results[v->result].word != WORD_FAIL ||
		    policy_mode(&in->rules, v->check) != MODE_ENFORCE)
			continue;
		while (k < n && strcmp(seen[k], method) != 0)
			k++;
		if (k == n)
			seen[n++] = method;
	}
	return n;
}

bool
policy_is_harmless(enum action a)
{
	return a == ACTION_PASS || a == ACTION_SUSPECT || a == ACTION_ACCEPT;
}

void
policy_decide(const struct policy_input *in, struct decision *d)
{
	bool accepted;

	*d = (struct decision){.failed = methods_failed(in)};
	d->action = strongest(in, false, &d->cause);
	d->would = strongest(in, true, &d->would_cause);
	accepted = d->action == ACTION_ACCEPT;
	if (in->exempt && !policy_is_harmless(d->action)) {
		d->exempt = true;
		d->action = ACTION_PASS;
	}
	if ((in->exempt || accepted) && !policy_is_harmless(d->would)) {
		d->would = ACTION_PASS;
		d->would_cause = NULL;
	}
}
