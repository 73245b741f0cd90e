#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The same decisions on a server of Redis, by its socket and by TCP on loopback,
# and on a cluster of three; and what a record costs there.
# Usage: redis.pl PROGRAM [DECISIONS]

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Bailey::Test::Redis;
use File::Temp;

my ($program, $decisions) = ($ARGV[0] // 't/bench/store', $ARGV[1] // 200_000);
if (my $why = Bailey::Test::Redis::why_not()) {
	say "redis: skipped, $why";
	exit 0;
}
my $house = File::Temp->newdir('bailey-XXXXXX', TMPDIR => 1);
my $redis = Bailey::Test::Redis->new($house, tcp => 1);
my $empty = $redis->cli('INFO', 'memory') =~ /used_memory:(\d+)/ && $1;
round_of('socket', 'unix:' . $redis->socket);
my $full = $redis->cli('INFO', 'memory') =~ /used_memory:(\d+)/ && $1;
printf "redis    %d bytes a record, %d keys\n", ($full - $empty) / $redis->cli('DBSIZE'), $redis->cli('DBSIZE');
round_of('TCP', $redis->url, sub { $redis->cli('FLUSHALL') });
$redis->stop;
my @nodes = Bailey::Test::Redis->cluster($house, 3);
round_of('cluster', $nodes[0]->url, sub { $_->cli('FLUSHALL') for @nodes }, '-c');
$_->stop for @nodes;

sub round_of {
	my ($name, $url, $flush, @more) = @_;
	for my $threads (64, 16, 1) {
		$flush->() if $flush;
		$redis->cli('FLUSHALL') if !$flush;
		print "redis by $name\n";
		system($program, '-m', '-u', $url, @more, '-t', $threads, '-n', $decisions) == 0 or die "$program: failed\n";
	}
	return;
}
