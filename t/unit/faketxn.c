/* SPDX-License-Identifier: BSD-2-Clause */
#include "t/unit/faketxn.h"

#include <stdlib.h>
#include <string.h>

#define WAIT_MS 8000 /* as the default budget */

static struct faketxn *
fake(const struct txn *txn)
{
	return (struct faketxn *)txn;
}

static void *
need(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

void
faketxn_init(struct faketxn *f, const struct check *check, struct dns *dns, const char *client)
{
	*f = (struct faketxn){.site = {.authserv_id = "mx.here.example"}};
	clock_fake_init(&f->clock, 1000, 1700000000);
	arena_init(&f->arena, 1 << 20);
	f->txn = (struct txn){
	    .site = &f->site,
	    .clock = &f->clock.clock,
	    .dns = need(dns_session_new(dns)),
	    .deadline = 1000 + WAIT_MS,
	    .id = "fake",
	    .origin = ORIGIN_OUTSIDE,
	    .check = check,
	    .arena = &f->arena,
	};
	(void)addr_parse(&f->txn.client.addr, client);
	(void)addr_format(&f->txn.client.addr, f->txn.client.addr_text);
	f->msg_state = need(calloc(1, check->msg_state + 1));
}

void
faketxn_fini(struct faketxn *f)
{
	if (f->txn.check->done != NULL)
		f->txn.check->done(&f->txn);
	dns_session_free(&f->txn.dns);
	arena_fini(&f->arena);
	free(f->msg_state);
}

void
faketxn_ask(struct faketxn *f, enum stage stage)
{
	if (f->txn.check->ask[stage] != NULL)
		f->txn.check->ask[stage](&f->txn);
}

void
faketxn_judge(struct faketxn *f, enum stage stage)
{
	f->count = 0;
	if (f->txn.check->judge[stage] != NULL)
		f->txn.check->judge[stage](&f->txn);
}

const char *
faketxn_results(struct faketxn *f)
{
	const char *text = "";

	for (size_t i = 0; i < f->count; i++)
		text = need(arena_printf(&f->arena, "%s%s%s", text, i > 0 ? " " : "",
		    f->txn.check->results[f->verdicts[i].result].name));
	return text;
}

const char *
faketxn_reason(const struct faketxn *f)
{
	return f->count > 0 ? f->verdicts[0].reason : "";
}

const char *
faketxn_props(struct faketxn *f)
{
	const struct verdict *v = &f->verdicts[0];
	const char *text = "";

	for (unsigned i = 0; f->count > 0 && i < v->prop_count; i++)
		text = need(arena_printf(&f->arena, "%s%s%s.%s=%s", text, i > 0 ? " " : "",
		    v->props[i].ptype, v->props[i].property, v->props[i].value));
	return text;
}

struct verdict *
report(struct txn *txn, unsigned result, const char *fmt, ...)
{
	struct faketxn *f = fake(txn);
	struct verdict *v = &f->verdicts[f->count];
	va_list ap;

	if (f->count++ == FAKETXN_MAX)
		abort();
	va_start(ap, fmt);
	*v = (struct verdict){.check = txn->check, .result = result, .rcpt = -1};
	v->reason = need(arena_vprintf(&f->arena, fmt, ap));
	va_end(ap);
	return v;
}

void
verdict_prop(
    struct txn *txn, struct verdict *v, const char *ptype, const char *property, const char *value)
{
	if (v->prop_count == VERDICT_PROPS_MAX)
		abort();
	v->props[v->prop_count++] =
	    (struct prop){ptype, property, need(arena_strdup(&fake(txn)->arena, value))};
}

void *
txn_msg_state(struct txn *txn)
{
	return fake(txn)->msg_state;
}

int
txn_add_header(struct txn *txn, const char *name, const char *value)
{
	struct faketxn *f = fake(txn);

	if (f->field_count == FAKETXN_MAX)
		abort();
	f->fields[f->field_count].name = need(arena_strdup(&f->arena, name));
	f->fields[f->field_count++].value = need(arena_strdup(&f->arena, value));
	return 0;
}

const struct verdict *
txn_verdict(const struct txn *txn, const char *check, size_t n)
{
	const struct faketxn *f = fake(txn);

	for (size_t i = 0; i < f->other_count; i++)
		if (strcmp(f->others[i].check->name, check) == 0 && n-- == 0)
			return &f->others[i];
	return NULL;
}

bool
txn_is_suspect(const struct txn *txn)
{
	return fake(txn)->suspect;
}
