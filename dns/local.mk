libbailey_a_SOURCES += \
	dns/answer.c \
	dns/answer.h \
	dns/cache.c \
	dns/cache.h \
	dns/dns.c \
	dns/dns.h \
	dns/options.c \
	dns/packet.c \
	dns/packet.h \
	dns/query.c \
	dns/query.h \
	dns/replay.c \
	dns/replay.h \
	dns/resolver.h \
	dns/server.c \
	dns/server.h \
	dns/session.c \
	dns/tcp.c \
	dns/timer.c \
	dns/transport.c \
	dns/transport.h \
	dns/udp.c \
	dns/word.c
