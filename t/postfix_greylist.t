#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Greylisting behind a real Postfix: deferred, tried again, delivered; what is
# remembered lives through a kill; two daemons do not share a memory.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Process;
use Bailey::Test::Tools;
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => Bailey::Test::why_not() if Bailey::Test::why_not();

my $house = Bailey::Test->new;
$house->dns(
	zones => ["\$ORIGIN client.example.\n\@ SOA ns hostmaster 1 3600 600 86400 60\n\@ MX 10 mail\nmail A 192.0.2.10\n"],
	reverse => { '192.0.2.10' => 'mail.client.example' },
);
$house->bailey('greylist { delay = "2s" }');
$house->postfix(
	smtpd_sasl_auth_enable => 'yes',
	smtpd_recipient_restrictions => 'permit_sasl_authenticated, reject_unauth_destination',
	default_transport => 'discard:',
);

# None of the others have a name: that is evidence.
sub try {
	my ($client, $from, $to) = @_;
	my $smtp = $house->client($client);
	$smtp->ehlo('mail.client.example');
	return $smtp->send(from => $from, to => [ $to // 'user@example.org' ]);
}

# Tries until the reply is not 4xx any more.
sub insist {
	my $reply;
	wait_until { $reply = try(@_); $reply !~ /^4/ || !sleep 0.5 };
	return $reply;
}

subtest 'nothing against the client' => sub {
	my $text = $house->delivered(try('192.0.2.10', 'joe@client.example')) // '';
	like($text, qr/^Authentication-Results:/m, 'its mail is delivered at once');
	unlike($text, qr/^X-Greylist:/m, 'without a field');
};

subtest 'evidence against the client' => sub {
	my $from = length $house->bailey->log;
	my $reply = try('192.0.2.40', 'joe@client.example');
	like($reply, qr/^451 4\.7\.1 .*Greylisted, come back in 2 seconds.*\[id=\w+\]/, 'deferred, told when to come back');
	my $fact = Bailey::Test::Daemon::facts($house->bailey->wait_for_log(qr/event=recipient/, $from) // '');
	is($fact->{action}, 'tempfail', 'the log says so');
	is($fact->{cause}, 'greylist.new', 'and why');
	my $text = $house->delivered(insist('192.0.2.41', 'joe@client.example')) // '';
	like($text, qr/^X-Greylist: delayed \d+ seconds by bailey at \S+; \w{3}, /m, 'delivered when tried again, from a neighbour');
	like(try('192.0.2.40', 'joe@client.example'), qr/^250 /, 'and at once from then on');
	like(try('192.0.2.40', 'joe@client.example', 'other@example.org'), qr/^451 /, 'another recipient is another triplet');
};

subtest 'no sender' => sub {
	my $smtp = $house->client('192.0.2.50');
	$smtp->ehlo('mail.client.example');
	$smtp->mail('');
	like($smtp->rcpt('user@example.org'), qr/^250 /, 'a verifier is told that the address is good');
	like($smtp->data(Bailey::Test::Smtp::message()), qr/^451 4\.7\.1 .*Greylisted/, 'a bounce comes again');
	like(insist('192.0.2.50', ''), qr/^250 /, 'and is taken');
};

subtest 'an answer' => sub {
	my $us = $house->client('192.0.2.70', LOGIN => 'user');
	$us->ehlo('laptop');
	my $from = length $house->bailey->log;
	like($us->send(from => 'user@example.org', to => [ 'ann@client.example', 'bob@client.example' ]), qr/^250 /, 'we write');
	like(try('192.0.2.71', 'ann@client.example'), qr/^250 /, 'she answers, and need not wait');
	like(try('192.0.2.71', 'eve@client.example'), qr/^451 /, 'a stranger at her host must');
	like(try('192.0.2.71', 'ann@client.example', 'other@example.org'), qr/^451 /, 'so must she, with another of us');
	ok($house->postfix->sendmail("From: cron\@example.org\n\nHello.\n", '-f', 'cron@example.org', 'ops@client.example'),
	    'a program writes');
	ok($house->bailey->wait_for_log(qr/event=message.*origin=local/, $from), 'as such');
	like(try('192.0.2.71', 'ops@client.example', 'cron@example.org'), qr/^250 /, 'and is answered');
};

subtest 'killed' => sub {
	like(try('192.0.2.71', 'bob@client.example'), qr/^250 /, 'an answer');
	like(try('192.0.2.60', 'kill@client.example'), qr/^451 /, 'deferred');
	$house->bailey->process->kill('KILL');
	$house->bailey->process->wait(PATIENCE);
	$house->bailey->start;
	like(try('192.0.2.40', 'joe@client.example'), qr/^250 /, 'who was known still is');
	like(try('192.0.2.71', 'bob@client.example'), qr/^250 /, 'who was written to, too');
	like(insist('192.0.2.60', 'kill@client.example'), qr/^250 /, 'who waited passes');
};

subtest 'a second daemon' => sub {
	my $folder = $house->folder;
	my $conf = slurp($house->bailey->path) =~ s/^(control-|)socket = .*/$1socket = "unix:$folder\/$1second"/mgr;
	my $log = "$folder/second.log";
	my $second = Bailey::Test::Process->start($log, Bailey::Test::Daemon::program(), '-f', '-c',
		spew("$folder/second.conf", $conf));
	isnt($second->wait(PATIENCE), 0, 'ends');
	like(slurp($log), qr/the store in \S+ is in use by process ${\ $house->bailey->process->pid}/, 'and says who has the store');
	like(try('192.0.2.40', 'joe@client.example'), qr/^250 /, 'the first goes on');
};

subtest 'a store that breaks' => sub {
	open my $db, '+<', $house->bailey->path =~ s{bailey\.conf$}{store/store.db}r or die "store.db: $!\n";
	$house->bailey->stop;
	seek $db, 4096, 0;
	print $db 'x' x 65536;
	close $db;
	$house->bailey->start;
	like(try('192.0.2.40', 'joe@client.example'), qr/^250 /, 'mail goes on without it');
	is(($house->bailey->process->wait(PATIENCE) // 0) >> 8, 75, 'and the daemon ends to be started anew');
	like($house->bailey->log, qr/is broken.*ending, to be started anew/, 'saying why');
};

done_testing;
