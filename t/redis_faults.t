#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# A shared store that is cut off, killed or stands still while mail comes in
# over many connections.  Whatever happens to it, every message is answered
# soon and none refused for good; when it is back, so is greylisting.
#
# The test has a network of its own, and in it the server has another one, at
# the other end of a cable that can be pulled: packets vanish, and nobody says
# that.  Both networks end with their last process, however that ends.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Load;
use Bailey::Test::Mta;
use Bailey::Test::Process;
use Bailey::Test::Redis;
use Bailey::Test::Tools;
use File::Temp;
use List::Util qw(max sum0);
use Test::More;
use Time::HiRes qw(sleep time);

use constant {
	OUTAGE => 1,		# second of it, at least
	HANG => 5000,		# ms: no answer may take longer, however busy the machine
	CLIENTS => 200,
	MANY => 3000,		# messages, whose triplets and receipts a store of 1 MB does not hold
};

my $why = Bailey::Test::Redis::why_not() // (-x '/sbin/ip' ? undef : 'iproute2 is not installed')
    // (system('unshare --net true 2>/dev/null') == 0 ? undef : 'no network namespace can be made here (unshare --net)');
die "$why\n" if $why && $ENV{CI};
plan skip_all => $why if $why;
# Whoever started us has another network: this is ours already.
exec 'unshare', '--net', $^X, $0 or die "unshare: $!
"
    if readlink('/proc/self/ns/net') eq readlink('/proc/' . getppid . '/ns/net');

my $folder = File::Temp->newdir('bailey-XXXXXXXX', TMPDIR => 1);
chmod 0755, "$folder";

sub sh { my (@command) = @_; system(@command) == 0 or die "@command: fails\n"; return }

# ---- the cable and the server behind it

my $room = Bailey::Test::Process->start("$folder/room.log", qw(unshare --net sleep infinity));
my $ours = readlink '/proc/self/ns/net';
wait_until { (readlink '/proc/' . $room->pid . '/ns/net') ne $ours }
    or die 'no second network: ' . $room->log;
my @there = ('nsenter', '--net=/proc/' . $room->pid . '/ns/net');
sh(qw(ip link set lo up));
sh(qw(ip link add here type veth peer name there netns), $room->pid);
sh(qw(ip address add 192.0.2.1/24 dev here));
sh(qw(ip link set here up));
sh(@there, qw(ip address add 192.0.2.2/24 dev there));
sh(@there, qw(ip link set there up));
my $redis = Bailey::Test::Redis->new("$folder", tcp => 1, address => '192.0.2.2', by => \@there, conf => "protected-mode no\n");

# What happens, and how it ends.
my @faults = (
	[ 'cut off', sub { sh(@there, qw(ip link set there down)) }, sub { sh(@there, qw(ip link set there up)) } ],
	[ 'killed', sub { $redis->process->kill('KILL') }, sub { $redis->start } ],
	[ 'hung', sub { $redis->process->kill('STOP') }, sub { $redis->process->kill('CONT') } ],
);

# ---- mail

my ($load, $daemon, $fault);

sub house {
	my (@store) = @_;
	undef $load;
	$load = Bailey::Test::Load->new(clients => CLIENTS, careless => 1,
	    greylist => 'apply = all delay = 1s auto-allow-after = 0',
	    conf => join "\n", 'store {', 'url = "' . $redis->url . '"', @store, '}');
	$daemon = $load->house->bailey;
	return;
}

# Mail from now on; the code that ends it, and gives the figures of each run.
sub mail {
	my (@options) = @_;
	my ($log, $stop) = map { "$folder/$_" } qw(figures stop);
	unlink $log, $stop;
	my $sender = Bailey::Test::Process->start_code($log, sub {
		local $| = 1;
		until (-e $stop) { say join ' ', $load->run($daemon, qw(--connections 24 --messages 400 --slow 3), @options) }
	}, 'load');
	return sub {
		spew($stop, '');
		defined $sender->wait(2 * PATIENCE) or die "mail hangs\n";
		is($sender->status, 0, 'the one who sends has seen no trouble') or diag($sender->log);
		return map { { split } } grep { /accepted/ } split /\n/, $sender->log;
	};
}

# What is said to RCPT of a message from this sender.
sub try {
	my ($sender) = @_;
	return Bailey::Test::Mta->new($daemon->socket)->last('open', 'connect c0.load.example 198.18.0.0 25', 'helo c0.load.example',
	    "mail <$sender\@d0.load.example>", 'rcpt <user@example.org>');
}

# Once the answer is that one; a new sender each time, or this one again.
sub until_new { state $n = 0; my $who; wait_until { try($who = 'new' . $n++) =~ /Greylisted/ || !sleep 0.1 }; return $who }
sub until_known { my ($who) = @_; return wait_until { try($who) eq 'rcpt: continue' || !sleep 0.2 } }

sub status { return ($daemon->ctl('status'))[1] }
# Calls that failed for want of the server, and those this host answered.
sub away { return status() =~ /; (\d+) calls found it away, this host answered (\d+) of them/ }

# Every message was answered, none refused for good, none late.
sub all_is_well {
	my (@runs) = @_;
	my %sum = map { my $fate = $_; $fate => sum0 map { $_->{$fate} } @runs } qw(accepted deferred rejected discarded lost);
	my $longest = max map { my $run = $_; map { $run->{$_} } grep { /max-ms/ && !/^whole/ } keys %$run } @runs;
	cmp_ok($sum{accepted} + $sum{deferred}, '>=', 200, 'mail came in');
	is($sum{rejected} + $sum{discarded}, 0, 'none was refused for good');
	is($sum{lost}, 0, 'none was lost');
	cmp_ok($longest, '<', HANG, 'none waited long');
	note(sprintf '%d messages accepted, %d deferred, longest answer %d ms', @sum{qw(accepted deferred)}, $longest);
	return;
}

# One outage under load; meanwhile asked while it lasts, with the name of a sender of its own.
sub outage {
	my ($name, $begin, $end, $meanwhile) = @_;
	my $who = "while-$name" =~ tr/ /-/r;
	my ($calls, $answered) = away();
	until_new() or die "greylisting does not work before the outage\n";
	my $stop = mail();
	sleep 0.5;
	my $begun = time;
	$begin->();
	$meanwhile->($who);
	like(status(), qr/its server IS AWAY/, 'which status says');
	sleep max 0, OUTAGE + $begun - time;
	$end->();
	my $ended = time;
	ok(wait_until { status() =~ /its server answers/ }, 'and that it is found again');
	my $back = time - $ended;
	my $new = until_new();
	ok($new, 'a new triplet is greylisted again') or diag(status());
	ok(until_known($new), 'and then known');
	all_is_well($stop->());
	my @now = away();
	note(sprintf '%s for %.1f s, felt by %d calls, %d of them answered by this host; found again after %.2f s',
	    $name, $ended - $begun, $now[0] - $calls, $now[1] - $answered, $back);
	return $who;
}

# ---- the server is away

house('store-down = pass');
for my $case (@faults) {
	my ($name, $begin, $end) = @$case;
	subtest "$name, and nobody is greylisted" => sub {
		outage($name, $begin, $end, sub { is(try($_[0]), 'rcpt: continue', 'a new triplet passes') });
	};
}

house('store-down = local');
for my $case (@faults) {
	my ($name, $begin, $end) = @$case;
	subtest "$name, and this host answers alone" => sub {
		my $who = outage($name, $begin, $end, sub {
			my ($who) = @_;
			like(try($who), qr/Greylisted/, 'a new triplet is greylisted');
			ok(until_known($who), 'and then known');
		});
		ok(wait_until { $redis->keys("bailey:*$who\@") }, 'and is on the server afterwards');
		ok(wait_until { status() =~ /its server answers; .* of them$/m }, 'with all others') or diag(status());
	};
}

subtest 'more than this host may keep' => sub {
	house('store-down = local', 'type = memory', 'cache-size = 1M');
	$redis->cli('FLUSHALL');
	until_new();
	$redis->process->kill('STOP');
	like(try('first'), qr/Greylisted/, 'greylisted by this host');
	all_is_well({ $load->run($daemon, '--clients', MANY, '--messages', MANY, '--connections', 24) });
	like(try('last'), qr/continue/, 'until it has no room');
	my ($calls, $answered) = away();
	cmp_ok($answered, '<', $calls, 'which status tells');
	ok($daemon->wait_for_log(qr{store in /\S+: no space left; mail goes on without it}), 'and the log');
	$redis->process->kill('CONT');
	ok(until_new(), 'the server has room');
	ok(wait_until { $redis->keys('bailey:*first@') }, 'and gets what there was');
};

done_testing;
