#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# DMARC through a real Postfix: policies, alignment, exceptions, DNS trouble;
# and From fields as forgers write them.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Dkim;
use Test::More;

plan skip_all => Bailey::Test::why_not() if Bailey::Test::why_not();
if (my $why = Bailey::Test::Dkim::why_not()) {
	die "$why\n" if $ENV{CI};
	plan skip_all => $why;
}

my $house = Bailey::Test->new;
my ($records) = Bailey::Test::Dkim::sign({ k => 'ed25519' });
my $key = Bailey::Test::Dkim::txt($records->{k});
my %policy = (
	reject => 'v=DMARC1; p=reject', quarantine => 'v=DMARC1; p=quarantine', none => 'v=DMARC1; p=none',
	testing => 'v=DMARC1; p=reject; t=y', strict => 'v=DMARC1; p=reject; aspf=s; adkim=s',
	tree => 'v=DMARC1; p=quarantine; sp=none; np=reject', rua => 'v=DMARC1; rua=mailto:a@b.example',
	brand => 'v=DMARC1; p=none', ignored => 'v=DMARC1; p=reject', broken => 'v=DMARC1; p=reject',
);
my @zone = ('$ORIGIN test.example.', '@ SOA ns hostmaster 1 3600 600 86400 60', 'mail A 192.0.2.10',
	'*.reject TXT "v=spf1 -all"', 'sub.tree A 192.0.2.1', 'two TXT "v=spf1 ip4:192.0.2.10"',
	'_dmarc.two TXT "v=DMARC1; p=reject"', '_dmarc.two TXT "v=DMARC1; p=none"');
for my $name (sort keys %policy) {
	push @zone, qq(_dmarc.$name TXT "$policy{$name}"), qq($name TXT "v=spf1 ip4:192.0.2.10"),
	    qq(mail.$name TXT "v=spf1 ip4:192.0.2.10"), "k._domainkey.$name TXT $key";
}
$house->dns(
	zones => [ join "\n", @zone, '' ],
	reverse => { '192.0.2.10' => 'mail.test.example' },
	rules => <<'END',
rule bad._domainkey.broken.test.example * rcode SERVFAIL
rule _dmarc.servfail.test.example * rcode SERVFAIL
END
);
$house->bailey(<<'END');
dmarc {
	reject = "reject"
	quarantine = "quarantine"
	temperror = "tempfail"
	relays = { "192.0.2.99" }
	enforce-domains = { "brand.test.example" }
	ignore-domains = { "ignored.test.example" }
}
author { from-missing = "reject"  from-multiple = "reject"  from-invalid = "reject" }
helo { forged = "pass" invalid = "pass" not-fqdn = "pass" unresolvable = "pass" }
rdns { none = "pass" fail = "pass" }
spf { fail = "pass" no-mail = "pass" }
END
# XCLIENT does not tell Postfix that a client is a stranger, whose header is left as it is.
$house->postfix(local_header_rewrite_clients => '');

sub message { my ($from) = @_; return "From: $from\nTo: user\@example.org\nSubject: x\nDate: Sat, 21 Nov 2026 12:00:00 +0000\nMessage-ID: <1\@x.example>\n\nHello.\n" }

# The reply, and the dmarc resinfo of the delivered message.
sub send {
	my ($client, $sender, $message) = @_;
	my $smtp = $house->client($client);
	$smtp->ehlo('mail.test.example');
	my $reply = $smtp->send(from => $sender, message => $message);
	my $id = Bailey::Test::Smtp::queue_id($reply);
	my $held = defined $id && $house->bailey->wait_for_log(qr/event=message .*queue=\Q$id\E .*/) =~ /action=quarantine/;
	return ($reply, $held ? 'held' : '') if !defined $id || $held;
	my ($field) = Bailey::Test::Postfix::fields($house->delivered($reply), 'Authentication-Results');
	$field =~ s/\n\s+/ /g;
	return ($reply, $field =~ /\b(dmarc=.*)/);
}

# SPF passes for mail from 192.0.2.10 alone; 198.51.100.1 proves nothing.
my @cases = (
	[ 'SPF aligned', '192.0.2.10', 'a@reject.test.example', 'a@reject.test.example', 250,
	    qr/^dmarc=pass \(aligned SPF\) header\.from=reject\.test\.example policy\.dmarc=reject/ ],
	[ 'SPF aligned, relaxed', '192.0.2.10', 'a@mail.reject.test.example', 'a@reject.test.example', 250, qr/^dmarc=pass/ ],
	[ 'strict wants the same', '192.0.2.10', 'a@mail.strict.test.example', 'a@strict.test.example', 550,
	    qr/5\.7\.26 .*strict\.test\.example/ ],
	[ 'SPF of another domain', '192.0.2.10', 'a@none.test.example', 'a@reject.test.example', 550,
	    qr/5\.7\.26 mail from reject\.test\.example .*p=reject/ ],
	[ 'p=quarantine', '198.51.100.1', 'a@x.example', 'a@quarantine.test.example', 250, qr/held/ ],
	[ 'p=none', '198.51.100.1', 'a@x.example', 'a@none.test.example', 250,
	    qr/^dmarc=fail \(p=none dis=none\) header\.from=none\.test\.example policy\.dmarc=none/ ],
	[ 't=y is one less', '198.51.100.1', 'a@x.example', 'a@testing.test.example', 250, qr/held/ ],
	[ 'p= missing, with rua', '198.51.100.1', 'a@x.example', 'a@rua.test.example', 250, qr/^dmarc=fail \(p=none dis=none\)/ ],
	[ 'sp=', '198.51.100.1', 'a@x.example', 'a@sub.tree.test.example', 250,
	    qr/^dmarc=fail \(p=quarantine sp=none np=reject dis=none\) .*policy\.dmarc=none/ ],
	[ 'np=', '198.51.100.1', 'a@x.example', 'a@absent.tree.test.example', 550, qr/5\.7\.26/ ],
	[ 'no record', '198.51.100.1', 'a@x.example', 'a@elsewhere.example', 250, qr/^dmarc=none/ ],
	[ 'two records are none', '198.51.100.1', 'a@x.example', 'a@two.test.example', 250, qr/^dmarc=none/ ],
	[ 'a relay of ours', '192.0.2.99', 'a@x.example', 'a@reject.test.example', 250,
	    qr/^dmarc=fail \(p=reject dis=none; trusted_forwarder\) .*policy\.dmarc=none/ ],
	[ 'our own brand', '198.51.100.1', 'a@x.example', 'a@brand.test.example', 550, qr/5\.7\.26/ ],
	[ 'never enforced', '198.51.100.1', 'a@x.example', 'a@ignored.test.example', 250,
	    qr/^dmarc=fail \(p=reject dis=none; local_policy\)/ ],
	[ 'the policy cannot be looked up', '198.51.100.1', 'a@x.example', 'a@servfail.test.example', 451,
	    qr/4\.7\.26 .*cannot be looked up/ ],
	[ 'the null sender', '198.51.100.1', '', 'a@reject.test.example', 550, qr/5\.7\.26/ ],
);

subtest 'policies' => sub {
	for (@cases) {
		my ($name, $client, $sender, $from, $code, $wanted) = @$_;
		my ($reply, $dmarc) = main::send($client, $sender, message($from));
		like($reply, qr/^$code /, $name);
		like($code == 250 ? $dmarc : $reply, $wanted, "$name: what is said");
	}
};

subtest 'signatures' => sub {
	my %is = (key => 'k', selector => 'k', algorithm => 'ed25519-sha256', canon => 'relaxed/relaxed');
	my @jobs = map { +{ %is, message => message("a\@$_->[0].test.example"), domain => "$_->[1].test.example", selector => $_->[2] // 'k' } }
	    ([qw(reject reject)], [qw(sub.reject reject)], [qw(strict strict)], [qw(reject none)], [qw(broken broken bad)], [qw(broken none bad)]);
	my ($new, @signed) = Bailey::Test::Dkim::sign({ k => 'ed25519' }, @jobs);
	$house->dns->change(zones => [ join "\n", map({ s/\Q$records->{k}\E/$new->{k}/r } @zone), '' ],
	    rules => "rule bad._domainkey.broken.test.example * rcode SERVFAIL\n", reverse => {});
	$house->bailey->stop;
	$house->bailey->start;
	my @wanted = ([ 250, qr/^dmarc=pass \(aligned DKIM\)/ ], [ 250, qr/^dmarc=pass/ ], [ 250, qr/^dmarc=pass/ ],
		[ 550, qr/5\.7\.26/ ], [ 451, qr/4\.7\.26 DKIM cannot tell now/ ], [ 550, qr/5\.7\.26/ ]);
	for my $i (0 .. $#jobs) {
		my ($reply, $dmarc) = main::send('198.51.100.1', 'a@x.example', $signed[$i]);
		my ($code, $wanted) = @{ $wanted[$i] };
		like($reply, qr/^$code /, "signature $i");
		like($code == 250 ? $dmarc : $reply, $wanted, "signature $i: what is said");
	}
};

# Whatever is written, no domain but the one behind the only "@" of the only author is taken.
my @forged = (
	[ 'no From', "Subject: x\n\nHello.\n", qr/no From field/ ],
	[ 'two From fields', message("<a\@x.example>\nFrom: <b\@reject.test.example>"), qr/2 From fields/ ],
	[ 'the other one in capitals', message("<a\@x.example>\nFROM: <b\@reject.test.example>"), qr/2 From fields/ ],
	[ '"From :"', message("<a\@x.example>\nFrom : <b\@reject.test.example>"), qr/2 From fields/ ],
	[ 'two authors', message('<a@x.example>, <b@reject.test.example>'), qr/several domains/ ],
	[ 'two addresses', message('<b@reject.test.example> <a@x.example>'), qr/bad From field/ ],
	[ 'address as display name', message('b@reject.test.example <a@x.example>'), qr/bad From field/ ],
	[ 'route', message('<@x.example:b@reject.test.example>'), qr/5\.7\.26/ ],
	[ 'quoted pair', message('"x" <b\\@x.example@reject.test.example>'), qr/bad From field/ ],
	[ 'quoted local part', message('"b@x.example"@reject.test.example'), qr/5\.7\.26/ ],
	[ 'comment behind', message('b@reject.test.example (a@x.example)'), qr/5\.7\.26/ ],
	[ 'open comment', message('b@reject.test.example (a@x.example'), qr/bad From field/ ],
	[ 'group', message('Team: b@reject.test.example;'), qr/5\.7\.26/ ],
	[ 'empty group', message('Undisclosed:;'), qr/bad From field/ ],
	[ 'no domain', message('Boss'), qr/bad From field/ ],
	[ 'folded within', message("b\n @\n reject.test.example"), qr/5\.7\.26/ ],
	# libmilter ends a value at NUL, so that is where ours ends, too.
	[ 'NUL', message("b\@reject.test.example\0 <a\@x.example>"), qr/5\.7\.26/ ],
	[ 'NUL within', message("b\0\@reject.test.example"), qr/bad From field/ ],
);

subtest 'forged From' => sub {
	for (@forged) {
		my ($name, $message, $wanted) = @$_;
		my ($reply) = main::send('198.51.100.1', 'a@x.example', $message);
		like($reply, qr/^550 .*$wanted/, $name);
	}
};

# The store has what a report needs, of each message that was not deferred.
subtest 'facts for reports' => sub {
	$house->bailey->stop;
	my @dump = split /\n/, qx($ENV{TOP_BUILDDIR}/baileyctl -d @{[$house->folder]}/bailey dump 2>/dev/null);
	my @facts = map { [ split /\t/, $_, -1 ] } grep { /^dmarc\t/ } @dump;
	my ($kept, @wanted) = (scalar(@facts),
		[ 'SPF aligned', qr/^192\.0\.2\.10 example\.org reject\.test\.example reject\.test\.example v=DMARC1;p=reject;adkim=r;aspf=r treewalk none fail pass  reject\.test\.example pass$/ ],
		[ 'refused', qr/^192\.0\.2\.10 example\.org none\.test\.example reject\.test\.example \S+ treewalk reject fail fail  none\.test\.example pass$/ ],
		[ 'held', qr/^198\.51\.100\.1 example\.org x\.example quarantine\.test\.example \S+ treewalk quarantine fail fail  x\.example none$/ ],
		[ 't=y', qr/ testing\.test\.example v=DMARC1;p=reject;adkim=r;aspf=r;t=y treewalk quarantine fail fail policy_test_mode / ],
		[ 'a policy above', qr/ absent\.tree\.test\.example v=DMARC1;p=quarantine;sp=none;np=reject;\S+ treewalk reject / ],
		[ 'a relay', qr/^192\.0\.2\.99 .* reject\.test\.example \S+ treewalk none fail fail trusted_forwarder / ],
		[ 'our brand', qr/ brand\.test\.example v=DMARC1;p=none\S+ treewalk reject fail fail local_policy / ],
		[ 'a bounce', qr/^198\.51\.100\.1 example\.org  reject\.test\.example .* mail\.test\.example \w+$/ ],
		[ 'signed', qr/ treewalk none pass fail  x\.example none reject\.test\.example k pass$/ ],
		[ 'signed by somebody else', qr/ treewalk reject fail fail  x\.example none none\.test\.example k pass$/ ]);
	my @told = map { join ' ', @$_[6 .. $#$_] } @facts;
	for (@wanted) {
		my ($name, $pattern) = @$_;
		is(scalar(grep { /$pattern/ } @told) > 0, 1, $name) or diag(join "\n", @told);
	}
	is(scalar(grep { / (?:servfail|two)\.test\.example v=| elsewhere\.example / } @told), 0, 'nothing where there was no policy');
	is(scalar(grep { / broken\.test\.example v=/ } @told), 1, 'nor of a deferred message');
	is(scalar(grep { $_->[1] - $_->[5] == 3 * 86400 } @facts), $kept, 'each expires after three days');
	my %days = map { $_->[2] => 1 } @facts;
	is(scalar(grep { !/^20\d{6}\z/ } keys %days), 0, 'each has a day');
	my %policies = map { $_->[3] => 1 } @facts;
	is(scalar(grep { $policies{"$_.test.example"} } qw(tree reject sub.tree)), 2, 'and stands below the domain whose policy it was');
	my %ids = map { $_->[4] => 1 } @facts;
	is(scalar(keys %ids), $kept, 'no two have the same name');
};

done_testing;
