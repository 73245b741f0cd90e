#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The house rules of HACKING: arrows between folders run one way, each foreign
# library has one owner, and the lower floors do not log, but for what a check
# watches in the background.

use v5.32;
use warnings;
use Test::More;

my $top = $ENV{TOP_SRCDIR} // '.';

# Folder => the folders it may include from.
my %may_include = (
	lib => [],
	dns => [qw(lib)],
	db => [qw(lib)],
	checks => [qw(dns db lib)],
	milter => [qw(checks dns db lib)],
	ctl => [qw(milter checks dns db lib)],
);

# Header of a foreign library => the only files that may know it.
my %owner = (
	'libmilter/' => qr{^milter/(session|macros|reply_set|edit)\.[ch]$},
	'confuse.h' => qr{^milter/conf\w*\.[ch]$},
	'ldns/' => qr{^dns/},
	'libpsl.h' => qr{^lib/orgdomain\.c$},
	'pcre2.h' => qr{^checks/postgrey_lists\.c$},
	'idn2.h' => qr{^lib/name\.c$},
	'db.h' => qr{^(?:db/bdb\w*\.[ch]|checks/access/bdb\.c)$},	# a store, and tables made by postmap
	'hiredis/' => qr{^db/redis\w*\.[ch]$},
	'mysql.h' => qr{^checks/access/mysql\.c$},
	'sqlite3.h' => qr{^checks/access/sqlite\.c$},
	'spf2/' => qr{^checks/spf/libspf2\.c$},
	'opendkim/' => qr{^checks/dkim_verify\.c$},
	'jansson.h' => qr{^(?:milter/(?:answer\w*|explain|receipt|shadow)|ctl/[\w/]+)\.[ch]$},
	'microhttpd.h' => qr{^milter/metrics\.c$},
	'seccomp.h' => qr{^milter/sandbox_calls\.c$},
	'linux/landlock.h' => qr{^milter/sandbox_files\.c$},
	'systemd/' => qr{^milter/},
);

my @files = sort map { s{^\Q$top\E/}{}r } glob("$top/{lib,dns,db,checks,checks/*,milter,ctl,ctl/*}/*.[ch]");
cmp_ok(scalar @files, '>', 20, 'the source was found');

for my $file (@files) {
	open my $in, '<', "$top/$file" or die "$file: $!\n";
	my ($folder) = $file =~ m{^(\w+)/};
	my %allowed = map { $_ => 1 } $folder, @{ $may_include{$folder} };
	my @wrong;
	while (<$in>) {
		push @wrong, "line $.: $folder includes from $1" if m{^#include "(\w+)/} && !$allowed{$1};
		if (my ($header) = m{^#include <([^>]+)>}) {
			my ($library) = grep { $header =~ /^\Q$_\E/ } keys %owner;
			push @wrong, "line $.: <$header> has another owner" if $library && $file !~ $owner{$library};
		}
		push @wrong, "line $.: logs, instead of returning a reason"
		    if /\blog_(?:err|notice|info|debug|fields)\(/
		    && $folder =~ /^(?:lib|dns|db|checks)$/ && $file !~ m{^lib/log\.|^checks/\w+_watch\.c$};
	}
	is("@wrong", '', $file);
}

done_testing;
