/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An array of fields; deleted ones stay as tombstones, so that both ways of
 * counting are a matter of what is skipped.
 */
#include "t/mtaclient/message.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
message_fini(struct message *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->fields[i].name);
		free(m->fields[i].value);
	}
	free(m->fields);
	*m = (struct message){.style = m->style};
}

void
message_reset(struct message *m)
{
	message_fini(m);
	message_append(m, "Received", " from client by mta");
	m->fields[0].hidden = true;
}

static struct field *
field_at(struct message *m, size_t at, const char *name, const char *value)
{
	if (m->count == m->room) {
		m->room = 2 * m->room + 16;
		m->fields = realloc(m->fields, m->room * sizeof *m->fields);
		if (m->fields == NULL)
			abort();
	}
	memmove(m->fields + at + 1, m->fields + at, (m->count - at) * sizeof *m->fields);
	m->count++;
	m->fields[at] = (struct field){.name = strdup(name), .value = strdup(value)};
	return &m->fields[at];
}

void
message_append(struct message *m, const char *name, const char *value)
{
	(void)field_at(m, m->count, name, value);
}

void
message_insert(struct message *m, uint32_t index, const char *name, const char *value)
{
	size_t at = 0;

	for (uint32_t seen = 0; at < m->count && seen < index; at++)
		seen += !m->fields[at].gone;
	field_at(m, at, name, value)->added = true;
}

void
message_change(struct message *m, uint32_t nth, const char *name, const char *value)
{
	uint32_t seen = 0;

	if (nth == 0)
		nth = 1;
	for (size_t i = 0; i < m->count; i++) {
		struct field *f = &m->fields[i];
		bool counts = m->style == STYLE_POSTFIX ? !f->gone : !f->added;

		if (f->hidden || !counts || strcasecmp(f->name, name) != 0 || ++seen < nth)
			continue;
		f->gone = *value == '\0';
		free(f->value);
		f->value = strdup(value);
		return;
	}
	if (*value != '\0')
		field_at(m, m->count, name, value)->added = true;
}
