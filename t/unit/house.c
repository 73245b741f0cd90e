/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter/house.h"

#include <string.h>

#include "milter/stage.h"
#include "t/tap.h"
#include "t/unit/fakewalk.h"

static struct house house = {.clock = &clock_real};

static void
judge_service(struct txn *t, int check, enum stage stage)
{
	(void)stage;
	tap_ok(
	    t->service == house.services[check], "%s has its service", check_registry[check]->name);
}

/* A service outlives connections and gets the options of a new configuration. */
static void
test_service(void)
{
	struct conf *conf = fake_conf("gamma { number = 3 }"),
		    *off = fake_conf("gamma { mode = off }");
	struct stage_walk *w;
	struct decision d;
	const char *why = "";

	house_open(&house, conf);
	tap_ok(house.services[GAMMA] == &fake_ticks && house.services[ALPHA] == NULL, "opened");
	house_tick(&house, conf);
	house_tick(&house, conf);
	tap_is_int(fake_ticks, 6, "ticks with the options in force");
	house_tick(&house, off);
	tap_is_int(fake_ticks, 6, "a check that is off does not tick");
	w = stage_open(conf, &house, &fakewalk_client);
	fake_judge = judge_service;
	(void)stage_mail(w, "<>", NULL, NULL);
	stage_rcpt(w, "<bob@example.org>", &d);
	stage_close(&w);
	conf_swap(conf_ref(conf));
	tap_is_int(house_start(&house, &why), 0, "the thread starts%s", why);
	house_stop(&house);
	tap_ok(fake_ticks >= 6, "and stops");
	house_stop(&house);
	house_close(&house);
	tap_ok(house.services[GAMMA] == NULL, "closed");
	conf_unref(&conf);
	conf_unref(&off);
}

int
main(void)
{
	test_service();
	return tap_done();
}
