#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The files for systemd, judged by its own tools.

use v5.32;
use warnings;
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test::Tools;
use Test::More;

use constant EXPOSURE_MAX => 2.5;	# of 10; systemd calls it OK below 5, and a stock service has 9.6

my $top = $ENV{TOP_SRCDIR} // '.';
my $build = $ENV{TOP_BUILDDIR} // '.';
my $root = File::Temp->newdir;

my $unit = slurp("$build/contrib/systemd/bailey.service");
unlike($unit, qr/\@\w+\@/, 'every path of the unit is filled in');
like($unit, qr/^Type=notify$/m, 'it tells when it is ready');
like($unit, qr/^RestartPreventExitStatus=2 78$/m, 'a wrong command line or configuration does not end in a loop');
my ($watchdog) = $unit =~ /^WatchdogSec=(\d+)$/m;
cmp_ok($watchdog, '>', 2 * 25, 'the watchdog waits longer than a message may');

SKIP: {
	skip_unless_ci('needs systemd-analyze') if !-x '/usr/bin/systemd-analyze';
	my $said = qx(systemd-analyze security --offline=true --no-pager $build/contrib/systemd/bailey.service 2>&1);
	my ($exposure) = $said =~ /Overall exposure level for bailey\.service: ([\d.]+)/;
	skip('this systemd-analyze knows no --offline', 1) if !defined $exposure && $said =~ /offline/;
	cmp_ok($exposure // 10, '<=', EXPOSURE_MAX, "systemd-analyze security: $exposure") or diag($said);
	diag("systemd-analyze security: exposure $exposure of 10");
}
SKIP: {
	skip_unless_ci('needs systemd-sysusers') if !-x '/usr/bin/systemd-sysusers';
	mkdir "$root/etc" or die "$root/etc: $!\n";
	my $said = qx(systemd-sysusers --root=$root $top/contrib/systemd/sysusers.d/bailey.conf 2>&1);
	is($? >> 8, 0, 'systemd-sysusers takes our file') or diag($said);
	like(slurp("$root/etc/passwd"), qr/^bailey:/m, 'and makes the user');
}
is_deeply([ grep { !/^#/ } split /\n/, slurp("$top/contrib/systemd/tmpfiles.d/bailey.conf") ],
    ['d /var/lib/bailey 0700 bailey bailey', 'd /var/spool/postfix/bailey 0750 bailey postfix'],
    'the folders, as the manual has them');
unlike($unit, qr/^StateDirectory=/m, 'whose owner systemd does not change');

done_testing;
