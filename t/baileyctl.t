#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The administrator's tool: every subcommand has its place in help, manual and
# completion; each against a daemon that runs, one that does not, and sockets
# that are no daemon's.

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

my $top = $ENV{TOP_SRCDIR} // '.';
my $program = Bailey::Test::Daemon::ctl_program();
my $bailey = Bailey::Test::Daemon::program();
my $house = Bailey::Test->new;
my $folder = $house->folder;
my $quiet = Bailey::Test::Daemon::quiet();
my $helo_only = Bailey::Test::Daemon::quiet('helo');
my $daemon = $house->bailey($quiet);

sub tool { return Bailey::Test::Daemon::run_tool(@_) }

my @names = split /\n/, (tool('help', '--words'))[1];
my %words = map { $_ => [ split /\n/, (tool('help', '--words', $_))[1] ] } @names;

subtest 'help' => sub {
	my ($status, $out, $err) = tool('help');
	is($status, 0, 'help');
	like($out, qr/^  \Q$_\E +\S/m, "lists $_") for @names;
	for my $name (@names) {
		($status, $out) = tool('help', $name);
		is($status, 0, "help $name");
		like($out, qr/^usage: baileyctl \Q$name\E/, 'shows how it is used');
		like($out, qr/^ +\Q$_\E\b/m, "and its $_") for map { s/=$//r } grep { /^--/ } @{ $words{$name} };
	}
	for (['no subcommand'], ['an unknown one', 'frobnicate'], ['an unknown option', '-x', 'status'],
	    ['an unknown option behind', 'status', '--frob'], ['a word too many', 'status', 'now'],
	    ['a word missing', 'mode']) {
		my ($name, @arguments) = @$_;
		($status, $out, $err) = tool(@arguments);
		is($status, 2, $name);
		is($out, '', 'nothing on standard output');
		like($err, qr/usage: baileyctl/, 'the usage on standard error');
	}
	is((tool('help', 'frobnicate'))[0], 1, 'help for what is not there');
	is_deeply([ tool($_) ], [ tool('help') ], $_) for '-h', '--help';
	is_deeply([ tool(@$_) ], [ tool('help', 'stats') ], "@$_") for ['stats', '--help'], ['stats', '--since', 'x', '-h'];
};

subtest 'manual' => sub {
	my $page = slurp("$top/doc/baileyctl.8");
	my ($list) = $page =~ /^The subcommands are:\n(.*?)^\.Sh/ms;
	my %manual;
	$list =~ s/^\.It Xo\n\.Cm /.It Cm /mg;
	while ($list =~ /^\.It Cm (\S+)((?:[^\n]|\n(?!\.It Cm))*)/mg) {
		my ($name, $text) = ($1, $2);
		$manual{$name} = { map { ("--$_" => 1) } $text =~ /Fl -([\w-]+)/g };
	}
	is_deeply([ sort keys %manual ], [ sort @names ], 'has every subcommand');
	for my $name (@names) {
		is_deeply([ sort keys %{ $manual{$name} } ],
		    [ sort map { s/=$//r } grep { /^--/ } @{ $words{$name} } ], "the options of $name");
	}
};

subtest 'completion' => sub {
	my $complete = sub {
		my (@line) = @_;
		my $script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
		    . 'compopt() { :; }; _baileyctl; printf "%s\n" "${COMPREPLY[@]}"';
		open my $in, '-|', 'bash', '-c', $script, 'bash', "$top/contrib/baileyctl.bash", $program, @line
		    or die "bash: $!\n";
		chomp(my @words = <$in>);
		return [ sort grep { length } @words ];
	};
	is_deeply($complete->(''), [ sort @names ], 'every subcommand');
	is_deeply($complete->('sta'), [ sort grep { /^sta/ } @names ], 'those that begin so');
	is_deeply($complete->('-j', '-c', 'file', 'rel'), ['reload'], 'behind options');
	is_deeply($complete->('help', 'mo'), ['mode'], 'behind help');
	is_deeply($complete->('mode', ''), [ sort @{ $words{mode} } ], 'words');
	is_deeply($complete->('-c', ''), [], 'a file is left to the shell');
	is_deeply($complete->($_, ''), [ sort @{ $words{$_} } ], $_) for grep { $_ ne 'help' } @names;
};

subtest 'status' => sub {
	my ($status, $out, $err) = $daemon->ctl('status');
	is($status, 0, 'status');
	is($err, '', 'no complaint');
	like($out, qr/^mode +enforce$/m, 'mode');
	like($out, qr/^serving on +\Q${\$daemon->socket}\E$/m, 'socket');
	like($out, qr/^sessions +0 of 2000/m, 'sessions');
	like($out, qr/^store +disk, about \d+ records/m, 'store');
	for (['--json', 'status'], ['status', '-j']) {
		my $answer = decode_json(($daemon->ctl(@$_))[1]);
		is($answer->{socket}, $daemon->socket, "@$_");
	}
};

subtest 'stats and top' => sub {
	my ($status, $out, $err) = $daemon->ctl('stats');
	is_deeply([ $status, $err ], [ 0, '' ], 'nothing counted yet');
	like($out, qr/^messages +-$/m, 'is shown as nothing');
	$daemon->reload($helo_only . qq(helo { invalid = "reject" mode = "shadow" }\n));
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	$mta->do('open', 'connect h 192.0.2.1 25', 'helo -bad-', 'mail <a@example.net>',
	    ('rcpt <b@example.org>') x 3, 'header Subject: x', 'eoh', 'eom', 'quit');
	($status, $out) = $daemon->ctl('stats');
	like($out, qr/^connections +1, 0 turned away$/m, 'connections');
	like($out, qr/^recipients +pass 3$/m, 'recipients');
	like($out, qr/^messages +pass 1$/m, 'messages');
	like($out, qr/^would have +reject 3$/m, 'shadow');
	like($out, qr/^helo +invalid 1$/m, 'verdicts');
	like($out, qr/^rcpt +3( +\d+\.\d{3}){4}$/m, 'times of a stage');
	like($out, qr/^helo +1( +\d+\.\d{3}){4}$/m, 'times of a check');
	my $answer = decode_json(($daemon->ctl('-j', 'stats', '--since', '10m'))[1]);
	is($answer->{checks}{helo}{results}{invalid}, 1, 'as JSON');
	is($answer->{stages}{eom}{count}, 1, 'with numbers');
	cmp_ok($answer->{stages}{eom}{p50}, '>', 0, 'of milliseconds');
	for ('0s', 'x', '5', '1e3s', '-1m', '49h', '99999d') {
		is(($daemon->ctl('stats', "--since=$_"))[0], 2, "--since=$_");
	}
	($status, $out) = $daemon->ctl('top', '--count', '2', '--period', '1ms');
	is($status, 0, 'top');
	is(scalar(() = $out =~ /^messages +pass 1$/mg), 2, 'draws so often');
	unlike($out, qr/\033/, 'and plainly when there is no terminal');
	SKIP: {
		skip_unless_ci('needs script') if !-x '/usr/bin/script';
		my $picture = sub {
			my ($rows, $columns) = @_;
			my $run = "stty rows $rows cols $columns; $program -c @{[$daemon->path]} top --count 1";
			my ($drawn) = scalar(qx(script -qec '$run' /dev/null </dev/null)) =~ /\033\[H(.*)\033\[J/s;
			return split /\r?\n/, $drawn =~ s/\033\[K//gr;
		};
		my @lines = $picture->(24, 60);
		is(scalar @lines, 24, 'a picture is cut to the window');
		like($lines[2], qr/^connections/, 'from its head on');
		is_deeply([ grep { length > 60 } @lines ], [], 'and as wide');
		like($lines[-1], qr/more/, 'which is told');
		@lines = $picture->(200, 200);
		is_deeply([ scalar(grep { /more/ } @lines), scalar(grep { /^greylist / } @lines) ], [ 0, 2 ], 'all of it in a large one');
	}
	is(($daemon->ctl('top', @$_))[0], 2, "top @$_") for ['--count=0'], ['--count=x'], ['--period=x'], ['-j'];
	$daemon->reload($quiet);
};

subtest 'reload and mode' => sub {
	my ($status, $out, $err) = $daemon->ctl('reload');
	is_deeply([ $status, $out, $err ], [ 0, "nothing changed\n", '' ], 'nothing to do');
	$daemon->configure($helo_only . qq(helo { mode = "shadow" }\n));
	($status, $out) = $daemon->ctl('reload');
	is($status, 0, 'a change');
	is($out, qq(helo.mode: "off" -> "shadow"\nin force for new connections\n),
	    'is shown');
	my $class = qq(class "c" { recipients = { "x\@example.org" } helo { mode = "%s" } }\n);
	my $zones = sub { sprintf qq(dnsbl { mode = "off" zone "a.example" { weight = 1 } zone "b.example" { weight = %d } }\n), @_ };
	$daemon->configure($helo_only . sprintf($class, 'off'));
	like(($daemon->ctl('reload'))[1], qr/^class:\n\+ class "c" \{\n(?:\+ \t+.*\n)+\+ \}\n/m, 'a new class');
	$daemon->configure($helo_only . sprintf($class, 'shadow'));
	like(($daemon->ctl('reload'))[1], qr/^class:\n(?:- .*\n)+\+ class "c" \{\n(?:\+ .*\n)*\+ \t\tmode = "shadow"/m, 'a class that changed');
	$daemon->configure($helo_only =~ s/^dnsbl .*\n//mr . $zones->(1));
	$daemon->ctl('reload');
	$daemon->configure($helo_only =~ s/^dnsbl .*\n//mr . $zones->(2));
	$out = ($daemon->ctl('reload'))[1];
	like($out, qr/^dnsbl\.zone:\n- zone "b\.example" \{\n(?:- .*\n)+\+ zone "b\.example" \{\n(?:\+ .*\n)*\+ \tweight = 2/m, 'a zone that changed');
	unlike($out, qr/a\.example/, 'and only that');
	$daemon->configure($helo_only . qq(contact = "x\@example.org" pid-file = "/run/x.pid"\n));
	like(($daemon->ctl('reload'))[1], qr{^pid-file: "" -> "/run/x\.pid" \(after a restart\)$(?s:.*)^in force for new connections, but for what needs a restart$}m,
	    'what needs a restart');
	$daemon->configure($helo_only . qq(contact = "x\@example.org"\n));
	is(($daemon->ctl('reload'))[1], qq(pid-file: "/run/x.pid" -> "" (after a restart)\nin force only after a restart\n), 'nothing else');
	$daemon->reload($helo_only);
	($status, $out) = $daemon->ctl('mode', 'shadow');
	is_deeply([ $status, $out ], [ 0, "mode is shadow for new connections\n" ], 'mode');
	like(($daemon->ctl('status'))[1], qr/^mode +shadow, forced/m, 'status knows');
	($status, $out, $err) = $daemon->ctl('mode', 'loud');
	is($status, 1, 'an unknown mode');
	like($err, qr/a mode is enforce, shadow, off/, 'is told');
	my $socket = $daemon->control;
	$daemon->configure("sokket = 1\nmode = \"x\"\n");
	($status, $out, $err) = tool('-s', $socket, 'reload');
	is($status, 1, 'a bad configuration');
	like($err, qr/bailey\.conf:\d+: sokket: unknown key/, 'its mistakes');
	like($err, qr/bailey\.conf:\d+: mode: /, 'all of them');
	like($err, qr/old configuration stays/, 'and what that means');
	my $answer = decode_json((tool('-j', '-s', $socket, 'reload'))[1]);
	is(scalar @{ $answer->{errors} }, 2, 'in JSON too');
	($status, $out, $err) = $daemon->ctl('status');
	like($err, qr/has mistakes, so this asks at/, 'a broken file does not name the socket');
	SKIP: {
		skip_unless_ci('a daemon of this host answers') if -S '/run/bailey/control.sock';
		is($status, 3, 'and nobody is at the usual one');
		for (['reload'], ['-j', 'why', 'x']) {
			($status, $out, $err) = $daemon->ctl(@$_);
			is_deeply([ $status, $out ], [ 3, '' ], "@$_");
			my (undef, @lines) = split /\n/, $err;
			my $complaint = pop @lines;
			is_deeply(\@lines, [ split /\n/, qx($bailey -t -c @{[$daemon->path]} 2>&1) ], 'prints its mistakes, as bailey -t');
			cmp_ok(scalar @lines, '>=', 2, 'all of them');
			like($complaint, qr/keeps its configuration, and -s SOCKET finds it/, 'and how to go on');
		}
	}
	$daemon->configure('');
};

subtest 'a daemon that stands still' => sub {
	$daemon->process->kill('STOP');
	for (['3s', qr/\A[^\n]*control has not answered for 2 s; waiting up to 3 s \(-t[^\n]*\n[^\n]*busy or stuck\n\z/],
	    ['0.5s'], ['500ms', qr/\A[^\n]*busy or stuck\n\z/]) {
		my ($patience, $wanted) = @$_;
		my ($status, $out, $err) = $daemon->ctl('-t', $patience, '-j', 'status');
		is_deeply([ $status, $out ], [ $wanted ? 3 : 2, '' ], "-t $patience");
		like($err, $wanted // qr/^usage/m, 'is told');
	}
	my $tool = Bailey::Test::Process->start("$folder/waiting", $program, '-c', $daemon->path, '-j', 'status');
	ok(wait_until { $tool->log =~ /waiting up to 60 s/ }, 'without -t it waits on');
	$daemon->process->kill('CONT');
	is($tool->wait(60), 0, 'and gets its answer');
	like($tool->log, qr/\A[^\n]*\n\{[^\n]*"ok":true\}\n\z/, 'which is told once');
};

subtest 'no daemon' => sub {
	my ($status, $out, $err) = tool('-s', "$folder/none", 'status');
	is($status, 3, 'no socket');
	like($err, qr{cannot connect to \Q$folder\E/none: No such file.*not running}, 'is told');
	IO::Socket::UNIX->new(Local => "$folder/left", Listen => 1) or die "$!\n";
	($status, $out, $err) = tool('-s', "$folder/left", 'status');
	is($status, 3, 'one that was left behind');
	like($err, qr/refused; the daemon is not running/, 'is told');
	($status, $out, $err) = tool('-s', '/' . 'x' x 200, 'status');
	is($status, 3, 'a path too long');
	for (["rubbish\n", qr/no JSON object/], ["[1]\n", qr/no JSON object/], ['', qr/closed the connection/],
	    ['', qr/closed the connection/, 3],	# s, after which the wait was told
	    ['{"ok":true', qr/closed the connection/], ['x' x (17 << 20), qr/Message too long/]) {
		my ($says, $wanted, $late) = @$_;
		my $server = IO::Socket::UNIX->new(Local => "$folder/other", Listen => 1) or die "$!\n";
		my $pid = fork // die "fork: $!\n";
		if (!$pid) {
			my $client = $server->accept;
			readline $client;	# all of it, or our end resets the connection
			local $SIG{PIPE} = 'IGNORE';
			sleep $late if $late;
			print $client $says;
			close $client;
			POSIX::_exit(0);
		}
		($status, $out, $err) = tool('-s', "$folder/other", 'status');
		waitpid $pid, 0;
		is($status, 3, 'somebody else who says ' . substr JSON::PP->new->allow_nonref->encode($says), 0, 20);
		like($err, $wanted, 'is told');
		unlink "$folder/other";
	}
	my $full = IO::Socket::UNIX->new(Local => "$folder/full", Listen => 1) or die "$!\n";
	my @first = map { IO::Socket::UNIX->new("$folder/full") } 1 .. 2;
	($status, $out, $err) = tool('-s', "$folder/full", '-t', '3s', 'status');
	is($status, 3, 'one whom too many want to ask');
	like($err, qr{has not answered for 2 s.*cannot connect to \S+/full: .*; the daemon is busy or stuck}s, 'is told');
	my $path = spew("$folder/none.conf", "control-socket = \"\"\n");
	($status, $out, $err) = tool('-c', $path, 'status');
	is($status, 3, 'no control socket configured');
	like($err, qr/takes no questions/, 'is told');
	SKIP: {
		skip 'only root becomes somebody else', 2 if $> != 0;
		my $nobody = getpwnam 'daemon';
		# Where the program was built may be closed to others.
		my $open = File::Temp->newdir('bailey-XXXXXX', TMPDIR => 1);
		chmod 0755, $open or die "$open: $!\n";
		copy($program, "$open/baileyctl") && chmod 0755, "$open/baileyctl" or die "$open: $!\n";
		my $pid = open my $in, '-|' // die "fork: $!\n";
		if (!$pid) {
			open STDERR, '>&', \*STDOUT;
			POSIX::setgid($nobody);
			POSIX::setuid($nobody);
			exec "$open/baileyctl", '-s', $daemon->control, 'status';
		}
		my $said = do { local $/; <$in> };
		close $in;
		is($? >> 8, 3, 'one who may not ask');
		like($said, qr/Permission denied; be root or in the group/, 'is told');
	}
};

$house->stop;
my ($status) = tool('-s', $daemon->control, 'mode', 'shadow');
is($status, 3, 'a stopped daemon');
done_testing;
