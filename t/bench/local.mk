# What things cost, ours beside theirs in one run: make bench, or one of its parts.
bench_parts =
bench: $(bench_parts)
.PHONY: bench

# The whole filter under load, beside one that does nothing: between a player of
# MTAs and each filter, behind Postfix, and with a DNS far away.
# make bench-filter BENCH_RUNS=9; a target that is missed is said, and stops nothing.
BENCH_RUNS = 3
check_PROGRAMS += t/bench/nullfilter
EXTRA_DIST += t/bench/filter.pl t/bench/latency.pl t/bench/postfix.pl t/bench/postfix-latency.pl
t_bench_nullfilter_SOURCES = t/bench/nullfilter.c
t_bench_nullfilter_LDADD = $(MILTER_LIBS)
bench_whole = bench-filter bench-latency bench-postfix bench-postfix-latency
bench_parts += $(bench_whole)
$(bench_whole): $(sbin_PROGRAMS) t/fakedns t/load/load t/bench/nullfilter
	-TOP_BUILDDIR=$(abs_builddir) perl $(srcdir)/t/bench/$(@:bench-%=%).pl $(BENCH_RUNS)
.PHONY: $(bench_whole)

# Engines of SPF, with a DNS in memory.
check_PROGRAMS += t/bench/spf
t_bench_spf_SOURCES = t/bench/spf.c $(memdns)
bench_parts += bench-spf
bench-spf: t/bench/spf
	t/bench/spf
.PHONY: bench-spf

# DKIM, beside opendkim.
EXTRA_DIST += t/bench/dkim.pl
bench_parts += bench-dkim
bench-dkim: $(sbin_PROGRAMS) t/fakedns t/mtaclient/mtaclient
	TOP_BUILDDIR=$(abs_builddir) perl $(srcdir)/t/bench/dkim.pl
.PHONY: bench-dkim

# What DNS lists that are 50 ms away cost a mail.
EXTRA_DIST += t/bench/dnsbl.pl
bench_parts += bench-dnsbl
bench-dnsbl: $(sbin_PROGRAMS) t/fakedns t/mtaclient/mtaclient
	-TOP_BUILDDIR=$(abs_builddir) perl $(srcdir)/t/bench/dnsbl.pl
.PHONY: bench-dnsbl

# Greylisting decisions, beside postgrey.  make bench-store BENCH_DECISIONS=10000000;
# a server of Redis, which is slower, gets a twentieth of them.
check_PROGRAMS += t/bench/store
EXTRA_DIST += t/bench/postgrey.pl t/bench/redis.pl
BENCH_DECISIONS = 200000
bench_parts += bench-store
bench-store: t/bench/store
	t/bench/store -t 1 -n $(BENCH_DECISIONS)
	t/bench/store -t 16 -n $(BENCH_DECISIONS)
	t/bench/store -t 64 -n $(BENCH_DECISIONS)
	perl $(srcdir)/t/bench/redis.pl t/bench/store $$(($(BENCH_DECISIONS) / 20))
	perl $(srcdir)/t/bench/postgrey.pl 5000 8
.PHONY: bench-store

