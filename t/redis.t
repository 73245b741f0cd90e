#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Three mail hosts that share one store: whom one of them deferred, another
# accepts.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Process;
use Bailey::Test::Redis;
use Bailey::Test::Tools;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => Bailey::Test::why_not() if Bailey::Test::why_not();

my $place = Bailey::Test->new;
my $redis = Bailey::Test::Redis->new($place->folder, tcp => 1, password => 'a:b@c/%', conf => "requirepass a:b\@c/%\n");
my $secret = spew($place->folder . '/password', "a:b\@c/%\n");
chmod 0640, $secret;
chown 0, (getpwnam 'nobody')[3], $secret;

# Three hosts; three ways to say where.
my @urls = ('url = "' . $redis->url(':a%3ab%40c%2f%25@') . '"',
	'url = "' . $redis->url . qq("\npassword-file = "$secret"),
	'url = { "unix:' . $redis->socket . qq(" }\nstore-down = local\npassword-file = "$secret"));
my @mx = map {
	my $house = Bailey::Test->new;
	$house->dns(zones => []);
	$house->bailey("store { $_\ndeadline = 3s }\ngreylist { apply = all\ndelay = 2s\nauto-allow-after = 1 }\nrdns { mode = off }");
	$house->postfix(smtpd_sasl_auth_enable => 'yes',
		smtpd_recipient_restrictions => 'permit_sasl_authenticated, reject_unauth_destination',
		default_transport => 'discard:');
	$house;
} @urls;

sub try {
	my ($mx, $client, $from, $to) = @_;
	my $smtp = $mx[$mx]->client($client);
	$smtp->ehlo('mail.client.example');
	return $smtp->send(from => $from, to => [ $to // 'user@example.org' ]);
}

subtest 'one client, three hosts' => sub {
	like(try(0, '192.0.2.40', 'joe@client.example'), qr/^451 .*come back in 2 seconds/, 'the first defers it');
	like(try($_, '192.0.2.40', 'joe@client.example'), qr/^451 .*come back in [12] seconds/, "so does host $_, for the rest of the time")
	    for 1, 2;
	my $reply;
	wait_until { ; $reply = try(1, '192.0.2.41', 'joe@client.example'); $reply !~ /^4/ || !sleep 0.3 };
	like($mx[1]->delivered($reply) // '', qr/^X-Greylist: delayed \d+ seconds/m, 'the second accepts it');
	like(try(2, '192.0.2.42', 'joe@client.example'), qr/^250 /, 'the third knows it');
};

subtest 'what else they learn' => sub {
	like(try(0, '192.0.2.41', 'eve@client.example'), qr/^250 /, 'a client that passed at one is allowed at another');
	my $us = $mx[0]->client('192.0.2.70', LOGIN => 'user');
	$us->ehlo('laptop');
	like($us->send(from => 'user@example.org', to => [ 'ann@client.example' ]), qr/^250 /, 'somebody writes by the first');
	like(try(2, '198.51.100.71', 'ann@client.example'), qr/^250 /, 'and is answered at the third at once');
};

subtest 'what stays' => sub {
	my ($id) = try(0, '203.0.113.1', 'why@client.example') =~ /\[id=(\w+)\]/;
	wait_until { ; !($mx[0]->bailey->ctl('why', $id))[0] };
	is(($mx[0]->bailey->ctl('why', $id))[0], 0, 'a receipt is where the mail was');
	isnt(($mx[1]->bailey->ctl('why', $id))[0], 0, 'and nowhere else');
};

subtest 'doctor' => sub {
	my $server = qr/server +127\.0\.0\.1:${\ $redis->port}/;
	my $found = sub { return ($mx[1]->bailey->ctl('doctor'))[1] };
	my $text = $found->();
	like($text, qr/ok   $server answers in \d+ us; version \d/, 'knows the server');
	like($text, qr/warn memory .* may take all memory.*\n.*volatile-ttl/, 'and what it lacks');
	like($text, qr/warn restart .* forgets everything/, 'and forgets');
	$redis->cli(qw(CONFIG SET maxmemory 100mb));
	like($found->(), qr/warn memory .* nobody is greylisted any more; its policy is noeviction/, 'its policy');
	$redis->cli(qw(CONFIG SET maxmemory-policy volatile-ttl));
	$redis->cli(qw(CONFIG SET save), '3600 1');
	$text = $found->();
	like($text, qr/ok   memory .* of 100 MB/, 'well set up');
	unlike($text, qr/restart/, 'in every way');
};

subtest 'away' => sub {
	like(($mx[2]->bailey->ctl('status'))[1], qr/its server answers; 0 calls found it away/, 'not yet');
	$redis->process->kill('STOP');
	like(try(0, '192.0.2.90', 'away@client.example'), qr/^250 /, 'nobody is greylisted');
	like(try(2, '192.0.2.90', 'away@client.example'), qr/^451 .*Greylisted/, 'but by a host that stands in');
	my $status = ($mx[2]->bailey->ctl('status'))[1];
	like($status, qr/its server IS AWAY; [1-9]\d* calls found it away, this host answered [1-9]\d* of them, and will send on/, 'which says so');
	like(($mx[1]->bailey->ctl('doctor'))[1], qr/fail server .*no answer in time/, 'so does the doctor');
	like(($mx[0]->bailey->ctl('status'))[1], qr/IS AWAY; [1-9]\d* calls found it away, this host answered 0 of them$/m, 'the other, too');
	$redis->process->kill('CONT');
	ok(wait_until { ; ($mx[2]->bailey->ctl('status'))[1] =~ /its server answers; .* of them$/m }, 'it is found again, and told all');
	my $reply;
	wait_until { ; $reply = try(0, '192.0.2.90', 'away@client.example'); $reply =~ /^4/ || !sleep 0.3 };
	wait_until { ; $reply = try(0, '192.0.2.90', 'away@client.example'); $reply !~ /^4/ || !sleep 0.3 };
	like($reply, qr/^250 /, 'and mail comes in');
	like(($mx[2]->bailey->ctl('status'))[1], qr/its server answers;/, 'status knows it');
};

# Between a host and the server, whose clock it puts forward by a day.
sub other_time {
	my $listener = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1') or die "$!\n";
	my $proxy = Bailey::Test::Process->start_code($place->folder . '/proxy.log', sub {
		local $SIG{CHLD} = 'IGNORE';
		while (my $host = $listener->accept) {
			next if fork;
			my $server = IO::Socket::INET->new('127.0.0.1:' . $redis->port) or POSIX::_exit(1);
			my $select = IO::Select->new($host, $server);
			while (1) {
				for my $from ($select->can_read) {
					sysread $from, my $bytes, 65536 or POSIX::_exit(0);
					$bytes =~ s/^(\*2\r\n\$10\r\n)(\d{10})(\r\n\$\d+\r\n\d+\r\n)/$1 . ($2 + 86400) . $3/me
					    if $from == $server;
					syswrite $from == $server ? $host : $server, $bytes;
				}
			}
		}
	}, 'proxy');
	return ($proxy, $listener->sockport);
}

subtest 'clocks' => sub {
	my ($proxy, $port) = other_time();
	my $late = Bailey::Test->new;
	$late->dns(zones => []);
	$late->bailey(qq(store { url = "redis://127.0.0.1:$port"\npassword-file = "$secret"\ndeadline = 3s }\n)
	    . "greylist { apply = all }\nrdns { mode = off }");
	$late->postfix;
	my $smtp = $late->client('192.0.2.99');
	$smtp->ehlo('mail.client.example');
	like($smtp->send(from => 'late@client.example', to => ['user@example.org']), qr/^451 /, 'deferred');
	is(($mx[0]->bailey->ctl('dump', $place->folder . '/clocks'))[0], 0, 'looked at from another host');
	my ($first) = slurp($place->folder . '/clocks') =~ /^triplet\t\d+ (\d+).*\tlate\@client\.example\t/m;
	cmp_ok(abs($first - time - 86400), '<', 300, 'the clock of the server counts');
	like(($late->bailey->ctl("doctor"))[1], qr/warn clock +the clock of 127\.0\.0\.1:$port is 86[34]\d\d s from ours/,
	    'which the doctor tells');
};

subtest 'dump and load' => sub {
	my $folder = $place->folder;
	my $records = sub {
		my ($text) = @_;
		return join "\n", sort grep { /^(?:triplet|client|correspondent)/ } split /\n/, $text;
	};
	my ($status, undef, $error) = $mx[0]->bailey->ctl('dump', "$folder/running");
	is($status, 0, 'written by a running daemon') or diag($error);
	my $first = $records->(slurp("$folder/running"));
	like($first, qr/^$_\t/m, "with each $_") for qw(triplet client correspondent);
	$mx[1]->bailey->stop;
	is(($mx[1]->bailey->ctl('dump', "$folder/stopped"))[0], 0, 'and by the tool beside a stopped one');
	is($records->(slurp("$folder/stopped")), $first, 'is the same');
	my $alone = spew("$folder/alone.conf", qq(state-directory = "$folder/state"));
	mkdir "$folder/state";
	is((Bailey::Test::Daemon::run_tool('-c', $alone, 'load', "$folder/running"))[0], 0, 'a store of one host takes it');
	is((Bailey::Test::Daemon::run_tool('-c', $alone, 'dump', "$folder/alone"))[0], 0, 'and gives it');
	$redis->cli('FLUSHALL');
	is(($mx[0]->bailey->ctl('load', "$folder/alone"))[0], 0, 'back to an empty server');
	is(($mx[0]->bailey->ctl('dump', "$folder/again"))[0], 0, 'which has it');
	is($records->(slurp("$folder/again")), $first, 'as it was');
	like(try(2, '192.0.2.42', 'joe@client.example'), qr/^250 /, 'and the third host knows who passed');
};

is($redis->cli('--scan', '--pattern', 'bailey:r*'), '', 'nor on the server');
cmp_ok($redis->keys('bailey:g'), '>', 1, 'where triplets are');
subtest 'full' => sub {
	unlike(($mx[0]->bailey->ctl('status'))[1], qr/FAILED/, 'no call has failed');
	$redis->cli('CONFIG', 'SET', 'maxmemory', 1);
	like(try(0, '192.0.2.91', 'full@client.example'), qr/^250 /, 'nobody is greylisted');
	like(($mx[0]->bailey->ctl('status'))[1], qr/; [1-9]\d* CALLS FAILED, see the log$/m, 'which status knows');
	$redis->cli('CONFIG', 'SET', 'maxmemory', 0);
	like(try(0, '192.0.2.91', 'full@client.example'), qr/^451 /, 'until there is room');
};

# The lines of the manual, for a server of one's own and for nodes of a cluster.
subtest 'a user with no more rights than needed' => sub {
	my ($conf) = slurp(($ENV{TOP_SRCDIR} // '.') . '/doc/bailey-shared.7') =~ /^(maxmemory 4gb\n.*?)^\.Ed/ms;
	$conf =~ s/\n +/ /g;
	$conf =~ s/SECRET/sesame/;
	my ($user) = $conf =~ /^user (.*)/m;
	my @nodes = Bailey::Test::Redis->cluster($place->folder, 3);
	$_->cli('ACL', 'SETUSER', split ' ', $user) for @nodes;
	for my $is ([ Bailey::Test::Redis->new($place->folder, tcp => 1, conf => $conf), '' ], [ @nodes, 'cluster = yes' ]) {
		my $house = Bailey::Test->new;
		$house->dns(zones => []);
		my $bailey = $house->bailey('store { url = "' . $is->[0]->url('bailey:sesame@') . qq("\n$is->[-1]\ndeadline = 3s }\n)
		    . 'greylist { apply = all }');
		my @said = map { Bailey::Test::Mta->new($bailey->socket)->last('open', 'connect x 192.0.2.5 25', 'helo mx.client.example',
		    'mail <joe@client.example>', "rcpt <$_\@example.org>") } 1 .. 10;
		is(scalar(grep { /^rcpt: 451 .*Greylisted/ } @said), 10, "greylists $is->[-1]") or diag(@said);
		is(scalar(my @list = ($bailey->ctl(qw(greylist list)))[1] =~ /^early .*\@example\.org/mg), 10, 'lists');
		like(($bailey->ctl(qw(greylist flush --yes)))[1], qr/^1[0-9] records removed/, 'removes');
		unlike(($bailey->ctl('doctor'))[1], qr/NOPERM|fail server|server .* cannot/, 'is examined');
		unlike($bailey->log, qr/NOPERM/, 'without a refusal');
		is($_->cli('ACL', 'LOG'), '', '... on any server') for @$is[ 0 .. $#$is - 1 ];
	}
};

done_testing;
