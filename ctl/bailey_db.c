/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bailey-db: the store of a stopped daemon as text, and back; see
 * bailey-db(8).  What it does to a store, the daemon's own code does.
 */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/greylist_key.h"
#include "db/dump.h"
#include "db/store.h"
#include "lib/keyhash.h"

#define CACHE_SIZE (64 * 1024 * 1024)

struct options {
	const char *directory;
	const char *key_file; /* NULL: addresses are in clear */
};

static int
fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "bailey-db: %s%s%s\n", what, why[0] != '\0' ? ": " : "", why);
	return EXIT_FAILURE;
}

/* What root leaves in the daemon's directory, the daemon cannot open. */
static int
become_owner(const char *directory)
{
	struct stat st;

	if (geteuid() != 0 || stat(directory, &st) == -1 || st.st_uid == 0)
		return 0;
	return setgroups(0, NULL) == 0 && setgid(st.st_gid) == 0 ? setuid(st.st_uid) : -1;
}

static struct store *
open_store(const struct options *o)
{
	struct store_setup setup = {.options = {.type = STORE_DISK, .cache_size = CACHE_SIZE},
	    .directory = o->directory,
	    .clock = &clock_real,
	    .offline = true};
	char room[512];
	struct buf why;
	struct store *s;

	if (become_owner(o->directory) == -1) {
		(void)fail("cannot become the owner of the directory", strerror(errno));
		return NULL;
	}
	buf_init(&why, room, sizeof room);
	if (store_open(&s, &setup, &why) != STORE_OK)
		(void)fail(why.s, "");
	return s;
}

/* The rest of the work of every command that opened a store. */
static int
finish(struct store **s, int rc, const struct buf *why)
{
	store_close(s);
	return rc == 0 ? EXIT_SUCCESS : fail(why->s, "");
}

static int
cmd_dump(const struct options *o, const char *path)
{
	FILE *f = path != NULL ? fopen(path, "wxe") : stdout;
	struct store *s = NULL;
	char room[256];
	struct buf why;
	uint64_t n;
	int rc;

	if (f == NULL)
		return fail(path, strerror(errno));
	if ((s = open_store(o)) == NULL) {
		if (path != NULL)
			(void)unlink(path);
		return EXIT_FAILURE;
	}
	buf_init(&why, room, sizeof room);
	rc = dump_write(s, f, &n, &why);
	if (f != stdout && fclose(f) != 0 && rc == 0) {
		buf_puts(&why, strerror(errno));
		rc = -1;
	}
	if (rc == 0)
		(void)fprintf(stderr, "bailey-db: %" PRIu64 " records\n", n);
	return finish(&s, rc, &why);
}

static int
cmd_load(const struct options *o, const char *path)
{
	FILE *f = path != NULL ? fopen(path, "re") : stdin;
	struct dump_report report;
	struct store *s;
	char room[256];
	struct buf why;
	int rc;

	if (f == NULL)
		return fail(path, strerror(errno));
	if ((s = open_store(o)) == NULL)
		return EXIT_FAILURE;
	buf_init(&why, room, sizeof room);
	rc = dump_load(s, f, &report, &why);
	(void)fprintf(stderr, "bailey-db: %" PRIu64 " records loaded\n", report.loaded);
	return finish(&s, rc, &why);
}

struct verify {
	uint64_t triplets, clients, correspondents, others, newer;
};

static bool
verify_one(void *ctx, struct record_bytes key, struct record_bytes value)
{
	struct verify *v = ctx;
	struct greylist_record r;
	int64_t expires;

	if (!record_head_get(value, &expires))
		v->newer++;
	else if (!record_greylist_get(value, &r))
		v->others++;
	else if (key.p[0] == RECORD_TRIPLET)
		v->triplets++;
	else if (key.p[0] == RECORD_CLIENT)
		v->clients++;
	else if (key.p[0] == RECORD_CORRESPONDENT)
		v->correspondents++;
	else
		v->others++;
	return true;
}

static int
cmd_verify(const struct options *o, const char *unused)
{
	struct verify v = {0};
	enum store_status status;
	struct store *s;
	char room[512];
	struct buf why;

	(void)unused;
	buf_init(&why, room, sizeof room);
	if (become_owner(o->directory) == -1)
		return fail("cannot become the owner of the directory", strerror(errno));
	if (store_verify_files(o->directory, &why) != STORE_OK)
		return fail(why.s, "");
	if ((s = open_store(o)) == NULL)
		return EXIT_FAILURE;
	status = store_scan(s, (struct record_bytes){NULL, 0}, verify_one, &v);
	if (status != STORE_OK)
		buf_puts(&why, store_status_text(status));
	else
		printf("sound: %" PRIu64 " triplets, %" PRIu64 " clients, %" PRIu64
		       " correspondents, %" PRIu64 " other records, %" PRIu64
		       " of a newer release\n",
		    v.triplets, v.clients, v.correspondents, v.others, v.newer);
	return finish(&s, status == STORE_OK ? 0 : -1, &why);
}

struct forget {
	struct store *store;
	const char *texts[4]; /* forms in which the address may stand in a field; NULL: none */
	uint64_t removed;
	enum store_status status;
};

static bool
forget_one(void *ctx, struct record_bytes key, struct record_bytes value)
{
	struct forget *f = ctx;
	struct record_bytes fields[RECORD_FIELDS_MAX];
	size_t count = 1;
	struct record_key k = {.len = key.n};
	bool hit = false;

	(void)value;
	while (!record_key_split(key, fields, count))
		if (count++ == RECORD_FIELDS_MAX)
			return true;
	for (size_t i = 0; i < count; i++)
		for (size_t n = 0; n < 4; n++)
			hit = hit || (f->texts[n] != NULL && fields[i].n == strlen(f->texts[n]) &&
					 memcmp(fields[i].p, f->texts[n], fields[i].n) == 0);
	if (!hit)
		return true;
	memcpy(k.bytes, key.p, key.n);
	f->status = store_remove(f->store, &k);
	f->removed += f->status == STORE_OK;
	return f->status == STORE_OK;
}

static int
cmd_forget(const struct options *o, const char *address)
{
	char sender[GREYLIST_TEXT_SIZE], rcpt[GREYLIST_TEXT_SIZE];
	char hidden[2][KEYHASH_TEXT_SIZE];
	struct arena arena = {.cap = 1 << 20};
	const char *why_key = "";
	struct forget f = {.texts = {sender, rcpt}};
	struct keyhash hide;
	struct path p;
	char room[512];
	struct buf why;

	buf_init(&why, room, sizeof room);
	if (path_parse(&p, address, &arena) == -1 ||
	    (o->key_file != NULL && keyhash_load(&hide, o->key_file, &arena, &why_key) == -1)) {
		(void)fail("cannot read the key", why_key);
		arena_fini(&arena);
		return EXIT_FAILURE;
	}
	greylist_key_sender(p.local, p.domain, sender);
	greylist_key_rcpt(p.local, p.domain, rcpt);
	if (o->key_file != NULL) {
		f.texts[2] = keyhash_text(&hide, sender, hidden[0]);
		f.texts[3] = keyhash_text(&hide, rcpt, hidden[1]);
	}
	arena_fini(&arena);
	if ((f.store = open_store(o)) == NULL)
		return EXIT_FAILURE;
	for (const char *kind = "gcws"; *kind != '\0' && f.status == STORE_OK; kind++) {
		enum store_status status = store_scan(
		    f.store, (struct record_bytes){(const uint8_t *)kind, 1}, forget_one, &f);

		f.status = f.status == STORE_OK ? status : f.status;
	}
	buf_puts(&why, store_status_text(f.status));
	printf("%" PRIu64 " records removed\n", f.removed);
	return finish(&f.store, f.status == STORE_OK ? 0 : -1, &why);
}

static const struct command {
	const char *name, *argument; /* argument: "[...]" may be left out, NULL: none */
	int (*run)(const struct options *, const char *argument);
} commands[] = {
    {"dump", "[FILE]", cmd_dump},
    {"load", "[FILE]", cmd_load},
    {"verify", NULL, cmd_verify},
    {"forget", "ADDRESS", cmd_forget},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static int
usage(void)
{
	for (size_t i = 0; i < COMMANDS; i++)
		(void)fprintf(stderr, "%s bailey-db [-d DIRECTORY] [-k KEY-FILE] %s%s%s\n",
		    i == 0 ? "usage:" : "      ", commands[i].name,
		    commands[i].argument != NULL ? " " : "",
		    commands[i].argument != NULL ? commands[i].argument : "");
	return 2;
}

int
main(int argc, char **argv)
{
	struct options o = {.directory = "/var/lib/bailey"};
	const char *argument;
	int opt;

	(void)umask(077); /* a dump tells who writes to whom */
	while ((opt = getopt(argc, argv, "d:k:")) != -1) {
		if (opt == 'd')
			o.directory = optarg;
		else if (opt == 'k')
			o.key_file = optarg;
		else
			return usage();
	}
	if (optind >= argc || argc - optind > 2)
		return usage();
	argument = argv[optind + 1];
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *c = &commands[i];

		if (strcmp(argv[optind], c->name) != 0)
			continue;
		if (c->argument == NULL ? argument != NULL
					: c->argument[0] != '[' && argument == NULL)
			return usage();
		return c->run(&o, argument);
	}
	return usage();
}
