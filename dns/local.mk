libbailey_a_SOURCES += \
	dns/dns.h \
	dns/word.c
