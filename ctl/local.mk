sbin_PROGRAMS += bailey-db
bailey_db_SOURCES = ctl/bailey_db.c
bailey_db_LDADD = libbailey.a $(BAILEY_LIBS)
sbin_PROGRAMS += baileyctl
baileyctl_SOURCES = ctl/baileyctl.c ctl/command.h ctl/keygen.c
baileyctl_LDADD = libbailey.a $(BAILEY_LIBS)
