/* SPDX-License-Identifier: BSD-2-Clause */
/* What the MTA has shown of itself, as JSON; "offer" is missing before the first connection. */
#include "milter/answer_private.h"

#include "milter/mta.h"

static void
put_bool(json_t *o, const char *key, bool value)
{
	(void)json_object_set_new(o, key, json_boolean(value));
}

static json_t *
offer_of(const struct mta_offer *offer)
{
	json_t *o = json_object();

	answer_number(o, "protocol", offer->protocol);
	put_bool(o, "add", offer->add);
	put_bool(o, "change", offer->change);
	put_bool(o, "quarantine", offer->quarantine);
	put_bool(o, "macros", offer->macros);
	put_bool(o, "leading_space", offer->leading_space);
	return o;
}

/* Those looked for: whether they were there. */
static json_t *
macros_of(const struct mta_facts *f)
{
	json_t *o = json_object();

	for (enum mta_macro m = 0; m < MTA_MACRO_COUNT; m++)
		if (((f->there | f->missing) >> m & 1) != 0)
			put_bool(o, mta_macro_text(m), (f->there >> m & 1) != 0);
	return o;
}

static json_t *
traces_of(const struct mta_facts *f)
{
	json_t *o = json_object();

	for (enum mta_trace t = 0; t < MTA_TRACE_COUNT; t++)
		if (f->traces[t] > 0)
			answer_number(o, mta_trace_text(t), f->traces[t]);
	return o;
}

bool
answer_mta(const struct answer_about *about, const char *argument, json_t *out)
{
	struct mta_facts f;

	(void)about;
	(void)argument;
	mta_get(&f);
	answer_number(out, "negotiated", (uint64_t)f.negotiated);
	if (f.negotiated != 0)
		(void)json_object_set_new(out, "offer", offer_of(&f.offer));
	answer_number(out, "connections", f.connections);
	answer_text(out, "version", f.version);
	answer_text(out, "hostname", f.hostname);
	(void)json_object_set_new(out, "macros", macros_of(&f));
	answer_number(out, "messages", f.messages);
	(void)json_object_set_new(out, "traces", traces_of(&f));
	return true;
}
