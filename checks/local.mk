libbailey_a_SOURCES += \
	checks/access.c \
	checks/access.h \
	checks/access/bdb.c \
	checks/access/file.c \
	checks/access/file_watch.c \
	checks/access/file_watch.h \
	checks/access/find.c \
	checks/access/find.h \
	checks/access/keys.c \
	checks/access/keys.h \
	checks/access/map.c \
	checks/access/map.h \
	checks/access/postfix_cf.c \
	checks/access/postfix_cf.h \
	checks/access/rhs.c \
	checks/access/rhs.h \
	checks/access/table.h \
	checks/access/tables.c \
	checks/access/tables.h \
	checks/action.c \
	checks/action.h \
	checks/author.c \
	checks/author.h \
	checks/check.h \
	checks/correspondent.c \
	checks/correspondent.h \
	checks/dkim.c \
	checks/dkim.h \
	checks/dkim_key.c \
	checks/dkim_key.h \
	checks/dkim_policy.c \
	checks/dkim_policy.h \
	checks/dkim_proof.c \
	checks/dkim_proof.h \
	checks/dkim_signature.c \
	checks/dkim_signature.h \
	checks/dkim_verify.c \
	checks/dkim_verify.h \
	checks/dmarc.c \
	checks/dmarc.h \
	checks/dmarc_facts.c \
	checks/dmarc_facts.h \
	checks/dmarc/align.c \
	checks/dmarc/align.h \
	checks/dmarc/lookup.c \
	checks/dmarc/lookup.h \
	checks/dmarc/psl.c \
	checks/dmarc/psl.h \
	checks/dmarc/record.c \
	checks/dmarc/record.h \
	checks/dmarc/report.c \
	checks/dmarc/report.h \
	checks/dmarc/walk.c \
	checks/dmarc/walk.h \
	checks/dnsbl.c \
	checks/dnsbl.h \
	checks/dnsbl/anomaly.c \
	checks/dnsbl/anomaly.h \
	checks/dnsbl/faults.c \
	checks/dnsbl/faults.h \
	checks/dnsbl/filter.c \
	checks/dnsbl/filter.h \
	checks/dnsbl/health.c \
	checks/dnsbl/health.h \
	checks/dnsbl/options.c \
	checks/dnsbl/options.h \
	checks/dnsbl/tally.c \
	checks/dnsbl/tally.h \
	checks/dnsbl/tell.c \
	checks/dnsbl/tombstones.c \
	checks/dnsbl/tombstones.h \
	checks/dnsbl/trial.c \
	checks/dnsbl/trial.h \
	checks/dnsbl/zone.c \
	checks/dnsbl/zone.h \
	checks/envelope.c \
	checks/envelope.h \
	checks/greylist.c \
	checks/greylist.h \
	checks/greylist_key.c \
	checks/greylist_key.h \
	checks/helo.c \
	checks/helo.h \
	checks/postgrey_lists.c \
	checks/postgrey_lists.h \
	checks/rdns.c \
	checks/rdns.h \
	checks/recipient.c \
	checks/recipient.h \
	checks/registry.c \
	checks/sender.c \
	checks/sender.h \
	checks/sign.c \
	checks/sign.h \
	checks/sign_canon.c \
	checks/sign_canon.h \
	checks/sign_key.c \
	checks/sign_key.h \
	checks/sign_make.c \
	checks/sign_make.h \
	checks/sign_table.c \
	checks/sign_table.h \
	checks/sign_watch.c \
	checks/sign_watch.h \
	checks/spf.c \
	checks/spf.h \
	checks/spf/eval.c \
	checks/spf/eval.h \
	checks/spf/look_ahead.c \
	checks/spf/macro.c \
	checks/spf/macro.h \
	checks/spf/match.c \
	checks/spf/record.c \
	checks/spf/record.h \
	checks/spf/spf.h \
	checks/spf/trace.c \
	checks/spf/trace.h \
	checks/word.c

# libspf2 has one owner.
if HAVE_LIBSPF2
libbailey_a_SOURCES += checks/spf/libspf2.c
else
EXTRA_DIST += checks/spf/libspf2.c
endif

if MYSQL
libbailey_a_SOURCES += checks/access/mysql.c
else
EXTRA_DIST += checks/access/mysql.c
endif
if SQLITE
libbailey_a_SOURCES += checks/access/sqlite.c
else
EXTRA_DIST += checks/access/sqlite.c
endif
