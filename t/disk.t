#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The daemon is killed, and when it starts again the disk of its store is full
# or read-only: mail goes on without a store, as it does when that happens while
# it runs, and the store is back when the disk is mended.  What an administrator
# has to mend keeps it from starting.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Process;
use Bailey::Test::Tools;
use IO::Socket::UNIX;
use Test::More;

my $why = $> != 0 ? 'only root can mount'
    : system('unshare --mount true 2>/dev/null') != 0 ? 'no mount namespace can be made here (unshare --mount)' : undef;
die "$why\n" if $why && $ENV{CI};
plan skip_all => $why if $why;
# Whoever started us has other mounts: these are ours already.
exec 'unshare', '--mount', $^X, $0 or die "unshare: $!\n"
    if readlink('/proc/self/ns/mnt') eq readlink('/proc/' . getppid . '/ns/mnt');

my $house = Bailey::Test->new;
$house->dns(reverse => { '192.0.2.1' => 'mail.client.example' });
my $state = $house->folder . '/state';
mkdir $state or die "$state: $!\n";
my $me = $$;
sub unmount { system "umount -l $state 2>/dev/null" if $$ == $me; return }
END { local $?; unmount() }

my $text = Bailey::Test::Daemon::quiet('greylist') . <<"END";
state-directory = "$state"
metrics { listen = "unix:${\$house->folder}/metrics" }
greylist { apply = "all" delay = "1s" auto-allow-after = 0 ipv4-prefix = 32 }
END

sub sh { my (@command) = @_; return system(@command) == 0 }
sub mounted {
	my (@options) = @_;
	unmount();
	return sh('mount', '-t', 'tmpfs', '-o', join(',', 'mode=0700', 'uid=' . getpwnam('nobody'), @options), 'bailey-test', $state);
}
sub remount { return sh('mount', '-o', "remount,$_[0]", $state) }

my $ballast = "$state/ballast";
sub fill {
	open my $out, '>', $ballast or die "$ballast: $!\n";
	1 while defined syswrite $out, "\0" x 65536;
	return close $out;
}

my $n = 0;
sub mail {
	my ($sender) = @_;
	my $mta = Bailey::Test::Mta->new($house->bailey->socket);
	my $said = $mta->last('open', 'connect h 192.0.2.1 25', 'helo h', "mail <$sender>", 'rcpt <b@example.org>');
	return $said if $said ne 'rcpt: continue';
	return $mta->last('header From: a@example.net', 'eoh', 'body text\r\n', 'eom');
}
sub stranger { return mail('s' . $n++ . '@example.net') }

sub metric {
	my ($name) = @_;
	my $client = IO::Socket::UNIX->new($house->folder . '/metrics') // return "no connection: $!";
	print $client "GET /metrics HTTP/1.0\r\n\r\n";
	return do { local $/; <$client> } =~ /^\Q$name\E (\S+)$/m ? $1 : 'none';
}

# name, how it is mounted, what breaks, what mends, what is said
my @cases = (
	['full', ['size=32m'], \&fill, sub { unlink $ballast }, qr/only \d+ KB free in \Q$state\E, recovery needs \d+ KB/],
	['read-only', ['size=32m'], sub { remount('ro') }, sub { remount('rw') }, qr/cannot open \S+: Read-only file system/],
	['too small for a file', [ 'size=32m', 'nr_inodes=1' ], undef, sub { remount('nr_inodes=1000') }, qr/cannot open \S+: No space left on device/],
	['small', ['size=16k'], undef, sub { remount('size=32m') }, qr/only \d+ KB free in \S+, recovery needs \d+ KB/],
);
for (@cases) {
	my ($name, $options, $break, $mend, $wanted) = @$_;
	subtest $name => sub {
		ok(mounted(@$options), 'a disk of its own');
		my $bailey = $house->bailey // $house->bailey($text);
		if ($break) {
			$bailey->start if !$bailey->process->alive;
			like(mail('known@example.net'), qr/^rcpt: 451/, 'a stranger waits');
			ok(wait_until { mail('known@example.net') eq 'eom: continue' }, 'and passes');
			$bailey->process->kill('KILL');
			ok(defined $bailey->process->wait(PATIENCE), 'the daemon is killed');
			$break->();
		} else {
			$bailey->stop;
		}
		my $from = length $bailey->log;
		$bailey->start;
		my $log = sub { substr $bailey->log, $from };
		is(mail("$_\@example.net"), 'eom: continue', "mail $_ passes") for 'known', 1 .. 10;
		like($log->(), qr/no store: $wanted; mail goes on without it/, 'the log says why');
		is(scalar(() = $log->() =~ /no store:/g), 1, 'once');
		like(($bailey->ctl('status'))[1], qr/^store +NONE NOW: $wanted/m, 'so does status');
		like(($bailey->ctl('doctor'))[1], qr/there is none now: .*$wanted/, 'and doctor');
		is(metric('bailey_store_up'), 0, 'and the metrics');
		$mend->();
		my $passed = 0;
		ok(wait_until {
			my $said = stranger();
			$passed++ if $said eq 'eom: continue';
			return $said =~ /^rcpt: 451/;
		}, 'mended: a stranger has to wait again');
		cmp_ok($passed, '>', 0, 'until then mail passed');
		like($log->(), qr/store in \Q$state\E is open/, 'the log says so');
		is(mail('known@example.net'), 'eom: continue', 'who was known is') if $break;
		like(($bailey->ctl('status'))[1], qr/^store +disk, about \d+ records/m, 'status is well');
		is(metric('bailey_store_up'), 1, 'and the metrics are');
		$bailey->stop;
	};
}

subtest 'who looks does not wait for the disk' => sub {
	my $bailey = $house->bailey;
	ok(mounted('size=16k'), 'a small disk');
	$bailey->start;
	ok(remount('size=32m'), 'made larger');
	sleep 11; # it is tried every ten seconds
	like(($bailey->ctl('status'))[1], qr/^store +NONE NOW/m, 'status does not open the store');
	is(metric('bailey_store_up'), 0, 'nor do the metrics');
	like(stranger(), qr/^rcpt: 451/, 'mail does');
	is(metric('bailey_store_up'), 1, 'and the metrics tell');
	$bailey->stop;
};

subtest 'what only an administrator can mend' => sub {
	unmount();
	my $file = spew($house->folder . '/file', '');
	my $bailey = $house->bailey;
	my @mistakes = (
		['no folder', "$state/none/state", qr/cannot make \S+: No such file or directory/],
		['no folder, but a file', $file, qr/\Q$file\E: Not a directory/],
		['a folder of somebody else', $state, qr/cannot open \S+: Permission denied/],
	);
	chown((getpwnam 'daemon')[2, 3], $state);
	chmod 0700, $state;
	for (@mistakes) {
		my ($name, $where, $wanted) = @$_;
		$bailey->configure($text =~ s/^state-directory = .*/state-directory = "$where"/mr);
		my $process = Bailey::Test::Process->start($house->folder . "/$name.log",
		    Bailey::Test::Daemon::program(), '-f', '-c', $bailey->path);
		is($process->wait(PATIENCE), 1 << 8, "$name: does not start");
		like($process->log, $wanted, 'and says why');
	}
};

unlike($house->bailey->log, qr/Sanitizer|runtime error/, 'the daemon had nothing to complain about');
$house->stop;
unmount();
done_testing;
