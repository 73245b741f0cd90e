#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# What packagers rely on: the files that make install brings are those of the RPM
# spec, and make uninstall takes them away; the Debian package needs what a build
# needs; versions agree; SECURITY names limits as they are.

use v5.32;
use warnings;
use File::Find qw(find);
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test::Tools;
use Test::More;

my $top = $ENV{TOP_SRCDIR} // '.';
my $build = $ENV{TOP_BUILDDIR} // '.';
my $root = File::Temp->newdir;
# Where a packager puts things.
my %place = (prefix => '/usr', sysconfdir => '/etc', localstatedir => '/var');
# What a build needs that any build of a Debian package has.
my %essential = map { $_ => 1 } qw(gcc libc6-dev make autoconf automake);

sub make {
	my ($target) = @_;
	delete local @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL)};
	my @places = map { "$_=$place{$_}" } sort keys %place;
	my $said = qx(make -s -C $build $target DESTDIR=$root @places 2>&1);
	is($?, 0, "make $target") or diag($said);
	my @files;
	find({ no_chdir => 1, wanted => sub { push @files, substr $_, length $root if !-d } }, "$root");
	return sort @files;
}

my $spec = slurp("$top/contrib/rpm/bailey.spec");
my %macro = (_sysconfdir => '/etc', _sbindir => '/usr/sbin', _unitdir => '/usr/lib/systemd/system',
	_sysusersdir => '/usr/lib/sysusers.d', _tmpfilesdir => '/usr/lib/tmpfiles.d', _datadir => '/usr/share',
	_mandir => '/usr/share/man', _docdir => '/usr/share/doc');
my ($list) = $spec =~ /^%files\n(.*?)\n\n/ms;
my @listed = map { s/%\{(\w+)\}/$macro{$1}/gr } map { /(%\{_\S+)$/ } grep { !/^%dir/ } split /\n/, $list;
my @installed = make('install');
cmp_ok(scalar @installed, '>', 10, 'files are installed');
# The RPM brings its configuration itself.
my $pattern = join '|', map { s/\\\*$/.*/r } map { quotemeta } @listed;
is_deeply([ grep { !m{^(?:$pattern)(?:/|$)} } @installed ], [], 'the spec lists every one');
is_deeply([ grep { my $one = s/\*$//r; !grep { /^\Q$one\E/ } @installed, '/etc/bailey/bailey.conf' } @listed ], [],
    'and no other');
is_deeply([ make('uninstall') ], [], 'nothing is left');

my %needed = map { $_ => 1 } slurp("$top/contrib/packages") =~ /^(\S+)\t+build\t/mg;
my ($depends) = slurp("$top/contrib/debian/control") =~ /^Build-Depends: (.*?)\n\n/ms;
is_deeply([ grep { !/^debhelper-compat/ } split /,\s*/, $depends ],
    [ sort grep { !$essential{$_} } keys %needed ], 'the Debian package needs what a build needs');

my ($version) = slurp("$top/configure.ac") =~ /^AC_INIT\(\[bailey\], \[([^\]]+)\]/m;
like(slurp("$top/contrib/debian/changelog"), qr/\Abailey \(\Q$version\E\) /, 'version of the Debian package');
like($spec, qr/^Version:\s+\Q$version\E$/m, 'version of the RPM');
like(slurp("$top/contrib/rpm/bailey.spec"), qr/^%changelog\n\*.* - \Q$version\E-1$/m, 'and of its history');
like(slurp("$top/NEWS"), qr/\ABailey \Q$version\E$/m, 'version in NEWS');

my @limits = slurp("$top/SECURITY") =~ /^\t([A-Z_]+)\t+(\d+)\t+(\S+\.[ch])\t/mg;
cmp_ok(scalar @limits, '>', 3 * 20, 'SECURITY has a table');
while (my ($name, $value, $file) = splice @limits, 0, 3) {
	is(value($name, slurp("$top/$file")), $value, "$name in $file");
}

done_testing;

# Of a constant, which may be made of others of the same file.
sub value {
	my ($name, $source) = @_;
	my ($text) = $source =~ m{^#define[ \t]+$name[ \t]+(.*?)\s*(?:/\*|$)}m;
	return 'not there' if !defined $text;
	return eval $text =~ s/([A-Z]\w+)/value($1, $source)/ger;
}
