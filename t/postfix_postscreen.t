#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Behind postscreen: whom it lets through, and that it and greylisting do not
# both defer a client, with the settings of bailey(8).

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Tools;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => Bailey::Test::why_not() if Bailey::Test::why_not();

use constant DELAY => 3;	# s

my $manual = slurp("$ENV{TOP_SRCDIR}/doc/bailey.8");
my %shallow = $manual =~ /^(postscreen_\w+) = (\w+)$/mg;
my %deep = map { $_ => /_enable$/ ? 'yes' : $shallow{$_} } keys %shallow;
my ($off) = $manual =~ /^(greylist \{ apply = .*\})$/m;
my $on = 'greylist { delay = "' . DELAY . 's" }';

# Of the clients, only 127.0.0.10 has a name.  Each is new to postscreen.
my $house = Bailey::Test->new;
$house->dns(
	zones => ["\$ORIGIN client.example.\n\@ SOA ns hostmaster 1 3600 600 86400 60\n\@ MX 10 mail\nmail A 192.0.2.10\n"
	    . "host A 127.0.0.10\n"],
	reverse => { '127.0.0.10' => 'host.client.example' },
);
$house->bailey($on);
is(scalar(grep { $_ eq 'no' } values %shallow), 3, 'bailey(8) has three tests to switch off');

subtest 'who comes through' => sub {
	postscreen(%shallow);
	my $reply = try('127.0.0.10');
	my $text = $house->delivered($reply) // '';
	like($text, qr/^Authentication-Results: .*\n\s+iprev=pass \(client 127\.0\.0\.10 is host\.client\.example\)/m,
	    'its address reaches us, and so its name');
	my $early = IO::Socket::IP->new(PeerAddr => '127.0.0.1', PeerPort => $house->postfix->port, LocalAddr => '127.0.0.11');
	my $from = length $house->bailey->log;
	print $early "EHLO early.client.example\r\nMAIL FROM:<>\r\nRCPT TO:<user\@example.org>\r\nQUIT\r\n";
	my @replies = <$early>;
	like("@replies", qr/^ ?55\d .*(?:protocol error|rejected)/im, 'who speaks too early is refused by it');
	unlike(substr($house->bailey->log, $from), qr/127\.0\.0\.11/, 'and we never hear of him');
};

subtest 'its tests behind the greeting off' => sub {
	postscreen(%shallow);
	my ($first, $begin) = (try('127.0.0.12'), time);
	like($first, qr/^451 4\.7\.1 .*Greylisted/, 'a new client is deferred by us');
	sleep DELAY - (time - $begin) while time - $begin < DELAY;
	my $text = $house->delivered(try('127.0.0.12')) // '';
	like($text, qr/^X-Greylist: delayed \d+ seconds/m, 'for the delay, and by nobody else');
	like(try('127.0.0.12'), qr/^250 /, 'and not again');
};

subtest 'those tests on, and greylisting off' => sub {
	ok($house->bailey->reload($off), 'reload');
	postscreen(%deep);
	my $from = length $house->bailey->log;
	like(try('127.0.0.13'), qr/^450 4\.3\.2 /, 'a new client is deferred by postscreen');
	unlike(substr($house->bailey->log, $from), qr/127\.0\.0\.13/, 'of which we do not hear');
	like(try('127.0.0.13'), qr/^250 /, 'once');
	ok($house->bailey->reload($on), 'reload');
};

subtest 'what the manual warns of' => sub {
	# Clients of one network are one, and known by now with the usual sender.
	like(try('127.0.0.14', 'ann@client.example'), qr/^450 4\.3\.2 /, 'with both a new client is deferred by postscreen');
	like(try('127.0.0.14', 'ann@client.example'), qr/^451 4\.7\.1 .*Greylisted, come back in ${\ DELAY} seconds/, 'then for all of the delay by us');
};

done_testing;

# Start Postfix anew behind postscreen, which remembers nobody.
sub postscreen {
	my (%main) = @_;
	$house->postfix->stop if $house->{postfix};
	state $n = 0;
	my $cache = 'postscreen' . ++$n;
	$house->postfix(
		listener => sub { my ($port) = @_; return <<"END" },
127.0.0.1:$port inet n - n - 1 postscreen
smtpd	pass - - n - - smtpd
dnsblog	unix - - n - 0 dnsblog
tlsproxy unix - - n - 0 tlsproxy
END
		postscreen_greet_wait => '1s',
		postscreen_access_list => '',
		postscreen_cache_map => "btree:" . $house->folder . "/postfix/data/$cache",
		%main,
	);
	return;
}

# One attempt; the reply that ended it.
sub try {
	my ($client, $sender) = @_;
	my $smtp = Bailey::Test::Smtp->new($house->postfix->port, $client);
	$smtp->ehlo('mail.client.example');
	my $reply = $smtp->send(from => $sender // 'joe@client.example');
	$smtp->quit;
	return $reply;
}
