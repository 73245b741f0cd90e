#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# postgrey's decisions per second, new and known triplets, asked as Postfix asks.
# Usage: postgrey.pl [DECISIONS [CONNECTIONS]]

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Bailey::Test::Process;
use Bailey::Test::Tools;
use File::Temp;
use IO::Socket::UNIX;
use Time::HiRes qw(time);

my ($decisions, $connections) = ($ARGV[0] // 5000, $ARGV[1] // 8);
my ($postgrey) = grep { -x } qw(/usr/sbin/postgrey /usr/local/sbin/postgrey);
if (!$postgrey) {
	say 'postgrey: skipped, it is not installed';
	exit 0;
}
my $house = File::Temp->newdir('bailey-XXXXXX', TMPDIR => 1);
mkdir "$house/db" or die "$house/db: $!\n";
my $p = Bailey::Test::Process->start("$house/log", $postgrey, "--unix=$house/socket", '--delay=300',
	"--dbdir=$house/db", '--user=' . (getpwuid $>)[0], '--group=' . (getgrgid $))[0]);
wait_until { IO::Socket::UNIX->new("$house/socket") } or die "postgrey does not start\n";
round_of('new', 0, qr/^action=DEFER/);
round_of('known', 400, qr/^action=(?:PREPEND|DUNNO)/);
$p->stop;

# Each connection has one question out; whoever is answered asks again.
sub round_of {
	my ($name, $later, $wanted) = @_;
	my $now = 1700000000 + $later;
	my @s = map { IO::Socket::UNIX->new("$house/socket") or die "connect: $!\n" } 1 .. $connections;
	my ($asked, $wrong, $begin) = (0, 0, time);
	my $ask = sub {
		my ($s) = @_;
		my $n = $asked++;
		my $text = sprintf "request=smtpd_access_policy\nclient_address=%d.%d.%d.7\nclient_name=unknown\n"
		    . "sender=sender%d\@example.com\nrecipient=user%d\@example.org\npolicy_test_time=%d\n\n",
		    1 + $n % 223, $n / 223 % 256, $n / 57088 % 256, $n, $n % 1024, $now;
		syswrite($s, $text) == length $text or die "write: $!\n";
	};
	$ask->($_) for @s;
	for my $answered (1 .. $decisions) {
		my $s = shift @s;
		my $answer = '';
		while ($answer !~ /\n\n$/) { sysread($s, $answer, 4096, length $answer) or die "postgrey went\n" }
		$wrong++ if $answer !~ $wanted;
		$ask->($s) if $asked < $decisions;
		push @s, $s;
	}
	printf "postgrey %-7s %3d clients %9d decisions %8d/s%s\n", $name, $connections, $decisions,
	    $decisions / (time - $begin), $wrong ? "   WRONG ($wrong)" : '';
	return;
}
