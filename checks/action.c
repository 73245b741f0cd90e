/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of the configuration, once: reading and writing use the same tables. */
#include "checks/action.h"

#include <stddef.h>
#include <string.h>

static const char *const actions[ACTION_COUNT] = {
    [ACTION_PASS] = "pass",
    [ACTION_SUSPECT] = "suspect",
    [ACTION_QUARANTINE] = "quarantine",
    [ACTION_DISCARD] = "discard",
    [ACTION_TEMPFAIL] = "tempfail",
    [ACTION_REJECT_IF_SUSPECT] = "reject-if-suspect",
    [ACTION_REJECT] = "reject",
    [ACTION_ACCEPT] = "accept",
};

static const char *const modes[MODE_COUNT] = {
    [MODE_ENFORCE] = "enforce",
    [MODE_SHADOW] = "shadow",
    [MODE_OFF] = "off",
};

static bool
find(const char *const *words, size_t count, const char *text, size_t *i_r)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], text) == 0) {
			*i_r = i;
			return true;
		}
	}
	return false;
}

const char *
action_text(enum action action)
{
	return actions[action];
}

bool
action_parse(const char *text, enum action *out)
{
	size_t i;

	if (!find(actions, ACTION_COUNT, text, &i))
		return false;
	*out = (enum action)i;
	return true;
}

const char *
mode_text(enum mode mode)
{
	return modes[mode];
}

bool
mode_parse(const char *text, enum mode *out)
{
	size_t i;

	if (!find(modes, MODE_COUNT, text, &i))
		return false;
	*out = (enum mode)i;
	return true;
}
