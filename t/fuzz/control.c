/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to the control socket, served by the daemon's own thread: each line gets one line of JSON. */
#include "t/fuzz/fuzz.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "milter/control.h"
#include "t/fuzz/house.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "control";

#define ANSWERS_MAX (1024 * 1024)

static void
read_answer(const char *line)
{
	json_t *o = json_loads(line, 0, NULL);

	if (!json_is_boolean(json_object_get(o, "ok")))
		abort();
	json_decref(o);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	static char room[ANSWERS_MAX];
	static int listener = -1;
	struct answer_about about;
	char why_room[256];
	struct buf why;
	size_t n;

	if (listener == -1) {
		about = (struct answer_about){.house = house_of_all()};
		buf_init(&why, why_room, sizeof why_room);
		listener = input_listen();
		if (control_start(listener, &about, &why) != 0)
			abort();
	}
	n = input_say(listener, data, len, room, sizeof room);
	if (n > 0 && room[n - 1] != '\n')
		abort();
	input_lines((const uint8_t *)room, n, read_answer);
}
