#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Messages and name servers that want to cost much: what is not looked at is
# said, no message costs much more than an honest one of its size, none asks
# more than SPF allows or waits longer than it may, and the next one passes.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Dkim;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use Test::More;
use Time::HiRes qw(time);

# Of 2048 bits; nobody has the other half.
my $key = 'v=DKIM1; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA' . 'sWc3' x 85 . 'sQIDAQAB';
my $house = Bailey::Test->new;
$house->dns(
	reverse => { '192.0.2.10' => 'mail.d.example' },
	zones => [ <<"END", tree('t.example'), tree('h.example') ],
\$ORIGIN d.example.
\$TTL 60
@	SOA a b 1 1 1 60 60
@	TXT "v=spf1 a:mail.d.example -all"
@	MX 1 mail
mail	A 192.0.2.10
*._domainkey TXT ${\Bailey::Test::Dkim::txt($key)}
big._domainkey TXT ${\Bailey::Test::Dkim::txt('v=DKIM1; p=' . 'A' x 1400)}
\$ORIGIN late.example.
\$TTL 60
@	SOA a b 1 1 1 60 60
@	TXT "v=spf1 include:1.late.example -all"
${\late()}
\$ORIGIN drip.example.
@	SOA a b 1 1 1 60 60
@	TXT "v=spf1 mx -all"
${\drip()}
END
	rules => <<'END',
rule i1.t.example TXT delay 300
rule i1.h.example TXT delay 300
rule drip.example * tcp drip
rule drip.example * udp truncate
rule *.late.example * delay 700
rule late.example * delay 700
END
);
my $wide = 'author { from-missing = "pass" from-invalid = "pass" from-multiple = "pass" } spf { no-mail = "pass" }';
my $daemon = $house->bailey($wide);

sub mta {
	my ($domain, $helo) = @_;
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	$mta->do('open', 'connect mail.d.example 192.0.2.10 25', 'helo ' . ($helo // 'mail.d.example'));
	return $mta;
}
my @envelope = ('mail <a@d.example>', 'rcpt <b@example.org>');
my $author = 'header From: Joe <joe@d.example>';
my $text = 'body ' . ('A line like any other, and many of them.\r\n' x 1000);

# What the message cost in seconds of processor, and what the MTA was told.
sub cost {
	my (@message) = @_;
	my $mta = mta();
	$mta->do(@envelope);
	my $before = $daemon->process->cpu;
	my @said = $mta->do(@message, 'eom');
	return ($daemon->process->cpu - $before, @said);
}

# A signature nobody made; %is: tags in place of these.
sub signature {
	my ($n, %is) = @_;
	my %tag = (v => 1, a => 'rsa-sha256', c => 'relaxed/relaxed', d => 'd.example', s => "s$n", h => 'from:to:subject',
		bh => 'A' x 43 . '=', b => substr("$n", 0, 4) . 'B' x (340 - length substr "$n", 0, 4) . '==', %is);
	return 'header DKIM-Signature: ' . join '; ', map { "$_=$tag{$_}" } grep { defined $tag{$_} } sort keys %tag;
}

# An honest message of eight megabytes, signed once, tells what this machine takes for hashing it once.
my ($once) = cost($author, signature(1), 'eoh', ($text) x 200);
# All that is not hashing takes some hundredths, with sanitizers a tenth.
use constant MORE => 0.3;
my $nested = '\{10000*(}x\{10000*)} joe@d.example';
my @messages = (
	[ '500 signatures', qr/476 more signatures, too many/, $author, map({ signature($_) } 1 .. 500), 'eoh', $text ],
	[ '500 signatures over eight megabytes', qr/476 more signatures, too many/,
		$author, map({ signature($_) } 1 .. 500), 'eoh', ($text) x 200 ],
	[ '500 signatures, each over another part of eight megabytes', qr/one signature too many with a length/,
		$author, map({ signature($_, l => 1000 * $_) } 1 .. 500), 'eoh', ($text) x 200 ],
	[ 'the same in all canonicalizations, malformed', qr/characters beyond ASCII/, $author,
		map({ signature($_, l => 1000 * $_, z => '\xff', c => $_ % 2 ? 'simple/simple' : undef) } 1 .. 500), 'eoh', ($text) x 200 ],
	[ 'signatures that begin alike', qr/dkim=neutral/, $author, map({ signature($_, b => 'A' x 15000 . $_) } 1 .. 60), 'eoh', $text ],
	[ 'h= of thousands', qr/dkim=fail/, $author, map({ signature($_, h => 'from' . ':x-field' x 1900) } 1 .. 16),
		map({ "header X-Field: $_" } 1 .. 900), 'eoh', $text ],
	[ 'keys of 8192 bits', qr/key too long/, $author, map({ signature($_, s => 'big') } 1 .. 100), 'eoh', $text ],
	[ 'signatures of 60 KB', qr/signature is too long/, $author, map({ signature($_, b => '\{60000*A}') } 1 .. 12), 'eoh', $text ],
	[ 'signatures of 3,000 tags', qr/dkim=neutral/, $author, map({ 'header DKIM-Signature: \{3000*x=;}' } 1 .. 100), 'eoh', $text ],
	[ '4,000 fields', qr/header is too large for signatures to be seen/, $author, map({ "header X-$_: y" } 1 .. 4000), 'eoh', $text ],
	[ 'a signature behind 1,000 fields', qr/header is too large for signatures to be seen/,
		$author, map({ 'header X: y' } 1 .. 1000), signature(1), 'eoh', $text ],
	[ '1,000 fields behind a signature', qr/header is too large to be verified/,
		$author, signature(1), map({ 'header X: y' } 1 .. 1000), 'eoh', $text ],
	[ 'comments 10,000 deep in From', qr/dmarc=/, "header From: $nested", 'eoh', $text ],
	[ 'comments 10,000 deep everywhere', qr/dmarc=/, map({ "header $_: $nested" }
		qw(From To Cc Sender Reply-To Date Message-ID References Received Authentication-Results DKIM-Signature)), 'eoh', $text ],
	[ 'From of 5,000 addresses', qr/dmarc=/, 'header From: \{5000*a@d.exampl,}joe@d.example', 'eoh', $text ],
	[ 'From of 14,000 groups', qr/dmarc=/, 'header From: \{14000*a:;,}joe@d.example', 'eoh', $text ],
	[ 'From of 30,000 words', qr/dmarc=/, 'header From: \{30000*a }<joe@d.example>', 'eoh', $text ],
	[ 'From of 20,000 comments', qr/dmarc=/, 'header From: \{20000*()}<joe@d.example>', 'eoh', $text ],
	[ 'From with a route of 4,000 hosts', qr/dmarc=/, 'header From: <\{4000*@d.exampl,}:joe@d.example>', 'eoh', $text ],
	[ 'From of 60 KB of escapes', qr/dmarc=/, 'header From: "\{15000*\\\\\\\\}" <joe@d.example>', 'eoh', $text ],
	[ 'Authentication-Results of 9 MB', qr/dmarc=/, $author,
		map({ 'header Authentication-Results: \{30000*m.}; x' } 1 .. 150), 'eoh', $text ],
	[ 'a domain of 122 labels', qr/dkim=/, 'header From: joe@\{120*a.}d.example',
		map({ signature($_, d => '\{80*a.}d.example') } 1 .. 100), 'eoh', $text ],
);
for (@messages) {
	my ($what, $says, @message) = @$_;
	my ($cost, @said) = cost(@message);
	my ($results) = grep { /insert.*Authentication-Results/ } @said;
	subtest $what => sub {
		is($said[-1], 'eom: continue', 'is answered');
		like($results // '', $says, 'and what was not looked at is said');
		cmp_ok(length($results // ''), '<', 20_000, 'briefly');
		cmp_ok($cost, '<', 3 * $once + MORE, 'for little more than one signature') or diag("$cost s, once: $once s");
	};
	ordinary();
}

subtest 'SPF that asks for more and more' => sub {
	my $mta = mta();
	# For the sender and for the HELO name: ten mx of ten hosts each, as RFC 7208 4.6.4 allows, and ten
	# terms and ten hosts elsewhere, asked ahead while the first include was late.
	my $most = 2 * (1 + 10 + 10 * 10 + 1 + 10 + 10);
	my $before = () = $house->dns->questions(qr/\b[th]\.example/);
	my @said = mta(undef, 'h.example')->do('mail <a@t.example>', map({ "rcpt <b$_\@example.org>" } 1 .. 20), $author, 'eoh', 'eom');
	my $asked = () = $house->dns->questions(qr/\b[th]\.example/);
	like((grep { /Authentication-Results/ } @said)[0], qr/spf=permerror.*spf=permerror/s, 'is a permerror');
	# Beside it: MX and addresses of the sender's and the HELO name, by other checks; DMARC.
	cmp_ok($asked - $before, '<=', $most + 12, 'after so many questions');
};

subtest 'answers that take their time' => sub {
	like($daemon->reload("$wide\nresolver { servers = { \"${\$house->dns->address}\" } budget = \"2s\" timeout = \"1500ms\" }"), qr/is in force/, 'two seconds for a message');
	for my $domain (qw(late.example drip.example)) {
		my ($began, $mta) = (time, mta());
		my @said = $mta->do("mail <a\@$domain>", 'rcpt <b@example.org>', $author =~ s/d\.example/$domain/r, signature(1, d => $domain), 'eoh', 'eom');
		my $waited = time - $began;
		my ($results) = grep { /Authentication-Results/ } @said;
		is($said[-1], 'eom: continue', "$domain: the message passes");
		like($results, qr/spf=temperror.*TIMEOUT/s, 'and it says why it knows nothing');
		my ($event) = grep { ($_->{from} // '') eq "a\@$domain" && $_->{event} eq 'message' } $daemon->events;
		cmp_ok($event->{ms}, '<', 5000, 'within its time');
	}
	ordinary();
};

is($daemon->process->stop, 0, 'the daemon ends well');
unlike($daemon->log, qr/Sanitizer|runtime error/, 'and had nothing to complain about');
$house->stop;
done_testing;

sub ordinary {
	my @said = mta()->do(@envelope, $author, 'eoh', 'body x\r\n', 'eom');
	return fail('an ordinary message passes') if $said[-1] ne 'eom: continue' || !grep { /spf=pass.*dkim=none/s } @said;
	return;
}

# Each includes the next.
sub late { return join "\n", map { qq($_ TXT "v=spf1 include:) . ($_ + 1) . '.late.example -all"' } 1 .. 8 }

# Two milliseconds for each byte.
sub drip { return join "\n", map { '@ TXT "' . 'x' x 250 . qq(") } 1 .. 10 }

# Ten names of mail hosts, each with ten hosts, none of them the client.
sub tree {
	my ($domain) = @_;
	return join "\n", "\$ORIGIN $domain.", '$TTL 60', '@ SOA a b 1 1 1 60 60', '@ TXT "v=spf1 ' . join(' ', map { "include:i$_.$domain" } 1 .. 3)
	    . ' -all"', map({ my $i = $_; qq(i$i TXT "v=spf1 ) . join(' ', map { "mx:m$i-$_.$domain" } 1 .. 10) . ' ?all"',
		map { my $m = $_; map { ("m$i-$m MX 1 h$i-$m-$_", "h$i-$m-$_ A 192.0.2.99") } 1 .. 10 } 1 .. 10 } 1 .. 3);
}
