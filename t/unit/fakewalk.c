/* SPDX-License-Identifier: BSD-2-Clause */
#include "t/unit/fakewalk.h"

#include <stdlib.h>

struct clock_fake fakewalk_now;

const struct connection fakewalk_client = {
    .client = {ADDR_V4, {192, 0, 2, 1}}, .mta_name = "[client]", .hostname = "mx.example.org"};

struct stage_walk *
fakewalk(const char *text, const struct connection *c)
{
	static const struct house house = {.clock = &fakewalk_now.clock};
	struct conf *conf = fake_conf(text);
	struct stage_walk *w;

	clock_fake_init(&fakewalk_now, 1000, 1795000000);
	w = stage_open(conf, &house, c);
	conf_unref(&conf);
	if (w == NULL)
		abort();
	return w;
}
