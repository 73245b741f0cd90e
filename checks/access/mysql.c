/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mysql: mysql_table(5).  Connections are pooled; a server that fails is left
 * alone for a while (the breaker), so a dead one costs a mail nothing and a
 * stalled one costs few mails one time-out.  A configuration that changed is
 * read again, and has connections of its own.
 *
 *	       find()            error, or time-out
 *	closed -----> query ---------------------------> open (5 s, doubling to 60 s)
 *	  ^             |                                  |  find(): TEMPERROR at once
 *	  +-- success --+ <---- one find() tries <---------+  when the time is over
 */
#include "config.h"

#include <errno.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <errmsg.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "checks/access/file_watch.h"
#include "checks/access/postfix_cf.h"
#include "checks/access/table.h"
#include "lib/ascii.h"

#define CONNECTIONS_MAX 8
#define SECONDS_MAX     2 /* to connect, to read, to write: each; the library knows whole seconds */
#define OPEN_MIN        5000 /* ms: a restart of the server is over by then */
#define OPEN_MAX        60000
#define RETRY_WITHIN    1000 /* ms */

static const char *const known[] = {"hosts", "user", "password", "dbname", "option_file",
    "option_group", "tls_cert_file", "tls_key_file", "tls_CAfile", "tls_CApath", "tls_ciphers",
    "tls_verify_cert", "require_result_set", NULL};

struct mysql_table {
	const struct clock *clock;
	struct file_watch watch; /* of the configuration; by tick alone, after open */
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t returned;
	struct cf *cf; /* NULL: it cannot be read */
	MYSQL *idle[CONNECTIONS_MAX];
	size_t idle_count, lent;
	int64_t closed_until, pause; /* clock_mono, ms; 0: the server answers */
	bool told_down; /* by tick */
};

static int
table_check(const char *path, struct buf *why)
{
	struct cf *cf = cf_new(path, known, why);
	int rc = cf != NULL ? 0 : -1;

	cf_free(&cf);
	return rc;
}

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void
library_begin(void)
{
	(void)mysql_library_init(0, NULL, NULL);
}

static void *
table_open(const char *path, const struct clock *clock)
{
	struct mysql_table *t = calloc(1, sizeof *t);
	char room[TABLE_VALUE_SIZE];
	pthread_condattr_t monotonic;
	struct buf why;

	if (t == NULL || file_watch_init(&t->watch, path) == -1) {
		free(t);
		return NULL;
	}
	buf_init(&why, room, sizeof room);
	(void)pthread_once(&library_once, library_begin);
	t->clock = clock;
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&t->returned, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	t->cf = cf_new(path, known, &why);
	return t;
}

/* By t->lock, or when nobody else is left. */
static void
drop_idle(struct mysql_table *t)
{
	while (t->idle_count > 0)
		mysql_close(t->idle[--t->idle_count]);
}

static void
table_close(void **tp)
{
	struct mysql_table *t = *tp;

	drop_idle(t);
	cf_free(&t->cf);
	file_watch_fini(&t->watch);
	(void)pthread_cond_destroy(&t->returned);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
	*tp = NULL;
}

static bool
is_yes(const char *text)
{
	return strcasecmp(text, "yes") == 0;
}

static void
set_options(const struct cf *cf, MYSQL *db)
{
	/* clang-format off */
	static const struct { enum mysql_option option; const char *parameter, *otherwise; } texts[] = {
		{MYSQL_READ_DEFAULT_FILE,	"option_file",		""},
		{MYSQL_READ_DEFAULT_GROUP,	"option_group",		"client"},
		{MYSQL_OPT_SSL_KEY,		"tls_key_file",		""},
		{MYSQL_OPT_SSL_CERT,		"tls_cert_file",	""},
		{MYSQL_OPT_SSL_CA,		"tls_CAfile",		""},
		{MYSQL_OPT_SSL_CAPATH,		"tls_CApath",		""},
		{MYSQL_OPT_SSL_CIPHER,		"tls_ciphers",		""},
	};
	/* clang-format on */
	unsigned seconds = SECONDS_MAX;
	my_bool verify = is_yes(cf_get(cf, "tls_verify_cert", "no"));

	(void)mysql_optionsv(db, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
	(void)mysql_optionsv(db, MYSQL_OPT_READ_TIMEOUT, &seconds);
	(void)mysql_optionsv(db, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
	(void)mysql_optionsv(db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		const char *value = cf_get(cf, texts[i].parameter, texts[i].otherwise);

		if (value[0] != '\0')
			(void)mysql_optionsv(db, texts[i].option, value);
	}
	(void)mysql_optionsv(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

/* "unix:/path", "inet:host:port", "host:port", "host"; NULL: what was wrong is in why. */
static MYSQL *
connect_to(const struct cf *cf, const char *host, size_t len, struct buf *why)
{
	char name[256], *port = NULL, *socket = NULL, *at = name;
	MYSQL *db;

	if (len >= sizeof name || (db = mysql_init(NULL)) == NULL) {
		buf_puts(
		    why, len >= sizeof name ? "a name of a host is too long" : "out of memory");
		return NULL;
	}
	memcpy(name, host, len);
	name[len] = '\0';
	if (strncmp(name, "unix:", 5) == 0) {
		socket = name + 5;
		at = NULL;
	} else {
		at += strncmp(name, "inet:", 5) == 0 ? 5 : 0;
		port = strrchr(at, ':');
		if (port != NULL)
			*port++ = '\0';
	}
	set_options(cf, db);
	if (mysql_real_connect(db, at, cf_get(cf, "user", NULL), cf_get(cf, "password", NULL),
		cf_get(cf, "dbname", NULL), port != NULL ? (unsigned)strtoul(port, NULL, 10) : 0,
		socket, 0) != NULL)
		return db;
	buf_reset(why);
	buf_printf(why, "%.*s: %s", (int)len, host, mysql_error(db));
	mysql_close(db);
	return NULL;
}

/* The first host that takes us. */
static MYSQL *
connect_any(const struct cf *cf, struct buf *why)
{
	const char *hosts = cf_get(cf, "hosts", "localhost");
	MYSQL *db = NULL;

	for (const char *s = hosts; db == NULL && *s != '\0'; s += strspn(s, ", \t")) {
		size_t len = strcspn(s, ", \t");

		db = connect_to(cf, s, len, why);
		s += len;
	}
	return db;
}

/* Wait for one of the connections to come back; false when the time is over. */
static bool
wait_for_turn(struct mysql_table *t, int64_t deadline)
{
	int64_t ms = deadline - clock_mono(t->clock);
	struct timespec until;

	if (ms > SECONDS_MAX * 1000)
		ms = SECONDS_MAX * 1000;
	if (ms <= 0)
		return false;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (t->lent == CONNECTIONS_MAX)
		if (pthread_cond_timedwait(&t->returned, &t->lock, &until) == ETIMEDOUT)
			return t->lent < CONNECTIONS_MAX;
	return true;
}

/* A connection, and whose it is. */
struct loan {
	struct cf *cf;
	MYSQL *db; /* NULL: none is open yet */
};

/* The right to use one connection. */
static bool
borrow(struct mysql_table *t, int64_t deadline, struct loan *loan, struct buf *why)
{
	int64_t now = clock_mono(t->clock);
	bool mine = false;

	(void)pthread_mutex_lock(&t->lock);
	if (t->cf == NULL) {
		buf_puts(why, "its configuration cannot be read");
	} else if (now > deadline) {
		buf_puts(why, "no time left to ask");
	} else if (t->closed_until > now) {
		buf_puts(why, "the server is in trouble, and not asked for a while");
	} else if (t->lent == CONNECTIONS_MAX && !wait_for_turn(t, deadline)) {
		buf_puts(why, "the server is too slow");
	} else {
		mine = true;
		t->lent++;
		loan->db = t->idle_count > 0 ? t->idle[--t->idle_count] : NULL;
		loan->cf = t->cf;
		loan->cf->users++;
		/* Who comes while this one tries goes away at once. */
		if (t->closed_until != 0)
			t->closed_until = now + t->pause;
	}
	(void)pthread_mutex_unlock(&t->lock);
	return mine;
}

/* loan->db NULL: it broke.  answered: the server is well. */
static void
give_back(struct mysql_table *t, struct loan *loan, bool answered)
{
	bool current;

	(void)pthread_mutex_lock(&t->lock);
	t->lent--;
	loan->cf->users--;
	current = loan->cf == t->cf;
	if (!current) {
		if (loan->cf->users == 0)
			cf_free(&loan->cf);
	} else if (answered) {
		t->closed_until = t->pause = 0;
	} else {
		t->pause = t->pause == 0             ? OPEN_MIN
			   : t->pause * 2 > OPEN_MAX ? OPEN_MAX
						     : t->pause * 2;
		t->closed_until = clock_mono(t->clock) + t->pause;
		drop_idle(t);
	}
	if (loan->db != NULL && answered && current)
		t->idle[t->idle_count++] = loan->db;
	else if (loan->db != NULL)
		mysql_close(loan->db);
	(void)pthread_cond_signal(&t->returned);
	(void)pthread_mutex_unlock(&t->lock);
}

static void
escape(void *ctx, struct buf *out, const char *part, size_t len)
{
	char room[2 * TABLE_VALUE_SIZE + 1];

	if (len > TABLE_VALUE_SIZE) {
		out->cut = true;
		return;
	}
	buf_write(out, room, mysql_real_escape_string(ctx, room, part, len));
}

/* The rows of the query; false on an error, which the connection knows. */
static bool
fetch(const struct cf *cf, MYSQL *db, const char *key, const struct buf *query, struct buf *out,
    enum table_status *status_r)
{
	MYSQL_RES *result;
	int64_t values = 0;
	MYSQL_ROW row;

	if (mysql_real_query(db, query->s, query->len) != 0)
		return false;
	if ((result = mysql_store_result(db)) == NULL)
		return mysql_errno(db) == 0 && !is_yes(cf_get(cf, "require_result_set", "yes"));
	while ((row = mysql_fetch_row(result)) != NULL)
		if (mysql_num_fields(result) > 0 && row[0] != NULL)
			values += cf_result(cf, key, row[0], out);
	mysql_free_result(result);
	*status_r = values > 0 ? TABLE_FOUND : TABLE_NONE;
	if (cf->expansion_limit > 0 && values > cf->expansion_limit) {
		buf_reset(out);
		buf_puts(out, "more values than expansion_limit");
		*status_r = TABLE_TEMPERROR;
	}
	return true;
}

/* Errors the server itself told, about this query: it is alive. */
static bool
is_alive(MYSQL *db)
{
	unsigned error = mysql_errno(db);

	return (error < CR_MIN_ERROR || (error > CR_MAX_ERROR && error < CER_MIN_ERROR)) &&
	       error != ER_SERVER_SHUTDOWN && error != ER_CONNECTION_KILLED;
}

/*
 * Ask over this connection, or a new one.  One that was idle may be a leftover
 * of before a restart; then once more with a new one, unless it took long.
 * Whether the server is well.
 */
static bool
ask(struct mysql_table *t, struct loan *loan, const char *key, struct buf *out,
    enum table_status *status_r)
{
	MYSQL **db = &loan->db;
	int64_t begun = clock_mono(t->clock);
	char room[CF_QUERY_SIZE];
	struct buf query;
	bool fresh;

	do {
		fresh = *db == NULL;
		if (fresh && (*db = connect_any(loan->cf, out)) == NULL)
			return false;
		buf_init(&query, room, sizeof room);
		buf_reset(out); /* of what was wrong before */
		*status_r = TABLE_NONE;
		if (!cf_query(loan->cf, key, escape, *db, &query) ||
		    fetch(loan->cf, *db, key, &query, out, status_r))
			return true;
		*status_r = TABLE_TEMPERROR;
		buf_reset(out);
		buf_puts(out, mysql_errno(*db) != 0 ? mysql_error(*db) : "the query gives no rows");
		if (is_alive(*db))
			return true;
		mysql_close(*db);
		*db = NULL;
	} while (!fresh && clock_mono(t->clock) - begun < RETRY_WITHIN);
	return false;
}

static enum table_status
table_find(void *table, const char *key, int64_t deadline, struct buf *out)
{
	struct mysql_table *t = table;
	enum table_status status = TABLE_TEMPERROR;
	struct loan loan;
	bool answered;

	if (!borrow(t, deadline, &loan, out))
		return TABLE_TEMPERROR;
	answered = ask(t, &loan, key, out, &status);
	give_back(t, &loan, answered);
	return answered ? status : TABLE_TEMPERROR;
}

/* The configuration changed; who uses the old one frees it. */
static int
read_again(struct mysql_table *t, struct buf *why)
{
	struct cf *cf = cf_new(t->watch.path, known, why);

	if (cf == NULL) {
		buf_puts(why, t->cf != NULL ? FILE_WATCH_STAYS : "");
		return -1;
	}
	(void)pthread_mutex_lock(&t->lock);
	if (t->cf != NULL && t->cf->users == 0)
		cf_free(&t->cf);
	t->cf = cf;
	drop_idle(t);
	t->closed_until = t->pause = 0; /* it may be another server */
	(void)pthread_mutex_unlock(&t->lock);
	t->told_down = false; /* that was the old one */
	buf_puts(why, "its configuration was read again");
	return 0;
}

static int
table_tick(void *table, struct buf *why)
{
	struct mysql_table *t = table;
	int changed = file_watch_look(&t->watch, why);
	bool down;

	if (changed != 0)
		return changed > 0 ? read_again(t, why) : -1;
	(void)pthread_mutex_lock(&t->lock);
	down = t->closed_until != 0;
	(void)pthread_mutex_unlock(&t->lock);
	if (down == t->told_down)
		return 0;
	t->told_down = down;
	buf_puts(why, down ? "the server does not answer" : "the server answers again");
	return down ? -1 : 0;
}

const struct table_type table_mysql = {
    .name = "mysql",
    .check = table_check,
    .open = table_open,
    .find = table_find,
    .tick = table_tick,
    .close = table_close,
};
