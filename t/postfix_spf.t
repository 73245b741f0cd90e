#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# SPF behind a real Postfix: when it refuses and in what words, the fields it
# adds, relays of one's own.

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
$ORIGIN spf.example.
@	SOA ns hostmaster 1 3600 600 86400 60
mail	A 192.0.2.10
mail	TXT "v=spf1 a -all"
good	TXT "v=spf1 ip4:192.0.2.0/24 -all"
strict	TXT "v=spf1 ip4:198.51.100.0/24 " "-all exp=why.spf.example"
why	TXT "%{i} 100%% unknown"
silent	TXT "v=spf1 -all"
broken	TXT "v=spf1 ip4:192.0.2 -all"
END
	reverse => { '192.0.2.10' => 'mail.spf.example' },
	rules => "rule slow.spf.example TXT rcode SERVFAIL\n",
);
$house->bailey(<<'END');
spf {
	fail = "reject"
	permerror = "reject"
	temperror = "tempfail"
	at = "eom"
	received-spf = yes
	relays = { "203.0.113.0/24" }
	skip-domains = { "forgiven.spf.example" }
}
END

# The message as delivered and the field of ours, on one line.
sub delivered {
	my ($sender, $address, %more) = @_;
	my $text = $house->delivered(client($address)->send(from => $sender, %more)) // return ('', '');
	my ($field) = $text =~ /^Authentication-Results:((?:.*\n)(?:[ \t].*\n)*)/m;
	return ($text, $field =~ s/\n\s+/ /gr);
}

sub client {
	my ($address) = @_;
	my $smtp = $house->client($address // '192.0.2.10');
	$smtp->ehlo('mail.spf.example');
	return $smtp;
}

subtest 'pass' => sub {
	my ($text, $field) = delivered('user@good.spf.example');
	like($field, qr/spf=pass \(.*\) smtp\.mailfrom=good\.spf\.example; spf=pass \(.*\) smtp\.helo=mail\.spf\.example/,
	    'sender first, then HELO name');
	like($text, qr/^Received-SPF: pass \(.*\)\n\tidentity=mailfrom;\n\tclient-ip="192\.0\.2\.10";/m, 'Received-SPF');
	($text, $field) = delivered('');
	like($field, qr/spf=pass \(.*\) smtp\.mailfrom=postmaster\@mail\.spf\.example;/, 'null sender');
};

subtest 'refusals' => sub {
	my $smtp = client();
	$smtp->mail('user@strict.spf.example');
	like($smtp->rcpt('user@example.org'), qr/^250 /, 'a fail waits for the end of the message');
	like($smtp->data(Bailey::Test::Smtp::message()),
	    qr/^550 5\.7\.23 192\.0\.2\.10 may not .* strict\.spf\.example explains: "192\.0\.2\.10 100% unknown"/,
	    'and then the domain explains');
	$smtp = client();
	$smtp->mail('user@silent.spf.example');
	like($smtp->rcpt('user@example.org'), qr/^550 5\.7\.23 /, 'a domain without mail is refused at once');
	like(client()->send(from => 'user@broken.spf.example'), qr/^550 5\.7\.24 .*at byte 11/, 'permerror says where');
	like(client()->send(from => 'user@slow.spf.example'), qr/^451 4\.7\.24 .*SERVFAIL/, 'temperror');
};

subtest 'relays and exceptions' => sub {
	my ($text, $field) = delivered('user@good.spf.example', '203.0.113.7', message => Bailey::Test::Smtp::message(
		"Received: from h.example (h.example [192.0.2.77])\n\tby relay.example.org with ESMTP"));
	like($field, qr/spf=pass \(.*\) smtp\.mailfrom=good\.spf\.example policy\.relay=203\.0\.113\.7/,
	    'the client of the relay is judged');
	like(client('203.0.113.7')->send(from => 'user@strict.spf.example', message => Bailey::Test::Smtp::message(
		"Received: from h.example (h.example [192.0.2.77])\n\tby relay.example.org with ESMTP")),
	    qr/^550 5\.7\.23 192\.0\.2\.77 /, 'and refused');
	(undef, $field) = delivered('user@sub.forgiven.spf.example');
	like($field, qr/spf=none \(skipped by skip-domains\)/, 'skip-domains');
};

$house->stop;
done_testing;
