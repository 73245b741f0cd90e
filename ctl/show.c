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

/* "pass 12, reject 3" of an object with numbers. */
static void
show_counts(const char *title, const json_t *counts)
{
	const char *key, *comma = "";
	json_t *value;

	show_key(title);
	json_object_foreach ((json_t *)(uintptr_t)counts, key, value) {
		(void)printf("%s%s %lld", comma, key, (long long)json_integer_value(value));
		comma = ", ";
	}
	(void)puts(json_object_size(counts) == 0 ? "-" : "");
}

static void
show_times(const char *title, const json_t *h)
{
	show_key(title);
	(void)printf("%10lld", (long long)json_number_of(h, "count"));
	for (size_t i = 0; i < 4 && json_number_of(h, "count") > 0; i++) {
		static const char *const keys[] = {"mean", "p50", "p90", "p99"};

		(void)printf(" %10.3f", json_real_value(json_object_get(h, keys[i])));
	}
	(void)putchar('\n');
}

void
show_stats(const json_t *s)
{
	const json_t *would = json_object_get(s, "would");
	json_t *checks = json_object_get(s, "checks"), *stages = json_object_get(s, "stages"), *o;
	const char *name;

	show_key("connections");
	(void)printf("%lld, %lld turned away\n", (long long)json_number_of(s, "connections"),
	    (long long)json_number_of(s, "turned_away"));
	show_counts("recipients", json_object_get(s, "recipients"));
	show_counts("messages", json_object_get(s, "messages"));
	show_counts("would have", json_object_get(would, "recipients"));
	show_counts("", json_object_get(would, "messages"));
	(void)putchar('\n');
	json_object_foreach (checks, name, o)
		show_counts(name, json_object_get(o, "results"));
	(void)printf("\n%-14s %10s %10s %10s %10s %10s\n", "milliseconds", "times", "mean", "p50",
	    "p90", "p99");
	json_object_foreach (stages, name, o)
		show_times(name, o);
	json_object_foreach (checks, name, o)
		show_times(name, o);
}
