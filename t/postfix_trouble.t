#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Bailey behind a real Postfix when something is broken or being changed:
# the DNS, Bailey itself, the configuration.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Test::More;

plan skip_all => Bailey::Test::why_not() if Bailey::Test::why_not();

my $house = Bailey::Test->new;
$house->dns(
	zones => ["\$ORIGIN client.example.\n\@ SOA ns hostmaster 1 3600 600 86400 60\nmail A 192.0.2.10\n"],
	reverse => { '192.0.2.10' => 'mail.client.example' },
);
$house->bailey('');

subtest 'shadow mode' => sub {
	reload('mode = "shadow"');
	my $from = length $house->bailey->log;
	my $reply = client('192.0.2.10', 'mx.example.org')->send;
	like($reply, qr/^250 /, 'a forged HELO passes');
	my $fact = Bailey::Test::Daemon::facts($house->bailey->wait_for_log(qr/event=recipient/, $from) // '');
	is($fact->{action}, 'pass', 'the log says pass');
	is($fact->{would}, 'reject', 'what would have been');
	is($fact->{'would-cause'}, 'helo.forged', 'and why');
};

subtest 'reload between two messages of a connection' => sub {
	my $smtp = client('192.0.2.10', 'mx.example.org');
	like($smtp->send, qr/^250 /, 'shadow when it began');
	reload('mode = "enforce"');
	like($smtp->send, qr/^250 /, 'a connection keeps the configuration it began with');
	like(client('192.0.2.10', 'mx.example.org')->send, qr/^550 /, 'a new one has the new');
};

subtest 'reload of a broken file' => sub {
	my $from = length $house->bailey->log;
	reload("helo { forged = \"pas\" }\nno-such-key = 1");
	ok($house->bailey->wait_for_log(qr/bailey\.conf:\d+:.*forged.*pass/, $from), 'the log names key and right words');
	ok($house->bailey->wait_for_log(qr/bailey\.conf:\d+:.*no-such-key/, $from), 'and the next mistake');
	like(client('192.0.2.10', 'mx.example.org')->send, qr/^550 /, 'the old configuration stays in force');
	reload('helo { forged = "tempfail" }');
	like(client('192.0.2.10', 'mx.example.org')->send, qr/^4\d\d 4\.7\.1 /, 'a good one takes over');
	reload('');
};

subtest 'the DNS is dead' => sub {
	$house->dns->stop;
	my $began = time;
	my $text = $house->delivered(client('192.0.2.77', 'other.client.example')->send);
	like($text // '', qr/iprev=temperror/, 'mail passes with temperror');
	cmp_ok(time - $began, '<', 20, 'soon enough');
	$house->dns->start;
	like($house->delivered(client('192.0.2.10', 'mail.client.example')->send), qr/iprev=pass/,
	    'and back to normal with it');
};

subtest 'Bailey is killed' => sub {
	my $smtp = client('192.0.2.10', 'mail.client.example');
	$smtp->mail('sender@client.example');
	$house->bailey->process->kill('KILL');
	$house->bailey->process->wait(10);
	like($smtp->rcpt('user@example.org'), qr/^451 4\.7\.1 /, 'milter_default_action holds within a message');
	like(client('192.0.2.10', 'mail.client.example')->send, qr/^451 4\.7\.1 /, 'and for the next client');
	$house->bailey->start;
	like(client('192.0.2.10', 'mail.client.example')->send, qr/^250 /, 'a stale socket does not hinder the restart');
};

subtest 'quarantine' => sub {
	reload('helo { forged = "quarantine" }');
	my $reply = client('192.0.2.10', 'mx.example.org')->send;
	my $id = Bailey::Test::Smtp::queue_id($reply);
	ok($id, 'the message is taken');
	like($house->postfix->queue, qr/"queue_name": "hold", "queue_id": "$id"/, 'and held');
};

$house->bailey->stop;
is($house->bailey->process->status, 0, 'Bailey stops cleanly');

done_testing;

sub reload { my ($text) = @_; ok($house->bailey->reload($text), 'reload'); return }

sub client {
	my ($address, $helo) = @_;
	my $smtp = $house->client($address);
	$smtp->ehlo($helo);
	return $smtp;
}
