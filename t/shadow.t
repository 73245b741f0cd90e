#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# baileyctl shadow-report: what a rule in shadow would have refused, and what of
# it proved good, each way; that nothing of it is sampled away.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use JSON::PP;
use Test::More;

my $house = Bailey::Test->new;
$house->dns(reverse => { '192.0.2.1' => 'mail.good.example', '192.0.2.2' => 'mail.other.example' },
    zones => [<<'END', <<'END2']);
$ORIGIN good.example.
@	SOA ns hostmaster 1 3600 600 86400 60
	MX 10 mail
	TXT "v=spf1 ip4:192.0.2.1 -all"
mail	A 192.0.2.1
_dmarc	TXT "v=DMARC1; p=reject"
END
$ORIGIN other.example.
@	SOA ns hostmaster 1 3600 600 86400 60
	MX 10 mail
mail	A 192.0.2.2
END2
my $checks = Bailey::Test::Daemon::quiet(qw(rdns helo spf dmarc greylist));
my $shadow = <<'END';
helo { mode = "shadow" }
greylist { apply = "all" delay = "1s" recipients = { "grey@example.org" } }
END
my $daemon = $house->bailey($checks . $shadow);

# One message with a bad HELO name; its last reply.
sub deliver {
	my (%is) = @_;
	my $mta = $is{over} // Bailey::Test::Mta->new($daemon->socket);
	my $from = $is{from} // 'a@other.example';
	my $said = $mta->last($is{over} ? () : ('open', "connect h @{[$is{client} // '192.0.2.2']} 25", "helo @{[$is{helo} // '-bad-']}"),
	    $is{user} ? "macro mail {auth_authen}=$is{user}" : (),
	    "mail <$from>", map { "rcpt <$_>" } @{ $is{to} // ['b@example.org'] });
	return $said if $said !~ /continue/ || $is{aborted};
	return $mta->last("header From: <$from>", 'header Subject: x', 'eoh', 'eom');
}

# Receipts are written behind the mail's back, one after the other.
sub settled {
	my ($count) = @_;
	return wait_until { decode_json(($daemon->ctl('-j', 'status'))[1])->{receipts} == $count };
}

my $receipts = 0;	# so far
sub rule {
	my ($name, @options) = @_;
	my ($status, $out, $err) = $daemon->ctl('-j', 'shadow-report', @options);
	is($status, 0, 'a report') or diag($err);
	my $report = decode_json($out);
	my ($rule) = grep { $_->{rule} eq $name } @{ $report->{rules} };
	return ($rule, $report);
}

sub counts { my ($rule) = @_; return join ' ', map { "$_=$rule->{$_}" } grep { $rule->{$_} } qw(refused anyway good dmarc again written) }

subtest 'nothing yet' => sub {
	my ($rule, $report) = rule('helo.invalid');
	is($rule->{action}, 'reject', 'a rule in shadow is listed before it met anybody');
	is(counts($rule), '', 'with nothing');
	ok(!(grep { $_->{rule} eq 'helo.unresolvable' } @{ $report->{rules} }), 'not one that refuses nothing');
	ok(!(grep { $_->{rule} =~ /^rdns/ } @{ $report->{rules} }), 'nor one in force');
	is_deeply($report->{knows}, { dmarc => JSON::PP::true, written => JSON::PP::true }, 'which proofs there can be');
};

subtest 'proofs' => sub {
	like(deliver(), qr/continue|accept/, 'nobody knows better');
	settled($receipts += 2) or diag('receipts of the recipient and of the message');
	is(counts((rule('helo.invalid'))[0]), 'refused=1', 'is not proven');

	like(deliver(from => 'a@good.example', client => '192.0.2.1'), qr/continue|accept/, 'DMARC');
	settled($receipts += 2);
	my ($rule) = rule('helo.invalid');
	is(counts($rule), 'refused=2 good=1 dmarc=1', 'a pass is a proof');
	my ($example) = @{ $rule->{examples}{good} };
	is($example->{from}, 'a@good.example', 'an example');
	is(($daemon->ctl('why', $example->{id}))[0], 0, 'can be looked into');
	is($rule->{examples}{other}[0]{from}, 'a@other.example', 'one of the others, too');

	like(deliver(to => ['grey@example.org']), qr/451/, 'who comes again: deferred at first');
	settled($receipts += 1);
	is(counts((rule('helo.invalid'))[0]), 'refused=3 anyway=1 good=1 dmarc=1', 'by a rule in force anyway');
	sleep 2;
	like(deliver(to => ['grey@example.org']), qr/continue|accept/, 'then not');
	settled($receipts += 2);
	is(counts((rule('helo.invalid'))[0]), 'refused=4 anyway=1 good=2 dmarc=1 again=1', 'which is a proof');

	like(deliver(from => 'friend@other.example'), qr/continue|accept/, 'who is written to');
	settled($receipts += 2);
	is(counts((rule('helo.invalid'))[0]), 'refused=5 anyway=1 good=2 dmarc=1 again=1', 'proves nothing before');
	deliver(user => 'b', from => 'b@example.org', to => ['friend@other.example']);
	is(counts((rule('helo.invalid'))[0]), 'refused=5 anyway=1 good=3 dmarc=1 again=1 written=1', 'but afterwards');
};

subtest 'messages' => sub {
	my $before = (rule('helo.invalid'))[0];
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	$mta->do('open', 'connect h 192.0.2.1 25', 'helo -bad-');
	deliver(over => $mta, from => 'c@good.example', aborted => 1);
	$mta->do('abort');
	deliver(over => $mta, from => 'd@good.example', to => [ map { "r$_\@example.org" } 1 .. 2 ]);
	settled($receipts += 4);
	my $after = (rule('helo.invalid'))[0];
	is($after->{refused} - $before->{refused}, 3, 'each recipient counts');
	is($after->{dmarc} - $before->{dmarc}, 2, 'one that was given up does not share what the next one proves');
	is_deeply((rule('helo.invalid', '--since', '1h'))[0], $after, 'all of it was lately');
	sleep 2;
	is(counts((rule('helo.invalid', '--since', '1s'))[0]), '', 'but not that lately');
};

subtest 'for people' => sub {
	my ($status, $out) = $daemon->ctl('shadow-report');
	like($out, qr/^rule +action +refused +anyway +good +dmarc +again +written$/m, 'head');
	like($out, qr/^helo\.invalid +reject +8 +1 +5 +3 +1 +1$/m, 'counts');
	like($out, qr/^  good +\w{12}  .*  192\.0\.2\.\d  \S+ to \S+ \[\w+\]$/m, 'an example');
	for ('0s', 'x', '') {
		($status, $out, my $err) = $daemon->ctl('shadow-report', '--since', $_);
		is($status, 2, "--since '$_'");
		like($err, qr/not a duration/, 'is told');
	}
};

subtest 'modes' => sub {
	$daemon->reload($checks . "mode = \"shadow\"\nspf { fail = \"reject\" }\n");
	deliver(from => 'a@good.example', client => '192.0.2.2');
	settled($receipts += 2);
	my ($rule, $report) = rule('spf.fail');
	is(counts($rule), 'refused=1', 'all in shadow: each rule that would refuse');
	is((rule('helo.invalid'))[0]{refused}, 9, 'counts for itself');
	ok((grep { $_->{rule} eq 'helo.forged' && $_->{shadow} } @{ $report->{rules} }), 'and is listed');
	$daemon->reload($checks . "greylist { apply = \"off\" }\ndmarc { mode = \"off\" }\n");
	($rule, $report) = rule('helo.invalid');
	ok(!$rule->{shadow}, 'none in shadow: what they would have refused is still told');
	is_deeply($report->{knows}, { dmarc => JSON::PP::false, written => JSON::PP::false }, 'and what cannot be known');
	like(($daemon->ctl('shadow-report'))[1], qr/^helo\.invalid +reject +9 +1 +\d+ +- +1 +-  not in shadow now$/m,
	    'a dash for it');
};

subtest 'many' => sub {
	$daemon->reload($checks . $shadow);
	deliver(from => 'm@good.example', client => '192.0.2.1', to => [ map { "m$_\@example.org" } 1 .. 600 ]);
	settled($receipts += 601);
	my ($rule, $report) = rule('helo.invalid');
	is($rule->{refused}, 609, 'more than one part of a report holds');
	is($rule->{dmarc}, 603, 'what the last one proves holds for all');
	is($report->{read}, $receipts, 'every receipt is read once');
	is(scalar @{ $rule->{examples}{good} }, 3, 'examples remain few');
};

# An hour passes in the store.
subtest 'hours' => sub {
	deliver(from => 'twice@other.example', to => ['t@example.org']);
	settled($receipts += 2);
	my $before = (rule('helo.invalid'))[0]{again};
	$daemon->stop;
	is((rule('helo.invalid'))[0]{again}, $before, 'the same of a stopped daemon');
	my $dump = $house->folder . '/dump';
	my $tool = ($ENV{TOP_BUILDDIR} // '.') . '/baileyctl';
	system "$tool -d @{[$daemon->path =~ s{/[^/]+\z}{}r]} dump >$dump 2>/dev/null";
	my $text = slurp($dump);
	ok($text =~ s/^(shadow\t\d+) (\d+) (\d+) (.*twice\@.*)$/join ' ', $1, $2 - 3700, $3 - 3700, $4/me, 'it was remembered');
	spew($dump, $text);
	system "$tool -d @{[$daemon->path =~ s{/[^/]+\z}{}r]} load <$dump 2>/dev/null";
	$daemon->start;
	deliver(from => 'twice@other.example', to => ['t@example.org']);
	ok(wait_until { (rule('helo.invalid'))[0]{again} == $before + 2 }, 'both times are proven by the other');
};

$house->stop;
done_testing;
