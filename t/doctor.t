#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# baileyctl doctor: finds nothing where all is well, and each thing that is not.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Tools;
use JSON::PP;
use Test::More;

my $house = Bailey::Test->new;
my $folder = $house->folder;
$house->dns(zones => []);
my $daemon = $house->bailey(Bailey::Test::Daemon::quiet());

# A postconf that answers from files.
mkdir "$folder/bin" or die "$folder/bin: $!\n";
spew("$folder/bin/postconf", "#!/bin/sh\nshift\ncat \"$folder/\$(echo \$1 | tr / _)\"\n");
chmod 0755, "$folder/bin/postconf";
local $ENV{PATH} = "$folder/bin:$ENV{PATH}";

sub postfix {
	my (%is) = @_;
	spew("$folder/smtpd_milters", ($is{milters} // $daemon->socket) . "\n");
	spew("$folder/milter_default_action", ($is{action} // 'tempfail') . "\n");
	spew("$folder/smtp_inet_chroot", 'smtp/inet/chroot = ' . ($is{chroot} // 'n') . "\n");
	return;
}

sub doctor {
	my ($status, $out) = $daemon->ctl('-j', 'doctor');
	return ($status, map { "$_->{level} $_->{about}: $_->{text}" . ($_->{remedy} ? " -> $_->{remedy}" : '') }
	    @{ decode_json($out) });
}

postfix();
my ($status, @found) = doctor();
is($status, 0, 'all is well') or diag(explain(\@found));
is(scalar(grep { !/^(?:ok|warn disk)/ } @found), 0, 'so nothing is told') or diag(explain(\@found));
for my $about (qw(daemon socket Postfix resolver)) {
	ok((grep { /^ok $about: / } @found), "$about was looked at");
}
my ($plain, $out) = $daemon->ctl('doctor');
like($out, qr/^ok +daemon +answers/m, 'for people');

sub finds {
	my ($name, $wanted, $status_wanted) = @_;
	my ($got, @lines) = doctor();
	ok((grep { $_ =~ $wanted } @lines), $name) or diag(explain(\@lines));
	is($got, $status_wanted // 1, 'and the exit status tells');
	return;
}

postfix(milters => 'inet:localhost:11332');
finds('Postfix that asks another filter', qr/^fail Postfix: does not ask us.*11332 -> main\.cf: smtpd_milters = unix:/);
postfix(chroot => 'y');
finds('a socket outside the chroot', qr/^fail Postfix: smtpd runs in the chroot/);
postfix(action => 'accept');
finds('a Postfix that fails open', qr/^warn Postfix: lets mail pass unfiltered/, 0);
postfix();
$daemon->ctl('mode', 'shadow');
finds('shadow mode', qr/^warn daemon: its mode is shadow/, 0);
$daemon->ctl('mode', 'configured');
$house->dns->change(rules => "rule *.invalid A rcode SERVFAIL\n");
finds('a resolver that fails', qr/^fail resolver: does not answer/);
$house->dns->change(zones => ["\$ORIGIN invalid.\n@ SOA ns hostmaster 1 3600 600 86400 60\n* A 192.0.2.1\n"]);
finds('a resolver that invents names', qr/^fail resolver: invents answers/);
$house->dns->change(zones => []);
$daemon->stop;
finds('a stopped daemon', qr/^fail daemon: does not answer/);
finds('its socket', qr/^fail socket: .*No such file/);

$daemon->configure("sokket = 1\n");
($status, $out, my $err) = $daemon->ctl('doctor');
is($status, 1, 'a bad configuration');
like($err, qr/sokket: unknown key.*mend the configuration first/s, 'comes first');

$house->stop;
done_testing;
