#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The administrator's tools for what the filter remembers where things go
# wrong: files that are no dumps, a store in use or damaged, no room, no right,
# kill -9, and clients of the daemon that do not read.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use File::Copy qw(copy);
use File::Temp;
use IO::Socket::UNIX;
use JSON::PP;
use POSIX ();
use Test::More;

use constant {
	RECORDS => 20_000,	# more than one step of anything
	LINE_MAX => 4 * (964 + 65536) + 64,	# db/dump.h
};

local $SIG{PIPE} = 'IGNORE';
my $house = Bailey::Test->new;
my $folder = $house->folder;
my $daemon = $house->bailey(Bailey::Test::Daemon::quiet());
my $later = time + 86400;
my $large = spew("$folder/large", join '', "bailey-dump 1\n", map({ sprintf
    "triplet\t$later 1700000000 1700000300 1700000300 4\t192.0.2.0/24\tu%06d\@a.example\tme\@b.example\n", $_ }
    1 .. RECORDS), "end ${\RECORDS}\n");
mkdir "$folder/alone" or die;
my @alone = ('-d', "$folder/alone");

for my $how ('running', 'stopped') {
	my @where = $how eq 'running' ? () : @alone;
	subtest "bad dumps: $how" => sub { bad_dumps(@where) };
	subtest "large: $how" => sub { large(@where) };
}

subtest 'clients that do not read' => sub {
	my @deaf = map { IO::Socket::UNIX->new($daemon->control) // die "control socket: $!\n" } 1 .. 8;
	for my $client (@deaf) {
		$client->blocking(0);
		for (1 .. 500) { syswrite($client, "dump {}\n" x 20) // last }
	}
	is((ctl('status'))[0], 0, 'others are answered beside them');
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	like($mta->last('open', 'connect h 192.0.2.1 25', 'helo h', 'mail <a@a.example>', 'rcpt <b@b.example>'),
	    qr/continue/, 'and mail');
	like((ctl('verify'))[1], qr/^sound: .*\b${\RECORDS} triplets/, 'also at length');
	close $_ for @deaf;
	# In the middle of a request and of an answer.
	for my $request ('load {"text":"', 'dump {}', "dump {}\n", qq(load {"text":"raw\\tk\\tv\\n"}\n)) {
		my $client = IO::Socket::UNIX->new($daemon->control);
		syswrite $client, $request;
		close $client;
	}
	is((ctl('status'))[0], 0, 'who hangs up leaves the rest alone');
	my $client = IO::Socket::UNIX->new($daemon->control);
	for (['dump', 'no JSON object'], ['dump [1]', 'no JSON object'], ['dump {', 'no JSON object'], ['dump {"after":"x"}', 'no place'],
	    ['dump {"after":"9:61"}', 'no place'], ['dump {"after":"0:6"}', 'no place'], ['load {}', ''],
	    ['dump {"after":"0:' . '61' x 2000 . '"}', 'no place'], ['dump {"after":7}', ''], ['forget {}', 'no mail address'],
	    ['load {"text":"x"}', 'malformed line'], ['greylist-list {"client":7}', ''], ['greylist-allow {}', 'needs a client'],
	    ['greylist-ask {"client":"192.0.2.1"}', 'needs a client and'], ['greylist-flush {"after":"5:"}', 'no place']) {
		my ($request, $wanted) = @$_;
		syswrite $client, "$request\n";
		chomp(my $line = <$client>);
		my $answer = decode_json($line);
		like($answer->{error} // '', qr/$wanted/, 'request ' . substr $request, 0, 40);
	}
	ok($daemon->process->alive, 'the daemon is alive');
};

subtest 'a cut connection is made again' => sub {
	# As a pager does that nobody scrolls: the daemon hangs up meanwhile.
	my $pid = open my $out, '-|' // die "fork: $!\n";
	if (!$pid) {
		exec Bailey::Test::Daemon::ctl_program(), '-c', $daemon->path, 'dump' or POSIX::_exit(127);
	}
	my $head = <$out>;
	my @crowd = map { my $s = IO::Socket::UNIX->new($daemon->control); syswrite $s, "status\n"; $s } 1 .. 64;
	<$_> for @crowd[-3 .. -1];
	my $text = do { local $/; <$out> };
	ok(close $out, 'the dump ends well');
	my $n = () = $text =~ /^(?:triplet|raw)\t.*$/mg;
	like($head . $text, qr/\Abailey-dump 1\n.*^end $n$/ms, 'and is whole');
	cmp_ok($n, '>=', RECORDS, 'and long');
};

subtest 'a daemon that takes little at a time' => sub {
	my $server = IO::Socket::UNIX->new(Local => "$folder/slow", Listen => 1) or die "$folder/slow: $!\n";
	my $pid = fork // die "fork: $!\n";
	if (!$pid) {
		my $client = $server->accept;
		my @taken;
		for (my $turn = 0; my $request = <$client>; $turn++) {
			my ($json) = $request =~ /^load (.*)/ or last;
			my @lines = split /\n/, decode_json($json)->{text};
			my $n = $turn % 3 * 100;
			$n = @lines if $n > @lines;
			push @taken, @lines[0 .. $n - 1];
			syswrite $client, qq({"ok":true,"loaded":$n}\n);
		}
		spew("$folder/taken", join "\n", @taken, '');
		POSIX::_exit(0);
	}
	is((ctl('-s', "$folder/slow", 'load', $large))[1], "${\RECORDS} records loaded\n", 'is given the rest again');
	waitpid $pid, 0;
	ok(slurp("$folder/taken") eq slurp($large) =~ s/^(?:bailey-dump|end) .*\n//mgr, 'each record once, in order');
};

subtest 'kill -9 while loading' => sub {
	for my $how ('running', 'stopped') {
		my @where = $how eq 'running' ? () : @alone;
		ctl(@where, 'greylist', 'flush', '--yes');
		pipe my $in, my $feed or die "pipe: $!\n";
		my $pid = fork // die "fork: $!\n";
		if (!$pid) {
			close $feed;
			open STDIN, '<&', $in;
			open STDOUT, '>', '/dev/null';
			exec Bailey::Test::Daemon::ctl_program(), '-c', $daemon->path, @where, 'load' or POSIX::_exit(127);
		}
		close $in;
		# What fits into the pipe must be read before there is room for the rest.
		my $part = substr slurp($large), 0, 1_000_000;
		syswrite $feed, $part;
		kill 'KILL', $pid;
		waitpid $pid, 0;
		my ($status, $out, $err) = ctl(@where, 'verify');
		is($status, 0, "$how: sound") or diag($err);
		my ($n) = $out =~ /(\d+) triplets/;
		cmp_ok($n // 0, '>', 0, 'some records are loaded');
		cmp_ok($n // 0, '<', RECORDS, 'not all');
		my ($missing) = grep { !/^triplet\t$later 1700000000 1700000300 1700000300 4\t192\.0\.2\.0\/24\tu\d{6}\@a\.example\tme\@b\.example$/ }
		    grep { /^(?!bailey-dump|end|raw)/ } split /\n/, (ctl(@where, 'dump'))[1];
		is($missing, undef, 'each whole');
		is((ctl(@where, 'load', $large))[0], 0, 'load it again');
		like((ctl(@where, 'verify'))[1], qr/\b${\RECORDS} triplets/, 'now all are there');
	}
};

subtest 'no room' => sub {
	my ($status, $said) = shell('', 'dump', '>/dev/full');
	is($status, 1, 'a dump to a full disk');
	like($said, qr/cannot write: No space left/, 'is told');
	mkdir "$folder/small" or die;
	($status, $said) = shell('trap "" XFSZ; ulimit -f 1000;', '-d', "$folder/small", 'load', $large);
	is($status, 1, 'a load that fills the disk');
	like($said, qr/line \d+: .*no space left/s, 'is told');
	my ($loaded) = $said =~ /^(\d+) records loaded$/m;
	is((ctl('-d', "$folder/small", 'load', $large))[1], "${\RECORDS} records loaded\n", 'it goes on with room');
	cmp_ok($loaded, '<', RECORDS, 'where it had ended');
	is((ctl('-d', "$folder/small", 'verify'))[1], "sound: ${\RECORDS} triplets\n", 'and is sound');
};

subtest 'progress' => sub {
	SKIP: {
		skip_unless_ci('needs script') if !-x '/usr/bin/script';
		my $program = Bailey::Test::Daemon::ctl_program();
		my $tool = "$program -c ${\$daemon->path}";
		for my $words ("load $large", 'verify', "dump $folder/shown", 'forget nobody@x.example') {
			my $shown = qx(script -qec '$tool $words' /dev/null </dev/null);
			my ($name) = $words =~ /^(\w+)/;
			like($shown, qr/^\r?\Q$name\E: \d+ records(?:, \d+ %)?.*\r +\r/s, "$name shows it on a terminal");
			unlike(join('', (ctl(split / /, $words =~ s/shown/hidden/r))[1, 2]), qr/\r|%/, 'and nowhere else');
		}
		unlike(scalar qx(script -qec '$tool dump | cat' /dev/null </dev/null), qr/ %/, 'nor before a pager');
		like(scalar qx(echo y | script -qec '$tool greylist flush' /dev/null), qr/y\/N\].*${\RECORDS} records removed/s,
		    'flush asks');
		like(scalar qx(echo n | script -qec '$tool greylist flush' /dev/null), qr/nothing was changed/, 'and listens');
	}
};

subtest 'a folder that holds no store' => sub {
	my $empty = "$folder/empty";
	mkdir $empty or die "$empty: $!\n";
	for my $words ('verify', 'dump', 'why x', 'greylist list', 'greylist allow 192.0.2.1', 'forget a@b.example', 'shadow-report') {
		my ($status, $out, $err) = ctl('-d', $empty, split / /, $words);
		is($status, 3, $words);
		like($err, qr/: there is no store in \Q$empty\E$/, 'is told');
	}
	is_deeply([ glob "$empty/*" ], [], 'nothing is left there');
	like((ctl('-d', "$folder/nowhere", 'verify'))[2], qr{there is no store in \Q$folder\E/nowhere}, 'nor a folder');
	is((ctl('-d', $empty, 'load', spew("$folder/bare", "bailey-dump 1\nend 0\n")))[0], 0, 'load makes one');
	is((ctl('-d', $empty, 'verify'))[1], "sound: empty\n", 'which is empty');
};

subtest 'who may not' => sub {
	SKIP: {
		skip 'only root becomes somebody else', 1 if $> != 0;
		my $open = File::Temp->newdir('bailey-XXXXXX', TMPDIR => 1);
		chmod 0755, $open, $folder or die;
		copy(Bailey::Test::Daemon::ctl_program(), "$open/baileyctl") && chmod 0755, "$open/baileyctl" or die;
		chmod 0700, "$folder/bailey" or die;
		for my $words (['greylist', 'list'], ['dump'], ['load', $large], ['verify'], ['forget', 'a@a.example'],
		    ['why', 'x'], ['greylist', 'flush', '--yes']) {
			my ($status, $said) = as_daemon("$open/baileyctl", '-s', $daemon->control, @$words);
			is($status, 3, "@$words: asking");
			like($said, qr/Permission denied; be root or in the group of control-group/, 'is told');
			($status, $said) = as_daemon("$open/baileyctl", '-d', "$folder/bailey", @$words);
			is($status, 3, 'opening');
			like($said, qr/Permission denied; be root, or the user of the filter/, 'is told');
		}
	}
	for my $words (['greylist', 'list'], ['dump'], ['verify'], ['why', 'x']) {
		my ($status, $out, $err) = ctl('-s', "$folder/none", @$words);
		is_deeply([ $status, $out ], [ 3, '' ], "$words->[0]: no socket");
		like($err, qr{cannot connect to \Q$folder\E/none: No such file}, 'is told, and nothing opened');
		($status, $out, $err) = ctl('-d', "$folder/none", @$words);
		is_deeply([ $status, $out ], [ 3, '' ], 'no store');
		like($err, qr{there is no store in \Q$folder\E/none$}m, 'is told');
	}
	like((ctl('-d', "$folder/none", 'status'))[2], qr/takes no -d: it needs a daemon/, 'what needs a daemon opens nothing');
	is((ctl('-d', "$folder/none", '-s', $daemon->control, 'verify'))[0], 2, 'nor are both asked');
	ctl('-d', "$folder/none", 'dump', "$folder/never");
	ok(!-e "$folder/never", 'no store leaves no file');
};

subtest 'damage' => sub {
	$daemon->stop;
	my $store = "$folder/small/store/store.db";
	open my $db, '+<', $store or die "$store: $!\n";
	seek $db, 4096 * 1 + 100, 0;
	print $db 'x' x 3000;
	close $db;
	my ($status, $out, $err) = ctl('-d', "$folder/small", 'verify');
	is($status, 1, 'a damaged file');
	like($err, qr/^baileyctl: verify: store\.db: /m, 'is told');
	$daemon->configure('store { type = "memory" }');
	($status, $out, $err) = ctl('greylist', 'list');
	is($status, 3, 'a store in memory');
	like($err, qr/not running.*gone with it/, 'is told');
	$daemon->configure('sokket = 1');
	($status, $out, $err) = ctl('greylist', 'list');
	is($status, 3, 'a broken configuration');
	like($err, qr/without a good configuration/, 'does not find the store');
	($status, $out, $err) = ctl(@alone, 'greylist', 'list');
	is($status, 1, 'nor the keys');
	like($err, qr/configuration cannot be read/, 'is told');
	is((ctl(@alone, 'verify'))[0], 0, 'what needs neither works');
	if ($> == 0) {
		my $owner = getpwnam 'nobody';
		is(join(' ', grep { (stat)[4] != $owner } glob "$folder/bailey/store* $folder/bailey/store/*"), '',
		    'what root did belongs to the filter');
	}
};

$house->stop;
done_testing;

sub ctl { return $daemon->ctl(@_) }

# Exit status and everything that was said; the last word may lead the output elsewhere.
sub shell {
	my ($before, @words) = @_;
	my $where = @words && $words[-1] =~ /^>/ ? pop @words : '';
	my $program = Bailey::Test::Daemon::ctl_program();
	my $line = "$before exec $program -c ${\$daemon->path} @words 2>&1 $where";
	my $out = qx(bash -c '$line');
	return ($? >> 8, $out);
}

sub as_daemon {
	my ($program, @words) = @_;
	my $nobody = getpwnam 'daemon';
	my $pid = open my $in, '-|' // die "fork: $!\n";
	if (!$pid) {
		open STDERR, '>&', \*STDOUT;
		chdir '/';
		$( = $) = "$nobody $nobody";
		POSIX::setgid($nobody);
		POSIX::setuid($nobody);
		exec $program, @words or POSIX::_exit(127);
	}
	my $said = do { local $/; <$in> } // '';
	close $in;
	return ($? >> 8, $said);
}

sub bad_dumps {
	my @where = @_;
	my @cases = (
		['empty', '', 0, 'empty'],
		['not a dump', "hello\n", 0, 'line 1: not a dump: "bailey-dump 1" expected'],
		['a newer dump', "bailey-dump 2\nend 0\n", 0, 'line 1: not a dump: "bailey-dump 1" expected'],
		['binary', join('', map { chr(255 & $_ * 37) } 1 .. 100_000), 0, 'line 1: not a dump: "bailey-dump 1" expected'],
		['no line end', "bailey-dump 1\n" . 'x' x (2 * LINE_MAX), 0, 'line 2: longer than any record'],
		['cut', "bailey-dump 1\nraw\tk\t\\x01\\x00\\x00\\x00\\x00\n", 1, 'line 2: cut short: no last line'],
		['cut in a line', "bailey-dump 1\nraw\tk\t\\x01\\x00\\x00\\x00\\x00v\nraw\tl\t\\x01", 1, 'line 3: cut short: no last line'],
		['two in a file', "bailey-dump 1\nend 0\n" x 2, 0, 'line 2: something follows the last line'],
		['another count', "bailey-dump 1\nend 3\n", 0, 'line 2: the last line counts other records'],
		['an empty key', "bailey-dump 1\nraw\t\tx\nend 1\n", 0, 'line 2: malformed line'],
		['a key too long', "bailey-dump 1\nraw\t" . 'k' x 2000 . "\tx\nend 1\n", 0, 'line 2: malformed line'],
		['a value too long', "bailey-dump 1\nraw\tk\t" . 'v' x 70_000 . "\nend 1\n", 0, 'line 2: malformed line'],
		['a NUL in a field', "bailey-dump 1\nclient\t0 1 1 1 1\ta\\x00b\nend 1\n", 0, 'line 2: malformed line'],
		['a NUL in a line', "bailey-dump 1\nclient\t0 1 1 1 1\ta\0b\nend 1\n", 0, 'line 2: malformed line'],
		['bytes in a line', "bailey-dump 1\nclient\t0 1 1 1 1\ta\nclient\t0 1 1 1 1\t\xff\nend 2\n", 1, 'line 3: malformed line'],
		['an escape', "bailey-dump 1\nraw\tk\t\\xzz\nend 1\n", 0, 'line 2: malformed line'],
		['a mistake after many', slurp($large) =~ s/^end.*/raw\nend 20001/mr, RECORDS, 'line 20002: malformed line'],
	);
	for (@cases) {
		my ($name, $dump, $loaded, $wanted) = @$_;
		spew("$folder/odd", $dump);
		is_deeply([ ctl(@where, 'load', "$folder/odd") ],
		    [ 1, "$loaded records loaded\n", "baileyctl: load: $wanted\n" ], $name);
	}
	my $answer = decode_json((ctl('-j', @where, 'load', "$folder/odd"))[1]);
	is_deeply($answer, { ok => JSON::PP::false, loaded => RECORDS, error => 'line 20002: malformed line' }, 'in JSON');
	my ($status, $out, $err) = ctl(@where, 'load', $folder);
	is($status, 1, 'a folder');
	like($err, qr/Is a directory/, 'is told');
	is((ctl(@where, 'load', "$folder/none"))[2], "baileyctl: load: $folder/none: No such file or directory\n", 'no file');
	# The largest record there can be, each byte of it escaped.
	my $largest = 'raw' . "\t" . '\x01' x 964 . "\t" . '\x01' . '\x00' x 65535 . "\n";
	spew("$folder/odd", "bailey-dump 1\n" . $largest . "end 1\n");
	is((ctl(@where, 'load', "$folder/odd"))[1], "1 records loaded\n", 'the largest record');
	ok(index((ctl(@where, 'dump'))[1], $largest) > 0, 'comes back');
	return;
}

sub large {
	my @where = @_;
	is((ctl(@where, 'greylist', 'flush', '--yes'))[0], 0, 'flush');
	is_deeply([ ctl(@where, 'load', $large) ], [ 0, "${\RECORDS} records loaded\n", '' ], 'load');
	my @lines = split /\n/, (ctl(@where, '-j', 'greylist', 'list'))[1];
	is(scalar @lines, RECORDS, 'list');
	is_deeply([ map { decode_json($_)->{sender} } @lines[0, -1] ],
	    ['u000001@a.example', sprintf 'u%06d@a.example', RECORDS], 'each of them once');
	is(scalar(split /\n/, (ctl(@where, '-j', 'greylist', 'list', '--limit', 300))[1]), 300, 'as many as wanted');
	is((ctl(@where, 'forget', 'me@b.example'))[1], "${\RECORDS} records removed\n", 'forget');
	is((ctl(@where, 'load', $large))[0], 0, 'load again');
	return;
}
