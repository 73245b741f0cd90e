#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The administrator's tools for what the filter remembers: each of them beside
# a running daemon and on the store of a stopped one, on disk and on a server;
# and what they say about real mail.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Redis;
use Bailey::Test::Tools;
use JSON::PP;
use Test::More;

my $house = Bailey::Test->new;
my $folder = $house->folder;
my $quiet = Bailey::Test::Daemon::quiet('greylist');
my $slow = $quiet . qq(greylist { delay = "60m" }\n); # however slow the machine, this is not over
my $daemon = $house->bailey($slow);
my $now = time;
my $later = $now + 86400;
my $text = <<"END";
bailey-dump 1
client	$later $now $now $now 7	192.0.2.1
client	$later $now $now $now 2	192.0.2.10
client	$later $now $now $now 9	b.example
correspondent	$later $now $now $now 1	joe\@a.example	bob\@c.example
correspondent	$later $now $now $now 1	me\@b.example	joe\@a.example
dmarc	$later	20231114	d.example	id1	1700000000	192.0.2.1		x\\x5c\\x09y
dmarc	$later	20231114	d.example	id2	
triplet	$later $now $now 0 1	192.0.2.0/24	joe\@a.example	me\@b.example
triplet	$later @{[$now - 4000]} $now 0 2	198.51.100.0/24	joe\@sub.a.example	you\@b.example
triplet	$later $now $now $now 4	2001:db8::/64		J\\xc3\\xb6rg\\x5cx\@b.example
triplet	$later $now $now $now 4	a.example	bounce-#\@a.example	me\@b.example
shadow	$later $now $now $now 2	192.0.2.0/24	sly\@a.example	me\@b.example
raw	d20231114\\x00d.example\\x00id3	\\x01\\x00\\x00\\x00\\x00\\x07newer\\x00
raw	q	\\x07abc
end 14
END
spew("$folder/in", $text);
spew("$folder/expired", "bailey-dump 1\nclient\t1700000000 1 1 1 9\texpired.example\nend 1\n");

# On disk a change of back ends is a dump and a load; so is the way back.
my $redis;
for my $how ('running', 'stopped', 'on a server', 'stopped, on a server') {
	$daemon->stop if $how ne 'running';
	if ($how =~ /server/) {
		last if no_redis();
		$redis //= Bailey::Test::Redis->new($folder);
		if ($how eq 'on a server') {
			is((ctl('load', "$folder/in"))[0], 0, 'load into the old back end');
			is((ctl('dump', "$folder/moved"))[0], 0, 'dump it');
			$daemon->configure($slow . 'store { url = "' . $redis->url . '" }');
			is((ctl('load', "$folder/moved"))[0], 0, 'load into the new one');
			is(sorted((ctl('dump'))[1]), sorted(slurp("$folder/moved")), 'nothing is lost');
		}
		$redis->stop;
		$redis->start;
	}
	system('rm', '-rf', glob "$folder/bailey/store*") == 0 or die if $how ne 'running';
	$daemon->start if $how eq 'on a server';
	is((ctl('load', spew("$folder/nothing", "bailey-dump 1\nend 0\n")))[0], 0, 'load makes a store') if $how eq 'stopped';
	subtest "dump, load, verify: $how" => \&whole_store;
	subtest "list: $how" => \&list;
	subtest "show: $how" => \&show;
	subtest "allow and delete: $how" => \&change;
	subtest "forget: $how" => \&forget;
	subtest "flush: $how" => \&flush;
}

$daemon->stop;
$daemon->configure($quiet);
$redis->stop if $redis;

subtest 'the daemon takes its store back' => sub {
	is((ctl('load', "$folder/in"))[0], 0, 'load as root');
	$daemon->start;
	is(states('--state', 'known'), 2, 'the records are there');
	my ($status, $out, $err) = ctl('-d', "$folder/bailey", 'verify');
	is($status, 3, 'another opens its store');
	like($err, qr{the store in \Q$folder\E/bailey is in use by process \d+$}, 'and is refused');
};

subtest 'what it says is what mail meets' => sub {
	my $key = spew("$folder/bailey/key", '0123456789abcdef');
	chown((getpwnam 'nobody')[2, 3], $key) if $> == 0;
	chmod 0600, $key or die;
	for my $hidden (0, 1) {
		$daemon->reload($quiet . 'greylist { mode = "enforce" apply = "all" delay = "60m" '
		    . ($hidden ? qq(key-file = "$key") : '') . ' }');
		my @mail = ('198.51.100.77', 'Ann+tag@a.example', 'Me@b.example');
		like(attempt(@mail), qr/: 451 /, 'deferred');
		my ($status, $out) = ctl('greylist', 'show', @mail);
		is($status, 0, 'show');
		like($out, qr/^early +.* in (?:59 min|1 h)/m, 'waits');
		like($out, qr/^would be answered now, as \S+: early, to come back in (?:59 min|1 h)/m, 'and how long');
		like($out, qr/^would be answered now, as \S+: new, to come back in 1 h$/m, 'unless proven');
		$hidden ? like($out, qr/^early .*  #\w{32}  #\w{32}  #\w{32}$/m, 'hidden')
		    : like($out, qr{ 198\.51\.100\.0/24 +ann\@a\.example +me\@b\.example$}m, 'the key');
		($status, $out) = ctl('-j', 'greylist', 'list', '--state', 'early', '--sender', $mail[1]);
		my $record = decode_json($out);
		like(attempt(@mail), qr/: 451 /, 'deferred again');
		is(json('greylist', 'show', @mail)->{count}, 2, 'counted');
		is((ctl('greylist', 'delete', @$record{qw(client sender recipient)}))[1], "1 records removed\n",
		    'delete, by the words of the list');
		is((ctl('greylist', 'delete', @mail))[0], 1, 'by those of the mail');
		like((ctl('greylist', 'show', @mail))[1], qr/^would be answered now, as \S+: new, to come back in 1 h$/m,
		    'new again');
		like(attempt(@mail), qr/: 451 /, 'deferred');
		is((ctl('greylist', 'allow', $mail[0]))[1], "1 records allowed\n", 'allow');
		like((ctl('greylist', 'show', @mail))[1], qr/^would be answered now, as \S+: allowed$/m, 'allowed');
		like(attempt(@mail), qr/continue/, 'taken');
		is((ctl('greylist', 'delete', $mail[0]))[0], 0, 'no longer');
		like(attempt(@mail), qr/: 451 /, 'deferred');
		# And receipts, which are written behind the mail's back.
		like((ctl('forget', 'ann@a.example'))[1], qr/^[1-9] records removed$/, 'forget');
		is(states('--sender', 'ann@a.example'), 0, 'it is gone');
		if ($hidden) {
			my ($status, $out, $err) = ctl('greylist', 'list', '--sender', 'a.example');
			is($status, 1, 'a hidden domain');
			like($err, qr/key-file hides addresses/, 'cannot be looked for');
		}
	}
	$daemon->reload($quiet . 'greylist { mode = "off" auto-allow-after = 0 }');
	like((ctl('greylist', 'allow', '192.0.2.1'))[2], qr/auto-allow-after is 0/, 'where nobody is counted');
};

$house->stop;
done_testing;

sub ctl { return $daemon->ctl(@_) }

sub no_redis {
	my $why = Bailey::Test::Redis::why_not() // return;
	die "$why\n" if $ENV{CI};
	diag($why);
	return 1;
}

sub json { return decode_json((split /\n/, (ctl('-j', @_))[1])[0]) }
# How many are listed.
sub states { return scalar split /\n/, (ctl('-j', 'greylist', 'list', @_))[1] }
sub sorted { return join "\n", sort split /\n/, $_[0] }

# The last reply to RCPT.
sub attempt {
	my ($client, $sender, $rcpt) = @_;
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	return $mta->last('open', "connect h $client 25", 'helo h', "mail <$sender>", "rcpt <$rcpt>");
}

sub whole_store {
	my ($status, $out, $err) = ctl('verify');
	is_deeply([ $status, $out, $err ], [ 0, "sound: empty\n", '' ], 'an empty store');
	is_deeply([ ctl('dump') ], [ 0, "bailey-dump 1\nend 0\n", '' ], 'is dumped');
	is_deeply([ ctl('load', "$folder/in") ], [ 0, "14 records loaded\n", '' ], 'load');
	($status, $out) = ctl('verify');
	is($status, 0, 'verify');
	like($out, qr/^sound: (?=.*\b3 clients)(?=.*\b2 correspondents)(?=.*\b3 dmarc)(?=.*\b1 shadow)(?=.*\b4 triplets).* 1 newer/,
	    'counts them');
	is(json('verify')->{counts}{triplets}, 4, 'in JSON');
	unlink "$folder/out";
	is_deeply([ ctl('dump', "$folder/out") ], [ 0, "14 records\n", '' ], 'dump');
	is(sorted(slurp("$folder/out")), sorted($text), 'what was loaded');
	is((stat "$folder/out")[2] & 07777, 0600, 'for its owner only');
	is((ctl('dump'))[1], slurp("$folder/out"), 'the same on standard output');
	($status, $out, $err) = ctl('dump', "$folder/out");
	is($status, 1, 'no file is overwritten');
	is($err, "baileyctl: dump: $folder/out: File exists\n", 'is told');
	unlink "$folder/out";
	is_deeply(json('dump', "$folder/out"), { ok => JSON::PP::true, records => 14 }, 'in JSON');
	is((ctl('-j', 'dump'))[0], 2, 'which needs a file');
	is_deeply(json('load', "$folder/out"), { ok => JSON::PP::true, loaded => 14 }, 'load again');
	is(sorted((ctl('dump'))[1]), sorted($text), 'changes nothing');
	return;
}

sub list {
	my %wanted = ('' => 9, '--state early' => 1, '--state passed' => 1, '--state known' => 2, '--state new' => 0,
		'--state counted' => 1, '--state allowed' => 2, '--state correspondent' => 2,
		'--client 192.0.2.1' => 2, '--client 192.0.2.7' => 1, '--client 192.0.2.0/24' => 3,
		'--client 192.0.0.0/16' => 3, '--client 192.0.2.8/29' => 1, '--client a.example' => 1,
		'--client b.example' => 1, '--client 2001:db8::/32' => 1, '--client ::/0' => 1,
		'--sender a.example' => 4, '--sender sub.a.example' => 1, '--sender Joe+x@A.example' => 2,
		'--sender bounce-17@a.example' => 1, '--sender <>' => 1, '--recipient b.example' => 4,
		'--recipient <joe@a.example>' => 1, '--recipient ME@b.example --state early' => 1, '--limit 3' => 3);
	for my $filter (sort keys %wanted) {
		is(states(split / /, $filter), $wanted{$filter}, "list $filter")
		    or diag((ctl('greylist', 'list', split / /, $filter))[1, 2]);
	}
	my $program = Bailey::Test::Daemon::ctl_program();
	is(system("$program -c ${\$daemon->path} greylist list >&- 2>/dev/null") >> 8, 1,
	    'a list that cannot be written fails, and goes nowhere else');
	my ($status, $out, $err) = ctl('greylist', 'list');
	my ($head, @lines) = split /\n/, $out;
	like($head, qr/^STATE +FIRST +LAST +COUNT +LET IN +CLIENT +SENDER +RECIPIENT$/, 'for people');
	my $at = index $head, 'CLIENT';
	ok(!(grep { substr($_, $at - 1, 2) !~ /^ \S$/ } @lines), 'in columns');
	like($out, qr{^early .* 1 +in (?:[345]\d min|1 h).* 192\.0\.2\.0/24 +joe\@a\.example +me\@b\.example$}m, 'a triplet');
	like($out, qr{^known .* now +2001:db8::/64 +<> +J\xc3\xb6rg\\x\@b\.example$}m, 'a null sender');
	like($out, qr{^allowed .* 7 +now +192\.0\.2\.1 +- +-$}m, 'a client');
	is((ctl('load', "$folder/expired"))[0], 0, 'a record that has expired');
	is(states(), $wanted{''}, 'is not there');
	for (['a state', '--state', 'late'], ['a number', '--limit', 'x'], ['a number', '--limit', '0'],
	    ['of another word', '--yes']) {
		my ($name, @options) = @$_;
		is((ctl('greylist', 'list', @options))[0], 2, "no option: $name @options");
	}
	for (['--client', 'x y', 'no address, network or domain'], ['--client', '192.0.2.1/24', 'no address'],
	    ['--sender', '-bad-', 'neither an address nor a domain']) {
		($status, $out, $err) = ctl('greylist', 'list', @$_[0, 1]);
		is($status, 1, "@$_[0, 1]");
		like($err, qr/$_->[2]/, 'is told');
		ok(!json('greylist', 'list', @$_[0, 1])->{ok}, 'in JSON too');
	}
	is((ctl('greylist', 'list', '--client', "\xff"))[0], 2, 'not even UTF-8');
	return;
}

sub show {
	my ($status, $out, $err) = ctl('greylist', 'show', '192.0.2.1');
	is(scalar(() = $out =~ /\n/g), 3, 'a client: head, triplet, counter');
	is_deeply([ (ctl('greylist', 'show', '192.0.2.77', 'joe@a.example'))[0] ], [0], 'with a sender');
	($status, $out, $err) = ctl('greylist', 'show', '203.0.113.1');
	is($status, 1, 'a stranger');
	like($err, qr/nothing is remembered of that/, 'is told');
	($status, $out) = ctl('greylist', 'show', '203.0.113.1', 'bob@c.example', 'joe@a.example');
	like($out, qr/^would be let in now: the recipient wrote to this sender$/m, 'a correspondent');
	($status, $out) = ctl('greylist', 'show', '203.0.113.1', 'bounce-99@a.example', 'me@b.example');
	like($out, qr{^would be answered now, as 203\.0\.113\.0/24: new, }m, 'by its network');
	like($out, qr{^would be answered now, as a\.example: known$}m, 'by the domain');
	($status, $out) = ctl('greylist', 'show', '192.0.2.1', 'new@a.example', 'me@b.example');
	like($out, qr{^would be answered now, as 192\.0\.2\.0/24: allowed$}m, 'an allowed client');
	my @lines = split /\n/, (ctl('-j', 'greylist', 'show', '192.0.2.7', 'joe@a.example', 'me@b.example'))[1];
	is(decode_json($lines[0])->{state}, 'early', 'in JSON, the record');
	my ($answer) = @{ decode_json($lines[1])->{answers} };
	is($answer->{result}, 'early', 'and the answer');
	cmp_ok($answer->{wait}, '>', 1800, 'with the seconds left');
	is((ctl('greylist', 'show'))[0], 2, 'nothing to show');
	is((ctl('greylist', 'show', 'a', 'b', 'c', 'd'))[0], 2, 'too much to show');
	is((ctl('greylist', 'dance'))[0], 2, 'no such word');
	return;
}

sub change {
	for (['198.51.100.0/29', 8], ['198.51.100.9', 1], ['2001:db8::1', 1], ['c.example', 1]) {
		my ($client, $n) = @$_;
		my $before = states('--state', 'allowed');
		is_deeply([ (ctl('greylist', 'allow', $client))[0, 1] ], [ 0, "$n records allowed\n" ], "allow $client");
		is(states('--state', 'allowed'), $before + $n, 'are allowed');
		is(json('greylist', 'delete', $client)->{removed}, $n, 'delete');
		is(states('--state', 'allowed'), $before, 'are not');
	}
	is((ctl('greylist', 'allow', '192.0.2.10'))[0], 0, 'one who was counted');
	is(json('greylist', 'list', '--client', '192.0.2.10', '--state', 'allowed')->{first}, $now, 'keeps his past');
	for (['allow', '192.0.0.0/16', 'a network may have 256'], ['allow', '2001:db8::/64', 'a network may have 256'],
	    ['delete', '203.0.113.9', 'no such record'], ['delete', '192.0.2.1', 'joe@a.example', 'you@x.example', 'no such'],
	    ['delete', '192.0.2.1', 'joe@a.example', 'or neither'], ['delete', '192.0.2.1', 'a.example', 'b.example', 'whole']) {
		my @words = @$_;
		my $wanted = pop @words;
		my ($status, $out, $err) = ctl('greylist', @words);
		is($status, 1, "@words");
		like($err, qr/\Q$wanted\E/, 'is told');
	}
	is((ctl('greylist', 'delete', '192.0.2.0/24', 'joe@a.example', 'me@b.example'))[0], 0, 'delete a triplet');
	is(states('--client', '192.0.2.0/24', '--sender', 'a.example'), 0, 'it is gone');
	return;
}

sub forget {
	my $before = states();
	is_deeply([ (ctl('forget', 'nobody@a.example'))[0, 1] ], [ 0, "0 records removed\n" ], 'nobody');
	is_deeply([ (ctl('forget', 'Joe+x@A.example'))[0, 1] ], [ 0, "2 records removed\n" ], 'somebody');
	is(json('forget', 'bounce-3@a.example')->{removed}, 1, 'one whose number was replaced');
	is((ctl('forget', 'sly@a.example'))[1], "1 records removed\n", 'one of whom only shadow rules know');
	is(states(), $before - 3, 'nothing else');
	is((ctl('forget', "J\xc3\xb6rg\\x\@b.example"))[1], "1 records removed\n", 'odd characters');
	for ('', 'a.example', '<>', '@a.example') {
		my ($status, $out, $err) = ctl('forget', $_);
		is($status, 1, "\"$_\"");
		like($err, qr/no mail address/, 'is told');
	}
	is((ctl('forget', "\xff\@a.example"))[0], 2, 'not UTF-8');
	return;
}

sub flush {
	my ($status, $out, $err) = ctl('greylist', 'flush');
	is($status, 2, 'not without a word');
	like($err, qr/say --yes/, 'which is told');
	cmp_ok(states(), '>', 3, 'nothing happened');
	my $correspondents = states('--state', 'correspondent');
	like((ctl('greylist', 'flush', '--yes'))[1], qr/^\d records removed$/, 'with it');
	is(states(), $correspondents, 'correspondents stay');
	like((ctl('verify'))[1], qr/3 dmarc/, 'and all else');
	return;
}
