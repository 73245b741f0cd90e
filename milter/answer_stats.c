/* SPDX-License-Identifier: BSD-2-Clause */
/* The stats as JSON: what is zero is left out, times are milliseconds. */
#include "milter/answer_private.h"

#include <stdlib.h>
#include <string.h>

#include "milter/history.h"

static json_t *
member(json_t *of, const char *key)
{
	json_t *o = json_object();

	(void)json_object_set_new(of, key, o);
	return o;
}

static void
put_actions(json_t *of, const char *key, const uint64_t counts[static ACTION_COUNT])
{
	json_t *o = member(of, key);

	for (enum action a = 0; a < ACTION_COUNT; a++)
		if (counts[a] > 0)
			answer_number(o, action_text(a), counts[a]);
}

static void
put_ms(json_t *o, const char *key, double us)
{
	(void)json_object_set_new(o, key, json_real(us / 1000));
}

static void
put_histogram(json_t *o, const struct histogram *h)
{
	uint64_t n = histogram_count(h);

	answer_number(o, "count", n);
	if (n == 0)
		return;
	put_ms(o, "mean", (double)h->sum / (double)n);
	put_ms(o, "p50", (double)histogram_percentile(h, 0.5));
	put_ms(o, "p90", (double)histogram_percentile(h, 0.9));
	put_ms(o, "p99", (double)histogram_percentile(h, 0.99));
}

static void
put_checks(json_t *of, const struct stats *s)
{
	for (size_t i = 0; check_registry[i] != NULL; i++) {
		const struct result *results = check_registry[i]->results;
		json_t *o = member(of, check_registry[i]->name), *r = member(o, "results");

		for (unsigned k = 0; results[k].name != NULL; k++)
			if (s->verdicts[i][k] > 0)
				answer_number(r, results[k].name, s->verdicts[i][k]);
		put_histogram(o, &s->checks[i]);
	}
}

/* Seconds, or nothing; -1 on anything else. */
static int64_t
seconds_of(const char *text)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	if (*text == '\0')
		return 0;
	return *end == '\0' && n > 0 && n < INT32_MAX ? n : -1;
}

bool
answer_stats(const struct answer_about *about, const char *argument, json_t *out)
{
	int64_t seconds = seconds_of(argument), wall = clock_wall(&clock_real), since;
	struct stats *s;
	json_t *o;

	if (seconds < 0)
		return answer_fail(out, "stats takes a number of seconds, or nothing");
	s = malloc(sizeof *s);
	if (s == NULL)
		return answer_fail(out, "out of memory");
	history_since(seconds, wall, s, &since);
	answer_number(out, "now", (uint64_t)wall);
	answer_number(out, "since", (uint64_t)(since != 0 ? since : about->started));
	answer_number(out, "connections", s->connections);
	answer_number(out, "turned_away", s->turned_away);
	put_actions(out, "recipients", s->recipients);
	put_actions(out, "messages", s->messages);
	o = member(out, "would");
	put_actions(o, "recipients", s->would_recipients);
	put_actions(o, "messages", s->would_messages);
	o = member(out, "stages");
	put_histogram(member(o, "mail"), &s->stages[STAGE_MAIL]);
	put_histogram(member(o, "rcpt"), &s->stages[STAGE_RCPT]);
	put_histogram(member(o, "eom"), &s->stages[STAGE_EOM]);
	put_checks(member(out, "checks"), s);
	free(s);
	return true;
}
