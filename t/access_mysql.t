#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# ISPConfig's tables in a real MariaDB: its configuration files are used as
# they are; the server is killed, stopped short and started again under load,
# and mail goes on within its time.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Ispconfig;
use Bailey::Test::Mariadb;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use Test::More;
use Time::HiRes qw(time);

my $why_not = Bailey::Test::Mariadb::why_not() // Bailey::Test::Ispconfig::why_not();
plan skip_all => $why_not if $why_not;

my $house = Bailey::Test->new;
$house->dns(reverse => {});
my $db = Bailey::Test::Mariadb->new($house->folder);
$db->sql(Bailey::Test::Ispconfig::schema());
$db->sql(<<'END');
USE dbispconfig;
INSERT INTO mail_access (server_id, source, access, type, active) VALUES
	(1, '192.0.2.66', 'REJECT', 'client', 'y'),
	(2, '192.0.2.67', 'REJECT', 'client', 'y'),
	(1, '192.0.2.68', 'REJECT', 'client', 'n'),
	(1, '192.0.2.69', 'OK', 'client', 'y'),
	(1, '203.0.113', 'REJECT', 'client', 'y'),
	(1, 'spam.example', 'REJECT', 'sender', 'y'),
	(2, 'other.example', 'REJECT', 'sender', 'y'),
	(1, 'it''s@quoted.example', '550 it is "you"', 'sender', 'y'),
	(1, 'gone@example.org', 'REJECT', 'recipient', 'y');
END
my %cf = Bailey::Test::Ispconfig::files($house->folder, $db->socket);
my $conf = <<"END";
rdns { none = "pass" }
helo { not-fqdn = "pass"  unresolvable = "pass" }
access {
	temperror = "tempfail"
	table "mysql:$cf{virtual_client}" { for = { "client" } }
	table "mysql:$cf{virtual_sender}" { for = { "sender" } }
	table "mysql:$cf{virtual_recipient}" { for = { "recipient" } }
}
END
# Where the library looks for my.cnf, beside /etc.
local $ENV{MARIADB_HOME} = $house->folder;
spew($house->folder . '/my.cnf', "[client]\nsocket = ${\ $db->socket}\n");
my $daemon = $house->bailey($conf);

sub says {
	my ($client, $from, $to) = @_;
	return Bailey::Test::Mta->new($daemon->socket)->last('open', "connect x $client 25", 'helo x.example',
	    'mail <' . ($from // 'a@plain.example') . '>', 'rcpt <' . ($to // 'user@example.org') . '>');
}

my @cases = (
	[ 'nobody knows him', '192.0.2.10', undef, undef, qr/^rcpt: continue/ ],
	[ 'a client', '192.0.2.66', undef, undef, qr/^rcpt: 554 5\.7\.1 Client host/ ],
	[ 'of any server', '192.0.2.67', undef, undef, qr/^rcpt: 554/ ],
	[ 'not active', '192.0.2.68', undef, undef, qr/^rcpt: continue/ ],
	[ 'octets', '203.0.113.9', undef, undef, qr/^rcpt: 554/ ],
	[ 'a domain', '192.0.2.10', 'x@spam.example', undef, qr/^rcpt: 554 5\.7\.1 Sender address/ ],
	[ 'below it', '192.0.2.10', 'x@a.Spam.example', undef, qr/^rcpt: 554/ ],
	[ 'of another server', '192.0.2.10', 'x@other.example', undef, qr/^rcpt: continue/ ],
	[ 'a quote', '192.0.2.10', "it's\@quoted.example", undef, qr/^rcpt: 550 5\.7\.1 Sender address rejected: it is "you"/ ],
	[ 'SQL', '192.0.2.10', q{"' or '1'='1' -- "@x.example}, undef, qr/^rcpt: continue/ ],
	[ 'SQL with a backslash', '192.0.2.10', q{"\\\\' or 1=1 -- "@x.example}, undef, qr/^rcpt: continue/ ],
	[ 'bytes that are no text', '192.0.2.10', q{\xff\xfe\xbf'@x.example}, undef, qr/^rcpt: continue/ ],
	[ 'a recipient', '192.0.2.10', undef, 'gone@example.org', qr/^rcpt: 554 5\.7\.1 Recipient/ ],
	[ 'allowed', '192.0.2.69', 'x@spam.example', 'gone@example.org', qr/^rcpt: continue/ ],
);
for (@cases) {
	my ($name, $client, $from, $to, $wanted) = @$_;
	like(says($client, $from, $to), $wanted, $name);
}

my $refused = qr/^rcpt: 554/;
my $later = qr/^rcpt: 451 4\.3\.0 .*cannot be asked/;

# Several MTAs at once until the code is done; the answers, the longest wait.
sub under_load {
	my ($code) = @_;
	my @mtas = map { Bailey::Test::Mta->new($daemon->socket) } 1 .. 6;
	my (@said, $stop);
	my $longest = 0;
	my $round = sub {
		my $begun = time;
		$_->start('open', 'connect x 192.0.2.66 25', 'helo x.example', 'mail <a@b.example>', 'rcpt <u@example.org>', 'close') for @mtas;
		push @said, map { grep { /^rcpt/ } $_->finish } @mtas;
		$longest = time - $begun if time - $begun > $longest;
	};
	$round->();
	$code->($round);
	return ($longest, @said);
}

subtest 'its configuration changes under load' => sub {
	my $good = slurp($cf{virtual_client});
	my $told = qr/virtual_client\.cf: its configuration was read again/;
	my ($longest, @said) = under_load(sub {
		my ($round) = @_;
		for my $text ($good =~ s/source='%s'/source='%s' and server_id=2/r, $good) {
			my $before = length $daemon->log;
			spew($cf{virtual_client}, $text);
			wait_until { $round->(); substr($daemon->log, $before) =~ $told };
			$round->() for 1 .. 3;
		}
	});
	is_deeply([ grep { $_ !~ $refused && $_ ne 'rcpt: continue' } @said ], [], 'every answer is that of one or the other');
	cmp_ok(scalar(grep { $_ eq 'rcpt: continue' } @said), '>', 0, 'the other was asked');
	like($said[-1], $refused, 'and the first again');
	my $before = length $daemon->log;
	spew($cf{virtual_client}, "nonsense\n");
	ok($daemon->wait_for_log(qr/virtual_client\.cf: line 1: neither .* what was read before stays/, $before), 'a mistake is told');
	like(says('192.0.2.66'), $refused, 'and not taken');
	spew($cf{virtual_client}, $good . "require_result_set = no\n");
	ok($daemon->wait_for_log($told, $before), 'all of it can be changed');
	like(says('192.0.2.66'), $refused, '... with what Postfix has since 3.2');
};

subtest 'where my.cnf says, as in Postfix since 3.2' => sub {
	my $text = slurp($cf{virtual_client}) =~ s/^hosts.*\n//mr;
	my %file = (client => '', none => "option_group =\n");
	spew($house->folder . "/$_.cf", $text . $file{$_}) for keys %file;
	$daemon->reload(qq(helo { not-fqdn = "pass" }\naccess { table "mysql:${\ $house->folder}/$_.cf" {} })), $file{$_} = says('192.0.2.66')
	    for sort keys %file;
	like($file{client}, $refused, 'its group client is read');
	is($file{none}, 'rcpt: continue', 'unless no group shall be');
	$daemon->reload($conf);
};

subtest 'killed and started again under load' => sub {
	my ($longest, @said) = under_load(sub {
		my ($round) = @_;
		$round->() for 1 .. 5;
		$db->process->kill('KILL');
		$db->process->wait(PATIENCE);
		$round->() for 1 .. 20;
		$db->start;
		# A breaker that opened several times stays so for up to a minute.
		wait_until { $round->(); says('192.0.2.66') =~ $refused } 120;
		$round->() for 1 .. 5;
	});
	is_deeply([ grep { $_ !~ $refused && $_ !~ $later } @said ], [], 'every answer is the table\'s or "later"');
	cmp_ok(scalar(grep { /$later/ } @said), '>', 0, 'it was away');
	like($said[-1], $refused, 'and is back');
	cmp_ok($longest, '<', 15, 'nobody waited long');
	ok($daemon->wait_for_log(qr/mysql-virtual_client\.cf: the server does not answer/), 'the log tells that it went');
	ok($daemon->wait_for_log(qr/mysql-virtual_client\.cf: the server answers again/), 'and that it came back');
};

subtest 'a restart nobody notices' => sub {
	$db->stop;
	$db->start;
	like(says('192.0.2.66'), $refused, 'idle connections are replaced');
};

subtest 'a server that does not answer' => sub {
	$db->process->kill('STOP');
	my $begun = time;
	like(says('192.0.2.66'), $later, 'temporary error');
	cmp_ok(time - $begun, '<', 20, 'after a while');
	$begun = time;
	my @said = map { says('192.0.2.66') } 1 .. 20;
	is_deeply([ grep { $_ !~ $later } @said ], [], 'the same to those who come next');
	cmp_ok(time - $begun, '<', 20, 'who do not wait');
	$db->process->kill('CONT');
	ok((wait_until { says('192.0.2.66') =~ $refused } 3 * PATIENCE), 'and all is well again');
};

subtest 'temperror = pass' => sub {
	$daemon->reload($conf =~ s/temperror = "tempfail"//r);
	$db->stop;
	is(says('192.0.2.66'), 'rcpt: continue', 'the default lets mail through');
	$db->start;
};

subtest 'recipients who want greylisting' => sub {
	$db->sql(<<'SQL');
USE dbispconfig;
INSERT INTO mail_user (email, greylisting) VALUES ('slow@example.org', 'y'), ('fast@example.org', 'n');
INSERT INTO mail_forwarding (source, greylisting) VALUES ('list@example.org', 'y'), ('@slow.example', 'y');
SQL
	$daemon->reload(qq(helo { not-fqdn = "pass" }\ngreylist { apply = "all" recipients-table = "mysql:$cf{virtual_policy_greylist}" temperror = "reject" }));
	my %wanted = ('slow@example.org' => 451, 'fast@example.org' => 'continue', 'nobody@example.org' => 'continue',
		'list@example.org' => 451, 'any@slow.example' => 451);
	like(says('192.0.2.10', undef, $_), qr/^rcpt: $wanted{$_}/, $_) for sort keys %wanted;
	$db->stop;
	like(says('192.0.2.10', undef, 'fast@example.org'), qr/^rcpt: 550 5\.7\.1 recipients-table: /, 'temperror');
	$db->start;
};

subtest 'mistakes in the files' => sub {
	my %wrong = (
		"quer = x\n" => qr/line 1: unknown parameter "quer"/,
		"user = x\nhosts = y\n" => qr/no query/,
		"# x\nuser\n" => qr/line 2: neither/,
		"query = x\nexpansion_limit = many\n" => qr/expansion_limit: "many" is not a number/,
	);
	for my $text (sort keys %wrong) {
		my $path = spew($house->folder . '/wrong.cf', $text);
		my $before = length $daemon->log;
		$daemon->reload(qq(access { table "mysql:$path" {} }));
		ok($daemon->wait_for_log($wrong{$text}, $before), $text =~ s/\n/; /gr);
	}
	my $path = spew($house->folder . '/wrong.cf', slurp($cf{virtual_client}) =~ s/mail_access/no_table/r);
	$daemon->reload(qq(access { table "mysql:$path" {} }));
	is(says('192.0.2.66'), 'rcpt: continue', 'a query the server refuses');
	ok($daemon->wait_for_log(qr/wrong\.cf: Table 'dbispconfig\.no_table' doesn't exist/), 'is told in its words');
};

done_testing;
