#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The administrator's lists, in text files: who is allowed, refused, held or
# spared a check, what a forged sender gets of it, and what a change does to
# mail under way.

use v5.32;
use warnings;
use File::Temp ();
use FindBin;
use POSIX ();
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use Test::More;

my $house = Bailey::Test->new;
$house->dns(
	zones => [<<'END'],
$ORIGIN example.net.
$TTL 60
@	SOA a b 1 1 1 1 1
mx	A 192.0.2.10
spam	A 192.0.2.66
proven	TXT "v=spf1 ip4:192.0.2.10 -all"
proven	MX 10 mx
forged	TXT "v=spf1 ip4:198.51.100.1 ~all"
forged	MX 10 mx
plain	MX 10 mx
END
	rules => "rule 55.2.0.192.in-addr.arpa PTR drop\nrule 56.2.0.192.in-addr.arpa PTR rcode SERVFAIL\n",
	reverse => { '192.0.2.10' => 'mx.example.net', '192.0.2.66' => 'spam.example.net' },
);
my $table = $house->folder . '/access';
spew($table, <<'END');
# One of each.
spam.example.net	REJECT no more
192.0.2.77		550 5.7.99 not from here
198.51.100		DEFER
203.0.113.0/25		OK
203.0.113.64/26		REJECT this part is bad
2001:db8:bad::/48	reject
helo.example.net	REJECT
proven.example.net	OK
forged.example.net	OK
held.example.net	HOLD look at this
thrown.example.net	DISCARD
<>			DUNNO
bob@example.org		REJECT
	he has left
@nonsense.example	REJECT
example.org		DUNNO
carol@example.org	OK
odd@example.org		WHATEVER now
192.0.2.20		SKIP helo
192.0.2.30		MODE shadow
192.0.2.31		SKIP helo, nothing
skipping.example.net	SKIP helo
author.example.net	REJECT not as this author
END
my $daemon = $house->bailey(<<"END");
rdns { none = "pass"  fail = "pass" }
access { table "file:$table" {} }
END

my $number = 0;

# What the filter says to one message: of the recipient, or at the end.
sub says {
	my (%is) = @_;
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	my @to = @{ $is{to} // ['user@example.org'] };
	my $id = 'Q' . ++$number;
	my @said = $mta->do("macro rcpt i=$id", "macro eom i=$id", 'open', "connect x $is{client} 25", 'helo ' . ($is{helo} // 'mx.example.net'),
	    'mail <' . ($is{from} // 'a@plain.example.net') . '>', map { "rcpt <$_>" } @to);
	my @rcpt = grep { /^rcpt/ } @said;
	return @rcpt if !grep { $_ eq 'rcpt: continue' } @rcpt;
	return (@rcpt, grep { /^eom: (?!insert)/ } $mta->do('header From: ' . ($is{author} // 'a@plain.example.net'),
	    'header Subject: x', 'eoh', 'body text\r\n', 'eom'));
}
sub event { my ($n) = @_; return (grep { ($_->{queue} // '') eq "Q$number" } $daemon->events)[$n // -1] }

my @good = ('rcpt: continue', 'eom: continue');
my @cases = (
	[ 'nobody knows him', { client => '192.0.2.10' }, @good ],
	[ 'a name that is true', { client => '192.0.2.66' }, qr/^rcpt: 554 5\.7\.1 Client host rejected: no more;/ ],
	[ 'an address, with a code', { client => '192.0.2.77' }, qr/^rcpt: 550 5\.7\.99 Client host rejected: not from here;/ ],
	[ 'octets of it', { client => '198.51.100.9' }, qr/^rcpt: 450 4\.7\.1 Client host rejected: Access denied;/ ],
	[ 'a network', { client => '203.0.113.5', helo => 'localhost.' }, @good ],
	[ 'the longest one', { client => '203.0.113.65' }, qr/^rcpt: 554 5\.7\.1 Client host rejected: this part is bad;/ ],
	[ 'of IPv6', { client => '2001:db8:bad::1' }, qr/^rcpt: 554 5\.7\.1/ ],
	[ 'beside it', { client => '2001:db8:bae::1' }, @good ],
	[ 'HELO', { client => '192.0.2.10', helo => 'HELO.example.net' }, qr/^rcpt: 554 5\.7\.1 Helo command rejected: / ],
	[ 'below it', { client => '192.0.2.10', helo => 'a.b.helo.example.net' }, qr/^rcpt: 554 5\.7\.1 Helo command/ ],
	[ 'a proven sender', { client => '192.0.2.10', helo => '[192.0.2.99]', from => 'x@proven.example.net' }, @good ],
	[ 'a forged one', { client => '192.0.2.10', helo => '[192.0.2.99]', from => 'x@forged.example.net' }, qr/^rcpt: 501/ ],
	[ 'a recipient', { client => '192.0.2.10', to => ['Bob@Example.ORG'] }, qr/^rcpt: 554 5\.7\.1 Recipient address rejected: he has left;/ ],
	[ 'with an extension', { client => '192.0.2.10', to => ['bob+x@example.org'] }, qr/^rcpt: 554/ ],
	[ 'DUNNO hides what is shorter', { client => '192.0.2.10', to => ['bobby@example.org'] }, @good ],
	[ 'one who takes anything', { client => '192.0.2.10', helo => '[192.0.2.99]', to => ['carol@example.org'] }, @good ],
	[ 'not for the others', { client => '192.0.2.10', helo => '[192.0.2.99]', to => ['carol@example.org', 'user@example.org'] },
	    'rcpt: continue', qr/^rcpt: 501/, 'eom: continue' ],
	[ 'postmaster, by a refused client', { client => '192.0.2.66', to => ['postmaster@example.org'] }, @good ],
	[ 'held', { client => '192.0.2.10', from => 'x@held.example.net' }, 'rcpt: continue', qr/^eom: quarantine .*look at this|^eom: quarantine/, 'eom: continue' ],
	[ 'thrown away', { client => '192.0.2.10', from => 'x@thrown.example.net' }, 'rcpt: continue', 'eom: discard' ],
	[ 'spared a check', { client => '192.0.2.20', helo => '[192.0.2.99]' }, @good ],
	[ 'shadow', { client => '192.0.2.30', helo => '[192.0.2.99]' }, @good ],
	[ 'a check that does not exist', { client => '192.0.2.31', helo => '[192.0.2.99]' }, qr/^rcpt: 501/ ],
	[ 'a sender spares nobody', { client => '192.0.2.10', helo => '[192.0.2.99]', from => 'x@skipping.example.net' }, qr/^rcpt: 501/ ],
	[ 'an author', { client => '192.0.2.10', author => 'x@author.example.net' }, 'rcpt: continue',
	    qr/^eom: 554 5\.7\.1 Author domain rejected: not as this author;/ ],
	[ 'nonsense is no entry', { client => '192.0.2.10', to => ['odd@example.org'] }, @good ],
);
for (@cases) {
	my ($name, $message, @wanted) = @$_;
	my @said = says(%$message);
	is(scalar @said, scalar @wanted, $name) or diag(join "\n", @said);
	for my $i (0 .. $#wanted) {
		ref $wanted[$i] ? like($said[$i], $wanted[$i], '...') : is($said[$i], $wanted[$i], '...');
	}
}

subtest 'the log tells' => sub {
	says(client => '192.0.2.20', helo => '[192.0.2.99]');
	is(event()->{access}, 'skip', 'what the table said');
	like(event()->{skipped}, qr/^helo:access\b/, 'who was spared');
	says(client => '192.0.2.30', helo => '[192.0.2.99]');
	is(event(0)->{would}, 'reject', 'what would have been done');
	is(event(0)->{'would-cause'}, 'helo.invalid', 'and why');
	for my $what (qr{table file:\Q$table\E: key "odd\@example\.org": "WHATEVER now": not a right-hand side},
	    qr{key "192\.0\.2\.31": "SKIP helo, nothing": SKIP wants names of checks},
	    qr{key "skipping\.example\.net": "SKIP helo": .* needs unproven = yes}) {
		ok($daemon->wait_for_log($what), "the log has $what");
	}
};

subtest 'GREYLIST' => sub {
	spew("$table.grey", "192.0.2.40 GREYLIST\nasked\@example.org GREYLIST\n");
	$daemon->reload(qq(greylist { apply = "suspects" }\nrdns { none = "pass" }\naccess { table "file:$table.grey" {} }));
	like((says(client => '192.0.2.40'))[0], qr/^rcpt: 451 .*come back/, 'a client');
	is((says(client => '192.0.2.41'))[0], 'rcpt: continue', 'not another');
	like((says(client => '192.0.2.41', to => ['asked@example.org']))[0], qr/^rcpt: 451/, 'a recipient');
};

subtest 'unproven = yes' => sub {
	$daemon->reload(qq(access { table "file:$table" { unproven = yes } }));
	is((says(client => '192.0.2.10', helo => '[192.0.2.99]', from => 'x@forged.example.net'))[0], 'rcpt: continue',
	    'believes anybody');
	is((says(client => '192.0.2.10', helo => '[192.0.2.99]', from => 'x@skipping.example.net'))[0], 'rcpt: continue',
	    'and spares him');
};

subtest 'for' => sub {
	$daemon->reload(qq(access { table "file:$table" { for = { "client" } } }));
	is((says(client => '192.0.2.10', helo => 'helo.example.net'))[0], 'rcpt: continue', 'HELO is not asked');
	like((says(client => '192.0.2.66'))[0], qr/^rcpt: 554/, 'the client is');
};

subtest 'tables in order' => sub {
	spew("$table.first", "192.0.2.66 OK\n");
	$daemon->reload(qq(access { table "file:$table.first" {} table "file:$table" {} }));
	is((says(client => '192.0.2.66'))[0], 'rcpt: continue', 'the first one decides');
	spew("$table.third", "dora\@example.org OK\n");
	spew("$table.second", <<'END');
refused.example.net	REJECT
held.example.net	HOLD
ella@example.org	OK
END
	$daemon->reload(qq(access { table "file:$table.third" {} table "file:$table.second" { unproven = yes } }));
	my %is = (client => '192.0.2.10', to => ['dora@example.org']);
	for my $name (qw(refused held)) {
		is_deeply([ says(%is, from => "x\@$name.example.net") ], [@good], "a recipient before a sender who is $name");
		is_deeply([ says(%is, author => "x\@$name.example.net") ], [@good], "... before an author who is");
	}
	is_deeply([ says(%is, to => ['ella@example.org'], author => 'x@refused.example.net') ], [@good], '... of the same table');
	is_deeply([ says(%is, to => [ 'dora@example.org', 'postmaster@example.org' ], author => 'x@refused.example.net') ],
	    [ 'rcpt: continue', @good ], 'postmaster has no say in that');
	like((says(%is, to => [ 'user@example.org', 'dora@example.org' ], author => 'x@refused.example.net'))[-1], qr/^eom: 554/,
	    'not if another recipient gets it');
	like((says(%is, to => ['ella@example.org'], from => 'x@refused.example.net'))[0], qr/^rcpt: 554/, 'a sender before a recipient');
	like((says(%is, to => ['ella@example.org'], from => 'x@held.example.net'))[1], qr/^eom: quarantine/, 'also at the end');
};

# Nothing is known at the end of those beyond STAGE_RCPT_MAX.
subtest 'more recipients than are remembered' => sub {
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	$mta->do('open', 'connect x 192.0.2.10 25', 'helo mx.example.net', 'mail <a@plain.example.net>');
	my @said = map { $mta->do(('rcpt <dora@example.org>') x 1000) } 1 .. 10;
	push @said, $mta->do('rcpt <user@example.org>');
	is(scalar(grep { $_ eq 'rcpt: continue' } @said), 10_001, 'all are taken');
	like($mta->last('header From: x@refused.example.net', 'eoh', 'eom'), qr/^eom: 554 .*Author domain rejected/,
	    'the message is not, though all that are remembered are allowed');
};

subtest 'name servers of the client that do not answer' => sub {
	spew("$table.slow", "192.0.2.55 REJECT by address\nunknown REJECT without a name\n");
	$daemon->reload(qq(access { table "file:$table.slow" {} }));
	like((says(client => '192.0.2.55'))[0], qr/^rcpt: 554 .*by address/, 'do not keep his address from being found');
	is((says(client => '192.0.2.56'))[0], 'rcpt: continue', 'nor is he unknown for that');
	like((says(client => '192.0.2.57'))[0], qr/^rcpt: 554 .*without a name/, 'as somebody without a name is');
};

subtest 'a table changes under load' => sub {
	my @wanted = (qr/^rcpt: 554 5\.7\.1 Client host rejected: old;/, qr/^rcpt: 554 5\.7\.1 Client host rejected: new;/);
	my $many = join '', map { "filler$_.example REJECT\n" } 1 .. 20_000;
	spew("$table.changing", "${many}192.0.2.88 REJECT old\n");
	$daemon->reload(qq(access { table "file:$table.changing" {} }));
	my ($old, $new, @else) = (0, 0);
	my $step = sub {
		my ($said) = says(client => '192.0.2.88');
		if ($said =~ $wanted[0]) { $old++ } elsif ($said =~ $wanted[1]) { $new++ } else { push @else, $said }
	};
	$step->() for 1 .. 20;
	# In place, and by and by, as an editor may do it; beside the mail, so that
	# slow sessions do not make the pauses long.
	my $editor = fork // die "$!\n";
	if ($editor == 0) {
		open my $out, '>', "$table.changing" or die "$!\n";
		$out->autoflush;
		for my $part ($many =~ /\G(?:.*\n){2000}/g, "192.0.2.88 REJECT new\n") {
			print $out $part;
			select undef, undef, undef, 0.05;
		}
		close $out;
		POSIX::_exit(0);
	}
	wait_until { $step->(); $new > 0 };
	waitpid $editor, 0;
	cmp_ok($old, '>=', 20, 'the old table was there');
	cmp_ok($new, '>', 0, 'the new one came');
	is_deeply(\@else, [], 'never none');
	ok($daemon->wait_for_log(qr/table file:\Q$table\E\.changing: read again, 20001 entries/), 'the log tells');

	spew("$table.changing", "192.0.2.88 REJECT newer\nlonely\n");
	ok($daemon->wait_for_log(qr/table file:\Q$table\E\.changing: line 2: key "lonely" has no value; what was read before stays/),
	    'a broken one is told');
	like((says(client => '192.0.2.88'))[0], $wanted[1], 'and not taken');
	unlink "$table.changing";
	ok($daemon->wait_for_log(qr/changing: No such file or directory; what was read before stays/), 'so is a missing one');
	like((says(client => '192.0.2.88'))[0], $wanted[1], 'what was read stays');
};

subtest 'mistakes in the configuration' => sub {
	my %wrong = (
		'table "hash:/etc/x" {}' => qr/begins with none of the types built in: file:, db:/,
		'table "file:x" {}' => qr/an absolute path must follow/,
		'table "file:/nonexistent/x" {}' => qr{table "file:/nonexistent/x": cannot open: No such file},
		'table "db:/nonexistent/x" {}' => qr{table "db:/nonexistent/x": cannot open: No such file},
		qq(table "file:$table" { for = { "world" } }) => qr/for: "world" is none of client, helo/,
	);
	for my $text (sort keys %wrong) {
		my $before = length $daemon->log;
		$daemon->reload("access { $text }");
		ok($daemon->wait_for_log($wrong{$text}, $before), $text);
	}
};

subtest 'classes' => sub {
	$daemon->reload(<<'END');
helo { invalid = "pass" }
spf { fail = "pass"  softfail = "pass" }
class "careful" {
	recipients = { "careful@example.org", "example.com", ".sub.example.com" }
	helo { invalid = "reject" }
}
class "strict" {
	recipients = { "strict@example.org" }
	spf { softfail = "reject" }
}
END
	my %bad = (client => '192.0.2.10', helo => '[192.0.2.99]');
	is((says(%bad))[0], 'rcpt: continue', 'the general rules');
	like((says(%bad, to => ['careful@example.org']))[0], qr/^rcpt: 501/, 'an address in a class');
	like((says(%bad, to => ['x@example.com']))[0], qr/^rcpt: 501/, 'a domain');
	is((says(%bad, to => ['x@sub.example.com']))[0], 'rcpt: continue', 'not a name below it');
	like((says(%bad, to => ['x@a.sub.example.com']))[0], qr/^rcpt: 501/, 'unless it says so');
	is_deeply([says(%bad, to => ['user@example.org', 'careful@example.org', 'user@example.org'])]->[2], 'rcpt: continue',
	    'each recipient has his own rules');
	my @said = says(client => '192.0.2.10', to => ['user@example.org', 'strict@example.org']);
	like($said[1], qr/^rcpt: 452 4\.5\.3 .*separately/, 'who has another end is to come alone');
	@said = says(client => '192.0.2.10', from => 'x@forged.example.net', to => ['strict@example.org']);
	like($said[-1], qr/: 550 5\.7\.23/, 'and is judged by his rules then') or diag(@said);
	@said = says(client => '192.0.2.10', to => ['user@example.org', 'careful@example.org']);
	is($said[1], 'rcpt: continue', 'no need where the ends are the same');
	@said = says(client => '192.0.2.10', to => ['strict@example.org', 'postmaster@example.org']);
	is($said[1], 'rcpt: continue', 'nor for postmaster');

	spew("$table.kept", "kept\@example.org HOLD\n");
	spew("$table.own", "nobody\@example.org REJECT\n");
	$daemon->reload(<<"END");
access { table "file:$table.kept" {} }
class "own" { recipients = { "own\@example.org" } access { table "file:$table.own" {} } }
END
	for (['kept', 'own'], ['own', 'kept']) {
		@said = says(client => '192.0.2.10', to => [ map { "$_\@example.org" } @$_ ]);
		like("@said", qr/^rcpt: continue rcpt: continue eom: quarantine /, "held for one of two classes: @$_");
	}
};

done_testing;
