#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The daemon without threads, without file descriptors, without memory: whoever
# comes meanwhile waits or is told to come again, nothing spins, nothing is
# lost, and everything is as before when the shortage ends.

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
	zones => ["\$ORIGIN example.net.\n\$TTL 1\n@ SOA a b 1 1 1 1 1\nmx A 192.0.2.10\n"],
	reverse => { '192.0.2.10' => 'mx.example.net' },
	rules => "rule mx.example.net * delay 300 ttl 0\n",
);
my $daemon = $house->bailey('author { mode = "off" }' . "\n" . 'greylist { apply = "all" delay = "1s" }');
my $process = $daemon->process;
my @client = ('connect mx.example.net 192.0.2.10 25', 'helo mx.example.net');
my @message = ('header From: a@example.net', 'eoh', 'body text\r\n', 'eom');

sub mta { return Bailey::Test::Mta->new($daemon->socket) }
sub envelope { my ($n) = @_; return ("mail <a$n\@example.net>", 'rcpt <b@example.org>') }

# So many clients at once, each with a message of its own.
sub crowd {
	my ($n, @header) = @_;
	state $turn = 0;
	$turn++;
	my @mta = map { mta() } 1 .. $n;
	$mta[$_]->start('open', @client, envelope("$turn-$_"), @header, @message) for 0 .. $#mta;
	return @mta;
}

# What each was told last.
sub last_words { return map { ($_->finish)[-1] } @_ }

# All threads it starts with are there when it has served one.
is(mta()->last('open', @client, envelope(0), @message), 'eom: continue', 'an ordinary message');

subtest 'no thread' => sub {
	my $files = $process->files;
	my $release = $process->limit(nproc => 1);
	my @mta = crowd(30);
	my $from = $process->cpu;
	select undef, undef, undef, 2;
	cmp_ok($process->cpu - $from, '<', 1, 'nothing spins');
	ok($daemon->wait_for_log(qr/no more threads: .*connections of the MTA wait/), 'the log says so');
	$release->();
	my @said = last_words(@mta);
	is(scalar(grep { /^eom: (?:continue|4)|^rcpt: 4/ } @said), 30, 'when there are threads again everybody is answered')
	    or diag(explain(\@said));
	undef @mta;
	ok(wait_until { $process->files <= $files + 3 }, 'and no connection is lost');
};

subtest 'no file descriptor' => sub {
	my $files = $process->files;
	my $release = $process->limit(nofile => $files + 4);
	my @mta = crowd(30);
	my $from = $process->cpu;
	select undef, undef, undef, 2;
	cmp_ok($process->cpu - $from, '<', 1, 'nothing spins');
	ok($daemon->wait_for_log(qr/no more file descriptors: .*connections of the MTA wait/), 'the log says so');
	$release->();
	my @said = last_words(@mta);
	is(scalar(grep { /^eom: (?:continue|4)|^rcpt: 4/ } @said), 30, 'when there are some again everybody is answered')
	    or diag(explain(\@said));
	undef @mta;
	ok(wait_until { $process->files <= $files + 4 }, 'and no connection is lost');
	ok($daemon->process->alive, 'the daemon lives');
};

# A sanitizer ends the process when it gets no more.
subtest 'no memory' => sub {
	my $release = $process->limit(data => 1);
	my @said = map { mta()->last('open', @client, envelope("m$_"), map({ "header X-Big: \\{60000*x}" } 1 .. 60), @message) } 1 .. 5;
	ok($process->alive, 'the daemon lives');
	$release->();
	is(scalar(grep { /^eom: (?:continue|451|closed)/ } @said), 5, 'who came got an answer') or diag(explain(\@said));
} if !$process->is_sanitized;

like(mta()->last('open', @client, envelope(0), @message), qr/^eom: continue|rcpt: 451/, 'an ordinary message, afterwards');
is($process->stop, 0, 'the daemon ends well');
unlike($daemon->log, qr/Sanitizer|runtime error/, 'and had nothing to complain about');
$house->stop;
done_testing;
