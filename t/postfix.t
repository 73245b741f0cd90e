#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Bailey behind a real Postfix: what a message carries, what a client is told,
# the life of a connection, and whose mail is not looked at.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Forged;
use Test::More;

plan skip_all => Bailey::Test::why_not() if Bailey::Test::why_not();

my $house = Bailey::Test->new;
$house->dns(
	zones => [<<'END'],
$ORIGIN client.example.
@	SOA ns hostmaster 1 3600 600 86400 60
mail	A 192.0.2.10
mail	AAAA 2001:db8::25
other	A 192.0.2.99
END
	reverse => {
		'192.0.2.10' => 'mail.client.example',
		'2001:db8::25' => 'mail.client.example',
		'192.0.2.20' => 'other.client.example',
	},
);
$house->bailey(<<'END');
local-domains = { "example.org" }
trusted-networks = { "198.51.100.0/24" }
END

# ---- one field of ours, at the top

subtest 'a message gets one Authentication-Results' => sub {
	my $text = $house->delivered(client('192.0.2.10')->send);
	like($text, qr/\AReturn-Path:.*\n(?:X-Original-To|Delivered-To):.*\n(?:Delivered-To:.*\n)?Authentication-Results: mx\.example\.org;/,
	    'above Received');
	my @fields = results($text);
	is(scalar @fields, 1, 'one field');
	like($fields[0], qr/^ mx\.example\.org;\s+iprev=pass \(client 192\.0\.2\.10 is mail\.client\.example\)\s+policy\.iprev=192\.0\.2\.10;\n/,
	    'iprev=pass with name and address');
	unlike($fields[0], qr/\shelo=/, 'HELO has no method of its own');
};

subtest 'each outcome of iprev' => sub {
	my @cases = (
		[ '2001:db8::25', qr/iprev=pass .*policy\.iprev="2001:db8::25"/ ],
		[ '192.0.2.20', qr/iprev=fail .*policy\.iprev=192\.0\.2\.20/ ],
		[ '192.0.2.30', qr/iprev=permerror .*policy\.iprev=192\.0\.2\.30/ ],
	);
	for (@cases) {
		my ($address, $wanted) = @$_;
		my ($field) = results($house->delivered(client($address)->send));
		like($field =~ s/\n\s+/ /gr, $wanted, $address);
	}
};

# ---- forgeries

cmp_ok(length $forged[-1], '>', 5000 - 200, 'a long one among them');

subtest 'forged fields go, those of others stay as they are' => sub {
	my $text = $house->delivered(client('192.0.2.10')->send(
		message => Bailey::Test::Smtp::message(map { "Authentication-Results:$_" } @mixed)));
	my ($ours, @rest) = results($text);
	like($ours, qr/iprev=pass/, 'ours comes first');
	is_deeply([ map { s/\n\z//r } @rest ], \@foreign, 'then the foreign ones, byte by byte');
	unlike($text, qr/forged/, 'nothing forged is left');
};

# ---- refusals

subtest 'HELO with our name is refused' => sub {
	my $from = length $house->bailey->log;
	my $smtp = client('192.0.2.10', 'mx.example.org');
	like($smtp->mail('sender@client.example'), qr/^250 /, 'not before RCPT');
	my $reply = $smtp->rcpt('user@example.org');
	like($reply, qr/^550 5\.7\.1 .*HELO.*mx\.example\.org/, 'with the reason');
	my ($id) = $reply =~ /id[= ]([\w.-]+)/;
	ok($id, 'and an id');
	my $line = $house->bailey->wait_for_log(qr/event=recipient.*\bid=\Q$id\E\b/, $from);
	ok($line, 'which the log has too');
	my $fact = Bailey::Test::Daemon::facts($line);
	is($fact->{client}, '192.0.2.10', 'with the client');
	is($fact->{'helo-name'}, 'mx.example.org', 'its greeting');
	is($fact->{from}, 'sender@client.example', 'the sender');
	is($fact->{to}, 'user@example.org', 'the recipient');
	is($fact->{action}, 'reject', 'the action');
	is($fact->{cause}, 'helo.forged', 'and its cause');
	like($smtp->rcpt('postmaster@example.org'), qr/^250 /, 'postmaster is never refused');
	$line = $house->bailey->wait_for_log(qr/event=recipient.*to=postmaster/, $from);
	is(Bailey::Test::Daemon::facts($line)->{exempt}, 'yes', 'as the log says');
	like($smtp->data(Bailey::Test::Smtp::message()), qr/^250 /, 'and gets the message');
};

# ---- the life of a connection

subtest 'several messages, RSET and EHLO on one connection' => sub {
	my $smtp = client('192.0.2.10');
	is(scalar results($house->delivered($smtp->send)), 1, "message $_") for 1 .. 3;
	$smtp->mail('sender@client.example');
	$smtp->rcpt('user@example.org');
	like($smtp->say('RSET'), qr/^250 /, 'RSET');
	is(scalar results($house->delivered($smtp->send)), 1, 'a message after RSET');
	$smtp->mail('sender@client.example');
	like($smtp->ehlo('mx.example.org'), qr/^250/, 'EHLO inside a transaction, with another name');
	like($smtp->send, qr/^550 5\.7\.1 /, 'the new name counts');
	$smtp->ehlo('mail.client.example');
	is(scalar results($house->delivered($smtp->send)), 1, 'and the next one');
	like($smtp->quit, qr/^221 /, 'QUIT');
};

subtest 'a client that goes away' => sub {
	my $smtp = client('192.0.2.10');
	$smtp->mail('sender@client.example');
	$smtp->rcpt('user@example.org');
	$smtp->drop;
	is(scalar results($house->delivered(client('192.0.2.10')->send)), 1, 'harms nobody');
};

subtest 'no HELO at all' => sub {
	my $smtp = $house->client('192.0.2.10');
	like($smtp->send, qr/^50[13] 5\.5\.[24] .*HELO/i, 'is refused, with the reason');
};

# ---- whose mail is not looked at

subtest 'clients that are not checked' => sub {
	my @cases = (
		[ trusted => client('198.51.100.7', 'mx.example.org') ],
		[ authenticated => client('192.0.2.30', 'mx.example.org', LOGIN => 'joe') ],
	);
	for (@cases) {
		my ($origin, $smtp) = @$_;
		my $from = length $house->bailey->log;
		my $text = $house->delivered($smtp->send(
			message => Bailey::Test::Smtp::message("Authentication-Results:$forged[0]")));
		my $fact = Bailey::Test::Daemon::facts($house->bailey->wait_for_log(qr/event=message/, $from) // '');
		is($fact->{origin}, $origin, "$origin, the log says");
		like($fact->{skipped} // '', qr/rdns.*helo/, 'and what was not checked');
		my @fields = results($text);
		is(scalar @fields, 1, 'one field');
		like($fields[0], qr/^ mx\.example\.org; none\n\z/, 'without results');
	}
};

subtest 'mail from sendmail(1)' => sub {
	my $from = length $house->bailey->log;
	ok($house->postfix->sendmail(
		"Authentication-Results:$forged[0]\nSubject: local\n\nHello.\n",
		'-f', 'root@example.org', 'user@example.org'), 'is taken');
	my $fact = Bailey::Test::Daemon::facts($house->bailey->wait_for_log(qr/event=message/, $from) // '');
	is($fact->{origin}, 'local', 'the log says local');
	my $text = $house->postfix->message($fact->{queue});
	like($text, qr/^Subject: local$/m, 'and delivered');
	unlike($text, qr/forged/, 'without the forged field');
};

unlike($house->postfix->log, qr/warning: (?:milter|unix:|process)|fatal:|panic:/, 'Postfix has nothing to complain of');
$house->bailey->stop;
is($house->bailey->process->status, 0, 'Bailey stops cleanly');

done_testing;

sub client {
	my ($address, $helo, %xclient) = @_;
	my $smtp = $house->client($address, %xclient);
	$smtp->ehlo($helo // 'mail.client.example');
	return $smtp;
}

sub results { my ($text) = @_; return Bailey::Test::Postfix::fields($text // '', 'Authentication-Results') }
