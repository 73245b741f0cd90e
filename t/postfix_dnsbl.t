#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# A DNS list as it is run: rbldnsd serves it, Bailey asks it, a real Postfix
# refuses whom it lists.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Process;
use Bailey::Test::Tools;
use Test::More;

plan skip_all => Bailey::Test::why_not() if Bailey::Test::why_not();

my ($rbldnsd) = grep { -x } qw(/usr/sbin/rbldnsd /usr/local/sbin/rbldnsd);
if (!$rbldnsd) {
	die "rbldnsd is not installed\n" if $ENV{CI};
	plan skip_all => 'rbldnsd is not installed; Debian: apt-get install rbldnsd';
}

my $house = Bailey::Test->new;
my $folder = $house->folder;
spew("$folder/four", <<'END');
$SOA 60 ns.bl.example hostmaster.bl.example 1 600 300 86400 60
:127.0.0.2:Listed for sending spam, see https://bl.example/$
127.0.0.2
192.0.2.66
192.0.2.128/25 :4:This network is listed
END
spew("$folder/six", <<'END');
:127.0.0.2:Listed for sending spam, see https://bl.example/$
::ffff:7f00:2
2001:db8:66::/48
END
spew("$folder/names", <<'END');
:127.0.1.2:A domain of spammers
test
.spam.example
END

my ($port, $server);
spew("$folder/rbldnsd.log", '');
for my $try (1 .. 20) {
	$port = 20_000 + int rand 12_000;
	$server = Bailey::Test::Process->start("$folder/rbldnsd.log", $rbldnsd, '-n', '-u', 'nobody', '-b', "127.0.0.1/$port",
	    "bl.example:ip4set:$folder/four", "bl.example:ip6trie:$folder/six", "dbl.example:dnset:$folder/names");
	last if wait_until { !$server->alive || slurp("$folder/rbldnsd.log") =~ /started/ } and $server->alive;
}
ok($server->alive, 'rbldnsd serves') or BAIL_OUT(slurp("$folder/rbldnsd.log"));

my $daemon = $house->bailey(<<"END");
resolver { servers = "127.0.0.1\@$port" timeout = "2s" budget = "6s" }
dnsbl {
	zone "bl.example" { answers = { "127.0.0.2*5", "127.0.0.4*2" } }
	zone "dbl.example" { weight = 5 names = { "helo", "sender" } }
}
END

# The reply to RCPT.
sub rcpt {
	my ($address, $helo, $from, $to) = @_;
	my $smtp = $house->client($address);
	$smtp->ehlo($helo // 'mx.client.example');
	$smtp->mail($from // 'a@client.example');
	return $smtp->rcpt($to // 'user@example.org');
}

like(rcpt('192.0.2.66'), qr{^554 5\.7\.1 Service unavailable; client \[192\.0\.2\.66\] blocked using bl\.example; Listed for sending spam, see https://bl\.example/192\.0\.2\.66}, 'a listed client is told why');
like(rcpt('2001:db8:66::1'), qr{^554 5\.7\.1 Service unavailable; client \[2001:db8:66::1\] blocked using bl\.example; Listed for sending spam}, 'over IPv6');
like(rcpt('192.0.2.10'), qr/^250/, 'an unlisted one is welcome');
like(rcpt('2001:db8::10'), qr/^250/, 'over IPv6');
like(rcpt('192.0.2.200'), qr/^250/, 'a listing that weighs less than reject-at is evidence only');
like(rcpt('192.0.2.10', 'www.spam.example'), qr/^554 5\.7\.1 Service unavailable; HELO name \[www\.spam\.example\] blocked using dbl\.example; A domain of spammers/, 'a listed HELO name');
like(rcpt('192.0.2.10', undef, 'x@spam.example'), qr/^554 5\.7\.1 Service unavailable; sender domain \[spam\.example\]/, 'a listed sender domain');
like(rcpt('192.0.2.66', undef, undef, 'postmaster@example.org'), qr/^250/, 'postmaster hears them all');
unlike($daemon->log, qr/failed its test/, 'both lists pass their test');

done_testing;
