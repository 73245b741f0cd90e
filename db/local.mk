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
	db/gate.c \
	db/gate.h \
	db/local.c \
	db/maint.c \
	db/mem.c \
	db/record.c \
	db/record.h \
	db/store.c \
	db/store.h
