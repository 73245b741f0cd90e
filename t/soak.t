#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Mixed mail at half of what the machine can take, with reloads, questions at
# the control socket, connections that break off, messages that mean ill and
# name servers that fail: no message is lost, and the filter takes no more
# memory, descriptors and threads at the end than when it was warm.
# "make soak SOAK=60" does so for an hour, and prints the table.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test::Load;
use Bailey::Test::Mta;
use Bailey::Test::Opendkim;
use Bailey::Test::Tools;
use POSIX qw(ceil);
use Test::More;
use Time::HiRes qw(time sleep);

use constant {
	ROUNDS => 10,
	WARM => 3,	# of them
	REST => 10,	# ms before each step of a client
	SLACK_KB => 4096,	# of memory: the heap of each thread is rounded up
	SLACK => 4,	# descriptors, threads
};

my $seconds = 60 * ($ENV{SOAK} // 0.05);
# Caches that are full soon.  One list is silent, one broken, one slow.
my $load = Bailey::Test::Load->new(careless => 1, greylist => 'apply = "all" delay = "1s" } store { cache-size = "1M"', rules => <<'END');
rule *.bl6.example * drop
rule *.bl7.example * rcode SERVFAIL
rule *.bl8.example * delay 20
END
my $bailey = $load->house->bailey;
my $process = $bailey->process;
$load->warm($bailey);
my %full = $load->run($bailey, '--messages', 400, '--connections', 16);
my %slow = $load->run($bailey, '--messages', 200, '--connections', 16, '--slow', REST);
my $rate = $full{rate} / 2;
my $connections = ceil($rate * $slow{'whole-p50-ms'} / 1000);

my $nuisance = Bailey::Test::Process->start_code($load->house->folder . '/nuisance.log', \&be_a_nuisance);
my (@table, %all);
for my $round (1 .. ROUNDS) {
	my $messages = $connections + int $rate * $seconds / ROUNDS;
	my %is = $load->run($bailey, '--messages', $messages, '--connections', $connections, '--slow', REST);
	$is{messages} = $messages;
	$is{$_} = $process->$_ for qw(memory files threads);
	$all{$_} += $is{$_} for qw(messages accepted deferred rejected lost);
	push @table, \%is;
}
$nuisance->kill('TERM');
$nuisance->wait(30);
# What was there for the nuisance goes.
wait_until { $process->files <= $table[WARM - 1]{files} + SLACK && $process->threads <= $table[WARM - 1]{threads} + SLACK };
$table[-1]{$_} = $process->$_ for qw(memory files threads);

my @columns = qw(messages accepted deferred rejected lost rate whole-p50-ms whole-p99-ms memory files threads);
diag sprintf '%5s' . ' %12s' x @columns, 'round', @columns;
diag sprintf '%5d' . ' %12.4g' x @columns, $_, @{ $table[$_ - 1] }{@columns} for 1 .. ROUNDS;

ok($process->alive, 'the daemon lives');
is($all{lost}, 0, "of $all{messages} messages none was lost");
is($all{rejected}, 0, 'none refused');
is($all{accepted} + $all{deferred}, $all{messages}, 'each was answered');
my ($warm, $last) = @table[WARM - 1, -1];
# A sanitizer holds back what is freed; it finds what is lost, at the end.
cmp_ok($last->{memory}, '<=', 1.25 * $warm->{memory} + SLACK_KB, 'its memory has not grown') if !$process->is_sanitized;
cmp_ok($last->{files}, '<=', $warm->{files} + SLACK, 'nor its open files');
cmp_ok($last->{threads}, '<=', $warm->{threads} + SLACK, 'nor its threads');
cmp_ok(scalar(logged(qr/is in force/)), '>', 3, 'though it was reloaded meanwhile');
like(slurp($load->house->folder . '/nuisance.log'), qr/^\d+ rounds/m, 'and molested');
is($process->stop, 0, 'it ends well');
is(join('', grep { !/^bailey: / } logged(qr/Sanitizer|runtime error|leak of| #\d|^==/)), '',
    'and had nothing to complain about');
$load->house->stop;
done_testing;

# Lines of its log, which in an hour becomes larger than memory should be.
sub logged {
	my ($pattern) = @_;
	open my $log, '<', $bailey->log_path or die "log: $!\n";
	my @lines;
	while (my $line = <$log>) {
		push @lines, $line if $line =~ $pattern;
	}
	close $log;
	return @lines;
}

# All that honest clients and administrators do not do.
sub be_a_nuisance {
	my ($stop, $rounds) = (0, 0);
	local $SIG{TERM} = sub { $stop = 1 };
	my @envelope = ('connect x 192.0.2.99 25', 'helo [192.0.2.99]', 'mail <a@d1.load.example>', 'rcpt <postmaster@example.org>');
	my @evil = (
		[ map { "header DKIM-Signature: v=1; a=rsa-sha256; d=d$_.load.example; s=s1; h=from; l=$_; bh=x; b=y" } 1 .. 100 ],
		[ 'header From: \{10000*(}' ],
		[ map { "header X-$_: y" } 1 .. 1500 ],
		[ map { 'header Authentication-Results: mx.example.org; spf=pass' } 1 .. 50 ],
	);
	for (; !$stop; $rounds++) {
		my $mta = Bailey::Test::Mta->new($bailey->socket);
		$mta->do('open', @envelope, @{ $evil[$rounds % @evil] }, 'eoh', 'body x\r\n', 'eom');
		$mta->do('open', @envelope[0 .. $rounds % @envelope], 'drop');
		$mta->do('open', @envelope, "raw \\0\\0\\0\\x05Lx\\0y\\0", 'drop');
		$bailey->ctl('status') if $rounds % 5 == 0;
		kill 'HUP', $process->pid if $rounds % 10 == 0;
		sleep 0.1;
	}
	print "$rounds rounds\n";
	return;
}
