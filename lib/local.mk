libbailey_a_SOURCES += \
	lib/addr.c \
	lib/addr.h \
	lib/arena.c \
	lib/arena.h \
	lib/ascii.h \
	lib/buf.c \
	lib/buf.h \
	lib/clock.c \
	lib/clock.h \
	lib/header.c \
	lib/header.h \
	lib/keyhash.c \
	lib/keyhash.h \
	lib/log.c \
	lib/log.h \
	lib/name.c \
	lib/name.h \
	lib/option.c \
	lib/option.h \
	lib/orgdomain.c \
	lib/orgdomain.h \
	lib/path.c \
	lib/path.h \
	lib/secret.c \
	lib/secret.h \
	lib/text.c \
	lib/text.h
