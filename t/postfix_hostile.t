#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Bailey behind a real Postfix, and clients and name servers that mean ill:
# after each of them an ordinary message must pass.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Test::More;

plan skip_all => Bailey::Test::why_not() if Bailey::Test::why_not();

my $house = Bailey::Test->new;
$house->dns(
	zones => [<<'END'],
$ORIGIN client.example.
@	SOA ns hostmaster 1 3600 600 86400 60
mail	A 192.0.2.10
many	A 192.0.2.200
alias	CNAME mail
loop1	CNAME loop2
loop2	CNAME loop1
$ORIGIN 2.0.192.in-addr.arpa.
51	PTR \000\001\255\010bin\.ary.client.example.
52	PTR a\032b\;\"c.client.example.
53	TXT "not a PTR"
54	CNAME 10
END
	reverse => {
		'192.0.2.10' => 'mail.client.example',
		'192.0.2.200' => [ map { "name$_.client.example" } 1 .. 200 ],
		'192.0.2.60' => 'loop1.client.example',
	},
	rules => <<'END',
rule 61.2.0.192.in-addr.arpa PTR garbage
rule 62.2.0.192.in-addr.arpa PTR zero-rdata
rule 63.2.0.192.in-addr.arpa PTR bad-label
rule 64.2.0.192.in-addr.arpa PTR pointer-loop
rule 65.2.0.192.in-addr.arpa PTR off-chain
rule 66.2.0.192.in-addr.arpa PTR cname-loop
rule 67.2.0.192.in-addr.arpa PTR wrong-id
rule 68.2.0.192.in-addr.arpa PTR rcode REFUSED
END
);
# What is sent here often has no From field, or hides it.
$house->bailey('local-domains = { "example.org" } author { from-missing = "pass" from-invalid = "pass" }');

subtest 'HELO names' => sub {
	my %helo = (
		'two results' => 'x; spf=pass',
		'a bell and an escape' => "mail\a\e[31m.client.example",
		'8-bit' => "m\xe4il.client.example",
		'percent signs' => '%s%n%1$s.client.example',
		'a comment' => 'mail) (.client.example',
		'400 characters' => 'a' x 400,
		'a log line' => 'x"event=message action=accept',
	);
	for my $what (sort keys %helo) {
		my $from = length $house->bailey->log;
		my $smtp = $house->client('192.0.2.10');
		$smtp->ehlo($helo{$what});
		my $reply = $smtp->send;
		like($reply, qr/^50[14] 5\.5\.2 [\x20-\x7e]*\z/, "$what: refused in plain ASCII");
		my $line = $house->bailey->wait_for_log(qr/event=recipient/, $from) // '';
		unlike($line, qr/[^\x20-\x7e]/, "$what: the log is plain, too");
		is(Bailey::Test::Daemon::facts($line)->{action}, 'reject', "$what: and cannot be misread");
	}
	ordinary();
};

subtest 'headers' => sub {
	my %head = (
		'of 60 KB' => 'X-Long: ' . join("\n\t", map { 'x' x 900 } 1 .. 70),
		'of 2,000 fields' => join("\n", map { "X-Field-$_: $_" } 1 .. 2000),
		'Authentication-Results of 60 KB of parentheses' =>
		    'Authentication-Results: ' . join("\n\t", map { '(' x 900 } 1 .. 65),
		'with a NUL' => "X-Nul: a\0b",
		'with an empty value' => 'X-Empty:',
		'with 8-bit bytes' => "X-Bytes: \xff\xfe",
	);
	for my $what (sort keys %head) {
		my $smtp = client('192.0.2.10');
		my $text = $house->delivered($smtp->send(message => Bailey::Test::Smtp::message($head{$what})));
		is(scalar(() = results($text)) - ($what =~ /parentheses/), 1, "$what: delivered with our field");
	}
	my $text = $house->delivered(client('192.0.2.10')->send(
		message => "Subject: short\nthis line has no colon\nAuthentication-Results: mx.example.org; x=pass\n\nbody\n"));
	is(scalar(() = results($text)), 1, 'what follows a line without colon is body');
	ordinary();
};

subtest 'bodies' => sub {
	my %body = (
		'a NUL' => "before\0after\n",
		'a line of 5,000 bytes' => 'x' x 5000 . "\n",
		'nothing' => '',
		'a megabyte' => join('', ('y' x 70 . "\n") x 15_000),
	);
	for my $what (sort keys %body) {
		my $text = $house->delivered(client('192.0.2.10')->send(
			message => "From: a\@client.example\nSubject: body\n\n$body{$what}"));
		my (undef, $body) = split /\n\n/, $text // '', 2;
		is(length($body // ''), length $body{$what}, "$what arrives whole");
	}
	ordinary();
};

subtest 'answers of the DNS' => sub {
	my @cases = (
		[ 200, qr/iprev=fail/, '200 names' ],
		[ 51, qr/iprev=(?:fail|permerror)/, 'binary labels' ],
		[ 52, qr/iprev=(?:fail|permerror)/, 'a name with blanks and quotes' ],
		[ 53, qr/iprev=permerror/, 'TXT instead of PTR' ],
		[ 54, qr/iprev=(?:pass|fail)/, 'a CNAME to another PTR' ],
		[ 60, qr/iprev=temperror/, 'a name in a CNAME loop' ],
		[ 61, qr/iprev=temperror/, 'rubbish' ],
		[ 62, qr/iprev=temperror/, 'a record without data' ],
		[ 63, qr/iprev=temperror/, 'a malformed label' ],
		[ 64, qr/iprev=temperror/, 'a name that points to itself' ],
		[ 65, qr/iprev=(?:permerror|temperror)/, 'the record of somebody else' ],
		[ 66, qr/iprev=temperror/, 'a CNAME loop' ],
		[ 67, qr/iprev=temperror/, 'the wrong id' ],
		[ 68, qr/iprev=temperror/, 'REFUSED' ],
	);
	for (@cases) {
		my ($last, $wanted, $what) = @$_;
		my $text = $house->delivered(client("192.0.2.$last")->send);
		my ($field) = results($text);
		like($field // '', $wanted, $what);
		unlike($field // '', qr/[^\t\n\x20-\x7e]/, "$what: in plain ASCII");
		cmp_ok(length($field // ''), '<', 2000, "$what: and short");
	}
	cmp_ok(scalar $house->dns->questions(qr/ name\d+\.client\.example A$/), '<=', 10,
	    'of 200 names ten are looked up');
	ordinary();
};

$house->bailey->stop;
is($house->bailey->process->status, 0, 'Bailey stops cleanly');
unlike($house->postfix->log, qr/fatal:|panic:/, 'Postfix is well');

done_testing;

sub ordinary {
	my ($field) = results($house->delivered(client('192.0.2.10')->send));
	like($field // '', qr/iprev=pass/, 'an ordinary message passes');
	return;
}

sub client { my ($address) = @_; my $smtp = $house->client($address); $smtp->ehlo('mail.client.example'); return $smtp }
sub results { my ($text) = @_; return Bailey::Test::Postfix::fields($text // '', 'Authentication-Results') }
