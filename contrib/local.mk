examplesdir = $(docdir)/examples
dist_examples_DATA = \
	contrib/amavis.cf \
	contrib/bailey.conf \
	contrib/spamassassin.cf \
	contrib/grafana/bailey.json
completiondir = $(datadir)/bash-completion/completions
completion_DATA = contrib/baileyctl
CLEANFILES += contrib/baileyctl

# bash looks for a file called like the command.
contrib/baileyctl: $(srcdir)/contrib/baileyctl.bash
	$(AM_V_GEN)$(MKDIR_P) contrib && cp $(srcdir)/contrib/baileyctl.bash $@

dist_doc_DATA = NEWS README SECURITY

# systemd looks in /usr/local/lib, too.
systemdunitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
dist_systemdunit_DATA = contrib/systemd/bailey.socket
nodist_systemdunit_DATA = contrib/systemd/bailey.service
dist_sysusers_DATA = contrib/systemd/sysusers.d/bailey.conf
dist_tmpfiles_DATA = contrib/systemd/tmpfiles.d/bailey.conf
CLEANFILES += contrib/systemd/bailey.service

# The unit names the installed program, so it is made here.
contrib/systemd/bailey.service: $(srcdir)/contrib/systemd/bailey.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) contrib/systemd && \
	sed -e 's|[@]sbindir[@]|$(sbindir)|' -e 's|[@]sysconfdir[@]|$(sysconfdir)|' \
	    -e 's|[@]localstatedir[@]|$(localstatedir)|' \
	    $(srcdir)/contrib/systemd/bailey.service.in >$@.new && mv $@.new $@

EXTRA_DIST += \
	contrib/baileyctl.bash \
	contrib/debian/bailey.install \
	contrib/debian/bailey.postinst \
	contrib/debian/bailey.postrm \
	contrib/debian/bailey.triggers \
	contrib/debian/build \
	contrib/debian/changelog \
	contrib/debian/control \
	contrib/debian/copyright \
	contrib/debian/rules \
	contrib/debian/source/format \
	contrib/debian/try \
	contrib/packages \
	contrib/rpm/bailey.spec \
	contrib/rpm/build \
	contrib/quickstart \
	contrib/quickstart.pl \
	contrib/quickstart.d/10-rdns.pl \
	contrib/quickstart.d/20-helo.pl \
	contrib/quickstart.d/30-forged.pl \
	contrib/quickstart.d/35-dnsbl.pl \
	contrib/quickstart.d/40-spf.pl \
	contrib/quickstart.d/50-dmarc.pl \
	contrib/quickstart.d/45-access.pl \
	contrib/quickstart.d/50-greylist.pl \
	contrib/quickstart.d/60-sign.pl \
	contrib/systemd/bailey.service.in

# postgrey's memory, for baileyctl load.
dist_examples_SCRIPTS = contrib/import-postfix contrib/import-postgrey
