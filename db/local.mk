libbailey_a_SOURCES += \
	db/backend.h \
	db/bdb.c \
	db/bdb.h \
	db/bdb_chores.c \
	db/bdb_fault.c \
	db/bdb_fault.h \
	db/bdb_open.c \
	db/decide.c \
	db/decide.h \
	db/dump.c \
	db/dump.h \
	db/examine.h \
	db/gate.c \
	db/gate.h \
	db/local.c \
	db/maint.c \
	db/mem.c \
	db/options.c \
	db/record.c \
	db/record.h \
	db/redis_url.c \
	db/redis_url.h \
	db/store.c \
	db/store.h

# What hosts share, on Redis or Valkey.
if REDIS
libbailey_a_SOURCES += \
	db/redis.c \
	db/redis.h \
	db/redis_ask.c \
	db/redis_cluster.c \
	db/redis_conn.c \
	db/redis_decide.c \
	db/redis_examine.c \
	db/redis_pool.c \
	db/redis_private.h \
	db/redis_scan.c \
	db/redis_script.c \
	db/redis_sentinel.c \
	db/redis_tend.c \
	db/shared.c
endif

if REDIS_TLS
libbailey_a_SOURCES += db/redis_tls.c
endif

# The script as lines of a C string.
db/redis_script.$(OBJEXT): db/redis_script.inc
db/redis_script.inc: db/redis_script.lua
	$(AM_V_GEN)sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $(srcdir)/db/redis_script.lua >$@
CLEANFILES += db/redis_script.inc
EXTRA_DIST += db/redis_script.lua
