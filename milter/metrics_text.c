/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text: https://prometheus.io/docs/instrumenting/exposition_formats/.
 * Labels are words of ours, so nothing needs escaping.
 */
#include "config.h"

#include "milter/metrics.h"

#include <inttypes.h>
#include <stdlib.h>

#include "db/store.h"
#include "dns/dns.h"
#include "milter/census.h"
#include "milter/memory.h"
#include "milter/receipt.h"
#include "milter/reload.h"
#include "milter/stats.h"

/* Buckets shown: 64 us, 256 us, 1 ms, 4 ms ... 17 s, each with all that are below. */
#define FIRST_BUCKET 11
#define BUCKET_STEP  4
#define LAST_BUCKET  47

static void
head(FILE *fp, const char *name, const char *type, const char *help)
{
	(void)fprintf(fp, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
one(FILE *fp, const char *name, const char *type, const char *help, uint64_t value)
{
	head(fp, name, type, help);
	(void)fprintf(fp, "%s %" PRIu64 "\n", name, value);
}

static void
actions(FILE *fp, const char *name, const char *help, const uint64_t counts[static ACTION_COUNT])
{
	head(fp, name, "counter", help);
	for (enum action a = 0; a < ACTION_COUNT; a++)
		/* It becomes reject or suspect before anything is decided. */
		if (a != ACTION_REJECT_IF_SUSPECT)
			(void)fprintf(
			    fp, "%s{action=\"%s\"} %" PRIu64 "\n", name, action_text(a), counts[a]);
}

/* labels: "check=\"spf\"", or "". */
static void
histogram(FILE *fp, const char *name, const char *labels, const struct histogram *h)
{
	const char *comma = labels[0] != '\0' ? "," : "";
	uint64_t n = 0, total = histogram_count(h);

	for (size_t i = 0; i <= LAST_BUCKET; i++) {
		n += h->buckets[i];
		if (i >= FIRST_BUCKET && (i - FIRST_BUCKET) % BUCKET_STEP == 0)
			(void)fprintf(fp, "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n", name, labels,
			    comma, (double)histogram_limit(i) / 1e6, n);
	}
	(void)fprintf(fp, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, labels, comma, total);
	(void)fprintf(fp, "%s_sum{%s} %.6f\n", name, labels, (double)h->sum / 1e6);
	(void)fprintf(fp, "%s_count{%s} %" PRIu64 "\n", name, labels, total);
}

static void
write_state(FILE *fp)
{
	struct conf *conf = conf_current();

	head(fp, "bailey_build_info", "gauge", "Version of the running daemon.");
	(void)fprintf(fp, "bailey_build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
	head(fp, "bailey_mode", "gauge", "Whether a mode is in force.");
	for (enum mode m = 0; m < MODE_COUNT; m++)
		(void)fprintf(
		    fp, "bailey_mode{mode=\"%s\"} %d\n", mode_text(m), conf->mode == (unsigned)m);
	one(fp, "bailey_config_reload_timestamp_seconds", "gauge",
	    "When the configuration in force was read.", (uint64_t)reload_when());
	one(fp, "bailey_sessions", "gauge", "SMTP sessions now.", (uint64_t)census_sessions());
	one(fp, "bailey_sessions_limit", "gauge", "SMTP sessions there may be.",
	    (uint64_t)census_sessions_max());
	one(fp, "bailey_messages_open", "gauge", "Messages under way now.",
	    (uint64_t)census_messages());
	conf_unref(&conf);
}

static void
write_verdicts(FILE *fp, const struct stats *s)
{
	head(fp, "bailey_verdicts_total", "counter", "What each check found.");
	for (size_t i = 0; check_registry[i] != NULL; i++)
		for (unsigned k = 0; check_registry[i]->results[k].name != NULL; k++)
			(void)fprintf(fp,
			    "bailey_verdicts_total{check=\"%s\",result=\"%s\"} %" PRIu64 "\n",
			    check_registry[i]->name, check_registry[i]->results[k].name,
			    s->verdicts[i][k]);
}

/* Those that came about: every check could have any action. */
static void
write_causes(FILE *fp, const char *name, const char *help, enum stage stage)
{
	head(fp, name, "counter", help);
	for (size_t i = 0; check_registry[i] != NULL; i++) {
		const struct check *c = check_registry[i];

		for (unsigned k = 0; c->results[k].name != NULL; k++)
			for (enum action a = 0; a < ACTION_COUNT; a++) {
				uint64_t n = stats_cause(stage, i, k, a);

				if (n > 0)
					(void)fprintf(fp,
					    "%s{check=\"%s\",result=\"%s\",action=\"%s\"} "
					    "%" PRIu64 "\n",
					    name, c->name, c->results[k].name, action_text(a), n);
			}
	}
}

static void
write_waits(FILE *fp, const char *word, enum stage stage)
{
	struct histogram h;
	char labels[100];

	for (enum action a = 0; a < ACTION_COUNT; a++) {
		if (a == ACTION_REJECT_IF_SUSPECT)
			continue;
		stats_wait(stage, a, &h);
		(void)snprintf(
		    labels, sizeof labels, "stage=\"%s\",action=\"%s\"", word, action_text(a));
		histogram(fp, "bailey_decision_seconds", labels, &h);
	}
}

static void
write_times(FILE *fp, const struct stats *s)
{
	char labels[100];

	head(fp, "bailey_stage_seconds", "histogram",
	    "How long the mail server waited for an answer.");
	histogram(fp, "bailey_stage_seconds", "stage=\"mail\"", &s->stages[STAGE_MAIL]);
	histogram(fp, "bailey_stage_seconds", "stage=\"rcpt\"", &s->stages[STAGE_RCPT]);
	histogram(fp, "bailey_stage_seconds", "stage=\"eom\"", &s->stages[STAGE_EOM]);
	head(
	    fp, "bailey_decision_seconds", "histogram", "The same by what was decided in the end.");
	write_waits(fp, "rcpt", STAGE_RCPT);
	write_waits(fp, "eom", STAGE_EOM);
	head(fp, "bailey_check_seconds", "histogram", "How long a check judged, with its waits.");
	for (size_t i = 0; check_registry[i] != NULL; i++) {
		(void)snprintf(labels, sizeof labels, "check=\"%s\"", check_registry[i]->name);
		histogram(fp, "bailey_check_seconds", labels, &s->checks[i]);
	}
}

static void
write_stats(FILE *fp, const struct stats *s)
{
	one(fp, "bailey_connections_total", "counter", "SMTP sessions begun.", s->connections);
	one(fp, "bailey_turned_away_total", "counter", "SMTP sessions beyond the limit.",
	    s->turned_away);
	write_verdicts(fp, s);
	actions(fp, "bailey_recipients_total", "Decisions about recipients.", s->recipients);
	actions(fp, "bailey_messages_total", "Decisions at the end of messages.", s->messages);
	write_causes(fp, "bailey_recipient_causes_total",
	    "Which result decided about recipients, and how.", STAGE_RCPT);
	write_causes(fp, "bailey_message_causes_total",
	    "Which result decided at the end of messages, and how.", STAGE_EOM);
	actions(fp, "bailey_shadow_recipients_total",
	    "What shadow rules would have done to recipients.", s->would_recipients);
	actions(fp, "bailey_shadow_messages_total",
	    "What shadow rules would have done to messages.", s->would_messages);
	write_times(fp, s);
}

static void
write_resolver(FILE *fp, struct dns *dns)
{
	struct dns_stats s;

	dns_get_stats(dns, &s);
	one(fp, "bailey_resolver_questions_total", "counter", "Questions of the checks.", s.asked);
	one(fp, "bailey_resolver_cache_hits_total", "counter", "Questions with a known answer.",
	    s.cache_hits);
	one(fp, "bailey_resolver_joined_total", "counter", "Questions that were under way already.",
	    s.joined);
	one(fp, "bailey_resolver_sent_total", "counter", "Packets sent to servers.", s.sent);
	one(fp, "bailey_resolver_retries_total", "counter", "Packets sent again.", s.retried);
	one(fp, "bailey_resolver_tcp_total", "counter", "Questions asked over TCP.", s.tcp);
	one(fp, "bailey_resolver_forged_total", "counter", "Packets dropped as forged.", s.forged);
	one(fp, "bailey_resolver_over_limit_total", "counter",
	    "Questions not asked because of a limit.", s.over_limit);
	head(fp, "bailey_resolver_answers_total", "counter", "Answers of servers.");
	for (enum dns_status i = 0; i < DNS_STATUS_COUNT; i++)
		(void)fprintf(fp, "bailey_resolver_answers_total{status=\"%s\"} %" PRIu64 "\n",
		    dns_status_text(i), s.by_status[i]);
	head(fp, "bailey_resolver_seconds", "histogram",
	    "How long a look-up took, with packets sent again.");
	histogram(fp, "bailey_resolver_seconds", "", &s.times);
	one(fp, "bailey_resolver_cache_entries", "gauge", "Answers kept.", s.cached);
	one(fp, "bailey_resolver_cache_bytes", "gauge", "Memory of them.", s.cache_bytes);
}

static void
write_store(FILE *fp)
{
	struct store *store = memory_store();
	uint64_t kept, lost;
	struct store_stats s;

	receipt_count(&kept, &lost);
	one(fp, "bailey_receipts", "gauge", "Receipts of decisions kept.", kept);
	one(fp, "bailey_receipts_lost_total", "counter", "Receipts that could not be kept.", lost);
	one(fp, "bailey_store_up", "gauge", "Whether there is a store.", store != NULL);
	if (store == NULL)
		return;
	store_stats(store, &s);
	one(fp, "bailey_store_records", "gauge", "Records in the store, about.", s.records);
	one(fp, "bailey_store_bytes", "gauge", "Size of the store, about.", s.bytes);
	one(fp, "bailey_store_conflicts_total", "counter", "Lock conflicts, tried again.",
	    s.conflicts);
	one(fp, "bailey_store_swept_total", "counter", "Expired records removed.", s.swept);
	head(fp, "bailey_store_seconds", "histogram",
	    "How long a call took that mail waits for, with the wait for its turn.");
	histogram(fp, "bailey_store_seconds", "", &s.times);
	if (s.shared) {
		one(fp, "bailey_store_server_up", "gauge",
		    "Whether the server of a shared store answers.", !s.away);
		one(fp, "bailey_store_stood_in_total", "counter",
		    "Answers this host gave instead of the server.", s.stood_in);
		one(fp, "bailey_store_sent_on_total", "counter",
		    "Records sent to the server after it was away.", s.sent_on);
	}
	head(fp, "bailey_store_calls_total", "counter", "Calls of the store and how they ended.");
	for (enum store_status i = 0; i < STORE_STATUS_COUNT; i++)
		(void)fprintf(fp, "bailey_store_calls_total{status=\"%s\"} %" PRIu64 "\n",
		    store_status_word(i), s.calls[i]);
}

bool
metrics_write(FILE *fp, struct dns *dns)
{
	struct stats *s = malloc(sizeof *s);

	if (s == NULL)
		return false;
	stats_read(s);
	write_state(fp);
	write_stats(fp, s);
	write_store(fp);
	write_resolver(fp, dns);
	free(s);
	return !ferror(fp);
}
