#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Bailey behind a real Sendmail, configured as bailey(8) says: what a message
# carries, what a client is told, how addresses are spelt, whose mail is not
# looked at, and what happens in trouble.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Forged;
use Test::More;

plan skip_all => Bailey::Test::Sendmail::why_not() if Bailey::Test::Sendmail::why_not();

my $house = Bailey::Test->new(in => '/run');
$house->dns(
	zones => ["\$ORIGIN client.example.\n\@ SOA ns hostmaster 1 3600 600 86400 60\n"
	    . "mail A 127.0.0.10\nmail AAAA ::1\nother A 192.0.2.99\n"],
	reverse => {
		'127.0.0.10' => 'mail.client.example',
		'127.0.0.20' => 'other.client.example',
		'::1' => 'mail.client.example',
	},
	rules => "rule 66.0.0.127.in-addr.arpa PTR drop\nrule slow.client.example * drop\n",
);
$house->bailey(<<'END');
local-domains = { "example.org" }
trusted-networks = { "127.0.0.7" }
END
my $ipv6 = -e '/proc/net/if_inet6' && `cat /proc/net/if_inet6` =~ /^0{31}1 /m;
$house->sendmail(addresses => [ '127.0.0.1', $ipv6 ? '::1' : () ]);

# ---- what a message carries

subtest 'a message gets one Authentication-Results' => sub {
	my $text = $house->delivered(client('127.0.0.10')->send);
	like($text, qr/\AReturn-Path: .*\nAuthentication-Results: mx\.example\.org;/, 'above Received');
	is(scalar results($text), 1, 'one field');
	like((results($text))[0], qr/iprev=pass .*policy\.iprev=127\.0\.0\.10;?\n/s, 'iprev=pass');
	my @cases = ([ '127.0.0.20', qr/iprev=fail\s/ ], [ '127.0.0.30', qr/iprev=permerror\s/ ],
		$ipv6 ? [ '::1', qr/iprev=pass .*policy\.iprev="::1"/s ] : ());
	like((results($house->delivered(client($_->[0])->send)))[0], $_->[1], $_->[0]) for @cases;
};

subtest 'forged fields go, those of others stay as they are' => sub {
	my $text = $house->delivered(client('127.0.0.10')->send(
		message => Bailey::Test::Smtp::message(map { "Authentication-Results:$_" } @mixed)));
	my ($ours, @rest) = results($text);
	like($ours, qr/iprev=pass/, 'ours comes first');
	is_deeply([ map { s/\n\z//r } @rest ], \@foreign, 'then the foreign ones, byte by byte');
	unlike($text, qr/forged/, 'nothing forged is left');
};

# ---- what a client is told

subtest 'HELO with our name is refused' => sub {
	my $from = length $house->bailey->log;
	my $smtp = client('127.0.0.10', 'mx.example.org');
	like($smtp->mail('sender@client.example'), qr/^250 /, 'not before RCPT');
	my $reply = $smtp->rcpt('user@example.org');
	like($reply, qr/^550 5\.7\.1 <user\@example\.org>\.\.\. HELO name mx\.example\.org .*\[id=\w+\]\z/,
	    'with the reason and an id');
	my ($id) = $reply =~ /id=(\w+)/;
	my $fact = Bailey::Test::Daemon::facts($house->bailey->wait_for_log(qr/event=recipient.*\bid=$id\b/, $from));
	is($fact->{cause}, 'helo.forged', 'which the log has, too');
	like($fact->{queue}, qr/^\w{14}$/, 'with the queue id');
	like($smtp->rcpt('Postmaster'), qr/^250 /, 'postmaster is never refused');
	like($smtp->data(Bailey::Test::Smtp::message()), qr/^250 /, 'and gets the message');
};

subtest 'the end of the message' => sub {
	for my $action (qw(quarantine discard tempfail)) {
		reload(qq(helo { forged = "$action" }));
		my $reply = client('127.0.0.10', 'mx.example.org')->send;
		if ($action eq 'tempfail') { like($reply, qr/^450 4\.7\.1 <user\@/, 'deferred'); next }
		my $id = Bailey::Test::Smtp::queue_id($reply);
		ok($id, "$action: the message is taken");
		my $held = -e $house->folder . "/sendmail/queue/hf$id";
		is(!!$held, $action eq 'quarantine', $action eq 'quarantine' ? 'and held' : 'and gone');
	}
	reload('');
};

# ---- addresses as they are typed

subtest 'spelling of addresses' => sub {
	my @cases = (
		[ 'FROM:<>', '<>' ],
		[ 'FROM:<sender@client.example> SIZE=1000 BODY=8BITMIME', 'sender@client.example' ],
		[ 'FROM:sender@client.example', 'sender@client.example' ],
		[ 'FROM:<@relay.example:sender@client.example>', 'sender@client.example' ],
		[ 'FROM:<"john doe"@client.example>', qr/^\\?"john doe\\?"\@client\.example$/ ],
	);
	for (@cases) {
		my ($typed, $wanted) = @$_;
		my $from = length $house->bailey->log;
		my $smtp = client('127.0.0.10');
		like($smtp->say("MAIL $typed"), qr/^250 /, $typed);
		$smtp->rcpt('user@example.org');
		$smtp->data(Bailey::Test::Smtp::message());
		my $fact = Bailey::Test::Daemon::facts($house->bailey->wait_for_log(qr/event=message/, $from));
		ref $wanted ? like($fact->{from}, $wanted, 'is understood') : is($fact->{from}, $wanted, 'is understood');
	}
};

# ---- the life of a connection

subtest 'several messages, RSET and EHLO on one connection' => sub {
	my $smtp = client('127.0.0.10');
	is(scalar results($house->delivered($smtp->send)), 1, "message $_") for 1 .. 2;
	$smtp->mail('sender@client.example');
	$smtp->rcpt('user@example.org');
	like($smtp->say('RSET'), qr/^250 /, 'RSET');
	is(scalar results($house->delivered($smtp->send)), 1, 'a message after RSET');
	like($smtp->ehlo('mx.example.org'), qr/^250/, 'EHLO with another name');
	like($smtp->send, qr/^550 5\.7\.1 /, 'the new name counts');
	$smtp->say('RSET');
	$smtp->ehlo('mail.client.example');
	is(scalar results($house->delivered($smtp->send)), 1, 'and the next one');
	like($smtp->quit, qr/^221 /, 'QUIT');
};

# ---- whose mail is not looked at

subtest 'a trusted client' => sub {
	my ($fact, $text) = unchecked(client('127.0.0.7', 'mx.example.org'));
	is($fact->{origin}, 'trusted', 'the log says trusted');
	is_deeply([ results($text) ], [" mx.example.org; none\n"], 'one field without results');
};

subtest 'a program of this host, on standard input' => sub {
	my $smtp = $house->sendmail->session;
	like($smtp->ehlo('localhost'), qr/^250/, 'has no address');
	my ($fact, $text) = unchecked($smtp);
	is($fact->{origin}, 'local', 'the log says local');
	unlike($text, qr/forged/, 'no forged field comes through');
};

# ---- trouble

subtest 'the DNS does not answer' => sub {
	# Sendmail's own patience is 10 seconds, if it is not told of more.
	my $lines = Bailey::Test::Sendmail::manual_lines($house->bailey->socket) =~ s/, T=.*?'/'/sr;
	unlike($lines, qr/T=/, 'with default time-outs');
	$house->sendmail->stop;
	$house->sendmail(filter => $lines);
	reload('resolver { servers = { "' . $house->dns->address . '" } }');
	my $reply = client('127.0.0.66', 'slow.client.example')->send;
	like($reply, qr/^250 /, 'the message is taken');
	like((results($house->delivered($reply)))[0] // '', qr/iprev=temperror/, 'with what could be found out');
	reload('');
};

subtest 'Bailey is killed' => sub {
	my $smtp = client('127.0.0.10');
	$smtp->mail('sender@client.example');
	$house->bailey->process->kill('KILL');
	$house->bailey->process->wait(10);
	like($smtp->rcpt('user@example.org'), qr/^451 4\.[37]\.\d /, 'F=T holds within a message');
	like(client('127.0.0.10')->send, qr/^451 4\.[37]\.\d /, 'and for the next client');
	$house->bailey->start;
	like(client('127.0.0.10')->send, qr/^250 /, 'and all is well with it');
};

$house->bailey->stop;
is($house->bailey->process->status, 0, 'Bailey stops cleanly');

done_testing;

# The fact of a message with a forged field, and its text.
sub unchecked {
	my ($smtp) = @_;
	my $from = length $house->bailey->log;
	my $text = $house->delivered($smtp->send(
		message => Bailey::Test::Smtp::message("Authentication-Results:$forged[0]")));
	my $fact = Bailey::Test::Daemon::facts($house->bailey->wait_for_log(qr/event=message/, $from) // '');
	like($fact->{skipped} // '', qr/rdns.*helo/, 'is not checked');
	return $fact, $text;
}

sub reload {
	my ($text) = @_;
	ok($house->bailey->reload(qq(local-domains = { "example.org" }\ntrusted-networks = { "127.0.0.7" }\n$text)), 'reload');
	return;
}

sub client {
	my ($address, $helo) = @_;
	my $smtp = $house->client($address);
	$smtp->ehlo($helo // 'mail.client.example');
	return $smtp;
}

sub results { my ($text) = @_; return Bailey::Test::Postfix::fields($text // '', 'Authentication-Results') }
