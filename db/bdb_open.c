/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening a Berkeley DB environment so that it survives kill -9, a power cut
 * and a full disk: transactional, recovered at every start, checksummed pages
 * of the size a file system writes whole.  What cannot be recovered is set
 * aside and the last snapshot loaded; mail does not wait for an operator.
 */
#include "config.h"

#include "db/bdb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/bdb_fault.h"
#include "db/dump.h"

/* 16 KB pages were torn by simulated power cuts, those below 4 KB even more often. */
#define PAGE_SIZE    4096
#define LOG_FILE     (16 * 1024 * 1024)
#define LOG_BUFFER   (256 * 1024)
#define LOCK_TIMEOUT 500000 /* us */
#define ENV_FLAGS                                                                           \
	(DB_CREATE | DB_INIT_TXN | DB_INIT_LOG | DB_INIT_LOCK | DB_INIT_MPOOL | DB_THREAD | \
	    DB_RECOVER | DB_PRIVATE)

static void
on_event(DB_ENV *env, u_int32_t event, void *info)
{
	struct store *s = env->app_private;
	struct bdb *b = s->state;

	(void)info;
	/* Every thread inside reports the same panic. */
	if (event != DB_EVENT_PANIC || !b->ready || atomic_exchange(&b->panicked, true))
		return;
	fault_note_panic(s->setup.directory, clock_wall(s->setup.clock));
	store_broken(s, "Berkeley DB panicked");
}

static void
on_error(const DB_ENV *env, const char *prefix, const char *text)
{
	(void)prefix;
	store_detail(env->app_private, "%s", text);
}

static int
open_env(struct store *s, struct bdb *b, const char *home)
{
	int64_t cache = s->setup.options.cache_size;
	int64_t gigabyte = 1024 * 1024 * 1024;
	DB_ENV *e;
	int rc = db_env_create(&b->env, 0);

	if (rc != 0) {
		b->env = NULL;
		return rc;
	}
	e = b->env;
	e->app_private = s;
	e->set_errcall(e, on_error);
	(void)e->set_event_notify(e, on_event);
	if ((rc = e->set_cachesize(
		 e, (u_int32_t)(cache / gigabyte), (u_int32_t)(cache % gigabyte), 1)) ||
	    (rc = e->set_lk_detect(e, DB_LOCK_DEFAULT)) ||
	    (rc = e->set_timeout(e, LOCK_TIMEOUT, DB_SET_LOCK_TIMEOUT)) ||
	    (rc = e->set_lg_max(e, LOG_FILE)) || (rc = e->set_lg_bsize(e, LOG_BUFFER)) ||
	    (rc = e->log_set_config(e, DB_LOG_AUTO_REMOVE, 1)) ||
	    (rc = e->set_flags(e, DB_TXN_WRITE_NOSYNC, !s->setup.options.synchronous)))
		return rc;
	return e->open(e, home, ENV_FLAGS, 0600);
}

static int
open_db(struct bdb *b)
{
	int rc = db_create(&b->db, b->env, 0);

	if (rc != 0) {
		b->db = NULL;
		return rc;
	}
	if ((rc = b->db->set_flags(b->db, DB_CHKSUM)) ||
	    (rc = b->db->set_pagesize(b->db, PAGE_SIZE)))
		return rc;
	return b->db->open(
	    b->db, NULL, "store.db", NULL, DB_BTREE, DB_CREATE | DB_THREAD | DB_AUTO_COMMIT, 0600);
}

static void
close_files(struct bdb *b)
{
	if (b->db != NULL)
		(void)b->db->close(b->db, 0);
	if (b->env != NULL)
		(void)b->env->close(b->env, 0);
	b->db = NULL;
	b->env = NULL;
}

static int
open_files(struct store *s, struct bdb *b)
{
	char *home;
	int rc;

	if (asprintf(&home, "%s/store", s->setup.directory) < 0)
		return ENOMEM;
	rc = mkdir(home, 0700) == -1 && errno != EEXIST ? errno : 0;
	if (rc == 0)
		rc = open_env(s, b, home);
	if (rc == 0)
		rc = open_db(b);
	if (rc != 0)
		close_files(b);
	b->ready = rc == 0;
	free(home);
	return rc;
}

/* Whether the files are at fault; the host's troubles pass, and setting aside would not help. */
static bool
is_damage(int rc)
{
	switch (rc) {
	case 0:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case EROFS:
	case EACCES:
	case EPERM:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case EIO:
	case EINTR:
		return false;
	default:
		return true;
	}
}

static enum store_status
cannot(struct store *s, int rc, const char *reason, struct buf *why)
{
	buf_printf(why, "cannot open the store in %s: %s", s->setup.directory, reason);
	return fault_status(rc);
}

/*
 * Load the snapshot into new files.  FULL: try all of it again when there is
 * room, for the next snapshot would overwrite what is still missing.
 */
static enum store_status
load_snapshot(struct store *s)
{
	struct dump_report report = {0};
	char *path = NULL, room[256];
	struct buf why;
	FILE *f = NULL;

	buf_init(&why, room, sizeof room);
	if (asprintf(&path, "%s/store.dump", s->setup.directory) < 0)
		path = NULL;
	else
		f = fopen(path, "re");
	if (f == NULL)
		store_say(s, STORE_NOTICE, "no snapshot of the store to load: it begins empty");
	else if (dump_load(s, f, &report, &why) == -1)
		store_say(s, STORE_TROUBLE, "snapshot %s: %s; %llu records loaded", path, why.s,
		    (unsigned long long)report.loaded);
	else
		store_say(s, STORE_NOTICE, "snapshot %s: %llu records loaded", path,
		    (unsigned long long)report.loaded);
	if (f != NULL)
		(void)fclose(f);
	free(path);
	return report.status;
}

static enum store_status
restore(struct store *s, struct bdb *b, struct buf *why)
{
	switch (load_snapshot(s)) {
	case STORE_FULL:
		close_files(b);
		return cannot(s, ENOSPC, "no room for its snapshot", why);
	case STORE_DOWN: /* the next process tries */
		break;
	case STORE_OK:
	case STORE_MISSING:
	case STORE_NEWER:
	case STORE_BUSY:
	case STORE_FAILED:
	case STORE_AWAY:
	case STORE_STATUS_COUNT:
		fault_restored(s->setup.directory);
		break;
	}
	return STORE_OK;
}

/* Start anew beside the damaged files; reason is what is wrong with them. */
static enum store_status
start_anew(struct store *s, struct bdb *b, const char *reason, struct buf *why)
{
	enum store_status status;
	char room[64];
	struct buf name;
	int rc;

	buf_init(&name, room, sizeof room);
	status = fault_set_aside(s->setup.directory, clock_wall(s->setup.clock), &name, why);
	if (status != STORE_OK)
		return status;
	store_say(s, STORE_TROUBLE, "store in %s cannot be used (%s): set aside as %s",
	    s->setup.directory, reason, name.s);
	rc = open_files(s, b);
	if (rc != 0)
		return cannot(s, rc, db_strerror(rc), why);
	return restore(s, b, why);
}

static enum store_status
open_or_start_anew(struct store *s, struct bdb *b, struct buf *why)
{
	char reason[sizeof s->detail + 64];
	struct buf r;
	int rc;

	if (!s->setup.offline && fault_is_condemned(s->setup.directory))
		return start_anew(s, b, "it broke twice within ten minutes", why);
	rc = open_files(s, b);
	if (rc == 0) {
		if (s->setup.offline || !fault_restore_is_due(s->setup.directory))
			return STORE_OK;
		return restore(s, b, why);
	}
	buf_init(&r, reason, sizeof reason);
	buf_printf(&r, "%s%s%s", db_strerror(rc), s->detail[0] != '\0' ? ": " : "", s->detail);
	s->detail[0] = '\0';
	if (s->setup.offline || !is_damage(rc))
		return cannot(s, rc, r.s, why);
	return start_anew(s, b, r.s, why);
}

/* Where nobody may look opening says so. */
static bool
is_missing(const char *directory)
{
	char *path;
	bool missing;

	if (asprintf(&path, "%s/store/store.db", directory) < 0)
		return false;
	missing = access(path, F_OK) == -1 && (errno == ENOENT || errno == ENOTDIR);
	free(path);
	return missing;
}

enum store_status
bdb_open(struct store *s, struct buf *why)
{
	struct bdb *b = calloc(1, sizeof *b);
	enum store_status status;

	if (b == NULL) {
		buf_puts(why, "out of memory");
		return STORE_FAILED;
	}
	if (s->setup.existing && is_missing(s->setup.directory)) {
		buf_printf(why, "there is no store in %s", s->setup.directory);
		free(b);
		return STORE_FAILED;
	}
	s->state = b;
	status = fault_lock(s->setup.directory, &b->lock_fd, why);
	if (status == STORE_OK) {
		status = fault_check_room(s->setup.directory, why);
		if (status == STORE_OK)
			status = open_or_start_anew(s, b, why);
		if (status == STORE_OK)
			return STORE_OK;
		(void)close(b->lock_fd);
	}
	free(b);
	s->state = NULL;
	return status;
}

void
bdb_close(struct store *s)
{
	struct bdb *b = s->state;

	(void)b->env->txn_checkpoint(b->env, 0, 0, 0);
	close_files(b);
	(void)close(b->lock_fd);
	free(b);
	s->state = NULL;
}

enum store_status
store_verify_files(const char *directory, struct buf *why)
{
	struct store_setup setup = {.options = {.cache_size = 32 * 1024 * 1024},
	    .directory = directory,
	    .clock = &clock_real,
	    .offline = true};
	enum store_status status;
	struct store *s;
	struct bdb *b;
	DB *db;
	int rc;

	status = store_open(&s, &setup, why);
	if (status != STORE_OK)
		return status;
	b = s->state;
	(void)b->db->close(b->db, 0); /* verifying wants the file for itself */
	b->db = NULL;
	rc = db_create(&db, b->env, 0);
	if (rc == 0)
		rc = db->verify(db, "store.db", NULL, NULL, 0); /* frees db, whatever comes of it */
	if (rc != 0)
		buf_printf(why, "store.db: %s%s%s", db_strerror(rc),
		    s->detail[0] != '\0' ? ": " : "", s->detail);
	store_close(&s);
	return rc == 0 ? STORE_OK : STORE_FAILED;
}
