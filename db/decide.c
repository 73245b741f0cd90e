/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The greylisting rules (RFC 6647 5), without memory, clock or lock.  A clock
 * that went back makes times lie in the future: such a time becomes now, so
 * the worst that happens is one more delay.
 */
#include "db/decide.h"

#include <stddef.h>

static bool
is_gone(const struct greylist_record *r, int64_t now, const struct greylist_params *p)
{
	return r->first == 0 || now > greylist_expires(r, p);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t
greylist_expires(const struct greylist_record *r, const struct greylist_params *p)
{
	return r->passed != 0 ? r->last + p->max_age : r->first + p->retry_window;
}

/* A use worth writing down: an hour after the last one, or the clock went back. */
static bool
refresh(struct greylist_record *r, int64_t now)
{
	if (now >= r->last && now - r->last < GREYLIST_REFRESH)
		return false;
	r->last = now;
	r->count += r->count < UINT32_MAX;
	return true;
}

bool
greylist_decide(struct greylist_record *r, int64_t now, const struct greylist_params *p,
    struct greylist_answer *a)
{
	bool is_new = is_gone(r, now, p);

	*a = (struct greylist_answer){.outcome = GREYLIST_KNOWN};
	if (!is_new && r->passed != 0) {
		a->count = r->count;
		return refresh(r, now);
	}
	if (is_new)
		*r = (struct greylist_record){.first = now};
	r->first = earlier(r->first, now);
	r->last = now;
	r->count += r->count < UINT32_MAX;
	a->count = r->count;
	a->delayed = now - r->first;
	if (a->delayed < p->delay) {
		a->outcome = is_new ? GREYLIST_NEW : GREYLIST_EARLY;
		a->wait = p->delay - a->delayed;
	} else {
		a->outcome = GREYLIST_PASSED;
		r->passed = now;
	}
	return true;
}

bool
greylist_client_allowed(
    struct greylist_record *r, int64_t now, const struct greylist_params *p, bool *changed_r)
{
	*changed_r = false;
	if (p->auto_allow_after == 0 || is_gone(r, now, p) || r->count < p->auto_allow_after)
		return false;
	*changed_r = refresh(r, now);
	return true;
}

bool
greylist_client_credit(struct greylist_record *r, int64_t now, const struct greylist_params *p)
{
	if (is_gone(r, now, p)) {
		*r = (struct greylist_record){now, now, now, 1};
		return true;
	}
	return refresh(r, now);
}
