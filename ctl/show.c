/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers, times and foreign text as people read them. */
#include "ctl/show.h"

#include <string.h>
#include <time.h>

#include "lib/text.h"

#define COLUMN 14 /* width of the first one */

static void
put_text(const char *s, size_t len, bool tabs, FILE *fp)
{
	bool plain;

	for (size_t i = 0, n; i < len; i += n) {
		n = text_char(s + i, &plain);
		plain |= tabs && s[i] == '\t';
		(void)fwrite(plain ? s + i : "?", 1, plain ? n : 1, fp);
	}
}

void
show_text(const char *s, FILE *fp)
{
	if (s != NULL)
		put_text(s, strlen(s), false, fp);
}

void
show_lines(const char *s, size_t len, const char *between, FILE *fp)
{
	const char *end = s + len, *line_end;

	for (; s < end; s = line_end + 1) {
		line_end = memchr(s, '\n', (size_t)(end - s));
		if (line_end == NULL)
			line_end = end;
		put_text(s, (size_t)(line_end - s), true, fp);
		(void)fprintf(fp, "\n%s", line_end + 1 < end ? between : "");
	}
}

static void
put_key(const char *key, FILE *fp)
{
	(void)fprintf(fp, "%-*s ", COLUMN, key);
}

void
show_key(const char *key)
{
	put_key(key, stdout);
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
show_counts(const char *title, const json_t *counts, FILE *fp)
{
	const char *key, *comma = "";
	json_t *value;

	put_key(title, fp);
	json_object_foreach ((json_t *)(uintptr_t)counts, key, value) {
		(void)fprintf(fp, "%s%s %lld", comma, key, (long long)json_integer_value(value));
		comma = ", ";
	}
	(void)fputs(json_object_size(counts) == 0 ? "-\n" : "\n", fp);
}

static void
show_times(const char *title, const json_t *h, FILE *fp)
{
	put_key(title, fp);
	(void)fprintf(fp, "%10lld", (long long)json_number_of(h, "count"));
	for (size_t i = 0; i < 4 && json_number_of(h, "count") > 0; i++) {
		static const char *const keys[] = {"mean", "p50", "p90", "p99"};

		(void)fprintf(fp, " %10.3f", json_real_value(json_object_get(h, keys[i])));
	}
	(void)putc('\n', fp);
}

void
show_stats(const json_t *s, FILE *fp)
{
	const json_t *would = json_object_get(s, "would");
	json_t *checks = json_object_get(s, "checks"), *stages = json_object_get(s, "stages"), *o;
	const char *name;

	put_key("connections", fp);
	(void)fprintf(fp, "%lld, %lld turned away\n", (long long)json_number_of(s, "connections"),
	    (long long)json_number_of(s, "turned_away"));
	show_counts("recipients", json_object_get(s, "recipients"), fp);
	show_counts("messages", json_object_get(s, "messages"), fp);
	show_counts("would have", json_object_get(would, "recipients"), fp);
	show_counts("", json_object_get(would, "messages"), fp);
	(void)putc('\n', fp);
	json_object_foreach (checks, name, o)
		show_counts(name, json_object_get(o, "results"), fp);
	(void)fprintf(fp, "\n%-14s %10s %10s %10s %10s %10s\n", "milliseconds", "times", "mean",
	    "p50", "p90", "p99");
	json_object_foreach (stages, name, o)
		show_times(name, o, fp);
	json_object_foreach (checks, name, o)
		show_times(name, o, fp);
}
