/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What cannot be taken over leaves the old configuration in force: the file is
 * read, the resolver takes its part, and only then the snapshot is swapped.
 */
#include "config.h"

#include "milter/reload.h"

#include <pthread.h>
#include <stdatomic.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "milter/notify.h"
#include "milter/sandbox.h"

static struct {
	const char *path, *status;
	struct dns *dns;
	pthread_mutex_t lock; /* one reload at a time */
	_Atomic enum mode forced;
	atomic_llong when;
} self = {.lock = PTHREAD_MUTEX_INITIALIZER, .forced = MODE_COUNT};

void
reload_prepare(const char *path, struct dns *dns, const char *status)
{
	self.path = path;
	self.status = status;
	self.dns = dns;
	self.when = clock_wall(&clock_real);
}

static void
log_lines(const char *lines)
{
	for (size_t len; *lines != '\0'; lines += len + (lines[len] == '\n')) {
		len = strcspn(lines, "\n");
		if (len > 0)
			log_err("%.*s", (int)len, lines);
	}
}

/* One line more where the sandbox may be why. */
static void
advise(char **errors)
{
	const char *advice = sandbox_advice();
	char *more;

	if (*errors == NULL || advice == NULL || strstr(*errors, strerror(EACCES)) == NULL ||
	    asprintf(&more, "%s%s\n", *errors, advice) < 0)
		return;
	free(*errors);
	*errors = more;
}

void
reload_rehearse(const char *path)
{
	char *errors;
	struct conf *c = conf_load(path, &errors);

	if (c == NULL) {
		advise(&errors);
		log_lines(errors != NULL ? errors : "out of memory");
		log_err("a reload would fail by this; it was read as root, and before the sandbox");
	}
	free(errors);
	conf_unref(&c);
}

static void
log_restart(const struct conf *was, const struct conf *is)
{
	char *keys = conf_needs_restart(was, is);

	if (keys != NULL)
		log_notice("changed, but in force only after a restart: %s", keys);
	free(keys);
}

/* As the file says, or with the forced mode; consumes. */
static void
put_in_force(struct conf *c)
{
	struct conf *forced =
	    self.forced != MODE_COUNT ? conf_with_mode(c, self.forced) : conf_ref(c);

	/* Without memory for the forced mode what was written is the next best. */
	conf_swap(forced != NULL ? forced : conf_ref(c));
	conf_unref(&c);
}

/* The new configuration after the resolver took its part; NULL: *errors_r says why not. */
static struct conf *
load(char **errors_r)
{
	struct conf *c = conf_load(self.path, errors_r);
	const char *why;

	if (c == NULL)
		advise(errors_r);
	if (c == NULL || dns_reconfigure(self.dns, &c->resolver, &why) == 0)
		return c;
	if (asprintf(errors_r, "resolver: %s\n", why) < 0)
		*errors_r = NULL;
	conf_unref(&c);
	return NULL;
}

int
reload_now(conf_change *fn, void *arg, char **errors_r)
{
	struct conf *current, *was, *is;
	char *errors = NULL;
	int r;

	(void)pthread_mutex_lock(&self.lock);
	notify_reloading();
	current = conf_current();
	was = conf_written(current);
	is = load(&errors);
	if (is == NULL) {
		log_lines(errors != NULL ? errors : "out of memory");
		log_err("%s is not in force, the old configuration stays", self.path);
	} else {
		log_open("bailey", is->log, is->log_level);
		log_restart(was, is);
		log_notice("configuration %s is in force for new connections", self.path);
		if (fn != NULL)
			conf_diff(was, is, fn, arg);
		put_in_force(conf_ref(is));
		self.when = clock_wall(&clock_real);
	}
	notify_ready(self.status);
	(void)pthread_mutex_unlock(&self.lock);
	if (errors_r != NULL)
		*errors_r = errors;
	else
		free(errors);
	conf_unref(&current);
	conf_unref(&was);
	r = is != NULL ? 0 : -1;
	conf_unref(&is);
	return r;
}

int
reload_mode(enum mode mode)
{
	struct conf *current, *written, *is;

	(void)pthread_mutex_lock(&self.lock);
	current = conf_current();
	written = conf_written(current);
	is = mode != MODE_COUNT ? conf_with_mode(written, mode) : conf_ref(written);
	if (is != NULL) {
		self.forced = mode;
		log_notice("mode is %s for new connections, %s", mode_text((enum mode)is->mode),
		    mode != MODE_COUNT ? "forced until a restart" : "as configured");
		conf_swap(conf_ref(is));
	}
	(void)pthread_mutex_unlock(&self.lock);
	conf_unref(&current);
	conf_unref(&written);
	if (is == NULL)
		return -1;
	conf_unref(&is);
	return 0;
}

enum mode
reload_forced_mode(void)
{
	return self.forced;
}

int64_t
reload_when(void)
{
	return self.when;
}
