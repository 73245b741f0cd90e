sbin_PROGRAMS += bailey-db
bailey_db_SOURCES = ctl/bailey_db.c
bailey_db_LDADD = libbailey.a $(BAILEY_LIBS)
