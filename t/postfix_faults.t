#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Mail through a real Postfix without a pause, while things break around
# Bailey: every message that a client got 250 for arrives, once and unchanged;
# every other one was refused with a reply, and comes in when it is sent again.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Tools;
use Digest::SHA qw(sha256_hex);
use Test::More;
use Time::HiRes qw(time sleep);

plan skip_all => Bailey::Test::why_not() if Bailey::Test::why_not();

use constant {
	CLIENTS => 8,
	ANSWER => 30,	# seconds an MTA waits for a filter (Postfix: milter_command_timeout)
};

my $house = Bailey::Test->new;
my $folder = $house->folder;
my $state = "$folder/state";
mkdir $state or die "$state: $!\n";
# Small enough to be filled.
my $mounted = system('mount', '-t', 'tmpfs', '-o', 'size=64m', 'bailey-test', $state) == 0;
ok($mounted || !$ENV{CI}, 'a small file system');
chown((getpwnam 'nobody')[2, 3], $state);
my $me = $$;
sub unmount { system 'umount', '-l', $state if $mounted && $$ == $me; $mounted = 0; return }
END { local $?; unmount() }

$house->dns(
	zones => ["\$ORIGIN client.example.\n\$TTL 1\n\@ SOA ns hostmaster 1 3600 600 86400 60\n\@ A 192.0.2.10\nmail A 192.0.2.10\n"],
	reverse => { '192.0.2.10' => 'mail.client.example' },
);
# Every message is a new triplet that is written, and must come again.
my $text = <<"END";
state-directory = "$state"
store { snapshot = "1m" }
greylist { apply = "all" delay = "1s" auto-allow-after = 0 ipv4-prefix = 32 }
resolver { servers = { "${\$house->dns->address}" } timeout = "500ms" budget = "1s" }
END
# Berkeley DB loses 296 bytes when a recovery fails.
$ENV{LSAN_OPTIONS} = 'print_suppressions=0:suppressions=' . spew("$folder/lsan.supp", "leak:libdb-5\n");
my $bailey = $house->bailey($text);
my $postfix = $house->postfix;
ordinary('at first');

# What each client was told: "ID DIGEST taken|refused|unknown SECONDS REPLY" in a file for each.
sub client {
	my ($file) = @_;
	my $stop = 0;
	local $SIG{TERM} = sub { $stop = 1 };
	open my $out, '>>', $file or die "$file: $!\n";
	srand $$;
	$out->autoflush;
	for (my $n = 0; !$stop; $n++) {
		my $id = "$$-$n";
		my $body = join '', map { join('', map { chr 33 + int rand 90 } 1 .. 70) . "\n" } 1 .. 1 + rand 100;
		my $from = join '', map { chr 97 + int rand 26 } 1 .. 12;
		my $message = Bailey::Test::Smtp::message("X-Test-Id: $id") =~ s/\n\n.*/\n\n$body/sr;
		for my $try (1 .. 100) {
			my $began = time;
			my $reply = eval { send_once("$from\@client.example", $message) } // '';
			my $what = $reply =~ /^250 / ? 'taken' : $reply =~ /^[45]/ ? 'refused' : 'unknown';
			printf $out "%s %s %s %.1f %s\n", $id, sha256_hex($body), $what, time - $began, $reply =~ s/\s+/ /gr;
			last if $what eq 'taken' || $stop;
			sleep 0.3;
		}
	}
}

sub send_once {
	my ($from, $message) = @_;
	my $smtp = Bailey::Test::Smtp->new($postfix->port);
	$smtp->xclient('192.0.2.10');
	$smtp->ehlo('mail.client.example');
	my $reply = $smtp->send(from => $from, message => $message);
	$smtp->quit;
	return $reply;
}

# Clients send while the code breaks things; then the account.
sub under_load {
	my ($what, $code) = @_;
	state $round = 0;
	$round++;
	subtest $what => sub {
		my @files = map { "$folder/clients-$round-$_" } 1 .. CLIENTS;
		my @clients = map { my $file = $_; Bailey::Test::Process->start_code("$folder/clients.log", sub { client($file) }) } @files;
		ok(wait_until { CLIENTS == grep { -e $_ && slurp($_) =~ / taken / } @files }, 'mail flows');
		$code->();
		my @lengths = map { -s $_ } @files;
		ok(wait_until { CLIENTS == grep { substr(slurp($files[$_]), $lengths[$_]) =~ / taken / } 0 .. $#files }, 'mail flows again');
		$_->kill('TERM') for @clients;
		$_->wait(60) for @clients;
		account(map { split /\n/, slurp($_) } @files);
	};
	return;
}

sub account {
	my (%taken, %refused, %unknown, @permanent);
	my $longest = 0;
	for (@_) {
		my ($id, $digest, $what, $seconds, $reply) = split / /, $_, 5;
		$longest = $seconds if $seconds > $longest;
		$taken{$id} = $digest if $what eq 'taken';
		$refused{$id}++ if $what eq 'refused';
		$unknown{$id}++ if $what eq 'unknown';
		push @permanent, $reply if ($reply // '') =~ /^5/;
	}
	my %arrived;
	wait_until {
		%arrived = ();
		for my $path (glob "$folder/postfix/mail/box/new/*") {
			my $text = slurp($path);
			my ($id) = $text =~ /^X-Test-Id: (\S+)/m or next;
			push @{ $arrived{$id} }, sha256_hex($text =~ s/\A.*?\n\n//sr);
		}
		return !grep { !$arrived{$_} } keys %taken;
	};
	note sprintf '%d taken, %d refused at first, %d broken off; longest %.1f s', scalar(keys %taken), scalar(keys %refused), scalar(keys %unknown), $longest;
	is_deeply([ grep { !$arrived{$_} } keys %taken ], [], 'what was taken has arrived');
	is_deeply([ grep { $arrived{$_} && @{ $arrived{$_} } > 1 && !$unknown{$_} } keys %taken ], [], 'once');
	is_deeply([ grep { my $id = $_; grep { $_ ne $taken{$id} } @{ $arrived{$id} // [] } } keys %taken ], [], 'unchanged');
	is_deeply(\@permanent, [], 'nobody honest was refused for good');
	cmp_ok($longest, '<', ANSWER, 'and nobody waited longer than an MTA would');
	return;
}

sub ordinary {
	my ($when) = @_;
	my $from = 'ordinary' . int(rand 1e9) . '@client.example';
	ok(wait_until { send_once($from, Bailey::Test::Smtp::message()) =~ /^250 / }, "an ordinary message passes $when");
	return;
}

sub start_again {
	$bailey->process->wait(20) // return fail('the daemon ends');
	return eval { $bailey->start; 1 } || fail("the daemon starts: $@");
}

# First: after a recovery there is room in the files of the store for some thousand messages.
under_load('no space for the store' => sub {
	my $from = length $bailey->log;
	open my $filler, '>', "$state/filler" or die "$state/filler: $!\n";
	for my $piece (65536, 1024) { 1 while defined syswrite $filler, "\0" x $piece }
	ok($bailey->wait_for_log(qr/no space left; mail goes on without it|No space left on device/, $from), 'the log says so');
	sleep 1;
	close $filler;
	unlink "$state/filler";
}) if $mounted;

under_load('kill -9, three times' => sub {
	for (1 .. 3) {
		$bailey->process->kill('KILL');
		start_again();
		sleep 0.5;
	}
});

under_load('a hundred reloads' => sub {
	my $before = () = $bailey->log =~ /is in force/g;
	for (1 .. 100) {
		$bailey->configure($_ % 2 ? $text : qq(contact = "x\@example.org"\n$text));
		$bailey->process->kill('HUP');
		sleep 0.02;
	}
	ok(wait_until { ($bailey->ctl('status'))[0] == 0 }, 'the daemon answers');
	cmp_ok(scalar(() = $bailey->log =~ /is in force/g) - $before, '>', 20, 'it has reloaded');
});

under_load('stopped and started' => sub {
	for (1 .. 3) {
		$bailey->stop;
		start_again();
	}
});

under_load('the resolver dead, back, and flapping' => sub {
	$house->dns->stop;
	sleep 4;
	$house->dns->start;
	for (1 .. 6) {
		$house->dns->stop;
		sleep 0.3;
		$house->dns->start;
		sleep 0.2;
	}
});

under_load('the store is damaged' => sub {
	my $from = length $bailey->log;
	open my $out, '+<:raw', "$state/store/store.db" or die "store.db: $!\n";
	seek $out, 4096, 0;
	print $out 'rubbish ' x 8192;
	close $out;
	$bailey->process->kill('KILL');
	start_again();
	# What a service manager does when it ends because of what it has found.
	ok(wait_until { start_again() if !$bailey->process->alive; $bailey->log =~ /set aside as/ }, 'it is set aside');
});

ordinary('at the end');
$bailey->stop;
is(join("\n", grep { !/^bailey: / && /Sanitizer|runtime error|leak of| #\d/ } split /\n/, $bailey->log), '', 'the daemon had nothing to complain about');
unlike($postfix->log, qr/fatal:|panic:/, 'Postfix is well');
$house->stop;
unmount();
done_testing;
