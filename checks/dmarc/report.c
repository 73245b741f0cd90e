/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything is text, so that a dump of the store can be read, and a later release can add to it. */
#include "checks/dmarc/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/buf.h"

static void
put(struct buf *b, const char *text)
{
	buf_puts(b, text);
	buf_putc(b, '\0');
}

static const char *
passed_text(bool passed)
{
	return passed ? "pass" : "fail";
}

static void
put_published(struct buf *b, const struct dmarc_record *r)
{
	const char *separator = ";fo=";

	/* A record that counts without p= asks for reports alone. */
	buf_printf(b, "v=DMARC1;p=%s", dmarc_policy_text(r->p != DMARC_UNSAID ? r->p : DMARC_NONE));
	if (r->sp != DMARC_UNSAID)
		buf_printf(b, ";sp=%s", dmarc_policy_text(r->sp));
	if (r->np != DMARC_UNSAID)
		buf_printf(b, ";np=%s", dmarc_policy_text(r->np));
	buf_printf(b, ";adkim=%c;aspf=%c", r->strict_dkim ? 's' : 'r', r->strict_spf ? 's' : 'r');
	if (r->testing)
		buf_puts(b, ";t=y");
	for (size_t i = 0; i < sizeof DMARC_FO - 1; i++) {
		if ((r->fo & 1U << i) == 0)
			continue;
		buf_printf(b, "%s%c", separator, DMARC_FO[i]);
		separator = ":";
	}
	buf_putc(b, '\0');
}

static void
put_signatures(struct buf *b, const struct dmarc_report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const char *domain = r->signatures[i].domain, *s = r->signatures[i].selector;
		const char *result = r->signatures[i].result;

		if (strlen(domain) + strlen(s) + strlen(result) + 3 > b->size - 1 - b->len)
			continue;
		put(b, domain);
		put(b, s);
		put(b, result);
	}
}

size_t
dmarc_report_put(const struct dmarc_report *r, char out[static DMARC_REPORT_SIZE])
{
	struct buf b;

	buf_init(&b, out, DMARC_REPORT_SIZE);
	buf_putc(&b, RECORD_DMARC_VERSION);
	buf_printf(&b, "%" PRId64, r->time);
	buf_putc(&b, '\0');
	put(&b, r->source);
	put(&b, r->to);
	put(&b, r->from);
	put(&b, r->author);
	put_published(&b, &r->published);
	put(&b, r->discovery);
	put(&b, dmarc_policy_text(r->disposition));
	put(&b, passed_text(r->dkim));
	put(&b, passed_text(r->spf));
	put(&b, r->reason);
	put(&b, r->spf_domain);
	put(&b, r->spf_result);
	put_signatures(&b, r);
	return b.cut ? 0 : b.len;
}

struct cursor {
	const char *p, *end; /* end[-1] is NUL */
	bool malformed;
};

static const char *
get(struct cursor *c)
{
	const char *text = c->p;

	if (text == c->end) {
		c->malformed = true;
		return "";
	}
	c->p += strlen(text) + 1;
	return text;
}

static int64_t
get_number(struct cursor *c)
{
	const char *text = get(c);
	char *end;
	int64_t n = strtoll(text, &end, 10);

	c->malformed |= end == text || *end != '\0';
	return n;
}

static bool
get_passed(struct cursor *c)
{
	const char *text = get(c);
	bool passed = strcmp(text, passed_text(true)) == 0;

	c->malformed |= !passed && strcmp(text, passed_text(false)) != 0;
	return passed;
}

static enum dmarc_policy
get_policy(struct cursor *c)
{
	const char *text = get(c);
	enum dmarc_policy p = DMARC_NONE;

	while (p < DMARC_UNSAID && strcmp(text, dmarc_policy_text(p)) != 0)
		p++;
	c->malformed |= p == DMARC_UNSAID;
	return p;
}

static void
get_signatures(struct cursor *c, struct dmarc_report *r)
{
	while (c->p < c->end && r->count < DMARC_REPORT_SIGNATURES) {
		size_t i = r->count++;

		r->signatures[i].domain = get(c);
		r->signatures[i].selector = get(c);
		r->signatures[i].result = get(c);
	}
	c->malformed |= c->p < c->end;
}

bool
dmarc_report_get(struct dmarc_report *r, const char *payload, size_t len)
{
	struct cursor c = {.p = payload + 1, .end = payload + len};
	const char *published;

	if (len < 2 || payload[0] != RECORD_DMARC_VERSION || c.end[-1] != '\0')
		return false;
	*r = (struct dmarc_report){.time = get_number(&c)};
	r->source = get(&c);
	r->to = get(&c);
	r->from = get(&c);
	r->author = get(&c);
	published = get(&c);
	c.malformed |= !dmarc_record_parse(&r->published, published, strlen(published));
	r->discovery = get(&c);
	r->disposition = get_policy(&c);
	r->dkim = get_passed(&c);
	r->spf = get_passed(&c);
	r->reason = get(&c);
	r->spf_domain = get(&c);
	r->spf_result = get(&c);
	get_signatures(&c, r);
	return !c.malformed;
}

void
dmarc_report_key(struct record_key *k, int64_t when, const char *domain, const char *id)
{
	const time_t t = (time_t)when;
	char day[16];
	struct tm tm;

	(void)strftime(day, sizeof day, "%Y%m%d", gmtime_r(&t, &tm));
	record_key_make(k, RECORD_DMARC, (const char *const[]){day, domain, id}, 3);
}
