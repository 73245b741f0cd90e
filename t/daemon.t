#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The daemon as its administrator meets it: options, sockets, users, signals,
# limits.  What it says to an MTA is in session.t.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Process;
use Bailey::Test::Tools;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Socket qw(SOCK_DGRAM);
use Test::More;
use Time::HiRes qw(time);

my $program = Bailey::Test::Daemon::program();
my $house = Bailey::Test->new;
my $folder = $house->folder;
my $runs = 0;
my $me = $> == 0 ? 'nobody' : (getpwuid $>)[0];
my $quiet = "rdns { mode = \"off\" }\nhelo { mode = \"off\" }\n";

# A program that ends: status and what it said on both outputs.
sub ends {
	my (@arguments) = @_;
	my $process = Bailey::Test::Process->start("$folder/run" . ++$runs, $program, @arguments);
	my $status = $process->wait(PATIENCE);
	return (defined $status ? $status >> 8 : 'does not end', $process->log);
}

# A folder the daemon's user may write to.
sub place {
	my ($name) = @_;
	mkdir "$folder/$name" or die "$name: $!\n";
	chown((getpwnam $me)[2, 3], "$folder/$name");
	return "$folder/$name";
}

sub conf {
	my ($name, $text) = @_;
	my $state = -d "$folder/$name.state" ? "$folder/$name.state" : place("$name.state");
	return spew("$folder/$name.conf",
	    "state-directory = \"$state\"\nuser = \"$me\"\nlog = \"stderr\"\ncontrol-socket = \"\"\n"
	    . "authserv-id = \"mx.example.org\"\n$quiet$text\n");
}

# In the foreground, until it serves or has ended.
sub serves {
	my ($path) = @_;
	my $process = Bailey::Test::Process->start("$folder/run" . ++$runs, $program, '-f', '-c', $path);
	wait_until { !$process->alive || $process->log =~ /serving on/ };
	return $process;
}

sub lines { my ($process, $pattern) = @_; return scalar(() = $process->log =~ /$pattern/g) }

subtest 'options' => sub {
	my ($status, $said) = ends('-V');
	is($status, 0, '-V');
	like($said, qr/^bailey \d.*libmilter \d.*libldns \d.*libconfuse \d.*libidn2 \d/s, 'tells the versions');
	($status, $said) = ends('-x');
	is($status, 2, 'an unknown option');
	like($said, qr/usage: bailey/, 'shows the right ones');
	($status, $said) = ends('-t', '-c', "$folder/none");
	is($status, 1, 'no file');
	like($said, qr{\Q$folder\E/none.*No such file}, 'is said');

	my $good = conf('good', "socket = \"unix:$folder/s\"");
	($status, $said) = ends('-t', '-c', $good);
	is($status, 0, 'a good file');
	is($said, "$good: ok\n", 'is ok');
	($status, $said) = ends('-t', '-c', conf('nobody-there', 'socket-group = "no-such-group"'));
	is($status, 1, 'a group that is not there');
	like($said, qr{nobody-there\.conf: socket-group: there is no group "no-such-group"}, 'is found');

	($status, $said) = ends('-t', '-v', '-c', $good);
	like($said, qr/^socket = "unix:\Q$folder\E\/s"/m, '-t -v prints what is in force');
	($status, $said) = ends('-t', '-c', spew("$folder/again.conf", $said));
	is($status, 0, 'and that is a configuration') or diag($said);

	my $bad = conf('bad', "sokket = \"x\"\nmode = \"on\"\nmaximum-sessions = 0");
	($status, $said) = ends('-t', '-c', $bad);
	is($status, 1, 'a bad file');
	my @errors = split /\n/, $said;
	is(scalar @errors, 3, 'every mistake is told') or diag($said);
	like($_, qr{^\Q$bad\E:\d+: [\w-]+: }, 'with file, line and key') for @errors;
	($status) = ends('-f', '-c', $bad);
	is($status, 78, 'the daemon refuses it, and need not be started again');

	($status, $said) = ends('-t', '-c', conf('postfix', 'socket = "inet:127.0.0.1:8891"'));
	is($status, 1, "Postfix's spelling of a socket");
	like($said, qr/inet:8891\@127\.0\.0\.1/, 'is answered with ours');
};

subtest 'unix socket' => sub {
	my $place = place('unix');
	my ($gid, $group) = (split ' ', $( )[0];
	$group = getgrgid $gid;
	my $path = conf('unix',
	    qq(socket = "unix:$place/s"\nsocket-mode = "0620"\nsocket-group = "$group"));
	my $daemon = serves($path);
	my @stat = stat "$place/s";
	is($stat[2] & 07777, 0620, 'mode');
	is($stat[5], $gid, 'group');
	is($stat[4], scalar(getpwnam $me), 'owner');
	my ($status, $said) = ends('-f', '-c', $path);
	is($status, 1, 'a second daemon on it');
	like($said, qr{\Q$place\E/s is in use}, 'is told why');
	ok(IO::Socket::UNIX->new("$place/s"), 'the first one still serves');
	is($daemon->stop, 0, 'it ends well');
	ok(!-e "$place/s", 'and takes its socket away');

	IO::Socket::UNIX->new(Local => "$place/s", Listen => 1) or die "$place/s: $!\n";
	ok(-S "$place/s", 'a socket that nobody listens on');
	chown((getpwnam $me)[2, 3], "$place/s");
	$daemon = serves($path);
	ok(IO::Socket::UNIX->new("$place/s"), 'is replaced') or diag($daemon->log);
	$daemon->stop;

	spew("$place/s", 'precious');
	($status, $said) = ends('-f', '-c', $path);
	is($status, 1, 'a file in its place');
	like($said, qr/is not a socket/, 'is told');
	is(slurp("$place/s"), 'precious', 'and kept');
	unlink "$place/s";
	($status, $said) = ends('-f', '-c', conf('unix-group',
		"socket = \"unix:$place/s\"\nsocket-group = \"no-such-group\""));
	is($status, 1, 'an unknown group');
	like($said, qr/socket-group: there is no group "no-such-group"/, 'is told');
};

subtest 'other sockets' => sub {
	my $free = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "$!\n";
	my $port = $free->sockport;
	my $path = conf('inet', "socket = \"inet:$port\@127.0.0.1\"");
	my ($status, $said) = ends('-f', '-c', $path);
	is($status, 1, 'a port in use');
	like($said, qr/cannot bind.*already in use/, 'is told');
	close $free;
	my $daemon = serves($path);
	SKIP: {
		skip 'the port was taken meanwhile', 1 if !$daemon->alive;
		my $mta = Bailey::Test::Mta->new("inet:$port\@127.0.0.1");
		like($mta->last('open'), qr/^open: actions=/, 'inet');
	}
	$daemon->stop;

	# As systemd hands it over: open, listening, as a number.
	my $listening = IO::Socket::UNIX->new(Local => "$folder/fd", Listen => 5) or die "$!\n";
	my $fd = fileno $listening;
	local $^F = 100;
	my $inherited = IO::Socket::UNIX->new_from_fd($fd, 'r');
	open my $dup, '<&', $fd or die "dup: $!\n";
	$path = conf('fd', 'socket = "fd:' . fileno($dup) . '"');
	$daemon = serves($path);
	my $mta = Bailey::Test::Mta->new("unix:$folder/fd");
	like($mta->last('open'), qr/^open: actions=/, 'fd:N') or diag($daemon->log);
	$daemon->stop;
	($status, $said) = ends('-f', '-c', conf('fd-bad', 'socket = "fd:98"'));
	is($status, 1, 'a number that is no descriptor');
	like($said, qr/cannot use descriptor 98/, 'is told');
};

subtest 'background and pid file' => sub {
	my $place = place('background');
	my $path = conf('background', "socket = \"unix:$place/s\"\npid-file = \"$place/pid\"");
	my ($status, $said) = ends('-c', $path);
	is($status, 0, 'the parent ends well') or diag($said);
	ok(-S "$place/s", 'when the socket is there');
	my ($pid) = slurp("$place/pid") =~ /^(\d+)\n\z/;
	ok($pid && kill(0, $pid), 'and the pid file names a process');
	like(Bailey::Test::Mta->new("unix:$place/s")->last('open'), qr/actions=/, 'that serves');
	my ($second, $why) = ends('-f', '-c', conf('second',
		"socket = \"unix:$place/other\"\npid-file = \"$place/pid\""));
	is($second, 1, 'a second daemon with that pid file');
	like($why, qr/runs already, process $pid\b/, 'is told who has it');
	kill 'TERM', $pid if $pid;
	ok(wait_until { !kill 0, $pid }, 'it stops');
	ok(!-e "$place/pid", 'the pid file goes') if $> != 0 || (stat $place)[4] == 0;
	is(-s "$place/pid" // 0, 0, 'or is empty');

	# Whatever the shell of an init script has closed.
	for my $closed ('<&- 2>/dev/null', '<&- >&- 2>/dev/null', '<&- >&- 2>&-') {
		is(system("$program -c $path $closed"), 0, "started with $closed");
		($pid) = slurp("$place/pid") =~ /^(\d+)\n\z/;
		my $mta = eval { Bailey::Test::Mta->new("unix:$place/s") };
		like($mta && $mta->last('open'), qr/actions=/, 'it serves');
		is((ends('-f', '-c', "$folder/second.conf"))[0], 1, 'and holds its pid file');
		kill 'TERM', $pid;
		ok(wait_until { !kill 0, $pid }, 'until it stops');
	}

	($status, $said) = ends('-c', conf('nowhere', "socket = \"unix:$place/no/where\""));
	is($status, 1, 'what goes wrong in the background');
	like($said, qr/cannot bind .*No such file/, 'is told on the terminal');
};

subtest 'users' => sub {
	plan skip_all => 'root only' if $> != 0;
	my $place = place('users');
	my $daemon = serves(conf('users', "socket = \"unix:$place/s\""));
	my ($uids) = slurp('/proc/' . $daemon->pid . '/status') =~ /^Uid:\s+(.*)$/m;
	my $uid = getpwnam $me;
	is($uids, join("\t", ($uid) x 4), 'privileges are gone for good');
	$daemon->stop;
	my $text = slurp("$folder/users.conf");
	for my $case (
		['no-such-user', qr/user: there is no user "no-such-user"/],
		['root', undef],
	) {
		my ($user, $pattern) = @$case;
		my $path = spew("$folder/user.conf", $text =~ s/^user = .*$/user = "$user"/mr);
		if ($pattern) {
			my ($status, $said) = ends('-f', '-c', $path);
			is($status, 1, "user = \"$user\"");
			like($said, $pattern, 'is told');
		} else {
			$daemon = serves($path);
			ok($daemon->alive, "user = \"$user\" is possible, if somebody says so");
			$daemon->stop;
		}
	}
};

subtest 'reload' => sub {
	my $place = place('reload');
	my $good = "socket = \"unix:$place/s\"\nlog-level = \"debug\"\ngreylist { mode = \"off\" }";
	my $path = conf('reload', $good);
	my $daemon = serves($path);
	my $mta = Bailey::Test::Mta->new("unix:$place/s");
	my @begin = ('open', 'connect h 192.0.2.1 25', 'helo h', 'mail <a@example.net>', 'rcpt <b@example.org>');
	is($mta->last(@begin), 'rcpt: continue', 'a message is open');

	conf('reload', $good =~ s/debug/info/r . "\nsokket = \"x\"\nmode = \"on\"");
	$daemon->kill('USR1');
	ok(wait_until { lines($daemon, 'old configuration stays') == 1 }, 'a broken file is refused');
	like($daemon->log, qr/sokket/, 'with its first mistake');
	like($daemon->log, qr/mode/, 'and the second');
	my $other = Bailey::Test::Mta->new("unix:$place/s");
	is($other->last(@begin), 'rcpt: continue', 'and it goes on as before');

	conf('reload', $good =~ s/mx\.example/my.example/r);
	spew($path, slurp($path) =~ s/mx\.example\.org/new.example.org/r . "pid-file = \"$place/pid\"\n");
	for my $signal (qw(USR1 HUP)) {
		my $before = lines($daemon, 'is in force for new connections');
		$daemon->kill($signal);
		ok(wait_until { lines($daemon, 'is in force for new connections') > $before },
		    "$signal reads a good file");
	}
	like($daemon->log, qr/only after a restart: pid-file/, 'what needs a restart is named');
	$mta->do('header From: a@example.net', 'eoh', 'eom');
	like(($mta->headers)[0], qr/^Authentication-Results: mx\.example\.org/,
	    'an open message ends as it began');
	my $third = Bailey::Test::Mta->new("unix:$place/s");
	$third->do(@begin, 'header From: a@example.net', 'eoh', 'eom');
	like(($third->headers)[0], qr/^Authentication-Results: new\.example\.org/,
	    'a new connection has the new one');
	# libmilter's own thread would take each of these for "stop".
	$daemon->kill('HUP') for 1 .. 100;
	is($third->last('mail <a@example.net>'), 'mail: continue', 'HUP never stops it');
	ok($daemon->alive, 'not even a hundred');
	is($daemon->stop, 0, 'TERM does');
};

subtest 'stop with a message open' => sub {
	my $place = place('stop');
	my $daemon = serves(conf('stop', "socket = \"unix:$place/s\""));
	my ($mta, $idle) = map { Bailey::Test::Mta->new("unix:$place/s") } 1 .. 2;
	$mta->do('open', 'connect h 192.0.2.1 25', 'helo h', 'mail <a@example.net>', 'rcpt <b@example.org>');
	$idle->do('open', 'connect h 192.0.2.1 25', 'helo h');
	my $began = time;
	$daemon->kill('TERM');
	ok(wait_until { lines($daemon, 'stopping') == 1 }, 'it is stopping');
	like($idle->last('mail <a@example.net>'), qr/^mail: (?:451 4\.3\.2 .*stopped|closed)/,
	    'no message begins any more');
	# On a machine too busy to end it within the three seconds it has, it is not lost but cut off.
	my ($end) = grep { /^eom: (?:continue|closed)/ } $mta->do('header From: a@example.net', 'eoh', 'eom');
	my $late = time - $began >= 3;
	like($end // '', $late ? qr/continue|closed/ : qr/continue/, 'the open one is finished');
	is($daemon->wait(PATIENCE), 0, 'and it ends well');
};

subtest 'maximum-sessions' => sub {
	my $place = place('maximum');
	my $daemon = serves(conf('maximum', "socket = \"unix:$place/s\"\nmaximum-sessions = 2"));
	my @mta = map { Bailey::Test::Mta->new("unix:$place/s") } 1 .. 4;
	my @said = map { $_->last('open', 'connect h 192.0.2.1 25', 'helo h', 'mail <a@example.net>') } @mta;
	is_deeply([@said[0, 1]], [('mail: continue') x 2], 'as many as there may be are served');
	like($_, qr/^mail: 451 4\.3\.2 .*try again later/, 'others are told to come back') for @said[2, 3];
	is(lines($daemon, 'maximum-sessions: 2 '), 1, 'one line of the log says so');
	$mta[0]->do('quit', 'drop');
	ok(wait_until {
		my $late = Bailey::Test::Mta->new("unix:$place/s");
		$late->last('open', 'connect h 192.0.2.1 25', 'mail <a@example.net>') eq 'mail: continue';
	}, 'who leaves makes room');
	$daemon->stop;

	my $raised = Bailey::Test::Process->start("$folder/raised", '/bin/sh', '-c',
	    "ulimit -S -n 100; exec $program -f -c '" . conf('raised', "socket = \"unix:$place/s\"\nmaximum-sessions = 200") . "'");
	ok(wait_until { $raised->log =~ /serving on/ }, 'a low soft limit');
	my ($files) = slurp('/proc/' . $raised->pid . '/limits') =~ /^Max open files\s+(\d+)/m;
	cmp_ok($files, '>=', 3 * 200, 'is raised to what the sessions need');
	$raised->stop;

	my $limited = Bailey::Test::Process->start("$folder/limited", '/bin/sh', '-c',
	    "ulimit -n 124; exec $program -f -c '$folder/maximum-many.conf'")
	    if conf('maximum-many', "socket = \"unix:$place/s\"\nmaximum-sessions = 5000");
	ok(wait_until { $limited->log =~ /serving on/ }, 'too few descriptors');
	like($limited->log, qr/maximum-sessions = 5000 needs \d+ file descriptors/, 'are told') if $> != 0;
	$limited->stop;
};

subtest 'service manager' => sub {
	my $place = place('notify');
	my $manager = IO::Socket::UNIX->new(Local => "$place/notify", Type => SOCK_DGRAM) or die "$!\n";
	chmod 0777, "$place/notify";
	local $ENV{NOTIFY_SOCKET} = "$place/notify";
	my $daemon = serves(conf('notify', "socket = \"unix:$place/s\""));
	my $heard = '';
	my $hears = sub {
		my ($pattern) = @_;
		$manager->blocking(0);
		return wait_until { $heard .= $_ if defined $manager->recv($_, 4096); $heard =~ $pattern };
	};
	SKIP: {
		skip 'built without libsystemd', 1 if qx(ldd $program) !~ /libsystemd/;
		ok($hears->(qr/READY=1.*STATUS=serving on unix:/s), 'ready');
		$heard = '';
		$daemon->kill('HUP');
		ok($hears->(qr/RELOADING=1\nMONOTONIC_USEC=\d+.*READY=1/s), 'reloading, ready again');
		$daemon->kill('TERM');
		ok($hears->(qr/STOPPING=1/), 'stopping');
		$daemon->wait(PATIENCE);
		$heard = '';
		local $ENV{WATCHDOG_USEC} = 100_000;
		$daemon = serves(conf('notify', "socket = \"unix:$place/s\""));
		ok($hears->(qr/WATCHDOG=1.*WATCHDOG=1/s), 'alive, again and again');
		$daemon->kill('TERM');
	}
	is($daemon->wait(PATIENCE) // $daemon->stop, 0, 'and it ends well');
	my $stuck = serves(conf('stuck', "socket = \"unix:$place/s\""));
	$stuck->kill('ABRT');
	is($stuck->wait(PATIENCE) // 'it lives', POSIX::SIGABRT, 'a watchdog can end it');
};

$house->stop;
done_testing;
