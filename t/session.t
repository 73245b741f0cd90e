#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The life of a milter connection, friendly and hostile, in Postfix's and in
# Sendmail's way.  t/mtaclient plays the MTA; verdicts come from the check of
# the HELO name, which needs no DNS to refuse.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use Test::More;

my $house = Bailey::Test->new;
$house->dns(
	zones => ["\$ORIGIN example.net.\n\$TTL 60\n@ SOA a b 1 1 1 1 1\nmx A 192.0.2.10\n"],
	reverse => { '192.0.2.10' => 'mx.example.net' },
);
my $daemon = $house->bailey('log-level = "debug" author { mode = "off" }');
my @client = ('connect mx.example.net 192.0.2.10 25', 'helo mx.example.net');
my @envelope = ('mail <a@example.net> SIZE=100', 'rcpt <b@example.org>');
my @message = ('header Subject: x', 'eoh', 'body text\r\n', 'eom');
my $ours = qr/^Authentication-Results: mx\.example\.org;/;

sub mta { return Bailey::Test::Mta->new($daemon->socket) }
sub serves { return mta()->last('open', @client, @envelope, @message) eq 'eom: continue' }

subtest 'negotiation' => sub {
	my $mta = mta();
	my ($actions, $steps) = map { hex } $mta->last('open') =~ /actions=0x(\w+) steps=0x(\w+)/;
	is($actions, 0x131, 'actions: add, change, quarantine, macros, and no more');
	# DATA and unknown commands are not wanted; no reply to CONNECT, HELO, header, EOH, BODY.
	is($steps & ~0x10, 0x1c3380, 'steps');
	my @said = $mta->do(@client, @envelope, @message);
	is_deeply([grep { !/^eom: insert/ } @said], ['connect: no reply', 'helo: no reply', 'mail: continue',
		'rcpt: continue', 'header: no reply', 'eoh: no reply',
		$steps & 0x10 ? 'body: not sent' : 'body: no reply', 'eom: continue'], 'only what needs an answer gets one');
	like(($mta->headers)[0], $ours, 'our field is on top, with one space');

	# An MTA of protocol 2: every step is answered, and values have no space of their own.
	$mta = mta();
	@said = $mta->do('offer 0x3f 0x7f', 'open', @client, @envelope, @message);
	is_deeply([grep { !/^eom: insert|^body/ } @said], ['open: actions=0x31 steps=' . ($steps & 0x10 ? '0x10' : '0x0'),
		'connect: continue', 'helo: continue', 'mail: continue', 'rcpt: continue',
		'header: continue', 'eoh: continue', 'eom: continue'], 'an old MTA gets every answer');
	like(($mta->headers)[0], qr/^Authentication-Results:mx/, 'and adds the space itself');

	$mta = mta();
	@said = $mta->do('offer 0x100 0x1fffff', 'open', @client, @envelope,
	    'header Authentication-Results: mx.example.org; spf=pass', 'eoh', 'eom');
	is_deeply([grep { /^eom/ } @said], ['eom: continue'], 'without rights nothing is edited');
	my @told = $daemon->log =~ /the MTA does not let us (\w+)/g;
	is_deeply([sort @told], [qw(add delete quarantine)], 'and each is told in the log');
	$mta->do('offer 0x100 0x1fffff', 'open');
	is(scalar(() = $daemon->log =~ /the MTA does not let us/g), 3, 'once');
};

subtest 'several messages, RSET, EHLO again' => sub {
	my $mta = mta();
	$mta->do('open', @client);
	for my $n (1 .. 3) {
		is($mta->last(@envelope, @message), 'eom: continue', "message $n");
		is(scalar(grep { /$ours/ } $mta->headers), 1, 'with one field of ours');
	}
	is($mta->last(@envelope, 'abort', 'abort', @envelope, @message), 'eom: continue', 'RSET, twice');
	is($mta->last('abort', @envelope, @message), 'eom: continue', 'RSET without a message');
	is($mta->last(@envelope, 'header Subject: y', 'abort', @envelope, @message), 'eom: continue', 'RSET in the header');
	is($mta->last(@envelope, 'helo mx.example.net', @envelope, @message), 'eom: continue', 'EHLO within a message');
	is($mta->last('helo mx.example.net', 'helo mx.example.net', @envelope, @message), 'eom: continue', 'EHLO twice');
	is($mta->last(@envelope, 'eom'), 'eom: continue', 'no header, no body');
	is($mta->last(@envelope, 'eoh', 'eom'), 'eom: continue', 'no field');
	is($mta->last(@envelope, @envelope, @message), 'eom: continue', 'MAIL within a message');
	is($mta->last('quit-nc', @client, @envelope, @message), 'eom: continue', 'another client on the same line');
	is(scalar(grep { /$ours/ } $mta->headers), 1, 'is served as well');
};

subtest 'refusals' => sub {
	for my $style (qw(postfix sendmail)) {
		my $mta = mta();
		$mta->do("style $style", 'open', $client[0], 'helo [192.0.2.99]');
		like($mta->last(@envelope), qr/^rcpt: 501 5\.5\.2 .*192\.0\.2\.99/, "$style: our text reaches the client");
		like($mta->last('rcpt <c@example.org>'), qr/^rcpt: 501/, 'for each recipient');
		is($mta->last('rcpt <postmaster@example.org>'), 'rcpt: continue', 'but postmaster');
		is($mta->last(@message), 'eom: continue', 'who gets the message') or diag($mta->headers);
		like($mta->last('helo 100%x %s %% bad', @envelope), qr/^rcpt: 501 5\.5\.2 .*100%x %s %% bad/,
		    'a % goes through as it is');
		like($mta->last('helo a;b\x01\x1b[2J\x80' , @envelope), qr/^rcpt: 501 5\.5\.2 [ -~]*a;b[ -~]*$/,
		    'control characters and 8-bit do not');
		like($mta->last('helo \{5000*x}', @envelope), qr/^rcpt: 501 5\.5\.2 .{1,950}$/, 'and not all of 5,000 bytes');
	}
	my @events = grep { $_->{event} eq 'recipient' && $_->{'helo-name'} eq '[192.0.2.99]' } $daemon->events;
	is_deeply([map { "$_->{to} $_->{action} " . ($_->{exempt} // 'no') } @events[0 .. 2]],
	    ['b@example.org reject no', 'c@example.org reject no', 'postmaster@example.org pass yes'],
	    'each has its line in the log');
	for my $line (split /\n/, $daemon->log) {
		fail("control characters in the log: $line") if $line =~ /[^ -~\t]/;
	}
};

subtest 'who the client is' => sub {
	my %origin = (
		'connect localhost -' => 'local',
		'connect localhost /run/x' => 'local',
		'connect localhost 127.0.0.1 0' => 'local',
		'connect h 192.0.2.10 25' => 'outside',
		'connect h 2001:db8::25 25' => 'outside',
		'connect h ::ffff:192.0.2.10 25' => 'outside',
		# XCLIENT without a port: the daemon has one.
		"macro connect {daemon_port}=25\nconnect localhost 127.0.0.1 0" => 'outside',
	);
	for my $connect (sort keys %origin) {
		my $mta = mta();
		my $id = 'Q' . (keys %origin)++ . int rand 1e9;
		is($mta->last("macro eom i=$id", 'open', $connect, 'helo mx.example.net', @envelope, @message),
		    'eom: continue', $connect =~ s/\n/, /r);
		my ($event) = grep { ($_->{queue} // '') eq $id } $daemon->events;
		is($event->{origin}, $origin{$connect}, "is $origin{$connect}");
	}
	my $mta = mta();
	is($mta->last('macro mail {auth_authen}=joe', 'macro mail i=QAUTH', 'open', @client, @envelope, @message),
	    'eom: continue', 'with a login');
	my ($event) = grep { ($_->{queue} // '') eq 'QAUTH' } $daemon->events;
	is($event->{origin}, 'authenticated', 'is authenticated');
	$mta = mta();
	$mta->do('open', 'connect localhost 127.0.0.1 0', 'helo [192.0.2.99]');
	is($mta->last(@envelope), 'rcpt: continue', 'local mail is never refused at RCPT');
};

subtest 'queue id' => sub {
	for my $stage (qw(mail rcpt eoh eom)) {
		my $mta = mta();
		$mta->do("macro $stage i=QID$stage", 'open', @client, @envelope, @message);
		ok(scalar(grep { ($_->{queue} // '') eq "QID$stage" } $daemon->events), "known at $stage is known in the log");
	}
};

my $forged = 'Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=example.net';
my $foreign = 'Authentication-Results: mail.example.com; spf=pass smtp.mailfrom=example.net';
my @claims = (
	$forged,
	'authentication-RESULTS: MX.Example.ORG; dkim=pass',
	'Authentication-Results: mx.example.org 1; dkim=pass',
	'Authentication-Results: mx.example.org',
	'Authentication-Results:mx.example.org; dkim=pass',
	'Authentication-Results: "mx.example.org"; dkim=pass',
	'Authentication-Results: (a (nested) comment) mx.example.org (x); dkim=pass',
	'Authentication-Results:\n\tmx.example.org;\n\tdkim=pass\n\theader.d=example.net',
	'Authentication-Results: mx.example.org; dkim=pass (\{5000*x})',
	'Authentication-Results: \{5000*(} mx.example.org; dkim=pass',
	'Authentication-Results: ; = "mx.example.org',
	'Authentication-Results: mx.example.org.; dkim=pass',
);
for my $style (qw(postfix sendmail)) {
	subtest "forged results, $style" => sub {
		my $mta = mta();
		$mta->do("style $style", 'open', @client);
		my $end = $mta->last(@envelope, map({ ("header $forged", "header Subject: $_", "header $foreign") } 1 .. 8), 'eoh', 'eom');
		is($end, 'eom: continue', 'eight of them among foreign ones');
		my @kept = $mta->headers;
		is(scalar(grep { /mx\.example\.org/ } @kept), 1, 'only ours is left');
		like($kept[0], $ours, 'on top');
		unlike($kept[0], qr/spf=pass/, 'and it is not a forged one');
		is(scalar(grep { $_ eq $foreign } @kept), 8, 'what others found is left alone');
		is(scalar(grep { /^Subject/ } @kept), 8, 'and so is the rest');

		for my $claim (@claims) {
			$mta->do(@envelope, "header $foreign", "header $claim", "header $foreign", 'eoh', 'eom');
			my @left = grep { /^Authentication-Results:.*mx\.example\.org/i } $mta->headers;
			is(scalar @left, 1, substr $claim, 0, 70);
		}
		$mta->do(@envelope, map({ "header $_" } @claims, $foreign, reverse @claims), 'eoh', 'eom');
		my @left = grep { /^Authentication-Results:/i } $mta->headers;
		is(scalar @left, 2, 'all together');
		# Beyond what is kept of a header for the checks.
		is($mta->last(@envelope, map({ "header X-$_: y" } 1 .. 1200), "header $forged", 'eoh', 'eom'), 'eom: continue',
		    'behind 1,200 other fields');
		@left = grep { /mx\.example\.org/ } $mta->headers;
		is(scalar @left, 1, 'it is found too');
	};
}

subtest 'more forged results than can be deleted' => sub {
	my $mta = mta();
	$mta->do('open', @client);
	is($mta->last(@envelope, ("header $forged") x 200, 'eoh', 'eom'), 'eom: continue', '200 are');
	is(scalar(grep { /mx\.example\.org/ } $mta->headers), 1, 'all of them');
	my $said = $mta->last(@envelope, ("header $forged") x 201, 'eoh', 'eom');
	like($said, qr/^eom: 550 5\.7\.1 too many Authentication-Results .*\[id=\w+\]/, 'more are refused');
	my ($id) = $said =~ /\[id=(\w+)\]/;
	ok($daemon->wait_for_log(qr/id=$id refused after all: 550 5\.7\.1/), 'and the log says why');
	is($mta->last(@envelope, @message), 'eom: continue', 'the next message is not meant');
};

subtest 'big and odd' => sub {
	my $mta = mta();
	$mta->do('open', @client);
	is($mta->last(@envelope, 'header X-Big: \{60000*x}', @message), 'eom: continue', '60 KB of one field');
	is($mta->last(@envelope, map({ 'header X-Big: \{60000*x}' } 1 .. 40), @message), 'eom: continue', '2.4 MB of header');
	is($mta->last(@envelope, 'header \x80\x01: \x00y', 'header X:', @message), 'eom: continue', 'odd names');
	is($mta->last(@envelope, map({ 'body \{60000*y}\r\n' } 1 .. 10), 'eom'), 'eom: continue', 'a body, without end of header');
	is($mta->last('mail a@b', 'rcpt c@d', @message), 'eom: continue', 'addresses without <>');
	is($mta->last('mail <>', 'rcpt <b@example.org>', @message), 'eom: continue', 'the null sender');
	is($mta->last('mail', 'rcpt', @message), 'eom: continue', 'nothing at all');
	is($mta->last('mail <\{60000*x}@y> \{5000*z} A=B', 'rcpt <\x80\xff"@>', @message), 'eom: continue', 'nonsense');
	my @said = $mta->do($envelope[0], map({ "rcpt <u$_\@example.org>" } 1 .. 300), @message);
	is(scalar(grep { $_ eq 'rcpt: continue' } @said), 300, '300 recipients');
};

subtest 'hostile peers' => sub {
	my @steps = ('open', @client, @envelope, 'header Subject: x', 'eoh', 'body x');
	for my $n (0 .. $#steps) {
		mta()->do(@steps[0 .. $n], 'drop');
	}
	pass('gone at every stage');
	mta()->do('open', @client, @envelope, 'header A: b', 'raw \x00\x00\x00\x05L', 'drop');
	my @raw = (
		'', '\0', '\0\0\0\0', '\0\0\0\x01Q', '\xff\xff\xff\xffM', '\0\0\0\x01O', '\0\0\0\x05Oabcd',
		'\0\0\0\x05M<a>\0', '\0\0\0\x05R<a>\0', '\0\0\0\x01E', '\0\0\0\x01N', '\0\0\0\x03Lx\0', '\0\0\0\x04L\0x\0', '\0\0\0\x02Bx', '\0\0\0\x01A',
		'\0\0\0\x02C4', '\0\0\0\x08Ch\04\0\x19x\0', '\0\0\0\x01K', '\0\0\0\x03Hx\0', '\0\0\0\x04M<>\0\0\0\0\x04R<>\0\0\0\0\x01E',
		'GET / HTTP/1.0\r\n\r\n', '\{100000*x}',
	);
	for my $raw (@raw) {
		mta()->do('open-only', "raw $raw", 'drop');
		mta()->do('open', "raw $raw", 'drop');
		mta()->do('open', @client, @envelope, "raw $raw", 'drop');
	}
	ok(serves(), 'nonsense of ' . @raw . ' kinds, at three stages each');
	is(mta()->last('open-only', 'mail <a@b>'), 'mail: tempfail', 'MAIL without negotiation');
	ok(serves(), 'and it still serves');
};

subtest 'many at once' => sub {
	my @mta = map { mta() } 1 .. 20;
	$_->start('open', @client, (@envelope, @message) x 5) for @mta;
	my @said = map { [$_->finish] } @mta;
	is(scalar(grep { $_ eq 'eom: continue' } map { @$_ } @said), 100, '20 connections, 5 messages each');
};

is($daemon->process->stop, 0, 'the daemon ends well');
unlike($daemon->log, qr/Sanitizer|runtime error|claimed not to reply|not NULL/, 'and had nothing to complain about');
$house->stop;
done_testing;
