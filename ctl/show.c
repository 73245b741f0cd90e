/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers, times and foreign text as people read them. */
#include "ctl/show.h"

#include <time.h>

#include "lib/ascii.h"

#define COLUMN 14 /* width of the first one */

void
show_text(const char *s, FILE *fp)
{
	for (; s != NULL && *s != '\0'; s++)
		(void)putc(ascii_is_control(*s) ? '?' : *s, fp);
}

void
show_key(const char *key)
{
	(void)printf("%-*s ", COLUMN, key);
}

const char *
show_duration(int64_t s, char out[32])
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}, {NULL, 1}};
	size_t i = 0;
	int64_t n, rest;

	while (units[i + 1].name != NULL && s < units[i].seconds)
		i++;
	n = s / units[i].seconds;
	rest = units[i + 1].name != NULL ? s % units[i].seconds / units[i + 1].seconds : 0;
	if (rest > 0)
		(void)snprintf(out, 32, "%lld %s %lld %s", (long long)n, units[i].name,
		    (long long)rest, units[i + 1].name);
	else
		(void)snprintf(out, 32, "%lld %s", (long long)n, units[i].name);
	return out;
}

const char *
show_time(int64_t wall, char out[32])
{
	time_t t = (time_t)wall;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL || strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		(void)snprintf(out, 32, "%lld", (long long)wall);
	return out;
}

int64_t
json_number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

const char *
json_text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}
