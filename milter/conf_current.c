/* SPDX-License-Identifier: BSD-2-Clause */
/* Who holds a snapshot of the configuration, and which one is in force. */
#include "milter/conf_private.h"

#include <pthread.h>

static pthread_mutex_t current_lock = PTHREAD_MUTEX_INITIALIZER;
static struct conf *current; /* by current_lock */

struct conf *
conf_ref(struct conf *c)
{
	atomic_fetch_add(&c->private->references, 1);
	return c;
}

void
conf_unref(struct conf **cp)
{
	struct conf *c = *cp, *written;
	struct arena a;

	*cp = NULL;
	if (c == NULL || atomic_fetch_sub(&c->private->references, 1) != 1)
		return;
	a = c->private->arena; /* which holds the snapshot itself */
	written = c->private->written;
	arena_fini(&a);
	conf_unref(&written);
}

struct conf *
conf_current(void)
{
	struct conf *c;

	pthread_mutex_lock(&current_lock);
	c = current != NULL ? conf_ref(current) : NULL;
	pthread_mutex_unlock(&current_lock);
	return c;
}

void
conf_swap(struct conf *new)
{
	struct conf *old;

	pthread_mutex_lock(&current_lock);
	old = current;
	current = new;
	pthread_mutex_unlock(&current_lock);
	conf_unref(&old);
}
