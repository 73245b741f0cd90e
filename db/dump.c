/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing and reading the store as text (format: dump.h).
 */
#include "config.h"

#include "db/dump.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLUSH_EVERY \
	65536 /* records loaded between two checkpoints, which remove the log behind them */

static const struct kind {
	enum record_kind kind;
	const char *word;
	size_t fields;
	bool texts; /* the payload is a version and texts, else greylist_record */
} kinds[] = {
    {RECORD_TRIPLET, "triplet", 3, false},
    {RECORD_CLIENT, "client", 1, false},
    {RECORD_CORRESPONDENT, "correspondent", 2, false},
    {RECORD_SHADOW, "shadow", 3, false},
    {RECORD_DMARC, "dmarc", 3, true},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static void
put_field(FILE *f, struct record_bytes b)
{
	putc('\t', f);
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] < ' ' || b.p[i] > '~' || b.p[i] == '\\')
			fprintf(f, "\\x%02x", b.p[i]);
		else
			putc(b.p[i], f);
}

static void
put_fields(FILE *f, const struct record_bytes *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_field(f, fields[i]);
}

static bool
put_greylist(
    FILE *f, const struct kind *k, const struct record_bytes *fields, struct record_bytes value)
{
	struct greylist_record r;
	int64_t expires;

	if (!record_head_get(value, &expires) || !record_greylist_get(value, &r))
		return false;
	fprintf(f, "%s\t%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRIu32, k->word, expires,
	    r.first, r.last, r.passed, r.count);
	put_fields(f, fields, k->fields);
	return true;
}

static bool
put_texts(
    FILE *f, const struct kind *k, const struct record_bytes *fields, struct record_bytes value)
{
	const uint8_t *p = value.p + RECORD_HEAD, *end = value.p + value.n, *nul;
	int64_t expires;

	if (!record_head_get(value, &expires) || end - p < 2 || *p++ != RECORD_DMARC_VERSION ||
	    end[-1] != '\0')
		return false;
	fprintf(f, "%s\t%" PRId64, k->word, expires);
	put_fields(f, fields, k->fields);
	for (; p < end; p = nul + 1) {
		nul = memchr(p, '\0', (size_t)(end - p));
		put_field(f, (struct record_bytes){p, (size_t)(nul - p)});
	}
	return true;
}

static bool
put_known(FILE *f, struct record_bytes key, struct record_bytes value)
{
	struct record_bytes fields[RECORD_FIELDS_MAX];

	for (size_t i = 0; i < KINDS; i++) {
		const struct kind *k = &kinds[i];

		if (key.n == 0 || key.p[0] != k->kind || !record_key_split(key, fields, k->fields))
			continue;
		if (!(k->texts ? put_texts : put_greylist)(f, k, fields, value))
			return false;
		putc('\n', f);
		return true;
	}
	return false;
}

void
dump_put(FILE *f, struct record_bytes key, struct record_bytes value)
{
	if (put_known(f, key, value))
		return;
	fputs("raw", f);
	put_field(f, key);
	put_field(f, value);
	putc('\n', f);
}

/* Take the next field of a line and undo its escapes in place; false: malformed. */
static bool
take_field(char **line, struct record_bytes *out)
{
	char *start = *line, *end = start + strcspn(start, "\t"), *w = start;

	*line = *end == '\t' ? end + 1 : NULL;
	*end = '\0';
	for (const char *r = start; r < end; r++, w++) {
		unsigned byte = (unsigned char)*r;

		if (*r == '\\') {
			if (r[1] != 'x' || !isxdigit((unsigned char)r[2]) ||
			    !isxdigit((unsigned char)r[3]) || sscanf(r + 2, "%2x", &byte) != 1)
				return false;
			r += 3;
		}
		*w = (char)byte;
	}
	*out = (struct record_bytes){(uint8_t *)start, (size_t)(w - start)};
	return true;
}

/* As take_field, but of what may not hold NUL; gets one behind it. */
static const char *
take_text(char **line, size_t *len_r)
{
	struct record_bytes f;

	if (*line == NULL || !take_field(line, &f) || memchr(f.p, '\0', f.n) != NULL)
		return NULL;
	((char *)f.p)[f.n] = '\0';
	*len_r = f.n;
	return (const char *)f.p;
}

static bool
take_key(char **line, const struct kind *k, struct record_key *key)
{
	const char *texts[RECORD_FIELDS_MAX];
	size_t len;

	for (size_t i = 0; i < k->fields; i++) {
		texts[i] = take_text(line, &len);
		if (texts[i] == NULL || len > RECORD_FIELD_MAX)
			return false;
	}
	record_key_make(key, k->kind, texts, k->fields);
	return true;
}

static bool
load_greylist(struct store *s, const struct kind *k, char *line, enum store_status *status_r)
{
	struct greylist_record r;
	struct record_key key;
	uint8_t value[RECORD_GREYLIST_SIZE];
	int64_t expires;
	int n = 0;

	if (sscanf(line, "%" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNu32 "\t%n",
		&expires, &r.first, &r.last, &r.passed, &r.count, &n) != 5 ||
	    n == 0)
		return false;
	line += n;
	if (!take_key(&line, k, &key) || line != NULL)
		return false;
	record_greylist_put(value, &r, expires);
	*status_r =
	    store_put_value(s, record_key_bytes(&key), (struct record_bytes){value, sizeof value});
	return true;
}

static bool
load_texts(struct store *s, const struct kind *k, char *line, enum store_status *status_r)
{
	struct record_key key;
	int64_t expires;
	const char *text;
	uint8_t *value;
	size_t n = RECORD_HEAD, len;
	int skip = 0;
	bool good;

	if (sscanf(line, "%" SCNd64 "\t%n", &expires, &skip) != 1 || skip == 0)
		return false;
	line += skip;
	if (!take_key(&line, k, &key) || line == NULL)
		return false;
	value = malloc(RECORD_HEAD + 1 + strlen(line) + 1);
	if (value == NULL) {
		*status_r = STORE_FAILED;
		return true;
	}
	record_head_put(value, expires);
	for (value[n++] = RECORD_DMARC_VERSION; line != NULL; n += len + 1) {
		if ((text = take_text(&line, &len)) == NULL)
			break;
		memcpy(value + n, text, len + 1);
	}
	good = text != NULL && n <= RECORD_VALUE_MAX;
	if (good)
		*status_r =
		    store_put_value(s, record_key_bytes(&key), (struct record_bytes){value, n});
	free(value);
	return good;
}

/* Without NULs in it. */
static bool
load_line(struct store *s, char *line, enum store_status *status_r)
{
	struct record_bytes key, value;
	char *word = line;

	line = strchr(line, '\t');
	if (line == NULL)
		return false;
	*line++ = '\0';
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(word, kinds[i].word) == 0)
			return (kinds[i].texts ? load_texts : load_greylist)(
			    s, &kinds[i], line, status_r);
	if (strcmp(word, "raw") != 0 || !take_field(&line, &key) || line == NULL ||
	    !take_field(&line, &value) || line != NULL || key.n == 0 || key.n > RECORD_KEY_MAX ||
	    value.n > RECORD_VALUE_MAX)
		return false;
	*status_r = store_put_value(s, key, value);
	return true;
}

bool
dump_take(struct store *s, char *line, size_t len, enum store_status *status_r)
{
	*status_r = STORE_OK;
	return len <= DUMP_LINE_MAX && strlen(line) == len && load_line(s, line, status_r);
}

struct dump_reader *
dump_reader_new(FILE *f)
{
	struct dump_reader *r = calloc(1, sizeof *r);

	if (r != NULL)
		r->file = f;
	return r;
}

void
dump_reader_free(struct dump_reader **rp)
{
	free(*rp);
	*rp = NULL;
}

/* Without its end, which must be there: what was cut may look like a whole line. */
static const char *
read_line(struct dump_reader *r)
{
	int c = EOF;

	r->len = 0;
	while (r->len <= DUMP_LINE_MAX && (c = getc_unlocked(r->file)) != EOF && c != '\n')
		r->text[r->len++] = (char)c;
	r->text[r->len] = '\0';
	if (c != EOF || r->len > 0)
		r->line++;
	if (ferror(r->file))
		return strerror(errno);
	if (c == EOF)
		return r->line == 0 ? "empty" : "cut short: no last line";
	return r->len > DUMP_LINE_MAX ? "longer than any record" : NULL;
}

char *
dump_next(struct dump_reader *r, const char **fault_r)
{
	uint64_t announced;
	char rest;

	*fault_r = read_line(r);
	if (r->line == 1 && strcmp(r->text, DUMP_MAGIC) != 0)
		*fault_r = "not a dump: \"" DUMP_MAGIC "\" expected";
	else if (r->line == 1 && *fault_r == NULL)
		*fault_r = read_line(r);
	if (*fault_r != NULL)
		return NULL;
	if (strncmp(r->text, "end ", 4) != 0) {
		r->records++;
		return r->text;
	}
	if (sscanf(r->text, "end %" SCNu64 "%c", &announced, &rest) != 1)
		*fault_r = "malformed line";
	else if (announced != r->records)
		*fault_r = "the last line counts other records";
	else if (getc_unlocked(r->file) != EOF)
		*fault_r = "something follows the last line";
	return NULL;
}

static const char *
load_all(struct store *s, struct dump_reader *r, struct dump_report *report)
{
	const char *fault;
	char *line;

	while ((line = dump_next(r, &fault)) != NULL) {
		if (!dump_take(s, line, r->len, &report->status))
			return "malformed line";
		if (report->status != STORE_OK)
			return store_status_text(report->status);
		if (++report->loaded % FLUSH_EVERY == 0)
			store_flush(s);
	}
	return fault;
}

int
dump_load(struct store *s, FILE *f, struct dump_report *report, struct buf *why)
{
	struct dump_reader *r = dump_reader_new(f);
	const char *fault;

	*report = (struct dump_report){0};
	fault = r != NULL ? load_all(s, r, report) : "out of memory";
	if (fault != NULL)
		buf_printf(why, "line %" PRIu64 ": %s", r != NULL ? r->line : 0, fault);
	dump_reader_free(&r);
	return fault == NULL ? 0 : -1;
}

struct dump_writer {
	struct store *store;
	struct store_cursor cursor;
	FILE *file;
	uint64_t count;
	char *path, *part;
};

int64_t
dump_snapshot_time(const char *directory)
{
	struct stat st;
	char *path;
	int rc;

	if (asprintf(&path, "%s/store.dump", directory) < 0)
		return 0;
	rc = stat(path, &st);
	free(path);
	return rc == 0 ? (int64_t)st.st_mtime : 0;
}

struct dump_writer *
dump_begin(struct store *s, const char *directory, struct buf *why)
{
	struct dump_writer *w = calloc(1, sizeof *w);

	if (w == NULL || asprintf(&w->path, "%s/store.dump", directory) < 0 ||
	    asprintf(&w->part, "%s/store.dump.part", directory) < 0)
		buf_puts(why, "out of memory");
	else if ((w->file = fopen(w->part, "wex")) == NULL &&
		 (errno != EEXIST || unlink(w->part) != 0 ||
		     (w->file = fopen(w->part, "wex")) == NULL))
		buf_printf(why, "%s: %s", w->part, strerror(errno));
	else {
		(void)fchmod(fileno(w->file), 0600);
		w->store = s;
		fputs(DUMP_MAGIC "\n", w->file);
		return w;
	}
	dump_end(&w);
	return NULL;
}

static bool
write_record(void *ctx, struct record_bytes key, struct record_bytes value)
{
	struct dump_writer *w = ctx;

	dump_put(w->file, key, value);
	w->count++;
	return ferror(w->file) == 0;
}

int
dump_step(struct dump_writer *w, struct buf *why)
{
	enum store_status status =
	    store_scan_step(w->store, (struct record_bytes){NULL, 0}, &w->cursor, write_record, w);
	int rc;

	if (status != STORE_OK) {
		buf_puts(why, store_status_text(status));
		return -1;
	}
	if (!w->cursor.ended)
		return 1;
	fprintf(w->file, "end %" PRIu64 "\n", w->count);
	rc = fflush(w->file) != 0 || ferror(w->file) || fsync(fileno(w->file)) != 0;
	rc |= fclose(w->file) != 0;
	w->file = NULL;
	rc = rc == 0 ? rename(w->part, w->path) : -1;
	if (rc == -1)
		buf_printf(why, "%s: %s", w->path, strerror(errno));
	return rc;
}

void
dump_end(struct dump_writer **wp)
{
	struct dump_writer *w = *wp;

	if (w == NULL)
		return;
	*wp = NULL;
	if (w->file != NULL)
		(void)fclose(w->file);
	if (w->part != NULL)
		(void)unlink(w->part);
	free(w->part);
	free(w->path);
	free(w);
}
