#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The control socket of the daemon, met by clients good and bad.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use IO::Socket::UNIX;
use JSON::PP;
use Test::More;

use constant {
	CLIENTS_MAX => 32,	# milter/control.h
	REQUEST_MAX => 1024 * 1024,
};

local $SIG{PIPE} = 'IGNORE';
my $house = Bailey::Test->new;
my $quiet = Bailey::Test::Daemon::quiet();
my $daemon = $house->bailey($quiet);

sub visit { return IO::Socket::UNIX->new($daemon->control) // die "control socket: $!\n" }

# One answer, or undef when the daemon hangs up.
sub answer {
	my ($socket) = @_;
	my $line = '';
	local $SIG{ALRM} = sub { die "no answer\n" };
	alarm PATIENCE;
	while ($line !~ /\n\z/) {
		# A write too many makes the hanging up a reset.
		last if !sysread $socket, $line, 65536, length $line;
	}
	alarm 0;
	return $line ne '' ? decode_json($line) : undef;
}

sub ask { my ($socket, $request) = @_; syswrite $socket, "$request\n"; return answer($socket) }

subtest 'the socket' => sub {
	is((stat $daemon->control)[2] & 07777, 0660, 'is for its user and group only');
	my $client = visit();
	my $status = ask($client, 'status');
	ok($status->{ok}, 'answers');
	is($status->{mode}, 'enforce', 'with facts');
	is($status->{sessions}, 0, 'and figures');
	ok(ask($client, "status\r")->{ok}, 'again, and by hand from a terminal');
	my $no = ask($client, 'frobnicate all');
	ok(!$no->{ok}, 'an unknown request');
	like($no->{error}, qr/does not know/, 'is told');
	ok(!ask($client, '')->{ok}, 'an empty one too');
	ok(!ask($client, 'mode')->{ok}, 'a mode that is missing');
	ok(!ask($client, "status\0 reload")->{error}, 'what follows a NUL is not read');
	syswrite $client, "status\nstatus\nmode x\n";
	my @answers = split /\n/, do { my $all = ''; $all .= $_ while ($all =~ tr/\n//) < 3
	    && sysread $client, $_, 65536; $all };
	is_deeply([ map { decode_json($_)->{ok} ? 1 : 0 } @answers ], [1, 1, 0],
	    'requests may be sent ahead');
};

subtest 'what the MTA has shown' => sub {
	my $client = visit();
	my $mta = ask($client, 'mta');
	is_deeply([ @$mta{qw(negotiated connections messages)}, $mta->{offer} ], [ 0, 0, 0, undef ], 'nothing yet');
	my @client = ('connect a.example 192.0.2.1 25', 'helo a.example');
	my @message = ('mail <a@example.net>', 'rcpt <b@example.org>', 'header Received-SPF: pass (other.example)',
		'header X-Greylist: delayed 300 seconds by postgrey-1.37 at mx.example.org; today',
		'header Authentication-Results: mx.example.org; spf=pass', 'eoh', 'eom');
	Bailey::Test::Mta->new($daemon->socket)->do('macro connect j=mx.example.org', 'macro connect v=Postfix 3.7.11',
		'macro connect {daemon_port}=25', 'open', @client, @message);
	$mta = ask($client, 'mta');
	cmp_ok($mta->{negotiated}, '>', 0, 'when it came');
	is_deeply($mta->{offer}, { protocol => 6, map { $_ => JSON::PP::true }
		qw(add change quarantine macros leading_space) }, 'what it offered');
	is_deeply([ @$mta{qw(connections version hostname)} ], [ 1, 'Postfix 3.7.11', 'mx.example.org' ], 'who it is');
	is_deeply([ map { $_ . '=' . ($mta->{macros}{$_} ? 1 : 0) } sort keys %{ $mta->{macros} } ],
		[ 'i=0', 'j=1', '{daemon_addr}=0', '{daemon_name}=0', '{daemon_port}=1' ], 'the macros it sent');
	is_deeply([ $mta->{messages}, $mta->{traces} ], [ 1, { 'X-Greylist' => 1, 'Authentication-Results' => 1 } ],
		'other filters of this host');
	for (['0x3f 0x7f', 2], ['0x3f 0x17f', 3], ['0x1ff 0x37f', 4]) {
		my ($offer, $protocol) = @$_;
		Bailey::Test::Mta->new($daemon->socket)->do("offer $offer", 'open', 'connect localhost /socket 0');
		$mta = ask($client, 'mta');
		is($mta->{offer}{protocol}, $protocol, "protocol $protocol");
		is($mta->{connections}, 1, 'mail of this host is no connection');
	}
	ok(!$mta->{offer}{leading_space}, 'one without leading space');
};

subtest 'bad clients' => sub {
	my $long = visit();
	syswrite $long, 'x' x 65536 for 0 .. REQUEST_MAX / 65536;
	is(answer($long), undef, 'a line that does not end is cut off');
	my $rubbish = visit();
	syswrite $rubbish, join '', map { chr int rand 256 } 1 .. 4000;
	syswrite $rubbish, "\n";
	cmp_ok(sysread($rubbish, my $said, 65536) // 0, '>=', 0, 'rubbish is answered or cut off');
	my $slow = visit();
	$slow->blocking(0);
	my $sent = 0;
	for (1 .. 3000) { $sent += syswrite($slow, "status\n" x 100) // last }
	cmp_ok($sent, '>', 1000, 'one that asks much and never reads');
	my $half = visit();
	syswrite $half, 'stat';
	ok(ask(visit(), 'status')->{ok}, 'others are answered beside them');
	my @crowd = map { visit() } 1 .. 2 * CLIENTS_MAX;
	ok(ask($crowd[-1], 'status')->{ok}, 'the last of a crowd is answered');
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	like($mta->last('open', 'connect h 192.0.2.1 25', 'helo h', 'mail <a@example.net>'),
	    qr/continue/, 'and mail does not notice');
	ok($daemon->process->alive, 'the daemon is alive');
};

subtest 'reload' => sub {
	my $client = visit();
	my $same = ask($client, 'reload');
	is_deeply($same->{changes}, [], 'of the same file changes nothing');
	$daemon->configure($quiet . qq(contact = "x\@example.org"\nmaximum-sessions = 7\n));
	my $answer = ask($client, 'reload');
	is_deeply([ map { "$_->{key} $_->{was} $_->{is}" } @{ $answer->{changes} } ],
	    [ 'maximum-sessions 2000 7', 'contact "" "x@example.org"' ], 'names what changed')
	    or diag(explain($answer));
	ok($daemon->wait_for_log(qr/only after a restart: maximum-sessions/), 'the log what needs a restart');
	is(ask($client, 'status')->{maximum_sessions}, 2000, 'and until then the old limit holds');
	$daemon->configure($quiet . qq(sokket = "x"\nmode = "on"\n));
	$answer = ask($client, 'reload');
	ok(!$answer->{ok}, 'of a bad file fails');
	is(scalar @{ $answer->{errors} }, 2, 'with every mistake');
	like($_, qr{bailey\.conf:\d+: \w+: }, 'and its line') for @{ $answer->{errors} };
	is(ask($client, 'status')->{mode}, 'enforce', 'and changes nothing');
	$daemon->configure($quiet . qq(mode = "\xffon"\nlog = "J\xf6rg"\n));
	is_deeply([ map { s/.*?conf:\d+: //r =~ s/ is .*//r } @{ ask($client, 'reload')->{errors} } ],
	    [ 'mode: "?on"', 'log: "J?rg"' ], 'a mistake that is not UTF-8 is told, too');
};

subtest 'mode' => sub {
	my $helo = Bailey::Test::Daemon::quiet('helo') . qq(helo { invalid = "reject" }\n);
	my $verdict = sub {
		my $mta = Bailey::Test::Mta->new($daemon->socket);
		my $line = $mta->last('open', 'connect h 192.0.2.1 25', 'helo -bad-', 'mail <a@example.net>',
		    'rcpt <b@example.org>');
		return $line =~ /: 5\d\d / ? 'refused' : $line =~ /continue/ ? 'taken' : $line;
	};
	my $client = visit();
	$daemon->configure($helo);
	ok(ask($client, 'reload')->{ok}, 'a rule that refuses');
	is($verdict->(), 'refused', 'refuses');
	is(ask($client, 'mode shadow')->{mode}, 'shadow', 'in shadow');
	is($verdict->(), 'taken', 'it does not');
	ok(ask($client, 'status')->{forced}, 'status says so');
	ok(ask($client, 'reload')->{ok}, 'a reload');
	is($verdict->(), 'taken', 'leaves it there');
	is(ask($client, 'mode off')->{mode}, 'off', 'another');
	is(ask($client, 'mode enforce')->{mode}, 'enforce', 'and another');
	is(ask($client, 'mode configured')->{mode}, 'enforce', 'as the file says');
	is($verdict->(), 'refused', 'it refuses again');
	ok(!ask($client, 'status')->{forced}, 'and nothing is forced');
	$daemon->configure("mode = \"shadow\"\n$helo");
	ask($client, 'reload');
	ask($client, 'mode enforce');
	is($verdict->(), 'refused', 'a mode may be stricter than the file');
};

$daemon->stop;
ok(!-e $daemon->control, 'a stopped daemon takes its socket away');
$house->stop;
done_testing;
