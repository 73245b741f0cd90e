# Unit tests: C programs that print TAP, t/unit/NAME from t/unit/NAME.c; add
# the program below, and its SOURCES where there are more.  Whole-program tests: t/*.t in Perl.
# Every test is an executable that prints TAP and runs beside the others.
libs_for_unit_tests = t/libtap.a libbailey.a $(BAILEY_LIBS)
LDADD = $(libs_for_unit_tests)
check_LIBRARIES = t/libtap.a
t_libtap_a_SOURCES = t/scratch.c t/scratch.h t/tap.c t/tap.h

# Stores, and servers for those that are shared.
teststore = t/unit/teststore.c t/unit/teststore.h
redisserver = t/unit/redisserver.c t/unit/redisserver.h

# One check alone, without MTA and DNS.
unit_fakes = t/unit/fakedns_mem.c t/unit/fakedns_mem.h t/unit/faketxn.c t/unit/faketxn.h
t_unit_author_SOURCES = t/unit/author.c $(unit_fakes)
t_unit_correspondent_SOURCES = t/unit/correspondent.c $(unit_fakes) $(teststore)
t_unit_dkim_SOURCES = t/unit/dkim.c $(unit_fakes)
t_unit_greylist_SOURCES = t/unit/greylist.c $(unit_fakes) $(teststore)
t_unit_helo_SOURCES = t/unit/helo.c $(unit_fakes)
t_unit_store_SOURCES = t/unit/store.c $(teststore) $(redisserver)
t_unit_store_answers_SOURCES = t/unit/store_answers.c $(teststore)
t_unit_store_cluster_SOURCES = t/unit/store_cluster.c $(teststore) $(redisserver)
t_unit_store_shared_SOURCES = t/unit/store_shared.c $(teststore) $(redisserver)
t_unit_tables_SOURCES = t/unit/tables.c t/unit/tables_sqlite.h
t_unit_rdns_SOURCES = t/unit/rdns.c $(unit_fakes)
key_files = t/unit/key_files.c t/unit/key_files.h
t_unit_sign_SOURCES = t/unit/sign.c $(key_files) $(unit_fakes)
t_unit_sign_table_SOURCES = t/unit/sign_table.c $(key_files)
t_unit_spf_SOURCES = t/unit/spf.c $(unit_fakes)

# Large zones, odd names, a million questions a second.
memdns = t/memdns.c t/memdns.h
t_unit_spf_eval_SOURCES = t/unit/spf_eval.c $(memdns)

# The resolver against servers that misbehave.
fakeserver = t/unit/fakeserver.c t/unit/fakeserver.h
t_unit_dns_SOURCES = t/unit/dns.c $(fakeserver)
t_unit_dns_failover_SOURCES = t/unit/dns_failover.c $(fakeserver)
t_unit_dns_session_SOURCES = t/unit/dns_session.c $(fakeserver)

# Allocations of our own code, not of libraries, go through the test.
t_unit_no_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup \
	-Wl,--wrap=arena_alloc,--wrap=arena_array,--wrap=arena_strdup,--wrap=arena_strndup \
	-Wl,--wrap=arena_printf,--wrap=arena_vprintf

# Sorted, one a line.
unit_tests =
unit_tests += t/fuzz/access
unit_tests += t/fuzz/authres
unit_tests += t/fuzz/check
unit_tests += t/fuzz/conf
unit_tests += t/fuzz/control
unit_tests += t/fuzz/dkim_key
unit_tests += t/fuzz/dkim_signature
unit_tests += t/fuzz/dkim_verify
unit_tests += t/fuzz/dmarc
unit_tests += t/fuzz/dns_answer
unit_tests += t/fuzz/dnsbl
unit_tests += t/fuzz/dump
unit_tests += t/fuzz/header_block
unit_tests += t/fuzz/listen
unit_tests += t/fuzz/mailbox
unit_tests += t/fuzz/path
unit_tests += t/fuzz/postgrey_lists
unit_tests += t/fuzz/quoting
unit_tests += t/fuzz/received
unit_tests += t/fuzz/record
unit_tests += t/fuzz/resolv
unit_tests += t/fuzz/session
unit_tests += t/fuzz/sign_table
unit_tests += t/fuzz/spf
unit_tests += t/unit/addr
unit_tests += t/unit/arena
unit_tests += t/unit/author
unit_tests += t/unit/authres
unit_tests += t/unit/buf
unit_tests += t/unit/canon
unit_tests += t/unit/clock
unit_tests += t/unit/conf
unit_tests += t/unit/correspondent
unit_tests += t/unit/decide
unit_tests += t/unit/dkim
unit_tests += t/unit/dmarc
unit_tests += t/unit/dmarc_report
unit_tests += t/unit/dns
unit_tests += t/unit/dns_cache
unit_tests += t/unit/dns_failover
unit_tests += t/unit/dns_packet
unit_tests += t/unit/dns_replay
unit_tests += t/unit/dns_server
unit_tests += t/unit/dns_session
unit_tests += t/unit/dnsbl
unit_tests += t/unit/dnsbl_anomaly
unit_tests += t/unit/dnsbl_faults
unit_tests += t/unit/dnsbl_filter
unit_tests += t/unit/dnsbl_header
unit_tests += t/unit/dnsbl_health
unit_tests += t/unit/dnsbl_zone
unit_tests += t/unit/greylist
unit_tests += t/unit/greylist_key
unit_tests += t/unit/header
unit_tests += t/unit/helo
unit_tests += t/unit/house
unit_tests += t/unit/keys
unit_tests += t/unit/listen
unit_tests += t/unit/journal
unit_tests += t/unit/log
unit_tests += t/unit/log_facts
unit_tests += t/unit/mailbox
unit_tests += t/unit/mta
unit_tests += t/unit/name
unit_tests += t/unit/no_memory
unit_tests += t/unit/option
unit_tests += t/unit/path
unit_tests += t/unit/pidfile
unit_tests += t/unit/policy
unit_tests += t/unit/postfix_cf
unit_tests += t/unit/rdns
unit_tests += t/unit/record
unit_tests += t/unit/reply
unit_tests += t/unit/rhs
unit_tests += t/unit/sandbox
unit_tests += t/unit/secret
unit_tests += t/unit/sender
unit_tests += t/unit/sign
unit_tests += t/unit/sign_make
unit_tests += t/unit/sign_table
unit_tests += t/unit/spf
unit_tests += t/unit/spf_eval
unit_tests += t/unit/stage
unit_tests += t/unit/stage_decided
unit_tests += t/unit/stage_hold
unit_tests += t/unit/submission
unit_tests += t/unit/stats
unit_tests += t/unit/summary
unit_tests += t/unit/store
unit_tests += t/unit/store_fault
unit_tests += t/unit/store_maint
unit_tests += t/unit/store_panics
unit_tests += t/unit/store_restore
if REDIS
unit_tests += t/fuzz/redis_answer
unit_tests += t/fuzz/redis_url
unit_tests += t/unit/redis_url
unit_tests += t/unit/store_answers
unit_tests += t/unit/store_cluster
unit_tests += t/unit/store_shared
endif
unit_tests += t/unit/tables
unit_tests += t/unit/text
unit_tests += t/unit/view
unit_tests += t/unit/word

perl_tests =
perl_tests += t/access.t
perl_tests += t/access_mysql.t
perl_tests += t/baileyctl.t
perl_tests += t/check.t
perl_tests += t/clock.t
perl_tests += t/control.t
perl_tests += t/daemon.t
perl_tests += t/dnsbl.t
perl_tests += t/dkim.t
perl_tests += t/disk.t
perl_tests += t/dmarc.t
perl_tests += t/doctor.t
perl_tests += t/fakedns.t
perl_tests += t/hardening.t
perl_tests += t/hostile.t
perl_tests += t/import-postfix.t
perl_tests += t/import-postgrey.t
perl_tests += t/layering.t
perl_tests += t/manual.t
perl_tests += t/memory.t
perl_tests += t/memory_faults.t
perl_tests += t/metrics.t
perl_tests += t/packaging.t
perl_tests += t/postfix.t
perl_tests += t/postfix_access.t
perl_tests += t/postfix_dnsbl.t
perl_tests += t/postfix_faults.t
perl_tests += t/postfix_greylist.t
perl_tests += t/postfix_hostile.t
perl_tests += t/postfix_origin.t
perl_tests += t/postfix_postscreen.t
perl_tests += t/postfix_spf.t
perl_tests += t/postfix_trouble.t
perl_tests += t/redis.t
perl_tests += t/redis_faults.t
perl_tests += t/redis_sentinel.t
perl_tests += t/sandbox.t
perl_tests += t/sender.t
perl_tests += t/sendmail.t
perl_tests += t/session.t
perl_tests += t/shadow.t
perl_tests += t/shortage.t
perl_tests += t/sign.t
perl_tests += t/soak.t
perl_tests += t/spamassassin.t
perl_tests += t/style.t
perl_tests += t/systemd.t
perl_tests += t/terminal.t
perl_tests += t/why.t

check_PROGRAMS += $(unit_tests)

# The tests of milter/ bring their own registry of checks.
fakechecks = t/unit/fakechecks.c t/unit/fakechecks.h
fakewalk = $(fakechecks) t/unit/fakewalk.c t/unit/fakewalk.h
fakelog = t/unit/fakelog.c t/unit/fakelog.h
t_unit_log_SOURCES = t/unit/log.c $(fakelog)
t_unit_authres_SOURCES = t/unit/authres.c $(fakechecks)
t_unit_conf_SOURCES = t/unit/conf.c $(fakechecks)
t_unit_submission_SOURCES = t/unit/submission.c $(fakewalk)
t_unit_house_SOURCES = t/unit/house.c $(fakewalk)
t_unit_log_facts_SOURCES = t/unit/log_facts.c $(fakewalk) $(fakelog)
t_unit_policy_SOURCES = t/unit/policy.c $(fakechecks)
t_unit_reply_SOURCES = t/unit/reply.c $(fakechecks)
t_unit_stage_SOURCES = t/unit/stage.c $(fakewalk)
t_unit_stage_decided_SOURCES = t/unit/stage_decided.c $(fakewalk)
t_unit_stage_hold_SOURCES = t/unit/stage_hold.c $(fakewalk)
t_unit_view_SOURCES = t/unit/view.c $(fakewalk)
t_unit_stats_SOURCES = t/unit/stats.c $(fakechecks)
t_unit_summary_SOURCES = t/unit/summary.c $(fakewalk) $(fakelog)

# Fuzz targets replay their corpus.
fuzz_replay = t/fuzz/replay.c t/fuzz/fuzz.h
fuzz_input = $(fuzz_replay) t/fuzz/input.c t/fuzz/input.h
fuzz_house = $(fuzz_input) t/fuzz/house.c t/fuzz/house.h
t_fuzz_access_SOURCES = t/fuzz/access.c $(fuzz_input)
t_fuzz_authres_SOURCES = t/fuzz/authres.c $(fuzz_replay) $(fakechecks)
t_fuzz_check_SOURCES = t/fuzz/check.c $(fuzz_house) ctl/trial.c ctl/trial.h ctl/message.c ctl/message.h
t_fuzz_conf_SOURCES = t/fuzz/conf.c $(fuzz_input)
t_fuzz_control_SOURCES = t/fuzz/control.c $(fuzz_house)
t_fuzz_dkim_key_SOURCES = t/fuzz/dkim_key.c $(fuzz_replay)
t_fuzz_dkim_signature_SOURCES = t/fuzz/dkim_signature.c $(fuzz_input)
t_fuzz_dkim_verify_SOURCES = t/fuzz/dkim_verify.c $(fuzz_input) $(unit_fakes)
t_fuzz_dmarc_SOURCES = t/fuzz/dmarc.c $(fuzz_replay)
t_fuzz_dns_answer_SOURCES = t/fuzz/dns_answer.c $(fuzz_replay)
t_fuzz_dnsbl_SOURCES = t/fuzz/dnsbl.c $(fuzz_input)
t_fuzz_dump_SOURCES = t/fuzz/dump.c $(fuzz_input) $(teststore)
t_fuzz_header_block_SOURCES = t/fuzz/header_block.c $(fuzz_replay) $(unit_fakes)
t_fuzz_listen_SOURCES = t/fuzz/listen.c $(fuzz_input)
t_fuzz_mailbox_SOURCES = t/fuzz/mailbox.c $(fuzz_replay)
t_fuzz_path_SOURCES = t/fuzz/path.c $(fuzz_input)
t_fuzz_postgrey_lists_SOURCES = t/fuzz/postgrey_lists.c $(fuzz_input)
t_fuzz_quoting_SOURCES = t/fuzz/quoting.c $(fuzz_replay)
t_fuzz_received_SOURCES = t/fuzz/received.c $(fuzz_replay)
t_fuzz_record_SOURCES = t/fuzz/record.c $(fuzz_input)
t_fuzz_redis_answer_SOURCES = t/fuzz/redis_answer.c $(fuzz_input)
t_fuzz_redis_answer_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=redisConnectNonBlock,--wrap=redisConnectUnixNonBlock \
	-Wl,--wrap=getaddrinfo,--wrap=maint_start,--wrap=redis_close
t_fuzz_redis_url_SOURCES = t/fuzz/redis_url.c $(fuzz_input)
t_fuzz_resolv_SOURCES = t/fuzz/resolv.c $(fuzz_input)
t_fuzz_session_SOURCES = t/fuzz/session.c $(fuzz_house) $(session_sources)
t_fuzz_session_LDADD = t/libtap.a libbailey.a $(MILTER_LIBS) $(BAILEY_LIBS)
t_fuzz_sign_table_SOURCES = t/fuzz/sign_table.c $(fuzz_input)
t_fuzz_spf_SOURCES = t/fuzz/spf.c $(fuzz_replay)
EXTRA_DIST += t/fuzz/corpus

t_unit_sender_SOURCES = t/unit/sender.c $(unit_fakes)
lists = $(unit_fakes) t/unit/lists.c t/unit/lists.h
t_unit_dnsbl_SOURCES = t/unit/dnsbl.c $(lists)
t_unit_dnsbl_header_SOURCES = t/unit/dnsbl_header.c $(lists)
t_unit_dnsbl_health_SOURCES = t/unit/dnsbl_health.c t/unit/fakedns_mem.c t/unit/fakedns_mem.h

dist_check_SCRIPTS = $(perl_tests)

# The public RFC 7208 suite, from wherever it is.
check_PROGRAMS += t/spfcheck
t_spfcheck_SOURCES = t/spfcheck.c
if HAVE_LIBSPF2
spf_engines = native libspf2
else
spf_engines = native
endif
check-rfc7208: t/spfcheck t/fakedns
	@test -n "$(SUITE)" || { echo "usage: make $@ SUITE=/path/to/rfc7208-tests.yml"; exit 2; }
	TOP_BUILDDIR=$(abs_builddir) perl $(srcdir)/t/rfc7208.pl $(SUITE) $(spf_engines)
.PHONY: check-rfc7208
EXTRA_DIST += t/rfc7208.pl

# A DNS server that answers from zone files and lies by rule.
check_PROGRAMS += t/fakedns
t_fakedns_SOURCES = t/fakedns.c t/fakedns_answer.c t/fakedns_net.c t/fakedns_rule.c \
	t/fakedns_zone.c t/fakedns.h
t_fakedns_LDADD = $(LDNS_LIBS)

# An MTA that does what a script says, for tests of the filter.
check_PROGRAMS += t/mtaclient/mtaclient
t_mtaclient_mtaclient_SOURCES = t/mtaclient/main.c t/mtaclient/message.c t/mtaclient/message.h \
	t/mtaclient/protocol.c t/mtaclient/protocol.h t/mtaclient/script.c t/mtaclient/script.h \
	t/mtaclient/words.c t/mtaclient/words.h
t_mtaclient_mtaclient_LDADD = libbailey.a

# Many connections at once, for measurements and for tests under load; "load --help".
check_PROGRAMS += t/load/load
t_load_load_SOURCES = t/load/figures.c t/load/load.h t/load/mail.c t/load/main.c t/load/milter.c \
	t/load/smtp.c t/mtaclient/protocol.c t/mtaclient/protocol.h

# make check TESTS="t/a.t t/unit/b" runs only those.
all_tests = $(unit_tests) $(perl_tests:%=$(srcdir)/%)
check-local: $(sbin_PROGRAMS)
	TOP_SRCDIR=$(abs_srcdir) TOP_BUILDDIR=$(abs_builddir) \
	TSAN_OPTIONS="suppressions=$(abs_srcdir)/t/tsan.supp halt_on_error=1 $$TSAN_OPTIONS" \
	prove -e '' -j$${JOBS:-4} $(or $(TESTS),$(all_tests))

# Which lines the tests reach, in a build with --enable-coverage.  The daemon
# writes down its own as another user, hence the modes.
coverage:
	find . -name '*.gcda' -exec rm {} +
	find . -type d -exec chmod a+rwx {} +
	umask 0 && $(MAKE) check || echo 'some tests failed'
	perl $(srcdir)/t/coverage.pl $(srcdir) coverage
.PHONY: coverage
EXTRA_DIST += t/coverage.pl

# make soak SOAK=60: for so many minutes; in a build with sanitizers, too.
soak: $(sbin_PROGRAMS) t/fakedns t/load/load t/mtaclient/mtaclient
	SOAK=$(or $(SOAK),60) TOP_SRCDIR=$(abs_srcdir) TOP_BUILDDIR=$(abs_builddir) \
	TSAN_OPTIONS="suppressions=$(abs_srcdir)/t/tsan.supp halt_on_error=1 $$TSAN_OPTIONS" perl $(srcdir)/t/soak.t
.PHONY: soak

# What the Perl tests share.
EXTRA_DIST += \
	.clang-format \
	t/tsan.supp \
	t/valgrind.supp \
	t/dkimsign.py \
	t/dkimverify.py \
	t/lib/Bailey/Test.pm \
	t/lib/Bailey/Test/Daemon.pm \
	t/lib/Bailey/Test/Dkim.pm \
	t/lib/Bailey/Test/Dns.pm \
	t/lib/Bailey/Test/Forged.pm \
	t/lib/Bailey/Test/Load.pm \
	t/lib/Bailey/Test/Load/Mta.pm \
	t/lib/Bailey/Test/Load/Network.pm \
	t/lib/Bailey/Test/Load/Peers.pm \
	t/lib/Bailey/Test/Login.pm \
	t/lib/Bailey/Test/Ispconfig.pm \
	t/lib/Bailey/Test/Machine.pm \
	t/lib/Bailey/Test/Mariadb.pm \
	t/lib/Bailey/Test/Mta.pm \
	t/lib/Bailey/Test/Opendkim.pm \
	t/lib/Bailey/Test/Postfix.pm \
	t/lib/Bailey/Test/Process.pm \
	t/lib/Bailey/Test/Redis.pm \
	t/lib/Bailey/Test/Sendmail.pm \
	t/lib/Bailey/Test/Smtp.pm \
	t/lib/Bailey/Test/Tools.pm
